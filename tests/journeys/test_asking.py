"""An NGO asks: what, about what, in which words; what it checks before sending; what it is told when it has sent."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from domain.people import Language
from storage.beginnings import DEPARTMENTS
from storage.tables import questions
from tests.journeys.cast import Cast
from tests.town import Somebody

HELP_WITH_EVENTS = "Help with cultural events"


async def _to_the_preview(who: Somebody, *texts: str, topic: str = HELP_WITH_EVENTS, kind: str = "question") -> None:
    await who.writes("/ask")
    await who.presses(kind)
    await who.presses(topic)
    for text in texts or ("Нужен зал.",):
        await who.writes(text)
    await who.presses("done_writing")
    await who.presses("public")


async def _registered_texts(cast: Cast) -> list[str]:
    async with cast.town.app.database.reading() as db:
        return list(await db.scalars(select(questions.c.text).order_by(questions.c.id)))


# --- kinds and topics -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "label"), [("question", "Question"), ("proposal", "Proposal"), ("request", "Request for help")]
)
async def test_each_kind_is_registered_with_a_due_date(cast: Cast, kind: str, label: str) -> None:
    await cast.town.a_question(cast.aigerim, kind=kind)
    assert f"Kind: {label}" in cast.aigerim.last
    assert "Answer due: 26 March 2026, Thursday" in cast.aigerim.last


async def test_thanks_have_no_due_date_and_the_department_is_told(cast: Cast) -> None:
    number = await cast.town.a_question(cast.aigerim, "Спасибо за помощь с конференцией!", kind="thanks")
    assert "Your thanks are passed on to the people of the department." in cast.aigerim.last
    assert "due" not in cast.aigerim.last
    assert cast.aigerim.buttons == [number]
    assert cast.daniyar.last.startswith(f"Thanks for the department\n№ {number}, Thanks")
    assert "No due date: thanks want no answer." in cast.daniyar.last
    assert "Спасибо за помощь с конференцией!" in cast.daniyar.last
    assert cast.daniyar.buttons == ["Note"]


async def test_the_preview_of_thanks_has_no_due_date_either(cast: Cast) -> None:
    await _to_the_preview(cast.aigerim, kind="thanks")
    assert "No due date: thanks want no answer." in cast.aigerim.last


async def test_every_topic_leads_to_its_department(cast: Cast) -> None:
    aigerim = cast.aigerim
    await aigerim.writes("/ask")
    await aigerim.presses("question")
    offered = aigerim.buttons
    assert offered[:-2] == [topic.en for _, topics in DEPARTMENTS for topic in topics]
    assert offered[-2:] == ["Not sure", "Cancel"]
    await aigerim.presses(HELP_WITH_EVENTS)
    await aigerim.writes("Нужен зал.")
    await aigerim.presses("done_writing")
    await aigerim.presses("public")
    for department, topics in DEPARTMENTS:
        for topic in topics:
            await aigerim.presses("change_topic")
            await aigerim.presses(topic.en)
            assert f"Topic: {topic.en}\nDepartment: {department.en}" in aigerim.last


async def test_topics_are_named_in_the_language_of_the_person(cast_in_each_language: Cast) -> None:
    aigerim = cast_in_each_language.aigerim
    await aigerim.writes("/ask")
    await aigerim.presses("question")
    assert aigerim.buttons[0] == DEPARTMENTS[0][1][0].in_(aigerim.language)


async def test_not_sure_goes_to_the_administrators(cast: Cast) -> None:
    number = await cast.town.a_question(cast.aigerim, topic="not sure")
    assert "Department: an administrator will choose it" in cast.aigerim.last
    assert cast.saule.last.startswith(f"New: it needs a department\n№ {number}, Question")
    assert "Forward" in cast.saule.buttons
    assert cast.daniyar.texts == []


async def test_an_administrator_forwards_it_and_the_date_stays(cast: Cast) -> None:
    number = await cast.town.a_question(cast.aigerim, topic="not sure")
    await cast.town.days_pass(2)
    await cast.saule.presses("forward")
    assert cast.saule.buttons == [department.en for department, _ in DEPARTMENTS]
    await cast.saule.presses("Culture and languages")
    assert cast.saule.last == f"№ {number} went to «Culture and languages»; its date stays."
    assert cast.aigerim.last.startswith(f"№ {number} went to the department «Culture and languages».")
    assert "Answer due: 26 March 2026, Thursday" in cast.aigerim.last
    assert cast.daniyar.last.startswith(f"New for the department\n№ {number}, Question")
    assert "Answer due: 26 March 2026, Thursday" in cast.daniyar.last


async def test_the_same_buttons_pressed_again_forward_it_with_a_reason_only(cast: Cast) -> None:
    number = await cast.town.a_question(cast.aigerim, topic="not sure")
    await cast.saule.presses("forward")
    menu = cast.saule.phone.last
    await cast.saule.presses("Culture and languages")
    await cast.saule.does("presses", "Education", menu)
    assert f"№ {number} to «Education»: write in one sentence why." in cast.saule.last
    await cast.saule.presses("cancel")
    await cast.saule.writes(number)
    assert "Department: Culture and languages" in cast.saule.last


async def test_the_desk_lists_what_has_no_department(cast: Cast) -> None:
    number = await cast.town.a_question(cast.aigerim, topic="not sure")
    await cast.saule.writes("/admin")
    assert "Questions without a department: 1" in cast.saule.last
    await cast.saule.presses("without_department")
    await cast.saule.presses(number)
    assert "Forward" in cast.saule.buttons


# --- text -----------------------------------------------------------------------------------------------------------


async def test_a_text_may_come_in_several_messages(cast: Cast) -> None:
    await _to_the_preview(cast.aigerim, "Первое.", "Второе.", "Третье.")
    await cast.aigerim.presses("send")
    assert await _registered_texts(cast) == ["Первое.\n\nВторое.\n\nТретье."]


async def test_done_without_a_text_asks_for_one(cast: Cast) -> None:
    await cast.aigerim.writes("/ask")
    await cast.aigerim.presses("question")
    await cast.aigerim.presses(HELP_WITH_EVENTS)
    await cast.aigerim.presses("done_writing")
    assert cast.aigerim.last == "There is no text yet. Please write at least a sentence."


async def test_a_text_of_3500_characters_is_taken(cast: Cast) -> None:
    await _to_the_preview(cast.aigerim, "ы" * 3500)
    await cast.aigerim.presses("send")
    assert await _registered_texts(cast) == ["ы" * 3500]


async def test_a_text_of_3501_characters_belongs_into_a_file_and_is_not_lost(cast: Cast) -> None:
    aigerim = cast.aigerim
    await aigerim.writes("/ask")
    await aigerim.presses("question")
    await aigerim.presses(HELP_WITH_EVENTS)
    await aigerim.writes("ы" * 3501)
    assert "The text has 3501 characters, 3500 are the most. Nothing is lost." in aigerim.last
    await aigerim.presses("done_writing")
    assert "The text has 3501 characters" in aigerim.last
    assert aigerim.buttons == ["Edit the text", "Cancel"]
    await aigerim.does("sends_document", "plan.docx")
    await aigerim.presses("edit_text")
    await aigerim.writes("Подробности в файле.")
    await aigerim.presses("done_writing")
    await aigerim.presses("public")
    assert "Attachments: document: 1" in aigerim.last
    await aigerim.presses("send")
    assert await _registered_texts(cast) == ["Подробности в файле."]


async def test_a_long_text_may_be_shortened_by_editing_its_messages(cast: Cast) -> None:
    aigerim = cast.aigerim
    await aigerim.writes("/ask")
    await aigerim.presses("question")
    await aigerim.presses(HELP_WITH_EVENTS)
    message = await aigerim.writes("ы" * 3501)
    await aigerim.does("edits", message, "Коротко.")
    await aigerim.presses("done_writing")
    await aigerim.presses("public")
    await aigerim.presses("send")
    assert await _registered_texts(cast) == ["Коротко."]


async def test_10000_characters_typed_at_once_are_counted_together(cast: Cast) -> None:
    aigerim = cast.aigerim
    await aigerim.writes("/ask")
    await aigerim.presses("question")
    await aigerim.presses(HELP_WITH_EVENTS)
    await aigerim.writes("ы" * 10_000)  # the app sends three messages
    assert "The text has 10004 characters" in aigerim.last  # two empty lines between the three


async def test_2048_emoji_are_2048_characters_and_arrive_whole(cast: Cast) -> None:
    await _to_the_preview(cast.aigerim, "🌉" * 2048)
    await cast.aigerim.presses("send")
    assert await _registered_texts(cast) == ["🌉" * 2048]
    assert sum(text.count("🌉") for text in cast.daniyar.texts) == 2048


async def test_a_text_too_long_for_one_message_of_telegram_reaches_the_department_whole(cast: Cast) -> None:
    words = " ".join(f"слово{n}" for n in range(1, 381))
    assert 3000 < len(words) < 3500
    await _to_the_preview(cast.aigerim, words)
    await cast.aigerim.presses("send")
    arrived = " ".join(cast.daniyar.texts)
    assert all(f"слово{n}" in arrived for n in range(1, 381))


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ("Прошу помочь, мой ИИН 850215300121.", True),
        ("Карта 4400 4301 2345 6789", True),
        ("Звоните +7 701 123 45 67", False),
        ("Наш БИН 120440000038.", False),
        ("Смотрите обращение 2026-000042", False),
    ],
)
async def test_a_number_like_an_iin_or_a_card_is_warned_of_once_before_sending(
    cast: Cast, text: str, warned: bool
) -> None:
    await _to_the_preview(cast.aigerim, text)
    assert cast.aigerim.last.startswith("Attention:") is warned
    await cast.aigerim.presses("send")
    assert await _registered_texts(cast) == [text]


# --- the preview ----------------------------------------------------------------------------------------------------


async def test_the_preview_shows_everything_that_will_be_sent(cast: Cast) -> None:
    await _to_the_preview(cast.aigerim, "Нужен зал.")
    assert cast.aigerim.last.splitlines() == [
        "Check before sending",
        "Kind: Question",
        "Topic: Help with cultural events",
        "Department: Culture and languages",
        "Answer due: 26 March 2026, Thursday",
        "May be published",
        "",
        "Нужен зал.",
    ]
    assert cast.aigerim.buttons == ["Send", "Edit the text", "Change the topic", "Cancel"]


async def test_edit_the_text_replaces_it_and_keeps_the_rest(cast: Cast) -> None:
    aigerim = cast.aigerim
    await _to_the_preview(aigerim, "Первый вариант.", "И ещё.")
    await aigerim.presses("edit_text")
    assert "Первый вариант.\n\nИ ещё." in aigerim.last
    await aigerim.writes("Второй вариант.")
    await aigerim.presses("done_writing")
    assert "Kind: Question" in aigerim.last
    assert "May be published" in aigerim.last
    await aigerim.presses("send")
    assert await _registered_texts(cast) == ["Второй вариант."]


async def test_edit_the_text_and_done_leaves_it_as_it_was(cast: Cast) -> None:
    await _to_the_preview(cast.aigerim, "Первый вариант.")
    await cast.aigerim.presses("edit_text")
    await cast.aigerim.presses("done_writing")
    await cast.aigerim.presses("send")
    assert await _registered_texts(cast) == ["Первый вариант."]


async def test_a_photo_sent_after_edit_the_text_does_not_wipe_the_text(cast: Cast) -> None:
    await _to_the_preview(cast.aigerim, "Первый вариант.")
    await cast.aigerim.presses("edit_text")
    await cast.aigerim.does("sends_photo")
    await cast.aigerim.presses("done_writing")
    await cast.aigerim.presses("send")
    assert await _registered_texts(cast) == ["Первый вариант."]


async def test_change_the_topic_asks_only_for_the_topic(cast: Cast) -> None:
    await _to_the_preview(cast.aigerim)
    await cast.aigerim.presses("change_topic")
    assert cast.aigerim.last == "What is it about?"
    await cast.aigerim.presses("Premises")
    assert "Department: Housing and utilities" in cast.aigerim.last


async def test_cancel_sends_nothing(cast: Cast) -> None:
    await _to_the_preview(cast.aigerim)
    await cast.aigerim.presses("cancel")
    assert cast.aigerim.last.startswith("Dropped: nothing was sent.")
    await cast.aigerim.does("presses", "Send")
    assert await _registered_texts(cast) == []


async def test_what_is_written_at_the_preview_is_added_and_shown(cast: Cast) -> None:
    await _to_the_preview(cast.aigerim, "Нужен зал.")
    await cast.aigerim.writes("И пандус.")
    assert "Нужен зал.\n\nИ пандус." in cast.aigerim.last
    assert "Send" in cast.aigerim.buttons


async def test_whether_it_may_be_published_is_kept(cast: Cast) -> None:
    await cast.town.a_question(cast.aigerim, public=False)
    await cast.town.a_question(cast.aigerim, public=True)
    async with cast.town.app.database.reading() as db:
        assert list(await db.scalars(select(questions.c.public).order_by(questions.c.id))) == [False, True]


# --- nothing typed is lost ------------------------------------------------------------------------------------------

STEPS = {
    "kind": ["question"],
    "topic": [HELP_WITH_EVENTS],
    "public": ["public"],
    "preview": ["send"],
}


@pytest.mark.parametrize("pause", ["restart", "week"])
async def test_ask_offers_to_continue_or_to_start_anew(cast: Cast, pause: str) -> None:
    aigerim = cast.aigerim
    await aigerim.writes("/ask")
    await aigerim.presses("question")
    await aigerim.presses(HELP_WITH_EVENTS)
    await aigerim.writes("Нужен зал.")
    if pause == "restart":
        await cast.town.restart()
    else:
        await cast.town.days_pass(7)
    await aigerim.writes("/ask")
    assert aigerim.last == "You have an unfinished question:\n\nНужен зал."
    assert aigerim.buttons == ["Continue", "Start anew"]
    await aigerim.presses("continue")
    await aigerim.presses("done_writing")
    await aigerim.presses("private")
    await aigerim.presses("send")
    assert await _registered_texts(cast) == ["Нужен зал."]


async def test_start_anew_forgets_what_was_written(cast: Cast) -> None:
    aigerim = cast.aigerim
    await aigerim.writes("/ask")
    await aigerim.presses("question")
    await aigerim.writes("Нужен зал.")
    await aigerim.writes("/ask")
    await aigerim.presses("start_anew")
    await aigerim.presses("proposal")
    await aigerim.presses(HELP_WITH_EVENTS)
    await aigerim.presses("done_writing")
    assert aigerim.last == "There is no text yet. Please write at least a sentence."


@pytest.mark.parametrize("stop_after", range(6))
async def test_a_question_goes_on_after_a_restart_at_every_step(cast: Cast, stop_after: int) -> None:
    aigerim = cast.aigerim
    deeds = [
        ("writes", "/ask"),
        ("presses", "question"),
        ("presses", HELP_WITH_EVENTS),
        ("writes", "Нужен зал."),
        ("presses", "done_writing"),
        ("presses", "public"),
        ("presses", "send"),
    ]
    for n, (deed, what) in enumerate(deeds):
        await getattr(aigerim, deed)(what)
        if n == stop_after:
            await cast.town.restart()
    assert "№ 2026-000001 is registered." in aigerim.last


@pytest.mark.parametrize("before", ["kind", "topic", "public"])
async def test_typing_where_a_button_is_awaited_keeps_the_text_and_asks_again(cast: Cast, before: str) -> None:
    aigerim = cast.aigerim
    texts = []
    await aigerim.writes("/ask")
    for step in ("kind", "topic", "text", "public"):
        if step == before:
            asked = aigerim.last
            await aigerim.writes("Напечатано раньше времени.")
            texts.append("Напечатано раньше времени.")
            assert aigerim.last == asked
        if step == "text":
            await aigerim.writes("Нужен зал.")
            texts.append("Нужен зал.")
            await aigerim.presses("done_writing")
        else:
            await aigerim.presses(STEPS[step][0])
    await aigerim.presses("send")
    assert await _registered_texts(cast) == ["\n\n".join(texts)]


async def test_a_text_out_of_the_blue_becomes_a_draft(cast: Cast) -> None:
    await cast.aigerim.writes("Нам нужен зал для концерта.")
    assert cast.aigerim.texts[-2].startswith("Your text is kept as a draft.")
    await cast.aigerim.presses("request")
    await cast.aigerim.presses(HELP_WITH_EVENTS)
    await cast.aigerim.presses("done_writing")
    await cast.aigerim.presses("public")
    await cast.aigerim.presses("send")
    assert await _registered_texts(cast) == ["Нам нужен зал для концерта."]


async def test_another_command_in_between_does_not_lose_the_question(cast: Cast) -> None:
    aigerim = cast.aigerim
    await _to_the_preview(aigerim, "Нужен зал.")
    for command in ("/help", "/my", "/mydata", "/simple", "/simple", "/language"):
        await aigerim.writes(command)
    await aigerim.presses("send")
    assert await _registered_texts(cast) == ["Нужен зал."]


async def test_a_button_of_an_earlier_step_asks_for_what_is_missing_now(cast: Cast) -> None:
    aigerim = cast.aigerim
    await _to_the_preview(aigerim, "Нужен зал.")
    await aigerim.does("presses", "Done")
    assert aigerim.texts[-2] == "This button belongs to an earlier step."
    assert aigerim.last.startswith("Check before sending")


# --- labels typed out -----------------------------------------------------------------------------------------------


async def test_every_button_of_asking_works_as_typed_text(cast_in_each_language: Cast) -> None:
    aigerim = cast_in_each_language.aigerim
    topic = next(t for _, topics in DEPARTMENTS for t in topics if t.en == HELP_WITH_EVENTS).in_(aigerim.language)
    await aigerim.writes("/ask")
    await aigerim.writes(aigerim.label("proposal").upper())
    await aigerim.writes(topic.lower())
    await aigerim.writes("Предлагаем вместе провести фестиваль.")
    await aigerim.writes(aigerim.label("done_writing"))
    await aigerim.writes(f"  {aigerim.label('private')}  ")
    await aigerim.writes(aigerim.label("edit_text"))
    await aigerim.writes(aigerim.label("done_writing"))
    await aigerim.writes(aigerim.label("send"))
    assert "2026-000001" in aigerim.last
    await aigerim.writes(aigerim.label("why_date"))
    assert "2026-000001" in aigerim.last
    await aigerim.writes(aigerim.label("withdraw"))
    assert await _registered_texts(cast_in_each_language) == ["Предлагаем вместе провести фестиваль."]
    await aigerim.writes("/my")
    await aigerim.writes(aigerim.label("closed"))
    assert "2026-000001" in aigerim.buttons


# --- sending --------------------------------------------------------------------------------------------------------


async def test_send_pressed_five_times_under_new_update_ids_is_one_question(cast: Cast) -> None:
    aigerim = cast.aigerim
    await _to_the_preview(aigerim)
    for _ in range(5):
        aigerim.phone.presses("Send")
    await cast.town.settle()
    assert len(await _registered_texts(cast)) == 1
    assert aigerim.texts[-4:] == ["It is registered already: № 2026-000001."] * 4
    assert sum("New for the department" in text for text in cast.daniyar.texts) == 1


async def test_the_same_update_handed_out_again_is_one_question(cast: Cast) -> None:
    aigerim = cast.aigerim
    await _to_the_preview(aigerim)
    await aigerim.presses("send")
    cast.town.telegram.faults.hand_out_again(cast.town.telegram.bot.last_update_id)
    said = len(aigerim.texts)
    await cast.town.settle()
    assert len(await _registered_texts(cast)) == 1
    assert len(aigerim.texts) == said


async def test_send_on_an_old_preview_sends_what_it_showed_no_more(cast: Cast) -> None:
    aigerim = cast.aigerim
    await _to_the_preview(aigerim, "Первое обращение.")
    old = aigerim.phone.last
    await aigerim.writes("/ask")
    await aigerim.presses("start_anew")
    await aigerim.does("presses", "Send", old)
    assert await _registered_texts(cast) == []


async def test_the_confirmation_says_everything_that_was_promised(asked: Cast) -> None:
    assert asked.aigerim.last.splitlines() == [
        "№ 2026-000001 is registered.",
        "Registered: 2 March 2026, 11:00",
        "Kind: Question",
        "Department: Culture and languages",
        "Responsible: not yet taken",
        "Answer due: 26 March 2026, Thursday",
        "",
        "To add something, reply to this message.",
    ]
    assert asked.aigerim.buttons == ["Withdraw", "Why this date?"]


async def test_the_confirmation_is_in_the_language_of_the_person(cast_in_each_language: Cast) -> None:
    aigerim = cast_in_each_language.aigerim
    await cast_in_each_language.town.a_question(aigerim)
    due = {
        Language.KK: "2026 ж. 26 наурыз, бейсенбі",
        Language.RU: "26 марта 2026 г., четверг",
        Language.EN: "26 March 2026, Thursday",
    }
    assert due[aigerim.language] in aigerim.last.replace("\u202f", " ")


# --- the date -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "due"),
    [
        # Monday 2 March 2026 at 11:00 counts itself: 2-6 are 5 days, 10-13 (9 is off for the 8th) 9, 16-20 14, 26 15
        (datetime(2026, 3, 2, 6, 0, tzinfo=UTC), "26 March 2026, Thursday"),
        # at lunch the day still counts
        (datetime(2026, 3, 2, 8, 30, tzinfo=UTC), "26 March 2026, Thursday"),
        # 18:30 sharp is after hours: counted from Tuesday the 3rd, one day later
        (datetime(2026, 3, 2, 13, 30, tzinfo=UTC), "27 March 2026, Friday"),
        (datetime(2026, 3, 2, 13, 29, tzinfo=UTC), "26 March 2026, Thursday"),
        # Sunday 1 March counts from Monday the 2nd
        (datetime(2026, 3, 1, 6, 0, tzinfo=UTC), "26 March 2026, Thursday"),
        # Friday 20 March, before Nauryz: 20 is 1, 26-27 3, 30-31 5, 1-3 April 8, 6-10 13, 13-14 15
        (datetime(2026, 3, 20, 6, 0, tzinfo=UTC), "14 April 2026, Tuesday"),
    ],
)
async def test_the_due_date_is_counted_in_working_days(cast: Cast, sent: datetime, due: str) -> None:
    cast.town.clock.moment = sent
    await cast.town.a_question(cast.aigerim)
    assert f"Answer due: {due}" in cast.aigerim.last


async def test_what_comes_at_night_is_registered_at_once(cast: Cast) -> None:
    cast.town.clock.moment = datetime(2026, 3, 2, 20, 15, tzinfo=UTC)  # 01:15 of the next day in Pavlodar
    await cast.town.a_question(cast.aigerim)
    assert "Registered: 3 March 2026, 01:15" in cast.aigerim.last
    assert "Answer due: 27 March 2026, Friday" in cast.aigerim.last


async def test_why_this_date_names_each_skipped_day(asked: Cast) -> None:
    await asked.aigerim.presses("why_date")
    assert asked.aigerim.last.splitlines() == [
        "№ 2026-000001: the answer is due on 26 March 2026, Thursday.",
        "Received: 2 March 2026, 11:00.",
        "The count starts on 2 March 2026, Monday.",
        "Rule: 15 working days (Administrative Procedural and Process Code, art. 76).",
        "The first day counts.",
        "",
        "Days that do not count:",
        "7 March 2026, Saturday: weekend",
        "8 March 2026, Sunday: International Women's Day",
        "9 March 2026, Monday: day off for International Women's Day",
        "14 March 2026, Saturday: weekend",
        "15 March 2026, Sunday: weekend",
        "21 March 2026, Saturday: Nauryz",
        "22 March 2026, Sunday: Nauryz",
        "23 March 2026, Monday: Nauryz",
        "24 March 2026, Tuesday: day off for Nauryz",
        "25 March 2026, Wednesday: day off for Nauryz",
    ]


async def test_why_this_date_tells_that_it_came_after_hours(cast: Cast) -> None:
    cast.town.clock.moment = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
    await cast.town.a_question(cast.aigerim)
    await cast.aigerim.presses("why_date")
    assert "It came after working hours, so the count starts on 3 March 2026, Tuesday" in cast.aigerim.last


async def test_why_this_date_tells_that_it_came_on_a_day_off(cast: Cast) -> None:
    cast.town.clock.moment = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
    await cast.town.a_question(cast.aigerim)
    await cast.aigerim.presses("why_date")
    assert "It came on a day off, so the count starts on 2 March 2026, Monday" in cast.aigerim.last
    assert "1 March 2026, Sunday: weekend" in cast.aigerim.last


# --- numbers --------------------------------------------------------------------------------------------------------


async def test_numbers_are_counted_up(cast: Cast) -> None:
    assert [await cast.town.a_question(cast.aigerim) for _ in range(3)] == [
        "2026-000001",
        "2026-000002",
        "2026-000003",
    ]


async def test_each_year_of_the_city_begins_anew(cast: Cast) -> None:
    cast.town.clock.moment = datetime(2026, 12, 31, 18, 59, tzinfo=UTC)  # 23:59 in Pavlodar
    assert await cast.town.a_question(cast.aigerim) == "2026-000001"
    cast.town.clock.skip(timedelta(minutes=1))
    assert await cast.town.a_question(cast.aigerim) == "2027-000001"
    assert await cast.town.a_question(cast.aigerim) == "2027-000002"


async def _speaks_kazakh(who: Somebody) -> None:
    await who.writes("/language")
    await who.presses("Қазақша")
    who.language = Language.KK


async def test_a_language_chosen_in_the_midst_of_a_dialogue_asks_again_in_it(answered: Cast) -> None:
    """Asking, judging, answering the department, registering: nothing typed is lost."""
    aigerim, daniyar = answered.aigerim, answered.daniyar
    await aigerim.writes("/ask")
    await aigerim.presses("question")
    await aigerim.presses("Help with cultural events")
    await aigerim.writes("Зал керек пе?")
    await aigerim.presses("done_writing")
    await _speaks_kazakh(aigerim)
    assert "Енді қазақша" in aigerim.texts[-2]
    assert aigerim.buttons == [aigerim.label("public"), aigerim.label("private"), aigerim.label("cancel")]
    await aigerim.presses("public")
    assert "Зал керек пе?" in aigerim.last
    await aigerim.presses("cancel")
    await aigerim.does("presses_data", f"not_answered:{answered.number}")
    await _speaks_kazakh(aigerim)
    assert aigerim.last.startswith(f"№ {answered.number}: ")
    assert aigerim.buttons == [aigerim.label("cancel")]
    await aigerim.writes("Зал жабық.")
    await daniyar.does("presses_data", f"answer:{answered.number}")
    await _speaks_kazakh(daniyar)
    assert daniyar.label("outcome_done") in daniyar.buttons
    guest = answered.town.stranger("Erlan", Language.RU)
    await guest.meets_the_bot()
    await guest.presses("i_am_ngo")
    await guest.presses("not_in_list")
    await guest.writes("Фонд «Көмек»")
    await _speaks_kazakh(guest)
    assert guest.buttons == [guest.label("skip")]

"""[Ask the NGO]: the department asks, its clock stands still, the first reply goes on; or nobody replies."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from domain.people import Language
from storage.tables import entries, questions
from tests.journeys.cast import PARASAT, Cast
from tests.town import Somebody

ASKED = "Сколько зрителей вы ждёте и нужна ли сцена?"
REPLY = "Сто двадцать человек, сцена нужна."


async def _asks(who: Somebody, text: str = ASKED) -> None:
    await who.presses("clarify")
    await who.writes(text)
    await who.presses("send")


async def _state(cast: Cast) -> tuple[str, int, bool]:
    async with cast.town.app.database.reading() as db:
        row = (await db.execute(select(questions.c.status, questions.c.paused, questions.c.unclear))).one()
    return row.status, row.paused, row.unclear


async def _days(cast: Cast, days: int) -> None:
    """One by one, as the clock ticks."""
    for _ in range(days):
        await cast.town.days_pass(1)


async def _on(cast: Cast, day: int, month: int = 3) -> None:
    """On that day at eleven, with nothing ticking between."""
    cast.town.clock.moment = cast.town.clock.moment.replace(day=day, month=month)
    await cast.town.days_pass(0)


def _since(who: Somebody, before: int, words: str) -> list[str]:
    return [said for said in who.texts[before:] if words in said]


# --- asking and replying --------------------------------------------------------------------------------------------


async def test_the_department_asks_and_a_reply_to_the_message_goes_on(asked: Cast) -> None:
    number = asked.number
    await asked.daniyar.presses("clarify")
    assert "write what the department needs to know from the NGO" in asked.daniyar.last
    await asked.daniyar.writes(ASKED)
    assert asked.daniyar.last == f"Check before sending\nQuestion to the NGO about № {number}\n\n{ASKED}"
    assert asked.daniyar.buttons == ["Send", "Edit the text", "Cancel"]
    await asked.daniyar.presses("send")
    assert asked.aigerim.last.startswith(f"№ {number}: the department asks you:\n\n{ASKED}")
    ground = "The department may close the question when 10 working days have passed without a reply."
    assert ground in asked.aigerim.last
    assert "Answer due: 26 March 2026, Thursday" in asked.aigerim.last
    assert asked.aigerim.buttons[0] == "Reply"
    assert await _state(asked) == ("waiting", 0, False)

    question = asked.aigerim.phone.last
    await asked.aigerim.writes(REPLY, reply_to=question["message_id"])
    assert asked.aigerim.last.startswith(f"Your reply about № {number} is with the department")
    assert asked.daniyar.last.startswith(f"№ {number}: the NGO replied, and the work goes on.")
    assert REPLY in asked.daniyar.last
    assert await _state(asked) == ("in_work", 0, False)


async def test_whoever_asks_about_what_nobody_took_is_responsible(asked: Cast) -> None:
    await _asks(asked.daniyar)
    await asked.aigerim.writes(asked.number)
    assert "Responsible: Daniyar" in asked.aigerim.last
    assert "Status: waiting for the NGO" in asked.aigerim.last
    assert "2 March 2026, 11:00: Daniyar asked the NGO" in asked.aigerim.last
    assert ASKED in asked.aigerim.last


async def test_the_reply_button_asks_again_and_takes_an_album_as_one_reply(asked: Cast) -> None:
    await _asks(asked.daniyar)
    await asked.aigerim.presses("Reply")
    assert ASKED in asked.aigerim.last
    await asked.aigerim.does("sends_album", [b"one", b"two"], caption=REPLY)
    assert "Attachments: photo: " in asked.aigerim.last
    await asked.town.restart()
    await asked.aigerim.presses("send")
    async with asked.town.app.database.reading() as db:
        replied = list(await db.execute(select(entries.c.action, entries.c.text).where(entries.c.action == "reply")))
    assert replied == [("reply", REPLY)]
    asked.town.clock.skip(timedelta(seconds=3))  # more of an album might have followed
    await asked.town.settle()
    assert len(_since(asked.daniyar, 0, "the NGO replied")) == 1
    assert sum("photo" in message for message in asked.daniyar.phone.chat) == 2
    await asked.aigerim.presses("send")  # pressed again: nothing happens twice
    assert await _state(asked) == ("in_work", 0, False)


async def test_while_only_one_department_waits_any_message_is_the_reply(asked: Cast) -> None:
    await _asks(asked.daniyar)
    await asked.aigerim.writes(REPLY)
    assert asked.daniyar.last.startswith(f"№ {asked.number}: the NGO replied")
    await asked.aigerim.writes("И ещё вопрос.")
    assert any("kept as a draft" in said for said in asked.aigerim.texts[-2:])


async def test_a_reply_that_lies_unfinished_is_gone_on_with_by_a_photo(asked: Cast) -> None:
    await _asks(asked.daniyar)
    await asked.aigerim.presses("Reply")
    await asked.aigerim.writes(REPLY)
    await asked.aigerim.writes("/ask")
    await asked.aigerim.writes("/cancel")
    await asked.aigerim.does("sends_photo", b"the stage")
    assert asked.aigerim.last.startswith("Check before sending")
    assert "Attachments: photo: 1" in asked.aigerim.last
    assert REPLY in asked.aigerim.last


async def test_while_two_wait_a_message_is_none_of_the_two(cast: Cast) -> None:
    for text in ("Первое обращение.", "Второе обращение."):
        await cast.town.a_question(cast.aigerim, text)
        await _asks(cast.daniyar)
    await cast.aigerim.writes(REPLY)
    assert any("kept as a draft" in said for said in cast.aigerim.texts[-2:])
    async with cast.town.app.database.reading() as db:
        assert set(await db.scalars(select(questions.c.status))) == {"waiting"}


async def test_a_colleague_of_the_ngo_may_reply_and_what_follows_is_an_addition(asked: Cast) -> None:
    bolat = await asked.town.an_ngo(asked.saule, "Bolat", PARASAT, Language.EN)
    await _asks(asked.daniyar)
    await asked.aigerim.presses("Reply")
    await asked.aigerim.writes("Сцена не нужна.")
    await bolat.writes(REPLY)
    assert asked.daniyar.last.startswith(f"№ {asked.number}: the NGO replied")
    await asked.aigerim.presses("send")
    assert asked.daniyar.last.startswith(f"№ {asked.number}: addition by the NGO.")


@pytest.mark.parametrize("words", ["", "\u2800"])
async def test_nothing_is_asked_without_words(asked: Cast, words: str) -> None:
    await asked.daniyar.presses("clarify")
    await asked.daniyar.does("sends_photo", b"a plan of the hall", caption=words)
    assert asked.daniyar.last == "Please write it in words."
    await asked.daniyar.does("presses_data", f"clarify_send:{asked.number}")
    assert asked.daniyar.last == "Please write it in words."
    assert (await _state(asked))[0] == "registered"
    await asked.daniyar.writes(ASKED)
    await asked.daniyar.presses("send")
    assert asked.aigerim.phone.chat[-1].get("photo")


async def test_only_who_has_it_asks(cast: Cast) -> None:
    botagoz = await cast.town.an_official(cast.saule, "Botagoz", language=Language.EN)
    yerlan = await cast.town.an_official(cast.saule, "Yerlan", "Education", Language.EN)
    number = await cast.town.a_question(cast.aigerim)
    await cast.daniyar.presses("take")
    for somebody in (botagoz, yerlan, cast.aigerim, cast.saule):
        for data in (f"clarify:{number}", f"clarify_send:{number}", f"close_unclear:{number}"):
            await somebody.does("presses_data", data)
        await somebody.writes("Вопрос от чужого.")
    await yerlan.does("presses_data", f"reply:{number}")
    assert yerlan.last.startswith("There is no such question, or it is not yours.")
    assert (await _state(cast))[0] == "in_work"
    assert not any("asks you" in said for said in cast.aigerim.texts)


async def test_what_was_withdrawn_meanwhile_is_not_asked_about(asked: Cast) -> None:
    await asked.daniyar.presses("clarify")
    await asked.daniyar.writes(ASKED)
    await asked.aigerim.does("presses_data", f"withdraw:{asked.number}")
    await asked.daniyar.does("presses_data", f"clarify_send:{asked.number}")
    assert "Status: withdrawn" in asked.daniyar.last
    assert ASKED not in asked.aigerim.last


# --- the clock ------------------------------------------------------------------------------------------------------


async def test_nobody_is_late_by_the_days_the_ngo_took(cast: Cast) -> None:
    """Asked on 2 March and due by law on 26 March; the NGO replies on 30 March, after 16 working days."""
    botagoz = await cast.town.an_official(cast.saule, "Botagoz", language=Language.EN, head=True)
    number = await cast.town.a_question(cast.aigerim)
    await cast.daniyar.presses("take")
    await _asks(cast.daniyar)
    before = {who.phone.id: len(who.texts) for who in (cast.daniyar, botagoz, cast.saule, cast.aigerim)}
    await _days(cast, 28)
    told = _since(cast.daniyar, before[cast.daniyar.id], "Reminder")
    assert len(told) == 1
    assert "Due today" in told[0]
    assert "Waiting for the NGO since 2 March 2026; the date by law does not change." in told[0]
    assert _since(botagoz, before[botagoz.id], "Reminder") == []
    assert _since(cast.saule, before[cast.saule.id], "Reminder") == []

    await cast.aigerim.writes(REPLY)
    assert await _state(cast) == ("in_work", 16, False)
    assert "Waited for the NGO so far: 16 working days." in cast.daniyar.last
    await _days(cast, 18)  # to Friday 17 April, 16 working days late by law
    told = _since(cast.daniyar, before[cast.daniyar.id], "Reminder")
    assert "16 working days of waiting for the NGO are not counted as late." in told[-1]
    assert "Late by" not in told[-1]
    assert _since(botagoz, before[botagoz.id], "Told on the ladder") == []
    assert not any("the answer is late" in said for said in cast.aigerim.texts)
    await _days(cast, 3)
    assert "Late by 1 working day." in botagoz.last
    assert "Told on the ladder: the head of the department" in botagoz.last
    assert _since(cast.aigerim, 0, "the answer is late") != []
    assert (await _due_on(cast), number) == (date(2026, 3, 26), "2026-000001")


async def _due_on(cast: Cast) -> date | None:
    async with cast.town.app.database.reading() as db:
        due_on: date | None = await db.scalar(select(questions.c.due_on))
    return due_on


async def test_cards_and_why_this_date_show_the_pause_on_both_sides(asked: Cast) -> None:
    await _asks(asked.daniyar)
    for somebody in (asked.aigerim, asked.daniyar):
        await somebody.writes(asked.number)
        assert "Waiting for the NGO since 2 March 2026; the date by law does not change." in somebody.last
    asked.town.clock.skip(timedelta(days=8))  # Tuesday 10 March; Monday is a day off
    await asked.aigerim.writes(REPLY)
    pause = "Waited for the NGO: 5 working days, 2 March 2026 – 10 March 2026; the date by law does not change."
    for somebody in (asked.aigerim, asked.daniyar):
        await somebody.writes(asked.number)
        assert pause in somebody.last
        assert "10 March 2026, 11:00: the NGO replied" in somebody.last
        await somebody.presses("why_date")
        assert "the answer is due on 26 March 2026, Thursday." in somebody.last
        assert pause in somebody.last


async def test_the_ngo_is_reminded_after_three_and_seven_working_days_once_each(asked: Cast) -> None:
    asked.town.clock.skip(timedelta(hours=5))  # in the afternoon: the mornings that remind come at an earlier hour
    await _asks(asked.daniyar)
    asked.town.clock.skip(timedelta(hours=-5))
    before = len(asked.aigerim.texts)
    reminders = []
    for _ in range(15):
        await asked.town.days_pass(1)
        await asked.town.days_pass(0)
        for said in _since(asked.aigerim, before, "A department waits for your reply"):
            reminders.append(f"{asked.town.clock.now():%d.%m}")
            assert f"№ {asked.number}: asked on 2 March 2026\n{ASKED}" in said
            assert asked.aigerim.buttons == ["Reply", asked.number]
        before = len(asked.aigerim.texts)
    assert reminders == ["05.03", "12.03"]


async def test_missed_reminders_are_one_and_none_comes_after_the_reply(asked: Cast) -> None:
    await _asks(asked.daniyar)
    before = len(asked.aigerim.texts)
    await _on(asked, 13)
    assert len(_since(asked.aigerim, before, "A department waits for your reply")) == 1
    await asked.aigerim.presses("Reply")
    await asked.aigerim.writes(REPLY)
    await asked.aigerim.presses("send")
    before = len(asked.aigerim.texts)
    await _days(asked, 3)
    assert _since(asked.aigerim, before, "A department waits for your reply") == []


# --- nobody replies -------------------------------------------------------------------------------------------------


async def test_without_a_reply_in_ten_working_days_it_may_be_closed_on_that_ground(asked: Cast) -> None:
    number = asked.number
    await _asks(asked.daniyar)
    await asked.daniyar.does("presses_data", f"close_unclear:{number}")
    assert "Status: waiting for the NGO" in asked.daniyar.last  # not yet
    await _on(asked, 16)
    assert await _state(asked) == ("waiting", 0, False)
    await _on(asked, 17)  # the tenth: 9 March is a day off
    assert await _state(asked) == ("waiting", 0, True)
    told = _since(asked.daniyar, 0, "10 working days have passed without a reply of the NGO.")
    assert len(told) == 1
    await _days(asked, 1)
    assert _since(asked.daniyar, 0, "10 working days have passed") == told
    await asked.daniyar.writes(number)
    await asked.daniyar.presses("Close: no reply")
    await asked.daniyar.writes("2 марта мы спросили о числе зрителей, без этого зал не подобрать.")
    await asked.daniyar.presses("send")
    assert f"№ {number} is closed: the department asked you something and had no reply." in asked.aigerim.last
    assert "без этого зал не подобрать" in asked.aigerim.last
    assert "ask anew: /ask" in asked.aigerim.last
    await asked.aigerim.writes(number)
    assert "Status: closed, the NGO did not reply" in asked.aigerim.last
    async with asked.town.app.database.reading() as db:
        ended = (await db.execute(select(questions.c.ending, questions.c.verdict))).one()
    assert ended == ("no_reply", None)


async def test_a_reply_after_ten_days_but_before_the_closing_goes_on(asked: Cast) -> None:
    await _asks(asked.daniyar)
    await _on(asked, 18)
    await asked.daniyar.writes(asked.number)
    await asked.daniyar.presses("Close: no reply")
    await asked.daniyar.writes("2 марта мы спросили о числе зрителей, ответа нет.")
    await asked.aigerim.writes(REPLY)
    await asked.daniyar.does("presses_data", f"close_unclear_send:{asked.number}")
    assert "Status: in work" in asked.daniyar.last
    assert await _state(asked) == ("in_work", 11, False)


async def test_asked_for_the_second_time_it_is_waited_for_anew(asked: Cast) -> None:
    await _asks(asked.daniyar)
    asked.town.clock.skip(timedelta(days=2))
    await asked.aigerim.writes(REPLY)
    await asked.daniyar.writes(asked.number)
    await _asks(asked.daniyar, "А свет нужен?")
    asked.town.clock.skip(timedelta(days=1))
    await asked.aigerim.writes("Нужен.")
    assert await _state(asked) == ("in_work", 3, False)


async def test_a_dialogue_dropped_asks_nobody(asked: Cast) -> None:
    await asked.daniyar.presses("clarify")
    await asked.daniyar.writes(ASKED)
    await asked.daniyar.presses("cancel")
    assert asked.daniyar.last.startswith("Dropped: nothing was sent.")
    await asked.daniyar.does("presses_data", f"clarify_send:{asked.number}")
    assert "Status: registered" in asked.daniyar.last
    assert (await _state(asked))[0] == "registered"


async def test_the_text_may_be_written_anew_and_the_attachment_stays(asked: Cast) -> None:
    await asked.daniyar.presses("clarify")
    await asked.daniyar.does("sends_document", "plan.pdf", b"plan", caption="Черновик вопроса.")
    await asked.daniyar.presses("edit_text")
    assert "Черновик вопроса." in asked.daniyar.last
    await asked.daniyar.writes(ASKED)
    await asked.daniyar.presses("send")
    said = [m for m in asked.aigerim.phone.chat if ASKED in m.get("text", "")]
    assert len(said) == 1
    assert "Черновик" not in said[0]["text"]
    assert asked.aigerim.phone.chat[-1]["document"]["file_name"] == "plan.pdf"

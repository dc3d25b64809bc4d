"""What people, clients and vandals put into texts, names, captions and file names: it is shown as written, or not."""

import pytest
from sqlalchemy import select

from domain.people import Language
from storage.tables import attachments, organizations, people, questions
from tests.journeys.cast import Cast, a_message, a_press, everything_stored, hands_over, nothing_went_wrong
from tests.town import Somebody, Town

SHOWN_AS_WRITTEN = {
    "bold": "<b>Нужен зал</b>",
    "ampersand": "Зал & пандус &amp; свет",
    "unclosed": "<b>Нужен <i>зал",
    "closing what is ours": "</blockquote></b>зал</a>",
    "link": '<a href="https://evil.example">зал</a>',
    "entities": "&lt;b&gt;&#0;&nosuch;",
    "format": "{0.__class__} {number} {} {{}}",
    "percent": "%s %(name)s 100% %d",
    "sql": "'; DROP TABLE questions; --",
    "zero width": "Нужен\u200b зал\u200d!",
    "combining": "З" + "\u0301" * 100 + "ал",
    "family": "Зал 👩‍👩‍👧‍👦",
    "arabic": "نريد قاعة",
    "above the basic plane": "𝔥𝔞𝔩𝔩 🌉",
    "markdown": "*зал* _зал_ `зал` [зал](https://example.kz)",
    "lines": "Зал\n\n\nи пандус",
}
CLEANED = {
    "nul": ("Нужен\x00 зал", "Нужен зал"),
    "lone surrogate": ("Нужен \ud800зал\udfff", "Нужен зал"),
    "direction marks": ("Нужен \u202eлаз\u202c \u2066и\u2069 пандус", "Нужен лаз и пандус"),
    "controls": ("Нужен\x07 зал\x1b[31m", "Нужен зал[31m"),
    "windows lines": ("Зал\r\nи пандус\rи свет", "Зал\nи пандус\nи свет"),
}
ALL = [(text, text) for text in SHOWN_AS_WRITTEN.values()] + list(CLEANED.values())
IDS = [*SHOWN_AS_WRITTEN, *CLEANED]
every_text = pytest.mark.parametrize(("sent", "shown"), ALL, ids=IDS)
_WORST = ("unclosed", "format", "combining", "lines", *CLEANED)
the_worst = pytest.mark.parametrize(("sent", "shown"), [ALL[IDS.index(name)] for name in _WORST], ids=_WORST)


async def _says(who: Somebody, text: str, **more: object) -> None:
    await hands_over(who.town, a_message(who, text=text, **more))


@every_text
async def test_a_text_is_shown_as_written_to_both_sides(answered: Cast, sent: str, shown: str) -> None:
    """As a reason, an addition and an answer."""
    aigerim, daniyar = answered.aigerim, answered.daniyar
    await aigerim.presses("not_answered")
    await _says(aigerim, sent)
    assert f"Its reason:\n\n{shown}\n\n" in daniyar.last
    await _says(aigerim, sent, reply_to_message=aigerim.phone.last)
    assert daniyar.last.endswith(shown)
    await daniyar.presses("answer")
    await daniyar.presses("outcome_explained")
    await daniyar.writes("Отвечаем по порядку.")
    await _says(daniyar, sent)
    await daniyar.presses("done_writing")
    assert daniyar.last.endswith(shown)
    await daniyar.presses("send")
    assert f"Отвечаем по порядку.\n\n{shown}" in aigerim.last
    await aigerim.writes(answered.number)
    assert aigerim.last.count(shown) == 3


async def test_both_databases_take_whatever_is_written(town_on_both: Town) -> None:
    saule = await town_on_both.an_admin(language=Language.EN)
    daniyar = await town_on_both.an_official(saule, language=Language.EN)
    aigerim = await town_on_both.an_ngo(saule, language=Language.EN)
    await aigerim.writes("/ask")
    await aigerim.presses("question")
    await aigerim.presses("Help with cultural events")
    aigerim.phone.user["first_name"] = "Ай\x00ге\ud800рім"
    await hands_over(town_on_both, *(a_message(aigerim, text=sent) for sent, _ in ALL))
    aigerim.phone.user["first_name"] = "Айгерім"
    await aigerim.presses("done_writing")
    await aigerim.presses("public")
    await aigerim.presses("send")
    await hands_over(town_on_both, a_press(daniyar, "take:\x00"), a_press(daniyar, "send:\ud800"))
    await hands_over(town_on_both, a_message(daniyar, text="/start \x00\ud800"))
    async with town_on_both.app.database.reading() as db:
        assert await db.scalar(select(questions.c.text)) == "\n\n".join(shown for _, shown in ALL)
    await nothing_went_wrong(town_on_both)


NAMES = [
    ("<b>Марат</b>", "<b>Марат</b>"),
    ("Марат & Ко", "Марат & Ко"),
    ("{0.__class__}", "{0.__class__}"),
    ("%s", "%s"),
    ("Ма\x00рат", "Марат"),
    ("Мар\ud800ат", "Марат"),
    ("\u202eтараМ", "тараМ"),
    ("Ма\u200bрат", "Марат"),
    ("Марат\nАдминистратор: да", "Марат Администратор: да"),
    ("М" * 300, "М" * 129 + "…"),
    ("🌉" * 300, "🌉" * 129 + "…"),
]


@pytest.mark.parametrize(("name", "shown"), NAMES)
async def test_a_name_is_shown_in_one_readable_line(cast: Cast, name: str, shown: str) -> None:
    marat = cast.town.stranger("Marat", Language.EN)
    await marat.meets_the_bot()
    await marat.presses("i_am_ngo")
    await marat.presses("not_in_list")
    await marat.writes("Клуб «Тұлпар»")
    await marat.presses("skip")
    marat.phone.user["first_name"] = name
    await _says(marat, "Конный спорт")
    assert cast.saule.last.splitlines()[0] == f"Representative: {shown}"
    await cast.saule.writes("/admin")
    await cast.saule.presses("waiting")
    assert cast.saule.buttons[0].startswith(shown[:50])
    await cast.saule.presses(cast.saule.buttons[0])
    await cast.saule.presses("approve")
    assert "Status: approved" in cast.saule.last


@pytest.mark.parametrize("name", ["\u3164", "\u2800\u2800", "\u200b", "\u202e", "\ud800", "\x00"])
async def test_a_name_that_cannot_be_seen_is_replaced_by_the_number(cast: Cast, name: str) -> None:
    cast.daniyar.phone.user["first_name"] = name
    number = await cast.town.a_question(cast.aigerim)
    await hands_over(cast.town, a_message(cast.daniyar, text=number))
    async with cast.town.app.database.reading() as db:
        stored = await db.scalar(select(people.c.name).where(people.c.id == cast.daniyar.id))
    assert stored == str(cast.daniyar.id)


@the_worst
async def test_the_name_of_an_ngo_is_shown_as_typed(new_town: Town, sent: str, shown: str) -> None:
    saule = await new_town.an_admin(language=Language.EN)
    marat = new_town.stranger("Marat", Language.EN)
    await marat.meets_the_bot()
    await marat.presses("i_am_ngo")
    await _says(marat, sent)
    await marat.presses("not_in_list")
    await _says(marat, sent)
    if not any(c.isalpha() for c in shown):
        return
    await marat.presses("skip")
    await marat.presses("Other field")
    in_one_line = " ".join(shown.replace("\u200b", "").replace("\u200d", "").split())
    assert f"NGO: {in_one_line}\n" in saule.last
    await saule.presses("approve")
    async with new_town.app.database.reading() as db:
        assert await db.scalar(select(organizations.c.name)) == in_one_line


async def test_a_name_of_an_ngo_with_ten_thousand_letters_is_cut(new_town: Town) -> None:
    saule = await new_town.an_admin(language=Language.EN)
    await new_town.an_ngo(None, "Marat", "Клуб", Language.EN)
    zhanar = new_town.stranger("Zhanar", Language.EN)
    await zhanar.meets_the_bot()
    await zhanar.presses("i_am_ngo")
    await zhanar.presses("not_in_list")
    await zhanar.does("writes", "Ы" * 4096, whole=True)
    await zhanar.presses("skip")
    await zhanar.does("writes", "Ы" * 4096, whole=True)
    assert f"NGO: {'Ы' * 299}…" in saule.last
    assert f"Field of work: {'Ы' * 99}…" in saule.last


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../x.pdf", "x.pdf"),
        ("..\\..\\x.pdf", "x.pdf"),
        ("a\x00b.pdf", "ab.pdf"),
        (".bashrc", "bashrc"),
        ("\u202efdp.exe", "fdp.exe"),
        ("\u200b../x", "x"),
        ("<b>x</b>.pdf", "b>.pdf"),
        ("%s{0.__class__}.pdf", "%s{0.__class__}.pdf"),
        ("ы" * 300 + ".pdf", "ы" * 99 + "…"),
        ("\ud800.pdf", "pdf"),
        ("", ""),
        ("\n\n", ""),
    ],
)
async def test_a_file_name_is_kept_safe_to_show_and_to_save_under(cast: Cast, name: str, kept: str) -> None:
    document = cast.town.telegram.keep_file(b"%PDF", "x.pdf")
    shown = {"file_id": document.file_id, "file_unique_id": "u", "file_name": name, "file_size": 4}
    document.shown = {"document": shown | {"file_name": "x.pdf"}}
    await cast.aigerim.writes("/ask")
    await cast.aigerim.presses("question")
    await cast.aigerim.presses("Help with cultural events")
    await hands_over(cast.town, a_message(cast.aigerim, document=shown, caption="Файл приложен."))
    await cast.aigerim.presses("done_writing")
    await cast.aigerim.presses("public")
    await cast.aigerim.presses("send")
    async with cast.town.app.database.reading() as db:
        assert await db.scalar(select(attachments.c.name)) == kept
    assert "document" in cast.daniyar.phone.last


@the_worst
async def test_a_question_is_shown_as_written_and_a_caption_is_text_like_any_other(
    cast: Cast, sent: str, shown: str
) -> None:
    aigerim = cast.aigerim
    await aigerim.writes("/ask")
    await aigerim.presses("question")
    await aigerim.presses("Help with cultural events")
    await _says(aigerim, sent)
    photo = await aigerim.does("sends_photo")
    await hands_over(cast.town, a_message(aigerim, photo=photo["photo"], caption=sent))
    await aigerim.presses("done_writing")
    await aigerim.presses("public")
    assert aigerim.last.endswith(f"{shown}\n\n{shown}")
    await aigerim.presses("send")
    assert any(f"{shown}\n\n{shown}" in text for text in cast.daniyar.texts)
    async with cast.town.app.database.reading() as db:
        assert await db.scalar(select(questions.c.text)) == f"{shown}\n\n{shown}"


INVISIBLE = [
    "",
    " ",
    "\u200b",
    "\u2800",
    "\u3164",
    "\u00ad\u034f",
    "\ufeff",
    "\u202e",
    "\x00",
    "\ud800",
    "\ufe0f",
    "\n\n",
]


@pytest.mark.parametrize("text", INVISIBLE)
async def test_nothing_that_can_be_seen_is_no_text(cast: Cast, text: str) -> None:
    await cast.aigerim.writes("/ask")
    await cast.aigerim.presses("question")
    await cast.aigerim.presses("Help with cultural events")
    await _says(cast.aigerim, text)
    assert cast.aigerim.last.startswith("The message is empty")
    await cast.aigerim.presses("done_writing")
    assert cast.aigerim.last.startswith("There is no text yet.")


@pytest.mark.parametrize("text", INVISIBLE)
async def test_nothing_that_can_be_seen_is_answered_at_every_other_step_too(new_town: Town, text: str) -> None:
    aigerim = new_town.stranger("Aigerim", Language.EN)
    for step in ("/start", "English", "agree", "i_am_ngo", "not_in_list"):
        await (aigerim.writes(step) if step == "/start" else aigerim.presses(step))
        said = len(aigerim.texts)
        await _says(aigerim, text)
        assert len(aigerim.texts) > said, step


SORTS = {
    "sticker": {"sticker": {"file_id": "x", "file_unique_id": "x", "type": "regular", "width": 1, "height": 1}} | {},
    "dice": {"dice": {"emoji": "🎲", "value": 6}},
    "contact of another": {"contact": {"phone_number": "+77011234567", "first_name": "X", "user_id": 4_000_000_077}},
    "game": {"game": {"title": "x", "description": "x", "photo": []}},
    "service": {"pinned_message": {"message_id": 1, "date": 0, "chat": {"id": 1, "type": "private"}}},
    "joined": {"new_chat_title": "<b>"},
    "nothing at all": {},
    "live place": {"location": {"latitude": 52.3, "longitude": 76.9, "live_period": 60}},
    "venue": {
        "venue": {"location": {"latitude": 52.3, "longitude": 76.9}, "title": "<b>", "address": "&"},
        "location": {"latitude": 52.3, "longitude": 76.9},
    },
    "unknown to the library": {"hologram": {"depth": 3}},
    "forwarded": {"text": "Чужое.", "forward_origin": {"type": "hidden_user", "sender_user_name": "<b>", "date": 1}},
    "quote of a gone message": {"text": "Ответ.", "quote": {"text": "x", "position": 0}},
    "story": {"story": {"id": 1, "chat": {"id": 1, "type": "private"}}},
    "via bot": {"text": "Через бота.", "via_bot": {"id": 7, "is_bot": True, "first_name": "x"}},
}
SORTS["sticker"]["sticker"] |= {"is_animated": False, "is_video": False}


@pytest.mark.parametrize("content", SORTS.values(), ids=SORTS)
async def test_every_sort_of_message_gets_an_answer_and_breaks_nothing(cast: Cast, content: dict[str, object]) -> None:
    for prepare in (None, "/ask"):
        if prepare:
            await cast.aigerim.writes(prepare)
        said = len(cast.aigerim.texts)
        await hands_over(cast.town, a_message(cast.aigerim, **content))
        assert len(cast.aigerim.texts) > said


async def test_the_contact_of_another_person_makes_nobody_anybody(cast: Cast) -> None:
    before = await everything_stored(cast.town)
    await cast.aigerim.does("sends_contact", "+77011234567", cast.saule.id)
    await cast.aigerim.writes("/admin")
    assert cast.aigerim.last.startswith("There is no such command.")
    assert await everything_stored(cast.town) == before


# --- groups and channels --------------------------------------------------------------------------------------------


async def test_in_a_group_a_command_is_told_where_to_go(cast: Cast) -> None:
    group = cast.town.telegram.group("НПО города", [cast.aigerim.phone])
    cast.aigerim.phone.within(group).writes("/ask")
    await cast.town.settle()
    said = [m["text"] for m in group.messages.values() if m["from"]["is_bot"]]
    assert said == ["Köpir works in a private chat: https://t.me/kopir_bot"]


@pytest.mark.parametrize("text", ["Привет всем", "/ask@otherbot", "@kopir_bot помоги", "/", "/ask@"])
async def test_whatever_else_is_said_in_a_group_is_not_for_us(cast: Cast, text: str) -> None:
    group = cast.town.telegram.group("НПО города", [cast.aigerim.phone])
    cast.town.telegram.bot.reads_all_group_messages = True
    before = await everything_stored(cast.town)
    cast.aigerim.phone.within(group).writes(text)
    await cast.town.settle()
    said = [m["text"] for m in group.messages.values() if m["from"]["is_bot"]]
    assert said == ([] if text not in ("/", "/ask@") else said)
    assert await everything_stored(cast.town) == before


async def test_a_press_in_a_group_is_answered_in_private(cast: Cast) -> None:
    group = cast.town.telegram.group("НПО города", [cast.aigerim.phone])
    cast.aigerim.phone.within(group).presses_data("my:open:0", 1)
    await cast.town.settle()
    assert cast.aigerim.last.startswith("Open questions")
    assert not [m for m in group.messages.values() if m["from"]["is_bot"]]


async def test_channel_posts_and_anonymous_administrators_are_left_alone(cast: Cast) -> None:
    channel = {"id": -1_001_234_567_890, "type": "channel", "title": "X"}
    group = {"id": -1_001_234_567_891, "type": "supergroup", "title": "X"}
    anonymous = {"id": 1_087_968_824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    before = await everything_stored(cast.town)
    await hands_over(
        cast.town,
        {"channel_post": {"message_id": 1, "date": 1, "chat": channel, "text": "/ask"}},
        {"message": {"message_id": 1, "date": 1, "chat": channel, "sender_chat": channel, "text": "/ask"}},
        {"message": {"message_id": 1, "date": 1, "chat": group, "from": anonymous, "text": "/ask"}},
        {"message": {"message_id": 1, "date": 1, "chat": group, "sender_chat": group, "text": "Привет"}},
        {"edited_channel_post": {"message_id": 1, "date": 1, "chat": channel, "text": "/ask"}},
    )
    assert await everything_stored(cast.town) == before


async def test_another_bot_is_not_talked_to(cast: Cast) -> None:
    robot = {"id": 777, "is_bot": True, "first_name": "Robot"}
    chat = {"id": 777, "type": "private", "first_name": "Robot"}
    before = await everything_stored(cast.town)
    await hands_over(
        cast.town, {"message": {"message_id": 1, "date": 1, "chat": chat, "from": robot, "text": "/start"}}
    )
    assert await everything_stored(cast.town) == before

"""What gets stuck is seen by an administrator, in words, and tried again or dropped from the chat."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from handlers import routes
from handlers.routes import Route
from handlers.turn import Turn
from simulator.faults import refuse
from storage import audit
from storage.audit import Sought
from storage.tables import inbox, outbox
from tests.journeys.cast import Cast, Scene, everything_stored, on_stage
from tests.town import Somebody

UNREADABLE = refuse(400, "Bad Request: can't parse entities")


@pytest.fixture
async def cast(sqlite_url: str) -> AsyncIterator[Cast]:
    """Aigerim has asked for a hall, and things go wrong."""
    async with on_stage(sqlite_url, scene=Scene.ASKED, troubles=True) as everybody:
        yield everybody


class Broken:
    """A fault of ours in one action, until it is mended."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, routes_: dict[object, Route], name: object) -> None:
        self.patch, self.routes, self.name, self.right = monkeypatch, routes_, name, routes_[name]

    async def fails(self, _turn: Turn) -> None:
        raise KeyError("a fault of ours")

    def breaks(self) -> None:
        self.patch.setitem(self.routes, self.name, Route(self.fails, self.right.who))

    def is_mended(self) -> None:
        self.patch.setitem(self.routes, self.name, self.right)


@pytest.fixture
def take_is_broken(monkeypatch: pytest.MonkeyPatch) -> Broken:
    broken = Broken(monkeypatch, routes.BUTTONS, "take")  # type: ignore[arg-type]
    broken.breaks()
    return broken


@pytest.fixture
def writing_is_broken(monkeypatch: pytest.MonkeyPatch) -> Broken:
    broken = Broken(monkeypatch, routes.STEPS, ("ask", ""))  # type: ignore[arg-type]
    broken.breaks()
    return broken


async def until_given_up(cast: Cast) -> None:
    for _ in range(3):
        cast.town.clock.skip(timedelta(seconds=10))
        await cast.town.settle()


async def a_dead_press(cast: Cast) -> str:
    """Daniyar presses [Take], which fails three times; returns the code that he is told."""
    await cast.daniyar.presses("take")
    await until_given_up(cast)
    code = re.search(r"E\d{6}", cast.daniyar.last)
    assert code, cast.daniyar.last
    return code.group()


async def looks_at_stuck(saule: Somebody) -> str:
    await saule.writes("/admin")
    await saule.presses("stuck")
    return saule.last


async def tries_again(cast: Cast, key: str) -> None:
    """What is to be served once more waits for the next look into the inbox, which comes within a second."""
    await cast.saule.presses(key)
    await cast.town.settle()


async def deeds(cast: Cast) -> list[tuple[str, str, str, str]]:
    async with cast.town.app.database.reading() as db:
        found = await audit.newest(db, Sought(), 10)
    return [(one.action, one.object.split()[0], one.before, one.after) for one in found]


async def test_a_step_that_failed_is_tried_again_when_the_fault_is_mended(cast: Cast, take_is_broken: Broken) -> None:
    code = await a_dead_press(cast)
    await cast.saule.writes("/admin")
    assert "Stuck messages: 1" in cast.saule.last
    await cast.saule.presses("stuck")
    assert cast.saule.last.startswith(f"Stuck messages: 1\n\n{code}, ")
    assert "a pressed button\nFrom: Daniyar\nWhy: a fault of the program: whoever looks" in cast.saule.last
    take_is_broken.is_mended()
    await cast.saule.presses(code)
    await tries_again(cast, "try_again")
    assert cast.saule.last == f"{code} is tried again. If it fails, it stands here anew.\n\nNothing is stuck."
    assert "is in work. Responsible: Daniyar" in cast.aigerim.last
    assert (await deeds(cast))[0] == ("tried again", "letter", "KeyError", "")
    assert "Nothing is stuck." in await looks_at_stuck(cast.saule)


async def test_what_fails_again_stands_there_again(cast: Cast, take_is_broken: Broken) -> None:
    code = await a_dead_press(cast)
    await looks_at_stuck(cast.saule)
    await tries_again(cast, "try_all_again")
    assert cast.saule.last.startswith("1 is tried again.")
    await until_given_up(cast)
    assert code in await looks_at_stuck(cast.saule)


async def test_words_are_not_put_into_a_dialogue_that_has_gone_on(cast: Cast, writing_is_broken: Broken) -> None:
    await cast.aigerim.writes("/ask")
    await cast.aigerim.presses("question")
    await cast.aigerim.presses("Help with cultural events")
    await cast.aigerim.writes("Нужен ли пропуск?")
    await until_given_up(cast)
    writing_is_broken.is_mended()
    code = re.search(r"E\d{6}", await looks_at_stuck(cast.saule))
    assert code
    await cast.saule.presses(code.group())
    assert cast.saule.label("try_again") in cast.saule.buttons, "nothing came after it"
    await cast.aigerim.writes("/my")
    await cast.saule.presses("back")
    await cast.saule.presses(code.group())
    assert cast.saule.label("try_again") not in cast.saule.buttons
    assert "would land in another dialogue" in cast.saule.last
    before = await everything_stored(cast.town, "people")
    await cast.saule.does("presses_data", f"stuck_again:letter:{await the_letter(cast)}")
    assert await everything_stored(cast.town, "people") == before
    await cast.saule.presses("drop")
    await cast.saule.writes("Айгерим напишет ещё раз")
    assert (await deeds(cast))[0] == ("dropped", "letter", "KeyError", "Айгерим напишет ещё раз")
    assert "Nothing is stuck." in await looks_at_stuck(cast.saule)


async def test_words_after_which_nothing_came_go_where_they_were_meant(cast: Cast, writing_is_broken: Broken) -> None:
    await cast.aigerim.writes("/ask")
    await cast.aigerim.presses("question")
    await cast.aigerim.presses("Help with cultural events")
    await cast.aigerim.writes("Нужен ли пропуск?")
    await until_given_up(cast)
    writing_is_broken.is_mended()
    await looks_at_stuck(cast.saule)
    await tries_again(cast, "try_all_again")
    await cast.aigerim.presses("done_writing")
    await cast.aigerim.presses("public")
    assert "Нужен ли пропуск?" in cast.aigerim.last


async def the_letter(cast: Cast) -> int:
    async with cast.town.app.database.reading() as db:
        return int(await db.scalar(select(inbox.c.update_id).where(inbox.c.dead_at.isnot(None))) or 0)


async def a_refused_notice(cast: Cast) -> None:
    """That it is in work, to Aigerim, whom it never reaches."""
    cast.town.telegram.faults.when(lambda _, params: "is in work" in str(params.get("text", "")), UNREADABLE)
    await cast.daniyar.presses("take")
    assert "is in work" not in cast.aigerim.last


async def test_a_refused_notice_is_sent_when_it_is_tried_again_and_once(cast: Cast) -> None:
    await a_refused_notice(cast)
    said = await looks_at_stuck(cast.saule)
    assert "To: Aigerim\nWhy: Telegram refused the message as it is written" in said
    assert f"№ {cast.number}" in said
    await cast.saule.presses(cast.saule.buttons[0])
    old = cast.saule.phone.last["message_id"]
    data = cast.saule.phone.last["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    await tries_again(cast, "try_again")
    assert [text for text in cast.aigerim.texts if "is in work" in text] == [cast.aigerim.last]
    await cast.saule.does("presses_data", data, old)
    assert cast.saule.last.startswith("This is not stuck any more.")
    assert [text for text in cast.aigerim.texts if "is in work" in text] == [cast.aigerim.last]


async def test_a_dropped_notice_is_never_sent_and_the_reason_is_kept(cast: Cast) -> None:
    await a_refused_notice(cast)
    await looks_at_stuck(cast.saule)
    await cast.saule.presses(cast.saule.buttons[0])
    await cast.saule.presses("drop")
    await cast.saule.does("sends_sticker")
    assert cast.saule.last.startswith("A text is needed.")
    await cast.saule.writes("сказали по телефону")
    action, about, before, after = (await deeds(cast))[0]
    assert (action, about, after) == ("dropped", "message", "сказали по телефону")
    assert before.startswith("BadRequest")
    await cast.town.days_pass(1)
    assert not any("is in work" in text for text in cast.aigerim.texts)


async def test_a_refused_reply_cannot_be_said_again(cast: Cast) -> None:
    cast.town.telegram.faults.next("sendMessage", UNREADABLE, chat_id=cast.aigerim.id)
    await cast.aigerim.writes("/my")
    await looks_at_stuck(cast.saule)
    await cast.saule.presses(cast.saule.buttons[0])
    assert "What a reply said is not kept." in cast.saule.last
    assert cast.saule.label("try_again") not in cast.saule.buttons


async def test_a_message_that_does_not_get_out_is_shown_and_goes_by_itself(cast: Cast) -> None:
    cast.town.telegram.faults.always("sendMessage", refuse(401, "Unauthorized"), chat_id=cast.aigerim.id)
    await cast.daniyar.presses("take")
    for _ in range(2):
        cast.town.clock.skip(timedelta(minutes=6))
        await cast.town.settle()
    said = await looks_at_stuck(cast.saule)
    assert "Telegram does not accept the bot's token" in said
    assert "It waits, and is still tried by itself." in said
    cast.town.telegram.faults.clear()
    cast.town.clock.skip(timedelta(minutes=6))
    await cast.town.settle()
    assert "is in work" in cast.aigerim.last
    await cast.saule.presses(cast.saule.buttons[0])
    assert cast.saule.last == "This is not stuck any more.\n\nNothing is stuck."


async def test_administrators_hear_of_it_once_in_working_hours(cast: Cast, take_is_broken: Broken) -> None:
    """It got stuck on Monday evening: they hear of it on Tuesday, and on Thursday of what is new."""
    cast.town.clock.skip(timedelta(hours=10))  # 21:00
    await a_dead_press(cast)
    heard = len(cast.saule.texts)
    await cast.town.app.tick()
    await cast.town.settle()
    assert len(cast.saule.texts) == heard
    cast.town.clock.skip(timedelta(hours=14))
    await a_dead_press(cast)
    told: list[int] = []
    for _ in range(2):
        for _ in range(2):
            await cast.town.app.tick()
            await cast.town.settle()
        told.append(len([text for text in cast.saule.texts if "stuck" in text]))
        cast.town.clock.skip(timedelta(days=1))
    assert told == [1, 1]
    assert cast.saule.last.startswith("2 messages are stuck")
    await cast.saule.presses("stuck")
    assert cast.saule.last.startswith("Stuck messages: 2")
    await cast.daniyar.does("presses_data", f"take:{cast.number}")
    await until_given_up(cast)
    await cast.town.app.tick()
    await cast.town.settle()
    assert cast.saule.last.startswith("3 messages are stuck")


@pytest.mark.parametrize("who", ["aigerim", "daniyar"])
async def test_nobody_else_sees_or_touches_what_is_stuck(cast: Cast, take_is_broken: Broken, who: str) -> None:
    await a_dead_press(cast)
    letter = await the_letter(cast)
    somebody: Somebody = getattr(cast, who)
    for data in ("stuck:0", f"stuck_card:letter:{letter}", f"stuck_again:letter:{letter}", "stuck_all"):
        await somebody.does("presses_data", data)
        assert somebody.last.startswith("This button no longer works.")
    async with cast.town.app.database.reading() as db:
        assert await db.scalar(select(inbox.c.dead_at).where(inbox.c.update_id == letter)) is not None


@pytest.mark.parametrize("data", ["", ":", ":letter", ":letter:0", ":letter:x", ":message:9223372036854775808", ":x:1"])
async def test_a_made_up_button_shows_what_is_so(cast: Cast, data: str) -> None:
    for name in ("stuck_card", "stuck_again", "stuck_drop"):
        await cast.saule.does("presses_data", name + data)
        assert "Nothing is stuck." in cast.saule.last
    async with cast.town.app.database.reading() as db:
        assert list(await db.scalars(select(outbox.c.fate).where(outbox.c.fate == "failed"))) == []

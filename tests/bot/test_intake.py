"""Updates are stored first and confirmed after, whatever they contain."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.intake import NothingUsable
from domain.pace import Pace
from handlers import serve
from handlers.turn import Turn
from simulator.faults import garbage
from storage import people
from storage.database import Database
from storage.inbox import person_of
from storage.tables import inbox
from tests.journeys.cast import Cast, everything_stored
from tests.storage.scene import take_one
from tests.town import Town

AIGERIM = {"id": 5_000_000_002, "first_name": "Aigerim"}


@pytest.mark.parametrize(
    ("update", "person"),
    [
        ({"message": {"from": AIGERIM}}, 5_000_000_002),
        ({"edited_message": {"from": AIGERIM}}, 5_000_000_002),
        ({"callback_query": {"from": AIGERIM}}, 5_000_000_002),
        ({"my_chat_member": {"from": AIGERIM}}, 5_000_000_002),
        ({"message": {"from": {"id": 1}}}, 1),
        ({"message": {"from": {"id": 2**63 - 1}}}, 2**63 - 1),
        ({"message": {"from": {"id": 2**63}}}, 0),
        ({"message": {"from": {"id": 0}}}, 0),
        ({"message": {"from": {"id": -5}}}, 0),
        ({"message": {"from": {"id": "5000000002"}}}, 0),
        ({"message": {"from": {"id": 5.0}}}, 0),
        ({"message": {"from": {"id": True}}}, 0),
        ({"message": {"from": {"id": None}}}, 0),
        ({"message": {"from": {"id": [5]}}}, 0),
        ({"message": {"from": {}}}, 0),
        ({"message": {"from": None}}, 0),
        ({"message": {"from": "Aigerim"}}, 0),
        ({"message": {"from": [AIGERIM]}}, 0),
        ({"message": {}}, 0),
        ({"message": None}, 0),
        ({"message": "x"}, 0),
        ({"message": [1]}, 0),
        ({"channel_post": {"from": AIGERIM}}, 0),
        ({"poll": {"id": "1"}}, 0),
        ({}, 0),
        ({"message": {"from": {"id": "x"}}, "callback_query": {"from": AIGERIM}}, 5_000_000_002),
    ],
)
def test_whose_update_it_is(update: dict[str, Any], person: int) -> None:
    assert person_of(update) == person


@pytest.fixture
async def town_on_postgresql(postgresql_url: str) -> AsyncIterator[Town]:
    found = await Town(postgresql_url).open()
    yield found
    await found.close()


class DiskFull(OSError):
    """Nothing can be stored just now."""


class Broken:
    """A database that cannot be written."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        raise DiskFull
        yield


class Full:
    """One that has no room left at the commit."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        async with self.database.transaction() as db:
            yield db
            raise DiskFull


async def _waiting(cast: Cast) -> int:
    async with cast.town.app.database.reading() as db:
        return await db.scalar(select(func.count()).select_from(inbox).where(inbox.c.done_at.is_(None))) or 0


async def _stored(cast: Cast) -> int:
    async with cast.town.app.database.reading() as db:
        return await db.scalar(select(func.count()).select_from(inbox)) or 0


def _offsets(cast: Cast) -> list[str | None]:
    return [call.params.get("offset") for call in cast.town.telegram.record if call.method == "getUpdates"]


async def test_nothing_is_confirmed_that_is_not_stored(cast: Cast) -> None:
    app, polling = cast.town.app, cast.town.app.polling
    database, app.delivery.database = app.database, Broken()  # type: ignore[assignment]
    cast.aigerim.phone.writes("/my")
    before = polling.offset
    for _ in range(3):
        with pytest.raises(DiskFull):
            await polling.once()
    assert polling.offset == before
    assert len(set(_offsets(cast))) == 1
    app.delivery.database = database
    await cast.town.settle()
    assert cast.aigerim.last.startswith("Open questions")
    assert polling.offset == cast.town.telegram.bot.last_update_id + 1


async def test_what_is_stored_is_confirmed_by_the_next_question(cast: Cast) -> None:
    before = await _stored(cast)
    for _ in range(2):
        cast.aigerim.phone.writes("/my")
    await cast.town.app.polling.once()
    assert await _stored(cast) == before + 2
    assert len(cast.town.telegram.bot.updates) == 2
    await cast.town.app.polling.once()
    assert len(cast.town.telegram.bot.updates) == 0
    assert await _stored(cast) == before + 2
    await cast.town.settle()


async def test_an_update_handed_over_three_times_is_stored_and_served_once(cast: Cast) -> None:
    cast.aigerim.phone.writes("/my")
    for _ in range(3):
        cast.town.app.polling.offset = None  # as after a kill between storing and confirming
        await cast.town.app.polling.once()
    await cast.town.settle()
    assert len(cast.aigerim.texts) == 1


async def test_a_press_is_answered_only_when_it_is_stored(cast: Cast) -> None:
    app, polling = cast.town.app, cast.town.app.polling
    database, app.delivery.database = app.database, Broken()  # type: ignore[assignment]
    cast.aigerim.phone.presses_data("my:open:0")
    with pytest.raises(DiskFull):
        await polling.once()
    assert cast.aigerim.phone.answers == []
    app.delivery.database = database
    await polling.once()
    assert len(cast.aigerim.phone.answers) == 1
    await cast.town.settle()


@pytest.mark.parametrize("kept", [b"\\u0000", b"\\ud800", b"1e400", b"NaN", b'"\\u202e"', b"[[[[[[]]]]]]"])
async def test_whatever_stands_in_an_update_can_be_stored(cast: Cast, kept: bytes) -> None:
    value = kept if kept[:1] in b'"[1N' else b'"' + kept + b'"'
    update = b'{"update_id": 700999999, "unheard_of": ' + value + b"}"
    cast.town.telegram.faults.next("getUpdates", garbage(200, b'{"ok": true, "result": [' + update + b"]}"))
    before = await everything_stored(cast.town)
    await cast.town.settle()
    assert await everything_stored(cast.town) == before
    assert await _waiting(cast) == 0


@pytest.mark.parametrize("result", [b"{}", b"true", b'"x"', b"7", b"[7]", b'[{"update_id": "7"}]', b"[null]", b"null"])
async def test_an_answer_without_an_update_in_it_is_not_asked_for_again_at_once(cast: Cast, result: bytes) -> None:
    cast.town.telegram.faults.always("getUpdates", garbage(200, b'{"ok": true, "result": ' + result + b"}"))
    with pytest.raises(NothingUsable):
        await cast.town.app.polling.once()
    stop = asyncio.Event()
    polling = asyncio.ensure_future(cast.town.app.polling.run(stop))
    await asyncio.sleep(0.05)
    stop.set()
    await polling
    assert len(_offsets(cast)) <= 3
    cast.town.telegram.faults.clear()
    cast.town.app.polling._group = None
    await cast.aigerim.writes("/my")
    assert cast.aigerim.last.startswith("Open questions")


async def test_whatever_waits_behind_the_same_persons_update_wakes_those_who_serve(town_on_postgresql: Town) -> None:
    """A worker has the earlier one in hand, and may look again just before this one is there."""
    town = town_on_postgresql
    app, aigerim = town.app, town.stranger("Aigerim")
    aigerim.phone.writes("/start")
    aigerim.phone.writes("/help")
    first, second = (update for _, update in town.telegram.bot.updates)
    async with app.database.transaction() as db:
        await app.turnstile.store(db, [first], town.clock.now())
    async with app.database.transaction() as worker:
        assert await take_one(worker, town.clock.now())
        await app.take_in([second])
        assert app.arrived.is_set()
    await town.settle()


async def test_one_that_cannot_be_served_takes_nothing_from_those_it_came_with(cast: Cast) -> None:
    """Nothing of the transaction they share has happened; each is served from the inbox, and the bad one is counted."""
    sender = {"id": cast.aigerim.id, "is_bot": False, "first_name": "Aigerim"}
    bad = {"update_id": 0, "callback_query": {"id": "1", "from": sender, "chat_instance": "1", "data": ["x"]}}
    for text in ("/my", "/help"):
        cast.aigerim.phone.writes(text)
    first, last = (update for _, update in cast.town.telegram.bot.updates)
    between = bad | {"update_id": first["update_id"] + 1}
    last = last | {"update_id": first["update_id"] + 2}
    cast.town.telegram.bot.updates.clear()
    await cast.town.app.take_in([first, between, last])
    for _ in range(5):
        await cast.town.settle()
        cast.town.clock.skip(timedelta(seconds=10))
    said = [text.splitlines()[0] for text in cast.aigerim.texts]
    assert said[0].startswith("Open questions")
    assert said[1].startswith("Something went wrong on our side")
    assert len(said) == 3
    async with cast.town.app.database.transaction() as db:
        dead = await db.execute(delete(inbox).where(inbox.c.dead_at.isnot(None)).returning(inbox.c.update_id))
        assert list(dead.scalars()) == [between["update_id"]]


async def test_a_file_that_cannot_be_written_keeps_nobody_else(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """No room in /tmp for somebody's table is no database that is away."""
    app, route = cast.town.app, serve.route

    async def no_room_for_aigerim(turn: Turn) -> None:
        if turn.person.id == cast.aigerim.id:
            raise OSError(28, "No space left on device")
        await route(turn)

    monkeypatch.setattr(serve, "route", no_room_for_aigerim)
    for who in (cast.aigerim, cast.saule):
        who.phone.writes("/help")
    await app.polling.once()
    assert len(cast.town.telegram.bot.updates) == 2
    await app.polling.once()
    assert len(cast.town.telegram.bot.updates) == 0
    for _ in range(5):
        await cast.town.settle()
        cast.town.clock.skip(timedelta(seconds=10))
    assert "/admin" in cast.saule.last
    assert "Something went wrong on our side" in cast.aigerim.last
    await _forgive(cast, 1)


async def test_who_is_too_fast_hears_it_though_another_update_cannot_be_served(cast: Cast) -> None:
    app = cast.town.app
    app.turnstile.pace, app.turnstile.seconds = Pace(2), lambda: cast.town.clock.now().timestamp()
    for _ in range(4):
        cast.aigerim.phone.writes("/my")
    updates = [update for _, update in cast.town.telegram.bot.updates]
    cast.town.telegram.bot.updates.clear()
    sender = {"id": 555, "is_bot": False, "first_name": "Vandal"}
    query = {"id": "1", "from": sender, "chat_instance": "1", "data": ["x"]}
    await app.take_in([*updates, {"update_id": updates[-1]["update_id"] + 1, "callback_query": query}])
    for _ in range(5):
        cast.town.clock.skip(timedelta(minutes=5))
        await cast.town.settle()
    assert sum(said.startswith("That was more than 2 messages") for said in cast.aigerim.texts) == 1
    await _forgive(cast, 1)


@pytest.mark.parametrize("nobody", [0, 0.0, False])
async def test_a_sender_who_is_nobody_is_met_by_nobody(cast: Cast, nobody: Any) -> None:
    sender = {"id": nobody, "is_bot": False, "first_name": "Nobody"}
    chat = {"id": nobody, "type": "private", "first_name": "Nobody"}
    message = {"message_id": 1, "date": 1, "from": sender, "chat": chat, "text": "/start"}
    await cast.town.app.take_in([{"update_id": 700_999_999, "message": message}])
    for _ in range(4):
        cast.town.clock.skip(timedelta(seconds=10))
        await cast.town.settle()
    async with cast.town.app.database.reading() as db:
        assert await people.load(db, 0) is None
    await _forgive(cast, 1)


async def _forgive(cast: Cast, dead: int) -> None:
    """So many failed here on purpose: the end of the story need not find them."""
    async with cast.town.app.database.transaction() as db:
        assert (await db.execute(delete(inbox).where(inbox.c.dead_at.isnot(None)))).rowcount == dead


async def test_a_burst_keeps_its_pace_when_the_disk_was_full_for_a_moment(cast: Cast) -> None:
    app = cast.town.app
    app.turnstile.pace, app.turnstile.seconds = Pace(2), lambda: cast.town.clock.now().timestamp()
    for n in range(6):
        cast.aigerim.phone.writes(f"{n}")
    database, app.delivery.database = app.database, Full(app.database)  # type: ignore[assignment]
    with pytest.raises(DiskFull):
        await app.polling.once()
    app.delivery.database = database
    await app.polling.once()
    assert await _waiting(cast) == 4
    app.turnstile.pace = Pace()
    cast.town.clock.skip(timedelta(minutes=5))
    await cast.town.settle()

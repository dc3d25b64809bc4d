"""The webhook: only Telegram gets in, what is not stored is not confirmed, and nonsense costs only itself."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.turnstile import Turnstile
from domain.pace import Pace
from storage.database import Database
from storage.tables import inbox
from web.door import create_door
from web.webhook import LONGEST, SECRET_HEADER, Webhook

SECRET = "s3cret_" + "x" * 32
NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
PATH = "/telegram"


class Knocking:
    """Somebody at the door, and how often the bell rang inside."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.rung = 0
        store = Turnstile(Pace(), lambda: 0.0).store
        webhook = Webhook(database, SECRET, lambda: NOW, self._ring, store)
        door = create_door(self._health, self._metrics, (PATH, webhook))
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://door.test")

    def _ring(self) -> None:
        self.rung += 1

    async def _health(self) -> tuple[bool, dict[str, Any]]:
        return False, {"works": False}

    async def _metrics(self) -> bytes:
        return b"kopir_updates_total 0\n"

    async def posts(self, body: bytes | dict[str, Any], headers: Any = ((SECRET_HEADER, SECRET),)) -> httpx.Response:
        content = json.dumps(body).encode() if isinstance(body, dict) else body
        return await self.client.post(PATH, content=content, headers=list(headers))

    async def stored(self) -> list[tuple[int, int]]:
        async with self.database.reading() as db:
            query = select(inbox.c.update_id, inbox.c.person_id).order_by(inbox.c.update_id)
            return [(row.update_id, row.person_id) for row in await db.execute(query)]


@pytest.fixture
async def knocking(database: Database) -> AsyncIterator[Knocking]:
    found = Knocking(database)
    yield found
    await found.client.aclose()


def update(update_id: int, **content: Any) -> dict[str, Any]:
    return {"update_id": update_id, "message": {"from": {"id": 5}, "text": "сәлем"}} | content


async def test_an_update_is_stored_before_it_is_confirmed(knocking: Knocking) -> None:
    response = await knocking.posts(update(7))
    assert (response.status_code, response.content) == (200, b"")
    assert await knocking.stored() == [(7, 5)]
    assert knocking.rung == 1


async def test_a_repeated_update_is_stored_once(knocking: Knocking) -> None:
    for _ in range(3):
        assert (await knocking.posts(update(7))).status_code == 200
    assert await knocking.stored() == [(7, 5)]


async def test_a_press_is_answered_in_the_same_breath(knocking: Knocking) -> None:
    press = {"update_id": 8, "callback_query": {"id": "4711", "from": {"id": 5}, "data": "take:2026-000001"}}
    response = await knocking.posts(press)
    assert response.json() == {"method": "answerCallbackQuery", "callback_query_id": "4711"}


@pytest.mark.parametrize(
    "headers",
    [
        (),
        ((SECRET_HEADER, ""),),
        ((SECRET_HEADER, SECRET[:-1]),),
        ((SECRET_HEADER, SECRET + "x"),),
        ((SECRET_HEADER, SECRET.upper()),),
        ((SECRET_HEADER, SECRET), (SECRET_HEADER, "wrong")),
        ((SECRET_HEADER, SECRET), (SECRET_HEADER, SECRET)),
        ((SECRET_HEADER, "секрет".encode()),),
        (("authorization", SECRET),),
    ],
    ids=["none", "empty", "short", "long", "capitals", "two", "twice", "not ascii", "elsewhere"],
)
async def test_without_the_secret_nobody_gets_in(knocking: Knocking, headers: Any) -> None:
    assert (await knocking.posts(update(7), headers)).status_code == 401
    assert await knocking.stored() == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"nonsense", 400),
        (b"[1, 2]", 400),
        (b"null", 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b'{"update_id": "7"}', 400),
        (b'{"update_id": true}', 400),
        (b'{"update_id": 7.0}', 400),
        (b'{"update_id": -7}', 400),
        (b'{"update_id": 9223372036854775808}', 400),
        (b"{" + b" " * 2 * LONGEST + b"}", 413),
        (b'{"update_id": 7, "x": "' + b"a" * (LONGEST - 25) + b'"}', 200),
    ],
    ids=lambda value: ascii(value)[:30],
)
async def test_what_is_no_update_is_refused_and_the_next_one_gets_in(
    knocking: Knocking, body: bytes, status: int
) -> None:
    assert (await knocking.posts(body)).status_code == status
    assert (await knocking.posts(update(9))).status_code == 200
    assert (9, 5) in await knocking.stored()


async def test_a_body_that_does_not_say_its_length_is_cut_off(knocking: Knocking) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b" " * 100_000

    response = await knocking.client.post(PATH, content=endless(), headers={SECRET_HEADER: SECRET})
    assert response.status_code == 413


async def test_with_the_database_away_nothing_is_confirmed(knocking: Knocking, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(knocking.database, "transaction", away)
    assert (await knocking.posts(update(7))).status_code == 503
    monkeypatch.undo()
    assert await knocking.stored() == []
    assert knocking.rung == 0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", PATH, 405),
        ("POST", "/", 404),
        ("POST", PATH + "/more", 404),
        ("POST", "/healthz", 405),
        ("GET", "/healthz", 503),
        ("GET", "/metrics", 200),
        ("GET", "/../etc/passwd", 404),
    ],
)
async def test_there_are_three_addresses_and_no_more(knocking: Knocking, method: str, path: str, status: int) -> None:
    assert (await knocking.client.request(method, path, headers={SECRET_HEADER: SECRET})).status_code == status


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
_KINDS = st.sampled_from(["message", "edited_message", "callback_query", "my_chat_member", "from", "id", "update_id"])


@given(body=st.binary(max_size=200) | st.dictionaries(_KINDS, _json, max_size=4).map(lambda d: json.dumps(d).encode()))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_nonsense_opens_or_breaks_the_door(knocking: Knocking, body: bytes) -> None:
    assert (await knocking.posts(body)).status_code in (200, 400)
    assert (await knocking.posts(body, ())).status_code == 401

"""Every place where the bot waits for words, found by pressing every button; and there, whatever a vandal may write.

The walk begins with the commands and the numbers of questions, goes through whatever is shown, and writes a little
where words are asked for, so that the next step is seen as well. It knows no dialogue by name: a new one is found by
itself, and a step that the walk does not reach must be named below. Each deed is undone, so none depends on another.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.city import City
from domain.draft import utf16_length
from domain.people import Language
from domain.question import Status
from handlers import notices, routes
from handlers.serve import Served, _serve
from handlers.speech import Call
from simulator.formatting import parse_html
from storage import outbox, tables
from storage.inbox import Received
from storage.outbox import Priority
from tests.storage.scene import NOW
from tests.test_access import ROLES, Town
from tests.test_access import town as _town_of_all_roles
from tests.town import connected
from texts import Words
from texts.labels import LABELS

town = _town_of_all_roles

HOSTILE = {
    "markup": "<b>Нужен <i>зал</b> & &lt; &#0; &nosuch; </blockquote>",
    "format": "{0.__class__} {number} {} {{}} %s %(name)s %d",
    "sql": "'; DROP TABLE questions; -- %_\\",
    "formula": "=cmd|'/c calc'!A0",
    "no characters": "Нужен\x00 зал \ud800\udfff\x07\x1b[31m",
    "direction": "\u202eлаз\u202c \u2066и\u2069 \u200bпандус",
    "invisible": "\u200b\u2800\u3164",
    "long": "Ы" * 4096,
    "emoji": "🌉" * 2048,
    "a thousand lines": "\n".join("абв" * 3 for _ in range(400)),
    "numbers": "-1 0 9223372036854775808 1e400 NaN ٣٢ 31.02.2026 00:00-99:99",
    "a command": "/nosuch@other_bot <b>",
}
HARMLESS = ("Отвечаем по существу вопроса.", "20.04.2026", "7", "Парасат")
GOES_ON = {"done_writing", "send", "confirm", "skip", "apply", "public", "send_anyway", "yes"}
"""Labels that take what was written further: to a preview, to others."""
BEGINNINGS = ("/start", "/ask", "/my", "/inbox", "/digest", "/promises", "/admin", "/announce", "/help", "/forget")
WALKERS = "gwAskha"
"""Roles as in `test_access`: between them they see everything."""

NOT_REACHED = {
    ("announce", "count"): "asked above fifty recipients only",
    ("close_unclear", ""): "ten working days after the NGO was asked",
    ("decline_extension", ""): "of an extension that somebody else asked for",
    ("introduce", ""): "of an official who has just come by an invitation",
    ("note", "album"): "after a photo",
    ("promise", ""): "of a promise made before",
    ("stuck", ""): "of a message that is stuck",
}
"""Why the walk does not come there."""


@dataclass
class Walk:
    """What was seen, and what went wrong on the way."""

    town: Town
    db: AsyncConnection
    pressed: set[str] = field(default_factory=set)
    stood: set[tuple[str, str]] = field(default_factory=set)
    wrong: list[tuple[list[str], str]] = field(default_factory=list)
    said: int = 0
    update_id: int = 10**9

    async def everywhere(self) -> None:
        await self.db.execute(tables.people.update().where(tables.people.c.id == ROLES["g"]).values(language=None))
        for letter in WALKERS:
            numbers = self.town.ours.values() if letter != "g" else ()
            for begin in (*BEGINNINGS, *numbers):
                await self._go(letter, [], write=begin)
        await self.db.execute(tables.departments.update().values(two_keys=True))
        self.pressed -= {name for name in self.pressed if name.startswith(("answer", "outcome"))}
        self.stood -= {waits for waits in self.stood if waits[0] == "answer" and waits[1] != "outcome"}
        await self._go("k", [], write=self.town.ours[Status.REGISTERED])

    async def _go(self, letter: str, path: list[str], *, write: str = "", press: str = "") -> None:
        """Do this, look around, do what is new there, and undo all of it."""
        path = [*path, f"{letter}: {write or f'[{press}]'}"]
        async with self._undone():
            calls = await self._serve(letter, path, write=write, press=press)
            waits = await self._waits(letter)
            if waits and waits not in self.stood:
                if _line(waits) not in self.reached:
                    await self._attack(letter, path)
                self.stood.add(waits)
                for text in HARMLESS:
                    await self._go(letter, path, write=text)
            for call in calls:
                for data in _buttons(call):
                    if (name := _name(data)) not in self.pressed and call.params["chat_id"] in _LETTERS:
                        self.pressed.add(name)
                        await self._go(_LETTERS[call.params["chat_id"]], path, press=data)

    async def _attack(self, letter: str, path: list[str]) -> None:
        for kind, text in HOSTILE.items():
            async with self._undone():
                calls = await self._serve(letter, [*path, f"<{kind}>"], write=text)
                if not any(call.params["chat_id"] == ROLES[letter] for call in calls):
                    self.wrong.append(([*path, f"<{kind}>"], "no answer"))
                for _ in range(3):
                    if not (further := _further(calls)):
                        break
                    calls = await self._serve(letter, [*path, f"<{kind}>", f"[{further[0]}]"], press=further[0])

    async def _serve(self, letter: str, path: list[str], *, write: str = "", press: str = "") -> list[Call]:
        """What the bot says to everybody about this deed, each call fit for Telegram."""
        person = self.town.people[letter]
        self.update_id += 1
        sender = {"id": person.id, "is_bot": False, "first_name": person.name}
        chat = {"id": person.id, "type": "private", "first_name": person.name}
        message = {"message_id": self.update_id, "date": 1_772_431_200, "chat": chat, "from": sender}
        content = (
            {"callback_query": {"id": "1", "from": sender, "chat_instance": "1", "data": press, "message": message}}
            if press
            else {"message": {**message, "text": write}}
        )
        before = await self._promised()
        received = Received(self.update_id, person.id, {"update_id": self.update_id, **content}, 0)
        try:
            await _serve(self.db, received, Served(City(), "kopir_bot"), NOW)
            calls = await self._said_since(before)
        except Exception as error:
            self.wrong.append((path, repr(error)[:300]))
            return []
        self.wrong += [(path, fault) for call in calls for fault in _faults(call)]
        self.said += len(calls)
        return calls

    async def _promised(self) -> list[Any]:
        return list(await self.db.execute(select(tables.outbox).order_by(tables.outbox.c.id)))

    async def _said_since(self, before: list[Any]) -> list[Call]:
        """Whoever is forgotten takes rows along, and SQLite gives their numbers to those that come after."""
        found: list[Call] = []
        for row in await self._promised():
            if row in before:
                continue
            told = outbox._row(row)
            if row.template == "reply":
                found.append(notices.finished(told))
            elif told.priority is not Priority.ANNOUNCEMENT:
                found += await notices.render(self.db, told, City(), NOW)
        return found

    async def _waits(self, letter: str) -> tuple[str, str] | None:
        """The dialogue and its step at which a message of this person would be taken for an answer."""
        query = select(tables.forms.c.name, tables.forms.c.step).where(
            tables.forms.c.person_id == ROLES[letter], tables.forms.c.open
        )
        row = (await self.db.execute(query)).first()
        if row is None:
            return None
        name = row.name.split()[0]
        return (name, row.step) if {(name, row.step), (name, "")} & routes.STEPS.keys() else None

    @property
    def reached(self) -> set[tuple[str, str]]:
        """The lines of `routes.STEPS` that those are."""
        return {_line(waits) for waits in self.stood}

    @asynccontextmanager
    async def _undone(self) -> AsyncIterator[None]:
        nested = await self.db.begin_nested()
        try:
            yield
        finally:
            await nested.rollback()


def _line(waits: tuple[str, str]) -> tuple[str, str]:
    return waits if waits in routes.STEPS else (waits[0], "")


def _name(data: str) -> str:
    """`invite:head:3` is another way than `invite:admin`; ids and numbers make no difference."""
    name, _, rest = data.partition(":")
    choice = rest.partition(":")[0]
    return f"{name}:{choice}" if choice.isalpha() else name


_LETTERS = {person_id: letter for letter, person_id in ROLES.items()}
"""Whoever hears it presses it."""


def _buttons(call: Call) -> list[str]:
    rows = call.params.get("reply_markup", {}).get("inline_keyboard", ())
    return [button["callback_data"] for row in rows for button in row if "callback_data" in button]


def _further(calls: list[Call]) -> list[str]:
    rows = [row for call in calls for row in call.params.get("reply_markup", {}).get("inline_keyboard", ())]
    return [b["callback_data"] for row in rows for b in row if b["text"] in _GO_ON_LABELS]


_GO_ON_LABELS = {Words(language, City().zone).label(key) for language in Language for key in GOES_ON & LABELS.keys()}


def _faults(call: Call) -> list[str]:
    """What Telegram would refuse, or a person could not read."""
    found = []
    text = str(call.params.get("text", call.params.get("caption", "")))
    try:
        text.encode()
        seen = parse_html(text)[0] if call.params.get("parse_mode") == "HTML" else text
    except Exception as error:
        return [f"{call.method}: {error!r}: {text[:200]!r}"]
    if call.method in ("sendMessage", "editMessageText") and not seen.strip():
        found.append(f"{call.method}: nothing is said")
    if utf16_length(seen) > (4096 if "text" in call.params else 1024):
        found.append(f"{call.method}: {utf16_length(seen)} units")
    if "\x00" in text:
        found.append(f"{call.method}: NUL")
    for row in call.params.get("reply_markup", {}).get("inline_keyboard", ()):
        for button in row:
            if not button["text"].strip() or not 1 <= len(button.get("callback_data", "x").encode()) <= 64:
                found.append(f"{call.method}: button {button}")
    return found


@pytest.fixture
async def walk(town: Town) -> AsyncIterator[Walk]:
    async with connected(town.scene.database) as db:
        transaction = await db.begin()
        yield Walk(town, db)
        await transaction.rollback()


def _data() -> st.SearchStrategy[str]:
    """Names of buttons with what does not belong behind them, and anything else of at most 64 bytes."""
    word = st.one_of(
        st.sampled_from(
            ["2026-000001", "2026-000002/1", "0", "-1", "1", str(2**63), "٣", "1e3", "\ud800", "\x00", "%s"]
        ),
        st.integers(-10, 10).map(str),
        st.text(max_size=12),
    )
    known = st.builds(
        lambda name, words: ":".join([name, *words]), st.sampled_from(sorted(routes.BUTTONS)), st.lists(word)
    )
    return st.one_of(known, known, st.text()).map(lambda data: data[:64])


@given(letter=st.sampled_from(sorted(ROLES)), data=_data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_a_button_is_made_to_say_it_is_answered(walk: Walk, letter: str, data: str) -> None:
    async with walk._undone():
        calls = await walk._serve(letter, [data], press=data or ":")
    assert walk.wrong == []
    assert any(call.params["chat_id"] == ROLES[letter] for call in calls)


async def test_wherever_words_are_awaited_any_words_are_answered_and_none_breaks_anything(walk: Walk) -> None:
    await walk.everywhere()
    assert walk.wrong == []
    assert sorted(set(routes.STEPS) - walk.reached) == sorted(NOT_REACHED)

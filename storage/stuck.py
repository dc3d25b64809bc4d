"""What got stuck: updates given up on, and messages that were refused or do not get out. Administrators decide.

An update's effects are one transaction, so a dead letter has had none: trying again cannot do anything twice.
A message keeps its key: it is still the same promise. Copies of an announcement have a report of their own.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Update, and_, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import promises
from storage.outbox import Fate
from storage.pages import Page, Section
from storage.tables import inbox, outbox, questions, slots

PAGE = 5
ATTEMPTS = 3
TOO_LONG = timedelta(minutes=10)
"""A message that waits for so long is shown, though it may still go out by itself."""
_AT_ONCE = 1_000


class What(StrEnum):
    """Which way it was going."""

    LETTER = "letter"  # in: an update that was given up on
    MESSAGE = "message"  # out: a notice, a reminder or a reply


@dataclass(frozen=True, slots=True)
class Stuck:
    """One of them. `sort` is a notice's template, or what kind of update it was; `waits`: it may still go by itself.

    `final`: trying again could not do what was meant (see `_letter` and `_message`).
    """

    what: What
    id: int
    person_id: int
    sort: str
    since: datetime
    error: str
    number: str = ""
    waits: bool = False
    final: bool = False


_later = inbox.alias("later")
_served_since = (
    select(_later.c.update_id)
    .where(
        _later.c.person_id == inbox.c.person_id, _later.c.update_id > inbox.c.update_id, _later.c.done_at.isnot(None)
    )
    .exists()
)
_LETTERS = select(inbox, _served_since.label("served_since"))
_MESSAGES = select(outbox, questions.c.number).outerjoin(questions, questions.c.id == outbox.c.question_id)

# In the words of their partial indexes: SQLite uses one only for a query that says the same.
_NO_COPY = func.coalesce(outbox.c.announcement_id, 0) == 0  # so said, it tempts SQLite to no index: nearly all are none
_DEAD = text("inbox.dead_at IS NOT NULL AND inbox.done_at IS NULL")
_REFUSED = and_(text("outbox.fate = 'failed'"), _NO_COPY)


def _waiting(now: datetime) -> ColumnElement[bool]:
    long = or_(outbox.c.attempts >= ATTEMPTS, outbox.c.created_at <= now - TOO_LONG)
    return and_(outbox.c.done_at.is_(None), _NO_COPY, long)


def _stuck(now: datetime) -> ColumnElement[bool]:
    return or_(_REFUSED, _waiting(now))


def _sort(payload: Any) -> str:
    """`callback_query`, `message` …: the one thing in an update beside its number."""
    return next((key for key in payload if key != "update_id"), "") if isinstance(payload, dict) else ""


def _letter(row: Row[Any]) -> Stuck:
    """Words written into a dialogue are tried again only while nothing came after them: they would land in another.

    A press and a command say themselves what they mean, and are checked against how things stand now.
    """
    payload = json.loads(row.payload)
    sort = _sort(payload)
    said = payload.get("message") if isinstance(payload, dict) else None
    words = isinstance(said, dict) and not str(said.get("text", "")).startswith("/")
    return Stuck(
        What.LETTER, row.update_id, row.person_id, sort, row.dead_at, row.error or "", final=words and row.served_since
    )


def _message(row: Row[Any]) -> Stuck:
    """What a reply said is forgotten with its end: there is nothing left that could be sent."""
    waits = row.done_at is None
    since = row.created_at if waits else row.done_at
    final = not waits and row.template in ("reply", "redraw")
    return Stuck(
        What.MESSAGE, row.id, row.chat_id, row.template, since, row.error or "", row.number or "", waits, final
    )


async def count_letters(db: AsyncConnection) -> int:
    """Updates that were given up on, and wait for an administrator."""
    return await db.scalar(select(func.count()).select_from(inbox).where(_DEAD)) or 0


async def count_refused(db: AsyncConnection) -> int:
    """Messages that failed for good, without the copies of announcements."""
    return await db.scalar(select(func.count()).select_from(outbox).where(_REFUSED)) or 0


async def count(db: AsyncConnection, now: datetime) -> int:
    # each count with an index of its own
    waiting = await db.scalar(select(func.count()).select_from(outbox).where(_waiting(now))) or 0
    return await count_letters(db) + await count_refused(db) + waiting


async def page(db: AsyncConnection, now: datetime, number: int) -> Page[Stuck]:
    """Letters first, then messages, the newest first."""
    letters = await count_letters(db)
    section = Section(number, await count(db, now), PAGE)
    query = _LETTERS.where(_DEAD).order_by(inbox.c.update_id.desc()).limit(PAGE).offset(section.first)
    found = [_letter(row) for row in await db.execute(query)]
    if len(found) < PAGE:
        messages = _MESSAGES.where(_stuck(now)).order_by(outbox.c.id.desc())
        messages = messages.limit(PAGE - len(found)).offset(max(0, section.first - letters))
        found += [_message(row) for row in await db.execute(messages)]
    return Page(found, section)


async def everything(db: AsyncConnection, now: datetime) -> list[Stuck]:
    """All that nobody is sending at this moment, letters and messages in the order they came; locked."""
    letters = _LETTERS.where(_DEAD).order_by(inbox.c.update_id).limit(_AT_ONCE).with_for_update(of=inbox)
    messages = _MESSAGES.where(_stuck(now), _not_under_way(now)).order_by(outbox.c.id).limit(_AT_ONCE)
    found = [_letter(row) for row in await db.execute(letters)]
    return found + [_message(row) for row in await db.execute(messages.with_for_update(of=outbox))]


async def find(db: AsyncConnection, what: What, id_: int, now: datetime) -> Stuck | None:
    """This one, locked, while it is still stuck: a colleague, or the delivery itself, may have been quicker."""
    if what is What.LETTER:
        letter = _LETTERS.where(inbox.c.update_id == id_, _DEAD).with_for_update(of=inbox)
        row = (await db.execute(letter)).one_or_none()
        return _letter(row) if row else None
    message = _MESSAGES.where(outbox.c.id == id_, _stuck(now), _not_under_way(now)).with_for_update(of=outbox)
    row = (await db.execute(message)).one_or_none()
    return _message(row) if row else None


def _not_under_way(now: datetime) -> ColumnElement[bool]:
    return or_(outbox.c.leased_until.is_(None), outbox.c.leased_until <= now)


async def try_again(db: AsyncConnection, found: Stuck, now: datetime) -> None:
    """Served, or sent, like a new one. A letter is the oldest of its person and goes before what waits of them."""
    promises(db)
    await db.execute(_letter_again(found.id) if found.what is What.LETTER else _message_again(found.id, now))


def _letter_again(update_id: int) -> Update:
    values = {"dead_at": None, "attempts": 0, "not_before": None}
    return update(inbox).where(inbox.c.update_id == update_id, _DEAD).values(values)


def _message_again(row_id: int, now: datetime) -> Update:
    anew = {"done_at": None, "fate": None, "attempts": 0, "not_before": now, "created_at": now}
    here = and_(outbox.c.id == row_id, _not_under_way(now))
    return update(outbox).where(here).values(anew | {"leased_by": None, "leased_until": None})


async def drop(db: AsyncConnection, found: Stuck, now: datetime) -> None:
    """Not to be done any more. The row stays until it is purged, with its error."""
    if found.what is What.LETTER:
        await db.execute(update(inbox).where(inbox.c.update_id == found.id, _DEAD).values(done_at=now))
        return
    here = and_(outbox.c.id == found.id, _not_under_way(now))
    await db.execute(update(outbox).where(here).values(done_at=now, fate=Fate.DROPPED, facts="{}"))


async def anything_new(db: AsyncConnection, now: datetime) -> bool:
    """Something got stuck since administrators were last told."""
    told = await db.scalar(select(func.max(slots.c.at)).where(slots.c.key.like("stuck %")))
    looks: list[ColumnElement[bool]] = [
        select(inbox.c.update_id).where(_DEAD, *([inbox.c.dead_at > told] if told else [])).exists(),
        select(outbox.c.id).where(_REFUSED, *([outbox.c.done_at > told] if told else [])).exists(),
        select(outbox.c.id).where(_waiting(now), *([outbox.c.created_at > told - TOO_LONG] if told else [])).exists(),
    ]
    return bool(await db.scalar(select(or_(*looks))))

"""What must still be said: written in the transaction of the deed, claimed, sent outside any transaction, settled."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import promises
from storage.prepared import Prepared, prepared
from storage.tables import Moment, outbox

LEASE = timedelta(seconds=60)
"""Longer than any send may take: after it another copy may take the row for abandoned."""
KEPT = timedelta(days=30)


class Priority(IntEnum):
    """People go before bulk."""

    REPLY = 0
    NOTICE = 1
    REMINDER = 2
    ANNOUNCEMENT = 3


class Fate(StrEnum):
    """How a row ended."""

    DELIVERED = "delivered"
    BLOCKED = "blocked"  # the person blocked the bot: final until they write again
    DROPPED = "dropped"  # nothing to say any more, or a hint whose fate is unclear
    FAILED = "failed"  # refused for good, or given up: an administrator sees it


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One thing to say. `template` and `facts` become words when it goes out; `reply` carries finished calls."""

    id: int
    priority: Priority
    chat_id: int
    template: str
    facts: dict[str, Any]
    question_id: int | None
    created_at: datetime
    attempts: int
    announcement_id: int | None = None
    leased_at: datetime | None = None


def _row(row: Row[Any], leased_at: datetime | None = None) -> Outgoing:
    return Outgoing(
        row.id,
        Priority(row.priority),
        row.chat_id,
        row.template,
        json.loads(row.facts),
        row.question_id,
        row.created_at,
        row.attempts,
        row.announcement_id,
        leased_at,
    )


async def say(
    db: AsyncConnection,
    chat_id: int,
    template: str,
    facts: dict[str, Any],
    now: datetime,
    *,
    priority: Priority = Priority.NOTICE,
    key: str | None = None,
    question_id: int | None = None,
) -> bool:
    """Promise to say this. The same `key` a second time changes nothing: it was promised already, and False says so."""
    values = {
        "key": key,
        "priority": priority,
        "chat_id": chat_id,
        "template": template,
        "facts": json.dumps(facts),
        "question_id": question_id,
        "created_at": now,
        "not_before": now,
    }
    promises(db)
    return bool((await db.execute(_SAY.on(db), values)).rowcount)


_SAY = Prepared(lambda insert: insert(outbox).on_conflict_do_nothing(index_elements=["key"]))
_now = bindparam("now", type_=Moment)

_SOMETHING_WAITS_THERE = exists(
    select(literal(1)).where(outbox.c.chat_id == bindparam("to"), outbox.c.done_at.is_(None))
).correlate(None)
_SAY_AT_ONCE = prepared(
    insert(outbox)
    .values(
        priority=int(Priority.REPLY),
        chat_id=bindparam("to"),
        template="reply",
        facts=bindparam("what"),
        created_at=_now,
        not_before=_now,
        attempts=case((_SOMETHING_WAITS_THERE, 0), else_=1),
        leased_by=bindparam("owner"),
        leased_until=case((_SOMETHING_WAITS_THERE, None), else_=bindparam("until", type_=Moment)),
    )
    .returning(outbox.c.id, outbox.c.attempts)
)


async def say_at_once(
    db: AsyncConnection, chat_id: int, facts: dict[str, Any], now: datetime, owner: str
) -> Outgoing | None:
    """Promise this reply and lease it to `owner` in one go, so that nobody has to look for it.

    None where something waits for this chat or is under way: then it has its turn behind that.
    """
    values = {"to": chat_id, "what": json.dumps(facts), "now": now, "owner": owner, "until": now + LEASE}
    row = (await db.execute(_SAY_AT_ONCE, values)).one()
    if not row.attempts:
        promises(db)
        return None
    return Outgoing(row.id, Priority.REPLY, chat_id, "reply", facts, None, now, 0, leased_at=now)


def _next_of_each_chat(among: ColumnElement[bool]) -> Select[tuple[int, int]]:
    """What each chat is to hear next of these, replies first; a chat with a row under way is left alone. Replies stay
    in their order also when one is postponed.

    In one pass over what waits. Asking of each row whether an earlier one waits would let PostgreSQL compare each with
    each, as it does with the statistics of a quiet week: 0.7 s for one claim when 2,000 wait.
    """
    under_way = select(outbox.c.chat_id).where(outbox.c.done_at.is_(None), outbox.c.leased_until > _now)
    place = func.row_number().over(partition_by=outbox.c.chat_id, order_by=(outbox.c.priority, outbox.c.id))
    postponed_reply = select(outbox.c.chat_id).where(
        outbox.c.done_at.is_(None), outbox.c.priority == Priority.REPLY, outbox.c.not_before > _now
    )
    waiting = (
        select(outbox.c.id, outbox.c.priority, place.label("place"))
        .where(
            among,
            outbox.c.done_at.is_(None),
            outbox.c.not_before <= _now,
            outbox.c.chat_id.not_in(under_way),
            or_(outbox.c.priority > Priority.REPLY, outbox.c.chat_id.not_in(postponed_reply)),
        )
        .subquery()
    )
    query = select(waiting.c.id, waiting.c.priority).where(waiting.c.place == 1)
    return query.order_by(waiting.c.priority, waiting.c.id).limit(bindparam("most"))


_TO_PEOPLE = or_(*(outbox.c.priority == priority for priority in Priority if priority < Priority.ANNOUNCEMENT))
"""One by one: for "less than" SQLite would rather look through all that waits, in the order of chats."""
_NEXT = prepared(_next_of_each_chat(_TO_PEOPLE))
_IN_NOBODY_S_HANDS = and_(
    outbox.c.done_at.is_(None),
    outbox.c.not_before <= _now,
    or_(outbox.c.leased_until.is_(None), outbox.c.leased_until <= _now),
)
_BULK = prepared(
    select(outbox.c.chat_id)
    .where(outbox.c.priority == Priority.ANNOUNCEMENT, _IN_NOBODY_S_HANDS)
    .order_by(outbox.c.id)
    .limit(bindparam("most"))
)
"""Of twenty thousand that wait only the first are looked at."""
_NEXT_THERE = _next_of_each_chat(outbox.c.chat_id.in_(bindparam("chats", expanding=True)))
_FREE = (
    select(outbox)
    .where(
        outbox.c.id.in_(bindparam("seen", expanding=True)),
        _IN_NOBODY_S_HANDS,
    )
    .order_by(outbox.c.priority, outbox.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_LEASE = (
    update(outbox)
    .where(outbox.c.id.in_(bindparam("rows", expanding=True)))
    .values(leased_by=bindparam("owner"), leased_until=bindparam("until", type_=Moment), attempts=outbox.c.attempts + 1)
)


_WAITING = prepared(select(literal(1)).select_from(outbox).where(_IN_NOBODY_S_HANDS).limit(1))


async def waits(db: AsyncConnection, now: datetime) -> bool:
    """Whether anything is due that is in nobody's hands: cheaper to ask than to claim nothing."""
    return (await db.execute(_WAITING, {"now": now})).first() is not None


async def claim(
    db: AsyncConnection, owner: str, limit: int, now: datetime, *, bulk: int | None = None
) -> list[Outgoing]:
    """Up to `limit` rows, leased to `owner`: the next one of each chat, replies first; at most `bulk` announcements.

    A chat with a row under way is left alone, so the order within a chat holds and one slow chat delays no other.
    Races other copies, which may claim, settle or postpone the same rows between the two queries: the second one asks
    again whether a row is free, and passes over those that another copy is claiming now.
    """
    bulk = limit if bulk is None else bulk
    seen = [row.id for row in await db.execute(_NEXT, {"now": now, "most": 4 * limit})]
    if bulk and (chats := list(await db.scalars(_BULK, {"now": now, "most": 4 * limit}))):
        first = await db.execute(_NEXT_THERE, {"now": now, "chats": chats, "most": 4 * limit})
        seen += [row.id for row in first if row.priority == Priority.ANNOUNCEMENT][: 4 * bulk]
    found = await db.execute(_FREE, {"seen": seen, "now": now, "most": limit}) if seen else ()
    rows = [_row(row, now) for row in found]
    rows = rows[: sum(row.priority < Priority.ANNOUNCEMENT for row in rows) + bulk]  # announcements are the last
    if rows:
        await db.execute(_LEASE, {"rows": [row.id for row in rows], "owner": owner, "until": now + LEASE})
    return rows


_FACTS_AFTER_THE_END = case((outbox.c.template == "reply", "{}"), else_=outbox.c.facts)
_SETTLE = prepared(
    update(outbox)
    .where(outbox.c.id == bindparam("row"), outbox.c.done_at.is_(None))
    .values(
        done_at=_now,
        fate=bindparam("how"),
        message_id=bindparam("message"),
        error=bindparam("why"),
        leased_until=None,
        facts=_FACTS_AFTER_THE_END,
    )
)


async def settle(
    db: AsyncConnection, row_id: int, fate: Fate, now: datetime, *, message_id: int | None = None, error: str = ""
) -> None:
    """The row's end. What a reply said is forgotten with it: it may hold all that is stored about a person."""
    why = error[:500] or None
    await db.execute(_SETTLE, {"row": row_id, "now": now, "how": fate, "message": message_id, "why": why})


async def said(db: AsyncConnection, replies: list[tuple[int, int | None, datetime]]) -> None:
    """The end of replies that arrived: (row, message, moment) of each."""
    ends = [
        {"row": row, "now": at, "how": Fate.DELIVERED, "message": message, "why": None} for row, message, at in replies
    ]
    await db.execute(_SETTLE, ends)


async def postpone(
    db: AsyncConnection, row_id: int, until: datetime, error: str, *, owner: str, counted: bool = True
) -> None:
    """Not now. `counted=False` when Telegram asked to wait: that is no failure of the message.

    Only what is still leased to `owner`: a copy that slept may come when another has it in hand.
    """
    values: dict[str, Any] = {"not_before": until, "leased_until": None, "leased_by": None, "error": error[:500]}
    if not counted:
        values["attempts"] = outbox.c.attempts - 1
    mine = and_(outbox.c.id == row_id, outbox.c.leased_by == owner, outbox.c.done_at.is_(None))
    await db.execute(update(outbox).where(mine).values(values))


async def move(db: AsyncConnection, old_chat_id: int, new_chat_id: int) -> None:
    """A group became a supergroup: what waits for it goes to its new id."""
    waiting = and_(outbox.c.chat_id == old_chat_id, outbox.c.done_at.is_(None))
    promises(db)
    await db.execute(update(outbox).where(waiting).values(chat_id=new_chat_id, leased_by=None, leased_until=None))


async def next_at(db: AsyncConnection, now: datetime) -> datetime | None:
    """When the earliest waiting row wants to go out, for a loop that sleeps until then."""
    moment = await db.scalar(
        select(outbox.c.not_before).where(outbox.c.done_at.is_(None)).order_by(outbox.c.not_before).limit(1)
    )
    return max(moment, now) if moment else None


async def delivered_at(db: AsyncConnection, question_id: int, template: str) -> list[Row[Any]]:
    """How each notice of this template about this question ended: chat_id, fate, done_at."""
    query = (
        select(outbox.c.chat_id, outbox.c.fate, outbox.c.done_at)
        .where(outbox.c.question_id == question_id, outbox.c.template == template)
        .order_by(outbox.c.id.desc())
    )
    return list(await db.execute(query))


@dataclass(frozen=True, slots=True)
class Shown:
    """A message that stands in somebody's chat: its row, with a fingerprint of how it was last drawn in the facts."""

    row: Outgoing
    message_id: int


async def shown_since(db: AsyncConnection, templates: tuple[str, ...], since: datetime) -> list[Shown]:
    """Delivered messages of these templates, for redrawing them in place."""
    query = select(outbox).where(
        outbox.c.template.in_(templates),
        outbox.c.fate == Fate.DELIVERED,
        outbox.c.message_id.isnot(None),
        outbox.c.done_at >= since,
    )
    return [Shown(_row(row), row.message_id) for row in await db.execute(query.order_by(outbox.c.id))]


async def note(db: AsyncConnection, row_id: int, facts: dict[str, Any]) -> None:
    """Remember with a delivered row how it was last drawn."""
    await db.execute(update(outbox).where(outbox.c.id == row_id).values(facts=json.dumps(facts)))


async def drop_for_blocked(db: AsyncConnection, chat_id: int, now: datetime) -> None:
    """The person blocked the bot: nothing more goes there; answers stay in the question's history."""
    waiting = and_(outbox.c.chat_id == chat_id, outbox.c.done_at.is_(None), outbox.c.leased_until.is_(None))
    values = {"done_at": now, "fate": Fate.BLOCKED, "facts": _FACTS_AFTER_THE_END}
    await db.execute(update(outbox).where(waiting).values(values))


async def waiting_about_questions(db: AsyncConnection, chat_id: int) -> list[tuple[int, int]]:
    """(row, question) of what waits to be said there and is not under way."""
    waiting = and_(outbox.c.chat_id == chat_id, outbox.c.done_at.is_(None), outbox.c.leased_until.is_(None))
    query = select(outbox.c.id, outbox.c.question_id).where(waiting, outbox.c.question_id.isnot(None))
    return [(row.id, row.question_id) for row in await db.execute(query)]


async def revive(db: AsyncConnection, chat_id: int, now: datetime) -> None:
    """The person is back: what could not be said to them is said now, in the words of now. Dialogue is over.

    So are announcements: their author has read that this person was not reached, and may repeat them.
    """
    unsaid = and_(
        outbox.c.chat_id == chat_id,
        outbox.c.fate == Fate.BLOCKED,
        outbox.c.template != "reply",
        outbox.c.announcement_id.is_(None),
    )
    values = {"done_at": None, "fate": None, "attempts": 0, "not_before": now, "created_at": now}
    promises(db)
    await db.execute(update(outbox).where(unsaid).values(values))


async def purge(db: AsyncConnection, now: datetime) -> None:
    """Replies are dialogue: once said they are of no further use. Settled notices are kept a month."""
    reply = and_(outbox.c.template.in_(("reply", "redraw")), outbox.c.done_at < now - timedelta(days=1))
    await db.execute(delete(outbox).where(or_(reply, outbox.c.done_at < now - KEPT)))

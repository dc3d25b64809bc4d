"""Updates as Telegram handed them over: stored before they are confirmed, handled once, oldest of each person first."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Select, and_, bindparam, case, delete, exists, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.prepared import Prepared, prepared
from storage.tables import Moment, inbox

ATTEMPTS = 3
"""A row that failed so often is a dead letter: an administrator sees it, and it blocks nobody."""
RETRY_AFTER = timedelta(seconds=2)
KEPT = timedelta(days=7)
"""How long a handled update is kept: it holds names and texts."""


@dataclass(frozen=True, slots=True)
class Received:
    """One stored update. `person_id` is 0 when it came from nobody in particular."""

    update_id: int
    person_id: int
    payload: dict[str, Any]
    attempts: int


def usable(update: Any) -> bool:
    """Without an id an update can be neither stored nor confirmed."""
    update_id = update.get("update_id") if isinstance(update, dict) else None
    return type(update_id) is int and 0 < update_id < 2**63


def press_of(update: dict[str, Any]) -> str | None:
    """The id of the pressed button's query, which wants an answer at once."""
    query = update.get("callback_query")
    press = query.get("id") if isinstance(query, dict) else None
    return press if isinstance(press, str) else None


def person_of(update: dict[str, Any]) -> int:
    """Whose update it is: the order is kept within a person. 0 when it is from nobody."""
    for kind in ("message", "edited_message", "callback_query", "my_chat_member"):
        content = update.get(kind)
        sender = content.get("from") if isinstance(content, dict) else None
        person_id = sender.get("id") if isinstance(sender, dict) else None
        if type(person_id) is int and 0 < person_id < 2**63:
            return person_id
    return 0


def language_of(update: dict[str, Any]) -> str:
    """The language of the sender's Telegram, where it says one."""
    content = next((update[k] for k in ("message", "edited_message", "callback_query") if k in update), None)
    sender = content.get("from") if isinstance(content, dict) else None
    code = sender.get("language_code") if isinstance(sender, dict) else None
    return code[:2] if isinstance(code, str) else ""


async def store(
    db: AsyncConnection,
    updates: Iterable[tuple[int, int, dict[str, Any]]],
    now: datetime,
    *,
    not_before: Mapping[int, datetime] = MappingProxyType({}),
) -> None:
    """(update id, person id, raw JSON) as received; one already stored stays as it is. `not_before`: by update id.

    But for the bot's own words, which come back with a press or a reply: an invitation's link may stand in them.
    ASCII JSON: NUL and lone surrogates keep their escapes, so any text a client sends fits both databases.
    """
    rows = [
        {
            "update_id": update_id,
            "person_id": person_id,
            "payload": json.dumps(_without_what_we_said(payload)),
            "received_at": now,
            "not_before": not_before.get(update_id),
        }
        for update_id, person_id, payload in updates
    ]
    if rows:
        await db.execute(_STORE.on(db), rows)


async def store_and_take(
    db: AsyncConnection, update_id: int, person_id: int, payload: dict[str, Any], now: datetime
) -> Received | None:
    """Store one, as `store` does, that is handled in this same transaction: as handled, so that nobody looks for it.

    None, and stored as any other, where an earlier one of this person waits; None also when it was stored before.
    """
    kept = _without_what_we_said(payload)
    values = {"id": update_id, "person": person_id, "what": json.dumps(kept), "now": now}
    row = (await db.execute(_STORE_AND_TAKE.on(db), values)).first()
    return Received(update_id, person_id, kept, 0) if row and row.done_at else None


_OF_A_PRESSED_MESSAGE = frozenset({"message_id", "date", "chat"})
_CODE = re.compile(r"(?<=\bstart=)[A-Za-z0-9_-]{20,64}")


def _without_what_we_said(update: dict[str, Any]) -> dict[str, Any]:
    if isinstance(query := update.get("callback_query"), dict) and isinstance(pressed := query.get("message"), dict):
        kept = {name: value for name, value in pressed.items() if name in _OF_A_PRESSED_MESSAGE}
        return {**update, "callback_query": {**query, "message": kept}}
    message = update.get("message")
    replied = message.get("reply_to_message") if isinstance(message, dict) else None
    said = replied.get("text") if isinstance(replied, dict) else None
    if isinstance(message, dict) and isinstance(replied, dict) and isinstance(said, str) and _CODE.search(said):
        return {**update, "message": {**message, "reply_to_message": {**replied, "text": _CODE.sub("***", said)}}}
    return update


_STORE = Prepared(lambda insert: insert(inbox).on_conflict_do_nothing())


_pending = and_(inbox.c.done_at.is_(None), inbox.c.dead_at.is_(None))
_LOOKED_AT = 64
"""More than all workers of all copies hold at a time."""


_now = bindparam("now", type_=Moment)
_due = or_(inbox.c.not_before.is_(None), inbox.c.not_before <= _now)


def _oldest_of_each_person() -> Select[tuple[int]]:
    """In one pass over what waits. Asking of each row whether an earlier one waits would let PostgreSQL compare each
    with each, as it does with the statistics of a quiet week: 0.3 s for one update when 2,000 wait.
    """
    place = func.row_number().over(partition_by=inbox.c.person_id, order_by=inbox.c.update_id)
    waiting = select(inbox.c.update_id, inbox.c.not_before, place.label("place")).where(_pending).subquery()
    due = or_(waiting.c.not_before.is_(None), waiting.c.not_before <= _now)
    return select(waiting.c.update_id).where(waiting.c.place == 1, due).order_by(waiting.c.update_id)


_RECEIVED = select(inbox.c.update_id, inbox.c.person_id, inbox.c.payload, inbox.c.attempts)
_SOMETHING_OF_THEIRS_WAITS = exists(
    select(literal(1)).where(inbox.c.person_id == bindparam("person"), _pending)
).correlate(None)


def _store_and_take(insert: Any) -> Any:
    row = insert(inbox).values(
        update_id=bindparam("id"),
        person_id=bindparam("person"),
        payload=bindparam("what"),
        received_at=_now,
        done_at=case((_SOMETHING_OF_THEIRS_WAITS, None), else_=_now),
    )
    return row.on_conflict_do_nothing().returning(inbox.c.done_at)


_STORE_AND_TAKE = Prepared(_store_and_take)
_ONE_MORE = select(literal(1)).select_from(inbox).where(_pending).limit(bindparam("and_one")).subquery()
_earlier = inbox.alias()
_FIRST = prepared(
    _RECEIVED.add_columns(select(func.count()).select_from(_ONE_MORE).scalar_subquery().label("waiting"))
    .where(
        _pending,
        _due,
        ~exists(
            select(literal(1)).where(
                _earlier.c.person_id == inbox.c.person_id,
                _earlier.c.update_id < inbox.c.update_id,
                _earlier.c.done_at.is_(None),
                _earlier.c.dead_at.is_(None),
            )
        ),
    )
    .order_by(inbox.c.update_id)
    .limit(bindparam("most"))
)
"""Where nobody else works on the same rows, one look is enough; SQLite looks no further than those that may go."""
_SEEN = _oldest_of_each_person().limit(_LOOKED_AT)
_FREE = (
    _RECEIVED.where(
        inbox.c.update_id.in_(bindparam("seen", expanding=True)),
        _pending,
        _due,
    )
    .order_by(inbox.c.update_id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_DONE = prepared(update(inbox).where(inbox.c.update_id == bindparam("row")).values(done_at=_now))


async def take(db: AsyncConnection, now: datetime, most: int) -> tuple[list[Received], bool]:
    """Up to `most` of the oldest waiting rows, each of another person, for whom nobody else works; whether others may
    wait. On PostgreSQL it is one, locked until the transaction ends; on SQLite nobody else looks meanwhile.

    Races other copies: on PostgreSQL they skip the locked row, and the person's later rows are not the oldest until
    this transaction has committed. What another copy did between the two queries is asked again by the second one.
    A kill releases the lock; nothing has to be cleaned up.
    """
    if db.dialect.name == "sqlite":
        rows = list(await db.execute(_FIRST, {"now": now, "most": most, "and_one": most + 1}))
        more = bool(rows) and rows[0].waiting > len(rows)
    else:
        seen = list(await db.scalars(_SEEN, {"now": now}))
        rows = list(await db.execute(_FREE, {"seen": seen, "now": now})) if seen else []
        more = bool(rows)
    return [Received(row.update_id, row.person_id, json.loads(row.payload), row.attempts) for row in rows], more


async def done(db: AsyncConnection, update_ids: Sequence[int], now: datetime) -> None:
    if update_ids:
        await db.execute(_DONE, [{"row": update_id, "now": now} for update_id in update_ids])


async def mask(db: AsyncConnection, update_id: int, secret: str) -> None:
    """What opens a door does not stay in the stored update. Codes of ours are long, and stand in JSON as they are."""
    if re.fullmatch(r"[A-Za-z0-9_-]{20,64}", secret):
        payload = func.replace(inbox.c.payload, secret, "***")
        await db.execute(update(inbox).where(inbox.c.update_id == update_id).values(payload=payload))


async def failed(db: AsyncConnection, received: Received, error: str, now: datetime) -> bool:
    """Count a failure. True when it was the last attempt and the row is now a dead letter."""
    attempts = received.attempts + 1
    dead = attempts >= ATTEMPTS
    await db.execute(
        update(inbox)
        .where(inbox.c.update_id == received.update_id, inbox.c.done_at.is_(None))
        .values(
            attempts=attempts,
            error=error[:500],
            not_before=now + RETRY_AFTER * attempts,
            dead_at=now if dead else None,
        )
    )
    return dead


async def next_at(db: AsyncConnection) -> datetime | None:
    """The moment of the earliest retry, if a row waits for one."""
    return await db.scalar(
        select(inbox.c.not_before).where(_pending, inbox.c.not_before.isnot(None)).order_by(inbox.c.not_before).limit(1)
    )


async def purge(db: AsyncConnection, now: datetime) -> None:
    """Handled updates and dead letters older than a week hold personal data that nobody needs any more."""
    finished = or_(inbox.c.done_at.isnot(None), inbox.c.dead_at.isnot(None))
    await db.execute(delete(inbox).where(finished, inbox.c.received_at < now - KEPT))

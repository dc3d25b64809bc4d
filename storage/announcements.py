"""Announcements, whom each goes to, and what became of every copy. How far one has come is read here, never remembered.

The copies themselves are rows of the outbox with the announcement's id, last in priority: people go before bulk.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, exists, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.announcement import (
    DELETABLE_FOR,
    OTHER_FIELD,
    UNDER_WAY,
    Announcement,
    Audience,
    Content,
    Reach,
    Reached,
    State,
    Tally,
    To,
    ended,
)
from domain.people import OrganizationState, RepresentativeState
from storage.database import insert, promises
from storage.outbox import Fate, Priority, say
from storage.pages import Page, Section
from storage.prepared import prepared
from storage.tables import Moment, announcements, officials, organizations, outbox, people, recipients, representatives

COPY, CORRECTION, TAKING_BACK = "announcement", "an_correction", "an_taking_back"
"""Templates of what goes to recipients."""
PAGE = 5

_ANNOUNCEMENTS = select(announcements, people.c.name.label("author_name")).outerjoin(
    people, people.c.id == announcements.c.author_id
)


def _announcement(row: Row[Any]) -> Announcement:
    return Announcement(
        id=row.id,
        state=State(row.state),
        content=Content.from_json(json.loads(row.content)),
        audience=Audience.from_json(json.loads(row.audience)),
        author_id=row.author_id,
        author_name=row.author_name or "",
        approved_by=row.approved_by,
        led_by=row.led_by,
        created_at=row.created_at,
        send_at=row.send_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        version=row.version,
        round=row.round,
    )


# --- whom it is for -------------------------------------------------------------------------------------------------


def _members(audience: Audience) -> Select[Any]:
    """Person and when they blocked the bot, of everybody the audience has now."""
    if audience.to is To.OFFICIALS:
        query = select(people.c.id, people.c.blocked_at).join(officials, officials.c.person_id == people.c.id)
        return query.where(officials.c.department_id.in_(audience.departments)) if audience.departments else query
    state = representatives.c.state
    query = (
        select(people.c.id, people.c.blocked_at)
        .join(representatives, representatives.c.person_id == people.c.id)
        .join(organizations, organizations.c.id == representatives.c.organization_id)
        .where(
            organizations.c.state != OrganizationState.DECLINED,
            state == audience.state if audience.state else state != RepresentativeState.DECLINED,
        )
    )
    return query.where(_of_fields(audience)) if audience.fields else query


def _of_fields(audience: Audience) -> ColumnElement[bool]:
    chosen = organizations.c.field.in_(audience.fields)
    if OTHER_FIELD not in audience.fields:
        return chosen
    return or_(chosen, organizations.c.field.not_in(audience.offered))


async def reach(db: AsyncConnection, audience: Audience) -> Reach:
    """How many people that is at this moment."""
    found = _members(audience).subquery()
    query = select(func.count(), func.count(found.c.blocked_at)).select_from(found)
    row = (await db.execute(query)).one()
    return Reach(row[0], row[1])


# --- its life -------------------------------------------------------------------------------------------------------


async def enter(
    db: AsyncConnection,
    author_id: int,
    content: Content,
    audience: Audience,
    state: State,
    send_at: datetime | None,
    now: datetime,
) -> int:
    """Confirmed by its author; returns its number."""
    row = announcements.insert().values(
        author_id=author_id,
        led_by=author_id,
        state=state,
        content=json.dumps(content.to_json()),
        audience=json.dumps(audience.to_json()),
        created_at=now,
        send_at=send_at,
    )
    number: int = (await db.execute(row.returning(announcements.c.id))).scalar_one()
    return number


async def find(db: AsyncConnection, announcement_id: int, *, to_change: bool = False) -> Announcement | None:
    """For administrators. Locked when it is to be changed: another administrator or copy may be at it."""
    query = _ANNOUNCEMENTS.where(announcements.c.id == announcement_id)
    if to_change:
        query = query.with_for_update(of=announcements)
    row = (await db.execute(query)).one_or_none()
    return _announcement(row) if row else None


async def page(db: AsyncConnection, number: int) -> Page[tuple[Announcement, Tally]]:
    """The history, the newest first."""
    total = await db.scalar(select(func.count()).select_from(announcements)) or 0
    section = Section(number, total, PAGE)
    query = _ANNOUNCEMENTS.order_by(announcements.c.id.desc()).limit(PAGE).offset(section.first)
    found = [_announcement(row) for row in await db.execute(query)]
    return Page([(one, await tally(db, one)) for one in found], section)


async def tally(db: AsyncConnection, announcement: Announcement) -> Tally:
    """What is known of its recipients now."""
    corrected = and_(recipients.c.version > 1, recipients.c.version == announcement.version)
    query = (
        select(
            recipients.c.fate,
            func.count().label("people"),
            func.count(recipients.c.read_at).label("have_read"),
            func.count().filter(corrected).label("corrected"),
            func.count(recipients.c.taken_back_at).label("taken_back"),
        )
        .where(recipients.c.announcement_id == announcement.id)
        .group_by(recipients.c.fate)
    )
    rows = list(await db.execute(query))
    return Tally(
        total=sum(row.people for row in rows),
        by={Reached(row.fate): row.people for row in rows if row.fate},
        read=sum(row.have_read for row in rows),
        corrected=sum(row.corrected for row in rows),
        taken_back=sum(row.taken_back for row in rows),
    )


_DUE = and_(announcements.c.state == State.SCHEDULED, announcements.c.send_at <= bindparam("now", type_=Moment))
_UNFINISHED = prepared(
    select(announcements.c.id)
    .where(or_(_DUE, *(announcements.c.state == state for state in sorted(UNDER_WAY))))
    .order_by(announcements.c.id)
)


async def unfinished(db: AsyncConnection, now: datetime) -> list[int]:
    """Those whose time has come, and those that are going on."""
    return list(await db.scalars(_UNFINISHED, {"now": now}))


async def change(db: AsyncConnection, announcement_id: int, **values: Any) -> None:
    """The caller holds the row by `find(to_change=True)` and the rules by `deeds_for`."""
    await db.execute(update(announcements).where(announcements.c.id == announcement_id).values(**values))


async def start(db: AsyncConnection, announcement: Announcement, now: datetime) -> None:
    """Fix whom it goes to, and promise it to each. Who blocked the bot is counted, not tried."""
    found = list(await db.execute(_members(announcement.audience).order_by(people.c.id)))
    rows = [
        {
            "announcement_id": announcement.id,
            "person_id": person_id,
            "fate": Reached.BLOCKED if blocked_at else None,
        }
        for person_id, blocked_at in found
    ]
    if rows:
        await db.execute(insert(db, recipients).on_conflict_do_nothing(), rows)
    reachable = [person_id for person_id, blocked_at in found if blocked_at is None]
    await _promise(db, announcement, COPY, f"announcement {announcement.id}", reachable, now)
    await change(db, announcement.id, state=State.SENDING, started_at=now, finished_at=None)


async def _promise(
    db: AsyncConnection, announcement: Announcement, template: str, key: str, people_: Iterable[int], now: datetime
) -> None:
    rows = [
        {
            "key": f"{key} {person_id}",
            "priority": Priority.ANNOUNCEMENT,
            "chat_id": person_id,
            "template": template,
            "facts": json.dumps({"version": announcement.version}),
            "announcement_id": announcement.id,
            "created_at": now,
            "not_before": now,
        }
        for person_id in people_
    ]
    if rows:
        promises(db)
        await db.execute(insert(db, outbox).on_conflict_do_nothing(index_elements=["key"]), rows)


async def stop(db: AsyncConnection, announcement: Announcement, now: datetime) -> None:
    """Nothing more goes out; what a copy of the program has in hand arrives or is dropped there."""
    mine = and_(outbox.c.announcement_id == announcement.id, outbox.c.done_at.is_(None))
    free = or_(outbox.c.leased_until.is_(None), outbox.c.leased_until <= now)
    values = {"done_at": now, "fate": Fate.DROPPED, "leased_until": None}
    await db.execute(update(outbox).where(mine, free).values(values))
    in_hand = select(outbox.c.chat_id).where(mine)
    waiting = and_(recipients.c.announcement_id == announcement.id, recipients.c.fate.is_(None))
    await db.execute(
        update(recipients).where(waiting, recipients.c.person_id.not_in(in_hand)).values(fate=Reached.STOPPED)
    )
    await change(db, announcement.id, state=State.STOPPING)


async def repeat(
    db: AsyncConnection, announcement: Announcement, reached: Sequence[Reached], by: int, now: datetime
) -> int:
    """Promise it once more to those whom it reached only so far; returns to how many."""
    missed = and_(recipients.c.announcement_id == announcement.id, recipients.c.fate.in_(reached))
    found = list(await db.scalars(select(recipients.c.person_id).where(missed).order_by(recipients.c.person_id)))
    await db.execute(update(recipients).where(missed).values(fate=None))
    key = f"announcement {announcement.id} again {announcement.round + 1}"
    await _promise(db, announcement, COPY, key, found, now)
    await _set_going(db, announcement, State.SENDING, by)
    return len(found)


def _standing(announcement_id: int) -> ColumnElement[bool]:
    """Delivered copies that have not been taken back."""
    return and_(
        recipients.c.announcement_id == announcement_id,
        recipients.c.fate == Reached.DELIVERED,
        recipients.c.message_id.isnot(None),
        recipients.c.taken_back_at.is_(None),
    )


async def correct(db: AsyncConnection, announcement: Announcement, content: Content, by: int, now: datetime) -> int:
    """The new text takes the place of the old one, here and in each chat; returns in how many."""
    version = announcement.version + 1
    query = select(recipients.c.person_id).where(_standing(announcement.id)).order_by(recipients.c.person_id)
    found = list(await db.scalars(query))
    newer = replace(announcement, version=version)
    await _promise(db, newer, CORRECTION, f"correction {announcement.id} {version}", found, now)
    await change(db, announcement.id, content=json.dumps(content.to_json()), version=version)
    await _set_going(db, announcement, State.CORRECTING, by)
    return len(found)


async def _set_going(db: AsyncConnection, announcement: Announcement, state: State, by: int) -> None:
    values = {"state": state, "round": announcement.round + 1, "led_by": by, "finished_at": None}
    await change(db, announcement.id, **values)


def _deletable(announcement_id: int, now: datetime) -> ColumnElement[bool]:
    return and_(_standing(announcement_id), recipients.c.sent_at > now - DELETABLE_FOR)


async def deletable(db: AsyncConnection, announcement_id: int, now: datetime) -> int:
    """How many copies Telegram still lets us delete."""
    query = select(func.count()).select_from(recipients).where(_deletable(announcement_id, now))
    return await db.scalar(query) or 0


async def take_back(db: AsyncConnection, announcement: Announcement, by: int, now: datetime) -> int:
    """Promise to delete each copy that may be deleted; returns how many."""
    query = select(recipients.c.person_id).where(_deletable(announcement.id, now)).order_by(recipients.c.person_id)
    found = list(await db.scalars(query))
    key = f"taking back {announcement.id} {announcement.round + 1}"  # what was refused may be tried again later
    await _promise(db, announcement, TAKING_BACK, key, found, now)
    await _set_going(db, announcement, State.TAKING_BACK, by)
    return len(found)


async def pending(db: AsyncConnection, announcement_id: int) -> int:
    """How many rows of it are still to go out."""
    mine = and_(outbox.c.announcement_id == announcement_id, outbox.c.done_at.is_(None))
    return await db.scalar(select(func.count()).select_from(outbox).where(mine)) or 0


async def finish(db: AsyncConnection, announcement: Announcement, now: datetime) -> State:
    """Everything has ended: what is known of nobody is taken from the outbox, and the announcement rests."""
    await _reconcile(db, announcement.id)
    state = ended(announcement.state, await tally(db, announcement))
    await change(db, announcement.id, state=state, finished_at=now)
    return state


async def _reconcile(db: AsyncConnection, announcement_id: int) -> None:
    """Rows that ended without being sent (given up by an administrator, left by one who blocked the bot)."""
    waiting = and_(recipients.c.announcement_id == announcement_id, recipients.c.fate.is_(None))
    query = (
        select(recipients.c.person_id, outbox.c.fate)
        .join(
            outbox,
            and_(
                outbox.c.announcement_id == recipients.c.announcement_id,
                outbox.c.chat_id == recipients.c.person_id,
                outbox.c.template == COPY,
            ),
            isouter=True,
        )
        .where(waiting)
        .order_by(outbox.c.id)
    )
    for person_id, fate in list(await db.execute(query)):
        reached = Reached(fate) if fate in set(Reached) else Reached.FAILED
        here = and_(waiting, recipients.c.person_id == person_id)
        await db.execute(update(recipients).where(here).values(fate=reached))


# --- one copy -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person's copy."""

    reached: Reached | None
    message_id: int | None
    read_at: datetime | None
    taken_back_at: datetime | None


async def recipient(db: AsyncConnection, announcement_id: int, person_id: int) -> Recipient | None:
    here = and_(recipients.c.announcement_id == announcement_id, recipients.c.person_id == person_id)
    row = (await db.execute(select(recipients).where(here))).one_or_none()
    if row is None:
        return None
    return Recipient(Reached(row.fate) if row.fate else None, row.message_id, row.read_at, row.taken_back_at)


async def settled(
    db: AsyncConnection,
    announcement_id: int,
    person_id: int,
    template: str,
    reached: Reached,
    version: int,
    message_id: int | None,
    now: datetime,
) -> None:
    """What became of a row of the outbox is entered with the recipient, in the same transaction."""
    here = and_(recipients.c.announcement_id == announcement_id, recipients.c.person_id == person_id)
    delivered = reached is Reached.DELIVERED
    values: dict[str, Any] = {}
    if template == COPY:
        values = {"fate": await _stopped(db, announcement_id, reached)}
        values |= {"message_id": message_id, "sent_at": now, "version": version} if delivered else {}
    elif template == CORRECTION and delivered:
        values = {"version": version}
    elif template == TAKING_BACK and delivered:
        values = {"taken_back_at": now}
    if values:
        await db.execute(update(recipients).where(here).values(values))


async def _stopped(db: AsyncConnection, announcement_id: int, reached: Reached) -> Reached:
    """Dropped in hand because somebody had pressed [Stop]."""
    if reached is not Reached.DROPPED:
        return reached
    state = await db.scalar(select(announcements.c.state).where(announcements.c.id == announcement_id))
    return Reached.STOPPED if state in (State.STOPPING, State.STOPPED) else reached


async def blocked(db: AsyncConnection, person_id: int) -> None:
    """The person blocked the bot: for announcements that is the end, nothing old arrives days later."""
    waiting = and_(recipients.c.person_id == person_id, recipients.c.fate.is_(None))
    await db.execute(update(recipients).where(waiting).values(fate=Reached.BLOCKED))


async def read(db: AsyncConnection, announcement_id: int, person_id: int, now: datetime) -> bool:
    """[I have read it]: the first press counts. False when it was counted before, or never theirs."""
    here = and_(recipients.c.announcement_id == announcement_id, recipients.c.person_id == person_id)
    changed = await db.execute(update(recipients).where(here, recipients.c.read_at.is_(None)).values(read_at=now))
    return bool(changed.rowcount)


async def redraw_waits(db: AsyncConnection, chat_id: int) -> bool:
    """A change of the progress message is still on its way to this chat: another one would only pile up."""
    waiting = and_(outbox.c.chat_id == chat_id, outbox.c.template == "redraw", outbox.c.done_at.is_(None))
    return bool(await db.scalar(select(exists(select(literal(1)).where(waiting)))))


async def promise_progress(db: AsyncConnection, announcement_id: int, now: datetime) -> None:
    """One message to whoever set it going; it is redrawn while it goes."""
    announcement = await find(db, announcement_id)
    if announcement and announcement.led_by:
        facts = {"announcement": announcement.id}
        await say(db, announcement.led_by, "an_progress", facts, now, key=_progress_key(announcement))


def _progress_key(announcement: Announcement) -> str:
    return f"progress {announcement.id} {announcement.round}"


async def progress_message(db: AsyncConnection, announcement: Announcement) -> int | None:
    """The message that shows how far it has come."""
    return await db.scalar(select(outbox.c.message_id).where(outbox.c.key == _progress_key(announcement)))

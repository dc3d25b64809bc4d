"""Questions: registered, found by those who may see them, changed by what `domain.question` decided."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Case, Row, Select, and_, bindparam, case, func, literal, not_, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.draft import Attachment, AttachmentKind, Piece, albums
from domain.people import Language, Names, Person, RepresentativeState, Wants
from domain.question import (
    ANSWERS,
    CITY_ONLY,
    CLOSED,
    OPEN,
    RULES,
    Action,
    Audience,
    Change,
    Clock,
    Ending,
    Kind,
    Notice,
    NotInThisStatus,
    NotYours,
    Outcome,
    Question,
    Status,
    Urgency,
    Verdict,
    Who,
    reads_note,
    sees_all_lines,
    standing,
    visible,
)
from storage import groups, leaves, outbox, promises
from storage.database import recorded
from storage.pages import Page, Section
from storage.prepared import Prepared, prepared
from storage.tables import (
    admins,
    attachments,
    counters,
    departments,
    entries,
    officials,
    organizations,
    people,
    question_messages,
    questions,
    representatives,
    topics,
)

PAGE = 5

_author = representatives.alias("author")
_head = officials.alias("head")
_responsible = officials.alias("responsible")
_responsible_person = people.alias("responsible_person")
_NAMES = ("en", "ru", "kk")

_QUESTIONS = (
    select(
        questions,
        _author.c.state.label("author_state"),
        organizations.c.name.label("organization_name"),
        *(topics.c[f"name_{x}"].label(f"topic_{x}") for x in _NAMES),
        *(departments.c[f"name_{x}"].label(f"department_{x}") for x in _NAMES),
        departments.c.two_keys,
        _head.c.person_id.label("head_id"),
        _responsible.c.name.label("official_name"),
        _responsible.c.post.label("official_post"),
        _responsible_person.c.name.label("telegram_name"),
    )
    .select_from(questions)
    .outerjoin(
        _author,
        and_(_author.c.person_id == questions.c.author_id, _author.c.organization_id == questions.c.organization_id),
    )
    .outerjoin(organizations, organizations.c.id == questions.c.organization_id)
    .outerjoin(topics, topics.c.id == questions.c.topic_id)
    .outerjoin(departments, departments.c.id == questions.c.department_id)
    .outerjoin(_head, and_(_head.c.department_id == questions.c.department_id, _head.c.is_head))
    .outerjoin(_responsible, _responsible.c.person_id == questions.c.responsible_id)
    .outerjoin(_responsible_person, _responsible_person.c.id == questions.c.responsible_id)
)


def _named(row: Row[Any], what: str) -> Names | None:
    values = {x: getattr(row, f"{what}_{x}") for x in _NAMES}
    return Names(**values) if values["en"] is not None else None


def _question(row: Row[Any]) -> Question:
    return Question(
        id=row.id,
        number=row.number,
        kind=Kind(row.kind),
        status=Status(row.status),
        text=row.text,
        language=Language(row.language),
        public=row.public,
        author_id=row.author_id,
        author_state=RepresentativeState(row.author_state) if row.author_state else None,
        organization_id=row.organization_id,
        organization_name=row.organization_name or "",
        topic_id=row.topic_id,
        topic=_named(row, "topic"),
        department_id=row.department_id,
        department=_named(row, "department"),
        head_id=row.head_id,
        responsible_id=row.responsible_id,
        responsible_name=row.official_name or row.telegram_name or "",
        responsible_post=row.official_post or "",
        registered_at=row.registered_at,
        counted_from=row.counted_from,
        term=row.term,
        due_on=row.due_on,
        reopened=row.reopened,
        verdict=Verdict(row.verdict) if row.verdict else None,
        ending=Ending(row.ending) if row.ending else None,
        answered_at=row.answered_at,
        react_by=row.react_by,
        remind_on=row.remind_on,
        rungs=row.rungs,
        parent_id=row.parent_id,
        received_at=row.received_at,
        been_in=_ids(row.been_in),
        came_back=row.came_back,
        waiting_since=row.waiting_since,
        unclear=row.unclear,
        paused=row.paused,
        extend_to=row.extend_to,
        extended_from=row.extended_from,
        proposed_id=row.proposed_id,
        two_keys=bool(row.two_keys),
        co_departments=_ids(row.co_departments),
        parts_owed=_ids(row.parts_owed),
    )


def _ids(stored: str) -> frozenset[int]:
    """`3,5`: departments."""
    return frozenset(int(id_) for id_ in stored.split(",") if id_)


def _stored(ids: frozenset[int]) -> str:
    return ",".join(map(str, sorted(ids)))


_NUMBERED = prepared(_QUESTIONS.where(questions.c.number == bindparam("question")))
_WITH_ID = prepared(_QUESTIONS.where(questions.c.id == bindparam("question")))
_OF_DRAFT = prepared(
    select(questions.c.number).where(
        questions.c.draft == bindparam("written"), questions.c.author_id == bindparam("author")
    )
)


async def visible_to(db: AsyncConnection, person: Person, number: str, *, to_change: bool = False) -> Question:
    """The question, for somebody who may have it; locked when it is to be changed. Raises NotYours.

    The lock races a colleague's press of the same button and the NGO's withdrawal while an answer goes out.
    """
    if not number.isprintable():
        raise NotYours  # made up: neither database takes NUL or half a surrogate pair even to compare
    if to_change:
        await db.execute(select(questions.c.id).where(questions.c.number == number).with_for_update())
    row = (await db.execute(_NUMBERED, {"question": number})).one_or_none()
    if row is None or not visible(question := _question(row), person):
        raise NotYours
    return question


async def by_id(db: AsyncConnection, question_id: int, *, to_change: bool = False) -> Question | None:
    """For the program itself: notices and the clock."""
    if to_change:
        await db.execute(select(questions.c.id).where(questions.c.id == question_id).with_for_update())
    row = (await db.execute(_WITH_ID, {"question": question_id})).one_or_none()
    return _question(row) if row else None


async def of_draft(db: AsyncConnection, draft: str, author_id: int) -> str | None:
    """The number of the question that this draft already became."""
    if not draft.isprintable():
        return None  # made up, as in `visible_to`
    return await db.scalar(_OF_DRAFT, {"written": draft, "author": author_id})


async def of_message(db: AsyncConnection, chat_id: int, message_id: int) -> tuple[str, str] | None:
    """(number, text as registered) of the question that this message of the author became a part of."""
    query = (
        select(questions.c.number, question_messages.c.text)
        .join(questions, questions.c.id == question_messages.c.question_id)
        .where(question_messages.c.chat_id == chat_id, question_messages.c.message_id == message_id)
    )
    row = (await db.execute(query)).one_or_none()
    return (row.number, row.text) if row else None


def _count(insert: Any) -> Any:
    row = insert(counters).on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + 1})
    return row.returning(counters.c.value)


_COUNT = Prepared(_count)
_REGISTER = prepared(questions.insert().returning(questions.c.id))
_ENTER = prepared(entries.insert().returning(entries.c.id))


async def _next_number(db: AsyncConnection, year: int) -> str:
    """The next number of the year. The counter's row is locked until the commit, so numbers have no gaps."""
    value: int = (await db.execute(_COUNT.on(db), {"name": f"questions {year}", "value": 1})).scalar_one()
    return f"{year}-{value:06d}"


async def register(
    db: AsyncConnection, change: Change, draft: str, pieces: tuple[Piece, ...], now: datetime, year: int
) -> Question:
    """Store a new question under the next number of the city's year, and promise the confirmation."""
    new = change.after
    values = _columns(new) | _frozen(new) | {"number": await _next_number(db, year), "draft": draft}
    question_id: int = (await db.execute(_REGISTER, values)).scalar_one()
    if pieces:
        await db.execute(
            question_messages.insert(),
            [
                {"chat_id": new.author_id, "message_id": p.message_id, "question_id": question_id, "text": p.text}
                for p in pieces
            ],
        )
    registered = await by_id(db, question_id)
    assert registered is not None  # inserted three lines above  # noqa: S101
    await _write_down(db, replace(change, before=registered, after=registered), now, source=f"draft {draft}")
    return registered


async def as_many_since(
    db: AsyncConnection,
    since: datetime,
    limit: int,
    *,
    author_id: int | None = None,
    organization_id: int | None = None,
) -> bool:
    """Whether this person, or this NGO, has registered so many since then; 0 is no limit. Looks at the newest ones
    only. Two of them who send at the same moment may both pass.
    """
    if not limit:
        return False
    whose = questions.c.author_id == author_id if author_id else questions.c.organization_id == organization_id
    query = select(questions.c.registered_at).where(whose, questions.c.parent_id.is_(None))
    oldest = await db.scalar(query.order_by(questions.c.id.desc()).offset(limit - 1).limit(1))
    return oldest is not None and oldest >= since


async def register_parts(
    db: AsyncConnection, change: Change, parts: list[Question], tasks: list[str], now: datetime
) -> None:
    """Store what a whole was split into: each with what the NGO has written so far, its attachments and its share."""
    for part, task in zip(parts, tasks, strict=True):
        values = _columns(part) | _frozen(part) | {"parent_id": change.after.id, "draft": f"part {part.number}"}
        part_id: int = (await db.execute(_REGISTER, values | {"number": part.number})).scalar_one()
        await _copy_lines(db, change.after.id, part_id)
        stored = await by_id(db, part_id)
        assert stored is not None  # inserted three lines above  # noqa: S101
        tell = ((Audience.DEPARTMENT, Notice.FORWARDED_HERE),)
        step = Change(stored, stored, change.action, change.actor, task, department_id=part.department_id, tell=tell)
        await _write_down(db, step, now, source=None)


_OF_THE_NGO = (Action.ASK, Action.CLARIFY, Action.REPLY, Action.ADD)


async def _copy_lines(db: AsyncConnection, whole_id: int, part_id: int) -> None:
    """What was asked, added and replied, with its attachments: the part is understood without the whole."""
    here = and_(entries.c.question_id == whole_id, entries.c.action.in_(_OF_THE_NGO))
    for row in list(await db.execute(select(entries).where(here).order_by(entries.c.id))):
        line = {key: value for key, value in row._mapping.items() if key != "id"}
        copy = line | {"question_id": part_id, "source": None}
        entry_id: int = (await db.execute(_ENTER, copy)).scalar_one()
        await attach(db, part_id, entry_id, await attachments_of(db, row.id))


async def parts_of(db: AsyncConnection, question_id: int, *, to_change: bool = False) -> list[Question]:
    """What a whole was split into."""
    if to_change:
        mine = select(questions.c.id).where(questions.c.parent_id == question_id)
        await db.execute(mine.order_by(questions.c.id).with_for_update())
    query = _QUESTIONS.where(questions.c.parent_id == question_id).order_by(questions.c.id)
    return [_question(row) for row in await db.execute(query)]


def _frozen(question: Question) -> dict[str, Any]:
    """What stays as it was at registration."""
    return {
        "kind": question.kind,
        "text": question.text,
        "language": question.language,
        "public": question.public,
        "author_id": question.author_id,
        "organization_id": question.organization_id,
        "topic_id": question.topic_id,
        "registered_at": question.registered_at,
        "term": question.term,
    }


def _columns(question: Question) -> dict[str, Any]:
    """What a step may change; the rest of a question is frozen at registration."""
    return {
        "status": question.status,
        "department_id": question.department_id,
        "responsible_id": question.responsible_id,
        "counted_from": question.counted_from,
        "due_on": question.due_on,
        "reopened": question.reopened,
        "verdict": question.verdict,
        "ending": question.ending,
        "answered_at": question.answered_at,
        "react_by": question.react_by,
        "remind_on": question.remind_on,
        "rungs": question.rungs,
        "received_at": question.received_at,
        "been_in": _stored(question.been_in),
        "came_back": question.came_back,
        "waiting_since": question.waiting_since,
        "unclear": question.unclear,
        "paused": question.paused,
        "extend_to": question.extend_to,
        "extended_from": question.extended_from,
        "proposed_id": question.proposed_id,
        "co_departments": _stored(question.co_departments),
        "parts_owed": _stored(question.parts_owed),
    }


async def record(db: AsyncConnection, change: Change, now: datetime, *, source: str | None = None) -> int | None:
    """Store one step and promise what it makes to be told. Returns the history line's id.

    `source` names the message or form it came from; the same source a second time returns None and changes nothing.
    """
    if source is not None and await db.scalar(select(entries.c.id).where(entries.c.source == source)):
        return None
    if change.after.status in OPEN and change.after.responsible_id not in (None, change.before.responsible_id):
        await _still_works_there(db, change.after)
    here = questions.c.id == change.after.id
    await db.execute(update(questions).where(here).values(_columns(change.after)))
    entry_id = await _write_down(db, change, now, source)
    if change.action is Action.PROPOSE:
        await db.execute(update(questions).where(here).values(proposed_id=entry_id))
    if change.action in ANSWERS and change.outcome is Outcome.PROMISED and change.until:
        by_id = change.assignee_id if change.action is Action.APPROVE else change.actor_id  # whoever wrote it
        await promises.make(db, change.after, by_id, change.text, change.until, now)
    return entry_id


async def _still_works_there(db: AsyncConnection, question: Question) -> None:
    """Who gets a question is an official of its department until the commit.

    Races an administrator who removes them, and who would hand over only what they see them hold.
    """
    query = select(officials.c.department_id).where(officials.c.person_id == question.responsible_id)
    if await db.scalar(query.with_for_update(read=True)) != question.department_id:
        raise NotInThisStatus


def _side(change: Change) -> str:
    """On whose side the actor took this step: an official may speak for an NGO as well."""
    here = standing(change.before, change.actor)
    rule = RULES.get((change.before.status, change.action))
    acted_as = here & rule.who if rule else here
    if Who.NGO in acted_as:
        return "ngo"
    return "clock" if Who.CLOCK in acted_as else "city"


async def _write_down(db: AsyncConnection, change: Change, now: datetime, source: str | None) -> int:
    line = {
        "question_id": change.after.id,
        "at": now,
        "action": change.action,
        "actor_id": change.actor_id,
        "actor_side": _side(change),
        "text": "" if change.action is Action.ASK else change.text,
        "outcome": change.outcome,
        "assignee_id": change.assignee_id,
        "department_id": change.department_id,
        "from_department_id": _left(change),
        "until": change.until,
        "despite": change.despite,
        "source": source,
    }
    entry_id: int = (await db.execute(_ENTER, line)).scalar_one()
    await attach(db, change.after.id, entry_id, change.attachments)
    for audience, notice in change.tell:
        await _tell(db, change, entry_id, audience, notice, now)
    await groups.tell(db, change, entry_id, now)
    recorded(db, change.after.number, change.action)
    return entry_id


def _left(change: Change) -> int | None:
    """The department that has it no more; of a note, the one that has it."""
    before = change.before.department_id
    return before if before != change.after.department_id or change.action is Action.NOTE else None


async def attach(db: AsyncConnection, question_id: int, entry_id: int, attached: tuple[Attachment, ...]) -> None:
    """Attachments of one history line; an album comes in several messages."""
    if not attached:
        return
    rows = [
        {
            "question_id": question_id,
            "entry_id": entry_id,
            "kind": a.kind,
            "message_id": a.message_id,
            "file_id": a.file_id,
            "file_unique_id": a.file_unique_id,
            "name": a.name,
            "size": a.size,
            "duration": a.duration,
            "latitude": a.latitude,
            "longitude": a.longitude,
            "album": a.album,
        }
        for a in attached
    ]
    await db.execute(attachments.insert(), rows)


_TO_THE_ACTOR_TOO = frozenset({Notice.REGISTERED, Notice.REOPENED})
_WITH_ATTACHMENTS = frozenset(
    {
        Notice.NEW,
        Notice.ASSIGNED,
        Notice.ANSWERED,
        Notice.ADDITION,
        Notice.CLARIFY,
        Notice.CORRECTED,
        Notice.REPLIED,
        Notice.PROPOSED,
        Notice.REOPENED_FOR_HEAD,
        Notice.PART_DONE,
    }
)
_WITH_THOSE_OF_THE_QUESTION = frozenset({Notice.FORWARDED_HERE, Notice.INVOLVED})
"""For somebody who sees it for the first time."""
_OF_THE_MORNING = frozenset({Notice.NEW, Notice.FORWARDED_HERE})


_WANT_AT_ONCE = (
    select(people.c.id)
    .where(people.c.id.in_(bindparam("told", expanding=True)), people.c.wants == Wants.AT_ONCE)
    .order_by(people.c.id)
)
_OFFICIALS = prepared(
    select(officials.c.person_id)
    .where(officials.c.department_id == bindparam("department"))
    .order_by(officials.c.person_id)
)
_ADMINS = prepared(select(admins.c.person_id).order_by(admins.c.person_id))


async def _tell(
    db: AsyncConnection, change: Change, entry_id: int, audience: Audience, notice: Notice, now: datetime
) -> None:
    """One outbox row a person, and one an album behind it; the key makes each stage reach each person once."""
    told = await _audience(db, change, audience, now)
    if notice in _OF_THE_MORNING and change.after.kind is Kind.THANKS:
        told = _with_whoever_is_thanked(told, change.assignee_id)
    elif notice in _OF_THE_MORNING:
        told = await _without_those_who_wait_for_the_morning(db, told)
    about = change.after.id
    for person_id in told:
        by_themselves = person_id == change.actor_id
        if by_themselves and notice not in _TO_THE_ACTOR_TOO:
            continue
        priority = outbox.Priority.REPLY if by_themselves else outbox.Priority.NOTICE
        key = f"{notice} {entry_id} {person_id}"
        await outbox.say(db, person_id, notice, {"entry": entry_id}, now, priority=priority, key=key, question_id=about)
        if notice in _WITH_ATTACHMENTS:
            await send_attachments(db, person_id, change.after, entry_id, now, key=key)
        if notice in _WITH_THOSE_OF_THE_QUESTION:
            await send_attachments(db, person_id, change.after, None, now, key=key)


async def _audience(db: AsyncConnection, change: Change, audience: Audience, now: datetime) -> list[int]:
    """Whom this audience of a step consists of now; nobody twice."""
    match audience:
        case Audience.CO_EXECUTOR:
            told = [await _told_of(db, asked, now) or await _admins(db) for asked in sorted(change.co_executors)]
            return list(dict.fromkeys(person_id for of_one in told for person_id in of_one))
        case Audience.HAD_IT:
            had_it = await recipients(db, change.before, Audience.RESPONSIBLE, now)
            heads = await recipients(db, change.after, Audience.HEAD, now)
            return [person_id for person_id in had_it if person_id not in heads]
    return await recipients(db, change.after, audience, now)


def _with_whoever_is_thanked(told: list[int], thanked_id: int | None) -> list[int]:
    """On leave as well; and nobody waits for a morning card, in which thanks do not stand."""
    return told if thanked_id is None or thanked_id in told else [*told, thanked_id]


async def _without_those_who_wait_for_the_morning(db: AsyncConnection, told: list[int]) -> list[int]:
    """New questions come at once only to officials who want them so; the others find them in the morning card."""
    return list(await db.scalars(_WANT_AT_ONCE, {"told": told})) if told else []


async def send_attachments(
    db: AsyncConnection,
    person_id: int,
    question: Question,
    entry_id: int | None,
    now: datetime,
    *,
    key: str | None = None,
    priority: outbox.Priority = outbox.Priority.NOTICE,
) -> int:
    """Promise the attachments of one history line (None: those of the question itself). Returns how many albums."""
    entry_id = entry_id if entry_id is not None else await _first_entry(db, question.id)
    groups = albums(await attachments_of(db, entry_id))
    for index in range(len(groups)):
        await outbox.say(
            db,
            person_id,
            "attachments",
            {"entry": entry_id, "album": index},
            now,
            priority=priority,
            key=f"{key} album {index}" if key else None,
            question_id=question.id,
        )
    return len(groups)


async def _first_entry(db: AsyncConnection, question_id: int) -> int:
    query = select(func.min(entries.c.id)).where(entries.c.question_id == question_id)
    first: int = (await db.execute(query)).scalar_one()
    return first


async def recipients(db: AsyncConnection, question: Question, audience: Audience, now: datetime) -> list[int]:
    """Whom this audience consists of now; nobody twice. Two of them depend on the step: see `_audience`."""
    match audience:
        case Audience.AUTHOR:
            return [question.author_id] if question.author_id else []
        case Audience.NGO:
            return await _ngo(db, question)
        case Audience.ADMINS:
            return await _admins(db)
    staff = await _of_department(db, question, audience)
    if staff and question.department_id:
        staff = leaves.instead(staff, await leaves.stand_ins(db, now, question.department_id))
    return staff or ([] if audience is Audience.RESPONSIBLE else await _admins(db))


async def _told_of(db: AsyncConnection, department_id: int, now: datetime) -> list[int]:
    """The officials of a department, colleagues in the place of those on leave."""
    staff = await _officials(db, department_id)
    return leaves.instead(staff, await leaves.stand_ins(db, now, department_id)) if staff else []


async def _of_department(db: AsyncConnection, question: Question, audience: Audience) -> list[int]:
    """The officials this audience consists of, on leave or not. Whoever had it and left the department is no owner:
    the head hears what becomes of their answers.
    """
    everybody = await _officials(db, question.department_id) if question.department_id else []
    heads = [question.head_id] if question.head_id else everybody
    responsible = [question.responsible_id] if question.responsible_id in everybody else []
    match audience:
        case Audience.RESPONSIBLE:
            return responsible
        case Audience.OWNER:
            return responsible or (heads if question.responsible_id else everybody)
        case Audience.HEAD:
            return heads
        case Audience.APPROVER:
            return heads if question.head_id else []
        case _:
            return everybody


async def _officials(db: AsyncConnection, department_id: int) -> list[int]:
    return list(await db.scalars(_OFFICIALS, {"department": department_id}))


async def _admins(db: AsyncConnection) -> list[int]:
    return list(await db.scalars(_ADMINS))


async def _ngo(db: AsyncConnection, question: Question) -> list[int]:
    query = select(representatives.c.person_id).where(
        representatives.c.organization_id == question.organization_id,
        representatives.c.state == RepresentativeState.VERIFIED,
    )
    found = set(await db.scalars(query)) if question.organization_id else set()
    return sorted(found | ({question.author_id} if question.author_id else set()))


_ATTACHMENTS = prepared(
    select(attachments).where(attachments.c.entry_id == bindparam("line")).order_by(attachments.c.id)
)


async def attachments_of(db: AsyncConnection, entry_id: int) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(
            AttachmentKind(row.kind),
            row.message_id,
            row.file_id,
            row.file_unique_id,
            row.name,
            row.size,
            row.duration,
            row.latitude,
            row.longitude,
            row.album,
        )
        for row in await db.execute(_ATTACHMENTS, {"line": entry_id})
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a question's history. `actor` is empty for the program and for a forgotten person."""

    id: int
    at: datetime
    action: Action
    side: str
    actor: str
    text: str
    outcome: Outcome | None
    assignee: str
    attachments: int
    post: str = ""
    """Of the actor: it is not always the responsible official who answers."""
    actor_id: int | None = None
    assignee_post: str = ""
    assignee_id: int | None = None
    despite: str = ""
    """The warning after which it was sent all the same."""
    department: Names | None = None
    """To which it was given, or which was asked for a part or did it."""
    from_department: Names | None = None
    from_department_id: int | None = None
    """Of a note: who had the question when it was written. Before this was kept, nobody."""
    until: date | None = None
    internal: bool = False
    """A note of another department, of which the reader learns no more."""


_actor = people.alias("actor")
_actor_official = officials.alias("actor_official")
_assignee = people.alias("assignee")
_assignee_official = officials.alias("assignee_official")
_to = departments.alias("to")
_from = departments.alias("from")


def _entries() -> Select[Any]:
    attached = select(func.count()).where(attachments.c.entry_id == entries.c.id).scalar_subquery()
    return (
        select(
            entries,
            _actor.c.name.label("telegram_name"),
            _actor_official.c.name.label("official_name"),
            _actor_official.c.post,
            _assignee.c.name.label("assignee_telegram"),
            _assignee_official.c.name.label("assignee_official"),
            _assignee_official.c.post.label("assignee_post"),
            *(_to.c[f"name_{x}"].label(f"to_{x}") for x in _NAMES),
            *(_from.c[f"name_{x}"].label(f"from_{x}") for x in _NAMES),
            attached.label("attached"),
        )
        .outerjoin(_actor, _actor.c.id == entries.c.actor_id)
        .outerjoin(_actor_official, _actor_official.c.person_id == entries.c.actor_id)
        .outerjoin(_assignee, _assignee.c.id == entries.c.assignee_id)
        .outerjoin(_assignee_official, _assignee_official.c.person_id == entries.c.assignee_id)
        .outerjoin(_to, _to.c.id == entries.c.department_id)
        .outerjoin(_from, _from.c.id == entries.c.from_department_id)
    )


_LINES = prepared(_entries().where(entries.c.question_id == bindparam("question")).order_by(entries.c.id))
_LINES_FOR_AN_NGO = _LINES.where(entries.c.action.not_in(CITY_ONLY))
_LINE = prepared(_entries().where(entries.c.id == bindparam("line")))


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        id=row.id,
        at=row.at,
        action=Action(row.action),
        side=row.actor_side,
        actor=row.official_name or row.telegram_name or "",
        text=row.text,
        outcome=Outcome(row.outcome) if row.outcome else None,
        assignee=row.assignee_official or row.assignee_telegram or "",
        attachments=row.attached,
        post=row.post or "",
        actor_id=row.actor_id,
        assignee_id=row.assignee_id,
        despite=row.despite,
        assignee_post=row.assignee_post or "",
        department=_named(row, "to"),
        from_department=_named(row, "from"),
        from_department_id=row.from_department_id,
        until=row.until,
    )


async def history_for(db: AsyncConnection, question: Question, person: Person) -> list[Entry]:
    """Line by line, as this person may read it. Of a former department's note it says only that there is one."""
    lines = await history(db, question.id, inside=sees_all_lines(question, person))
    return [
        line
        if line.action is not Action.NOTE or reads_note(question, person, line.from_department_id, line.actor_id)
        else replace(line, text="", attachments=0, actor="", internal=True)
        for line in lines
    ]


async def history(db: AsyncConnection, question_id: int, *, inside: bool = True) -> list[Entry]:
    """Line by line; without `inside` as an NGO sees it: without what is of the city alone, or not answered yet."""
    if inside:
        return [_entry(row) for row in await db.execute(_LINES, {"question": question_id})]
    found = await db.execute(_LINES_FOR_AN_NGO, {"question": question_id})
    return _as_answered([replace(_entry(row), despite="") for row in found])


def _as_answered(lines: list[Entry]) -> list[Entry]:
    """What a co-executor wrote is for the joint answer: until that goes out, the NGO reads that its part is done."""
    answered = max((n for n, line in enumerate(lines) if line.action in ANSWERS), default=-1)
    return [
        replace(line, text="", attachments=0) if line.action is Action.PART_DONE and n > answered else line
        for n, line in enumerate(lines)
    ]


async def entry(db: AsyncConnection, entry_id: int) -> Entry | None:
    row = (await db.execute(_LINE, {"line": entry_id})).one_or_none()
    return _entry(row) if row else None


async def _page(db: AsyncConnection, order: Sequence[Any], where: Any, page: int, size: int = PAGE) -> Page[Question]:
    """Which ones is decided by the ids alone: both databases would carry every column of every row through the sort."""
    total = await db.scalar(select(func.count()).select_from(questions).where(where)) or 0
    section = Section(page, total, size)
    query = select(questions.c.id).where(where).order_by(*order).limit(size).offset(section.first)
    here = list(await db.scalars(query))
    found = {question.id: question for question in await many(db, here)} if here else {}
    return Page([found[question_id] for question_id in here], section)


async def of_ngo(db: AsyncConnection, person: Person, *, closed: bool, page: int) -> Page[Question]:
    """The NGO's questions as this person may see them, newest first; `closed` chooses the filter."""
    mine = questions.c.author_id == person.id
    if person.organization_id is not None:
        mine = or_(mine, questions.c.organization_id == person.organization_id)
    # Neither the status nor the id as they stand: a database would take the index of all that is closed, or walk all
    # questions from the newest on until it has met five of these.
    status = questions.c.status.concat("")
    state = status.in_(CLOSED) if closed else status.not_in(CLOSED)
    return await _page(db, [(questions.c.id + 0).desc()], and_(mine, state), page)


def urgency(today: date, soon: date) -> Case[int]:
    """The order of a department's list: overdue, due today, due until `soon`, waiting for the NGO, new, the rest."""
    return case(
        (questions.c.due_on < today, literal(Urgency.OVERDUE.value)),
        (questions.c.due_on == today, literal(Urgency.TODAY.value)),
        (questions.c.due_on <= soon, literal(Urgency.SOON.value)),
        (questions.c.status == Status.WAITING, literal(Urgency.WAITING.value)),
        (questions.c.status == Status.REGISTERED, literal(Urgency.NEW.value)),
        else_=literal(Urgency.REST.value),
    )


def owed_by(department_id: int | None) -> Any:
    """Open questions of a department; None: those without one, for administrators."""
    here = questions.c.department_id == department_id if department_id else questions.c.department_id.is_(None)
    return and_(here, questions.c.status.in_(OPEN))


async def inbox_of(
    db: AsyncConnection,
    department_id: int | None,
    *,
    today: date,
    soon: date,
    page: int,
    size: int = PAGE,
    only: frozenset[int] | None = None,
) -> Page[Question]:
    """What a department owes, the most urgent first; `only` what these officials owe."""
    where = owed_by(department_id)
    if only is not None:
        where = and_(where, questions.c.responsible_id.in_(only))
    return await _page(db, [urgency(today, soon), questions.c.due_on, questions.c.id], where, page, size)


async def held_by(db: AsyncConnection, person_id: int) -> list[Question]:
    """The open questions of an official who leaves their department, locked: they may be answering one now."""
    here = and_(questions.c.responsible_id == person_id, questions.c.status.in_(OPEN))
    await db.execute(select(questions.c.id).where(here).order_by(questions.c.id).with_for_update())
    return [_question(row) for row in await db.execute(_QUESTIONS.where(here).order_by(questions.c.id))]


async def count_held(db: AsyncConnection, person_id: int) -> int:
    here = and_(questions.c.responsible_id == person_id, questions.c.status.in_(OPEN))
    return await db.scalar(select(func.count()).select_from(questions).where(here)) or 0


async def count_owed(db: AsyncConnection, department_id: int) -> int:
    return await db.scalar(select(func.count()).select_from(questions).where(owed_by(department_id))) or 0


async def many(db: AsyncConnection, question_ids: list[int]) -> list[Question]:
    """For the program itself: these questions, by their ids."""
    rows = await db.execute(_QUESTIONS.where(questions.c.id.in_(question_ids)).order_by(questions.c.id))
    return [_question(row) for row in rows]


async def all_open(db: AsyncConnection) -> list[Question]:
    """Every question to which an answer is owed by a date, locked: its date is about to be reckoned anew."""
    here = and_(questions.c.status.in_(OPEN), questions.c.due_on.isnot(None))
    await db.execute(select(questions.c.id).where(here).order_by(questions.c.id).with_for_update())
    return [_question(row) for row in await db.execute(_QUESTIONS.where(here).order_by(questions.c.id))]


async def move(db: AsyncConnection, moved: list[tuple[int, date | None, date | None]]) -> None:
    """(id, new due date, next reminder day) of each question whose date the calendar moved."""
    if moved:
        row = update(questions).where(questions.c.id == bindparam("of"))
        row = row.values(due_on=bindparam("until"), remind_on=bindparam("next"))
        await db.execute(row, [{"of": q, "until": due_on, "next": day} for q, due_on, day in moved])


async def people_of_ngos(db: AsyncConnection, organization_ids: list[int | None]) -> dict[int, list[int]]:
    """The verified representatives of these NGOs."""
    wanted = sorted({o for o in organization_ids if o is not None})
    found: dict[int, list[int]] = {}
    query = select(representatives.c.organization_id, representatives.c.person_id).where(
        representatives.c.organization_id.in_(wanted), representatives.c.state == RepresentativeState.VERIFIED
    )
    for row in await db.execute(query):
        found.setdefault(row.organization_id, []).append(row.person_id)
    return found


_REMINDED = _QUESTIONS.with_hint(questions, "INDEXED BY ix_questions_remind_on_open", "sqlite")
"""SQLite guesses that a status is rarer than a day, and would read every open question: ten times as long."""
_AS_INDEXED = text("questions.status IN ('registered', 'in_work', 'waiting')")
"""`OPEN` as the condition of that index says it: a partial index serves only a query in its own words."""


async def to_remind(db: AsyncConnection, today: date) -> list[Question]:
    """Open questions whose next reminder day has come, or was not reckoned yet."""
    due = or_(questions.c.remind_on.is_(None), questions.c.remind_on <= today)
    here = and_(_AS_INDEXED, due, questions.c.due_on.isnot(None))
    return [_question(row) for row in await db.execute(_REMINDED.where(here).order_by(questions.c.id))]


async def reminded(db: AsyncConnection, reckoned: list[tuple[int, date | None, int]]) -> None:
    """(id, next reminder day, rungs of the ladder that have heard) of each question that was looked at."""
    if reckoned:
        row = update(questions).where(questions.c.id == bindparam("of"))
        row = row.values(remind_on=bindparam("next"), rungs=bindparam("heard"))
        await db.execute(row, [{"of": q, "next": day, "heard": rungs} for q, day, rungs in reckoned])


async def unjudged(db: AsyncConnection, today: date, limit: int) -> list[int]:
    """Answers whose last day for a verdict has passed."""
    query = select(questions.c.id).where(questions.c.status == Status.ANSWERED, questions.c.react_by < today)
    return list(await db.scalars(query.order_by(questions.c.id).limit(limit)))


async def waits_for(db: AsyncConnection, person: Person, limit: int) -> list[Question]:
    """Questions about which a department has asked this person or their NGO something, the oldest first."""
    theirs = questions.c.author_id == person.id
    if person.organization_id is not None:
        theirs = or_(theirs, questions.c.organization_id == person.organization_id)
    query = _QUESTIONS.where(theirs, questions.c.status == Status.WAITING)
    return [_question(row) for row in await db.execute(query.order_by(questions.c.waiting_since).limit(limit))]


async def answered_since(db: AsyncConnection, person: Person, since: datetime, limit: int) -> list[Question]:
    """Questions of this person or their NGO whose answer came since then and stands, the newest answer first."""
    theirs = questions.c.author_id == person.id
    if person.organization_id is not None:
        theirs = or_(theirs, questions.c.organization_id == person.organization_id)
    gone = and_(questions.c.ending.isnot(None), questions.c.ending == Ending.NO_REPLY)
    query = _QUESTIONS.where(theirs, questions.c.answered_at >= since, not_(gone))
    return [_question(row) for row in await db.execute(query.order_by(questions.c.answered_at.desc()).limit(limit))]


async def waiting_since(db: AsyncConnection, until: datetime, limit: int | None = None) -> list[Question]:
    """Questions whose NGO was asked something until this moment and has not replied; not those that may be closed."""
    here = and_(
        questions.c.status == Status.WAITING, questions.c.waiting_since <= until, questions.c.unclear.is_(False)
    )
    query = _QUESTIONS.where(here).order_by(questions.c.waiting_since, questions.c.id).limit(limit)
    return [_question(row) for row in await db.execute(query)]


async def to_approve(db: AsyncConnection) -> list[Question]:
    """Open questions with an answer or a later date that waits for somebody's word."""
    asked = or_(questions.c.proposed_id.isnot(None), questions.c.extend_to.isnot(None))
    return [_question(row) for row in await db.execute(_REMINDED.where(_AS_INDEXED, asked).order_by(questions.c.id))]


async def last_line(db: AsyncConnection, question_id: int, *actions: Action) -> Entry | None:
    """The newest line of its history that is one of these steps."""
    query = _entries().where(entries.c.question_id == question_id, entries.c.action.in_(actions))
    row = (await db.execute(query.order_by(entries.c.id.desc()).limit(1))).first()
    return _entry(row) if row else None


@dataclass(frozen=True, slots=True)
class Exported:
    """A question with its last answer, for a table."""

    question: Question
    outcome: Outcome | None
    answer: str


async def count(db: AsyncConnection) -> int:
    return await db.scalar(select(func.count()).select_from(questions)) or 0


async def newest(db: AsyncConnection, limit: int) -> list[Exported]:
    """For an administrator's table, the newest first."""
    query = select(entries.c.question_id, entries.c.outcome, entries.c.text).where(entries.c.action.in_(ANSWERS))
    answers = {row.question_id: (row.outcome, row.text) for row in await db.execute(query.order_by(entries.c.id))}
    found = []
    for row in await db.execute(_QUESTIONS.order_by(questions.c.id.desc()).limit(limit)):
        outcome, answer = answers.get(row.id, (None, ""))
        found.append(Exported(_question(row), Outcome(outcome) if outcome else None, answer))
    return found


__all__ = ["Clock", "Entry", "Page"]

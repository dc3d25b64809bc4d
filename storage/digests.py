"""What the morning card and the week's summary say, as numbers and lines."""

from dataclasses import dataclass
from datetime import date, datetime
from statistics import median

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.people import Names
from domain.question import ANSWERS, OPEN, Action, Kind, Outcome, Question, Urgency, Verdict
from storage.questions import inbox_of, owed_by, urgency
from storage.tables import departments, entries, officials, organizations, questions

TOP = 10
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Digest:
    """A department's morning: how many in each group, the ten most urgent, and what became of yesterday's answers."""

    counts: dict[Urgency, int]
    top: list[Question]
    answered: list[tuple[str, Verdict | None]]
    added: list[tuple[str, str]]  # (number, what the NGO wrote) since the last morning

    @property
    def total(self) -> int:
        return sum(self.counts.values())


async def anything_to_say(db: AsyncConnection, department_id: int, yesterday: Span) -> bool:
    """Nothing to say: no message."""
    owed = await db.scalar(select(questions.c.id).where(owed_by(department_id)).limit(1))
    told = owed is not None or bool(await _answered(db, department_id, yesterday))
    return told or bool(await _added(db, department_id, yesterday, None))


async def of_department(
    db: AsyncConnection,
    department_id: int,
    *,
    today: date,
    soon: date,
    yesterday: Span,
    only: frozenset[int] | None = None,
) -> Digest:
    """`only` an official and those they stand in for: what these are responsible for."""
    page = await inbox_of(db, department_id, today=today, soon=soon, page=0, size=TOP, only=only)
    group = urgency(today, soon)
    where = owed_by(department_id)
    if only is not None:
        where = and_(where, questions.c.responsible_id.in_(only))
    counted = await db.execute(select(group.label("group"), func.count()).where(where).group_by(group))
    return Digest(
        {Urgency(row[0]): row[1] for row in counted},
        page.found,
        await _answered(db, department_id, yesterday),
        await _added(db, department_id, yesterday, only),
    )


async def _answered(db: AsyncConnection, department_id: int, span: Span) -> list[tuple[str, Verdict | None]]:
    """The numbers answered in this span, each with the NGO's verdict so far."""
    since, until = span
    query = (
        select(questions.c.number, questions.c.verdict)
        .join(entries, entries.c.question_id == questions.c.id)
        .where(
            questions.c.department_id == department_id,
            entries.c.action.in_(ANSWERS),
            entries.c.at >= since,
            entries.c.at < until,
        )
        .order_by(questions.c.id)
    )
    return [(row.number, Verdict(row.verdict) if row.verdict else None) for row in await db.execute(query)]


async def _added(
    db: AsyncConnection, department_id: int, span: Span, only: frozenset[int] | None
) -> list[tuple[str, str]]:
    """What NGOs wrote about this department's questions in this span, in whatever status these are."""
    since, until = span
    query = (
        select(questions.c.number, entries.c.text)
        .join(questions, questions.c.id == entries.c.question_id)
        .where(
            questions.c.department_id == department_id,
            entries.c.action.in_((Action.ADD, Action.REPLY)),
            entries.c.at >= since,
            entries.c.at < until,
        )
        .order_by(entries.c.id)
    )
    if only is not None:
        query = query.where(questions.c.responsible_id.in_(only))
    return [(row.number, row.text) for row in await db.execute(query)]


@dataclass(frozen=True, slots=True)
class Thanks:
    """One thank-you: from whom, to which department and whom there. Empty where somebody was forgotten."""

    number: str
    organization: str
    department: Names | None
    person: str


async def thanks(db: AsyncConnection, span: Span) -> list[Thanks]:
    """Those that came in this span, in their order."""
    since, until = span
    thanked = officials.alias("thanked")
    query = (
        select(
            questions.c.number,
            organizations.c.name.label("organization"),
            *(departments.c[f"name_{x}"] for x in ("en", "ru", "kk")),
            thanked.c.name.label("person"),
        )
        .select_from(questions)
        .outerjoin(organizations, organizations.c.id == questions.c.organization_id)
        .outerjoin(departments, departments.c.id == questions.c.department_id)
        .outerjoin(entries, and_(entries.c.question_id == questions.c.id, entries.c.action == Action.ASK))
        .outerjoin(thanked, thanked.c.person_id == entries.c.assignee_id)
        .where(questions.c.kind == Kind.THANKS, questions.c.registered_at >= since, questions.c.registered_at < until)
        .order_by(questions.c.id)
    )
    return [
        Thanks(
            row.number,
            row.organization or "",
            Names(row.name_en, row.name_ru, row.name_kk) if row.name_en else None,
            row.person or "",
        )
        for row in await db.execute(query)
    ]


@dataclass(frozen=True, slots=True)
class Week:
    """A week in numbers. `median_days` are calendar days from registration to answer; None: nothing was answered."""

    registered: int
    answered: int
    solved: int
    promised: int
    median_days: float | None
    open: int
    overdue: int


async def week(db: AsyncConnection, department_id: int | None, span: Span, today: date) -> Week:
    """None: all departments together."""
    since, until = span
    here = questions.c.department_id == department_id if department_id else questions.c.id.isnot(None)

    async def count(*conditions: object) -> int:
        return await db.scalar(select(func.count()).select_from(questions).where(here, *conditions)) or 0  # type: ignore[arg-type]

    answers = select(entries.c.at, entries.c.outcome, questions.c.registered_at, questions.c.verdict).join(
        questions, questions.c.id == entries.c.question_id
    )
    given = list(
        await db.execute(
            answers.where(here, entries.c.action.in_(ANSWERS), entries.c.at >= since, entries.c.at < until)
        )
    )
    days = [(row.at - row.registered_at).total_seconds() / 86_400 for row in given]
    return Week(
        registered=await count(questions.c.registered_at >= since, questions.c.registered_at < until),
        answered=len(given),
        solved=sum(row.verdict == Verdict.SOLVED for row in given),
        promised=sum(row.outcome == Outcome.PROMISED for row in given),
        median_days=median(days) if days else None,
        open=await count(questions.c.status.in_(OPEN)),
        overdue=await count(questions.c.status.in_(OPEN), questions.c.due_on < today),
    )

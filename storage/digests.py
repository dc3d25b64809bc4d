"""What the morning card and the week's summary say, as numbers and lines."""

from dataclasses import dataclass
from datetime import date, datetime
from statistics import median

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.question import ANSWERS, OPEN, Outcome, Question, Urgency, Verdict
from storage.questions import inbox_of, owed_by, urgency
from storage.tables import entries, questions

TOP = 10
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Digest:
    """A department's morning: how many in each group, the ten most urgent, and what became of yesterday's answers."""

    counts: dict[Urgency, int]
    top: list[Question]
    answered: list[tuple[str, Verdict | None]]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


async def anything_to_say(db: AsyncConnection, department_id: int, yesterday: Span) -> bool:
    """Nothing to say: no message."""
    owed = await db.scalar(select(questions.c.id).where(owed_by(department_id)).limit(1))
    return owed is not None or bool(await _answered(db, department_id, yesterday))


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
        page.questions,
        await _answered(db, department_id, yesterday),
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

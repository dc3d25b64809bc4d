"""How the clock's messages read: reminders, the department's morning card, the week's summary, "it is late".

Like every notice they are put into words when they go out: what was answered meanwhile is not reminded of.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.city import City
from domain.ladder import Rung
from domain.part import Part
from domain.people import Names, Person
from domain.question import OPEN, Question, Urgency, visible
from domain.reminders import Stage
from handlers import cards, shares
from handlers.speech import Block, Button, Call, messages
from storage import departments, digests, parts, questions
from storage.outbox import Outgoing
from texts import N_, Words
from texts.labels import VERDICT_LABELS


@dataclass(frozen=True)
class Morning:
    """What a template of the clock is given."""

    db: AsyncConnection
    row: Outgoing
    person: Person
    words: Words
    city: City
    today: date


Said = tuple[list[Block], list[list[Button]]]


async def render(
    db: AsyncConnection, row: Outgoing, person: Person, words: Words, city: City, now: datetime
) -> list[Call]:
    said = await TEMPLATES[row.template](Morning(db, row, person, words, city, city.today(now)))
    if said is None:
        return []
    blocks, buttons = said
    return messages(person.id, blocks, buttons, simple=person.simple)


def _said(m: Morning, blocks: list[Block], shown: list[Question], rest: int = 0) -> Said:
    """A message with a button for each question, so that every line opens its question, and one for the rest."""
    buttons = [[Button(q.number, f"card:{q.number}")] for q in shown[: digests.TOP]]
    if rest > 0 and m.person.official:
        buttons.append([Button(m.words.label("show_all"), "inbox:0")])
    return blocks, buttons


async def _folded(m: Morning) -> Said | None:
    """What came due at one moment for one person, in one message; a button that several parts have stands once."""
    blocks: list[Block] = []
    buttons: list[list[Button]] = []
    drawn = {key: m.row.facts[key] for key in ("shown",) if key in m.row.facts}
    for template, facts in m.row.facts["parts"]:
        said = await TEMPLATES[template](replace(m, row=replace(m.row, template=template, facts=facts | drawn)))
        if said is not None:
            blocks += said[0]
            buttons += [row for row in said[1] if row not in buttons]
    return (blocks, buttons) if blocks else None


# --- reminders ------------------------------------------------------------------------------------------------------

_STAGES = {
    Stage.LATE: N_("<b>Overdue</b>"),
    Stage.DUE: N_("<b>Due today</b>"),
    Stage.ONE_DAY: N_("<b>Due on the next working day</b>"),
    Stage.THREE_DAYS: N_("<b>Due within 3 working days</b>"),
    Stage.HALF_TERM: N_("<b>Half of the term has passed</b>"),
}
_RUNGS = {
    Rung.HEAD: N_("the head of the department"),
    Rung.ADMINS: N_("the administrators"),
    Rung.DEPUTY_MAYOR: N_("the deputy mayor"),
}


async def _reminders(m: Morning) -> Said | None:
    """What is still owed of what was due when the message was promised, the most urgent first."""
    lines: dict[int, dict[str, Any]] = {line["question"]: line for line in m.row.facts["lines"]}
    found = [q for q in await questions.many(m.db, list(lines)) if q.status in OPEN and visible(q, m.person)]
    if not found:
        return None
    order = list(_STAGES)
    found.sort(key=lambda q: (order.index(Stage(lines[q.id]["stage"])), q.due_on or m.today, q.id))
    blocks: list[Block] = [m.words.say("<b>Reminder</b>")]
    heading = ""
    for question in found[: digests.TOP]:
        line = lines[question.id]
        if line["stage"] != heading:
            heading = line["stage"]
            blocks.append(m.words.say(_STAGES[Stage(heading)]))
        blocks.append(_reminder_line(m, question, line))
    rest = len(found) - digests.TOP
    if rest > 0:
        blocks.append(_more(m.words, rest))
    return _said(m, blocks, found, rest)


def _reminder_line(m: Morning, question: Question, line: dict[str, Any]) -> Markup:
    return cards.lines(
        cards.list_line(m.words, question, m.today),
        m.words.say("Told on the ladder: {who}", who=m.words.say(_RUNGS[Rung(line["rung"])])) if line["rung"] else None,
        m.words.say("Responsible: {who}", who=cards.responsible(m.words, question)) if line["rung"] else None,
        m.words.count("Late by {n} working day.", "Late by {n} working days.", line["late"]) if line["late"] else None,
        _next_rung(m.words, line["next"]),
    )


def _next_rung(words: Words, coming: list[str] | None) -> Markup | None:
    """Each step of the ladder says who is next and when."""
    if coming is None:
        return None
    day, rung = date.fromisoformat(coming[0]), Rung(coming[1])
    return words.say("Next to be told: {who}, {date}", who=words.say(_RUNGS[rung]), date=words.day(day))


def _more(words: Words, n: int) -> Markup:
    return words.count("And {n} more: /inbox", "And {n} more: /inbox", n)


async def _late(m: Morning) -> Said | None:
    """For the NGO, once a question: the answer is late, and who has been told."""
    told: dict[int, list[str]] = {line["question"]: line["rungs"] for line in _late_lines(m.row)}
    found = [
        q for q in await questions.many(m.db, list(told)) if q.status in OPEN and q.due_on and visible(q, m.person)
    ]
    if not found:
        return None
    blocks: list[Block] = [_late_line(m, question, told[question.id]) for question in found[: digests.TOP]]
    rest = len(found) - digests.TOP
    if rest > 0:
        blocks.append(m.words.count("And {n} more: /my", "And {n} more: /my", rest))
    return blocks, []


def _late_lines(row: Outgoing) -> list[dict[str, Any]]:
    """A row promised by an older version speaks of one question."""
    return row.facts["lines"] if "lines" in row.facts else [{"question": row.question_id, "rungs": row.facts["rungs"]}]


def _late_line(m: Morning, question: Question, rungs: list[str]) -> Markup:
    told = ", ".join(m.words.say(_RUNGS[Rung(rung)]) for rung in rungs)
    return cards.lines(
        m.words.say(
            "<b>№ {number}</b>: the answer is late. It was due on {date}.",
            number=question.number,
            date=m.words.day(question.due_on or m.today),
        ),
        m.words.say("Told of it: {who}", who=told),
    )


# --- the morning card -----------------------------------------------------------------------------------------------

_COUNTED = {
    Urgency.OVERDUE: N_("Overdue: {n}"),
    Urgency.TODAY: N_("Due today: {n}"),
    Urgency.SOON: N_("Due within 3 working days: {n}"),
    Urgency.WAITING: N_("Waiting for the NGO: {n}"),
    Urgency.NEW: N_("New: {n}"),
    Urgency.REST: N_("In work: {n}"),
}


async def _digest(m: Morning) -> Said | None:
    """Dropped for somebody who no longer works there, and when nothing is left to say."""
    department_id = m.row.facts["department"]
    if m.person.department_id != department_id:
        return None
    only = m.person.answers_for if m.row.facts["mine"] else None
    blocks, shown, rest = await digest(m.db, m.words, m.city, m.today, department_id, only)
    if blocks:
        return _said(m, blocks, shown, rest)
    # Drawn once already and everything answered since: the card says so instead of standing there with old lines.
    return _said(m, [m.words.say("Nothing is waiting for an answer.")], []) if "shown" in m.row.facts else None


async def digest(
    db: AsyncConnection, words: Words, city: City, today: date, department_id: int, only: frozenset[int] | None
) -> tuple[list[Block], list[Question], int]:
    """The department's card as it is now: counts, the ten most urgent, yesterday's answers with the NGOs' verdicts.

    With it the questions shown, and how many more there are.
    """
    department = await departments.department(db, department_id)
    soon = city.soon(today)
    span = city.since_last_morning(today)
    found = await digests.of_department(db, department_id, today=today, soon=soon, yesterday=span, only=only)
    if department is None or not (found.total or found.answered):
        return [], [], 0
    heading = words.say(
        "<b>{department}</b>, {date}", department=department.names.in_(words.language), date=words.weekday(today)
    )
    counts = [words.say(said, n=found.counts[group]) for group, said in _COUNTED.items() if group in found.counts]
    blocks: list[Block] = [cards.lines(heading, *counts)]
    blocks += cards.grouped(words, found.top, today, soon)
    rest = found.total - len(found.top)
    if rest > 0:
        blocks.append(_more(words, rest))
    if found.answered:
        blocks.append(_answered(words, found))
    return blocks, found.top, rest


def _answered(words: Words, found: digests.Digest) -> Markup:
    judged = [
        words.say(
            "{number}: {verdict}",
            number=number,
            verdict=words.label(VERDICT_LABELS[verdict]) if verdict else words.say("not judged yet"),
        )
        for number, verdict in found.answered
    ]
    return cards.lines(words.say("<b>Answered on the last working day</b>"), *judged)


# --- the week -------------------------------------------------------------------------------------------------------


async def _week(m: Morning) -> Said | None:
    """Last week in numbers: a head's department, or the whole city for an administrator."""
    department_id: int | None = m.row.facts["department"]
    allowed = m.person.is_admin if department_id is None else m.person.heads and m.person.department_id == department_id
    if not allowed:
        return None
    until = datetime.combine(date.fromisoformat(m.row.facts["monday"]), time(), m.city.zone)
    week = await digests.week(m.db, department_id, (until - timedelta(days=7), until), m.today)
    if week == digests.Week(0, 0, 0, 0, None, 0, 0):
        return None
    found = await departments.department(m.db, department_id) if department_id else None
    name = _name(m.words, found.names if found else None)
    median = (
        m.words.say("Median time to answer: {days} days", days=f"{week.median_days:.1f}")
        if week.median_days is not None
        else None
    )
    said = cards.lines(
        m.words.say("<b>The last week</b>: {department}", department=name),
        m.words.say("Registered: {n}", n=week.registered),
        m.words.say("Answered: {n}, of them solved: {solved}", n=week.answered, solved=week.solved),
        m.words.say("Promised by a date: {n}", n=week.promised),
        median,
        m.words.say("Open now: {n}, of them overdue: {overdue}", n=week.open, overdue=week.overdue),
    )
    return [said], []


def _name(words: Words, names: Names | None) -> str:
    return names.in_(words.language) if names else str(words.say("all departments"))


# --- the calendar ---------------------------------------------------------------------------------------------------


async def _moved(m: Morning) -> Said | None:
    """The working calendar was corrected: these dates are others now. Those that stayed are not spoken of."""
    was = {line[0]: date.fromisoformat(line[1]) for line in m.row.facts["lines"]}
    found = [q for q in await questions.many(m.db, list(was)) if q.status in OPEN and q.due_on and visible(q, m.person)]
    if not found:
        return None
    said = [
        m.words.say(
            "<b>{number}</b>: answer due on {new}, before {old}",
            number=q.number,
            new=m.words.weekday(q.due_on or m.today),
            old=m.words.day(was[q.id]),
        )
        for q in found[: digests.TOP]
    ]
    rest = len(found) - digests.TOP
    more = m.words.count("And {n} more.", "And {n} more.", rest) if rest > 0 else None
    heading = m.words.say("<b>The working calendar has changed</b>")
    return _said(m, [heading, cards.lines(*said, more)], found)


async def _next_year(m: Morning) -> Said | None:
    """From 1 November, once a week, until somebody has looked."""
    if not m.person.is_admin:
        return None
    said = m.words.say(
        "The working calendar of {year} is not checked yet: days off are moved by decree a few weeks ahead. "
        "Please compare and correct it: /admin, «{calendar}».",
        year=m.row.facts["year"],
        calendar=m.words.label("calendar"),
    )
    return [said], []


# --- parts of other departments' questions --------------------------------------------------------------------------


async def _parts(m: Morning) -> Said | None:
    """For co-executors: what of their parts is still owed."""
    late = {line["part"]: line["late"] for line in m.row.facts["lines"]}
    owed = {part.question_id: part for part in await parts.many(m.db, list(late)) if part.owed}
    found = [q for q in await questions.many(m.db, list(owed)) if q.status in OPEN and visible(q, m.person)]
    if not found:
        return None
    blocks: list[Block] = [m.words.say("<b>Reminder: parts of your department</b>")]
    blocks += [_part_line(m, q, owed[q.id], late[owed[q.id].id]) for q in found[: digests.TOP]]
    rest = len(found) - digests.TOP
    if rest > 0:
        blocks.append(m.words.count("And {n} more.", "And {n} more.", rest))
    return _said(m, blocks, found)


def _part_line(m: Morning, question: Question, part: Part, late: int) -> Markup:
    return cards.lines(
        m.words.say("<b>№ {number}</b>: {part}", number=question.number, part=shares.line(m.words, part)),
        m.words.count("Late by {n} working day.", "Late by {n} working days.", late) if late else None,
    )


TEMPLATES: dict[str, Callable[[Morning], Awaitable[Said | None]]] = {
    "folded": _folded,
    "parts": _parts,
    "reminders": _reminders,
    "late": _late,
    "digest": _digest,
    "week": _week,
    "moved": _moved,
    "next_year": _next_year,
}

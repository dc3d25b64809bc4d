"""How the clock's messages read: reminders, the department's morning card, the week's summary, "it is late".

Like every notice they are put into words when they go out: what was answered meanwhile is not reminded of.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.city import City
from domain.ladder import Rung
from domain.part import Part
from domain.people import Names, Person
from domain.promise import Promise, PromiseStatus
from domain.promise import visible as promised_to
from domain.question import OPEN, Action, Question, Status, Urgency, actions_for, visible
from domain.reminders import Stage
from handlers import cards, keyboards, promises, shares
from handlers.speech import Block, Button, Call, messages
from storage import departments, digests, parts, questions
from storage import promises as ledger
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
    reminded: frozenset[str] = frozenset()
    """Numbers that the same message has reminded of already."""


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
    buttons = keyboards.card(*(q.number for q in shown[: digests.TOP]))
    if rest > 0 and m.person.official:
        buttons.append([Button(m.words.label("show_all"), "inbox:0")])
    return blocks, buttons


async def _folded(m: Morning) -> Said | None:
    """What came due at one moment for one person, in one message; a button that several parts have stands once, and so
    does a question that is reminded of: the card of the department counts it, and leaves its line out.
    """
    blocks: list[Block] = []
    buttons: list[list[Button]] = []
    drawn = {key: m.row.facts[key] for key in ("shown",) if key in m.row.facts}
    for template, facts in m.row.facts["parts"]:
        said = await TEMPLATES[template](replace(m, row=replace(m.row, template=template, facts=facts | drawn)))
        if said is not None:
            if template == "reminders":
                m = replace(m, reminded=frozenset(b.data.partition(":")[2] for row in said[1] for b in row))
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
        _waited_for(m, question),
        m.words.say("Told on the ladder: {who}", who=m.words.say(_RUNGS[Rung(line["rung"])])) if line["rung"] else None,
        m.words.say("Responsible: {who}", who=cards.responsible(m.words, question)) if line["rung"] else None,
        m.words.count("Late by {n} working day.", "Late by {n} working days.", line["late"]) if line["late"] else None,
        _next_rung(m.words, line["next"]),
    )


def _waited_for(m: Morning, question: Question) -> Markup | None:
    """That the department waits for the NGO, or that the days it did so are not counted now."""
    if question.status is Status.WAITING and question.waiting_since is not None:
        return m.words.say(
            "Waiting for the NGO since {date}; the date by law does not change.",
            date=m.words.day(m.city.today(question.waiting_since)),
        )
    if question.overdue(m.today) and question.paused:
        return m.words.count(
            "{n} working day of waiting for the NGO is not counted as late.",
            "{n} working days of waiting for the NGO are not counted as late.",
            question.paused,
        )
    return None


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
    return _said(m, blocks, found)


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
        m.words.say("Told of it: {who}", who=told) if told else None,
    )


# --- what waits for somebody's word ---------------------------------------------------------------------------------


async def _reply_wanted(m: Morning) -> Said | None:
    """For the NGO: departments asked it something and wait."""
    found = [q for q in await questions.many(m.db, m.row.facts["questions"]) if visible(q, m.person)]
    found = [q for q in found if q.status is Status.WAITING]
    if not found:
        return None
    blocks: list[Block] = [m.words.say("<b>A department waits for your reply</b>")]
    blocks += [await _asked(m, question) for question in found[: digests.TOP]]
    blocks.append(
        m.words.count(
            "Without a reply within {n} working day of being asked a question may be closed.",
            "Without a reply within {n} working days of being asked a question may be closed.",
            m.city.reply_term,
        )
    )
    buttons = keyboards.card(*(q.number for q in found[: digests.TOP]))
    if len(found) == 1:
        buttons = [[Button(m.words.label("reply"), f"reply:{found[0].number}")], *buttons]
    return blocks, buttons


async def _asked(m: Morning, question: Question) -> Markup:
    """Number and date, then how the department's words begin."""
    asked = await questions.last_line(m.db, question.id, Action.CLARIFY)
    since = question.waiting_since
    return cards.lines(
        m.words.say(
            "<b>№ {number}</b>: asked on {date}",
            number=question.number,
            date=m.words.day(m.city.today(since)) if since else "",
        ),
        cards.beginning(asked.text) if asked else None,
        cards.due(m.words, question),
    )


async def _decide(m: Morning) -> Said | None:
    """For whoever turns the second key, or decides about a later date."""
    found = [q for q in await questions.many(m.db, m.row.facts["questions"]) if visible(q, m.person)]
    lines = {q.id: _to_decide(m, q) for q in found if q.status in OPEN}
    found = [q for q in found if lines.get(q.id)]
    if not found:
        return None
    said = [m.words.say("<b>Waits for your word</b>"), *(lines[q.id] for q in found[: digests.TOP])]
    return _said(m, [part for part in said if part], found, len(found) - digests.TOP)


def _to_decide(m: Morning, question: Question) -> Markup | None:
    may = actions_for(question, m.person)
    if Action.APPROVE in may:
        said = m.words.say("<b>№ {number}</b>: an answer", number=question.number)
    elif Action.EXTENSION_APPROVED in may and question.extend_to:
        said = m.words.say(
            "<b>№ {number}</b>: a later date, {date}", number=question.number, date=m.words.day(question.extend_to)
        )
    else:
        return None
    return cards.lines(said, cards.due(m.words, question))


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
    blocks, shown, rest = await digest(m.db, m.words, m.city, m.today, department_id, only, m.reminded)
    if blocks:
        return _said(m, blocks, shown, rest)
    # Drawn once already and everything answered since: the card says so instead of standing there with old lines.
    return _said(m, [m.words.say("Nothing is waiting for an answer.")], []) if "shown" in m.row.facts else None


async def digest(
    db: AsyncConnection,
    words: Words,
    city: City,
    today: date,
    department_id: int,
    only: frozenset[int] | None,
    reminded: frozenset[str] = frozenset(),
) -> tuple[list[Block], list[Question], int]:
    """The department's card as it is now: counts, the ten most urgent, yesterday's answers with the NGOs' verdicts.

    With it the questions shown, and how many more there are. `reminded` stand above it in the same message.
    """
    department = await departments.department(db, department_id)
    soon = city.soon(today)
    span = city.since_last_morning(today)
    found = await digests.of_department(db, department_id, today=today, soon=soon, yesterday=span, only=only)
    if department is None or not (found.total or found.answered or found.added):
        return [], [], 0
    heading = words.say(
        "<b>{department}</b>, {date}", department=department.names.in_(words.language), date=words.weekday(today)
    )
    counts = [words.say(said, n=found.counts[group]) for group, said in _COUNTED.items() if group in found.counts]
    blocks: list[Block] = [cards.lines(heading, *counts)]
    blocks += cards.grouped(words, [q for q in found.top if q.number not in reminded], today, soon)
    rest = found.total - len(found.top)
    if rest > 0:
        blocks.append(_more(words, rest))
    if found.answered:
        blocks.append(_answered(words, found))
    if found.added:
        blocks.append(_added(words, found))
    return blocks, found.top, rest


def _added(words: Words, found: digests.Digest) -> Markup:
    """Each was told at once as well; here nobody who was away misses it."""
    added = [
        words.say("{number}: {text}", number=number, text=cards.beginning(text) if text else words.say("attachments"))
        for number, text in found.added[: digests.TOP]
    ]
    rest = len(found.added) - digests.TOP
    more = words.count("And {n} more.", "And {n} more.", rest) if rest > 0 else None
    return cards.lines(words.say("<b>Added by NGOs since the last morning</b>"), *added, more)


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
    median = _median(m.words, week.median_days) if week.median_days is not None else None
    said = cards.lines(
        m.words.say("<b>The last week</b>: {department}", department=name),
        m.words.say("Registered: {n}", n=week.registered),
        m.words.say("Answered: {n}, of them solved: {solved}", n=week.answered, solved=week.solved),
        m.words.say("Promised by a date: {n}", n=week.promised),
        median,
        m.words.say("Open now: {n}, of them overdue: {overdue}", n=week.open, overdue=week.overdue),
    )
    return [said], []


def _median(words: Words, days: float) -> Markup:
    if days < 1:
        return words.say("Median time to answer: less than a day")
    return words.say("Median time to answer: {days} days", days=words.decimal(days))


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


# --- promises -------------------------------------------------------------------------------------------------------


_PROMISE_STAGES = {
    Stage.LATE: N_("<b>Overdue</b>"),
    Stage.DUE: N_("<b>Promised for today</b>"),
    Stage.ONE_DAY: N_("<b>Promised for the next working day</b>"),
    Stage.THREE_DAYS: N_("<b>Promised within 3 working days</b>"),
}


async def _promises(m: Morning) -> Said | None:
    """What is still to be kept of what was due when the message was promised, the most urgent first."""
    lines: dict[int, dict[str, Any]] = {line["promise"]: line for line in m.row.facts["lines"]}
    found = [p for p in await ledger.many(m.db, list(lines)) if p.status is PromiseStatus.OPEN]
    found = [p for p in found if promised_to(p, m.person)]
    if not found:
        return None
    order = list(_PROMISE_STAGES)
    found.sort(key=lambda p: (order.index(Stage(lines[p.id]["stage"])), p.due_on, p.id))
    blocks: list[Block] = [m.words.say("<b>Promises</b>")]
    for stage, of_stage in groupby(found[: digests.TOP], key=lambda p: Stage(lines[p.id]["stage"])):
        blocks.append(m.words.say(_PROMISE_STAGES[stage]))
        blocks += [_promise_line(m, promise, lines[promise.id]) for promise in of_stage]
    rest = len(found) - digests.TOP
    if rest > 0:
        blocks.append(m.words.count("And {n} more: /promises", "And {n} more: /promises", rest))
    return blocks, _promise_buttons(m, found)


def _promise_line(m: Morning, promise: Promise, line: dict[str, Any]) -> Markup:
    rung = m.words.say(_RUNGS[Rung(line["rung"])]) if line["rung"] else None
    return cards.lines(
        promises.list_line(m.words, promise, m.today),
        m.words.say("Told on the ladder: {who}", who=rung) if rung else None,
        m.words.count("Late by {n} working day.", "Late by {n} working days.", line["late"]) if line["late"] else None,
        _next_rung(m.words, line["next"]),
    )


def _promise_buttons(m: Morning, found: list[Promise]) -> list[list[Button]]:
    """What its owner may say of it stands under a single one; several are opened first, so that no word goes astray."""
    said = promises.buttons(m.words, found[0], m.person) if len(found) == 1 else []
    return [*said, *([Button(p.number, f"promise:{p.number}")] for p in found[: digests.TOP])]


# --- thanks ---------------------------------------------------------------------------------------------------------

_THANKS = 30
"""Lines of the monthly list; who wants them all takes the table of questions."""


async def _thanks(m: Morning) -> Said | None:
    """Whom NGOs thanked in the last month: for administrators."""
    since, until = m.city.month_before(date.fromisoformat(m.row.facts["month"]))
    found = await digests.thanks(m.db, (since, until)) if m.person.is_admin else []
    if not found:
        return None
    last = m.words.day(m.city.today(until) - timedelta(days=1))
    heading = m.words.say("<b>Thanks</b>, {first} – {last}", first=m.words.day(m.city.today(since)), last=last)
    counted = m.words.count("{n} thank-you from NGOs", "{n} thank-yous from NGOs", len(found))
    shown = [_thanks_line(m, one) for one in found[:_THANKS]]
    rest = len(found) - _THANKS
    more = m.words.count("And {n} more.", "And {n} more.", rest) if rest > 0 else None
    return [cards.lines(heading, counted), cards.lines(*shown, more)], []


def _thanks_line(m: Morning, one: digests.Thanks) -> Markup:
    to = ", ".join(part for part in (_name(m.words, one.department) if one.department else "", one.person) if part)
    return m.words.say(
        "{number}: from {ngo}, to {to}",
        number=one.number,
        ngo=one.organization or m.words.say("an NGO"),
        to=to or m.words.say("the city"),
    )


TEMPLATES: dict[str, Callable[[Morning], Awaitable[Said | None]]] = {
    "folded": _folded,
    "parts": _parts,
    "promises": _promises,
    "reminders": _reminders,
    "reply_wanted": _reply_wanted,
    "decide": _decide,
    "late": _late,
    "digest": _digest,
    "week": _week,
    "thanks": _thanks,
    "moved": _moved,
    "next_year": _next_year,
}

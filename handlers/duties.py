"""How it reads when somebody's duties change: a leave, a new head, a removal, questions handed over, codes guessed.

Like every notice these are put into words when they go out: what is so no more is not said.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.people import Person
from domain.question import OPEN, Question, visible
from handlers import cards, keyboards
from handlers.speech import Block, Button, Call, messages
from handlers.turn import Turn
from storage import departments, invitations, leaves, people, questions
from storage.outbox import Outgoing
from texts import Words
from texts.labels import ROLE_LABELS

_SHOWN = 10
"""Questions in one message; the rest is in /inbox."""


def last_day(words: Words, until: datetime) -> str:
    """The day before the leave ends: people say the last day they are away."""
    return words.day((until.astimezone(words.zone) - timedelta(days=1)).date())


def first_day(words: Words, since: datetime) -> str:
    return words.day(since.astimezone(words.zone).date())


async def away(turn: Turn, question: Question) -> Markup | None:
    """That the responsible official is on leave, for the card of a question."""
    leave = await leaves.of(turn.db, question.responsible_id, turn.now) if question.responsible_id else None
    if leave is None or not leave.lasts(turn.now) or question.status not in OPEN:
        return None
    deputy = await people.load(turn.db, leave.deputy_id or 0)
    return turn.say(
        "{who} is on leave until {date}, deputy: {deputy}",
        who=question.responsible_name,
        date=last_day(turn.words, leave.until),
        deputy=deputy.shown_name if deputy else turn.say("the head of the department"),
    )


async def _leave(db: AsyncConnection, row: Outgoing, person: Person, words: Words) -> list[Call]:
    """For the one who goes, and for the deputy."""
    away = await people.load(db, row.facts["person"])
    leave = await leaves.of(db, row.facts["person"], row.created_at)
    if away is None or leave is None or leave.since != datetime.fromisoformat(row.facts["since"]):
        return []
    dates = {"first": first_day(words, leave.since), "last": last_day(words, leave.until)}
    if person.id == leave.deputy_id:
        said = words.say(
            "From {first} to {last} you stand in for {who}: their cards and reminders come to you, "
            "and you may answer in their place.",
            who=away.shown_name,
            **dates,
        )
    elif person.id == away.id:
        deputy = await people.load(db, leave.deputy_id or 0)
        said = words.say(
            "You are on leave from {first} to {last}. Your cards and reminders go to: {deputy}.",
            deputy=deputy.shown_name if deputy else words.say("the head of the department"),
            **dates,
        )
    else:
        return []
    return messages(person.id, [said])


async def _leave_ended(db: AsyncConnection, row: Outgoing, person: Person, words: Words) -> list[Call]:
    away = await people.load(db, row.facts["person"])
    if away is None or await leaves.of(db, away.id, row.created_at):
        return []
    if person.id == away.id:
        said = words.say("Your leave is over: cards and reminders come to you again.")
    else:
        said = words.say("You no longer stand in for {who}.", who=away.shown_name)
    return messages(person.id, [said])


async def _leads(db: AsyncConnection, row: Outgoing, person: Person, words: Words) -> list[Call]:
    """Who leads a department now, and who does no more."""
    department = await departments.department(db, row.facts["department"])
    if department is None or person.department_id != department.id or person.official is None:
        return []
    name = department.names.in_(words.language)
    if person.official.is_head:
        said = words.say(
            "You now lead the department «{department}»: you give questions to officials, and hear first of what is "
            "late or was not answered.",
            department=name,
        )
    else:
        said = words.say("You no longer lead the department «{department}». You stay its official.", department=name)
    return messages(person.id, [said])


async def _dismissed(db: AsyncConnection, row: Outgoing, person: Person, words: Words) -> list[Call]:
    department = await departments.department(db, row.facts["department"])
    if department is None or person.department_id == department.id:
        return []
    name = department.names.in_(words.language)
    if person.official is None:
        said = words.say(
            "You no longer answer for the department «{department}»; the questions you had were handed over.",
            department=name,
        )
    else:
        said = words.say(
            "You now answer for «{department}»; the questions you had in «{before}» were handed over. /inbox",
            department=person.official.department.in_(words.language),
            before=name,
        )
    return messages(person.id, [said])


async def _handed_over(db: AsyncConnection, row: Outgoing, person: Person, words: Words) -> list[Call]:
    """All the questions of somebody who left, in one message: for the head, or for everybody where there is none."""
    found = [q for q in await questions.many(db, row.facts["questions"]) if q.status in OPEN and visible(q, person)]
    mine = [q for q in found if q.responsible_id in person.answers_for]
    shown = mine if row.facts["head"] else [q for q in found if q.responsible_id is None]
    if not shown:
        return []
    opening = (
        words.count(
            "An official left, and {n} question is yours now.",
            "An official left, and {n} questions are yours now.",
            len(shown),
        )
        if row.facts["head"]
        else words.count(
            "An official left, and {n} question is free to be taken.",
            "An official left, and {n} questions are free to be taken.",
            len(shown),
        )
    )
    today = row.created_at.astimezone(words.zone).date()
    blocks: list[Block] = [opening, *(cards.list_line(words, q, today) for q in shown[:_SHOWN])]
    rest = len(shown) - _SHOWN
    if rest > 0:
        blocks.append(words.count("And {n} more: /inbox", "And {n} more: /inbox", rest))
    buttons = keyboards.card(*(q.number for q in shown[:_SHOWN]))
    return messages(person.id, blocks, buttons, simple=person.simple)


async def _no_longer(_db: AsyncConnection, row: Outgoing, person: Person, words: Words) -> list[Call]:
    """For an administrator or a deputy mayor who was removed."""
    if row.facts["role"] == "admin":
        said = None if person.is_admin else words.say("You are no longer an administrator.")
    else:
        said = None if person.is_deputy_mayor else words.say("You are no longer told of what is overdue in the city.")
    return messages(person.id, [said]) if said else []


async def _invitation_used(db: AsyncConnection, row: Outgoing, person: Person, words: Words) -> list[Call]:
    """For the administrator who made it: for what; who it was stands in the list of invitations."""
    found = await invitations.made(db, row.facts["invitation"])
    if found is None or not person.is_admin:
        return []
    whose = found.department.in_(words.language) if found.department else found.organization
    for_what = ", ".join(part for part in (words.plain(ROLE_LABELS[found.invitation.role]), whose) if part)
    said = words.say("Your invitation was used: {for_what}", for_what=for_what)
    button = Button(words.label("all_invitations"), "inv_list:0:link")
    return messages(person.id, [said], [[button]], simple=person.simple)


async def _guessing(db: AsyncConnection, row: Outgoing, person: Person, words: Words) -> list[Call]:
    """For administrators: somebody tries codes. By name and number, for it may be a colleague who needs a new link."""
    guest = await people.load(db, row.facts["person"])
    if guest is None or not person.is_admin:
        return []
    until = words.moment(datetime.fromisoformat(row.facts["until"]))
    return messages(
        person.id,
        [
            words.say("<b>Somebody tries codes of invitations</b>"),
            cards.lines(
                words.say("Name in Telegram: {name}", name=guest.name),
                words.say("Telegram number: {id}", id=guest.id),
                words.say("Five codes that do not exist came within an hour."),
                words.say("Until {when} their codes are not looked at. Nothing was opened.", when=until),
            ),
        ],
    )


TEMPLATES: dict[str, Callable[[AsyncConnection, Outgoing, Person, Words], Awaitable[list[Call]]]] = {
    "leave": _leave,
    "leave_ended": _leave_ended,
    "leads": _leads,
    "dismissed": _dismissed,
    "handed_over": _handed_over,
    "no_longer": _no_longer,
    "guessing": _guessing,
    "invitation_used": _invitation_used,
}

"""What the register makes to be told: to the people of an NGO, and to administrators. Put into words at sending.

A person who does not speak for that NGO any more hears nothing of it.
"""

from collections.abc import Awaitable, Callable
from datetime import date

from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.people import Organization, OrganizationState, Person
from handlers import importing, keyboards
from handlers.speech import Button, Call, Keyboard, messages
from storage import register
from storage.outbox import Outgoing
from texts import Words

Said = tuple[Markup, Keyboard] | None


async def _own(db: AsyncConnection, row: Outgoing, person: Person) -> Organization | None:
    """The NGO this is about, while the person speaks for it."""
    if person.organization_id != row.facts["organization"]:
        return None
    return await register.by_id(db, row.facts["organization"])


async def _state(db: AsyncConnection, row: Outgoing, person: Person, words: Words) -> Said:
    """Suspended or restored; dropped when that has changed again meanwhile."""
    own = await _own(db, row, person)
    if own is None or own.state != row.facts["state"]:
        return None
    if own.state is OrganizationState.SUSPENDED:
        said = words.say(
            "«{name}» is suspended in the register. Reason: {reason}. You can read and follow its questions, "
            "but not ask new ones until it is restored.",
            name=own.name,
            reason=own.reason,
        )
        return said, []
    if own.state is OrganizationState.REGISTERED:
        return words.say("«{name}» is in the register and can ask: /ask", name=own.name), []
    return None


async def _merged(db: AsyncConnection, row: Outgoing, person: Person, words: Words) -> Said:
    own = await _own(db, row, person)
    if own is None:
        return None
    said = words.say(
        "«{was}» is now «{name}» in the register: it was there twice. Its questions and people are together there.",
        was=row.facts["was"],
        name=own.name,
    )
    return said, []


async def _head(db: AsyncConnection, row: Outgoing, person: Person, words: Words) -> Said:
    own = await _own(db, row, person)
    who = person.representative
    if own is None or who is None or who.is_head is not (row.facts["head"] == person.id):
        return None
    if who.is_head:
        return words.say("You are now the head of «{name}» here.", name=own.name), []
    return words.say("«{name}» has another head here now. You still speak for it.", name=own.name), []


async def _removed(db: AsyncConnection, row: Outgoing, person: Person, words: Words) -> Said:
    """Dropped when the person came back meanwhile."""
    organization = await register.by_id(db, row.facts["organization"])
    if organization is None or person.organization_id == organization.id:
        return None
    said = words.say(
        "You speak for «{name}» no more: an administrator removed you. What you asked stays registered. "
        "If this is a mistake, name the NGO again: /start",
        name=organization.name,
    )
    return said, []


async def _still_active(db: AsyncConnection, row: Outgoing, person: Person, words: Words) -> Said:
    """Dropped when somebody of the NGO has said so meanwhile."""
    own = await _own(db, row, person)
    if own is None or own.state is not OrganizationState.REGISTERED:
        return None
    year = int(row.facts["year"])
    if any(day and day.year >= year for day in (own.active_on, own.stopped_on)):
        return None
    said = words.say(
        "Does «{name}» still work in {year}? Please answer until {until}.",
        name=own.name,
        year=year,
        until=words.day(_last_day(year)),
    )
    return said, keyboards.labelled(
        words, ("still_works", f"org_works:{own.id}"), ("works_no_longer", f"org_stopped:{own.id}")
    )


def _last_day(year: int) -> date:
    return date(year, 3, 31)


async def _stopped(db: AsyncConnection, row: Outgoing, person: Person, words: Words) -> Said:
    """For administrators; dropped when the word was taken back."""
    organization = await register.by_id(db, row.facts["organization"])
    if organization is None or not person.is_admin or organization.stopped_on is None:
        return None
    said = words.say("«{name}» says that it works no longer. You may suspend it on its card.", name=organization.name)
    return said, [[Button(words.plain("open its card"), f"org_card:{organization.id}")]]


async def _unconfirmed(_db: AsyncConnection, row: Outgoing, person: Person, words: Words) -> Said:
    if not person.is_admin:
        return None
    said = words.count(
        "{n} NGO has not confirmed in {year} that it works.",
        "{n} NGOs have not confirmed in {year} that they work.",
        int(row.facts["n"]),
        year=row.facts["year"],
    )
    return said, keyboards.labelled(words, ("org_unconfirmed", "org_list:unconfirmed:0"))


_SAYING: dict[str, Callable[[AsyncConnection, Outgoing, Person, Words], Awaitable[Said]]] = {
    "ngo_state": _state,
    "ngo_merged": _merged,
    "ngo_head": _head,
    "ngo_removed": _removed,
    "ngo_active": _still_active,
    "ngo_stopped": _stopped,
    "ngo_unconfirmed": _unconfirmed,
}


async def _say(db: AsyncConnection, row: Outgoing, person: Person, words: Words) -> list[Call]:
    found = await _SAYING[row.template](db, row, person, words)
    if found is None:
        return []
    said, keyboard = found
    return messages(person.id, [said], keyboard, simple=person.simple)


TEMPLATES: dict[str, Callable[[AsyncConnection, Outgoing, Person, Words], Awaitable[list[Call]]]] = {
    **dict.fromkeys(_SAYING, _say),
    "list_read": importing.report,
}

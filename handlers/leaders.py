"""Administrators and deputy mayors: who they are, how to invite another, and how one is removed, but never the last."""

from markupsafe import Markup

from domain.draft import one_line
from domain.people import Person, Role
from handlers import cards, keyboards
from handlers.speech import Button
from handlers.turn import Turn
from storage import outbox, people
from storage.pages import Section
from texts.labels import ROLE_LABELS


async def leaders(turn: Turn) -> None:
    await _list(turn)


async def _list(turn: Turn, *news: Markup) -> None:
    admins = await people.load_many(turn.db, await people.admin_ids(turn.db))
    mayors = await people.load_many(turn.db, await people.deputy_mayor_ids(turn.db))
    every = [(Role.ADMIN, p) for p in admins] + [(Role.DEPUTY_MAYOR, p) for p in mayors]
    page = Section(turn.id_at(), len(every))
    turn.reply(
        *news,
        turn.say("<b>Administrators and deputy mayors</b>"),
        cards.lines(
            turn.say("Administrators: {n}", n=len(admins)),
            turn.say("Deputy mayors: {n}", n=len(mayors)),
        ),
        keyboard=[
            *([Button(_line(turn, role, p), f"leader:{role}:{p.id}")] for role, p in page.of(every)),
            *keyboards.pager(turn.words, page, "leaders"),
            [turn.button("invite_admin", "invite:admin")],
            [turn.button("invite_deputy_mayor", "invite:deputy_mayor")],
            [turn.button("back", "dep_list:0")],
        ],
        edit=True,
    )


def _name(person: Person) -> str:
    """Somebody who never wrote to the bot has no name yet."""
    return person.shown_name or str(person.id)


def _line(turn: Turn, role: Role, person: Person) -> str:
    return one_line(f"{turn.words.plain(ROLE_LABELS[role])}: {_name(person)}", 60)


async def _chosen(turn: Turn) -> tuple[Role, Person] | None:
    """Role and person of the pressed button, as they are now."""
    person = await people.load(turn.db, turn.id_at(1))
    role = turn.argument()
    if person and role == Role.ADMIN and person.is_admin:
        return Role.ADMIN, person
    if person and role == Role.DEPUTY_MAYOR and person.is_deputy_mayor:
        return Role.DEPUTY_MAYOR, person
    return None


async def card(turn: Turn) -> None:
    found = await _chosen(turn)
    if found is None:
        await leaders(turn)
        return
    role, person = found
    turn.reply(
        cards.lines(
            turn.say("<b>{who}</b>", who=_name(person)),
            turn.say(ROLE_LABELS[role]),
            turn.say("Telegram number: {id}", id=person.id),
        ),
        keyboard=[[turn.button("remove", f"leader_remove:{role}:{person.id}")], [turn.button("back", "leaders")]],
        edit=True,
    )


async def remove(turn: Turn) -> None:
    """[Remove] says what it means, and asks."""
    found = await _chosen(turn)
    if found is None:
        await leaders(turn)
        return
    role, person = found
    if role is Role.ADMIN and await people.count_admins(turn.db) == 1:
        _last_one(turn)
        return
    means = (
        turn.say(
            "The desk is closed to them at once. An administrator named in ADMIN_IDS on the server comes back "
            "when the program starts anew: take them out there as well."
        )
        if role is Role.ADMIN
        else turn.say("They see no questions any more and are not told what is overdue.")
    )
    turn.reply(
        turn.say("<b>Remove {who}?</b> {role}", who=_name(person), role=turn.say(ROLE_LABELS[role])),
        means,
        keyboard=[
            [turn.button("yes_remove", f"leader_removed:{role}:{person.id}")],
            [turn.button("back", f"leader:{role}:{person.id}")],
        ],
        edit=True,
    )


def _last_one(turn: Turn) -> None:
    turn.reply(
        turn.say("This is the only administrator: without one nobody could run the bot. Invite another first."),
        keyboard=[[turn.button("invite_admin", "invite:admin")], [turn.button("back", "leaders")]],
        edit=True,
    )


async def removed(turn: Turn) -> None:
    """Races an administrator who removes this one at the same moment: one of them stays."""
    found = await _chosen(turn)
    if found is None:
        await leaders(turn)
        return
    role, person = found
    if not await _remove(turn, role, person):
        _last_one(turn)
        return
    key = f"no longer {role} {person.id} {turn.update_id}"
    await outbox.say(turn.db, person.id, "no_longer", {"role": role}, turn.now, key=key)
    news = turn.say("Removed: {who}.", who=_name(person))
    if person.id == turn.person.id:
        turn.reply(news, edit=True)
    else:
        await _list(turn, news)
    await turn.audit(f"{_AUDITED[role]} removed", f"person {person.id}", before=role)


async def _remove(turn: Turn, role: Role, person: Person) -> bool:
    if role is Role.ADMIN:
        return await people.remove_admin(turn.db, person.id, by=turn.person.id)
    return await people.remove_deputy_mayor(turn.db, person.id)


_AUDITED = {Role.ADMIN: "administrator", Role.DEPUTY_MAYOR: "deputy mayor"}

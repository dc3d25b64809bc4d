"""The administrator's desk, its first part: invitations, who waits for approval, what has no department."""

from datetime import timedelta

from domain.draft import one_line
from domain.people import Person, RepresentativeState, Role
from domain.register import BadBin, parse_bin
from handlers import cards, keyboards, newcomer, official
from handlers.speech import Button
from handlers.turn import Turn
from storage import departments, forms, invitations, outbox, people, questions, register
from texts.labels import ROLE_LABELS

VALID_FOR = timedelta(days=14)
"""How long an invitation works."""


async def desk(turn: Turn) -> None:
    """`/admin`: a menu that redraws itself in place."""
    waiting = await people.waiting(turn.db)
    today = turn.city.today(turn.now)
    lost = await questions.inbox_of(turn.db, None, today=today, soon=today, page=0)
    still_open = await invitations.count_open(turn.db, turn.now)
    turn.reply(
        turn.say("<b>The administrator's desk</b>"),
        cards.lines(
            turn.say("Waiting for approval: {n}", n=len(waiting)),
            turn.say("Questions without a department: {n}", n=lost.total),
            turn.say("Open invitations: {n}", n=still_open),
        ),
        keyboard=keyboards.labelled(
            turn.words,
            ("invitation", "invitation"),
            ("waiting", "waiting"),
            ("without_department", "without_department:0"),
            ("calendar", "calendar:0"),
            ("habits", "habits"),
            width=1,
        ),
        edit=True,
    )


# --- invitations ----------------------------------------------------------------------------------------------------


async def invitation(turn: Turn) -> None:
    roles = [[Button(turn.words.plain(said), f"invite:{role}")] for role, said in ROLE_LABELS.items()]
    turn.reply(turn.say("Whom do you invite?"), keyboard=[*roles, _back(turn)], edit=True)


def _back(turn: Turn) -> list[Button]:
    return [turn.button("back", "desk")]


async def invite(turn: Turn) -> None:
    """The role is chosen; what else must be known depends on it."""
    role = turn.args[0] if turn.args else ""
    if role == Role.REPRESENTATIVE:
        await turn.wait_for("invite", "organization", {})
        turn.reply(turn.say("For which NGO? Type its name or a part of it, or its BIN."))
    elif role in (Role.OFFICIAL, Role.HEAD):
        known = await departments.all_departments(turn.db)
        choice = keyboards.departments(turn.words, known, f"invite_to:{role}")
        turn.reply(turn.say("For which department?"), keyboard=[*choice, _back(turn)], edit=True)
    elif role in (Role.ADMIN, Role.DEPUTY_MAYOR):
        await _invite(turn, Role(role), turn.words.plain(ROLE_LABELS[Role(role)]))
    else:
        await invitation(turn)


async def invite_to(turn: Turn) -> None:
    chosen = await departments.department(turn.db, newcomer.number(turn.args[1:]))
    role = turn.args[0] if turn.args else ""
    if chosen is None or role not in (Role.OFFICIAL, Role.HEAD):
        await invitation(turn)
        return
    name = chosen.names.in_(turn.language)
    role = Role(role)
    await _invite(turn, role, f"{turn.words.plain(ROLE_LABELS[role])}, {name}", department_id=chosen.id)


async def organization_typed(turn: Turn) -> None:
    typed = one_line(turn.text, 300)
    found = await register.search(turn.db, typed)
    try:
        by_bin = await register.by_bin(turn.db, parse_bin(typed))
        found = [by_bin] if by_bin else found
    except BadBin:
        pass  # a name was typed
    if not found:
        turn.reply(turn.say("Nothing like «{name}» is in the register. Type it otherwise.", name=typed))
        return
    choice = [[Button(o.name, f"invite_for:{o.id}")] for o in found]
    turn.reply(turn.say("For which NGO?"), keyboard=[*choice, _back(turn)])


async def invite_for(turn: Turn) -> None:
    chosen = await register.by_id(turn.db, newcomer.number(turn.args))
    if chosen is None:
        await invitation(turn)
        return
    await forms.drop(turn.db, turn.person.id, "invite")
    role = Role.REPRESENTATIVE
    who = f"{turn.words.plain(ROLE_LABELS[role])}, {chosen.name}"
    await _invite(turn, role, who, organization_id=chosen.id)


async def _invite(
    turn: Turn, role: Role, who: str, *, organization_id: int | None = None, department_id: int | None = None
) -> None:
    """Make the link and show it: this once, since only its hash is stored."""
    expires_at = turn.now + VALID_FOR
    code = await invitations.invite(
        turn.db,
        role,
        organization_id=organization_id,
        department_id=department_id,
        created_by=turn.person.id,
        now=turn.now,
        expires_at=expires_at,
    )
    await turn.audit("invited", "invitation", after=who)
    turn.reply(
        cards.lines(
            turn.say("<b>Invitation</b>: {who}", who=who),
            turn.say("https://t.me/{bot}?start={code}", bot=turn.bot_name, code=code),
        ),
        turn.say(
            "It works once, until {when}. Send it to this person only: it is not shown again.",
            when=turn.words.moment(expires_at),
        ),
    )


# --- approval -------------------------------------------------------------------------------------------------------


async def waiting(turn: Turn) -> None:
    found = await people.waiting(turn.db)
    if not found:
        turn.reply(turn.say("Nobody is waiting for approval."), keyboard=[_back(turn)], edit=True)
        return
    choice = [[Button(_applicant_line(person), f"applicant:{person.id}")] for person in found[:10]]
    turn.reply(turn.say("Waiting for approval: {n}", n=len(found)), keyboard=[*choice, _back(turn)], edit=True)


def _applicant_line(person: Person) -> str:
    who = person.representative
    return one_line(f"{person.name}: {who.organization_name if who else ''}", 60)


async def applicant(turn: Turn) -> None:
    """The card of somebody who says they speak for an NGO, as it is now."""
    person = await people.load(turn.db, newcomer.number(turn.args))
    if person is None or person.representative is None:
        await waiting(turn)
        return
    organization = await register.by_id(turn.db, person.representative.organization_id)
    turn.reply(
        cards.applicant(turn.words, person, organization),
        keyboard=[*keyboards.decision(turn.words, person), _back(turn)],
        edit=True,
    )


async def approve(turn: Turn) -> None:
    await _decide(turn, RepresentativeState.VERIFIED)


async def decline(turn: Turn) -> None:
    await _decide(turn, RepresentativeState.DECLINED)


async def _decide(turn: Turn, state: RepresentativeState) -> None:
    """Races another administrator: the first word counts, the second one sees the card as it is."""
    person_id = newcomer.number(turn.args)
    if await people.decide(turn.db, person_id, state, turn.person.id, turn.now):
        person = await people.load(turn.db, person_id)
        if person and person.representative:
            await _carry_out(turn, person, state)
    await applicant(turn)


async def _carry_out(turn: Turn, person: Person, state: RepresentativeState) -> None:
    """The register follows the decision, the person is told, the audit has the line."""
    assert person.representative is not None  # noqa: S101 - checked by the only caller
    organization_id = person.representative.organization_id
    if state is RepresentativeState.VERIFIED:
        await register.confirm(turn.db, organization_id)
    await outbox.say(turn.db, person.id, "decided", {}, turn.now, key=f"decided {person.id} {turn.now.timestamp()}")
    await turn.audit(
        state,
        f"person {person.id}",
        before=RepresentativeState.WAITING,
        after=f"{state}, organization {organization_id}",
    )


async def without_department(turn: Turn) -> None:
    """Questions whose author was not sure of the topic."""
    await official.show_list(turn, None, "without_department")

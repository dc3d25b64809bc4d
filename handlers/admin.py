"""The administrator's desk: who waits for approval, what has no department, and the way to everything else."""

from domain.draft import one_line
from domain.people import Person, RepresentativeState
from handlers import cards, keyboards, newcomer, official, organizations
from handlers.speech import Button
from handlers.turn import Turn
from storage import invitations, outbox, people, questions, register, stuck


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
            turn.say("Stuck messages: {n}", n=await stuck.count(turn.db, turn.now)),
        ),
        keyboard=keyboards.labelled(
            turn.words,
            ("organizations", "org_list"),
            ("departments", "dep_list:0"),
            ("invitation", "invitation"),
            ("waiting", "waiting"),
            ("without_department", "without_department:0"),
            ("announcements", "announcements:0"),
            ("stuck", "stuck:0"),
            ("calendar", "calendar:0"),
            ("habits", "habits"),
            ("audit", "audit:0"),
            ("export", "export"),
        ),
        edit=True,
    )


def _back(turn: Turn) -> list[Button]:
    return [turn.button("back", "desk")]


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
    if turn.form and turn.form.name.startswith("decline "):
        await turn.finish()
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
    """The reason is asked for first: the person will read it."""
    person = await people.load(turn.db, newcomer.number(turn.args))
    who = person.representative if person else None
    if person is None or who is None or who.state is not RepresentativeState.WAITING:
        await applicant(turn)
        return
    await turn.wait_for(f"decline {person.id}", "reason", {})
    turn.reply(
        turn.say(
            "Why is {name} not approved as a representative of «{ngo}»? Type the reason: the person will read it.",
            name=person.name,
            ngo=who.organization_name,
        ),
        keyboard=[[turn.button("skip", "decline_skip"), turn.button("back", f"applicant:{person.id}")]],
    )


async def declined_with_reason(turn: Turn) -> None:
    reason = one_line(turn.text, 4_000)
    if organizations.is_reason(turn, reason):
        await _decline(turn, reason)


async def declined_without_reason(turn: Turn) -> None:
    await _decline(turn, "")


async def _decline(turn: Turn, reason: str) -> None:
    turn.args = tuple(turn.form.name.split()[1:]) if turn.form else ()
    await turn.finish()
    await _decide(turn, RepresentativeState.DECLINED, reason)


async def _decide(turn: Turn, state: RepresentativeState, reason: str = "") -> None:
    """Races another administrator: the first word counts, the second one sees the card as it is."""
    person_id = newcomer.number(turn.args)
    if await people.decide(turn.db, person_id, state, turn.person.id, turn.now, reason):
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
    await official.show_list(turn, None, "without_department", _back(turn))

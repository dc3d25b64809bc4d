"""The administrator's desk: who waits for approval, what has no department, and the way to everything else."""

from markupsafe import Markup

from domain.draft import one_line
from domain.people import Person, RepresentativeState
from handlers import cards, keyboards, official, organizations
from handlers.speech import Button
from handlers.turn import Turn
from storage import announcements, departments, invitations, outbox, people, questions, register, stuck
from storage.pages import Section


async def desk(turn: Turn) -> None:
    """`/admin`: a menu that redraws itself in place, with what waits for somebody first."""
    turn.reply(
        turn.say("<b>The administrator's desk</b>"),
        cards.lines(*await _waits(turn)),
        cards.lines(*await _is_there(turn)),
        keyboard=keyboards.labelled(
            turn.words,
            ("waiting", "waiting:0"),
            ("without_department", "without_department:0"),
            ("organizations", "org_list"),
            ("departments", "dep_list:0"),
            ("topics", "topics:0"),
            ("invitation", "invitation"),
            ("announcements", "announcements:0"),
            ("calendar", "calendar:0"),
            ("stuck", "stuck:0"),
            ("audit", "audit:0"),
            ("habits", "habits"),
            ("export", "export"),
        ),
        edit=True,
    )


async def _waits(turn: Turn) -> list[Markup]:
    today = turn.city.today(turn.now)
    lost = await questions.inbox_of(turn.db, None, today=today, soon=today, page=0)
    return [
        turn.say("Waiting for approval: {n}", n=len(await people.waiting(turn.db))),
        turn.say("Questions without a department: {n}", n=lost.total),
        turn.say("Stuck messages: {n}", n=await stuck.count(turn.db, turn.now)),
        turn.say("Open invitations: {n}", n=await invitations.count_open(turn.db, turn.now)),
        turn.say("Announcements under way: {n}", n=len(await announcements.unfinished(turn.db, turn.now))),
    ]


async def _is_there(turn: Turn) -> list[Markup]:
    ngos = await register.count(turn.db, register.Which.ALL, organizations.year_of(turn))
    return [
        turn.say("NGOs: {n}", n=ngos),
        turn.say("Departments: {n}", n=await departments.count(turn.db)),
        turn.say("Topics: {n}", n=len(await departments.all_topics(turn.db))),
    ]


async def topics(turn: Turn) -> None:
    """All topics of all departments; each opens its card."""
    known = await departments.all_topics(turn.db)
    page = Section(turn.id_at(), len(known))
    shown = page.of(known)
    turn.reply(
        turn.say("Topics: {n}", n=len(known)),
        keyboard=[
            *([Button(one_line(topic.names.in_(turn.language), 60), f"topic_card:{topic.id}")] for topic in shown),
            *keyboards.pager(turn.words, page, "topics"),
            _back(turn),
        ],
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
    page = Section(turn.id_at(), len(found))
    shown = page.of(found)
    turn.reply(
        turn.say("Waiting for approval: {n}", n=len(found)),
        keyboard=[
            *([Button(_applicant_line(person), f"applicant:{person.id}")] for person in shown),
            *keyboards.pager(turn.words, page, "waiting"),
            _back(turn),
        ],
        edit=True,
    )


def _applicant_line(person: Person) -> str:
    who = person.representative
    return one_line(f"{person.name}: {who.organization_name if who else ''}", 60)


async def applicant(turn: Turn) -> None:
    """The card of somebody who says they speak for an NGO, as it is now."""
    if turn.form and turn.form.name.startswith("decline "):
        await turn.finish()
    person = await people.load(turn.db, turn.id_at())
    if person is None or person.representative is None:
        turn.args = ()
        await waiting(turn)
        return
    organization = await register.by_id(turn.db, person.representative.organization_id)
    turn.reply(
        cards.applicant(turn.words, person, organization),
        keyboard=[*keyboards.decision(turn.words, person), [turn.button("back", "waiting:0")]],
        edit=True,
    )


async def approve(turn: Turn) -> None:
    await _decide(turn, RepresentativeState.VERIFIED)


async def decline(turn: Turn) -> None:
    """The reason is asked for first: the person will read it."""
    person = await people.load(turn.db, turn.id_at())
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
    person_id = turn.id_at()
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

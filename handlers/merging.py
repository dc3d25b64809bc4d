"""Two records of one NGO become one: a candidate is chosen, what will move is shown, [Yes, merge] moves it at once."""

from markupsafe import Markup

from domain.draft import one_line
from domain.people import Organization, OrganizationState
from domain.register import Decision, decided
from handlers import cards, keyboards, organizations
from handlers.speech import Button
from handlers.turn import Turn, id_in
from storage import register, representatives

_CANDIDATES = 6
_STANDING = frozenset(OrganizationState) - {OrganizationState.MERGED}


async def choose(turn: Turn) -> None:
    """[Merge with another]: records of similar names as buttons; any other is typed."""
    organization = await register.by_id(turn.db, turn.id_at())
    if organization is None or decided(organization.state, Decision.MERGE) is None:
        await organizations.card(turn)
        return
    await turn.wait_for(f"org_merge {organization.id}", "search", {})
    similar = await register.search(turn.db, organization.name, _CANDIDATES + 1, states=_STANDING)
    asked = turn.say("«{name}» is the same NGO as which record? Type its name or BIN.", name=organization.name)
    similar = [one for one in similar if one.id != organization.id][:_CANDIDATES]
    if similar:
        asked = turn.say(
            "«{name}» is the same NGO as which record? Choose, or type another name or BIN.", name=organization.name
        )
    turn.reply(asked, keyboard=_choice(turn, organization.id, similar), edit=True)


def _choice(turn: Turn, organization_id: int, found: list[Organization]) -> list[list[Button]]:
    return [
        *([Button(_label(one), f"org_merge_with:{organization_id}:{one.id}")] for one in found),
        [turn.button("back", f"org_card:{organization_id}")],
    ]


def _label(organization: Organization) -> str:
    name = one_line(organization.name, 50)
    return f"{name}, {organization.bin}" if organization.bin else name


async def searched(turn: Turn) -> None:
    organization_id = id_in(turn.form.name.partition(" ")[2]) if turn.form else 0
    typed = one_line(turn.text, 300)
    found = [one for one in await organizations.matches(turn, typed) if one.id != organization_id]
    keyboard = _choice(turn, organization_id, found)
    if found:
        turn.reply(turn.say("Found: {n}. To search again, type another name.", n=len(found)), keyboard=keyboard)
    else:
        turn.reply(
            turn.say("Nothing like «{name}» is in the register. Type it otherwise.", name=typed), keyboard=keyboard
        )


async def preview(turn: Turn) -> None:
    """Which record goes, which stays, and what moves. Button: `org_merge_with:GOES:STAYS`."""
    gone = await register.by_id(turn.db, turn.id_at())
    stays = await register.standing(turn.db, turn.id_at(1))
    if gone is None or stays is None or not _may_merge(gone, stays):
        await organizations.card(turn)
        return
    await turn.wait_for(f"org_merge {gone.id}", "confirm", {"stays": stays.id})
    turn.reply(
        turn.say("<b>Merge</b>"),
        turn.say("Goes:"),
        organizations.facts(turn, gone),
        turn.say("Stays:"),
        organizations.facts(turn, stays),
        await _what_moves(turn, gone),
        keyboard=keyboards.labelled(
            turn.words,
            ("yes_merge", "org_merge_now"),
            ("other_way_round", f"org_merge_with:{stays.id}:{gone.id}"),
            ("back", f"org_card:{gone.id}"),
            width=1,
        ),
        edit=True,
    )


def _may_merge(gone: Organization, stays: Organization) -> bool:
    standing = stays.state is not OrganizationState.MERGED
    return gone.id != stays.id and standing and decided(gone.state, Decision.MERGE) is not None


async def _what_moves(turn: Turn, gone: Organization) -> Markup:
    """`It moves: 3 questions, 2 representatives, 0 open invitations.`"""
    what = await register.belongings(turn.db, gone.id)
    return cards.lines(
        turn.say(
            "Moves: {questions}, {representatives}, {invitations}.",
            questions=turn.words.count("{n} question", "{n} questions", what.questions),
            representatives=turn.words.count("{n} representative", "{n} representatives", what.representatives),
            invitations=turn.words.count("{n} open invitation", "{n} open invitations", what.invitations),
        ),
        turn.say("This cannot be undone."),
    )


async def confirmed(turn: Turn) -> None:
    form = turn.form
    gone_id = id_in(form.name.partition(" ")[2]) if form else 0
    stays_id = int(form.data["stays"]) if form else 0
    await turn.finish()
    merged = await merge(turn, gone_id, stays_id)
    turn.args = (str(stays_id if merged else gone_id),)
    await organizations.card(turn)
    if merged:
        await note(turn, gone_id, stays_id, merged)


async def merge(turn: Turn, gone_id: int, stays_id: int) -> str:
    """Do it and tell the people of the record that goes. Returns what moved; empty when it cannot be done any more.

    Races another administrator who merges the two the other way round: both are locked, in the order of their ids.
    """
    both = {id_: await register.by_id(turn.db, id_, to_change=True) for id_ in sorted({gone_id, stays_id})}
    gone, stays = both.get(gone_id), both.get(stays_id)
    if gone is None or stays is None or not _may_merge(gone, stays):
        return ""
    what = await register.belongings(turn.db, gone.id)
    told = await representatives.verified(turn.db, gone.id)
    await register.merge(turn.db, gone, stays)
    for person_id in told:
        await organizations.tell(turn, person_id, "ngo_merged", {"organization": stays.id, "was": gone.name})
    return f"{what.questions} questions, {what.representatives} representatives"


async def note(turn: Turn, gone_id: int, stays_id: int, moved: str) -> None:
    """The audit's line, last in the action."""
    after = f"merged, organization {stays_id}, {moved}"
    await turn.audit("NGO merged", f"organization {gone_id}", after=after)

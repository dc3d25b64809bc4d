"""The register of NGOs in the administrator's hands: the list, the card of one, decisions about it and its people.

list ─▶ card ─▶ [Approve] [Decline] [Suspend] [Restore] [Merge …]
  │        └──▶ a representative ─▶ [Make the head] [Remove]
  └──▶ search, import, export
"""

from datetime import date, datetime, time

from markupsafe import Markup

from domain.draft import blank, one_line
from domain.people import Organization, OrganizationState, Person, RepresentativeState
from domain.register import BadBin, Decision, decided, decisions_for, parse_bin
from handlers import cards, keyboards, sheets
from handlers.speech import Button
from handlers.turn import Turn, id_in
from storage import outbox, people, register, representatives
from storage.pages import Page
from storage.register import Which, Year
from texts.labels import FIELDS, ORGANIZATION_STATES

_PAGE = 8
_FOUND = 10
_LONGEST_REASON = 500
_FORMS = ("org_search", "org_reason", "org_merge", "org_import", "org_remove")
"""Dialogues of this part of the desk: leaving for its list or a card ends them."""


def year_of(turn: Turn) -> Year:
    first_day = date(turn.city.today(turn.now).year, 1, 1)
    return Year(first_day, datetime.combine(first_day, time(), turn.city.zone))


async def leave(turn: Turn) -> None:
    if turn.form and turn.form.name.split()[0] in _FORMS:
        await turn.finish()


# --- the list -------------------------------------------------------------------------------------------------------


async def show(turn: Turn) -> None:
    """A part of the register, by name. Button: `org_list:suspended:2`."""
    await leave(turn)
    which = _which(turn)
    page = await register.listed(turn.db, which, year_of(turn), turn.id_at(1), _PAGE)
    keyboard = [
        *([Button(_list_label(turn, one), f"org_card:{one.id}")] for one in page.found),
        *keyboards.pager(turn.words, page, f"org_list:{which}"),
        *keyboards.rows((turn.button(f"org_{one}", f"org_list:{one}:0") for one in Which if one is not which), 2),
        [turn.button("org_search", "org_search"), turn.button("org_import", "org_import")],
        [turn.button("export", "org_export"), turn.button("back", "desk")],
    ]
    turn.reply(_heading(turn, which, page), keyboard=keyboard, edit=True)


def _which(turn: Turn) -> Which:
    asked = turn.argument()
    return Which(asked) if asked in set(Which) else Which.ALL


def _heading(turn: Turn, which: Which, page: Page[Organization]) -> Markup:
    counted = turn.say("<b>{which}</b>: {n}", which=turn.words.label(f"org_{which}"), n=page.total)
    if page.pages == 1:
        return counted
    where = turn.say("page {page} of {pages}", page=page.number + 1, pages=page.pages)
    return Markup("{}, {}").format(counted, where)


def _list_label(turn: Turn, organization: Organization) -> str:
    """What is not as usual is said beside the name."""
    if organization.state is OrganizationState.REGISTERED:
        return one_line(organization.name, 60)
    state = turn.words.plain(ORGANIZATION_STATES[organization.state])
    return f"{one_line(organization.name, 40)}: {state}"


async def search(turn: Turn) -> None:
    await turn.wait_for("org_search", "text", {})
    turn.reply(
        turn.say("Type the name of the NGO or a part of it, in Russian or Kazakh, or its BIN."),
        keyboard=[[turn.button("back", "org_list")]],
    )


async def searched(turn: Turn) -> None:
    """A name with mistakes or a BIN: matches as buttons, in whatever state but merged."""
    typed = one_line(turn.text, 300)
    found = await matches(turn, typed)
    keyboard = [
        *([Button(_list_label(turn, one), f"org_card:{one.id}")] for one in found),
        [turn.button("back", "org_list")],
    ]
    if found:
        turn.reply(turn.say("Found: {n}. To search again, type another name.", n=len(found)), keyboard=keyboard)
    else:
        turn.reply(
            turn.say("Nothing like «{name}» is in the register. Type it otherwise.", name=typed), keyboard=keyboard
        )


async def matches(turn: Turn, typed: str) -> list[Organization]:
    try:
        by_bin = await register.by_bin(turn.db, parse_bin(typed))
        return [by_bin] if by_bin else []
    except BadBin:
        standing = frozenset(OrganizationState) - {OrganizationState.MERGED}
        return await register.search(turn.db, typed, _FOUND, states=standing)


# --- the card -------------------------------------------------------------------------------------------------------


async def card(turn: Turn) -> None:
    await leave(turn)
    organization = await register.by_id(turn.db, turn.id_at())
    if organization is None:
        await show(turn)
    else:
        await draw(turn, organization)


async def draw(turn: Turn, organization: Organization, *, edit: bool = True) -> None:
    """The card as it is now, with the decisions that may be made now."""
    of_ngo = await representatives.of_organization(turn.db, organization.id)
    what = await register.belongings(turn.db, organization.id)
    buttons = [turn.button(decision, f"org_{decision}:{organization.id}") for decision in _decisions(organization)]
    into = organization.merged_into
    keyboard = [
        *([Button(_person_label(turn, one), _person_data(one))] for one in of_ngo[:10]),
        *([[Button(turn.words.plain("the record that stays"), f"org_card:{into}")]] if into else []),
        *keyboards.rows(buttons, 2),
        [turn.button("back", "org_list")],
    ]
    turn.reply(
        facts(turn, organization),
        cards.lines(
            turn.words.count("Questions: {n}", "Questions: {n}", what.questions),
            turn.say("Representatives: {n}", n=what.representatives),
            *(turn.say("{person}", person=_person_label(turn, one)) for one in of_ngo[:10]),
        ),
        keyboard=keyboard,
        edit=edit,
    )


def _decisions(organization: Organization) -> list[Decision]:
    return decisions_for(organization.state)


def facts(turn: Turn, organization: Organization) -> Markup:
    field = organization.field
    active, stopped = organization.active_on, organization.stopped_on
    return cards.lines(
        turn.say("<b>{name}</b>", name=organization.name),
        turn.say("BIN: {bin}", bin=organization.bin) if organization.bin else turn.say("BIN: not given"),
        turn.say("Field of work: {field}", field=turn.say(FIELDS[field]) if field in FIELDS else field),
        turn.say("Status: {status}", status=turn.say(ORGANIZATION_STATES[organization.state])),
        turn.say("Reason: {reason}", reason=organization.reason) if organization.reason else None,
        turn.say("Confirmed that it works: {date}", date=turn.words.day(active))
        if active
        else turn.say("Has not confirmed yet that it works"),
        turn.say("Said that it works no longer: {date}", date=turn.words.day(stopped)) if stopped else None,
    )


def _person_label(turn: Turn, person: Person) -> str:
    """`Aigerim: head`, `Bolat: approved`, `Dinara: waiting for approval`."""
    who = person.representative
    if who is None:
        return person.name
    state = turn.words.plain("head") if who.is_head else turn.words.plain(cards.REPRESENTATIVE_STATES[who.state])
    return f"{one_line(person.name, 40)}: {state}"


def _person_data(person: Person) -> str:
    who = person.representative
    waits = who is not None and who.state is RepresentativeState.WAITING
    return f"applicant:{person.id}" if waits else f"org_person:{person.id}"


# --- decisions about an NGO -----------------------------------------------------------------------------------------


async def approve(turn: Turn) -> None:
    await _decide(turn, turn.id_at(), Decision.APPROVE)


async def restore(turn: Turn) -> None:
    await _decide(turn, turn.id_at(), Decision.RESTORE)


async def decline(turn: Turn) -> None:
    await _ask_reason(turn, Decision.DECLINE)


async def suspend(turn: Turn) -> None:
    await _ask_reason(turn, Decision.SUSPEND)


async def _ask_reason(turn: Turn, decision: Decision) -> None:
    """What an NGO loses, it loses with a reason that its people read."""
    organization = await register.by_id(turn.db, turn.id_at())
    if organization is None or decided(organization.state, decision) is None:
        await card(turn)
        return
    await turn.wait_for(f"org_reason {organization.id}", decision, {})
    prompts = {
        Decision.DECLINE: turn.say(
            "Why is «{name}» declined? Type the reason: its people will read it.", name=organization.name
        ),
        Decision.SUSPEND: turn.say(
            "Why is «{name}» suspended? Type the reason: its people will read it. They will still read and follow, "
            "but ask nothing new.",
            name=organization.name,
        ),
    }
    turn.reply(prompts[decision], keyboard=[[turn.button("back", f"org_card:{organization.id}")]])


async def reason_typed(turn: Turn) -> None:
    form = turn.form
    reason = one_line(turn.text, 4_000)
    if form is None or form.step not in (Decision.DECLINE, Decision.SUSPEND):
        await show(turn)
    elif is_reason(turn, reason):
        await turn.finish()
        await _decide(turn, id_in(form.name.partition(" ")[2]), Decision(form.step), reason)


def is_reason(turn: Turn, reason: str) -> bool:
    """Whether it can be stored and read; else what is wrong has been replied."""
    if blank(reason):
        turn.reply(turn.say("Please write the reason in words."))
    elif len(reason) > _LONGEST_REASON:
        turn.reply(
            turn.say(
                "The reason has {n} characters, {most} are the most. Please shorten it.",
                n=len(reason),
                most=_LONGEST_REASON,
            )
        )
    else:
        return True
    return False


_DEEDS = {
    Decision.APPROVE: "NGO approved",
    Decision.DECLINE: "NGO declined",
    Decision.SUSPEND: "NGO suspended",
    Decision.RESTORE: "NGO restored",
}


async def _decide(turn: Turn, organization_id: int, decision: Decision, reason: str = "") -> None:
    """Races another administrator: the first word counts, the second one sees the card as it is."""
    organization = await register.by_id(turn.db, organization_id, to_change=True)
    if organization is None:
        await show(turn)
        return
    state = decided(organization.state, decision)
    if state is not None:
        told = await representatives.verified(turn.db, organization_id)
        await register.set_state(turn.db, organization_id, state, reason)
        if decision is Decision.DECLINE:
            await _decline_those_who_wait(turn, organization_id, reason)
        for person_id in told:
            await tell(turn, person_id, "ngo_state", {"organization": organization_id, "state": state})
    changed = await register.by_id(turn.db, organization_id) or organization
    await draw(turn, changed, edit=decision not in (Decision.DECLINE, Decision.SUSPEND))
    if state is not None:
        after = f"{state}, {reason}" if reason else state
        await turn.audit(_DEEDS[decision], f"organization {organization_id}", before=organization.state, after=after)


async def _decline_those_who_wait(turn: Turn, organization_id: int, reason: str) -> None:
    """Nobody speaks for what is no NGO; they are told why, and may name another."""
    for person_id in await representatives.waiting(turn.db, organization_id):
        await people.decide(turn.db, person_id, RepresentativeState.DECLINED, turn.person.id, turn.now, reason=reason)
        await tell(turn, person_id, "decided", {})


async def tell(turn: Turn, person_id: int, template: str, facts_: dict[str, object]) -> None:
    """Once for this deed, however often its update is handed over."""
    key = f"{template} {turn.update_id} {person_id}"
    await outbox.say(turn.db, person_id, template, facts_, turn.now, key=key)


# --- its people -----------------------------------------------------------------------------------------------------


async def person(turn: Turn) -> None:
    """A representative's card."""
    await leave(turn)
    found = await _representative(turn, turn.id_at())
    if found is not None:
        _draw_person(turn, found)


async def _representative(turn: Turn, person_id: int) -> Person | None:
    """Somebody who speaks for an NGO; else the list has been shown: a made-up id and a former one look the same."""
    found = await people.load(turn.db, person_id)
    if found is not None and found.representative is not None:
        return found
    await show(turn)
    return None


def _draw_person(turn: Turn, found: Person) -> None:
    who = found.representative
    if who is None:
        return
    buttons = []
    if who.state is RepresentativeState.VERIFIED and not who.is_head:
        buttons.append(turn.button("lead_ngo", f"org_head:{found.id}"))
    buttons.append(turn.button("remove_representative", f"org_remove:{found.id}"))
    state = turn.words.plain("head") if who.is_head else turn.words.plain(cards.REPRESENTATIVE_STATES[who.state])
    turn.reply(
        cards.lines(
            turn.say("Representative: <b>{name}</b>", name=found.name),
            turn.say("NGO: {name}", name=who.organization_name),
            turn.say("Status: {status}", status=state),
            turn.say("Reason: {reason}", reason=who.reason) if who.reason else None,
            turn.say("The bot is blocked by this person.") if found.blocked else None,
        ),
        keyboard=[*keyboards.rows(buttons, 2), [turn.button("back", f"org_card:{who.organization_id}")]],
        edit=True,
    )


async def head(turn: Turn) -> None:
    """The headship passes to this representative; both are told."""
    found = await _representative(turn, turn.id_at())
    if found is None or found.representative is None:
        return
    organization_id = found.representative.organization_id
    before, done = await representatives.lead(turn.db, organization_id, found.id)
    if done:
        for person_id in {found.id, before or found.id}:
            await tell(turn, person_id, "ngo_head", {"organization": organization_id, "head": found.id})
    _draw_person(turn, await people.load(turn.db, found.id) or found)
    if done:
        was = f"person {before}" if before else ""
        await turn.audit(
            "head of NGO chosen", f"organization {organization_id}", before=was, after=f"person {found.id}"
        )


async def remove(turn: Turn) -> None:
    """Asks first: the person loses sight of the NGO's questions."""
    found = await _representative(turn, turn.id_at())
    if found is None or found.representative is None:
        return
    await turn.wait_for(f"org_remove {found.id}", "confirm", {"organization": found.representative.organization_id})
    turn.reply(
        turn.say(
            "«{name}» will speak for «{ngo}» no more. Questions stay with the NGO; the person is told. Remove?",
            name=found.name,
            ngo=found.representative.organization_name,
        ),
        keyboard=keyboards.labelled(
            turn.words, ("remove_representative", "org_remove_now"), ("back", f"org_person:{found.id}"), width=1
        ),
        edit=True,
    )


async def remove_now(turn: Turn) -> None:
    """As it was asked: from that NGO, should the person speak for another one by now."""
    form = turn.form
    person_id = id_in(form.name.partition(" ")[2]) if form else 0
    organization_id = int(form.data["organization"]) if form else 0
    await turn.finish()
    removed = await representatives.remove(turn.db, organization_id, person_id)
    if removed:
        await tell(turn, person_id, "ngo_removed", {"organization": organization_id})
    turn.args = (str(organization_id),)
    await card(turn)
    if removed:
        await turn.audit("representative removed", f"person {person_id}", before=f"organization {organization_id}")


# --- still active? --------------------------------------------------------------------------------------------------


async def works(turn: Turn) -> None:
    """[Yes, we work], pressed by somebody who speaks for the NGO now."""
    organization_id = turn.person.organization_id
    if organization_id is None or organization_id != turn.id_at():
        turn.reply(turn.say("This button no longer works."))
        return
    await register.works(turn.db, organization_id, turn.city.today(turn.now))
    turn.reply(turn.say("Thank you: it is noted that «{name}» works this year.", name=_own_name(turn)))


async def works_no_longer(turn: Turn) -> None:
    """Administrators are told once a year, and decide; the word can be taken back."""
    organization_id = turn.person.organization_id
    if organization_id is None or organization_id != turn.id_at():
        turn.reply(turn.say("This button no longer works."))
        return
    today = turn.city.today(turn.now)
    await register.stopped(turn.db, organization_id, today)
    for admin_id in await people.admin_ids(turn.db):
        key = f"ngo stopped {organization_id} {today.year} {admin_id}"
        await outbox.say(turn.db, admin_id, "ngo_stopped", {"organization": organization_id}, turn.now, key=key)
    turn.reply(
        turn.say(
            "The administrators are told that «{name}» works no longer. If this is a mistake, press «{yes}».",
            name=_own_name(turn),
            yes=turn.words.label("still_works"),
        ),
        keyboard=keyboards.labelled(turn.words, ("still_works", f"org_works:{organization_id}")),
    )


def _own_name(turn: Turn) -> str:
    who = turn.person.representative
    return who.organization_name if who else ""


# --- export ---------------------------------------------------------------------------------------------------------


async def export(turn: Turn) -> None:
    """The register as a table, merged records left out."""
    standing = [o for o in await register.everything(turn.db) if o.state is not OrganizationState.MERGED]
    asked = await register.questions_of_each(turn.db)
    say, title = turn.words.plain, turn.words.label("organizations")
    columns = [say("Name"), say("BIN"), say("Field of work"), say("Status"), say("Reason")]
    columns += [say("Questions"), say("Confirmed that it works")]
    rows = [_row(turn, one, asked.get(one.id, 0)) for one in standing]
    turn.send_file("ngos.xlsx", await sheets.workbook(title, columns, rows), title)
    turn.reply(turn.words.count("The file has {n} line.", "The file has {n} lines.", len(rows)))
    await turn.audit("exported", "register", after=f"{len(rows)} rows")


def _row(turn: Turn, organization: Organization, asked: int) -> list[sheets.Cell]:
    field, active = organization.field, organization.active_on
    return [
        organization.name,
        organization.bin,
        turn.words.plain(FIELDS[field]) if field in FIELDS else field,
        turn.words.plain(ORGANIZATION_STATES[organization.state]),
        organization.reason,
        asked,
        active.isoformat() if active else "",
    ]

"""Invitations, for administrators: a link with its QR picture, how long it works, who used it, taking it back."""

import io
from datetime import timedelta

from markupsafe import Markup

from domain.draft import one_line
from domain.people import Role
from domain.register import BadBin, parse_bin
from handlers import cards, keyboards
from handlers.speech import Button
from handlers.turn import Turn
from storage import departments, forms, invitations, register
from storage.invitations import Made
from storage.pages import Section
from texts.labels import ROLE_LABELS

VALID_FOR = timedelta(days=14)
"""How long an invitation works unless an administrator chooses otherwise."""
_CHOICES = (1, 14, 30)
"""Days."""


def _back(turn: Turn, data: str = "desk") -> list[Button]:
    return [turn.button("back", data)]


async def invitation(turn: Turn) -> None:
    roles = [[Button(turn.words.plain(said), f"invite:{role}")] for role, said in ROLE_LABELS.items()]
    still_open = await invitations.count_open(turn.db, turn.now)
    turn.reply(
        turn.say("Whom do you invite?"),
        turn.say("Open invitations: {n}", n=still_open),
        keyboard=[*roles, [turn.button("all_invitations", "inv_list:0")], _back(turn)],
        edit=True,
    )


async def invite(turn: Turn) -> None:
    """The role is chosen; what else must be known depends on it."""
    role = turn.argument()
    if role == Role.REPRESENTATIVE:
        await turn.wait_for("invite", "organization", {})
        turn.reply(
            turn.say("For which NGO? Type its name or a part of it, or its BIN."), keyboard=[_back(turn, "invitation")]
        )
    elif role in (Role.OFFICIAL, Role.HEAD):
        known = await departments.all_departments(turn.db)
        choice = keyboards.departments(turn.words, known, f"invite_to:{role}")
        turn.reply(turn.say("For which department?"), keyboard=[*choice, _back(turn, "invitation")], edit=True)
    elif role in (Role.ADMIN, Role.DEPUTY_MAYOR):
        await _invite(turn, Role(role), turn.words.plain(ROLE_LABELS[Role(role)]))
    else:
        await invitation(turn)


async def invite_to(turn: Turn) -> None:
    chosen = await departments.department(turn.db, turn.id_at(1))
    role = turn.argument()
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
    turn.reply(turn.say("For which NGO?"), keyboard=[*choice, _back(turn, "invitation")])


async def invite_for(turn: Turn) -> None:
    chosen = await register.standing(turn.db, turn.id_at())
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
    invitation_id, code = await invitations.invite(
        turn.db,
        role,
        organization_id=organization_id,
        department_id=department_id,
        created_by=turn.person.id,
        now=turn.now,
        expires_at=expires_at,
    )
    link = f"https://t.me/{turn.bot_name}?start={code}"
    caption = turn.words.plain("Invitation: {who}. A QR code of the link that stands below.", who=one_line(who, 400))
    turn.send_file("invitation.png", _qr(link), caption, picture=True)
    turn.reply(
        cards.lines(turn.say("<b>Invitation</b>: {who}", who=who), turn.say("{link}", link=link)),
        turn.say(
            "It works once, until {when}. Send it to this person only: it is not shown again.",
            when=turn.words.moment(expires_at),
        ),
        turn.say("For another time, counted from now, press the number of days."),
        keyboard=[
            _days(turn, invitation_id, "link"),
            [turn.button("withdraw", f"inv_withdraw:{invitation_id}:link")],
            [turn.button("all_invitations", "inv_list:0:link")],
        ],
    )
    whose = f"organization {organization_id}" if organization_id else f"department {department_id}"
    of = f", {whose}" if organization_id or department_id else ""
    await turn.audit("invited", f"invitation {invitation_id}", after=f"{role}{of}")


def _qr(link: str) -> bytes:
    """Large enough to be read from another screen; whoever cannot see it has the link in words."""
    import segno

    picture = io.BytesIO()
    segno.make(link, micro=False).save(picture, kind="png", scale=10)
    return picture.getvalue()


def _days(turn: Turn, invitation_id: int, place: str) -> list[Button]:
    """`place` is `link` under the link itself, which must not be redrawn: it is not shown again."""
    return [
        Button(str(turn.words.count("{n} day", "{n} days", days)), f"inv_until:{invitation_id}:{days}:{place}")
        for days in _CHOICES
    ]


# --- all that were made ---------------------------------------------------------------------------------------------


async def all_made(turn: Turn) -> None:
    """Those that still work first. Button: `inv_list:2`."""
    total = await invitations.count(turn.db)
    page = Section(turn.id_at(), total)
    found = await invitations.part(turn.db, turn.now, page.first, page.size)
    still_open = await invitations.count_open(turn.db, turn.now)
    lines = [turn.say("{who}: {state}", who=_for_whom(turn, m), state=_state(turn, m)) for m in found]
    choice = [[Button(one_line(_for_whom(turn, m), 60), f"inv_card:{m.invitation.id}")] for m in found]
    turn.reply(
        turn.say("<b>Invitations</b>, open: {open}, in all: {n}", open=still_open, n=total),
        *lines,
        keyboard=[*choice, *keyboards.pager(turn.words, page, "inv_list"), _back(turn, "invitation")],
        edit=_redraws(turn),
    )


def _redraws(turn: Turn) -> bool:
    return turn.args[-1:] != ("link",)


async def card(turn: Turn) -> None:
    """One invitation as it is now."""
    found = await invitations.made(turn.db, turn.id_at())
    if found is None:
        await all_made(turn)
        return
    buttons: list[list[Button]] = []
    if found.invitation.works(turn.now):
        withdraw = [turn.button("withdraw", f"inv_withdraw:{found.invitation.id}")]
        buttons = [_days(turn, found.invitation.id, "card"), withdraw]
    turn.reply(
        cards.lines(
            turn.say("<b>Invitation</b>: {who}", who=_for_whom(turn, found)),
            turn.say("Status: {status}", status=_state(turn, found)),
            turn.say("Made by {who}, {when}", who=_name(turn, found.made_by), when=turn.words.moment(found.made_at)),
        ),
        *([turn.say("For another time, counted from now, press the number of days.")] if buttons else []),
        keyboard=[*buttons, _back(turn, "inv_list:0")],
        edit=_redraws(turn),
    )


def _for_whom(turn: Turn, made: Made) -> str:
    """`Official, Culture and languages`."""
    whose = made.department.in_(turn.language) if made.department else made.organization
    return ", ".join(part for part in (turn.words.plain(ROLE_LABELS[made.invitation.role]), whose) if part)


def _name(turn: Turn, name: str) -> str:
    return name or str(turn.say("somebody who is gone"))


def _state(turn: Turn, made: Made) -> Markup:
    """Whether it works, or who used it and when."""
    if made.used_at is not None:
        return turn.say("used by {who}, {when}", who=_name(turn, made.used_by), when=turn.words.moment(made.used_at))
    if made.withdrawn_at is not None:
        return turn.say("withdrawn, {when}", when=turn.words.moment(made.withdrawn_at))
    until = turn.words.moment(made.invitation.expires_at)
    return (
        turn.say("open until {when}", when=until)
        if made.invitation.works(turn.now)
        else turn.say("expired, {when}", when=until)
    )


async def withdraw(turn: Turn) -> None:
    """Races the one who follows the link: whoever was first, the card says so."""
    invitation_id = turn.id_at()
    withdrawn = await invitations.withdraw(turn.db, invitation_id, turn.now)
    await card(turn)
    if withdrawn:
        await turn.audit("invitation withdrawn", f"invitation {invitation_id}")


async def until(turn: Turn) -> None:
    """How long it works, counted from this press."""
    found = await invitations.made(turn.db, turn.id_at())
    days = turn.id_at(1)
    changed = False
    if found is not None and found.invitation.works(turn.now) and days in _CHOICES:
        expires_at = turn.now + timedelta(days=days)
        changed = await invitations.prolong(turn.db, found.invitation.id, expires_at)
    await card(turn)
    if found is not None and changed:
        before = found.invitation.expires_at.isoformat(timespec="minutes")
        after = expires_at.isoformat(timespec="minutes")
        await turn.audit("invitation prolonged", f"invitation {found.invitation.id}", before=before, after=after)

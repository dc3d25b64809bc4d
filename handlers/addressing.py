"""Whom an announcement goes to, when, and the word that sends it.

The last steps of what `handlers.announcing` writes: after [Confirm] it is an announcement, and no form any more.
"""

import re
from dataclasses import replace
from datetime import datetime, time, timedelta

from markupsafe import Markup

from domain.announcement import TYPED_ABOVE, Announcement, Audience, Reach, State, To, first_state
from domain.dates import typed_date
from domain.people import RepresentativeState
from handlers import announcement_cards, announcing, cards, keyboards
from handlers.speech import Button, Keyboard
from handlers.turn import Turn, id_in
from storage import announcements, departments, forms, habits, outbox, people
from texts import N_
from texts.labels import FIELDS

CONSENT = "second_consent"
"""The habit by which a second administrator has to approve."""
_LONGEST_AHEAD = timedelta(days=366)

# --- whom -----------------------------------------------------------------------------------------------------------


async def whom(turn: Turn) -> None:
    """The audience with its exact number, redrawn as filters change."""
    draft = await announcing.held(turn)
    if draft is None or draft.corrects:
        await announcing.nothing_written(turn)
        return
    chosen = _narrowed(draft.audience, turn.args[1:])
    if chosen != draft.audience:
        draft = replace(draft, audience=chosen)
        await announcing.keep(turn, draft)
    found = await announcements.reach(turn.db, chosen)
    turn.reply(
        turn.say("<b>Whom it goes to</b>"),
        cards.lines(
            await announcement_cards.audience(turn.db, turn.words, chosen),
            announcement_cards.reach(turn.words, found),
        ),
        keyboard=[*await _filters(turn, chosen), [turn.button("back", "an_card:0")]],
        edit=True,
    )


def _narrowed(audience: Audience, args: tuple[str, ...]) -> Audience:
    """The audience after a press; made-up data changes nothing."""
    match args:
        case ("to", to) if to in set(To):
            return replace(audience, to=To(to))
        case ("field", "all"):
            return replace(audience, fields=())
        case ("field", key) if key in FIELDS:
            return audience.with_field(key)
        case ("state", "all"):
            return replace(audience, state=None)
        case ("state", ("verified" | "waiting") as state):
            return replace(audience, state=RepresentativeState(state))
        case ("department", "all"):
            return replace(audience, departments=())
        case ("department", number) if id_in(number):
            return audience.with_department(id_in(number))
    return audience


_STATES = {
    "all": N_("Verified or waiting"),
    "verified": N_("Only verified"),
    "waiting": N_("Only waiting for approval"),
}


async def _filters(turn: Turn, chosen: Audience) -> Keyboard:
    """Each filter is a button; what is chosen says so."""
    ngos = chosen.to is To.NGOS
    rows = [
        [
            _choice(turn, turn.words.plain("Representatives of NGOs"), "to:ngos", chosen=ngos),
            _choice(turn, turn.words.plain("Officials"), "to:officials", chosen=not ngos),
        ]
    ]
    if not ngos:
        everybody = _choice(turn, turn.words.plain("All departments"), "department:all", chosen=not chosen.departments)
        known = await departments.all_departments(turn.db)
        return [
            *rows,
            [everybody],
            *(
                [_choice(turn, d.names.in_(turn.language), f"department:{d.id}", chosen=d.id in chosen.departments)]
                for d in known
            ),
        ]
    state = chosen.state or "all"
    rows += [
        [_choice(turn, turn.words.plain(said), f"state:{key}", chosen=key == state)] for key, said in _STATES.items()
    ]
    rows.append([_choice(turn, turn.words.plain("All fields of work"), "field:all", chosen=not chosen.fields)])
    fields = [
        _choice(turn, turn.words.plain(said), f"field:{key}", chosen=key in chosen.fields)
        for key, said in FIELDS.items()
    ]
    return [*rows, *keyboards.rows(fields, 2)]


def _choice(turn: Turn, label: str, data: str, *, chosen: bool) -> Button:
    said = turn.words.plain("{name}: chosen", name=label) if chosen else label
    return Button(said, f"an_whom:0:{data}")


# --- when -----------------------------------------------------------------------------------------------------------


async def when_asked(turn: Turn) -> None:
    draft = await announcing.held(turn)
    if draft is None or draft.corrects:
        await announcing.nothing_written(turn)
        return
    await announcing.keep(turn, draft, "when")
    turn.reply(
        turn.say(
            "Type date and time of the city, for example {example}. Whom it goes to is fixed at that moment.",
            example=f"{(turn.now + timedelta(days=1)).astimezone(turn.city.zone):%d.%m.%Y} 10:00",
        ),
        keyboard=keyboards.labelled(turn.words, ("back", "an_card:0")),
    )


_MOMENT = re.compile(r"\s*([\d.]+)[\s,]+(\d{1,2})[:.](\d{2})\s*")


async def when_typed(turn: Turn) -> None:
    draft = announcing.draft_from(turn.form.data) if turn.form else announcing.Draft()
    typed = _moment(turn, turn.text)
    if typed is None:
        turn.reply(
            turn.say("This is no date and time: «{text}». Type it like 14.05.2026 10:00.", text=turn.text[:50]),
            keyboard=keyboards.labelled(turn.words, ("back", "an_card:0")),
        )
    elif not turn.now < typed < turn.now + _LONGEST_AHEAD:
        turn.reply(
            turn.say(
                "{when} is not in the coming year. Now it is {now}. Type another time.",
                when=turn.words.moment(typed),
                now=turn.words.moment(turn.now),
            ),
            keyboard=keyboards.labelled(turn.words, ("back", "an_card:0")),
        )
    else:
        await _ask(turn, replace(draft, send_at=typed))


def _moment(turn: Turn, text: str) -> datetime | None:
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    day = typed_date(match[1])
    try:
        return datetime.combine(day, time(int(match[2]), int(match[3])), turn.city.zone) if day else None
    except ValueError:
        return None


# --- the word that sends it -----------------------------------------------------------------------------------------


async def now_asked(turn: Turn) -> None:
    draft = await announcing.held(turn)
    if draft is None or draft.corrects:
        await announcing.nothing_written(turn)
    else:
        await _ask(turn, replace(draft, send_at=None))


async def _ask(turn: Turn, draft: announcing.Draft, *, pressed: bool = False) -> None:
    """`312 people, about 12 seconds`: to whom, and [Confirm]; many people are typed as a number."""
    found = await announcements.reach(turn.db, draft.audience)
    if announcing.missing(turn, draft) or not found.people:
        await announcing.keep(turn, draft)
        if not announcing.missing(turn, draft):
            turn.reply(turn.say("Nobody is in this audience now. Choose whom it goes to."))
        await announcing.show(turn, draft)
        return
    await announcing.keep(turn, draft, "count" if found.people > TYPED_ABOVE else "text")
    turn.reply(
        cards.lines(
            announcement_cards.reach(turn.words, found),
            await announcement_cards.audience(turn.db, turn.words, draft.audience),
            announcing.goes_out(turn, draft),
        ),
        *([turn.say("For so many people a press is not enough.")] if pressed and found.people > TYPED_ABOVE else []),
        *_demands(turn, draft, found, consent=await _needs_consent(turn, found)),
        keyboard=keyboards.labelled(turn.words, ("confirm", f"an_confirm:0:{found.people}"), ("back", "an_card:0")),
    )


def _demands(turn: Turn, draft: announcing.Draft, found: Reach, *, consent: bool) -> list[Markup]:
    said = []
    if draft.send_at:
        said.append(turn.say("Whom it goes to is fixed when it starts: the number may be another one then."))
    if consent:
        said.append(turn.say("It goes out when another administrator has approved it."))
    if found.people > TYPED_ABOVE:
        said.append(turn.say("To confirm, type the number of people: {n}", n=found.people))
    return said


async def _needs_consent(turn: Turn, found: Reach) -> bool:
    """A second administrator, where the habit says so and there is one."""
    if found.people <= TYPED_ABOVE or await people.count_admins(turn.db) < 2:
        return False
    return await habits.value(turn.db, CONSENT) == "yes"


async def count_typed(turn: Turn) -> None:
    """The number of people typed out: it shows that the author has read it."""
    draft = announcing.draft_from(turn.form.data) if turn.form else announcing.Draft()
    found = await announcements.reach(turn.db, draft.audience)
    typed = re.sub(r"\s", "", turn.text)
    if typed.isascii() and typed.isdigit() and len(typed) < 16 and int(typed) == found.people:
        await _confirmed(turn, draft, found)
        return
    turn.reply(
        turn.say(
            "{n} people would get it; you typed «{typed}». Type {n} to confirm.", n=found.people, typed=turn.text[:50]
        ),
        keyboard=keyboards.labelled(turn.words, ("back", "an_card:0")),
    )


async def confirm(turn: Turn) -> None:
    """[Confirm]. The button names the number that was shown: when it is another one now, it is asked anew."""
    draft = await announcing.held(turn)
    if draft is None or draft.corrects:
        await _latest(turn)
        return
    found = await announcements.reach(turn.db, draft.audience)
    shown = turn.id_at(1)
    waits = draft.send_at is None or draft.send_at > turn.now
    if shown == found.people and found.people <= TYPED_ABOVE and waits and not announcing.missing(turn, draft):
        await _confirmed(turn, draft, found)
    else:
        await _ask(turn, draft if waits else replace(draft, send_at=None), pressed=shown == found.people)


async def _latest(turn: Turn) -> None:
    """Pressed once more: it was sent by the first press, and this is how it stands."""
    page = await announcements.page(turn.db, 0)
    mine = next((one for one, _ in page.found if one.author_id == turn.person.id), None)
    if mine is None:
        await announcing.nothing_written(turn)
        return
    blocks, keyboard = await announcement_cards.report(turn.db, turn.words, mine, turn.person.id)
    turn.reply(*blocks, keyboard=keyboard)


async def _confirmed(turn: Turn, draft: announcing.Draft, found: Reach) -> None:
    """It is entered, and goes out now, at its time, or when another administrator has approved it."""
    consent = await _needs_consent(turn, found)
    state = first_state(consent=consent, send_at=draft.send_at, now=turn.now)
    number = await announcements.enter(
        turn.db, turn.person.id, draft.content, draft.audience, state, draft.send_at, turn.now
    )
    await forms.drop(turn.db, turn.person.id, announcing.FORM)
    turn.form = None
    entered = await announcements.find(turn.db, number, to_change=True)
    assert entered is not None  # noqa: S101 - entered a line above
    if state is State.SENDING:
        await set_going(turn, entered)
    await tell_others(turn, entered, "asks" if consent else "sends", found.people)
    turn.reply(
        _accepted(turn, entered, found), keyboard=keyboards.labelled(turn.words, ("an_open", f"an_show:{number}"))
    )
    await turn.audit("announcement confirmed", f"announcement {number}", after=f"{state}, {found.people} people")


def _accepted(turn: Turn, announcement: Announcement, found: Reach) -> Markup:
    number, n = announcement.id, announcement_cards.people_count(turn.words, found.people)
    match announcement.state:
        case State.WAITING:
            return turn.say("<b>Announcement {number}</b> waits for another administrator's consent.", number=number)
        case State.SCHEDULED if announcement.send_at:
            when = turn.words.moment(announcement.send_at)
            return turn.say("<b>Announcement {number}</b> goes out by itself: {when}.", number=number, when=when)
    return turn.say("<b>Announcement {number}</b> is going out to {people}.", number=number, people=n)


async def set_going(turn: Turn, announcement: Announcement) -> None:
    """Fix the recipients and promise each their copy, in this transaction."""
    await announcements.start(turn.db, announcement, turn.now)
    await announcements.promise_progress(turn.db, announcement.id, turn.now)


async def tell_others(turn: Turn, announcement: Announcement, what: str, people_: int) -> None:
    """All other administrators hear who does what with it, and to how many."""
    facts = {"announcement": announcement.id, "what": what, "who": turn.person.id, "people": people_}
    for admin_id in await people.admin_ids(turn.db):
        if admin_id != turn.person.id:
            key = f"announcement {announcement.id} {what} {turn.update_id} {admin_id}"
            await outbox.say(turn.db, admin_id, "an_told", facts, turn.now, key=key)

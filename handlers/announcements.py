"""Announcements that were sent or will be: the history, each one's report, and what can still be done with it."""

from markupsafe import Markup

from domain.announcement import MISSED, TYPED_ABOVE, Announcement, Deed, Reached, State, Tally, deeds_for, first_state
from domain.people import Person
from handlers import addressing, announcement_cards, announcing, cards, everyone, keyboards
from handlers.speech import Button, Call, Keyboard, inline
from handlers.turn import Turn
from storage import announcements, forms, habits, outbox, people
from storage.pages import Page


async def history(turn: Turn) -> None:
    """All announcements, the newest first, and whether a second administrator has to approve."""
    page = await announcements.page(turn.db, turn.id_at())
    demanded = await habits.value(turn.db, addressing.CONSENT) == "yes"
    consent = (
        turn.say("To more than {n} people: only with a second administrator's consent.", n=TYPED_ABOVE)
        if demanded
        else turn.say("To more than {n} people: one administrator is enough.", n=TYPED_ABOVE)
    )
    heading = turn.say("<b>Announcements</b>")
    if page.pages > 1:
        heading = turn.say("{title}, page {n} of {pages}", title=heading, n=page.number + 1, pages=page.pages)
    turn.reply(
        cards.lines(heading, consent),
        *([_line(turn, one, tally) for one, tally in page.found] or [turn.say("Nothing was sent yet.")]),
        keyboard=_buttons(turn, page, demanded=demanded),
        edit=True,
    )


def _line(turn: Turn, announcement: Announcement, tally: Tally) -> Markup:
    reached = turn.say("delivered: {n} of {total}", n=tally.delivered, total=tally.total) if tally.total else None
    return cards.lines(
        announcement_cards.title(turn.words, announcement),
        reached,
        turn.say("«{text}»", text=announcement_cards.first_words(turn.words, announcement)),
    )


def _buttons(turn: Turn, page: Page[tuple[Announcement, Tally]], *, demanded: bool) -> Keyboard:
    choice = [
        [Button(turn.words.plain("Announcement {number}", number=one.id), f"an_show:{one.id}")] for one, _ in page.found
    ]
    pages = []
    if page.number > 0:
        pages.append(turn.button("earlier", f"announcements:{page.number - 1}"))
    if page.number + 1 < page.pages:
        pages.append(turn.button("later", f"announcements:{page.number + 1}"))
    switch = ("an_consent_off", "an_consent:no") if demanded else ("an_consent_on", "an_consent:yes")
    return [
        [turn.button("an_new", "an_new")],
        *choice,
        *([pages] if pages else []),
        [turn.button(*switch)],
        [turn.button("back", "desk")],
    ]


async def consent_switched(turn: Turn) -> None:
    """To many people with a second administrator or without. The others hear who changed it."""
    wanted = turn.argument()
    before = await habits.value(turn.db, addressing.CONSENT) or "no"
    if wanted not in ("yes", "no") or wanted == before:
        turn.args = ()
        await history(turn)
        return
    await habits.change(turn.db, addressing.CONSENT, wanted)
    facts = {"on": wanted == "yes", "who": turn.person.name}
    for admin_id in await people.admin_ids(turn.db):
        if admin_id != turn.person.id:
            key = f"consent {turn.update_id} {admin_id}"
            await outbox.say(turn.db, admin_id, "an_consent", facts, turn.now, key=key)
    turn.args = ()
    await history(turn)
    await turn.audit("habit changed", f"setting {addressing.CONSENT}", before=before, after=wanted)


# --- one of them ----------------------------------------------------------------------------------------------------


async def show(turn: Turn) -> None:
    """The report as it stands now."""
    announcement = await announcements.find(turn.db, turn.id_at())
    if announcement is None:
        turn.args = ()
        await history(turn)
        return
    await _show(turn, announcement, edit=True)


async def _show(turn: Turn, announcement: Announcement, *, edit: bool = False) -> None:
    blocks, keyboard = await announcement_cards.report(turn.db, turn.words, announcement, turn.person.id)
    turn.reply(*blocks, keyboard=keyboard, edit=edit)


async def text(turn: Turn) -> None:
    """What was sent, as readers of each text see it."""
    announcement = await announcements.find(turn.db, turn.id_at())
    if announcement is None:
        await show(turn)
        return
    content = announcement.content
    for key in content.texts or [""]:
        language = announcing.reader(content, key, turn.language)
        reader = Person(turn.person.id, turn.person.name, language)
        turn.calls.append(announcement_cards.message(reader, content, []))
    turn.reply(
        turn.say("This is the text of announcement {number}.", number=announcement.id),
        keyboard=[[turn.button("back", f"an_show:{announcement.id}")]],
    )


async def _held(turn: Turn, deed: Deed) -> tuple[Announcement, Tally] | None:
    """The announcement of the pressed button, locked, when this may be done with it; else it is shown as it stands."""
    announcement = await announcements.find(turn.db, turn.id_at(), to_change=True)
    if announcement is None:
        await show(turn)
        return None
    tally = await announcements.tally(turn.db, announcement)
    if deed not in deeds_for(announcement, tally, turn.person.id):
        await _show(turn, announcement)
        return None
    return announcement, tally


async def _done(
    turn: Turn, announcement: Announcement, what: str, n: int, *, before: str = "", after: str = ""
) -> None:
    """All administrators hear of it, and the audit has the line."""
    await addressing.tell_others(turn, announcement, what, n)
    before, after = before or announcement.state, after or f"{n} people"
    await turn.audit(f"announcement {_AUDITED[what]}", f"announcement {announcement.id}", before=before, after=after)


_AUDITED = {
    "approves": "approved",
    "cancels": "cancelled",
    "stops": "stopped",
    "repeats": "repeated",
    "corrects": "corrected",
    "takes_back": "taken back",
}


async def approve(turn: Turn) -> None:
    """The second administrator's consent: it goes out now, or at its time."""
    held = await _held(turn, Deed.APPROVE)
    if held is None:
        return
    announcement, _ = held
    state = first_state(consent=False, send_at=announcement.send_at, now=turn.now)
    await announcements.change(turn.db, announcement.id, state=state, approved_by=turn.person.id)
    if state is State.SENDING:
        await addressing.set_going(turn, announcement)
    found = await announcements.reach(turn.db, announcement.audience)
    turn.reply(turn.say("<b>Announcement {number}</b> is approved.", number=announcement.id))
    await _done(turn, announcement, "approves", found.people)


async def cancel(turn: Turn) -> None:
    """Before it has begun: it never goes out."""
    held = await _held(turn, Deed.CANCEL)
    if held is None:
        return
    announcement, _ = held
    await announcements.change(turn.db, announcement.id, state=State.CANCELLED, finished_at=turn.now)
    found = await announcements.reach(turn.db, announcement.audience)
    turn.reply(turn.say("<b>Announcement {number}</b> is cancelled: it does not go out.", number=announcement.id))
    await _done(turn, announcement, "cancels", found.people)


async def stop(turn: Turn) -> None:
    """Nothing more goes out from this moment; what is on the wire arrives, and the report follows."""
    held = await _held(turn, Deed.STOP)
    if held is None:
        return
    announcement, tally = held
    await announcements.stop(turn.db, announcement, turn.now)
    now = await announcements.tally(turn.db, announcement)
    turn.reply(
        turn.say(
            "<b>Announcement {number}</b> is stopped. Not sent: {n}. The report follows.",
            number=announcement.id,
            n=now.by.get(Reached.STOPPED, 0),
        )
    )
    await _done(turn, announcement, "stops", tally.total)


# --- once more ------------------------------------------------------------------------------------------------------


async def repeat_asked(turn: Turn) -> None:
    """How many did not get it; those of whom nothing is known are asked for apart: some of them would get it twice."""
    held = await _held(turn, Deed.REPEAT)
    if held is None:
        return
    announcement, tally = held
    n = announcement.id
    buttons = [("an_repeat_missed", f"an_repeat_now:{n}:missed")] if tally.missed else []
    buttons += [("an_repeat_unclear", f"an_repeat_now:{n}:unclear")] if tally.unclear else []
    unclear = (
        turn.say(
            "Not known whether it arrived: {n}. If it is repeated to them, some may get it twice.", n=tally.unclear
        )
        if tally.unclear
        else None
    )
    turn.reply(
        cards.lines(
            turn.say("<b>Announcement {number}</b>: to be repeated?", number=n),
            turn.say("Did not get it: {n}. Nobody who got it gets it again.", n=tally.missed),
            unclear,
        ),
        keyboard=[*keyboards.labelled(turn.words, *buttons, width=1), [turn.button("back", f"an_show:{n}")]],
    )


async def repeat(turn: Turn) -> None:
    held = await _held(turn, Deed.REPEAT)
    if held is None:
        return
    announcement, _ = held
    unclear = turn.args[1:] == ("unclear",)
    reached = (*MISSED, Reached.UNCLEAR) if unclear else MISSED
    n = await announcements.repeat(turn.db, announcement, reached, turn.person.id, turn.now)
    await announcements.promise_progress(turn.db, announcement.id, turn.now)
    turn.reply(
        turn.say(
            "<b>Announcement {number}</b> is going out to {people}.",
            number=announcement.id,
            people=announcement_cards.people_count(turn.words, n),
        )
    )
    await _done(turn, announcement, "repeats", n)


# --- the text corrected ---------------------------------------------------------------------------------------------


async def correct(turn: Turn) -> None:
    held = await _held(turn, Deed.CORRECT)
    if held is not None:
        await announcing.correct(turn, held[0])


async def correct_now(turn: Turn) -> None:
    """The new text goes into each chat that has the old one."""
    number = turn.id_at()
    form = await forms.find(turn.db, turn.person.id, f"{announcing.FORM} {number}")
    held = await _held(turn, Deed.CORRECT)
    if held is None:
        return
    if form is None:
        await _show(turn, held[0])
        return
    announcement, draft = held[0], announcing.draft_from(form.data)
    if announcing.missing(turn, draft) or draft.content == announcement.content:
        await announcing.show(turn, draft)
        return
    n = await announcements.correct(turn.db, announcement, draft.content, turn.person.id, turn.now)
    await announcements.promise_progress(turn.db, announcement.id, turn.now)
    await forms.drop(turn.db, turn.person.id, form.name)
    turn.form = None
    turn.reply(
        turn.say(
            "<b>Announcement {number}</b>: the text is being corrected for {people}.",
            number=announcement.id,
            people=announcement_cards.people_count(turn.words, n),
        )
    )
    before, after = _all_texts(announcement), _all_texts_of(draft)
    await _done(turn, announcement, "corrects", n, before=before, after=after)


def _all_texts(announcement: Announcement) -> str:
    return "\n\n".join(written.text for written in announcement.content.texts.values()) or "-"


def _all_texts_of(draft: announcing.Draft) -> str:
    return "\n\n".join(written.text for written in draft.content.texts.values())


# --- taken back -----------------------------------------------------------------------------------------------------


async def take_back_asked(turn: Turn) -> None:
    """Deleted copies do not come back: how many, and for how many it is too late."""
    held = await _held(turn, Deed.TAKE_BACK)
    if held is None:
        return
    announcement, tally = held
    number, can = announcement.id, await announcements.deletable(turn.db, announcement.id, turn.now)
    late = tally.delivered - tally.taken_back - can
    turn.reply(
        cards.lines(
            turn.say("<b>Announcement {number}</b>: shall it be deleted? Chats: {n}.", number=number, n=can),
            turn.say("Older than 48 hours, Telegram does not delete them any more: {n}", n=late) if late else None,
        ),
        keyboard=[
            *([[turn.button("an_take_back_now", f"an_take_back_now:{number}")]] if can else []),
            [turn.button("back", f"an_show:{number}")],
        ],
    )


async def take_back(turn: Turn) -> None:
    held = await _held(turn, Deed.TAKE_BACK)
    if held is None:
        return
    announcement, _ = held
    n = await announcements.take_back(turn.db, announcement, turn.person.id, turn.now)
    await announcements.promise_progress(turn.db, announcement.id, turn.now)
    turn.reply(turn.say("<b>Announcement {number}</b> is being deleted. Chats: {n}.", number=announcement.id, n=n))
    await _done(turn, announcement, "takes_back", n)


# --- the recipient's word -------------------------------------------------------------------------------------------


async def read(turn: Turn) -> None:
    """[I have read it]: counted once, said back each time, and the button says since when."""
    if turn.args == ("0",) and turn.person.is_admin:
        turn.reply(turn.say("This is a preview. Your readers' presses are counted."))
        return
    number = turn.id_at()
    await announcements.read(turn.db, number, turn.person.id, turn.now)
    copy = await announcements.recipient(turn.db, number, turn.person.id)
    if copy is None or copy.read_at is None:
        await everyone.nothing_here(turn)
        return
    if turn.said.pressed_message_id is not None and turn.said.pressed_message_id == copy.message_id:
        markup = inline(announcement_cards.have_read(turn.words, number, copy.read_at), simple=turn.person.simple)
        params = {"chat_id": turn.person.id, "message_id": copy.message_id, "reply_markup": markup}
        turn.calls.append(Call("editMessageReplyMarkup", params))
    turn.reply(turn.say("Thank you. Read: {when}", when=turn.words.moment(copy.read_at)))

"""[Stuck messages]: updates that were given up on and messages that do not get out; [Try again], or [Drop] and why.

Nobody reads here what somebody wrote: only from whom, when, and what went wrong.
"""

from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.draft import blank, one_line
from handlers import cards, keyboards
from handlers.speech import Button, Keyboard
from handlers.turn import Turn
from storage import people, stuck
from storage.pages import Page
from storage.stuck import Stuck, What
from texts import N_, Words

_LONGEST_REASON = 300

_REASONS = {
    "BadRequest": N_("Telegram refused the message as it is written"),
    "Forbidden": N_("Telegram does not let the bot write to this person"),
    "RetryAfter": N_("Telegram asks the bot to wait; it goes out by itself"),
    "NotSoon": N_("Telegram's limits hold it back; it goes out by itself"),
    "TimedOut": N_("Telegram did not answer: it is not known whether the message arrived"),
    "NetworkError": N_("Telegram did not answer: it is not known whether the message arrived"),
    "InvalidToken": N_("Telegram does not accept the bot's token: whoever runs the server has to act"),
    "OperationalError": N_("the database could not be used at that moment"),
    "InterfaceError": N_("the database could not be used at that moment"),
    "DBAPIError": N_("the database could not be used at that moment"),
    "TimeoutError": N_("the database could not be used at that moment"),
    "": N_("it has not been tried yet"),
}
"""By the error's class, which stands first in what was noted."""
_OWN_FAULT = N_("a fault of the program: whoever looks after it needs the code")

_SORTS = {
    "message": N_("a message"),
    "edited_message": N_("an edited message"),
    "callback_query": N_("a pressed button"),
    "my_chat_member": N_("the person blocked the bot or came back"),
    "registered": N_("the confirmation of a question"),
    "new": N_("a new question for the department"),
    "answered": N_("the answer to a question"),
    "attachments": N_("attachments"),
    "addition": N_("an addition by the NGO"),
    "reminders": N_("a reminder"),
    "late": N_("word that the answer is late"),
    "digest": N_("the morning card"),
    "redraw": N_("the morning card, drawn anew"),
    "week": N_("the summary of the week"),
    "applicant": N_("the card of somebody who waits for approval"),
    "decided": N_("the decision on an application"),
    "reply": N_("a reply of the bot"),
}
_A_NOTICE = N_("a notice")


def reason(words: Words, error: str) -> str:
    """What went wrong, in words; the exact error stands in the log."""
    name = error.partition(":")[0].strip()
    return words.plain(_REASONS.get(name, _OWN_FAULT))


def code(found: Stuck) -> str:
    """What is looked for in the log: there `M17` is `row 17 of the outbox`."""
    return f"E{found.id % 1_000_000:06d}" if found.what is What.LETTER else f"M{found.id}"


# --- the list -------------------------------------------------------------------------------------------------------


async def show(turn: Turn) -> None:
    """What came in first, then what was to go out; the newest first."""
    await _show(turn, turn.id_at())


async def _show(turn: Turn, number: int, *news: Markup) -> None:
    """In place; with news as a new message, which a screen reader announces."""
    if turn.form and turn.form.name == "stuck":
        await turn.finish()
    page = await stuck.page(turn.db, turn.now, number)
    if not page.total:
        back = [[turn.button("back", "desk")]]
        turn.reply(*news, turn.say("Nothing is stuck."), keyboard=back, edit=not news)
        return
    said = [await _block(turn, found) for found in page.found]
    choice = keyboards.rows((Button(code(found), f"stuck_card:{found.what}:{found.id}") for found in page.found), 3)
    turn.reply(
        *news,
        _heading(turn, page),
        *said,
        keyboard=[
            *choice,
            *keyboards.pager(turn.words, page, "stuck"),
            [turn.button("try_all_again", "stuck_all"), turn.button("back", "desk")],
        ],
        edit=not news,
    )


def _heading(turn: Turn, page: Page[Stuck]) -> Markup:
    said = turn.say("<b>Stuck messages</b>: {n}", n=page.total)
    if page.pages == 1:
        return said
    which = turn.say("page {page} of {pages}", page=page.number + 1, pages=page.pages)
    return Markup("{}, {}").format(said, which)


async def _block(turn: Turn, found: Stuck) -> Markup:
    """`E000123, 2 March 2026, 11:05: a pressed button`, from or to whom, and why it is stuck."""
    whom = await _whom(turn.db, turn.words, found)
    said = turn.say("From: {who}", who=whom) if found.what is What.LETTER else turn.say("To: {who}", who=whom)
    sort = turn.words.plain(_SORTS.get(found.sort, _A_NOTICE))
    what = turn.say("{what}, № {number}", what=sort, number=found.number) if found.number else sort
    return cards.lines(
        turn.say("<b>{code}</b>, {when}: {what}", code=code(found), when=turn.words.moment(found.since), what=what),
        said,
        turn.say("Why: {reason}", reason=reason(turn.words, found.error)),
        turn.say("It waits, and is still tried by itself.") if found.waits else None,
    )


async def _whom(db: AsyncConnection, words: Words, found: Stuck) -> str:
    person = await people.load(db, found.person_id) if found.person_id > 0 else None
    if person is not None:
        return person.shown_name or str(person.id)
    return str(found.person_id) if found.person_id else words.plain("nobody in particular")


# --- one of them ----------------------------------------------------------------------------------------------------


async def _found(turn: Turn) -> Stuck | None:
    """The one in the button's data, while it is still stuck."""
    what = turn.argument()
    return await stuck.find(turn.db, What(what), turn.id_at(1), turn.now) if what in set(What) else None


async def card(turn: Turn) -> None:
    found = await _found(turn)
    if found is None:
        await _gone(turn)
        return
    await _show_card(turn, found)


async def _show_card(turn: Turn, found: Stuck) -> None:
    if turn.form and turn.form.name == "stuck":
        await turn.finish()
    turn.reply(await _block(turn, found), *_final(turn, found), keyboard=_buttons(turn, found), edit=True)


async def _gone(turn: Turn) -> None:
    await _show(turn, 0, turn.say("This is not stuck any more."))


def _final(turn: Turn, found: Stuck) -> list[Markup]:
    """Why [Try again] is not offered."""
    if not found.final:
        return []
    if found.what is What.LETTER:
        return [
            turn.say(
                "The person has gone on since: these words would land in another dialogue. They were told that this "
                "step was not done, and may repeat it."
            )
        ]
    return [turn.say("What a reply said is not kept. The person may repeat their step.")]


def _buttons(turn: Turn, found: Stuck) -> Keyboard:
    this = f"{found.what}:{found.id}"
    again = [] if found.final else [turn.button("try_again", f"stuck_again:{this}")]
    return [[*again, turn.button("drop", f"stuck_drop:{this}")], [turn.button("back", "stuck:0")]]


async def try_again(turn: Turn) -> None:
    """It is served, or sent, like a new one: by whichever copy of the program comes first."""
    found = await _found(turn)
    if found is None:
        await _gone(turn)
        return
    if found.final:
        await _show_card(turn, found)
        return
    await stuck.try_again(turn.db, found, turn.now)
    await _show(turn, 0, turn.say("{code} is tried again. If it fails, it stands here anew.", code=code(found)))
    await turn.audit("tried again", f"{found.what} {found.id}", before=found.error[:100])


async def try_all_again(turn: Turn) -> None:
    """Everything that can be; after a long fault of the network or a mended program."""
    tried = 0
    for found in await stuck.everything(turn.db, turn.now):
        if not found.final:
            await stuck.try_again(turn.db, found, turn.now)
            tried += 1
    await _show(turn, 0, turn.words.count("{n} is tried again.", "{n} are tried again.", tried))
    if tried:
        await turn.audit("tried again", "message", after=str(tried))


async def drop(turn: Turn) -> None:
    """[Drop]: why, in a sentence."""
    found = await _found(turn)
    if found is None:
        await _gone(turn)
        return
    await turn.wait_for("stuck", "reason", {"what": found.what, "id": found.id})
    turn.reply(
        turn.say("Why is {code} dropped? Write one sentence: it stands in the list of deeds.", code=code(found)),
        keyboard=[[turn.button("back", f"stuck_card:{found.what}:{found.id}")]],
    )


async def dropped(turn: Turn) -> None:
    """The sentence came."""
    assert turn.form is not None  # noqa: S101 - see `routes`: a step of this form
    data = turn.form.data
    why = one_line(turn.text, _LONGEST_REASON)
    if blank(why):
        turn.reply(turn.say("A text is needed. Please write in words."))
        return
    await turn.finish()
    found = await stuck.find(turn.db, What(data["what"]), data["id"], turn.now)
    if found is None:
        await _gone(turn)
        return
    await stuck.drop(turn.db, found, turn.now)
    await _show(turn, 0, turn.say("{code} is dropped.", code=code(found)))
    await turn.audit("dropped", f"{found.what} {found.id}", before=found.error[:100], after=why)


def notice(words: Words, n: int) -> tuple[Markup, Keyboard]:
    """For administrators, once a day: something is stuck."""
    said = words.count(
        "{n} message is stuck: it was refused, or a step could not be done.",
        "{n} messages are stuck: they were refused, or a step could not be done.",
        n,
    )
    return said, keyboards.labelled(words, ("stuck", "stuck:0"))

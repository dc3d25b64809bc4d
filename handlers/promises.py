"""The ledger of promises: `/promises`, the card, what its owner and the NGO say of it, and how that is told.

[The promise is kept]    at once
[New date and why]       date → reason → preview → send
[Cannot, and why]        reason → preview → send
[Confirm …]              at once
[It was not kept]        reason
"""

import re
from datetime import date, datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.city import City
from domain.dates import date_and_reason, looks_like_date
from domain.draft import MAX_TEXT, blank
from domain.people import Person
from domain.promise import (
    RUNNING,
    NoPromiseDate,
    Promise,
    PromiseStatus,
    Step,
    act,
    disputing,
    promisable,
    steps_for,
    visible,
)
from domain.question import NotInThisStatus, NotYours, Question
from handlers import cards, everyone, keyboards
from handlers.speech import Block, Button, Call, Keyboard, Quote, messages
from handlers.turn import Turn
from storage import promises
from storage.outbox import Outgoing
from storage.promises import PromiseEntry
from texts import N_, Words

Data = dict[str, Any]

# --- how it reads ---------------------------------------------------------------------------------------------------

_STATUS = {
    PromiseStatus.OPEN: N_("to be kept"),
    PromiseStatus.KEPT: N_("kept, as the department says; the NGO has not said yet"),
    PromiseStatus.CONFIRMED: N_("kept, the NGO confirms it"),
    PromiseStatus.UNDISPUTED: N_("kept, as the department says; the NGO did not say otherwise in time"),
    PromiseStatus.DISPUTED: N_("not kept, as the NGO says"),
    PromiseStatus.BROKEN: N_("cannot be kept, as the department says"),
}


def status(words: Words, promise: Promise, today: date) -> Markup:
    """In words; being late is said beside it."""
    if promise.react_by is not None:
        return words.say(
            "kept, as the department says; the NGO may say otherwise until {date}", date=words.day(promise.react_by)
        )
    said = words.say(_STATUS[promise.status])
    return words.say("{status}, <b>overdue</b>", status=said) if promise.overdue(today) else said


def list_line(words: Words, promise: Promise, today: date) -> Markup:
    """One promise in a list: number, date, state, to whom, how its text begins."""
    beginning = " ".join(promise.text.split())
    short = beginning if len(beginning) <= 80 else beginning[:79].rstrip() + "…"
    head = words.say(
        "<b>{number}</b>, by {date}: {status}",
        number=promise.number,
        date=words.day(promise.due_on),
        status=status(words, promise, today),
    )
    to = Markup("{}: ").format(promise.organization_name) if promise.organization_name else Markup()
    return cards.lines(head, to + short)


def facts(words: Words, promise: Promise, today: date) -> Markup:
    """Everything about a promise but its text and history."""
    moved = words.count("The date was moved {n} time.", "The date was moved {n} times.", promise.moved)
    return cards.lines(
        words.say("<b>{number}</b>, promise", number=promise.number),
        words.say("By: <b>{date}</b>", date=words.weekday(promise.due_on)),
        words.say("Status: {status}", status=status(words, promise, today)),
        words.say("Department: {department}", department=promise.department.in_(words.language)),
        words.say("Responsible: {who}", who=promise.owner_name or words.say("the head of the department")),
        words.say("NGO: {name}", name=promise.organization_name) if promise.organization_name else None,
        words.say("Promised in the answer to № {number}", number=promise.question_number),
        moved if promise.moved else None,
    )


_HISTORY = {
    Step.MAKE: N_("{when}: promised by {who}, by {date}"),
    Step.KEEP: N_("{when}: {who} says that it is kept"),
    Step.MOVE: N_("{when}: {who} gave a new date, {date}"),
    Step.BREAK: N_("{when}: {who} says that it cannot be kept"),
    Step.CONFIRM: N_("{when}: the NGO confirmed that it is kept"),
    Step.DISPUTE: N_("{when}: the NGO says that it was not kept; it is open again"),
    Step.DISPUTE_AGAIN: N_("{when}: the NGO says for the second time that it was not kept"),
    Step.NO_REACTION: N_("{when}: it counts as kept, the NGO did not say otherwise in time"),
}


def _history(words: Words, entries: list[PromiseEntry]) -> list[Block]:
    blocks: list[Block] = [words.say("<b>History</b>")]
    for entry in entries:
        blocks.append(history_line(words, entry))
        if entry.text and entry.step is not Step.MAKE:  # the promise itself stands above
            blocks.append(Quote(entry.text))
    return blocks


def history_line(words: Words, entry: PromiseEntry) -> Markup:
    said = _HISTORY[entry.step]
    if entry.step is Step.KEEP and entry.until:
        said = N_("{when}: {who} says that it is kept; the NGO may say otherwise until {date}")
    return words.say(
        said,
        when=words.moment(entry.at),
        who=entry.actor or words.say("an official"),
        date=words.day(entry.until) if entry.until else "",
    )


async def on_card(turn: Turn, question: Question) -> tuple[Markup, list[list[Button]]]:
    """What its answers promised, for the card of a question, and the way there."""
    if question.answered_at is None and not question.reopened:
        return Markup(), []
    today = turn.city.today(turn.now)
    found = [p for p in await promises.of_question(turn.db, question.id) if visible(p, turn.person)]
    said = [
        turn.say(
            "Promise {number}: by {date}, {status}",
            number=promise.number,
            date=turn.words.day(promise.due_on),
            status=status(turn.words, promise, today),
        )
        for promise in found
    ]
    return cards.lines(*said), [[Button(promise.number, f"promise:{promise.number}")] for promise in found]


async def made_by_answer(db: AsyncConnection, words: Words, question_id: int, at: datetime) -> list[Block]:
    """What the answer of this moment promised."""
    return [
        cards.lines(
            words.say(_TOLD[Step.MAKE], number=promise.number, date=words.weekday(promise.due_on)),
            words.say("What became of it: /promises"),
        )
        for promise in await promises.of_question(db, question_id)
        if promise.made_at == at
    ]


_BUTTONS = {
    Step.KEEP: "promise_keep",
    Step.MOVE: "promise_move",
    Step.BREAK: "promise_break",
    Step.CONFIRM: "promise_confirm",
    Step.DISPUTE: "promise_dispute",
    Step.DISPUTE_AGAIN: "promise_dispute",
}


def buttons(words: Words, promise: Promise, person: Person) -> list[list[Button]]:
    """What this person may say of it now: drawn from the rules."""
    keys = [_BUTTONS[step] for step in steps_for(promise, person)]
    return keyboards.rows((Button(words.label(key), f"{key}:{promise.number}") for key in keys), 1)


_NUMBER = re.compile(r"(?:№ *)?[PР]-(\d{4}-\d{4,})", re.IGNORECASE)
"""In Latin letters, or with the Russian one that looks the same."""


def number_typed(text: str) -> str | None:
    """The number of a promise that a message is and nothing else."""
    found = _NUMBER.fullmatch(text.strip())
    return f"P-{found.group(1)}" if found else None


# --- looking --------------------------------------------------------------------------------------------------------


async def show_list(turn: Turn) -> None:
    """`/promises`: those to the NGO, those of the department, or all. Button: `promises:open:2`."""
    closed = turn.args[:1] == ("closed",)
    page = await promises.of(turn.db, turn.person, closed=closed, page=turn.id_at(1))
    heading = turn.say("<b>Promises that have ended</b>") if closed else turn.say("<b>Promises to be kept</b>")
    counted = turn.words.count("{n} promise", "{n} promises", page.total)
    said = turn.say("{heading}: {counted}", heading=heading, counted=counted)
    if page.pages > 1:
        which = turn.say("page {page} of {pages}", page=page.number + 1, pages=page.pages)
        said = turn.say("{heading}: {counted}, {which}", heading=heading, counted=counted, which=which)
    today = turn.city.today(turn.now)
    turn.reply(
        said,
        *(list_line(turn.words, promise, today) for promise in page.found),
        keyboard=[
            *([Button(promise.number, f"promise:{promise.number}")] for promise in page.found),
            *keyboards.pager(turn.words, page, f"promises:{'closed' if closed else 'open'}"),
            [turn.button("open", "promises:open:0"), turn.button("closed", "promises:closed:0")],
        ],
        edit=True,
    )


async def card(turn: Turn) -> None:
    """A promise by its number, from a list or typed: for whoever may see it."""
    if (promise := await _visible(turn)) is not None:
        await _show(turn, promise, edit=True)


async def _visible(turn: Turn, *, to_change: bool = False) -> Promise | None:
    """The promise of the pressed button; None when there is none for this person, which has been said."""
    number = turn.argument()
    try:
        return await promises.visible_to(turn.db, turn.person, number, to_change=to_change)
    except NotYours:
        turn.reply(turn.say("There is no such promise, or it is not yours."), everyone.menu(turn))
        return None


async def _show(turn: Turn, promise: Promise, *, edit: bool = False) -> None:
    history = await promises.history(turn.db, promise.id)
    back = "closed" if promise.status not in RUNNING else "open"
    turn.reply(
        facts(turn.words, promise, turn.city.today(turn.now)),
        Quote(promise.text),
        *_history(turn.words, history),
        keyboard=[
            *buttons(turn.words, promise, turn.person),
            [Button(f"№ {promise.question_number}", f"card:{promise.question_number}")],
            [turn.button("back", f"promises:{back}:0")],
        ],
        edit=edit,
    )


async def _stale(turn: Turn, promise: Promise) -> None:
    turn.reply(turn.say("This is not possible any more. This is how the promise stands now:"))
    await _show(turn, promise)


# --- saying something of it -----------------------------------------------------------------------------------------


async def keep(turn: Turn) -> None:
    await _at_once(turn, Step.KEEP)


async def confirm(turn: Turn) -> None:
    await _at_once(turn, Step.CONFIRM)


async def _at_once(turn: Turn, step: Step) -> None:
    """Below what was pressed, which may be a morning card with more in it than this promise."""
    promise = await _visible(turn, to_change=True)
    if promise is not None and await _take(turn, promise, step):
        turn.reply(turn.say(_NOTED[step], number=promise.number))
        await _show(turn, await promises.visible_to(turn.db, turn.person, promise.number))


_NOTED = {
    Step.KEEP: N_("<b>{number}</b> is noted as kept. The NGO is asked whether it is so."),
    Step.CONFIRM: N_("<b>{number}</b>: thank you, it is noted that the promise is kept. The department is told."),
}


async def _take(turn: Turn, promise: Promise, step: Step, text: str = "", until: date | None = None) -> bool:
    """The step, stored; False when it is not possible any more, which has been said."""
    city = await turn.city_now()
    try:
        change = act(
            promise,
            step,
            turn.person,
            city.today(turn.now),
            text=text,
            until=until,
            react_by=city.react_by(turn.now),
        )
    except (NotInThisStatus, NotYours):
        await _stale(turn, promise)
        return False
    await promises.record(turn.db, change, turn.now)
    return True


async def move(turn: Turn) -> None:
    await _begin(turn, Step.MOVE)


async def break_(turn: Turn) -> None:
    await _begin(turn, Step.BREAK)


async def dispute(turn: Turn) -> None:
    await _begin(turn, Step.DISPUTE)


async def _begin(turn: Turn, step: Step) -> None:
    """What is needed first: a date or a reason."""
    promise = await _visible(turn)
    if promise is None:
        return
    if (disputing(promise) if step is Step.DISPUTE else step) not in steps_for(promise, turn.person):
        await _stale(turn, promise)
        return
    await _next(turn, promise, {"step": step})


async def again(turn: Turn) -> None:
    """The open dialogue asks once more."""
    promise = await _visible(turn)
    if promise is not None and turn.form is not None:
        await _next(turn, promise, turn.form.data)


async def _next(turn: Turn, promise: Promise, data: Data) -> None:
    """Ask for the first thing that is missing."""
    step = Step(data["step"])
    cancel = keyboards.cancel(turn.words)
    if step is Step.MOVE and "until" not in data:
        await turn.wait_for(f"promise {promise.number}", "date", data)
        turn.reply(_ask_date(turn, promise), keyboard=cancel)
    elif "text" not in data:
        await turn.wait_for(f"promise {promise.number}", "reason", data)
        turn.reply(turn.say(_ASK_WHY[step], number=promise.number), keyboard=cancel)
    else:
        await turn.wait_for(f"promise {promise.number}", "preview", data)
        _preview(turn, promise, data)


_ASK_WHY = {
    Step.MOVE: N_("<b>{number}</b>: write in a sentence why the date moves. The NGO will read it."),
    Step.BREAK: N_("<b>{number}</b>: write in a sentence why it cannot be kept. The NGO will read it."),
    Step.DISPUTE: N_("<b>{number}</b>: write in a sentence what was not done."),
}


def _ask_date(turn: Turn, promise: Promise) -> Markup:
    return turn.say(
        "<b>{number}</b>: by which date instead of {date}? Type it so: {example}",
        number=promise.number,
        example=example(turn, promise.due_on),
        date=turn.words.day(promise.due_on),
    )


def _preview(turn: Turn, promise: Promise, data: Data) -> None:
    until = date.fromisoformat(data["until"]) if "until" in data else None
    said = (
        turn.say("New date: <b>{date}</b>", date=turn.words.weekday(until))
        if until
        else turn.say("The promise ends as one that cannot be kept.")
    )
    turn.reply(
        cards.lines(
            turn.say("<b>Check before sending</b>"), turn.say("<b>{number}</b>, promise", number=promise.number), said
        ),
        Quote(data["text"]),
        keyboard=keyboards.labelled(turn.words, ("send", f"promise_send:{promise.number}"), ("cancel", "cancel")),
    )


async def typed(turn: Turn) -> None:
    """A date, a reason, or both in one message; in the preview what is typed takes the place of what stood there."""
    assert turn.form is not None  # noqa: S101 - see `routes`: this needs an open form
    turn.args = tuple(turn.form.name.split()[1:])
    data = turn.form.data
    promise = await _visible(turn)
    if promise is None:
        await turn.finish()
    elif Step(data["step"]) is Step.MOVE:
        await _move_typed(turn, promise, data)
    elif _is_reason(turn, turn.text):
        await _reason_typed(turn, promise, data | {"text": turn.text})


A_SENTENCE = 30
"""Characters: what is typed in place of a date is a reason from this length on, and else a date that went wrong."""


async def _move_typed(turn: Turn, promise: Promise, data: Data) -> None:
    day, why = date_and_reason(turn.text, turn.city.today(turn.now))
    if day is not None:
        fitting = await fitting_date(turn, day, after=promise.due_on)
        if fitting is None:
            return
        data = data | {"until": fitting.isoformat()}
    elif looks_like_date(turn.text) or ("until" not in data and len(why) < A_SENTENCE):
        turn.reply(no_date(turn, promise.due_on))
        return
    if (not blank(why) or day is None) and not _is_reason(turn, why):
        return
    await _next(turn, promise, data if blank(why) else data | {"text": why})


def _is_reason(turn: Turn, text: str) -> bool:
    if blank(text):
        turn.reply(turn.say("Please write the reason in words."))
    elif len(text) > MAX_TEXT:
        turn.reply(
            turn.say("The text has {n} characters, {most} are the most. Nothing is lost.", n=len(text), most=MAX_TEXT)
        )
    else:
        return True
    return False


async def _reason_typed(turn: Turn, promise: Promise, data: Data) -> None:
    """What the owner says is shown once more; the NGO's word is taken as it is."""
    if Step(data["step"]) is not Step.DISPUTE:
        await _next(turn, promise, data)
        return
    await turn.finish()
    held = await promises.visible_to(turn.db, turn.person, promise.number, to_change=True)
    if await _take(turn, held, disputing(held), data["text"]):
        turn.reply(
            turn.say(
                "<b>{number}</b>: your word is noted. The department, its head and the administrators are told.",
                number=promise.number,
            )
        )


async def send(turn: Turn) -> None:
    """Pressed twice, or an old button: the card shows what is so."""
    promise = await _visible(turn, to_change=True)
    if promise is None:
        return
    if turn.form is None or turn.form.name != f"promise {promise.number}" or turn.form.step != "preview":
        await _show(turn, promise)
        return
    data = turn.form.data
    until = date.fromisoformat(data["until"]) if "until" in data else None
    try:
        done = await _take(turn, promise, Step(data["step"]), data["text"], until)
    except NoPromiseDate:  # the preview lay there until the date had come
        await _next(turn, promise, {k: v for k, v in data.items() if k != "until"})
        return
    await turn.finish()
    if done:
        turn.reply(turn.say("<b>{number}</b>: the NGO is told.", number=promise.number))
        await _show(turn, await promises.visible_to(turn.db, turn.person, promise.number))


# --- dates ----------------------------------------------------------------------------------------------------------


async def fitting_date(turn: Turn, day: date, *, after: date | None = None) -> date | None:
    """The working day on which this date is kept: a day off is moved forward, which is said. None: it does not fit."""
    today = turn.city.today(turn.now)
    if not promisable(day, today):
        turn.reply(
            turn.say(
                "The date must be in the future and at most two years ahead. Type it so: {example}",
                example=example(turn, after),
            )
        )
        return None
    if after is not None and day <= after:
        turn.reply(turn.say("The new date must be later than {date}.", date=turn.words.day(after)))
        return None
    working = (await turn.city_now()).calendar.next_working(day)
    if working != day:
        turn.reply(
            turn.say(
                "{date} is a day off: the promise is due on the next working day, {working}.",
                date=turn.words.weekday(day),
                working=turn.words.weekday(working),
            )
        )
    return working


def no_date(turn: Turn, after: date | None = None) -> Markup:
    return turn.say("This is no date. Type it so: {example}", example=example(turn, after))


def example(turn: Turn, after: date | None = None) -> str:
    """A date as it is typed, which would be taken: a working day ahead, and later than the present one."""
    today = turn.city.today(turn.now)
    return f"{turn.city.calendar.add(max(today, after or today), _DAYS_OF_THE_EXAMPLE):%d.%m.%Y}"


_DAYS_OF_THE_EXAMPLE = 10


# --- telling --------------------------------------------------------------------------------------------------------


async def render(
    db: AsyncConnection, row: Outgoing, person: Person, words: Words, city: City, now: datetime
) -> list[Call]:
    """What somebody said of a promise, for the other side."""
    found = await promises.of_entry(db, row.facts["entry"])
    if found is None or not visible(found[0], person):
        return []
    promise, entry = found
    said = cards.lines(
        words.say(_TOLD[entry.step], number=promise.number, date=words.weekday(entry.until or promise.due_on)),
        _by(words, promise, entry),
        words.say("Promised in the answer to № {number}", number=promise.question_number),
        words.say("Why:") if entry.text else None,
    )
    quoted = Quote(entry.text or promise.text)
    also = _also(words, promise, entry, person)
    blocks: list[Block] = [said, quoted, *([also] if also else [])]
    return messages(person.id, blocks, _under(words, promise, person), simple=person.simple)


_TOLD = {
    Step.MAKE: N_("<b>{number}</b>: promised by {date}."),
    Step.KEEP: N_("<b>{number}</b>: the department says that the promise is kept."),
    Step.MOVE: N_("<b>{number}</b>: the promise has a new date, {date}."),
    Step.BREAK: N_("<b>{number}</b>: the department says that the promise cannot be kept."),
    Step.CONFIRM: N_("<b>{number}</b>: the NGO confirmed that the promise is kept."),
    Step.DISPUTE: N_("<b>{number}</b>: the NGO says that the promise was not kept. It is open again."),
    Step.DISPUTE_AGAIN: N_("<b>{number}</b>: the NGO says for the second time that the promise was not kept."),
    Step.NO_REACTION: N_("<b>{number}</b>: the promise counts as kept, for the NGO did not say otherwise in time."),
}


def _by(words: Words, promise: Promise, entry: PromiseEntry) -> Markup | None:
    if entry.side == "ngo":
        return words.say("NGO: {name}", name=promise.organization_name) if promise.organization_name else None
    return words.say("Department: {department}", department=promise.department.in_(words.language))


def _also(words: Words, promise: Promise, entry: PromiseEntry, person: Person) -> Markup | None:
    asked = entry.step is Step.KEEP and Step.CONFIRM in steps_for(promise, person)
    if asked and entry.until:
        return words.say(
            "Please say whether it is so. Without your word until {date} it counts as kept.",
            date=words.weekday(entry.until),
        )
    if asked:
        return words.say("Please say whether it is so.")
    if entry.step is Step.BREAK and person.speaks_for_ngo:
        return words.say("You may ask anew: /ask")
    return None


def _under(words: Words, promise: Promise, person: Person) -> Keyboard:
    return [*buttons(words, promise, person), [Button(promise.number, f"promise:{promise.number}")]]

"""Co-executors: another department does a part of a question by a date of its own; one stays responsible.

[Involve a department]: department → its part in a sentence → its date → preview → send.
[Our part is done]: text and attachments → send; the responsible department is told.
"""

from datetime import date

from markupsafe import Markup

from domain.dates import typed_date
from domain.part import NotAWorkingDay, TooEarly, TooLate, WrongDate, agreed, suggested
from domain.question import Action, NotYours, Question, act, allowed
from handlers import cards, keyboards, one_text
from handlers.dialogue import choose, of_form, others, redraw, sentence, waits_at
from handlers.one_text import Text
from handlers.speech import Button, Quote
from handlers.turn import Turn
from handlers.writing import Data
from storage import departments, parts, questions
from storage.departments import Department
from texts import N_

# --- involving ------------------------------------------------------------------------------------------------------


async def involve(turn: Turn) -> None:
    """[Involve a department]: which one. Those whose part is waited for already are not offered."""
    question = await questions.visible_to(turn.db, turn.person, turn.argument())
    allowed(question, Action.INVOLVE, turn.person)
    known = [d for d in await others(turn, question) if d.id not in question.parts_owed]
    ask = turn.say("Which department does a part of <b>№ {number}</b>?", number=question.number)
    await choose(turn, question, ask, "involve", known)


async def involve_to(turn: Turn) -> None:
    question = await questions.visible_to(turn.db, turn.person, turn.argument())
    allowed(question, Action.INVOLVE, turn.person)
    chosen = await departments.department(turn.db, turn.id_at(1))
    if chosen is None or chosen.id == question.department_id or chosen.id in question.parts_owed:
        turn.args = turn.args[:1]
        await involve(turn)
        return
    name = f"involve {question.number}"
    written = turn.form.data if turn.form and turn.form.name == name else {}
    await _next(turn, question, written | {"department": chosen.id})


async def involve_again(turn: Turn) -> None:
    """The open dialogue asks once more."""
    data = turn.form.data if turn.form else {}
    await _next(turn, await of_form(turn), data)


async def _next(turn: Turn, question: Question, data: Data) -> None:
    """Ask for the first thing that is missing."""
    name = f"involve {question.number}"
    chosen = await departments.department(turn.db, data["department"])
    if chosen is None:
        raise NotYours  # made up: no department is ever deleted
    if "task" not in data:
        await turn.wait_for(name, "task", data)
        turn.reply(
            turn.say(
                "<b>№ {number}</b>: write in one sentence what «{department}» has to do. The NGO will read it.",
                number=question.number,
                department=chosen.names.in_(turn.language),
            ),
            keyboard=keyboards.cancel(turn.words),
        )
    elif "until" not in data:
        await turn.wait_for(name, "date", data)
        await _ask_date(turn, question)
    else:
        await turn.wait_for(name, "preview", data)
        _preview(turn, question, chosen, data)


async def _ask_date(turn: Turn, question: Question, wrong: Markup | None = None) -> None:
    city = await turn.city_now()
    day = suggested(question.due_on, city.today(turn.now), city.calendar)
    ask = turn.say(
        "By which date? Press the button, or type another, for example {example}.", example=f"{day:%d.%m.%Y}"
    )
    due = cards.due(turn.words, question)
    turn.reply(
        cards.lines(wrong, ask, due),
        keyboard=[
            [Button(turn.words.weekday(day), f"involve_by:{question.number}:{day.isoformat()}")],
            [turn.button("cancel", "cancel")],
        ],
    )


def _preview(turn: Turn, question: Question, chosen: Department, data: Data) -> None:
    turn.reply(
        cards.lines(
            turn.say("<b>Check before sending</b>"),
            turn.say(
                "A part of <b>№ {number}</b> for: {department}", number=question.number, department=_name(turn, chosen)
            ),
            turn.say("By: {date}", date=turn.words.weekday(date.fromisoformat(data["until"]))),
            turn.say("Your department stays responsible for the whole, and its date stays."),
        ),
        Quote(data["task"]),
        keyboard=keyboards.labelled(
            turn.words,
            ("send", f"involve_send:{question.number}"),
            ("edit_text", f"involve_edit:{question.number}"),
            ("cancel", "cancel"),
        ),
    )


def _name(turn: Turn, department: Department) -> str:
    return department.names.in_(turn.language)


async def involve_written(turn: Turn) -> None:
    """The task or the date, whichever is waited for; at the preview either of them anew."""
    question = await of_form(turn)
    if turn.form is None:
        return
    day = typed_date(turn.text)
    if turn.form.step == "date" or (turn.form.step == "preview" and day):
        await _date_given(turn, question, day)
    elif (task := sentence(turn)) is not None:
        await _next(turn, question, turn.form.data | {"task": task})


async def involve_by(turn: Turn) -> None:
    """The suggested date, pressed. Button: `involve_by:NUMBER:2026-03-20`."""
    if not waits_at(turn, "involve", "date"):
        await redraw(turn)
        return
    try:
        day = date.fromisoformat(turn.argument(1))
    except ValueError:
        day = None  # made up
    await _date_given(turn, await of_form(turn), day)


async def _date_given(turn: Turn, question: Question, day: date | None) -> None:
    wrong = await _refusal(turn, question, day)
    if wrong is None and day is not None:
        data = turn.form.data if turn.form else {}
        await _next(turn, question, data | {"until": day.isoformat()})
    else:
        await _ask_date(turn, question, wrong)


async def _refusal(turn: Turn, question: Question, day: date | None) -> Markup | None:
    """Why a part cannot be due on this day."""
    if day is None:
        return turn.say("This is no date.")
    city = await turn.city_now()
    try:
        agreed(day, question.due_on, city.today(turn.now), city.calendar)
    except WrongDate as error:
        return _what_is_wrong(turn, day, error)
    return None


def _what_is_wrong(turn: Turn, day: date, error: WrongDate) -> Markup:
    named = turn.words.weekday(day)
    match error:
        case NotAWorkingDay():
            return turn.say("{date} is a day off.", date=named)
        case TooEarly():
            return turn.say("{date} has passed already.", date=named)
        case TooLate(last=last):
            return turn.say("The part must be done by {date} at the latest.", date=turn.words.weekday(last))
    return turn.say("This is no date.")


async def involve_edit(turn: Turn) -> None:
    if turn.form is None or turn.form.name != f"involve {turn.argument()}":
        await redraw(turn)
        return
    question = await of_form(turn)
    await _next(turn, question, {k: v for k, v in turn.form.data.items() if k not in ("task", "until")})


async def involve_send(turn: Turn) -> None:
    if turn.form is None or not waits_at(turn, "involve", "preview"):
        await redraw(turn)
        return
    data = turn.form.data
    question = await of_form(turn, to_change=True)
    chosen = await departments.department(turn.db, data["department"])
    until = date.fromisoformat(data["until"])
    if chosen is None or chosen.id in question.parts_owed:  # a colleague was quicker
        await turn.finish()
        await redraw(turn)
        return
    if wrong := await _refusal(turn, question, until):  # the preview lay there until the date had come
        await turn.wait_for(f"involve {question.number}", "date", {k: v for k, v in data.items() if k != "until"})
        await _ask_date(turn, question, wrong)
        return
    await turn.finish()
    change = act(
        question,
        Action.INVOLVE,
        turn.person,
        turn.now,
        text=data["task"],
        department_id=chosen.id,
        due_on=until,
    )
    await questions.record(turn.db, change, turn.now)
    await parts.ask(turn.db, question.id, chosen.id, data["task"], until)
    turn.reply(
        turn.say(
            "«{department}» is asked to do its part of <b>№ {number}</b> by {date}. You will be told when it is done.",
            department=_name(turn, chosen),
            number=question.number,
            date=turn.words.day(until),
        ),
        keyboard=keyboards.card(question.number),
    )


# --- a part is done -------------------------------------------------------------------------------------------------

_PART = Text(
    "part",
    N_("<b>№ {number}</b>: write what your department did, or attach it. It will stand in the answer to the NGO."),
    N_("<b>Check before sending</b>\nThe part of your department in <b>№ {number}</b>"),
    wordless=True,
)


async def part_done(turn: Turn) -> None:
    """[Our part is done]: what was done, in words or as attachments."""
    question = await questions.visible_to(turn.db, turn.person, turn.argument())
    allowed(question, Action.PART_DONE, turn.person)
    await one_text.begin(turn, _PART, question)


async def part_written(turn: Turn) -> None:
    await one_text.written(turn, _PART)


async def part_edit(turn: Turn) -> None:
    await one_text.edit(turn, _PART)


async def part_send(turn: Turn) -> None:
    """Done once: a colleague may press at this moment, and the row's lock decides who was first."""
    draft = await one_text.ready(turn, _PART)
    if draft is None:
        return
    question = await of_form(turn, to_change=True)
    await turn.finish()
    change = act(question, Action.PART_DONE, turn.person, turn.now, text=draft.text, attachments=draft.in_order)
    entry_id = await questions.record(turn.db, change, turn.now)
    await parts.done(turn.db, question.id, turn.person.department_id or 0, entry_id or 0)
    turn.reply(
        turn.say(
            "Thank you. The part of your department in <b>№ {number}</b> is done; whoever answers the whole is told.",
            number=question.number,
        ),
        keyboard=keyboards.card(question.number),
    )

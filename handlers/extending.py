"""[Extend]: a later date, by the reasoned word of the head or their deputy; of administrators where there is no head.

date → reason → preview → send        the approver gets [Approve] [Decline]; what the head asks for is approved at once
Not beyond two months from the day the term began (АППК art. 76). The NGO is told the same minute.
"""

from datetime import date

from markupsafe import Markup

from domain.dates import date_and_reason, looks_like_date
from domain.promise import date_named_in
from domain.question import Action, Question, Who, act, allowed, last_date, standing
from handlers import cards, keyboards, ngo
from handlers.dialogue import of_form, redraw, sentence, waits_at
from handlers.speech import Quote
from handlers.turn import Turn
from handlers.writing import Data
from storage import forms, questions

# --- asking for a later date ----------------------------------------------------------------------------------------


async def extend(turn: Turn) -> None:
    question = await questions.visible_to(turn.db, turn.person, turn.argument())
    allowed(question, Action.EXTEND, turn.person)
    if await _latest(turn, question) is None:
        turn.reply(
            turn.say(
                "<b>№ {number}</b> cannot be extended: two months from the beginning of its term end on {date}.",
                number=question.number,
                date=turn.words.day(last_date(question)),
            ),
            keyboard=keyboards.card(question.number),
        )
        return
    unfinished = await forms.find(turn.db, turn.person.id, f"extend {question.number}")
    await _next(turn, question, unfinished.data if unfinished else {})


async def _latest(turn: Turn, question: Question) -> date | None:
    """The last working day that may be asked for; None when there is none."""
    calendar = (await turn.city_now()).calendar
    last = last_date(question)
    day = last if calendar.is_working(last) else calendar.add(last, -1)
    return day if question.due_on and day > max(question.due_on, turn.city.today(turn.now)) else None


async def typed(turn: Turn) -> None:
    """The date, the reason, or both in one message; at the preview either takes the old one's place."""
    question = await of_form(turn)
    if turn.form is None:
        return
    data, words = turn.form.data, sentence(turn)
    if words is None:
        return
    if turn.form.step != "date" and not looks_like_date(words):
        await _next(turn, question, data | {"reason": words})
        return
    day, reason = _understood(words, turn.city.today(turn.now))
    data = data | ({"reason": reason} if reason else {})
    if day is None:
        await turn.wait_for(turn.form.name, "date", data)
        example = f"{await _latest(turn, question) or last_date(question):%d.%m.%Y}"
        turn.reply(
            turn.say(
                "The reason is noted. Now type the date: day, month and year, for example {example}.", example=example
            )
            if reason
            else turn.say("This is no date. Type it as day, month and year, for example {example}.", example=example),
            keyboard=keyboards.cancel(turn.words),
        )
    elif refusal := await _refusal(turn, question, day):
        await turn.wait_for(turn.form.name, "date", data)
        turn.reply(refusal, turn.say("Please type another date."), keyboard=keyboards.cancel(turn.words))
    else:
        await _next(turn, question, data | {"until": day.isoformat()})


def _understood(words: str, today: date) -> tuple[date | None, str]:
    """A date, a reason, or both; a date in the midst of a sentence is a part of the reason as well."""
    day, rest = date_and_reason(words, today)
    if day is None:
        day, rest = date_named_in(words, today), words
    is_reason = any(c.isalpha() for c in rest) and not looks_like_date(rest)
    return day, rest if is_reason else ""


async def _refusal(turn: Turn, question: Question, day: date) -> Markup | None:
    """Why this cannot be the new date."""
    city, due_on = await turn.city_now(), question.due_on
    if due_on is None or day <= due_on:
        return turn.say(
            "The new date must be later than the present one, {date}.", date=turn.words.day(due_on) if due_on else ""
        )
    if day <= city.today(turn.now):
        return turn.say("{date} is not ahead any more.", date=turn.words.day(day))
    if day > last_date(question):
        latest = await _latest(turn, question) or last_date(question)
        return turn.say(
            "{date} is beyond two months. The last possible date is {last}.",
            date=turn.words.day(day),
            last=turn.words.weekday(latest),
        )
    if reason := city.calendar.why_off(day):
        return turn.say(
            "{date} is a day off: {reason}. The next working day is {next}.",
            date=turn.words.weekday(day),
            reason=cards.reason(turn.words, reason),
            next=turn.words.weekday(city.calendar.next_working(day)),
        )
    return None


async def _next(turn: Turn, question: Question, data: Data) -> None:
    """Ask for the first thing that is missing."""
    name = f"extend {question.number}"
    until = date.fromisoformat(data["until"]) if "until" in data else None
    if until is None or await _refusal(turn, question, until):
        await turn.wait_for(name, "date", {k: v for k, v in data.items() if k != "until"})
        await _ask_date(turn, question)
    elif not data.get("reason"):
        await turn.wait_for(name, "reason", data)
        turn.reply(
            turn.say(
                "<b>№ {number}</b>, new date {date}: write the reason. The NGO will read it.",
                number=question.number,
                date=turn.words.weekday(until),
            ),
            keyboard=keyboards.cancel(turn.words),
        )
    else:
        await turn.wait_for(name, "preview", data)
        _preview(turn, question, until, data["reason"])


async def _ask_date(turn: Turn, question: Question) -> None:
    latest = await _latest(turn, question)
    turn.reply(
        cards.lines(
            turn.say("<b>№ {number}</b>: by which date can it be answered?", number=question.number),
            cards.due(turn.words, question),
            turn.say("The last possible date: {date}", date=turn.words.weekday(latest)) if latest else None,
        ),
        turn.say(
            "Type a working day, for example {example}; you may add the reason in the same message.",
            example=f"{latest or last_date(question):%d.%m.%Y}",
        ),
        keyboard=keyboards.cancel(turn.words),
    )


def _preview(turn: Turn, question: Question, until: date, reason: str) -> None:
    number = question.number
    turn.reply(
        cards.lines(
            turn.say("<b>Check before sending</b>"),
            turn.say("Later date for <b>№ {number}</b>", number=number),
            cards.due(turn.words, question),
            turn.say("New date: <b>{date}</b>", date=turn.words.weekday(until)),
            turn.say("Reason:"),
        ),
        Quote(reason),
        keyboard=keyboards.labelled(
            turn.words,
            ("send", f"extend_send:{number}"),
            ("edit_text", f"extend_edit:{number}"),
            ("another_date", f"extend_date:{number}"),
            ("cancel", "cancel"),
        ),
    )


async def edit(turn: Turn) -> None:
    """[Edit the text]: another reason."""
    await _without(turn, "reason")


async def another_date(turn: Turn) -> None:
    await _without(turn, "until")


async def _without(turn: Turn, what: str) -> None:
    if turn.form is None or turn.form.name != f"extend {turn.argument()}":
        await redraw(turn)
        return
    await _next(turn, await of_form(turn), {k: v for k, v in turn.form.data.items() if k != what})


async def send(turn: Turn) -> None:
    if turn.form is None or not waits_at(turn, "extend", "preview"):
        await redraw(turn)
        return
    data = turn.form.data
    question = await of_form(turn, to_change=True)
    until = date.fromisoformat(data["until"])
    if await _refusal(turn, question, until):  # the calendar or the day has changed under the preview
        await _next(turn, question, data)
        return
    await turn.finish()
    change = act(question, Action.EXTEND, turn.person, turn.now, text=data["reason"], due_on=until)
    await questions.record(turn.db, change, turn.now)
    if Who.HEAD in standing(change.after, turn.person):
        await _approve(turn, change.after, data["reason"])
        return
    turn.reply(_asked(turn, question, until), keyboard=keyboards.card(question.number))


def _asked(turn: Turn, question: Question, until: date) -> Markup:
    facts = {"number": question.number, "date": turn.words.weekday(until)}
    if question.head_id is None:
        return turn.say(
            "<b>№ {number}</b>: the administrators are asked for {date}, for the department has no head. "
            "Until they decide, the present date holds.",
            **facts,
        )
    return turn.say(
        "<b>№ {number}</b>: the head of the department is asked for {date}. "
        "Until the decision, the present date holds.",
        **facts,
    )


# --- deciding -------------------------------------------------------------------------------------------------------


async def _asked_for(turn: Turn) -> Question | None:
    """The question, locked, when the date on the pressed button is still the one that is asked for.

    Else it was decided, or another was asked for since: the card shows what is so.
    """
    question = await questions.visible_to(turn.db, turn.person, turn.argument(), to_change=True)
    if question.extend_to is None or turn.args[1:2] != (question.extend_to.isoformat(),):
        await ngo.show(turn, question, edit=False)
        return None
    return question


async def approve(turn: Turn) -> None:
    question = await _asked_for(turn)
    if question is None or question.extend_to is None:
        return
    allowed(question, Action.EXTENSION_APPROVED, turn.person)
    if question.extend_to <= turn.city.today(turn.now):
        turn.reply(
            turn.say(
                "<b>№ {number}</b>: {date} is not ahead any more. Please decline it; a later one may be asked for.",
                number=question.number,
                date=turn.words.day(question.extend_to),
            ),
            keyboard=keyboards.card(question.number),
        )
        return
    asked = await questions.last_line(turn.db, question.id, Action.EXTEND)
    await _approve(turn, question, asked.text if asked else "")


async def _approve(turn: Turn, question: Question, reason: str) -> None:
    """The line bears the reason as well: the NGO reads this one, not what went on inside."""
    change = act(question, Action.EXTENSION_APPROVED, turn.person, turn.now, text=reason)
    await questions.record(turn.db, change, turn.now)
    turn.reply(
        turn.say(
            "<b>№ {number}</b>: the answer is due on {date} now. The NGO is told, with the reason and your name.",
            number=question.number,
            date=turn.words.weekday(change.until or turn.city.today(turn.now)),
        ),
        keyboard=keyboards.card(question.number),
    )
    await _audit(turn, question, "date extended", before=question.due_on, after=change.until)


async def decline(turn: Turn) -> None:
    """[Decline]: a remark may follow."""
    question = await _asked_for(turn)
    if question is None:
        return
    allowed(question, Action.EXTENSION_DECLINED, turn.person)
    until = str(question.extend_to)
    await turn.wait_for(f"decline_extension {question.number}", "remark", {"until": until})
    turn.reply(
        turn.say("<b>№ {number}</b>: you may write in a sentence why it is declined.", number=question.number),
        keyboard=keyboards.labelled(
            turn.words, ("skip", f"extension_decline_skip:{question.number}:{until}"), ("cancel", "cancel")
        ),
    )


async def remark_written(turn: Turn) -> None:
    if turn.form is None or (remark := sentence(turn)) is None:
        return
    turn.args = (turn.form.name.split()[1], turn.form.data["until"])
    await _decline(turn, remark)


async def remark_skipped(turn: Turn) -> None:
    await _decline(turn, "")


async def _decline(turn: Turn, remark: str) -> None:
    question = await _asked_for(turn)
    if question is None:
        await _over(turn)
        return
    change = act(question, Action.EXTENSION_DECLINED, turn.person, turn.now, text=remark)
    await questions.record(turn.db, change, turn.now)
    await _over(turn)
    turn.reply(
        turn.say("<b>№ {number}</b>: declined. The date stays, and whoever asked is told.", number=question.number),
        keyboard=keyboards.card(question.number),
    )
    await _audit(turn, question, "extension declined", before=question.due_on, after=question.due_on)


async def _over(turn: Turn) -> None:
    if turn.form and turn.form.name == f"decline_extension {turn.argument()}":
        await turn.finish()


async def _audit(turn: Turn, question: Question, action: str, *, before: date | None, after: date | None) -> None:
    """What an administrator decided in the place of a head."""
    if Who.HEAD not in standing(question, turn.person):
        await turn.audit(action, f"question {question.number}", before=str(before), after=str(after))

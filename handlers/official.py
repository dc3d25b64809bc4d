"""The department's side: what is owed, taking, assigning, answering.

An answer walks outcome → text and attachments → preview → send, in a form of its own for each question.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from markupsafe import Markup

from domain.dates import looks_like_date, typed_date
from domain.draft import blank
from domain.people import Wants
from domain.promise import date_named_in, promisable
from domain.question import ANSWERS, Action, Change, NotYours, Outcome, Question, act, allowed, answering
from domain.tongue import answered_in_russian_only
from handlers import cards, keyboards, morning, ngo, promises, shares, templates
from handlers.speech import Block, Button, Keyboard, Quote
from handlers.turn import Turn
from handlers.writing import Data, acknowledge, begun_from, draft_of, same_album, take_in, too_long
from storage import departments, forms, people, questions
from texts import N_
from texts.labels import OUTCOME_LABELS


async def inbox(turn: Turn) -> None:
    """`/inbox`: overdue, due today, within three working days, waiting for the NGO, new, the rest."""
    department_id = turn.person.department_id
    kept = [[turn.button("templates", f"tpl_list:{department_id}:0")]] if turn.person.heads else []
    owed, buttons = await shares.owed(turn.db, turn.words, turn.person)
    await show_list(turn, department_id, "inbox", *buttons, *kept, more=owed)


async def show_list(
    turn: Turn, department_id: int | None, data: str, *last_row: list[Button], more: Sequence[Block] = ()
) -> None:
    today = turn.city.today(turn.now)
    soon = turn.city.soon(today)
    number = turn.id_at()
    page = await questions.inbox_of(turn.db, department_id, today=today, soon=soon, page=number)
    if not page.total:
        turn.reply(turn.say("Nothing is waiting for an answer."), *more, keyboard=last_row, edit=True)
        return
    blocks: list[Block] = [cards.list_heading(turn.words, turn.say("<b>To be answered</b>"), page)]
    blocks += cards.grouped(turn.words, page.found, today, soon)
    choice = keyboards.card(*(q.number for q in page.found))
    keyboard = [*choice, *keyboards.pager(turn.words, page, data), *last_row]
    turn.reply(*blocks, *more, keyboard=keyboard, edit=True)


async def digest(turn: Turn) -> None:
    """`/digest`: the morning card as it is now, and what comes by itself."""
    person = turn.person
    if person.official is None:
        return
    only = person.answers_for if person.wants is Wants.ONLY_MINE else None
    today = turn.city.today(turn.now)
    department_id = person.official.department_id
    blocks, shown, rest = await morning.digest(turn.db, turn.words, turn.city, today, department_id, only)
    choice = keyboards.card(*(q.number for q in shown))
    choice += [[turn.button("show_all", "inbox:0")]] if rest > 0 else []
    wants = {Wants.AT_ONCE: "at_once", Wants.DIGEST: "digest", Wants.ONLY_MINE: "only_mine"}
    turn.reply(
        *(blocks or [turn.say("Nothing is waiting for an answer.")]),
        turn.say("New questions come to you: {how}", how=turn.words.label(wants[person.wants])),
        keyboard=[
            *choice,
            *keyboards.labelled(turn.words, *((key, f"wants:{w}") for w, key in wants.items()), width=3),
        ],
    )


async def wants_chosen(turn: Turn) -> None:
    chosen = turn.argument()
    if chosen in set(Wants):
        await people.set_wants(turn.db, turn.person.id, Wants(chosen))
        await turn.refresh()
    await digest(turn)


async def take(turn: Turn) -> None:
    """One official becomes responsible; a second one is told who has it."""
    question = await _held(turn)
    await questions.record(turn.db, act(question, Action.TAKE, turn.person, turn.now), turn.now)
    await _redraw(turn, question.number)


async def assign(turn: Turn) -> None:
    """The head chooses who gets it."""
    question = await questions.visible_to(turn.db, turn.person, turn.argument())
    act(question, Action.ASSIGN, turn.person, turn.now)
    staff = await people.officials_of(turn.db, question.department_id or 0)
    choice = [[Button(_called(p.shown_name, p.id), f"assignee:{question.number}:{p.id}")] for p in staff]
    turn.reply(
        turn.say("Who will answer <b>№ {number}</b>?", number=question.number),
        keyboard=[*choice, [turn.button("back", f"card:{question.number}")]],
    )


def _called(name: str, person_id: int) -> str:
    return name or str(person_id)


async def assignee_chosen(turn: Turn) -> None:
    question = await _held(turn)
    chosen = turn.id_at(1)
    staff = {p.id: p for p in await people.officials_of(turn.db, question.department_id or 0)}
    if chosen not in staff:
        raise NotYours
    await questions.record(turn.db, act(question, Action.ASSIGN, turn.person, turn.now, assignee_id=chosen), turn.now)
    await _redraw(turn, question.number)


async def _redraw(turn: Turn, number: str) -> None:
    await ngo.show(turn, await questions.visible_to(turn.db, turn.person, number))


async def _held(turn: Turn) -> Question:
    """The question of the pressed button, locked: a colleague may press the same one now."""
    return await questions.visible_to(turn.db, turn.person, turn.argument(), to_change=True)


# --- answering ------------------------------------------------------------------------------------------------------


async def answer(turn: Turn) -> None:
    """[Answer]: a new answer, or the choice to go on with one that lies unfinished."""
    question = await questions.visible_to(turn.db, turn.person, turn.argument())
    allowed(question, answering(question, turn.person), turn.person)
    await begin(turn, question, await _returned(turn, question))


async def _returned(turn: Turn, question: Question) -> Data:
    """An answer that the head gave back is where the next one begins."""
    if answering(question, turn.person) is Action.ANSWER:
        return {}
    last = await questions.last_line(turn.db, question.id, Action.PROPOSE, Action.RETURN, *ANSWERS)
    proposed = await questions.last_line(turn.db, question.id, Action.PROPOSE)
    if last is None or last.action is not Action.RETURN or proposed is None:
        return {}
    return begun_from(proposed, await questions.attachments_of(turn.db, proposed.id))


async def begin(turn: Turn, question: Question, data: Data) -> None:
    """An answer that begins with this, or the choice to go on with one that lies unfinished."""
    name = f"answer {question.number}"
    unfinished = await forms.find(turn.db, turn.person.id, name)
    if unfinished and not draft_of(unfinished.data).empty:
        await turn.wait_for(name, unfinished.step, unfinished.data)
        turn.reply(
            turn.say("You have an unfinished answer to <b>№ {number}</b>:", number=question.number),
            Quote(draft_of(unfinished.data).text or turn.say("nothing written yet")),
            keyboard=keyboards.labelled(
                turn.words, ("continue", "answer_continue"), ("start_anew", "answer_start_anew")
            ),
        )
    else:
        await _next(turn, name, data)


async def answer_continue(turn: Turn) -> None:
    name, data = _form(turn)
    await _next(turn, name, data)


async def answer_start_anew(turn: Turn) -> None:
    name, _ = _form(turn)
    await _next(turn, name, {})


def _form(turn: Turn) -> tuple[str, Data]:
    """The open answer; routes call these actions only while there is one."""
    assert turn.form is not None  # noqa: S101 - see `routes`: these need an open form
    return turn.form.name, turn.form.data


async def _next(turn: Turn, name: str, data: Data) -> None:
    """Ask for the first thing that is missing."""
    number = name.split()[1]
    if "outcome" not in data:
        await turn.wait_for(name, "outcome", data)
        turn.reply(
            turn.say("<b>№ {number}</b>: what is the outcome?", number=number),
            keyboard=keyboards.outcomes(turn.words),
        )
    elif not data.get("written"):
        await turn.wait_for(name, "text", data)
        _ask_text(turn, number, data, await templates.offered(turn))
    elif promised_on(data) is None and data["outcome"] == Outcome.PROMISED:
        await turn.wait_for(name, "date", data)
        _ask_date(turn, number)
    else:
        await turn.wait_for(name, "preview", data)
        _preview(turn, number, data, *await _what_goes_along(turn, number))


_PROMPTS = {
    Outcome.FULFILLED: N_("Write what was done."),
    Outcome.EXPLAINED: N_("Write the explanation."),
    Outcome.PROMISED: N_("Write what is promised and by which date."),
    Outcome.REFUSED: N_("Write why it is refused, and name the ground: law, article, rule."),
    Outcome.ELSEWHERE: N_("Write what was answered, how and when: by phone, or the letter's number and date."),
}


def _ask_text(turn: Turn, number: str, data: Data, more: list[tuple[str, str]]) -> None:
    buttons = keyboards.labelled(turn.words, ("done_writing", "answer_done"), *more, ("cancel", "cancel"))
    draft = draft_of(data)
    if draft.empty:
        turn.reply(
            _prompt(turn, number, data),
            turn.say(
                "One or several messages, with up to ten attachments. When all is there, press «{done}».",
                done=turn.words.label("done_writing"),
            ),
            keyboard=buttons,
        )
    elif data.get("replace"):
        turn.reply(
            turn.say("This is the text now. Write the new one; attachments stay."), Quote(draft.text), keyboard=buttons
        )
    else:
        acknowledge(turn, data, buttons)


def _prompt(turn: Turn, number: str, data: Data) -> Markup:
    """A date that was typed before the text is noted: it is not asked for again."""
    if day := promised_on(data):
        return turn.say(
            "<b>№ {number}</b>: promised by {date}, noted. Now write what is promised.",
            number=number,
            date=turn.words.weekday(day),
        )
    return turn.say("<b>№ {number}</b>: {prompt}", number=number, prompt=turn.say(_PROMPTS[Outcome(data["outcome"])]))


async def outcome_chosen(turn: Turn) -> None:
    name, data = _form(turn)
    if turn.args and turn.args[0] in set(Outcome):
        data = data | {"outcome": turn.args[0]}
    await _next(turn, name, data)


def promised_on(data: Data) -> date | None:
    """The date by which an answer promises something."""
    return date.fromisoformat(data["until"]) if data.get("until") and data["outcome"] == Outcome.PROMISED else None


def _ask_date(turn: Turn, number: str) -> None:
    turn.reply(
        turn.say(
            "<b>№ {number}</b>: by which date is it promised? Type it so: {example}",
            number=number,
            example=promises.example(turn),
        ),
        keyboard=keyboards.labelled(turn.words, ("edit_text", "answer_edit"), ("cancel", "cancel")),
    )


async def answer_date(turn: Turn) -> None:
    """[Another date]"""
    name, data = _form(turn)
    await _next(turn, name, {k: v for k, v in data.items() if k != "until"})


async def _date_typed(turn: Turn, name: str, data: Data) -> bool:
    """A date in a message of its own is the one by which it is promised; where it is asked for, one in a sentence too.

    False when the message is something else, which is kept as part of the text.
    """
    if data.get("outcome") != Outcome.PROMISED or turn.said.attachment or not turn.text:
        return False
    asked = turn.form is not None and turn.form.step == "date"
    today = turn.city.today(turn.now)
    day = typed_date(turn.text, today) or (date_named_in(turn.text, today) if asked else None)
    if day is None and not looks_like_date(turn.text) and not (asked and len(turn.text) < promises.A_SENTENCE):
        return False
    fitting = await promises.fitting_date(turn, day) if day else None
    if fitting:
        if not draft_of(data).empty and not data.get("written"):  # the preview, and the prompt, say it themselves
            turn.reply(turn.say("Promised by: <b>{date}</b>", date=turn.words.weekday(fitting)))
        await _next(turn, name, data | {"until": fitting.isoformat()})
    elif day is None:
        turn.reply(promises.no_date(turn))
    return True


async def answer_write(turn: Turn) -> None:
    """Text or an attachment, at any step: kept first."""
    name, data = _form(turn)
    if await _date_typed(turn, name, data):
        return
    continues = same_album(turn, data)
    data, taken = take_in(turn, data)
    if not taken:
        return
    await turn.wait_for(name, turn.form.step if turn.form else "text", data)
    if not continues:
        await _next(turn, name, data)


async def answer_written(turn: Turn) -> None:
    name, data = _form(turn)
    draft = draft_of(data)
    if draft.too_long:
        edit = keyboards.labelled(turn.words, ("edit_text", "answer_edit"), ("cancel", "cancel"))
        too_long(turn, draft, edit)
    elif not of_substance(draft.text):
        ask_for_substance(turn, "answer_done", "done_writing")
    else:
        data = await _with_date_of_text(turn, {k: v for k, v in data.items() if k != "replace"})
        await _next(turn, name, data | {"written": True})


async def _with_date_of_text(turn: Turn, data: Data) -> Data:
    """The one date that the text names is the one it promises something by; the preview shows it."""
    day = date_named_in(draft_of(data).text, turn.city.today(turn.now))
    if data["outcome"] != Outcome.PROMISED or data.get("until") or day is None:
        return data
    fitting = await promises.fitting_date(turn, day)
    return data | {"until": fitting.isoformat()} if fitting else data


_SUBSTANCE = 10
"""Letters and digits that an answer has at least: a dot or "ok" closes nothing."""


def of_substance(text: str) -> bool:
    return not blank(text) and sum(c.isalnum() for c in text) >= _SUBSTANCE


def ask_for_substance(turn: Turn, data: str, key: str = "edit_text") -> None:
    turn.reply(
        turn.say("A question is closed only by a text of substance. Please write the answer in words."),
        keyboard=keyboards.labelled(turn.words, (key, data), ("cancel", "cancel")),
    )


async def answer_edit(turn: Turn) -> None:
    name, data = _form(turn)
    await _next(turn, name, {k: v for k, v in data.items() if k != "written"} | {"replace": True})


async def _what_goes_along(turn: Turn, number: str) -> list[Block]:
    """What co-executors have done stands below the answer; where there are two keys, the head reads it first."""
    try:
        question = await questions.visible_to(turn.db, turn.person, number)
    except NotYours:  # given on meanwhile: what was written is kept, and sending it says so
        return []
    blocks = await shares.in_answer(turn.db, turn.words, question)
    if answering(question, turn.person) is Action.PROPOSE:
        blocks.append(turn.say("It goes to the head of the department first."))
    return blocks


def _preview(turn: Turn, number: str, data: Data, *along: Block) -> None:
    draft, until = draft_of(data), promised_on(data)
    head = cards.lines(
        turn.say("<b>Check before sending</b>"),
        turn.say("Answer to <b>№ {number}</b>", number=number),
        cards.outcome(turn.words, Outcome(data["outcome"])),
        turn.say("Promised by: <b>{date}</b>", date=turn.words.weekday(until)) if until else None,
        cards.attachments(turn.words, draft.in_order),
    )
    another = [("another_date", "answer_date")] if until else []
    turn.reply(
        head,
        Quote(draft.text),
        *along,
        keyboard=keyboards.labelled(
            turn.words, ("send", f"answer_send:{number}"), ("edit_text", "answer_edit"), *another, ("cancel", "cancel")
        ),
    )


async def answer_send(turn: Turn) -> None:
    await _send(turn, anyway=False)


async def answer_anyway(turn: Turn) -> None:
    """[Send anyway], under a warning."""
    await _send(turn, anyway=True)


async def _send(turn: Turn, *, anyway: bool) -> None:
    """The answer goes out; the NGO may withdraw at the same moment, and the row's lock decides who was first."""
    number = turn.argument()
    if turn.form is None or turn.form.name != f"answer {number}" or turn.form.step != "preview":
        await _redraw(turn, number)  # pressed twice, or an old button: the card shows what is so
        return
    data = turn.form.data
    draft = draft_of(data)
    if draft.too_long or not of_substance(draft.text):  # a message was edited under the preview
        await turn.wait_for(turn.form.name, "text", {k: v for k, v in data.items() if k != "written"})
        await answer_written(turn)
        return
    until = promised_on(data)
    if until and not promisable(until, turn.city.today(turn.now)):  # it lay there until the date had come
        await answer_date(turn)
        return
    question = await _held(turn)
    change = act(
        question,
        answering(question, turn.person),
        turn.person,
        turn.now,
        text=draft.text,
        attachments=draft.in_order,
        outcome=Outcome(data["outcome"]),
        react_by=(await turn.city_now()).react_by(turn.now),
        due_on=until,
        paused=turn.city.waited(question, turn.now),
    )
    if not anyway and (warnings := await _warnings(turn, question, draft.text)):
        turn.reply(*warnings, keyboard=_despite_the_warning(turn, number))
        return
    await questions.record(turn.db, despite_the_language(change), turn.now)
    await turn.finish()
    await audit_the_language(turn, change)
    if change.action is Action.PROPOSE:
        turn.reply(_proposed(turn, question), keyboard=keyboards.card(number))
        return
    turn.reply(
        turn.say(
            "The answer to <b>№ {number}</b> is registered and on its way: {outcome}. "
            "You will be told when it is delivered.",
            number=number,
            outcome=turn.words.label(OUTCOME_LABELS[Outcome(data["outcome"])]),
        ),
        *await promises.made_by_answer(turn.db, turn.words, question.id, turn.now),
        keyboard=keyboards.card(number),
    )


async def _warnings(turn: Turn, question: Question, text: str) -> list[Markup]:
    """What should be thought of once more before this answer goes out."""
    found = [in_russian_only(turn)] if answered_in_russian_only(question.text, text) else []
    not_done = await shares.not_done(turn.db, turn.words, question)
    return [*found, not_done] if not_done else found


def _despite_the_warning(turn: Turn, number: str) -> Keyboard:
    return keyboards.labelled(
        turn.words, ("send_anyway", f"answer_anyway:{number}"), ("edit_text", "answer_edit"), ("cancel", "cancel")
    )


def in_russian_only(turn: Turn) -> Markup:
    return turn.say(
        "<b>Attention:</b> the question is written in Kazakh, and the text is in Russian only. Nothing has been sent "
        "yet. Please add the text in Kazakh, or send it as it is: that is recorded."
    )


def despite_the_language(change: Change) -> Change:
    """What goes out in Russian under a question in Kazakh says so on its line of the history."""
    return replace(change, despite="language") if _is_despite_the_language(change) else change


def _is_despite_the_language(change: Change) -> bool:
    return answered_in_russian_only(change.before.text, change.text)


async def audit_the_language(turn: Turn, change: Change) -> None:
    if _is_despite_the_language(change):
        await turn.audit("sent in another language", f"question {change.after.number}")


def _proposed(turn: Turn, question: Question) -> Markup:
    if question.head_id is None:
        return turn.say(
            "The answer to <b>№ {number}</b> goes to the administrators first: the department has no head now. "
            "You will be told when it is approved or returned.",
            number=question.number,
        )
    return turn.say(
        "The answer to <b>№ {number}</b> goes to the head of the department first. "
        "You will be told when it is approved or returned.",
        number=question.number,
    )


# --- what has no department yet: administrators ---------------------------------------------------------------------


async def forward(turn: Turn) -> None:
    """[Forward] of an administrator: which department gets a question whose author was not sure."""
    question = await questions.visible_to(turn.db, turn.person, turn.argument())
    act(question, Action.ROUTE, turn.person, turn.now)
    known = await departments.all_departments(turn.db)
    turn.reply(
        turn.say("Which department gets <b>№ {number}</b>?", number=question.number),
        keyboard=keyboards.departments(turn.words, known, f"forward_to:{question.number}"),
    )


async def forward_to(turn: Turn) -> None:
    question = await _held(turn)
    chosen = await departments.department(turn.db, turn.id_at(1))
    if chosen is None:
        raise NotYours
    change = act(question, Action.ROUTE, turn.person, turn.now, department_id=chosen.id)
    await questions.record(turn.db, change, turn.now)
    await turn.audit("routed", f"question {question.number}", after=f"department {chosen.id}")
    turn.reply(
        turn.say(
            "<b>№ {number}</b> went to «{department}»; its date stays.",
            number=question.number,
            department=chosen.names.in_(turn.language),
        ),
        keyboard=keyboards.card(question.number),
    )

"""The department's side: what is owed, taking, assigning, answering.

An answer walks outcome → text and attachments → preview → send, in a form of its own for each question.
"""

from markupsafe import Markup

from domain.draft import blank
from domain.people import Wants
from domain.question import ANSWERS, Action, NotYours, Outcome, Question, act, allowed, answering
from handlers import cards, keyboards, morning, newcomer, ngo
from handlers.speech import Block, Button, Quote
from handlers.turn import Turn
from handlers.writing import Data, acknowledge, begun_from, draft_of, same_album, take_in, too_long
from storage import departments, forms, people, questions
from texts import N_
from texts.labels import OUTCOME_LABELS


async def inbox(turn: Turn) -> None:
    """`/inbox`: overdue, due today, within three working days, waiting for the NGO, new, the rest."""
    await show_list(turn, turn.person.department_id, "inbox")


async def show_list(turn: Turn, department_id: int | None, data: str, *last_row: list[Button]) -> None:
    today = turn.city.today(turn.now)
    soon = turn.city.soon(today)
    number = newcomer.number(turn.args)
    page = await questions.inbox_of(turn.db, department_id, today=today, soon=soon, page=number)
    if not page.total:
        turn.reply(turn.say("Nothing is waiting for an answer."), keyboard=last_row, edit=True)
        return
    blocks: list[Block] = [cards.list_heading(turn.words, turn.say("<b>To be answered</b>"), page)]
    blocks += cards.grouped(turn.words, page.questions, today, soon)
    choice = [[Button(q.number, f"card:{q.number}")] for q in page.questions]
    keyboard = [*choice, *keyboards.pager(turn.words, page, data), *last_row]
    turn.reply(*blocks, keyboard=keyboard, edit=True)


async def digest(turn: Turn) -> None:
    """`/digest`: the morning card as it is now, and what comes by itself."""
    person = turn.person
    if person.official is None:
        return
    only = person.answers_for if person.wants is Wants.ONLY_MINE else None
    today = turn.city.today(turn.now)
    department_id = person.official.department_id
    blocks, shown, rest = await morning.digest(turn.db, turn.words, turn.city, today, department_id, only)
    choice = [[Button(q.number, f"card:{q.number}")] for q in shown]
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
    chosen = turn.args[0] if turn.args else ""
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
    question = await questions.visible_to(turn.db, turn.person, _first(turn))
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
    chosen = newcomer.number(turn.args[1:])
    staff = {p.id: p for p in await people.officials_of(turn.db, question.department_id or 0)}
    if chosen not in staff:
        raise NotYours
    await questions.record(turn.db, act(question, Action.ASSIGN, turn.person, turn.now, assignee_id=chosen), turn.now)
    await _redraw(turn, question.number)


async def _redraw(turn: Turn, number: str) -> None:
    await ngo.show(turn, await questions.visible_to(turn.db, turn.person, number))


def _first(turn: Turn) -> str:
    return turn.args[0] if turn.args else ""


async def _held(turn: Turn) -> Question:
    """The question of the pressed button, locked: a colleague may press the same one now."""
    return await questions.visible_to(turn.db, turn.person, _first(turn), to_change=True)


# --- answering ------------------------------------------------------------------------------------------------------


async def answer(turn: Turn) -> None:
    """[Answer]: a new answer, or the choice to go on with one that lies unfinished."""
    question = await questions.visible_to(turn.db, turn.person, _first(turn))
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
        _ask_text(turn, number, data)
    else:
        await turn.wait_for(name, "preview", data)
        _preview(turn, number, data)


_PROMPTS = {
    Outcome.FULFILLED: N_("Write what was done."),
    Outcome.EXPLAINED: N_("Write the explanation."),
    Outcome.PROMISED: N_("Write what is promised and by which date."),
    Outcome.REFUSED: N_("Write why it is refused, and name the ground: law, article, rule."),
    Outcome.ELSEWHERE: N_("Write what was answered, how and when: by phone, or the letter's number and date."),
}


def _ask_text(turn: Turn, number: str, data: Data) -> None:
    buttons = keyboards.labelled(turn.words, ("done_writing", "answer_done"), ("cancel", "cancel"))
    draft = draft_of(data)
    if draft.empty:
        turn.reply(
            turn.say("<b>№ {number}</b>: {prompt}", number=number, prompt=turn.say(_PROMPTS[Outcome(data["outcome"])])),
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


async def outcome_chosen(turn: Turn) -> None:
    name, data = _form(turn)
    if turn.args and turn.args[0] in set(Outcome):
        data = data | {"outcome": turn.args[0]}
    await _next(turn, name, data)


async def answer_write(turn: Turn) -> None:
    """Text or an attachment, at any step: kept first."""
    name, data = _form(turn)
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
    elif not _of_substance(draft.text):
        turn.reply(
            turn.say("A question is closed only by a text of substance. Please write the answer in words."),
            keyboard=keyboards.labelled(turn.words, ("done_writing", "answer_done"), ("cancel", "cancel")),
        )
    else:
        await _next(turn, name, {k: v for k, v in data.items() if k != "replace"} | {"written": True})


_SUBSTANCE = 10
"""Letters and digits that an answer has at least: a dot or "ok" closes nothing."""


def _of_substance(text: str) -> bool:
    return not blank(text) and sum(c.isalnum() for c in text) >= _SUBSTANCE


async def answer_edit(turn: Turn) -> None:
    name, data = _form(turn)
    await _next(turn, name, {k: v for k, v in data.items() if k != "written"} | {"replace": True})


def _preview(turn: Turn, number: str, data: Data) -> None:
    draft = draft_of(data)
    head = cards.lines(
        turn.say("<b>Check before sending</b>"),
        turn.say("Answer to <b>№ {number}</b>", number=number),
        cards.outcome(turn.words, Outcome(data["outcome"])),
        cards.attachments(turn.words, draft.in_order),
    )
    turn.reply(
        head,
        Quote(draft.text),
        keyboard=keyboards.labelled(
            turn.words, ("send", f"answer_send:{number}"), ("edit_text", "answer_edit"), ("cancel", "cancel")
        ),
    )


async def answer_send(turn: Turn) -> None:
    """The answer goes out; the NGO may withdraw at the same moment, and the row's lock decides who was first."""
    number = _first(turn)
    if turn.form is None or turn.form.name != f"answer {number}" or turn.form.step != "preview":
        await _redraw(turn, number)  # pressed twice, or an old button: the card shows what is so
        return
    data = turn.form.data
    draft = draft_of(data)
    if draft.too_long or not _of_substance(draft.text):  # a message was edited under the preview
        await turn.wait_for(turn.form.name, "text", {k: v for k, v in data.items() if k != "written"})
        await answer_written(turn)
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
    )
    await questions.record(turn.db, change, turn.now)
    await turn.finish()
    if change.action is Action.PROPOSE:
        turn.reply(_proposed(turn, question))
        return
    turn.reply(
        turn.say(
            "The answer to <b>№ {number}</b> is registered and on its way: {outcome}. "
            "You will be told when it is delivered.",
            number=number,
            outcome=turn.words.label(OUTCOME_LABELS[Outcome(data["outcome"])]),
        )
    )


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
    question = await questions.visible_to(turn.db, turn.person, _first(turn))
    act(question, Action.ROUTE, turn.person, turn.now)
    known = await departments.all_departments(turn.db)
    turn.reply(
        turn.say("Which department gets <b>№ {number}</b>?", number=question.number),
        keyboard=keyboards.departments(turn.words, known, f"forward_to:{question.number}"),
    )


async def forward_to(turn: Turn) -> None:
    question = await _held(turn)
    chosen = await departments.department(turn.db, newcomer.number(turn.args[1:]))
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
        )
    )

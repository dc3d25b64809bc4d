"""[Forward]: a question goes whole to the department that is competent for it.

department → one sentence why → preview → send. The date does not move; the NGO is told from where, to where and why.
What came back once already goes on only by an administrator's word.
"""

from markupsafe import Markup

from domain.question import Action, NeedsAdministrator, NotYours, Question, act, allowed, visible
from handlers import cards, keyboards, official
from handlers.dialogue import choose, of_form, others, redraw, sentence, waits_at
from handlers.speech import Block, Quote
from handlers.turn import Turn
from handlers.writing import Data
from storage import departments, outbox, parts, people, questions
from storage.departments import Department

FORWARD_WITHIN = 3
"""Working days from receipt (АППК art. 76); later only with a warning."""
_LATER = "the text will follow, all but it is checked"


# --- forwarding -----------------------------------------------------------------------------------------------------


async def forward(turn: Turn) -> None:
    """[Forward]: which department. Administrators give one to a question that has none by the same button."""
    question = await questions.visible_to(turn.db, turn.person, turn.argument())
    if question.department_id is None:
        await official.forward(turn)
        return
    allowed(question, Action.FORWARD, turn.person)
    ask = turn.say("Which department gets <b>№ {number}</b>?", number=question.number)
    await choose(turn, question, ask, "forward", await others(turn, question))


async def forward_to(turn: Turn) -> None:
    question = await questions.visible_to(turn.db, turn.person, turn.argument())
    if question.department_id is None:
        await official.forward_to(turn)
        return
    allowed(question, Action.FORWARD, turn.person)
    chosen = await departments.department(turn.db, turn.id_at(1))
    if chosen is None or chosen.id == question.department_id:
        turn.args = turn.args[:1]
        await forward(turn)
        return
    name = f"forward {question.number}"
    written = turn.form.data if turn.form and turn.form.name == name else {}
    await _next(turn, question, written | {"department": chosen.id})


async def again(turn: Turn) -> None:
    """The open dialogue asks once more."""
    data = turn.form.data if turn.form else {}
    await _next(turn, await of_form(turn), data)


async def _next(turn: Turn, question: Question, data: Data) -> None:
    """The reason, or when there is one the preview."""
    chosen = await departments.department(turn.db, data["department"])
    name = chosen.names.in_(turn.language) if chosen else ""
    if not data.get("reason"):
        await turn.wait_for(f"forward {question.number}", "reason", data)
        turn.reply(
            turn.say(
                "<b>№ {number}</b> to «{department}»: write in one sentence why. The NGO will read it.",
                number=question.number,
                department=name,
            ),
            keyboard=keyboards.cancel(turn.words),
        )
        return
    await turn.wait_for(f"forward {question.number}", "preview", data)
    late = (await turn.city_now()).held(question, turn.now) > FORWARD_WITHIN
    blocks: list[Block] = [
        cards.lines(
            turn.say("<b>Check before sending</b>"),
            turn.say("<b>№ {number}</b> goes to: {department}", number=question.number, department=name),
            turn.say("From: {department}", department=cards.department(turn.words, question)),
            cards.due(turn.words, question),
            turn.say("The date does not change."),
        ),
        Quote(data["reason"]),
    ]
    if late:
        blocks.append(_warning(turn, question))
    if _comes_back_again(turn, question, data["department"]):
        blocks.append(turn.say("It came back once already: an administrator will decide, and will read your words."))
    turn.reply(
        *blocks,
        keyboard=keyboards.labelled(
            turn.words,
            ("send_anyway" if late else "send", f"forward_send:{question.number}"),
            ("edit_text", f"forward_edit:{question.number}"),
            ("another_department", f"forward:{question.number}"),
            ("cancel", "cancel"),
        ),
    )


def _warning(turn: Turn, question: Question) -> Markup:
    return turn.words.count(
        "<b>Attention:</b> your department has had it for {n} working day. A question is forwarded within {most} "
        "working days of its receipt (Administrative Procedural and Process Code, art. 76).",
        "<b>Attention:</b> your department has had it for {n} working days. A question is forwarded within {most} "
        "working days of its receipt (Administrative Procedural and Process Code, art. 76).",
        turn.city.held(question, turn.now),
        most=FORWARD_WITHIN,
    )


def _comes_back_again(turn: Turn, question: Question, department_id: int) -> bool:
    try:
        act(question, Action.FORWARD, turn.person, turn.now, text=_LATER, department_id=department_id)
    except NeedsAdministrator:
        return True
    return False


async def reason_written(turn: Turn) -> None:
    """At any step: what is typed is the reason now."""
    question = await of_form(turn)
    if turn.form and (reason := sentence(turn)) is not None:
        await _next(turn, question, turn.form.data | {"reason": reason})


async def edit(turn: Turn) -> None:
    if turn.form is None or turn.form.name != f"forward {turn.argument()}":
        await redraw(turn)
        return
    question = await of_form(turn)
    await _next(turn, question, {key: value for key, value in turn.form.data.items() if key != "reason"})


async def send(turn: Turn) -> None:
    """It goes. A colleague may answer it at this moment: the row's lock decides who was first."""
    if turn.form is None or not waits_at(turn, "forward", "preview"):
        await redraw(turn)
        return
    data = turn.form.data
    question = await of_form(turn, to_change=True)
    await turn.finish()
    chosen = await departments.department(turn.db, data["department"])
    if chosen is None:
        raise NotYours  # made up: no department is ever deleted
    try:
        change = act(
            question,
            Action.FORWARD,
            turn.person,
            turn.now,
            text=data["reason"],
            department_id=data["department"],
            paused=(await turn.city_now()).waited(question, turn.now),
        )
    except NeedsAdministrator:
        await _ask_administrators(turn, question, chosen, data["reason"])
        return
    await questions.record(turn.db, change, turn.now)
    await parts.drop(turn.db, question.id, chosen.id)
    await _tell_who_had_it(turn, question, chosen.id)
    turn.reply(
        turn.say(
            "<b>№ {number}</b> went to «{department}»; its date stays. The department and the NGO are told.",
            number=question.number,
            department=chosen.names.in_(turn.language),
        ),
        keyboard=keyboards.card(question.number) if visible(change.after, turn.person) else (),
    )
    if turn.person.is_admin:
        before, after = f"department {question.department_id}", f"department {chosen.id}"
        await turn.audit("forwarded", f"question {question.number}", before=before, after=after)


async def _ask_administrators(turn: Turn, question: Question, chosen: Department, reason: str) -> None:
    """A note in the history says what the department would like, and every administrator gets the card."""
    note = act(question, Action.NOTE, turn.person, turn.now, text=reason, department_id=chosen.id)
    entry_id = await questions.record(turn.db, note, turn.now)
    for admin in await people.admin_ids(turn.db):
        key = f"needs_administrator {entry_id} {admin}"
        facts = {"entry": entry_id}
        await outbox.say(turn.db, admin, "needs_administrator", facts, turn.now, key=key, question_id=question.id)
    turn.reply(
        turn.say(
            "<b>№ {number}</b> came back to a department once already, so an administrator decides where it goes. "
            "The administrators have your words; until they decide, it stays with your department.",
            number=question.number,
        ),
        keyboard=keyboards.card(question.number),
    )


async def _tell_who_had_it(turn: Turn, question: Question, department_id: int) -> None:
    """The responsible official learns that it is theirs no more, when somebody else sent it on.

    So does whoever asked the administrators for it.
    """
    wishes = [e for e in await questions.history(turn.db, question.id) if e.action is Action.NOTE and e.department]
    asked_for = next((e.actor_id for e in wishes[-1:] if e.from_department_id == question.department_id), None)
    facts = {"number": question.number, "department": department_id}
    for had_it in {question.responsible_id, asked_for}:
        if had_it is None or had_it == turn.person.id:
            continue
        key = f"sent_on {question.id} {turn.now.timestamp()} {had_it}"
        await outbox.say(turn.db, had_it, "sent_on", facts, turn.now, key=key)

"""[Ask the NGO]: what the department must know before it can answer. Its own clock stands still until the reply.

department: text → preview → send      the question waits; the NGO is told
NGO: replies to the message, or presses [Reply], or writes while nothing else waits for it: the work goes on
nobody replies for ten working days: [Close: no reply], with the ground in words
"""

from domain.draft import Piece
from domain.gratitude import gratitude
from domain.question import Action, Question, act, added, allowed
from handlers import keyboards, ngo, one_text
from handlers.dialogue import of_form
from handlers.one_text import Text
from handlers.speech import Quote
from handlers.turn import NUMBER, Turn
from storage import forms, questions
from texts import N_

QUESTION = Text(
    "clarify",
    N_(
        "<b>№ {number}</b>: write what the department needs to know from the NGO. You may attach something. "
        "Until the reply the department's own time stands still; the date by law does not change."
    ),
    N_("<b>Check before sending</b>\nQuestion to the NGO about <b>№ {number}</b>"),
)
REPLY = Text(
    "reply",
    N_("<b>№ {number}</b>: write your reply to the department. You may attach something."),
    N_("<b>Check before sending</b>\nReply about <b>№ {number}</b>"),
    wordless=True,
)
GROUND = Text(
    "close_unclear",
    N_(
        "<b>№ {number}</b>: write for the NGO why it is closed: what was asked, when, and what could not be found out "
        "without a reply."
    ),
    N_("<b>Check before sending</b>\n<b>№ {number}</b> is closed because the NGO did not reply"),
)


# --- the department asks --------------------------------------------------------------------------------------------


async def clarify(turn: Turn) -> None:
    question = await questions.visible_to(turn.db, turn.person, turn.argument())
    allowed(question, Action.CLARIFY, turn.person)
    await one_text.begin(turn, QUESTION, question)


async def question_written(turn: Turn) -> None:
    await one_text.written(turn, QUESTION)


async def question_edit(turn: Turn) -> None:
    await one_text.edit(turn, QUESTION)


async def question_send(turn: Turn) -> None:
    """The NGO may withdraw at the same moment: the row's lock decides who was first."""
    draft = await one_text.ready(turn, QUESTION)
    if draft is None:
        return
    question = await of_form(turn, to_change=True)
    await turn.finish()
    change = act(question, Action.CLARIFY, turn.person, turn.now, text=draft.text, attachments=draft.in_order)
    await questions.record(turn.db, change, turn.now)
    turn.reply(
        turn.say(
            "The NGO is asked about <b>№ {number}</b>. You will be told of the reply at once.", number=question.number
        ),
        keyboard=keyboards.card(question.number),
    )


# --- the NGO replies ------------------------------------------------------------------------------------------------


async def reply(turn: Turn) -> None:
    """[Reply]: with the department's words once more."""
    question = await questions.visible_to(turn.db, turn.person, turn.argument())
    allowed(question, Action.REPLY, turn.person)
    asked = await questions.last_line(turn.db, question.id, Action.CLARIFY)
    await one_text.begin(turn, REPLY, question, *([Quote(asked.text)] if asked else []))


async def reply_written(turn: Turn) -> None:
    await one_text.written(turn, REPLY)


async def reply_edit(turn: Turn) -> None:
    await one_text.edit(turn, REPLY)


async def reply_send(turn: Turn) -> None:
    """A colleague may have replied meanwhile: then it is an addition."""
    draft = await one_text.ready(turn, REPLY)
    if draft is None:
        return
    question = await of_form(turn, to_change=True)
    allowed(question, added(question), turn.person)
    source = f"reply {turn.person.id} {draft.sources[0].message_id}"
    await turn.finish()
    await ngo.record_addition(turn, question.number, draft.text, draft.in_order, source, draft.sources)


async def anything(turn: Turn) -> None:
    """No dialogue waits for it. While one department waits for this NGO and no other, it is the reply."""
    question = await _asked(turn)
    if question is None:
        await ngo.anything(turn)
    elif turn.said.attachment is None:
        source = f"message {turn.person.id} {turn.said.message_id}"
        piece = Piece(turn.said.message_id, turn.text)
        await ngo.record_addition(turn, question.number, turn.text, (), source, (piece,))
    else:  # more of an album may follow
        name = f"{REPLY.form} {question.number}"
        unfinished = await forms.find(turn.db, turn.person.id, name)
        await turn.wait_for(name, "text", unfinished.data if unfinished else {})
        await one_text.written(turn, REPLY)


async def _asked(turn: Turn) -> Question | None:
    """The one question about which a department waits for this person or their NGO, if this message can be a reply."""
    said = turn.said
    if not turn.person.consented or turn.person.official or not (said.text or said.attachment):
        return None
    if NUMBER.fullmatch(said.text.strip().lstrip("№ ")) or gratitude(said.text):
        return None
    waiting = await questions.waits_for(turn.db, turn.person, limit=2)
    return waiting[0] if len(waiting) == 1 else None


# --- nobody replied -------------------------------------------------------------------------------------------------


async def close_unclear(turn: Turn) -> None:
    question = await questions.visible_to(turn.db, turn.person, turn.argument())
    allowed(question, Action.CLOSE_UNCLEAR, turn.person)
    await one_text.begin(turn, GROUND, question)


async def ground_written(turn: Turn) -> None:
    await one_text.written(turn, GROUND)


async def ground_edit(turn: Turn) -> None:
    await one_text.edit(turn, GROUND)


async def ground_send(turn: Turn) -> None:
    """The reply may come at the same moment: the row's lock decides who was first."""
    draft = await one_text.ready(turn, GROUND)
    if draft is None:
        return
    question = await of_form(turn, to_change=True)
    await turn.finish()
    change = act(question, Action.CLOSE_UNCLEAR, turn.person, turn.now, text=draft.text, attachments=draft.in_order)
    await questions.record(turn.db, change, turn.now)
    turn.reply(
        turn.say(
            "<b>№ {number}</b> is closed: the NGO did not reply. The NGO is told, with your words.",
            number=question.number,
        ),
        keyboard=keyboards.card(question.number),
    )
    if turn.person.department_id != question.department_id:
        await turn.audit("closed without a reply", f"question {question.number}")

"""[Correct the answer]: a new version of what was sent; the old one stays in the history, and the NGO is told.

text and attachments → preview → send. The verdict is on the answer in force.
"""

from domain.question import ANSWERS, Action, Change, act, allowed
from domain.tongue import answered_in_russian_only
from handlers import keyboards, official, one_text
from handlers.dialogue import of_form
from handlers.one_text import Text
from handlers.speech import Block, Quote
from handlers.turn import Turn
from storage import questions
from texts import N_

CORRECTION = Text(
    "correction",
    N_("<b>№ {number}</b>: write the whole answer as it should read. The NGO will get it as a new version."),
    N_("<b>Check before sending</b>\nCorrected answer to <b>№ {number}</b>"),
)
_VERSIONS = (*ANSWERS, Action.CLOSE_UNCLEAR, Action.CORRECT)


async def correct(turn: Turn) -> None:
    question = await questions.visible_to(turn.db, turn.person, turn.argument())
    allowed(question, Action.CORRECT, turn.person)
    now = await questions.last_line(turn.db, question.id, *_VERSIONS)
    reads: list[Block] = [turn.say("It reads now:"), Quote(now.text)] if now else []
    await one_text.begin(turn, CORRECTION, question, *reads)


async def written(turn: Turn) -> None:
    await one_text.written(turn, CORRECTION)


async def edit(turn: Turn) -> None:
    await one_text.edit(turn, CORRECTION)


async def send(turn: Turn) -> None:
    await _send(turn, anyway=False)


async def send_anyway(turn: Turn) -> None:
    await _send(turn, anyway=True)


async def _send(turn: Turn, *, anyway: bool) -> None:
    """The NGO may judge or reopen at the same moment: the row's lock decides who was first."""
    draft = await one_text.ready(turn, CORRECTION)
    if draft is None:
        return
    if not official.of_substance(draft.text):
        official.ask_for_substance(turn, f"correction_edit:{turn.argument()}")
        return
    question = await of_form(turn, to_change=True)
    now = await questions.last_line(turn.db, question.id, *_VERSIONS)
    change = act(
        question,
        Action.CORRECT,
        turn.person,
        turn.now,
        text=draft.text,
        attachments=draft.in_order,
        outcome=now.outcome if now else None,
    )
    if not anyway and answered_in_russian_only(question.text, draft.text):
        _warn(turn, change)
        return
    await questions.record(turn.db, official.despite_the_language(change), turn.now)
    await turn.finish()
    turn.reply(
        turn.say("The corrected answer to <b>№ {number}</b> is on its way to the NGO.", number=question.number),
        keyboard=keyboards.card(question.number),
    )
    await official.audit_the_language(turn, change)
    if turn.person.department_id != question.department_id:
        await turn.audit("answer corrected", f"question {question.number}")


def _warn(turn: Turn, change: Change) -> None:
    number = change.after.number
    keys = (
        ("send_anyway", f"correction_anyway:{number}"),
        ("edit_text", f"correction_edit:{number}"),
        ("cancel", "cancel"),
    )
    turn.reply(official.in_russian_only(turn), keyboard=keyboards.labelled(turn.words, *keys))

"""An open dialogue asks once more for what it waits for: after the language was changed in its midst, or a number was
looked up.
"""

from handlers import (
    clarifying,
    co_executors,
    correcting,
    extending,
    forwarding,
    newcomer,
    ngo,
    official,
    promises,
    splitting,
)
from handlers import remarks as notes
from handlers.turn import Turn

_KEPT = {"ask": ngo.go_on, "answer": official.answer_continue}
"""These go on from their form alone."""
_BEGUN_ANEW = {
    "verdict": ngo.not_answered_pressed,
    "reply": clarifying.reply,
    "clarify": clarifying.clarify,
    "close_unclear": clarifying.close_unclear,
    "correction": correcting.correct,
    "extend": extending.extend,
    "part": co_executors.part_done,
    "split": splitting.begin,
    "note": notes.note,
    "remark": ngo.remark_again,
    "forward": forwarding.again,
    "involve": co_executors.involve_again,
    "promise": promises.again,
}
"""These are about a number, which stands behind the name of the form, and keep what was written when begun anew."""


async def shows_prompt(turn: Turn) -> None:
    """What the open dialogue waits for; where it cannot be asked anew, that it is still open."""
    if turn.form is None:
        return
    name, *about = turn.form.name.split()
    if name in _KEPT:
        await _KEPT[name](turn)
    elif name in _BEGUN_ANEW:
        turn.args = tuple(about)
        await _BEGUN_ANEW[name](turn)
    elif name == "register":
        await newcomer.register_again(turn)
    else:
        turn.reply(turn.say("What you were filling in is still open: go on where you were, or drop it with /cancel."))


async def language_chosen(turn: Turn) -> None:
    """The new language begins with what is open: a prompt in the old one would be the last thing on the screen."""
    if await newcomer.speaks(turn):
        await shows_prompt(turn)

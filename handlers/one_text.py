"""One text about a question, with attachments: written in as many messages as wanted, shown, sent.

The department's question to the NGO, the NGO's reply, the ground on which a question is closed without one.
"""

from dataclasses import dataclass

from domain.draft import Draft, blank
from domain.question import Question
from handlers import cards, keyboards
from handlers.dialogue import of_form, redraw
from handlers.speech import Block, Keyboard, Quote
from handlers.turn import Turn
from handlers.writing import draft_of, same_album, take_in, too_long
from storage import forms
from storage.forms import Form


@dataclass(frozen=True, slots=True)
class Text:
    """A dialogue of this kind. `form` names it, and its buttons: `clarify_send:NUMBER`, `clarify_edit:NUMBER`.

    `ask` and `check` are phrases about `{number}`.
    """

    form: str
    ask: str
    check: str
    wordless: bool = False  # attachments alone are enough


async def begin(turn: Turn, text: Text, question: Question, *more: Block) -> None:
    """Ask for it; what lies unfinished is shown as it is."""
    name = f"{text.form} {question.number}"
    unfinished = await forms.find(turn.db, turn.person.id, name)
    data = unfinished.data if unfinished else {}
    await turn.wait_for(name, "text", data)
    if draft_of(data).empty:
        turn.reply(turn.say(text.ask, number=question.number), *more, keyboard=keyboards.cancel(turn.words))
    else:
        _show(turn, text, question.number, draft_of(data))


async def written(turn: Turn, text: Text) -> None:
    """A message of it: kept first, then all is shown that would go out. An album is shown once."""
    question = await of_form(turn)
    if turn.form is None:
        return
    continues = same_album(turn, turn.form.data)
    data, taken = take_in(turn, turn.form.data)
    if not taken:
        return
    await turn.wait_for(turn.form.name, "text", data)
    if not continues:
        _show(turn, text, question.number, draft_of(data))


def _show(turn: Turn, text: Text, number: str, draft: Draft) -> bool:
    """What would go out. False when it cannot yet, and why."""
    edit = keyboards.labelled(turn.words, ("edit_text", f"{text.form}_edit:{number}"), ("cancel", "cancel"))
    if draft.too_long:
        too_long(turn, draft, edit)
        return False
    if blank(draft.text) and not (text.wordless and draft.attachments):
        turn.reply(turn.say("Please write it in words."), keyboard=keyboards.cancel(turn.words))
        return False
    head = cards.lines(turn.say(text.check, number=number), cards.attachments(turn.words, draft.in_order))
    blocks: list[Block] = [head, Quote(draft.text)] if draft.text else [head]
    turn.reply(*blocks, keyboard=_sending(turn, text, number))
    return True


def _sending(turn: Turn, text: Text, number: str) -> Keyboard:
    return keyboards.labelled(
        turn.words,
        ("send", f"{text.form}_send:{number}"),
        ("edit_text", f"{text.form}_edit:{number}"),
        ("cancel", "cancel"),
    )


def _open(turn: Turn, text: Text) -> Form | None:
    """The dialogue that the pressed button belongs to, while it is open."""
    return turn.form if turn.form and turn.form.name == f"{text.form} {turn.argument()}" else None


async def edit(turn: Turn, text: Text) -> None:
    form = _open(turn, text)
    if form is None:
        await redraw(turn)
        return
    await turn.wait_for(form.name, "text", form.data | {"replace": True})
    turn.reply(
        turn.say("This is the text now. Write the new one; attachments stay."),
        Quote(draft_of(form.data).text or turn.say("nothing written yet")),
        keyboard=_sending(turn, text, turn.argument()),
    )


async def ready(turn: Turn, text: Text) -> Draft | None:
    """[Send]: what goes out. None for a second press or an old button, and when a message was edited meanwhile into
    something that cannot go; what is so has been replied.
    """
    form = _open(turn, text)
    if form is None:
        await redraw(turn)
        return None
    draft = draft_of(form.data)
    sendable = not draft.too_long and (not blank(draft.text) or (text.wordless and bool(draft.attachments)))
    if not sendable:
        _show(turn, text, turn.argument(), draft)
        return None
    return draft

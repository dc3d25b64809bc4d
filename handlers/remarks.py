"""[Note]: what the city writes for itself to a question, in any status; no NGO ever sees it.

One message is one note, with its attachment; so are the messages of one album.
"""

from domain.draft import blank
from domain.question import Action, Audience, Question, act, allowed
from handlers import keyboards, ngo
from handlers.dialogue import of_form
from handlers.turn import Turn
from handlers.writing import too_large
from storage import outbox, questions


async def note(turn: Turn) -> None:
    question = await questions.visible_to(turn.db, turn.person, turn.argument())
    allowed(question, Action.NOTE, turn.person)
    await turn.wait_for(f"note {question.number}", "text", {})
    turn.reply(
        turn.say(
            "<b>№ {number}</b>: write a note, or attach something. Only the city sees it, never the NGO.",
            number=question.number,
        ),
        keyboard=keyboards.cancel(turn.words),
    )


async def written(turn: Turn) -> None:
    """A text or an attachment is the note, at once; nothing is lost by a crash before a second press."""
    said = turn.said
    if said.stranger and not said.text:
        turn.reply(turn.say("I cannot take this. Send text, a photo, a document, a voice message, a video or a place."))
        return
    if said.attachment is None and blank(said.text):
        turn.reply(turn.say("Please write it in words."), keyboard=keyboards.cancel(turn.words))
        return
    if said.attachment and too_large(turn, said.attachment):
        return
    question = await of_form(turn, to_change=True)
    attached = (said.attachment,) if said.attachment else ()
    step = act(question, Action.NOTE, turn.person, turn.now, text=said.text, attachments=attached)
    source = f"message {turn.person.id} {said.message_id}"
    entry_id = await questions.record(turn.db, step, turn.now, source=source)
    if entry_id is not None:
        await _tell_who_has_it(turn, question, entry_id)
    album = said.attachment.album if said.attachment else ""
    if album and entry_id is not None:
        await turn.wait_for(f"note {question.number}", "album", {"album": album, "entry": entry_id})
    else:
        await turn.finish()
    _noted(turn, question)


async def _tell_who_has_it(turn: Turn, question: Question, entry_id: int) -> None:
    """An administrator who is not of the department writes to it: so it hears that it keeps a question, and why."""
    if not turn.person.is_admin or question.department_id in (None, turn.person.department_id):
        return
    for official in await questions.recipients(turn.db, question, Audience.OWNER, turn.now):
        if official != turn.person.id:
            key = f"administrator_note {entry_id} {official}"
            facts = {"entry": entry_id}
            await outbox.say(turn.db, official, "administrator_note", facts, turn.now, key=key, question_id=question.id)


def _noted(turn: Turn, question: Question) -> None:
    turn.reply(
        turn.say("The note to <b>№ {number}</b> is kept. Only the city sees it.", number=question.number),
        keyboard=keyboards.card(question.number),
    )


async def album_goes_on(turn: Turn) -> None:
    """The other messages of an album belong to the note that its first one became; anything else is no note."""
    attachment, data = turn.said.attachment, turn.form.data if turn.form else {}
    if attachment is None or attachment.album != data.get("album"):
        await turn.finish()
        await ngo.anything(turn)
    elif not too_large(turn, attachment):
        question = await of_form(turn)
        await questions.attach(turn.db, question.id, data["entry"], (attachment,))

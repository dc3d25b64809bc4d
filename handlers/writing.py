"""Writing in several messages with attachments: shared by a question, an answer and a correction of either.

What arrives is put into the form's draft at once; what cannot be kept is refused in a sentence, and the rest stays.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from domain.draft import MAX_ATTACHMENTS, MAX_FILE_BYTES, MAX_TEXT, Attachment, Draft, Piece, TooManyAttachments
from handlers.speech import Keyboard
from handlers.turn import Turn
from storage.questions import Entry

Data = dict[str, Any]


def draft_of(data: Data) -> Draft:
    return Draft.from_json(data.get("draft", {}))


def with_draft(data: Data, draft: Draft) -> Data:
    return data | {"draft": draft.to_json()}


def begun_from(entry: Entry, attached: Sequence[Attachment]) -> Data:
    """An answer that stands in the history, as a form holds it: to be sent as it is, or to be written anew.

    Its messages are not those of this chat: their ids are below all that may come.
    """
    first = -len(attached)
    own = tuple(replace(one, message_id=first + n) for n, one in enumerate(attached))
    data: Data = {"outcome": entry.outcome, "written": True}
    if entry.until is not None:
        data["until"] = entry.until.isoformat()
    return with_draft(data, Draft((Piece(0, entry.text),), own))


def take_in(turn: Turn, data: Data) -> tuple[Data, bool]:
    """The data with this message in its draft, and whether anything was taken; a refusal has been replied."""
    said = turn.said
    if said.stranger and not said.text:
        turn.reply(turn.say("I cannot take this. Send text, a photo, a document, a voice message, a video or a place."))
        return data, False
    if said.attachment is None and not said.text:
        turn.reply(turn.say("The message is empty: nothing in it can be read. Please write in words."))
        return data, False
    draft = draft_of(data)
    if data.get("replace") and said.text:  # "Edit the text": the first new text takes the place of the old one
        draft = Draft(attachments=draft.attachments)
        data = {k: v for k, v in data.items() if k != "replace"}
    if said.attachment is not None:
        attached = _attach(turn, draft, said.attachment)
        if attached is None and not said.text:
            return data, False
        draft = attached or draft
    if said.text:
        draft = draft.write(said.message_id, said.text)
    return with_draft(data, draft), True


def _attach(turn: Turn, draft: Draft, attachment: Attachment) -> Draft | None:
    """The draft with this in it; None when it was refused, which has been replied."""
    if too_large(turn, attachment):
        return None
    try:
        return draft.attach(attachment)
    except TooManyAttachments:
        turn.reply(
            turn.say("{n} attachments are the most. This one was not added, the others stay.", n=MAX_ATTACHMENTS)
        )
        return None


def too_large(turn: Turn, attachment: Attachment) -> bool:
    """No department could open it; says so."""
    if attachment.size <= MAX_FILE_BYTES:
        return False
    turn.reply(turn.say("This file is larger than 20 MB. Send a smaller one, or a link to it in the text."))
    return True


def same_album(turn: Turn, data: Data) -> bool:
    """This message continues an album whose first message was acknowledged already."""
    here = turn.said.attachment
    return bool(here and here.album) and any(
        a.album == here.album and a.message_id != here.message_id for a in draft_of(data).attachments if here
    )


def acknowledge(turn: Turn, data: Data, keyboard: Keyboard) -> None:
    """Say how much there is now. An album is acknowledged once."""
    draft = draft_of(data)
    if draft.too_long:
        turn.reply(
            _too_long(turn, draft),
            turn.say(
                "Attach the whole text as a file, press «{done}» and then «{edit}» to write a short one, "
                "or shorten your messages above by editing them.",
                done=turn.words.label("done_writing"),
                edit=turn.words.label("edit_text"),
            ),
            keyboard=keyboard,
        )
        return
    length = turn.words.count("{n} character", "{n} characters", len(draft.text))
    attached = turn.words.count("{n} attachment", "{n} attachments", len(draft.attachments))
    turn.reply(
        turn.say("Noted: {length} of {most}, {attached}.", length=length, most=MAX_TEXT, attached=attached),
        turn.say("Write more, attach something, or press «{done}».", done=turn.words.label("done_writing")),
        keyboard=keyboard,
    )


def _too_long(turn: Turn, draft: Draft) -> Markup:
    return turn.say(
        "The text has {n} characters, {most} are the most. Nothing is lost.", n=len(draft.text), most=MAX_TEXT
    )


def too_long(turn: Turn, draft: Draft, keyboard: Keyboard) -> None:
    """Where the keyboard has the button to write another text."""
    turn.reply(
        _too_long(turn, draft),
        turn.say(
            "Attach the whole text as a file and press «{edit}» to write a short one, "
            "or shorten your messages above by editing them.",
            edit=turn.words.label("edit_text"),
        ),
        keyboard=keyboard,
    )

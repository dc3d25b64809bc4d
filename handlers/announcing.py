"""Writing an announcement: text and file, whom it goes to, preview, when, and the word that sends it.

One card shows all of it, as it stands in the form, and every part can be changed from there in any order:

    /announce → text or file → preview and card ⇄ languages, whom, when
                                     [Send now] → number of people → [Confirm]

A correction of what was delivered is written on the same card, in a form of its own (`announce 7`).
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from markupsafe import Markup

from domain.announcement import (
    CARRIED,
    EVERYBODY,
    Announcement,
    Audience,
    Content,
    Piece,
    sendable,
)
from domain.people import Language
from handlers import announcement_cards, cards, keyboards
from handlers.speech import Button, Keyboard
from handlers.turn import Turn
from storage import announcements, forms, outbox
from texts.labels import FIELDS

FORM = "announce"


@dataclass(frozen=True)
class Draft:
    """What is being written. `key` says whose text the next message is, `anew` that it takes the place of the old."""

    content: Content = field(default_factory=Content)
    audience: Audience = field(default_factory=lambda: Audience(offered=tuple(FIELDS)))
    send_at: datetime | None = None
    key: str = EVERYBODY
    anew: bool = False
    refused: bool = False  # Telegram took no preview of it
    corrects: int = 0

    @property
    def form(self) -> str:
        return f"{FORM} {self.corrects}" if self.corrects else FORM

    def to_json(self) -> dict[str, Any]:
        return {
            "content": self.content.to_json(),
            "audience": self.audience.to_json(),
            "send_at": self.send_at.isoformat() if self.send_at else None,
            "key": self.key,
            "anew": self.anew,
            "refused": self.refused,
            "corrects": self.corrects,
        }


def draft_from(data: dict[str, Any]) -> Draft:
    return Draft(
        Content.from_json(data["content"]),
        Audience.from_json(data["audience"]),
        datetime.fromisoformat(data["send_at"]) if data["send_at"] else None,
        data["key"],
        data["anew"],
        data["refused"],
        data["corrects"],
    )


async def held(turn: Turn) -> Draft | None:
    """What the pressed button's form holds: the correction it names, else the new announcement."""
    corrects = turn.id_at()
    form = await forms.find(turn.db, turn.person.id, f"{FORM} {corrects}" if corrects else FORM)
    return draft_from(form.data) if form else None


async def keep(turn: Turn, draft: Draft, step: str = "text") -> None:
    await turn.wait_for(draft.form, step, draft.to_json())


async def nothing_written(turn: Turn) -> None:
    """A button of a card whose announcement was sent or dropped: the list shows what became of it."""
    turn.reply(
        turn.say("This announcement is not being written any more."),
        keyboard=keyboards.labelled(turn.words, ("an_new", "an_new"), ("announcements", "announcements:0"), width=1),
    )


# --- beginning ------------------------------------------------------------------------------------------------------


async def begin(turn: Turn) -> None:
    """`/announce`: what lies unfinished is offered first."""
    if await forms.find(turn.db, turn.person.id, FORM):
        turn.reply(
            turn.say("An announcement is being written already."),
            keyboard=keyboards.labelled(
                turn.words, ("continue", "an_card:0"), ("start_anew", "an_anew"), ("back", "announcements:0")
            ),
        )
        return
    await anew(turn)


async def anew(turn: Turn) -> None:
    await keep(turn, Draft())
    turn.reply(
        turn.say("<b>New announcement</b>"),
        turn.say(
            "Send the text, a photo or a document. Bold, links and other formatting stay as you write them. "
            "Whom it goes to, languages and time are chosen after that."
        ),
        keyboard=keyboards.labelled(turn.words, ("cancel", "cancel"), ("announcements", "announcements:0"), width=1),
    )


async def correct(turn: Turn, announcement: Announcement) -> None:
    """The text that stands is laid into a form of its own; the first new message takes its place."""
    only = len(announcement.content.texts) < 2
    key = next(iter(announcement.content.texts), EVERYBODY) if only else announcement.content.key_for(turn.language)
    draft = Draft(announcement.content, announcement.audience, key=key, anew=True, corrects=announcement.id)
    await keep(turn, draft)
    if only:
        turn.reply(
            turn.say("Send the new text. It will take the place of the old one in each chat."),
            keyboard=[[turn.button("back", f"an_show:{announcement.id}")]],
        )
    else:
        await texts(turn, draft)


# --- writing --------------------------------------------------------------------------------------------------------


async def written(turn: Turn) -> None:
    """A message of the author's: a text, a file, or both."""
    draft = draft_from(turn.form.data) if turn.form else Draft()
    said = turn.said
    attachment = said.attachment
    if said.stranger or (attachment and attachment.kind not in CARRIED):
        turn.reply(turn.say("An announcement carries a text and one photo or document. This was not taken."))
        return
    if attachment is None and not said.text:
        turn.reply(turn.say("The message is empty: nothing in it can be read. Please write in words."))
        return
    if attachment and draft.corrects:
        turn.reply(turn.say("Only the text can be corrected; the file stays as it was sent."))
        return
    changed = draft
    if attachment:
        if draft.content.media and attachment.album and draft.content.media.album == attachment.album:
            turn.reply(turn.say("An announcement carries one photo or document: the last one is kept."))
        changed = replace(changed, content=replace(changed.content, media=attachment))
    if said.text:
        changed = _with_text(changed, Piece(said.message_id, sendable(said.written), said.entities))
    await _changed(turn, changed, every=attachment is not None)


def _with_text(draft: Draft, piece: Piece) -> Draft:
    content = draft.content.without(draft.key) if draft.anew else draft.content
    return replace(draft, content=content.write(draft.key, piece), anew=False)


async def is_part(turn: Turn) -> bool:
    """Whether the message that was edited belongs to what is being written."""
    for form in await forms.all_of(turn.db, turn.person.id):
        if form.name.split()[0] == FORM and _place(draft_from(form.data), turn.said.message_id) is not None:
            return True
    return False


async def edited(turn: Turn) -> None:
    """The author edited a message of it in Telegram: the announcement changes with it."""
    for form in await forms.all_of(turn.db, turn.person.id):
        draft = draft_from(form.data) if form.name.split()[0] == FORM else Draft()
        key = _place(draft, turn.said.message_id)
        if key is None:
            continue
        piece = Piece(turn.said.message_id, sendable(turn.said.written), turn.said.entities)
        changed = replace(draft, content=draft.content.write(key, piece))
        if turn.form and turn.form.name == form.name:
            await _changed(turn, changed, every=True)
        else:
            await forms.change(turn.db, turn.person.id, form.name, changed.to_json(), turn.now)
            turn.reply(turn.say("The change is in the announcement you are writing: /announce"))
        return


def _place(draft: Draft, message_id: int) -> str | None:
    """In which of the texts this message stands."""
    for key, text in draft.content.texts.items():
        if any(piece.message_id == message_id for piece in text.pieces):
            return key
    return None


async def _changed(turn: Turn, draft: Draft, *, every: bool = False) -> None:
    """Keep it, and show it through Telegram as readers will see it; then the card."""
    draft = replace(draft, refused=False)
    await keep(turn, draft)
    if not draft.content.empty and not draft.content.too_long:
        await _preview(turn, draft, every=every)
    await show(turn, draft)


async def _preview(turn: Turn, draft: Draft, *, every: bool) -> None:
    """One message for each text; of a language only when every one is wanted or it is the one just written."""
    keys = [key for key in draft.content.texts if every or key == draft.key] or [EVERYBODY]
    for key in keys:
        facts = {"form": draft.form, "language": reader(draft.content, key, turn.language)}
        await outbox.say(turn.db, turn.person.id, "an_preview", facts, turn.now, priority=outbox.Priority.REPLY)


def reader(content: Content, key: str, own: Language) -> Language:
    """A language whose readers get this text: the author's own if possible."""
    readers = [language for language in (own, *Language) if content.key_for(language) == key]
    return readers[0] if readers else own


async def preview(turn: Turn) -> None:
    draft = await held(turn)
    if draft is None:
        await nothing_written(turn)
    elif draft.content.empty or draft.content.too_long:
        await show(turn, draft)
    else:
        await _preview(turn, draft, every=True)
        await show(turn, draft)


# --- the card -------------------------------------------------------------------------------------------------------


async def card(turn: Turn) -> None:
    """[Continue], [Back]: the card as it stands; the next message is text again."""
    draft = await held(turn)
    if draft is None:
        await nothing_written(turn)
        return
    key = draft.key if draft.key in draft.content.texts else next(iter(draft.content.texts), EVERYBODY)
    draft = replace(draft, key=key, anew=False)
    await keep(turn, draft)
    await show(turn, draft, edit=True)


async def show(turn: Turn, draft: Draft, *, edit: bool = False) -> None:
    heading = turn.say("<b>New announcement</b>")
    if draft.corrects:
        heading = turn.say("<b>Correction of announcement {number}</b>", number=draft.corrects)
    found = await announcements.reach(turn.db, draft.audience)
    whom = None
    if not draft.corrects:
        in_words = await announcement_cards.audience(turn.db, turn.words, draft.audience)
        whom = cards.lines(in_words, announcement_cards.reach(turn.words, found))
    turn.reply(
        cards.lines(heading, announcement_cards.texts(turn.words, draft.content), whom, goes_out(turn, draft)),
        missing(turn, draft) or _next_message(turn, draft),
        keyboard=_card_buttons(turn, draft),
        edit=edit,
    )


def goes_out(turn: Turn, draft: Draft) -> Markup | None:
    return turn.say("Goes out: {when}", when=turn.words.moment(draft.send_at)) if draft.send_at else None


def _next_message(turn: Turn, draft: Draft) -> Markup:
    return turn.say(
        "Above it stands as readers will see it. Another message is added to the text: {name}.",
        name=_name(turn, draft.key),
    )


def _name(turn: Turn, key: str) -> str:
    return keyboards.LANGUAGES[Language(key)] if key else turn.words.plain("for everybody")


def missing(turn: Turn, draft: Draft) -> Markup | None:
    """What has to be mended before it can go out."""
    if draft.content.empty or (draft.corrects and not draft.content.texts and not draft.content.media):
        return turn.say("There is no text yet. Send it, or a photo or a document.")
    if long := draft.content.too_long:
        too_long = turn.say(
            "The text is too long: {n} characters, {most} fit.",
            n=draft.content.texts[long[0]].length,
            most=draft.content.limit,
        )
        if draft.content.media:
            rest = turn.say("Nothing is lost: shorten the text, or send it without the file, more fit then.")
        else:
            rest = turn.say("Nothing is lost: shorten it with [Edit the text], or put it into a document.")
        return cards.lines(too_long, rest)
    if draft.refused:
        return turn.say("Telegram does not take this text as it is. Please write it otherwise.")
    return None


def _card_buttons(turn: Turn, draft: Draft) -> Keyboard:
    n = draft.corrects
    last = [turn.button("cancel", "cancel"), turn.button("back", f"an_show:{n}" if n else "announcements:0")]
    texts_ = [("edit_text", f"an_write:{n}:{draft.key}"), ("an_languages", f"an_texts:{n}")]
    if n:
        return [*keyboards.labelled(turn.words, ("an_correct_now", f"an_correct_now:{n}"), *texts_, width=1), last]
    media = [("an_without_file", "an_without_file:0")] if draft.content.media else []
    return [
        *keyboards.labelled(turn.words, ("send_now", "an_now:0"), ("an_when", "an_when:0")),
        *keyboards.labelled(turn.words, ("an_whom", "an_whom:0"), ("an_preview", "an_preview:0"), *texts_, *media),
        last,
    ]


# --- texts and file -------------------------------------------------------------------------------------------------


async def texts_asked(turn: Turn) -> None:
    draft = await held(turn)
    if draft is None:
        await nothing_written(turn)
    else:
        await texts(turn, draft)


async def texts(turn: Turn, draft: Draft) -> None:
    """One text for everybody, or one per language: which is to be written."""
    n = draft.corrects
    choice = [[Button(name, f"an_write:{n}:{language}")] for language, name in keyboards.LANGUAGES.items()]
    corrected = turn.say("<b>Correction of announcement {number}</b>", number=n) if n else None
    turn.reply(
        cards.lines(corrected, turn.say("<b>One text for everybody, or one for each language</b>")),
        announcement_cards.texts(turn.words, draft.content),
        turn.say("Who has no text in their language gets the one for everybody, else Russian, Kazakh, English."),
        keyboard=[[turn.button("an_everybody", f"an_write:{n}:")], *choice, [turn.button("back", f"an_card:{n}")]],
        edit=not n,  # the report from which a correction begins stays
    )


async def write_asked(turn: Turn) -> None:
    """Which text the next message is; an old one stands until then."""
    draft = await held(turn)
    key = turn.args[1] if len(turn.args) > 1 else EVERYBODY
    if draft is None or (key and key not in set(Language)):
        await nothing_written(turn)
        return
    await keep(turn, replace(draft, key=key, anew=True))
    buttons = [turn.button("back", f"an_card:{draft.corrects}")]
    if key in draft.content.texts and len(draft.content.texts) > 1:
        buttons.insert(0, turn.button("an_without_text", f"an_without_text:{draft.corrects}:{key}"))
    prompt = turn.say("Send the text: {name}. It takes the place of what was written before.", name=_name(turn, key))
    turn.reply(prompt, keyboard=[buttons])


async def without_text(turn: Turn) -> None:
    draft = await held(turn)
    key = turn.args[1] if len(turn.args) > 1 else EVERYBODY
    if draft is None or len(draft.content.texts) < 2:
        await nothing_written(turn)
        return
    content = draft.content.without(key)
    await _changed(turn, replace(draft, content=content, key=next(iter(content.texts), EVERYBODY), anew=False))


async def without_file(turn: Turn) -> None:
    draft = await held(turn)
    if draft is None or draft.corrects:
        await nothing_written(turn)
        return
    await _changed(turn, replace(draft, content=replace(draft.content, media=None)), every=True)

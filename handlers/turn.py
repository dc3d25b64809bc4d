"""What an action is given: the person, what they said or pressed, the transaction, the moment, and two ways to speak.

The library's update has a hundred optional fields; they end here. An action sees plain values.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.city import City
from domain.draft import (
    Attachment,
    AttachmentKind,
    blank,
    file_name,
    one_line,
    readable,
)
from domain.people import Language, Person
from handlers import incoming
from handlers.incoming import File, Membership, Message, Press, Replied, Sender
from handlers.speech import Block, Button, Call, Keyboard, inline, messages
from storage import audit, forms, habits, people
from storage.forms import Form
from texts import Words

NUMBER = re.compile(r"(?<!\d)(\d{4}-\d{6,}(?:/[1-9])?)(?!\d)")
"""`2026-000042`, or a part of it: `2026-000042/1`."""


@dataclass(frozen=True, slots=True)
class InGroup:
    """Where in a group something was said, or a button was pressed: `message_id` is then the message it stands under.

    `thread_id` is the topic of a forum; `replied_to` the message of a bot that is replied to, 0 where there is none.
    """

    chat_id: int
    message_id: int
    forum: bool = False
    thread_id: int | None = None
    replied_to: int = 0


def id_in(typed: str) -> int:
    """The id that this text is; 0, which nothing has, when it is none."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 16 else 0


@dataclass(frozen=True, slots=True)
class Said:
    """What arrived, reduced to what we understand. Exactly one of `text`, `attachment`, `pressed` matters most.

    `text` is a message's or caption's; `pressed` a button's data; `stranger` names a kind of content nobody can use.
    """

    person_id: int
    name: str
    telegram_language: str = ""
    text: str = ""
    written: str = ""  # `text` to the letter, for which the places in `entities` hold
    entities: tuple[dict[str, Any], ...] = ()
    attachment: Attachment | None = None
    stranger: bool = False
    pressed: str | None = None
    message_id: int = 0
    pressed_message_id: int | None = None
    replied_number: str | None = None
    replied_buttons: tuple[Button, ...] = ()
    edited: bool = False
    edit_date: int = 0
    left: bool | None = None  # my_chat_member: True when the person blocked the bot, False when they came back
    group: InGroup | None = None  # None: in private


_GROUPS = ("group", "supergroup")


def understand(update: dict[str, Any]) -> Said | None:
    """The message or press in this update, the private edit or block; None for all else (channels, polls, and whoever
    speaks as a group or a channel: nobody knows who that is). Raises ValueError for what Telegram would not write.
    """
    given = incoming.read(update)
    if given.callback_query:
        return _pressed(given.callback_query)
    if given.my_chat_member:
        return _blocked(given.my_chat_member)
    message = given.message or given.edited_message
    if not message or not message.sender or message.sender.is_bot:
        return None
    if message.chat.type in _GROUPS and not message.sender_chat and given.message:
        return replace(_said(message, message.sender), group=_in_group(message))
    return _said(message, message.sender, edited=not given.message) if message.chat.type == "private" else None


def _pressed(press: Press) -> Said:
    """The press, and the message it may edit: not one that is too old, of which Telegram gives the date as 0."""
    person, under = press.sender, press.message
    own = under is not None and under.chat.type == "private" and under.date != 0
    there = under if under and under.chat.type in _GROUPS else None
    return Said(
        person.id,
        _name(person),
        person.language_code or "",
        pressed=press.data or "",
        pressed_message_id=under.message_id if under and own else None,
        group=InGroup(there.chat.id, there.message_id, bool(there.chat.is_forum)) if there else None,
    )


def _blocked(membership: Membership) -> Said | None:
    if membership.chat.type != "private":
        return None
    person, left = membership.sender, membership.new_chat_member.status in ("kicked", "left")
    return Said(person.id, _name(person), left=left)


def _in_group(message: Message) -> InGroup:
    to = message.reply_to_message
    replied_to = to.message_id if to and to.sender and to.sender.is_bot else 0
    thread_id = message.message_thread_id if message.is_topic_message else None
    return InGroup(message.chat.id, message.message_id, bool(message.chat.is_forum), thread_id, replied_to)


def _name(person: Sender) -> str:
    """How others will read this person: by the number where nothing in the name can be seen."""
    name = one_line(f"{person.first_name} {person.last_name or ''}", 130)
    return str(person.id) if blank(name) else name


def _said(message: Message, person: Sender, *, edited: bool = False) -> Said:
    attachment = _attachment(message)
    written = message.text or message.caption or ""
    text = readable(written)
    number, buttons = _replied(message.reply_to_message)
    return Said(
        person.id,
        _name(person),
        person.language_code or "",
        text="" if blank(text) else text,
        written=written,
        entities=tuple(entity.model_dump() for entity in message.entities or message.caption_entities or ()),
        attachment=attachment,
        stranger=attachment is None and message.text is None,
        message_id=message.message_id,
        replied_number=number,
        replied_buttons=buttons,
        edited=edited,
        edit_date=message.edit_date or 0,
    )


def _replied(to: Replied | None) -> tuple[str | None, tuple[Button, ...]]:
    """The number in the bot's message that is replied to, and the buttons under it."""
    if to is None or to.sender is None or not to.sender.is_bot:
        return None, ()
    number = NUMBER.search(to.text or to.caption or "")
    rows = to.reply_markup.inline_keyboard if to.reply_markup else ()
    buttons = tuple(Button(key.text, key.callback_data) for row in rows for key in row if key.callback_data)
    return number.group(1) if number else None, buttons


def _attachment(message: Message) -> Attachment | None:
    """The one thing a message carries. An animation is a document too, so it is asked first."""
    common: dict[str, Any] = {"message_id": message.message_id, "album": message.media_group_id or ""}
    if message.photo:
        return Attachment(AttachmentKind.PHOTO, **_file(message.photo[-1]), **common)  # the largest
    place = message.venue.location if message.venue else message.location
    if place:
        return Attachment(AttachmentKind.PLACE, latitude=place.latitude, longitude=place.longitude, **common)
    for kind in _FILES:
        file: File | None = getattr(message, kind.value)
        if file:
            name, duration = file_name(file.file_name or ""), file.duration or 0
            return Attachment(kind, name=name, duration=duration, **_file(file), **common)
    return None


def _file(file: File) -> dict[str, Any]:
    return {"file_id": file.file_id, "file_unique_id": file.file_unique_id, "size": file.file_size or 0}


_FILES = (
    AttachmentKind.ANIMATION,
    AttachmentKind.DOCUMENT,
    AttachmentKind.VOICE,
    AttachmentKind.VIDEO,
    AttachmentKind.AUDIO,
    AttachmentKind.VIDEO_NOTE,
)


@dataclass
class Turn:
    """One update being acted on, in one transaction. Nothing said here is sent before the commit."""

    db: AsyncConnection
    person: Person
    said: Said
    now: datetime
    city: City
    words: Words
    bot_name: str
    update_id: int
    form: Form | None = None
    args: tuple[str, ...] = ()
    calls: list[Call] = field(default_factory=list)
    choices: list[tuple[str, str]] | None = None
    forgotten: bool = False  # the person asked to be deleted in this turn: nothing about them may be written after

    @property
    def text(self) -> str:
        return self.said.text

    def argument(self, place: int = 0) -> str:
        """What stands at this place behind the button's name; empty when there is nothing."""
        return self.args[place] if place < len(self.args) else ""

    def id_at(self, place: int = 0) -> int:
        """The id at this place; 0, which nothing has, when somebody made it up."""
        return id_in(self.argument(place))

    @property
    def language(self) -> Language:
        return self.words.language

    def say(self, message: str, /, **facts: object) -> Markup:
        return self.words.say(message, **facts)

    def button(self, key: str, data: str) -> Button:
        return Button(self.words.label(key), data)

    def reply(self, *blocks: Block, keyboard: Keyboard = (), edit: bool = False) -> None:
        """Dialogue: sent after the commit. `edit` redraws the message whose button was pressed, where there is one."""
        calls = messages(self.person.id, blocks, keyboard, simple=self.person.simple)
        if edit and self.said.pressed_message_id is not None and len(calls) == 1:
            markup = inline(keyboard, simple=self.person.simple)
            params = calls[0].params | {"message_id": self.said.pressed_message_id, "reply_markup": markup}
            calls = [Call("editMessageText", params)]
        self.calls += calls
        if keyboard:
            self.choices = [(b.label, b.data) for row in keyboard for b in row]

    def send_file(self, name: str, content: bytes, caption: str, *, picture: bool = False) -> None:
        """A document of ours, or a picture shown as one."""
        method = "sendPhoto" if picture else "sendDocument"
        self.calls.append(Call(method, {"chat_id": self.person.id, "caption": caption}, file=(name, content)))

    async def audit(self, action: str, object_: str, *, before: str = "", after: str = "") -> None:
        """Enter what this person did to others' data; last in the action, for a line is waited for by the next one.

        `object_` names the thing by kind and id (`person 42`), never by a personal name.
        """
        await audit.write(
            self.db, self.now, self.person.id, action, object_, before=before, after=after, update_id=self.update_id
        )

    async def city_now(self) -> City:
        """The city with what administrators changed a moment ago: for dates that are about to be promised."""
        self.city = await habits.of_city(self.db, self.city)
        return self.city

    async def typed_button(self) -> str | None:
        """The data of the button whose label was typed out, or in simple mode its number.

        The keyboard replied to goes before the one shown last.
        """
        typed = self.text.casefold()
        if not typed or len(typed) > 100:
            return None
        for label, data in self.said.replied_buttons:
            if typed in (label.casefold(), label.partition(". ")[2].casefold()):
                return data
        shown = await people.choices(self.db, self.person.id)
        if self.person.simple and typed.isascii() and typed.isdigit() and 0 < int(typed) <= len(shown):
            return shown[int(typed) - 1][1]
        return next((data for label, data in shown if label.casefold() == typed), None)

    async def wait_for(self, form: str, step: str, data: dict[str, Any] | None = None) -> None:
        """The person's next message belongs to this step."""
        kept = data if data is not None else (self.form.data if self.form and self.form.name == form else {})
        alone = self.form is None or self.form.name == form  # the open one was read when the turn began
        self.form = Form(form, step, kept)
        await forms.put(self.db, self.person.id, self.form, self.now, alone=alone)

    async def finish(self) -> None:
        """The open dialogue is over."""
        if self.form:
            await forms.drop(self.db, self.person.id, self.form.name)
        self.form = None

    async def refresh(self) -> None:
        """Read the person anew after what they are has changed."""
        self.person = await people.load(self.db, self.person.id, self.now) or self.person
        self.words = Words(self.person.language or self.words.language, self.city.zone)

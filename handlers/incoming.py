"""Of Telegram's updates what is looked at, in the types of its documentation. What it would not write is refused.

The library's own objects know everything Telegram may ever say, and to make one takes longer than to act on it; nor do
they look whether a text is a text.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Whole = Annotated[int, Field(ge=-(2**63), lt=2**63)]
"""As much as either database keeps."""
Seconds = Annotated[int, Field(ge=0, lt=2**31)]
Moment = Annotated[int, Field(ge=0, lt=253_402_300_800)]
"""Unix time, until the end of the year 9999."""


class _Given(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)  # a person's words may be in it


class Sender(_Given):
    id: Whole
    is_bot: bool
    first_name: str
    last_name: str | None = None
    language_code: str | None = None


class Chat(_Given):
    id: Whole
    type: str
    is_forum: bool | None = None


class File(_Given):
    """Whatever has a handle: of a photo one size, of a document also a name, of a recording its length."""

    file_id: str
    file_unique_id: str
    file_size: Whole | None = None
    file_name: str | None = None
    duration: Seconds | None = None


class Place(_Given):
    latitude: float
    longitude: float


class Venue(_Given):
    location: Place


class Entity(_Given):
    """How a part of the text is set; it goes back to Telegram as it came, with whatever else stands in it."""

    model_config = ConfigDict(extra="allow")

    type: str
    offset: Whole
    length: Whole


class Key(_Given):
    text: str
    callback_data: str | None = None


class Markup(_Given):
    inline_keyboard: list[list[Key]] = []


class _Written(_Given):
    message_id: Whole
    date: Moment
    sender: Sender | None = Field(None, alias="from")
    text: str | None = None
    caption: str | None = None


class Replied(_Written):
    """The message that is replied to, with the buttons under it."""

    reply_markup: Markup | None = None


class Message(_Written):
    chat: Chat
    sender_chat: Chat | None = None
    edit_date: Moment | None = None
    entities: list[Entity] | None = None
    caption_entities: list[Entity] | None = None
    media_group_id: str | None = None
    message_thread_id: Whole | None = None
    is_topic_message: bool | None = None
    reply_to_message: Replied | None = None
    photo: list[File] | None = None
    animation: File | None = None
    document: File | None = None
    voice: File | None = None
    video: File | None = None
    audio: File | None = None
    video_note: File | None = None
    venue: Venue | None = None
    location: Place | None = None


class Pressed(_Given):
    """The message under which a button was pressed; one that is too old has 0 for a date."""

    message_id: Whole
    date: Moment
    chat: Chat


class Press(_Given):
    sender: Sender = Field(alias="from")
    data: str | None = None
    message: Pressed | None = None


class Standing(_Given):
    status: str


class Membership(_Given):
    """What became of somebody in a chat; in private, whether the person blocked the bot or came back."""

    chat: Chat
    sender: Sender = Field(alias="from")
    new_chat_member: Standing


class Incoming(_Given):
    """One update. Of its kinds there is one."""

    callback_query: Press | None = None
    my_chat_member: Membership | None = None
    message: Message | None = None
    edited_message: Message | None = None


def read(update: dict[str, Any]) -> Incoming:
    """Raises pydantic's ValidationError, a ValueError that repeats nothing of the update."""
    return Incoming.model_validate(update)

"""What goes out: blocks of text become messages short enough for Telegram, and calls of its Bot API.

Lengths are UTF-16 units after entities are parsed, as Telegram counts them.
"""

import html
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from domain.draft import Attachment, AttachmentKind, utf16_length

MESSAGE = 4_000
"""Units in one message: Telegram's 4,096 less some room."""
CHUNK = 3_000
"""Units of somebody's text in one message when it must be split."""


class Quote(str):
    """Somebody's own words, shown as they were written; may be longer than one message."""

    __slots__ = ()


Block = Markup | Quote


class Button(NamedTuple):
    """A button and what its press sends: `name:argument:argument`, at most 64 bytes."""

    label: str
    data: str


Keyboard = Sequence[Sequence[Button]]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the Bot API, ready to be stored as JSON. `file` is (name, content) to upload."""

    method: str
    params: dict[str, Any]
    file: tuple[str, bytes] | None = None

    def to_json(self) -> dict[str, Any]:
        file = (self.file[0], b64encode(self.file[1]).decode()) if self.file else None
        return {"method": self.method, "params": self.params, "file": file}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Call":
        file = data.get("file")
        return cls(data["method"], data["params"], (file[0], b64decode(file[1])) if file else None)


def visible_length(markup: str) -> int:
    return utf16_length(html.unescape(re.sub(r"<[^>]*>", "", markup)))


def pages(blocks: Iterable[Block]) -> list[str]:
    """The blocks in as few messages as hold them. Only quotes are split, at a line or a space where there is one."""
    done: list[str] = []
    page = ""
    for block in blocks:
        for part in _parts(block):
            joined = f"{page}\n\n{part}" if page else part
            if visible_length(joined) <= MESSAGE:
                page = joined
            else:
                done.append(page)
                page = part
    return [*done, page] if page else done


def _parts(block: Block) -> list[str]:
    if not isinstance(block, Quote):
        return [str(block)]
    return [f"<blockquote>{escape(chunk)}</blockquote>" for chunk in _chunks(str(block))]


def _chunks(text: str) -> list[str]:
    """The text in pieces of at most CHUNK units."""
    chunks = []
    while utf16_length(text) > CHUNK:
        cut = _cut(text)
        chunks.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*chunks, text]


def _cut(text: str) -> int:
    end, units = 0, 0
    while units <= CHUNK - 2:
        units += utf16_length(text[end])
        end += 1
    for separator in ("\n", " "):
        if (at := text.rfind(separator, end // 2, end)) > 0:
            return at
    return end


def inline(keyboard: Keyboard, *, simple: bool = False) -> dict[str, Any]:
    """The keyboard as Telegram wants it; in simple mode one button a row, numbered so that a number answers."""
    if simple:
        every = [button for row in keyboard for button in row]
        keyboard = [[Button(f"{n}. {b.label}", b.data)] for n, b in enumerate(every, 1)]
    rows = [[{"text": b.label, "callback_data": b.data} for b in row] for row in keyboard]
    return {"inline_keyboard": rows}


def messages(chat_id: int, blocks: Iterable[Block], keyboard: Keyboard = (), *, simple: bool = False) -> list[Call]:
    """sendMessage calls for these blocks; the keyboard stands under the last."""
    calls = [
        Call("sendMessage", {"chat_id": chat_id, "text": page, "parse_mode": "HTML"} | _NO_PREVIEW)
        for page in pages(blocks)
    ]
    if keyboard:
        calls[-1].params["reply_markup"] = inline(keyboard, simple=simple)
    return calls


_NO_PREVIEW = {"link_preview_options": {"is_disabled": True}}

_SENDERS = {
    AttachmentKind.PHOTO: ("sendPhoto", "photo"),
    AttachmentKind.DOCUMENT: ("sendDocument", "document"),
    AttachmentKind.VOICE: ("sendVoice", "voice"),
    AttachmentKind.VIDEO: ("sendVideo", "video"),
    AttachmentKind.AUDIO: ("sendAudio", "audio"),
    AttachmentKind.VIDEO_NOTE: ("sendVideoNote", "video_note"),
    AttachmentKind.ANIMATION: ("sendAnimation", "animation"),
}
_WITHOUT_CAPTION = frozenset({AttachmentKind.VIDEO_NOTE, AttachmentKind.PLACE})


def album(chat_id: int, attachments: Sequence[Attachment], caption: str) -> Call:
    """One message for these attachments: an album when there are several. The caption names the question."""
    first = attachments[0]
    if len(attachments) > 1:
        media = [{"type": a.kind.value, "media": a.file_id} for a in attachments]
        media[0]["caption"] = caption
        return Call("sendMediaGroup", {"chat_id": chat_id, "media": media})
    if first.kind is AttachmentKind.PLACE:
        return Call("sendLocation", {"chat_id": chat_id, "latitude": first.latitude, "longitude": first.longitude})
    method, parameter = _SENDERS[first.kind]
    params: dict[str, Any] = {"chat_id": chat_id, parameter: first.file_id}
    if first.kind not in _WITHOUT_CAPTION:
        params["caption"] = caption
    return Call(method, params)

"""What a person is writing: pieces of text and attachments, until it is sent and frozen."""

import re
import unicodedata
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

MAX_TEXT = 3_500
"""Characters in all the pieces together; longer belongs into a file."""
MAX_ATTACHMENTS = 10
MAX_FILE_BYTES = 20 * 1024 * 1024
"""More than this Telegram does not let a bot download, so a department could never export it."""

_BLANK = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff]"
)
"""Characters that print nothing although Unicode calls them letters, symbols, marks, or nothing yet."""
_UNSEEN = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Cs"})
# what may stand between the brackets of a pattern
_DIRECTION = "\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069"
_CONTROL = "\x00-\x08\x0b-\x1f\x7f-\x9f"
"""Unicode's category Cc but for the end of a line and the tabulator."""
_LONE_SURROGATE = "\ud800-\udfff"
_NOT_TYPED = re.compile(f"[{_DIRECTION}{_CONTROL}{_LONE_SURROGATE}]")


def readable(text: str) -> str:
    """The text without what no person typed: NUL, control characters, lone surrogates, direction marks."""
    return _NOT_TYPED.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def blank(text: str) -> bool:
    """Nothing in it can be seen: empty, spaces, zero-width or filler characters only."""
    return all(unicodedata.category(c) in _UNSEEN or _BLANK.match(c) for c in text)


def one_line(text: str, limit: int) -> str:
    """A name fit to stand in a line of others: readable, without line breaks and zero width, at most `limit` long."""
    visible = "".join(c for c in readable(text) if unicodedata.category(c) != "Cf")
    line = " ".join(visible.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


class AttachmentKind(StrEnum):
    PHOTO = "photo"
    DOCUMENT = "document"
    VOICE = "voice"
    VIDEO = "video"
    AUDIO = "audio"
    VIDEO_NOTE = "video_note"
    ANIMATION = "animation"
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class Attachment:
    """One thing sent along. `file_id` is Telegram's handle; a place has coordinates instead. `duration` in seconds."""

    kind: AttachmentKind
    message_id: int
    file_id: str = ""
    file_unique_id: str = ""
    name: str = ""
    size: int = 0
    duration: int = 0
    latitude: float = 0.0
    longitude: float = 0.0
    album: str = ""


def file_name(name: str) -> str:
    """The last part of a name, safe to show and to save under."""
    last = re.split(r"[/\\]", readable(name))[-1]
    return one_line(last, 100).lstrip(". ")  # after `one_line`: a zero width before the dots would hide them


@dataclass(frozen=True, slots=True)
class Piece:
    """One message of text; its id is remembered so that editing that message edits the draft."""

    message_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What is being written. Values only; a form keeps it as JSON between two messages."""

    pieces: tuple[Piece, ...] = ()
    attachments: tuple[Attachment, ...] = field(default=())

    @property
    def text(self) -> str:
        return "\n\n".join(p.text for p in sorted(self.pieces, key=lambda p: p.message_id) if p.text)

    @property
    def too_long(self) -> bool:
        return len(self.text) > MAX_TEXT

    @property
    def empty(self) -> bool:
        return not self.pieces and not self.attachments

    @property
    def voice(self) -> Attachment | None:
        """The first recording, if there is one."""
        return next((a for a in self.attachments if a.kind is AttachmentKind.VOICE), None)

    @property
    def in_order(self) -> tuple[Attachment, ...]:
        """Attachments as the person sent them; an album may arrive shuffled."""
        return tuple(sorted(self.attachments, key=lambda a: a.message_id))

    @property
    def sources(self) -> tuple[Piece, ...]:
        """Every message this came from, those of attachments with their caption: editing one later is an addition."""
        texts = {p.message_id: p for p in self.pieces}
        return tuple(texts.values()) + tuple(
            Piece(a.message_id, "") for a in self.attachments if a.message_id not in texts
        )

    def write(self, message_id: int, text: str) -> "Draft":
        """Add a message, or change it when that message was edited; an emptied one goes."""
        others = tuple(p for p in self.pieces if p.message_id != message_id)
        return replace(self, pieces=(*others, Piece(message_id, text)) if text else others)

    def attach(self, attachment: Attachment) -> "Draft":
        """Add an attachment; the one of the same message is replaced. Raises TooManyAttachments."""
        others = tuple(a for a in self.attachments if a.message_id != attachment.message_id)
        if len(others) >= MAX_ATTACHMENTS:
            raise TooManyAttachments
        return replace(self, attachments=(*others, attachment))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Draft":
        return cls(
            pieces=tuple(Piece(**p) for p in data.get("pieces", ())),
            attachments=tuple(attachment_from(a) for a in data.get("attachments", ())),
        )


def attachment_from(data: dict[str, Any]) -> Attachment:
    return Attachment(**{**data, "kind": AttachmentKind(data["kind"])})


class TooManyAttachments(Exception):
    """Ten attachments are the most a question carries."""


def utf16_length(text: str) -> int:
    """Length as Telegram counts it: UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


_ALBUMS = (
    frozenset({AttachmentKind.PHOTO, AttachmentKind.VIDEO}),
    frozenset({AttachmentKind.DOCUMENT}),
    frozenset({AttachmentKind.AUDIO}),
)
"""Kinds that Telegram shows together in one album."""


def albums(attachments: tuple[Attachment, ...]) -> list[tuple[Attachment, ...]]:
    """Attachments in as few messages as Telegram allows: neighbours of one sort together, the others alone."""
    groups: list[tuple[Attachment, ...]] = []
    for one in attachments:
        kinds = next((k for k in _ALBUMS if one.kind in k), frozenset())
        if groups and groups[-1][0].kind in kinds:
            groups[-1] = (*groups[-1], one)
        else:
            groups.append((one,))
    return groups

"""One text to many: what is said, to whom, how far it has come, and what may be done with it now."""

import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from domain.draft import Attachment, AttachmentKind, attachment_from, utf16_length
from domain.people import Language, Person, RepresentativeState

TEXT_LIMIT = 4_096
CAPTION_LIMIT = 1_024
"""UTF-16 units, as Telegram counts them."""
TYPED_ABOVE = 50
"""For more people than this the number of them is typed before it goes out, and a second administrator may be asked."""
DELETABLE_FOR = timedelta(hours=48)
"""After this Telegram lets no bot delete a message."""
CARRIED = (AttachmentKind.PHOTO, AttachmentKind.DOCUMENT)
EVERYBODY = ""
"""The key of the text for everybody, beside those of the languages."""
_PER_SECOND = 28
"""Telegram lets 30 messages out in a second; people's replies and the progress go in between."""

Entity = dict[str, Any]
"""A piece of formatting, as Telegram gave it: type, offset and length in UTF-16 units, and what the type needs."""


class State(StrEnum):
    """How far an announcement has come."""

    WAITING = "waiting"  # a second administrator has to approve it
    SCHEDULED = "scheduled"  # goes out by itself at its time
    SENDING = "sending"
    STOPPING = "stopping"  # nothing more is sent; what is on the wire arrives
    CORRECTING = "correcting"  # what was delivered is being edited
    TAKING_BACK = "taking_back"  # what was delivered is being deleted
    SENT = "sent"
    STOPPED = "stopped"
    TAKEN_BACK = "taken_back"
    CANCELLED = "cancelled"  # never went out


UNDER_WAY = (State.SENDING, State.STOPPING, State.CORRECTING, State.TAKING_BACK)


class Reached(StrEnum):
    """What became of one person's copy."""

    DELIVERED = "delivered"
    BLOCKED = "blocked"  # the person blocked the bot
    FAILED = "failed"  # Telegram refused it, or it was given up
    UNCLEAR = "unclear"  # sent, and no answer is known: it may have arrived
    STOPPED = "stopped"  # not sent: somebody pressed [Stop]
    DROPPED = "dropped"  # meanwhile no longer one of those it was for


MISSED = (Reached.BLOCKED, Reached.FAILED, Reached.STOPPED)
"""They certainly did not get it."""


# --- what is said ---------------------------------------------------------------------------------------------------


def sendable(text: str) -> str:
    """The text with a space for what Telegram takes from nobody: control characters, lone surrogates.

    Each counts one unit, as the space does: the places of the formatting stay true.
    """
    return "".join(" " if c not in "\n\t" and unicodedata.category(c) in ("Cc", "Cs") else c for c in text)


@dataclass(frozen=True, slots=True)
class Piece:
    """One message of the author's, with its formatting."""

    message_id: int
    text: str
    entities: tuple[Entity, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """A text with its formatting, in one or several messages."""

    pieces: tuple[Piece, ...] = ()

    @property
    def text(self) -> str:
        return "\n\n".join(piece.text for piece in self.pieces)

    @property
    def entities(self) -> list[Entity]:
        """The formatting of all pieces, at its place in the whole."""
        moved, start = [], 0
        for piece in self.pieces:
            moved += [{**entity, "offset": entity["offset"] + start} for entity in piece.entities]
            start += utf16_length(piece.text) + 2
        return moved

    @property
    def length(self) -> int:
        return utf16_length(self.text)

    def write(self, piece: Piece) -> "Written":
        """Add a message, or change it when that message was edited."""
        if any(p.message_id == piece.message_id for p in self.pieces):
            return Written(tuple(piece if p.message_id == piece.message_id else p for p in self.pieces))
        return Written((*self.pieces, piece))


@dataclass(frozen=True, slots=True)
class Content:
    """The text for everybody or for each language, and a photo or document that goes with all of them."""

    texts: Mapping[str, Written] = field(default_factory=dict)
    media: Attachment | None = None

    @property
    def empty(self) -> bool:
        return self.media is None and not any(written.text for written in self.texts.values())

    @property
    def limit(self) -> int:
        return CAPTION_LIMIT if self.media else TEXT_LIMIT

    @property
    def too_long(self) -> list[str]:
        """Keys of the texts that are longer than Telegram takes."""
        return [key for key, written in self.texts.items() if written.length > self.limit]

    def key_for(self, language: Language) -> str:
        """Whose text somebody with this language gets: their own, else everybody's, else the first there is."""
        order = (language, EVERYBODY, Language.RU, Language.KK, Language.EN)
        return next((key for key in order if key in self.texts), EVERYBODY)

    def for_(self, language: Language) -> Written:
        return self.texts.get(self.key_for(language), Written())

    def write(self, key: str, piece: Piece) -> "Content":
        return replace(self, texts={**self.texts, key: self.texts.get(key, Written()).write(piece)})

    def without(self, key: str) -> "Content":
        return replace(self, texts={k: written for k, written in self.texts.items() if k != key})

    def to_json(self) -> dict[str, Any]:
        texts = {key: [asdict(piece) for piece in written.pieces] for key, written in self.texts.items()}
        return {"texts": texts, "media": asdict(self.media) if self.media else None}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Content":
        texts = {key: Written(tuple(_piece(p) for p in pieces)) for key, pieces in data.get("texts", {}).items()}
        media = data.get("media")
        return cls(texts, attachment_from(media) if media else None)


def _piece(data: dict[str, Any]) -> Piece:
    return Piece(data["message_id"], data["text"], tuple(data["entities"]))


# --- to whom --------------------------------------------------------------------------------------------------------


class To(StrEnum):
    NGOS = "ngos"
    OFFICIALS = "officials"


OTHER_FIELD = "other"


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom it is for. An empty filter lets everybody through.

    `offered` are the fields of work there are to choose from: "other" means every field that is none of them.
    """

    to: To = To.NGOS
    fields: tuple[str, ...] = ()
    state: RepresentativeState | None = None
    departments: tuple[int, ...] = ()
    offered: tuple[str, ...] = ()

    def with_field(self, key: str) -> "Audience":
        """Chosen when it was not, and the other way round."""
        return replace(self, fields=_toggled(self.fields, key))

    def with_department(self, department_id: int) -> "Audience":
        return replace(self, departments=_toggled(self.departments, department_id))

    def still_has(self, person: Person) -> bool:
        """Whether this recipient is still one of those it is for, when it goes out."""
        if self.to is To.OFFICIALS:
            return person.official is not None and (
                not self.departments or person.official.department_id in self.departments
            )
        if self.state is RepresentativeState.VERIFIED:
            return person.organization_id is not None
        return person.speaks_for_ngo

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Audience":
        state = data.get("state")
        return cls(
            To(data["to"]),
            tuple(data["fields"]),
            RepresentativeState(state) if state else None,
            tuple(data["departments"]),
            tuple(data["offered"]),
        )


_T = TypeVar("_T")


def _toggled(chosen: tuple[_T, ...], one: _T) -> tuple[_T, ...]:
    return tuple(c for c in chosen if c != one) if one in chosen else (*chosen, one)


@dataclass(frozen=True, slots=True)
class Reach:
    """How many people an audience has now, and how many of them blocked the bot."""

    people: int
    blocked: int


def seconds_for(people: int) -> int:
    """About how long sending to so many takes."""
    return -(-people // _PER_SECOND)


# --- its life -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Announcement:
    """`led_by` set going what goes on now, and hears how it ends.

    `version` grows with each correction of the text, `round` whenever something is set going.
    """

    id: int
    state: State
    content: Content
    audience: Audience
    author_id: int | None
    author_name: str
    approved_by: int | None
    led_by: int | None
    created_at: datetime
    send_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    version: int
    round: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Of how many recipients is what known. Taken back ones are among the delivered, as are `corrected`: those who have
    the newest text of several."""

    total: int = 0
    by: Mapping[Reached, int] = field(default_factory=dict)
    read: int = 0
    corrected: int = 0
    taken_back: int = 0

    @property
    def settled(self) -> int:
        return sum(self.by.values())

    @property
    def delivered(self) -> int:
        return self.by.get(Reached.DELIVERED, 0)

    @property
    def missed(self) -> int:
        return sum(self.by.get(reached, 0) for reached in MISSED)

    @property
    def unclear(self) -> int:
        return self.by.get(Reached.UNCLEAR, 0)


class Deed(StrEnum):
    """What an administrator can do with an announcement."""

    APPROVE = "approve"
    CANCEL = "cancel"
    STOP = "stop"
    REPEAT = "repeat"
    CORRECT = "correct"
    TAKE_BACK = "take_back"


_AFTERWARDS = (Deed.REPEAT, Deed.CORRECT, Deed.TAKE_BACK)
DEEDS: dict[State, tuple[Deed, ...]] = {
    State.WAITING: (Deed.APPROVE, Deed.CANCEL),
    State.SCHEDULED: (Deed.CANCEL,),
    State.SENDING: (Deed.STOP,),
    State.CORRECTING: (Deed.STOP,),
    State.TAKING_BACK: (Deed.STOP,),
    State.STOPPING: (),
    State.SENT: _AFTERWARDS,
    State.STOPPED: _AFTERWARDS,
    State.TAKEN_BACK: (Deed.CORRECT, Deed.TAKE_BACK),
    State.CANCELLED: (),
}


def deeds_for(announcement: Announcement, tally: Tally, person_id: int) -> list[Deed]:
    """What this administrator may do now; nobody approves what they wrote themselves."""
    stand = tally.delivered - tally.taken_back
    pointless = {
        Deed.APPROVE: announcement.author_id == person_id,
        Deed.REPEAT: not tally.missed + tally.unclear,
        Deed.CORRECT: not stand,
        Deed.TAKE_BACK: not stand,
    }
    return [deed for deed in DEEDS[announcement.state] if not pointless.get(deed, False)]


def ended(state: State, tally: Tally) -> State:
    """Where it stands when what was going on is done."""
    if state is State.TAKING_BACK or tally.taken_back:
        return State.TAKEN_BACK
    return State.STOPPED if tally.by.get(Reached.STOPPED) else State.SENT


def first_state(*, consent: bool, send_at: datetime | None, now: datetime) -> State:
    """Where a confirmed or approved announcement begins."""
    if consent:
        return State.WAITING
    return State.SCHEDULED if send_at and send_at > now else State.SENDING

"""How an announcement looks: to its recipients, in the preview, while it goes out, and in the report.

What goes to recipients bears the author's own formatting: entities as Telegram gave them, and no parse mode.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.announcement import (
    EVERYBODY,
    UNDER_WAY,
    Announcement,
    Audience,
    Content,
    Deed,
    Reach,
    Reached,
    State,
    Tally,
    To,
    deeds_for,
    seconds_for,
)
from domain.draft import AttachmentKind, one_line
from domain.people import Language, Person, RepresentativeState
from handlers import cards, keyboards
from handlers.speech import Block, Button, Call, Keyboard, inline, messages
from storage import announcements, departments, forms, outbox, people
from storage.outbox import Fate, Outgoing
from texts import N_, Words
from texts.labels import ATTACHMENT_WORDS, FIELDS

STATE_WORDS = {
    State.WAITING: N_("waits for a second administrator"),
    State.SCHEDULED: N_("scheduled"),
    State.SENDING: N_("is being sent"),
    State.STOPPING: N_("is being stopped"),
    State.CORRECTING: N_("is being corrected"),
    State.TAKING_BACK: N_("is being taken back"),
    State.SENT: N_("sent"),
    State.STOPPED: N_("stopped"),
    State.TAKEN_BACK: N_("taken back"),
    State.CANCELLED: N_("cancelled, nothing was sent"),
}
_REACHED_WORDS = {
    Reached.DELIVERED: N_("Delivered: {n}"),
    Reached.BLOCKED: N_("Blocked the bot: {n}"),
    Reached.FAILED: N_("Failed: {n}"),
    Reached.UNCLEAR: N_("Not known whether it arrived: {n}"),
    Reached.STOPPED: N_("Not sent because it was stopped: {n}"),
    Reached.DROPPED: N_("No longer among those it is for: {n}"),
}
_DEED_BUTTONS = {
    Deed.APPROVE: ("approve", "an_approve"),
    Deed.CANCEL: ("an_cancel", "an_cancel"),
    Deed.STOP: ("stop", "an_stop"),
    Deed.REPEAT: ("an_repeat", "an_repeat"),
    Deed.CORRECT: ("an_correct", "an_correct"),
    Deed.TAKE_BACK: ("an_take_back", "an_take_back"),
}


# --- what recipients see --------------------------------------------------------------------------------------------


def message(person: Person, content: Content, keyboard: Keyboard) -> Call:
    """The announcement in the person's language, as its author formatted it."""
    params: dict[str, Any] = {"chat_id": person.id} | _words_of(content, person.language or Language.RU)
    if keyboard:
        params["reply_markup"] = inline(keyboard, simple=person.simple)
    if content.media is None:
        return Call("sendMessage", params)
    if content.media.kind is AttachmentKind.PHOTO:
        return Call("sendPhoto", params | {"photo": content.media.file_id})
    return Call("sendDocument", params | {"document": content.media.file_id})


def _words_of(content: Content, language: Language) -> dict[str, Any]:
    written = content.for_(language)
    text, entities = ("caption", "caption_entities") if content.media else ("text", "entities")
    return ({text: written.text} if written.text else {}) | ({entities: written.entities} if written.entities else {})


def _edited(person: Person, content: Content, message_id: int, keyboard: Keyboard) -> Call:
    method = "editMessageCaption" if content.media else "editMessageText"
    markup = inline(keyboard, simple=person.simple)
    words = _words_of(content, person.language or Language.RU)
    return Call(method, {"chat_id": person.id, "message_id": message_id, "reply_markup": markup} | words)


def have_read(words: Words, announcement_id: int, read_at: datetime | None = None) -> Keyboard:
    """[I have read it], or since when it was read; pressing it again does no harm."""
    label = words.plain("Read: {when}", when=words.moment(read_at)) if read_at else words.label("have_read")
    return [[Button(label, f"an_read:{announcement_id}")]]


# --- what administrators see ----------------------------------------------------------------------------------------


def title(words: Words, announcement: Announcement) -> Markup:
    """`Announcement 7, 14 May 2026, 14:02: sent`."""
    when = announcement.started_at or announcement.send_at or announcement.created_at
    return words.say(
        "<b>Announcement {number}</b>, {when}: {state}",
        number=announcement.id,
        when=words.moment(when),
        state=words.say(STATE_WORDS[announcement.state]),
    )


def people_count(words: Words, n: int) -> Markup:
    return words.count("{n} person", "{n} people", n)


def duration(words: Words, people: int) -> Markup:
    seconds = seconds_for(people)
    if seconds < 120:
        return words.count("about {n} second", "about {n} seconds", seconds)
    return words.count("about {n} minute", "about {n} minutes", -(-seconds // 60))


def reach(words: Words, found: Reach) -> Markup:
    """`312 people, about 12 seconds`; who blocked the bot is among them and named."""
    said = words.say(
        "<b>{people}</b>, {seconds}",
        people=people_count(words, found.people),
        seconds=duration(words, found.people - found.blocked),
    )
    if found.blocked:
        said = cards.lines(said, words.say("Of them have blocked the bot: {n}. They get nothing.", n=found.blocked))
    return said


async def audience(db: AsyncConnection, words: Words, chosen: Audience) -> Markup:
    """Whom it is for, in words."""
    if chosen.to is To.OFFICIALS:
        if not chosen.departments:
            return words.say("To: officials of all departments")
        known = await departments.all_departments(db)
        names = [d.names.in_(words.language) for d in known if d.id in chosen.departments]
        return words.say("To: officials of {list}", list=", ".join(names))
    states = {
        None: N_("To: representatives of all NGOs"),
        RepresentativeState.VERIFIED: N_("To: verified representatives of NGOs"),
        RepresentativeState.WAITING: N_("To: representatives of NGOs who wait for approval"),
    }
    said = words.say(states.get(chosen.state, states[None]))
    fields = [words.plain(FIELDS[key]) for key in chosen.fields if key in FIELDS]
    return cards.lines(said, words.say("Fields of work: {list}", list=", ".join(fields)) if fields else None)


def texts(words: Words, content: Content) -> Markup:
    """Which texts there are, how long they are, and who gets which."""
    said = []
    if set(content.texts) <= {EVERYBODY}:
        written = content.texts.get(EVERYBODY)
        said.append(_length(words, words.say("Text for everybody"), content, EVERYBODY) if written else None)
    else:
        said += [_of_language(words, content, language) for language in keyboards.LANGUAGES]
    kind = words.say(ATTACHMENT_WORDS[content.media.kind]) if content.media else None
    attached = content.media.name if content.media else ""
    said.append(words.say("With it: {what}", what=", ".join(filter(None, (kind, attached)))) if kind else None)
    return cards.lines(*said)


def _of_language(words: Words, content: Content, language: Language) -> Markup:
    """`Қазақша: 312 of 4096 characters`, or whose text these readers get."""
    key = content.key_for(language)
    name = Markup(keyboards.LANGUAGES[language])  # noqa: S704 - a name of ours
    if key == language:
        return _length(words, name, content, key)
    if key == EVERYBODY:
        return words.say("{language}: these readers get the text for everybody", language=name)
    given = keyboards.LANGUAGES[Language(key)]
    return words.say("{language}: these readers get the text in «{given}»", language=name, given=given)


def _length(words: Words, name: Markup, content: Content, key: str) -> Markup:
    n = content.texts[key].length
    return words.say("{name}: {n} of {most} characters", name=name, n=n, most=content.limit)


def counts(words: Words, announcement: Announcement, tally: Tally) -> Markup:
    """What is known of the recipients; figures that are zero are not named, but for the first."""
    said = [words.say("People: {n}", n=tally.total)]
    for reached, phrase in _REACHED_WORDS.items():
        n = tally.by.get(reached, 0)
        if n or reached is Reached.DELIVERED:
            said.append(words.say(phrase, n=n))
    if announcement.version > 1:
        said.append(words.say("With the corrected text: {n}", n=tally.corrected))
    if tally.taken_back:
        said.append(words.say("Taken back: {n}", n=tally.taken_back))
    said.append(words.say("Have read it: {n}", n=tally.read))
    return cards.lines(*said)


async def report(
    db: AsyncConnection, words: Words, announcement: Announcement, person_id: int
) -> tuple[list[Block], Keyboard]:
    """The announcement as it stands now, and what this administrator may do with it."""
    tally = await announcements.tally(db, announcement)
    started = announcement.started_at is not None
    people_now = None if started else reach(words, await announcements.reach(db, announcement.audience))
    blocks: list[Block] = [
        title(words, announcement),
        cards.lines(
            await _progress(db, words, announcement, tally),
            words.say("Author: {name}", name=announcement.author_name) if announcement.author_name else None,
            await audience(db, words, announcement.audience),
            people_now,
        ),
    ]
    if started:
        blocks.append(counts(words, announcement, tally))
    deeds = [_DEED_BUTTONS[deed] for deed in deeds_for(announcement, tally, person_id)]
    buttons = [(key, f"{data}:{announcement.id}") for key, data in deeds]
    buttons += [("an_text", f"an_text:{announcement.id}"), ("an_refresh", f"an_show:{announcement.id}")]
    return blocks, [*keyboards.labelled(words, *buttons, width=1), [_back(words)]]


def _back(words: Words) -> Button:
    return Button(words.label("back"), "announcements:0")


async def _progress(db: AsyncConnection, words: Words, announcement: Announcement, tally: Tally) -> Markup | None:
    """`Sent: 120 of 312`, with a bar: figures first, they are read aloud."""
    if announcement.state not in UNDER_WAY:
        return None
    if announcement.state in (State.CORRECTING, State.TAKING_BACK):
        total = tally.delivered
        done = total - await announcements.pending(db, announcement.id)
    else:
        total, done = tally.total, tally.settled
    share = done / total if total else 1.0
    bar = "▓" * int(10 * share) + "░" * (10 - int(10 * share))
    return words.say(
        "Done: <b>{done} of {total}</b>, {percent} %\n{bar}", done=done, total=total, percent=int(100 * share), bar=bar
    )


async def progress(db: AsyncConnection, words: Words, announcement: Announcement) -> tuple[list[Block], Keyboard]:
    """The one message that is redrawn while it goes."""
    tally = await announcements.tally(db, announcement)
    going = announcement.state in UNDER_WAY
    said: list[Block] = [
        cards.lines(
            title(words, announcement),
            await _progress(db, words, announcement, tally),
            counts(words, announcement, tally),
        )
    ]
    buttons = [("stop", f"an_stop:{announcement.id}")] if going and announcement.state is not State.STOPPING else []
    buttons += [("an_open", f"an_show:{announcement.id}")]
    return said, keyboards.labelled(words, *buttons, width=1)


def first_words(words: Words, announcement: Announcement) -> str:
    """How the text begins, for a list."""
    text = announcement.content.for_(words.language).text
    kind = announcement.content.media.kind if announcement.content.media else AttachmentKind.PHOTO
    return one_line(text, 50) or words.plain(ATTACHMENT_WORDS[kind])


# --- put into words when it goes out --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Telling:
    """What a template is given; `announcement` where the row is about one."""

    db: AsyncConnection
    row: Outgoing
    person: Person
    words: Words
    facts: Mapping[str, Any]
    announcement: Announcement


async def render(db: AsyncConnection, row: Outgoing, person: Person, words: Words) -> list[Call]:
    if row.template == "an_preview":
        return await _preview(db, row, person, words)
    if row.template in _TO_ADMINISTRATORS and not person.is_admin:
        return []
    if row.template in _PLAIN:
        return messages(person.id, _PLAIN[row.template](words, row.facts), simple=person.simple)
    number = row.announcement_id or row.facts.get("announcement", 0)
    announcement = await announcements.find(db, number)
    if announcement is None:
        return []
    return await _TEMPLATES[row.template](Telling(db, row, person, words, row.facts, announcement))


async def _copy(t: Telling) -> list[Call]:
    """Not after [Stop], and only to who is still among those it is for."""
    if t.announcement.state is not State.SENDING or not t.announcement.audience.still_has(t.person):
        return []
    return [message(t.person, t.announcement.content, have_read(t.words, t.announcement.id))]


async def _correction(t: Telling) -> list[Call]:
    """In the words of now; what the person pressed stays pressed."""
    copy = await announcements.recipient(t.db, t.announcement.id, t.person.id)
    if t.announcement.state is not State.CORRECTING or copy is None or copy.message_id is None or copy.taken_back_at:
        return []
    keyboard = have_read(t.words, t.announcement.id, copy.read_at)
    return [_edited(t.person, t.announcement.content, copy.message_id, keyboard)]


async def _taking_back(t: Telling) -> list[Call]:
    copy = await announcements.recipient(t.db, t.announcement.id, t.person.id)
    if t.announcement.state is not State.TAKING_BACK or copy is None or copy.message_id is None:
        return []
    return [Call("deleteMessage", {"chat_id": t.person.id, "message_id": copy.message_id})]


async def _going(t: Telling) -> list[Call]:
    """The progress message, when there is still some to show."""
    if t.announcement.state not in UNDER_WAY:
        return []
    blocks, keyboard = await progress(t.db, t.words, t.announcement)
    return messages(t.person.id, blocks, keyboard, simple=t.person.simple)


async def _report(t: Telling) -> list[Call]:
    blocks, keyboard = await report(t.db, t.words, t.announcement, t.person.id)
    return messages(t.person.id, blocks, keyboard, simple=t.person.simple)


async def _told(t: Telling) -> list[Call]:
    """For the other administrators: who does what with it. Who has to approve it sees it as recipients will."""
    phrase = _DONE_WORDS[t.facts["what"]]
    who = await people.load(t.db, t.facts["who"])
    said = t.words.say(phrase, who=who.name if who else "", number=t.announcement.id, n=t.facts["people"])
    blocks: list[Block] = [cards.lines(said, await audience(t.db, t.words, t.announcement.audience), _when(t))]
    asked = t.announcement.state is State.WAITING and t.announcement.author_id != t.person.id
    keys = [("approve", "an_approve"), ("decline", "an_cancel")] if asked else []
    buttons = [(key, f"{data}:{t.announcement.id}") for key, data in [*keys, ("an_open", "an_show")]]
    calls = messages(t.person.id, blocks, keyboards.labelled(t.words, *buttons), simple=t.person.simple)
    return [message(t.person, t.announcement.content, []), *calls] if asked else calls


def _when(t: Telling) -> Markup | None:
    at = t.announcement.send_at
    return t.words.say("Goes out: {when}", when=t.words.moment(at)) if at else None


_DONE_WORDS = {
    "sends": N_("{who} sends announcement {number}. People: {n}"),
    "asks": N_("{who} wants to send announcement {number} and needs your consent. People: {n}"),
    "approves": N_("{who} approved announcement {number}. People: {n}"),
    "cancels": N_("{who} cancelled announcement {number}: it does not go out. People: {n}"),
    "stops": N_("{who} stopped announcement {number}. People: {n}"),
    "repeats": N_("{who} repeats announcement {number} to those who did not get it. People: {n}"),
    "corrects": N_("{who} corrects the text of announcement {number}. People: {n}"),
    "takes_back": N_("{who} takes announcement {number} back. People: {n}"),
}

_TEMPLATES: dict[str, Callable[[Telling], Awaitable[list[Call]]]] = {
    announcements.COPY: _copy,
    announcements.CORRECTION: _correction,
    announcements.TAKING_BACK: _taking_back,
    "an_progress": _going,
    "an_report": _report,
    "an_told": _told,
}


def _refused(words: Words, facts: Mapping[str, Any]) -> list[Block]:
    return [
        words.say(
            "Telegram does not take this announcement as it is: {error}. Nothing was sent; please write it otherwise.",
            error=facts["error"],
        )
    ]


def _consent_switched(words: Words, facts: Mapping[str, Any]) -> list[Block]:
    if facts["on"]:
        return [words.say("{who} switched on the second administrator's consent.", who=facts["who"])]
    return [words.say("{who} switched off the second administrator's consent.", who=facts["who"])]


_PLAIN: dict[str, Callable[[Words, Mapping[str, Any]], list[Block]]] = {
    "an_refused": _refused,
    "an_consent": _consent_switched,
}
_TO_ADMINISTRATORS = {"an_progress", "an_report", "an_told", *_PLAIN}
TEMPLATES = {"an_preview", *_TEMPLATES, *_PLAIN}


async def _preview(db: AsyncConnection, row: Outgoing, person: Person, words: Words) -> list[Call]:
    """What is being written, through Telegram, exactly as readers in this language will see it."""
    form = await forms.find(db, person.id, row.facts["form"])
    if form is None or not person.is_admin:
        return []
    content = Content.from_json(form.data["content"])
    if content.empty or content.too_long:
        return []
    reader = Person(person.id, person.name, Language(row.facts["language"]), simple=person.simple)
    return [message(reader, content, have_read(Words(Language(row.facts["language"]), words.zone), 0))]


# --- how it ended ---------------------------------------------------------------------------------------------------


async def settled(
    db: AsyncConnection, row: Outgoing, fate: Fate, now: datetime, message_id: int | None, error: str, unclear: bool
) -> None:
    """What follows from the end of a row: the recipient's line, or word to the author that Telegram refuses it."""
    if row.announcement_id is not None:
        reached = Reached.UNCLEAR if unclear else Reached(fate)
        version = row.facts.get("version", 1)
        await announcements.settled(
            db, row.announcement_id, row.chat_id, row.template, reached, version, message_id, now
        )
    elif row.template == "an_preview" and fate is Fate.FAILED:
        form = await forms.find(db, row.chat_id, row.facts["form"])
        if form:
            await forms.change(db, row.chat_id, form.name, form.data | {"refused": True}, now)
        await outbox.say(db, row.chat_id, "an_refused", {"error": error}, now, key=f"refused {row.id}")

"""Updates served, each whole or not at all: take the oldest row, load the person, act, mark it done, commit.

    inbox.take → people.meet → route → outbox rows, form, effect, "done" → commit → the reply is sent

A kill anywhere leaves either everything or nothing of an update. A row that fails three times becomes a dead letter and
blocks nobody.
"""

import logging
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection
from telegram import Update

from domain.city import City
from domain.people import Language, Person
from domain.question import (
    AlreadyTaken,
    CannotAct,
    NeedsAdministrator,
    NothingOfSubstance,
    NotInThisStatus,
    NotYours,
    TooFar,
)
from handlers import groups
from handlers.everyone import menu
from handlers.routes import route
from handlers.speech import Call
from handlers.turn import NUMBER, InGroup, Said, Turn, understand
from storage import announcements, forms, inbox, outbox, people, questions
from storage import groups as stored_groups
from storage.database import caused_by, is_away
from storage.inbox import Received
from storage.outbox import Outgoing
from texts import Words

log = logging.getLogger(__name__)


class Writing(Protocol):
    """Where a transaction that writes can be opened: the database, or who writes something of its own in it as well."""

    def transaction(self) -> AbstractAsyncContextManager[AsyncConnection]: ...


class Hands(Protocol):
    """Who sends what the outbox promises."""

    owner: int

    @property
    def free(self) -> bool:
        """Whether one more row can be taken in hand now."""

    def take(self, row: Outgoing) -> None:
        """Send this row, which is leased to you already."""


@dataclass(frozen=True)
class Served:
    """What serving needs beside the update: the city's habits, the bot's own name, and who sends the replies."""

    city: City
    bot_name: str
    hands: Hands | None = None


@dataclass
class Sitting:
    """One transaction's worth of updates: those that were just stored, or at most `most` of those that wait, the
    oldest of each person first.
    """

    served: Served
    now: datetime
    most: int = 1
    updates: list[Received] = field(default_factory=list)
    replies: list[Outgoing] = field(default_factory=list)
    more: bool = False  # others may wait

    async def hold(self, db: AsyncConnection) -> None:
        self.more = True
        while self.more and (room := self.most - len(self.updates)):
            taken, self.more = await inbox.take(db, self.now, room)
            for received in taken:
                await self.serve(db, received)
            await inbox.done(db, [received.update_id for received in taken], self.now)

    async def serve(self, db: AsyncConnection, received: Received) -> None:
        self.updates.append(received)
        if reply := await _serve(db, received, self.served, self.now):
            self.replies.append(reply)

    def committed(self) -> None:
        """Now the replies may be sent."""
        for reply in self.replies:
            assert self.served.hands is not None  # noqa: S101 - they are leased to these hands
            self.served.hands.take(reply)


async def serve_next(database: Writing, served: Served, now: datetime, most: int = 1) -> Sitting:
    """Handle up to `most` waiting updates in one transaction.

    Where one of several fails nothing of them has happened, and the oldest is handled by itself.
    """
    sitting = Sitting(served, now, most)
    try:
        async with database.transaction() as db:
            await sitting.hold(db)
    except Exception as error:
        if not sitting.updates or _no_fault_of_theirs(error):
            raise  # they are handled when the database is back
        if len(sitting.updates) > 1:
            return await serve_next(database, served, now)
        [received] = sitting.updates
        where = {"update": received.update_id}
        log.exception("update %s failed, code %s", received.update_id, _code(received), extra=where)
        await _give_up_or_retry(database, received, served, error, now)
        return Sitting(served, now, most, [received], more=True)
    sitting.committed()
    return sitting


def _no_fault_of_theirs(error: Exception) -> bool:
    """The database's, as SQLAlchemy says it. A file that cannot be written is the update's that wants it: tried for
    ever, it would keep everybody behind it.
    """
    return is_away(error) and not isinstance(error, OSError)


async def _serve(db: AsyncConnection, received: Received, served: Served, now: datetime) -> Outgoing | None:
    """Act on one update. Returns the reply that is to be sent at once, leased to `served.hands`."""
    caused_by(db, received.update_id)
    said = understand(received.payload)
    if said is None:
        await _elsewhere(db, Update.de_json(received.payload, None), now)
        return None
    if not received.person_id or said.person_id != received.person_id:
        raise ValueError(
            "the sender has no id of Telegram's"
        )  # "5", 5.0 and True would pass for 5 in a database; False for 0
    if said.left is not None:
        await _came_or_went(db, said, now)
        return None
    if said.group is not None:
        await _in_group(db, said, said.group, received.update_id, served, now)
        return None
    person = await people.meet(db, said.person_id, said.name, now)
    if person.blocked:
        await _welcome_back(db, person.id, now)
    words = Words(person.language or _telegram_language(said.telegram_language), served.city.zone)
    turn = Turn(db, person, said, now, served.city, words, served.bot_name, received.update_id)
    turn.form = await forms.open_form(db, person.id)
    try:
        await route(turn)
    except CannotAct as refusal:
        await _refuse(turn, refusal)
    return await _speak(turn, served.hands)


def _telegram_language(code: str | None) -> Language:
    """Before a language is chosen: Telegram's; Russian, which most of the city reads, where that is none of ours."""
    try:
        return Language((code or "")[:2])
    except ValueError:
        return Language.RU


async def _speak(turn: Turn, hands: Hands | None = None) -> Outgoing | None:
    """Replies are rows too, in the same transaction: a kill between the commit and the sending loses none.

    The first one is leased to `hands` as it is written, unless something else waits for this person.
    """
    chat_id, calls, reply = turn.said.person_id, [call.to_json() for call in turn.calls], None
    if calls and hands and hands.free:
        reply = await outbox.say_at_once(turn.db, chat_id, calls.pop(0), turn.now, str(hands.owner))
    for call in calls:
        await outbox.say(turn.db, chat_id, "reply", call, turn.now, priority=outbox.Priority.REPLY)
    if turn.choices is not None and not turn.forgotten:
        await people.remember_choices(turn.db, turn.person.id, turn.choices)
    return reply


async def _refuse(turn: Turn, refusal: CannotAct) -> None:
    """What the rules forbid, in a sentence; then the card as it is now, so that no button is a dead end."""
    match refusal:
        case NotYours():
            turn.reply(turn.say("There is no such question, or it is not yours."), menu(turn))
            return
        case AlreadyTaken(by=by):
            turn.reply(turn.say("This question is already in work. Responsible: {who}.", who=by))
        case NothingOfSubstance():
            turn.reply(turn.say("A text is needed. Please write in words."))
            return
        case NeedsAdministrator():
            turn.reply(turn.say("It came back to a department once already: an administrator says where it goes."))
        case TooFar(last=last):
            turn.reply(
                turn.say("This date is not possible. The last possible date is {date}.", date=turn.words.day(last))
            )
        case NotInThisStatus():
            turn.reply(turn.say("This is not possible any more. This is how the question stands now:"))
    if number := NUMBER.search(" ".join(turn.args)):
        from handlers import ngo

        await ngo.show(turn, await questions.visible_to(turn.db, turn.person, number.group(1)), edit=False)


async def _came_or_went(db: AsyncConnection, said: Said, now: datetime) -> None:
    """The person blocked the bot, or came back."""
    if said.left:
        await people.set_blocked(db, said.person_id, now)
        await outbox.drop_for_blocked(db, said.person_id, now)
        await announcements.blocked(db, said.person_id)
    else:
        await _welcome_back(db, said.person_id, now)


async def _welcome_back(db: AsyncConnection, person_id: int, now: datetime) -> None:
    """Being blocked ends by itself when the person returns, and what they missed arrives."""
    await people.set_blocked(db, person_id, None)
    await outbox.revive(db, person_id, now)


async def _elsewhere(db: AsyncConnection, update: Update | None, now: datetime) -> None:
    """Of groups: that one has another id now, or what the bot may do there. Everything else is not for us."""
    member, message = (update.my_chat_member, update.message) if update else (None, None)
    if member:
        await groups.membership(db, member, now)
    elif message and message.migrate_to_chat_id:
        await stored_groups.move(db, message.chat.id, message.migrate_to_chat_id, now)
    elif message and message.migrate_from_chat_id:
        await stored_groups.move(db, message.migrate_from_chat_id, message.chat.id, now)


async def _in_group(
    db: AsyncConnection, said: Said, place: InGroup, update_id: int, served: Served, now: datetime
) -> None:
    """What is said or pressed in a group is acted on as in private, for those the bot knows, and answered there.

    Nothing is stored of the others: they came to the group, not to the bot.
    """
    known = await people.load(db, said.person_id, now)
    person = known or Person(said.person_id, said.name, None)
    words = Words(person.language or _telegram_language(said.telegram_language), served.city.zone)
    turn = Turn(db, person, said, now, served.city, words, served.bot_name, update_id)
    turn.form = await forms.open_form(db, person.id)
    await groups.seen(db, place)
    try:
        data = await groups.asked_for(turn, known=known is not None)
        if data is not None:
            turn.said = replace(said, pressed=data)
            await route(turn)
    except CannotAct as refusal:
        await _refuse(turn, refusal)
    if known:
        await _speak(turn)
    if said.pressed is not None:
        await groups.pressed(turn)


async def _give_up_or_retry(
    database: Writing, received: Received, served: Served, error: Exception, now: datetime
) -> None:
    """Count the failure; at the last one the person hears of it, with the code that stands in the log."""
    async with database.transaction() as db:
        dead = await inbox.failed(db, received, type(error).__name__, now)
        if not dead or not received.person_id:
            return
        person = await people.load(db, received.person_id)
        words = Words(person.language if person and person.language else Language.RU, served.city.zone)
        text = words.say(
            "Something went wrong on our side, and this step was not done. What you wrote before is kept. "
            "Please try again, and if it happens again, tell the administrator the code {code}.",
            code=_code(received),
        )
        params: dict[str, Any] = {"chat_id": received.person_id, "text": str(text), "parse_mode": "HTML"}
        call = Call("sendMessage", params)
        key = f"error {received.update_id}"
        await outbox.say(db, received.person_id, "reply", call.to_json(), now, priority=outbox.Priority.REPLY, key=key)


def _code(received: Received) -> str:
    """What a person reads to an administrator, who finds it in the log."""
    return f"E{received.update_id % 1_000_000:06d}"

"""The outbox out of the door: claim, send outside any transaction, settle.

A row is claimed by a lease, so several copies never send the same one; a copy that died leaves a lease that runs out.
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import Clock
from bot.fates import Decision, Next, RanOut, decide
from bot.limiter import Limiter, NotSoon
from bot.telegram import SEND_TIMEOUT, SENDS_AT_ONCE, Telegram
from domain.city import City
from handlers import notices
from handlers.speech import Call
from storage import announcements, forms, groups, outbox, people
from storage.database import Database, is_away
from storage.outbox import Fate, Outgoing, Priority

log = logging.getLogger(__name__)

IN_HAND = 32
"""Rows claimed at once: most of them wait for their chat's second, few are on the wire."""
BULK_IN_HAND = SENDS_AT_ONCE + 2
"""Announcements among them: enough that the wire never waits, and no more, for a reply stands behind those in hand."""
BULK = (announcements.COPY, announcements.CORRECTION, announcements.TAKING_BACK)
STALE_REPLY = timedelta(hours=1)
"""A dialogue's prompt that could not be sent for so long would only confuse."""
GIVE_UP = timedelta(days=2)
LOOKS_EVERY = 1.0
"""Seconds: another copy may have promised something."""
LAST_SECONDS = 2.0
"""How long a stopping copy lets what is on the wire arrive: cut there, it would be said twice."""
OWN_FAULTS = 3
"""Attempts at a row that our own code cannot put into words."""


PATIENCE = outbox.LEASE.total_seconds() / 2
"""How long a limit is waited for with a claim in hand. Any longer, and the claim could run out: somebody else would
send the row as well."""

BULK_PATIENCE = 1.5
"""The same of an announcement: what is in hand when somebody presses [Stop] must not go out long after."""


AWAY_PAUSE = 1.0
"""Seconds after which a database that does not answer, or has no room, is tried again."""


BY_THE_WAY = 0.05
"""Seconds that the end of a reply waits for a transaction to be written down in; never more than `SENDS_AT_ONCE` do."""


Operation = Callable[[AsyncConnection], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A reply that Telegram has, and that is not yet written down as said."""

    end: tuple[int, int | None, datetime]  # row, message, moment
    written: "asyncio.Future[None]"


LATEST = outbox.LEASE - timedelta(seconds=SEND_TIMEOUT + 5)
"""How long after its claim a row may still leave: what takes longer may be in another copy's hands when it arrives."""


class NotWritten(Exception):
    """What became of a message could not be stored."""


async def _nothing(db: AsyncConnection) -> None:
    """To claim what waits, and no more."""


@dataclass
class Delivery:
    """Sends what the outbox promises until it is stopped."""

    telegram: Telegram
    database: Database
    city: City
    clock: Clock
    limiter: Limiter
    wanted: asyncio.Event
    settled: Callable[[Fate], None] = lambda fate: None
    owner: int = field(default_factory=lambda: secrets.randbelow(2**31))

    def __post_init__(self) -> None:
        self._wire = asyncio.Semaphore(SENDS_AT_ONCE)
        self._next_of_bulk = asyncio.Lock()
        self._in_hand: set[asyncio.Task[None]] = set()
        self._bulk: set[asyncio.Task[None]] = set()
        self._group: asyncio.TaskGroup | None = None
        self._handed: list[Outgoing] = []
        self._more_waits = True  # when it was last looked, before what was claimed then
        self._arrived: list[Arrived] = []
        self._asked: list[tuple[Operation, asyncio.Future[None]]] = []
        self._writing = False

    @property
    def free(self) -> bool:
        return len(self._in_hand) + len(self._handed) < IN_HAND

    def take(self, row: Outgoing) -> None:
        if self._group:
            self._begin(row, self._group)
        else:
            self._handed.append(row)

    async def drain(self) -> int:
        """Send everything that is due now; returns how many rows were settled or postponed."""
        sent = 0
        while rows := self._taken() or await self._claim(IN_HAND):
            await asyncio.gather(*(self.deliver(row) for row in rows))
            sent += len(rows)
        return sent

    def _taken(self) -> list[Outgoing]:
        taken, self._handed = self._handed, []
        return taken

    async def run(self, stop: asyncio.Event) -> None:
        """Keep as many rows in hand as allowed; ask again when told, and every second. What one row's end makes room
        for is claimed in the transaction that writes that end down.
        """
        async with asyncio.TaskGroup() as group:
            self._group = group
            while not stop.is_set():
                self.wanted.clear()  # before the look: what is promised behind it wakes us again
                try:
                    await self._write(_nothing)
                except Exception:
                    log.exception("the outbox cannot be read; again in a second")
                await self._wait()
            self._group = None
            if self._in_hand:
                await asyncio.wait({*self._in_hand, group.create_task(self._write_arrived())}, timeout=LAST_SECONDS)
            for task in self._in_hand:
                task.cancel()  # its claim is free again as soon as this copy is gone

    async def _write_arrived(self) -> None:
        """Of a copy that is stopping: nothing else is written in whose transaction these ends could go along."""
        try:
            async with asyncio.timeout(LAST_SECONDS):
                await self._write(_nothing)
        except Exception:
            log.exception("replies that arrived could not be written; they are said again")

    def _begin(self, row: Outgoing, group: asyncio.TaskGroup) -> None:
        """Take a claimed row in hand."""
        task = group.create_task(self.deliver(row))
        self._in_hand.add(task)
        task.add_done_callback(self._in_hand.discard)
        if row.priority is Priority.ANNOUNCEMENT:
            self._bulk.add(task)
            task.add_done_callback(self._bulk.discard)

    async def _wait(self) -> None:
        """Until somebody has promised something; a second at most."""
        try:
            async with asyncio.timeout(LOOKS_EVERY):
                await self.wanted.wait()
        except TimeoutError:
            pass

    @asynccontextmanager
    async def transaction(self, *, claims: bool = False) -> AsyncIterator[AsyncConnection]:
        """The database's, in which the ends of replies that have arrived are written down by the way.

        `claims`: what waits behind them is claimed in it as well; else somebody is woken to do so.
        """
        arrived, self._arrived = self._arrived, []
        try:
            async with self.database.transaction() as db:
                if arrived:
                    await outbox.said(db, [one.end for one in arrived])
                yield db
        except BaseException:
            self._arrived = arrived + self._arrived
            raise
        for one in arrived:
            if not one.written.done():
                one.written.set_result(None)
        if arrived and self._more_waits and not claims:
            self.wanted.set()

    async def _write_by_the_way(self, row: Outgoing, message_id: int | None) -> None:
        """With whatever is written next, or soon by itself."""
        loop = asyncio.get_running_loop()
        one = Arrived((row.id, message_id, self.clock.now()), loop.create_future())
        self._arrived.append(one)
        if self._group is None or self._more_waits:  # behind this one, perhaps
            await self._write_down(_nothing)
        elif len(self._arrived) >= SENDS_AT_ONCE:
            self._remind()
        elif len(self._arrived) == 1:
            loop.call_later(BY_THE_WAY, self._remind)
        await one.written

    def _remind(self) -> None:
        if self._arrived:
            self.wanted.set()

    async def _write(self, operation: Operation) -> None:
        """Do this in a transaction, shared with all that is asked for while another one commits."""
        written = asyncio.get_running_loop().create_future()
        self._asked.append((operation, written))
        if not self._writing:
            self._writing = True
            try:
                while self._asked:
                    together, self._asked = self._asked, []
                    await self._commit(together)
            finally:
                self._writing = False
        await written

    async def _write_down(self, operation: Operation) -> None:
        """What became of a row. While the database is away it is tried again, for what was said must not be said twice.

        Raises NotWritten when the claim may have run out meanwhile.
        """
        seconds = asyncio.get_running_loop().time
        until = seconds() + PATIENCE
        while True:
            try:
                await self._write(operation)
                return
            except Exception as error:
                if not is_away(error):
                    raise
                if self._group is None or seconds() > until:
                    raise NotWritten from error
                log.warning("the outbox cannot be written: %s; again in a second", type(error).__name__)
                await asyncio.sleep(AWAY_PAUSE)

    async def _commit(self, together: list[tuple[Operation, asyncio.Future[None]]]) -> None:
        """One that cannot be written costs only itself."""
        try:
            async with self.transaction(claims=True) as db:
                for operation, _ in together:
                    await operation(db)
                claimed = await self._claim_more(db, len(together)) if self._group else []
        except Exception as error:
            if len(together) == 1:
                together[0][1].set_exception(error)
            else:
                for one in together:
                    await self._commit([one])
            return
        except BaseException:
            for _, written in together:
                written.cancel()
            raise
        for _, written in together:
            if not written.done():
                written.set_result(None)
        if self._group:  # a copy that is stopping lets them go: its claims are free again when it is gone
            for row in claimed:
                self._begin(row, self._group)

    async def _claim_more(self, db: AsyncConnection, ending: int) -> list[Outgoing]:
        """For the hands that are free, and for those that these ends set free."""
        room = IN_HAND - len(self._in_hand) + ending
        bulk = BULK_IN_HAND - len(self._bulk) + min(ending, len(self._bulk))
        now = self.clock.now()
        self._more_waits = room <= 0 or await outbox.waits(db, now)
        if room <= 0 or not self._more_waits:
            return []
        return await outbox.claim(db, str(self.owner), room, now, bulk=max(bulk, 0))

    async def _claim(self, most: int) -> list[Outgoing]:
        async with self.database.transaction() as db:
            return await outbox.claim(db, str(self.owner), most, self.clock.now())

    async def deliver(self, row: Outgoing) -> None:
        """One row to its end, or to its next attempt. Never raises: what fails here is written down."""
        row = replace(row, attempts=row.attempts + 1)  # it was read before this attempt was counted
        try:
            await self._deliver(row)
        except NotWritten:
            log.exception("row %s of the outbox could not be written; its claim runs out", row.id)
        except Exception as error:
            log.exception("row %s of the outbox could not be sent or settled", row.id)
            await self._own_fault(row, error)

    async def _own_fault(self, row: Outgoing, error: Exception) -> None:
        """Not Telegram's: our words, or our database. Later, and not for ever."""
        try:
            if is_away(error):  # no fault of the message: it is said as soon as its words can be read
                await self._postpone(row, AWAY_PAUSE, type(error).__name__, counted=False)
            elif row.attempts >= OWN_FAULTS:
                await self._settle(row, Fate.FAILED, error=type(error).__name__)
            else:
                await self._postpone(row, 30.0, type(error).__name__)
        except Exception:
            log.exception("row %s of the outbox could not be written; its claim runs out", row.id)

    async def _deliver(self, row: Outgoing) -> None:
        calls = await self._words(row)
        if not calls:
            await self._settle(row, Fate.DROPPED)
            return
        message_id: int | None = None
        for call in calls:
            try:
                message_id = await self._send(row, call)
            except Exception as error:
                await self._after(row, call, decide(error, row.attempts), error)
                return
        await self._settle(row, Fate.DELIVERED, message_id=message_id, keyboard=_keyboard(row, calls))

    async def _words(self, row: Outgoing) -> Sequence[Call]:
        now = self.clock.now()
        if row.template in ("reply", "redraw"):  # in words already: nothing has to be read for them
            return [] if now - row.created_at > STALE_REPLY else [notices.finished(row)]
        async with self.database.reading() as db:
            return await notices.render(db, row, self.city, now)

    async def _send(self, row: Outgoing, call: Call) -> int | None:
        messages = len(call.params.get("media", ())) or 1
        bulk = row.priority is Priority.ANNOUNCEMENT
        patience = BULK_PATIENCE if bulk else PATIENCE
        self._must_be_soon(row.chat_id, messages, patience)
        await self.limiter.chat_free(row.chat_id, messages)
        async with AsyncExitStack() as sending:
            # of the announcements in hand one waits at the wire: a reply has at most that one before it
            async with self._next_of_bulk if bulk else nullcontext():
                if bulk:
                    await self.limiter.even()
                await sending.enter_async_context(self._wire)
                # the turn is taken here, where nothing more is waited for: not behind sends that hang, or met a halt
                await sending.enter_async_context(self.limiter.sending(row.chat_id, messages, patience))
            if row.leased_at is not None and self.clock.now() - row.leased_at > LATEST:
                raise RanOut
            result = await self.telegram.call(call)
        return _message_id(result)

    def _must_be_soon(self, chat_id: int, messages: int, patience: float) -> None:
        if (wait := self.limiter.wait(chat_id, messages)) > patience:
            raise NotSoon(wait)

    async def _after(self, row: Outgoing, call: Call, decision: Decision, error: Exception) -> None:
        """What a failed send leads to; the table is `bot.fates`."""
        reason = f"{type(error).__name__}: {error}"[:300]
        match decision.next:
            case Next.DELIVERED:
                await self._settle(row, Fate.DELIVERED)
            case Next.WAIT:
                self.limiter.halt(decision.after)
                await self._postpone(row, decision.after, reason, counted=False)
            case Next.LEFT:
                log.warning("row %s of the outbox was held for too long; its claim runs out", row.id)
            case Next.LATER:
                await self._postpone(row, decision.after, reason, counted=False)
            case Next.AGAIN if self.clock.now() - row.created_at < GIVE_UP:
                await self._postpone(row, decision.after, reason)
            case Next.BLOCKED:
                await self._settle(row, Fate.BLOCKED, error=reason)
            case Next.FAILED if row.template in BULK and row.template != announcements.COPY:
                await self._settle(row, Fate.DROPPED, error=reason)  # too old to be edited or deleted
            case Next.SEND_ANEW if row.template in ("redraw", *BULK) or not _can_be_anew(call):
                await self._settle(row, Fate.DROPPED)  # the person deleted the card: it is not forced on them again
            case Next.SEND_ANEW:
                await self._send_anew(row, call)
            case Next.MOVED:
                await self._move(row, decision.chat_id)
            case _:
                log.error("row %s of the outbox failed for good: %s", row.id, type(error).__name__)
                await self._settle(row, Fate.FAILED, error=reason, unclear=decision.unclear)

    async def _send_anew(self, row: Outgoing, call: Call) -> None:
        """The message to be redrawn is gone, or the topic: the same words as a new message, under the same row."""
        params = {k: v for k, v in call.params.items() if k not in ("message_id", "message_thread_id")}
        fresh = Call("sendMessage", params)
        try:
            message_id = await self._send(row, fresh)
        except Exception as error:
            decision = decide(error, row.attempts)
            if decision.next is Next.SEND_ANEW:
                decision = Decision(Next.FAILED)
            await self._after(row, fresh, decision, error)
            return
        await self._settle(row, Fate.DELIVERED, message_id=message_id)

    async def _move(self, row: Outgoing, chat_id: int) -> None:
        """The group has another id now; what waits for the old one waits for the new one."""
        async with self.database.transaction() as db:
            await groups.move(db, row.chat_id, chat_id, self.clock.now())

    async def _postpone(self, row: Outgoing, seconds: float, reason: str, *, counted: bool = True) -> None:
        until = self.clock.now() + timedelta(seconds=seconds)
        owner = str(self.owner)
        await self._write_down(lambda db: outbox.postpone(db, row.id, until, reason, owner=owner, counted=counted))

    async def _settle(
        self,
        row: Outgoing,
        fate: Fate,
        *,
        message_id: int | None = None,
        error: str = "",
        unclear: bool = False,
        keyboard: list[tuple[str, str]] | None = None,
    ) -> None:
        if row.template == "reply" and fate is Fate.DELIVERED:
            await self._write_by_the_way(row, message_id)
            self.settled(fate)
            return
        now = self.clock.now()

        async def written(db: AsyncConnection) -> None:
            await outbox.settle(db, row.id, fate, now, message_id=message_id, error=error)
            await notices.settled(db, row, fate, now, message_id=message_id, error=error, unclear=unclear)
            if fate is Fate.BLOCKED:
                await people.set_blocked(db, row.chat_id, now)
            if keyboard:
                await _remember(db, row.chat_id, keyboard)

        await self._write_down(written)
        self.settled(fate)


def _message_id(result: Any) -> int | None:
    """None where Telegram's answer names none that can be stored: with it, nothing written beside it could be."""
    first = result[0] if isinstance(result, list) and result else result
    if not isinstance(first, dict):
        return None
    # a topic of a forum that was begun has the id of the message that began it
    found = first.get("message_id") or first.get("message_thread_id")
    return found if type(found) is int and 0 < found < 2**63 else None


def _can_be_anew(call: Call) -> bool:
    return call.method == "editMessageText" or "message_thread_id" in call.params


def _keyboard(row: Outgoing, calls: Sequence[Call]) -> list[tuple[str, str]]:
    """The buttons of a notice that just arrived: typing their labels must work as well."""
    if row.template in ("reply", "redraw") or row.chat_id < 0:
        return []  # a dialogue's keyboard was remembered in its own turn; in a group nobody in particular is shown one
    markup: dict[str, Any] = calls[-1].params.get("reply_markup") or {}
    return [(b["text"], b["callback_data"]) for line in markup.get("inline_keyboard", ()) for b in line]


async def _remember(db: AsyncConnection, person_id: int, keyboard: list[tuple[str, str]]) -> None:
    """A notice's buttons stand behind those of a dialogue under way, else before what was shown earlier."""
    shown = await people.choices(db, person_id)
    under_way = await forms.open_form(db, person_id) is not None
    both = [*shown, *keyboard] if under_way else [*keyboard, *shown]
    await people.remember_choices(db, person_id, both[:40])

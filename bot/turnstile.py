"""What came from Telegram goes into the inbox here, each at its person's pace.

The count is in memory, one for each copy: under the pace it costs nothing, a restart forgives, and behind webhooks so
many copies let so many times as much through. The waiting itself is a moment in the inbox's row, so a kill loses
neither the update nor its place.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.intake import MOST_UPDATES
from domain.pace import Pace
from storage import inbox, outbox
from storage.inbox import Received
from storage.outbox import Priority

_MOST_PEOPLE = 10_000
"""Remembered at a time: of more than so many, those who have long been quiet are let go."""


@dataclass(slots=True)
class _Passed:
    """How far one person is ahead; `last` is their newest update: what comes again is not counted again, and waits as
    it did if it was one of those `waiting`. `told_at` is the update at which they were told, 0 for none.
    """

    used_until: float = 0.0
    last: int = 0
    told_at: int = 0
    waiting: dict[int, float] = field(default_factory=dict)


@dataclass
class Turnstile:
    """`seconds` is a clock that never goes back."""

    pace: Pace
    seconds: Callable[[], float]
    _people: dict[int, _Passed] = field(default_factory=dict)

    async def store(self, db: AsyncConnection, updates: Iterable[dict[str, Any]], now: datetime) -> None:
        """Store them as received. Who is too fast waits, and is told so once."""
        rows = [(update["update_id"], inbox.person_of(update), update) for update in updates]
        waits = {row[0]: now + timedelta(seconds=wait) for row in rows if (wait := self._wait(row[1], row[0]))}
        await inbox.store(db, rows, now, not_before=waits)
        for update_id, person_id, update in rows:
            if update_id in waits:
                await self._tell(db, person_id, update, now)

    async def take(self, db: AsyncConnection, updates: Iterable[dict[str, Any]], now: datetime) -> list[Received]:
        """Store them as received, and return those that are to be handled in this same transaction: nothing waits
        before them.
        """
        taken: list[Received] = []
        for update in updates:
            update_id, person_id = update["update_id"], inbox.person_of(update)
            if self._wait(person_id, update_id):
                await self.store(db, [update], now)
            elif received := await inbox.store_and_take(db, update_id, person_id, update, now):
                taken.append(received)
        return taken

    async def _tell(self, db: AsyncConnection, person_id: int, update: dict[str, Any], now: datetime) -> None:
        """Once, and again when it was rolled back together with the update that caused it."""
        passed = self._people[person_id]
        if passed.told_at not in (0, update["update_id"]):
            return
        passed.told_at = update["update_id"]
        facts = {"language": inbox.language_of(update), "a_minute": self.pace.a_minute}
        key = f"too fast {person_id} {now:%Y-%m-%d %H}"  # another copy may find it out at the same moment
        await outbox.say(db, person_id, "too_fast", facts, now, priority=Priority.REPLY, key=key)

    def _wait(self, person_id: int, update_id: int) -> float:
        """Seconds; 0 for whoever is under the pace, and for what is from nobody."""
        if not person_id or not self.pace.a_minute:
            return 0.0
        at = self.seconds()
        passed = self._people.get(person_id)
        if passed is None:
            self._make_room(at)
            passed = self._people[person_id] = _Passed()
        if update_id <= passed.last:  # again: its row is there and stays as it is, or was rolled back
            return self.pace.wait(passed.waiting.get(update_id, at), at)
        passed.last = update_id
        if passed.used_until <= at:
            passed.told_at = 0
            passed.waiting.clear()
        passed.used_until, wait = self.pace.next(passed.used_until, at)
        if wait:
            passed.waiting[update_id] = passed.used_until
            if len(passed.waiting) > MOST_UPDATES:
                del passed.waiting[next(iter(passed.waiting))]
        return wait

    def _make_room(self, at: float) -> None:
        if len(self._people) >= _MOST_PEOPLE:
            self._people = {who: passed for who, passed in self._people.items() if passed.used_until > at}

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

from domain.pace import Pace
from storage import inbox, outbox
from storage.outbox import Priority

_MOST_PEOPLE = 10_000
"""Remembered at a time: of more than so many, those who have long been quiet are let go."""


@dataclass(slots=True)
class _Passed:
    """How far one person is ahead; `last` is their newest update: what comes again is not counted again."""

    used_until: float = 0.0
    last: int = 0
    told: bool = False


@dataclass
class Turnstile:
    """`seconds` is a clock that never goes back."""

    pace: Pace
    seconds: Callable[[], float]
    _people: dict[int, _Passed] = field(default_factory=dict)

    async def store(self, db: AsyncConnection, updates: Iterable[dict[str, Any]], now: datetime) -> None:
        """Store them as received. Who is too fast waits, and is told so once."""
        rows = [(update["update_id"], inbox.person_of(update), update) for update in updates]
        waits: dict[int, datetime] = {}
        too_fast: dict[int, dict[str, Any]] = {}
        for update_id, person_id, update in rows:
            if wait := self._wait(person_id, update_id):
                waits[update_id] = now + timedelta(seconds=wait)
                if not self._people[person_id].told:
                    self._people[person_id].told = True
                    too_fast[person_id] = update
        await inbox.store(db, rows, now, not_before=waits)
        for person_id, update in too_fast.items():
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
        if update_id <= passed.last:
            return 0.0  # its row is there already, and stays as it is
        passed.last = update_id
        if passed.used_until <= at:
            passed.told = False
        passed.used_until, wait = self.pace.next(passed.used_until, at)
        return wait

    def _make_room(self, at: float) -> None:
        if len(self._people) >= _MOST_PEOPLE:
            self._people = {who: passed for who, passed in self._people.items() if passed.used_until > at}

"""One copy of the clock: asks the database again and again what is due, by a clock that all copies read from one file.

Started by `test_clockwork` as a process of its own, to be killed. It does what `bot.application.tick` does of a day's
work, and nothing else: there is no Telegram here.
"""

import asyncio
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.clock import Clock
from bot.jobs import begin_the_day
from domain.city import City
from storage.database import Database

PAUSE = 0.005
"""Seconds between two ticks: thirty in life."""
CITY = City()
CITY.calendar.is_working(datetime(2026, 3, 2).date())  # noqa: DTZ001 - the table of holidays is loaded before the forks


@dataclass
class SharedClock(Clock):
    """Shows the moment that stands in the file."""

    file: Path

    def now(self) -> datetime:
        return datetime.fromisoformat(self.file.read_text())

    def set(self, moment: datetime) -> None:
        """In one step, so that no reader finds half a moment."""
        part = self.file.with_suffix(".part")
        part.write_text(moment.isoformat())
        part.replace(self.file)


def run(url: str, file: str, busy: Any) -> None:
    """Until it is killed. `busy` is shared with the test and says whether a tick is under way."""
    os.nice(5)  # the test, which counts and kills, goes before those it watches
    asyncio.run(_run(Database(url), SharedClock(Path(file)), busy))


async def _run(database: Database, clock: SharedClock, busy: Any) -> None:
    while True:
        busy.value = 1
        await begin_the_day(database, CITY, clock)
        busy.value = 0
        await asyncio.sleep(PAUSE)

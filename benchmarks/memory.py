"""`python -m benchmarks.memory [DIALOGUES]`: whether memory stays flat over 10,000 dialogues.

Köpir runs without Telegram's limits (benchmarks/unlimited.py), or it would take hours; fifty people walk one dialogue
after another without thinking. Its memory is read after each 1,000. The local Telegram, on another core, forgets what
was said meanwhile, each dialogue having been checked.
"""

import asyncio
import os
import secrets
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression
from time import perf_counter

from benchmarks import KEPT, MISSED, ended, report
from benchmarks.dialogue import Walked, WatchedTelegram, numbers_of, walk
from benchmarks.programs import UNLIMITED, Running, cores, served, started
from simulator.phones import Phone

DIALOGUES, EACH = 10_000, 1_000
PEOPLE = 50
SETTLING = 2.0
"""Seconds for the last messages to be written down as delivered."""
MEMORY_MB, SLOPE_MB = 150.0, 0.5
"""What is promised: at the end, and for every 1,000 dialogues after `WARM` thousand."""
WARM = 4
"""By then the clock has ticked for the first time, after half a minute. On a working day that is the morning's look at
every question registered since the last one, here all of them; a city has thirty, and they take no room to speak of.
"""


@dataclass(frozen=True)
class Read:
    """The memory after so many dialogues, and the updates a second and CPU of the last thousand."""

    dialogues: int
    megabytes: float
    rate: float
    cpu_per_update: float


def main() -> int:
    """Print the table; 1 when something promised does not hold."""
    if not sys.platform.startswith("linux"):
        sys.exit("The benchmark asks the kernel what a process has cost, and knows only Linux.")
    dialogues = int(sys.argv[1]) if len(sys.argv) > 1 else DIALOGUES
    own, other = cores()
    if own is not None:
        os.sched_setaffinity(0, {own})
    begun = perf_counter()
    sys.stdout.write(_HEAD)
    found = asyncio.run(_measure(dialogues // EACH, other))
    sys.stdout.write(_report(found, perf_counter() - begun))
    return KEPT if found[-1].megabytes < MEMORY_MB and _slope(found) < SLOPE_MB else MISSED


async def _measure(thousands: int, core: int | None) -> list[Read]:
    telegram = WatchedTelegram()
    telegram.add_bot(f"100000:{secrets.token_urlsafe(24)}")
    phones = [telegram.phone("Aigerim", language_code="ru") for _ in range(PEOPLE)]
    numbers: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="kopir-memory-") as name:
        folder = Path(name)
        await UNLIMITED.prepare(folder, [phone.id for phone in phones])
        async with served(telegram) as url, started(UNLIMITED, telegram, url, folder, core) as running:
            found = [_told(Read(0, running.memory(), 0.0, 0.0))]
            for thousand in range(1, thousands + 1):
                found.append(_told(await _thousand(thousand, telegram, phones, running, numbers)))
            await asyncio.sleep(SETTLING)
        UNLIMITED.verify(folder, numbers)
    return found


async def _thousand(
    thousand: int, telegram: WatchedTelegram, phones: list[Phone], running: Running, numbers: set[str]
) -> Read:
    walked, cpu, times = Walked(), running.cpu(), EACH // PEOPLE
    for _ in range(times):
        await walk(telegram, phones, UNLIMITED.deeds, walked, thinking=0.0)
    told = numbers_of(phones, UNLIMITED.deeds, times)
    assert len({*told} - numbers) == EACH, "one number was given twice"
    numbers.update(told)
    _forget(telegram, phones)
    per_update = (running.cpu() - cpu) / len(walked.replies)
    return Read(thousand * EACH, running.memory(), walked.rate, per_update)


def _forget(telegram: WatchedTelegram, phones: list[Phone]) -> None:
    """What was said and called so far, or the people would need gigabytes."""
    telegram.events.clear()
    telegram.record.clear()
    telegram.queries.clear()
    for phone in phones:
        phone.room.messages.clear()
        phone.room.markups.clear()


def _slope(found: list[Read]) -> float:
    """Megabytes for each 1,000 dialogues, once everything is warm."""
    warm = found[WARM:]
    if len(warm) < 2:
        return 0.0
    return EACH * linear_regression([one.dialogues for one in warm], [one.megabytes for one in warm]).slope


_HEAD = "| dialogues | memory, MB | updates a second | CPU of 1,000 updates, s |\n|---:|---:|---:|---:|\n"


def _told(one: Read) -> Read:
    """Its line is there at once: the whole takes minutes."""
    cpu = f"{1000 * one.cpu_per_update:.2f}"
    sys.stdout.write(f"| {one.dialogues:,} | {one.megabytes:.1f} | {one.rate:.0f} | {cpu} |\n")
    sys.stdout.flush()
    return one


def _report(found: list[Read], seconds: float) -> str:
    return report(
        (),
        _CONDITIONS,
        slope=_slope(found),
        warm=WARM * EACH,
        megabytes=MEMORY_MB,
        promised=SLOPE_MB,
        people=PEOPLE,
        seconds=seconds,
    )


_CONDITIONS = """\
After {warm:,} dialogues memory changes by {slope:+.2f} MB for every 1,000.
Promised: under {megabytes:.0f} MB at the end, and less than {promised} MB more for every 1,000.
{people} people without pauses, {seconds:.0f} s in all; every dialogue registered exactly once. Resident memory, with \
SQLite in the same process. The machine's load is {load:.1f} on {cores} cores."""


if __name__ == "__main__":
    sys.exit(ended(main))

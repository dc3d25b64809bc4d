"""The disk is full for a while: nothing is confirmed that is not stored, and it goes on by itself when there is room.

The kernel refuses the running program's writes beyond a size, as a full disk does: reads go on, commits fail. Raised
again, the limit is a disk on which somebody has made room.
"""

import asyncio
import random
import resource
from pathlib import Path

import pytest

from tests.faults.askers import PATIENCE, PROMPTS, Asker
from tests.faults.machine import EVERYTHING, Machine, Program

PEOPLE, TIMES = (20, 30) if EVERYTHING else (4, 3)
APART = 0.4
"""Seconds between the first words of two people: side by side they would all be silent while the disk is full."""
ROOM = (0, 0, 4_096, 8_192, 30_000)
"""Bytes that are left of the write-ahead log's disk, in turn: none at all, or enough for some commits."""


@pytest.mark.skipif(not EVERYTHING, reason="the long version: KOPIR_FAULTS=all")
async def test_a_full_disk_confirms_nothing_that_is_not_stored(machine: Machine) -> None:
    await machine.officials()
    askers = [Asker(person, 1 + n % 12) for n, person in enumerate(await machine.representatives(PEOPLE))]
    chance = random.Random(20260306)  # noqa: S311 - the same in every run
    program = await machine.start()
    enough, waited = asyncio.Event(), 0
    async with asyncio.timeout(PATIENCE):
        async with asyncio.TaskGroup() as tasks:
            for n, asker in enumerate(askers):
                tasks.create_task(_ask_until(asker, enough, after=n * APART))
            for n in range(TIMES):
                await asyncio.sleep(chance.uniform(0.2, 0.6))
                _fill(machine, program, room := ROOM[n % len(ROOM)])
                before = await _written(machine)
                await asyncio.sleep(chance.uniform(0.3, 1.0))
                assert room or await _written(machine) == before, "nothing can be stored"
                waited += bool(machine.telegram.bot.updates or await machine.count("inbox WHERE done_at IS NULL"))
                _make_room(program)
            enough.set()
        await machine.at_rest(PATIENCE)

    assert program.alive, "the same process all the time"
    stored = dict(await machine.rows("SELECT number, text FROM questions"))
    assert sorted(stored.values()) == sorted(text for asker in askers for text in asker.texts), "each text once"
    for asker in askers:
        assert [stored[number] for number in asker.acknowledged] == asker.texts, "each confirmed, in order"
        heard = asker.person.heard_once
        assert all(part in said for part, said in zip(PROMPTS * len(asker.texts), heard, strict=True)), heard
    assert waited >= TIMES / 2, "it was hardly ever in the way"
    print(  # noqa: T201
        f"disk full {TIMES} times, {waited} times somebody waited for it: {len(stored)} questions, "
        f"{sum(asker.person.repeats for asker in askers)} messages twice"
    )


async def _ask_until(asker: Asker, enough: asyncio.Event, after: float) -> None:
    await asyncio.sleep(after)
    await asker.ask()
    while not enough.is_set():
        await asker.ask()


async def _written(machine: Machine) -> tuple[int, ...]:
    """Whatever is done about anything adds to one of these."""
    what = ("inbox", "inbox WHERE done_at IS NOT NULL", "outbox", "outbox WHERE done_at IS NOT NULL", "entries")
    return tuple([await machine.count(table) for table in what])


def _fill(machine: Machine, program: Program, room: int) -> None:
    """So many bytes are left behind the end of the log; without room nothing at all can be written."""
    log = Path(machine.database_url.partition("///")[2] + "-wal")
    limit = log.stat().st_size + room if room else 0
    resource.prlimit(program.process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))


def _make_room(program: Program) -> None:
    resource.prlimit(program.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

"""`python -m benchmarks [PEOPLE …]`: Köpir beside a bare python-telegram-bot, in one run on this machine.

Both programs are started, warmed up, and then take turns: one crowd walks the dialogue with ours, the same number of
people with the peer, and again. So a busy minute of the machine falls on both. By default 1 and 50 people. Both
programs have one core, of which the other's idling takes a hundredth; the local Telegram with the people has another.
Everything happens on the loopback, and only the processes started here are ended.
"""

import asyncio
import contextlib
import os
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.dialogue import IN_ALL, THINKING, Walked, WatchedTelegram, numbers_of, walk
from benchmarks.programs import OURS, PEER, Program, Running, busy, served, started
from simulator.phones import Phone

PEOPLE = (1, 50)
TIMES = 2
"""Dialogues each person goes through."""
WARMING = 5
"""People whose one dialogue is not counted: caches fill, modules are imported where they are used."""
STARTS = 3
IDLING = 4.0
"""Seconds during which nobody does anything."""
SETTLING = 0.5
"""Seconds after the last reply for what follows it, such as writing down that it was delivered."""


@dataclass
class Crowd:
    """Some people, what they saw of a program, and what they cost it."""

    phones: list[Phone]
    walked: Walked = field(default_factory=Walked)
    dialogues: int = 0
    cpu: float = 0.0
    seconds: float = 0.0
    others: float = 0.0

    @property
    def per_update(self) -> float:
        return self.cpu / len(self.walked.replies)


@dataclass
class Life:
    """One life of a program, and the people it meets."""

    program: Program
    telegram: WatchedTelegram
    running: Running
    warming: Crowd
    crowds: list[Crowd]
    core: int | None

    async def meet(self, crowd: Crowd) -> None:
        """Everybody of this crowd walks the dialogue once."""
        cpu, begun, worked = self.running.cpu(), perf_counter(), self._busy()
        await walk(self.telegram, crowd.phones, self.program.deeds, crowd.walked)
        await asyncio.sleep(SETTLING)
        spent = self.running.cpu() - cpu
        crowd.cpu += spent
        crowd.others += self._busy() - worked - spent
        crowd.seconds += perf_counter() - begun
        crowd.dialogues += len(crowd.phones)

    async def idles(self) -> float:
        """The CPU of a second in which nobody does anything."""
        before = self.running.cpu()
        await asyncio.sleep(IDLING)
        return (self.running.cpu() - before) / IDLING

    def _busy(self) -> float:
        return 0.0 if self.core is None else busy(self.core)

    def numbers(self) -> set[str]:
        """What was registered. Raises when a dialogue did not end so, or ended so twice."""
        told: list[str] = []
        for crowd in (self.warming, *self.crowds):
            told += numbers_of(crowd.phones, self.program.deeds, crowd.dialogues // len(crowd.phones))
        assert len(set(told)) == len(told), "one number was given twice"
        return set(told)


@dataclass
class Measured:
    """All that is known of one program."""

    crowds: list[Crowd]
    idle: float
    memory: float
    start: float


def main() -> None:
    if not sys.platform.startswith("linux"):
        sys.exit("The benchmark asks the kernel what a process has cost, and knows only Linux.")
    if not all(size.isdecimal() and int(size) for size in sys.argv[1:]):
        sys.exit("usage: python -m benchmarks [PEOPLE …], numbers from 1")
    sizes = tuple(int(size) for size in sys.argv[1:]) or PEOPLE
    own, other = _cores()
    if own is not None:
        os.sched_setaffinity(0, {own})
    void = None
    try:
        ours, peer = asyncio.run(_measure(sizes, other))
    except* AssertionError as wrong:
        void = _first(wrong)
    if void:
        sys.exit(f"The benchmark is void: {void}")
    sys.stdout.write(_report(ours, peer, pinned=own is not None))


def _cores() -> tuple[int | None, int | None]:
    """One for the local Telegram with the people, one for the programs; None when there is but one."""
    cores = sorted(os.sched_getaffinity(0))
    return (cores[0], cores[1]) if len(cores) > 1 else (None, None)


def _first(group: BaseExceptionGroup) -> BaseException:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


async def _measure(sizes: tuple[int, ...], core: int | None) -> list[Measured]:
    starts: dict[str, list[float]] = {OURS.name: [], PEER.name: []}
    for _ in range(STARTS - 1):
        for program in (OURS, PEER):
            async with _life(program, (), core) as life:
                starts[program.name].append(life.running.started_in)
    async with _life(OURS, sizes, core) as ours, _life(PEER, sizes, core) as peer:
        lives = (ours, peer)
        await asyncio.gather(*(life.meet(life.warming) for life in lives))
        idle = await asyncio.gather(*(life.idles() for life in lives))
        for place in range(len(sizes)):
            for _ in range(TIMES):
                for life in lives:
                    await life.meet(life.crowds[place])
        return [
            Measured(
                life.crowds,
                idled,
                life.running.memory(),
                median([*starts[life.program.name], life.running.started_in]),
            )
            for life, idled in zip(lives, idle, strict=True)
        ]


@contextlib.asynccontextmanager
async def _life(program: Program, sizes: tuple[int, ...], core: int | None) -> AsyncIterator[Life]:
    """The program from its start on a fresh database to its end, after which all it said is checked."""
    telegram = WatchedTelegram()
    telegram.add_bot(f"100000:{secrets.token_urlsafe(24)}")
    warming, *crowds = (_crowd(telegram, size) for size in (WARMING, *sizes))
    with tempfile.TemporaryDirectory(prefix="kopir-bench-") as name:
        folder = Path(name)
        await program.prepare(folder, [phone.id for crowd in (warming, *crowds) for phone in crowd.phones])
        async with served(telegram) as url, started(program, telegram, url, folder, core) as running:
            life = Life(program, telegram, running, warming, crowds, core)
            yield life
        program.verify(folder, life.numbers())


def _crowd(telegram: WatchedTelegram, people: int) -> Crowd:
    return Crowd([telegram.phone("Aigerim", language_code="ru") for _ in range(people)])


# --- the report -----------------------------------------------------------------------------------------------------


def _report(ours: Measured, peer: Measured, *, pinned: bool) -> str:
    lines = [f"| | people | {OURS.name} | {PEER.name} | {OURS.name} : {PEER.name} |", "|---|---:|---:|---:|---:|"]
    for mine, theirs in zip(ours.crowds, peer.crowds, strict=True):
        people = str(len(mine.phones))
        lines += [
            _row("CPU per update, ms", people, 1000 * mine.per_update, 1000 * theirs.per_update),
            _row(
                "CPU per dialogue, ms", people, 1000 * mine.cpu / mine.dialogues, 1000 * theirs.cpu / theirs.dialogues
            ),
            _row("updates a second that one core could serve", people, 1 / mine.per_update, 1 / theirs.per_update),
            _row("updates a second in this run", people, mine.walked.rate, theirs.walked.rate),
        ]
        for percent in (50, 95, 99):
            replies = [1000 * crowd.walked.percentile(percent) for crowd in (mine, theirs)]
            lines.append(_row(f"reply, p{percent}, ms", people, *replies))
    lines += [
        _row("CPU of an idle second, ms", "", 1000 * ours.idle, 1000 * peer.idle),
        _row("memory at the end, MB", "", ours.memory, peer.memory),
        _row("from exec to the first getUpdates, s", "", ours.start, peer.start),
    ]
    return "\n".join([*lines, "", *_conditions(ours, peer, pinned=pinned), ""])


_MEASURABLE = 0.05


def _row(what: str, people: str, ours: float, peer: float) -> str:
    ratio = f"{ours / peer:.2f}" if peer >= _MEASURABLE else "–"
    return f"| {what} | {people} | {_short(ours)} | {_short(peer)} | {ratio} |"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


_CONDITIONS = """\
Every dialogue ended registered exactly once. Updates measured, ours and the peer's: {updates}.
{ours} stores updates, forms, questions and messages in SQLite with synchronous=FULL; its dialogue has {our_steps} \
updates (Done and public besides), the peer's {peer_steps}. The peer stores nothing: a kill loses all of it.
People think {thinking} s after each reply, and longer where more than {in_all} updates a second would come: Telegram \
allows one message a second to a chat and 30 in all. Our limiter obeys, the bare peer has none.
Nobody at the city is told of the questions, in either program: there are no officials in the database.
One core for the programs, another for the local Telegram with the people: {pinned}. Other work took this share of the \
programs' core, ours and the peer's: {others}; where it is more than a few per cent, p95 and p99 mean little.
{warming} dialogues to warm up are not counted; the start is the median of {starts}, with warm files."""


def _conditions(ours: Measured, peer: Measured, *, pinned: bool) -> list[str]:
    both = list(zip(ours.crowds, peer.crowds, strict=True))
    said = _CONDITIONS.format(
        updates=", ".join(f"{len(mine.walked.replies)} and {len(theirs.walked.replies)}" for mine, theirs in both),
        ours=OURS.name,
        our_steps=len(OURS.deeds),
        peer_steps=len(PEER.deeds),
        thinking=THINKING,
        in_all=IN_ALL,
        pinned="yes" if pinned else "NO",
        others=", ".join(f"{_share(mine)} and {_share(theirs)}" for mine, theirs in both) if pinned else "unknown",
        warming=WARMING,
        starts=STARTS,
    )
    return [f"- {line}" for line in said.splitlines()]


def _share(crowd: Crowd) -> str:
    return f"{max(0.0, crowd.others / crowd.seconds):.0%}"


if __name__ == "__main__":
    main()

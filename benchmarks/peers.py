"""`python -m benchmarks.peers [PEOPLE …]`: Köpir beside its peers, in one run on this machine.

All programs are started, warmed up, and then take turns: one crowd walks the dialogue with ours, as many people with
each peer, and again. So a busy minute of the machine falls on all. Three things are asked: what an update costs at the
pace that Telegram's limits allow, how fast it goes without them, and how fast with 50 ms to Telegram, as in reality.
The programs have one core, of which the others' idling takes a hundredth; the local Telegram with the people has
another. Everything happens on the loopback, and only the processes started here are ended.
"""

import asyncio
import contextlib
import gc
import os
import secrets
import sqlite3
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks import KEPT, VOID, ended
from benchmarks.dialogue import (
    AT_ONCE,
    IN_ALL,
    THINKING,
    Walked,
    WatchedTelegram,
    numbers_of,
    rush,
    sends,
    thinking_of,
    walk,
)
from benchmarks.programs import (
    AIOGRAM,
    BARE,
    OURS,
    PEERS_PYTHON,
    UNLIMITED,
    Program,
    Running,
    busy,
    cores,
    served,
    started,
)
from simulator.phones import Phone

PACED = {1: 2, 50: 2, 500: 1}
"""People, and the dialogues that each goes through at the pace of Telegram's limits."""
TOGETHER = 200
"""From so many people on all programs are met at the same time, not in turn: a turn would take minutes."""
CROWD = 50
"""People in everything else."""
WITHOUT_PAUSE = {1: (4, 25), 50: (6, 2), 500: (2, 1)}
"""People; how often a crowd of so many has its turn; and the dialogues that each goes through in a turn, one after
another without thinking. In a turn of seven updates the first ones, out of caches that the others have filled, and the
quiet half second at its end would be most of what is measured, and its beginning and end most of the rate.
"""
LATENCY = 0.050
"""Seconds that each call to Telegram takes on the network, there and back."""
TIMES_BARE = 20
"""So many times as fast as bare PTB with that latency ours has to be."""
AT_THE_RATE = 5
"""Dialogues of each at that rate, one after another."""
A_LITTLE_MORE = 1.03
"""The rate is reckoned from the first update to the last reply: at both ends not everybody is busy."""
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

    @property
    def disturbed(self) -> float:
        """The share of the programs' core that went to anybody else."""
        return max(0.0, self.others / self.seconds)


@dataclass
class Life:
    """One life of a program, and the people it meets."""

    program: Program
    telegram: WatchedTelegram
    running: Running
    folder: Path
    people: list[Phone]
    core: int | None
    met: list[Crowd] = field(default_factory=list)
    rushed: set[str] = field(default_factory=set)

    def crowd(self, people: int) -> Crowd:
        """So many who have not met the program yet."""
        crowd = Crowd([self.people.pop() for _ in range(people)])
        self.met.append(crowd)
        return crowd

    async def meets(
        self, crowd: Crowd, *, thinking: float | None = None, steady: bool = False, times: int = 1
    ) -> Crowd:
        """Everybody of this crowd walks the dialogue so many times, at the pace of Telegram's limits or a given one."""
        pause = thinking_of(len(crowd.phones)) if thinking is None else thinking
        cpu, begun, worked = self.running.cpu(), perf_counter(), self._busy()
        async with self._named(), _no_garbage():
            deeds = self.program.deeds
            await walk(self.telegram, crowd.phones, deeds, crowd.walked, thinking=pause, steady=steady, times=times)
        await asyncio.sleep(SETTLING)
        spent = self.running.cpu() - cpu
        crowd.cpu += spent
        crowd.others += self._busy() - worked - spent
        crowd.seconds += perf_counter() - begun
        crowd.dialogues += len(crowd.phones) * times
        return crowd

    async def handles(self, people: int) -> float:
        """Updates a second that are stored, decided and committed when all come at once, whatever may be sent."""
        phones = [self.people.pop() for _ in range(people)]
        with contextlib.closing(sqlite3.connect(self.folder / "kopir.db")) as db:
            before, begun = _handled(db), perf_counter()
            await rush(phones)
            while _handled(db) - before < people * len(AT_ONCE):
                await asyncio.sleep(0.01)
                assert perf_counter() - begun < 60, "the updates of a rush were not handled"
            took = perf_counter() - begun
        self.rushed = set(await asyncio.gather(*(sends(phone) for phone in phones)))
        assert len(self.rushed) == people, "one number was given twice"
        await asyncio.sleep(SETTLING)
        return people * len(AT_ONCE) / took

    @contextlib.asynccontextmanager
    async def _named(self) -> AsyncIterator[None]:
        """What goes wrong here goes wrong with this program: its name, and the end of what it logged."""
        try:
            yield
        except* AssertionError as wrong:
            logged = (self.folder / "log").read_text()[-2000:]
            why = f"{self.program.name}: {_first(wrong)}\n{logged}"
        else:
            return
        raise AssertionError(why)

    async def idles(self) -> float:
        """The CPU of a second in which nobody does anything."""
        before = self.running.cpu()
        await asyncio.sleep(IDLING)
        return (self.running.cpu() - before) / IDLING

    def _busy(self) -> float:
        return 0.0 if self.core is None else busy(self.core)

    def numbers(self) -> set[str]:
        """What was registered. Raises when a dialogue did not end so, or ended so twice."""
        told = list(self.rushed)
        for crowd in self.met:
            told += numbers_of(crowd.phones, self.program.deeds, crowd.dialogues // len(crowd.phones))
        assert len(set(told)) == len(told), "one number was given twice"
        return set(told)


@contextlib.asynccontextmanager
async def _no_garbage() -> AsyncIterator[None]:
    """The local Telegram and its people are in this process: where it looks for garbage, a tenth of a second at a time,
    every reply under way would be late.
    """
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _handled(db: sqlite3.Connection) -> int:
    found: int = db.execute("SELECT count(*) FROM inbox WHERE done_at IS NOT NULL").fetchone()[0]
    return found


@dataclass
class Measured:
    """All that is known of one program."""

    name: str
    steps: int
    paced: list[Crowd] = field(default_factory=list)
    fast: list[Crowd] = field(default_factory=list)
    far: Crowd | None = None
    idle: float = 0.0
    memory: float = 0.0
    start: float = 0.0


@dataclass
class Distances:
    """Of ours alone, 50 ms away from Telegram: at its limits, and without them at the rate that was promised."""

    obeying: Crowd
    wanted: float
    at_the_rate: Crowd
    handled: float


def main() -> int:
    if not sys.platform.startswith("linux"):
        sys.exit("The benchmark asks the kernel what a process has cost, and knows only Linux.")
    if not all(size.isdecimal() and int(size) for size in sys.argv[1:]):
        sys.exit("usage: python -m benchmarks.peers [PEOPLE …], numbers from 1")
    if not PEERS_PYTHON.exists():
        sys.exit("aiogram, one of the peers, is not there: `make bench` installs it.")
    sizes = {int(size): PACED.get(int(size), 2) for size in sys.argv[1:]} or PACED
    own, other = cores()
    if own is not None:
        os.sched_setaffinity(0, {own})
    void = None
    try:
        found, distances = asyncio.run(_measure(sizes, other))
    except* AssertionError as wrong:
        void = _first(wrong)
    if void:
        sys.stderr.write(f"The benchmark is void: {void}\n")
        return VOID
    sys.stdout.write(_report(found, distances, pinned=own is not None))
    return KEPT


def _first(group: BaseExceptionGroup) -> BaseException:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


# --- the measuring --------------------------------------------------------------------------------------------------

PEERS = (OURS, BARE, AIOGRAM)


async def _measure(sizes: dict[int, int], core: int | None) -> tuple[list[Measured], Distances]:
    found = [Measured(program.name, len(program.deeds)) for program in PEERS]
    await _started(found, core)
    needed = 2 * sum(sizes) + WARMING
    async with contextlib.AsyncExitStack() as stack:
        lives = [await stack.enter_async_context(_life(program, needed, core)) for program in PEERS]
        await _warmed(lives)
        for one, idle in zip(found, await asyncio.gather(*(life.idles() for life in lives)), strict=True):
            one.idle = idle
        await _at_the_pace(sizes, lives, found)
        unlimited = await stack.enter_async_context(_life(UNLIMITED, needed, core))
        await _warmed([unlimited])
        for people in sizes:
            turns, times = WITHOUT_PAUSE.get(people, (2, 1))
            crowds = await _without_pause([unlimited, *lives[1:]], people, turns, times)
            for one, crowd in zip(found, crowds, strict=True):
                one.fast.append(crowd)
    return found, await _far_away(found, core)


async def _started(found: list[Measured], core: int | None) -> None:
    starts: list[list[float]] = [[] for _ in PEERS]
    for _ in range(STARTS):
        for program, seconds in zip(PEERS, starts, strict=True):
            async with _life(program, 0, core) as life:
                seconds.append(life.running.started_in)
    for one, seconds in zip(found, starts, strict=True):
        one.start = median(seconds)


async def _warmed(lives: Sequence[Life]) -> None:
    await asyncio.gather(*(life.meets(life.crowd(WARMING)) for life in lives))


async def _at_the_pace(sizes: dict[int, int], lives: Sequence[Life], found: Sequence[Measured]) -> None:
    for people, times in sizes.items():
        crowds = [life.crowd(people) for life in lives]
        for _ in range(times):
            if people >= TOGETHER:
                await asyncio.gather(*(life.meets(crowd) for life, crowd in zip(lives, crowds, strict=True)))
            else:
                for life, crowd in zip(lives, crowds, strict=True):
                    await life.meets(crowd)
        for one, crowd in zip(found, crowds, strict=True):
            one.paced.append(crowd)
    for life, one in zip(lives, found, strict=True):
        one.memory = life.running.memory()


async def _without_pause(lives: Sequence[Life], people: int, turns: int, times: int) -> list[Crowd]:
    """Everybody does the next step as soon as the reply to the last is there."""
    crowds = [life.crowd(people) for life in lives]
    for _ in range(turns):
        for life, crowd in zip(lives, crowds, strict=True):
            await life.meets(crowd, thinking=0.0, times=times)
    return crowds


async def _far_away(found: Sequence[Measured], core: int | None) -> Distances:
    async with contextlib.AsyncExitStack() as stack:
        far = [(UNLIMITED, 2 * CROWD), (BARE, CROWD), (AIOGRAM, CROWD), (OURS, 2 * CROWD)]
        lives = [
            await stack.enter_async_context(_life(program, people + WARMING, core, LATENCY)) for program, people in far
        ]
        await _warmed(lives)
        *peers, ours = lives
        for one, crowd in zip(found, await _without_pause(peers, CROWD, turns=1, times=2), strict=True):
            one.far = crowd
        assert found[1].far is not None  # bare PTB, a line above
        wanted = TIMES_BARE * found[1].far.walked.rate
        crowd = peers[0].crowd(CROWD)
        await peers[0].meets(crowd, thinking=CROWD / (wanted * A_LITTLE_MORE), steady=True, times=AT_THE_RATE)
        obeying = await ours.meets(ours.crowd(CROWD))
        return Distances(obeying, wanted, crowd, await ours.handles(CROWD))


@contextlib.asynccontextmanager
async def _life(program: Program, people: int, core: int | None, latency: float = 0.0) -> AsyncIterator[Life]:
    """The program from its start on a fresh database to its end, after which all it said is checked."""
    telegram = WatchedTelegram()
    telegram.add_bot(f"100000:{secrets.token_urlsafe(24)}")
    phones = [telegram.phone("Aigerim", language_code="ru") for _ in range(people)]
    with tempfile.TemporaryDirectory(prefix="kopir-bench-") as name:
        folder = Path(name)
        await program.prepare(folder, [phone.id for phone in phones])
        async with served(telegram, latency) as url, started(program, telegram, url, folder, core) as running:
            life = Life(program, telegram, running, folder, phones, core)
            yield life
        program.verify(folder, life.numbers())


# --- the report -----------------------------------------------------------------------------------------------------


def _report(found: list[Measured], distances: Distances, *, pinned: bool) -> str:
    day = datetime.now(UTC)  # noqa: TID251 - nobody passes it in: this stands where bot.clock stands
    apart = (
        "one core for the programs, another for the local Telegram with the people" if pinned else "one core for all"
    )
    blocks = [
        f"{day:%Y-%m-%d %H:%M} UTC; {apart}; load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.",
        "### At the pace that Telegram's limits allow",
        _table(found, _paced_rows(found)),
        _said(_PACED_SAID, found, disturbed=_disturbed(_in_turn(found))),
        "### As fast as it goes: people who do not think",
        _table(found, _fast_rows(found)),
        _said(_FAST_SAID, found, disturbed=_disturbed([crowd for one in found for crowd in one.fast])),
        f"### The same with {1000 * LATENCY:.0f} ms to Telegram",
        _table(found, _crowd_rows([one.far for one in found if one.far])),
        _distances(distances),
        _said(_FAR_SAID, found, disturbed=_disturbed([distances.at_the_rate, distances.obeying])),
    ]
    return "\n\n".join(blocks) + "\n"


Row = tuple[str, str, Sequence[float]]


def _table(found: Sequence[Measured], rows: Sequence[Row]) -> str:
    names = [one.name for one in found]
    heads = ["", "people", *names, *(f"{names[0]} : {name}" for name in names[1:])]
    return "\n".join([_line(heads), "|---|" + "---:|" * (len(heads) - 1), *(_line(_cells(*row)) for row in rows)])


_MEASURABLE = 0.5
"""Of the other's figure: a ratio to less says nothing."""


def _cells(what: str, people: str, values: Sequence[float]) -> list[str]:
    ratios = [f"{values[0] / other:.2f}" if other >= _MEASURABLE else "–" for other in values[1:]]
    return [what, people, *map(_short, values), *ratios]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _paced_rows(found: Sequence[Measured]) -> list[Row]:
    rows = _rows_of([one.paced for one in found])
    rows += [
        ("CPU of an idle second, ms", "", [1000 * one.idle for one in found]),
        ("memory after that, MB", "", [one.memory for one in found]),
        ("from exec to the first getUpdates, ms", "", [1000 * one.start for one in found]),
    ]
    return rows


def _fast_rows(found: Sequence[Measured]) -> list[Row]:
    return _rows_of([one.fast for one in found])


def _rows_of(crowds: Sequence[Sequence[Crowd]]) -> list[Row]:
    """Of crowds of each size, one program beside the other."""
    return [row for of_one_size in zip(*crowds, strict=True) for row in _crowd_rows(of_one_size)]


def _crowd_rows(crowds: Sequence[Crowd]) -> list[Row]:
    people = str(len(crowds[0].phones))
    rows: list[Row] = [
        ("CPU of 1,000 updates, s", people, [1000 * crowd.per_update for crowd in crowds]),
        ("CPU of a dialogue, ms", people, [1000 * crowd.cpu / crowd.dialogues for crowd in crowds]),
        ("updates a second", people, [crowd.walked.rate for crowd in crowds]),
    ]
    for percent in (50, 95, 99):
        rows.append((f"reply, p{percent}, ms", people, [1000 * crowd.walked.percentile(percent) for crowd in crowds]))
    return rows


def _distances(found: Distances) -> str:
    lines = [
        "| Köpir alone | people | updates a second | reply, p50, ms | reply, p95, ms |",
        "|---|---:|---:|---:|---:|",
    ]
    for what, crowd in (
        (f"without limits; wanted: {found.wanted:.0f} a second, {TIMES_BARE} × bare PTB", found.at_the_rate),
        ("obeying Telegram's limits, people think", found.obeying),
    ):
        replies = [_short(1000 * crowd.walked.percentile(percent)) for percent in (50, 95)]
        lines.append(_line([what, str(len(crowd.phones)), _short(crowd.walked.rate), *replies]))
    what = f"obeying them, {len(AT_ONCE) * CROWD} updates at once: handled"
    lines.append(_line([what, str(CROWD), _short(found.handled), "–", "–"]))
    return "\n".join(lines)


def _in_turn(found: Sequence[Measured]) -> list[Crowd]:
    return [crowd for one in found for crowd in one.paced if len(crowd.phones) < TOGETHER]


def _disturbed(crowds: Sequence[Crowd]) -> str:
    return f"{max(crowd.disturbed for crowd in crowds):.0%}" if crowds else "an unknown share"


def _said(text: str, found: Sequence[Measured], disturbed: str) -> str:
    filled = text.format(
        steps=found[0].steps,
        peers_steps=found[1].steps,
        thinking=THINKING,
        in_all=IN_ALL,
        disturbed=disturbed,
        warming=WARMING,
        starts=STARTS,
        together=TOGETHER,
        latency=1000 * LATENCY,
        rush=len(AT_ONCE),
    )
    return "\n".join(f"- {line}" for line in filled.splitlines())


_PACED_SAID = """\
Every dialogue ended registered exactly once, with the text as it was written. Ours has {steps} updates, for it asks \
besides whether the text is done and whether it may be public; the peers' have {peers_steps}. So compare updates and \
dialogues both.
Köpir commits updates, forms, questions, the audit and messages to SQLite with synchronous=FULL. Bare PTB stores \
nothing; aiogram keeps states in memory and commits one INSERT a dialogue to SQLite with synchronous=FULL. A kill \
loses their dialogues under way, and every update they have taken.
People think {thinking} s after each reply, and longer where more than {in_all} updates a second would come: Telegram \
allows one message a second to a chat and 30 in all. Ours obeys, the peers know no limits.
Nobody at the city is told of the questions, in any program: there are no officials in the database.
Programs take turns; {together} people or more are with all of them at the same time, so there CPU can be compared, \
and replies are those of a core that serves three.
Other work took up to {disturbed} of the programs' core; where it is more than a few per cent, p95 and p99 mean little.
{warming} dialogues to warm up are not counted; the start is the median of {starts}, with warm files."""
_FAST_SAID = """\
Köpir runs here from benchmarks/unlimited.py, which lets sending through as if Telegram had no limits; everything else \
is as it was. Telegram would refuse a bot that sends so, ours and the peers alike: the figures say what the programs \
could do.
Everybody waits for the reply before the next step. Other work took up to {disturbed} of the core."""
_FAR_SAID = """\
Each call to Telegram takes {latency:.0f} ms on the network, half of it there, half back; nothing of it is CPU. People \
see a reply when it has arrived at Telegram.
In the first table and the first line of the second Köpir runs without limits, as above. In the rest it obeys them.
"At once": everybody does {rush} steps without waiting for a reply, then presses [Send]. A question is registered, and \
its text of three messages is in order, only if each person's steps were handled in order; every one was. Handled is \
stored, decided and committed, with its reply promised; the replies themselves leave at 30 a second.
Other work took up to {disturbed} of the core."""


if __name__ == "__main__":
    sys.exit(ended(main))

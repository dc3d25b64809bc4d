"""An announcement to many while the program is killed: everybody gets it, at Telegram's pace, and people go first."""

import asyncio
import itertools
import random
from collections import Counter

from bot.telegram import SENDS_AT_ONCE
from domain.announcement import EVERYBODY, Audience, Content, Piece, State
from storage import announcements, people
from tests.faults.machine import ADMIN_ID, EVERYTHING, Machine, Resident, seconds, until

PEOPLE, KILLS, WATCHED = (2_000, 20, 30.0) if EVERYTHING else (60, 3, 3.5)
"""`WATCHED` seconds of undisturbed sending."""
TEXT = "The forum of NGOs meets on Friday at 15:00."
ALLOWED, STOPS_WITHIN = 30, 2.0
"""Messages a second that Telegram lets through; seconds."""
USED, ANSWERED_WITHIN = (0.95, 1.0) if EVERYTHING else (0.8, 2.0)
"""The part of them that has to be used, and how soon 95 of 100 presses are answered: less beside other tests."""
PATIENCE = 300.0


async def _is_under_way(machine: Machine) -> None:
    """Confirmed and started, when the program is not there."""
    machine.private.append(TEXT)
    content = Content().write(EVERYBODY, Piece(1, TEXT))
    now = machine.telegram.now()
    async with machine.database() as database, database.transaction() as db:
        await people.appoint(db, [ADMIN_ID], now)
        number = await announcements.enter(db, ADMIN_ID, content, Audience(), State.SENDING, None, now)
        entered = await announcements.find(db, number)
        assert entered
        await announcements.start(db, entered, now)
        await announcements.promise_progress(db, number, now)


def _sends(machine: Machine, *, copies: bool = False) -> list[float]:
    """When something was said, in seconds; or only when somebody got a copy."""
    return [
        call.at.timestamp()
        for call in machine.telegram.record
        if call.status == 200
        and call.method.startswith(("send", "editMessage"))
        and (not copies or call.params.get("text") == TEXT)
    ]


def _most_in_a_second(sends: list[float]) -> int:
    """In any window of one second."""
    most, first = 0, 0
    for last, at in enumerate(sends):
        while at - sends[first] >= 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most


async def test_kills_while_it_goes_out_leave_nobody_out(machine: Machine) -> None:
    machine.from_nothing = True  # the pace is counted over the kills too: a start takes as long as it does in life
    everybody = await machine.representatives(PEOPLE)
    saule = await machine.acquainted("Saule", ADMIN_ID)
    await _is_under_way(machine)
    program = await machine.start()
    chance = random.Random(20261122)  # noqa: S311 - the same in every run
    reached = [PEOPLE * n // (KILLS + 1) for n in range(1, KILLS + 1)]
    for so_many in reached:  # the kills fall upon the whole of the sending
        await until(lambda n=so_many: len(_sends(machine, copies=True)) >= n, PATIENCE)
        await asyncio.sleep(chance.uniform(0.0, 0.2))
        assert program.alive, machine.log[-2000:]
        await program.kill()
        program = await machine.start()
    await saule.sees(f"Delivered: {PEOPLE}\nHave read it", PATIENCE)

    got = Counter(person.heard.count(TEXT) for person in everybody)
    assert got[0] == 0, "left out"
    twice = sum((n - 1) * count for n, count in got.items())
    assert twice <= KILLS * SENDS_AT_ONCE
    assert _most_in_a_second(_sends(machine)) <= ALLOWED
    print(f"{PEOPLE} people, {KILLS} kills: {twice} copies twice")  # noqa: T201


async def test_at_telegrams_pace_people_first_and_stopped_at_once(machine: Machine) -> None:
    await machine.representatives(int(WATCHED * ALLOWED * 2))
    saule = await machine.acquainted("Saule", ADMIN_ID)
    officials = await machine.officials()
    await _is_under_way(machine)
    await machine.start()
    await saule.sees("is being sent")
    async with asyncio.TaskGroup() as tasks:
        presses = [tasks.create_task(_presses(official, n / 5)) for n, official in enumerate(officials)]
        await asyncio.sleep(WATCHED)
    answered = sorted(itertools.chain.from_iterable(press.result() for press in presses))
    sends = _sends(machine)
    saule.presses("stop")
    pressed = machine.telegram.now().timestamp()
    await saule.sees("Not sent because it was stopped", 10)
    last = _sends(machine, copies=True)[-1] - pressed
    assert last < STOPS_WITHIN

    watched = [at for at in sends if at > pressed - WATCHED + 1.0]
    pace = (len(watched) - 1) / (watched[-1] - watched[0])
    assert pace >= USED * ALLOWED
    assert _most_in_a_second(_sends(machine)) <= ALLOWED
    slow = answered[int(0.95 * len(answered))]
    assert slow < ANSWERED_WITHIN
    print(  # noqa: T201
        f"{pace:.1f} a second, at most {_most_in_a_second(sends)}; a press answered after {slow:.2f} s (p95 of "
        f"{len(answered)}); the last copy {last:.2f} s after [Stop]"
    )


async def _presses(official: Resident, begins: float) -> list[float]:
    """How long each press waited for its answer. Not more often than Telegram lets one chat be written to."""
    took: list[float] = []
    end = seconds() + WATCHED - 1.0
    await asyncio.sleep(begins)
    while seconds() < end:
        began = seconds()
        official.phone.presses_data("keep")
        await official.sees("Nothing was deleted")
        took.append(seconds() - began)
        await asyncio.sleep(1.1)
    return took

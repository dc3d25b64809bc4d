"""Two copies on one PostgreSQL, killed or frozen again and again: every update acts once, every reply comes once."""

import asyncio
import random
import signal

import pytest

from bot.telegram import SENDS_AT_ONCE
from storage.outbox import LEASE
from tests.faults.askers import PATIENCE, PROMPTS, Asker
from tests.faults.machine import EVERYTHING, Machine, Program

PEOPLE, ROUNDS, KILLS = (50, 2, 10) if EVERYTHING else (12, 1, 0)
FREEZES = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, LEASE.total_seconds() + 5.0)
"""Seconds, of one copy or the other in turn. Beyond the lease the other copy takes over what the frozen one held."""


async def test_two_copies_never_do_the_same_twice(machine_on_postgresql: Machine) -> None:
    machine = machine_on_postgresql
    askers = await _askers(machine)
    await machine.start_blindly()
    await machine.start_blindly()
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
        for asker in askers:
            tasks.create_task(_ask(asker))
    await machine.at_rest(300)
    assert all(program.alive for program in machine.programs)
    assert sum(asker.person.repeats for asker in askers) == 0
    await _each_once(machine, askers)
    owners = dict(await machine.rows("SELECT leased_by, count(*) FROM outbox GROUP BY leased_by"))
    assert len(owners) == 2, "both deliver"
    conflicts = sum(call.status == 409 for call in machine.telegram.record)
    print(f"delivered {sorted(owners.values())}, {conflicts} conflicts in polling")  # noqa: T201


@pytest.mark.skipif(not EVERYTHING, reason="the long version: KOPIR_FAULTS=all")
async def test_two_copies_of_which_one_is_killed(machine_on_postgresql: Machine) -> None:
    machine = machine_on_postgresql
    chance = random.Random(20260302)  # noqa: S311 - the same moments in every run
    askers = await _askers(machine)
    steady = await machine.start_blindly()
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
        for asker in askers:
            tasks.create_task(_ask(asker))
        for _ in range(KILLS):
            program = await machine.start_blindly()
            await asyncio.sleep(chance.uniform(1.5, 3.0))
            await program.kill()
        await machine.start_blindly()
    await machine.at_rest(300)
    assert steady.alive
    await _each_once(machine, askers)
    print(f"{KILLS} kills, {sum(asker.person.repeats for asker in askers)} messages twice")  # noqa: T201


@pytest.mark.skipif(not EVERYTHING, reason="the long version: KOPIR_FAULTS=all")
async def test_two_copies_of_which_one_freezes(machine_on_postgresql: Machine) -> None:
    """A frozen copy holds connections, locks and claims, and wakes up as if nothing had been."""
    machine = machine_on_postgresql
    askers = await _askers(machine)
    copies = [await machine.start_blindly(), await machine.start_blindly()]
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
        for asker in askers:
            tasks.create_task(_ask(asker))
        await askers[0].person.sees("Noted:", PATIENCE)
        for n, long in enumerate(FREEZES):
            await _freeze(copies[n % 2], long)
            await asyncio.sleep(0.3)
    await machine.at_rest(300)
    assert all(program.alive for program in copies)
    await _each_once(machine, askers)
    twice = sum(asker.person.repeats for asker in askers)
    over_the_lease = sum(long > LEASE.total_seconds() for long in FREEZES)
    assert twice <= over_the_lease * SENDS_AT_ONCE
    print(f"{len(FREEZES)} freezes of up to {max(FREEZES):.0f} s, {twice} messages twice")  # noqa: T201


async def _freeze(program: Program, long: float) -> None:
    program.process.send_signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(long)
    finally:
        program.process.send_signal(signal.SIGCONT)


async def _askers(machine: Machine) -> list[Asker]:
    await machine.officials()
    return [Asker(person, 1 + n % 12) for n, person in enumerate(await machine.representatives(PEOPLE))]


async def _ask(asker: Asker) -> None:
    for _ in range(ROUNDS):
        await asker.ask()


async def _each_once(machine: Machine, askers: list[Asker]) -> None:
    stored = dict(await machine.rows("SELECT number, text FROM questions"))
    assert sorted(stored.values()) == sorted(text for asker in askers for text in asker.texts)
    assert sorted(int(number[-6:]) for number in stored) == list(range(1, len(stored) + 1))
    for asker in askers:
        assert [stored[number] for number in asker.acknowledged] == asker.texts
        heard = asker.person.heard_once
        begins = "\n".join(said.splitlines()[0] for said in heard)
        assert len(heard) == len(PROMPTS) * ROUNDS, begins
        assert all(part in said for part, said in zip(PROMPTS * ROUNDS, heard, strict=True)), begins

"""Kills at random moments while many people ask: nothing acknowledged is lost, nothing is registered twice."""

import asyncio
import itertools
import random
from collections import Counter

import pytest

from bot.telegram import SENDS_AT_ONCE
from tests.faults.askers import PATIENCE, PROMPTS, Asker, number_in
from tests.faults.machine import EVERYTHING, Machine

KILLS, PEOPLE, AT_LEAST = (100, 50, 1000) if EVERYTHING else (20, 10, 20)
KILLS_ON_POSTGRESQL, AT_LEAST_ON_POSTGRESQL = 30, 300
"""Eight messages a question, thirty a second as Telegram allows: a thousand questions last five minutes."""
THE_START_TAKES = 0.6 if EVERYTHING else 0.15
"""Seconds at most; less where importing is saved: see `tests.faults.nursery`."""
ONE_TOPIC_OF_EACH_DEPARTMENT = (1, 6, 8, 10, 11)


async def test_kills_at_random_moments_lose_nothing(machine: Machine) -> None:
    await _kill_and_count(machine, KILLS, AT_LEAST, seed=20260302)


@pytest.mark.skipif(not EVERYTHING, reason="the long version: KOPIR_FAULTS=all")
async def test_kills_at_random_moments_lose_nothing_on_postgresql(machine_on_postgresql: Machine) -> None:
    await _kill_and_count(machine_on_postgresql, KILLS_ON_POSTGRESQL, AT_LEAST_ON_POSTGRESQL, seed=20260303)


async def _kill_and_count(machine: Machine, kills: int, at_least: int, seed: int) -> None:
    officials = await machine.officials()
    everybody = await machine.representatives(PEOPLE)
    askers = [
        Asker(person, topic)
        for person, topic in zip(everybody, itertools.cycle(ONE_TOPIC_OF_EACH_DEPARTMENT), strict=False)
    ]
    machine.private.append("Question 0")
    async with asyncio.timeout(PATIENCE):
        await _kill_while_they_ask(machine, askers, kills, at_least, random.Random(seed))  # noqa: S311 - the same in every run
    await machine.at_rest(PATIENCE)

    stored = dict(await machine.rows("SELECT number, text FROM questions"))
    asked = [text for asker in askers for text in asker.texts]
    assert sorted(stored.values()) == sorted(asked), "each text once"
    assert [int(number[-6:]) for number in sorted(stored)] == list(range(1, len(asked) + 1)), "numbers have no gaps"
    for asker in askers:
        assert [stored[number] for number in asker.acknowledged] == asker.texts, "each confirmed, in order"
        heard = asker.person.heard_once
        assert len(heard) == len(PROMPTS) * len(asker.texts), Counter(heard)
        assert all(part in said for part, said in zip(PROMPTS * len(asker.texts), heard, strict=True)), heard
    told = [number_in(said) for official in officials for said in official.heard_once]
    assert sorted(told) == sorted(stored), "the department hears of each"
    repeats = sum(person.repeats for person in [*everybody, *officials])
    assert repeats <= kills * SENDS_AT_ONCE
    print(f"{kills} kills, {len(asked)} questions, {repeats} messages twice")  # noqa: T201


async def _kill_while_they_ask(
    machine: Machine, askers: list[Asker], kills: int, at_least: int, chance: random.Random
) -> None:
    """A quarter of the lives end before the program is there, the others within a second; the last one goes on."""
    enough = asyncio.Event()

    async def ask_on(asker: Asker) -> None:
        while not enough.is_set() or sum(len(a.texts) for a in askers) < at_least:
            await asker.ask()

    async with asyncio.TaskGroup() as tasks:
        for asker in askers:
            tasks.create_task(ask_on(asker))
        for _ in range(kills):
            in_its_start = chance.random() < 0.25
            program = await (machine.start_blindly() if in_its_start else machine.start())
            await asyncio.sleep(chance.uniform(0.0, THE_START_TAKES) if in_its_start else chance.uniform(0.0, 1.0))
            assert program.alive, machine.log[-2000:]
            await program.kill()
        enough.set()
        await machine.start()

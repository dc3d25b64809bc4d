"""One person sends five hundred messages at once: what others wait for their answers hardly changes."""

import asyncio
from statistics import quantiles

import pytest

from tests.faults.machine import EVERYTHING, Machine, Resident, seconds

PEOPLE, LOOKS = (30, 10) if EVERYTHING else (20, 2)
MESSAGES = 500
MAY_GROW = 0.5
"""Seconds, of the 95th hundredth."""


@pytest.mark.skipif(not EVERYTHING, reason="the long version: KOPIR_FAULTS=all")
async def test_a_flood_of_one_person_delays_nobody_else(machine: Machine) -> None:
    """A machine that is busy with other things delays as well, but not in each of three rounds."""
    everybody = await machine.representatives(PEOPLE)
    vandals = [await machine.acquainted(f"Vandal-{n}", 4_000_000_666 + n) for n in range(3)]
    await machine.start(UPDATES_A_MINUTE="60")
    await _waits(everybody[:2], 1)  # what is imported at the first use is no delay of anybody's
    grown = []
    for vandal in vandals:
        quiet = _p95(await _waits(everybody, LOOKS))
        for n in range(MESSAGES):
            vandal.writes(f"{n}")
        flooded = _p95(await _waits(everybody, LOOKS))
        grown.append(flooded - quiet)
        print(f"p95 {quiet:.3f} s, in the flood {flooded:.3f} s")  # noqa: T201
        await vandal.sees("more than 60 messages and presses within a minute")
        assert await machine.count(f"inbox WHERE person_id = {vandal.id}") == MESSAGES, "nothing is lost"
        if grown[-1] < MAY_GROW:
            break
    assert min(grown) < MAY_GROW, grown
    assert await machine.count("inbox WHERE attempts > 0") == 0


async def _waits(people: list[Resident], looks: int) -> list[float]:
    """Each looks at the list of questions a second after the last look: Telegram lets one message a second through."""
    found: list[float] = []

    async def look(person: Resident, start: float) -> None:
        await asyncio.sleep(start)
        for _ in range(looks):
            begun = seconds()
            person.writes("/my")
            await person.sees("Open questions")
            found.append(seconds() - begun)
            await asyncio.sleep(1.1)

    async with asyncio.TaskGroup() as tasks:
        for n, person in enumerate(people):
            tasks.create_task(look(person, n * 1.1 / len(people)))
    return found


def _p95(waits: list[float]) -> float:
    return quantiles(waits, n=20)[-1]

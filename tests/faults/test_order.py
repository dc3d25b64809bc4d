"""Order within a person, and who blocks the bot: what many at once must not disturb."""

import asyncio
import re

import pytest

from tests.faults.machine import EVERYTHING, Machine, Resident, until

WRITERS, PIECES = (200, 20) if EVERYTHING else (20, 10)
GUESTS, BLOCKERS = (1_000, 100) if EVERYTHING else (40, 4)
PATIENCE = 300.0


@pytest.mark.skipif(not EVERYTHING, reason="the long version: KOPIR_FAULTS=all")
async def test_adjacent_bursts_keep_their_order(machine_on_both: Machine) -> None:
    """Each writes a text in pieces, all at once and one person after the other: bursts that lie side by side in one
    answer of Telegram hide no fault, as interleaved ones would. On PostgreSQL two copies divide them among them."""
    machine = machine_on_both
    writers = await machine.representatives(WRITERS)
    for writer in writers:
        writer.writes("/ask")
        writer.phone.presses_data("kind:question")
        writer.phone.presses_data("topic:1")
        for n in range(PIECES):
            writer.writes(f"Piece <{n}>.")
        writer.phone.presses_data("done")
        writer.phone.presses_data("public:0")
    await machine.start_blindly()
    if machine.database_url.startswith("postgresql"):
        await machine.start_blindly()
    async with asyncio.timeout(PATIENCE):
        while await machine.count("inbox WHERE done_at IS NOT NULL") < WRITERS * (PIECES + 5):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    forms = await machine.rows("SELECT person_id, step, data FROM forms")
    in_order = "".join(f"<{n}>" for n in range(PIECES))
    found = {person: (step, "".join(re.findall(r"<\d+>", data))) for person, step, data in forms}
    wrong = [writer.id for writer in writers if found.get(writer.id) != ("preview", in_order)]
    assert wrong == [], {person: found.get(person) for person in wrong}
    assert await machine.count("inbox WHERE attempts > 0") == 0
    print(f"{WRITERS} bursts of {PIECES + 5} updates: {len(wrong)} out of order")  # noqa: T201


async def test_who_blocks_the_bot_is_left_in_peace_and_comes_back(machine: Machine) -> None:
    """Half of them say so by Telegram's update, half only by the refusal of a message."""
    everybody = await machine.representatives(GUESTS)
    blockers = everybody[::10]
    assert len(blockers) == BLOCKERS
    await machine.start()
    for person in everybody:
        person.writes("/my")
    for n, person in enumerate(blockers):
        if n % 2:
            person.phone.blocks()
        else:
            person.phone.room.blocked = True
    await until(lambda: all(person.heard for person in everybody if person not in blockers), PATIENCE)
    async with asyncio.timeout(PATIENCE):
        while await machine.count("outbox WHERE done_at IS NULL"):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    flagged = {id_ for (id_,) in await machine.rows("SELECT id FROM people WHERE blocked_at IS NOT NULL")}
    assert flagged <= {person.id for person in blockers}
    sends = _sends_to(machine, blockers)
    assert max(sends.values(), default=0) <= 1, "asked once, never again"
    for person in blockers:
        person.phone.unblocks()
        person.writes("/my")
    for person in blockers:
        await person.sees("Open questions", PATIENCE)
    assert await machine.count("people WHERE blocked_at IS NOT NULL") == 0, "it ends by itself"
    print(f"{len(blockers)} of {GUESTS} blocked, {len(flagged)} met a refusal, all came back")  # noqa: T201


def _sends_to(machine: Machine, people: list[Resident]) -> dict[int, int]:
    """How often each was written to in vain."""
    ids = {person.id for person in people}
    found: dict[int, int] = {}
    for call in machine.telegram.record:
        chat = int(call.params.get("chat_id") or 0)
        if chat in ids and call.status == 403:
            found[chat] = found.get(chat, 0) + 1
    return found

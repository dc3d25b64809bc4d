"""What arrives again has no second effect; an album is one question, whatever happens in its midst."""

import asyncio
import random

import pytest

from simulator.faults import cut_after
from simulator.telegram import Update
from tests.faults.askers import Asker, number_in
from tests.faults.machine import EVERYTHING, TOPIC, Machine, until

TABLES = ("people", "questions", "entries", "outbox", "forms", "inbox", "audit", "question_messages")


async def test_updates_delivered_three_times_act_once(machine: Machine) -> None:
    await _act_once(machine)


@pytest.mark.skipif(not EVERYTHING, reason="the long version: KOPIR_FAULTS=all")
async def test_updates_delivered_three_times_act_once_on_postgresql(machine_on_postgresql: Machine) -> None:
    await _act_once(machine_on_postgresql)


async def _act_once(machine: Machine) -> None:
    await machine.officials()
    askers = [Asker(person, topic) for topic, person in enumerate(await machine.representatives(8), 1)]
    machine.telegram.faults.shuffle_updates(lambda updates: list(updates) * 3)
    machine.telegram.faults.next("getUpdates", cut_after())
    async with asyncio.TaskGroup() as tasks:
        for asker in askers:
            tasks.create_task(asker.ask(presses_of_send=3))
        await machine.start()
    await machine.at_rest()
    before = await _everything(machine)
    assert await machine.count("questions") == len(askers)
    assert sum(said.count("is registered.") for asker in askers for said in asker.person.heard) == len(askers)

    for restart in (False, True):
        if restart:
            await machine.programs[-1].kill()
            await machine.start()
        await _hand_out_again(machine)
        await machine.at_rest()
        assert await _everything(machine) == before


async def _everything(machine: Machine) -> dict[str, int]:
    """How much of everything there is, and how often anybody was told anything."""
    stored = {table: await machine.count(table) for table in TABLES}
    return stored | {"heard": sum(event["type"] in ("message", "edit") for event in machine.telegram.events)}


async def _hand_out_again(machine: Machine) -> None:
    """All confirmed updates a second time, a hundred at once."""
    ids = [update["update_id"] for update in machine.telegram.bot.handed_out]
    for start in range(0, len(ids), 100):
        machine.telegram.faults.hand_out_again(*ids[start : start + 100])
        await until(lambda: not machine.telegram.faults.updates_again, 60)
    polls = len(machine.telegram.record)
    machine.telegram.faults.hand_out_again(ids[0])
    await until(lambda: any(call.method == "getUpdates" for call in machine.telegram.record[polls:]), 60)


@pytest.mark.skipif(not EVERYTHING, reason="the long version: KOPIR_FAULTS=all")
async def test_a_shuffled_album_with_a_kill_in_its_midst_is_one_question(machine: Machine) -> None:
    chance = random.Random(20260302)  # noqa: S311 - the same order in every run

    def shuffled(updates: list[Update]) -> list[Update]:
        return chance.sample(updates, len(updates))

    official = (await machine.officials())[2]  # culture
    people = await machine.representatives(3)
    program = await machine.start()
    for person in people:
        person.writes("/ask")
        person.phone.presses_data("kind:request")
        await person.sees("What is it about?")
        person.presses(TOPIC)
    for person in people:
        await person.sees("Write it in one or several messages")
    await program.kill()

    photos = {person.id: [f"photo {n} of {person.id}".encode() for n in range(10)] for person in people}
    machine.telegram.faults.shuffle_updates(shuffled)
    for person in people:
        person.phone.sends_album(photos[person.id], caption=f"Photos of {person.id}")
    program = await machine.start()
    await until(lambda: any("Noted" in said for person in people for said in person.heard), 60)
    handled = await machine.count("inbox WHERE done_at IS NOT NULL AND payload LIKE '%media_group_id%'")
    await program.kill()
    await machine.start()
    for person in people:
        await person.sees("Noted")
        person.presses("done_writing")
        person.phone.presses_data("public:0")
    for person in people:
        await person.sees("Check before sending")
        person.presses("send")
    for person in people:
        await person.sees("is registered.")
    await machine.at_rest()

    assert await machine.count("questions") == len(people)
    for person in people:
        [(number, text)] = await machine.rows(f"SELECT number, text FROM questions WHERE author_id = {person.id}")  # noqa: S608
        assert text == f"Photos of {person.id}"
        kept = await machine.rows(
            "SELECT file_id FROM attachments JOIN questions ON questions.id = question_id "  # noqa: S608 - our own number
            f"WHERE number = '{number}' ORDER BY attachments.id"
        )
        assert [machine.telegram.files[file_id].content for (file_id,) in kept] == photos[person.id], "all, in order"
    shown = [message for message in official.phone.chat if "photo" in message]
    assert len(shown) == 10 * len(people)
    assert len({number_in(said) for said in official.heard if "New for the department" in said}) == len(people)
    print(f"killed when about {handled} of 30 photos were handled")  # noqa: T201

"""A kill after each step of the main job: the dialogue goes on where it was, and nobody has to say anything twice."""

import asyncio
import random
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.faults.machine import ADMIN_ID, DEPARTMENT, EVERYTHING, TOPIC, Machine, Resident

NGO = "Общественный фонд «Парасат»"
QUESTION = "Просим помочь с залом для концерта <b>общества слепых</b> & друзей, {0} %s."
ANSWER = "Зал Дома дружбы свободен 20 марта, заявку подайте в отдел."
MORE_THAN_ENOUGH = 0.15
"""Seconds in which an update is fetched, handled and replied to: a kill falls at a random moment of them."""


@dataclass
class Cast:
    aigerim: Resident
    daniyar: Resident
    saule: Resident

    @property
    def invitation(self) -> str:
        link = re.search(r"\?start=(\S+)", self.saule.heard[-1])
        assert link, self.saule.heard
        return f"/start {link.group(1)}"


Deed = Callable[[Cast], None]
Sight = tuple[str, str]
"""Who sees what."""


def writes(who: str, said: str) -> Deed:
    return lambda cast: getattr(cast, who).writes(said)


def presses(who: str, key: str) -> Deed:
    return lambda cast: getattr(cast, who).presses(key)


ROUNDS: list[tuple[list[Deed], list[Sight]]] = [
    # first contact: the NGO registers while the administrator invites an official
    (
        [writes("aigerim", "/start"), writes("saule", "/start")],
        [("aigerim", "Choose the language"), ("saule", "Choose the language")],
    ),
    (
        [presses("aigerim", "English"), presses("saule", "English")],
        [("aigerim", "Consent to the processing"), ("saule", "Consent to the processing")],
    ),
    (
        [presses("aigerim", "agree"), presses("saule", "agree")],
        [("aigerim", "Who are you?"), ("saule", "You are an administrator")],
    ),
    (
        [presses("aigerim", "i_am_ngo"), writes("saule", "/admin")],
        [("aigerim", "Type the name of your NGO"), ("saule", "Waiting for approval: 0")],
    ),
    (
        [writes("aigerim", NGO), presses("saule", "invitation")],
        [("aigerim", "Nothing like"), ("saule", "Whom do you invite?")],
    ),
    (
        [presses("aigerim", "not_in_list"), presses("saule", "Official")],
        [("aigerim", "Type the full name"), ("saule", "For which department?")],
    ),
    (
        [writes("aigerim", NGO), presses("saule", DEPARTMENT)],
        [("aigerim", "The BIN of the NGO"), ("saule", "QR code"), ("saule", "?start=")],
    ),
    (
        [presses("aigerim", "skip"), lambda cast: cast.daniyar.writes(cast.invitation)],
        [("aigerim", "field of work"), ("daniyar", "Choose the language")],
    ),
    (
        [writes("aigerim", "Помощь людям"), presses("daniyar", "English")],
        [("aigerim", "You are entered"), ("saule", "waiting for approval"), ("daniyar", "Consent to the processing")],
    ),
    ([presses("saule", "approve")], [("saule", "approved"), ("aigerim", "You are approved")]),
    (
        [presses("daniyar", "agree")],
        [("saule", "invitation was used"), ("daniyar", "NGOs will see who is responsible")],
    ),
    # asking
    (
        [writes("aigerim", "/ask"), presses("daniyar", "skip")],
        [("aigerim", "What would you like to send?"), ("daniyar", "Your list: /inbox")],
    ),
    ([presses("aigerim", "question")], [("aigerim", "What is it about?")]),
    ([presses("aigerim", TOPIC)], [("aigerim", "Write it in one or several messages")]),
    ([writes("aigerim", QUESTION)], [("aigerim", "Noted:")]),
    ([presses("aigerim", "done_writing")], [("aigerim", "May the question and its answer be published")]),
    ([presses("aigerim", "public")], [("aigerim", "Check before sending")]),
    ([presses("aigerim", "send")], [("aigerim", "is registered."), ("daniyar", "New for the department")]),
    # answering
    ([presses("daniyar", "take")], [("daniyar", "in work"), ("aigerim", "is in work")]),
    ([presses("daniyar", "answer")], [("daniyar", "what is the outcome?")]),
    ([presses("daniyar", "outcome_explained")], [("daniyar", "Write the explanation.")]),
    ([writes("daniyar", ANSWER)], [("daniyar", "Noted:")]),
    ([presses("daniyar", "done_writing")], [("daniyar", "Check before sending")]),
    (
        [presses("daniyar", "send")],
        [("daniyar", "on its way"), ("aigerim", ANSWER), ("daniyar", "the answer was delivered")],
    ),
    # judging
    ([presses("aigerim", "solved")], [("aigerim", "is closed"), ("daniyar", "the NGO judged the answer")]),
]


EVERY_STEP = range(len(ROUNDS))
"""On each database in the long version; in the short one every fourth, others on either."""


async def test_steps_of_the_main_job_survive_a_kill(machine: Machine) -> None:
    await _walk(machine, EVERY_STEP if EVERYTHING else EVERY_STEP[::4])


@pytest.mark.skipif(not EVERYTHING, reason="the long version: KOPIR_FAULTS=all")
async def test_steps_of_the_main_job_survive_a_kill_on_postgresql(machine_on_postgresql: Machine) -> None:
    await _walk(machine_on_postgresql, EVERY_STEP if EVERYTHING else EVERY_STEP[2::4])


async def _walk(machine: Machine, killed_after: range) -> None:
    chance = random.Random(20260302)  # noqa: S311 - the same moments in every run
    cast = Cast(machine.stranger("Aigerim"), machine.stranger("Daniyar"), machine.stranger("Saule", ADMIN_ID))
    machine.private += [NGO, QUESTION, ANSWER]
    program = await machine.start()
    for number, (deeds, sights) in enumerate(ROUNDS):
        for deed in deeds:
            deed(cast)
        if number in killed_after:
            await _some_time(chance, cast, sights)
            await program.kill()
            program = await machine.start()
        await _all_seen(cast, sights)
    await machine.at_rest()

    [(text, status, number)] = await machine.rows("SELECT text, status, number FROM questions")
    assert (text, status) == (QUESTION, "closed")
    assert number.endswith("-000001")
    for name, person in vars(cast).items():
        parts = [part for _, sights in ROUNDS for who, part in sights if who == name]
        heard = _without_repeats(person.heard_once)
        assert len(heard) == len(parts), (name, heard)
        assert all(part in said for part, said in zip(parts, heard, strict=True)), heard
        assert person.repeats <= len(ROUNDS)
    confirmations = [said for said in cast.aigerim.heard if "-000001 is registered." in said]
    assert len(confirmations) <= 2, confirmations
    print(_figures(machine, cast))  # noqa: T201


def _without_repeats(heard: list[str]) -> list[str]:
    """A confirmation that came again after a kill may say by then who has taken the question: it begins the same."""
    begins = [said.splitlines()[0] for said in heard]
    pairs = zip(heard, begins, ["", *begins], strict=False)
    return [said for said, this, before in pairs if this != before or "is registered." not in this]


async def _some_time(chance: random.Random, cast: Cast, sights: list[Sight]) -> None:
    """The moment of the kill: before the update is fetched, at any point of its way, or when the reply is there."""
    match chance.choice(["at once", "on the way", "on the way", "replied"]):
        case "on the way":
            await asyncio.sleep(chance.uniform(0.0, MORE_THAN_ENOUGH))
        case "replied":
            await _all_seen(cast, sights)
            await asyncio.sleep(chance.uniform(0.0, 0.02))  # before or after it is written down that it was sent


async def _all_seen(cast: Cast, sights: list[Sight]) -> None:
    for who, part in sights:
        await getattr(cast, who).sees(part)


def _figures(machine: Machine, cast: Cast) -> str:
    starts = sorted(p.seconds_to_poll for p in machine.programs)
    repeats = {name: person.repeats for name, person in vars(cast).items()}
    return f"{len(starts) - 1} kills, repeats {repeats}, start {starts[0]:.2f}…{starts[-1]:.2f} s"

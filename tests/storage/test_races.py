"""Two people press at the same moment, each served by another copy of the program: one of the two is so.

25 times each on either database, 1,000 times with KOPIR_FAULTS=all. Whoever comes second is refused and leaves no
trace: no line in the history, no notice, no second owner.
"""

import asyncio
import json
import os
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.people import Person
from domain.question import Action, CannotAct, Outcome, Question, Status, act
from storage import departments, people, questions
from storage.database import Database
from storage.tables import entries, outbox
from storage.tables import questions as rows
from tests.storage.scene import AIGERIM, BOLAT, DANIYAR, GULNARA, KAIRAT, NOW, ZARINA, Scene, a_new_question, copies

TIMES = 1_000 if os.environ.get("KOPIR_FAULTS") == "all" else 25
REACT_BY = date(2026, 3, 16)
NGO = (AIGERIM, BOLAT)


@dataclass(frozen=True)
class Press:
    """One of the two, and what is so when they were first: where the question is, who has it, who is told what."""

    person_id: int
    action: Action
    then: Status
    owner: int | None
    told: frozenset[tuple[int, str]]


@dataclass(frozen=True)
class Race:
    before: tuple[tuple[int, Action], ...]
    presses: tuple[Press, Press]
    two_keys: bool = False


def _told(notice: str, *people_of_it: int) -> frozenset[tuple[int, str]]:
    return frozenset((person_id, notice) for person_id in people_of_it)


_TAKEN = ((DANIYAR, Action.TAKE),)
_ANSWER = Press(DANIYAR, Action.ANSWER, Status.ANSWERED, DANIYAR, _told("answered", *NGO))
RACES = {
    "take and take": Race(
        (),
        (
            Press(DANIYAR, Action.TAKE, Status.IN_WORK, DANIYAR, _told("taken", *NGO)),
            Press(ZARINA, Action.TAKE, Status.IN_WORK, ZARINA, _told("taken", *NGO)),
        ),
    ),
    "answer and withdraw": Race(
        _TAKEN,
        (_ANSWER, Press(AIGERIM, Action.WITHDRAW, Status.WITHDRAWN, DANIYAR, _told("withdrawn", DANIYAR))),
    ),
    "approve and return": Race(
        ((DANIYAR, Action.PROPOSE),),
        (
            Press(GULNARA, Action.APPROVE, Status.ANSWERED, DANIYAR, _told("answered", *NGO)),
            Press(GULNARA, Action.RETURN, Status.IN_WORK, DANIYAR, _told("returned", DANIYAR)),
        ),
        two_keys=True,
    ),
    "forward and answer": Race(
        _TAKEN,
        (
            _ANSWER,
            Press(
                GULNARA,
                Action.FORWARD,
                Status.REGISTERED,
                None,
                _told("forwarded", *NGO) | _told("forwarded_here", KAIRAT),
            ),
        ),
    ),
}


def _facts(scene: Scene, action: Action) -> dict[str, Any]:
    """What a handler gives beside the text."""
    match action:
        case Action.ANSWER | Action.APPROVE | Action.PROPOSE:
            return {"outcome": Outcome.EXPLAINED, "react_by": REACT_BY}
        case Action.FORWARD:
            return {"department_id": scene.education}
    return {}


async def _set_out(scene: Scene, race: Race) -> list[Question]:
    """The questions that are raced for, in one transaction: most of the time is for the races."""
    async with scene.database.transaction() as db:
        if race.two_keys:
            await departments.set_two_keys(db, scene.culture, True)
        known = {id_: await people.load(db, id_) for id_ in (AIGERIM, DANIYAR)}
        found = []
        for n in range(TIMES):
            change = a_new_question(scene, _there(known[AIGERIM]))
            question = await questions.register(db, change, f"draft {n}", (), NOW, 2026)
            for person_id, action in race.before:
                await _step(db, scene, _there(known[person_id]), question.number, action)
            found.append(question)
        return found


def _there(person: Person | None) -> Person:
    assert person is not None
    return person


async def _step(db: AsyncConnection, scene: Scene, person: Person, number: str, action: Action) -> None:
    """As a handler does it."""
    question = await questions.visible_to(db, person, number, to_change=True)
    change = act(question, action, person, NOW, text="Зал свободен.", **_facts(scene, action))
    await questions.record(db, change, NOW)


async def _happens(database: Database, scene: Scene, press: Press, number: str) -> bool:
    """False when it is not possible any more."""
    try:
        async with database.transaction() as db:
            person = _there(await people.load(db, press.person_id))
            await _step(db, scene, person, number, press.action)
    except CannotAct:
        return False
    return True


async def _who_was_first(both: list[Database], scene: Scene, race: Race, number: str, n: int) -> Press:
    """Exactly one of the two. Each begins as often as the other."""
    order = race.presses if n % 2 else race.presses[::-1]
    happened = await asyncio.gather(*(_happens(both[i], scene, press, number) for i, press in enumerate(order)))
    assert sorted(happened) == [False, True]
    return order[happened.index(True)]


Line = tuple[int, str, int]
"""Of the history: id, action, actor."""


async def _written(db: AsyncConnection) -> dict[int, list[Line]]:
    """Of each question."""
    found: dict[int, list[Line]] = defaultdict(list)
    for row in await db.execute(select(entries).order_by(entries.c.id)):
        found[row.question_id].append((row.id, row.action, row.actor_id))
    return found


async def _promised(db: AsyncConnection) -> dict[int, set[tuple[int, str]]]:
    """To whom, and what, by each line of a history."""
    found: dict[int, set[tuple[int, str]]] = defaultdict(set)
    for row in await db.execute(select(outbox)):
        found[json.loads(row.facts)["entry"]].add((row.chat_id, row.template))
    return found


@pytest.mark.parametrize("race", RACES.values(), ids=RACES)
async def test_of_two_at_the_same_moment_one_is_so_and_the_other_leaves_no_trace(
    scene: Scene, database_url: str, race: Race
) -> None:
    raced_for = await _set_out(scene, race)
    async with copies(database_url, 2) as both:
        first = [await _who_was_first(both, scene, race, q.number, n) for n, q in enumerate(raced_for)]
    async with scene.database.reading() as db:
        lines, promised = await _written(db), await _promised(db)
        stands = {row.id: row for row in await db.execute(select(rows))}
    assert len(stands) == TIMES
    for question, press in zip(raced_for, first, strict=True):
        *before, (entry_id, action, actor_id) = lines[question.id]
        assert [line[1] for line in before] == [Action.ASK, *(action for _, action in race.before)]
        assert (action, actor_id) == (press.action, press.person_id)
        assert promised[entry_id] == press.told
        now = stands[question.id]
        assert (now.status, now.responsible_id, now.proposed_id) == (press.then, press.owner, None)
    assert set(promised) <= {line[0] for of_one in lines.values() for line in of_one}  # of nothing that did not happen
    assert set(first) == set(race.presses)  # else it would be no race

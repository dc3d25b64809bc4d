"""Whole lives of questions as the database keeps them: by all roles, pressed twice, killed and started again.

The rules alone are walked in `tests.domain.test_lives`; here what is stored is compared with what was accepted.
"""

import asyncio
import json
import shutil
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.city import City
from domain.draft import blank
from domain.question import (
    ANSWERS,
    CITY_ONLY,
    CLOCK,
    Action,
    Actor,
    CannotAct,
    Change,
    Ending,
    Outcome,
    Question,
    Status,
    act,
    actions_for,
    last_date,
    split,
)
from storage import departments, parts, questions
from storage.database import Database
from storage.tables import entries, outbox
from tests.storage.scene import (
    AIGERIM,
    BOLAT,
    DANIYAR,
    ERLAN,
    GULNARA,
    KAIRAT,
    NOW,
    SAULE,
    ZARINA,
    Scene,
    killed,
    set_the_scene,
)

CITY = City()
NGO = {AIGERIM, BOLAT}
MOVES_THE_OWNER = (Action.ASSIGN, Action.HAND_OVER, Action.FORWARD, Action.NOT_ANSWERED)
SELDOM = {Action.NOTE, Action.ADD, Action.SPLIT, Action.WITHDRAW, Action.NO_REACTION, Action.SOLVED}
TOLD_TO_THE_NGO = {
    Action.TAKE: "taken",
    Action.ASSIGN: "taken",
    Action.ANSWER: "answered",
    Action.APPROVE: "answered",
    Action.CORRECT: "corrected",
    Action.CLARIFY: "clarify",
    Action.CLOSE_UNCLEAR: "closed_unclear",
    Action.FORWARD: "forwarded",
    Action.SPLIT: "split",
    Action.EXTENSION_APPROVED: "extended",
    Action.NOT_ANSWERED: "reopened",
    Action.NO_REACTION: "no_reaction",
}


class Deed(StrEnum):
    """What happens next."""

    POSSIBLE = "possible"  # somebody presses a button that is drawn for them
    ANYTHING = "anything"  # somebody sends what no button of theirs says
    AGAIN = "again"  # the last press arrives once more
    KILLED = "killed"  # the program dies before the commit, and another one starts
    DAYS = "days"


MOST_OFTEN = [Deed.POSSIBLE] * 6 + [Deed.ANYTHING, Deed.AGAIN, Deed.KILLED, Deed.DAYS]
DEEDS = st.lists(st.tuples(st.sampled_from(MOST_OFTEN), st.integers(0, 10_000)), min_size=12, max_size=30)


@dataclass
class Life:
    """One question, and every step of it that was accepted: (history line, change)."""

    scene: Scene
    url: str
    question: Question
    everybody: list[Actor]
    now: datetime = NOW
    steps: list[tuple[int, Change]] = field(default_factory=list)
    last: tuple[Actor, Action, str] | None = None

    async def goes_on(self, deed: Deed, n: int) -> None:
        match deed:
            case Deed.DAYS:
                self.now += timedelta(days=n % 12)
            case Deed.KILLED:
                await self.restarts(n)
            case Deed.AGAIN if self.last:
                before = len(self.steps)
                await self.tries(*self.last)
                assert len(self.steps) == before, "the same press was accepted twice"
            case Deed.ANYTHING:
                actor = self.everybody[n % len(self.everybody)]
                await self.tries(actor, list(Action)[n % len(Action)], f"press {len(self.steps)} {n}")
            case _:
                await self.presses(n)
        self.question = await self.scene.question(self.question.number)

    def possible(self, n: int) -> tuple[Actor, Action] | None:
        """Some action, and somebody who may. What changes nothing, or ends all, comes seldom: so lives get far."""
        may: dict[Action, list[Actor]] = defaultdict(list)
        for actor in self.everybody:
            for action in actions_for(self.question, actor):
                may[action].append(actor)
        seldom = may.keys() & SELDOM
        of = [action for action in may if n % 7 == 0 or action not in seldom] or list(may)
        if not of:
            return None
        chosen = of[n // 7 % len(of)]
        return may[chosen][n // 97 % len(may[chosen])], chosen

    async def presses(self, n: int) -> None:
        if choice := self.possible(n):
            await self.tries(*choice, f"press {len(self.steps)} {n}")

    async def restarts(self, n: int) -> None:
        if choice := self.possible(n):
            async with killed(self.scene.database) as db:
                await self.step(db, *choice, f"killed {n}")
        await self.scene.database.close()
        self.scene.database = Database(self.url)

    async def tries(self, actor: Actor, action: Action, source: str) -> None:
        self.last = actor, action, source
        async with self.scene.database.transaction() as db:
            done = await self.step(db, actor, action, source)
        if done is not None:
            self.steps.append(done)

    async def step(self, db: AsyncConnection, actor: Actor, action: Action, source: str) -> tuple[int, Change] | None:
        """As a handler, or the clock, makes it. What is refused changes nothing."""
        try:
            here = await self.loaded(db, actor)
            text = "Зал свободен двадцатого марта."
            change = act(here, action, actor, self.now, text=text, **self.facts(here, action))
            entry_id = await questions.record(db, change, self.now, source=source)
        except CannotAct:
            return None
        if entry_id is None:
            return None
        await self.beside(db, change, entry_id)
        return entry_id, change

    async def loaded(self, db: AsyncConnection, actor: Actor) -> Question:
        if actor is CLOCK:
            found = await questions.by_id(db, self.question.id, to_change=True)
            assert found is not None
            return found
        return await questions.visible_to(db, actor, self.question.number, to_change=True)  # type: ignore[arg-type]

    def facts(self, here: Question, action: Action) -> dict[str, Any]:
        facts: dict[str, Any] = {"react_by": CITY.react_by(self.now), "paused": CITY.waited(here, self.now)}
        other = self.scene.education if here.department_id == self.scene.culture else self.scene.culture
        match action:
            case Action.ASSIGN:
                facts["assignee_id"] = ZARINA
            case Action.FORWARD | Action.INVOLVE:
                facts |= {"department_id": other, "due_on": here.due_on}
            case Action.EXTEND:
                facts["due_on"] = here.due_on and CITY.calendar.add(here.due_on, 8)
            case Action.NOT_ANSWERED:
                facts["due_on"] = CITY.due_on(here.kind, self.now, here.term)
            case Action.ANSWER | Action.PROPOSE | Action.APPROVE:
                facts["outcome"] = Outcome.EXPLAINED
        return facts

    async def beside(self, db: AsyncConnection, change: Change, entry_id: int) -> None:
        """What a handler stores beside the question itself."""
        after, department = change.after, change.department_id or 0
        match change.action:
            case Action.INVOLVE:
                await parts.ask(db, after.id, department, change.text, change.until or self.now.date())
            case Action.PART_DONE:
                await parts.done(db, after.id, department, entry_id)
            case Action.FORWARD:
                await parts.drop(db, after.id, department)
            case Action.SPLIT:
                shares = ((self.scene.culture, "Зал."), (self.scene.education, "Школа."))
                halves = split(change.before, shares, change.actor, self.now)  # type: ignore[arg-type]
                await questions.register_parts(db, change, halves, [task for _, task in shares], self.now)

    # --- what holds ---------------------------------------------------------------------------------------------------

    def holds(self) -> None:
        """After every step."""
        question = self.question
        at_work = question.status in (Status.IN_WORK, Status.WAITING)
        staff = {self.scene.culture: {DANIYAR, ZARINA, GULNARA}, self.scene.education: {KAIRAT}}
        assert not at_work or question.responsible_id in staff[question.department_id or 0]
        assert question.status is not Status.REGISTERED or question.responsible_id is None
        assert (question.ending is not None) == (question.status is Status.CLOSED)
        assert question.due_on is not None
        assert question.due_on <= last_date(question)

    async def was_kept(self) -> None:
        """At the end: all that was accepted is there, and nothing else."""
        for _, change in self.steps:
            before, after = change.before.responsible_id, change.after.responsible_id
            assert before in (None, after) or change.action in MOVES_THE_OWNER
        async with self.scene.database.reading() as db:
            query = select(entries).where(entries.c.question_id == self.question.id).order_by(entries.c.id)
            asked, *lines = list(await db.execute(query))
            seen = await questions.history(db, self.question.id, inside=False)
            promised = list(await db.execute(select(outbox)))
        assert asked.action == Action.ASK
        assert [(row.id, row.action, row.actor_id) for row in lines] == [
            (entry_id, change.action, change.actor_id) for entry_id, change in self.steps
        ]
        assert not {line.action for line in seen} & CITY_ONLY
        if self.question.ending in (Ending.JUDGED, Ending.NO_REACTION):
            assert any(row.action in ANSWERS and not blank(row.text) for row in lines)
        self.were_told([(row.chat_id, row.template, json.loads(row.facts)["entry"]) for row in promised])

    def were_told(self, promised: list[tuple[int, str, int]]) -> None:
        """Each person of each stage once, and the NGO of every stage that is its business."""
        assert max(Counter(promised).values()) == 1
        of_line: dict[tuple[int, str], set[int]] = defaultdict(set)
        for person_id, template, entry_id in promised:
            of_line[entry_id, template].add(person_id)
        city_only = {entry_id for entry_id, change in self.steps if change.action in CITY_ONLY}
        assert not any(entry_id in city_only and told & NGO for (entry_id, _), told in of_line.items())
        for entry_id, change in self.steps:
            if (notice := TOLD_TO_THE_NGO.get(change.action)) is not None:
                assert of_line[entry_id, notice] & {*NGO, ERLAN} == NGO


async def _lives(url: str, deeds: list[tuple[Deed, int]], *, two_keys: bool) -> None:
    scene = await set_the_scene(Database(url))
    if two_keys:
        async with scene.database.transaction() as db:
            await departments.set_two_keys(db, scene.culture, True)
    people = [await scene.person(id_) for id_ in (AIGERIM, BOLAT, ERLAN, DANIYAR, ZARINA, GULNARA, KAIRAT, SAULE)]
    life = Life(scene, url, await scene.asks(), [*people, CLOCK])
    try:
        for deed, n in deeds:
            await life.goes_on(deed, n)
            life.holds()
        await life.was_kept()
    finally:
        await life.scene.database.close()


@settings(max_examples=10, deadline=None)
@given(deeds=DEEDS, two_keys=st.booleans())
def test_what_is_stored_of_a_life_is_what_was_accepted_and_told_once(
    sqlite_template: Path, sqlite_folder: Path, deeds: list[tuple[Deed, int]], two_keys: bool
) -> None:
    for left in sqlite_folder.glob("life.db*"):
        left.unlink()
    file = sqlite_folder / "life.db"
    shutil.copy(sqlite_template, file)
    asyncio.run(_lives(f"sqlite+aiosqlite:///{file}", deeds, two_keys=two_keys))

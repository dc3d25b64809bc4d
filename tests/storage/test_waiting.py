"""What waits for somebody's word: the NGO's reply, the head's decision, an answer with two keys."""

import asyncio
from datetime import date

import pytest

from domain.draft import Attachment, AttachmentKind
from domain.people import Person
from domain.question import CLOCK, Action, Audience, CannotAct, Outcome, Question, Status, act
from storage import departments, people, questions
from storage.database import Database
from tests.storage.scene import (
    AIGERIM,
    BOLAT,
    DANIYAR,
    DAY,
    DINARA,
    DUE,
    ERLAN,
    GULNARA,
    HOUR,
    KAIRAT,
    NOW,
    SAULE,
    TIMUR,
    Scene,
    copies,
)

LATER = date(2026, 4, 20)
PLAN = Attachment(AttachmentKind.DOCUMENT, 7, "file", "unique", "план.pdf")


async def _proposed(scene: Scene, text: str = "Зал свободен.") -> Question:
    async with scene.database.transaction() as db:
        await departments.set_two_keys(db, scene.culture, True)
    question = await scene.does(await scene.asks(), Action.TAKE, DANIYAR)
    return await scene.does(
        question, Action.PROPOSE, DANIYAR, text, attachments=(PLAN,), outcome=Outcome.PROMISED, due_on=LATER
    )


async def _told(scene: Scene, question: Question, audience: Audience) -> list[int]:
    async with scene.database.reading() as db:
        return await questions.recipients(db, question, audience, NOW)


# --- the NGO's reply ------------------------------------------------------------------------------------------------


async def test_who_was_asked_and_nobody_else_is_waited_for(scene: Scene) -> None:
    first = await scene.does(await scene.asks(), Action.CLARIFY, DANIYAR, now=NOW)
    second = await scene.does(await scene.asks(BOLAT), Action.CLARIFY, DANIYAR, now=NOW + HOUR)
    await scene.asks()
    waits = {}
    for person_id in (AIGERIM, BOLAT, DINARA, ERLAN, DANIYAR):
        async with scene.database.reading() as db:
            found = await questions.waits_for(db, await scene.person(person_id), limit=2)
        waits[person_id] = [q.id for q in found]
    assert waits == {AIGERIM: [first.id, second.id], BOLAT: [first.id, second.id], DINARA: [], ERLAN: [], DANIYAR: []}


async def test_only_who_was_asked_so_long_ago_is_found_and_only_once(scene: Scene) -> None:
    old = await scene.does(await scene.asks(), Action.CLARIFY, DANIYAR, now=NOW)
    replied = await scene.does(await scene.asks(), Action.CLARIFY, DANIYAR, now=NOW)
    await scene.does(replied, Action.REPLY, AIGERIM, now=NOW + HOUR)
    await scene.does(await scene.asks(), Action.CLARIFY, DANIYAR, now=NOW + DAY)
    async with scene.database.reading() as db:
        assert [q.id for q in await questions.waiting_since(db, NOW)] == [old.id]
        assert [q.id for q in await questions.waiting_since(db, NOW + DAY, limit=1)] == [old.id]
    async with scene.database.transaction() as db:
        await questions.record(db, act(old, Action.NO_REPLY, CLOCK, NOW + 15 * DAY), NOW + 15 * DAY)
    async with scene.database.reading() as db:
        assert await questions.waiting_since(db, NOW) == []
    assert (await scene.question(old.number)).unclear


async def test_a_pause_is_read_back(scene: Scene) -> None:
    asked = await scene.does(await scene.asks(), Action.CLARIFY, DANIYAR, now=NOW)
    assert (asked.status, asked.waiting_since, asked.responsible_id) == (Status.WAITING, NOW, DANIYAR)
    again = await scene.does(asked, Action.REPLY, AIGERIM, now=NOW + DAY, paused=3)
    assert (again.status, again.waiting_since, again.paused, again.due_on) == (Status.IN_WORK, None, 3, DUE)


# --- a later date ---------------------------------------------------------------------------------------------------


async def test_an_extension_is_read_back_with_its_dates_in_the_history(scene: Scene) -> None:
    question = await scene.does(await scene.asks(), Action.TAKE, DANIYAR)
    asked = await scene.does(question, Action.EXTEND, DANIYAR, "Ждём смету.", due_on=LATER)
    assert (asked.extend_to, asked.due_on) == (LATER, DUE)
    given = await scene.does(asked, Action.EXTENSION_APPROVED, GULNARA, "Ждём смету.")
    assert (given.extend_to, given.due_on, given.extended_from, given.remind_on) == (None, LATER, DUE, None)
    async with scene.database.reading() as db:
        inside = [(e.action, e.until) for e in await questions.history(db, question.id)][2:]
        outside = [(e.action, e.until) for e in await questions.history(db, question.id, inside=False)][2:]
    assert inside == [(Action.EXTEND, LATER), (Action.EXTENSION_APPROVED, LATER)]
    assert outside == [(Action.EXTENSION_APPROVED, LATER)]


# --- two keys -------------------------------------------------------------------------------------------------------


async def test_the_proposed_answer_is_the_line_that_was_just_stored(scene: Scene) -> None:
    question = await _proposed(scene)
    async with scene.database.reading() as db:
        line = await questions.last_line(db, question.id, Action.PROPOSE)
        assert line is not None
        attached = await questions.attachments_of(db, line.id)
        assert [e.action for e in await questions.history(db, question.id, inside=False)] == [Action.ASK, Action.TAKE]
    assert question.proposed_id == line.id
    assert (line.text, line.outcome, line.until, line.actor_id) == ("Зал свободен.", Outcome.PROMISED, LATER, DANIYAR)
    assert [a.name for a in attached] == ["план.pdf"]


async def test_an_approved_answer_names_both(scene: Scene) -> None:
    question = await _proposed(scene)
    question = await scene.does(
        question, Action.APPROVE, GULNARA, assignee_id=DANIYAR, outcome=Outcome.EXPLAINED, react_by=LATER
    )
    assert (question.status, question.responsible_id, question.proposed_id) == (Status.ANSWERED, DANIYAR, None)
    async with scene.database.reading() as db:
        line = (await questions.history(db, question.id))[-1]
        (exported,) = await questions.newest(db, 1)
    assert (line.actor, line.assignee, line.assignee_post) == ("Gulnara", "Ахметов Д. Б.", "главный специалист")
    assert exported.answer == line.text


async def test_what_waits_for_a_decision_is_found_until_it_is_decided(scene: Scene) -> None:
    proposed = await _proposed(scene)
    taken = await scene.does(await scene.asks(), Action.TAKE, DANIYAR)
    asked = await scene.does(taken, Action.EXTEND, DANIYAR, due_on=LATER)
    await scene.asks()
    async with scene.database.reading() as db:
        assert [q.id for q in await questions.to_approve(db)] == [proposed.id, asked.id]
    await scene.does(proposed, Action.RETURN, GULNARA)
    await scene.does(asked, Action.WITHDRAW, AIGERIM)
    async with scene.database.reading() as db:
        assert await questions.to_approve(db) == []


async def test_the_head_decides_and_administrators_where_there_is_none(scene: Scene) -> None:
    question = await _proposed(scene)
    assert await _told(scene, question, Audience.APPROVER) == [GULNARA]
    async with scene.database.transaction() as db:
        await people.lead(db, scene.culture, None)
    assert await _told(scene, await scene.question(question.number), Audience.APPROVER) == [SAULE, TIMUR]


async def test_two_keys_belong_to_the_department_that_has_the_question(scene: Scene) -> None:
    question = await scene.does(await scene.asks(), Action.TAKE, DANIYAR)
    for wanted in (True, False):
        async with scene.database.transaction() as db:
            await departments.set_two_keys(db, scene.culture, wanted)
        assert (await scene.question(question.number)).two_keys is wanted
    async with scene.database.transaction() as db:
        await departments.set_two_keys(db, scene.culture, True)
    forwarded = await scene.does(question, Action.FORWARD, DANIYAR, department_id=scene.education)
    assert forwarded.two_keys is False


@pytest.mark.parametrize("other", [(Action.RETURN, GULNARA), (Action.WITHDRAW, AIGERIM), (Action.ANSWER, GULNARA)])
async def test_approved_while_something_else_happens_one_of_the_two_is_so(
    scene: Scene, other: tuple[Action, int]
) -> None:
    question = await _proposed(scene)
    async with copies(str(scene.database.engine.url.render_as_string(hide_password=False)), 2) as (one, two):

        async def step(database: Database, action: Action, person_id: int) -> bool:
            person = await scene.person(person_id)
            async with database.transaction() as db:
                return await _tries(db, person, question.number, action)

        happened = await asyncio.gather(step(one, Action.APPROVE, GULNARA), step(two, *other))
    assert sum(happened) == 1
    assert (await scene.question(question.number)).proposed_id is None


async def _tries(db: object, person: Person, number: str, action: Action) -> bool:
    loaded = await questions.visible_to(db, person, number, to_change=True)  # type: ignore[arg-type]
    try:
        change = act(loaded, action, person, NOW, text="Зал свободен.", outcome=Outcome.EXPLAINED, react_by=LATER)
    except CannotAct:
        return False
    return await questions.record(db, change, NOW) is not None  # type: ignore[arg-type]


async def test_an_official_of_another_department_decides_nothing(scene: Scene) -> None:
    question = await _proposed(scene)
    for action in (Action.APPROVE, Action.RETURN):
        with pytest.raises(CannotAct):
            await scene.does(question, action, KAIRAT)

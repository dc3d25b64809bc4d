"""What is stored of forwarded, split and shared questions, and of templates: on both databases."""

from datetime import date

import pytest
from sqlalchemy import func, select

from domain.draft import Attachment, AttachmentKind
from domain.people import Language, Names
from domain.question import Action, NotYours, Question, Status, act, split
from storage import parts, people, questions, tables, templates
from tests.storage.scene import AIGERIM, DANIYAR, DUE, EDUCATION, GULNARA, KAIRAT, NOW, SAULE, Scene, killed

FILE = Attachment(AttachmentKind.DOCUMENT, 7, "file", "unique", "план.pdf", 10)
TASKS = ["Когда построят пандус.", "Свободен ли зал."]


async def _split(scene: Scene, whole: Question) -> list[Question]:
    async with scene.database.transaction() as db:
        person = await people.load(db, DANIYAR)
        assert person is not None
        loaded = await questions.visible_to(db, person, whole.number, to_change=True)
        change = act(loaded, Action.SPLIT, person, NOW, text="\n".join(TASKS))
        await questions.record(db, change, NOW)
        shares = tuple(zip((scene.education, scene.culture), TASKS, strict=True))
        await questions.register_parts(db, change, split(loaded, shares, person, NOW), TASKS, NOW)
        return await questions.parts_of(db, whole.id)


async def _sees(scene: Scene, person_id: int, number: str) -> bool:
    async with scene.database.reading() as db:
        person = await people.load(db, person_id)
        assert person is not None
        try:
            return (await questions.visible_to(db, person, number)).number == number
        except NotYours:
            return False


async def test_a_line_remembers_from_where_and_to_where_it_went(scene: Scene) -> None:
    question = await scene.asks()
    forwarded = await scene.does(question, Action.FORWARD, DANIYAR, "Это школа.", department_id=scene.education)
    assert (forwarded.department_id, forwarded.due_on, forwarded.been_in) == (scene.education, DUE, {scene.culture})
    async with scene.database.reading() as db:
        line = (await questions.history(db, question.id))[-1]
    assert (line.from_department and line.from_department.en, line.department) == ("Culture and languages", EDUCATION)
    assert [await _sees(scene, who, question.number) for who in (DANIYAR, KAIRAT, AIGERIM)] == [False, True, True]


async def test_the_new_department_is_told_with_the_attachments(scene: Scene) -> None:
    question = await scene.asks()
    async with scene.database.transaction() as db:
        first = (await questions.history(db, question.id))[0]
        await questions.attach(db, question.id, first.id, (FILE,))
    await scene.does(question, Action.FORWARD, DANIYAR, "Это школа.", department_id=scene.education)
    async with scene.database.reading() as db:
        query = select(tables.outbox.c.template).where(tables.outbox.c.chat_id == KAIRAT).order_by(tables.outbox.c.id)
        assert list(await db.scalars(query)) == ["forwarded_here", "attachments"]


async def test_parts_have_numbers_of_their_own_and_all_that_the_ngo_wrote(scene: Scene) -> None:
    whole = await scene.asks()
    await scene.does(whole, Action.ADD, AIGERIM, "И пандус.", attachments=(FILE,), source="message 1")
    found = await _split(scene, whole)
    assert [part.number for part in found] == [f"{whole.number}/1", f"{whole.number}/2"]
    for part, department_id, task in zip(found, (scene.education, scene.culture), TASKS, strict=True):
        frozen = ("text", "author_id", "organization_id", "registered_at", "counted_from", "due_on", "term", "language")
        assert [getattr(part, name) for name in frozen] == [getattr(whole, name) for name in frozen]
        assert (part.department_id, part.status, part.parent_id) == (department_id, Status.REGISTERED, whole.id)
        async with scene.database.reading() as db:
            lines = await questions.history(db, part.id)
        assert [line.action for line in lines] == [Action.ASK, Action.ADD, Action.SPLIT]
        assert [line.text for line in lines] == ["", "И пандус.", task]
        assert lines[1].attachments == 1
    closed = await scene.question(whole.number)
    assert (closed.status, closed.ending, closed.verdict) == (Status.CLOSED, "split", None)
    assert [await _sees(scene, KAIRAT, part.number) for part in (whole, *found)] == [False, True, False]
    assert [await _sees(scene, AIGERIM, part.number) for part in (whole, *found)] == [True, True, True]


async def test_a_split_whose_program_dies_leaves_nothing(scene: Scene) -> None:
    whole = await scene.asks()
    async with killed(scene.database) as db:
        person = await people.load(db, DANIYAR)
        assert person is not None
        change = act(whole, Action.SPLIT, person, NOW, text="a")
        await questions.record(db, change, NOW)
        shares = ((scene.education, "a"), (scene.culture, "b"))
        await questions.register_parts(db, change, split(whole, shares, person, NOW), ["a", "b"], NOW)
    async with scene.database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(tables.questions)) == 1
    assert (await scene.question(whole.number)).status is Status.REGISTERED


async def _a_part(scene: Scene, due_on: date = date(2026, 3, 18)) -> Question:
    question = await scene.asks()
    await scene.does(question, Action.TAKE, DANIYAR)
    step = {"department_id": scene.education, "due_on": due_on}
    question = await scene.does(question, Action.INVOLVE, DANIYAR, "Осмотреть.", **step)
    async with scene.database.transaction() as db:
        await parts.ask(db, question.id, scene.education, "Осмотреть.", due_on)
    return question


async def _reminded(scene: Scene, today: date) -> list[int]:
    async with scene.database.reading() as db:
        return [part.question_id for part in await parts.to_remind(db, today)]


async def test_a_part_is_owed_until_it_is_done(scene: Scene) -> None:
    question = await _a_part(scene)
    assert await _sees(scene, KAIRAT, question.number)
    assert await _reminded(scene, date(2026, 3, 17)) == []
    assert await _reminded(scene, date(2026, 3, 18)) == [question.id]
    async with scene.database.transaction() as db:
        (part,) = await parts.of_question(db, question.id)
        await parts.reminded(db, [(part.id, date(2026, 3, 19))])
    assert await _reminded(scene, date(2026, 3, 18)) == []
    await scene.does(question, Action.PART_DONE, KAIRAT, "Осмотрено.")
    async with scene.database.transaction() as db:
        line = (await questions.history(db, question.id))[-1]
        await parts.done(db, question.id, scene.education, line.id)
        (part,) = await parts.of_question(db, question.id)
    assert (part.department, part.task, part.owed, part.text, part.done_at) == (
        EDUCATION,
        "Осмотреть.",
        False,
        "Осмотрено.",
        NOW,
    )
    assert await _reminded(scene, date(2026, 4, 1)) == []


@pytest.mark.parametrize(
    ("action", "person", "more"),
    [(Action.WITHDRAW, AIGERIM, {}), (Action.ANSWER, DANIYAR, {})],
    ids=["withdrawn", "answered"],
)
async def test_of_what_is_over_no_part_is_owed(scene: Scene, action: Action, person: int, more: dict[str, str]) -> None:
    question = await _a_part(scene)
    await scene.does(question, action, person, **more)
    async with scene.database.reading() as db:
        query = select(tables.outbox.c.chat_id).where(tables.outbox.c.template == "whole_over")
        assert list(await db.scalars(query)) == [KAIRAT]
    assert await _reminded(scene, date(2026, 4, 1)) == []
    async with scene.database.reading() as db:
        assert [part.owed for part in await parts.of_question(db, question.id)] == [False]


async def test_a_part_that_ended_with_an_answer_stays_ended_when_the_department_is_asked_again(scene: Scene) -> None:
    question = await scene.does(await _a_part(scene), Action.ANSWER, DANIYAR)
    question = await scene.does(question, Action.NOT_ANSWERED, AIGERIM)
    await scene.does(question, Action.INVOLVE, GULNARA, "Ещё раз.", department_id=scene.education, due_on=DUE)
    async with scene.database.transaction() as db:
        await parts.ask(db, question.id, scene.education, "Ещё раз.", DUE)
        assert [part.owed for part in await parts.of_question(db, question.id)] == [False, True]
        line = (await questions.history(db, question.id))[-1]
        await parts.done(db, question.id, scene.education, line.id)
        assert [part.done_at for part in await parts.of_question(db, question.id)] == [None, NOW]


async def test_the_officials_of_the_other_department_are_told_of_their_part(scene: Scene) -> None:
    await _a_part(scene)
    async with scene.database.reading() as db:
        query = select(tables.outbox.c.chat_id).where(tables.outbox.c.template == "involved")
        assert list(await db.scalars(query)) == [KAIRAT]


async def test_notes_are_lines_of_the_city_alone(scene: Scene) -> None:
    question = await scene.asks()
    await scene.does(question, Action.NOTE, GULNARA, "Проверить счёт.", attachments=(FILE,))
    await scene.does(question, Action.NOTE, SAULE, "Проверено.")
    async with scene.database.reading() as db:
        inside = [line.text for line in await questions.history(db, question.id)]
        outside = [line.text for line in await questions.history(db, question.id, inside=False)]
        about = await people.everything_about(db, AIGERIM)
    assert (inside, outside) == (["", "Проверить счёт.", "Проверено."], [""])
    assert about["attachments"] == []
    assert "Проверить" not in str(about)


async def test_a_template_is_changed_text_by_text_and_removed(scene: Scene) -> None:
    async with scene.database.transaction() as db:
        first = await templates.enter(db, scene.culture, "Зал", Names("", "По {number}.", "Зал бос."))
        other = await templates.enter(db, scene.education, "Школа", Names("", "Школа.", ""))
        await templates.rename(db, first, "Зал {0}")
        await templates.rewrite(db, first, Language.KK, "")
        await templates.rewrite(db, first, Language.EN, "The hall.")
    async with scene.database.reading() as db:
        (found,) = await templates.of_department(db, scene.culture)
        assert await templates.count(db, scene.culture) == 1
    assert (found.title, found.texts) == ("Зал {0}", Names("The hall.", "По {number}.", ""))
    async with scene.database.transaction() as db:
        await templates.remove(db, first)
        assert await templates.template(db, first) is None
        assert (await templates.template(db, other)) is not None

"""Where a person is in a dialogue: one form is open, the others lie aside, none is lost."""

import pytest
from sqlalchemy import func, select

from storage import forms
from storage.forms import Form
from storage.tables import forms as rows
from tests.storage.scene import AIGERIM, BOLAT, DAY, NOW, Scene, copies, killed

ASK = Form("ask", "text", {"id": "a1", "kind": "question"})
ANSWER = Form("answer 2026-000042", "preview", {"outcome": "explained"})


async def put(scene: Scene, form: Form, person: int = AIGERIM, now: object = NOW) -> None:
    async with scene.database.transaction() as db:
        await forms.put(db, person, form, now)  # type: ignore[arg-type]


async def opened(scene: Scene, person: int = AIGERIM) -> Form | None:
    async with scene.database.reading() as db:
        return await forms.open_form(db, person)


async def found(scene: Scene, name: str, person: int = AIGERIM) -> Form | None:
    async with scene.database.reading() as db:
        return await forms.find(db, person, name)


async def test_a_form_waits_where_it_was_left(scene: Scene) -> None:
    await put(scene, ASK)
    assert await opened(scene) == ASK


async def test_it_waits_on_another_copy_of_the_program(scene: Scene, database_url: str) -> None:
    await put(scene, ASK)
    async with copies(database_url, 1) as (other,), other.reading() as db:
        assert await forms.open_form(db, AIGERIM) == ASK


async def test_a_further_step_takes_the_place_of_the_one_before(scene: Scene) -> None:
    await put(scene, ASK)
    await put(scene, Form("ask", "public", {"id": "a1", "written": True}))
    assert await opened(scene) == Form("ask", "public", {"id": "a1", "written": True})


async def test_at_most_one_is_open(scene: Scene) -> None:
    for name in ("ask", "answer 1", "answer 2", "ask"):
        await put(scene, Form(name, "text", {}))
    async with scene.database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(rows).where(rows.c.open)) == 1


async def test_the_last_one_is_open(scene: Scene) -> None:
    await put(scene, ASK)
    await put(scene, ANSWER)
    assert await opened(scene) == ANSWER


async def test_the_one_before_is_laid_aside_and_not_lost(scene: Scene) -> None:
    await put(scene, ASK)
    await put(scene, ANSWER)
    assert await found(scene, "ask") == ASK


async def test_one_laid_aside_is_taken_up_again(scene: Scene) -> None:
    await put(scene, ASK)
    await put(scene, ANSWER)
    await put(scene, ASK)
    assert (await opened(scene), await found(scene, ANSWER.name)) == (ASK, ANSWER)


async def test_laying_aside_closes_and_keeps(scene: Scene) -> None:
    await put(scene, ASK)
    async with scene.database.transaction() as db:
        await forms.lay_aside(db, AIGERIM)
    assert (await opened(scene), await found(scene, "ask")) == (None, ASK)


async def test_dropping_loses_this_one_only(scene: Scene) -> None:
    await put(scene, ASK)
    await put(scene, ANSWER)
    async with scene.database.transaction() as db:
        await forms.drop(db, AIGERIM, ANSWER.name)
    assert (await opened(scene), await found(scene, ANSWER.name), await found(scene, "ask")) == (None, None, ASK)


async def test_people_do_not_share_forms(scene: Scene) -> None:
    await put(scene, ASK)
    await put(scene, Form("ask", "kind", {}), BOLAT)
    assert await opened(scene) == ASK


async def test_an_edited_message_changes_a_form_that_lies_aside_and_leaves_it_there(scene: Scene) -> None:
    await put(scene, ASK)
    await put(scene, ANSWER)
    async with scene.database.transaction() as db:
        await forms.change(db, AIGERIM, "ask", {"id": "a1", "kind": "proposal"}, NOW)
    assert await opened(scene) == ANSWER
    assert await found(scene, "ask") == Form("ask", "text", {"id": "a1", "kind": "proposal"})


async def test_changing_an_open_form_leaves_it_open(scene: Scene) -> None:
    await put(scene, ASK)
    async with scene.database.transaction() as db:
        await forms.change(db, AIGERIM, "ask", {"id": "a2"}, NOW)
    assert await opened(scene) == Form("ask", "text", {"id": "a2"})


async def test_changing_a_form_that_is_over_makes_none(scene: Scene) -> None:
    async with scene.database.transaction() as db:
        await forms.change(db, AIGERIM, "ask", {"id": "a2"}, NOW)
    assert await found(scene, "ask") is None


async def test_the_newest_comes_first(scene: Scene) -> None:
    for day, name in enumerate(("answer 1", "answer 3", "answer 2")):
        await put(scene, Form(name, "text", {}), now=NOW + day * DAY)
    async with scene.database.reading() as db:
        assert [form.name for form in await forms.all_of(db, AIGERIM)] == ["answer 2", "answer 3", "answer 1"]


@pytest.mark.parametrize(
    "text", ["a\x00b", "\ud800", "«ә»\n👩\u200d🚒", "я" * 10_000], ids=["NUL", "half", "kk", "long"]
)
async def test_whatever_was_typed_is_kept(scene: Scene, text: str) -> None:
    await put(scene, Form("ask", "text", {"text": text}))
    assert await opened(scene) == Form("ask", "text", {"text": text})


async def test_a_step_of_a_transaction_that_failed_was_never_taken(scene: Scene) -> None:
    await put(scene, ASK)
    async with killed(scene.database) as db:
        await forms.put(db, AIGERIM, ANSWER, NOW)
    assert await opened(scene) == ASK

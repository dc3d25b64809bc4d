"""Groups of departments on both databases: codes, links, cards that are promised, moves."""

import asyncio
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from domain.people import Language
from domain.question import Action
from storage import groups, outbox
from storage.database import Database
from storage.groups import CARD, TOPIC, Group
from storage.tables import admins, group_posts
from storage.tables import groups as group_rows
from storage.tables import outbox as outbox_rows
from tests.storage.scene import AIGERIM, DANIYAR, GULNARA, HOUR, NOW, SAULE, SECOND, Scene, copies, killed

ROOM, OTHER_ROOM, SUPERGROUP = -4_000_000_001, -4_000_000_002, -1_004_000_000_001


def _group(department_id: int, chat_id: int = ROOM, *, forum: bool = False) -> Group:
    return Group(department_id, chat_id, forum, Language.KK, NOW)


async def _linked(scene: Scene, department_id: int, chat_id: int = ROOM, *, forum: bool = False) -> None:
    async with scene.database.transaction() as db:
        assert await groups.link(db, _group(department_id, chat_id, forum=forum))


async def _promised(scene: Scene) -> list[tuple[int, str, int | None]]:
    """(chat, template, question) of what waits for groups."""
    query = select(outbox_rows.c.chat_id, outbox_rows.c.template, outbox_rows.c.question_id)
    here = query.where(outbox_rows.c.chat_id < 0, outbox_rows.c.done_at.is_(None)).order_by(outbox_rows.c.id)
    async with scene.database.reading() as db:
        return [(row.chat_id, row.template, row.question_id) for row in await db.execute(here)]


async def _said(scene: Scene) -> None:
    """Everything that waits has gone out."""
    async with scene.database.transaction() as db:
        await db.execute(update(outbox_rows).values(done_at=NOW, fate="delivered"))


# --- codes and links ------------------------------------------------------------------------------------------------


async def test_a_code_opens_its_department_for_an_hour_while_its_maker_is_an_administrator(scene: Scene) -> None:
    async with scene.database.transaction() as db:
        first = await groups.make_code(db, scene.culture, SAULE, NOW)
        code = await groups.make_code(db, scene.culture, SAULE, NOW)
        assert await groups.department_of_code(db, first, NOW) is None, "a newer one takes its place"
        assert await groups.department_of_code(db, code, NOW + HOUR - SECOND) == scene.culture
        assert await groups.department_of_code(db, code, NOW + HOUR) is None
        for wrong in ("", "x", code + "x", "\ud800", "я" * 5_000):
            assert await groups.department_of_code(db, wrong, NOW) is None
        await db.execute(admins.delete().where(admins.c.person_id == SAULE))
        assert await groups.department_of_code(db, code, NOW) is None


async def test_of_two_groups_that_use_one_code_at_once_one_is_linked(scene: Scene, database_url: str) -> None:
    async with scene.database.transaction() as db:
        code = await groups.make_code(db, scene.culture, SAULE, NOW)

    async def links(database: Database, chat_id: int) -> bool:
        async with database.transaction() as db:
            department_id = await groups.department_of_code(db, code, NOW)
            return bool(department_id and await groups.link(db, _group(department_id, chat_id)))

    async with copies(database_url, 2) as two:
        done = await asyncio.gather(links(two[0], ROOM), links(two[1], OTHER_ROOM))
    assert sorted(done) == [False, True]


async def test_a_group_is_of_one_department_and_a_department_has_one_group(scene: Scene) -> None:
    await _linked(scene, scene.culture)
    async with scene.database.transaction() as db:
        assert not await groups.link(db, _group(scene.education))
        assert await groups.link(db, _group(scene.culture, OTHER_ROOM))
        assert await groups.of_chat(db, ROOM) is None
        assert await groups.link(db, _group(scene.education))
        assert await groups.of_department(db, scene.culture) == _group(scene.culture, OTHER_ROOM)


# --- cards ----------------------------------------------------------------------------------------------------------


async def test_a_group_is_told_with_the_step_and_only_of_what_its_card_shows(scene: Scene) -> None:
    await _linked(scene, scene.culture)
    question = await scene.asks()
    assert await _promised(scene) == [(ROOM, CARD, question.id)]
    await _said(scene)
    async with scene.database.transaction() as db:
        await groups.posted(db, ROOM, question.id, 7)
    await scene.does(question, Action.ADD, AIGERIM, "Нужен микрофон.")
    await scene.does(question, Action.NOTE, DANIYAR, "Позвонить в зал.")
    assert await _promised(scene) == [], "neither status nor date has changed"
    await scene.does(question, Action.TAKE, DANIYAR)
    assert await _promised(scene) == [(ROOM, CARD, question.id)]
    await _said(scene)
    async with killed(scene.database) as db:
        await groups.redraw(db, ROOM, question.id, 7, NOW)
    assert await _promised(scene) == []


async def test_a_question_that_is_forwarded_is_told_to_both_groups(scene: Scene) -> None:
    await _linked(scene, scene.culture)
    await _linked(scene, scene.education, OTHER_ROOM, forum=True)
    question = await scene.asks()
    await _said(scene)
    await scene.does(question, Action.FORWARD, GULNARA, "Это об учёбе.", department_id=scene.education)
    assert await _promised(scene) == [(ROOM, CARD, question.id), (OTHER_ROOM, TOPIC, question.id)]


async def test_nobody_without_a_group_is_told_anything(scene: Scene) -> None:
    await scene.asks()
    await scene.asks(lost=True)
    assert await _promised(scene) == []


async def test_a_card_is_found_by_its_message_and_a_topic_is_no_card(scene: Scene) -> None:
    await _linked(scene, scene.culture, forum=True)
    question = await scene.asks()
    async with scene.database.transaction() as db:
        await groups.posted(db, ROOM, question.id, 5, topic=True)
        for message_id in (6, 9, 9):
            await groups.posted(db, ROOM, question.id, message_id)
        assert await groups.newest_card(db, ROOM, question.id) == 9
        assert await groups.topic(db, ROOM, question.id) == 5
        assert await groups.question_of_card(db, ROOM, 6) == (question.id, question.number)
        for elsewhere in ((ROOM, 5), (ROOM, 0), (OTHER_ROOM, 6)):
            assert await groups.question_of_card(db, *elsewhere) is None


# --- what becomes of a group ----------------------------------------------------------------------------------------


async def _moves(scene: Scene, now: datetime = NOW) -> None:
    async with scene.database.transaction() as db:
        await groups.move(db, ROOM, SUPERGROUP, now)


async def test_a_group_that_moved_is_followed_by_what_waits_and_shows_what_is_open_once(scene: Scene) -> None:
    await _linked(scene, scene.culture)
    shown, waiting = await scene.asks(), None
    await _said(scene)
    async with scene.database.transaction() as db:
        await groups.posted(db, ROOM, shown.id, 7)
    waiting = await scene.asks()
    for _ in range(3):  # it is heard of from both chats, and by a refused message
        await _moves(scene)
    assert sorted(await _promised(scene)) == [(SUPERGROUP, CARD, shown.id), (SUPERGROUP, CARD, waiting.id)]
    async with scene.database.reading() as db:
        assert await groups.of_chat(db, ROOM) is None
        assert list(await db.execute(select(group_posts))) == [], "old messages have other numbers there"


async def test_a_group_that_is_not_linked_moves_with_what_waits_for_it(scene: Scene) -> None:
    async with scene.database.transaction() as db:
        await outbox.say(db, ROOM, "reply", {}, NOW)
    await _moves(scene)
    assert await _promised(scene) == [(SUPERGROUP, "reply", None)]


async def test_what_waited_for_an_unlinked_group_waits_no_more(scene: Scene) -> None:
    await _linked(scene, scene.culture)
    await scene.asks()
    async with scene.database.transaction() as db:
        group = await groups.of_department(db, scene.culture)
        assert group is not None
        await groups.unlink(db, group, NOW)
    assert await _promised(scene) == []
    async with scene.database.reading() as db:
        left: list[Any] = list(await db.execute(select(group_rows)))
    assert left == []


async def test_no_more_cards_at_first_than_a_minute_takes(scene: Scene) -> None:
    for _ in range(groups.SHOWN_AT_FIRST + 3):
        await scene.asks()
    await _linked(scene, scene.culture)
    async with scene.database.transaction() as db:
        await groups.show_open(db, _group(scene.culture), NOW)
    assert len(await _promised(scene)) == groups.SHOWN_AT_FIRST

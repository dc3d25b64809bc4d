"""Groups of departments: linked by a code, told of their questions, moved, lost.

A group is a chat, not a person: what is said there goes through the outbox with the group's id, which is negative.
"""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.people import Language
from domain.question import OPEN, Action, Change, Question
from storage import outbox
from storage.database import insert
from storage.prepared import prepared
from storage.tables import admins, group_codes, group_posts, groups, questions

CODE_WORKS = timedelta(hours=1)
SHOWN_AT_FIRST = 20
"""Cards that a group gets when it is linked or has moved: what Telegram takes for one group in a minute."""
CARD, TOPIC = "group_card", "group_topic"
TEMPLATES = (CARD, TOPIC)


@dataclass(frozen=True, slots=True)
class Group:
    """The group of a department. `forum`: each question has a topic of its own there."""

    department_id: int
    chat_id: int
    forum: bool
    language: Language
    since: datetime


def _group(row: Row[Any] | None) -> Group | None:
    return Group(row.department_id, row.chat_id, row.forum, Language(row.language), row.since) if row else None


_OF_DEPARTMENT = prepared(select(groups).where(groups.c.department_id == bindparam("department")))


async def of_department(db: AsyncConnection, department_id: int) -> Group | None:
    return _group((await db.execute(_OF_DEPARTMENT, {"department": department_id})).one_or_none())


async def of_chat(db: AsyncConnection, chat_id: int, *, to_change: bool = False) -> Group | None:
    query = select(groups).where(groups.c.chat_id == chat_id)
    return _group((await db.execute(query.with_for_update() if to_change else query)).one_or_none())


# --- linking --------------------------------------------------------------------------------------------------------


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()


async def make_code(db: AsyncConnection, department_id: int, admin_id: int, now: datetime) -> str:
    """A code for linking a group to this department, 160 random bits; the one made before works no more.

    It is returned once and never stored.
    """
    code = secrets.token_urlsafe(20)
    values = {"code_hash": _hash(code), "created_by": admin_id, "expires_at": now + CODE_WORKS}
    row = insert(db, group_codes).values(department_id=department_id, **values)
    await db.execute(row.on_conflict_do_update(index_elements=["department_id"], set_=values))
    return code


async def department_of_code(db: AsyncConnection, code: str, now: datetime) -> int | None:
    """The department for which a present administrator made this code within the last hour.

    Locked: two may send it, in two groups, at the same moment.
    """
    query = (
        select(group_codes.c.department_id)
        .join(admins, admins.c.person_id == group_codes.c.created_by)
        .where(group_codes.c.code_hash == _hash(code), group_codes.c.expires_at > now)
    )
    return await db.scalar(query.with_for_update(of=group_codes))


async def link(db: AsyncConnection, group: Group) -> bool:
    """The department has this group from now on, in place of the one before; its code is used up.

    False when the group belongs to another department already.
    """
    taken = await of_chat(db, group.chat_id, to_change=True)
    if taken is not None and taken.department_id != group.department_id:
        return False
    await db.execute(delete(group_codes).where(group_codes.c.department_id == group.department_id))
    before = await of_department(db, group.department_id)
    if before is not None and before.chat_id != group.chat_id:
        await unlink(db, before, group.since)
    values = {"chat_id": group.chat_id, "forum": group.forum, "language": group.language, "since": group.since}
    row = insert(db, groups).values(department_id=group.department_id, **values)
    await db.execute(row.on_conflict_do_update(index_elements=["department_id"], set_=values))
    return True


async def unlink(db: AsyncConnection, group: Group, now: datetime) -> None:
    """Nothing more goes there; where its cards stand is forgotten."""
    await db.execute(delete(groups).where(groups.c.department_id == group.department_id))
    await db.execute(delete(group_posts).where(group_posts.c.chat_id == group.chat_id))
    await outbox.drop_for_blocked(db, group.chat_id, now)


async def became_forum(db: AsyncConnection, group: Group, forum: bool) -> None:
    """Its administrator switched topics on or off."""
    await db.execute(update(groups).where(groups.c.chat_id == group.chat_id).values(forum=forum))


async def move(db: AsyncConnection, old_chat_id: int, new_chat_id: int, now: datetime) -> None:
    """The group became a supergroup with another id: what waits for it goes there.

    Its old messages cannot be edited under the new id, where other messages bear the same numbers: what is open gets
    a new card. Told of it twice, by both chats and by a refused message, it moves once.
    """
    await outbox.move(db, old_chat_id, new_chat_id)
    group = await of_chat(db, old_chat_id, to_change=True)
    if group is None or await of_chat(db, new_chat_id) is not None:
        return
    await db.execute(update(groups).where(groups.c.chat_id == old_chat_id).values(chat_id=new_chat_id))
    await db.execute(delete(group_posts).where(group_posts.c.chat_id == old_chat_id))
    await show_open(db, replace(group, chat_id=new_chat_id), now)


# --- cards ----------------------------------------------------------------------------------------------------------

_ANEW = frozenset({Action.ASK, Action.ROUTE, Action.FORWARD, Action.SPLIT, Action.NOT_ANSWERED})
"""Steps that somebody in the group has to notice: a card that is only edited makes no sound."""


async def tell(db: AsyncConnection, change: Change, entry_id: int, now: datetime) -> None:
    """The group hears of a new question, and the card of another one follows its status and date."""
    before, after = change.before, change.after
    anew = change.action in _ANEW and (after.status in OPEN or change.action is Action.ASK)
    if not anew and _shown(before) == _shown(after):
        return
    if before.department_id not in (None, after.department_id):
        await _tell(db, before, f"group left {entry_id}", now)
    await _tell(db, after, f"group {entry_id}", now, anew=anew)


def _shown(question: Question) -> tuple[Any, ...]:
    return question.status, question.ending, question.due_on, question.department_id


async def _tell(db: AsyncConnection, question: Question, key: str, now: datetime, *, anew: bool = False) -> None:
    group = await of_department(db, question.department_id) if question.department_id is not None else None
    if group is None:
        return
    anew = anew or await newest_card(db, group.chat_id, question.id) is None
    await _say(db, group, question.id, now, anew=anew, key=f"{key} {group.chat_id}")


async def _say(
    db: AsyncConnection, group: Group, question_id: int, now: datetime, *, anew: bool, key: str | None = None
) -> None:
    """A card, or in a forum first the topic it will stand in."""
    first = anew and group.forum and await topic(db, group.chat_id, question_id) is None
    template = TOPIC if first else CARD
    await outbox.say(db, group.chat_id, template, {"anew": anew}, now, key=key, question_id=question_id)


async def show_there(db: AsyncConnection, group: Group, question_id: int, now: datetime) -> None:
    """Its topic was begun, or cannot be: the card comes now."""
    await outbox.say(db, group.chat_id, CARD, {"anew": True}, now, question_id=question_id)


async def redraw(db: AsyncConnection, chat_id: int, question_id: int, message_id: int, now: datetime) -> None:
    """Somebody pressed a button there: the card is to be as it is. One that waits to be drawn is enough."""
    waiting = {about for _, about in await outbox.waiting_about_questions(db, chat_id)}
    if question_id in waiting and message_id == await newest_card(db, chat_id, question_id):
        return
    facts = {"anew": False, "message": message_id}
    await outbox.say(db, chat_id, CARD, facts, now, question_id=question_id)


async def follow(db: AsyncConnection, question_ids: list[int], now: datetime) -> None:
    """Their dates have moved without a step of their own: the cards show it."""
    query = select(group_posts.c.chat_id, group_posts.c.question_id).join(
        groups, groups.c.chat_id == group_posts.c.chat_id
    )
    here = and_(group_posts.c.question_id.in_(question_ids), group_posts.c.topic.is_(False))
    for row in list(await db.execute(query.where(here).distinct())):
        await outbox.say(db, row.chat_id, CARD, {"anew": False}, now, question_id=row.question_id)


async def show_open(db: AsyncConnection, group: Group, now: datetime) -> None:
    """Cards of what the department owes, the most urgent first; older ones come with their next step."""
    here = and_(questions.c.department_id == group.department_id, questions.c.status.in_(OPEN))
    query = select(questions.c.id).where(here).order_by(questions.c.due_on, questions.c.id).limit(SHOWN_AT_FIRST)
    waiting = {about for _, about in await outbox.waiting_about_questions(db, group.chat_id)}
    for question_id in [one for one in await db.scalars(query) if one not in waiting]:
        await _say(db, group, question_id, now, anew=True)


async def posted(db: AsyncConnection, chat_id: int, question_id: int, message_id: int, *, topic: bool = False) -> None:
    """A card stands there, or its topic was begun; redrawn in place it is the same message."""
    row = insert(db, group_posts).values(chat_id=chat_id, message_id=message_id, question_id=question_id, topic=topic)
    values = {"question_id": question_id, "topic": topic}
    await db.execute(row.on_conflict_do_update(index_elements=["chat_id", "message_id"], set_=values))


async def newest_card(db: AsyncConnection, chat_id: int, question_id: int) -> int | None:
    """The message in which the question's card stands."""
    return await _newest(db, chat_id, question_id, topic=False)


async def topic(db: AsyncConnection, chat_id: int, question_id: int) -> int | None:
    """The topic of this question in a forum."""
    return await _newest(db, chat_id, question_id, topic=True)


async def _newest(db: AsyncConnection, chat_id: int, question_id: int, *, topic: bool) -> int | None:
    here = and_(
        group_posts.c.chat_id == chat_id, group_posts.c.question_id == question_id, group_posts.c.topic.is_(topic)
    )
    message_id: int | None = await db.scalar(select(func.max(group_posts.c.message_id)).where(here))
    return message_id


async def question_of_card(db: AsyncConnection, chat_id: int, message_id: int) -> tuple[int, str] | None:
    """Id and number of the question whose card this message is; not of the message that only began its topic."""
    query = (
        select(questions.c.id, questions.c.number)
        .join(group_posts, group_posts.c.question_id == questions.c.id)
        .where(group_posts.c.chat_id == chat_id, group_posts.c.message_id == message_id, group_posts.c.topic.is_(False))
    )
    row = (await db.execute(query)).one_or_none()
    return (row.id, row.number) if row else None

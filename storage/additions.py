"""What an NGO adds after registration: which message became which addition, and albums, whose photos come one by one.

The parts of an album are one addition. Its notice waits a moment for the rest; a part that comes when the notice is
under way already follows it by itself.
"""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.draft import MAX_ATTACHMENTS, Attachment, Piece
from domain.question import Notice, Question
from storage import outbox, questions
from storage.database import insert
from storage.tables import entries, question_messages
from storage.tables import outbox as outgoing

GATHERING = timedelta(seconds=2)
"""How long the notice of an album waits for the rest of it."""
_TOLD = (Notice.ADDITION, Notice.REPLIED)


def album_source(person_id: int, album: str) -> str:
    """The `source` of the history line that an album became."""
    return f"album {person_id} {album}"[:60]


def source_in(part: Question, source: str) -> str:
    """The `source` of the same addition in a part of the question it was made to."""
    return f"part {part.id} {source}"[:60]


async def remember(db: AsyncConnection, person_id: int, question_id: int, pieces: tuple[Piece, ...]) -> None:
    """Editing one of these messages later is an addition; what it reads now is what an edit is compared with."""
    for piece in pieces:
        values = {"chat_id": person_id, "message_id": piece.message_id, "question_id": question_id}
        row = insert(db, question_messages).values(values | {"text": piece.text})
        row = row.on_conflict_do_update(index_elements=["chat_id", "message_id"], set_={"text": piece.text})
        await db.execute(row)


async def gather(db: AsyncConnection, question: Question, entry_id: int, now: datetime) -> None:
    """The notice of this line waits for the rest of the album."""
    for key in await _keys(db, question.id, entry_id):
        waiting = update(outgoing).where(outgoing.c.key == key, outgoing.c.attempts == 0)
        await db.execute(waiting.values(not_before=now + GATHERING))


async def _keys(db: AsyncConnection, question_id: int, entry_id: int) -> list[str]:
    """Of all that says this line, to whomever, with the albums behind it."""
    query = select(outgoing.c.key).where(outgoing.c.question_id == question_id)
    beginnings = tuple(f"{notice} {entry_id} " for notice in _TOLD)
    return [key for key in await db.scalars(query.order_by(outgoing.c.id)) if key and key.startswith(beginnings)]


async def album_of(db: AsyncConnection, person_id: int, album: str) -> tuple[int, int] | None:
    """(history line, question) of the addition that this album of this person is."""
    return await line_of(db, album_source(person_id, album))


async def line_of(db: AsyncConnection, source: str) -> tuple[int, int] | None:
    """(history line, question) that came from there."""
    query = select(entries.c.id, entries.c.question_id).where(entries.c.source == source)
    row = (await db.execute(query)).one_or_none()
    return (row.id, row.question_id) if row else None


async def join(
    db: AsyncConnection, question: Question, entry_id: int, attachment: Attachment, text: str, now: datetime
) -> None:
    """One more part of an album, perhaps with a caption; the same part a second time changes nothing."""
    before = await questions.attachments_of(db, entry_id)
    if len(before) >= MAX_ATTACHMENTS or any(a.message_id == attachment.message_id for a in before):
        return
    await questions.attach(db, question.id, entry_id, (attachment,))
    if text:
        await db.execute(update(entries).where(entries.c.id == entry_id).values(text=await _with(db, entry_id, text)))
    told = await _keys(db, question.id, entry_id)
    for key in [key for key in told if len(key.split()) == 3]:
        await _tell_the_rest(db, question, entry_id, key, attachment, text, now)


async def _with(db: AsyncConnection, entry_id: int, text: str) -> str:
    before = await db.scalar(select(entries.c.text).where(entries.c.id == entry_id))
    return f"{before}\n\n{text}" if before else text


async def _tell_the_rest(
    db: AsyncConnection, question: Question, entry_id: int, key: str, attachment: Attachment, text: str, now: datetime
) -> None:
    """To one who is told of this line: by what still waits to be said, or else by itself."""
    notice, _, person = key.split()
    late, facts = f"{key} late {attachment.message_id}", {"entry": entry_id}
    if text and await _under_way(db, key):
        await outbox.say(db, int(person), notice, facts, now, key=late, question_id=question.id)
    groups = await questions.send_attachments(db, int(person), question, entry_id, now, key=key)
    if await _under_way(db, f"{key} album {groups - 1}"):
        only = facts | {"only": attachment.message_id}
        await outbox.say(db, int(person), "attachments", only, now, key=f"{late} album", question_id=question.id)


async def _under_way(db: AsyncConnection, key: str) -> bool:
    """It is being said or was said. The lock races the claim, which passes over a locked row."""
    query = select(outgoing.c.attempts, outgoing.c.done_at).where(outgoing.c.key == key).with_for_update()
    row = (await db.execute(query)).one_or_none()
    return row is not None and (row.attempts > 0 or row.done_at is not None)

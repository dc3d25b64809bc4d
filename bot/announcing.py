"""Announcements in the clock's hands: started at their time, shown while they go, reported when they have ended.

Asked every second of the database, where everything stands: a copy that dies costs nothing, and several copies do it
once, since each announcement's row is locked while it is looked at.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import Clock
from domain.announcement import UNDER_WAY, Announcement, State
from domain.city import City
from domain.people import Language
from handlers import announcement_cards
from handlers.speech import Call, inline, messages
from storage import announcements, outbox, people
from storage.database import Database
from texts import Words

REDRAWN_EVERY = 3
"""Seconds between two changes of the progress message: each takes one of the second's thirty."""


async def look(database: Database, city: City, clock: Clock) -> bool:
    """Start what is due, show or report what is going on. True when something was promised."""
    async with database.reading() as db:
        found = await announcements.unfinished(db, clock.now())
    told = False
    for announcement_id in found:
        async with database.transaction() as db:
            told = await _one(db, announcement_id, city, clock.now()) or told
    return told


async def _one(db: AsyncConnection, announcement_id: int, city: City, now: datetime) -> bool:
    """Locked, and looked at anew: another copy may have done it, an administrator may have cancelled it."""
    announcement = await announcements.find(db, announcement_id, to_change=True)
    if announcement is None:
        return False
    if announcement.state is State.SCHEDULED and announcement.send_at and announcement.send_at <= now:
        await announcements.start(db, announcement, now)
        await announcements.promise_progress(db, announcement_id, now)
        return True
    if announcement.state not in UNDER_WAY:
        return False
    if not await announcements.pending(db, announcement_id):
        await announcements.finish(db, announcement, now)
        await _report(db, announcement, now)
        await _redraw(db, announcement, city, now, last=True)
        return True
    return await _redraw(db, announcement, city, now)


async def _report(db: AsyncConnection, announcement: Announcement, now: datetime) -> None:
    """A message of its own: screen readers are silent about a message that is redrawn."""
    if announcement.led_by is not None:
        facts = {"announcement": announcement.id}
        key = f"report {announcement.id} {announcement.round}"
        await outbox.say(db, announcement.led_by, "an_report", facts, now, key=key)


async def _redraw(
    db: AsyncConnection, announcement: Announcement, city: City, now: datetime, *, last: bool = False
) -> bool:
    """The progress message as it is now; never two changes on their way at once."""
    leader = await people.load(db, announcement.led_by, now) if announcement.led_by else None
    message_id = await announcements.progress_message(db, announcement)
    if leader is None or message_id is None or not leader.is_admin:
        return False
    if not last and await announcements.redraw_waits(db, leader.id):
        return False
    announcement = await announcements.find(db, announcement.id) or announcement
    words = Words(leader.language or Language.RU, city.zone)
    blocks, keyboard = await announcement_cards.progress(db, words, announcement)
    [call] = messages(leader.id, blocks)
    params = call.params | {"message_id": message_id, "reply_markup": inline(keyboard, simple=leader.simple)}
    edit = Call("editMessageText", params).to_json()
    slot = "end" if last else str(int(now.timestamp()) // REDRAWN_EVERY)
    key = f"progress {announcement.id} {announcement.round} {slot}"
    return await outbox.say(db, leader.id, "redraw", edit, now, key=key)

"""What time itself causes. APScheduler is a mere clock: each tick asks the database what is due.

Nothing is remembered here, so downtime and several copies need no care: what was missed is still due at the next tick,
and what another copy did is due no more.
"""

import logging
from collections.abc import Awaitable, Callable

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot import activity, morning, stuck
from bot.clock import Clock
from domain.calendar import quiet
from domain.city import City
from domain.question import CLOCK, Action, CannotAct, act
from storage import forgotten, imports, inbox, invitations, leaves, outbox, questions, slots
from storage.database import Database

log = logging.getLogger(__name__)

_AT_ONCE = 50
"""Questions closed in one transaction: people's updates come between."""


async def close_unjudged(database: Database, city: City, clock: Clock) -> int:
    """Answers nobody reacted to in time are closed (`City.reaction_term`). Returns how many."""
    closed = 0
    while True:
        async with database.transaction() as db:
            now = clock.now()
            found = await questions.unjudged(db, city.today(now), _AT_ONCE)
            for question_id in found:
                question = await questions.by_id(db, question_id, to_change=True)
                if question is None:
                    continue
                try:
                    change = act(question, Action.NO_REACTION, CLOCK, now)
                except CannotAct:
                    continue  # judged while we looked
                await questions.record(db, change, now, source=f"no reaction {question.id} {question.answered_at}")
                closed += 1
        if len(found) < _AT_ONCE:
            return closed


async def give_up_waiting(database: Database, city: City, clock: Clock) -> int:
    """Where the NGO has not replied in time (`City.reply_term`), the department hears that it may close the question.

    In working hours, for officials are told at once. Returns how many.
    """
    if quiet(clock.now(), city.calendar, city.hours, city.zone):
        return 0
    given_up = 0
    while True:
        async with database.transaction() as db:
            now = clock.now()
            found = await questions.waiting_since(db, city.ago(city.reply_term, now), _AT_ONCE)
            for one in found:
                question = await questions.by_id(db, one.id, to_change=True)
                if question is None or question.waiting_since != one.waiting_since:
                    continue  # the NGO replied while we looked
                try:
                    change = act(question, Action.NO_REPLY, CLOCK, now)
                except CannotAct:
                    continue
                await questions.record(db, change, now, source=f"no reply {question.id} {question.waiting_since}")
                given_up += 1
        if len(found) < _AT_ONCE:
            return given_up


async def begin_the_day(database: Database, city: City, clock: Clock) -> bool:
    """Reminders and morning cards, when their time has come. True when something was promised."""
    told = False
    for work in (morning.begin, morning.redraw_digests, activity.ask_whether_ngos_work, stuck.tell):
        async with database.transaction() as db:
            told = await work(db, city, clock.now()) or told
    return told


async def purge(database: Database, clock: Clock) -> None:
    """Handled updates after a week, settled messages after a month: they hold personal data."""
    async with database.transaction() as db:
        await inbox.purge(db, clock.now())
        await outbox.purge(db, clock.now())
        await slots.purge(db, clock.now())
        await invitations.purge(db, clock.now())
        await leaves.purge(db, clock.now())
        await imports.purge(db, clock.now())
        await forgotten.purge(db, clock.now())


def schedule(tasks: list[tuple[Callable[[], Awaitable[object]], int]]) -> AsyncIOScheduler:
    """Each task every so many seconds; late or missed runs are made up for by one."""
    scheduler = AsyncIOScheduler(
        timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )
    for task, seconds in tasks:
        scheduler.add_job(_safely(task), "interval", seconds=seconds)
    return scheduler


def _safely(task: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        try:
            await task()
        except Exception:
            log.exception("a job failed; it is asked again at the next tick")

    return run

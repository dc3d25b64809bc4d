"""Alive means working: each of the ages that are too old makes /healthz a 503, and 200 again when that is over."""

from datetime import timedelta

import pytest

from bot.health import TOO_OLD
from simulator.faults import server_error
from storage import inbox, outbox
from tests.town import Town


async def test_telegram_is_away(town: Town) -> None:
    await _works(town)
    town.telegram.faults.always("getUpdates", server_error())
    town.clock.skip(_just_under("telegram"))
    await _ticks(town)
    assert await _too_old(town) == []
    town.clock.skip(timedelta(seconds=2))
    assert await _too_old(town) == ["telegram"]
    town.telegram.faults.clear()
    await town.settle()
    assert await _too_old(town) == []


async def test_the_clock_stands_still(town: Town) -> None:
    await _works(town)
    town.clock.skip(_just_under("clock") + timedelta(seconds=2))
    await town.settle()
    assert await _too_old(town) == ["clock"]
    await _ticks(town)
    assert await _too_old(town) == []


@pytest.mark.parametrize("age", ["oldest_update", "oldest_message"])
async def test_something_waits_too_long(town: Town, age: str) -> None:
    await _works(town)
    saule = town.stranger("Saule")
    async with town.app.database.transaction() as db:
        if age == "oldest_update":
            update = {"update_id": 7, "message": saule.phone.writes("/start")}
            await inbox.store(db, [(7, saule.id, update)], town.clock.now())
        else:
            saule.phone.room.started = True
            await outbox.say(db, saule.id, "reply", '{"method": "sendMessage", "params": {}}', town.clock.now())
    town.telegram.bot.updates.clear()
    town.clock.skip(_just_under(age) + timedelta(seconds=2))
    await _ticks(town)
    await town.app.polling.once()
    assert await _too_old(town) == [age]


def _just_under(age: str) -> timedelta:
    return timedelta(seconds=TOO_OLD[age] - 1)


async def _works(town: Town) -> None:
    town.app.health.telegram_answered()
    await _ticks(town)
    assert await _too_old(town) == []


async def _ticks(town: Town) -> None:
    town.app.health.ticked()


async def _too_old(town: Town) -> list[str]:
    works, facts = await town.app.health.answer()
    found: list[str] = facts["too_old"]
    assert works is not bool(found)
    return found

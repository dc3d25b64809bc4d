"""Somebody writes faster than anybody can: they wait, nobody else does, and nothing is lost."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from domain.pace import Pace
from domain.people import Language
from storage.backlog import backlog
from storage.tables import forms, inbox, questions
from tests.journeys.cast import Cast
from tests.town import Somebody, Town


@pytest.fixture
def hurried(cast: Cast) -> Cast:
    """With the pace of the settings; the other stories are told without one, for nobody sleeps in them."""
    turnstile = cast.town.app.turnstile
    turnstile.pace = Pace(60)
    turnstile.seconds = lambda: cast.town.clock.now().timestamp()
    return cast


async def _handled(town: Town, somebody: Somebody) -> int:
    query = select(func.count()).where(inbox.c.person_id == somebody.id, inbox.c.done_at.isnot(None))
    async with town.app.database.reading() as db:
        return await db.scalar(query) or 0


async def _floods(who: Somebody, n: int) -> None:
    for i in range(n):
        who.phone.writes(f"{i}")
    await who.town.settle()


async def test_who_is_too_fast_waits_and_is_told_once(hurried: Cast) -> None:
    town, vandal = hurried.town, hurried.town.stranger("Vandal", Language.RU)
    await _floods(vandal, 100)
    assert await _handled(town, vandal) == 60
    assert sum(said.startswith("Это больше 60") for said in vandal.texts) == 1
    town.clock.skip(timedelta(seconds=10))
    await _floods(vandal, 5)
    assert await _handled(town, vandal) == 70
    town.clock.skip(timedelta(seconds=36))
    await town.settle()
    assert await _handled(town, vandal) == 105
    assert sum(said.startswith("Это больше 60") for said in vandal.texts) == 1


async def test_what_waits_is_handled_in_order_and_lost_by_no_restart(hurried: Cast) -> None:
    town, aigerim = hurried.town, hurried.aigerim
    await aigerim.writes("/ask")
    await aigerim.presses("question")
    await aigerim.presses("Help with cultural events")
    before = await _handled(town, aigerim)
    for i in range(70):
        aigerim.phone.writes(f"{i}.")
    await town.settle()
    assert await _handled(town, aigerim) == before + 57, "three steps and 57 of the 70 messages"
    await town.restart()
    town.clock.skip(timedelta(seconds=30))
    await town.settle()
    async with town.app.database.reading() as db:
        [draft] = list(await db.scalars(select(forms.c.data).where(forms.c.person_id == aigerim.id)))
    places = [draft.index(f'"{i}."') for i in range(70)]
    assert places == sorted(places)


async def test_nobody_else_waits_and_the_program_counts_as_healthy(hurried: Cast) -> None:
    town, vandal = hurried.town, hurried.town.stranger("Vandal", Language.EN)
    await _floods(vandal, 500)
    await hurried.aigerim.writes("/my")
    assert hurried.aigerim.last.startswith("Open questions")
    town.clock.skip(timedelta(seconds=180))
    async with town.app.database.reading() as db:
        waiting = await backlog(db, town.clock.now())
    assert waiting.updates == 440
    assert waiting.oldest_update == 179.0, "due a second after the flood, and nobody came to handle it"
    await town.settle()
    async with town.app.database.reading() as db:
        waiting = await backlog(db, town.clock.now())
    assert (waiting.updates, waiting.oldest_update) == (260, 0.0)


async def test_an_update_that_comes_again_is_not_counted_again(hurried: Cast) -> None:
    town = hurried.town
    sender = {"id": 5, "is_bot": False, "first_name": "A"}
    chat = {"id": 5, "type": "private", "first_name": "A"}
    updates = [
        {"update_id": n, "message": {"message_id": n, "date": 1, "from": sender, "chat": chat, "text": "x"}}
        for n in range(10_001, 10_041)
    ]
    for _ in range(3):
        async with town.app.database.transaction() as db:
            await town.app.turnstile.store(db, updates, town.clock.now())
    async with town.app.database.reading() as db:
        found = list(await db.scalars(select(inbox.c.not_before).where(inbox.c.person_id == 5)))
    assert found == [None] * 40


# --- the day's limit ------------------------------------------------------------------------------------------------


async def _limit(cast: Cast, **limits: int) -> None:
    cast.town.app.settings_city = replace(cast.town.city, **limits)
    await cast.town.app.refresh()


async def _count(town: Town) -> int:
    async with town.app.database.reading() as db:
        return await db.scalar(select(func.count()).select_from(questions)) or 0


async def _writes_a_question(who: Somebody, text: str) -> None:
    await who.writes("/ask")
    await who.presses("question")
    await who.presses("Help with cultural events")
    await who.writes(text)
    await who.presses("done_writing")
    await who.presses("public")
    await who.presses("send")


async def test_above_the_days_limit_the_draft_is_kept_and_sent_after_midnight(cast: Cast) -> None:
    await _limit(cast, questions_a_day=2)
    for n in range(2):
        await cast.town.a_question(cast.aigerim, f"Вопрос {n}.")
    await _writes_a_question(cast.aigerim, "Третий вопрос.")
    assert cast.aigerim.last.startswith("You have sent 2 today: that is the most for one person in a day.")
    assert "You can send it from 3 March 2026, 00:00 on" in cast.aigerim.last
    await cast.aigerim.presses("send")
    assert await _count(cast.town) == 2
    cast.town.clock.skip(timedelta(hours=13, minutes=30))  # half past midnight
    await cast.aigerim.presses("send")
    assert "2026-000003" in cast.aigerim.last
    assert await _count(cast.town) == 3


async def test_representatives_of_one_ngo_share_its_limit_and_others_do_not(cast: Cast) -> None:
    bolat = await cast.town.an_ngo(cast.saule, "Bolat", "Общественный фонд «Парасат»", Language.EN)
    marat = await cast.town.an_ngo(cast.saule, "Marat", "Клуб «Тұлпар»", Language.EN)
    await _limit(cast, questions_a_day=5, questions_a_day_ngo=2)
    await cast.town.a_question(cast.aigerim, "Первый.")
    await cast.town.a_question(bolat, "Второй.")
    await _writes_a_question(bolat, "Третий.")
    assert bolat.last.startswith("Общественный фонд «Парасат» has sent 2 today")
    await cast.town.a_question(marat, "Чужой.")
    await bolat.writes("/ask")
    assert "Третий." in bolat.last
    assert await _count(cast.town) == 3

"""Updates that no Telegram would send: each costs only itself, is set aside after three tries, and blocks nobody."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from storage.tables import inbox
from tests.journeys.cast import Cast, a_message, a_press, everything_stored, hands_over
from tests.town import Somebody, Town


async def _until_given_up(town: Town) -> None:
    """Three tries, a few seconds apart."""
    for _ in range(3):
        town.clock.skip(timedelta(seconds=10))
        await town.settle()


async def _letters(town: Town) -> list[tuple[int, bool, bool]]:
    """Attempts, whether done, whether dead, of every update that was not done at once."""
    query = select(inbox).where(inbox.c.attempts > 0).order_by(inbox.c.update_id)
    async with town.app.database.reading() as db:
        return [(row.attempts, row.done_at is not None, row.dead_at is not None) for row in await db.execute(query)]


def _without(update: dict[str, Any], *path: str) -> dict[str, Any]:
    """The update without this field."""
    kind, content = next(iter(update.items()))
    content = dict(content)
    inner = content
    for name in path[:-1]:
        inner[name] = dict(inner[name])
        inner = inner[name]
    del inner[path[-1]]
    return {kind: content}


def _with(update: dict[str, Any], **changed: Any) -> dict[str, Any]:
    kind, content = next(iter(update.items()))
    return {kind: {**content, **changed}}


def _content(who: Somebody) -> dict[str, Any]:
    content: dict[str, Any] = a_message(who, text="Нужен зал.")["message"]
    return content


UNREADABLE = {
    "a text that is a number": lambda who: a_message(who, text=5),
    "a text that is a list": lambda who: a_message(who, text=["a"]),
    "a photo that is a word": lambda who: a_message(who, photo="photo"),
    "a photo of numbers": lambda who: a_message(who, photo=[1, 2]),
    "a document without an id": lambda who: a_message(who, document={"file_name": "x.pdf"}),
    "entities that are a word": lambda who: a_message(who, text="Нужен зал.", entities="bold"),
    "a chat that is a word": lambda who: _with(a_message(who, text="Нужен зал."), chat="private"),
    "no chat": lambda who: _without(a_message(who, text="Нужен зал."), "chat"),
    "entities of numbers": lambda who: a_message(who, text="Нужен зал.", entities=[1]),
    "no date": lambda who: _without(a_message(who, text="Нужен зал."), "date"),
    "a date that is a word": lambda who: _with(a_message(who, text="Нужен зал."), date="today"),
    "a date after all time": lambda who: _with(a_message(who, text="Нужен зал."), date=10**15),
    "a place that is a list": lambda who: a_message(who, location=[1, 2]),
    "a reply to a word": lambda who: a_message(who, text="Нужен зал.", reply_to_message="x"),
    "a voice of no length": lambda who: a_message(
        who, voice={"file_id": "x", "file_unique_id": "x", "duration": "long"}
    ),
    "a voice longer than any number kept": lambda who: a_message(
        who, voice={"file_id": "x", "file_unique_id": "x", "duration": 10**30}
    ),
    "a document whose id is none": lambda who: a_message(who, document={"file_id": None, "file_unique_id": None}),
    "a photo whose id is a number": lambda who: a_message(who, photo=[{"file_id": 5, "file_unique_id": 5}]),
    "an entity of no place": lambda who: a_message(who, text="Нужен зал.", entities=[{"type": "bold"}]),
    "a number of the message longer than any kept": lambda who: _with(
        a_message(who, text="Нужен зал."), message_id=10**30
    ),
    "a place without coordinates": lambda who: a_message(who, location={}),
    "a venue without a place": lambda who: a_message(who, venue={"title": "Зал"}),
    "an edit whose moment is a word": lambda who: {"edited_message": {**_content(who), "edit_date": "today"}},
    "a reply to a button whose data is a number": lambda who: a_message(
        who,
        text="Да",
        reply_to_message={
            **_content(who),
            "reply_markup": {"inline_keyboard": [[{"text": "Да", "callback_data": 5}]]},
        },
    ),
    "a sender of whom nobody knows whether it is a bot": lambda who: _without(
        a_message(who, text="Нужен зал."), "from", "is_bot"
    ),
    "a standing that is a list": lambda who: {
        "my_chat_member": {**_content(who), "new_chat_member": {"status": ["kicked"]}}
    },
    "a name that is a list": lambda who: _with(
        a_message(who, text="Нужен зал."), **{"from": {**who.phone.user, "first_name": ["A"]}}
    ),
    "no name": lambda who: _without(a_message(who, text="Нужен зал."), "from", "first_name"),
    "a press whose data is a list": lambda who: _with(a_press(who, "my"), data=["my"]),
    "a press of somebody without a name": lambda who: _without(a_press(who, "my"), "from", "first_name"),
    "a press under a message without a chat": lambda who: _with(a_press(who, "my"), message={"message_id": 5}),
    "a press under a word": lambda who: _with(a_press(who, "my"), message="x"),
}


@pytest.mark.parametrize("broken", UNREADABLE.values(), ids=UNREADABLE)
async def test_it_is_set_aside_after_three_tries_and_the_person_told_with_a_code(
    cast: Cast, broken: Any, caplog: pytest.LogCaptureFixture
) -> None:
    before = await everything_stored(cast.town)
    await hands_over(cast.town, broken(cast.aigerim))
    update_id = cast.town.telegram.bot.last_update_id
    assert cast.aigerim.texts == []
    await _until_given_up(cast.town)
    assert await _letters(cast.town) == [(3, False, True)]
    code = f"E{update_id % 1_000_000:06d}"
    assert code in cast.aigerim.last
    assert "Something went wrong on our side" in cast.aigerim.last
    assert sum(code in record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR) == 3
    assert await everything_stored(cast.town) == before
    assert "Нужен зал" not in caplog.text, "what people say is in no log"
    await _forgive(cast)


async def _forgive(cast: Cast) -> None:
    """What failed here failed on purpose: the end of the story need not find it."""
    async with cast.town.app.database.transaction() as db:
        await db.execute(inbox.delete())


NOT_LOOKED_AT = {
    "nothing where something may stand": lambda who: a_message(
        who, text="/my", venue=None, photo=None, entities=None, reply_to_message=None, sender_chat=None
    ),
    "a reply to nobody's message": lambda who: a_message(
        who, text="/my", reply_to_message={**_content(who), "from": None, "reply_markup": None}
    ),
    "a field of the year after next": lambda who: a_message(who, text="/my", hologram={"depth": [None]}),
}


@pytest.mark.parametrize("odd", NOT_LOOKED_AT.values(), ids=NOT_LOOKED_AT)
async def test_what_nobody_looks_at_costs_nothing(cast: Cast, odd: Any) -> None:
    await hands_over(cast.town, odd(cast.aigerim))
    assert cast.aigerim.last.startswith("Open questions")
    assert await _letters(cast.town) == []


FROM_NOBODY = {
    "no sender": lambda who: _without(a_message(who, text="Нужен зал."), "from"),
    "a sender without an id": lambda who: _without(a_message(who, text="Нужен зал."), "from", "id"),
    "a sender whose id is a word": lambda who: _with(
        a_message(who, text="Нужен зал."), **{"from": {**who.phone.user, "id": "5000000002"}}
    ),
    "a sender whose id is too large": lambda who: _with(
        a_message(who, text="Нужен зал."), **{"from": {**who.phone.user, "id": 2**63}}
    ),
    "a sender whose id is negative": lambda who: _with(
        a_message(who, text="Нужен зал."), **{"from": {**who.phone.user, "id": -5}}
    ),
    "a sender whose id is true": lambda who: _with(
        a_message(who, text="Нужен зал."), **{"from": {**who.phone.user, "id": True}}
    ),
    "a press from nobody": lambda who: _without(a_press(who, "my"), "from"),
    "a message that is a word": lambda who: {"message": "x"},
    "a message that is a list": lambda who: {"message": [1]},
    "nothing": lambda who: {},
    "of a kind nobody knows": lambda who: {"hologram": {"from": who.phone.user}},
    "of many kinds": lambda who: {"message": None, "callback_query": None, "edited_message": None},
}


@pytest.mark.parametrize("broken", FROM_NOBODY.values(), ids=FROM_NOBODY)
async def test_what_comes_from_nobody_tells_nobody_and_stores_nobody(cast: Cast, broken: Any) -> None:
    before = await everything_stored(cast.town)
    await hands_over(cast.town, broken(cast.aigerim))
    await _until_given_up(cast.town)
    assert await everything_stored(cast.town) == before
    assert all(somebody.texts == [] for somebody in cast.everybody)
    async with cast.town.app.database.reading() as db:
        pending = select(inbox.c.update_id).where(inbox.c.done_at.is_(None), inbox.c.dead_at.is_(None))
        assert list(await db.scalars(pending)) == []
    await _forgive(cast)


async def test_others_are_served_while_it_is_tried_again(cast: Cast) -> None:
    await hands_over(cast.town, a_message(cast.aigerim, text=5))
    await cast.daniyar.writes("/inbox")
    assert cast.daniyar.last == "Nothing is waiting for an answer."
    await _until_given_up(cast.town)
    await _forgive(cast)


async def test_the_persons_next_message_waits_for_its_turn_and_is_served(cast: Cast) -> None:
    await hands_over(cast.town, a_message(cast.aigerim, text=5))
    await cast.aigerim.writes("/my")
    assert cast.aigerim.texts == []
    await _until_given_up(cast.town)
    told, served = cast.aigerim.texts
    assert told.startswith("Something went wrong on our side")
    assert served.startswith("Open questions")
    await _forgive(cast)


async def test_fifty_malformed_among_five_hundred_cost_only_themselves(cast: Cast) -> None:
    """Five hundred would take long here; of fifty the tenth part is broken as well."""
    updates = []
    for n in range(50):
        who: Somebody = cast.everybody[n % 3]
        updates.append(a_message(who, text=5 if n % 10 == 9 else "/help"))
    await hands_over(cast.town, *updates)
    for _ in range(4):  # those of one person wait for each other
        await _until_given_up(cast.town)
    assert await _letters(cast.town) == [(3, False, True)] * 5
    answered = sum(text.startswith("Köpir: NGOs ask") for who in cast.everybody for text in who.texts)
    assert answered == 45
    await _forgive(cast)


@pytest.mark.parametrize("update_id", [None, "7", 7.5, True, -1, 0, 2**63])
async def test_an_update_whose_number_is_none_is_left_where_it_is(cast: Cast, update_id: object) -> None:
    """It can be neither stored nor confirmed; the others that came with it are."""
    good = a_message(cast.aigerim, text="/my")
    bad = {"update_id": update_id, **a_message(cast.aigerim, text="/help")}
    await hands_over(cast.town, bad, good)
    assert cast.aigerim.last.startswith("Open questions")

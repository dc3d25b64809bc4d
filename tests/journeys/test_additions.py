"""What an NGO adds is seen in any state, at once and in the morning; albums, edits, and numbers typed in between."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from storage.tables import entries, questions
from tests.journeys.cast import Cast, hands_over
from tests.town import Somebody

A_MOMENT = timedelta(seconds=3)
PHOTOS = [b"one", b"two", b"three"]


def _notices(who: Somebody) -> int:
    return sum("addition by the NGO." in text for text in who.texts)


def _message_with_number(who: Somebody, number: str) -> dict[str, Any]:
    return next(m for m in reversed(who.phone.chat) if number in m.get("text", "") and m["from"]["is_bot"])


async def _adds(cast: Cast, text: str = "Ещё одно.") -> None:
    await cast.aigerim.writes(text, reply_to=_message_with_number(cast.aigerim, cast.number))


async def _lines(cast: Cast) -> list[tuple[str, str]]:
    """What was added, with the question's status."""
    query = select(questions.c.status, entries.c.text).join(entries, entries.c.question_id == questions.c.id)
    async with cast.town.app.database.reading() as db:
        return [tuple(row) for row in await db.execute(query.where(entries.c.action == "add").order_by(entries.c.id))]


# --- in any state ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["registered", "in_work", "withdrawn"])
async def test_an_addition_reaches_the_owner_before_the_answer(asked: Cast, state: str) -> None:
    if state == "in_work":
        await asked.daniyar.presses("take")
    elif state == "withdrawn":
        await asked.aigerim.presses("withdraw")
    await _adds(asked)
    assert asked.daniyar.last.startswith(f"№ {asked.number}: addition by the NGO.")
    assert await _lines(asked) == [(state, "Ещё одно.")]


@pytest.mark.parametrize("thanks", ["Спасибо!", "Рахмет, бәрі жақсы", "Thank you"])
@pytest.mark.parametrize("state", ["answered", "closed"])
async def test_thank_you_reopens_nothing(answered: Cast, state: str, thanks: str) -> None:
    if state == "closed":
        await answered.aigerim.presses("solved")
    await _adds(answered, thanks)
    assert await _lines(answered) == [(state, thanks)]
    assert _notices(answered.daniyar) == 1


@pytest.mark.parametrize("thanks", ["Спасибо!", "рақмет", "Thank you"])
async def test_thanks_in_passing_belong_to_the_answer_and_begin_no_draft(answered: Cast, thanks: str) -> None:
    aigerim = answered.aigerim
    await aigerim.writes(thanks)
    assert aigerim.last == f"Your thanks for the answer to № {answered.number} are passed on."
    assert "Solved" in aigerim.buttons
    assert answered.number in aigerim.buttons
    assert thanks in answered.daniyar.last
    assert await _lines(answered) == [("answered", thanks)]
    await aigerim.writes("/ask")
    assert aigerim.last.startswith("What would you like to send?")


async def test_thanks_that_could_be_for_several_answers_or_none_are_only_answered(answered: Cast) -> None:
    aigerim, daniyar = answered.aigerim, answered.daniyar
    friendly = "Thank you for your kind words.\n\nTo thank a department, reply to its answer, or send thanks"
    number = await answered.town.a_question(aigerim, "Второе.")
    await daniyar.writes(number)
    await daniyar.presses("clarify")
    await daniyar.writes("На какой день?")
    await daniyar.presses("send")
    await aigerim.writes("Спасибо!")  # for the answer: the department asked something else and goes on waiting
    assert aigerim.last.startswith(f"Your thanks for the answer to № {answered.number} ")
    await aigerim.writes("На 20 марта.")
    assert aigerim.last.startswith(f"Your reply about № {number} ")
    await daniyar.writes(number)
    for key in ("answer", "outcome_done"):
        await daniyar.presses(key)
    await daniyar.writes("Зал открыт 20 марта.")
    for key in ("done_writing", "send"):
        await daniyar.presses(key)
    await aigerim.writes("Спасибо!")
    assert aigerim.last.startswith(friendly)
    answered.town.clock.skip(timedelta(days=60))
    await aigerim.writes("Спасибо!")
    assert aigerim.last.startswith(friendly)
    await daniyar.writes("Спасибо!")
    assert daniyar.last == "Thank you for your kind words."
    assert len(await _lines(answered)) == 1


async def test_the_morning_card_lists_what_was_added_since_the_last_morning(answered: Cast) -> None:
    await answered.aigerim.presses("solved")
    await _adds(answered, "Ещё вопрос: есть ли в зале микрофоны и сколько мест " + "очень " * 30)
    await answered.town.days_pass(1)
    assert "Added by NGOs since the last morning\n2026-000001: Ещё вопрос: есть ли в зале" in answered.daniyar.last
    before = len(answered.daniyar.texts)
    await answered.town.days_pass(1)
    assert not any("Added by NGOs" in text for text in answered.daniyar.texts[before:])


# --- albums ---------------------------------------------------------------------------------------------------------


async def test_an_album_is_one_addition_with_one_notice(asked: Cast) -> None:
    to = _message_with_number(asked.aigerim, asked.number)
    await asked.aigerim.does("sends_album", PHOTOS, "Так выглядит зал.", to)
    assert sum("Added to №" in text for text in asked.aigerim.texts) == 1
    asked.town.clock.skip(A_MOMENT)
    await asked.town.settle()
    assert _notices(asked.daniyar) == 1
    notice, *photos = asked.daniyar.phone.chat[-4:]
    assert "Так выглядит зал." in notice["text"]
    assert len({photo["media_group_id"] for photo in photos}) == 1
    assert await _lines(asked) == [("registered", "Так выглядит зал.")]
    await asked.daniyar.writes(asked.number)
    assert "addition by the NGO (3 attachments)" in asked.daniyar.last


async def test_a_part_that_comes_late_follows_by_itself_and_none_comes_twice(asked: Cast) -> None:
    to = _message_with_number(asked.aigerim, asked.number)
    asked.aigerim.phone.sends_album(PHOTOS, None, to)
    waiting = [update for _, update in asked.town.telegram.bot.updates]
    asked.town.telegram.bot.updates.clear()
    for update in (waiting[2], waiting[0]):  # shuffled
        await hands_over(asked.town, {"message": update["message"]})
        asked.town.clock.skip(A_MOMENT)
        await asked.town.settle()
    await asked.town.restart()
    late = waiting[1]["message"] | {"caption": "Вид сбоку."}
    late = {name: value for name, value in late.items() if name != "reply_to_message"}  # some apps leave it out
    for _ in range(2):
        await hands_over(asked.town, {"message": late})
    asked.town.clock.skip(A_MOMENT)
    await asked.town.settle()
    assert await _lines(asked) == [("registered", "Вид сбоку.")]
    assert sum("photo" in message for message in asked.daniyar.phone.chat) == 3
    assert "Вид сбоку." in asked.daniyar.texts[-2] + asked.daniyar.texts[-1]
    await asked.aigerim.writes("/ask")
    assert "unfinished" not in asked.aigerim.last


# --- edits ----------------------------------------------------------------------------------------------------------


async def test_editing_an_addition_is_an_addition(asked: Cast) -> None:
    to = _message_with_number(asked.aigerim, asked.number)
    message = await asked.aigerim.writes("Нужно 40 мест.", reply_to=to)
    for text in ("Нужно 50 мест.", "Нужно 50 мест.", "Нужно 40 мест."):
        asked.town.clock.skip(timedelta(minutes=1))
        await asked.aigerim.does("edits", message, text)
    assert [text for _, text in await _lines(asked)] == ["Нужно 40 мест.", "Нужно 50 мест.", "Нужно 40 мест."]
    assert _notices(asked.daniyar) == 3


async def test_editing_the_caption_of_an_album_is_an_addition(asked: Cast) -> None:
    to = _message_with_number(asked.aigerim, asked.number)
    album = await asked.aigerim.does("sends_album", PHOTOS, "Зал.", to)
    await asked.aigerim.does("edits", album[0], "Малый зал.")
    assert [text for _, text in await _lines(asked)] == ["Зал.", "Малый зал."]


# --- a number in between --------------------------------------------------------------------------------------------


async def test_a_number_typed_while_writing_shows_its_question_and_the_dialogue_stays(asked: Cast) -> None:
    aigerim = asked.aigerim
    await aigerim.writes("/ask")
    await aigerim.presses("proposal")
    await aigerim.presses("Help with cultural events")
    await aigerim.writes("Предлагаем второй концерт.")
    await aigerim.writes(f"№ {asked.number}")
    assert f"№ {asked.number}, Question" in aigerim.texts[-2]
    assert aigerim.last.startswith("Noted: 26 characters of 3500")
    await aigerim.writes("2026-000099")  # no question of theirs: a text
    await aigerim.presses("done_writing")
    await aigerim.presses("public")
    assert "Предлагаем второй концерт.\n\n2026-000099" in aigerim.last


async def test_so_it_is_in_an_answer_and_in_any_other_dialogue(asked: Cast) -> None:
    second = await asked.town.a_question(asked.aigerim, "Второе.")
    await asked.daniyar.does("presses_data", f"answer:{asked.number}")
    await asked.daniyar.presses("outcome_done")
    await asked.daniyar.writes(second)
    assert "Второе." in asked.daniyar.texts[-2]
    assert asked.daniyar.last.startswith(f"№ {asked.number}: Write what was done.")
    await asked.daniyar.writes("Сделано: зал открыт.")
    await asked.daniyar.presses("done_writing")
    assert "Сделано: зал открыт." in asked.daniyar.last
    await asked.daniyar.presses("send")
    await asked.aigerim.presses("not_answered")
    await asked.aigerim.writes(second)
    assert asked.aigerim.last == f"№ {asked.number}: write in a sentence what was not answered."
    await asked.aigerim.writes("Зал закрыт.")
    assert asked.aigerim.last.startswith(f"№ {asked.number} is open again")

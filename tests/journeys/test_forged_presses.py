"""Buttons pressed that were never shown: the client makes up their data, so every press is checked as if forged.

Nothing raises, nobody changes what is not theirs, and every press gets an answer.
"""

import itertools
from collections.abc import Sequence

import pytest
from sqlalchemy import select

from domain.people import Language
from handlers.routes import BUTTONS
from storage.tables import forms, representatives
from tests.journeys.cast import Cast, a_press, everything_stored, hands_over
from tests.town import Somebody

NUMBERS = {"registered": "2026-000001", "in work": "2026-000002", "answered": "2026-000003"}
OWN_AFFAIRS = ("people", "forms", "consents", "representatives", "audit", "audit_head")
"""What a press may change about the person who pressed."""


async def _city_with_questions(cast: Cast) -> None:
    """One registered, one in work, one answered; all of culture, all of Aigerim's NGO."""
    assert await cast.town.a_question(cast.aigerim, "Первое.") == NUMBERS["registered"]
    assert await cast.town.a_question(cast.aigerim, "Второе.") == NUMBERS["in work"]
    await cast.daniyar.presses("take")
    assert await cast.town.a_question(cast.aigerim, "Третье.") == NUMBERS["answered"]
    await cast.daniyar.presses("answer")
    await cast.daniyar.presses("outcome_explained")
    await cast.daniyar.writes("Отвечаем по существу.")
    await cast.daniyar.presses("done_writing")
    await cast.daniyar.presses("send")


async def _outsider(cast: Cast, who: str) -> Somebody:
    """Somebody to whom none of these questions belongs."""
    match who:
        case "a stranger":
            return cast.town.stranger("Vandal", Language.EN)
        case "somebody without a role":
            vandal = cast.town.stranger("Vandal", Language.EN)
            await vandal.meets_the_bot()
            return vandal
        case "another NGO":
            return await cast.town.an_ngo(cast.saule, "Marat", "Клуб «Тұлпар»", Language.EN)
        case "another department":
            return await cast.town.an_official(cast.saule, "Yerlan", "Education", Language.EN)
        case _:
            return cast.saule


OUTSIDERS = ["a stranger", "somebody without a role", "another NGO", "another department", "an administrator"]
AN_ADMINISTRATORS = ("invitations", "habits", "corrections", "topics", "departments")
"""What an administrator may change by pressing, whatever the data."""
DELETES_THE_ONE_WHO_PRESSES = "forget_twice"
DEEDS_OF_THE_DESK = {"official_head", "official_no_head", "official_back", "official_moved", "official_removed"}
"""What an administrator may do to an official by one press, told in `test_departments`."""


def _made_up(cast: Cast, turn: int) -> list[str]:
    """Each route with a question and an id; every second one, by turns, without arguments, with garbage or with ids."""
    numbers = itertools.cycle(NUMBERS.values())
    people = (cast.aigerim.id, cast.daniyar.id, cast.saule.id)
    ids = itertools.cycle(["0", "-1", "1", "2", "3", str(2**63), str(2**63 - 1), *map(str, people), "٣", "1e3"])
    garbage = itertools.cycle(["x", "", " ", ":::", "%s", "{0}", "' OR 1=1 --", "../..", "None", "a" * 40])
    made_up = []
    for n, name in enumerate(name for name in BUTTONS if name != DELETES_THE_ONE_WHO_PRESSES):
        made_up.append(f"{name}:{next(numbers)}:{next(ids)}")
        if (n + turn) % 2 == 0:
            made_up.append([name, f"{name}:{next(garbage)}", f"{name}:{next(ids)}:{next(ids)}"][(n + turn) // 2 % 3])
    assert max(len(data.encode()) for data in made_up) <= 64  # what a button can carry
    return made_up


@pytest.mark.parametrize("who", OUTSIDERS)
async def test_nobody_changes_what_is_not_theirs_by_a_made_up_press(cast: Cast, who: str) -> None:
    await _city_with_questions(cast)
    vandal = await _outsider(cast, who)
    tables = (*OWN_AFFAIRS, *(AN_ADMINISTRATORS if who == "an administrator" else ()))
    before = await everything_stored(cast.town, *tables), await _who_speaks_for_whom(cast, vandal)
    made_up = _made_up(cast, OUTSIDERS.index(who))
    if who == "an administrator":
        made_up = [data for data in made_up if data.partition(":")[0] not in DEEDS_OF_THE_DESK]
    for first in range(0, len(made_up), 16):
        await _presses_and_is_answered(vandal, made_up[first : first + 16])
    assert (await everything_stored(cast.town, *tables), await _who_speaks_for_whom(cast, vandal)) == before


async def _presses_and_is_answered(vandal: Somebody, data: Sequence[str]) -> None:
    """At the latest when the bot is done with all of them, each press has been answered, and in words."""
    telegram = vandal.town.telegram
    done = len(telegram.record)
    for one in data:
        vandal.phone.presses_data(one)
    await vandal.town.settle()
    methods = [call.method for call in telegram.record[done:] if call.method in WORDS | {"answerCallbackQuery"}]
    assert methods.count("answerCallbackQuery") == len(data), data
    assert sum(method in WORDS for method in methods) >= len(data), data


WORDS = {"sendMessage", "editMessageText", "sendDocument"}


async def _who_speaks_for_whom(cast: Cast, vandal: Somebody) -> list[tuple[object, ...]]:
    """But for the one who presses."""
    query = select(representatives).where(representatives.c.person_id != vandal.id)
    async with cast.town.app.database.reading() as db:
        return [tuple(row) for row in await db.execute(query.order_by(representatives.c.person_id))]


async def test_every_press_is_answered_in_the_middle_of_every_dialogue(asked: Cast) -> None:
    """With a question half written, a registration half done, an answer begun: nothing of it is lost."""
    number = asked.number
    await asked.aigerim.writes("/ask")
    await asked.aigerim.presses("question")
    await asked.aigerim.writes("Недописанное.")
    await asked.daniyar.presses("answer")
    await asked.daniyar.presses("outcome_explained")
    await asked.daniyar.writes("Недописанный ответ.")
    keeps = [name for name in BUTTONS if name not in ENDS_A_DIALOGUE]
    for somebody in (asked.aigerim, asked.daniyar):
        await _presses_and_is_answered(somebody, keeps)
    await asked.aigerim.writes("/ask")
    assert "Недописанное." in asked.aigerim.last
    await asked.daniyar.does("presses_data", f"answer:{number}")
    assert "Недописанный ответ." in asked.daniyar.last


ENDS_A_DIALOGUE = {"cancel", "start_anew", "answer_start_anew", "forget_twice"}


@pytest.mark.parametrize(
    "data", ["", "\x00", "card:\x00", "card:\ud800", "send:\ud800", "language:\udfff", "take:\x00\x00"]
)
async def test_data_that_is_no_text_breaks_nothing(cast: Cast, data: str) -> None:
    said = len(cast.aigerim.texts)
    await hands_over(cast.town, a_press(cast.aigerim, data))
    assert len(cast.aigerim.texts) == said + 1


async def test_a_press_without_a_message_is_answered(cast: Cast) -> None:
    press = a_press(cast.aigerim, "my:open:0")
    del press["callback_query"]["message"]
    await hands_over(cast.town, press)
    assert cast.aigerim.last.startswith("Open questions")


@pytest.mark.parametrize("inaccessible", [False, True])
async def test_a_press_under_a_message_that_is_gone_is_answered_by_a_new_one(cast: Cast, inaccessible: bool) -> None:
    await cast.aigerim.writes("/my")
    message = cast.aigerim.phone.last
    if not inaccessible:
        cast.town.telegram.remove(cast.aigerim.phone.room, message["message_id"])
    await cast.aigerim.does("presses_data", "my:closed:0", message["message_id"], inaccessible=inaccessible)
    assert cast.aigerim.last.startswith("Closed questions")
    assert cast.aigerim.phone.last["message_id"] > message["message_id"]


async def test_a_message_that_vanishes_while_it_is_redrawn_is_written_anew(cast: Cast) -> None:
    await cast.aigerim.writes("/my")
    message = cast.aigerim.phone.last
    cast.aigerim.phone.presses("Closed")
    cast.town.telegram.remove(cast.aigerim.phone.room, message["message_id"])
    await cast.town.settle()
    cast.town.telegram.record.clear()  # "message to edit not found" is what this test is about
    assert cast.aigerim.last.startswith("Closed questions")


async def test_another_persons_send_button_sends_nothing(cast: Cast) -> None:
    marat = await cast.town.an_ngo(cast.saule, "Marat", "Клуб «Тұлпар»", Language.EN)
    await cast.aigerim.writes("/ask")
    await cast.aigerim.presses("question")
    await cast.aigerim.presses("Help with cultural events")
    await cast.aigerim.writes("Нужен зал.")
    await cast.aigerim.presses("done_writing")
    await cast.aigerim.presses("public")
    send = cast.aigerim.phone.last["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    for somebody in (marat, cast.daniyar, cast.saule):
        await somebody.does("presses_data", send)
    assert (await everything_stored(cast.town))["questions"] == []
    await cast.aigerim.presses("send")
    for somebody in (marat, cast.daniyar, cast.saule):
        await somebody.does("presses_data", send)
        assert "2026-000001" not in somebody.last
    assert len((await everything_stored(cast.town))["questions"]) == 1


async def test_another_persons_answer_is_sent_by_nobody_else(asked: Cast) -> None:
    number = asked.number
    botagoz = await asked.town.an_official(asked.saule, "Botagoz", language=Language.EN)
    await asked.daniyar.presses("answer")
    await asked.daniyar.presses("outcome_explained")
    await asked.daniyar.writes("Отвечаем по существу.")
    await asked.daniyar.presses("done_writing")
    for somebody in (asked.aigerim, botagoz, asked.saule):
        await somebody.does("presses_data", f"answer_send:{number}")
    assert "Отвечаем по существу." not in asked.aigerim.last
    async with asked.town.app.database.reading() as db:
        assert f"answer {number}" in list(await db.scalars(select(forms.c.name)))


@pytest.mark.parametrize("who", ["aigerim", "daniyar"])
async def test_nobody_decides_about_their_own_application(cast: Cast, who: str) -> None:
    marat = await cast.town.an_ngo(None, "Marat", "Клуб «Тұлпар»", Language.EN)
    for somebody in (marat, getattr(cast, who)):
        for data in (f"approve:{marat.id}", f"decline:{marat.id}", f"applicant:{marat.id}", "waiting", "desk"):
            await somebody.does("presses_data", data)
            assert somebody.last.startswith("This button no longer works.")
    async with cast.town.app.database.reading() as db:
        state = await db.scalar(select(representatives.c.state).where(representatives.c.person_id == marat.id))
    assert state == "waiting"


async def test_an_official_who_moved_answers_for_the_old_department_no_more(asked: Cast) -> None:
    number = asked.number
    await asked.daniyar.writes(await asked.town.invited(asked.saule, "Official", "Education"))
    await asked.daniyar.does("presses_data", f"take:{number}")
    assert asked.daniyar.last.startswith("There is no such question, or it is not yours.")


async def test_a_declined_representative_continues_nothing_of_the_ngo(asked: Cast) -> None:
    number = asked.number
    marat = await asked.town.an_ngo(None, "Marat", "Парасат", Language.EN)
    await asked.saule.presses("decline")
    await asked.saule.presses("skip")
    for data in (f"card:{number}", f"withdraw:{number}"):
        await marat.does("presses_data", data)
        assert marat.last.startswith("There is no such question, or it is not yours.")


@pytest.mark.parametrize("year", ["", ":0", ":-1", ":x", ":20260", f":{2**63}"])
async def test_no_year_that_was_never_shown_is_checked(cast: Cast, year: str) -> None:
    before = await everything_stored(cast.town, "people")
    await cast.saule.does("presses_data", f"year_checked{year}")
    assert cast.saule.last.startswith("Working calendar")
    assert await everything_stored(cast.town, "people") == before

"""What works for everybody, always: help, cancel, what is stored about me, forget me, simple mode."""

import json

import pytest
from sqlalchemy import select

from domain.people import Language
from storage.tables import consents, forms, people
from tests.journeys.cast import PARASAT, Cast
from tests.town import Somebody, Town


async def _forgets(somebody: Somebody) -> None:
    await somebody.writes("/forget")
    await somebody.presses("forget_once")
    await somebody.presses("forget_twice")


# --- help and cancel ------------------------------------------------------------------------------------------------

EVERYBODYS = ["/help", "/language", "/simple", "/mydata", "/forget", "/cancel"]


@pytest.mark.parametrize(
    ("who", "own"),
    [("aigerim", ["/ask", "/my"]), ("daniyar", ["/inbox", "/digest"]), ("saule", ["/admin", "/announce"])],
)
async def test_help_lists_what_the_person_may_type(cast: Cast, who: str, own: list[str]) -> None:
    somebody: Somebody = getattr(cast, who)
    await somebody.writes("/help")
    listed = [line.split()[0] for line in somebody.last.splitlines() if line.startswith("/")]
    assert listed == [*own, "/promises", *EVERYBODYS]


async def test_help_shows_a_stranger_where_to_begin(new_town: Town) -> None:
    aigerim = new_town.stranger("Aigerim", Language.EN)
    await aigerim.writes("/help")
    listed = [line.split()[0] for line in aigerim.last.splitlines() if line.startswith("/")]
    assert listed == [*EVERYBODYS, "/start"]


async def test_help_is_in_the_persons_language(cast_in_each_language: Cast) -> None:
    aigerim = cast_in_each_language.aigerim
    await aigerim.writes("/help")
    spoken = {Language.KK: "ҮЕҰ", Language.RU: "НПО", Language.EN: "NGO"}
    assert [language for language, ngo in spoken.items() if ngo in aigerim.last] == [aigerim.language]


async def test_cancel_drops_what_is_being_filled_in(cast: Cast) -> None:
    await cast.aigerim.writes("/ask")
    await cast.aigerim.presses("question")
    await cast.aigerim.writes("/cancel")
    assert cast.aigerim.last.startswith("Dropped: nothing was sent.")
    async with cast.town.app.database.reading() as db:
        assert list(await db.execute(select(forms))) == []


async def test_cancel_says_so_when_there_is_nothing_to_cancel(cast: Cast) -> None:
    await cast.aigerim.writes("/cancel")
    assert cast.aigerim.last.startswith("There is nothing to cancel.")


async def test_cancel_drops_the_open_dialogue_only(cast: Cast) -> None:
    first = await cast.town.a_question(cast.aigerim)
    second = await cast.town.a_question(cast.aigerim)
    for number in (first, second):
        await cast.daniyar.does("presses_data", f"answer:{number}")
        await cast.daniyar.presses("outcome_explained")
        await cast.daniyar.writes(f"Черновик ответа на {number}.")
    await cast.daniyar.writes("/cancel")
    async with cast.town.app.database.reading() as db:
        assert list(await db.scalars(select(forms.c.name))) == [f"answer {first}"]


@pytest.mark.parametrize("command", ["/nonsense", "/", "/ASK@otherbot", "/ask@otherbot", "/helpp"])
async def test_an_unknown_command_gets_help_and_not_silence(cast: Cast, command: str) -> None:
    said = len(cast.aigerim.texts)
    await cast.aigerim.writes(command)
    assert len(cast.aigerim.texts) > said


@pytest.mark.parametrize("command", ["/HELP", "/Help@kopir_bot", "/help@KOPIR_BOT", "/help please"])
async def test_a_command_may_be_written_as_telegram_writes_it(cast: Cast, command: str) -> None:
    await cast.aigerim.writes(command)
    assert cast.aigerim.last.startswith("Köpir: NGOs ask")


# --- everything stored about me -------------------------------------------------------------------------------------


async def _file(somebody: Somebody) -> dict[str, list[dict[str, object]]]:
    document = somebody.phone.last["document"]
    assert document["file_name"] == "mydata.json"
    stored: dict[str, list[dict[str, object]]] = json.loads(
        somebody.town.telegram.files[document["file_id"]].content.decode()
    )
    return stored


async def test_mydata_says_what_is_stored(asked: Cast) -> None:
    await asked.aigerim.writes("/mydata")
    summary = asked.aigerim.texts[-2]
    assert summary.splitlines()[:6] == [
        "Everything stored about you",
        f"Telegram number: {asked.aigerim.id}",
        "Name: Aigerim",
        "Consent: 2026-1, 2 March 2026, 11:00",
        f"NGO: {PARASAT}",
        "1 question asked by you",
    ]


async def test_the_file_of_mydata_holds_all_of_it_word_for_word(cast: Cast) -> None:
    number = await cast.town.a_question(cast.aigerim, "Просим помочь с залом <b>для концерта</b> & пандусом.")
    await cast.aigerim.writes("Ещё нужен микрофон.", reply_to=cast.aigerim.phone.last)
    await cast.aigerim.writes("Новый черновик.")
    await cast.aigerim.writes("/mydata")
    stored = await _file(cast.aigerim)
    assert stored["person"][0]["id"] == cast.aigerim.id
    assert stored["person"][0]["name"] == "Aigerim"
    assert stored["consents"][0]["version"] == "2026-1"
    assert stored["representative"][0]["name"] == PARASAT
    assert stored["questions"][0]["number"] == number
    assert stored["questions"][0]["text"] == "Просим помочь с залом <b>для концерта</b> & пандусом."
    assert [line["text"] for line in stored["written"]] == ["", "Ещё нужен микрофон."]
    assert "Новый черновик." in str(stored["unfinished"][0]["data"])


async def test_mydata_of_an_official_names_the_department(cast: Cast) -> None:
    await cast.daniyar.writes("/mydata")
    assert (await _file(cast.daniyar))["official"][0]["name_en"] == "Culture and languages"


async def test_mydata_works_before_the_consent(new_town: Town) -> None:
    aigerim = new_town.stranger("Aigerim", Language.EN)
    await aigerim.writes("/mydata")
    assert "Consent: none" in aigerim.texts[-2]


async def test_nobody_sees_anothers_data(cast: Cast) -> None:
    await cast.town.a_question(cast.aigerim, "Только для отдела.", public=False)
    await cast.daniyar.writes("/mydata")
    assert "Только для отдела." not in json.dumps(await _file(cast.daniyar), ensure_ascii=False)


# --- forget me ------------------------------------------------------------------------------------------------------


async def test_forgetting_asks_twice(cast: Cast) -> None:
    await cast.aigerim.writes("/forget")
    assert cast.aigerim.last.startswith("Your name, your consent and your roles will be deleted.")
    await cast.aigerim.presses("forget_once")
    assert cast.aigerim.last == "This cannot be undone. Once more: delete?"
    async with cast.town.app.database.reading() as db:
        assert await db.scalar(select(people.c.name).where(people.c.id == cast.aigerim.id)) == "Aigerim"


@pytest.mark.parametrize("until", [1, 2])
async def test_keeping_everything_is_possible_at_both_questions(cast: Cast, until: int) -> None:
    await cast.aigerim.writes("/forget")
    if until == 2:
        await cast.aigerim.presses("forget_once")
    await cast.aigerim.presses("keep")
    assert cast.aigerim.last == "Nothing was deleted."


async def test_the_name_goes_and_nothing_of_the_person_remains(asked: Cast) -> None:
    await asked.aigerim.writes("Черновик, который никто не увидит.")
    await _forgets(asked.aigerim)
    assert asked.aigerim.last == "Deleted. To begin anew: /start"
    async with asked.town.app.database.reading() as db:
        assert await db.scalar(select(people.c.id).where(people.c.id == asked.aigerim.id)) is None
        assert await db.scalar(select(consents.c.id).where(consents.c.person_id == asked.aigerim.id)) is None
        assert await db.scalar(select(forms.c.name).where(forms.c.person_id == asked.aigerim.id)) is None


async def test_the_question_stays_and_is_still_answered(asked: Cast) -> None:
    number = asked.number
    await _forgets(asked.aigerim)
    await asked.daniyar.writes(number)
    assert "Просим помочь с залом" in asked.daniyar.last
    assert f"NGO: {PARASAT}" in asked.daniyar.last
    assert "Aigerim" not in asked.daniyar.last
    await asked.daniyar.presses("take")
    assert "Status: in work" in asked.daniyar.last


async def test_who_was_forgotten_is_told_nothing_more(asked: Cast) -> None:
    await _forgets(asked.aigerim)
    said = len(asked.aigerim.texts)
    await asked.daniyar.presses("take")
    assert len(asked.aigerim.texts) == said


async def test_who_was_forgotten_may_begin_anew(cast: Cast) -> None:
    await _forgets(cast.aigerim)
    await cast.aigerim.writes("/start")
    assert cast.aigerim.buttons == ["English", "Қазақша", "Русский"]


async def test_old_buttons_of_who_was_forgotten_do_nothing(asked: Cast) -> None:
    number = asked.number
    await _forgets(asked.aigerim)
    await asked.aigerim.presses("withdraw")
    await asked.daniyar.writes(number)
    assert "Status: registered" in asked.daniyar.last


async def test_what_a_forgotten_official_had_taken_is_free_again(cast: Cast) -> None:
    botagoz = await cast.town.an_official(cast.saule, "Botagoz", language=Language.EN)
    number = await cast.town.a_question(cast.aigerim)
    await cast.daniyar.presses("take")
    await _forgets(cast.daniyar)
    await botagoz.writes(number)
    assert "Status: registered" in botagoz.last
    assert "Take" in botagoz.buttons


async def test_the_last_administrator_cannot_be_forgotten(cast: Cast) -> None:
    await _forgets(cast.saule)
    assert cast.saule.last.startswith("You are the only administrator")
    await cast.saule.writes("/admin")
    assert "The administrator's desk" in cast.saule.last


async def test_one_of_two_administrators_can(cast: Cast) -> None:
    await cast.aigerim.writes(await cast.town.invited(cast.saule, "Administrator"))
    await _forgets(cast.saule)
    assert cast.saule.last == "Deleted. To begin anew: /start"


# --- simple mode ----------------------------------------------------------------------------------------------------


async def test_in_simple_mode_each_button_has_a_row_and_a_number(cast: Cast) -> None:
    await cast.aigerim.writes("/simple")
    assert cast.aigerim.last.startswith("Simple mode is on")
    await cast.aigerim.writes("/ask")
    rows = cast.aigerim.phone.last["reply_markup"]["inline_keyboard"]
    assert [[button["text"] for button in row] for row in rows] == [
        ["1. Question"],
        ["2. Proposal"],
        ["3. Request for help"],
        ["4. Thanks"],
        ["5. Cancel"],
    ]


async def test_in_simple_mode_a_number_presses_a_button(cast: Cast) -> None:
    await cast.aigerim.writes("/simple")
    await cast.aigerim.writes("/ask")
    await cast.aigerim.writes("1")
    assert cast.aigerim.last == "What is it about?"
    await cast.aigerim.writes("8")  # Help with cultural events
    await cast.aigerim.writes("Нужен зал.")
    await cast.aigerim.writes("1")  # Done
    await cast.aigerim.writes("2")  # Only for the department
    assert "Topic: Help with cultural events" in cast.aigerim.last
    assert "Only for the department" in cast.aigerim.last
    await cast.aigerim.writes("1")  # Send
    assert "№ 2026-000001 is registered." in cast.aigerim.last


async def test_in_simple_mode_labels_still_work(cast: Cast) -> None:
    await cast.aigerim.writes("/simple")
    await cast.aigerim.writes("/ask")
    await cast.aigerim.writes("question")
    assert cast.aigerim.last == "What is it about?"


@pytest.mark.parametrize("typed", ["0", "99", "-1", "1.5", "²", "٣"])
async def test_in_simple_mode_a_number_no_button_has_presses_none(cast: Cast, typed: str) -> None:
    await cast.aigerim.writes("/simple")
    await cast.aigerim.writes("/ask")
    await cast.aigerim.writes(typed)
    assert cast.aigerim.last == "What would you like to send?"


async def test_simple_mode_goes_off_again(cast: Cast) -> None:
    await cast.aigerim.writes("/simple")
    await cast.aigerim.writes("/simple")
    assert cast.aigerim.last == "Simple mode is off."
    await cast.aigerim.writes("/ask")
    assert cast.aigerim.buttons[0] == "Question"


async def test_a_notice_is_numbered_in_simple_mode_as_well(cast: Cast) -> None:
    await cast.daniyar.writes("/simple")
    await cast.town.a_question(cast.aigerim)
    assert cast.daniyar.buttons[:2] == ["1. Take", "2. Answer"]
    await cast.daniyar.writes("1")
    assert "Status: in work" in cast.daniyar.last

"""Somebody writes to the bot for the first time: language, consent, and the NGO they speak for."""

import pytest
from sqlalchemy import select

from domain.people import CONSENT_VERSION, Language, OrganizationState
from storage import register
from storage.tables import consents, organizations, people, representatives
from tests.journeys.cast import PARASAT, Cast, everything_stored
from tests.town import MONDAY, Town

KAZAKH, RUSSIAN, ENGLISH = "Қазақша", "Русский", "English"


# --- language -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language_code", "order"),
    [
        ("kk", [KAZAKH, RUSSIAN, ENGLISH]),
        ("ru", [RUSSIAN, KAZAKH, ENGLISH]),
        ("en", [ENGLISH, KAZAKH, RUSSIAN]),
        ("en-GB", [ENGLISH, KAZAKH, RUSSIAN]),
        ("uz", [KAZAKH, RUSSIAN, ENGLISH]),
        (None, [KAZAKH, RUSSIAN, ENGLISH]),
    ],
)
async def test_telegrams_language_decides_only_the_order_of_the_buttons(
    new_town: Town, language_code: str | None, order: list[str]
) -> None:
    aigerim = new_town.stranger("Aigerim")
    aigerim.phone.user["language_code"] = language_code
    await aigerim.writes("/start")
    assert aigerim.buttons == order


async def test_the_first_message_is_in_all_three_languages(new_town: Town) -> None:
    aigerim = new_town.stranger("Aigerim")
    await aigerim.writes("/start")
    kazakh, russian, english = aigerim.last.split("\n\n")
    assert "ҮЕҰ" in kazakh
    assert "НПО" in russian
    assert "NGOs" in english


@pytest.mark.parametrize("hello", ["/start", "Hello", "👋", "/ask", "/my", "/inbox", "/start@kopir_bot"])
async def test_whatever_a_stranger_says_first_is_answered_with_the_choice_of_a_language(
    new_town: Town, hello: str
) -> None:
    aigerim = new_town.stranger("Aigerim")
    await aigerim.writes(hello)
    assert aigerim.buttons == [RUSSIAN, KAZAKH, ENGLISH]


@pytest.mark.parametrize(
    ("typed", "agree"), [("қазақша", "Келісемін"), ("РУССКИЙ", "Согласен"), ("english", "I agree")]
)
async def test_the_language_may_be_typed(new_town: Town, typed: str, agree: str) -> None:
    aigerim = new_town.stranger("Aigerim")
    await aigerim.writes("/start")
    await aigerim.writes(typed)
    assert agree in aigerim.buttons


async def test_anything_else_typed_instead_of_a_language_asks_again(new_town: Town) -> None:
    aigerim = new_town.stranger("Aigerim")
    await aigerim.writes("/start")
    await aigerim.writes("Deutsch")
    assert aigerim.buttons == [RUSSIAN, KAZAKH, ENGLISH]


async def test_the_language_can_be_changed_at_any_time(cast: Cast) -> None:
    aigerim = cast.aigerim
    await aigerim.writes("/language")
    assert aigerim.buttons == [ENGLISH, KAZAKH, RUSSIAN]
    await aigerim.presses(KAZAKH)
    await aigerim.writes("/ask")
    assert "Сұрақ" in aigerim.buttons


async def test_changing_the_language_in_the_middle_of_a_question_keeps_the_question(cast: Cast) -> None:
    aigerim = cast.aigerim
    await aigerim.writes("/ask")
    await aigerim.presses("question")
    await aigerim.writes("/language")
    await aigerim.presses(RUSSIAN)
    aigerim.language = Language.RU
    await aigerim.presses("Help with cultural events")
    assert "Готово" in aigerim.buttons


# --- consent --------------------------------------------------------------------------------------------------------


async def test_the_consent_is_stored_with_its_version_language_and_moment(new_town: Town) -> None:
    aigerim = new_town.stranger("Aigerim", Language.KK)
    await aigerim.meets_the_bot()
    async with new_town.app.database.reading() as db:
        stored = (await db.execute(select(consents))).one()
    assert (stored.person_id, stored.version, stored.language, stored.at) == (aigerim.id, "2026-1", "kk", MONDAY)


async def test_the_text_of_the_consent_says_everything_the_law_wants(new_town: Town) -> None:
    aigerim = new_town.stranger("Aigerim", Language.EN)
    await aigerim.writes("/start")
    await aigerim.presses(ENGLISH)
    for said in ("version 2026-1", "Operator", "Purpose", "Kept", "How long", "/forget", "Telegram", "outside"):
        assert said in aigerim.last
    assert "e-Otinish" in aigerim.last


async def test_pressing_agree_twice_stores_one_consent(new_town: Town) -> None:
    aigerim = new_town.stranger("Aigerim", Language.EN)
    await aigerim.meets_the_bot()
    await aigerim.presses("agree")
    async with new_town.app.database.reading() as db:
        assert len(list(await db.execute(select(consents)))) == 1
    assert "Who are you?" in aigerim.last


async def test_agreeing_to_an_old_version_asks_for_the_present_one(new_town: Town) -> None:
    aigerim = new_town.stranger("Aigerim", Language.EN)
    await aigerim.writes("/start")
    await aigerim.presses(ENGLISH)
    await aigerim.does("presses_data", "agree:2025-9")
    async with new_town.app.database.reading() as db:
        assert list(await db.execute(select(consents))) == []
    assert CONSENT_VERSION in aigerim.last


async def test_without_consent_there_is_only_reading(new_town: Town) -> None:
    aigerim = new_town.stranger("Aigerim", Language.EN)
    await aigerim.writes("/start")
    await aigerim.presses(ENGLISH)
    await aigerim.presses("disagree")
    assert "/help" in aigerim.last
    before = await everything_stored(new_town, "people", "forms")
    for deed in ("/ask", "/my", "/inbox", "We need a hall.", "2026-000001"):
        await aigerim.writes(deed)
        assert "I agree" in aigerim.buttons, deed
    await aigerim.does("presses_data", "i_am_ngo")
    assert "I agree" in aigerim.buttons
    assert await everything_stored(new_town, "people", "forms") == before


async def test_help_works_without_consent(new_town: Town) -> None:
    aigerim = new_town.stranger("Aigerim", Language.EN)
    await aigerim.writes("/help")
    assert "/start" in aigerim.last


async def test_who_changes_their_mind_presses_start(new_town: Town) -> None:
    aigerim = new_town.stranger("Aigerim", Language.EN)
    await aigerim.writes("/start")
    await aigerim.presses(ENGLISH)
    await aigerim.presses("disagree")
    await aigerim.writes("/start")
    await aigerim.presses("agree")
    assert aigerim.buttons == ["I represent an NGO", "I am somebody else"]


async def test_somebody_who_is_no_ngo_learns_where_to_turn(new_town: Town) -> None:
    aigerim = new_town.stranger("Aigerim", Language.EN)
    await aigerim.meets_the_bot()
    await aigerim.presses("somebody_else")
    assert "e-Otinish" in aigerim.last
    assert "109" in aigerim.last


async def test_somebody_who_is_no_ngo_cannot_ask(new_town: Town) -> None:
    aigerim = new_town.stranger("Aigerim", Language.EN)
    await aigerim.meets_the_bot()
    await aigerim.writes("/ask")
    assert "in the name of an NGO" in aigerim.last
    assert "I represent an NGO" in aigerim.buttons


async def test_the_name_follows_telegram(cast: Cast) -> None:
    cast.aigerim.phone.user["first_name"] = "Aigerim B."
    await cast.aigerim.writes("/help")
    async with cast.town.app.database.reading() as db:
        assert await db.scalar(select(people.c.name).where(people.c.id == cast.aigerim.id)) == "Aigerim B."


# --- the register ---------------------------------------------------------------------------------------------------

IRTYSH = "«Ертіс жастары» қоғамдық бірлестігі"
CANE = "Павлодарское общество «Ақ таяқ» (незрячие и слабовидящие)"
MERCY = "«Мейірім» қайырымдылық қоры"
CLEAN = "Общественное объединение «Чистый Иртыш»"
CLEAN_BIN = "120440000038"
"""Registered April 2012, a resident, its head, serial 00003; the weights make 1+4+16+20+33 = 74, and 74 % 11 = 8."""


async def _register(town: Town) -> None:
    async with town.app.database.transaction() as db:
        for name, bin_ in ((PARASAT, None), (IRTYSH, None), (CANE, None), (MERCY, None), (CLEAN, CLEAN_BIN)):
            await register.enter(db, name, bin_, "social", OrganizationState.REGISTERED, MONDAY)


async def _asked_for_the_ngo(town: Town, typed: str) -> list[str]:
    await _register(town)
    aigerim = town.stranger("Aigerim", Language.EN)
    await aigerim.meets_the_bot()
    await aigerim.presses("i_am_ngo")
    await aigerim.writes(typed)
    return [aigerim.last, *aigerim.buttons]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("парасат", PARASAT),
        ("Порасат", PARASAT),
        ("параст", PARASAT),
        ("ОФ Парасат", PARASAT),
        ("ертис жастары", IRTYSH),
        ("Ертіс", IRTYSH),
        ("жастары", IRTYSH),
        ("ак таяк", CANE),
        ("незрячие", CANE),
        ("мейирим", MERCY),
        ("МЕЙІРІМ", MERCY),
        ("чистый иртиш", CLEAN),
        ("чистй иртыш", CLEAN),
    ],
)
async def test_an_ngo_is_found_by_a_name_with_mistakes_in_it(new_town: Town, typed: str, found: str) -> None:
    _, *buttons = await _asked_for_the_ngo(new_town, typed)
    assert buttons[0] == found
    assert buttons[-1] == "Not in the list"


async def test_at_most_five_matches_are_shown(new_town: Town) -> None:
    async with new_town.app.database.transaction() as db:
        for n in range(1, 9):
            await register.enter(db, f"Клуб ветеранов № {n}", None, "social", OrganizationState.REGISTERED, MONDAY)
    _, *buttons = await _asked_for_the_ngo(new_town, "клуб ветеранов")
    assert len(buttons) == 6
    assert all("Клуб ветеранов" in label for label in buttons[:5])


async def test_a_name_nobody_has_leaves_not_in_the_list(new_town: Town) -> None:
    said, *buttons = await _asked_for_the_ngo(new_town, "Южный крест")
    assert "Южный крест" in said
    assert buttons == ["Not in the list"]


@pytest.mark.parametrize("typed", [CLEAN_BIN, "1204 4000 0038", "120440-000-038"])
async def test_an_ngo_is_found_by_its_bin(new_town: Town, typed: str) -> None:
    _, *buttons = await _asked_for_the_ngo(new_town, typed)
    assert buttons == [CLEAN, "Not in the list"]


AGAIN = " Check it and type it again."


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("12044000003", "A BIN has twelve digits." + AGAIN),
        ("1204400000380", "A BIN has twelve digits." + AGAIN),
        ("120440000035", "The last digit does not fit the others: one of them is mistyped." + AGAIN),
        (
            "850215300121",
            "These twelve digits look like a person's IIN; the BIN of the organisation is needed." + AGAIN,
        ),
        (
            "129940000038",
            "A BIN begins with the year and month of registration, then 4, 5 or 6, then 0 to 3." + AGAIN,
        ),
        ("990240000010", "There is no NGO with the BIN 990240000010 in the register."),
    ],
)
async def test_a_wrong_bin_is_told_what_is_wrong_with_it(new_town: Town, typed: str, said: str) -> None:
    answer, *buttons = await _asked_for_the_ngo(new_town, typed)
    assert answer == said
    assert buttons == ["Not in the list"]


async def test_an_ngo_that_is_not_in_the_list_is_entered_with_name_bin_and_field(new_town: Town) -> None:
    aigerim = new_town.stranger("Aigerim", Language.EN)
    await aigerim.meets_the_bot()
    await aigerim.presses("i_am_ngo")
    await aigerim.presses("not_in_list")
    await aigerim.writes("Клуб «Тұлпар»")
    await aigerim.writes("12044000003")
    assert aigerim.last == "A BIN has twelve digits. Check it and type it again."
    await aigerim.writes(CLEAN_BIN)
    await aigerim.presses("Health and sport")
    async with new_town.app.database.reading() as db:
        entered = (await db.execute(select(organizations))).one()
        person = (await db.execute(select(representatives))).one()
    assert (entered.name, entered.bin, entered.field, entered.state) == (
        "Клуб «Тұлпар»",
        CLEAN_BIN,
        "health",
        "proposed",
    )
    assert (person.person_id, person.organization_id, person.state) == (aigerim.id, entered.id, "waiting")


async def test_the_bin_may_be_skipped_and_the_field_typed(new_town: Town) -> None:
    aigerim = new_town.stranger("Aigerim", Language.EN)
    await aigerim.meets_the_bot()
    await aigerim.presses("i_am_ngo")
    await aigerim.presses("not_in_list")
    await aigerim.writes("Клуб «Тұлпар»")
    await aigerim.presses("skip")
    await aigerim.writes("Конный спорт")
    async with new_town.app.database.reading() as db:
        entered = (await db.execute(select(organizations))).one()
    assert (entered.bin, entered.field) == (None, "Конный спорт")


async def test_a_bin_typed_before_is_not_asked_for_again(new_town: Town) -> None:
    aigerim = new_town.stranger("Aigerim", Language.EN)
    await aigerim.meets_the_bot()
    await aigerim.presses("i_am_ngo")
    await aigerim.writes(CLEAN_BIN)
    await aigerim.presses("not_in_list")
    await aigerim.writes("Клуб «Тұлпар»")
    await aigerim.presses("Health and sport")
    async with new_town.app.database.reading() as db:
        assert (await db.execute(select(organizations.c.bin))).scalar_one() == CLEAN_BIN


async def test_a_bin_that_the_register_has_offers_its_ngo(new_town: Town) -> None:
    await _register(new_town)
    aigerim = new_town.stranger("Aigerim", Language.EN)
    await aigerim.meets_the_bot()
    await aigerim.presses("i_am_ngo")
    await aigerim.presses("not_in_list")
    await aigerim.writes("Общество друзей реки")
    await aigerim.writes(CLEAN_BIN)
    assert aigerim.buttons == [CLEAN, "Not in the list"]


@pytest.mark.parametrize("nonsense", ["...", "12 34", "\u2800", "👍"])
async def test_a_name_without_a_letter_is_asked_for_in_words(new_town: Town, nonsense: str) -> None:
    aigerim = new_town.stranger("Aigerim", Language.EN)
    await aigerim.meets_the_bot()
    await aigerim.presses("i_am_ngo")
    await aigerim.presses("not_in_list")
    await aigerim.writes(nonsense)
    assert aigerim.last == "Please type the name of the NGO in words."


@pytest.mark.parametrize("deed", ["sends_sticker", "sends_voice", "sends_photo", "sends_poll"])
async def test_a_picture_or_a_voice_is_no_name(new_town: Town, deed: str) -> None:
    aigerim = new_town.stranger("Aigerim", Language.EN)
    await aigerim.meets_the_bot()
    await aigerim.presses("i_am_ngo")
    await aigerim.does(deed)
    assert aigerim.last == "Please type the name of the NGO in words, or its BIN."


async def test_the_way_in_can_be_left_and_begun_again(new_town: Town) -> None:
    aigerim = new_town.stranger("Aigerim", Language.EN)
    await aigerim.meets_the_bot()
    await aigerim.presses("i_am_ngo")
    await aigerim.presses("not_in_list")
    await aigerim.writes("/cancel")
    assert "Dropped" in aigerim.last
    await aigerim.writes("/start")
    assert aigerim.buttons == ["I represent an NGO", "I am somebody else"]


@pytest.mark.parametrize("step", range(5))
async def test_first_contact_goes_on_where_it_was_after_a_restart(new_town: Town, step: int) -> None:
    aigerim = new_town.stranger("Aigerim", Language.EN)
    deeds = [
        ("writes", "/start"),
        ("presses", ENGLISH),
        ("presses", "agree"),
        ("presses", "i_am_ngo"),
        ("presses", "not_in_list"),
        ("writes", "Клуб «Тұлпар»"),
        ("presses", "skip"),
        ("writes", "Конный спорт"),
    ]
    for n, (deed, what) in enumerate(deeds):
        await getattr(aigerim, deed)(what)
        if n == step:
            await new_town.restart()
    assert "Клуб «Тұлпар»" in aigerim.last


async def test_an_old_consent_button_does_not_end_the_registration(new_town: Town) -> None:
    aigerim = new_town.stranger("Aigerim", Language.EN)
    await aigerim.meets_the_bot()
    await aigerim.presses("i_am_ngo")
    await aigerim.presses("not_in_list")
    await aigerim.does("presses_data", "agree")
    assert aigerim.last == "Type the full name of your NGO as it is registered."
    await aigerim.writes("Клуб «Тұлпар»")
    assert aigerim.last.startswith("The BIN of the NGO")


async def test_a_bin_with_a_letter_in_place_of_a_digit_is_no_name(new_town: Town) -> None:
    aigerim = new_town.stranger("Aigerim", Language.EN)
    await aigerim.meets_the_bot()
    await aigerim.presses("i_am_ngo")
    await aigerim.writes("12O440000038")
    assert aigerim.last.startswith("A BIN has only the digits 0 to 9")


async def test_words_in_place_of_a_button_are_answered_with_what_to_do(new_town: Town) -> None:
    aigerim = new_town.stranger("Aigerim", Language.EN)
    await aigerim.meets_the_bot()
    await aigerim.writes("иә, келісемін")
    assert aigerim.texts[-2:] == ["Please answer with one of the buttons below.", "Who are you?"]

"""Thanks reach the people thanked, by name where one is named, and the administrators read of them once a month."""

from datetime import UTC, datetime

import pytest

from tests.journeys.cast import PARASAT, Cast
from tests.town import Somebody

TEXT = "Спасибо за помощь с концертом!"


async def _introduced(cast: Cast, name: str) -> Somebody:
    """An official of the department of culture who gave a name and a post for NGOs."""
    start = await cast.town.invited(cast.saule, "Official", "Culture and languages")
    who = cast.town.stranger(name, cast.daniyar.language)
    await who.meets_the_bot(start)
    await who.writes(f"{name} Сапарова, главный специалист")
    return who


async def _to_the_preview(who: Somebody) -> None:
    await who.writes("/ask")
    await who.presses("thanks")
    await who.presses("Help with cultural events")
    await who.writes(TEXT)
    await who.presses("done_writing")
    await who.presses("public")


@pytest.fixture
async def zarina(cast: Cast) -> Somebody:
    return await _introduced(cast, "Zarina")


async def test_a_person_may_be_thanked_by_name(cast: Cast, zarina: Somebody) -> None:
    name = "Zarina Сапарова"
    await _to_the_preview(cast.aigerim)
    assert "To: The whole department\nTo thank one person, press the name." in cast.aigerim.last
    assert cast.aigerim.buttons[0] == name  # Daniyar has not said how NGOs should read him
    await cast.aigerim.presses(name)
    assert f"To: {name}" in cast.aigerim.last
    await cast.aigerim.presses("whole_department")
    await cast.aigerim.presses(name)
    await cast.town.restart()
    await cast.aigerim.presses("send")
    assert zarina.last.startswith("Thanks to you personally")
    assert TEXT in zarina.last
    assert not any("is registered" in text for text in zarina.texts)  # that is for whoever sent them
    assert f"Your thanks are passed on to {name}." in cast.aigerim.last
    assert cast.daniyar.last.startswith(f"Thanks for {name} of your department")
    await cast.aigerim.writes("2026-000001")
    assert f"registered, sent by the NGO to {name}" in cast.aigerim.last


async def test_without_a_choice_it_is_for_the_whole_department(cast: Cast, zarina: Somebody) -> None:
    await zarina.writes("/digest")
    await zarina.presses("only_mine")  # thanks stand in no morning card: they come all the same
    await _to_the_preview(cast.aigerim)
    await cast.aigerim.presses("send")
    for official in (zarina, cast.daniyar):
        assert official.last.startswith("Thanks for the department")


async def test_who_works_there_no_more_is_thanked_no_more(cast: Cast, zarina: Somebody) -> None:
    await _to_the_preview(cast.aigerim)
    await cast.aigerim.presses("Zarina Сапарова")
    for data in (f"official_remove:{zarina.id}", f"official_removed:{zarina.id}"):
        await cast.saule.does("presses_data", data)
    await cast.aigerim.presses("send")
    assert "To: Zarina" not in cast.aigerim.last
    assert cast.aigerim.buttons[0] == "Send"
    await cast.aigerim.presses("send")
    assert cast.daniyar.last.startswith("Thanks for the department")


async def test_made_up_choices_thank_the_whole_department(cast: Cast, zarina: Somebody) -> None:
    await _to_the_preview(cast.aigerim)
    for data in ("thank:2", "thank:-1", f"thank:{zarina.id}", "thank:x", "thank"):
        await cast.aigerim.does("presses_data", data)
        assert "To: The whole department" in cast.aigerim.last
    await cast.aigerim.writes("/my")
    await cast.aigerim.does("presses_data", "thank:1")
    assert zarina.last != "Thanks to you personally"


async def test_administrators_read_the_list_of_a_month_on_its_first_working_morning(
    cast: Cast, zarina: Somebody
) -> None:
    for whom in ("Zarina Сапарова", None):
        await _to_the_preview(cast.aigerim)
        if whom:
            await cast.aigerim.presses(whom)
        await cast.aigerim.presses("send")
    cast.town.clock.moment = datetime(2026, 4, 1, 4, 30, tzinfo=UTC)  # Wednesday, 09:30
    await cast.town.days_pass(0)
    assert cast.saule.last.splitlines()[-5:] == [
        "Thanks, 1 March 2026 – 31 March 2026",
        "2 thank-yous from NGOs",
        "",
        f"2026-000001: from {PARASAT}, to Culture and languages, Zarina Сапарова",
        f"2026-000002: from {PARASAT}, to Culture and languages",
    ]
    before = len(cast.saule.texts)
    for _ in range(40):  # not in May either: nobody said thanks in April
        await cast.town.days_pass(1)
    assert not any("thank-you" in text for text in cast.saule.texts[before:])


async def test_whoever_gives_thanks_reads_nobody_s_telegram_number_under_mydata(cast: Cast, zarina: Somebody) -> None:
    await _to_the_preview(cast.aigerim)
    await cast.aigerim.presses("Zarina Сапарова")
    await cast.aigerim.writes("/mydata")
    (file,) = [message["document"] for message in cast.aigerim.phone.chat if "document" in message]
    content = cast.town.telegram.files[file["file_id"]].content.decode()
    assert TEXT in content
    assert "Zarina Сапарова" in content
    assert str(zarina.id) not in content

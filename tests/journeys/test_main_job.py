"""The main job, told as it happens: she asks, he takes, he answers, she judges; in each of the three languages."""

import pytest

from domain.people import Language
from tests.town import Town


@pytest.mark.parametrize("language", Language)
async def test_a_question_is_asked_taken_answered_and_judged(town_on_both: Town, language: Language) -> None:
    town = town_on_both
    saule = await town.an_admin(language=language)
    daniyar = await town.an_official(saule, language=language)
    aigerim = await town.an_ngo(saule, language=language)

    number = await town.a_question(aigerim)
    assert number == "2026-000001"
    assert "11:00" in aigerim.last
    assert number in daniyar.last

    await daniyar.presses("take")
    await daniyar.presses("answer")
    await daniyar.presses("outcome_explained")
    await daniyar.writes("Зал Дома дружбы свободен 20 марта, заявку подайте в отдел.")
    await daniyar.presses("done_writing")
    await daniyar.presses("send")
    assert "Зал Дома дружбы свободен 20 марта" in aigerim.last
    assert "11:00" in daniyar.last

    await aigerim.presses("solved")
    assert aigerim.label("solved") in daniyar.last

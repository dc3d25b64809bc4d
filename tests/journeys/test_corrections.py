"""A sent answer is corrected as a new version, the old one kept; and Russian alone under Kazakh is warned of first."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.people import Language
from storage.tables import audit, questions
from tests.journeys.cast import ANSWER, Cast, everything_stored
from tests.town import Somebody

CORRECTED = "Зал Дома дружбы свободен 27 марта, заявку подайте в отдел."
KAZAKH = "Соқырлар қоғамының концертіне зал табуға көмек сұраймыз."
RUSSIAN_ONLY = "(in Russian only, after a warning that the question is in Kazakh)"


async def _corrects(who: Somebody, number: str, text: str = CORRECTED) -> None:
    await who.writes(number)
    await who.presses("answer_correct")
    await who.writes(text)


async def _status(cast: Cast) -> str | None:
    async with cast.town.app.database.reading() as db:
        return await db.scalar(select(questions.c.status))


# --- corrections ----------------------------------------------------------------------------------------------------


async def test_the_ngo_gets_the_new_version_and_judges_it(answered: Cast) -> None:
    daniyar, aigerim, number = answered.daniyar, answered.aigerim, answered.number
    await _corrects(daniyar, number)
    assert f"It reads now:\n\n{ANSWER}" in daniyar.texts[-2]
    assert daniyar.last.splitlines()[:2] == ["Check before sending", f"Corrected answer to № {number}"]
    await daniyar.does("sends_document", "схема.pdf")
    await daniyar.presses("send")
    new, document = aigerim.phone.chat[-2:]
    assert new["text"].splitlines() == [
        f"№ {number}: the answer was corrected. This is version 2:",
        "Department: Culture and languages",
        "Corrected by Daniyar, 2 March 2026, 11:00",
        "",
        CORRECTED,
    ]
    assert document["document"]["file_name"] == "схема.pdf"
    assert aigerim.phone.labels(new)[:3] == ["Solved", "Partly", "Not answered"]
    await aigerim.does("presses", "Solved", new)
    assert await _status(answered) == "closed"


async def test_the_card_shows_the_newest_version_and_the_history_all(answered: Cast) -> None:
    for text in (CORRECTED, "Зал свободен 28 марта, заявку подайте в отдел."):
        await _corrects(answered.daniyar, answered.number, text)
        await answered.daniyar.presses("send")
    for somebody in answered.everybody:
        await somebody.writes(answered.number)
        card = somebody.last
        assert card.index("The answer as corrected, 2 March 2026, 11:00\n\nЗал свободен 28 марта") < card.index(
            "History"
        )
        history = card[card.index("History") :]
        assert (
            history.index(ANSWER) < history.index("version 2") < history.index(CORRECTED) < history.index("version 3")
        )


async def test_a_closed_answer_may_be_corrected_and_stays_closed(answered: Cast) -> None:
    await answered.aigerim.presses("solved")
    await _corrects(answered.daniyar, answered.number)
    await answered.daniyar.presses("send")
    assert answered.aigerim.last.startswith(f"№ {answered.number}: the answer was corrected.")
    assert "Solved" not in answered.aigerim.buttons
    assert await _status(answered) == "closed"


async def test_only_who_answered_or_the_head_corrects(answered: Cast) -> None:
    colleague = await answered.town.an_official(answered.saule, "Zarina", language=Language.EN)
    yerlan = await answered.town.an_official(answered.saule, "Yerlan", "Education", Language.EN)
    before = await everything_stored(answered.town, "people", "forms")
    for somebody in (colleague, yerlan, answered.aigerim, answered.saule):
        await somebody.writes(answered.number)
        assert "Correct the answer" not in somebody.buttons
        for data in ("answer_correct", "correction_send", "correction_anyway", "correction_edit"):
            await somebody.does("presses_data", f"{data}:{answered.number}")
    assert await everything_stored(answered.town, "people", "forms") == before
    botagoz = await answered.town.an_official(answered.saule, "Botagoz", language=Language.EN, head=True)
    await _corrects(botagoz, answered.number)
    await botagoz.presses("send")
    assert "Corrected by Botagoz" in answered.aigerim.last


async def test_a_correction_says_something_and_is_sent_once_also_after_a_restart(answered: Cast) -> None:
    await _corrects(answered.daniyar, answered.number, "ok.")
    await answered.daniyar.presses("send")
    assert answered.daniyar.last.startswith("A question is closed only by a text of substance.")
    await answered.daniyar.presses("edit_text")
    await answered.daniyar.writes(CORRECTED)
    await answered.town.restart()
    for _ in range(3):
        answered.daniyar.phone.presses("Send")
    await answered.town.settle()
    assert sum("the answer was corrected" in text for text in answered.aigerim.texts) == 1


async def test_reopened_meanwhile_it_is_not_corrected_but_answered(answered: Cast) -> None:
    await _corrects(answered.daniyar, answered.number)
    await answered.aigerim.presses("not_answered")
    await answered.aigerim.writes("Про зал ничего.")
    await answered.daniyar.does("presses_data", f"correction_send:{answered.number}")
    assert any(text.startswith("This is not possible any more.") for text in answered.daniyar.texts)
    assert not any("corrected" in text for text in answered.aigerim.texts)


# --- the language of the answer -------------------------------------------------------------------------------------


async def _answers(who: Somebody, number: str, text: str = ANSWER) -> None:
    await who.does("presses_data", f"answer:{number}")
    await who.presses("outcome_explained")
    await who.writes(text)
    await who.presses("done_writing")
    await who.presses("send")


async def test_russian_alone_under_a_question_in_kazakh_is_warned_of_and_recorded(cast: Cast) -> None:
    number = await cast.town.a_question(cast.aigerim, KAZAKH)
    await _answers(cast.daniyar, number)
    assert cast.daniyar.last.startswith(
        "Attention: the question is written in Kazakh, and the text is in Russian only."
    )
    assert cast.daniyar.buttons == ["Send anyway", "Edit the text", "Cancel"]
    assert await _status(cast) == "registered"
    await cast.daniyar.presses("send_anyway")
    assert ANSWER in cast.aigerim.last
    async with cast.town.app.database.reading() as db:
        lines = list(await db.execute(select(audit.c.actor_id, audit.c.object).where(audit.c.action.like("sent in%"))))
    assert [tuple(line) for line in lines] == [(cast.daniyar.id, f"question {number}")]
    await cast.saule.writes(number)
    assert RUSSIAN_ONLY in cast.saule.last
    await cast.aigerim.writes(number)
    assert RUSSIAN_ONLY not in cast.aigerim.last
    await _corrects(cast.daniyar, number)
    await cast.daniyar.presses("send")
    assert cast.daniyar.buttons == ["Send anyway", "Edit the text", "Cancel"]
    await cast.daniyar.presses("send_anyway")
    assert CORRECTED in cast.aigerim.last


async def test_the_text_may_be_mended_instead(cast: Cast) -> None:
    number = await cast.town.a_question(cast.aigerim, KAZAKH)
    await _answers(cast.daniyar, number)
    await cast.daniyar.presses("edit_text")
    await cast.daniyar.writes(f"Достық үйінің залы 20 наурызда бос, өтінішті бөлімге беріңіз. {ANSWER}")
    await cast.daniyar.presses("done_writing")
    await cast.daniyar.presses("send")
    assert "Достық үйінің залы" in cast.aigerim.last
    await cast.saule.writes(number)
    assert RUSSIAN_ONLY not in cast.saule.last


@pytest.mark.parametrize(
    ("asked", "answer"), [(KAZAKH, "Достық үйінің залы 20 наурызда бос."), ("Просим помочь с залом.", ANSWER)]
)
async def test_nobody_is_warned_without_a_reason(cast: Cast, asked: str, answer: str) -> None:
    number = await cast.town.a_question(cast.aigerim, asked)
    await _answers(cast.daniyar, number, answer)
    assert answer in cast.aigerim.last


async def test_send_anyway_made_up_without_a_warning_is_an_ordinary_sending(answered: Cast) -> None:
    answered.town.clock.skip(timedelta(minutes=1))
    await answered.daniyar.does("presses_data", f"answer_anyway:{answered.number}")
    assert sum("there is an answer" in text for text in answered.aigerim.texts) == 1

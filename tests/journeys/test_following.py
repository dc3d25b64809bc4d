"""The NGO follows its questions, withdraws them, and judges the answers."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from domain.people import Language
from storage.tables import questions
from tests.journeys.cast import PARASAT, Cast
from tests.town import Somebody

ANSWER = "Зал Дома дружбы свободен 20 марта, заявку подайте в отдел."


async def _is_answered(cast: Cast, text: str = ANSWER) -> str:
    """Asked by Aigerim and answered by Daniyar; returns the number."""
    number = await cast.town.a_question(cast.aigerim)
    await _answers(cast.daniyar, number, text)
    return number


async def _answers(who: Somebody, number: str, text: str = ANSWER) -> None:
    await who.does("presses_data", f"answer:{number}")
    await who.presses("outcome_explained")
    await who.writes(text)
    await who.presses("done_writing")
    await who.presses("send")


async def _stored(cast: Cast) -> tuple[str, str | None, str | None, bool]:
    """Status, verdict, ending, and whether the one reopening is used up."""
    columns = (questions.c.status, questions.c.verdict, questions.c.ending, questions.c.reopened)
    async with cast.town.app.database.reading() as db:
        row = (await db.execute(select(*columns).order_by(questions.c.id.desc()).limit(1))).one()
    return row.status, row.verdict, row.ending, row.reopened


# --- /my ------------------------------------------------------------------------------------------------------------


async def test_my_shows_five_a_page_newest_first(cast: Cast) -> None:
    for n in range(1, 7):
        await cast.town.a_question(cast.aigerim, f"Вопрос {n}.")
    await cast.aigerim.writes("/my")
    assert cast.aigerim.last.startswith("Open questions: 6 questions, page 1 of 2")
    assert cast.aigerim.buttons == [*(f"2026-00000{n}" for n in (6, 5, 4, 3, 2)), "Next page", "Open", "Closed"]
    await cast.aigerim.presses("later")
    assert cast.aigerim.buttons == ["2026-000001", "Previous page", "Open", "Closed"]
    await cast.aigerim.presses("earlier")
    assert "2026-000006" in cast.aigerim.buttons


async def test_a_line_of_the_list_has_number_status_date_and_beginning(cast: Cast) -> None:
    await cast.town.a_question(cast.aigerim, "Нужен зал.\nИ ещё:  пандус. " + "Очень нужен. " * 10)
    await cast.aigerim.writes("/my")
    assert cast.aigerim.last.split("\n\n")[1] == (
        "2026-000001, registered, due 26 March 2026\n"
        "Question: Нужен зал. И ещё: пандус. Очень нужен. Очень нужен. Очень нужен. Очень нужен. О…"
    )


async def test_open_and_closed_are_filters(cast: Cast) -> None:
    for n in (1, 2):
        await cast.town.a_question(cast.aigerim, f"Вопрос {n}.")
    await cast.aigerim.presses("withdraw")
    await cast.aigerim.writes("/my")
    assert "2026-000001" in cast.aigerim.buttons
    assert "2026-000002" not in cast.aigerim.buttons
    await cast.aigerim.presses("closed")
    assert cast.aigerim.last.startswith("Closed questions: 1 question")
    assert "2026-000002" in cast.aigerim.buttons
    await cast.aigerim.presses("open")
    assert "2026-000001" in cast.aigerim.buttons


async def test_my_of_an_ngo_without_questions_says_so(cast: Cast) -> None:
    await cast.aigerim.writes("/my")
    assert cast.aigerim.last.startswith("Open questions: 0 questions")
    assert cast.aigerim.buttons == ["Open", "Closed"]


@pytest.mark.parametrize("page", ["-1", "99999999", "x", "", "9" * 60])
async def test_a_page_that_is_not_there_shows_one_that_is(asked: Cast, page: str) -> None:
    await asked.aigerim.does("presses_data", f"my:open:{page}")
    assert asked.aigerim.last.startswith("Open questions: 1 question")


async def test_the_list_is_redrawn_in_place(asked: Cast) -> None:
    await asked.aigerim.writes("/my")
    messages = len(asked.aigerim.phone.chat)
    await asked.aigerim.presses("closed")
    await asked.aigerim.presses("open")
    await asked.aigerim.presses("2026-000001")
    await asked.aigerim.presses("back")
    assert len(asked.aigerim.phone.chat) == messages


async def test_pressing_the_filter_that_is_on_changes_nothing_and_raises_nothing(cast: Cast) -> None:
    await cast.aigerim.writes("/my")
    await cast.aigerim.presses("open")
    await cast.aigerim.presses("open")
    assert cast.aigerim.last.startswith("Open questions")


# --- the card -------------------------------------------------------------------------------------------------------


async def test_the_card_tells_the_whole_life_of_a_question(cast: Cast) -> None:
    number = await cast.town.a_question(cast.aigerim, "Нужен зал.")
    cast.town.clock.moment = datetime(2026, 3, 3, 4, 30, tzinfo=UTC)
    await cast.daniyar.presses("take")
    cast.town.clock.moment = datetime(2026, 3, 4, 9, 5, tzinfo=UTC)
    await _answers(cast.daniyar, number)
    await cast.aigerim.presses("solved")
    await cast.aigerim.writes(number)
    assert [line for line in cast.aigerim.last.splitlines() if line] == [
        f"№ {number}, Question",
        "Status: closed",
        "Answer was due: 26 March 2026, Thursday",
        "Department: Culture and languages",
        "Responsible: Daniyar",
        "Topic: Help with cultural events",
        f"NGO: {PARASAT}",
        "May be published",
        "Нужен зал.",
        "History",
        "2 March 2026, 11:00: registered, sent by the NGO",
        "3 March 2026, 09:30: taken by Daniyar",
        "4 March 2026, 14:05: answered by Daniyar: Explained",
        ANSWER,
        "4 March 2026, 14:05: the NGO says: Solved",
    ]


@pytest.mark.parametrize("typed", ["2026-000001", "№ 2026-000001", " № 2026-000001 "])
async def test_typing_the_number_shows_the_question(asked: Cast, typed: str) -> None:
    await asked.aigerim.writes(typed)
    assert asked.aigerim.last.startswith("№ 2026-000001, Question\nStatus: registered")


async def test_the_card_has_the_buttons_that_are_possible_now(asked: Cast) -> None:
    number = asked.number
    await asked.aigerim.writes(number)
    assert asked.aigerim.buttons == ["Withdraw", "Why this date?", "As a document", "Back"]
    await _answers(asked.daniyar, number)
    await asked.aigerim.writes(number)
    assert asked.aigerim.buttons == ["Solved", "Partly", "Not answered", "Why this date?", "As a document", "Back"]
    await asked.aigerim.presses("solved")
    await asked.aigerim.writes(number)
    assert asked.aigerim.buttons == ["Why this date?", "As a document", "Back"]


async def test_an_overdue_question_says_so_in_words(asked: Cast) -> None:
    number = asked.number
    asked.town.clock.moment = datetime(2026, 3, 27, 6, 0, tzinfo=UTC)
    await asked.aigerim.writes(number)
    assert "Status: registered, overdue" in asked.aigerim.last


async def test_another_ngo_does_not_see_the_question(asked: Cast) -> None:
    number = asked.number
    marat = await asked.town.an_ngo(asked.saule, "Marat", "Клуб «Тұлпар»", Language.EN)
    await marat.writes("/my")
    assert number not in marat.buttons
    for data in (f"card:{number}", f"withdraw:{number}", f"attachments:{number}", f"why_date:{number}"):
        await marat.does("presses_data", data)
        assert marat.last.startswith("There is no such question, or it is not yours.")


# --- withdrawing ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("taken", [False, True])
async def test_a_question_may_be_withdrawn_until_it_is_answered(asked: Cast, taken: bool) -> None:
    number = asked.number
    if taken:
        await asked.daniyar.presses("take")
    await asked.aigerim.presses("withdraw")
    assert asked.aigerim.last.startswith(f"№ {number} is withdrawn.")
    assert "Просим помочь с залом" in asked.aigerim.last
    assert asked.daniyar.last == f"№ {number} was withdrawn by the NGO. Nothing is owed."
    assert (await _stored(asked))[0] == "withdrawn"


async def test_an_answered_question_is_withdrawn_no_more(answered: Cast) -> None:
    await answered.aigerim.presses("withdraw")
    assert answered.aigerim.texts[-2].startswith("This is not possible any more.")
    assert "Status: answered" in answered.aigerim.last
    assert (await _stored(answered))[0] == "answered"


async def test_withdrawing_twice_shows_how_it_stands(asked: Cast) -> None:
    await asked.aigerim.presses("withdraw")
    await asked.aigerim.presses("withdraw")
    assert "Status: withdrawn" in asked.aigerim.last
    assert sum("was withdrawn by the NGO" in text for text in asked.daniyar.texts) == 1


# --- verdicts -------------------------------------------------------------------------------------------------------


async def test_solved_closes_and_the_official_is_told(answered: Cast) -> None:
    number = answered.number
    await answered.aigerim.presses("solved")
    assert answered.aigerim.last == f"Thank you. № {number} is closed: solved."
    assert answered.daniyar.last == f"№ {number}: the NGO judged the answer: Solved."
    assert await _stored(answered) == ("closed", "solved", "judged", False)


async def test_partly_closes_and_may_add_a_sentence(answered: Cast) -> None:
    number = answered.number
    await answered.aigerim.presses("partly")
    assert await _stored(answered) == ("closed", "partly", "judged", False)
    await answered.aigerim.writes("Пандуса всё ещё нет.")
    assert answered.aigerim.last.startswith(f"Added to № {number}")
    assert answered.aigerim.last.endswith("The question is closed: for a new answer send a new one, /ask.")
    assert answered.daniyar.last == f"№ {number}: addition by the NGO.\n\nПандуса всё ещё нет."


async def test_partly_without_a_sentence(answered: Cast) -> None:
    await answered.aigerim.presses("partly")
    await answered.aigerim.presses("skip")
    assert answered.aigerim.last == "Thank you, the question is closed."
    assert answered.daniyar.last == "№ 2026-000001: the NGO judged the answer: Partly."


async def test_a_sticker_after_partly_does_not_end_the_dialogue(answered: Cast) -> None:
    await answered.aigerim.presses("partly")
    await answered.aigerim.does("sends_sticker")
    assert answered.aigerim.last.startswith("I cannot take this.")
    await answered.aigerim.writes("\u2800")
    assert answered.aigerim.last == "A text is needed. Please write in words."
    await answered.aigerim.writes("Пандуса всё ещё нет.")
    assert answered.daniyar.last.endswith("Пандуса всё ещё нет.")


async def test_not_answered_asks_why_and_reopens_to_the_head_with_the_reason(cast: Cast) -> None:
    botagoz = await cast.town.an_official(cast.saule, "Botagoz", language=Language.EN, head=True)
    number = await _is_answered(cast)
    await cast.aigerim.presses("not_answered")
    assert cast.aigerim.last == f"№ {number}: write in a sentence what was not answered."
    assert (await _stored(cast))[0] == "answered"
    await cast.aigerim.writes("О пандусе ни слова.")
    assert cast.aigerim.last.startswith(f"№ {number} is open again and went to the head of the department.")
    assert botagoz.last.startswith(f"№ {number}: the NGO says it was not answered. Its reason:\n\nО пандусе ни слова.")
    assert "Responsible: Botagoz" in botagoz.last
    assert cast.daniyar.last.startswith(f"№ {number}: the NGO says that your answer did not answer it.")
    assert "О пандусе ни слова." in cast.daniyar.last
    assert await _stored(cast) == ("in_work", "not_answered", None, True)


async def test_a_reopened_question_gets_a_new_date(cast: Cast) -> None:
    await cast.town.an_official(cast.saule, "Botagoz", language=Language.EN, head=True)
    await _is_answered(cast)
    cast.town.clock.moment = datetime(2026, 3, 4, 6, 0, tzinfo=UTC)
    await cast.aigerim.presses("not_answered")
    await cast.aigerim.writes("О пандусе ни слова.")
    # Wednesday 4 March is day 1, so two working days later than 26 March: Monday 30 March
    assert "Answer due: 30 March 2026, Monday" in cast.aigerim.last
    await cast.aigerim.presses("why_date")
    assert "Reopened: 4 March 2026, 11:00. The term began anew." in cast.aigerim.last


async def test_in_a_department_without_a_head_it_is_free_to_be_taken_again(answered: Cast) -> None:
    number = answered.number
    await answered.aigerim.presses("not_answered")
    await answered.aigerim.writes("О пандусе ни слова.")
    assert answered.daniyar.last.startswith(f"№ {number}: the NGO says it was not answered.")
    assert "Take" in answered.daniyar.buttons
    assert (await _stored(answered))[0] == "registered"


async def test_the_reason_may_be_written_as_a_reply(answered: Cast) -> None:
    number = answered.number
    await answered.aigerim.presses("not_answered")
    await answered.aigerim.writes("О пандусе ни слова.", reply_to=answered.aigerim.phone.last)
    assert answered.aigerim.last.startswith(f"№ {number} is open again")


@pytest.mark.parametrize("reason", ["\u2800", "\u200b\u200b"])
async def test_without_a_reason_nothing_is_reopened(answered: Cast, reason: str) -> None:
    await answered.aigerim.presses("not_answered")
    await answered.aigerim.writes(reason)
    assert answered.aigerim.last == "Please write the reason in words."
    await answered.aigerim.presses("cancel")
    assert (await _stored(answered))[0] == "answered"


async def test_the_second_not_answered_closes_and_tells_head_and_administrators(cast: Cast) -> None:
    botagoz = await cast.town.an_official(cast.saule, "Botagoz", language=Language.EN, head=True)
    number = await _is_answered(cast)
    await cast.aigerim.presses("not_answered")
    await cast.aigerim.writes("О пандусе ни слова.")
    await _answers(botagoz, number, "Пандус будет установлен в мае.")
    await cast.aigerim.presses("not_answered")
    await cast.aigerim.writes("В мае было и в прошлом году.")
    assert cast.aigerim.last == (
        f"№ {number} is closed as not answered. The head of the department and the administrators are told."
    )
    for told in (botagoz, cast.saule):
        assert any(
            text.startswith(f"№ {number} is closed, and the NGO says for the second time") for text in told.texts
        )
        assert any("В мае было и в прошлом году." in text for text in told.texts)
    assert await _stored(cast) == ("closed", "not_answered", "judged", True)


@pytest.mark.parametrize(("first", "then"), [("solved", "partly"), ("partly", "solved"), ("solved", "not_answered")])
async def test_an_answer_is_judged_once(answered: Cast, first: str, then: str) -> None:
    await answered.aigerim.presses(first)
    judged = await _stored(answered)
    await answered.aigerim.presses(then)
    assert await _stored(answered) == judged
    assert any(text.startswith("This is not possible any more.") for text in answered.aigerim.texts)


async def test_the_department_cannot_judge_its_own_answer(answered: Cast) -> None:
    number = answered.number
    for verdict in ("solved", "partly", "not_answered", "withdraw"):
        await answered.daniyar.does("presses_data", f"{verdict}:{number}")
    assert await _stored(answered) == ("answered", None, None, False)


# --- silence --------------------------------------------------------------------------------------------------------


async def test_silence_of_ten_working_days_closes_and_tells_both(answered: Cast) -> None:
    """Answered on Monday 2 March: 3-6 are four working days, 10-13 eight, 16 and 17 ten. It closes on the 18th."""
    number = answered.number
    await answered.town.days_pass(15)
    assert (await _stored(answered))[0] == "answered"
    await answered.town.days_pass(1)
    assert await _stored(answered) == ("closed", None, "no_reaction", False)
    closed = f"№ {number} is closed: 10 working days passed after the answer without a reaction."
    assert answered.aigerim.texts.count(closed) == 1
    assert answered.daniyar.texts.count(closed) == 1


async def test_it_closes_once_however_often_the_clock_looks(answered: Cast) -> None:
    for _ in range(3):
        await answered.town.days_pass(30)
    assert sum("without a reaction" in text for text in answered.aigerim.texts) == 1


async def test_a_judgement_on_the_last_day_counts(answered: Cast) -> None:
    await answered.town.days_pass(15)
    await answered.aigerim.presses("solved")
    await answered.town.days_pass(1)
    assert await _stored(answered) == ("closed", "solved", "judged", False)


async def test_after_silence_the_card_says_no_reaction(answered: Cast) -> None:
    number = answered.number
    await answered.town.days_pass(16)
    await answered.aigerim.writes(number)
    assert "Status: closed, no reaction to the answer" in answered.aigerim.last
    assert "18 March 2026, 11:00: closed, the NGO did not react to the answer" in answered.aigerim.last


async def test_a_closed_question_still_takes_an_addition(answered: Cast) -> None:
    number = answered.number
    await answered.town.days_pass(16)
    await answered.aigerim.writes(number)
    await answered.aigerim.writes("Мы были в отъезде, спасибо.", reply_to=answered.aigerim.phone.last)
    assert answered.aigerim.last.startswith(f"Added to № {number}")

"""The department's side: what is owed, who has it, and the answer on its way."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.people import Language
from storage.tables import entries, questions
from tests.journeys.cast import Cast, everything_stored
from tests.town import Somebody

ANSWER = "Зал Дома дружбы свободен 20 марта, заявку подайте в отдел."


async def _answers(who: Somebody, text: str = ANSWER, outcome: str = "outcome_explained") -> None:
    """From a card with [Answer] to [Send]."""
    await who.presses("answer")
    await who.presses(outcome)
    await who.writes(text)
    await who.presses("done_writing")
    await who.presses("send")


async def _to_the_preview(who: Somebody, text: str = ANSWER) -> None:
    await who.presses("answer")
    await who.presses("outcome_explained")
    await who.writes(text)
    await who.presses("done_writing")


async def _a_head(cast: Cast) -> Somebody:
    return await cast.town.an_official(cast.saule, "Botagoz", language=Language.EN, head=True)


async def _statuses(cast: Cast) -> list[str]:
    async with cast.town.app.database.reading() as db:
        return list(await db.scalars(select(questions.c.status).order_by(questions.c.id)))


# --- /inbox ---------------------------------------------------------------------------------------------------------


async def test_an_empty_inbox_says_so(cast: Cast) -> None:
    await cast.daniyar.writes("/inbox")
    assert cast.daniyar.last == "Nothing is waiting for an answer."


async def test_the_inbox_shows_what_is_most_urgent_first(cast: Cast) -> None:
    """Asked on 2, 5, 6, 25 and 26 March; read on Thursday 26 March, when the first is due."""
    for day, text in ((2, "Первое."), (5, "Второе."), (6, "Третье.")):
        cast.town.clock.moment = cast.town.clock.moment.replace(day=day)
        await cast.town.a_question(cast.aigerim, text)
    cast.town.clock.moment = cast.town.clock.moment.replace(day=26)
    await cast.town.a_question(cast.aigerim, "Четвёртое.")
    await cast.daniyar.writes("/inbox")
    lines = [line for line in cast.daniyar.last.split("\n") if line and not line.startswith("Question:")]
    assert lines == [
        "To be answered: 4 questions",
        "Due today",
        "2026-000001, registered, due 26 March 2026",
        "Due within 3 working days",
        "2026-000002, registered, due 31 March 2026",
        "New",
        "2026-000003, registered, due 1 April 2026",
        "2026-000004, registered, due 15 April 2026",
    ]
    cast.town.clock.moment += timedelta(days=1)
    await cast.daniyar.writes("/inbox")
    assert "Overdue\n\n2026-000001, registered, overdue, due 26 March 2026" in cast.daniyar.last


async def test_the_inbox_has_five_a_page(cast: Cast) -> None:
    for n in range(6):
        await cast.town.a_question(cast.aigerim, f"Вопрос {n}.")
    await cast.daniyar.writes("/inbox")
    assert "6 questions, page 1 of 2" in cast.daniyar.last
    assert cast.daniyar.buttons == [*(f"2026-00000{n}" for n in range(1, 6)), "Next page"]
    await cast.daniyar.presses("later")
    assert "6 questions, page 2 of 2" in cast.daniyar.last
    assert cast.daniyar.buttons == ["2026-000006", "Previous page"]


async def test_the_inbox_shows_no_other_departments_questions(cast: Cast) -> None:
    await cast.town.a_question(cast.aigerim, topic="Premises")
    await cast.daniyar.writes("/inbox")
    assert cast.daniyar.last == "Nothing is waiting for an answer."


async def test_what_was_answered_is_owed_no_more(asked: Cast) -> None:
    await _answers(asked.daniyar)
    await asked.daniyar.writes("/inbox")
    assert asked.daniyar.last == "Nothing is waiting for an answer."


# --- taking ---------------------------------------------------------------------------------------------------------


async def test_taking_makes_one_official_responsible_and_the_ngo_is_told(asked: Cast) -> None:
    number = asked.number
    await asked.daniyar.presses("take")
    assert "Status: in work" in asked.daniyar.last
    assert "Responsible: Daniyar" in asked.daniyar.last
    assert asked.aigerim.last.startswith(f"№ {number} is in work. Responsible: Daniyar")


async def test_the_second_one_to_take_it_is_told_who_has_it(cast: Cast) -> None:
    botagoz = await cast.town.an_official(cast.saule, "Botagoz", language=Language.EN)
    await cast.town.a_question(cast.aigerim)
    await cast.daniyar.presses("take")
    await botagoz.presses("take")
    assert botagoz.texts[-2].startswith("This question is already in work. Responsible: Daniyar")
    assert "Responsible: Daniyar" in botagoz.last
    assert "Take" not in botagoz.buttons


async def test_of_two_who_press_at_the_same_moment_one_gets_it(cast: Cast) -> None:
    botagoz = await cast.town.an_official(cast.saule, "Botagoz", language=Language.EN)
    await cast.town.a_question(cast.aigerim)
    botagoz.phone.presses("Take")
    cast.daniyar.phone.presses("Take")
    await cast.town.settle()
    assert "Responsible: Botagoz" in botagoz.last
    assert cast.daniyar.texts[-2].startswith("This question is already in work. Responsible: Botagoz")
    assert sum("is in work" in text for text in cast.aigerim.texts) == 1


async def test_only_the_responsible_answers_what_is_in_work(cast: Cast) -> None:
    botagoz = await cast.town.an_official(cast.saule, "Botagoz", language=Language.EN)
    await cast.town.a_question(cast.aigerim)
    await cast.daniyar.presses("take")
    await botagoz.presses("answer")
    assert botagoz.texts[-2].startswith("This question is already in work. Responsible: Daniyar")


async def test_answering_without_taking_makes_responsible_as_well(asked: Cast) -> None:
    number = asked.number
    await _answers(asked.daniyar)
    await asked.daniyar.writes(number)
    assert "Responsible: Daniyar" in asked.daniyar.last


async def test_an_official_of_another_department_sees_not_yours(cast: Cast) -> None:
    yerlan = await cast.town.an_official(cast.saule, "Yerlan", "Education", Language.EN)
    number = await cast.town.a_question(cast.aigerim)
    before = await everything_stored(cast.town)
    for data in (f"take:{number}", f"answer:{number}", f"assign:{number}", f"card:{number}", f"why_date:{number}"):
        await yerlan.does("presses_data", data)
        assert yerlan.last.startswith("There is no such question, or it is not yours.")
    await yerlan.writes(number)
    assert yerlan.last.startswith("There is no such question, or it is not yours.")
    assert await everything_stored(cast.town) == before


async def test_not_there_and_not_yours_are_the_same_answer(cast: Cast) -> None:
    yerlan = await cast.town.an_official(cast.saule, "Yerlan", "Education", Language.EN)
    number = await cast.town.a_question(cast.aigerim)
    await yerlan.writes(number)
    not_yours = yerlan.last
    await yerlan.writes("2026-000099")
    assert yerlan.last == not_yours


# --- assigning ------------------------------------------------------------------------------------------------------


async def test_the_head_assigns_and_everybody_concerned_is_told(cast: Cast) -> None:
    botagoz = await _a_head(cast)
    number = await cast.town.a_question(cast.aigerim)
    await botagoz.presses("assign")
    assert botagoz.buttons == ["Botagoz", "Daniyar", "Back"]
    await botagoz.presses("Daniyar")
    assert "Responsible: Daniyar" in botagoz.last
    assert cast.daniyar.last.startswith(f"№ {number} was given to you by Botagoz")
    assert "Answer" in cast.daniyar.buttons
    assert cast.aigerim.last.startswith(f"№ {number} is in work. Responsible: Daniyar")


async def test_the_head_may_give_it_to_somebody_else_later(cast: Cast) -> None:
    botagoz = await _a_head(cast)
    number = await cast.town.a_question(cast.aigerim)
    await cast.daniyar.presses("take")
    await botagoz.writes(number)
    await botagoz.presses("assign")
    await botagoz.presses("Botagoz")
    assert "Responsible: Botagoz" in botagoz.last


async def test_who_is_no_head_assigns_nothing(asked: Cast) -> None:
    number = asked.number
    assert "Assign" not in asked.daniyar.buttons
    for data in (f"assign:{number}", f"assignee:{number}:{asked.daniyar.id}"):
        await asked.daniyar.does("presses_data", data)
    assert await _statuses(asked) == ["registered"]


async def test_nobody_outside_the_department_is_given_a_question(cast: Cast) -> None:
    botagoz = await _a_head(cast)
    number = await cast.town.a_question(cast.aigerim)
    for somebody in (cast.aigerim, cast.saule):
        await botagoz.does("presses_data", f"assignee:{number}:{somebody.id}")
        assert botagoz.last.startswith("There is no such question, or it is not yours.")
    assert await _statuses(cast) == ["registered"]


# --- the answer -----------------------------------------------------------------------------------------------------

OUTCOMES = {
    "outcome_done": "Fulfilled",
    "outcome_explained": "Explained",
    "outcome_promised": "Promised by a date",
    "outcome_refused": "Refused, with the ground",
    "outcome_elsewhere": "Answered by phone or letter",
}


@pytest.mark.parametrize(("outcome", "label"), OUTCOMES.items())
async def test_each_outcome_reaches_the_ngo_with_the_text_as_written(asked: Cast, outcome: str, label: str) -> None:
    number = asked.number
    await _answers(asked.daniyar, outcome=outcome)
    assert asked.aigerim.last.splitlines()[:6] == [
        f"№ {number}: there is an answer.",
        f"Outcome: {label}",
        "Department: Culture and languages",
        "Answered by Daniyar, 2 March 2026, 11:00",
        "",
        ANSWER,
    ]
    assert asked.aigerim.buttons[:3] == ["Solved", "Partly", "Not answered"]


async def test_the_frame_is_in_the_ngos_language_and_the_text_as_written(asked: Cast) -> None:
    await asked.aigerim.writes("/language")
    await asked.aigerim.presses("Русский")
    await _answers(asked.daniyar, "You may have the hall on Saturday.")
    assert "Отдел культуры и развития языков" in asked.aigerim.last
    assert "You may have the hall on Saturday." in asked.aigerim.last
    assert "Вопрос решён" in asked.aigerim.buttons


async def test_the_preview_shows_what_will_be_sent(asked: Cast) -> None:
    number = asked.number
    await asked.daniyar.presses("answer")
    await asked.daniyar.presses("outcome_refused")
    await asked.daniyar.writes("Отказано по статье 12 правил.")
    await asked.daniyar.does("sends_document", "rules.pdf")
    await asked.daniyar.presses("done_writing")
    assert asked.daniyar.last.splitlines() == [
        "Check before sending",
        f"Answer to № {number}",
        "Outcome: Refused, with the ground",
        "Attachments: document: 1",
        "",
        "Отказано по статье 12 правил.",
    ]
    assert asked.daniyar.buttons == ["Send", "Edit the text", "Cancel"]


async def test_the_answer_arrives_with_its_attachments(asked: Cast) -> None:
    await asked.daniyar.presses("answer")
    await asked.daniyar.presses("outcome_done")
    await asked.daniyar.writes("Договор и схема зала приложены.")
    await asked.daniyar.does("sends_document", "договор.pdf")
    await asked.daniyar.does("sends_photo")
    await asked.daniyar.presses("done_writing")
    await asked.daniyar.presses("send")
    answer, document, photo = asked.aigerim.phone.chat[-3:]
    assert "Договор и схема" in answer["text"]
    assert document["document"]["file_name"] == "договор.pdf"
    assert "photo" in photo


@pytest.mark.parametrize("text", [".", "ok", "...", "👍👍👍", "\u2800\u2800", "- - - - - - - - - -"])
async def test_closing_without_a_text_of_substance_is_impossible(asked: Cast, text: str) -> None:
    await _to_the_preview(asked.daniyar, text)
    assert asked.daniyar.last.startswith("A question is closed only by a text of substance.")
    assert await _statuses(asked) == ["registered"]


async def test_an_attachment_alone_is_no_answer(asked: Cast) -> None:
    await asked.daniyar.presses("answer")
    await asked.daniyar.presses("outcome_done")
    await asked.daniyar.does("sends_document")
    await asked.daniyar.presses("done_writing")
    assert asked.daniyar.last.startswith("A question is closed only by a text of substance.")


@pytest.mark.parametrize("edited", [".", "ы" * 3501])
async def test_an_answer_that_editing_made_unfit_is_not_sent(asked: Cast, edited: str) -> None:
    await asked.daniyar.presses("answer")
    await asked.daniyar.presses("outcome_done")
    message = await asked.daniyar.writes(ANSWER)
    await asked.daniyar.presses("done_writing")
    await asked.daniyar.does("edits", message, edited)
    await asked.daniyar.presses("send")
    assert await _statuses(asked) == ["registered"]
    await asked.daniyar.does("edits", message, "Зал свободен, приходите.")
    await asked.daniyar.presses("done_writing")
    await asked.daniyar.presses("send")
    assert await _statuses(asked) == ["answered"]


async def test_an_answer_longer_than_3500_characters_is_not_lost(asked: Cast) -> None:
    await _to_the_preview(asked.daniyar, "ы" * 3501)
    assert "The text has 3501 characters, 3500 are the most." in asked.daniyar.last
    await asked.daniyar.presses("edit_text")
    await asked.daniyar.writes(ANSWER)
    await asked.daniyar.presses("done_writing")
    await asked.daniyar.presses("send")
    assert ANSWER in asked.aigerim.last


async def test_a_text_before_the_outcome_is_kept(asked: Cast) -> None:
    await asked.daniyar.presses("answer")
    await asked.daniyar.writes(ANSWER)
    assert asked.daniyar.last.endswith("what is the outcome?")
    await asked.daniyar.presses("outcome_done")
    await asked.daniyar.presses("done_writing")
    await asked.daniyar.presses("send")
    assert ANSWER in asked.aigerim.last


async def test_an_answer_written_as_a_reply_to_the_bots_message_is_the_answer(asked: Cast) -> None:
    await asked.daniyar.presses("answer")
    await asked.daniyar.presses("outcome_done")
    await asked.daniyar.writes(ANSWER, reply_to=asked.daniyar.phone.last)
    await asked.daniyar.presses("done_writing")
    await asked.daniyar.presses("send")
    assert ANSWER in asked.aigerim.last


async def test_sending_the_answer_twice_answers_once(asked: Cast) -> None:
    await _to_the_preview(asked.daniyar)
    for _ in range(3):
        asked.daniyar.phone.presses("Send")
    await asked.town.settle()
    assert sum("there is an answer" in text for text in asked.aigerim.texts) == 1
    async with asked.town.app.database.reading() as db:
        assert len(list(await db.scalars(select(entries.c.id).where(entries.c.action == "answer")))) == 1


async def test_an_answer_while_the_ngo_withdraws_is_not_sent(asked: Cast) -> None:
    await _to_the_preview(asked.daniyar)
    asked.aigerim.phone.presses("Withdraw")
    asked.daniyar.phone.presses("Send")
    await asked.town.settle()
    assert any(text.startswith("This is not possible any more.") for text in asked.daniyar.texts)
    assert await _statuses(asked) == ["withdrawn"]
    assert ANSWER not in asked.aigerim.last


async def test_a_withdrawal_after_the_answer_is_not_possible(asked: Cast) -> None:
    await _to_the_preview(asked.daniyar)
    asked.daniyar.phone.presses("Send")
    asked.aigerim.phone.presses("Withdraw")
    await asked.town.settle()
    assert await _statuses(asked) == ["answered"]
    assert any(text.startswith("This is not possible any more.") for text in asked.aigerim.texts)


# --- an unfinished answer -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pause", ["restart", "week", "another command"])
async def test_an_unfinished_answer_is_offered_again(asked: Cast, pause: str) -> None:
    number = asked.number
    await asked.daniyar.presses("answer")
    await asked.daniyar.presses("outcome_explained")
    await asked.daniyar.writes(ANSWER)
    if pause == "restart":
        await asked.town.restart()
    elif pause == "week":
        asked.town.clock.skip(timedelta(days=7))
    else:
        await asked.daniyar.writes("/inbox")
    await asked.daniyar.does("presses_data", f"answer:{number}")
    assert asked.daniyar.last == f"You have an unfinished answer to № {number}:\n\n{ANSWER}"
    assert asked.daniyar.buttons == ["Continue", "Start anew"]
    await asked.daniyar.presses("continue")
    await asked.daniyar.presses("done_writing")
    await asked.daniyar.presses("send")
    assert ANSWER in asked.aigerim.last


async def test_an_unfinished_answer_may_be_started_anew(asked: Cast) -> None:
    number = asked.number
    await asked.daniyar.presses("answer")
    await asked.daniyar.presses("outcome_explained")
    await asked.daniyar.writes("Не то.")
    await asked.daniyar.does("presses_data", f"answer:{number}")
    await asked.daniyar.presses("start_anew")
    await asked.daniyar.presses("outcome_done")
    await asked.daniyar.writes(ANSWER)
    await asked.daniyar.presses("done_writing")
    await asked.daniyar.presses("send")
    assert "Не то." not in asked.aigerim.last


async def test_answers_to_two_questions_do_not_mix(cast: Cast) -> None:
    first = await cast.town.a_question(cast.aigerim, "Первое.")
    second = await cast.town.a_question(cast.aigerim, "Второе.")
    for number in (first, second):
        await cast.daniyar.does("presses_data", f"answer:{number}")
        await cast.daniyar.presses("outcome_done")
        await cast.daniyar.writes(f"Ответ именно на {number}.")
    await cast.daniyar.does("presses_data", f"answer:{first}")
    await cast.daniyar.presses("continue")
    await cast.daniyar.presses("done_writing")
    await cast.daniyar.presses("send")
    assert f"№ {first}: there is an answer." in cast.aigerim.last
    assert f"Ответ именно на {first}." in cast.aigerim.last


# --- did it arrive --------------------------------------------------------------------------------------------------


async def test_the_official_sees_when_the_answer_was_delivered(asked: Cast) -> None:
    number = asked.number
    asked.town.clock.skip(timedelta(hours=3, minutes=2))
    await _answers(asked.daniyar)
    assert asked.daniyar.last == f"№ {number}: the answer was delivered 14:02."
    await asked.daniyar.writes(number)
    assert "Answer: delivered 2 March 2026, 14:02." in asked.daniyar.last


async def test_the_official_sees_that_the_bot_is_blocked(asked: Cast) -> None:
    number = asked.number
    await asked.aigerim.does("blocks")
    await _answers(asked.daniyar)
    assert asked.daniyar.last.startswith(f"№ {number}: the answer was not delivered: the bot is blocked.")
    await asked.daniyar.writes(number)
    assert "Answer: not delivered, the bot is blocked." in asked.daniyar.last


async def test_the_answer_waits_for_a_person_who_blocked_the_bot(asked: Cast) -> None:
    number = asked.number
    await asked.aigerim.does("blocks")
    await _answers(asked.daniyar)
    asked.town.clock.skip(timedelta(minutes=30))
    await asked.aigerim.does("unblocks")
    assert ANSWER in asked.aigerim.last
    assert asked.daniyar.last == f"№ {number}: the answer was delivered 11:30."


async def test_writing_again_is_coming_back_as_well(asked: Cast) -> None:
    await asked.aigerim.does("blocks")
    await _answers(asked.daniyar)
    await asked.aigerim.writes("/my")
    assert any(ANSWER in text for text in asked.aigerim.texts)


async def test_who_comes_back_gets_each_thing_once(asked: Cast) -> None:
    await asked.aigerim.does("blocks")
    await _answers(asked.daniyar)
    await asked.aigerim.does("unblocks")
    await asked.aigerim.writes("/my")
    await asked.aigerim.does("blocks")
    await asked.aigerim.does("unblocks")
    assert sum(ANSWER in text for text in asked.aigerim.texts) == 1


async def test_a_deleted_account_is_told_as_not_delivered(asked: Cast) -> None:
    number = asked.number
    asked.aigerim.phone.deletes_account()
    await _answers(asked.daniyar)
    assert asked.daniyar.last.startswith(f"№ {number}: the answer was not delivered")


async def test_the_official_is_not_told_of_delivery_when_nobody_is_left_to_be_told(asked: Cast) -> None:
    """The author asked to be forgotten: there is nobody to deliver to, and the answer stands in the history."""
    number = asked.number
    await asked.aigerim.writes("/forget")
    await asked.aigerim.presses("forget_once")
    await asked.aigerim.presses("forget_twice")
    await _answers(asked.daniyar)
    await asked.daniyar.writes(number)
    assert ANSWER in asked.daniyar.last

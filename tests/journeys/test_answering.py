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


async def test_what_was_answered_is_owed_no_more(cast: Cast) -> None:
    await cast.town.a_question(cast.aigerim)
    await _answers(cast.daniyar)
    await cast.daniyar.writes("/inbox")
    assert cast.daniyar.last == "Nothing is waiting for an answer."


# --- taking ---------------------------------------------------------------------------------------------------------


async def test_taking_makes_one_official_responsible_and_the_ngo_is_told(cast: Cast) -> None:
    number = await cast.town.a_question(cast.aigerim)
    await cast.daniyar.presses("take")
    assert "Status: in work" in cast.daniyar.last
    assert "Responsible: Daniyar" in cast.daniyar.last
    assert cast.aigerim.last.startswith(f"№ {number} is in work. Responsible: Daniyar")


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


async def test_answering_without_taking_makes_responsible_as_well(cast: Cast) -> None:
    number = await cast.town.a_question(cast.aigerim)
    await _answers(cast.daniyar)
    await cast.daniyar.writes(number)
    assert "Responsible: Daniyar" in cast.daniyar.last


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


async def test_who_is_no_head_assigns_nothing(cast: Cast) -> None:
    number = await cast.town.a_question(cast.aigerim)
    assert "Assign" not in cast.daniyar.buttons
    for data in (f"assign:{number}", f"assignee:{number}:{cast.daniyar.id}"):
        await cast.daniyar.does("presses_data", data)
    assert await _statuses(cast) == ["registered"]


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
async def test_each_outcome_reaches_the_ngo_with_the_text_as_written(cast: Cast, outcome: str, label: str) -> None:
    number = await cast.town.a_question(cast.aigerim)
    await _answers(cast.daniyar, outcome=outcome)
    assert cast.aigerim.last.splitlines() == [
        f"№ {number}: there is an answer.",
        f"Outcome: {label}",
        "Department: Culture and languages",
        "Answered by Daniyar, 2 March 2026, 11:00",
        "",
        ANSWER,
    ]
    assert cast.aigerim.buttons[:3] == ["Solved", "Partly", "Not answered"]


async def test_the_frame_is_in_the_ngos_language_and_the_text_as_written(cast: Cast) -> None:
    await cast.town.a_question(cast.aigerim)
    await cast.aigerim.writes("/language")
    await cast.aigerim.presses("Русский")
    await _answers(cast.daniyar, "You may have the hall on Saturday.")
    assert "Отдел культуры и развития языков" in cast.aigerim.last
    assert "You may have the hall on Saturday." in cast.aigerim.last
    assert "Вопрос решён" in cast.aigerim.buttons


async def test_the_preview_shows_what_will_be_sent(cast: Cast) -> None:
    number = await cast.town.a_question(cast.aigerim)
    await cast.daniyar.presses("answer")
    await cast.daniyar.presses("outcome_refused")
    await cast.daniyar.writes("Отказано по статье 12 правил.")
    await cast.daniyar.does("sends_document", "rules.pdf")
    await cast.daniyar.presses("done_writing")
    assert cast.daniyar.last.splitlines() == [
        "Check before sending",
        f"Answer to № {number}",
        "Outcome: Refused, with the ground",
        "Attachments: document: 1",
        "",
        "Отказано по статье 12 правил.",
    ]
    assert cast.daniyar.buttons == ["Send", "Edit the text", "Cancel"]


async def test_the_answer_arrives_with_its_attachments(cast: Cast) -> None:
    await cast.town.a_question(cast.aigerim)
    await cast.daniyar.presses("answer")
    await cast.daniyar.presses("outcome_done")
    await cast.daniyar.writes("Договор и схема зала приложены.")
    await cast.daniyar.does("sends_document", "договор.pdf")
    await cast.daniyar.does("sends_photo")
    await cast.daniyar.presses("done_writing")
    await cast.daniyar.presses("send")
    answer, document, photo = cast.aigerim.phone.chat[-3:]
    assert "Договор и схема" in answer["text"]
    assert document["document"]["file_name"] == "договор.pdf"
    assert "photo" in photo


@pytest.mark.parametrize("text", [".", "ok", "...", "👍👍👍", "\u2800\u2800", "- - - - - - - - - -"])
async def test_closing_without_a_text_of_substance_is_impossible(cast: Cast, text: str) -> None:
    await cast.town.a_question(cast.aigerim)
    await _to_the_preview(cast.daniyar, text)
    assert cast.daniyar.last.startswith("A question is closed only by a text of substance.")
    assert await _statuses(cast) == ["registered"]


async def test_an_attachment_alone_is_no_answer(cast: Cast) -> None:
    await cast.town.a_question(cast.aigerim)
    await cast.daniyar.presses("answer")
    await cast.daniyar.presses("outcome_done")
    await cast.daniyar.does("sends_document")
    await cast.daniyar.presses("done_writing")
    assert cast.daniyar.last.startswith("A question is closed only by a text of substance.")


@pytest.mark.parametrize("edited", [".", "ы" * 3501])
async def test_an_answer_that_editing_made_unfit_is_not_sent(cast: Cast, edited: str) -> None:
    await cast.town.a_question(cast.aigerim)
    await cast.daniyar.presses("answer")
    await cast.daniyar.presses("outcome_done")
    message = await cast.daniyar.writes(ANSWER)
    await cast.daniyar.presses("done_writing")
    await cast.daniyar.does("edits", message, edited)
    await cast.daniyar.presses("send")
    assert await _statuses(cast) == ["registered"]
    await cast.daniyar.does("edits", message, "Зал свободен, приходите.")
    await cast.daniyar.presses("done_writing")
    await cast.daniyar.presses("send")
    assert await _statuses(cast) == ["answered"]


async def test_an_answer_longer_than_3500_characters_is_not_lost(cast: Cast) -> None:
    await cast.town.a_question(cast.aigerim)
    await _to_the_preview(cast.daniyar, "ы" * 3501)
    assert "The text has 3501 characters, 3500 are the most." in cast.daniyar.last
    await cast.daniyar.presses("edit_text")
    await cast.daniyar.writes(ANSWER)
    await cast.daniyar.presses("done_writing")
    await cast.daniyar.presses("send")
    assert ANSWER in cast.aigerim.last


async def test_a_text_before_the_outcome_is_kept(cast: Cast) -> None:
    await cast.town.a_question(cast.aigerim)
    await cast.daniyar.presses("answer")
    await cast.daniyar.writes(ANSWER)
    assert cast.daniyar.last.endswith("what is the outcome?")
    await cast.daniyar.presses("outcome_done")
    await cast.daniyar.presses("done_writing")
    await cast.daniyar.presses("send")
    assert ANSWER in cast.aigerim.last


async def test_an_answer_written_as_a_reply_to_the_bots_message_is_the_answer(cast: Cast) -> None:
    await cast.town.a_question(cast.aigerim)
    await cast.daniyar.presses("answer")
    await cast.daniyar.presses("outcome_done")
    await cast.daniyar.writes(ANSWER, reply_to=cast.daniyar.phone.last)
    await cast.daniyar.presses("done_writing")
    await cast.daniyar.presses("send")
    assert ANSWER in cast.aigerim.last


async def test_sending_the_answer_twice_answers_once(cast: Cast) -> None:
    await cast.town.a_question(cast.aigerim)
    await _to_the_preview(cast.daniyar)
    for _ in range(3):
        cast.daniyar.phone.presses("Send")
    await cast.town.settle()
    assert sum("there is an answer" in text for text in cast.aigerim.texts) == 1
    async with cast.town.app.database.reading() as db:
        assert len(list(await db.scalars(select(entries.c.id).where(entries.c.action == "answer")))) == 1


async def test_an_answer_while_the_ngo_withdraws_is_not_sent(cast: Cast) -> None:
    await cast.town.a_question(cast.aigerim)
    await _to_the_preview(cast.daniyar)
    cast.aigerim.phone.presses("Withdraw")
    cast.daniyar.phone.presses("Send")
    await cast.town.settle()
    assert any(text.startswith("This is not possible any more.") for text in cast.daniyar.texts)
    assert await _statuses(cast) == ["withdrawn"]
    assert ANSWER not in cast.aigerim.last


async def test_a_withdrawal_after_the_answer_is_not_possible(cast: Cast) -> None:
    await cast.town.a_question(cast.aigerim)
    await _to_the_preview(cast.daniyar)
    cast.daniyar.phone.presses("Send")
    cast.aigerim.phone.presses("Withdraw")
    await cast.town.settle()
    assert await _statuses(cast) == ["answered"]
    assert any(text.startswith("This is not possible any more.") for text in cast.aigerim.texts)


# --- an unfinished answer -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pause", ["restart", "week", "another command"])
async def test_an_unfinished_answer_is_offered_again(cast: Cast, pause: str) -> None:
    number = await cast.town.a_question(cast.aigerim)
    await cast.daniyar.presses("answer")
    await cast.daniyar.presses("outcome_explained")
    await cast.daniyar.writes(ANSWER)
    if pause == "restart":
        await cast.town.restart()
    elif pause == "week":
        cast.town.clock.skip(timedelta(days=7))
    else:
        await cast.daniyar.writes("/inbox")
    await cast.daniyar.does("presses_data", f"answer:{number}")
    assert cast.daniyar.last == f"You have an unfinished answer to № {number}:\n\n{ANSWER}"
    assert cast.daniyar.buttons == ["Continue", "Start anew"]
    await cast.daniyar.presses("continue")
    await cast.daniyar.presses("done_writing")
    await cast.daniyar.presses("send")
    assert ANSWER in cast.aigerim.last


async def test_an_unfinished_answer_may_be_started_anew(cast: Cast) -> None:
    number = await cast.town.a_question(cast.aigerim)
    await cast.daniyar.presses("answer")
    await cast.daniyar.presses("outcome_explained")
    await cast.daniyar.writes("Не то.")
    await cast.daniyar.does("presses_data", f"answer:{number}")
    await cast.daniyar.presses("start_anew")
    await cast.daniyar.presses("outcome_done")
    await cast.daniyar.writes(ANSWER)
    await cast.daniyar.presses("done_writing")
    await cast.daniyar.presses("send")
    assert "Не то." not in cast.aigerim.last


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


async def test_the_official_sees_when_the_answer_was_delivered(cast: Cast) -> None:
    number = await cast.town.a_question(cast.aigerim)
    cast.town.clock.skip(timedelta(hours=3, minutes=2))
    await _answers(cast.daniyar)
    assert cast.daniyar.last == f"№ {number}: the answer was delivered 14:02."
    await cast.daniyar.writes(number)
    assert "Answer: delivered 2 March 2026, 14:02." in cast.daniyar.last


async def test_the_official_sees_that_the_bot_is_blocked(cast: Cast) -> None:
    number = await cast.town.a_question(cast.aigerim)
    await cast.aigerim.does("blocks")
    await _answers(cast.daniyar)
    assert cast.daniyar.last.startswith(f"№ {number}: the answer was not delivered: the bot is blocked.")
    await cast.daniyar.writes(number)
    assert "Answer: not delivered, the bot is blocked." in cast.daniyar.last


async def test_the_answer_waits_for_a_person_who_blocked_the_bot(cast: Cast) -> None:
    number = await cast.town.a_question(cast.aigerim)
    await cast.aigerim.does("blocks")
    await _answers(cast.daniyar)
    cast.town.clock.skip(timedelta(minutes=30))
    await cast.aigerim.does("unblocks")
    assert ANSWER in cast.aigerim.last
    assert cast.daniyar.last == f"№ {number}: the answer was delivered 11:30."


async def test_writing_again_is_coming_back_as_well(cast: Cast) -> None:
    await cast.town.a_question(cast.aigerim)
    await cast.aigerim.does("blocks")
    await _answers(cast.daniyar)
    await cast.aigerim.writes("/my")
    assert any(ANSWER in text for text in cast.aigerim.texts)


async def test_who_comes_back_gets_each_thing_once(cast: Cast) -> None:
    await cast.town.a_question(cast.aigerim)
    await cast.aigerim.does("blocks")
    await _answers(cast.daniyar)
    await cast.aigerim.does("unblocks")
    await cast.aigerim.writes("/my")
    await cast.aigerim.does("blocks")
    await cast.aigerim.does("unblocks")
    assert sum(ANSWER in text for text in cast.aigerim.texts) == 1


async def test_a_deleted_account_is_told_as_not_delivered(cast: Cast) -> None:
    number = await cast.town.a_question(cast.aigerim)
    cast.aigerim.phone.deletes_account()
    await _answers(cast.daniyar)
    assert cast.daniyar.last.startswith(f"№ {number}: the answer was not delivered")


async def test_the_official_is_not_told_of_delivery_when_nobody_is_left_to_be_told(cast: Cast) -> None:
    """The author asked to be forgotten: there is nobody to deliver to, and the answer stands in the history."""
    number = await cast.town.a_question(cast.aigerim)
    await cast.aigerim.writes("/forget")
    await cast.aigerim.presses("forget_once")
    await cast.aigerim.presses("forget_twice")
    await _answers(cast.daniyar)
    await cast.daniyar.writes(number)
    assert ANSWER in cast.daniyar.last

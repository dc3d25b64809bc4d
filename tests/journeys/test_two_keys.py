"""Two keys: where a department wants it, an answer goes out by its head's word, and the NGO reads who gave it."""

import pytest
from sqlalchemy import select

from domain.people import Language
from storage import departments, people
from storage.tables import attachments, audit, entries, forms, questions
from tests.journeys.cast import ANSWER, Cast
from tests.town import Somebody

EN = Language.EN
BETTER = "Зал Дома дружбы свободен 20 марта с двух часов, заявку подайте в отдел."
REMARK = "Назовите час, с которого зал свободен."


async def _switches(cast: Cast, now: str) -> None:
    """The administrator presses the switch, which reads as it is now."""
    await cast.saule.writes("/admin")
    await cast.saule.presses("departments")
    await cast.saule.presses("Culture and languages")
    await cast.saule.presses(now)


async def _with_two_keys(cast: Cast) -> Somebody:
    """The head, who asked the administrator for it."""
    botagoz = await cast.town.an_official(cast.saule, "Botagoz", language=EN, head=True)
    await _switches(cast, "Two keys: off")
    return botagoz


async def _answers(who: Somebody, text: str = ANSWER) -> None:
    await who.presses("answer")
    await who.presses("outcome_explained")
    await who.writes(text)
    await who.presses("done_writing")
    await who.presses("send")


async def _proposed(cast: Cast) -> str:
    """Daniyar has answered a question of Aigerim, and the head has the answer."""
    number = await cast.town.a_question(cast.aigerim)
    await cast.daniyar.presses("take")
    await _answers(cast.daniyar)
    return number


async def _state(cast: Cast) -> tuple[str, int | None]:
    async with cast.town.app.database.reading() as db:
        row = (await db.execute(select(questions.c.status, questions.c.proposed_id))).one()
    return row.status, row.proposed_id


# --- the switch -----------------------------------------------------------------------------------------------------


async def test_two_keys_are_off_until_an_administrator_switches_them_on(cast: Cast) -> None:
    await cast.town.an_official(cast.saule, "Botagoz", language=EN, head=True)
    await cast.saule.writes("/admin")
    await cast.saule.presses("departments")
    await cast.saule.presses("Culture and languages")
    assert "Officials answer by themselves, without the head's word." in cast.saule.last
    await cast.saule.presses("Two keys: off")
    assert cast.saule.last.startswith("From now on an answer of this department goes out by the word of its head.")
    assert "Two keys: on" in cast.saule.buttons
    await cast.saule.presses("Two keys: on")
    assert cast.saule.last.startswith("From now on officials of this department answer by themselves.")
    async with cast.town.app.database.reading() as db:
        query = select(audit.c.object, audit.c.before, audit.c.after).where(audit.c.action == "two keys switched")
        lines = [tuple(line) for line in await db.execute(query.order_by(audit.c.id))]
    assert lines == [("department 3", "off", "on"), ("department 3", "on", "off")]


async def test_a_department_without_a_head_has_one_key(cast: Cast) -> None:
    await _switches(cast, "Two keys: off")
    assert "Two keys need a head of the department: nobody leads it now." in cast.saule.last
    await cast.town.a_question(cast.aigerim)
    await _answers(cast.daniyar)
    assert ANSWER in cast.aigerim.last


@pytest.mark.parametrize("data", ["dep_keys", "dep_keys:3", "dep_keys:3:maybe", "dep_keys:0:on", "dep_keys:x:on"])
async def test_a_made_up_switch_changes_nothing(cast: Cast, data: str) -> None:
    await cast.town.an_official(cast.saule, "Botagoz", language=EN, head=True)
    for somebody in (cast.saule, cast.daniyar, cast.aigerim):
        await somebody.does("presses_data", data)
    await cast.daniyar.does("presses_data", "dep_keys:3:on")
    await cast.town.a_question(cast.aigerim)
    await _answers(cast.daniyar)
    assert ANSWER in cast.aigerim.last


# --- approving ------------------------------------------------------------------------------------------------------


async def test_the_answer_goes_out_by_the_head_s_word_with_both_names(cast: Cast) -> None:
    botagoz = await _with_two_keys(cast)
    number = await _proposed(cast)
    assert any("Check before sending" in said and "head of the department first" in said for said in cast.daniyar.texts)
    assert f"The answer to № {number} goes to the head of the department first." in cast.daniyar.last
    assert not any(ANSWER in said for said in cast.aigerim.texts)
    assert f"№ {number}: an answer waits for your word.\nWritten by: Daniyar\nOutcome: Explained" in botagoz.last
    assert ANSWER in botagoz.last
    assert "Просим помочь с залом для концерта общества слепых." in botagoz.last
    assert botagoz.buttons == ["Approve", "Return with a remark", "Edit", number]
    await botagoz.presses("approve")
    assert "Answered by Daniyar, 2 March 2026, 11:00\nApproved by: Botagoz" in cast.aigerim.last
    assert ANSWER in cast.aigerim.last
    assert "Solved" in cast.aigerim.buttons
    assert f"№ {number}: the answer was approved by Botagoz and delivered 11:00." in cast.daniyar.texts
    assert await _state(cast) == ("answered", None)
    await cast.aigerim.writes(number)
    assert "answered by Daniyar, approved by Botagoz: Explained" in cast.aigerim.last
    assert "proposed" not in cast.aigerim.last


async def test_an_approved_answer_has_the_attachments_of_the_proposed_one(cast: Cast) -> None:
    botagoz = await _with_two_keys(cast)
    number = await cast.town.a_question(cast.aigerim)
    await cast.daniyar.presses("answer")
    await cast.daniyar.presses("outcome_explained")
    await cast.daniyar.does("sends_document", "план.pdf", b"plan", caption=ANSWER)
    await cast.daniyar.presses("done_writing")
    await cast.daniyar.presses("send")
    assert botagoz.phone.chat[-1]["document"]["file_name"] == "план.pdf"
    await cast.aigerim.does("presses_data", f"attachments:{number}")
    assert not any(m.get("document") for m in cast.aigerim.phone.chat)
    await botagoz.presses("approve")
    assert [m["document"]["file_name"] for m in cast.aigerim.phone.chat if m.get("document")] == ["план.pdf"]
    async with cast.town.app.database.reading() as db:
        query = select(entries.c.action).join(attachments, attachments.c.entry_id == entries.c.id)
        assert set(await db.scalars(query)) == {"propose", "approve"}


async def test_the_head_answers_at_once(cast: Cast) -> None:
    botagoz = await _with_two_keys(cast)
    await cast.town.a_question(cast.aigerim)
    await _answers(botagoz)
    assert "Answered by Botagoz" in cast.aigerim.last
    assert "Approved" not in cast.aigerim.last


async def test_what_is_proposed_the_ngo_sees_nowhere(cast: Cast) -> None:
    """Not on the card, not under a number it types, not among its attachments, not in /mydata."""
    await _with_two_keys(cast)
    number = await _proposed(cast)
    await cast.aigerim.writes(number)
    await cast.aigerim.writes("/my")
    await cast.aigerim.presses(number)
    await cast.aigerim.presses("why_date")
    await cast.aigerim.writes("/mydata")
    assert not any(ANSWER in said for said in cast.aigerim.texts)
    file = next(m for m in reversed(cast.aigerim.phone.chat) if m.get("document"))
    assert ANSWER not in cast.town.telegram.files[file["document"]["file_id"]].content.decode()


# --- returning and editing ------------------------------------------------------------------------------------------


async def test_returned_with_a_remark_it_is_proposed_anew_from_the_same_text(cast: Cast) -> None:
    botagoz = await _with_two_keys(cast)
    number = await _proposed(cast)
    await botagoz.presses("return_answer")
    await cast.town.restart()
    await botagoz.writes(REMARK)
    assert f"The answer to № {number} went back, with your remark." in botagoz.last
    assert f"№ {number}: your answer came back from Botagoz." in cast.daniyar.last
    assert REMARK in cast.daniyar.last
    assert await _state(cast) == ("in_work", None)

    await cast.daniyar.presses("answer")
    assert cast.daniyar.last.startswith("Check before sending")
    assert ANSWER in cast.daniyar.last
    await cast.daniyar.presses("edit_text")
    await cast.daniyar.writes(BETTER)
    await cast.daniyar.presses("done_writing")
    await cast.daniyar.presses("send")
    assert BETTER in botagoz.last
    await botagoz.presses("approve")
    assert BETTER in cast.aigerim.last
    assert not any(REMARK in said for said in cast.aigerim.texts)


async def test_the_head_edits_it_and_sends_their_own(cast: Cast) -> None:
    botagoz = await _with_two_keys(cast)
    number = await _proposed(cast)
    await botagoz.presses("Edit")
    assert "This is the text now. Write the new one" in botagoz.last
    assert ANSWER in botagoz.last
    await botagoz.writes(BETTER)
    await botagoz.presses("done_writing")
    await botagoz.presses("send")
    assert "Answered by Botagoz" in cast.aigerim.last
    assert BETTER in cast.aigerim.last
    assert ANSWER not in cast.aigerim.last
    assert f"№ {number}: Botagoz wrote the answer, it was delivered 11:00." in cast.daniyar.last
    assert f"№ {number}: the answer was delivered 11:00." in botagoz.last  # they were told that they would be told
    assert await _state(cast) == ("answered", None)
    await cast.daniyar.writes(number)
    assert "Responsible: Daniyar" in cast.daniyar.last


async def test_a_remark_without_words_returns_nothing(cast: Cast) -> None:
    botagoz = await _with_two_keys(cast)
    await _proposed(cast)
    await botagoz.presses("return_answer")
    await botagoz.does("sends_photo", b"a remark on paper")
    assert botagoz.last == "Please write it in words."
    assert (await _state(cast))[1] is not None
    await botagoz.presses("cancel")
    assert (await _state(cast))[1] is not None


async def test_who_leads_another_department_meanwhile_is_asked_for_no_remark(cast: Cast) -> None:
    botagoz = await _with_two_keys(cast)
    await _proposed(cast)
    await botagoz.presses("return_answer")
    async with cast.town.app.database.transaction() as db:
        education = next(d for d in await departments.all_departments(db) if d.names.en == "Education")
        await people.serve_in(db, botagoz.id, education.id, True, cast.town.clock.now())
    await botagoz.writes(REMARK)
    assert botagoz.last.startswith("There is no such question, or it is not yours.")
    await botagoz.writes("Добрый день!")
    assert botagoz.last.startswith("I did not understand this.")
    assert (await _state(cast))[1] is not None


# --- who turns the second key ---------------------------------------------------------------------------------------


async def test_old_and_made_up_buttons_send_nothing(cast: Cast) -> None:
    """A button names the very answer it stood under: the head approves what was read, not what came after it."""
    botagoz = await _with_two_keys(cast)
    yerlan = await cast.town.an_official(cast.saule, "Yerlan", "Education", EN)
    number = await _proposed(cast)
    _, first = await _state(cast)
    for somebody in (cast.aigerim, cast.daniyar, yerlan, cast.saule):
        for name in ("answer_approve", "answer_return", "proposal_edit"):
            await somebody.does("presses_data", f"{name}:{number}:{first}")
    for data in ("answer_approve", f"answer_approve:{number}", f"answer_approve:{number}:1", "answer_return:x:y"):
        await botagoz.does("presses_data", data)
    assert await _state(cast) == ("in_work", first)
    await botagoz.does("presses_data", f"answer_return:{number}:{first}")
    await botagoz.writes(REMARK)
    await cast.daniyar.does("presses_data", f"answer:{number}")
    await cast.daniyar.presses("send")
    await botagoz.does("presses_data", f"answer_approve:{number}:{first}")
    assert (await _state(cast))[0] == "in_work"
    assert "Approve" in botagoz.buttons
    assert not any(ANSWER in said for said in cast.aigerim.texts)


async def test_approved_twice_it_is_answered_once(cast: Cast) -> None:
    botagoz = await _with_two_keys(cast)
    number = await _proposed(cast)
    data = f"answer_approve:{number}:{(await _state(cast))[1]}"
    for _ in range(3):
        botagoz.phone.presses_data(data)
    await cast.town.settle()
    assert sum(ANSWER in said for said in cast.aigerim.texts) == 1
    assert "Status: answered" in botagoz.last


async def test_withdrawn_meanwhile_it_is_not_approved(cast: Cast) -> None:
    botagoz = await _with_two_keys(cast)
    number = await _proposed(cast)
    await cast.aigerim.does("presses_data", f"withdraw:{number}")
    await botagoz.presses("approve")
    assert "Status: withdrawn" in botagoz.last
    assert not any(ANSWER in said for said in cast.aigerim.texts)


async def test_when_the_head_is_gone_administrators_turn_the_second_key(cast: Cast) -> None:
    await _with_two_keys(cast)
    number = await _proposed(cast)
    await cast.saule.writes("/admin")
    for pressed in ("departments", "Culture and languages", "officials", "Botagoz", "no_longer_head"):
        await cast.saule.presses(pressed)
    await cast.town.days_pass(1)
    said = next(said for said in cast.saule.texts if "Waits for your word" in said)
    assert f"№ {number}: an answer" in said
    await cast.saule.writes(number)
    assert ANSWER in cast.saule.last
    await cast.saule.presses("approve")
    assert "Answered by Daniyar, 3 March 2026, 11:00\nApproved by: Saule" in cast.aigerim.last
    async with cast.town.app.database.reading() as db:
        assert await db.scalar(select(audit.c.object).where(audit.c.action == "answer approved")) == (
            f"question {number}"
        )


async def test_without_a_head_the_next_answer_goes_to_administrators_at_once(cast: Cast) -> None:
    await _with_two_keys(cast)
    number = await cast.town.a_question(cast.aigerim)
    await cast.saule.writes("/admin")
    for pressed in ("departments", "Culture and languages", "officials", "Botagoz", "no_longer_head"):
        await cast.saule.presses(pressed)
    await _answers(cast.daniyar)
    assert f"The answer to № {number} goes to the administrators first" in cast.daniyar.last
    assert cast.saule.buttons == ["Approve", "Return with a remark", number]
    await cast.saule.presses("return_answer")
    await cast.saule.writes(REMARK)
    assert REMARK in cast.daniyar.last


async def test_without_a_reply_and_without_a_head_an_administrator_closes_and_corrects(cast: Cast) -> None:
    """Of a department with two keys, what goes to the NGO in one step needs whoever turns the second one."""
    botagoz = await _with_two_keys(cast)
    number = await cast.town.a_question(cast.aigerim)
    await cast.daniyar.presses("clarify")
    await cast.daniyar.writes("На какой день нужен зал?")
    await cast.daniyar.presses("send")
    cast.town.clock.moment = cast.town.clock.moment.replace(day=17)
    await cast.town.days_pass(0)
    assert any("with two keys only the head closes it on that ground" in said for said in cast.daniyar.texts)
    assert any("or close it with «Close: no reply»" in said for said in botagoz.texts)
    await cast.daniyar.does("presses_data", f"close_unclear:{number}")
    assert "This is not possible any more." in cast.daniyar.texts[-2]
    await cast.saule.writes("/admin")
    for pressed in ("departments", "Culture and languages", "officials", "Botagoz", "no_longer_head"):
        await cast.saule.presses(pressed)
    await cast.saule.writes(number)
    await cast.saule.presses("close_unclear")
    await cast.saule.writes("Мы спросили, на какой день нужен зал, и ответа не получили.")
    await cast.saule.presses("send")
    assert "Мы спросили" in cast.aigerim.last
    await cast.saule.presses(number)
    await cast.saule.presses("answer_correct")
    await cast.saule.writes("Мы спросили 2 марта, на какой день нужен зал.")
    await cast.saule.presses("send")
    assert "the answer was corrected. This is version 2" in cast.aigerim.last
    async with cast.town.app.database.reading() as db:
        deeds = list(await db.scalars(select(audit.c.action).order_by(audit.c.id)))
    assert deeds[-2:] == ["closed without a reply", "answer corrected"]


async def test_switched_off_meanwhile_the_executor_answers_and_nothing_waits(cast: Cast) -> None:
    await _with_two_keys(cast)
    number = await _proposed(cast)
    await _switches(cast, "Two keys: on")
    await cast.daniyar.does("presses_data", f"answer:{number}")
    await cast.daniyar.presses("outcome_explained")
    await cast.daniyar.writes(BETTER)
    await cast.daniyar.presses("done_writing")
    await cast.daniyar.presses("send")
    assert BETTER in cast.aigerim.last
    assert await _state(cast) == ("answered", None)


async def test_an_answer_counts_as_the_department_s_in_the_morning_card(cast: Cast) -> None:
    botagoz = await _with_two_keys(cast)
    number = await _proposed(cast)
    await botagoz.presses("approve")
    await cast.town.days_pass(1)
    assert f"Answered on the last working day\n{number}: not judged yet" in cast.daniyar.last


async def test_what_an_answer_promises_enters_the_ledger_when_it_is_approved(cast: Cast) -> None:
    botagoz = await _with_two_keys(cast)
    await cast.town.a_question(cast.aigerim)
    await cast.daniyar.presses("answer")
    await cast.daniyar.presses("outcome_promised")
    await cast.daniyar.writes("20.04.2026")
    await cast.daniyar.writes("Пандус у входа будет установлен.")
    await cast.daniyar.presses("done_writing")
    await cast.daniyar.presses("send")
    assert "Promised by: 20 April 2026, Monday" in botagoz.last
    await cast.aigerim.writes("/promises")
    assert "20 April 2026" not in cast.aigerim.last
    await botagoz.presses("approve")
    await cast.aigerim.writes("/promises")
    assert "20 April 2026" in cast.aigerim.last
    await cast.aigerim.writes("P-2026-0001")
    assert "promised by Daniyar, by 20 April 2026" in cast.aigerim.last  # the head's is the second key


async def test_a_promise_whose_date_has_come_is_not_approved(cast: Cast) -> None:
    botagoz = await _with_two_keys(cast)
    await cast.town.a_question(cast.aigerim)
    await cast.daniyar.presses("answer")
    await cast.daniyar.presses("outcome_promised")
    await cast.daniyar.writes("06.03.2026")
    await cast.daniyar.writes("Пандус у входа будет установлен.")
    await cast.daniyar.presses("done_writing")
    await cast.daniyar.presses("send")
    cast.town.clock.moment = cast.town.clock.moment.replace(day=6)
    await botagoz.presses("approve")
    assert "promises something by 6 March 2026, which is not ahead any more" in botagoz.last
    assert (await _state(cast))[0] == "in_work"


async def test_a_finished_dialogue_leaves_no_form(cast: Cast) -> None:
    botagoz = await _with_two_keys(cast)
    await _proposed(cast)
    await botagoz.presses("return_answer")
    await botagoz.writes(REMARK)
    async with cast.town.app.database.reading() as db:
        assert list(await db.scalars(select(forms.c.name))) == []

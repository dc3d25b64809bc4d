"""[Extend]: a later date and why, by the head's word; the NGO is told at once, and reminders follow the new date."""

from datetime import date

import pytest
from sqlalchemy import select

from domain.people import Language
from storage import departments, people
from storage.tables import audit, questions
from tests.journeys.cast import Cast
from tests.town import Somebody

REASON = "Ждём смету от подрядчика, без неё назвать день нельзя."
EN = Language.EN


async def _a_head(cast: Cast) -> Somebody:
    return await cast.town.an_official(cast.saule, "Botagoz", language=EN, head=True)


async def _takes(cast: Cast) -> str:
    """A question of 2 March, due on 26 March, in Daniyar's hands."""
    number = await cast.town.a_question(cast.aigerim)
    await cast.daniyar.presses("take")
    return number


async def _asks_for(who: Somebody, date_: str = "20.04.2026", reason: str = REASON) -> None:
    await who.presses("extend")
    await who.writes(date_)
    await who.writes(reason)
    await who.presses("send")


async def _dates(cast: Cast) -> tuple[date | None, date | None, date | None]:
    """Due, asked for, and by the term."""
    query = select(questions.c.due_on, questions.c.extend_to, questions.c.extended_from)
    async with cast.town.app.database.reading() as db:
        due_on, extend_to, extended_from = (await db.execute(query)).one()
    return due_on, extend_to, extended_from


# --- asking ---------------------------------------------------------------------------------------------------------


async def test_the_head_approves_and_the_ngo_is_told_at_once(cast: Cast) -> None:
    botagoz = await _a_head(cast)
    number = await _takes(cast)
    await cast.daniyar.presses("extend")
    assert f"№ {number}: by which date can it be answered?" in cast.daniyar.last
    assert "The last possible date: 30 April 2026, Thursday" in cast.daniyar.last  # 1 and 2 May are days off
    await cast.daniyar.writes("20.04.2026")
    assert "new date 20 April 2026, Monday: write the reason" in cast.daniyar.last
    await cast.daniyar.writes(REASON)
    assert "New date: 20 April 2026, Monday\nReason:\n\n" + REASON in cast.daniyar.last
    assert cast.daniyar.buttons == ["Send", "Edit the text", "Another date", "Cancel"]
    await cast.daniyar.presses("send")
    assert "the head of the department is asked for 20 April 2026, Monday" in cast.daniyar.last
    assert await _dates(cast) == (date(2026, 3, 26), date(2026, 4, 20), None)
    assert "later" not in cast.aigerim.last

    assert f"№ {number}: a later date is asked for.\nBy: Daniyar" in botagoz.last
    assert REASON in botagoz.last
    assert botagoz.buttons == ["Approve", "Decline", number]
    await botagoz.presses("approve")
    assert f"№ {number}: the answer will come later." in cast.aigerim.last
    assert "New date: 20 April 2026, Monday\nThe date before: 26 March 2026, Thursday" in cast.aigerim.last
    assert "Approved by: Botagoz" in cast.aigerim.last
    assert REASON in cast.aigerim.last
    assert cast.daniyar.last.startswith(f"№ {number}: the later date is approved.")
    assert await _dates(cast) == (date(2026, 4, 20), None, date(2026, 3, 26))


async def test_both_sides_read_it_on_the_card_and_under_why_this_date(cast: Cast) -> None:
    botagoz = await _a_head(cast)
    number = await _takes(cast)
    await _asks_for(cast.daniyar)
    await cast.aigerim.writes(number)
    assert REASON not in cast.aigerim.last  # what is not decided is the city's own
    await botagoz.presses("approve")
    for somebody in (cast.aigerim, cast.daniyar):
        await somebody.writes(number)
        assert "Answer due: 20 April 2026, Monday" in somebody.last
        assert "2 March 2026, 11:00: Botagoz approved a later date, 20 April 2026" in somebody.last
        assert somebody.last.count(REASON) == 1
        await somebody.presses("why_date")
        assert "the answer is due on 20 April 2026, Monday." in somebody.last
        assert "By the term: 26 March 2026, Thursday." in somebody.last
        assert "Extended from 26 March 2026 to 20 April 2026, Monday, 2 March 2026, 11:00.\nApproved by: Botagoz" in (
            somebody.last
        )
        assert f"Reason: {REASON}" in somebody.last


async def test_why_this_date_can_be_asked_however_often_it_moved_and_however_much_was_said(cast: Cast) -> None:
    """A message holds 4,096 units, and a reason may have 1,000."""
    botagoz = await _a_head(cast)
    number = await _takes(cast)
    for day in ("27.03.2026", "30.03.2026", "31.03.2026", "01.04.2026", "02.04.2026"):
        await botagoz.writes(number)
        await _asks_for(botagoz, day, "Ждём смету. " * 82)
    await cast.aigerim.writes(number)
    before = len(cast.aigerim.texts)
    await cast.aigerim.presses("why_date")
    assert "".join(cast.aigerim.texts[before:]).count("Reason: Ждём смету.") == 5


async def test_date_and_reason_in_one_message_and_a_dialogue_that_survives_a_restart(cast: Cast) -> None:
    await _a_head(cast)
    await _takes(cast)
    await cast.daniyar.presses("extend")
    await cast.daniyar.writes(f"20.04.2026, {REASON}")
    await cast.town.restart()
    await cast.daniyar.presses("Another date")
    await cast.daniyar.writes("21.04.2026")
    assert "New date: 21 April 2026, Tuesday" in cast.daniyar.last
    assert REASON in cast.daniyar.last
    await cast.daniyar.presses("edit_text")
    await cast.daniyar.writes("Ждём смету до 17.04.2026.")
    assert "New date: 21 April 2026, Tuesday" in cast.daniyar.last
    await cast.daniyar.writes("22 апреля")
    assert "New date: 22 April 2026, Wednesday\nReason:\n\nЖдём смету до 17.04.2026." in cast.daniyar.last
    await cast.daniyar.presses("send")
    await cast.daniyar.presses("send")  # pressed again
    assert (await _dates(cast))[1] == date(2026, 4, 22)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("как только сможем", "The reason is noted. Now type the date: day, month and year"),
        ("31.02.2026", "This is no date."),
        ("26.03.2026", "The new date must be later than the present one, 26 March 2026."),
        ("19.04.2026", "19 April 2026, Sunday is a day off: weekend. The next working day is 20 April 2026, Monday."),
        ("01.05.2026", "1 May 2026, Friday is a day off: Unity Day of the People of Kazakhstan."),
        ("04.05.2026", "4 May 2026 is beyond two months. The last possible date is 30 April 2026, Thursday."),
        ("20.04.2028", "is beyond two months."),
    ],
)
async def test_a_date_that_is_none_gets_a_clear_sentence(asked: Cast, typed: str, said: str) -> None:
    await asked.daniyar.presses("take")
    await asked.daniyar.presses("extend")
    await asked.daniyar.writes(typed)
    assert said in asked.daniyar.last
    await asked.daniyar.writes("20.04.2026")
    await asked.daniyar.writes(REASON)
    assert "New date: 20 April 2026, Monday" in asked.daniyar.last
    assert await _dates(asked) == (date(2026, 3, 26), None, None)


async def test_a_reason_that_came_before_the_date_is_kept(asked: Cast) -> None:
    await asked.daniyar.presses("take")
    await asked.daniyar.presses("extend")
    await asked.daniyar.writes(REASON)
    await asked.daniyar.writes("20.04.2026")
    assert f"New date: 20 April 2026, Monday\nReason:\n\n{REASON}" in asked.daniyar.last


# --- deciding -------------------------------------------------------------------------------------------------------


async def test_the_head_s_own_request_is_approved_at_once_and_both_lines_are_there(cast: Cast) -> None:
    botagoz = await _a_head(cast)
    number = await cast.town.a_question(cast.aigerim)
    await botagoz.presses("take")
    await _asks_for(botagoz)
    assert f"№ {number}: the answer is due on 20 April 2026, Monday now." in botagoz.last
    assert f"№ {number}: the answer will come later." in cast.aigerim.last
    await botagoz.writes(number)
    assert "Botagoz asked for a later date, 20 April 2026" in botagoz.last
    assert "Botagoz approved a later date, 20 April 2026" in botagoz.last


async def test_declined_the_date_stays_and_the_one_who_asked_reads_why(cast: Cast) -> None:
    botagoz = await _a_head(cast)
    number = await _takes(cast)
    await _asks_for(cast.daniyar)
    await botagoz.presses("decline")
    await botagoz.writes("Смета уже пришла.")
    assert f"№ {number}: the later date is declined." in cast.daniyar.last
    assert "Declined by: Botagoz" in cast.daniyar.last
    assert "Смета уже пришла." in cast.daniyar.last
    assert await _dates(cast) == (date(2026, 3, 26), None, None)
    assert not any("later" in said for said in cast.aigerim.texts)
    await _asks_for(cast.daniyar, "10.04.2026")  # another one may be asked for
    await botagoz.presses("decline")
    await botagoz.presses("skip")
    assert await _dates(cast) == (date(2026, 3, 26), None, None)


async def test_without_a_head_administrators_decide_and_it_is_audited(asked: Cast) -> None:
    await asked.daniyar.presses("take")
    await _asks_for(asked.daniyar)
    assert "the administrators are asked for 20 April 2026" in asked.daniyar.last
    assert asked.saule.buttons == ["Approve", "Decline", asked.number]
    await asked.saule.presses("approve")
    assert "Approved by: Saule" in asked.aigerim.last
    async with asked.town.app.database.reading() as db:
        line = (await db.execute(select(audit.c.object, audit.c.after).where(audit.c.action == "date extended"))).one()
    assert line == ("question 2026-000001", "2026-04-20")


async def test_a_deputy_decides_while_the_head_is_away(cast: Cast) -> None:
    await _a_head(cast)
    zarina = await cast.town.an_official(cast.saule, "Zarina", language=EN)
    await cast.saule.writes("/admin")
    await cast.saule.presses("departments")
    await cast.saule.presses("Culture and languages")
    await cast.saule.presses("officials")
    await cast.saule.presses("Botagoz")
    await cast.saule.presses("on_leave")
    await cast.saule.writes("02.03.2026 - 10.03.2026")
    await cast.saule.presses("Zarina")
    await _takes(cast)
    await _asks_for(cast.daniyar)
    await zarina.presses("approve")
    assert "Approved by: Zarina" in cast.aigerim.last


async def test_old_and_made_up_buttons_approve_nothing(cast: Cast) -> None:
    botagoz = await _a_head(cast)
    yerlan = await cast.town.an_official(cast.saule, "Yerlan", "Education", EN)
    number = await _takes(cast)
    await _asks_for(cast.daniyar)
    for somebody in (cast.aigerim, cast.daniyar, yerlan):
        for data in (f"extension_approve:{number}:2026-04-20", f"extension_decline:{number}:2026-04-20"):
            await somebody.does("presses_data", data)
    for data in ("extension_approve", f"extension_approve:{number}", f"extension_approve:{number}:2026-04-27"):
        await botagoz.does("presses_data", data)
    assert await _dates(cast) == (date(2026, 3, 26), date(2026, 4, 20), None)
    await botagoz.does("presses_data", f"extension_decline:{number}:2026-04-20")
    await botagoz.presses("skip")
    await _asks_for(cast.daniyar, "27.04.2026")
    await botagoz.does("presses_data", f"extension_approve:{number}:2026-04-20")  # of the request that was declined
    assert await _dates(cast) == (date(2026, 3, 26), date(2026, 4, 27), None)
    assert "Approve" in botagoz.buttons


async def test_one_is_asked_for_at_a_time_and_the_answer_drops_it(cast: Cast) -> None:
    botagoz = await _a_head(cast)
    number = await _takes(cast)
    await _asks_for(cast.daniyar)
    await cast.daniyar.does("presses_data", f"extend:{number}")
    assert any("This is not possible any more." in said for said in cast.daniyar.texts[-2:])
    await cast.daniyar.does("presses_data", f"answer:{number}")
    await cast.daniyar.presses("outcome_explained")
    await cast.daniyar.writes("Зал свободен двадцатого марта.")
    await cast.daniyar.presses("done_writing")
    await cast.daniyar.presses("send")
    assert await _dates(cast) == (date(2026, 3, 26), None, None)
    await botagoz.does("presses_data", f"extension_approve:{number}:2026-04-20")
    assert "Status: answered" in botagoz.last
    assert await _dates(cast) == (date(2026, 3, 26), None, None)


async def test_a_date_that_has_passed_meanwhile_is_not_approved(cast: Cast) -> None:
    botagoz = await _a_head(cast)
    await _takes(cast)
    await _asks_for(cast.daniyar, "30.03.2026")
    cast.town.clock.moment = cast.town.clock.moment.replace(day=31)
    await botagoz.presses("approve")
    assert "30 March 2026 is not ahead any more." in botagoz.last
    assert (await _dates(cast))[0] == date(2026, 3, 26)


async def test_who_leads_another_department_meanwhile_is_asked_for_no_remark(cast: Cast) -> None:
    botagoz = await _a_head(cast)
    await _takes(cast)
    await _asks_for(cast.daniyar)
    await botagoz.presses("decline")
    async with cast.town.app.database.transaction() as db:
        education = next(d for d in await departments.all_departments(db) if d.names.en == "Education")
        await people.serve_in(db, botagoz.id, education.id, True, cast.town.clock.now())
    await botagoz.writes(REASON)
    assert botagoz.last.startswith("There is no such question, or it is not yours.")
    await botagoz.writes("Добрый день!")
    assert botagoz.last.startswith("I did not understand this.")
    assert (await _dates(cast))[1] == date(2026, 4, 20)


# --- the clock ------------------------------------------------------------------------------------------------------


async def test_reminders_follow_the_new_date(cast: Cast) -> None:
    """Extended from 26 March to 20 April: 17 working days, so the half of them is over on 7 April."""
    botagoz = await _a_head(cast)
    await _takes(cast)
    await _asks_for(cast.daniyar)
    await botagoz.presses("approve")
    heard, before = [], len(cast.daniyar.texts)
    for _ in range(51):
        await cast.town.days_pass(1)
        for said in cast.daniyar.texts[before:]:
            if said.startswith("Reminder"):
                heard.append(f"{cast.town.clock.now():%d.%m} {said.splitlines()[2]}")
        before = len(cast.daniyar.texts)
    assert heard == [
        "07.04 Half of the term has passed",
        "15.04 Due within 3 working days",
        "17.04 Due on the next working day",
        "20.04 Due today",
        "21.04 Overdue",
        "22.04 Overdue",
    ]


async def test_a_corrected_calendar_does_not_move_a_date_given_by_name(cast: Cast) -> None:
    botagoz = await _a_head(cast)
    await _takes(cast)
    await _asks_for(cast.daniyar)
    await botagoz.presses("approve")
    await cast.saule.writes("/admin")
    await cast.saule.presses("Calendar")
    await cast.saule.presses("Day off")
    await cast.saule.writes("13.03.2026; перенос; ауыстыру")
    await cast.saule.presses("Apply")
    assert (await _dates(cast))[0] == date(2026, 4, 20)


async def test_who_has_not_decided_is_reminded_each_morning_also_a_head_who_came_later(asked: Cast) -> None:
    await asked.daniyar.presses("take")
    await _asks_for(asked.daniyar)
    botagoz = await _a_head(asked)
    await asked.town.days_pass(1)
    said = next(said for said in botagoz.texts if "Waits for your word" in said)
    assert f"№ {asked.number}: a later date, 20 April 2026" in said
    assert not any("Waits for your word" in said for said in asked.saule.texts)
    await botagoz.writes(asked.number)
    await botagoz.presses("approve")
    before = len(botagoz.texts)
    await asked.town.days_pass(1)
    assert not any("Waits for your word" in said for said in botagoz.texts[before:])

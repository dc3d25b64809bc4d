"""Not our question: it goes whole to another department, or in parts to several, and the NGO sees where it is."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from domain.people import Language
from storage.tables import entries, questions
from tests.journeys.cast import Cast
from tests.town import Somebody

HOUSING = "Housing and utilities"
EDUCATION = "Education"
CULTURE = "Culture and languages"
WHY = "Ремонт зала ведёт отдел ЖКХ."
RAMP, HALL = "Пандус у входа: когда его построят.", "Зал: свободен ли он в апреле."


async def _madina(cast: Cast, department: str = HOUSING) -> Somebody:
    return await cast.town.an_official(cast.saule, "Madina", department, Language.EN)


async def _forwards(who: Somebody, department: str = HOUSING, why: str = WHY) -> None:
    """From a card with [Forward] to [Send]."""
    await who.presses("forward")
    await who.presses(department)
    await who.writes(why)
    await who.presses("send")


async def _inbox(who: Somebody) -> str:
    await who.writes("/inbox")
    return who.last


async def _opens(who: Somebody, number: str) -> str:
    await who.writes(number)
    return who.last


def _documents(who: Somebody) -> list[str]:
    """Names of the files that the bot has sent."""
    return [m["document"]["file_name"] for m in who.phone.room.messages.values() if "document" in m]


# --- whole ----------------------------------------------------------------------------------------------------------


async def test_a_question_goes_to_the_department_that_is_competent_and_its_date_stays(asked: Cast) -> None:
    madina, number, aigerim = await _madina(asked), asked.number, asked.aigerim
    await asked.daniyar.presses("forward")
    assert CULTURE not in asked.daniyar.buttons
    await asked.daniyar.presses(HOUSING)
    await asked.daniyar.writes(WHY)
    assert "From: Culture and languages\nAnswer due: 26 March 2026, Thursday" in asked.daniyar.last
    assert "The date does not change." in asked.daniyar.last
    await asked.daniyar.presses("send")
    assert asked.daniyar.last.startswith(f"№ {number} went to «{HOUSING}»; its date stays.")
    assert aigerim.last == (
        f"№ {number} was forwarded.\nFrom: {CULTURE}\nTo: {HOUSING}\nAnswer due: 26 March 2026, Thursday\n"
        f"The date does not change.\n\nWhy:\n\n{WHY}"
    )
    assert madina.last.startswith(f"Forwarded to the department by «{CULTURE}». Why:\n\n{WHY}\n\n№ {number}, Question")
    assert "Take" in madina.buttons
    assert number in await _inbox(madina)
    card = await _opens(aigerim, number)
    assert f"Daniyar forwarded it from «{CULTURE}» to «{HOUSING}»\n\n{WHY}" in card


async def test_the_department_that_had_it_sees_it_no_more(asked: Cast) -> None:
    number = asked.number
    botagoz = await asked.town.an_official(asked.saule, "Botagoz", language=Language.EN, head=True)
    await asked.daniyar.presses("take")
    botagoz.phone.presses_data(f"card:{number}")
    await asked.town.settle()
    await _forwards(botagoz)
    assert f"№ {number} was forwarded to «{HOUSING}». It is yours no more." in asked.daniyar.last
    for official in (asked.daniyar, botagoz):
        assert await _inbox(official) == "Nothing is waiting for an answer."
        for action in ("take", "answer", "forward", "note", "card", "why_date", "forward_send"):
            official.phone.presses_data(f"{action}:{number}")
            await asked.town.settle()
            assert official.last.startswith("There is no such question, or it is not yours."), action


async def test_what_was_attached_comes_along(cast: Cast) -> None:
    madina = await _madina(cast)
    await cast.aigerim.writes("/ask")
    await cast.aigerim.presses("question")
    await cast.aigerim.presses("Help with cultural events")
    await cast.aigerim.does("sends_document", "plan.pdf", b"plan", caption="Просим отремонтировать зал, план приложен.")
    await cast.aigerim.presses("done_writing")
    await cast.aigerim.presses("private")
    await cast.aigerim.presses("send")
    await _forwards(cast.daniyar)
    assert _documents(madina) == ["plan.pdf"]


async def test_after_three_working_days_there_is_a_warning_first(asked: Cast) -> None:
    """Received on Monday 2 March; 9 March is a day off."""
    await asked.town.days_pass(3)
    await asked.daniyar.presses("forward")
    await asked.daniyar.presses(HOUSING)
    await asked.daniyar.writes(WHY)
    assert "Attention" not in asked.daniyar.last
    await asked.town.days_pass(1)
    await asked.daniyar.writes("Ремонт зала ведёт отдел ЖКХ, мы это выяснили.")
    assert "Attention: your department has had it for 4 working days." in asked.daniyar.last
    assert (
        "within 3 working days of its receipt (Administrative Procedural and Process Code, art. 76)"
        in asked.daniyar.last
    )
    assert "Send" not in asked.daniyar.buttons
    await asked.daniyar.presses("send_anyway")
    assert asked.aigerim.last.startswith(f"№ {asked.number} was forwarded.")


async def test_it_comes_back_once_and_then_an_administrator_decides(asked: Cast) -> None:
    madina, daniyar, number = await _madina(asked), asked.daniyar, asked.number
    await _forwards(daniyar)
    await _forwards(madina, CULTURE, "Зал не наш.")
    again = "Зал всё-таки не наш."
    await daniyar.presses("forward")
    await daniyar.presses(HOUSING)
    await daniyar.writes(again)
    assert "an administrator will decide, and will read your words" in daniyar.last
    await daniyar.presses("send")
    assert daniyar.last.startswith(f"№ {number} came back to a department once already, so an administrator decides")
    assert number in await _inbox(daniyar)
    assert f"«{CULTURE}» would send it to «{HOUSING}». Why:\n\n{again}" in asked.saule.last
    assert again not in "".join(asked.aigerim.texts)
    assert again not in await _opens(asked.aigerim, number)
    assert f"Daniyar asked the administrators to forward it to «{HOUSING}»" in await _opens(daniyar, number)
    await asked.saule.presses("note")
    await asked.saule.writes("Подождите до завтра.")
    assert daniyar.last == (
        f"№ {number}: note of an administrator, Saule. The NGO does not see it.\n\nПодождите до завтра."
    )
    await asked.saule.presses(number)
    await _forwards(asked.saule, HOUSING, "Зал на балансе отдела ЖКХ.")
    assert daniyar.last == f"№ {number} was forwarded to «{HOUSING}». It is yours no more."
    assert number in await _inbox(madina)
    assert await _inbox(daniyar) == "Nothing is waiting for an answer."


async def test_what_is_typed_survives_a_restart_another_department_and_a_second_thought(asked: Cast) -> None:
    daniyar, number = asked.daniyar, asked.number
    await daniyar.presses("forward")
    await daniyar.presses(HOUSING)
    await asked.town.restart()
    await daniyar.writes("\u2800")
    assert daniyar.last == "Please write it in words."
    await daniyar.writes("Я" * 1001)
    assert daniyar.last == "This has 1001 characters, 1000 are the most. Please write it shorter."
    await daniyar.writes(WHY)
    await daniyar.presses("another_department")
    await daniyar.presses(EDUCATION)
    assert f"№ {number} goes to: {EDUCATION}" in daniyar.last
    assert WHY in daniyar.last
    await daniyar.presses("cancel")
    assert number in await _inbox(daniyar)
    daniyar.phone.presses_data(f"forward_send:{number}")
    await asked.town.settle()
    assert "Status: registered" in daniyar.last


async def test_pressed_twice_it_goes_once(asked: Cast) -> None:
    madina = await _madina(asked)
    await asked.daniyar.presses("forward")
    await asked.daniyar.presses(HOUSING)
    await asked.daniyar.writes(WHY)
    for _ in range(3):
        asked.daniyar.phone.presses_data(f"forward_send:{asked.number}")
    await asked.town.settle()
    assert sum(said.startswith("Forwarded to the department") for said in madina.texts) == 1
    assert sum("was forwarded." in said for said in asked.aigerim.texts) == 1


@pytest.mark.parametrize(
    "data",
    [
        "forward_to:{n}:0",
        "forward_to:{n}:-1",
        "forward_to:{n}:9223372036854775808",
        "forward_to:{n}:x",
        "forward_to:{n}",
        "forward:{n}:99",
    ],
)
async def test_a_made_up_department_shows_the_choice_again(asked: Cast, data: str) -> None:
    asked.daniyar.phone.presses_data(data.format(n=asked.number))
    await asked.town.settle()
    assert f"Which department gets № {asked.number}?" in asked.daniyar.last
    assert HOUSING in asked.daniyar.buttons


async def test_whoever_answers_first_wins_over_a_forward(asked: Cast) -> None:
    """The preview stood there when the head answered."""
    botagoz = await asked.town.an_official(asked.saule, "Botagoz", language=Language.EN, head=True)
    await asked.daniyar.presses("forward")
    await asked.daniyar.presses(HOUSING)
    await asked.daniyar.writes(WHY)
    botagoz.phone.presses_data(f"answer:{asked.number}")
    await asked.town.settle()
    await botagoz.presses("outcome_explained")
    await botagoz.writes("Зал свободен двадцатого марта.")
    await botagoz.presses("done_writing")
    await botagoz.presses("send")
    await asked.daniyar.presses("send")
    assert "This is not possible any more." in asked.daniyar.texts[-2]
    assert "Status: answered" in asked.daniyar.last


# --- in parts -------------------------------------------------------------------------------------------------------


async def _splits(who: Somebody) -> None:
    await who.presses("split")
    await who.presses(HOUSING)
    await who.presses(CULTURE)
    await who.presses("done_writing")
    await who.writes(RAMP)
    await who.writes(HALL)
    await who.presses("send")


async def test_after_splitting_the_own_part_is_one_press_away(asked: Cast) -> None:
    await _madina(asked)
    await _splits(asked.daniyar)
    assert asked.daniyar.buttons == [f"{asked.number}/2"]
    await asked.daniyar.presses(f"{asked.number}/2")
    assert asked.daniyar.last.startswith(f"№ {asked.number}/2, Question")


async def test_a_part_for_a_department_without_anybody_tells_the_administrator_so(asked: Cast) -> None:
    await _splits(asked.daniyar)
    assert asked.saule.last.startswith("A part for the department.")
    assert "Nobody works in this department yet: forward the question, or invite an official" in asked.saule.last


async def test_a_question_goes_on_in_parts_which_the_ngo_can_follow(asked: Cast) -> None:
    madina, number, aigerim = await _madina(asked), asked.number, asked.aigerim
    before = len(aigerim.texts)
    await _splits(asked.daniyar)
    assert f"№ {number} goes on as № {number}/1, {number}/2." in "".join(asked.daniyar.texts[-2:])
    assert len(aigerim.texts) == before + 1, "one notice names both"
    assert f"№ {number}/1: {HOUSING}, registered\n№ {number}/2: {CULTURE}, registered" in aigerim.last
    assert f"{number}/1: {RAMP}\n{number}/2: {HALL}" in aigerim.last
    assert "The date does not change." in aigerim.last
    assert madina.last.startswith(f"A part for the department. What it has to answer:\n\n{RAMP}")
    assert f"№ {number}/1, Question\nA part of № {number}" in madina.last
    assert "Answer due: 26 March 2026, Thursday" in madina.last
    assert f"{number}/2" in await _inbox(asked.daniyar)
    whole = await _opens(aigerim, number)
    assert "Status: closed, split into parts" in whole
    assert f"№ {number}/1: {HOUSING}, registered" in whole
    assert {f"{number}/1", f"{number}/2"} <= set(aigerim.buttons)
    await aigerim.presses(f"{number}/2")
    assert f"A part of № {number}" in aigerim.last
    assert f"Daniyar gave «{CULTURE}» this part to answer\n\n{HALL}" in aigerim.last
    await aigerim.writes("/my")
    assert {f"{number}/1", f"{number}/2"} <= set(aigerim.buttons)


async def test_a_part_lives_like_any_question_under_its_number(asked: Cast) -> None:
    """Typed, replied to, taken, answered, judged; what it is a part of stays as it is."""
    madina, part, aigerim = await _madina(asked), f"{asked.number}/1", asked.aigerim
    await _splits(asked.daniyar)
    await madina.presses("take")
    assert aigerim.last.startswith(f"№ {part} is in work. Responsible: Madina.")
    await aigerim.writes("Пандус нужен с южной стороны.", reply_to=aigerim.phone.last)
    assert f"№ {part}: addition by the NGO." in madina.last
    await madina.writes(f"№ {part}")
    assert "Пандус нужен с южной стороны." in madina.last
    assert "Split" not in madina.buttons
    await madina.presses("answer")
    await madina.presses("outcome_explained")
    await madina.writes("Пандус построят в мае, смета утверждена.")
    await madina.presses("done_writing")
    await madina.presses("send")
    assert f"№ {part}: there is an answer." in "".join(aigerim.texts[-2:])
    await aigerim.presses("solved")
    assert f"№ {part} is closed: solved." in aigerim.last
    assert "registered" in await _opens(aigerim, f"{asked.number}/2")
    madina.phone.presses_data(f"split:{part}")
    await asked.town.settle()
    assert "Which departments" not in madina.last


async def test_what_was_added_before_and_its_attachments_go_with_each_part(asked: Cast) -> None:
    madina = await _madina(asked)
    confirmation = asked.aigerim.phone.last
    await asked.aigerim.does("sends_document", "plan.pdf", b"plan", caption="План зала.", reply_to=confirmation)
    await asked.daniyar.writes(asked.number)
    await _splits(asked.daniyar)
    await madina.writes(f"{asked.number}/1")
    assert "addition by the NGO (1 attachment)\n\nПлан зала." in madina.last
    await madina.presses("attachments")
    assert _documents(madina) == ["plan.pdf"]


async def test_what_the_ngo_adds_to_the_whole_reaches_the_owners_of_its_open_parts(asked: Cast) -> None:
    madina, number, aigerim = await _madina(asked), asked.number, asked.aigerim
    confirmation = next(m for m in reversed(aigerim.phone.chat) if f"№ {number} is registered" in m.get("text", ""))
    await _splits(asked.daniyar)
    await madina.presses("take")
    album = [("a.pdf", b"1"), ("b.pdf", b"2")]
    await aigerim.does("sends_album", album, "Фото входа.", confirmation)
    assert aigerim.last == (
        f"Added to № {number} and to what it goes on as: № {number}/1, {number}/2. The departments are told."
    )
    asked.town.clock.skip(timedelta(seconds=3))
    await asked.town.settle()
    for official, part in ((madina, f"{number}/1"), (asked.daniyar, f"{number}/2")):
        told = [said for said in official.texts if "addition by the NGO." in said]
        assert [said.split(":")[0] for said in told] == [f"№ {part}"]
        assert "addition by the NGO (2 attachments)\n\nФото входа." in await _opens(official, part)
    assert "addition by the NGO (2 attachments)\n\nФото входа." in await _opens(aigerim, number)


async def test_two_departments_at_least_four_at_most_and_each_press_turns_one(asked: Cast) -> None:
    daniyar, number = asked.daniyar, asked.number
    await daniyar.presses("split")
    await daniyar.presses(HOUSING)
    await daniyar.presses("done_writing")
    assert daniyar.texts[-2] == "Choose at least 2 departments."
    await daniyar.presses(f"Chosen: {HOUSING}")
    assert "Chosen: none yet" in daniyar.last
    for department_id in (1, 2, 3, 4, 5):
        daniyar.phone.presses_data(f"split_to:{number}:{department_id}")
    await asked.town.settle()
    assert "4 departments are the most." in daniyar.texts
    for forged in ("0", "-1", str(2**63), "x", ""):
        daniyar.phone.presses_data(f"split_to:{number}:{forged}")
    daniyar.phone.presses_data(f"split_send:{number}")
    await asked.town.settle()
    async with asked.town.app.database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(questions)) == 1


async def test_sent_three_times_it_is_split_once_also_across_a_restart(asked: Cast) -> None:
    daniyar = asked.daniyar
    await daniyar.presses("split")
    await daniyar.presses(HOUSING)
    await daniyar.presses(CULTURE)
    await daniyar.presses("done_writing")
    await daniyar.writes(RAMP)
    await asked.town.restart()
    await daniyar.writes(HALL)
    for _ in range(3):
        daniyar.phone.presses_data(f"split_send:{asked.number}")
    await asked.town.settle()
    async with asked.town.app.database.reading() as db:
        numbers = list(await db.scalars(select(questions.c.number).order_by(questions.c.id)))
        lines = await db.scalar(select(func.count()).select_from(entries).where(entries.c.action == "split"))
    assert numbers == [asked.number, f"{asked.number}/1", f"{asked.number}/2"]
    assert lines == 3  # of the whole, and of each part


async def test_reminders_speak_of_the_parts_and_not_of_the_whole(asked: Cast) -> None:
    madina = await _madina(asked)
    await _splits(asked.daniyar)
    before = len(madina.texts), len(asked.daniyar.texts)
    asked.town.clock.skip(timedelta(days=24))  # Thursday 26 March, when it is due
    await asked.town.days_pass(0)
    assert f"{asked.number}/1" in "".join(madina.texts[before[0] :])
    of_daniyar = "".join(asked.daniyar.texts[before[1] :])
    assert f"{asked.number}/2" in of_daniyar
    assert f"{asked.number}," not in of_daniyar

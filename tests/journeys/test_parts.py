"""Co-executors: another department does its part by a date of its own, one stays responsible for the whole."""

from datetime import UTC, datetime

import pytest

from domain.people import Language
from tests.journeys.cast import ANSWER, Cast
from tests.town import Somebody

HOUSING = "Housing and utilities"
TASK = "Осмотреть электрику зала."
DONE = "Электрика осмотрена, зал можно использовать."


async def _madina(cast: Cast) -> Somebody:
    return await cast.town.an_official(cast.saule, "Madina", HOUSING, Language.EN)


async def _card(who: Somebody, number: str) -> str:
    await who.writes(number)
    return who.last


async def _involves(who: Somebody, until: str = "18.03.2026") -> None:
    await who.presses("involve")
    await who.presses(HOUSING)
    await who.writes(TASK)
    await who.writes(until)
    await who.presses("send")


async def _taken_with_a_part(cast: Cast, until: str = "18.03.2026") -> Somebody:
    """Daniyar took it, and Madina's department is asked for a part."""
    madina = await _madina(cast)
    await cast.daniyar.presses("take")
    await _involves(cast.daniyar, until)
    return madina


async def _answers(who: Somebody) -> None:
    await who.presses("answer")
    await who.presses("outcome_explained")
    await who.writes(ANSWER)
    await who.presses("done_writing")
    await who.presses("send")


async def test_a_department_is_asked_for_its_part_and_says_when_it_is_done(asked: Cast) -> None:
    number, daniyar = asked.number, asked.daniyar
    madina = await _taken_with_a_part(asked)
    assert daniyar.last == (
        f"«{HOUSING}» is asked to do its part of № {number} by 18 March 2026. You will be told when it is done."
    )
    assert madina.last.startswith(
        f"A part of № {number} for your department\nBy: 18 March 2026, Wednesday\nWhat it has to do:\n\n{TASK}"
    )
    assert "Просим помочь с залом" in madina.last
    assert madina.buttons == ["Our part is done", "Note", "Why this date?"]
    for official in (daniyar, madina):
        assert f"Co-executors\n{HOUSING}, by 18 March 2026, not done yet: {TASK}" in await _card(official, number)
    await madina.presses("part_done")
    await madina.writes(DONE)
    await madina.does("sends_document", "akt.pdf", b"act")
    await madina.presses("send")
    assert f"№ {number}: «{HOUSING}» has done its part.\n\n{DONE}" in "".join(daniyar.texts[-3:])
    assert "document" in daniyar.phone.last
    card = await _card(daniyar, number)
    assert f"{HOUSING}, by 18 March 2026, done 2 March 2026, 11:00: {TASK}" in card
    assert f"«{HOUSING}» has done its part (1 attachment)\n\n{DONE}" in card
    assert "Our part is done" not in madina.buttons


async def test_what_a_department_owes_to_others_stands_in_its_list(asked: Cast) -> None:
    madina = await _taken_with_a_part(asked)
    await madina.writes("/inbox")
    assert madina.last == (
        "Nothing is waiting for an answer.\n\nParts for other departments: 1\n\n"
        f"№ {asked.number}: {HOUSING}, by 18 March 2026, not done yet: {TASK}"
    )
    await madina.presses(asked.number)
    await madina.presses("part_done")
    await madina.writes(DONE)
    await madina.presses("send")
    await madina.writes("/inbox")
    assert madina.last == "Nothing is waiting for an answer."


async def test_the_answer_to_the_ngo_shows_each_part(asked: Cast) -> None:
    madina = await _taken_with_a_part(asked)
    await madina.presses("part_done")
    await madina.writes(DONE)
    await madina.presses("send")
    await asked.daniyar.writes(asked.number)
    await _answers(asked.daniyar)
    assert any("Check before sending" in said and DONE in said for said in asked.daniyar.texts)
    assert f"{ANSWER}\n\nPart of «{HOUSING}»: {TASK}\n\n{DONE}\n\nPlease judge the answer." in asked.aigerim.last
    assert "Solved" in asked.aigerim.buttons
    assert "Answered by Daniyar" in asked.aigerim.last
    assert madina.last == f"№ {asked.number}: the responsible department has answered."
    assert madina.buttons == [asked.number]
    await asked.aigerim.presses("solved")
    assert madina.last.startswith(f"№ {asked.number}: the responsible department has answered."), "once"


async def test_what_a_part_says_the_ngo_reads_with_the_answer_and_not_before(asked: Cast) -> None:
    """Whoever is responsible for the whole may ask for more, and a head may have to approve it."""
    madina = await _taken_with_a_part(asked)
    await madina.presses("part_done")
    await madina.does("sends_document", "смета.pdf", b"draft", caption=DONE)
    await madina.presses("send")
    for _ in range(2):
        await asked.aigerim.writes(asked.number)
        assert f"«{HOUSING}» has done its part" in asked.aigerim.last
        await asked.aigerim.writes("/mydata")
        stored = asked.aigerim.phone.last["document"]["file_id"]
        assert "смета" not in asked.town.telegram.files[stored].content.decode()
        await asked.aigerim.does("presses_data", f"attachments:{asked.number}")
        await asked.aigerim.does("presses_data", f"history:{asked.number}:0")
        assert not any(DONE in said or "смета" in said for said in map(str, asked.aigerim.phone.chat))
    assert DONE in await _card(asked.daniyar, asked.number)
    await _answers(asked.daniyar)
    assert DONE in await _card(asked.aigerim, asked.number)
    await asked.aigerim.does("presses_data", f"attachments:{asked.number}")
    assert asked.aigerim.phone.chat[-1]["document"]["file_name"] == "смета.pdf"


async def test_a_preview_that_lay_there_until_its_date_asks_for_another(asked: Cast) -> None:
    madina = await _madina(asked)
    await asked.daniyar.presses("take")
    await asked.daniyar.presses("involve")
    await asked.daniyar.presses(HOUSING)
    assert "The NGO will read it." in asked.daniyar.last
    await asked.daniyar.writes(TASK)
    await asked.daniyar.writes("18.03.2026")
    asked.town.clock.moment = datetime(2026, 3, 19, 6, tzinfo=UTC)
    await asked.daniyar.presses("send")
    assert "18 March 2026, Wednesday has passed already." in asked.daniyar.last
    assert not any(TASK in said for said in madina.texts)
    await asked.daniyar.writes("20.03.2026")
    await asked.daniyar.presses("send")
    assert TASK in madina.last


async def test_a_card_can_be_opened_however_much_is_asked_of_however_many(asked: Cast) -> None:
    """A message holds 4,096 units, and a task may have 1,000."""
    await asked.daniyar.presses("take")
    for department in ("Internal policy", "Employment and social programmes", "Education", HOUSING):
        await asked.daniyar.writes(asked.number)
        await asked.daniyar.presses("involve")
        await asked.daniyar.presses(department)
        await asked.daniyar.writes("Осмотреть всё. " * 66)
        await asked.daniyar.writes("18.03.2026")
        await asked.daniyar.presses("send")
    for somebody in (asked.daniyar, asked.aigerim):
        await somebody.writes(asked.number)
        shown = [said for said in somebody.texts[-8:] if "Co-executors\n" in said]
        assert len(shown) == 1
        assert shown[0].count("not done yet") == 4
        assert somebody.buttons[-1] == "Back"


async def test_an_answer_without_a_part_that_is_owed_goes_only_after_a_warning(asked: Cast) -> None:
    madina = await _taken_with_a_part(asked)
    await asked.daniyar.writes(asked.number)
    await _answers(asked.daniyar)
    assert "Attention: not every part is done yet." in asked.daniyar.last
    assert f"{HOUSING}, by 18 March 2026, not done yet: {TASK}" in asked.daniyar.last
    assert "there is an answer" not in asked.aigerim.last
    await asked.daniyar.presses("send_anyway")
    assert "there is an answer" in asked.aigerim.last
    assert TASK not in asked.aigerim.last
    assert madina.last == (
        f"№ {asked.number}: the responsible department has answered.\nNothing more is owed by «{HOUSING}»: {TASK}"
    )
    await madina.does("presses_data", f"part_done:{asked.number}")
    assert "This is not possible any more." in madina.texts[-2]
    assert f"{HOUSING}, by 18 March 2026, not done: {TASK}" in madina.last


async def test_when_the_whole_is_withdrawn_co_executors_hear_it_and_are_reminded_of_nothing(asked: Cast) -> None:
    madina = await _taken_with_a_part(asked)
    await asked.aigerim.does("presses_data", f"withdraw:{asked.number}")
    over = f"№ {asked.number} was withdrawn by the NGO. Nothing is owed.\nNothing more is owed by «{HOUSING}»: {TASK}"
    assert madina.last == over
    await asked.town.days_pass(17)
    assert madina.last == over
    await madina.writes("/inbox")
    assert madina.last == "Nothing is waiting for an answer."


async def test_co_executors_are_reminded_on_their_date_and_each_working_day_while_late(asked: Cast) -> None:
    """18 March 2026 is a Wednesday; the weekend and Nauryz, 21 to 25 March, are free."""
    madina = await _taken_with_a_part(asked)
    heard = []
    for _ in range(26):
        before = len(madina.texts)
        await asked.town.days_pass(1)
        late = [said for said in madina.texts[before:] if "Reminder: parts of your department" in said]
        heard += [(asked.town.clock.now().day, "Late by" in said) for said in late]
        if asked.town.clock.now() >= datetime(2026, 3, 27, tzinfo=UTC):
            break
    assert heard == [(18, False), (19, True), (20, True), (26, True), (27, True)]
    assert "Late by 4 working days." in madina.texts[-1]
    await madina.presses(asked.number)
    await madina.presses("part_done")
    await madina.writes(DONE)
    await madina.presses("send")
    before = len(madina.texts)
    await asked.town.days_pass(3)
    assert "Reminder: parts" not in "".join(madina.texts[before:])


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("tomorrow", "This is no date."),
        ("31.02.2026", "This is no date."),
        ("27.02.2026", "27 February 2026, Friday has passed already."),
        ("27.03.2026", "The part must be done by 26 March 2026, Thursday at the latest."),
        ("09.03.2026", "9 March 2026, Monday is a day off."),
    ],
)
async def test_a_date_that_cannot_be_is_refused_in_a_sentence(asked: Cast, typed: str, said: str) -> None:
    await _madina(asked)
    await asked.daniyar.presses("take")
    await asked.daniyar.presses("involve")
    await asked.daniyar.presses(HOUSING)
    await asked.daniyar.writes(TASK)
    await asked.daniyar.writes(typed)
    assert asked.daniyar.last.startswith(f"{said}\nBy which date?")
    await asked.daniyar.presses("18 March 2026, Wednesday")  # the suggested one: three working days before the whole
    assert "By: 18 March 2026, Wednesday" in asked.daniyar.last
    assert TASK in asked.daniyar.last


async def test_whoever_else_presses_changes_nothing(asked: Cast) -> None:
    """A co-executing department does its part and no more; the others do not even see it."""
    madina = await _taken_with_a_part(asked)
    stranger = await asked.town.an_official(asked.saule, "Kairat", "Education", Language.EN)
    for action in ("take", "answer", "forward", "split", "involve", "assign"):
        madina.phone.presses_data(f"{action}:{asked.number}")
        await asked.town.settle()
        assert "Status: in work" in madina.last or "not yours" in madina.last, action
    for action in ("part_done", "part_send", "involve_send", "note", "card"):
        stranger.phone.presses_data(f"{action}:{asked.number}")
        await asked.town.settle()
        assert stranger.last.startswith("There is no such question, or it is not yours."), action
    asked.daniyar.phone.presses_data(f"part_done:{asked.number}")
    await asked.town.settle()
    assert "not yours" in asked.daniyar.last


async def test_a_department_whose_part_is_waited_for_is_not_asked_again(asked: Cast) -> None:
    await _taken_with_a_part(asked)
    await asked.daniyar.writes(asked.number)
    await asked.daniyar.presses("involve")
    assert HOUSING not in asked.daniyar.buttons
    for forged in ("5", "3", "0", "x"):
        asked.daniyar.phone.presses_data(f"involve_to:{asked.number}:{forged}")
        await asked.town.settle()
        assert asked.daniyar.last.startswith("Which department does a part of")


async def test_two_colleagues_who_are_done_at_the_same_moment_are_done_once(asked: Cast) -> None:
    madina = await _madina(asked)
    marat = await asked.town.an_official(asked.saule, "Marat", HOUSING, Language.EN)
    await asked.daniyar.presses("take")
    await _involves(asked.daniyar)
    for official in (madina, marat):
        await official.presses("part_done")
        await official.writes(DONE)
    madina.phone.presses("Send")
    marat.phone.presses("Send")
    await asked.town.settle()
    assert sum("has done its part." in said for said in asked.daniyar.texts) == 1


async def test_when_the_co_executor_gets_the_whole_its_part_is_no_part_any_more(asked: Cast) -> None:
    madina = await _taken_with_a_part(asked)
    await asked.daniyar.writes(asked.number)
    await asked.daniyar.presses("forward")
    await asked.daniyar.presses(HOUSING)
    await asked.daniyar.writes("Зал на балансе отдела ЖКХ.")
    await asked.daniyar.presses("send")
    assert "Our part is done" not in madina.buttons
    card = await _card(madina, asked.number)
    assert "Co-executors" not in card
    before = len(madina.texts)
    await asked.town.days_pass(16)
    assert "Reminder: parts" not in "".join(madina.texts[before:])

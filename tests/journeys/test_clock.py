"""The clock: reminders, the ladder, quiet hours, the morning card, a calendar that changes."""

from datetime import UTC, datetime, timedelta

from domain.people import Language
from tests.town import Somebody, Town

EN = Language.EN


def new_texts(person: Somebody, before: int) -> list[str]:
    return person.texts[before:]


async def house(town: Town) -> dict[str, Somebody]:
    """A department with an official and a head, an administrator, a deputy mayor, an NGO."""
    saule = await town.an_admin(language=EN)
    daniyar = await town.an_official(saule, language=EN)
    botagoz = await town.an_official(saule, "Botagoz", language=EN, head=True)
    erlan = town.stranger("Erlan", EN)
    await erlan.meets_the_bot(await town.invited(saule, "Deputy mayor"))
    aigerim = await town.an_ngo(saule, language=EN)
    return {"saule": saule, "daniyar": daniyar, "botagoz": botagoz, "erlan": erlan, "aigerim": aigerim}


async def heard_by(town: Town, people: dict[str, Somebody], days: int, about: str) -> dict[str, list[str]]:
    """Who heard what, by date, of the messages that begin with these words."""
    heard: dict[str, list[str]] = {}
    for _ in range(days):
        before = {name: len(person.texts) for name, person in people.items()}
        await town.days_pass(1)
        for name, person in people.items():
            for said in new_texts(person, before[name]):
                if said.startswith(about):
                    heard.setdefault(name, []).append(f"{town.clock.now():%d.%m} {said.splitlines()[2]}")
    return heard


async def test_each_stage_is_reminded_of_once_and_the_ladder_climbs_to_the_deputy_mayor(town_on_both: Town) -> None:
    """Registered on Monday 2 March 2026, due on Thursday 26 March: 9 and 23-25 March are days off."""
    town = town_on_both
    people = await house(town)
    await town.a_question(people["aigerim"])
    await people["daniyar"].presses("take")
    heard = await heard_by(town, people, 32, "Reminder")
    late = "Overdue"
    assert heard == {
        "daniyar": [
            "12.03 Half of the term has passed",
            "18.03 Due within 3 working days",
            "20.03 Due on the next working day",
            "26.03 Due today",
            f"27.03 {late}",
            f"30.03 {late}",
            f"31.03 {late}",
            f"01.04 {late}",
            f"02.04 {late}",
            f"03.04 {late}",
        ],
        "botagoz": [f"27.03 {late}"],
        "saule": [f"31.03 {late}"],
        "erlan": [f"02.04 {late}"],
    }


async def test_the_ngo_is_told_once_that_its_answers_are_late_and_who_knows(town: Town) -> None:
    people = await house(town)
    numbers = [await town.a_question(people["aigerim"]) for _ in range(2)]
    before = len(people["aigerim"].texts)
    for _ in range(32):
        await town.days_pass(1)
    late = [said for said in new_texts(people["aigerim"], before) if "late" in said]
    of_each = [
        f"№ {number}: the answer is late. It was due on 26 March 2026.\nTold of it: the head of the department"
        for number in numbers
    ]
    assert late == ["\n\n".join(of_each)]


async def test_the_ngo_is_not_told_of_a_head_whom_the_department_has_not(town: Town) -> None:
    """The administrators hear of what nobody works on, and of everything late where there is no head later on."""
    saule = await town.an_admin(language=EN)
    aigerim = await town.an_ngo(saule, "Aigerim", "Общественный фонд «Парасат»", EN)
    await town.a_question(aigerim)
    assert "Nobody works in this department yet: forward the question, or invite an official" in saule.last
    await town.days_pass(30)
    assert "Told of it: the administrators" in "\n".join(aigerim.texts)
    assert "the head of the department" not in "\n".join(aigerim.texts)


async def test_each_late_message_says_who_is_next_and_when(town: Town) -> None:
    people = await house(town)
    number = await town.a_question(people["aigerim"])
    await people["daniyar"].presses("take")
    await town.days_pass(25)  # Friday 27 March: one working day late
    reminder = next(said for said in reversed(people["daniyar"].texts) if said.startswith("Reminder"))
    assert "Late by 1 working day." in reminder
    assert "Next to be told: the administrators, 31 March 2026" in reminder
    assert reminder.count(number) == 1, "the department's card in the same message counts it and does not repeat it"
    assert "Overdue: 1" in reminder


async def test_what_was_answered_is_not_reminded_of(town: Town) -> None:
    people = await house(town)
    await town.a_question(people["aigerim"])
    daniyar = people["daniyar"]
    await daniyar.presses("answer")
    await daniyar.presses("outcome_explained")
    await daniyar.writes("The hall is free on Saturday from two o'clock.")
    await daniyar.presses("done_writing")
    await daniyar.presses("send")
    heard = await heard_by(town, people, 40, "Reminder")
    assert heard == {}


async def test_one_message_however_many_questions_are_due(town: Town) -> None:
    people = await house(town)
    numbers = [await town.a_question(people["aigerim"], f"Question number {n} of the day") for n in range(12)]
    before = len(people["daniyar"].texts)
    await town.days_pass(24)  # the due day
    reminders = [said for said in new_texts(people["daniyar"], before) if said.startswith("Reminder")]
    assert len(reminders) == 1
    assert sum(number in reminders[0] for number in numbers) == 10
    assert "And 2 more: /inbox" in reminders[0]
    assert "Show all" in people["daniyar"].buttons


async def test_after_days_of_downtime_everything_is_told_once_as_the_newest_of_it(town: Town) -> None:
    people = await house(town)
    await town.a_question(people["aigerim"])
    before = len(people["daniyar"].texts)
    town.clock.skip(timedelta(days=29))  # to Tuesday 31 March: half-term, 3 days, 1 day, the date, 2 late days missed
    await town.restart()
    await town.days_pass(0)
    reminders = [said for said in new_texts(people["daniyar"], before) if said.startswith("Reminder")]
    assert len(reminders) == 1
    assert "Late by 3 working days." in reminders[0]
    assert [said for said in people["erlan"].texts if said.startswith("Reminder")] == []
    assert len([said for said in people["saule"].texts if said.startswith("Reminder")]) == 1


async def test_at_lunch_and_at_night_a_reminder_waits(town: Town) -> None:
    people = await house(town)
    await town.a_question(people["aigerim"])
    before = len(people["daniyar"].texts)
    town.clock.moment = datetime(2026, 3, 12, 2, 0, tzinfo=UTC)  # 07:00 in Pavlodar, half of the term
    await town.days_pass(0)
    town.clock.moment = datetime(2026, 3, 12, 8, 30, tzinfo=UTC)  # 13:30, lunch
    await town.days_pass(0)
    assert new_texts(people["daniyar"], before) == []
    town.clock.moment = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)  # 14:30 sharp
    await town.days_pass(0)
    assert any(said.startswith("Reminder") for said in new_texts(people["daniyar"], before))


async def test_the_morning_card_comes_once_at_five_past_nine(town: Town) -> None:
    people = await house(town)
    await town.a_question(people["aigerim"])
    before = len(people["daniyar"].texts)
    town.clock.moment = datetime(2026, 3, 3, 4, 4, tzinfo=UTC)  # 09:04 on Tuesday
    await town.days_pass(0)
    assert new_texts(people["daniyar"], before) == []
    for minute in (5, 6, 30):
        town.clock.moment = datetime(2026, 3, 3, 4, minute, tzinfo=UTC)
        await town.days_pass(0)
    cards = [said for said in new_texts(people["daniyar"], before) if said.startswith("Culture and languages")]
    assert len(cards) == 1
    assert "Culture and languages, 3 March 2026, Tuesday\nNew: 1" in cards[0]


async def test_a_department_with_nothing_to_say_gets_no_card(town: Town) -> None:
    people = await house(town)
    before = len(people["daniyar"].texts)
    await town.days_pass(1)
    assert new_texts(people["daniyar"], before) == []


async def test_yesterdays_answers_stand_in_the_card_with_the_verdict(town_on_both: Town) -> None:
    town = town_on_both
    people = await house(town)
    number = await town.a_question(people["aigerim"])
    daniyar = people["daniyar"]
    await daniyar.presses("answer")
    await daniyar.presses("outcome_done")
    await daniyar.writes("The hall is yours on Saturday from two o'clock.")
    await daniyar.presses("done_writing")
    await daniyar.presses("send")
    await people["aigerim"].presses("solved")
    await town.days_pass(1)
    assert f"Answered on the last working day\n{number}: Solved" in daniyar.last


async def test_an_official_may_want_new_questions_in_the_morning_only(town: Town) -> None:
    people = await house(town)
    daniyar = people["daniyar"]
    await daniyar.writes("/digest")
    await daniyar.presses("In the morning card")
    before = len(daniyar.texts)
    number = await town.a_question(people["aigerim"])
    assert new_texts(daniyar, before) == []
    await town.days_pass(1)
    assert number in daniyar.last


async def test_a_new_day_off_moves_open_dates_and_tells_only_whose_date_moved(town_on_both: Town) -> None:
    town = town_on_both
    people = await house(town)
    moved = await town.a_question(people["aigerim"])  # due on Thursday 26 March
    saule, aigerim, daniyar = people["saule"], people["aigerim"], people["daniyar"]
    yerlan = await town.an_ngo(saule, "Yerlan", "Клуб «Тірек»", EN)
    await town.a_question(yerlan, kind="thanks")
    silent = len(yerlan.texts)
    await saule.writes("/admin")
    await saule.presses("Calendar")
    await saule.presses("Day off")
    await saule.writes("13.03.2026; перенос; ауыстыру")
    assert "Open questions due 1 day later: 1" in saule.last
    await saule.presses("Apply")
    assert f"{moved}: answer due on 27 March 2026, Friday, before 26 March 2026" in aigerim.last
    assert f"{moved}: answer due on 27 March 2026, Friday, before 26 March 2026" in daniyar.last
    assert len(yerlan.texts) == silent
    await aigerim.writes(moved)
    await aigerim.presses("why_date")
    assert "13 March 2026, Friday: перенос" in aigerim.last
    await saule.writes("/admin")
    await saule.presses("Calendar")
    await saule.presses("Take a correction back")
    await saule.writes("13.03.2026")
    assert "Open questions due 1 day sooner: 1" in saule.last
    await saule.presses("Apply")
    assert f"{moved}: answer due on 26 March 2026, Thursday, before 27 March 2026" in aigerim.last


async def test_a_line_that_is_no_date_changes_nothing(town: Town) -> None:
    saule = await town.an_admin(language=EN)
    await saule.writes("/admin")
    await saule.presses("Calendar")
    await saule.presses("Day off")
    for bad in ("31.02.2026; a; b", "tomorrow", "13.03.2026", "13.03.2026; only one"):
        await saule.writes(bad)
        assert "Nothing was changed" in saule.last
        assert "08.05.2026; перенос с 4 мая; 4 мамырдан ауыстыру" in saule.last
    await saule.presses("back")
    assert "Working calendar, 2026" in saule.last
    assert "13 March" not in saule.last


async def test_the_ladder_and_the_term_are_changed_in_the_chat(town: Town) -> None:
    people = await house(town)
    saule = people["saule"]
    await saule.writes("/admin")
    await saule.presses("Terms and reminders")
    await saule.presses("Term of an answer")
    await saule.writes("0")
    assert "Nothing was changed" in saule.last
    await saule.writes("5")
    assert "Term of an answer: 5 working days" in saule.last
    await town.a_question(people["aigerim"])
    assert "6 March 2026, Friday" in people["aigerim"].last


async def test_from_november_administrators_are_asked_weekly_to_check_the_next_year(town: Town) -> None:
    saule = await town.an_admin(language=EN)
    town.clock.moment = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)  # Monday
    await town.days_pass(0)
    assert "The working calendar of 2027 is not checked yet" in saule.last
    await saule.writes("/admin")
    await saule.presses("Calendar")
    await saule.presses("2027")
    await saule.presses("The year is checked")
    before = len(saule.texts)
    await town.days_pass(7)
    assert not any("not checked yet" in said for said in new_texts(saule, before))


async def test_the_morning_card_is_edited_during_the_day_rather_than_sent_again(town: Town) -> None:
    people = await house(town)
    first = await town.a_question(people["aigerim"])
    daniyar = people["daniyar"]
    await town.days_pass(1)
    card = next(m for m in reversed(daniyar.phone.chat) if m.get("text", "").startswith("Culture and languages"))
    second = await town.a_question(people["aigerim"], "And one more question for today.")
    before = len(daniyar.texts)
    town.clock.skip(timedelta(minutes=20))
    await town.days_pass(0)
    assert len(daniyar.texts) == before
    redrawn = next(m for m in daniyar.phone.chat if m["message_id"] == card["message_id"])
    assert first in redrawn["text"]
    assert second in redrawn["text"]
    assert "New: 2" in redrawn["text"]


async def test_a_topic_may_have_a_term_of_its_own(town: Town) -> None:
    people = await house(town)
    saule = people["saule"]
    await saule.writes("/admin")
    await saule.presses("Terms and reminders")
    await saule.presses("Terms of topics")
    await saule.presses("Help with cultural events")
    await saule.writes("3")
    await town.a_question(people["aigerim"])
    assert "4 March 2026, Wednesday" in people["aigerim"].last


async def test_a_department_may_have_its_card_at_another_time_and_on_fewer_days(town: Town) -> None:
    """Culture wants it at 10:30 on Mondays and Thursdays only."""
    people = await house(town)
    saule, daniyar = people["saule"], people["daniyar"]
    await saule.writes("/admin")
    await saule.presses("Terms and reminders")
    await saule.presses("Time of the morning card")
    await saule.presses("Culture and languages: 09:05")
    await saule.writes("25:00")
    assert "Nothing was changed" in saule.last
    await saule.writes("10:30 1,4")
    await town.a_question(people["aigerim"])
    before = len(daniyar.texts)
    for day, hour, minute, cards in ((3, 6, 0, 0), (5, 5, 29, 0), (5, 5, 30, 1), (5, 9, 45, 1), (6, 6, 0, 1)):
        town.clock.moment = datetime(2026, 3, day, hour, minute, tzinfo=UTC)
        await town.days_pass(0)
        assert len([said for said in new_texts(daniyar, before) if said.startswith("Culture")]) == cards

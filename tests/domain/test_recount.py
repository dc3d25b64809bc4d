"""A change of the calendar: which dates move, and what is reminded of afterwards."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Correction, WorkingCalendar
from domain.city import City
from domain.question import OPEN, Kind, Question, Status
from domain.recount import Moved, recount
from domain.reminders import Stage, milestones, remind
from tests.domain.test_reminders import CITY, a_question, cities, march, moments, terms

TODAY = march(4)
REMIND_ON = march(12)


def corrected(*days: date, working: bool = False) -> City:
    return replace(CITY, calendar=WorkingCalendar(tuple(Correction(day, working, "ауысу", "перенос") for day in days)))


def asked(n: int, **more: object) -> Question:
    """Due on Thursday 26 March 2026; next reminded of on the 12th."""
    return replace(a_question(), **({"id": n, "remind_on": REMIND_ON} | more))  # type: ignore[arg-type]


def dates(moved: list[Moved]) -> dict[int, tuple[date, date | None]]:
    return {m.question.id: (m.was_due_on, m.question.due_on) for m in moved}


def test_only_what_moved_is_returned() -> None:
    short = replace(a_question(5), id=2)  # due on 6 March, before the new day off
    found = recount([asked(1), short, asked(3)], corrected(march(17)), TODAY)
    assert dates(found) == {1: (march(26), march(27)), 3: (march(26), march(27))}


@pytest.mark.parametrize("status", Status)
def test_only_what_is_owed_moves(status: Status) -> None:
    assert bool(recount([asked(1, status=status)], corrected(march(17)), TODAY)) is (status in OPEN)


def test_thanks_never_move() -> None:
    assert recount([asked(1, kind=Kind.THANKS, due_on=None)], corrected(march(17)), TODAY) == []


@pytest.mark.parametrize("day", [march(1), march(27), march(30), march(21), march(23)])
def test_a_day_off_outside_the_term_or_on_a_day_off_moves_nothing(day: date) -> None:
    assert recount([asked(1)], corrected(day), TODAY) == []


def test_a_date_that_an_extension_has_set_stays() -> None:
    extended = asked(1, due_on=date(2026, 4, 15), extended_from=march(26))
    assert recount([extended], corrected(march(17)), TODAY) == []


def test_a_working_saturday_brings_the_date_nearer() -> None:
    found = recount([asked(1)], corrected(march(14), working=True), TODAY)
    assert dates(found) == {1: (march(26), march(20))}


def test_a_moved_day_off_that_is_worked_instead_moves_nothing() -> None:
    days = (Correction(march(13), False, "ауысу", "перенос"), Correction(march(14), True, "ауысу", "перенос"))
    assert recount([asked(1)], replace(CITY, calendar=WorkingCalendar(days)), TODAY) == []


def test_a_second_recount_moves_nothing_more() -> None:
    city = corrected(march(17))
    once = [m.question for m in recount([asked(1), asked(2)], city, TODAY)]
    assert recount(once, city, TODAY) == []


def test_a_correction_taken_back_brings_the_date_back() -> None:
    away = [m.question for m in recount([asked(1)], corrected(march(17)), TODAY)]
    back = [m.question for m in recount(away, CITY, TODAY)]
    assert back == [asked(1)]


def test_who_has_heard_stays_so() -> None:
    [found] = recount([asked(1, rungs=2)], corrected(march(17)), TODAY)
    assert found.question.rungs == 2


def test_the_next_reminder_is_the_first_ahead_by_the_new_date() -> None:
    [found] = recount([asked(1)], corrected(march(10)), TODAY)
    assert found.question.remind_on == march(13)  # half-term, a day later as well
    [found] = recount([asked(1, remind_on=march(18))], corrected(march(17)), march(12))
    assert found.question.remind_on == march(19)


@pytest.mark.parametrize(
    ("missed_on", "today", "stage"),
    [(12, 12, Stage.HALF_TERM), (12, 16, Stage.HALF_TERM), (12, 18, Stage.THREE_DAYS), (18, 18, Stage.THREE_DAYS)],
)
def test_what_waits_to_be_reminded_of_still_waits(missed_on: int, today: int, stage: Stage) -> None:
    """The bot was down, or it is eight o'clock, and an administrator is quicker than the morning's sweep."""
    city = corrected(march(20))
    [found] = recount([asked(1, remind_on=march(missed_on))], city, march(today))
    assert found.question.due_on == march(27)
    told = remind(found.question, march(today), city)
    assert told is not None
    assert told.stage is stage


def test_a_question_never_reckoned_is_left_to_the_sweep() -> None:
    """Nobody was told of its half-term yet, however long ago it was."""
    [found] = recount([asked(1, remind_on=None)], corrected(march(17)), march(16))
    told = remind(found.question, march(16), corrected(march(17)))
    assert told is not None
    assert told.stage is Stage.HALF_TERM


@given(moments, terms, cities, cities, st.integers(0, 90))
def test_after_a_recount_every_date_is_what_the_calendar_says(
    at: datetime, term: int, before: City, after: City, passed: int
) -> None:
    after = replace(after, first_day_counts=before.first_day_counts)
    today = before.today(at) + timedelta(days=passed)
    question = a_question(term, at, before)
    found = recount([question], after, today)
    now = found[0].question if found else question
    assert now.due_on == after.due_on(Kind.QUESTION, at, term)
    assert bool(found) == (now.due_on != question.due_on)
    assert recount([now], after, today) == []


@given(moments, terms, cities, cities, st.integers(0, 90))
def test_after_a_recount_no_stage_ahead_is_skipped(
    at: datetime, term: int, before: City, after: City, passed: int
) -> None:
    """Whatever was told until today, each later reminder day by the new calendar is kept."""
    after = replace(after, first_day_counts=before.first_day_counts)
    today = before.today(at) + timedelta(days=passed)
    question = a_question(term, at, before)
    question = replace(question, remind_on=next(day for day in _all_days(question, before) if day > today))
    for moved in recount([question], after, today):
        ahead = [day for day, _ in milestones(moved.question, after) if day > today]
        assert moved.question.remind_on is not None
        assert moved.question.remind_on > today
        assert not ahead or moved.question.remind_on == ahead[0]


def _all_days(question: Question, city: City) -> list[date]:
    """The reminder days, and the first hundred days of being late."""
    days = [day for day, _ in milestones(question, city)]
    return days + [city.calendar.add(days[-1], n) for n in range(1, 101)]

"""By when another department does its part: the dates that may be agreed, and the mornings of reminders."""

from datetime import date

import pytest

from domain.calendar import WorkingCalendar
from domain.part import NotAWorkingDay, Part, TooEarly, TooLate, agreed, days_late, next_reminder_on, suggested
from domain.people import Names

CALENDAR = WorkingCalendar()
TODAY = date(2026, 3, 11)  # a Wednesday; 21 to 25 March 2026 are free
DUE = date(2026, 3, 26)


@pytest.mark.parametrize("day", [TODAY, date(2026, 3, 12), date(2026, 3, 20), DUE])
def test_any_working_day_from_today_until_the_whole_is_due(day: date) -> None:
    assert agreed(day, DUE, TODAY, CALENDAR) == day


@pytest.mark.parametrize(
    ("day", "error"),
    [
        (date(2026, 3, 10), TooEarly),
        (date(2026, 3, 14), NotAWorkingDay),
        (date(2026, 3, 23), NotAWorkingDay),
        (date(2026, 3, 27), TooLate),
    ],
)
def test_no_other_day(day: date, error: type[Exception]) -> None:
    with pytest.raises(error):
        agreed(day, DUE, TODAY, CALENDAR)


@pytest.mark.parametrize(
    ("today", "due_on", "last"),
    [
        (date(2026, 3, 27), DUE, date(2026, 3, 27)),  # the whole is late: today still
        (date(2026, 3, 28), DUE, date(2026, 3, 30)),  # or the next working day
        (TODAY, TODAY, TODAY),
    ],
)
def test_of_what_is_late_or_due_today_a_part_can_still_be_asked(today: date, due_on: date, last: date) -> None:
    assert agreed(last, due_on, today, CALENDAR) == last
    assert suggested(due_on, today, CALENDAR) == last
    with pytest.raises(TooLate) as refusal:
        agreed(CALENDAR.add(last, 1), due_on, today, CALENDAR)
    assert refusal.value.last == last


def test_three_working_days_before_the_whole_are_suggested() -> None:
    assert suggested(DUE, TODAY, CALENDAR) == date(2026, 3, 18)


@pytest.mark.parametrize(
    ("today", "late", "again"),
    [
        (date(2026, 3, 18), 0, date(2026, 3, 19)),
        (date(2026, 3, 20), 2, date(2026, 3, 26)),
        (date(2026, 3, 27), 4, date(2026, 3, 30)),
    ],
)
def test_late_by_working_days_and_reminded_on_the_next_one(today: date, late: int, again: date) -> None:
    part = Part(1, 42, 20, Names("a", "b", "c"), "Осмотреть.", date(2026, 3, 18), owed=True)
    assert (days_late(part, today, CALENDAR), next_reminder_on(part, today, CALENDAR)) == (late, again)

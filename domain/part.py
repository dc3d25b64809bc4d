"""What another department does of a question, by a date of its own; one department stays responsible for the whole.

WrongDate
├── NotAWorkingDay
├── TooEarly        in the past
└── TooLate         after the answer to the whole is due
"""

from dataclasses import dataclass
from datetime import date, datetime

from domain.calendar import WorkingCalendar
from domain.people import Names


@dataclass(frozen=True, slots=True)
class Part:
    """One department's share. `owed`: it is still waited for; `text` and `done_at` are of the line that says "done"."""

    id: int
    question_id: int
    department_id: int
    department: Names
    task: str
    due_on: date
    owed: bool
    text: str = ""
    done_at: datetime | None = None


class WrongDate(ValueError):
    """A part cannot be due on this date."""


class NotAWorkingDay(WrongDate):
    """Nobody works on this day."""


class TooEarly(WrongDate):
    """This day has passed."""


class TooLate(WrongDate):
    """The answer to the whole is due before."""

    def __init__(self, last: date) -> None:
        super().__init__(last)
        self.last = last


_BEFORE_THE_WHOLE = 3
"""Working days that the responsible department has for putting the parts together, where the term has room for them."""


def last_day(due_on: date | None, today: date, calendar: WorkingCalendar) -> date:
    """No part is due later: the question's own date, or the next working day when that has passed already."""
    soonest = calendar.next_working(today)
    return max(due_on, soonest) if due_on else soonest


def suggested(due_on: date | None, today: date, calendar: WorkingCalendar) -> date:
    last = last_day(due_on, today, calendar)
    return max(calendar.add(last, -_BEFORE_THE_WHOLE), calendar.next_working(today))


def agreed(wanted: date, due_on: date | None, today: date, calendar: WorkingCalendar) -> date:
    """This date, when a part may be due on it. Raises a WrongDate."""
    if wanted < today:
        raise TooEarly
    if wanted > (last := last_day(due_on, today, calendar)):
        raise TooLate(last)
    if not calendar.is_working(wanted):
        raise NotAWorkingDay
    return wanted


def days_late(part: Part, today: date, calendar: WorkingCalendar) -> int:
    """Working days since its date passed; 0 while it has not."""
    return max(0, calendar.working_days_between(part.due_on, today))


def next_reminder_on(part: Part, today: date, calendar: WorkingCalendar) -> date:
    """After its own date, each working day while it is owed."""
    return calendar.add(max(part.due_on, today), 1)

"""When a question is reminded of, and who hears of it when it is late.

    half-term → 3 working days before → 1 working day before → the morning of the date → each working day while late

A question has one next reminder day at any time; whatever was missed while the program was down is told once, as the
newest of it. When it is late, the ladder tells one more person at each step, and everybody who is next and when.

While the department waits for the NGO nobody is reminded, but for one line on the morning of the date, which by law
does not move; the days it has waited are not counted when it is late.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from domain.calendar import WorkingCalendar
from domain.city import City
from domain.ladder import Rung
from domain.question import OPEN, Question, Status

_A_DAY = timedelta(days=1)


class Stage(StrEnum):
    """How near the date is, from the calm to the urgent."""

    HALF_TERM = "half_term"
    THREE_DAYS = "three_days"  # working days before the date
    ONE_DAY = "one_day"
    DUE = "due"  # the morning of the date
    LATE = "late"  # each working day after it


def milestones(question: Question, city: City) -> list[tuple[date, Stage]]:
    """The reminder days up to the date, in order. Of two on one day the more urgent stays; a short term has fewer.

    None on the first day of the term, but the date itself: received after hours, a term of one day has a morning too.
    """
    if question.due_on is None:
        return []
    calendar, due_on = city.calendar, question.due_on
    start, half = city.term_starts(question.counted_from), question.term // 2
    if question.extended_from is not None:  # what was told of the term is behind; what was added has a half as well
        start = question.extended_from
        half = calendar.working_days_between(start, due_on) // 2
    days = {
        calendar.add(start, half): Stage.HALF_TERM,
        calendar.add(due_on, -3): Stage.THREE_DAYS,
        calendar.add(due_on, -1): Stage.ONE_DAY,
        due_on: Stage.DUE,
    }
    return sorted((day, stage) for day, stage in days.items() if start < day <= due_on or day == due_on)


def next_reminder_on(question: Question, after: date, city: City) -> date | None:
    """The first reminder day after this date; None when nothing is owed."""
    if question.status not in OPEN or question.due_on is None:
        return None
    return _next_after(after, milestones(question, city), question.due_on, city)


def _next_after(after: date, days: list[tuple[date, Stage]], due_on: date, city: City) -> date:
    ahead = next((day for day, _ in days if day > after), None)
    return ahead or city.calendar.add(max(after, due_on), 1)


def stage_on(question: Question, today: date, city: City) -> Stage:
    """The newest stage that has come by this date."""
    return _newest(today, milestones(question, city), question.due_on)


def _newest(today: date, days: list[tuple[date, Stage]], due_on: date | None) -> Stage:
    if due_on is not None and today > due_on:
        return Stage.LATE
    passed = [stage for day, stage in days if day <= today]
    return passed[-1] if passed else Stage.HALF_TERM


@dataclass(frozen=True, slots=True)
class Reminder:
    """What one question makes to be told on one morning.

    `days_late` are working days; `climbed` the rungs that hear of it for the first time now; `rungs` how many have
    heard in all; `next_rung` who is next, and on which date; `next_on` when this question is looked at again.
    """

    question: Question
    stage: Stage
    days_late: int
    climbed: tuple[Rung, ...]
    rungs: int
    next_rung: tuple[date, Rung] | None
    next_on: date | None

    @property
    def first_late(self) -> bool:
        """The NGO is told once that the answer is late, and who has been told."""
        return self.days_late > 0 and len(self.climbed) == self.rungs > 0


def reckoned_on(question: Question, city: City) -> date | None:
    """The question's next reminder day: as stored, or the first of its term when it was not reckoned yet."""
    if question.remind_on is not None or question.due_on is None:
        return question.remind_on
    return next_reminder_on(question, city.term_starts(question.counted_from) - _A_DAY, city)


def remind(question: Question, today: date, city: City) -> Reminder | None:
    """What is to be told of this question this morning, however many mornings were missed. None: nothing yet."""
    due_since = reckoned_on(question, city)
    if due_since is None or due_since > today or question.due_on is None or question.status not in OPEN:
        return None
    if question.status is Status.WAITING:
        return _while_waiting(question, due_since, today, city)
    days = milestones(question, city)  # reckoned once: most of what a sweep costs
    late = days_late(question, today, city.calendar)
    reached = city.ladder.reached(late)
    coming = city.ladder.next_after(late)
    return Reminder(
        question,
        _newest(today, days, question.due_on),
        late,
        reached[question.rungs :],
        max(question.rungs, len(reached)),
        (city.calendar.add(question.due_on, coming[0] + question.paused), coming[1]) if coming and late else None,
        _next_after(today, days, question.due_on, city),
    )


def _while_waiting(question: Question, due_since: date, today: date, city: City) -> Reminder | None:
    """Once, when the date has come; all that is passed over is told, as the newest of it, when the NGO has replied."""
    due_on = question.due_on
    if due_on is None or not due_since <= due_on <= today:
        return None
    stage = Stage.DUE if today == due_on else Stage.LATE
    return Reminder(question, stage, 0, (), question.rungs, None, city.calendar.add(today, 1))


def days_late(question: Question, today: date, calendar: WorkingCalendar) -> int:
    """Working days since the date passed, less those that the department waited for the NGO; 0 while it has not."""
    if question.due_on is None or today <= question.due_on:
        return 0
    return max(0, calendar.working_days_between(question.due_on, today) - question.paused)

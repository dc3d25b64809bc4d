"""What a change of the calendar does to the dates of open questions."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from domain.city import City
from domain.question import OPEN, Question
from domain.reminders import next_reminder_on

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Moved:
    """One open question whose date is another one now. `question` has the new date."""

    question: Question
    was_due_on: date


def recount(open_questions: list[Question], city: City, told_until: date) -> list[Moved]:
    """Reckon every date anew by the city's calendar as it is now; only those that moved are returned.

    A date that an extension has set stays: it was given by name.

    What was reminded of until the date `told_until` is not reminded of again: the next reminder is the first one ahead.
    What waits for the next sweep, because the bot was down or the day has not begun, still waits.
    """
    moved = []
    for question in open_questions:
        if question.extended_from is not None:
            continue
        due_on = city.due_on(question.kind, question.counted_from, question.term)
        if question.status in OPEN and due_on != question.due_on and question.due_on is not None:
            changed = replace(question, due_on=due_on)
            if question.remind_on is not None:  # else the next sweep reckons it from the beginning of the term
                told = min(told_until, question.remind_on - _A_DAY)
                changed = replace(changed, remind_on=next_reminder_on(changed, told, city))
            moved.append(Moved(changed, question.due_on))
    return moved

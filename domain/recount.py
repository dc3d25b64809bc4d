"""What a change of the calendar does to the dates of open questions."""

from dataclasses import dataclass, replace
from datetime import date

from domain.city import City
from domain.question import OPEN, Question
from domain.reminders import next_reminder_on


@dataclass(frozen=True, slots=True)
class Moved:
    """One open question whose date is another one now. `question` has the new date."""

    question: Question
    was_due_on: date


def recount(open_questions: list[Question], city: City, today: date) -> list[Moved]:
    """Reckon every date anew by the city's calendar as it is now; only those that moved are returned.

    What was already reminded of is not reminded of again: the next reminder is the first one ahead.
    """
    moved = []
    for question in open_questions:
        due_on = city.due_on(question.kind, question.counted_from, question.term)
        if question.status in OPEN and due_on != question.due_on and question.due_on is not None:
            changed = replace(question, due_on=due_on, remind_on=None)
            changed = replace(changed, remind_on=next_reminder_on(changed, today, city))
            moved.append(Moved(changed, question.due_on))
    return moved

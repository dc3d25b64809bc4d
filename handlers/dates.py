"""What stopped or moved a question's time, in words: the days for which the NGO was waited for, and extensions."""

from collections.abc import Sequence

from markupsafe import Markup

from domain.city import City
from domain.question import Action, Question, pauses
from handlers import cards
from storage.questions import Entry
from texts import Words


def waited(words: Words, city: City, question: Question, history: Sequence[Entry]) -> Markup | None:
    """Each time the department waited for the NGO since the term began, with its working days."""
    said = []
    for since, until in pauses((entry.action, entry.at) for entry in history):
        if since < question.counted_from:
            continue
        first, last = city.today(since), city.today(until) if until else None
        if last is None:
            said.append(
                words.say("Waiting for the NGO since {date}; the date by law does not change.", date=words.day(first))
            )
        elif n := city.calendar.working_days_between(first, last):
            said.append(
                words.count(
                    "Waited for the NGO: {n} working day, {first} – {last}; the date by law does not change.",
                    "Waited for the NGO: {n} working days, {first} – {last}; the date by law does not change.",
                    n,
                    first=words.day(first),
                    last=words.day(last),
                )
            )
    return cards.lines(*said) or None


def extended(words: Words, question: Question, history: Sequence[Entry]) -> list[Markup]:
    """Each later date put in the place of the one before: by whom, and why. Each by itself: reasons are long."""
    before, said = question.extended_from, []
    for entry in history:
        if entry.action is not Action.EXTENSION_APPROVED or entry.at < question.counted_from or entry.until is None:
            continue
        if before is not None:
            said.append(_extension(words, entry, words.day(before)))
        before = entry.until
    return said


def _extension(words: Words, entry: Entry, before: str) -> Markup:
    return cards.lines(
        words.say(
            "Extended from {before} to {date}, {when}.",
            before=before,
            date=words.weekday(entry.until) if entry.until else "",
            when=words.moment(entry.at),
        ),
        words.say("Approved by: {who}", who=approver(words, entry)),
        words.say("Reason: {reason}", reason=entry.text),
    )


def approver(words: Words, entry: Entry) -> str:
    """Name and post of whoever gave their word."""
    return ", ".join(part for part in (entry.actor, entry.post) if part) or str(words.say("an official"))

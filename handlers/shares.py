"""How a question reads that several departments answer: its co-executors' parts, and what a whole was split into."""

from collections.abc import Sequence
from datetime import date

from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.part import Part
from domain.people import Person
from domain.question import Ending, Question, visible
from handlers import cards
from handlers.speech import Block, Button, Quote
from storage import parts, questions
from texts import Words

_LISTED = 5


async def on_card(
    db: AsyncConnection, words: Words, question: Question, person: Person, today: date
) -> tuple[list[Block], list[list[Button]]]:
    """What stands below the facts of a card, and buttons to those parts that this person may open."""
    blocks: list[Block] = []
    if question.co_departments and (found := await parts.of_question(db, question.id)):
        blocks.append(cards.lines(words.say("<b>Co-executors</b>"), *(line(words, part) for part in found)))
    if question.ending is not Ending.SPLIT:
        return blocks, []
    split = await questions.parts_of(db, question.id)
    blocks.append(cards.lines(words.say("<b>Its parts</b>"), *(_of_whole(words, part, today) for part in split)))
    return blocks, [[Button(part.number, f"card:{part.number}") for part in split if visible(part, person)]]


def line(words: Words, part: Part) -> Markup:
    """`Housing and utilities, by 20 March 2026, not done yet: the ramp.`

    Of its task the beginning: several stand in one message, and the history has all of it.
    """
    name, day, task = part.department.in_(words.language), words.day(part.due_on), cards.beginning(part.task)
    if part.done_at is not None:
        return words.say(
            "{department}, by {date}, done {when}: {task}",
            department=name,
            date=day,
            when=words.moment(part.done_at),
            task=task,
        )
    if part.owed:
        return words.say("{department}, by {date}, not done yet: {task}", department=name, date=day, task=task)
    return words.say("{department}, by {date}, not done: {task}", department=name, date=day, task=task)


def _of_whole(words: Words, part: Question, today: date) -> Markup:
    return words.say(
        "<b>№ {number}</b>: {department}, {status}",
        number=part.number,
        department=cards.department(words, part),
        status=cards.status(words, part, today),
    )


async def owed(db: AsyncConnection, words: Words, person: Person) -> tuple[list[Block], list[list[Button]]]:
    """The parts that this official's department owes to others, for its list; each opens its question."""
    found = await parts.owed_by(db, person.department_id or 0)
    if not found:
        return [], []
    numbers = {q.id: q.number for q in await questions.many(db, [part.question_id for part in found])}
    said = [
        words.say("<b>№ {number}</b>: {part}", number=numbers[part.question_id], part=line(words, part))
        for part in found[:_LISTED]
    ]
    rest = len(found) - _LISTED
    if rest > 0:
        said.append(words.count("And {n} more.", "And {n} more.", rest))
    buttons = [[Button(numbers[part.question_id], f"card:{numbers[part.question_id]}")] for part in found[:_LISTED]]
    return [words.say("<b>Parts for other departments: {n}</b>", n=len(found)), cards.lines(*said)], buttons


async def in_answer(db: AsyncConnection, words: Words, question: Question) -> list[Block]:
    """Below the answer of the responsible department: what each of the others did."""
    blocks: list[Block] = []
    done = [part for part in await _parts(db, question) if part.done_at is not None]
    for part in done:
        name = part.department.in_(words.language)
        blocks.append(words.say("<b>Part of «{department}»</b>: {task}", department=name, task=part.task))
        if part.text:
            blocks.append(Quote(part.text))
    return blocks


async def not_done(db: AsyncConnection, words: Words, question: Question) -> Markup | None:
    """A warning for whoever is about to answer; nothing when all parts are done."""
    owed = [part for part in await _parts(db, question) if part.owed]
    if not owed:
        return None
    said = words.say("<b>Attention:</b> not every part is done yet. The answer would go without:")
    return cards.lines(said, *(line(words, part) for part in owed))


async def _parts(db: AsyncConnection, question: Question) -> Sequence[Part]:
    return await parts.of_question(db, question.id) if question.co_departments else []

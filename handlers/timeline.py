"""The timeline of a question: each line says when, who, what, in words; what was written stands quoted below.

The same for both sides, but for what is of the city alone. A short one stands on the card; of a long one the newest
lines do, and [History] opens all of it, page by page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.people import Person
from domain.promise import Step, visible
from domain.question import Action, Question
from handlers import cards, keyboards, promises
from handlers.speech import Block, Button, Quote, visible_length
from handlers.turn import Turn
from storage import promises as ledger
from storage import questions
from storage.pages import Section
from storage.questions import Entry
from texts import Words

ON_CARD = 8
"""Lines of a card at most, and the units they take: a card is read aloud to somebody."""
ON_CARD_UNITS = 6_000
ON_PAGE_UNITS = 3_000
"""So that a page is one message, which is turned in place."""


@dataclass(frozen=True, slots=True)
class Line:
    """`entry_id` of the history's own lines; a promise's have none."""

    at: datetime
    said: Markup
    text: str = ""
    entry_id: int | None = None

    @property
    def blocks(self) -> list[Block]:
        return [self.said, Quote(self.text)] if self.text else [self.said]

    @property
    def units(self) -> int:
        return visible_length(self.said) + visible_length(self.text) + 4


async def of(
    db: AsyncConnection, words: Words, question: Question, person: Person, history: Sequence[Entry]
) -> list[Line]:
    """Every line that this person may see, the oldest first; `history` was read for them already."""
    lines, version, asked = [], 0, ""
    for entry in history:
        version = cards.version_after(entry, version)
        asked = entry.text if entry.action is Action.EXTEND else asked
        said_already = entry.action is Action.EXTENSION_APPROVED and entry.text == asked  # the city read who asked
        text = "" if said_already else entry.text
        lines.append(Line(entry.at, cards.history_line(words, entry, version), text, entry.id))
    if question.answered_at is not None or question.reopened:
        lines += await _of_promises(db, words, question, person)
    return sorted(lines, key=lambda line: line.at)


async def _of_promises(db: AsyncConnection, words: Words, question: Question, person: Person) -> list[Line]:
    """What became of what its answers promised; the answer itself says what was."""
    found = []
    for promise in [p for p in await ledger.of_question(db, question.id) if visible(p, person)]:
        for entry in await ledger.history(db, promise.id):
            text = "" if entry.step is Step.MAKE else entry.text
            said = words.say(
                "{line} (promise {number})", line=promises.history_line(words, entry), number=promise.number
            )
            found.append(Line(entry.at, said, text))
    return found


def latest(lines: Sequence[Line]) -> Sequence[Line]:
    """Those that a card has room for: at least the newest one."""
    shown, units = 0, 0
    for line in reversed(lines[-ON_CARD:]):
        units += line.units
        if units > ON_CARD_UNITS and shown:
            break
        shown += 1
    return lines[-shown:] if shown else []


def on_card(words: Words, lines: Sequence[Line]) -> list[Block]:
    """The history as it stands on a card."""
    shown = latest(lines)
    heading = words.say("<b>History</b>")
    if len(shown) < len(lines):
        heading = words.say("<b>History</b>, the newest {n} of {total} lines", n=len(shown), total=len(lines))
    return _joined(heading, shown)


def _joined(heading: Markup, lines: Sequence[Line]) -> list[Block]:
    """Lines without a text stand close together."""
    blocks: list[Block] = []
    said = heading
    for line in lines:
        said = cards.lines(said, line.said)
        if line.text:
            blocks += [said, Quote(line.text)]
            said = Markup()
    return [*blocks, said] if said else blocks


def buttons(words: Words, question: Question, lines: Sequence[Line]) -> list[Button]:
    """For the card: the way to all of it where there is more, and to a document of it."""
    document = Button(words.label("document"), f"document:{question.number}")
    if len(latest(lines)) == len(lines):
        return [document]
    return [Button(words.label("history"), f"history:{question.number}:0"), document]


async def show(turn: Turn) -> None:
    """[History]: all of it, page by page. Button: `history:2026-000042:1`."""
    question = await questions.visible_to(turn.db, turn.person, turn.argument())
    history = await questions.history_for(turn.db, question, turn.person)
    found = pages(await of(turn.db, turn.words, question, turn.person, history))
    page = Section(turn.id_at(1), len(found), 1)
    heading = turn.say("<b>№ {number}</b>: history", number=question.number)
    if page.pages > 1:
        heading = turn.say(
            "<b>№ {number}</b>: history, page {page} of {pages}",
            number=question.number,
            page=page.number + 1,
            pages=page.pages,
        )
    turn.reply(
        *_joined(heading, found[page.number]),
        keyboard=[
            *keyboards.pager(turn.words, page, f"history:{question.number}"),
            [turn.button("back", f"card:{question.number}")],
        ],
        edit=True,
    )


def pages(lines: Sequence[Line]) -> list[list[Line]]:
    """As many lines on each page as one message holds; a longer one alone has a page of its own."""
    found: list[list[Line]] = []
    units = 0
    for line in lines:
        units += line.units
        if not found or units > ON_PAGE_UNITS:
            found.append([])
            units = line.units
        found[-1].append(line)
    return found

"""[As a document]: one question with its history and the list of its attachments, as DOCX in the reader's language.

Headings, lists and the language are marked as such, so that a screen reader finds its way. What people wrote stands in
it as plain text: nothing is run, linked or followed.
"""

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from domain.draft import Attachment, readable
from domain.people import Language
from domain.question import Question, sees_all_lines
from handlers import cards, shares, timeline
from handlers.speech import Block, Quote
from handlers.timeline import Line
from handlers.turn import Turn
from storage import questions
from texts import Words
from texts.labels import ATTACHMENT_WORDS

_NOT_IN_XML = dict.fromkeys((0xFFFE, 0xFFFF))
_TAGS = {Language.EN: "en-GB", Language.RU: "ru-RU", Language.KK: "kk-KZ"}


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the document under a heading of its own; `numbered`: its lines are a list."""

    heading: str
    blocks: Sequence[Block]
    numbered: bool = False


async def send(turn: Turn) -> None:
    """Button: `document:2026-000042`."""
    question = await questions.visible_to(turn.db, turn.person, turn.argument())
    inside = sees_all_lines(question, turn.person)
    title = turn.words.plain("№ {number}: question and history", number=question.number)
    sections = await _sections(turn, question)
    content = await asyncio.to_thread(_document, title, sections, turn.language, turn.now)
    turn.send_file(f"{question.number.replace('/', '-')}.docx", content, title)
    if inside:
        await turn.audit("exported", f"question {question.number}")


async def _sections(turn: Turn, question: Question) -> list[Section]:
    """As the card says it, without the buttons."""
    words, today = turn.words, turn.city.today(turn.now)
    history = await questions.history_for(turn.db, question, turn.person)
    lines = await timeline.of(turn.db, words, question, turn.person, history)
    attached = {entry.id: await questions.attachments_of(turn.db, entry.id) for entry in history if entry.attachments}
    shared, _ = await shares.on_card(turn.db, words, question, turn.person, today)
    made = words.say("Made: {when}", when=words.moment(turn.now))
    found = [
        Section("", [cards.facts(words, question, today), made]),
        Section(words.plain("Text"), [Quote(question.text)]),
        Section(words.plain("Parts"), shared),
        Section(words.plain("Attachments"), _listed(words, lines, attached), numbered=True),
        Section(words.label("history"), [block for line in lines for block in line.blocks]),
    ]
    return [section for section in found if section.blocks]


def _listed(words: Words, lines: Sequence[Line], attached: dict[int, tuple[Attachment, ...]]) -> list[Block]:
    """Kind, name, size, and when it came; the files themselves stay in the chat."""
    return [_described(words, one, line.at) for line in lines for one in attached.get(line.entry_id or 0, ())]


def _described(words: Words, one: Attachment, at: datetime) -> Markup:
    facts = [words.say(ATTACHMENT_WORDS[one.kind]), one.name, _size(words, one.size), words.moment(at)]
    return Markup(", ").join(fact for fact in facts if fact)


def _size(words: Words, size: int) -> Markup | str:
    if not size:
        return ""
    if size < 2**20:
        return words.say("{n} KB", n=-(-size // 2**10))
    return words.say("{n} MB", n=-(-size // 2**20))


def _document(title: str, sections: Sequence[Section], language: Language, now: datetime) -> bytes:
    from docx import Document  # here, because most turns need none

    document = Document()
    _about(document, title, language, now)
    document.add_heading(title, level=1)
    for section in sections:
        if section.heading:
            document.add_heading(_plain(section.heading), level=2)
        for block in section.blocks:
            _write(document, block, "List Number" if section.numbered else None)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _about(document: Any, title: str, language: Language, now: datetime) -> None:
    """Its title, and the language in which a screen reader is to read it."""
    from docx.oxml.ns import qn

    about = document.core_properties
    about.title, about.author, about.last_modified_by, about.comments = title, "Köpir", "Köpir", ""
    about.language, about.created, about.modified = _TAGS[language], now, now
    for tongue in document.styles.element.iter(qn("w:lang")):
        tongue.set(qn("w:val"), _TAGS[language])


def _write(document: Any, block: Block, style: str | None) -> None:
    if isinstance(block, Quote):
        document.add_paragraph(_plain(str(block)), style="Quote")
        return
    for line in block.split("\n"):
        document.add_paragraph(_plain(line.striptags()), style=style)


def _plain(text: str) -> str:
    """Whatever was typed, as XML can hold it."""
    return readable(text).translate(_NOT_IN_XML)

"""The history of one question: in words, the same for both sides, page by page, and as a document."""

import io
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from domain.draft import utf16_length
from domain.people import Language, Names
from domain.question import CITY_ONLY, Action, Outcome
from handlers import cards
from handlers.speech import MESSAGE
from handlers.timeline import ON_CARD, ON_PAGE_UNITS, Line, latest, pages
from storage.questions import Entry
from tests.journeys.cast import ANSWER, Cast
from tests.journeys.test_notes import SECRET
from tests.town import Somebody
from texts import Words

AT = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
ALMATY = ZoneInfo("Asia/Almaty")


def _line(action: Action) -> Entry:
    """A line of the history in which everything is there that a step may leave."""
    culture, education = (Names(f"{name} en", f"{name} ru", f"{name} kk") for name in ("Culture", "Education"))
    return Entry(
        id=1,
        at=AT,
        action=action,
        side="city",
        actor="Daniyar",
        text="",
        outcome=Outcome.PROMISED,
        assignee="Botagoz",
        attachments=2,
        department=culture,
        from_department=education,
        until=date(2026, 3, 20),
    )


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("action", list(Action))
def test_every_step_has_words_in_every_language(action: Action, language: Language) -> None:
    """A line begins with its moment and says something after it; no place for a fact is left empty or unfilled."""
    words, english = (Words(one, ALMATY) for one in (language, Language.EN))
    said = str(cards.history_line(words, _line(action), 2))
    assert said.startswith(words.moment(AT))
    assert len(said) > len(words.moment(AT)) + 5
    assert not re.search(r"[{}]|«»|: :|, ,", said)
    if language is not Language.EN:
        assert said.partition(": ")[2] != str(cards.history_line(english, _line(action), 2)).partition(": ")[2]


def test_nobody_and_nothing_known_leaves_a_sentence_all_the_same() -> None:
    """Of somebody who was forgotten, and of lines from before departments stood in them."""
    words = Words(Language.EN, ALMATY)
    bare = {"id": 1, "at": AT, "side": "", "actor": "", "text": "", "outcome": None, "assignee": "", "attachments": 0}
    for action in Action:
        said = str(cards.history_line(words, Entry(action=action, **bare)))  # type: ignore[arg-type]
        assert said.startswith("2 March 2026, 11:00: ")
        assert "None" not in said


# --- what fits ------------------------------------------------------------------------------------------------------

lines = st.lists(
    st.builds(Line, st.just(AT), st.text(max_size=80).map(Markup.escape), st.text(max_size=3_500)), max_size=25
)


@given(lines)
def test_pages_hold_every_line_once_in_order_and_fit_one_message(found: list[Line]) -> None:
    divided = pages(found)
    assert [line for page in divided for line in page] == found
    assert all(divided)
    for page in divided:
        assert len(page) == 1 or sum(line.units for line in page) <= ON_PAGE_UNITS


@given(lines)
def test_a_card_has_the_newest_lines_and_at_least_one(found: list[Line]) -> None:
    shown = list(latest(found))
    assert shown == found[len(found) - len(shown) :]
    assert min(1, len(found)) <= len(shown) <= ON_CARD


# --- one life, two readers ------------------------------------------------------------------------------------------


def _registered(cast: Cast) -> int:
    """The confirmation of her question, which she replies to."""
    message = next(m for m in cast.aigerim.phone.chat if f"№ {cast.number} is registered" in m.get("text", ""))
    return int(message["message_id"])


async def _long_life(cast: Cast) -> None:
    """Taken, noted, asked about, answered, reopened, answered again, judged; with additions between."""
    daniyar, aigerim, number = cast.daniyar, cast.aigerim, cast.number
    await daniyar.presses("take")
    await daniyar.writes(number)
    await daniyar.presses("note")
    await daniyar.writes(SECRET)
    await daniyar.writes(number)
    await daniyar.presses("clarify")
    await daniyar.writes("На какую дату нужен зал?")
    await daniyar.presses("send")
    await aigerim.writes("На 20 марта.")
    for text in ("Нужен микрофон.", "И пандус.", "И стулья."):
        await aigerim.writes(text, reply_to=_registered(cast))
    for outcome in ("outcome_explained", "outcome_done"):
        await daniyar.writes(number)
        await daniyar.presses("answer")
        await daniyar.presses(outcome)
        await daniyar.writes(ANSWER)
        await daniyar.presses("done_writing")
        await daniyar.presses("send")
        if outcome == "outcome_explained":
            await aigerim.presses("not_answered")
            await aigerim.writes("Про пандус ни слова.")
            cast.town.clock.skip(timedelta(days=1))
            await daniyar.writes(number)
            await daniyar.presses("take")
    await aigerim.presses("solved")


async def _whole_history(who: Somebody, number: str) -> list[str]:
    """Every line of it, as page after page shows them."""
    await who.writes(number)
    await who.presses("history")
    found = who.last.partition("\n")[2]
    while who.label("later") in who.buttons:
        await who.presses("later")
        found += "\n" + who.last.partition("\n")[2]
    assert who.last.startswith(f"№ {number}: history")
    return [line for line in found.splitlines() if line]


async def test_both_sides_read_the_same_history_but_for_what_is_the_citys_alone(asked: Cast) -> None:
    await _long_life(asked)
    city, ngo = [await _whole_history(who, asked.number) for who in (asked.daniyar, asked.aigerim)]
    assert [line for line in city if line not in ngo] == [
        "2 March 2026, 11:00: note of the city by Daniyar",
        SECRET,
    ]
    assert [line for line in city if "note of" not in line and line != SECRET] == ngo
    assert ngo == [
        "2 March 2026, 11:00: registered, sent by the NGO",
        "2 March 2026, 11:00: taken by Daniyar",
        "2 March 2026, 11:00: Daniyar asked the NGO",
        "На какую дату нужен зал?",
        "2 March 2026, 11:00: the NGO replied",
        "На 20 марта.",
        "2 March 2026, 11:00: addition by the NGO",
        "Нужен микрофон.",
        "2 March 2026, 11:00: addition by the NGO",
        "И пандус.",
        "2 March 2026, 11:00: addition by the NGO",
        "И стулья.",
        "2 March 2026, 11:00: answered by Daniyar: Explained",
        ANSWER,
        "2 March 2026, 11:00: the NGO says: Not answered; it went to the head of the department",
        "Про пандус ни слова.",
        "3 March 2026, 11:00: taken by Daniyar",
        "3 March 2026, 11:00: answered by Daniyar: Fulfilled",
        ANSWER,
        "3 March 2026, 11:00: the NGO says: Solved",
    ]
    await asked.aigerim.writes(asked.number)
    assert "History, the newest 8 of 12 lines\n" in asked.aigerim.last
    assert asked.aigerim.buttons[-3:] == ["History", "As a document", "Back"]


async def test_a_long_history_turns_its_pages_in_one_message(asked: Cast) -> None:
    aigerim = asked.aigerim
    for n in range(4):
        await aigerim.writes(f"{n} " + "ө" * 1_400, reply_to=_registered(asked))
    await aigerim.does("presses_data", f"history:{asked.number}:0")
    sent = len(aigerim.texts)
    assert aigerim.last.startswith(f"№ {asked.number}: history, page 1 of 2")
    await aigerim.presses("later")
    assert aigerim.last.startswith(f"№ {asked.number}: history, page 2 of 2")
    assert len(aigerim.texts) == sent
    assert utf16_length(aigerim.last) < MESSAGE
    for made_up in ("7", "-1", "x", str(2**63)):
        await aigerim.does("presses_data", f"history:{asked.number}:{made_up}")
        assert aigerim.last.startswith(f"№ {asked.number}: history, page ")
    await aigerim.presses("back")
    assert "Status: registered" in next(t for t in reversed(aigerim.texts) if "Status" in t)


async def test_what_was_promised_stands_in_the_history_with_what_became_of_it(asked: Cast) -> None:
    daniyar, aigerim = asked.daniyar, asked.aigerim
    await daniyar.presses("answer")
    await daniyar.presses("outcome_promised")
    await daniyar.writes("Пандус будет готов.")
    await daniyar.presses("done_writing")
    await daniyar.writes("20.03.2026")
    await daniyar.presses("send")
    await daniyar.writes("P-2026-0001")
    await daniyar.presses("promise_keep")
    await aigerim.writes(asked.number)
    text = aigerim.last
    assert "2 March 2026, 11:00: promised by Daniyar, by 20 March 2026 (promise P-2026-0001)" in text
    assert text.endswith("says that it is kept; the NGO may say otherwise until 17 March 2026 (promise P-2026-0001)")


@pytest.mark.parametrize("data", ["history:2026-000001:0", "document:2026-000001", "history", "document:2026-000009"])
async def test_a_history_is_shown_to_those_only_who_may_see_the_question(asked: Cast, data: str) -> None:
    stranger = await asked.town.an_ngo(asked.saule, "Erlan", "Общественный фонд «Көмек»", Language.EN)
    await stranger.does("presses_data", data)
    assert stranger.last.startswith("There is no such question, or it is not yours.")


# --- as a document --------------------------------------------------------------------------------------------------

HOSTILE = "=cmd|'/c calc'!A0\x0b\x00\ufffe <b>жирно</b> & {0.__class__} %s \u202eобратно\nвторая строка"


async def _document(who: Somebody, number: str) -> tuple[dict[str, Any], Any]:
    """What Telegram says of the file, and the file opened again."""
    await who.writes(number)
    await who.presses("document")
    about = who.phone.last["document"]
    return about, Document(io.BytesIO(who.town.telegram.files[about["file_id"]].content))


def _headings(document: Any) -> list[tuple[str, str]]:
    return [(p.style.name, p.text) for p in document.paragraphs if p.style.name.startswith("Heading")]


async def test_a_question_as_a_document_reads_like_its_card(asked: Cast) -> None:
    await asked.daniyar.presses("take")
    await asked.aigerim.does("sends_document", "x" * 300 + ".pdf", reply_to=_registered(asked))
    await asked.aigerim.does("sends_photo", caption="Фото зала", reply_to=_registered(asked))
    await asked.daniyar.writes(asked.number)
    await asked.daniyar.presses("note")
    await asked.daniyar.writes(SECRET)
    about, document = await _document(asked.aigerim, asked.number)
    assert about["file_name"] == f"{asked.number}.docx"
    assert _headings(document) == [
        ("Heading 1", f"№ {asked.number}: question and history"),
        ("Heading 2", "Text"),
        ("Heading 2", "Attachments"),
        ("Heading 2", "History"),
    ]
    text = [p.text for p in document.paragraphs]
    assert "Status: in work" in text
    assert "Responsible: Daniyar" in text
    assert "Made: 2 March 2026, 11:00" in text
    listed = [p.text for p in document.paragraphs if p.style.name == "List Number"]
    assert listed[0].startswith("document, xxx")
    assert listed[0].endswith("…, 1 KB, 2 March 2026, 11:00")
    assert listed[1] == "photo, 1 KB, 2 March 2026, 11:00"
    assert "2 March 2026, 11:00: addition by the NGO (1 attachment)" in text
    assert [p.text for p in document.paragraphs if p.style.name == "Quote"][-1] == "Фото зала"
    assert SECRET not in "\n".join(text)
    assert document.core_properties.title == f"№ {asked.number}: question and history"

    _, inside = await _document(asked.daniyar, asked.number)
    whole = "\n".join(p.text for p in inside.paragraphs)
    assert f"note of the city by Daniyar\n{SECRET}" in whole


async def test_a_document_is_in_the_readers_language_and_holds_hostile_texts_as_texts(
    cast_in_each_language: Cast,
) -> None:
    cast = cast_in_each_language
    number = await cast.town.a_question(cast.aigerim, HOSTILE)
    _, document = await _document(cast.aigerim, number)
    words = cast.aigerim.words
    assert [text for _, text in _headings(document)][1:] == [words.plain("Text"), words.label("history")]
    quoted = [p.text for p in document.paragraphs if p.style.name == "Quote"]
    assert quoted == ["=cmd|'/c calc'!A0 <b>жирно</b> & {0.__class__} %s обратно\nвторая строка"]
    tag = {Language.EN: "en-GB", Language.RU: "ru-RU", Language.KK: "kk-KZ"}[words.language]
    assert document.core_properties.language == tag
    assert f'w:lang w:val="{tag}"' in document.styles.element.xml


def test_what_is_of_the_city_alone_is_known_to_the_history() -> None:
    """The list by which lines are kept from an NGO is one of steps that have words."""
    assert set(Action) > CITY_ONLY
    assert set(cards._HISTORY) == set(Action)

"""Places in a template: a fixed set, each replaced once; all else is text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.people import Language, Names
from domain.template import PLACES, Template, filled, unknown

FACTS = {"number": "2026-000042", "organization": "Парасат {number}", "topic": "Зал", "due_date": "26 марта"}


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("№ {number}: {topic}", "№ 2026-000042: Зал"),
        ("{number}{number}", "2026-0000422026-000042"),
        ("{organization}", "Парасат {number}"),  # what a fact brings along is not looked at again
        ("{department}", "{department}"),  # the question has none
        ("{{number}}", "{2026-000042}"),
        ("{Number} { number } {number.real} {number!r} {0} {}", "{Number} { number } {number.real} {number!r} {0} {}"),
        ("{0.__class__} %(number)s $number", "{0.__class__} %(number)s $number"),
        ("\\{number} \\1 \\g<0>", "\\2026-000042 \\1 \\g<0>"),
    ],
)
def test_each_place_is_replaced_and_nothing_else(text: str, becomes: str) -> None:
    assert filled(text, FACTS) == becomes


@given(st.text(), st.text())
def test_a_text_without_places_stays_as_it_is_whatever_the_facts(text: str, fact: str) -> None:
    facts = dict.fromkeys(PLACES, fact)
    if not any(f"{{{place}}}" in text for place in PLACES):
        assert filled(text, facts) == text


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("№ {number}, {due_date}", []),
        ("{nomer} и {0.__class__}, {nomer}", ["{nomer}", "{0.__class__}"]),
        ("{} { } {\n}", ["{}", "{ }"]),
        ("{{number}}", []),
        ("} {", []),
    ],
)
def test_what_looks_like_a_place_and_is_none_is_named_once(text: str, named: list[str]) -> None:
    assert unknown(text) == named


@pytest.mark.parametrize(
    ("texts", "wanted", "found"),
    [
        (Names("e", "r", "k"), Language.KK, (Language.KK, "k")),
        (Names("e", "r", ""), Language.KK, (Language.RU, "r")),
        (Names("e", "", "k"), Language.RU, (Language.KK, "k")),
        (Names("", "r", "k"), Language.EN, (Language.RU, "r")),
        (Names("e", "", ""), Language.KK, (Language.EN, "e")),
    ],
)
def test_the_language_of_the_question_or_the_first_that_is_there(
    texts: Names, wanted: Language, found: tuple[Language, str]
) -> None:
    assert Template(1, 2, "Зал", texts).best_for(wanted) == found

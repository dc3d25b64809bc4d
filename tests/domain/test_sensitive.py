"""What a person is warned about before sending, and what they are not."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.sensitive import Sensitive, looks_sensitive

IIN = frozenset({Sensitive.IIN})
CARD = frozenset({Sensitive.CARD})
NOTHING: frozenset[Sensitive] = frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "900101300123",
        "Мой ИИН 900101300123, прошу помочь",
        "ИИН900101300123",
        "ИИН:900101300123.",
        "900101 300123",
        "900101-300-123",
        "900101–300123",
        "900 101 300 123",
        "9001 0130 0123",
        "9 0 0 1 0 1 3 0 0 1 2 3",
        "900101\u00a0300123",
        "９００１０１３００１２３",
        "000229600123",
        "911231000123",
        "2 человека: 900101300123 850612400456",
        "+7 701 123 45 67 900101300123",
        "2026-000042 900101300123",
        "ИИН 900101300123 5 000 тенге",
        "870112 345 678",
    ],
)
def test_a_persons_number_warns_however_it_is_typed(text: str) -> None:
    assert looks_sensitive(text) == IIN


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "карта 5555555555554444.",
        "378282246310005",
        "3782 822463 10005",
        "41111111 11111111",
        "4222222222222",
        "4400 4302 1234 5678",
        "4400430212345678",
        "4400 4302 1234 5678 12/27",
        "6304 0000 0000 0000 000",
        "4400 4302 1234 5678 123",
    ],
)
def test_a_bank_card_warns_mistyped_or_not(text: str) -> None:
    assert looks_sensitive(text) == CARD


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("", "empty"),
        ("Когда починят пандус?", "no digits"),
        ("БИН 971240001315", "an organisation's number is public"),
        ("БИН 9712 4000 1315", "in groups as well"),
        ("БИН 971240001315 2026", "with a year beside it"),
        ("БИН 240840012345 1234", "with any number beside it"),
        ("900001300123", "no month 00"),
        ("901301300123", "no month 13"),
        ("900132300123", "no day 32"),
        ("900230300123", "no 30 February"),
        ("900431300123", "no 31 April"),
        ("900101700123", "no century 7"),
        ("90010130012", "eleven digits"),
        ("87011234567", "a phone"),
        ("+77011234567", "a phone"),
        ("+7 701 123-45-67", "a phone"),
        ("8 (7182) 32-15-40", "a phone of the city"),
        ("8 701 123 45 67 8 702 765 43 21", "two phones"),
        ("87011234567 87021234567", "two phones"),
        ("2026-000042", "a question's number"),
        ("2026-000042 2026-000043", "two of them"),
        ("1 500 000 тенге", "a sum"),
        ("120 515 300 500 тенге", "a large sum"),
        ("120 515 000 000", "a round sum without a currency"),
        ("120515000000 тг", "a sum in one piece"),
        ("₸120515300500", "the sign before it"),
        ("4 400 430 212 345 678 ₸", "a sum as long as a card"),
        ("бюджет 900101300123 теңгеге жетті", "a sum with a Kazakh ending"),
        ("2012-05-14 0930", "a date and an hour"),
        ("с 2024-2025 2025-2026", "years of school"),
        ("KZ86125KZT5004100100", "a bank account"),
        ("KZ33 8562 2031 1111 1111", "a bank account of digits"),
        ("0000000000000000", "no card begins with 0"),
        ("1234 5678 9012 3456", "sixteen digits of no card"),
        ("9001.0130.0123", "dots part numbers"),
        ("900101\n300123", "so do lines"),
        ("900101300123456789012345", "longer than any card"),
    ],
)
def test_other_numbers_do_not_warn(text: str, because: str) -> None:
    assert looks_sensitive(text) == NOTHING, because


def test_both_are_found_in_one_text() -> None:
    assert looks_sensitive("ИИН 900101300123, карта 4111 1111 1111 1111") == IIN | CARD


def luhn_digit(digits: str) -> str:
    """The last digit by the table of ISO 7812: what each doubled digit gives."""
    doubled = {"0": 0, "1": 2, "2": 4, "3": 6, "4": 8, "5": 1, "6": 3, "7": 5, "8": 7, "9": 9}
    total = sum(doubled[d] if i % 2 == 0 else int(d) for i, d in enumerate(reversed(digits)))
    return str(-total % 10)


WORDS = st.text("абвгәіқ ,.!?\n", max_size=20)


@given(st.dates(), st.integers(0, 6), st.integers(0, 99_999), WORDS, WORDS)
def test_every_date_of_birth_makes_a_persons_number(
    born: date, century: int, serial: int, before: str, after: str
) -> None:
    assert Sensitive.IIN in looks_sensitive(f"{before} {born:%y%m%d}{century}{serial:05} ,{after}")


@given(st.from_regex("[1-9][0-9]{11,17}", fullmatch=True), WORDS, WORDS)
def test_every_number_with_the_checksum_of_a_card_warns(first: str, before: str, after: str) -> None:
    assert Sensitive.CARD in looks_sensitive(f"{before} {first}{luhn_digit(first)} ,{after}")


@given(st.from_regex("[0-9]{2}(0[1-9]|1[0-2])[456][0-3][0-9]{6}", fullmatch=True), WORDS, WORDS)
def test_no_organisations_number_warns(bin_: str, before: str, after: str) -> None:
    assert looks_sensitive(f"{before} {bin_} ,{after}") == NOTHING


@given(st.text())
def test_any_text_is_read_to_its_end(text: str) -> None:
    assert looks_sensitive(text) <= IIN | CARD


@pytest.mark.parametrize(
    "unit", ["1", "1 ", "123 ", "8 ", "kz12 ", "2026-", "$1 000 ", "12-", "7 701 ", "4400 ", "\u00a0", "- "]
)
def test_a_long_text_of_anything_takes_the_time_of_its_length(unit: str) -> None:
    """A search that went back and forth would need hours for a hundred thousand characters, not a moment."""
    looks_sensitive(unit * (100_000 // len(unit)))

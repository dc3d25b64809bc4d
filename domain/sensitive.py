"""Numbers that a person should not send: one warning before a question goes out (data minimisation).

An organisation's BIN, a phone, a question's number, a bank account of an NGO and a sum of money are no reason to
warn. Each pattern repeats a bounded number of times, so the search takes time in proportion to the text.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from enum import StrEnum


class Sensitive(StrEnum):
    """What a text seems to contain."""

    IIN = "iin"  # a person's twelve digits
    CARD = "card"  # the number of a bank card


def looks_sensitive(text: str) -> frozenset[Sensitive]:
    """What in this text looks like a number to keep to oneself. Digits may stand in groups by spaces or dashes."""
    runs = _runs(_HARMLESS.sub("\n", unicodedata.normalize("NFKC", text)))
    return frozenset(what for run in runs for what in _numbers(run))


_DASH = "\\-\u2010\u2011\u2012\u2013\u2014\u2212"
_GAP = f"[ \\t{_DASH}]"
_MONEY = r"(?: (?:тенге|теңге|рубл)\w{0,6} | (?:тг|kzt|тыс|мың|млн|млрд|руб|usd|eur)(?!\w) | [₸₽$€] )"
_HARMLESS = re.compile(
    rf"""
      kz [0-9]{{2}} (?: [ ]? [0-9a-z]{{4}} ){{4}} (?![0-9a-z])           # a bank account (IBAN)
    | (?<![0-9]) (?: \+7 | [78] ) [ ()\-]{{0,2}}                          # a phone: +7 701 123-45-67, 8 (7182) 32-15-40
      (?: [0-9]{{3}} [ ()\-]{{0,2}} [0-9]{{3}} | [0-9]{{4}} [ ()\-]{{0,2}} [0-9]{{2}} )
      [ \-]? [0-9]{{2}} [ \-]? [0-9]{{2}} (?![0-9])
    | (?<![0-9]) 20[0-9]{{2}} [{_DASH}] [0-9]{{6}} (?![0-9])              # the number of a question
    | (?<![0-9]) (?:19|20)[0-9]{{2}} - [0-9]{{2}} - [0-9]{{2}} (?![0-9])  # a date
    | (?<![0-9]) (?: [0-9]{{1,3}} (?: [ ][0-9]{{3}} ){{1,6}} | [0-9]{{1,19}} ) (?: [.,][0-9]{{1,2}} )? [ ]? {_MONEY}
    | [₸$€] [ ]? [0-9]{{1,3}} (?: [ ]?[0-9]{{3}} ){{0,6}} (?![0-9])       # sums of money, the sign after or before
    """,
    re.VERBOSE | re.IGNORECASE,
)
_GROUP = re.compile("[0-9]+")
_BETWEEN = re.compile(f"{_GAP}{{1,3}}")


def _runs(text: str) -> Iterator[list[str]]:
    """Groups of digits that nothing but spaces and dashes parts."""
    run: list[str] = []
    end = 0
    for group in _GROUP.finditer(text):
        if run and not _BETWEEN.fullmatch(text, end, group.start()):
            yield run
            run = []
        run.append(group[0])
        end = group.end()
    if run:
        yield run


def _numbers(run: Sequence[str]) -> Iterator[Sensitive]:
    """What stands side by side in a run; a group belongs to one number, so no IIN is seen in the middle of a card."""
    first = 0
    while first < len(run):
        size, what = _longest_from(run, first)
        if what:
            yield what
        first += size


def _longest_from(run: Sequence[str], first: int) -> tuple[int, Sensitive | None]:
    """The longest number that begins with this group: of how many groups, and what it is."""
    found: tuple[int, Sensitive | None] = (1, None)
    length = 0
    for last in range(first, len(run)):
        length += len(run[last])
        if length > _LONGEST:
            break
        groups = run[first : last + 1]
        if _is_card(groups):
            found = (len(groups), Sensitive.CARD)
        elif _is_iin(groups):
            found = (len(groups), Sensitive.IIN)
    return found


_LONGEST = 19
"""Digits of the longest card."""
_BIRTHDAY = re.compile(
    """
    [0-9]{2}
    (?: (?:0[13578]|1[02]) (?:0[1-9]|[12][0-9]|3[01])
      | (?:0[469]|11)      (?:0[1-9]|[12][0-9]|30)
      | 02                 (?:0[1-9]|[12][0-9]) )
    [0-6]   # century and sex; 0 for a foreigner
    [0-9]{5}
    """,
    re.VERBOSE,
)


def _is_iin(groups: Sequence[str]) -> bool:
    """A date of birth, then the century; a BIN has 4 to 6 where the day begins. The check digit may be mistyped."""
    return _BIRTHDAY.fullmatch("".join(groups)) is not None and not _round_sum(groups)


def _round_sum(groups: Sequence[str]) -> bool:
    """Written like 120 515 000 000: in thousands, to the thousand."""
    return len(groups) > 1 and all(len(group) == 3 for group in groups[1:]) and groups[-1] == "000"


def _is_card(groups: Sequence[str]) -> bool:
    """As printed on a card, or typed in one piece; a mistyped one counts when it has the sixteen digits of a card."""
    digits = "".join(groups)
    if not 13 <= len(digits) <= _LONGEST or digits[0] == "0" or not _grouped_like_a_card(groups):
        return False
    mistyped = len(digits) == 16 and digits[0] in "23456" and {len(group) for group in groups} in ({4}, {16})
    return mistyped or _luhn(digits)


def _grouped_like_a_card(groups: Sequence[str]) -> bool:
    """4-4-4-4, 4-6-5, 8-8 or in one piece; not thousands of a sum, a row of years, or a BIN with a number beside it."""
    if len(groups) == 1:
        return True
    years = all(len(group) == 4 and group[:2] in ("19", "20") for group in groups)
    return not years and all(4 <= len(group) <= 8 for group in groups[:-1]) and len(groups[-1]) <= 8


def _luhn(digits: str) -> bool:
    """The checksum of bank cards: every second digit from the right doubled, its digits summed, divisible by ten."""
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (doubled + sum(int(digit) for digit in digits[-1::-2])) % 10 == 0

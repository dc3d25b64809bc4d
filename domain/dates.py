"""Dates as people type them, in figures or in words, in three languages."""

import re
from calendar import isleap
from collections.abc import Iterator
from datetime import date, timedelta

_MONTHS = (
    ("январ", "қаңтар", "january"),
    ("феврал", "ақпан", "february"),
    ("март", "наурыз", "march"),
    ("апрел", "сәуір", "april"),
    ("мая", "мамыр", "may"),
    ("июн", "маусым", "june"),
    ("июл", "шілде", "july"),
    ("август", "тамыз", "august"),
    ("сентябр", "қыркүйек", "september"),
    ("октябр", "қазан", "october"),
    ("ноябр", "қараша", "november"),
    ("декабр", "желтоқсан", "december"),
)
"""How the months begin, in Russian, Kazakh and English; an ending may follow."""
_HALF_A_YEAR = timedelta(days=183)
_MONTH_NUMBERS = {name: n for n, names in enumerate(_MONTHS, 1) for name in names}
_DATE = re.compile(
    r"(?<![\d.])(?P<day>\d{1,2})[./](?P<month>\d{1,2})[./](?P<year>\d{4})(?!\d)"
    r"|(?<![\d-])(?P<iso_year>\d{4})-(?P<iso_month>\d{2})-(?P<iso_day>\d{2})(?![\d-])"
    r"|(?:(?P<before>\d{4})[ \u00a0]жыл\w*[ \u00a0])?"
    rf"(?<![\d.])(?P<d>\d{{1,2}})[ \u00a0](?P<name>{'|'.join(_MONTH_NUMBERS)})\w*"
    r"(?:[ \u00a0](?P<after>\d{4})(?!\d))?",
    re.IGNORECASE,
)
"""`20.04.2026`, `2026-04-20`, `20 апреля 2026`, `2026 жылғы 20 сәуірге`, `20 апреля`."""


def _day(match: re.Match[str], today: date | None) -> date | None:
    """A date without a year is this year's, or the next year's where that is near."""
    said = match.groupdict()
    day, month = int(said["day"] or said["iso_day"] or said["d"]), said["month"] or said["iso_month"]
    number = int(month) if month else _MONTH_NUMBERS[said["name"].lower()]
    year = said["year"] or said["iso_year"] or said["before"] or said["after"]
    try:
        if year:
            return date(int(year), number, day)
        return _nearest(today, number, day) if today else None
    except ValueError:
        return None


def _nearest(today: date, month: int, day: int) -> date:
    if (month, day) == (2, 29) and isleap(today.year):
        return date(today.year, month, day)
    next_one = date(today.year + 1, month, day)
    return next_one if next_one - today <= _HALF_A_YEAR else date(today.year, month, day)


def typed_date(text: str, today: date | None = None) -> date | None:
    """A date and nothing else; None when it is no date. Without `today` its year must be typed as well."""
    match = _DATE.fullmatch(text.strip().rstrip("."))
    return _day(match, today) if match else None


def looks_like_date(text: str) -> bool:
    """Meant as a date, even where there is no such day."""
    return _DATE.fullmatch(text.strip().rstrip(".")) is not None


def date_and_reason(text: str, today: date) -> tuple[date | None, str]:
    """`20.04.2026, no cement until then`: the date it begins with, and what follows; all is reason without one."""
    match = _DATE.match(text.strip())
    day = _day(match, today) if match else None
    if match is None or day is None:
        return None, text.strip()
    return day, text.strip()[match.end() :].lstrip(" ,.;:–—-\n")


def dates_in(text: str, today: date | None = None) -> Iterator[date]:
    """Every date that stands in the text, in its order; days that do not exist are passed over."""
    for match in _DATE.finditer(text):
        if day := _day(match, today):
            yield day

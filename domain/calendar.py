"""The working calendar of Kazakhstan as data, and what is counted with it: due dates and quiet hours.

    Labour code art. 84     which days are days off: the week's, and those moved to another day
    Labour code art. 85     public holidays are not worked
    АППК art. 64 p. 3       when a question counts as received
    АППК art. 76            how long an answer may take

The days come from the library `holidays`, corrected by an administrator: the Government moves days off by
decree a few weeks ahead, and in 2026 two holidays changed within the year. Moments are aware; days are the city's.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo


def N_(message: str) -> str:
    """Mark a phrase for the catalogues of `texts` without translating it here."""
    return message


class HolidayName(StrEnum):
    """A public holiday. Names are ours because `holidays` silently answers in English when asked for Russian."""

    NEW_YEAR = "new_year"  # 1 and 2 January
    CHRISTMAS = "christmas"  # 7 January; never moves
    WOMENS_DAY = "womens_day"  # 8 March
    NAURYZ = "nauryz"  # 21-23 March
    SOLIDARITY = "solidarity"  # 1 May
    DEFENDER = "defender"  # 7 May
    VICTORY = "victory"  # 9 May
    CAPITAL = "capital"  # 6 July
    CONSTITUTION = "constitution"  # 30 August until 2025, 15 March from 2027, none in 2026
    REPUBLIC = "republic"  # 25 October
    INDEPENDENCE = "independence"  # 16 December
    KURBAN_AIT = "kurban_ait"  # its first day, by the moon; never moves
    OTHER = "other"  # a holiday that the library learned before we did


HOLIDAY_NAMES = {
    HolidayName.NEW_YEAR: N_("New Year"),
    HolidayName.CHRISTMAS: N_("Orthodox Christmas"),
    HolidayName.WOMENS_DAY: N_("International Women's Day"),
    HolidayName.NAURYZ: N_("Nauryz"),
    HolidayName.SOLIDARITY: N_("Unity Day of the People of Kazakhstan"),
    HolidayName.DEFENDER: N_("Defender of the Fatherland Day"),
    HolidayName.VICTORY: N_("Victory Day"),
    HolidayName.CAPITAL: N_("Capital Day"),
    HolidayName.CONSTITUTION: N_("Constitution Day"),
    HolidayName.REPUBLIC: N_("Republic Day"),
    HolidayName.INDEPENDENCE: N_("Independence Day"),
    HolidayName.KURBAN_AIT: N_("Kurban-ait"),
    HolidayName.OTHER: N_("public holiday"),
}
"""What a holiday is called, as an English msgid of our catalogue."""

_OF_THE_LIBRARY = {
    "New Year's Day": HolidayName.NEW_YEAR,
    "Orthodox Christmas": HolidayName.CHRISTMAS,
    "International Women's Day": HolidayName.WOMENS_DAY,
    "Nowruz Holiday": HolidayName.NAURYZ,
    "Kazakhstan's People Solidarity Holiday": HolidayName.SOLIDARITY,
    "Defender of the Fatherland Day": HolidayName.DEFENDER,
    "Victory Day": HolidayName.VICTORY,
    "Capital Day": HolidayName.CAPITAL,
    "Constitution Day": HolidayName.CONSTITUTION,
    "Republic Day": HolidayName.REPUBLIC,
    "Independence Day": HolidayName.INDEPENDENCE,
    "Eid al-Adha": HolidayName.KURBAN_AIT,
}


class Why(StrEnum):
    """What kind of day off it is."""

    WEEKEND = "weekend"  # Saturday or Sunday of the five-day week
    HOLIDAY = "holiday"  # a public holiday itself, on whatever day of the week
    INSTEAD = "instead"  # the holiday fell on a day off, so this working day is off
    MOVED = "moved"  # moved here from a weekend by decree of the Government
    CORRECTED = "corrected"  # an administrator's correction, with a reason of its own


REASON_WORDS = {
    Why.WEEKEND: N_("weekend"),
    Why.HOLIDAY: "{holiday}",
    Why.INSTEAD: N_("day off for {holiday}"),
    Why.MOVED: N_("moved day off"),
    Why.CORRECTED: "{reason}",
}
"""How a reason reads, as an English msgid; `{holiday}` is the translated name, `{reason}` the administrator's words."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a day is off. `holiday` goes with HOLIDAY and INSTEAD, the two texts with CORRECTED."""

    why: Why
    holiday: HolidayName | None = None
    reason_kk: str = ""
    reason_ru: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """An administrator's word on one day, stronger than the law's table: off or working, and why, in two languages."""

    day: date
    working: bool
    reason_kk: str
    reason_ru: str


WEEKEND = Reason(Why.WEEKEND)
_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class _Year:
    """The public calendar of one year: days off by holiday or decree, and weekends that are worked."""

    off: dict[date, Reason]
    worked: frozenset[date]


@lru_cache(maxsize=64)
def _year(year: int) -> _Year:
    """The library's table of a year. Loaded once per process: the first call takes a tenth of a second."""
    import holidays  # here, because importing it is slow and most of the program never counts days

    # The next year too: its table says which weekend of this December is worked (28 December 2013).
    known = holidays.country_holidays("KZ", years=(year, year + 1), language="en_US")
    return _Year(
        off={day: _reason(name) for day, name in known.items() if day.year == year},
        worked=frozenset(day for day in known.weekend_workdays if day.year == year),
    )


def _reason(names: str) -> Reason:
    """Read the library's English: `Victory Day (observed)`, `Eid al-Adha (estimated)`, `A; B` when two coincide."""
    name, _, note = names.split("; ")[0].partition(" (")
    if name == "Day off":
        return Reason(Why.MOVED)
    why = Why.INSTEAD if note.startswith("observed") else Why.HOLIDAY
    return Reason(why, _OF_THE_LIBRARY.get(name, HolidayName.OTHER))


@dataclass(frozen=True)
class WorkingCalendar:
    """Which days the city works: labour code art. 84-85 by the library, then the administrator's corrections.

    A value: changing the calendar means building another one. When two corrections name a day, the later wins.
    """

    corrections: tuple[Correction, ...] = ()
    _corrected: dict[date, Correction] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_corrected", {c.day: c for c in self.corrections})

    def why_off(self, day: date) -> Reason | None:
        """Why nobody works on this day, or None when they do (labour code art. 84-85)."""
        if isinstance(day, datetime):  # a datetime passes for a date but is never found in the tables
            raise TypeError("A day of the calendar is a date, not a moment")
        if correction := self._corrected.get(day):
            return _in_words_of(correction)
        table = _year(day.year)
        if reason := table.off.get(day):
            return reason
        return WEEKEND if day.weekday() >= _SATURDAY and day not in table.worked else None

    def is_working(self, day: date) -> bool:
        """Whether the city works on this day (labour code art. 84-85)."""
        return self.why_off(day) is None

    def next_working(self, day: date) -> date:
        """The first working day on or after this one."""
        while not self.is_working(day):
            day += _DAY
        return day

    def add(self, day: date, n: int) -> date:
        """The n-th working day after this day; with a negative n, before it. Zero is the day itself, working or not."""
        step = _DAY if n > 0 else -_DAY
        for _ in range(abs(n)):
            day += step
            while not self.is_working(day):
                day += step
        return day

    def working_days_between(self, a: date, b: date) -> int:
        """How many working days lie after `a` up to and including `b`; negative when `b` is earlier.

        The opposite of `add`: from a due date to today it counts the working days late.
        """
        if b < a:
            return -sum(self.is_working(day) for day in days(b, a - _DAY))
        return sum(self.is_working(day) for day in days(a + _DAY, b))

    def skipped(self, a: date, b: date) -> tuple[tuple[date, Reason], ...]:
        """Every day off from `a` to `b`, both included, with its reason, in order."""
        return tuple((day, reason) for day in days(a, b) if (reason := self.why_off(day)))


def days(a: date, b: date) -> Iterator[date]:
    """The days from `a` to `b`, both included; none when `b` is earlier."""
    return (a + timedelta(days=i) for i in range((b - a).days + 1))


def _in_words_of(correction: Correction) -> Reason | None:
    if correction.working:
        return None
    return Reason(Why.CORRECTED, reason_kk=correction.reason_kk, reason_ru=correction.reason_ru)


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """The city's working day in local time. Each end is outside: at 18:30 sharp the day is over, at 14:30 lunch is.

    Without a lunch break both its ends are the end of the day.
    """

    start: time
    end: time
    lunch_start: time
    lunch_end: time

    def __post_init__(self) -> None:
        if not self.start < self.end:
            raise ValueError(f"Working hours end ({self.end:%H:%M}) after they start ({self.start:%H:%M})")
        if not self.start < self.lunch_start <= self.lunch_end <= self.end:
            raise ValueError(
                f"Lunch {self.lunch_start:%H:%M}-{self.lunch_end:%H:%M} must lie within "
                f"the working hours {self.start:%H:%M}-{self.end:%H:%M}"
            )

    @classmethod
    def parse(cls, hours: str, lunch: str) -> "WorkingHours":
        """Read `09:00-18:30` and `13:00-14:30`; an empty lunch means no break. ValueError says what is wrong."""
        start, end = _span(hours)
        lunch_start, lunch_end = _span(lunch) if lunch.strip() else (end, end)
        return cls(start, end, lunch_start, lunch_end)

    def contains(self, moment: time) -> bool:
        """Whether people are at their desks: within the hours and not at lunch."""
        return self.start <= moment < self.end and not self.lunch_start <= moment < self.lunch_end


def _span(text: str) -> tuple[time, time]:
    try:
        start, end = (datetime.strptime(part.strip(), "%H:%M").time() for part in text.split("-"))  # noqa: DTZ007
    except ValueError:
        raise ValueError(f"{text!r} is not a span of time: write it as 09:00-18:30") from None
    return start, end


class StartMoved(StrEnum):
    """Why counting does not start from the day of receipt (АППК art. 64 p. 3)."""

    AFTER_HOURS = "after_hours"  # received on a working day when it was over
    DAY_OFF = "day_off"  # received on a day off


@dataclass(frozen=True, slots=True)
class DueDate:
    """By which local date an answer is owed, and everything needed to explain it (АППК art. 64 p. 3, art. 76)."""

    received_on: date
    """The city's date on which the question was received and registered."""
    start: date
    """The working day counted from: the day of receipt, or the next working one."""
    start_moved_because: StartMoved | None
    term: int
    """In working days."""
    first_day_counts: bool
    """Whether `start` is day 1 (true) or day 0; two readings of the same article."""
    due_on: date
    """A working day, to its end."""
    skipped: tuple[tuple[date, Reason], ...]
    """Each day off from `received_on` to `due_on`."""


def due(
    registered_at: datetime,
    term: int,
    *,
    calendar: WorkingCalendar,
    hours: WorkingHours,
    zone: ZoneInfo,
    first_day_counts: bool,
) -> DueDate:
    """Count `term` working days from the receipt (АППК art. 76), which is an aware moment of any zone.

    Received after working hours or on a day off counts from the next working day (art. 64 p. 3); at lunch or
    before the day begins, from the same day.
    """
    if term < 1:
        raise ValueError("A term is at least one working day")
    received_on, start, moved = _counting(registered_at, calendar, hours, zone)
    due_on = calendar.add(start, term - 1 if first_day_counts else term)
    skipped = calendar.skipped(received_on, due_on)
    return DueDate(received_on, start, moved, term, first_day_counts, due_on, skipped)


def term_starts(registered_at: datetime, *, calendar: WorkingCalendar, hours: WorkingHours, zone: ZoneInfo) -> date:
    """The working day that `due` counts from (АППК art. 64 p. 3), whatever the term."""
    return _counting(registered_at, calendar, hours, zone)[1]


def _counting(
    registered_at: datetime, calendar: WorkingCalendar, hours: WorkingHours, zone: ZoneInfo
) -> tuple[date, date, StartMoved | None]:
    """The date of receipt, the day counted from, and why that is another one."""
    local = _local(registered_at, zone)
    received_on = local.date()
    moved = _start_moved(local, calendar, hours)
    return received_on, received_on if moved is None else calendar.add(received_on, 1), moved


def _start_moved(local: datetime, calendar: WorkingCalendar, hours: WorkingHours) -> StartMoved | None:
    if not calendar.is_working(local.date()):
        return StartMoved.DAY_OFF
    return StartMoved.AFTER_HOURS if local.time() >= hours.end else None


def quiet(moment: datetime, calendar: WorkingCalendar, hours: WorkingHours, zone: ZoneInfo) -> bool:
    """Whether reminders and digests wait at this moment: outside working hours, at lunch, on a day off."""
    local = _local(moment, zone)
    return not (hours.contains(local.time()) and calendar.is_working(local.date()))


def next_allowed(moment: datetime, calendar: WorkingCalendar, hours: WorkingHours, zone: ZoneInfo) -> datetime:
    """The first moment, this one or later, at which reminders may go out; in the city's zone."""
    local = _local(moment, zone)
    if not quiet(local, calendar, hours, zone):
        return local
    today = local.date()
    if calendar.is_working(today) and local.time() < hours.end:
        opens = hours.start if local.time() < hours.start else hours.lunch_end
        if opens < hours.end:  # a lunch may last until the day's end
            return datetime.combine(today, opens, zone)
    return datetime.combine(calendar.add(today, 1), hours.start, zone)


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("A moment must say its zone: a naive one would be read as the server's")
    return moment.astimezone(zone)

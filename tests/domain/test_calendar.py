"""Working days, due dates and quiet hours against calendars printed by news agencies and counted by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import (
    HOLIDAY_NAMES,
    REASON_WORDS,
    WEEKEND,
    Correction,
    DueDate,
    HolidayName,
    Reason,
    StartMoved,
    Why,
    WorkingCalendar,
    WorkingHours,
    days,
    due,
    next_allowed,
    quiet,
    term_starts,
)

CITY = ZoneInfo("Asia/Almaty")
HOURS = WorkingHours.parse("09:00-18:30", "13:00-14:30")
CALENDAR = WorkingCalendar()


def at(text: str) -> datetime:
    """A moment by the city's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=CITY)


def day(text: str) -> date:
    return date.fromisoformat(text)


def off(text: str) -> Correction:
    return Correction(day(text), False, "Аяз", "Мороз")


def works(text: str) -> Correction:
    return Correction(day(text), True, "Ауыстырылған жұмыс күні", "Перенесённый рабочий день")


def owed(
    registered_at: datetime,
    term: int = 15,
    *,
    calendar: WorkingCalendar = CALENDAR,
    first_day_counts: bool = True,
) -> DueDate:
    return due(registered_at, term, calendar=calendar, hours=HOURS, zone=CITY, first_day_counts=first_day_counts)


class TestDays:
    def test_the_days_off_of_2026_beside_weekends_are_those_of_the_printed_calendar(self) -> None:
        printed = """01-01 01-02 01-07 03-09 03-23 03-24 03-25 05-01 05-07 05-11
                     05-27 07-06 10-26 12-16"""
        off_days = [d for d in days(day("2026-01-01"), day("2026-12-31")) if not CALENDAR.is_working(d)]
        assert [d for d in off_days if d.weekday() < 5] == [day(f"2026-{d}") for d in printed.split()]

    def test_every_weekend_of_2026_is_off(self) -> None:
        weekends = [d for d in days(day("2026-01-01"), day("2026-12-31")) if d.weekday() >= 5]
        assert not any(CALENDAR.is_working(d) for d in weekends)

    @pytest.mark.parametrize(
        ("on", "working", "fact"),
        [
            ("2024-05-08", False, "a Wednesday off by decree"),
            ("2024-05-04", True, "the Saturday worked for it"),
            ("2025-01-03", False, "a Friday off by decree"),
            ("2025-01-05", True, "the Sunday worked for it"),
            ("2013-12-28", True, "a Saturday worked for a day off of the next year"),
            ("2025-09-01", False, "instead of Constitution Day on a Saturday"),
            ("2026-08-31", True, "30 August is no holiday any more, so Monday works"),
            ("2027-03-15", False, "Constitution Day has moved to March"),
            ("2027-08-30", True, "and away from August"),
            ("2024-01-08", True, "Christmas on a Sunday does not move"),
            ("2024-06-17", True, "nor does Kurban-ait"),
            ("2026-12-15", True, "an ordinary Tuesday"),
        ],
    )
    def test_moved_days(self, on: str, working: bool, fact: str) -> None:
        assert CALENDAR.is_working(day(on)) is working, fact

    @pytest.mark.parametrize(
        ("on", "reason"),
        [
            ("2026-12-15", None),
            ("2026-12-13", WEEKEND),
            ("2026-12-16", Reason(Why.HOLIDAY, HolidayName.INDEPENDENCE)),
            ("2026-03-21", Reason(Why.HOLIDAY, HolidayName.NAURYZ)),
            ("2026-03-09", Reason(Why.INSTEAD, HolidayName.WOMENS_DAY)),
            ("2026-05-27", Reason(Why.HOLIDAY, HolidayName.KURBAN_AIT)),
            ("2024-05-08", Reason(Why.MOVED)),
            ("2026-01-07", Reason(Why.HOLIDAY, HolidayName.CHRISTMAS)),
            ("2025-08-30", Reason(Why.HOLIDAY, HolidayName.CONSTITUTION)),
        ],
    )
    def test_each_day_off_says_why(self, on: str, reason: Reason | None) -> None:
        assert CALENDAR.why_off(day(on)) == reason

    def test_we_know_every_name_the_library_gives_from_2022_on(self) -> None:
        reasons = [CALENDAR.why_off(d) for d in days(day("2022-01-01"), day("2045-12-31"))]
        assert HolidayName.OTHER not in {reason.holiday for reason in reasons if reason}

    def test_everything_that_can_be_said_has_words(self) -> None:
        assert set(HOLIDAY_NAMES) == set(HolidayName)
        assert set(REASON_WORDS) == set(Why)

    def test_a_moment_is_refused_where_a_day_is_meant(self) -> None:
        with pytest.raises(TypeError, match="date"):
            CALENDAR.is_working(at("2026-12-16 10:00"))


class TestCorrections:
    def test_an_administrator_makes_a_day_off_with_a_reason(self) -> None:
        corrected = WorkingCalendar((off("2026-12-15"),))
        assert corrected.why_off(day("2026-12-15")) == Reason(Why.CORRECTED, None, "Аяз", "Мороз")

    @pytest.mark.parametrize("on", ["2026-12-13", "2026-12-16", "2026-03-09"])
    def test_an_administrator_makes_a_day_off_working(self, on: str) -> None:
        assert WorkingCalendar((works(on),)).is_working(day(on))

    def test_the_later_word_on_a_day_holds(self) -> None:
        assert WorkingCalendar((off("2026-12-15"), works("2026-12-15"))).is_working(day("2026-12-15"))

    def test_a_calendar_without_corrections_is_untouched_by_another_one(self) -> None:
        WorkingCalendar((off("2026-12-15"),)).is_working(day("2026-12-15"))
        assert CALENDAR.is_working(day("2026-12-15"))


class TestCounting:
    @pytest.mark.parametrize(
        ("start", "n", "end"),
        [
            ("2026-12-10", 0, "2026-12-10"),
            ("2026-12-10", 1, "2026-12-11"),
            ("2026-12-11", 1, "2026-12-14"),
            ("2026-12-15", 1, "2026-12-17"),
            ("2026-12-12", 1, "2026-12-14"),
            ("2026-12-31", -3, "2026-12-28"),
            ("2026-12-17", -1, "2026-12-15"),
            ("2026-12-31", 1, "2027-01-05"),
        ],
    )
    def test_add(self, start: str, n: int, end: str) -> None:
        assert CALENDAR.add(day(start), n) == day(end)

    @pytest.mark.parametrize(
        ("a", "b", "n"),
        [
            ("2026-12-10", "2026-12-10", 0),
            ("2026-12-10", "2026-12-14", 2),
            ("2026-12-14", "2026-12-10", -2),
            ("2026-12-11", "2026-12-13", 0),
            ("2026-12-31", "2027-01-05", 1),
        ],
    )
    def test_working_days_between(self, a: str, b: str, n: int) -> None:
        assert CALENDAR.working_days_between(day(a), day(b)) == n

    @pytest.mark.parametrize(
        ("on", "first"), [("2026-12-15", "2026-12-15"), ("2026-12-16", "2026-12-17"), ("2027-01-01", "2027-01-05")]
    )
    def test_next_working(self, on: str, first: str) -> None:
        assert CALENDAR.next_working(day(on)) == day(first)


class TestDue:
    def test_the_example_of_the_lawyers_question(self) -> None:
        """Thursday 10 December 2026 and 15 working days: two readings of one article, two dates."""
        assert owed(at("2026-12-10 11:00")).due_on == day("2026-12-31")
        assert owed(at("2026-12-10 11:00"), first_day_counts=False).due_on == day("2027-01-05")

    def test_each_day_off_on_the_way_is_named(self) -> None:
        skipped = dict(owed(at("2026-12-10 11:00"), first_day_counts=False).skipped)
        assert [d.day for d in skipped] == [12, 13, 16, 19, 20, 26, 27, 1, 2, 3, 4]
        assert skipped[day("2026-12-16")].holiday is HolidayName.INDEPENDENCE
        assert skipped[day("2027-01-04")] == Reason(Why.INSTEAD, HolidayName.NEW_YEAR)

    @pytest.mark.parametrize(
        ("received", "start", "because"),
        [
            ("2026-12-10 11:00", "2026-12-10", None),
            ("2026-12-10 00:00", "2026-12-10", None),
            ("2026-12-10 08:59", "2026-12-10", None),
            ("2026-12-10 13:40", "2026-12-10", None),
            ("2026-12-10 18:29:59", "2026-12-10", None),
            ("2026-12-10 18:30", "2026-12-11", StartMoved.AFTER_HOURS),
            ("2026-12-11 23:59", "2026-12-14", StartMoved.AFTER_HOURS),
            ("2026-12-12 11:00", "2026-12-14", StartMoved.DAY_OFF),
            ("2026-12-16 20:00", "2026-12-17", StartMoved.DAY_OFF),
            ("2024-05-04 11:00", "2024-05-04", None),
        ],
    )
    def test_where_counting_starts(self, received: str, start: str, because: StartMoved | None) -> None:
        counted = owed(at(received))
        assert (counted.start, counted.start_moved_because) == (day(start), because)
        assert term_starts(at(received), calendar=CALENDAR, hours=HOURS, zone=CITY) == day(start)

    def test_the_city_decides_what_day_it_is(self) -> None:
        """23:30 of the ninth in UTC is 04:30 of the tenth in Pavlodar."""
        assert owed(datetime(2026, 12, 9, 23, 30, tzinfo=UTC)).received_on == day("2026-12-10")

    def test_a_weekend_before_the_start_is_named_too(self) -> None:
        skipped = owed(at("2026-12-11 19:00"), term=1).skipped
        assert skipped == ((day("2026-12-12"), WEEKEND), (day("2026-12-13"), WEEKEND))

    def test_a_term_of_one_day_that_counts_is_today(self) -> None:
        assert owed(at("2026-12-10 11:00"), term=1).due_on == day("2026-12-10")

    def test_forwarding_within_three_days_over_a_weekend(self) -> None:
        assert owed(at("2026-12-10 11:00"), term=3, first_day_counts=False).due_on == day("2026-12-15")

    def test_no_term_is_refused(self) -> None:
        with pytest.raises(ValueError, match="at least one"):
            owed(at("2026-12-10 11:00"), term=0)

    def test_a_naive_moment_is_refused(self) -> None:
        with pytest.raises(ValueError, match="zone"):
            owed(datetime(2026, 12, 10, 11, 0))  # noqa: DTZ001 - that is what is refused


MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2029, 12, 31), timezones=st.just(CITY))  # noqa: DTZ001 - zoned by `timezones`
TERMS = st.integers(1, 60)
CORRECTIONS = st.lists(
    st.builds(
        Correction,
        st.dates(date(2024, 1, 1), date(2030, 12, 31)),
        st.booleans(),
        st.just("Себеп"),
        st.just("Причина"),
    ),
    max_size=20,
)
CALENDARS = CORRECTIONS.map(lambda corrections: WorkingCalendar(tuple(corrections)))


class TestDueAlways:
    @given(MOMENTS, TERMS, st.booleans(), CALENDARS)
    def test_falls_on_a_working_day_and_starts_on_one(
        self, received: datetime, term: int, first: bool, calendar: WorkingCalendar
    ) -> None:
        counted = owed(received, term, calendar=calendar, first_day_counts=first)
        assert calendar.is_working(counted.start)
        assert calendar.is_working(counted.due_on)

    @given(MOMENTS, TERMS, st.booleans(), CALENDARS)
    def test_leaves_exactly_the_term_of_working_days(
        self, received: datetime, term: int, first: bool, calendar: WorkingCalendar
    ) -> None:
        counted = owed(received, term, calendar=calendar, first_day_counts=first)
        passed = (counted.due_on - counted.start).days + (1 if first else 0)
        skipped = sum(d > counted.start for d, _ in counted.skipped)
        assert passed - skipped == term

    @given(MOMENTS, TERMS, CALENDARS)
    def test_is_earlier_when_the_first_day_counts(
        self, received: datetime, term: int, calendar: WorkingCalendar
    ) -> None:
        counted = owed(received, term, calendar=calendar, first_day_counts=True)
        assert counted.due_on < owed(received, term, calendar=calendar, first_day_counts=False).due_on

    @given(MOMENTS, TERMS, st.booleans(), CALENDARS)
    def test_is_later_with_a_longer_term(
        self, received: datetime, term: int, first: bool, calendar: WorkingCalendar
    ) -> None:
        shorter = owed(received, term, calendar=calendar, first_day_counts=first)
        assert shorter.due_on < owed(received, term + 1, calendar=calendar, first_day_counts=first).due_on

    @given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=30)), TERMS, st.booleans(), CALENDARS)
    def test_is_no_earlier_for_whoever_came_later(
        self, received: datetime, later: timedelta, term: int, first: bool, calendar: WorkingCalendar
    ) -> None:
        earlier = owed(received, term, calendar=calendar, first_day_counts=first)
        assert earlier.due_on <= owed(received + later, term, calendar=calendar, first_day_counts=first).due_on

    @given(MOMENTS, TERMS, st.booleans(), CALENDARS, st.integers(-5, 90))
    def test_is_no_earlier_for_one_more_day_off(
        self, received: datetime, term: int, first: bool, calendar: WorkingCalendar, distance: int
    ) -> None:
        one_more = Correction(received.date() + timedelta(days=distance), False, "Себеп", "Причина")
        longer = replace(calendar, corrections=(*calendar.corrections, one_more))
        before = owed(received, term, calendar=calendar, first_day_counts=first).due_on
        assert before <= owed(received, term, calendar=longer, first_day_counts=first).due_on

    @given(st.dates(date(2024, 1, 1), date(2029, 12, 31)), st.integers(-60, 60), CALENDARS)
    def test_counting_back_undoes_adding(self, start: date, n: int, calendar: WorkingCalendar) -> None:
        assert calendar.working_days_between(start, calendar.add(start, n)) == n


class TestWorkingHours:
    @pytest.mark.parametrize(
        ("clock", "inside"),
        [
            ("08:59:59", False),
            ("09:00", True),
            ("12:59:59", True),
            ("13:00", False),
            ("14:29:59", False),
            ("14:30", True),
            ("18:29:59", True),
            ("18:30", False),
        ],
    )
    def test_each_end_is_outside(self, clock: str, inside: bool) -> None:
        assert HOURS.contains(time.fromisoformat(clock)) is inside

    def test_an_empty_lunch_is_no_break(self) -> None:
        assert WorkingHours.parse("09:00 - 18:00", " ").contains(time(13, 30))

    @pytest.mark.parametrize(
        ("hours", "lunch", "complaint"),
        [
            ("9-18", "", "'9-18' is not a span of time: write it as 09:00-18:30"),
            ("09:00", "", "'09:00' is not a span of time"),
            ("09:00-25:00", "", "is not a span of time"),
            ("", "", "'' is not a span of time"),
            ("09:00-12:00-18:00", "", "is not a span of time"),
            ("18:30-09:00", "", r"Working hours end \(09:00\) after they start \(18:30\)"),
            ("09:00-09:00", "", "Working hours end"),
            ("09:00-18:30", "14:30-13:00", "Lunch 14:30-13:00 must lie within the working hours 09:00-18:30"),
            ("09:00-18:30", "19:00-20:00", "must lie within"),
            ("09:00-18:30", "08:00-09:30", "must lie within"),
        ],
    )
    def test_a_wrong_setting_says_what_is_wrong(self, hours: str, lunch: str, complaint: str) -> None:
        with pytest.raises(ValueError, match=complaint):
            WorkingHours.parse(hours, lunch)


class TestQuiet:
    @pytest.mark.parametrize(
        ("moment", "allowed"),
        [
            ("2026-12-10 10:00", "2026-12-10 10:00"),
            ("2026-12-10 00:00", "2026-12-10 09:00"),
            ("2026-12-10 08:59", "2026-12-10 09:00"),
            ("2026-12-10 13:00", "2026-12-10 14:30"),
            ("2026-12-10 18:30", "2026-12-11 09:00"),
            ("2026-12-11 20:00", "2026-12-14 09:00"),
            ("2026-12-12 10:00", "2026-12-14 09:00"),
            ("2026-12-15 19:00", "2026-12-17 09:00"),
            ("2026-12-31 19:00", "2027-01-05 09:00"),
        ],
    )
    def test_what_falls_into_quiet_hours_waits_for_the_next_desk_time(self, moment: str, allowed: str) -> None:
        assert next_allowed(at(moment), CALENDAR, HOURS, CITY) == at(allowed)
        assert quiet(at(moment), CALENDAR, HOURS, CITY) is (moment != allowed)

    def test_a_lunch_that_ends_the_day_leaves_nothing_to_wait_for(self) -> None:
        early = WorkingHours.parse("09:00-18:00", "17:00-18:00")
        assert next_allowed(at("2026-12-10 17:30"), CALENDAR, early, CITY) == at("2026-12-11 09:00")

    @given(MOMENTS, CALENDARS)
    def test_the_next_allowed_moment_is_not_quiet_nor_past(self, moment: datetime, calendar: WorkingCalendar) -> None:
        allowed = next_allowed(moment, calendar, HOURS, CITY)
        assert allowed >= moment
        assert not quiet(allowed, calendar, HOURS, CITY)

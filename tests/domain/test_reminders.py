"""When a question is reminded of, and who hears that it is late: tables counted by hand, then what always holds.

March 2026: 2 March is a Monday; 9 March (for Women's Day) and 23-25 March (Nauryz, and for its weekend days) are off.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Correction, WorkingCalendar
from domain.city import City
from domain.ladder import Ladder, Rung
from domain.people import Language
from domain.question import OPEN, Kind, Question, Status
from domain.reminders import Stage, days_late, milestones, next_reminder_on, reckoned_on, remind, stage_on

CITY = City()
MONDAY = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
"""11:00 in Pavlodar."""
HALF, THREE, ONE, DUE, LATE = Stage.HALF_TERM, Stage.THREE_DAYS, Stage.ONE_DAY, Stage.DUE, Stage.LATE
HEAD, ADMINS, DEPUTY = Rung.HEAD, Rung.ADMINS, Rung.DEPUTY_MAYOR


def a_question(term: int = 15, at: datetime = MONDAY, city: City = CITY) -> Question:
    """As it stands when it was just registered."""
    return Question(
        id=1,
        number="2026-000001",
        kind=Kind.QUESTION,
        status=Status.REGISTERED,
        text="Просим помочь с залом.",
        language=Language.RU,
        public=True,
        author_id=1,
        author_state=None,
        organization_id=None,
        organization_name="",
        topic_id=None,
        topic=None,
        department_id=None,
        department=None,
        head_id=None,
        responsible_id=None,
        responsible_name="",
        responsible_post="",
        registered_at=at,
        counted_from=at,
        term=term,
        due_on=city.due_on(Kind.QUESTION, at, term),
    )


def march(day: int) -> date:
    return date(2026, 3, day)


def april(day: int) -> date:
    return date(2026, 4, day)


# --- while the NGO is asked, and afterwards --------------------------------------------------------------------------


def asked_on(day: int, **other: object) -> Question:
    """The department has asked the NGO something on this day of March; the question is due on 26 March."""
    since = datetime(2026, 3, day, 6, 0, tzinfo=UTC)
    return replace(a_question(), status=Status.WAITING, waiting_since=since, remind_on=march(12), **other)  # type: ignore[arg-type]


@pytest.mark.parametrize("today", [12, 18, 20, 25])
def test_while_the_department_waits_nobody_is_reminded(today: int) -> None:
    assert remind(asked_on(10), march(today), CITY) is None


@pytest.mark.parametrize(("today", "stage"), [(march(26), DUE), (march(27), LATE), (april(10), LATE)])
def test_when_the_date_has_come_one_calm_line_says_so(today: date, stage: Stage) -> None:
    """However late the morning is seen."""
    found = remind(asked_on(10), today, CITY)
    assert found is not None
    assert (found.stage, found.days_late, found.climbed, found.rungs, found.next_rung) == (stage, 0, (), 0, None)
    assert found.next_on is not None
    assert remind(replace(found.question, remind_on=found.next_on), found.next_on, CITY) is None


def test_what_was_passed_over_is_told_after_the_reply_as_the_newest_of_it() -> None:
    """Half of the term came on 12 March, three days before on 18 March; the reply on 18 March."""
    replied = replace(asked_on(10), status=Status.IN_WORK, waiting_since=None, paused=6)
    found = remind(replied, march(19), CITY)
    assert found is not None
    assert (found.stage, found.next_on) == (THREE, march(20))


@pytest.mark.parametrize(
    ("today", "late", "climbed"),
    [
        (april(2), 0, ()),  # 5 working days after the date, all of them the NGO's
        (april(3), 1, (HEAD,)),
        (april(7), 3, (HEAD, ADMINS)),
        (april(9), 5, (HEAD, ADMINS, DEPUTY)),
    ],
)
def test_nobody_is_late_by_the_days_the_ngo_took(today: date, late: int, climbed: tuple[Rung, ...]) -> None:
    found = remind(replace(a_question(), paused=5, remind_on=march(26)), today, CITY)
    assert found is not None
    assert (found.stage, found.days_late, found.climbed) == (LATE, late, climbed)


def test_who_is_next_and_when_counts_the_pause_too() -> None:
    found = remind(replace(a_question(), paused=5, remind_on=march(26)), april(3), CITY)
    assert found is not None
    assert found.next_rung == (april(7), ADMINS)


# --- extended --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        (april(20), {(4, 7): HALF, (4, 15): THREE, (4, 17): ONE, (4, 20): DUE}),
        (april(1), {(3, 27): THREE, (3, 30): HALF, (3, 31): ONE, (4, 1): DUE}),
        (march(27), {(3, 27): DUE}),
    ],
    ids=str,
)
def test_the_reminder_days_of_what_an_extension_has_added(until: date, expected: dict[tuple[int, int], Stage]) -> None:
    extended = replace(a_question(), due_on=until, extended_from=march(26))
    assert {(day.month, day.day): stage for day, stage in milestones(extended, CITY)} == expected


# --- the days -------------------------------------------------------------------------------------------------------

FRIDAY_EVENING = datetime(2026, 3, 6, 14, 0, tzinfo=UTC)  # 19:00: counted from Tuesday 10 March

DAYS = {
    # term, received, the first day counts: the reminder days, in order
    (15, MONDAY, True): {12: HALF, 18: THREE, 20: ONE, 26: DUE},  # Women's Day and Nauryz lie between
    (15, MONDAY, False): {12: HALF, 19: THREE, 26: ONE, 27: DUE},
    (5, MONDAY, True): {3: THREE, 4: HALF, 5: ONE, 6: DUE},
    (5, MONDAY, False): {4: THREE, 6: ONE, 10: DUE},  # half of the term is the third day before
    (4, MONDAY, True): {4: ONE, 5: DUE},
    (2, MONDAY, True): {3: DUE},
    (2, MONDAY, False): {3: ONE, 4: DUE},
    (1, MONDAY, True): {2: DUE},
    (1, MONDAY, False): {3: DUE},
    (1, FRIDAY_EVENING, True): {10: DUE},  # the first day is the only one, and it has a morning
    (2, FRIDAY_EVENING, True): {11: DUE},
    (3, FRIDAY_EVENING, True): {11: ONE, 12: DUE},
}


@pytest.mark.parametrize(("asked", "expected"), DAYS.items(), ids=str)
def test_the_reminder_days_of_a_term(asked: tuple[int, datetime, bool], expected: dict[int, Stage]) -> None:
    term, received, first_day_counts = asked
    city = replace(CITY, first_day_counts=first_day_counts)
    question = a_question(term, received, city)
    assert {day.day: stage for day, stage in milestones(question, city)} == expected


def test_thanks_have_no_reminder_days() -> None:
    thanks = replace(a_question(), kind=Kind.THANKS, due_on=None)
    assert milestones(thanks, CITY) == []
    assert next_reminder_on(thanks, march(2), CITY) is None
    assert remind(thanks, march(31), CITY) is None


def test_a_question_due_on_its_first_morning_is_reminded_of_on_it() -> None:
    """Received after hours with a term of one day: nobody had a morning before."""
    question = a_question(1, FRIDAY_EVENING)
    assert reckoned_on(question, CITY) == march(10)
    found = remind(question, march(10), CITY)
    assert found is not None
    assert (found.stage, found.next_on) == (DUE, march(11))


@pytest.mark.parametrize(
    ("today", "stage"),
    [
        (12, HALF),
        (13, HALF),
        (17, HALF),
        (18, THREE),
        (19, THREE),
        (20, ONE),
        (22, ONE),  # days off between
        (25, ONE),
        (26, DUE),
        (27, LATE),
        (28, LATE),
    ],
)
def test_the_newest_stage_that_has_come(today: int, stage: Stage) -> None:
    assert stage_on(a_question(), march(today), CITY) is stage


@pytest.mark.parametrize(
    ("after", "expected"),
    [(2, 12), (11, 12), (12, 18), (18, 20), (20, 26), (25, 26), (26, 27), (27, 30), (28, 30), (30, 31)],
)
def test_the_next_reminder_day(after: int, expected: int) -> None:
    """Up to the date the four of them; after it each working day."""
    assert next_reminder_on(a_question(), march(after), CITY) == march(expected)


@pytest.mark.parametrize("status", sorted(set(Status) - OPEN))
def test_what_is_not_owed_has_no_next_reminder_day(status: Status) -> None:
    assert next_reminder_on(replace(a_question(), status=status), march(2), CITY) is None


# --- late -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due_on", "today", "expected"),
    [
        (march(20), march(20), 0),
        (march(20), march(19), 0),
        (march(20), march(22), 0),  # the weekend
        (march(20), march(25), 0),  # Nauryz
        (march(20), march(26), 1),
        (march(20), march(29), 2),
        (march(20), march(30), 3),
        (march(6), march(10), 1),  # the weekend and Monday for Women's Day
    ],
)
def test_working_days_late(due_on: date, today: date, expected: int) -> None:
    assert days_late(replace(a_question(), due_on=due_on), today, CITY.calendar) == expected


@pytest.mark.parametrize(
    ("late", "reached", "coming"),
    [
        (0, (), (1, HEAD)),
        (1, (HEAD,), (3, ADMINS)),
        (2, (HEAD,), (3, ADMINS)),
        (3, (HEAD, ADMINS), (5, DEPUTY)),
        (4, (HEAD, ADMINS), (5, DEPUTY)),
        (5, (HEAD, ADMINS, DEPUTY), None),
        (50, (HEAD, ADMINS, DEPUTY), None),
    ],
)
def test_the_ladder(late: int, reached: tuple[Rung, ...], coming: tuple[int, Rung] | None) -> None:
    assert Ladder().reached(late) == reached
    assert Ladder().next_after(late) == coming


def test_the_ladder_has_the_steps_an_administrator_gave_it() -> None:
    ladder = Ladder(2, 4, 8)
    assert [ladder.reached(late) for late in (1, 2, 4, 8)] == [(), (HEAD,), (HEAD, ADMINS), (HEAD, ADMINS, DEPUTY)]
    assert ladder.next_after(4) == (8, DEPUTY)


# --- one morning ----------------------------------------------------------------------------------------------------

NEXT_ADMINS, NEXT_DEPUTY = (march(31), ADMINS), (april(2), DEPUTY)

MORNINGS = {
    # the mornings that were not missed: each is told on its own
    "half-term": (march(12), march(12), 0, (HALF, 0, (), None, march(18))),
    "3 days": (march(18), march(18), 0, (THREE, 0, (), None, march(20))),
    "1 day": (march(20), march(20), 0, (ONE, 0, (), None, march(26))),
    "the date": (march(26), march(26), 0, (DUE, 0, (), None, march(27))),
    "1 day late": (march(27), march(27), 0, (LATE, 1, (HEAD,), NEXT_ADMINS, march(30))),
    "2 days late": (march(30), march(30), 1, (LATE, 2, (), NEXT_ADMINS, march(31))),
    "3 days late": (march(31), march(31), 1, (LATE, 3, (ADMINS,), NEXT_DEPUTY, april(1))),
    "5 days late": (april(2), april(2), 2, (LATE, 5, (DEPUTY,), None, april(3))),
    "6 days late": (april(3), april(3), 3, (LATE, 6, (), None, april(6))),
    # after downtime: the newest of what was missed, and every rung that was reached meanwhile
    "half-term, a day later": (march(13), march(12), 0, (HALF, 0, (), None, march(18))),
    "from half-term to 1 day": (march(20), march(12), 0, (ONE, 0, (), None, march(26))),
    "from half-term to 3 days late": (march(31), march(12), 0, (LATE, 3, (HEAD, ADMINS), NEXT_DEPUTY, april(1))),
    "from the date to 9 days late": (april(8), march(26), 0, (LATE, 9, (HEAD, ADMINS, DEPUTY), None, april(9))),
    "from 1 to 5 days late": (april(2), march(30), 1, (LATE, 5, (ADMINS, DEPUTY), None, april(3))),
    # nothing yet
    "the day before half-term": (march(11), march(12), 0, None),
    "between two": (march(19), march(20), 0, None),
}


@pytest.mark.parametrize("morning", MORNINGS)
def test_what_is_told_on_a_morning(morning: str) -> None:
    """Today, the stored day, rungs that have heard → stage, days late, who hears first, who is next, when again."""
    today, remind_on, rungs, expected = MORNINGS[morning]
    found = remind(replace(a_question(), remind_on=remind_on, rungs=rungs), today, CITY)
    told = found and (found.stage, found.days_late, found.climbed, found.next_rung, found.next_on)
    assert told == expected
    if found:
        assert found.rungs == rungs + len(found.climbed)


def test_what_was_never_reckoned_begins_with_its_term() -> None:
    """A question of before the clock, or registered since the last sweep."""
    assert reckoned_on(a_question(), CITY) == march(12)
    assert remind(a_question(), march(11), CITY) is None
    assert remind(a_question(), march(12), CITY) is not None


def test_the_ngo_is_told_with_the_first_rung_and_never_again() -> None:
    on_time, first, again, higher = (
        remind(replace(a_question(), remind_on=march(26), rungs=rungs), today, CITY)
        for today, rungs in ((march(26), 0), (march(27), 0), (march(30), 1), (march(31), 1))
    )
    assert [found and found.first_late for found in (on_time, first, again, higher)] == [False, True, False, False]


def test_whoever_has_heard_is_not_told_again_when_the_date_moves_or_the_ladder_grows() -> None:
    """Late by a day, then a day off moves the date by two: due again, and late again."""
    told = replace(a_question(), due_on=march(30), remind_on=march(30), rungs=1)
    due = remind(told, march(30), CITY)
    assert due is not None
    assert (due.climbed, due.rungs) == ((), 1)
    late = remind(replace(told, rungs=due.rungs), march(31), CITY)
    assert late is not None
    assert (late.climbed, late.rungs, late.first_late) == ((), 1, False)
    slower = remind(replace(told, due_on=march(26), rungs=2), march(31), replace(CITY, ladder=Ladder(2, 9, 10)))
    assert slower is not None
    assert (slower.climbed, slower.rungs) == ((), 2)


# --- what always holds ----------------------------------------------------------------------------------------------

moments = st.integers(0, 30_000).map(lambda hours: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=hours))
corrections = st.lists(
    st.builds(
        Correction, st.dates(date(2024, 1, 1), date(2028, 1, 1)), st.booleans(), st.just("ауысу"), st.just("перенос")
    ),
    max_size=8,
)
cities = st.builds(
    lambda changed, first, ladder: City(
        calendar=WorkingCalendar(tuple(changed)), first_day_counts=first, ladder=Ladder(*sorted(ladder))
    ),
    corrections,
    st.booleans(),
    st.sets(st.integers(1, 12), min_size=3, max_size=3),
)
terms = st.integers(1, 60)


@given(moments, terms, cities)
def test_reminder_days_are_working_days_that_grow_and_end_with_the_date(at: datetime, term: int, city: City) -> None:
    question = a_question(term, at, city)
    days = [day for day, _ in milestones(question, city)]
    assert days == sorted(set(days))
    assert all(city.calendar.is_working(day) for day in days)
    assert days[-1] == question.due_on


@given(moments, terms, cities, st.integers(0, 200))
def test_the_next_day_is_a_working_day_ahead(at: datetime, term: int, city: City, passed: int) -> None:
    question = a_question(term, at, city)
    today = city.today(at) + timedelta(days=passed)
    coming = next_reminder_on(question, today, city)
    assert coming is not None
    assert coming > today
    assert city.calendar.is_working(coming)


@given(moments, terms, cities, st.lists(st.integers(1, 30), min_size=1, max_size=12))
def test_however_the_mornings_are_missed(at: datetime, term: int, city: City, gaps: list[int]) -> None:
    """Nothing before its day, no rung is lost or told twice, the NGO hears once, and the stages only grow."""
    question = a_question(term, at, city)
    order, told, stages, first_late = list(Stage), [], [], 0
    today = city.today(at)
    for gap in gaps:
        today = city.calendar.next_working(today + timedelta(days=gap))
        due_since = reckoned_on(question, city)
        found = remind(question, today, city)
        if found is None:
            assert due_since is not None
            assert due_since > today
            question = replace(question, remind_on=due_since)
            continue
        assert due_since is not None
        assert due_since <= today
        assert found.rungs >= question.rungs
        assert found.next_on is not None
        assert found.next_on > today
        assert (found.stage is LATE) == (question.due_on is not None and today > question.due_on)
        stages.append(order.index(found.stage))
        told += found.climbed
        first_late += found.first_late
        question = replace(question, remind_on=found.next_on, rungs=found.rungs)
    late = days_late(question, today, city.calendar)
    assert stages == sorted(stages)
    assert tuple(told) == city.ladder.reached(late)
    assert first_late == bool(told)


@given(moments, terms, cities)
def test_each_stage_is_told_once_when_no_morning_is_missed(at: datetime, term: int, city: City) -> None:
    question = a_question(term, at, city)
    expected = milestones(question, city)
    today = city.today(at)
    told = []
    assert question.due_on is not None
    while today < question.due_on:
        today += timedelta(days=1)
        if city.calendar.is_working(today) and (found := remind(question, today, city)):
            told.append((today, found.stage))
            question = replace(question, remind_on=found.next_on)
    assert told == [(day, stage) for day, stage in expected if day > city.today(at)]

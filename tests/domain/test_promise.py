"""A promise's life as tables: who may take which step, where it leads, who is told, and when it is reminded of."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from domain.city import City
from domain.dates import date_and_reason, looks_like_date, typed_date
from domain.ladder import Rung
from domain.people import CONSENT_VERSION, Language, Names, Official, Person, Representative, RepresentativeState
from domain.promise import (
    RULES,
    Audience,
    NoPromiseDate,
    Promise,
    PromiseStatus,
    Step,
    act,
    date_named_in,
    disputing,
    next_reminder_on,
    promisable,
    remind,
    steps_for,
)
from domain.question import CLOCK, Actor, NothingOfSubstance, NotInThisStatus, NotYours
from domain.reminders import Stage

TODAY = date(2026, 3, 2)
NAMES = Names("Culture", "Культура", "Мәдениет")
CITY = City()


def person(id_: int, **more: object) -> Person:
    return Person(id_, "", Language.EN, consent=CONSENT_VERSION, **more)  # type: ignore[arg-type]


def official(id_: int, department: int = 1, *, head: bool = False, stands_in_for: tuple[int, ...] = ()) -> Person:
    return person(id_, official=Official(department, NAMES, head, "", ""), stands_in_for=frozenset(stands_in_for))


def of_ngo(id_: int, ngo: int, state: RepresentativeState = RepresentativeState.VERIFIED) -> Person:
    return person(id_, representative=Representative(ngo, "", state, False))


AIGERIM, BOLAT, ERLAN = of_ngo(1, 10), of_ngo(2, 10), of_ngo(3, 11)
DINARA = of_ngo(4, 10, RepresentativeState.WAITING)  # not approved yet: sees what she asked herself
DANIYAR, COLLEAGUE, KAIRAT = official(11), official(12), official(13, 2)
GULNARA = official(14, head=True)
ZARINA = official(15, stands_in_for=(11,))
SAULE, MAYOR = person(21, is_admin=True), person(22, is_deputy_mayor=True)

PEOPLE: dict[str, Actor] = {
    "A": AIGERIM,  # the author
    "x": BOLAT,  # of the same NGO
    "w": DINARA,
    "B": ERLAN,  # of another
    "1": DANIYAR,  # who promised
    "s": ZARINA,  # stands in for him
    "k": COLLEAGUE,
    "h": GULNARA,
    "2": KAIRAT,  # of another department
    "a": SAULE,
    "d": MAYOR,
    "c": CLOCK,
}

PROMISE = Promise(
    id=1,
    number="P-2026-0001",
    question_id=1,
    question_number="2026-000001",
    department_id=1,
    department=NAMES,
    owner_id=DANIYAR.id,
    owner_name="Daniyar",
    head_id=GULNARA.id,
    organization_id=10,
    organization_name="Parasat",
    author_id=AIGERIM.id,
    text="The ramp will stand by 20 March.",
    due_on=date(2026, 3, 20),
    status=PromiseStatus.OPEN,
    made_at=datetime(2026, 3, 2, 6, tzinfo=UTC),
)
LATER = date(2026, 4, 1)

TABLE = """
    open    keep           1sh  kept       ngo owner
    open    move           1sh  open       ngo owner
    open    break          1sh  broken     ngo owner head
    kept    confirm        Ax   confirmed  owner
    kept    dispute        Ax   open       owner head admins
    kept    dispute_again  Ax   disputed   owner head admins
    kept    no_reaction    c    undisputed ngo owner
"""
POLICY = {
    (PromiseStatus(status), Step(step)): (set(who), PromiseStatus(then), tuple(map(Audience, tell)))
    for status, step, who, then, *tell in map(str.split, TABLE.strip().splitlines())
}


def test_every_rule_is_in_the_table_and_every_line_of_the_table_a_rule() -> None:
    assert POLICY.keys() == RULES.keys()


@pytest.mark.parametrize(("status", "step"), [(status, step) for status in PromiseStatus for step in Step])
def test_who_may_do_what(status: PromiseStatus, step: Step) -> None:
    promise = replace(PROMISE, status=status, disputed=step is Step.DISPUTE_AGAIN)
    may, then, tell = POLICY.get((status, step), (set(), None, ()))
    for letter, somebody in PEOPLE.items():
        assert (step in steps_for(promise, somebody)) == (letter in may)
        if letter in may:
            change = act(promise, step, somebody, TODAY, text="why", until=LATER)
            assert (change.after.status, change.tell) == (then, tell)
            assert change.side == {"A": "ngo", "x": "ngo", "c": "clock"}.get(letter, "city")
        else:
            with pytest.raises((NotYours, NotInThisStatus)):
                act(promise, step, somebody, TODAY, text="why", until=LATER)


@pytest.mark.parametrize("letter", "wB2")
def test_for_strangers_there_is_no_such_promise(letter: str) -> None:
    with pytest.raises(NotYours):
        act(replace(PROMISE, status=PromiseStatus.BROKEN), Step.KEEP, PEOPLE[letter], TODAY)


@pytest.mark.parametrize(
    ("owner_id", "head_id", "may"),
    [
        (DANIYAR.id, None, "1s"),
        (None, GULNARA.id, "h"),
        (None, None, "1skh"),  # the whole department answers for what nobody is left to answer for
    ],
)
def test_who_answers_for_it_when_the_owner_or_the_head_is_gone(
    owner_id: int | None, head_id: int | None, may: str
) -> None:
    head = official(GULNARA.id, head=head_id is not None)
    promise = replace(PROMISE, owner_id=owner_id, head_id=head_id)
    everybody = PEOPLE | {"h": head}
    assert {x for x, somebody in everybody.items() if Step.KEEP in steps_for(promise, somebody)} == set(may)


def test_a_dispute_opens_it_again_once() -> None:
    kept = act(PROMISE, Step.KEEP, DANIYAR, TODAY).after
    assert disputing(kept) is Step.DISPUTE
    again = act(act(kept, Step.DISPUTE, AIGERIM, TODAY, text="no ramp").after, Step.KEEP, DANIYAR, TODAY).after
    assert (again.status, disputing(again)) == (PromiseStatus.KEPT, Step.DISPUTE_AGAIN)
    assert Step.DISPUTE not in steps_for(again, AIGERIM)
    assert act(again, Step.DISPUTE_AGAIN, BOLAT, TODAY, text="still none").after.status is PromiseStatus.DISPUTED


def test_until_when_the_ngo_may_say_otherwise_is_known_only_while_it_may() -> None:
    kept = act(PROMISE, Step.KEEP, DANIYAR, TODAY, react_by=LATER)
    assert (kept.until, kept.after.react_by) == (LATER, LATER)
    assert act(kept.after, Step.DISPUTE, AIGERIM, TODAY, text="no ramp", react_by=LATER).after.react_by is None


@pytest.mark.parametrize("step", [Step.MOVE, Step.BREAK, Step.DISPUTE])
@pytest.mark.parametrize("text", ["", "  ", "\u200b\u2800"])
def test_a_reason_is_needed(step: Step, text: str) -> None:
    status = PromiseStatus.KEPT if step is Step.DISPUTE else PromiseStatus.OPEN
    with pytest.raises(NothingOfSubstance):
        act(
            replace(PROMISE, status=status),
            step,
            AIGERIM if step is Step.DISPUTE else DANIYAR,
            TODAY,
            text=text,
            until=LATER,
        )


def test_a_new_date_is_counted_and_reckoned_anew() -> None:
    promise = replace(PROMISE, rungs=2, remind_on=date(2026, 3, 25), due_on=date(2026, 3, 20))
    after = act(promise, Step.MOVE, DANIYAR, date(2026, 3, 25), text="no cement", until=LATER).after
    assert (after.due_on, after.moved, after.rungs, after.remind_on) == (LATER, 1, 0, None)


@pytest.mark.parametrize("until", [None, date(2026, 3, 20), date(2026, 3, 19), date(2028, 3, 3), date(9999, 12, 31)])
def test_a_new_date_is_later_than_the_present_one_and_not_beyond_two_years(until: date | None) -> None:
    with pytest.raises(NoPromiseDate):
        act(PROMISE, Step.MOVE, DANIYAR, TODAY, text="why", until=until)


@pytest.mark.parametrize(
    ("day", "fits"),
    [
        (date(2026, 3, 1), False),
        (date(2026, 3, 2), False),
        (date(2026, 3, 3), True),
        (date(2028, 3, 2), True),
        (date(2028, 3, 3), False),
    ],
)
def test_which_dates_may_be_promised(day: date, fits: bool) -> None:
    assert promisable(day, TODAY) == fits


# --- dates as people type them --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("20.04.2026", date(2026, 4, 20)),
        (" 1.4.2026. ", date(2026, 4, 1)),
        ("20/04/2026", date(2026, 4, 20)),
        ("2026-04-20", date(2026, 4, 20)),
        ("31.02.2026", None),
        ("20 апреля 2026", date(2026, 4, 20)),
        ("20 Апреля", date(2026, 4, 20)),
        ("1 марта", date(2026, 3, 1)),  # past, and the next one is far: said to be no date of the future
        ("31 қаңтар", date(2026, 1, 31)),
        ("2026 жылғы 20 сәуірге", date(2026, 4, 20)),
        ("20 may 2026", date(2026, 5, 20)),
        ("29 февраля", None),
        ("31 апреля", None),
        ("20.04.26", None),
        ("до 20.04.2026", None),
        ("", None),
    ],
)
def test_a_typed_date(text: str, day: date | None) -> None:
    assert typed_date(text, TODAY) == day


def test_a_date_without_a_year_is_the_nearest_one() -> None:
    assert typed_date("15 января", date(2026, 11, 22)) == date(2027, 1, 15)
    assert typed_date("15 января") is None
    assert typed_date("29 февраля", date(2028, 2, 10)) == date(2028, 2, 29)
    assert typed_date("29 февраля", date(2027, 11, 22)) == date(2028, 2, 29)
    assert typed_date("29 февраля", date(2026, 2, 10)) is None


def test_a_day_that_does_not_exist_was_meant_as_a_date() -> None:
    assert [looks_like_date(text) for text in ("31.02.2026", "99.99.9999", "завтра", "")] == [True, True, False, False]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Пандус построим до 20.04.2026.", date(2026, 4, 20)),
        ("По письму от 14.05.2025 пандус построим до 20.04.2026 (именно 20.04.2026).", date(2026, 4, 20)),
        ("Начнём 01.04.2026, закончим 20.04.2026.", None),  # of two the official says which
        ("Письмо от 02.03.2026 получено.", None),
        ("Зал свободен 20 марта.", date(2026, 3, 20)),
        ("Пандус 20 сәуірге дейін салынады.", date(2026, 4, 20)),
        ("2026 жылғы 20 сәуірге дейін, яғни 20.04.2026 дейін", date(2026, 4, 20)),
        ("Письмо от 2 марта, 5 марта 2020 и 120 марта.", None),
        ("По статье 12 правил, 3 маршрута.", None),
        ("Объект 1.20.04.2026, версия 20.04.20261", None),
    ],
)
def test_the_date_a_text_names(text: str, day: date | None) -> None:
    assert date_named_in(text, TODAY) == day


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("20.04.2026", (date(2026, 4, 20), "")),
        ("20.04.2026, нет цемента", (date(2026, 4, 20), "нет цемента")),
        ("20.04.2026 — нет цемента до 15.04.2026", (date(2026, 4, 20), "нет цемента до 15.04.2026")),
        ("нет цемента до 20.04.2026", (None, "нет цемента до 20.04.2026")),
        ("31.02.2026 нет цемента", (None, "31.02.2026 нет цемента")),
    ],
)
def test_a_date_and_a_reason_in_one_message(text: str, read: tuple[date | None, str]) -> None:
    assert date_and_reason(text, TODAY) == read


# --- reminders ------------------------------------------------------------------------------------------------------

DUE = date(2026, 3, 20)  # a Friday; Nauryz and its days off follow until Wednesday 25 March


@pytest.mark.parametrize(
    ("today", "stage", "late", "climbed"),
    [
        (date(2026, 3, 16), None, 0, ()),
        (date(2026, 3, 17), Stage.THREE_DAYS, 0, ()),
        (date(2026, 3, 18), Stage.THREE_DAYS, 0, ()),
        (date(2026, 3, 19), Stage.ONE_DAY, 0, ()),
        (date(2026, 3, 20), Stage.DUE, 0, ()),
        (date(2026, 3, 26), Stage.LATE, 1, (Rung.HEAD,)),
        (date(2026, 3, 30), Stage.LATE, 3, (Rung.HEAD, Rung.ADMINS)),
        (date(2026, 4, 1), Stage.LATE, 5, (Rung.HEAD, Rung.ADMINS, Rung.DEPUTY_MAYOR)),
    ],
)
def test_when_it_is_reminded_of_and_who_hears(
    today: date, stage: Stage | None, late: int, climbed: tuple[Rung, ...]
) -> None:
    found = remind(replace(PROMISE, due_on=DUE), today, CITY)
    assert (found.stage if found else None) == stage
    if found:
        assert (found.days_late, found.climbed) == (late, climbed)


def test_a_rung_hears_once_and_everybody_hears_who_is_next() -> None:
    found = remind(replace(PROMISE, due_on=DUE, rungs=1), date(2026, 3, 30), CITY)
    assert found is not None
    assert (found.climbed, found.rungs) == ((Rung.ADMINS,), 2)
    assert found.next_rung == (date(2026, 4, 1), Rung.DEPUTY_MAYOR)


def test_the_days_on_which_it_is_looked_at() -> None:
    day, days = date(2026, 3, 2), []
    for _ in range(5):
        day = next_reminder_on(replace(PROMISE, due_on=DUE), day, CITY)
        days.append(day.isoformat())
    assert days == ["2026-03-17", "2026-03-19", "2026-03-20", "2026-03-26", "2026-03-27"]


def test_nothing_is_said_on_the_day_it_was_made() -> None:
    tomorrow = replace(PROMISE, due_on=date(2026, 3, 3))
    assert remind(tomorrow, TODAY, CITY) is None
    assert remind(tomorrow, date(2026, 3, 3), CITY).stage is Stage.DUE  # type: ignore[union-attr]


@pytest.mark.parametrize("status", [status for status in PromiseStatus if status is not PromiseStatus.OPEN])
def test_what_waits_for_nobody_in_the_city_is_not_reminded_of(status: PromiseStatus) -> None:
    assert remind(replace(PROMISE, status=status), date(2026, 5, 4), CITY) is None

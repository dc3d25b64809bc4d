"""Who stands in for whom, when guessing is slowed down, and which invitation works."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.people import Invitation, Leave, Names, Official, Person, Role, slowed_until, stand_in

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
DANIYAR, ZARINA, GULNARA = 1, 2, 3


@pytest.mark.parametrize(
    ("who", "away", "head", "instead"),
    [
        (DANIYAR, {DANIYAR: ZARINA}, GULNARA, ZARINA),
        (DANIYAR, {DANIYAR: GULNARA}, GULNARA, GULNARA),
        (DANIYAR, {DANIYAR: ZARINA, ZARINA: None}, GULNARA, GULNARA),  # one hop: never the deputy's deputy
        (DANIYAR, {DANIYAR: ZARINA, ZARINA: DANIYAR}, GULNARA, GULNARA),
        (DANIYAR, {DANIYAR: None}, GULNARA, GULNARA),
        (DANIYAR, {DANIYAR: None}, None, None),
        (DANIYAR, {DANIYAR: ZARINA, ZARINA: DANIYAR, GULNARA: None}, GULNARA, None),
        (GULNARA, {GULNARA: ZARINA}, GULNARA, ZARINA),
        (GULNARA, {GULNARA: ZARINA, ZARINA: GULNARA}, GULNARA, None),
    ],
)
def test_who_stands_in(who: int, away: dict[int, int | None], head: int | None, instead: int | None) -> None:
    assert stand_in(who, away, head) == instead


@pytest.mark.parametrize(("hours", "lasts"), [(-1, False), (0, True), (23, True), (24, False)])
def test_a_leave_lasts_until_its_last_day_is_over(hours: int, lasts: bool) -> None:
    leave = Leave(DANIYAR, ZARINA, NOW, NOW + timedelta(days=1))
    assert leave.lasts(NOW + timedelta(hours=hours)) is lasts


def test_a_deputy_answers_for_both_and_the_heads_deputy_leads() -> None:
    official = Official(10, Names("Culture", "Культура", "Мәдениет"), False, "", "")
    zarina = Person(ZARINA, "Zarina", None, official=official, stands_in_for=frozenset({DANIYAR}))
    assert (zarina.answers_for, zarina.heads) == ({ZARINA, DANIYAR}, False)
    assert Person(ZARINA, "Zarina", None, official=official, stands_in_for_head=True).heads


@pytest.mark.parametrize(
    ("minutes", "until"),
    [
        ([], None),
        ([0, 1, 2, 3], None),
        ([0, 1, 2, 3, 4], 64),
        ([0, 10, 20, 40, 59], 119),
        ([0, 10, 20, 40, 60], None),  # five, but not within an hour
        ([0, 100, 200, 201, 202, 203, 204], 264),
    ],
)
def test_five_wrong_codes_within_an_hour_slow_down_for_an_hour(minutes: list[int], until: int | None) -> None:
    expected = None if until is None else NOW + timedelta(minutes=until)
    assert slowed_until([NOW + timedelta(minutes=m) for m in minutes]) == expected


@pytest.mark.parametrize(
    ("used", "withdrawn", "after", "works"),
    [(False, False, 0, True), (True, False, 0, False), (False, True, 0, False), (False, False, 1, False)],
)
def test_an_invitation_works_until_it_is_used_withdrawn_or_over(
    used: bool, withdrawn: bool, after: int, works: bool
) -> None:
    invitation = Invitation(1, Role.ADMIN, None, None, NOW + timedelta(days=1), used, withdrawn)
    assert invitation.works(NOW + timedelta(days=after)) is works

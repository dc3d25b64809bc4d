"""Sixty a minute pass at once, what is more waits its turn, and quiet makes up for it."""

from itertools import pairwise

import pytest

from domain.pace import Pace


def waits(pace: Pace, arrivals: list[float]) -> list[float]:
    """How long each of one person's updates waits, by when it comes."""
    used_until, found = 0.0, []
    for at in arrivals:
        used_until, wait = pace.next(used_until, at)
        found.append(wait)
    return found


@pytest.mark.parametrize(
    ("a_minute", "arrivals", "expected"),
    [
        (60, [100.0] * 60, [0.0] * 60),
        (60, [100.0] * 63, [0.0] * 60 + [1.0, 2.0, 3.0]),
        (60, [float(second) for second in range(100, 400)], [0.0] * 300),
        (60, [100.0] * 60 + [110.0] * 11, [0.0] * 70 + [1.0]),
        (60, [100.0] * 70 + [200.0], [0.0] * 60 + [float(n) for n in range(1, 11)] + [0.0]),
        (6, [100.0] * 8, [0.0] * 6 + [10.0, 20.0]),
        (0, [100.0] * 500, [0.0] * 500),
    ],
    ids=["sixty at once", "three more", "one a second", "some more later", "after a pause", "six", "no pace"],
)
def test_what_waits_how_long(a_minute: int, arrivals: list[float], expected: list[float]) -> None:
    assert waits(Pace(a_minute), arrivals) == expected


def test_the_order_is_kept_whatever_the_rhythm() -> None:
    arrivals = sorted(100 + (n * 7919 % 90) / 2 for n in range(200))
    due = [at + wait for at, wait in zip(arrivals, waits(Pace(60), arrivals), strict=True)]
    assert all(earlier <= later for earlier, later in pairwise(due))

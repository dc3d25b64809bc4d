"""What the README claims about speed, measured on this machine by one command: `make bench`."""

import traceback
from collections.abc import Callable

KEPT, MISSED, VOID = 0, 1, 2
"""How a benchmark ends: what it promises holds, does not hold, or could not be measured."""


def ended(measure: Callable[[], int]) -> int:
    """How it ended; Python itself would end with 1 after an error, as if something had been measured."""
    try:
        return measure()
    except Exception:
        traceback.print_exc()
        return VOID

"""What the README claims about speed, measured on this machine by one command: `make bench`."""

import os
import traceback
from collections.abc import Callable, Iterable

KEPT, MISSED, VOID = 0, 1, 2
"""How a benchmark ends: what it promises holds, does not hold, or could not be measured."""


def report(lines: Iterable[str], conditions: str, /, **facts: object) -> str:
    """A table and what it was measured under, with the machine's load, in Markdown."""
    said = conditions.format(load=os.getloadavg()[0], cores=os.cpu_count(), **facts)
    return "\n".join([*lines, "", *(f"- {line}" for line in said.splitlines()), ""])


def ended(measure: Callable[[], int]) -> int:
    """How it ended; Python itself would end with 1 after an error, as if something had been measured."""
    try:
        return measure()
    except Exception:
        traceback.print_exc()
        return VOID

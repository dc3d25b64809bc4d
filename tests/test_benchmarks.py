"""What a benchmark has measured for minutes must not be lost in putting it into a table."""

import pytest

from benchmarks import imports, lists, memory, sweep
from storage.database import Database

DATABASE = Database("sqlite+aiosqlite:///none.db", pooled=False)
REPORTS = {
    "lists": lambda: lists._report([lists.Measured("SQLite", "/inbox", [1.25, 2.5], [1.5, 2.5])]),
    "sweep": lambda: sweep._report(
        [
            sweep.Measured("SQLite", questions, DATABASE, [0.5, 0.25], [1.5], 1.25, 2.5, 15, 10_000)
            for questions in (10_000, 1_000_000)
        ]
    ),
    "imports": lambda: imports._report([imports.Measured("CSV", 511, 1007.0, 6.5, 50.0, 6842, 1.25)]),
    "memory": lambda: memory._report([memory.Read(1000 * n, 120.0, 500.0, 0.001) for n in range(1, 5)], 60.0),
}


@pytest.mark.parametrize("name", REPORTS)
def test_it_says_under_what_it_was_measured(name: str) -> None:
    text = REPORTS[name]()
    assert " cores" in text
    assert "Promised: " in text
    assert "{" not in text
    if name != "memory":  # whose table is printed line by line
        assert text.startswith("|")

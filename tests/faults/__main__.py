"""`make faults`: the long version of every fault, and its figures in one table.

Four at a time, for two cores, since they mostly wait; what measures time by itself, or loads both cores alone, comes
after them, one by one.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic

HERE = Path(__file__).parent
ALONE = (
    "test_flood.py::test_a_flood_of_one_person_delays_nobody_else",
    "test_announcements.py::test_at_telegrams_pace_people_first_and_stopped_at_once",
)
"""Their figures are seconds of somebody's waiting."""
RACES = HERE.parent / "storage" / "test_races.py"


def main() -> int:
    begun = monotonic()
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures"
        os.environ |= {"KOPIR_FAULTS": "all", "KOPIR_FIGURES": str(figures)}
        beside = [str(HERE), *([str(RACES)] if RACES.exists() else [])]
        ends = [
            _pytest(*beside, *(f"--deselect={HERE / name}" for name in ALONE), "-n", "4", "--dist", "worksteal"),
            *(_pytest(str(HERE / name)) for name in ALONE),
        ]
        lines = figures.read_text().splitlines() if figures.exists() else []
        print(_table(lines, monotonic() - begun))  # noqa: T201
    return max(ends)


def _pytest(*words: str) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *words], check=False).returncode


def _table(lines: list[str], seconds: float) -> str:
    """In Markdown, so that it may stand in a document as it is."""
    held = sum(line.startswith("passed\t") for line in lines)
    took = f"{held} of {len(lines)} held, in {seconds // 60:.0f} min {seconds % 60:.0f} s"
    rows = ["", "FIGURES", "", took, "", "| what | held | s | figures |", "|---|---|---|---|"]
    for line in sorted(lines, key=lambda line: line.split("\t")[2]):
        outcome, took, name, figures = line.split("\t", 3)
        what = name.partition("::")[2].removeprefix("test_").replace("_", " ")
        rows.append(f"| {what} | {'yes' if outcome == 'passed' else outcome} | {took} | {figures} |")
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())

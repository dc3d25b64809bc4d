"""`python -m benchmarks [PART …]`: all that is measured, one part after the other, as one text in Markdown.

Each part is a process of its own. The end is 0 also when a promise is missed, for that is a result, and the last lines
name it; it is 1 when something could not be measured.
"""

import subprocess
import sys
from time import perf_counter

from benchmarks import KEPT, MISSED

PARTS = {
    "peers": "Köpir beside its peers",
    "lists": "Lists, search and a card among 1,000,000 questions",
    "sweep": "A morning's reminders, and a changed calendar",
    "imports": "A list of 10,000 NGOs",
    "memory": "Memory over 10,000 dialogues",
}
ONLY_WHEN_ASKED = {"memory"}


def main() -> int:
    asked = sys.argv[1:] or [part for part in PARTS if part not in ONLY_WHEN_ASKED]
    parts = list(PARTS) if asked == ["all"] else asked
    if unknown := [part for part in parts if part not in PARTS]:
        sys.exit(f"There is no {', '.join(unknown)}: usage: python -m benchmarks [all | {' | '.join(PARTS)} …]")
    ends = {part: _measured(part) for part in parts}
    void = [part for part, end in ends.items() if end not in (KEPT, MISSED)]
    missed = [part for part, end in ends.items() if end == MISSED]
    sys.stdout.write(f"Promises missed: {', '.join(missed) or 'none'}. Void: {', '.join(void) or 'none'}.\n")
    return 1 if void else 0


def _measured(part: str) -> int:
    sys.stdout.write(f"## {PARTS[part]}\n\n")
    sys.stdout.flush()
    begun = perf_counter()
    end = subprocess.run([sys.executable, "-m", f"benchmarks.{part}"]).returncode
    sys.stdout.write(f"\n({part}: {perf_counter() - begun:.0f} s)\n\n")
    sys.stdout.flush()
    return end


if __name__ == "__main__":
    sys.exit(main())

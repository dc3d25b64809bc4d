"""The ledger of the forgotten beside the backups: one line each, a moment and a hash. See `storage.forgotten`."""

import os
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from storage.forgotten import Line

NAME = "forgotten.txt"
_HEADING = "# Who asked to be forgotten, for a year. Keep it with the backups: `kopir restore` needs it.\n"
_LINE = re.compile(r"(\d{4}-\d\d-\d\dT[\d:.]+\+00:00) ([0-9a-f]{64})")


def read(file: Path) -> list[Line]:
    """Its lines; none where there is no such file. Raises ValueError for a file that is something else."""
    if not file.is_file():
        return []
    text = file.read_text("utf-8")
    if not text.startswith(_HEADING):
        raise ValueError(f"{file} is no list of the forgotten")
    return [_line(line) for line in text.removeprefix(_HEADING).splitlines()]


def _line(written: str) -> Line:
    """A line nobody can read may stand for a person: it is not passed over."""
    found = _LINE.fullmatch(written)
    if found is None:
        raise ValueError("the list of the forgotten has a line that cannot be read")
    return Line(found[2], datetime.fromisoformat(found[1]))


def write(file: Path, lines: Iterable[Line], oldest: datetime) -> None:
    """Enter these beside those that stand there, and leave out what is older than `oldest`; whole or not at all."""
    before = read(file)
    latest: dict[str, datetime] = {}
    for line in (*before, *lines):
        latest[line.hash] = max(line.at, latest.get(line.hash, line.at))
    kept = [Line(hash_, at) for hash_, at in sorted(latest.items()) if at >= oldest]
    if kept == before and file.exists():
        return
    part = file.with_name(file.name + ".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as written:
        written.write(_HEADING)
        written.writelines(f"{line.at.isoformat()} {line.hash}\n" for line in kept)
        written.flush()
        os.fsync(written.fileno())
    part.replace(file)

"""A list of NGOs against the register: what each line would change, decided before anything is changed.

    rows of a file ─▶ read_lines ─▶ Line … ─▶ compare(lines, register) ─▶ Finding: new, changed, same, doubtful, refused

A BIN decides where there is one: it is the law's name of an organisation. A name alone never enters an NGO by itself.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from typing import Any

from domain.draft import one_line
from domain.people import Organization, OrganizationState
from domain.register import (
    BadBin,
    BinChecksumFails,
    BinHasLetters,
    BinHasWrongLength,
    BinHasWrongShape,
    BinIsAPerson,
    NameIndex,
    fold,
    parse_bin,
    plain,
)

LARGEST_FILE = 5 * 1024 * 1024
"""Bytes: ten thousand NGOs with long names are a fifth of it."""
MOST_LINES = 10_000
LONGEST_NAME = 300
LONGEST_FIELD = 100
_HEADER_WITHIN = 20
"""Rows in which the names of the columns are looked for: a title and a date may stand above them."""

Rows = Iterable[tuple[int, Sequence[str]]]
"""Row numbers as a spreadsheet shows them, with the texts of the cells."""


class ImportState(StrEnum):
    """Where a list that an administrator sent stands."""

    RECEIVED = "received"  # its file is still to be fetched and read
    COMPARING = "comparing"  # it was read; the register is to be looked at (again)
    READY = "ready"  # the report was shown and waits for [Confirm]
    APPLIED = "applied"  # in the register; doubtful lines may still be looked through
    FAILED = "failed"  # could not be read
    CANCELLED = "cancelled"


class FileFault(StrEnum):
    """Why a file could not be read as a list."""

    NO_FILE = "no_file"  # Telegram does not give it
    TOO_BIG = "too_big"
    TOO_MANY_LINES = "too_many_lines"
    EMPTY = "empty"  # the names of the columns, and nothing below them
    NOT_A_TABLE = "not_a_table"
    NO_NAME_COLUMN = "no_name_column"
    WRONG_ENCODING = "wrong_encoding"
    ENCRYPTED = "encrypted"
    OLD_FORMAT = "old_format"  # .xls
    MACROS = "macros"
    PACKED_TOO_TIGHTLY = "packed_too_tightly"  # a zip bomb


class UnreadableFile(Exception):
    """The file cannot be read as a list of NGOs."""

    def __init__(self, fault: FileFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class Fault(StrEnum):
    """Why a line is refused."""

    NO_NAME = "no_name"
    NAME_TOO_LONG = "name_too_long"
    FORMULA = "formula"  # a spreadsheet would run it
    QUOTES = "quotes"  # a quotation mark that is not closed swallowed the following lines
    BIN_LETTERS = "bin_letters"
    BIN_LENGTH = "bin_length"
    BIN_PERSON = "bin_person"
    BIN_SHAPE = "bin_shape"
    BIN_CHECKSUM = "bin_checksum"
    BIN_ROUNDED = "bin_rounded"  # 9.7124E+11
    BIN_TWICE = "bin_twice"
    NAME_TWICE = "name_twice"


BIN_FAULTS: Mapping[type[BadBin], Fault] = {
    BinHasLetters: Fault.BIN_LETTERS,
    BinHasWrongLength: Fault.BIN_LENGTH,
    BinIsAPerson: Fault.BIN_PERSON,
    BinHasWrongShape: Fault.BIN_SHAPE,
    BinChecksumFails: Fault.BIN_CHECKSUM,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list. `twice` is the line that says the same, where that is the fault."""

    number: int
    name: str
    bin: str | None = None
    field: str = ""
    fault: Fault | None = None
    twice: int = 0


# --- reading --------------------------------------------------------------------------------------------------------

_COLUMNS = {
    "bin": re.compile(r"^(?:бин|бсн|bin|иин бин|жсн бсн|бсн жсн|бин иин)\b"),
    "name": re.compile(r"назван|наименов|атауы|^аты$|^нпо$|^уеу$|^ngo|^name|organi[sz]ation$"),
    "field": re.compile(r"сфера|направлен|деятельн|саласы|^сала$|багыты|багыт$|field|activity"),
}
"""What the names of the columns contain once folded, in Russian, Kazakh and English."""


def columns(cells: Sequence[str]) -> dict[str, int] | None:
    """Which column is which; None when this row does not name them."""
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        said = plain(cell[:LONGEST_NAME])
        for column, named in _COLUMNS.items():
            if column not in found and named.search(said):
                found[column] = place
                break
    return found if "name" in found else None


def read_lines(rows: Rows, fields: Mapping[str, str]) -> list[Line]:
    """The lines below the names of the columns; `fields` says which plain words mean which field of work.

    Raises UnreadableFile. Reads no further than the most that is allowed, however long the file is.
    """
    below = iter(rows)
    where = _header(below)
    lines: list[Line] = []
    for number, cells in below:
        if not any(cell.strip() for cell in cells):
            continue
        if len(lines) == MOST_LINES:
            raise UnreadableFile(FileFault.TOO_MANY_LINES)
        lines.append(_line(number, cells, where, fields))
    if not lines:
        raise UnreadableFile(FileFault.EMPTY)
    return lines


def _header(rows: Iterator[tuple[int, Sequence[str]]]) -> dict[str, int]:
    seen = 0
    for _, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if found := columns(cells):
            return found
        seen += 1
        if seen == _HEADER_WITHIN:
            break
    raise UnreadableFile(FileFault.NO_NAME_COLUMN if seen else FileFault.EMPTY)


def _line(number: int, cells: Sequence[str], where: Mapping[str, int], fields: Mapping[str, str]) -> Line:
    def cell(column: str) -> str:
        place = where.get(column, len(cells))
        return cells[place] if place < len(cells) else ""

    name = one_line(cell("name"), LONGEST_NAME + 1)
    field = one_line(cell("field"), LONGEST_FIELD)
    line = Line(number, name[:LONGEST_NAME], None, fields.get(plain(field), field))
    if any("\n" in one and ("," in one or ";" in one or "\t" in one) for one in cells):
        return replace(line, fault=Fault.QUOTES)
    if not any(c.isalpha() for c in name):
        return replace(line, fault=Fault.NO_NAME)
    if name.startswith(("=", "+", "@")):
        return replace(line, fault=Fault.FORMULA)
    if len(name) > LONGEST_NAME:
        return replace(line, fault=Fault.NAME_TOO_LONG)
    return _with_bin(line, one_line(cell("bin"), 60))


_NOTHING = frozenset({"", "-", "–", "—", "0", "нет", "жоқ", "no", "none", "n/a"})
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?[eEеЕ]\+?\d{1,2}")


def _with_bin(line: Line, typed: str) -> Line:
    if typed.casefold() in _NOTHING:
        return line
    if _ROUNDED.fullmatch(typed):
        return replace(line, fault=Fault.BIN_ROUNDED)
    try:
        return replace(line, bin=_bin(typed))
    except BadBin as error:
        return replace(line, fault=BIN_FAULTS[type(error)])


def _bin(typed: str) -> str:
    """A spreadsheet drops the zeros a number begins with: they are put back where the check digit then fits."""
    whole = typed.removesuffix(".0")
    try:
        return parse_bin(whole)
    except BinHasWrongLength:
        if len(whole) in (10, 11) and (restored := _restored(whole)):
            return restored
        raise


def _restored(digits: str) -> str:
    try:
        return parse_bin(digits.zfill(12))
    except BadBin:
        return ""


# --- comparing ------------------------------------------------------------------------------------------------------


class Verdict(StrEnum):
    """What becomes of a line."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    DOUBTFUL = "doubtful"  # an administrator decides, one by one
    REFUSED = "refused"


class Doubt(StrEnum):
    """Why a line is not entered by itself."""

    NO_BIN = "no_bin"  # and no name like it
    SIMILAR = "similar"  # a record without this BIN has a similar name
    ANOTHER_BIN = "another_bin"  # a record of the same name has another BIN
    TWO_RECORDS = "two_records"  # the BIN is of one record, the name of another
    DECLINED = "declined"  # an administrator declined this NGO before


@dataclass(frozen=True, slots=True)
class Finding:
    """A line and what it means for the register. `known` is the record it is about, `was` the name it has there.

    `changes` are (column, before, after).
    """

    line: Line
    verdict: Verdict
    known: int | None = None
    was: str = ""
    doubt: Doubt | None = None
    changes: tuple[tuple[str, str, str], ...] = ()

    def to_json(self) -> list[Any]:
        line = self.line
        about = [line.number, line.name, line.bin, line.field, line.fault, line.twice]
        return [about, self.verdict, self.known, self.was, self.doubt, self.changes]

    @classmethod
    def from_json(cls, data: list[Any]) -> "Finding":
        (number, name, bin_, field, fault, twice), verdict, known, was, doubt, changes = data
        line = Line(number, name, bin_, field, Fault(fault) if fault else None, twice)
        said = tuple((column, before, after) for column, before, after in changes)
        return cls(line, Verdict(verdict), known, was, Doubt(doubt) if doubt else None, said)


def fingerprint(register: Iterable[Organization]) -> str:
    """Two registers with one fingerprint lead to one comparison: what was shown is what would be done."""
    told = [(o.id, o.name, o.bin, o.field, o.state, o.merged_into) for o in sorted(register, key=lambda o: o.id)]
    return sha256(json.dumps(told).encode()).hexdigest()


def compare(lines: Sequence[Line], register: Sequence[Organization]) -> list[Finding]:
    """What each line would change."""
    known = _Known(register)
    return [_refused(line) if line.fault else known.find(line) for line in _once(lines)]


def _refused(line: Line) -> Finding:
    return Finding(line, Verdict.REFUSED)


def _once(lines: Sequence[Line]) -> Iterator[Line]:
    """Of lines with one BIN, or of one name, the first counts; a name with a BIN goes before the same without one."""
    bins: dict[str, int] = {}
    names = {plain(line.name): line.number for line in reversed(lines) if line.bin and not line.fault}
    for line in lines:
        if line.fault is None and line.bin:
            if (first := bins.setdefault(line.bin, line.number)) != line.number:
                line = replace(line, fault=Fault.BIN_TWICE, twice=first)
        elif line.fault is None and (first := names.setdefault(plain(line.name), line.number)) != line.number:
            line = replace(line, fault=Fault.NAME_TWICE, twice=first)
        yield line


class _Known:
    """The register, prepared for being asked ten thousand times."""

    def __init__(self, register: Sequence[Organization]) -> None:
        self.by_id = {o.id: o for o in register}
        self.by_bin = {o.bin: o for o in register if o.bin}
        self.named: dict[str, list[Organization]] = {}
        standing = [o for o in register if o.state is not OrganizationState.MERGED]
        for organization in standing:
            self.named.setdefault(fold(organization.name), []).append(organization)
        self.names = NameIndex((o.id, o.name) for o in standing)
        self.names_without_bin = NameIndex((o.id, o.name) for o in standing if o.bin is None)

    def find(self, line: Line) -> Finding:
        if line.bin is None:
            return self._by_name(line)
        if line.bin in self.by_bin:
            return self._by_bin(line, self.by_bin[line.bin])
        return self._unknown_bin(line)

    def _by_bin(self, line: Line, known: Organization) -> Finding:
        if known.state is OrganizationState.MERGED and known.merged_into:
            stays = self.by_id[known.merged_into]
            return Finding(line, Verdict.SAME, stays.id, stays.name)
        if known.state is OrganizationState.DECLINED:
            return _doubtful(line, Doubt.DECLINED, known)
        if fold(line.name) != fold(known.name):
            for namesake in self.named.get(fold(line.name), ()):
                if namesake.bin is None:
                    return _doubtful(line, Doubt.TWO_RECORDS, namesake)
        return _compared(line, known)

    def _unknown_bin(self, line: Line) -> Finding:
        """A namesake without a BIN may be meant; another BIN means another NGO, unless the name is the same."""
        namesakes = self.named.get(fold(line.name), [])
        for namesake in sorted(namesakes, key=lambda o: (o.bin is not None, o.id)):
            if namesake.state is OrganizationState.DECLINED:
                return _doubtful(line, Doubt.DECLINED, namesake)
            return _doubtful(line, Doubt.ANOTHER_BIN if namesake.bin else Doubt.SIMILAR, namesake)
        similar = self.names_without_bin.most_alike(line.name)
        return _doubtful(line, Doubt.SIMILAR, self.by_id[similar]) if similar else Finding(line, Verdict.NEW)

    def _by_name(self, line: Line) -> Finding:
        namesakes = self.named.get(fold(line.name), [])
        written_so = [o for o in namesakes if plain(o.name) == plain(line.name)]
        if len(written_so) == 1 and written_so[0].state is not OrganizationState.DECLINED:
            return _compared(line, written_so[0])
        for namesake in written_so or namesakes:
            declined = namesake.state is OrganizationState.DECLINED
            return _doubtful(line, Doubt.DECLINED if declined else Doubt.SIMILAR, namesake)
        similar = self.names.most_alike(line.name)
        if similar is None:
            return Finding(line, Verdict.DOUBTFUL, doubt=Doubt.NO_BIN)
        return _doubtful(line, Doubt.SIMILAR, self.by_id[similar])


def _doubtful(line: Line, doubt: Doubt, known: Organization) -> Finding:
    return Finding(line, Verdict.DOUBTFUL, known.id, known.name, doubt)


def _compared(line: Line, known: Organization) -> Finding:
    found = changes(line, known)
    return Finding(line, Verdict.CHANGED if found else Verdict.SAME, known.id, known.name, None, found)


def changes(line: Line, known: Organization) -> tuple[tuple[str, str, str], ...]:
    """What the line says otherwise: (column, before, after). An empty cell says nothing."""
    said = [("name", known.name, line.name)]
    said += [("bin", known.bin or "", line.bin)] if line.bin else []
    said += [("field", known.field, line.field)] if line.field else []
    if known.state in (OrganizationState.PROPOSED, OrganizationState.DECLINED):
        said.append(("state", known.state, OrganizationState.REGISTERED))
    return tuple(change for change in said if change[1] != change[2])


def counted(findings: Iterable[Finding]) -> dict[Verdict, int]:
    """How many of which verdict; each is there."""
    found = dict.fromkeys(Verdict, 0)
    for finding in findings:
        found[finding.verdict] += 1
    return found

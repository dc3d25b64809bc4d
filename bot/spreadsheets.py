"""A file that somebody sent, as rows of text: CSV in the encodings of this country's offices, and XLSX.

The file may be hostile. Nothing in it is run: a formula is what the spreadsheet last showed in its cell. Before an
XLSX is opened its packing is looked at; no more rows are read than are asked for.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from domain.register_import import LARGEST_FILE, FileFault, UnreadableFile, columns

_UNPACKED = 20 * 1024 * 1024
_ENTRIES = 200
_RATIO = 150
"""How many times larger than packed a part of a spreadsheet may be; text of tables stays under 40."""
_COLUMNS = 50
_SHEETS = 10
_EMPTY_ROWS = 2_000
"""After so many in a row nothing more is expected: a row number may be made up."""
_LONGEST_CELL = 2_000

Row = tuple[int, Sequence[str]]


def rows(name: str, content: bytes) -> Iterator[Row]:
    """The rows of this file, from 1, as the spreadsheet numbers them. Raises UnreadableFile, also while reading."""
    if len(content) > LARGEST_FILE:
        raise UnreadableFile(FileFault.TOO_BIG)
    if not content.strip():
        raise UnreadableFile(FileFault.EMPTY)
    if content.startswith(b"\xd0\xcf\x11\xe0"):  # a container of Microsoft's: an old .xls, or an encrypted file
        encrypted = "EncryptedPackage".encode("utf-16-le") in content
        raise UnreadableFile(FileFault.ENCRYPTED if encrypted else FileFault.OLD_FORMAT)
    if content.startswith(b"PK"):
        return _of_xlsx(name, content)
    return _of_csv(content)


# --- CSV ------------------------------------------------------------------------------------------------------------


def _of_csv(content: bytes) -> Iterator[Row]:
    text = _decoded(content)
    delimiter = _delimiter(text)
    if delimiter is None and columns_in(content.decode("utf-8", "replace")):
        raise UnreadableFile(FileFault.WRONG_ENCODING)  # all but some characters are UTF-8
    return _read(text, delimiter or ",")


def _decoded(content: bytes) -> str:
    """UTF-8 with or without a mark, UTF-16 with one, else Windows-1251, which nearly every file could be."""
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\0" in content and not marked:
        raise UnreadableFile(FileFault.NOT_A_TABLE)
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1251"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFile(FileFault.WRONG_ENCODING)


def _delimiter(text: str) -> str | None:
    """The one by which the names of the columns fall apart best."""
    found = {delimiter: columns_in(text, delimiter) for delimiter in (";", ",", "\t")}
    best = max(found, key=lambda delimiter: found[delimiter])
    return best if found[best] else None


def columns_in(text: str, delimiter: str = ",") -> int:
    """How many columns we know are named in the first lines."""
    first = text[:20_000].splitlines()[:20]
    return max((len(columns(cells) or ()) for _, cells in _read("\n".join(first), delimiter)), default=0)


def _read(text: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    number = 1
    try:
        for cells in reader:
            yield number, [cell[:_LONGEST_CELL] for cell in cells[:_COLUMNS]]
            number = reader.line_num + 1
    except csv.Error:  # a cell of 131,072 characters: a quotation mark was not closed, or it is no table at all
        raise UnreadableFile(FileFault.NOT_A_TABLE) from None


# --- XLSX -----------------------------------------------------------------------------------------------------------


def _of_xlsx(name: str, content: bytes) -> Iterator[Row]:
    _look_into(name, content)
    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheets = [sheet for sheet in book.worksheets[:_SHEETS] if hasattr(sheet, "reset_dimensions")]
        for sheet in sheets:
            sheet.reset_dimensions()  # what a file says of its own size is not believed
        chosen = next((sheet for sheet in sheets if _has_header(sheet)), sheets[0])
        yield from _of_sheet(chosen)
    except UnreadableFile:
        raise
    except Exception:  # the library raises whatever a broken part leads to; hostile XML is refused by defusedxml
        raise UnreadableFile(FileFault.NOT_A_TABLE) from None


def _look_into(name: str, content: bytes) -> None:
    """The packing, before anything is unpacked. What it says of sizes is what is read of it at most."""
    try:
        entries = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise UnreadableFile(FileFault.NOT_A_TABLE) from None
    if any(entry.flag_bits & 1 for entry in entries):
        raise UnreadableFile(FileFault.ENCRYPTED)
    if name.lower().endswith((".xlsm", ".xltm", ".xlsb", ".xlam")) or any(_is_program(e.filename) for e in entries):
        raise UnreadableFile(FileFault.MACROS)
    if not any(entry.filename == "xl/workbook.xml" for entry in entries):
        raise UnreadableFile(FileFault.NOT_A_TABLE)
    if len(entries) > _ENTRIES or _unpacked(entries) > _UNPACKED or any(_too_tight(entry) for entry in entries):
        raise UnreadableFile(FileFault.PACKED_TOO_TIGHTLY)


def _is_program(filename: str) -> bool:
    return filename.lower().endswith(("vbaproject.bin", ".exe", ".dll", ".js", ".vbs"))


def _unpacked(entries: Iterable[zipfile.ZipInfo]) -> int:
    return sum(entry.file_size for entry in entries)


def _too_tight(entry: zipfile.ZipInfo) -> bool:
    return entry.file_size > 1024 * 1024 and entry.file_size > _RATIO * max(entry.compress_size, 1)


def _has_header(sheet: Any) -> bool:
    return any(columns(cells) for number, cells in _of_sheet(sheet, 40) if number)


def _of_sheet(sheet: Any, most: int | None = None) -> Iterator[Row]:
    empty = 0
    for number, values in enumerate(sheet.iter_rows(max_row=most, max_col=_COLUMNS, values_only=True), 1):
        cells = [_text(value) for value in values]
        yield number, cells
        empty = 0 if any(cells) else empty + 1
        if empty == _EMPTY_ROWS:
            return


def _text(value: Any) -> str:
    """What the cell shows, nearly: a number without its format; a BIN that became a number has its zeros again."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)[:_LONGEST_CELL]

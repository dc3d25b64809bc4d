"""Lists that leave as a table: an XLSX in which nothing of what people wrote is run, linked or guessed at."""

import asyncio
import io
from collections.abc import Iterable, Sequence
from typing import Any

from markupsafe import Markup

from domain.draft import readable
from texts import Words

MOST_ROWS = 10_000
"""In one file: it is made in memory while others are waiting."""
_LONGEST = 32_000
"""Characters of a cell: Excel's 32,767 less some room."""

_NOT_IN_XML = dict.fromkeys((0xFFFE, 0xFFFF))

Cell = str | int | None


async def workbook(title: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """In a thread: ten thousand rows take a second, and other people's messages arrive meanwhile."""
    return await asyncio.to_thread(_workbook, title, headings, list(rows))


def _workbook(title: str, headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
    import xlsxwriter  # here, because most turns need none

    file = io.BytesIO()
    as_written = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, {"in_memory": True, **as_written}) as book:
        sheet = book.add_worksheet(title[:31])
        bold = book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        for column, heading in enumerate(headings):
            sheet.write_string(0, column, heading, bold)
            sheet.set_column(column, column, max(12, len(heading) + 2))
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                _write(sheet, number, column, cell)
    return file.getvalue()


def _write(sheet: Any, row: int, column: int, cell: Cell) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, int) and abs(cell) < 10**15:  # a spreadsheet keeps fifteen digits
        sheet.write_number(row, column, cell)
    else:
        sheet.write_string(row, column, readable(str(cell)).translate(_NOT_IN_XML)[:_LONGEST])


def said(words: Words, rows: int, total: int) -> Markup:
    """How much of the list the file holds."""
    whole = words.count("The file has {n} line.", "The file has {n} lines.", rows)
    if rows == total:
        return whole
    rest = words.say(
        "They are the newest of {total}: for older ones, choose a person, an object or a day.", total=total
    )
    return Markup("{} {}").format(whole, rest)

"""Files sent as a list: what an office saves is read, what is hostile is refused before it costs anything."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from bot.spreadsheets import rows
from domain.register_import import LARGEST_FILE, MOST_LINES, FileFault, UnreadableFile, read_lines

LIST = "Название;БИН;Сфера\n«Жас көмек» ҚБ;111040002010;Экология\n"
IN_RUSSIAN = "Название,БИН\nФонд «Тёплый дом»,111040002010\n"


def cells(name: str, content: bytes) -> list[list[str]]:
    return [list(row) for _, row in rows(name, content)]


def fault_of(name: str, content: bytes) -> FileFault:
    with pytest.raises(UnreadableFile) as refused:
        read_lines(rows(name, content), {})
    return refused.value.fault


@pytest.mark.parametrize(
    "content",
    [
        LIST.encode(),
        LIST.encode("utf-8-sig"),
        LIST.encode("utf-16"),
        LIST.replace(";", ",").encode(),
        LIST.replace(";", "\t").encode(),
        LIST.replace("\n", "\r\n").encode(),
        ("Список на 1 марта\n" + LIST).encode(),
        LIST.replace("«Жас көмек» ҚБ", '"«Жас көмек» ҚБ"').encode(),
    ],
)
def test_a_csv_is_read_whatever_an_office_saves_it_as(content: bytes) -> None:
    found = read_lines(rows("ngos.csv", content), {})
    assert [(line.name, line.bin, line.field) for line in found] == [("«Жас көмек» ҚБ", "111040002010", "Экология")]


def test_windows_1251_is_read() -> None:
    assert cells("ngos.csv", IN_RUSSIAN.encode("cp1251"))[1] == ["Фонд «Тёплый дом»", "111040002010"]


def test_lines_are_numbered_as_a_spreadsheet_numbers_them() -> None:
    content = 'Название;БИН\n"Фонд\n«Парасат»";\n\nКөмек;\n'.encode()
    assert [(line.number, line.name) for line in read_lines(rows("a.csv", content), {})] == [
        (2, "Фонд «Парасат»"),
        (5, "Көмек"),
    ]


# --- XLSX -----------------------------------------------------------------------------------------------------------


def book(*lines: list[Any], change: Callable[[Any], None] | None = None) -> bytes:
    import openpyxl

    made = openpyxl.Workbook()
    for line in lines:
        made.active.append(line)
    if change:
        change(made)
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def packed(content: bytes, **parts: str | None) -> bytes:
    """The same file with parts replaced (`sheet1` is xl/worksheets/sheet1.xml) or added under their own path."""
    paths = {"sheet1": "xl/worksheets/sheet1.xml"}
    parts = {paths.get(name, name): text for name, text in parts.items()}
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, text in parts.items():
            if text is not None:
                new.writestr(name, text)
    return made.getvalue()


HEAD = ["Название", "БИН", "Сфера"]
GOOD = book(HEAD, ["Парасат", 111040002010, "Экология"])
SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)
ROW = '<row r="{0}"><c r="A{0}" t="inlineStr"><is><t>{1}</t></is></c></row>'


def test_a_bin_that_became_a_number_and_lost_its_zero_is_read() -> None:
    content = book(["Список"], HEAD, ["Парасат", 111040002010, "x"], ["Степной ветер", 10240003012.0, None])
    found = read_lines(rows("ngos.xlsx", content), {})
    assert [(line.number, line.name, line.bin) for line in found] == [
        (3, "Парасат", "111040002010"),
        (4, "Степной ветер", "010240003012"),
    ]


def test_the_sheet_with_the_names_of_the_columns_is_taken() -> None:
    def second(made: Any) -> None:
        sheet = made.create_sheet("НПО")
        sheet.append(HEAD)
        sheet.append(["Парасат", "111040002010", "x"])

    content = book(["Пояснение"], ["Смотри второй лист"], change=second)
    assert [line.name for line in read_lines(rows("ngos.xlsx", content), {})] == ["Парасат"]


def test_a_formula_is_not_run_and_without_a_shown_value_the_cell_is_empty() -> None:
    content = book(HEAD, ['="Пара"&"сат"', "111040002010", "x"], ["Көмек", "=1+1", "x"])
    found = read_lines(rows("ngos.xlsx", content), {})
    assert [(line.name, line.bin, line.fault) for line in found] == [("", None, "no_name"), ("Көмек", None, None)]


def test_made_up_sizes_and_row_numbers_cost_nothing() -> None:
    """The sheet claims a million rows and columns up to the last, and its last row says it is the millionth."""
    rows_ = ROW.format(1, "Название") + ROW.format(2, "Парасат") + ROW.format(1_048_576, "Көмек")
    sheet = SHEET.format(rows_).replace("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>')
    found = read_lines(rows("ngos.xlsx", packed(GOOD, sheet1=sheet)), {})
    assert [line.name for line in found] == ["Парасат"]


def _too_many_rows() -> bytes:
    return b"name\n" + b"a\n" * 1_000_000


def _a_sheet_too_long() -> bytes:
    return packed(GOOD, sheet1=SHEET.format("".join(ROW.format(n, "name") for n in range(1, MOST_LINES + 3))))


def _a_bomb() -> bytes:
    return packed(GOOD, sheet1=SHEET.format(ROW.format(1, " " * 15_000_000)))


_ENTITIES = '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;&b;">]>' + SHEET.format(ROW.format(1, "&c;"))
_OUTSIDE = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>' + SHEET.format(ROW.format(1, "name &b;"))


def _encrypted_entry() -> bytes:
    """The flag that says so is set in the directory."""
    content = bytearray(GOOD)
    at = content.rfind(b"PK\x01\x02")
    content[at + 8] |= 1
    return bytes(content)


HOSTILE: dict[str, tuple[str, bytes | Callable[[], bytes], FileFault]] = {
    "empty": ("a.csv", b"", FileFault.EMPTY),
    "spaces": ("a.csv", b" \r\n ", FileFault.EMPTY),
    "only names of columns": ("a.csv", b"name,BIN\n", FileFault.EMPTY),
    "too big": ("a.csv", b"x" * (LARGEST_FILE + 1), FileFault.TOO_BIG),
    "a million lines": ("a.csv", _too_many_rows, FileFault.TOO_MANY_LINES),
    "a sheet too long": ("a.xlsx", _a_sheet_too_long, FileFault.TOO_MANY_LINES),
    "a picture": ("a.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", FileFault.NOT_A_TABLE),
    "an old Excel": ("a.xls", b"\xd0\xcf\x11\xe0" + b"\0" * 600, FileFault.OLD_FORMAT),
    "with a password": (
        "a.xlsx",
        b"\xd0\xcf\x11\xe0" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"),
        FileFault.ENCRYPTED,
    ),
    "an encrypted entry": ("a.xlsx", _encrypted_entry, FileFault.ENCRYPTED),
    "other letters": ("a.csv", "Название;БИН\nПарасат;".encode("koi8-r"), FileFault.NO_NAME_COLUMN),
    "broken letters": ("a.csv", "Название;БИН\nПарасат;".encode() + b"\xd0\x98\xff\x98", FileFault.WRONG_ENCODING),
    "a word for a file": ("a.csv", b"PK", FileFault.NOT_A_TABLE),
    "a cut zip": ("a.xlsx", GOOD[: len(GOOD) // 2], FileFault.NOT_A_TABLE),
    "another zip": ("a.docx", lambda: _zip({"word/document.xml": "x"}), FileFault.NOT_A_TABLE),
    "macros by name": ("a.xlsm", GOOD, FileFault.MACROS),
    "macros inside": ("a.xlsx", lambda: packed(GOOD, **{"xl/vbaProject.bin": "x"}), FileFault.MACROS),
    "a bomb": ("a.xlsx", _a_bomb, FileFault.PACKED_TOO_TIGHTLY),
    "many entries": (
        "a.xlsx",
        lambda: packed(GOOD, **{f"xl/media/{n}.png": "x" for n in range(250)}),
        FileFault.PACKED_TOO_TIGHTLY,
    ),
    "entities": ("a.xlsx", lambda: packed(GOOD, sheet1=_ENTITIES), FileFault.NOT_A_TABLE),
    "a file of the server": ("a.xlsx", lambda: packed(GOOD, sheet1=_OUTSIDE), FileFault.NOT_A_TABLE),
    "no sheet": ("a.xlsx", lambda: packed(GOOD, sheet1=None), FileFault.NOT_A_TABLE),
    "a broken sheet": ("a.xlsx", lambda: packed(GOOD, sheet1="<worksheet"), FileFault.NOT_A_TABLE),
    "a quotation mark and a sea of text": ("a.csv", b'name\n"' + b"x" * 200_000, FileFault.NOT_A_TABLE),
}


def _zip(parts: dict[str, str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as new:
        for name, text in parts.items():
            new.writestr(name, text)
    return made.getvalue()


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_hostile_is_refused_with_the_reason(case: str) -> None:
    name, content, fault = HOSTILE[case]
    assert fault_of(name, content() if callable(content) else content) is fault


def test_a_quotation_mark_that_is_not_closed_costs_only_what_it_swallowed() -> None:
    content = 'Название;БИН\nПарасат;\n«Қамқор»;"10\nКөмек;111040002010\n'.encode()
    found = [(line.number, line.fault) for line in read_lines(rows("a.csv", content), {})]
    assert found == [(2, None), (3, "quotes")]


def test_a_row_with_thousands_of_columns_is_cut() -> None:
    assert len(cells("a.csv", b"name,BIN," + b"," * 100_000)[0]) == 50

"""A list of NGOs against the register, line by line: what is new, changed, doubtful, refused."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.people import Organization, OrganizationState
from domain.register import Decision, NameIndex, decided, decisions_for
from domain.register_import import (
    MOST_LINES,
    Doubt,
    Fault,
    FileFault,
    Finding,
    Line,
    UnreadableFile,
    Verdict,
    columns,
    compare,
    counted,
    fingerprint,
    read_lines,
)

REGISTERED, PROPOSED, DECLINED, SUSPENDED, MERGED = (
    OrganizationState(state) for state in ("registered", "proposed", "declined", "suspended", "merged")
)
BIN, OTHER_BIN, THIRD_BIN = "111040002010", "121140002026", "131240002031"
"""Invented: serials counted up, the check digit reckoned by hand in test_register's way."""


def read(*rows: Sequence[str]) -> list[Line]:
    return read_lines(enumerate(rows, 1), {"социальная поддержка": "social"})


# --- columns --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heads", "found"),
    [
        (["Наименование НПО", "БИН", "Сфера деятельности"], {"name": 0, "bin": 1, "field": 2}),
        (["№", "БИН/ИИН", "Название организации", "Направление"], {"bin": 1, "name": 2, "field": 3}),
        (["ҮЕҰ атауы", "БСН", "Қызмет саласы"], {"name": 0, "bin": 1, "field": 2}),
        (["Ұйымның атауы", "Бағыты"], {"name": 0, "field": 1}),
        (["Field of work", "BIN", "Name"], {"field": 0, "bin": 1, "name": 2}),
        (["  NAME  ", "Name of the head"], {"name": 0}),
        (["БИН", "Телефон"], None),
        (["Кабинет", "Комбинат"], None),
        ([], None),
    ],
)
def test_columns_are_known_by_their_names_in_any_order(heads: list[str], found: dict[str, int] | None) -> None:
    assert columns(heads) == found


def test_a_title_may_stand_above_and_empty_lines_between() -> None:
    lines = read(["Список на 1 марта"], [""], ["БИН", "Название"], ["", ""], [BIN, "Парасат"], [], ["", "Көмек"])
    assert lines == [Line(5, "Парасат", BIN), Line(7, "Көмек")]


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([], FileFault.EMPTY),
        ([["", ""]], FileFault.EMPTY),
        ([["Название"]], FileFault.EMPTY),
        ([["Название"], ["  "]], FileFault.EMPTY),
        ([["Парасат", BIN]], FileFault.NO_NAME_COLUMN),
        ([["title"]] * 20 + [["Название"], ["Парасат"]], FileFault.NO_NAME_COLUMN),
        ([["Название"]] + [["Парасат"]] * (MOST_LINES + 1), FileFault.TOO_MANY_LINES),
    ],
)
def test_what_is_no_list_is_refused_whole(rows: list[list[str]], fault: FileFault) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read(*rows)
    assert refused.value.fault is fault


# --- a line by itself -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "bin_", "field", "line"),
    [
        ("Парасат", BIN, "Социальная поддержка", Line(2, "Парасат", BIN, "social")),
        (" Парасат\n қоры ", " 1110 4000 2010 ", "шахматы", Line(2, "Парасат қоры", BIN, "шахматы")),
        ("Пара\u200bсат\u202e\0", f"{BIN}.0", "", Line(2, "Парасат", BIN)),
        ("Степной ветер", "10240003012", "", Line(2, "Степной ветер", "010240003012")),
        ("Парасат", "нет", "", Line(2, "Парасат")),
        ("Парасат", "жоқ", "", Line(2, "Парасат")),
        ("Парасат", "—", "", Line(2, "Парасат")),
        ("", BIN, "", Line(2, "", fault=Fault.NO_NAME)),
        ("12345", BIN, "", Line(2, "12345", fault=Fault.NO_NAME)),
        ("\u2800", BIN, "", Line(2, "\u2800", fault=Fault.NO_NAME)),
        ("=cmd|'/c calc'!A0", BIN, "", Line(2, "=cmd|'/c calc'!A0", fault=Fault.FORMULA)),
        ("ж" * 300, BIN, "", Line(2, "ж" * 300, BIN)),
        ("Парасат,111040002010,a\nКөмек", "", "", Line(2, "Парасат,111040002010,a Көмек", fault=Fault.QUOTES)),
        ("Парасат", "11104000201О", "", Line(2, "Парасат", fault=Fault.BIN_LETTERS)),
        ("Парасат", "1110400020", "", Line(2, "Парасат", fault=Fault.BIN_LENGTH)),
        ("Парасат", "111", "", Line(2, "Парасат", fault=Fault.BIN_LENGTH)),
        ("Парасат", "900101300123", "", Line(2, "Парасат", fault=Fault.BIN_PERSON)),
        ("Парасат", "111040002011", "", Line(2, "Парасат", fault=Fault.BIN_CHECKSUM)),
        ("Парасат", "1,1104E+11", "", Line(2, "Парасат", fault=Fault.BIN_ROUNDED)),
        ("Парасат", "1.1104e11", "", Line(2, "Парасат", fault=Fault.BIN_ROUNDED)),
    ],
)
def test_a_line_is_read_as_it_was_meant_or_refused_with_the_reason(
    name: str, bin_: str, field: str, line: Line
) -> None:
    assert read(["Название", "БИН", "Сфера"], [name, bin_, field]) == [line]


def test_a_name_longer_than_the_register_has_room_for_is_refused() -> None:
    assert read(["Название"], ["ж" * 301])[0].fault is Fault.NAME_TOO_LONG


def test_a_row_shorter_than_the_heading_is_a_row_with_empty_cells() -> None:
    assert read(["Название", "БИН", "Сфера"], ["Парасат"]) == [Line(2, "Парасат")]


# --- against the register -------------------------------------------------------------------------------------------

PARASAT = Organization(1, "Общественный фонд «Парасат»", BIN, "social", REGISTERED)
KOMEK = Organization(2, "ОО «Көмек»", None, "youth", REGISTERED)
TULPAR = Organization(3, "Клуб «Тұлпар»", None, "health", PROPOSED)
LOTTERY = Organization(4, "Общество «Лотерея»", OTHER_BIN, "other", DECLINED)
GONE = Organization(5, "Фонд «Парасат»", None, "social", MERGED, merged_into=1)
REGISTER = [PARASAT, KOMEK, TULPAR, LOTTERY, GONE]


@pytest.mark.parametrize(
    ("line", "verdict", "known", "doubt", "changes"),
    [
        # the BIN decides
        (Line(1, PARASAT.name, BIN), Verdict.SAME, 1, None, ()),
        (Line(1, PARASAT.name, BIN, "social"), Verdict.SAME, 1, None, ()),
        (Line(1, PARASAT.name, BIN, "youth"), Verdict.CHANGED, 1, None, (("field", "social", "youth"),)),
        (Line(1, "Мейірім", BIN), Verdict.CHANGED, 1, None, (("name", PARASAT.name, "Мейірім"),)),
        (Line(1, "Мейірім", THIRD_BIN), Verdict.NEW, None, None, ()),
        (Line(1, "Лотерея-2", OTHER_BIN), Verdict.DOUBTFUL, 4, Doubt.DECLINED, ()),
        # a BIN that is not in the register, with a name that is
        (Line(1, "ОО «Көмек»", THIRD_BIN), Verdict.DOUBTFUL, 2, Doubt.SIMILAR, ()),
        (Line(1, "ОО «Комекк»", THIRD_BIN), Verdict.DOUBTFUL, 2, Doubt.SIMILAR, ()),
        (Line(1, "ЧФ «Парасат»", THIRD_BIN), Verdict.DOUBTFUL, 1, Doubt.ANOTHER_BIN, ()),
        (Line(1, "Общественный фонд «Парасатт»", THIRD_BIN), Verdict.NEW, None, None, ()),
        # the BIN of one, the name of another
        (Line(1, "Көмек", BIN), Verdict.DOUBTFUL, 2, Doubt.TWO_RECORDS, ()),
        # no BIN
        (Line(1, 'оо "КӨМЕК"'), Verdict.CHANGED, 2, None, (("name", "ОО «Көмек»", 'оо "КӨМЕК"'),)),
        (Line(1, KOMEK.name), Verdict.SAME, 2, None, ()),
        (Line(1, KOMEK.name, None, "rights"), Verdict.CHANGED, 2, None, (("field", "youth", "rights"),)),
        (Line(1, "ОФ «Көмек»"), Verdict.DOUBTFUL, 2, Doubt.SIMILAR, ()),
        (Line(1, "Комекк"), Verdict.DOUBTFUL, 2, Doubt.SIMILAR, ()),
        (Line(1, "Мейірім"), Verdict.DOUBTFUL, None, Doubt.NO_BIN, ()),
        (Line(1, LOTTERY.name), Verdict.DOUBTFUL, 4, Doubt.DECLINED, ()),
        # the city's list confirms what somebody proposed
        (Line(1, TULPAR.name), Verdict.CHANGED, 3, None, (("state", "proposed", "registered"),)),
        # refused before it is compared
        (Line(1, PARASAT.name, None, "", Fault.BIN_CHECKSUM), Verdict.REFUSED, None, None, ()),
    ],
)
def test_what_a_line_means_for_the_register(
    line: Line, verdict: Verdict, known: int | None, doubt: Doubt | None, changes: tuple[tuple[str, str, str], ...]
) -> None:
    found = compare([line], REGISTER)[0]
    assert (found.verdict, found.known, found.doubt, found.changes) == (verdict, known, doubt, changes)


def test_the_bin_of_a_record_that_was_merged_means_the_one_that_stays() -> None:
    merged = replace(GONE, bin=THIRD_BIN)
    found = compare([Line(1, "Фонд «Парасат»", THIRD_BIN)], [PARASAT, merged])
    assert (found[0].verdict, found[0].known) == (Verdict.SAME, 1)


def test_a_suspended_one_stays_suspended() -> None:
    found = compare([Line(1, PARASAT.name, BIN)], [replace(PARASAT, state=SUSPENDED)])
    assert found[0].verdict is Verdict.SAME


def test_of_lines_that_say_the_same_the_first_counts() -> None:
    lines = [
        Line(2, "Мейірім"),
        Line(3, "«Мейірім»", THIRD_BIN),
        Line(4, "Другой", THIRD_BIN),
        Line(5, "Новый"),
        Line(6, "НОВЫЙ"),
    ]
    said = [(f.line.number, f.line.fault, f.line.twice) for f in compare(lines, [])]
    assert said == [
        (2, Fault.NAME_TWICE, 3),  # the same with its BIN stands below
        (3, None, 0),
        (4, Fault.BIN_TWICE, 3),
        (5, None, 0),
        (6, Fault.NAME_TWICE, 5),
    ]


def test_compared_a_second_time_with_the_same_register_the_findings_are_the_same() -> None:
    lines = [Line(2, "Мейірім"), Line(3, "«Мейірім»", THIRD_BIN), Line(4, "Көмек", BIN)]
    once = compare(lines, REGISTER)
    assert compare([finding.line for finding in once], REGISTER) == once


@given(
    st.builds(
        Finding,
        st.builds(Line, st.integers(1, 99), st.text(max_size=9), st.none() | st.just(BIN), st.text(max_size=9)),
        st.sampled_from(Verdict),
        st.none() | st.integers(1, 99),
        st.text(max_size=9),
        st.none() | st.sampled_from(Doubt),
        st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5), st.text(max_size=5)), max_size=2).map(tuple),
    )
)
def test_a_finding_is_stored_whole(finding: Finding) -> None:
    assert Finding.from_json(finding.to_json()) == finding


def test_a_register_has_another_fingerprint_when_anything_that_matters_is_otherwise() -> None:
    others = [
        [*REGISTER[1:], replace(PARASAT, name="Парасат")],
        [*REGISTER[1:], replace(PARASAT, bin=None)],
        [*REGISTER[1:], replace(PARASAT, field="youth")],
        [*REGISTER[1:], replace(PARASAT, state=SUSPENDED)],
        REGISTER[1:],
    ]
    assert len({fingerprint(register) for register in [REGISTER, *others]}) == 6
    assert fingerprint(REGISTER[::-1]) == fingerprint(REGISTER)


def test_every_verdict_is_counted() -> None:
    assert counted(compare([Line(1, KOMEK.name), Line(2, "Мейірім")], REGISTER)) == {
        Verdict.NEW: 0,
        Verdict.CHANGED: 0,
        Verdict.SAME: 1,
        Verdict.DOUBTFUL: 1,
        Verdict.REFUSED: 0,
    }


# --- names that are alike -------------------------------------------------------------------------------------------

NAMES = [
    "Общественный фонд «Парасат»",
    "ОО «Павлодарское общество слепых»",
    "«Жас Ұлан» жастар қоғамдық бірлестігі",
    "ОФ «Надежда для детей»",
    "Клуб активного долголетия «Алтын күз»",
    "Общественный фонд поддержки ветеранов Павлодарской области",
]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Парсат", 0),
        ("ЧФ «Порасат»", 0),
        ("Павлодарское общевство слепых", 1),
        ("Жас улан жастар", 2),
        ("Надежда", None),
        ("Надежда детям", None),
        ("Клуб активного долголетия «Алтын куз»", 4),
        ("Клуб активного долголетия «Қайың»", None),
        ("Общественный фонд поддержки инвалидов Павлодарской области", None),
        ("!!!", None),
        ("", None),
    ],
)
def test_a_name_with_a_mistake_is_alike_another_name_is_not(name: str, meant: int | None) -> None:
    assert NameIndex(enumerate(NAMES)).most_alike(name) == meant


def test_an_empty_register_has_nothing_alike() -> None:
    assert NameIndex([]).most_alike("Парасат") is None


# --- decisions ------------------------------------------------------------------------------------------------------

ALLOWED = {
    REGISTERED: "suspend merge",
    PROPOSED: "approve decline merge",
    DECLINED: "approve merge",
    SUSPENDED: "restore merge",
    MERGED: "",
}


@pytest.mark.parametrize("state", OrganizationState)
def test_which_decisions_a_record_allows(state: OrganizationState) -> None:
    assert [decision.value for decision in decisions_for(state)] == ALLOWED[state].split()
    for decision in Decision:
        assert (decided(state, decision) is not None) == (decision in ALLOWED[state].split())

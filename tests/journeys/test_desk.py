"""The administrator's desk: a menu that redraws itself in place, who did what, and the city's lists as tables."""

import ast
import importlib
import inspect
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from openpyxl import load_workbook

from domain.people import Language
from simulator.telegram import Message
from storage import audit
from storage.audit import Line, Sought
from tests.journeys.cast import Cast
from tests.town import Somebody
from texts.labels import ACTION_WORDS, OBJECT_WORDS

ROOT = Path(__file__).parent.parent.parent


async def opens(somebody: Somebody, *keys: str) -> str:
    await somebody.writes("/admin")
    for key in keys:
        await somebody.presses(key)
    return somebody.last


async def changes_the_term(cast: Cast, to: str) -> None:
    await opens(cast.saule, "habits", "term")
    await cast.saule.writes(to)


async def newest(cast: Cast, n: int = 1) -> list[Line]:
    async with cast.town.app.database.reading() as db:
        return await audit.newest(db, Sought(), n)


# --- the menu -------------------------------------------------------------------------------------------------------


async def test_every_section_opens_in_place_and_back_leads_to_the_desk(cast: Cast) -> None:
    await cast.saule.writes("/admin")
    desk = cast.saule.last
    sections = cast.saule.buttons
    messages = len(cast.saule.phone.chat)
    for section in sections:
        await cast.saule.presses(section)
        assert cast.saule.last != desk, section
        await cast.saule.presses("back")
        assert cast.saule.last == desk, section
    assert len(cast.saule.phone.chat) == messages


@pytest.mark.parametrize("language", list(Language))
async def test_the_menu_stands_in_pairs_of_short_labels(cast: Cast, language: Language) -> None:
    await cast.saule.does("presses_data", f"language:{language}")
    await cast.saule.writes("/admin")
    rows = cast.saule.phone.last["reply_markup"]["inline_keyboard"]
    assert all(len(row) <= 2 for row in rows)
    assert all(len(button["text"]) <= 30 for row in rows for button in row)


async def test_the_desk_counts_what_waits(cast: Cast) -> None:
    await cast.town.an_ngo(None, "Marat", "Клуб «Тұлпар»", Language.EN)
    await cast.town.a_question(cast.aigerim, topic="")
    said = await opens(cast.saule)
    assert said.splitlines() == [
        "The administrator's desk",
        "",
        "Waiting for approval: 1",
        "Questions without a department: 1",
        "Stuck messages: 0",
        "Open invitations: 0",
        "Announcements under way: 0",
        "",
        "NGOs: 2",
        "Departments: 5",
        "Topics: 12",
    ]


SECTIONS = """
    Waiting for approval, Without a department, NGOs, Departments and people, Topics, Invitation, Announcements,
    Calendar, Stuck messages, Who did what, Terms and reminders, Export
"""


async def test_the_desk_has_every_section(cast: Cast) -> None:
    await cast.saule.writes("/admin")
    assert cast.saule.buttons == [" ".join(section.split()) for section in SECTIONS.split(",")]


async def test_a_topic_is_found_among_all_of_them(cast: Cast) -> None:
    await opens(cast.saule, "topics", "later")
    assert cast.saule.last == "Topics: 12"
    await cast.saule.presses("Accessible environment")
    assert cast.saule.last.startswith("Accessible environment")


async def test_those_who_wait_are_listed_page_by_page(cast: Cast) -> None:
    for name in ("Marat", "Serik", "Gaukhar", "Dana", "Nurlan", "Zhanna", "Madina"):
        await cast.town.an_ngo(None, name, "Клуб «Тұлпар»", Language.EN)
    await opens(cast.saule, "waiting", "later")
    await cast.saule.presses("Madina: Клуб «Тұлпар»")
    assert cast.saule.last.startswith("Representative: Madina")
    await cast.saule.presses("approve")
    await cast.saule.presses("back")
    assert cast.saule.last == "Waiting for approval: 6"


# --- who did what ---------------------------------------------------------------------------------------------------


async def test_a_line_says_who_did_what_when_and_what_it_was_before(cast: Cast) -> None:
    await changes_the_term(cast, "10")
    said = await opens(cast.saule, "audit")
    line = (await newest(cast))[0]
    assert said.split("\n\n")[1] == (
        f"Line {line.id}, 2 March 2026, 11:00\nWho: Saule\nWhat: changed a setting\nAbout: Term of an answer\n"
        "Before: 15\nAfter: 10"
    )
    assert (line.before, line.after) == ("15", "10")
    assert line.update_id is not None


async def test_a_screen_of_settings_says_who_changed_it_last(cast: Cast) -> None:
    assert "Last changed" not in await opens(cast.saule, "habits")
    await changes_the_term(cast, "10")
    assert (await opens(cast.saule, "habits")).endswith("\nLast changed: Saule, 2 March 2026, 11:00")
    await opens(cast.saule, "calendar", "year_checked")
    assert (await opens(cast.saule, "calendar")).endswith("\nLast changed: Saule, 2 March 2026, 11:00")


async def test_every_setting_keeps_what_it_was(cast: Cast) -> None:
    await opens(cast.saule, "habits", "ladder")
    await cast.saule.writes("2, 4, 6")
    await opens(cast.saule, "habits", "digest_time")
    await cast.saule.presses("all departments: 09:05")
    await cast.saule.writes("10:00 1,3")
    await opens(cast.saule, "calendar", "day_off")
    await cast.saule.writes("08.05.2026; перенос; ауыстыру")
    await cast.saule.presses("apply")
    await opens(cast.saule, "calendar", "take_back_correction")
    await cast.saule.writes("08.05.2026")
    await cast.saule.presses("apply")
    assert [(line.object, line.before, line.after) for line in await newest(cast, 4)] == [
        ("calendar", "2026-05-08 day off", ""),
        ("calendar", "", "2026-05-08 day off"),
        ("setting digest", "09:05", "10:00 1,3"),
        ("setting ladder", "1,3,5", "2,4,6"),
    ]


async def test_things_and_people_bear_their_names_of_now(cast: Cast) -> None:
    """The rehearsal ended with an approval: of Aigerim, for Parasat."""
    said = (await opens(cast.saule, "audit")).split("\n\n")[1]
    assert "What: approved a representative" in said
    assert f"About: person {cast.aigerim.id}, «Aigerim»" in said
    assert "Before: waiting for approval" in said
    assert "After: approved, NGO 1, Общественный фонд «Парасат»" in said


async def test_who_was_removed_is_named_so(cast: Cast) -> None:
    await cast.aigerim.does("presses_data", "forget_twice")
    said = await opens(cast.saule, "audit")
    assert "Who: a person who was removed\nWhat: deleted their own data" in said
    assert "Aigerim" not in said


@pytest.mark.parametrize(("language", "who", "before"), [(Language.RU, "Кто", "Было"), (Language.KK, "Кім", "Бұрын")])
async def test_it_is_read_in_the_readers_language(cast: Cast, language: Language, who: str, before: str) -> None:
    await cast.saule.does("presses_data", f"language:{language}")
    await cast.saule.does("presses_data", "audit:0")
    assert f"{who}: Saule" in cast.saule.last
    assert f"{before}: " in cast.saule.last


async def test_lines_are_found_by_person_by_object_and_by_day_and_by_all_of_them(cast: Cast) -> None:
    timur = cast.town.stranger("Timur", Language.EN)
    await timur.meets_the_bot(await cast.town.invited(cast.saule, "Administrator"))
    cast.town.clock.skip(timedelta(days=1))
    await changes_the_term(cast, "10")
    await opens(timur, "habits", "term")
    await timur.writes("12")
    await opens(cast.saule, "audit", "by_person", "Timur")
    assert cast.saule.last.startswith("Who did what: 2 lines\nOnly: Timur")
    await cast.saule.presses("by_object")
    await cast.saule.presses("setting")
    assert cast.saule.last.startswith("Who did what: 1 line\nOnly: Timur\nOnly: setting")
    await cast.saule.presses("by_day")
    await cast.saule.writes("02.03.2026")
    assert cast.saule.last.startswith("Who did what: 0 lines")
    assert "Nothing was found." in cast.saule.last
    await cast.saule.presses("show_all")
    await cast.saule.presses("by_day")
    await cast.saule.presses("3 March 2026")
    assert cast.saule.last.startswith("Who did what: 2 lines\nOnly: 3 March 2026")


@pytest.mark.parametrize("typed", ["2026-000001", "question 2026-000001", "обращение 2026-000001", "№2026-000001"])
async def test_a_thing_is_named_as_people_name_it(cast: Cast, typed: str) -> None:
    await cast.town.a_question(cast.aigerim, topic="")
    await opens(cast.saule, "without_department", "2026-000001", "forward", "Education")
    await opens(cast.saule, "audit", "by_object")
    await cast.saule.writes(typed)
    assert cast.saule.last.startswith("Who did what: 1 line\nOnly: question 2026-000001\n\nLine")


@pytest.mark.parametrize(("key", "typed"), [("by_object", "зал"), ("by_object", "😀"), ("by_day", "32.13.2026")])
async def test_what_is_not_understood_is_asked_again(cast: Cast, key: str, typed: str) -> None:
    await opens(cast.saule, "audit", key)
    await cast.saule.writes(typed)
    assert cast.saule.last == f"This is not understood: «{typed}». Please type it otherwise."
    await cast.saule.writes("2026-000001" if key == "by_object" else "02.03.2026")
    assert cast.saule.last.startswith("Who did what")


async def test_the_list_turns_its_pages_and_keeps_what_is_looked_for(cast: Cast) -> None:
    for term in range(10, 17):
        await changes_the_term(cast, str(term))
    await opens(cast.saule, "audit", "by_object", "setting")
    assert "page 1 of 2" in cast.saule.last
    await cast.saule.presses("later")
    assert "page 2 of 2\nOnly: setting" in cast.saule.last
    assert "After: 11" in cast.saule.last


MADE_UP = [
    "audit",
    "audit:x",
    "audit:-1:p0:d999999:o",
    f"audit:{2**63}:p{2**63}:dx:oquestion 2026-000001",
    "audit:0:o%",
]


@pytest.mark.parametrize("data", MADE_UP)
async def test_a_made_up_wish_is_none(cast: Cast, data: str) -> None:
    await cast.saule.does("presses_data", data)
    assert cast.saule.last.startswith("Who did what")


# --- tables ---------------------------------------------------------------------------------------------------------


def table(cast: Cast, somebody: Somebody) -> list[tuple[Any, ...]]:
    """The rows of the newest file that this person was sent."""
    message: Message = next(m for m in reversed(somebody.phone.chat) if "document" in m)
    content = cast.town.telegram.files[message["document"]["file_id"]].content
    book = load_workbook(io.BytesIO(content))
    return list(book.active.iter_rows(values_only=True))


async def test_the_lines_looked_for_leave_as_a_table_and_that_is_a_line_too(cast: Cast) -> None:
    await changes_the_term(cast, "10")
    await opens(cast.saule, "audit", "by_object", "setting", "export")
    assert cast.saule.last == "The file has 1 line."
    line, exported = (await newest(cast, 2))[::-1]
    heading, row = table(cast, cast.saule)
    assert heading[:3] == ("Line", "When", "Who")
    assert row[0] == line.id
    assert row[1] == "2026-03-02 11:00:00"
    assert row[4:] == ("changed a setting", "setting term", "15", "10", line.update_id, line.hash)
    assert (exported.action, exported.object, exported.after) == ("exported", "audit", "1 rows")


async def test_questions_leave_with_texts_that_nothing_runs(answered: Cast) -> None:
    cast = answered
    evil = '=HYPERLINK("http://evil.test","жми")'
    await cast.town.a_question(cast.aigerim, evil, public=False)
    await opens(cast.saule, "export", "export_questions")
    heading, second, first = table(cast, cast.saule)
    columns = {name: n for n, name in enumerate(heading)}
    assert (second[columns["Text"]], second[columns["May be published"]]) == (evil, "no")
    assert first[columns["Number"]] == cast.number
    assert first[columns["Status"]] == "answered"
    assert first[columns["Outcome"]] == "Explained"
    assert first[columns["Answer"]].startswith("Зал Дома дружбы")
    assert first[columns["Answer due"]] == "2026-03-26"
    assert (await newest(cast))[0].action == "exported"


# --- words ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Written:
    """A line of code that writes to the audit."""

    module: ModuleType
    where: str
    action: ast.expr
    object: ast.expr


def written() -> Iterator[Written]:
    for file in (file for folder in ("handlers", "bot", "storage") for file in (ROOT / folder).glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            called = ast.unparse(node.func)
            if called == "turn.audit" or (called == "audit.write" and file.name != "turn.py"):
                action, object_ = node.args[:2] if called == "turn.audit" else node.args[3:5]
                module = importlib.import_module(f"{file.parent.name}.{file.stem}")
                yield Written(module, f"{file.name}:{node.lineno}", action, object_)


PASSED = {"state": ["verified", "declined"]}
"""What a function is called with."""


def assigned(module: ModuleType, name: str) -> list[ast.expr]:
    assigns = (node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Assign))
    return [node.value for node in assigns if any(isinstance(t, ast.Name) and t.id == name for t in node.targets)]


def possible(module: ModuleType, node: ast.expr) -> list[str]:
    """What an expression may come to: a word, one of two, one of a table of the module."""
    match node:
        case ast.Constant(value=str(word)):
            return [word]
        case ast.IfExp(body=one, orelse=other):
            return [*possible(module, one), *possible(module, other)]
        case ast.Subscript(value=ast.Name(id=table)):
            return [str(word) for word in getattr(module, table).values()]
        case ast.JoinedStr(values=parts):
            return ["".join(words) for words in product(*(possible(module, part) for part in parts))]
        case ast.FormattedValue(value=inner):
            return possible(module, inner)
        case ast.Name(id=name) if name in PASSED:
            return PASSED[name]
        case ast.Name(id=name):
            return [word for value in assigned(module, name) for word in possible(module, value)]
    return [f"not known: {ast.unparse(node)}"]


def test_every_action_of_the_audit_has_words() -> None:
    used = {(one.where, word) for one in written() for word in possible(one.module, one.action)}
    assert {(where, word) for where, word in used if word not in ACTION_WORDS} == set()
    assert len(used) > 10


def test_every_object_of_the_audit_is_of_a_kind_that_has_words() -> None:
    kinds = set()
    for one in written():
        first = one.object.values[0] if isinstance(one.object, ast.JoinedStr) else one.object
        if isinstance(first, ast.Constant):
            kinds.add((one.where, str(first.value).split()[0]))
    assert {(where, kind) for where, kind in kinds if kind not in OBJECT_WORDS} == set()
    assert len(kinds) > 5

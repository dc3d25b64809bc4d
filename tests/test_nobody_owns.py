"""What nobody owns: migrations, settings, words, names, and what README promises."""

import asyncio
import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, inspect, select

from bot.__main__ import main
from bot.settings import Settings
from domain.people import Language
from domain.question import Kind, Outcome, Status, Verdict
from handlers.routes import COMMANDS
from storage import beginnings, migrate
from storage.database import Database
from storage.tables import metadata
from tests.conftest import _create, _url
from tests.storage.scene import set_the_scene
from texts import Words
from texts.__main__ import faults
from texts.labels import KIND_LABELS, LABELS, OUTCOME_LABELS, STATUS_WORDS, VERDICT_LABELS

ROOT = Path(__file__).parent.parent


# --- migrations -----------------------------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that no migration has seen."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
    server: str = request.getfixturevalue("postgresql_server")
    name = f"empty{abs(hash(request.node.nodeid))}"
    asyncio.run(_create(server, name, "template1"))
    return _url(server, name)


def revisions() -> list[str]:
    """From the first to the newest."""
    scripts = ScriptDirectory.from_config(migrate.config("sqlite+aiosqlite://"))
    return [script.revision for script in scripts.walk_revisions()][::-1]


async def ask(url: str, question: Any) -> Any:
    """What a look at the schema says."""
    database = Database(url, pooled=False)
    try:
        async with database.reading() as db:
            return await db.run_sync(question)
    finally:
        await database.close()


class TestMigrations:
    def test_every_step_can_be_gone_up_down_and_up_again(self, empty_url: str) -> None:
        config = migrate.config(empty_url)
        for revision in revisions():
            command.upgrade(config, revision)
            command.downgrade(config, "-1")
            command.upgrade(config, revision)

    async def test_at_the_bottom_nothing_is_left(self, empty_url: str) -> None:
        await migrate.upgrade(empty_url)
        await migrate.downgrade(empty_url, "base")
        assert await ask(empty_url, lambda db: inspect(db).get_table_names()) == ["alembic_version"]

    async def test_the_schema_is_that_of_the_tables(self, empty_url: str) -> None:
        await migrate.upgrade(empty_url)

        def differences(db: Connection) -> list[Any]:
            # Defaults are left to the next test: Alembic takes an empty text on SQLite for another empty text.
            return list(compare_metadata(MigrationContext.configure(db, opts={"compare_type": True}), metadata))

        assert await ask(empty_url, differences) == []

    async def test_read_back_it_is_the_same_as_if_made_from_the_tables(self, empty_url: str) -> None:
        """Alembic's comparison does not see where a partial index applies, nor what happens to a row's children."""
        await migrate.upgrade(empty_url)
        migrated = await ask(empty_url, schema)
        await migrate.downgrade(empty_url, "base")
        await create_all(empty_url)
        assert migrated == await ask(empty_url, schema)

    async def test_a_step_down_and_up_loses_no_row(self, empty_url: str) -> None:
        """On SQLite a table is rebuilt; with foreign keys on, that would empty the ones that hang on it."""
        await migrate.upgrade(empty_url)
        database = Database(empty_url, pooled=False)
        scene = await set_the_scene(database)
        await scene.asks()
        before = await counted(database)
        for _ in revisions()[1:]:
            await migrate.downgrade(empty_url, "-1")
        await migrate.upgrade(empty_url)
        after = await counted(database)
        await database.close()
        kept = (
            "people",
            "consents",
            "representatives",
            "officials",
            "admins",
            "questions",
            "entries",
            "topics",
            "outbox",
        )
        assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
        assert all(before[name] for name in kept)

    async def test_a_second_upgrade_has_nothing_to_do(self, empty_url: str) -> None:
        await migrate.upgrade(empty_url)
        migrated = await ask(empty_url, schema)
        await migrate.upgrade(empty_url)
        assert await ask(empty_url, schema) == migrated

    def test_there_is_one_newest_step(self) -> None:
        scripts = ScriptDirectory.from_config(migrate.config("sqlite+aiosqlite://"))
        assert len(scripts.get_heads()) == 1

    def test_the_newest_by_number_is_the_newest_by_descent(self) -> None:
        assert migrate.newest() == revisions()[-1]


def schema(db: Connection) -> dict[str, Any]:
    """All that the database says of its tables, in an order that does not depend on how they came to be."""
    look = inspect(db)
    found: dict[str, Any] = {}
    for table in sorted(set(look.get_table_names()) - {"alembic_version"}):
        found[table] = {
            "columns": _sorted({**c, "type": str(c["type"])} for c in look.get_columns(table)),
            "key": look.get_pk_constraint(table)["constrained_columns"],
            "foreign keys": _sorted(look.get_foreign_keys(table)),
            "unique": _sorted(look.get_unique_constraints(table)),
            "indexes": _sorted(
                {**i, "dialect_options": {k: str(v) for k, v in i.get("dialect_options", {}).items()}}
                for i in look.get_indexes(table)
            ),
        }
    return found


def _sorted(described: Any) -> list[str]:
    return sorted(str(dict(sorted(one.items()))) for one in described)


async def create_all(url: str) -> None:
    database = Database(url, pooled=False)
    async with database.transaction() as db:
        await db.run_sync(metadata.create_all)
    await database.close()


async def counted(database: Database) -> dict[str, int]:
    async with database.reading() as db:
        return {
            table.name: await db.scalar(select(func.count()).select_from(table)) or 0
            for table in metadata.sorted_tables
        }


# --- settings -------------------------------------------------------------------------------------------------------


def documented() -> set[str]:
    text = (ROOT / ".env.example").read_text("utf-8")
    return set(re.findall(r"^#?\s?([A-Z][A-Z0-9_]*)=", text, re.MULTILINE))


def test_every_setting_is_documented() -> None:
    assert {name.upper() for name in Settings.model_fields} - documented() == set()


def test_nothing_is_documented_that_is_no_setting() -> None:
    assert documented() - {name.upper() for name in Settings.model_fields} == set()


def test_the_example_says_the_defaults() -> None:
    text = (ROOT / ".env.example").read_text("utf-8")
    said = dict(re.findall(r"^([A-Z][A-Z0-9_]*)=(.*)$", text, re.MULTILINE))
    example = Settings(_env_file=None, **{name.lower(): value for name, value in said.items()})  # type: ignore[call-arg]
    assert example == Settings.model_construct()


# --- words ----------------------------------------------------------------------------------------------------------


def test_every_phrase_is_translated() -> None:
    assert list(faults()) == []


# The glossary's tables, word for word: English, Russian, Kazakh.
BUTTONS = {
    "agree": ("I agree", "Согласен", "Келісемін"),
    "disagree": ("I do not agree", "Не согласен", "Келіспеймін"),
    "i_am_ngo": ("I represent an NGO", "Я представляю НПО", "Мен ҮЕҰ өкілімін"),
    "not_in_list": ("Not in the list", "Нет в списке", "Тізімде жоқ"),
    "skip": ("Skip", "Пропустить", "Өткізіп жіберу"),
    "approve": ("Approve", "Подтвердить", "Растау"),
    "decline": ("Decline", "Отклонить", "Қабылдамау"),
    "not_sure": ("Not sure", "Не знаю", "Білмеймін"),
    "done_writing": ("Done", "Готово", "Дайын"),
    "public": ("May be published", "Можно опубликовать", "Жариялауға болады"),
    "private": ("Only for the department", "Только для отдела", "Тек бөлім үшін"),
    "send": ("Send", "Отправить", "Жіберу"),
    "edit_text": ("Edit the text", "Изменить текст", "Мәтінді өзгерту"),
    "change_topic": ("Change the topic", "Изменить тему", "Тақырыпты өзгерту"),
    "cancel": ("Cancel", "Отменить", "Бас тарту"),
    "continue": ("Continue", "Продолжить", "Жалғастыру"),
    "start_anew": ("Start anew", "Начать заново", "Қайта бастау"),
    "why_date": ("Why this date?", "Почему эта дата?", "Неге бұл күн?"),
    "withdraw": ("Withdraw", "Отозвать", "Кері қайтару"),
    "open": ("Open", "Открытые", "Ашық"),
    "closed": ("Closed", "Закрытые", "Жабық"),
    "solved": ("Solved", "Вопрос решён", "Шешілді"),
    "partly": ("Partly", "Частично", "Ішінара"),
    "not_answered": ("Not answered", "Нет ответа по сути", "Мәні бойынша жауап жоқ"),
    "take": ("Take", "Взять в работу", "Жұмысқа алу"),
    "assign": ("Assign", "Поручить", "Тапсыру"),
    "answer": ("Answer", "Ответить", "Жауап беру"),
    "clarify": ("Ask the NGO", "Уточнить у НПО", "ҮЕҰ-дан нақтылау"),
    "forward": ("Forward", "Передать", "Басқа бөлімге беру"),
    "extend": ("Extend", "Продлить", "Мерзімін ұзарту"),
    "note": ("Note", "Заметка", "Жазба"),
    "outcome_done": ("Fulfilled", "Выполнено", "Орындалды"),
    "outcome_explained": ("Explained", "Разъяснено", "Түсіндірілді"),
    "outcome_promised": ("Promised by a date", "Обещано к сроку", "Мерзімге уәде берілді"),
    "outcome_refused": ("Refused, with the ground", "Отказано с основанием", "Негізбен бас тартылды"),
    "outcome_elsewhere": (
        "Answered by phone or letter",
        "Ответ дан по телефону или письмом",
        "Телефонмен не хатпен жауап берілді",
    ),
    "send_now": ("Send now", "Отправить сейчас", "Қазір жіберу"),
    "confirm": ("Confirm", "Подтвердить отправку", "Жіберуді растау"),
    "stop": ("Stop", "Остановить", "Тоқтату"),
    "have_read": ("I have read it", "Прочитано", "Оқыдым"),
    "try_again": ("Try again", "Повторить", "Қайталау"),
    "back": ("Back", "Назад", "Артқа"),
}

STATUSES = {
    "registered": ("registered", "зарегистрировано", "тіркелді"),
    "in_work": ("in work", "в работе", "жұмыста"),
    "waiting": ("waiting for the NGO", "ждём ответа НПО", "ҮЕҰ жауабын күтудеміз"),
    "answered": ("answered", "дан ответ", "жауап берілді"),
    "closed": ("closed", "закрыто", "жабылды"),
    "withdrawn": ("withdrawn", "отозвано", "кері қайтарылды"),
}

KINDS = {
    "question": ("Question", "Вопрос", "Сұрақ"),
    "proposal": ("Proposal", "Предложение", "Ұсыныс"),
    "request": ("Request for help", "Просьба о содействии", "Көмек сұрау"),
    "thanks": ("Thanks", "Благодарность", "Алғыс"),
}

DEPARTMENTS = {
    ("Internal policy", "Отдел внутренней политики", "Ішкі саясат бөлімі"): [
        "Taking part in projects and working groups",
        "Dialogue platforms",
        "Social projects and grants",
        "Partnership with business",
        "Other",
    ],
    (
        "Employment and social programmes",
        "Отдел занятости и социальных программ",
        "Жұмыспен қамту және әлеуметтік бағдарламалар бөлімі",
    ): ["Social services for the elderly", "Social services for people with disabilities"],
    ("Culture and languages", "Отдел культуры и развития языков", "Мәдениет және тілдерді дамыту бөлімі"): [
        "Help with cultural events",
        "Conferences and forums",
    ],
    ("Education", "Отдел образования", "Білім бөлімі"): ["Education and youth"],
    ("Housing and utilities", "Отдел ЖКХ", "Тұрғын үй-коммуналдық шаруашылық бөлімі"): [
        "Accessible environment",
        "Premises",
    ],
}

# Of later parts of the product; a button leaves this list when it is built.
NOT_BUILT_YET = {"clarify", "extend", "note"}

GLOSSARY_COMMANDS = {
    *("start", "help", "language", "mydata", "forget", "cancel", "search", "simple"),
    *("ask", "my", "meetings", "inbox", "digest", "announce", "admin", "stats"),
    "promises",  # asked for since: the ledger, for both sides
}

LANGUAGES = (Language.EN, Language.RU, Language.KK)


def words(language: Language) -> Words:
    return Words(language, ZoneInfo("Asia/Almaty"))


def promised(table: dict[str, tuple[str, str, str]]) -> list[Any]:
    return [
        pytest.param(key, language, label, id=f"{key}-{language}")
        for key, labels in table.items()
        for language, label in zip(LANGUAGES, labels, strict=True)
    ]


def test_every_button_of_the_glossary_is_built_or_named_above() -> None:
    assert BUTTONS.keys() - LABELS.keys() - NOT_BUILT_YET == set()


@pytest.mark.parametrize(
    ("key", "language", "label"), promised({key: said for key, said in BUTTONS.items() if key in LABELS})
)
def test_a_button_bears_the_glossarys_label(key: str, language: Language, label: str) -> None:
    assert words(language).label(key) == label


@pytest.mark.parametrize(("status", "language", "label"), promised(STATUSES))
def test_a_status_is_said_in_the_glossarys_words(status: str, language: Language, label: str) -> None:
    assert words(language).plain(STATUS_WORDS[Status(status)]) == label


@pytest.mark.parametrize(("kind", "language", "label"), promised(KINDS))
def test_a_kind_is_said_in_the_glossarys_words(kind: str, language: Language, label: str) -> None:
    assert words(language).label(KIND_LABELS[Kind(kind)]) == label


def test_outcomes_and_verdicts_are_said_by_the_glossarys_buttons() -> None:
    assert (OUTCOME_LABELS, VERDICT_LABELS) == (
        {
            Outcome.FULFILLED: "outcome_done",
            Outcome.EXPLAINED: "outcome_explained",
            Outcome.PROMISED: "outcome_promised",
            Outcome.REFUSED: "outcome_refused",
            Outcome.ELSEWHERE: "outcome_elsewhere",
        },
        {Verdict.SOLVED: "solved", Verdict.PARTLY: "partly", Verdict.NOT_ANSWERED: "not_answered"},
    )


def test_every_status_has_words() -> None:
    assert STATUS_WORDS.keys() == set(Status)


def test_no_command_is_outside_the_glossary() -> None:
    assert COMMANDS.keys() - GLOSSARY_COMMANDS == set()


def test_the_bot_starts_with_the_glossarys_departments() -> None:
    assert [(names.en, names.ru, names.kk) for names, _ in beginnings.DEPARTMENTS] == list(DEPARTMENTS)


def test_and_with_its_topics() -> None:
    assert [[topic.en for topic in topics] for _, topics in beginnings.DEPARTMENTS] == list(DEPARTMENTS.values())


# --- names ----------------------------------------------------------------------------------------------------------

FORBIDDEN = {"utils", "util", "core", "common", "services", "service", "models", "helpers", "helper", "misc", "base"}


def test_no_module_has_a_name_that_says_nothing() -> None:
    ours = [
        path for path in ROOT.rglob("*.py") if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    ]
    named = {part.removesuffix(".py") for path in ours for part in path.relative_to(ROOT).parts}
    assert named & FORBIDDEN == set()


# --- README ---------------------------------------------------------------------------------------------------------

README = (ROOT / "README.md").read_text("utf-8")


def code_of_readme() -> str:
    """What stands in code blocks and between backticks."""
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", README, re.DOTALL))


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake ([a-z]+)", code_of_readme()))))
def test_make_knows_what_readme_asks_of_it(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert re.search(rf"^{target}:", makefile, re.MULTILINE)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"(?:-m bot|\bkopir) ([a-z-]+)", code_of_readme()))))
def test_the_program_knows_what_readme_asks_of_it(name: str) -> None:
    assert name in main.commands


@pytest.mark.parametrize("option", sorted(set(re.findall(r"-m bot demo[^`\n]*?(--[a-z-]+)", code_of_readme()))))
def test_the_demo_knows_the_options_readme_names(option: str) -> None:
    assert option in {name for parameter in main.commands["demo"].params for name in parameter.opts}


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((?!https?:)([^)#]+)\)", README))))
def test_what_readme_points_to_is_there(link: str) -> None:
    assert (ROOT / link).exists()


@pytest.mark.parametrize("folder", sorted(set(re.findall(r"^\| `([a-z]+)/`", README, re.MULTILINE))))
def test_each_folder_on_the_map_is_there(folder: str) -> None:
    assert (ROOT / folder).is_dir()


def test_each_folder_that_is_there_is_on_the_map() -> None:
    mapped = set(re.findall(r"^\| `([a-z]+)/`", README, re.MULTILINE))
    there = {path.name for path in ROOT.iterdir() if path.is_dir() and any(path.glob("*.py")) and path.name[0] != "."}
    assert there - mapped - {"docs"} == set()  # docs/ has the script that draws one of them

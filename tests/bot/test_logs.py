"""What is logged helps to find a fault, and tells nobody a secret or what a person wrote."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot import logs
from simulator.faults import garbage, server_error, too_many_requests
from storage.tables import inbox
from tests.journeys.cast import Cast, a_message, hands_over
from tests.town import TOKEN

SECRET = "987654:AAcanary-of-the-logs_0123456789abcdef"
WRITTEN = "канарейка-в-тексте"

log = logging.getLogger("tests.bot.logs")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Logging is one for the whole process: give it back as it was."""
    root = logging.getLogger()
    handlers, level, hook = list(root.handlers), root.level, sys.excepthook
    levels = {name: logging.getLogger(name).level for name in (*LIBRARIES, "telegram")}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook = hook
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


LIBRARIES = ("aiohttp", "uvicorn", "httpx", "httpcore", "apscheduler", "aiosqlite", "sqlalchemy", "alembic")
FORMATS = pytest.mark.parametrize("format_", ["text", "json"])


def _set_up(format_: str) -> None:
    logs.set_up(format_, SECRET)
    logging.getLogger().setLevel(logging.DEBUG)


@FORMATS
def test_the_token_is_in_no_message(format_: str, capsys: pytest.CaptureFixture[str]) -> None:
    _set_up(format_)
    log.info("calling https://api.telegram.org/bot%s/getMe", SECRET)
    log.debug(f"with {SECRET}")
    log.warning("another bot's: 123456:AAanother-token-of-somebody-else")
    log.error({"token": SECRET})
    logged = capsys.readouterr().err
    assert "canary" not in logged
    assert "AAanother" not in logged
    assert logged.count("***") == 4


@FORMATS
def test_the_token_is_in_no_traceback(format_: str, capsys: pytest.CaptureFixture[str]) -> None:
    _set_up(format_)
    try:
        raise RuntimeError(f"https://api.telegram.org/bot{SECRET}/getMe")
    except RuntimeError:
        log.exception("it failed")
    logged = capsys.readouterr().err
    assert "canary" not in logged
    assert "builtins.RuntimeError" in logged
    assert "test_logs.py" in logged


@FORMATS
def test_an_errors_own_words_and_those_of_its_causes_are_left_out(
    format_: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _set_up(format_)
    try:
        try:
            raise KeyError(WRITTEN)
        except KeyError as error:
            raise ValueError(f"cannot read {WRITTEN}") from error
    except ValueError:
        log.exception("it failed")
    logged = capsys.readouterr().err
    assert WRITTEN not in logged
    assert "builtins.ValueError" in logged
    assert "builtins.KeyError" in logged


async def test_the_parameters_of_a_failed_statement_are_left_out(
    cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    _set_up("text")
    try:
        async with cast.town.app.database.transaction() as db:
            await db.execute(text("INSERT INTO nowhere VALUES (:name)"), {"name": WRITTEN})
    except Exception:
        log.exception("it failed")
    logged = capsys.readouterr().err
    assert WRITTEN not in logged
    assert "sqlalchemy.exc.OperationalError" in logged


@FORMATS
def test_what_nobody_caught_is_logged_without_its_words(format_: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Also what one of several tasks raised."""
    _set_up(format_)
    try:
        raise BaseExceptionGroup(WRITTEN, [ConnectionError(f"{WRITTEN} {SECRET}")])
    except BaseExceptionGroup as error:
        sys.excepthook(type(error), error, error.__traceback__)
    logged = capsys.readouterr().err
    assert WRITTEN not in logged
    assert "canary" not in logged
    assert "builtins.ConnectionError" in logged


def test_what_another_handler_made_of_an_error_is_not_passed_on(capsys: pytest.CaptureFixture[str]) -> None:
    """The first handler's words are kept in the record, and a second one would print them."""
    _set_up("text")
    logging.getLogger().handlers.insert(0, logging.StreamHandler(io.StringIO()))
    try:
        raise ValueError(WRITTEN)
    except ValueError:
        log.exception("it failed")
    assert WRITTEN not in capsys.readouterr().err


def test_a_log_call_with_a_mistake_does_not_break_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    _set_up("text")
    log.info("%s and %s", "one")
    log.info("%d", "one")
    assert "%s and %s" in capsys.readouterr().err


def test_json_lines_can_be_read_by_a_machine(capsys: pytest.CaptureFixture[str]) -> None:
    _set_up("json")
    log.warning("two\nlines and «ә»")
    try:
        raise RuntimeError
    except RuntimeError:
        log.exception("it failed")
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (first["level"], first["from"], first["message"]) == ("WARNING", "tests.bot.logs", "two\nlines and «ә»")
    assert "RuntimeError" in second["traceback"]


async def test_each_step_of_a_question_is_one_line_with_its_number_and_its_update(
    cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up("json", TOKEN)
    await cast.town.a_question(cast.aigerim, f"Тайна: {WRITTEN}.")
    await cast.daniyar.presses("take")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    steps = [line for line in lines if "question" in line]
    assert [(step["question"], step["action"]) for step in steps] == [("2026-000001", "ask"), ("2026-000001", "take")]
    assert steps[-1]["update"] == cast.town.telegram.bot.last_update_id
    assert steps[0]["update"] < steps[1]["update"]


@FORMATS
async def test_a_whole_story_at_debug_tells_neither_token_nor_text_nor_name(
    cast: Cast, format_: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With every misfortune that logs something: a broken update, refusals, garbage, a failing row."""
    logs.set_up(format_, TOKEN)
    logging.getLogger().setLevel(logging.DEBUG)
    faults = cast.town.telegram.faults
    cast.aigerim.phone.user["first_name"] = "Канарейка Имени"
    faults.next("sendMessage", garbage(200, b"<html>"), too_many_requests(1), chat_id=cast.daniyar.id)
    await cast.town.a_question(cast.aigerim, f"Тайна: {WRITTEN}.")
    await hands_over(cast.town, a_message(cast.aigerim, text=[WRITTEN]), a_message(cast.aigerim, text=5))
    for _ in range(7):
        cast.town.clock.skip(timedelta(seconds=30))
        await cast.town.settle()
    faults.next("answerCallbackQuery", server_error())
    faults.next("sendMessage", server_error(), server_error(), chat_id=cast.aigerim.id)
    await cast.aigerim.does("presses_data", f"card:{WRITTEN}"[:60])
    for _ in range(3):
        cast.town.clock.skip(timedelta(seconds=30))
        await cast.town.settle()
    logged = capsys.readouterr().err
    assert "failed, code" in logged
    assert "failed for good" in logged
    for secret in (TOKEN, TOKEN.partition(":")[2], WRITTEN, "Канарейка", "Тайна"):
        assert secret not in logged
    async with cast.town.app.database.transaction() as db:
        await db.execute(inbox.delete())
        await db.execute(text("DELETE FROM outbox WHERE fate = 'failed'"))


def test_libraries_that_print_urls_and_payloads_are_held_at_warnings() -> None:
    logs.set_up("text")
    assert {logging.getLogger(name).getEffectiveLevel() for name in LIBRARIES} == {logging.WARNING}
    assert logging.getLogger("telegram").getEffectiveLevel() == logging.CRITICAL
    assert logging.getLogger().handlers[0].stream is sys.stderr  # type: ignore[attr-defined]

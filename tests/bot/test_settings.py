"""The environment: each wrong value ends with one line that names the variable, and no secret is ever in it."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.settings import Settings, WrongSetting, folder_of, need_token, read_settings

TOKEN = "123456:AAcanary-of-the-settings-0123456789"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither this machine's variables nor a .env beside the code."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def _reads(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return read_settings()


def test_nothing_needs_to_be_set_but_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _reads(monkeypatch, BOT_TOKEN=TOKEN)
    assert settings.bot_api_url == "https://api.telegram.org"
    assert settings.database_url == "sqlite+aiosqlite:///kopir.db"
    assert settings.admin_ids == []
    city = settings.as_city()
    assert (city.name, city.zone, city.term, city.first_day_counts) == ("Pavlodar", ZoneInfo("Asia/Almaty"), 15, True)


def test_a_file_beside_the_program_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"BOT_TOKEN={TOKEN}\nADMIN_IDS=7, 4000000077\nSOMETHING_ELSE=x\n", "utf-8")
    settings = read_settings()
    assert need_token(settings) == TOKEN
    assert settings.admin_ids == [7, 4_000_000_077]


WRONG = [
    ("BOT_TOKEN", "hello"),
    ("BOT_TOKEN", "7654321"),
    ("BOT_TOKEN", ":abc"),
    ("BOT_TOKEN", "123456:with space"),
    ("BOT_TOKEN", "bot123456:AAabc"),
    ("BOT_API_URL", "api.telegram.org"),
    ("BOT_API_URL", "ftp://api.telegram.org"),
    ("BOT_API_URL", ""),
    ("BOT_API_URL", "https://"),
    ("DATABASE_URL", "kopir.db"),
    ("DATABASE_URL", "sqlite:///kopir.db"),
    ("DATABASE_URL", "postgresql://u:hunter2-canary@h/n"),
    ("DATABASE_URL", "mysql+aiomysql://u:hunter2-canary@h/n"),
    ("DATABASE_URL", ""),
    ("ADMIN_IDS", "saule"),
    ("ADMIN_IDS", "7;8"),
    ("ADMIN_IDS", "7,-8"),
    ("ADMIN_IDS", "0"),
    ("ADMIN_IDS", "7.5"),
    ("ADMIN_IDS", "٣"),
    ("ADMIN_IDS", str(2**63)),
    ("TIME_ZONE", "Pavlodar"),
    ("TIME_ZONE", ""),
    ("TIME_ZONE", "/etc/passwd"),
    ("TIME_ZONE", "../../etc/passwd"),
    ("TIME_ZONE", "Asia"),
    ("TIME_ZONE", "Asia/Almaty\nx"),
    ("WORKING_HOURS", "9 to 18"),
    ("WORKING_HOURS", "18:30-09:00"),
    ("WORKING_HOURS", "09:00"),
    ("WORKING_HOURS", "25:00-26:00"),
    ("WORKING_HOURS", ""),
    ("LUNCH", "noon"),
    ("LUNCH", "08:00-09:30"),
    ("LUNCH", "14:30-13:00"),
    ("FIRST_DAY_COUNTS", "perhaps"),
    ("FIRST_DAY_COUNTS", ""),
    ("TERM_WORKING_DAYS", "0"),
    ("TERM_WORKING_DAYS", "-1"),
    ("TERM_WORKING_DAYS", "251"),
    ("TERM_WORKING_DAYS", "fifteen"),
    ("TERM_WORKING_DAYS", ""),
    ("TERM_WORKING_DAYS", "15.5"),
    ("WEBHOOK_URL", "example.kz/hook"),
    ("WEBHOOK_URL", "ftp://example.kz/hook"),
    ("WEBHOOK_URL", "https://example.kz/hook?x=1"),
    ("WEBHOOK_URL", "https://example.kz/healthz"),
    ("WEBHOOK_SECRET", "canary"),
    ("WEBHOOK_SECRET", "canary" * 5 + "!!"),
    ("WEBHOOK_SECRET", "canary" * 50),
    ("WEB_PORT", "65536"),
    ("WEB_PORT", "-1"),
    ("WEB_PORT", "http"),
    ("LOG_FORMAT", "xml"),
    ("LOG_FORMAT", ""),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_ends_with_one_line_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with pytest.raises(WrongSetting) as refusal:
        _reads(monkeypatch, **{"BOT_TOKEN": TOKEN, name: value})
    said = str(refusal.value)
    assert name in said.partition(":")[0]
    assert len(said.splitlines()) == 1
    assert 20 < len(said) < 250
    assert "pydantic" not in said.lower()
    assert "Traceback" not in said


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_no_secret_is_in_what_is_said_about_a_wrong_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with pytest.raises(WrongSetting) as refusal:
        _reads(monkeypatch, **{"BOT_TOKEN": TOKEN, name: value})
    said = f"{refusal.value} {refusal.value!r}"
    assert "canary" not in said
    if name == "BOT_TOKEN":
        assert value not in said


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://bot.example.kz/telegram", "WEBHOOK_SECRET is missing"),
        ("http://bot.example.kz/telegram", "WEBHOOK_URL: Telegram wants https"),
    ],
)
def test_a_webhook_wants_a_secret_and_https(monkeypatch: pytest.MonkeyPatch, url: str, said: str) -> None:
    with pytest.raises(WrongSetting) as refusal:
        _reads(monkeypatch, BOT_TOKEN=TOKEN, WEBHOOK_URL=url)
    assert str(refusal.value).startswith(said)
    assert len(str(refusal.value).splitlines()) == 1


def test_a_missing_token_is_told_with_where_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WrongSetting, match=r"BOT_TOKEN is missing.*BotFather"):
        need_token(_reads(monkeypatch))


def test_the_token_is_in_no_repr_and_no_dump(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _reads(monkeypatch, BOT_TOKEN=TOKEN)
    for shown in (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert "canary" not in shown
    assert need_token(settings) == TOKEN


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("BOT_TOKEN", f"  {TOKEN}\n", TOKEN),
        ("BOT_API_URL", "http://127.0.0.1:8081/", "http://127.0.0.1:8081"),
        ("ADMIN_IDS", " 7 , 8 ,", [7, 8]),
        ("ADMIN_IDS", "", []),
        ("FIRST_DAY_COUNTS", "false", False),
        ("LUNCH", "", ""),
        ("TERM_WORKING_DAYS", "30", 30),
        ("CITY", "Ekibastuz", "Ekibastuz"),
        ("LOG_FORMAT", "json", "json"),
    ],
)
def test_a_right_value_is_read(monkeypatch: pytest.MonkeyPatch, name: str, value: str, read: object) -> None:
    settings = _reads(monkeypatch, **{name: value})
    found = getattr(settings, name.lower())
    assert (need_token(settings) if name == "BOT_TOKEN" else found) == read


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        ("sqlite+aiosqlite:////var/lib/kopir/kopir.db", Path("/var/lib/kopir")),
        ("sqlite+aiosqlite:///:memory:", None),
        ("postgresql+asyncpg://u:p@h/n", None),
    ],
)
def test_the_folder_of_a_database_is_known_beforehand(url: str, folder: Path | None) -> None:
    assert folder_of(url) == folder

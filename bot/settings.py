"""The environment, typed and checked at the start. `.env.example` documents every variable."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domain.calendar import WorkingHours
from domain.city import City

_TELEGRAM = "https://api.telegram.org"


class WrongSetting(Exception):
    """A setting is missing or cannot be used; the message names it and says what to write."""


class Settings(BaseSettings):
    """What stands outside the code. Nothing is read at import; the token never appears in a repr."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore")

    bot_token: SecretStr = SecretStr("")
    bot_api_url: str = _TELEGRAM
    database_url: str = Field(default="sqlite+aiosqlite:///kopir.db", repr=False)  # may hold a password
    admin_ids: Annotated[list[int], NoDecode] = Field(default_factory=list)
    city: str = "Pavlodar"
    operator: str = ""
    operator_bin: str = ""
    time_zone: str = "Asia/Almaty"
    working_hours: str = "09:00-18:30"
    lunch: str = "13:00-14:30"
    first_day_counts: bool = True
    term_working_days: Annotated[int, Field(ge=1, le=250)] = 15
    webhook_url: str = ""
    webhook_secret: SecretStr = SecretStr("")
    web_host: str = "127.0.0.1"
    web_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    log_format: Literal["text", "json"] = "text"
    updates_a_minute: Annotated[int, Field(ge=0, le=6000)] = 60
    questions_a_day: Annotated[int, Field(ge=0, le=10_000)] = 100
    questions_a_day_ngo: Annotated[int, Field(ge=0, le=10_000)] = 300
    backup_dir: Path | None = None
    backup_keep: Annotated[int, Field(ge=1, le=1000)] = 14

    @field_validator("admin_ids", mode="before")
    @classmethod
    def _comma_separated(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        parts = [part.strip() for part in value.split(",") if part.strip()]
        for part in parts:
            if not part.isascii() or not part.isdigit() or not 0 < int(part) < 2**52:
                raise ValueError(f"{part!r} is not a Telegram id: write numbers with commas between them")
        return [int(part) for part in parts]

    @field_validator("bot_token")
    @classmethod
    def _looks_like_a_token(cls, value: SecretStr) -> SecretStr:
        token = value.get_secret_value().strip()
        if token and not re.fullmatch(r"\d{1,20}:[A-Za-z0-9_-]{3,100}", token):
            raise ValueError("this is no token of BotFather: it looks like 123456:ABC-def")
        return SecretStr(token)

    @field_validator("bot_api_url")
    @classmethod
    def _is_url(cls, value: str) -> str:
        if not re.fullmatch(r"https?://[^\s]+", value):
            raise ValueError("write a URL such as https://api.telegram.org")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            url = make_url(value)
        except (ArgumentError, ValueError):  # a port that is no number, too
            url = None
        known = url is not None and url.drivername in ("sqlite+aiosqlite", "postgresql+asyncpg")
        if url is None or not known or url.database in (None, "", ":memory:"):
            raise ValueError("write sqlite+aiosqlite:///FILE or postgresql+asyncpg://USER:PASSWORD@HOST/NAME")
        return value

    @field_validator("webhook_url")
    @classmethod
    def _telegram_takes_it(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", value):
            raise ValueError("write an address such as https://bot.example.kz/telegram")
        if urlsplit(value).path in ("/healthz", "/metrics"):
            raise ValueError("this path is taken: write another, such as /telegram")
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if (secret := value.get_secret_value()) and not re.fullmatch(r"[A-Za-z0-9_-]{32,256}", secret):
            raise ValueError("write 32 to 256 of A-Z, a-z, 0-9, _ and -")
        return value

    @model_validator(mode="after")
    def _webhook_has_a_secret(self) -> "Settings":
        if self.webhook_url.startswith("http:") and self.bot_api_url == _TELEGRAM:
            raise ValueError("WEBHOOK_URL: Telegram wants https; only a Bot API server of your own calls http")
        if self.webhook_url and not self.webhook_secret.get_secret_value():
            raise ValueError(
                "WEBHOOK_SECRET is missing: with WEBHOOK_URL set, write 32 or more of A-Z, a-z, 0-9, _ and - "
                "(openssl rand -hex 32)"
            )
        return self

    @field_validator("backup_dir", mode="before")
    @classmethod
    def _folder(cls, value: Any) -> Any:
        """An empty line of `.env` sets nothing; a path would be this folder."""
        return value or None

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{value!r} is not a time zone: write one such as Asia/Almaty") from None
        return value

    def hours(self) -> WorkingHours:
        try:
            return WorkingHours.parse(self.working_hours, self.lunch)
        except ValueError as error:
            raise WrongSetting(f"WORKING_HOURS or LUNCH: {error}") from None

    def as_city(self) -> City:
        """The city's habits as the rules want them."""
        return City(
            name=self.city,
            operator=self.operator,
            operator_bin=self.operator_bin,
            zone=ZoneInfo(self.time_zone),
            hours=self.hours(),
            term=self.term_working_days,
            first_day_counts=self.first_day_counts,
            questions_a_day=self.questions_a_day,
            questions_a_day_ngo=self.questions_a_day_ngo,
        )


def read_settings(**given: Any) -> Settings:
    """Read and check everything. Raises WrongSetting with one line for the first thing that is wrong."""
    try:
        settings = Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "settings"
        reason = first["msg"].removeprefix("Value error, ")
        raise WrongSetting(f"{name}: {reason}" if first["loc"] else reason) from None
    settings.hours()
    return settings


def need_token(settings: Settings) -> str:
    token = settings.bot_token.get_secret_value()
    if not token:
        raise WrongSetting("BOT_TOKEN is missing: get one from @BotFather and write it into .env (see README)")
    return token


def password_of(database_url: str) -> str:
    """The database's password, which must be printed as little as the token; empty when there is none."""
    from sqlalchemy.engine import make_url

    password = make_url(database_url).password
    return str(password or "")


def folder_of(database_url: str) -> Path | None:
    """Where a SQLite file is to lie, so that a missing folder is said in words."""
    _, _, name = database_url.partition("sqlite+aiosqlite:///")
    return Path(name).absolute().parent if name and name != ":memory:" else None

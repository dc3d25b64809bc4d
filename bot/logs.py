"""Logs: text for people, JSON for machines; the token in neither, texts and names of people in neither."""

import json
import logging
import re
import sys
import traceback
from types import TracebackType

_TOKEN = re.compile(r"(?<!\d)\d{1,20}:[A-Za-z0-9_-]{20,}")
"""Anything shaped like a token, also behind `bot` in a URL, where a word boundary would miss it."""


class Scrubber(logging.Filter):
    """Replaces secrets in every record, tracebacks included."""

    def __init__(self, *secrets: str) -> None:
        super().__init__()
        self.secrets = [secret for secret in secrets if len(secret) > 4]  # shorter ones are parts of words

    def clean(self, text: str) -> str:
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return _TOKEN.sub("***", text)

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = self.clean(_message(record))
        record.args = ()
        if record.exc_info:  # anew, even when another handler has put it into words already
            record.exc_text = self.clean(_without_values(record.exc_info[1]))
            record.exc_info = None
        return True


def _message(record: logging.LogRecord) -> str:
    """What is logged; a filter that raises would break the program at the line that logs."""
    try:
        return record.getMessage()
    except Exception:  # the arguments do not fit the text
        return str(record.msg)


def _without_values(error: BaseException | None) -> str:
    """Where it happened and of what kind, with its causes. An error's own words may quote what a person wrote."""
    told: list[str] = []
    while error is not None and len(told) < 5:
        where = "".join(traceback.format_tb(error.__traceback__))
        told.append(f"{where}{type(error).__module__}.{type(error).__qualname__}")
        first = error.exceptions[0] if isinstance(error, BaseExceptionGroup) else None  # of tasks that ran together
        error = first or error.__cause__ or error.__context__
    return "\n\nThe cause:\n".join(told)


def _uncaught(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
    """What nobody caught is logged like the rest; Python itself would print the error's own words."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, where)
    else:
        logging.getLogger(__name__).critical("the program ends", exc_info=(kind, error, where))


_WHERE = ("update", "question", "action")
"""Telegram's number of the update, the question's number, the step it took: with a question's steps and failures."""


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "from": record.name,
            "message": record.getMessage(),
        }
        line |= {name: record.__dict__[name] for name in _WHERE if name in record.__dict__}
        if record.exc_text:
            line["traceback"] = record.exc_text
        return json.dumps(line, ensure_ascii=False)


def set_up(format_: str, *secrets: str) -> None:
    """Log to standard error. The libraries that print URLs, payloads and queries are held at warnings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Scrubber(*secrets))
    text = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(JsonFormatter() if format_ == "json" else text)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    sys.excepthook = _uncaught
    for name in ("aiohttp", "uvicorn", "httpx", "httpcore", "apscheduler", "aiosqlite", "sqlalchemy", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("telegram").setLevel(logging.CRITICAL)  # prints whole payloads when an answer is no JSON

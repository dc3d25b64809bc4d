"""Telegram's updates over HTTP: stored first, 200 after the commit. What is not stored, Telegram hands over again."""

import hmac
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from storage import inbox
from storage.database import Database

log = logging.getLogger(__name__)

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the header's name
LONGEST = 1_000_000
"""Bytes of a body: Telegram's largest update is a small part of it."""


class Webhook:
    """The endpoint that `setWebhook` names."""

    def __init__(
        self,
        database: Database,
        secret: str,
        now: Callable[[], datetime],
        arrived: Callable[[], None],
        store: Callable[[AsyncConnection, list[dict[str, Any]], datetime], Awaitable[None]],
    ) -> None:
        self._database = database
        self._secret = secret.encode()
        self._now = now
        self._arrived = arrived
        self._store = store

    async def __call__(self, request: Request) -> Response:
        """401 without the secret, 413 and 400 for what is no update, 503 while it cannot be stored."""
        if not self._is_telegram(request):
            return Response(status_code=401)
        body = await _body(request)
        if body is None:
            return Response(status_code=413)
        update = _update(body)
        if update is None:
            return Response(status_code=400)
        try:
            async with self._database.transaction() as db:
                await self._store(db, [update], self._now())
        except Exception as error:
            log.warning("an update could not be stored: %s", type(error).__name__)
            return Response(status_code=503)
        self._arrived()
        return _answered(update)

    def _is_telegram(self, request: Request) -> bool:
        """In constant time; the header twice is no way to try two secrets at once."""
        given = request.headers.getlist(SECRET_HEADER)
        return len(given) == 1 and hmac.compare_digest(given[0].encode("latin-1"), self._secret)


async def _body(request: Request) -> bytes | None:
    """None when there is more than may be; it is not read to its end then."""
    if (length := request.headers.get("content-length", "")).isdigit() and int(length) > LONGEST:
        return None
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST:
                return None
    except ClientDisconnect:
        return b""
    return bytes(body)


def _update(body: bytes) -> dict[str, Any] | None:
    """An update with an id it can be stored under; None for everything else, deep nonsense too."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if inbox.usable(found) else None


def _answered(update: dict[str, Any]) -> Response:
    """A press is answered in the same breath: it is stored, so the spinner may stop."""
    press = inbox.press_of(update)
    return JSONResponse({"method": "answerCallbackQuery", "callback_query_id": press}) if press else Response()

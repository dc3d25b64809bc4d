"""Telegram's Bot API through python-telegram-bot, as plain calls: a method's name and its parameters."""

import os
from collections.abc import Callable, Mapping
from typing import Any

os.environ.setdefault("PTB_TIMEDELTA", "1")  # before the library is imported, or a 429 raises a deprecation warning

from telegram import Bot, InputFile
from telegram.error import BadRequest, Forbidden, RetryAfter
from telegram.request import BaseRequest

from bot.request import Ready, Request
from handlers.speech import Call

SENDS_AT_ONCE = 8
"""Hundreds of sends at once cost the HTTP client three times the CPU and win nothing against 30 a second."""
SEND_TIMEOUT = 15.0
POLL_SECONDS = 25


class Telegram(Bot):
    """The library's bot with one door: what we store in the outbox is exactly what is sent."""

    _told: Callable[[], None] | None = None

    def __repr__(self) -> str:
        return "Telegram"  # the library's own shows the token

    def on_answer(self, heard: Callable[[], None]) -> None:
        """`heard` is called whenever Telegram has answered, be it with a refusal of this one call."""
        self._told = heard

    async def _post(self, *args: Any, **more: Any) -> Any:
        result = await super()._post(*args, **more)
        self._heard()
        return result

    def _heard(self) -> None:
        if self._told:
            self._told()

    async def call(self, call: Call) -> Any:
        """Do it and return Telegram's `result`. Raises the library's TelegramError family."""
        try:
            result = await (self._upload(call) if call.file else self._plain(call.method, call.params))
        except (BadRequest, Forbidden, RetryAfter):
            self._heard()
            raise
        self._heard()
        return result

    async def _plain(self, method: str, params: Mapping[str, Any]) -> Any:
        return await self.request.post(f"{self.base_url}/{method}", Ready(params))  # type: ignore[arg-type]

    async def _upload(self, call: Call) -> Any:
        assert call.file is not None  # noqa: S101 - asked by the only caller
        name, content = call.file
        params = dict(call.params) | {_UPLOADED[call.method]: InputFile(content, filename=name)}
        # not `_post`: it takes the plain dicts of an album for the library's own InputMedia, and fails
        return await self._do_post(call.method, params)

    async def updates_after(self, offset: int | None, seconds: int) -> Any:
        """Raw updates, as Telegram wrote them: one that cannot be parsed must not cost the others."""
        params: dict[str, Any] = {"timeout": seconds, "allowed_updates": list(UNDERSTOOD)}
        if offset is not None:
            params["offset"] = offset
        url = f"{self.base_url}/getUpdates"
        answer = await self._request[0].post(url, Ready(params), read_timeout=seconds + 10)  # type: ignore[arg-type]
        self._heard()
        return answer

    async def hint(self, method: str, params: Mapping[str, Any]) -> None:
        """Something nobody misses when it is lost."""
        await self._plain(method, params)


_UPLOADED = {"sendDocument": "document", "sendPhoto": "photo"}
UNDERSTOOD = ("message", "edited_message", "callback_query", "my_chat_member")


def connect(token: str, api_url: str, request: BaseRequest | None = None) -> Telegram:
    """A bot at this Bot API server. Nothing is sent yet."""
    sending = request or Request(SENDS_AT_ONCE + 4, SEND_TIMEOUT)
    polling = request or Request(1, SEND_TIMEOUT)
    return Telegram(
        token,
        base_url=f"{api_url}/bot",
        base_file_url=f"{api_url}/file/bot",
        request=sending,
        get_updates_request=polling,
    )

"""HTTP in one process: what the program would write to a socket is handed to the simulator's server, and parsed there.

A client of sockets, pools and redirects between the two would cost as much as the rest of a test. The program's own is
tried over a port, in `tests/bot/test_request.py` and `tests/faults`.
"""

import asyncio
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, HTTPXRequest, RequestData

from bot.request import Ready
from bot.request import _encoded as encoded
from simulator.api import create_app, in_process
from simulator.telegram import Telegram

PATIENCE = 15.0


class Wire(BaseRequest):
    """In the place of `bot.request.Request`, with the same names for what goes wrong."""

    def __init__(self, telegram: Telegram, patience: float = PATIENCE) -> None:
        self._telegram = telegram
        self._server = create_app(telegram)
        self._patience = patience

    @property
    def read_timeout(self) -> float | None:
        return self._patience

    async def initialize(self) -> None:
        """Nothing is opened."""

    async def shutdown(self) -> None:
        """Nothing is closed."""

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | Ready | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        **_: Any,
    ) -> tuple[int, bytes]:
        if request_data is not None and request_data.contains_files:
            return await self._uploaded(url, method, request_data)
        body, headers = encoded(request_data)
        answer = Answer(body or b"")
        try:
            async with asyncio.timeout(read_timeout if isinstance(read_timeout, int | float) else self._patience):
                await self._server(_scope(url, method, headers), answer.receive, answer.send)
        except TimeoutError as error:
            raise TimedOut(type(error).__name__) from error
        except httpx.RemoteProtocolError as error:  # so the simulator hangs up
            raise NetworkError(type(error).__name__) from error
        return answer.status, b"".join(answer.parts)

    async def _uploaded(self, url: str, method: str, request_data: Any) -> tuple[int, bytes]:
        """A form with files is put together by the library's client."""
        transport = in_process(self._telegram)
        async with HTTPXRequest(read_timeout=self._patience, httpx_kwargs={"transport": transport}) as client:
            return await client.do_request(url, method, request_data)


class Answer:
    """The two ends of one exchange."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self._over = asyncio.Event()
        self.status = 0
        self.parts: list[bytes] = []

    async def receive(self) -> dict[str, Any]:
        if self._body is None:
            await self._over.wait()
            return {"type": "http.disconnect"}
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.parts.append(message.get("body", b""))
            if not message.get("more_body"):
                self._over.set()


def _scope(url: str, method: str, headers: dict[str, str]) -> dict[str, Any]:
    address = urlsplit(url)
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": address.scheme,
        "server": (address.hostname, address.port),
        "method": method,
        "root_path": "",
        "path": unquote(address.path),
        "raw_path": address.path.encode(),
        "query_string": address.query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }

"""HTTP towards Telegram: aiohttp behind the library's door, at a fifth of the CPU of its own client.

Errors are told apart by what they say of the message: `NotSent` when it certainly did not go out.

    TelegramError
    └── NetworkError        unclear: the connection broke with the request under way
        ├── NotSent         nobody answered the door, or no connection was free
        └── TimedOut        the answer did not come in time
"""

import json
import os
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData
from yarl import URL

_KNOCKING = 5.0
"""Seconds for a connection to be made; as many again for one to come free."""
_JSON = {"Content-Type": "application/json"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class NotSent(NetworkError):
    """The request did not go out: it may be repeated without a second effect."""


class Ready:
    """Parameters that are plain JSON already, in place of the library's RequestData, which looks into each of them."""

    contains_files = False
    multipart_data: ClassVar[dict[str, Any]] = {}

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self._parameters = parameters

    @property
    def json_parameters(self) -> dict[str, str]:
        return {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in self._parameters.items()
            if value is not None
        }

    @property
    def parameters(self) -> Mapping[str, Any]:
        return self._parameters


class Request(BaseRequest):
    """Keeps up to `connections` open. `patience` in seconds for an answer, where the caller names none."""

    def __init__(self, connections: int, patience: float) -> None:
        self._connections = connections
        self._patience = patience
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        return self._patience

    async def initialize(self) -> None:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=60),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
                trust_env=any(name in os.environ for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY")),
            )

    async def shutdown(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """The library's door. Raises NotSent, TimedOut, NetworkError."""
        if self._session is None:
            raise RuntimeError("initialize() comes first")
        patience = read_timeout if isinstance(read_timeout, int | float) else self._patience
        waiting = aiohttp.ClientTimeout(connect=2 * _KNOCKING, sock_connect=_KNOCKING, sock_read=patience)
        body, headers = _encoded(request_data)
        try:
            async with self._session.request(
                method, URL(url, encoded=True), data=body, headers=headers, timeout=waiting
            ) as response:
                return response.status, await response.read()
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as error:
            raise NotSent(type(error).__name__) from error  # not its text, which may hold the address with the token
        except TimeoutError as error:
            raise TimedOut(type(error).__name__) from error
        except aiohttp.ClientError as error:
            raise NetworkError(type(error).__name__) from error


def _encoded(data: RequestData | Ready | None) -> tuple[Any, dict[str, str]]:
    if data is None:
        return None, {}
    if isinstance(data, Ready):
        return json.dumps(data.parameters).encode(), _JSON
    if not data.contains_files:
        return urlencode(data.json_parameters).encode(), _FORM
    form = aiohttp.FormData(data.json_parameters)
    for name, (file_name, content, kind) in data.multipart_data.items():
        form.add_field(name, content, filename=file_name, content_type=kind)
    return form, {}

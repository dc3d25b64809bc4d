"""The door's server: uvicorn in our own loop, with its signals left to us."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette

from bot.settings import WrongSetting

log = logging.getLogger(__name__)

_LAST_SECONDS = 2


@dataclass(frozen=True)
class Door:
    """Where the program listens. `webhook_url` empty: Telegram is asked for updates, and only the health is served."""

    host: str
    port: int
    webhook_url: str = ""
    secret: str = field(default="", repr=False)

    @property
    def path(self) -> str:
        """Where Telegram knocks: the path of the public address, which the reverse proxy hands through."""
        return urlsplit(self.webhook_url).path or "/"

    def open(self) -> socket.socket | None:
        """Without the webhook the health is a help, not the purpose: a taken port is said, and no more. Raises
        WrongSetting where updates would have come through it.
        """
        try:
            return socket.create_server((self.host, self.port), reuse_port=False)
        except OSError as error:
            if self.webhook_url:
                raise WrongSetting(f"WEB_HOST, WEB_PORT: cannot listen on {self.host}:{self.port} ({error})") from None
            log.warning("no /healthz: cannot listen on %s:%s", self.host, self.port)
            return None


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(app: Starlette, listening: socket.socket, stop: asyncio.Event) -> None:
    """Until `stop`; what is being answered then is answered."""
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=_LAST_SECONDS
    )
    server = _Server(config)
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve(sockets=[listening]))
        stopping = group.create_task(stop.wait())
        await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        stopping.cancel()

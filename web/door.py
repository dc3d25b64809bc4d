"""The addresses of the door. Read-only but for the webhook; nothing here says anything about a person."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from web.webhook import Webhook

Health = tuple[bool, dict[str, Any]]
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def create_door(
    health: Callable[[], Awaitable[Health]],
    metrics: Callable[[], Awaitable[bytes]],
    webhook: tuple[str, Webhook] | None = None,
) -> Starlette:
    """`/healthz` is 200 while the program works and 503 when it only runs; `webhook` is its path and endpoint."""

    async def healthz(request: Request) -> Response:
        works, facts = await health()
        return JSONResponse(facts, 200 if works else 503)

    async def exposition(request: Request) -> Response:
        return Response(await metrics(), media_type=METRICS_TYPE)

    routes = [Route("/healthz", healthz), Route("/metrics", exposition)]
    if webhook is not None:
        path, endpoint = webhook
        routes.append(Route(path, endpoint.__call__, methods=["POST"]))
    return Starlette(routes=routes)

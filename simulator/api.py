"""The HTTP server: the addresses of the Bot API, the ways to pass parameters, the faults on the way.

In one process with a bot:  HTTPXRequest(httpx_kwargs={"transport": in_process(telegram)})
Over a port:                uvicorn.run(create_app(telegram), port=8081)
"""

import asyncio
import functools
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

import simulator.editing
import simulator.sending
import simulator.settings  # noqa: F401 - each import fills the table of played methods
from simulator.calls import Asked, carry_out
from simulator.faults import Fault
from simulator.polling import get_updates
from simulator.refusal import RefusedCall, bad_request
from simulator.spec import Upload, check, find_method
from simulator.telegram import Bot, Call, Telegram

HANG_UP = "simulator.hang_up"


class LocalTelegram(Starlette):
    """The application, which can also hang up on the caller: something ASGI has no word for."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[HANG_UP] = functools.partial(_hang_up, receive, send)
        await super().__call__(scope, receive, send)


async def _hang_up(receive: Receive, send: Send) -> None:
    """Ends the connection without an answer: as an error of httpx in one process, by closing the socket over a port."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass  # uvicorn notices the end of the connection a moment later; then it expects no response


def create_app(telegram: Telegram) -> Starlette:
    """The Bot API of this Telegram: `/bot<token>/<method>` and `/file/bot<token>/<path>`."""

    async def call(request: Request) -> Response:
        return await _call(telegram, request)

    async def file(request: Request) -> Response:
        return _file(telegram, request)

    return LocalTelegram(
        routes=[
            Route("/bot{token}/{method}", call, methods=["GET", "POST"]),
            Route("/file/bot{token}/{path:path}", file),
        ],
        exception_handlers={404: _not_found},
    )


class InProcess(httpx.ASGITransport):
    """Like `httpx.ASGITransport`, and the caller's patience ends as it does over a port: with a ReadTimeout."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        patience = request.extensions.get("timeout", {}).get("read")
        try:
            async with asyncio.timeout(patience):
                return await super().handle_async_request(request)
        except TimeoutError:
            raise httpx.ReadTimeout("the simulator has not answered in time", request=request) from None


def in_process(telegram: Telegram) -> httpx.AsyncBaseTransport:
    """The transport by which a bot in the same process speaks to this Telegram."""
    return InProcess(create_app(telegram))


async def _not_found(request: Request, error: Exception) -> Response:
    return JSONResponse(RefusedCall(404, "Not Found").body(), 404)


async def _call(telegram: Telegram, request: Request) -> Response:
    spelt, given = request.path_params["method"], {}
    method = find_method(spelt) or spelt
    try:
        bot = _bot(telegram, request)
        if find_method(spelt) is None:
            raise RefusedCall(404, "Not Found")
        given = await _parameters(request)
        if fault := telegram.faults.take(method, given):
            return await _with_fault(telegram, bot, method, given, fault, request)
        result = await _carried_out(telegram, bot, method, given, request)
    except RefusedCall as refusal:
        return _refused(telegram, method, given, refusal)
    return _done(telegram, method, given, result)


def _done(telegram: Telegram, method: str, given: dict[str, Any], result: Any) -> Response:
    telegram.record.append(Call(method, given, telegram.now(), 200))
    return JSONResponse({"ok": True, "result": result})


def _refused(telegram: Telegram, method: str, given: dict[str, Any], refusal: RefusedCall) -> Response:
    telegram.record.append(Call(method, given, telegram.now(), refusal.code, refusal.description))
    return JSONResponse(refusal.body(), refusal.code)


async def _carried_out(telegram: Telegram, bot: Bot, method: str, given: dict[str, Any], request: Request) -> Any:
    asked = Asked(telegram, bot, method, check(method, given))
    if method == "getUpdates":
        return await get_updates(asked, functools.partial(_hung_up, request))
    return carry_out(asked)


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _with_fault(
    telegram: Telegram, bot: Bot, method: str, given: dict[str, Any], fault: Fault, request: Request
) -> Response:
    """What the caller gets instead of, or after, what it asked for."""
    response = None
    if not fault.effect:
        await asyncio.sleep(fault.delay)
    if fault.effect or not (fault.cut or fault.refusal or fault.body):
        response = _done(telegram, method, given, await _carried_out(telegram, bot, method, given, request))
    if fault.effect:
        await asyncio.sleep(fault.delay)
    if fault.cut:
        if not fault.effect:
            telegram.record.append(Call(method, given, telegram.now(), 0, fault.name))
        await request.scope[HANG_UP]()
    if fault.body:
        status, body, media_type = fault.body
        telegram.record.append(Call(method, given, telegram.now(), status, fault.name))
        return Response(body, status, media_type=media_type)
    if fault.refusal:
        return _refused(telegram, method, given, fault.refusal)
    return response or Response()


def _bot(telegram: Telegram, request: Request) -> Bot:
    token = request.path_params["token"]
    number, colon, secret = token.partition(":")
    if not (number.isdigit() and colon and secret):
        raise RefusedCall(404, "Not Found")
    bot = telegram.bots.get(token)
    if bot is None:
        raise RefusedCall(401, "Unauthorized")
    return bot


async def _parameters(request: Request) -> dict[str, Any]:
    """From the address and the body, which may be JSON or a form, as the caller likes."""
    given: dict[str, Any] = dict(request.query_params)
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind == "application/json":
        given |= await _json(request)
    elif kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        async with request.form() as form:
            for name, value in form.items():
                given[name] = await _upload(value) if isinstance(value, UploadFile) else value
    return given


async def _json(request: Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise bad_request("can't parse request: the body is no JSON object")
    return body


async def _upload(part: UploadFile) -> Upload:
    return Upload(part.filename or "", await part.read(), part.content_type or "application/octet-stream")


def _file(telegram: Telegram, request: Request) -> Response:
    try:
        _bot(telegram, request)
    except RefusedCall as refusal:
        return JSONResponse(refusal.body(), refusal.code)
    file = telegram.files_by_path.get(request.path_params["path"])
    if file is None:
        return JSONResponse(RefusedCall(404, "Not Found").body(), 404)
    return Response(file.content, media_type="application/octet-stream")

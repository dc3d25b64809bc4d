"""The page with the phones: what people see of this Telegram in a browser, and how they use it.

    page = Page(telegram, [PhoneOnPage("ngo", aigerim, {"en": "NGO", "ru": "НПО", "kk": "ҮЕҰ"})], title="My bot")
    await PageServer(page, port=8080).serve()

The files are in `page/`. The page is a tool of whoever sits at this computer: it listens on the loopback only, and
answers neither to another host's name nor to another web site's requests.
"""

import asyncio
import functools
import io
import ipaddress
import json
import math
import re
import struct
import wave
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers, UploadFile
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from simulator import groups
from simulator.media import PHOTO_LIMIT, UPLOAD_LIMIT
from simulator.phones import Phone
from simulator.telegram import Chat, Event, File, Telegram

STATIC = Path(__file__).with_name("page")
HOSTS = ["127.0.0.1", "localhost"]
ALBUM_LIMIT = 10
# the app cuts a longer text into several messages: this is only where a mistake begins
TEXT_LIMIT = 50_000
CAPTION_LIMIT = 1024
# a browser notices a dead line sooner, and a proxy does not cut a silent one
KEEP_ALIVE = 15.0
# what a browser may show by itself; SVG is not among them, since it can carry a script
SHOWN_INLINE = re.compile(r"(image/(jpeg|png|gif|webp)|audio/[\w.+-]+|video/[\w.+-]+)")
LANGUAGE_CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; base-uri 'none'; frame-ancestors 'none'"
)

# a deep link: https://core.telegram.org/bots/features#deep-linking
START_PAYLOAD = re.compile(r"[\w-]{1,64}", re.ASCII)

Words = dict[str, str]  # language -> text
Handler = Callable[[Request], Awaitable[Response]]


class DemoControls(Protocol):
    """What the caller lets people at the page do with the city's time."""

    def today(self) -> dict[str, Any]:
        """`{"date": "2026-05-14", "text": {"en": "Thursday, 14 May 2026", …}, "time": "14:05"}`; text is optional."""

    async def next_hour(self) -> None:
        """Moves the clock on by an hour, in the same way."""

    async def next_working_day(self) -> None:
        """Moves the clock on, and returns when everything due by then has been started."""


@dataclass(frozen=True)
class PhoneOnPage:
    """One of the phones: its name in addresses and in the page's markup, and whose it is."""

    key: str
    phone: Phone
    role: Words


class UnusableRequest(Exception):
    """The page, or somebody instead of it, asked for something that cannot be done; the text says what."""


class Page:
    """What is on the page. The simulator knows no bot in particular: title, hint and clock are the caller's."""

    def __init__(
        self,
        telegram: Telegram,
        phones: Sequence[PhoneOnPage],
        title: Words | str = "Telegram",
        hint: Words | str = "",
        time_zone: str = "UTC",
        sample_place: tuple[float, float] = (51.4779, 0.0),
        controls: DemoControls | None = None,
        language: str | None = None,
        newcomers: Callable[[str], PhoneOnPage] | None = None,
    ) -> None:
        """`language`: what the page speaks at first, else the browser's. `newcomers` makes the phone of somebody whom
        the bot has not met, in the language given; a phone of the same key leaves the page."""
        self.telegram = telegram
        self.phones = {phone.key: phone for phone in phones}
        self.about = {
            "title": title,
            "hint": hint,
            "time_zone": time_zone,
            "sample_place": {"latitude": sample_place[0], "longitude": sample_place[1]},
            "has_controls": controls is not None,
            "has_newcomers": newcomers is not None,
            "language": language,
        }
        self.controls = controls
        self.newcomers = newcomers
        self.closed = False

    def close(self) -> None:
        """Ends the streams: a server waits for every open answer before it stops."""
        self.closed = True
        self.telegram.bell.ring()

    def phone_of(self, request: Request) -> PhoneOnPage:
        phone = self.phones.get(request.path_params["key"])
        if phone is None:
            raise HTTPException(404, "there is no such phone")
        return phone

    def phone_in(self, request: Request, chat_id: object) -> Phone:
        """The same phone with this chat open: one of the person's groups, or, when None is named, the private one."""
        phone = self.phone_of(request).phone
        if chat_id in (None, phone.room.id):
            return phone
        group = next((chat for chat in groups.groups_of(phone) if chat.id == chat_id), None)
        if group is None:
            raise HTTPException(404, "there is no such chat on this phone")
        return phone.within(group)


def page_routes(page: Page) -> list[BaseRoute]:
    """Everything the page consists of, each address guarded by itself, so that it may stand beside others."""
    guards = [Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False), Middleware(SameSiteOnly)]

    def get(path: str, handler: Callable[[Page, Request], Awaitable[Response]]) -> Route:
        return Route(path, _answering(functools.partial(handler, page)), methods=["GET"], middleware=guards)

    def post(path: str, handler: Callable[[Page, Request], Awaitable[Response]]) -> Route:
        return Route(path, _answering(functools.partial(handler, page)), methods=["POST"], middleware=guards)

    return [
        get("/", _index),
        get("/page", _about),
        get("/events", _all_events),
        get("/phones", _phones),
        post("/phones", _newcomer),
        get("/phones/files/{file_id}", _file),
        get("/phones/{key}/messages", _messages),
        get("/phones/{key}/events", _events),
        post("/phones/{key}/group", _group),
        post("/phones/{key}/text", _text),
        post("/phones/{key}/press", _press),
        post("/phones/{key}/edit", _edit),
        post("/phones/{key}/files", _files),
        post("/phones/{key}/location", _location),
        post("/phones/{key}/language", _language),
        post("/phones/{key}/block", _block),
        post("/phones/{key}/unblock", _unblock),
        get("/demo/now", _now),
        post("/demo/next-day", _next_day),
        post("/demo/next-hour", _next_hour),
        Mount("/static", FreshStaticFiles(directory=STATIC), middleware=guards),
    ]


class PageServer(uvicorn.Server):
    """Serves the page on the loopback, and stops at once although every open page holds a stream."""

    def __init__(self, page: Page, host: str = "127.0.0.1", port: int = 8080) -> None:
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise ValueError("the page plays every person without a password: it is served on the loopback only")
        app = Starlette(routes=page_routes(page))
        super().__init__(uvicorn.Config(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=3))
        self.page = page

    async def shutdown(self, sockets: list[Any] | None = None) -> None:
        self.page.close()
        await super().shutdown(sockets)


# --- who may ask


class SameSiteOnly:
    """Refuses what another web site makes a browser send: it could play the people on this page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD") and _from_elsewhere(Headers(scope=scope)):
            await JSONResponse({"error": "a request from another web site"}, 403)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _from_elsewhere(headers: Headers) -> bool:
    # browsers send Origin with every POST; programs such as curl send none, and no site can make them
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != headers.get("host"):
        return True
    return headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


class FreshStaticFiles(StaticFiles):
    """Asks again each time, so that nobody sees yesterday's page with today's server."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def _answering(handler: Handler) -> Handler:
    """Makes every refusal a JSON object with one sentence, whatever application the route is put in."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except UnusableRequest as problem:
            return JSONResponse({"error": str(problem)}, 400)
        except HTTPException as problem:
            return JSONResponse({"error": problem.detail}, problem.status_code)

    return answer


# --- reading


async def _index(page: Page, request: Request) -> Response:
    return FileResponse(
        STATIC / "index.html",
        headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"},
    )


async def _about(page: Page, request: Request) -> Response:
    return JSONResponse(page.about)


async def _phones(page: Page, request: Request) -> Response:
    return JSONResponse([_described(page, phone) for phone in page.phones.values()])


def _described(page: Page, shown: PhoneOnPage) -> dict[str, Any]:
    user, bot = shown.phone.user, shown.phone.bot
    language = user.get("language_code", "en")
    named = {field: bot.names.get((field, language)) or bot.names.get((field, "")) for field in ("name", "description")}
    return {
        "id": shown.key,
        "user_id": shown.phone.id,
        "name": " ".join(filter(None, (user["first_name"], user.get("last_name")))),
        "role": shown.role,
        "language": language,
        "chats": _chats(page, shown.phone, language),
        "bot": {"name": named["name"] or bot.name, "username": bot.username, "description": named["description"] or ""},
    }


def _chats(page: Page, phone: Phone, language: str) -> list[dict[str, Any]]:
    """The private chat first, then the person's groups."""
    private = {"id": phone.room.id, "type": "private", "commands": _commands(phone, phone.room, language)}
    neighbours = [other.phone for other in page.phones.values()]
    return [private] + [
        groups.described_group(phone, chat, neighbours) | {"commands": _commands(phone, chat, language)}
        for chat in groups.groups_of(phone)
    ]


def _commands(phone: Phone, chat: Chat, language: str) -> list[dict[str, str]]:
    """The list that the app would show: the narrowest scope wins, and in it the person's language.

    https://core.telegram.org/bots/api#determining-list-of-commands
    """
    kept = {}
    for key, commands in phone.bot.commands.items():
        scope, code = json.loads(key)
        kept[scope["type"], str(scope.get("chat_id", "")), code] = commands
    every = "all_private_chats" if chat.is_private else "all_group_chats"
    for kind, chat_id in (("chat", str(chat.id)), (every, ""), ("default", "")):
        for code in (language, ""):
            if found := kept.get((kind, chat_id, code)):
                return [{**command, "command": command["command"].removeprefix("/")} for command in found]
    return []


async def _messages(page: Page, request: Request) -> Response:
    asked = dict(request.query_params)
    phone = page.phone_in(request, _number(asked, "chat") if "chat" in asked else None)
    room = phone.room
    state = {"keyboard": room.keyboard, "typing": phone.typing, "blocked": room.blocked, "started": room.started}
    return JSONResponse({"messages": phone.chat, **state})


async def _file(page: Page, request: Request) -> Response:
    """The bytes of a file. Whatever a browser could run is only ever saved, never shown as a page of this site."""
    file = page.telegram.files.get(request.path_params["file_id"])
    if file is None:
        raise HTTPException(404, "there is no such file")
    shown = SHOWN_INLINE.fullmatch(file.mime_type) is not None
    headers = {
        "Content-Disposition": f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{quote(file.name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(file.content, headers=headers | {"Content-Type": _content_type(file)})


def _content_type(file: File) -> str:
    # the type came from whoever sent the file: it must not break the header
    return file.mime_type if re.fullmatch(r"[\w.+-]+/[\w.+-]+", file.mime_type) else "application/octet-stream"


# --- the stream


async def _events(page: Page, request: Request) -> Response:
    return _streamed(page, [page.phone_of(request)])


async def _all_events(page: Page, request: Request) -> Response:
    """All phones in one stream: a browser opens six connections to a server, and two open pages would need them all."""
    return _streamed(page, page.phones.values())


def _streamed(page: Page, phones: Collection[PhoneOnPage]) -> Response:
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(event_stream(page, phones), media_type="text/event-stream", headers=headers)


async def event_stream(
    page: Page, phones: Collection[PhoneOnPage], keep_alive: float = KEEP_ALIVE
) -> AsyncIterator[str]:
    """Server-sent events until the client leaves or the page closes.

    It begins with `hello`: whoever reads the chats after that misses nothing of what happens meanwhile.
    """
    telegram = page.telegram
    cursor = len(telegram.events)
    yield "retry: 1000\nevent: hello\ndata: {}\n\n"
    while not page.closed:
        fresh = telegram.events[cursor:]
        cursor += len(fresh)
        for event in fresh:
            for phone in tuple(phones):  # a newcomer may join the page meanwhile
                if _concerns(event, phone.phone):
                    yield f"data: {json.dumps(_told(event, phone.key), ensure_ascii=False)}\n\n"
        if cursor < len(telegram.events):
            continue
        try:
            async with asyncio.timeout(keep_alive):
                await telegram.bell.wait()
        except TimeoutError:
            yield ": still here\n\n"


def _concerns(event: Event, phone: Phone) -> bool:
    """Whatever happens in the private chat with the bot of this page, or in a group, to those who are in it."""
    group = phone.telegram.groups.get(event["chat_id"])
    return phone.id in event["people"] and (event["chat_id"] == phone.room.id or group is not None)


def _told(event: Event, key: str) -> Event:
    return {name: value for name, value in event.items() if name != "people"} | {"phone": key}


# --- what people do


async def _newcomer(page: Page, request: Request) -> Response:
    """Somebody new, who may have come by a link: then they press Start under it at once."""
    if page.newcomers is None:
        raise HTTPException(404, "nobody new comes to this page")
    body = await _body(request)
    code, payload = body.get("language_code"), body.get("start")
    if not isinstance(code, str) or not LANGUAGE_CODE.fullmatch(code):
        raise UnusableRequest("language_code must be like kk, ru or en")
    if payload is not None and not (isinstance(payload, str) and START_PAYLOAD.fullmatch(payload)):
        raise UnusableRequest("start must be 1 to 64 letters, digits, _ or -")
    shown = page.newcomers(code)
    page.phones[shown.key] = shown
    if payload:
        shown.phone.starts(payload)
    return JSONResponse(_described(page, shown))


async def _text(page: Page, request: Request) -> Response:
    body = await _body(request)
    phone = page.phone_in(request, body.get("chat"))
    message = phone.writes(_written(body, TEXT_LIMIT), _replied_to(phone, body))
    return JSONResponse({"message_id": message["message_id"]})


def _replied_to(phone: Phone, given: dict[str, Any]) -> int | None:
    """The message answered; in a topic of a forum, where none is, the one that began the topic."""
    if given.get("reply_to") is not None:
        return int(_own_chat(phone, _whole_number(given, "reply_to"))["message_id"])
    if given.get("topic") in (None, 0):
        return None
    if (topic := _whole_number(given, "topic")) not in phone.room.topics:
        raise UnusableRequest(f"there is no topic {topic} in this chat")
    return topic


async def _press(page: Page, request: Request) -> Response:
    body = await _body(request)
    phone = page.phone_in(request, body.get("chat"))
    data = body.get("data")
    if not isinstance(data, str) or not _encodable(data) or not 1 <= len(data.encode()) <= 64:
        raise UnusableRequest("data must be a text of 1 to 64 bytes")
    # the message may be gone by now: the app sends such a press as well
    return JSONResponse({"query_id": phone.presses_data(data, _whole_number(body, "message_id"))})


async def _edit(page: Page, request: Request) -> Response:
    body = await _body(request)
    phone = page.phone_in(request, body.get("chat"))
    message = _own_chat(phone, _whole_number(body, "message_id"))
    if message["from"]["id"] != phone.id or not ("text" in message or "caption" in message):
        raise UnusableRequest("only one's own text or caption can be changed")
    limit = CAPTION_LIMIT if "caption" in message else 4096
    phone.edits(message, _written(body, limit))
    return JSONResponse({"message_id": message["message_id"]})


async def _location(page: Page, request: Request) -> Response:
    body = await _body(request)
    phone = page.phone_in(request, body.get("chat"))
    latitude, longitude = _degrees(body, "latitude", 90), _degrees(body, "longitude", 180)
    message = phone.sends_location(latitude, longitude, reply_to=_replied_to(phone, body))
    return JSONResponse({"message_id": message["message_id"]})


async def _group(page: Page, request: Request) -> Response:
    """What the owner of a group does with it: `{"chat": -5, "deed": "add_bot"}`, also `add_person`, `delete_topic`."""
    body = await _body(request)
    here, deed = page.phone_in(request, _whole_number(body, "chat")), body.get("deed")
    if deed == "add_person":
        somebody = next((one.phone for one in page.phones.values() if one.phone.id == body.get("person")), None)
        done = somebody is not None and groups.add_person(here, somebody)
    elif deed == "delete_topic":
        done = groups.delete_topic(here, _whole_number(body, "topic"))
    else:
        done = isinstance(deed, str) and groups.carry_out(here, deed)
    if not done:
        raise UnusableRequest("this cannot be done with this chat")
    return JSONResponse({})


async def _language(page: Page, request: Request) -> Response:
    """What the person's app is set to, from which bots see a language; what the bot itself speaks is its own matter."""
    phone = page.phone_of(request).phone
    code = (await _body(request)).get("language_code")
    if not isinstance(code, str) or not LANGUAGE_CODE.fullmatch(code):
        raise UnusableRequest("language_code must be like kk, ru or en")
    # a new dict: messages already sent keep the sender as it was
    phone.user = {**phone.user, "language_code": code}
    page.telegram.users[phone.id] = phone.user
    return JSONResponse({"language_code": code})


async def _block(page: Page, request: Request) -> Response:
    phone = page.phone_of(request).phone
    if not phone.room.blocked:
        phone.blocks()
    return JSONResponse({"blocked": True})


async def _unblock(page: Page, request: Request) -> Response:
    phone = page.phone_of(request).phone
    if phone.room.blocked:
        phone.unblocks()
    return JSONResponse({"blocked": False})


# --- files


@dataclass(frozen=True)
class SentFile:
    name: str
    content: bytes
    mime_type: str


async def _files(page: Page, request: Request) -> Response:
    page.phone_of(request)
    if int(request.headers.get("content-length", "0")) > UPLOAD_LIMIT * ALBUM_LIMIT:
        raise HTTPException(413, "the files are too large")
    async with request.form(max_files=ALBUM_LIMIT, max_fields=10) as form:
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        sent = [await _sent_file(part) for part in form.getlist("files") if isinstance(part, UploadFile)]
    caption = fields.get("caption") or None
    if len((caption or "").encode("utf-16-le")) // 2 > CAPTION_LIMIT:
        raise UnusableRequest(f"a caption has at most {CAPTION_LIMIT} characters")
    numbers: dict[str, Any] = {name: _number(fields, name) for name in ("chat", "topic", "reply_to") if name in fields}
    phone = page.phone_in(request, numbers.get("chat"))
    reply_to = _replied_to(phone, numbers)
    messages = _send_files(phone, fields.get("kind", ""), sent, caption, fields, reply_to)
    return JSONResponse({"message_ids": [message["message_id"] for message in messages]})


async def _sent_file(part: UploadFile) -> SentFile:
    # a browser sends a bare name; anybody else might send a path
    name = PurePosixPath((part.filename or "").replace("\\", "/")).name
    name = "".join(letter for letter in name if letter.isprintable())[:200]
    content = await part.read()
    if not content:
        raise UnusableRequest(f"{name or 'the file'} is empty")
    if len(content) > UPLOAD_LIMIT:
        raise HTTPException(413, f"{name} is larger than {UPLOAD_LIMIT // 1024 // 1024} MB")
    return SentFile(name or "file", content, part.content_type or "application/octet-stream")


def _send_files(
    phone: Phone, kind: str, sent: list[SentFile], caption: str | None, fields: dict[str, str], reply_to: int | None
) -> list[dict[str, Any]]:
    if kind == "voice":
        seconds = _seconds(fields.get("duration", "7"))
        return [phone.sends_voice(seconds, sent[0].content if sent else sample_voice(seconds), reply_to=reply_to)]
    if not sent:
        raise UnusableRequest("there is no file in the request")
    if kind == "photo":
        if any(len(file.content) > PHOTO_LIMIT for file in sent):
            raise UnusableRequest(f"a photo has at most {PHOTO_LIMIT // 1024 // 1024} MB")
        if len(sent) > 1:
            return phone.sends_album([file.content for file in sent], caption, reply_to=reply_to)
        return [phone.sends_photo(sent[0].content, caption, reply_to=reply_to)]
    captions = [caption, *[None] * (len(sent) - 1)]
    if kind == "video":
        return [
            phone.sends_video(file.content, title, reply_to=reply_to)
            for file, title in zip(sent, captions, strict=True)
        ]
    if kind == "document":
        return [
            phone.sends_document(file.name, file.content, file.mime_type, caption=title, reply_to=reply_to)
            for file, title in zip(sent, captions, strict=True)
        ]
    raise UnusableRequest("kind must be photo, document, voice or video")


def _seconds(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 600:
        raise UnusableRequest("duration must be a number of seconds from 1 to 600")
    return int(text)


@functools.cache
def sample_voice(seconds: int, rate: int = 8000) -> bytes:
    """A quiet hum instead of a microphone: a sound file that browsers can play."""
    hum = (
        struct.pack("<h", int(2200 * math.sin(2 * math.pi * (180 + 40 * math.sin(at / rate * 3)) * at / rate)))
        for at in range(seconds * rate)
    )
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, rate, 0, "NONE", ""))
        sound.writeframes(b"".join(hum))
    return file.getvalue()


# --- the city's time


async def _now(page: Page, request: Request) -> Response:
    return JSONResponse(_controls(page).today())


async def _next_day(page: Page, request: Request) -> Response:
    controls = _controls(page)
    await controls.next_working_day()
    return JSONResponse(controls.today())


async def _next_hour(page: Page, request: Request) -> Response:
    controls = _controls(page)
    await controls.next_hour()
    return JSONResponse(controls.today())


def _controls(page: Page) -> DemoControls:
    if page.controls is None:
        raise HTTPException(404, "this page has no clock of its own")
    return page.controls


# --- reading a request


async def _body(request: Request) -> dict[str, Any]:
    # a form of another site can post text/plain without asking; JSON it cannot
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise UnusableRequest("the body must be application/json")
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise UnusableRequest("the body is no JSON") from None
    if not isinstance(body, dict):
        raise UnusableRequest("the body must be a JSON object")
    return body


def _written(body: dict[str, Any], limit: int) -> str:
    text = body.get("text")
    if not isinstance(text, str) or not text.strip():
        raise UnusableRequest("text is missing or empty")
    if not _encodable(text):
        raise UnusableRequest("text contains half a character")
    if len(text.encode("utf-16-le")) // 2 > limit:
        raise UnusableRequest(f"text has more than {limit} characters")
    return text


def _encodable(text: str) -> bool:
    """Whether it holds no lone surrogate, which JSON can smuggle in and no database takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _whole_number(body: dict[str, Any], name: str) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise UnusableRequest(f"{name} must be a whole number")
    return value


def _number(fields: dict[str, str], name: str) -> int:
    """A whole number out of a form, where everything is text."""
    if not re.fullmatch(r"-?\d{1,18}", fields[name], re.ASCII):
        raise UnusableRequest(f"{name} must be a whole number")
    return int(fields[name])


def _degrees(body: dict[str, Any], name: str, most: int) -> float:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= most:
        raise UnusableRequest(f"{name} must be a number from -{most} to {most}")
    return float(value)


def _own_chat(phone: Phone, message_id: int) -> dict[str, Any]:
    message = phone.room.messages.get(message_id)
    if message is None:
        raise UnusableRequest(f"there is no message {message_id} in this chat")
    return message

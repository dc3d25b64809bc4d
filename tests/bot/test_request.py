"""What each misfortune on the wire is called: the fates depend on it. Over real sockets of the loopback."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from telegram import InputFile
from telegram.error import BadRequest, NetworkError, TimedOut
from telegram.request import RequestData
from telegram.request._requestparameter import RequestParameter

from bot.request import NotSent, Request

Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
TOKEN = "123456:AA-invented-token-of-this-test-0123456"


@asynccontextmanager
async def server(answer: Answering) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as running:
        port = running.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/bot{TOKEN}/sendMessage"


@pytest.fixture
async def request_() -> AsyncIterator[Request]:
    async with Request(1, patience=0.2) as found:
        yield found


def says(body: bytes, status: str = "200 OK") -> Answering:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status.encode(), len(body), body))
        await writer.drain()

    return answer


async def hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def stops_in_the_middle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"ok":')
    await writer.drain()


async def speaks_no_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"220 smtp.example ESMTP\r\n")
    await writer.drain()


async def test_an_answer_is_handed_on_as_it_came(request_: Request) -> None:
    async with server(says(b'{"ok":true,"result":{"message_id":5}}')) as url:
        assert await request_.post(url) == {"message_id": 5}


async def test_a_refusal_is_the_librarys_error(request_: Request) -> None:
    async with server(says(b'{"ok":false,"description":"Bad Request: chat not found"}', "400 Bad Request")) as url:
        with pytest.raises(BadRequest, match="Chat not found"):
            await request_.post(url)


@pytest.mark.parametrize(
    ("answer", "error"),
    [(hangs, TimedOut), (hangs_up, NetworkError), (stops_in_the_middle, NetworkError), (speaks_no_http, NetworkError)],
)
async def test_with_the_request_under_way_it_is_unclear(
    request_: Request, answer: Answering, error: type[NetworkError]
) -> None:
    async with server(answer) as url:
        with pytest.raises(NetworkError) as caught:
            await request_.post(url)
    assert type(caught.value) is error
    assert TOKEN not in str(caught.value)


async def test_where_nobody_answers_the_door_nothing_was_sent(request_: Request) -> None:
    async with server(hangs) as url:
        pass
    with pytest.raises(NotSent) as caught:
        await request_.post(url)
    assert TOKEN not in str(caught.value)


async def test_without_a_free_connection_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.request._KNOCKING", 0.05)
    async with Request(1, patience=1.0) as request, server(hangs) as url, asyncio.TaskGroup() as tasks:
        first = tasks.create_task(_timed_out(request, url))
        await asyncio.sleep(0.05)
        with pytest.raises(NotSent):
            await request.post(url)
        await first


async def _timed_out(request: Request, url: str) -> None:
    with pytest.raises(TimedOut):
        await request.post(url)


async def test_a_file_goes_out_beside_the_parameters(request_: Request) -> None:
    arrived = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-l"))
        arrived.append(head + await reader.readexactly(length))
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n{"ok":true,"result":true}')
        await writer.drain()

    data = RequestData(
        [
            RequestParameter.from_input("caption", "Тізім <1>"),
            RequestParameter.from_input("document", InputFile("№;аты".encode(), filename="тізім.csv")),
        ]
    )
    async with server(answer) as url:
        assert await request_.post(url, data) is True
    assert b"multipart/form-data" in arrived[0]
    assert "Тізім <1>".encode() in arrived[0]
    assert "№;аты".encode() in arrived[0]

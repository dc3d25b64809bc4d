"""Updates by webhook, to the real program: kills and freezes of a copy, a fault of the door, lose nothing."""

import asyncio
import contextlib
import random
import socket
from collections.abc import AsyncIterator
from itertools import cycle

import httpx

from simulator.webhook import deliver_forever
from tests.faults.askers import PATIENCE, Asker
from tests.faults.machine import EVERYTHING, Machine, Program, until

SECRET = "canary-of-the-webhook-0123456789-abcdef"
PATH = "/telegram"
KILLS = 30 if EVERYTHING else 4
PEOPLE = 20 if EVERYTHING else 6


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


class RoundRobin(httpx.AsyncBaseTransport):
    """What stands before several copies: each request goes to the next one, and on to another when nobody answers."""

    def __init__(self, ports: list[int]) -> None:
        self._ports = cycle(ports)
        self._count = len(ports)
        self._inside = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        for attempt in range(self._count):
            request.url = request.url.copy_with(port=next(self._ports))
            try:
                return await self._inside.handle_async_request(request)
            except httpx.ConnectError:
                if attempt + 1 == self._count:
                    raise
        raise AssertionError("unreachable")

    async def aclose(self) -> None:
        await self._inside.aclose()


@contextlib.asynccontextmanager
async def posting(machine: Machine, ports: list[int]) -> AsyncIterator[None]:
    """Telegram posts updates as they come."""
    async with httpx.AsyncClient(transport=RoundRobin(ports)) as client, asyncio.TaskGroup() as tasks:
        task = tasks.create_task(deliver_forever(machine.telegram, machine.telegram.bot, client, wait=0.1))
        yield
        task.cancel()


async def copy_of(machine: Machine, port: int, **settings: str) -> Program:
    machine.telegram.bot.webhook = None
    program = await machine.start_blindly(
        WEBHOOK_URL=f"http://127.0.0.1:{port}{PATH}", WEBHOOK_SECRET=SECRET, WEB_PORT=str(port), **settings
    )
    await until(lambda: not program.alive or machine.telegram.bot.webhook, 60)
    assert program.alive, machine.log[-2000:]
    return program


async def test_copies_behind_a_webhook_lose_nothing_under_kills(machine_on_postgresql: Machine) -> None:
    machine = machine_on_postgresql
    machine.private.append(SECRET)
    await machine.officials()
    askers = [Asker(person, 1 + n % 5) for n, person in enumerate(await machine.representatives(PEOPLE))]
    chance = random.Random(20260305)  # noqa: S311 - the same in every run
    ports = [free_port() for _ in range(3 if EVERYTHING else 2)]
    copies = [await copy_of(machine, port) for port in ports]
    async with asyncio.timeout(PATIENCE), posting(machine, ports):
        async with asyncio.TaskGroup() as tasks:
            for asker in askers:
                tasks.create_task(asker.ask())
            for _ in range(KILLS):
                victim = chance.randrange(len(copies))
                await asyncio.sleep(chance.uniform(0.0, 0.7))
                await copies[victim].kill()
                copies[victim] = await copy_of(machine, ports[victim])
        await machine.at_rest(PATIENCE)
    stored = dict(await machine.rows("SELECT number, text FROM questions"))
    assert sorted(stored.values()) == sorted(text for asker in askers for text in asker.texts), "each text once"
    for asker in askers:
        assert [stored[number] for number in asker.acknowledged] == asker.texts


async def test_one_copy_serves_by_webhook_and_goes_back_to_polling(machine: Machine) -> None:
    await machine.officials()
    [aigerim] = await machine.representatives(1)
    port = free_port()
    program = await copy_of(machine, port)
    async with httpx.AsyncClient() as client:
        async with posting(machine, [port]):
            await Asker(aigerim, 1).ask()
            await machine.at_rest()
        healthy = await client.get(f"http://127.0.0.1:{port}/healthz")
        assert (healthy.status_code, healthy.json()["works"]) == (200, True)
        metrics = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
        assert "kopir_questions_open 1.0" in metrics
        assert 'kopir_sends_total{fate="delivered"}' in metrics
        assert (await client.post(f"http://127.0.0.1:{port}{PATH}", json={"update_id": 1})).status_code == 401
    checked = await machine.command("check", WEBHOOK_URL=f"http://127.0.0.1:{port}{PATH}", WEBHOOK_SECRET=SECRET)
    assert f"webhook http://127.0.0.1:{port}{PATH}; 0 updates wait there" in checked.out
    assert (await program.stop())[0] == 0
    await machine.start()
    aigerim.writes("/help")
    await aigerim.sees("/ask")
    assert SECRET not in machine.log

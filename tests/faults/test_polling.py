"""Polling comes back from any answer without a hand, and the token is never printed on the way."""

import asyncio
import json
from collections.abc import Awaitable, Callable

from simulator.faults import (
    Fault,
    blocked_by_user,
    cut_after,
    cut_before,
    garbage,
    hang,
    refuse,
    server_error,
    too_many_requests,
)
from simulator.polling import ANOTHER_POLLS
from tests.faults.machine import EVERYTHING, Machine, seconds, until

AnotherMachine = Callable[[], Awaitable[Machine]]
AT_MOST = 60.0
TOKEN_LIKE = "987654321:AA-somebody-elses-0123456789abcdef"
IN_A_ROW: list[list[tuple[str, Fault]]] = [
    [("401", refuse(401, "Unauthorized"))],
    [("404", refuse(404, "Not Found"))],
    [
        ("409", refuse(409, f"Conflict: {ANOTHER_POLLS}")),
        ("429", too_many_requests(2)),
        ("502", server_error()),
        ("HTML", garbage()),
        ("HTML with 502", garbage(502)),
        ("JSON that is no answer", Fault("null", body=(200, b"null", "application/json"))),
        ("a list of nonsense", Fault("list", body=(200, b'{"ok":true,"result":[1,null,{}]}', "application/json"))),
        ("cut before", cut_before()),
        ("cut after", cut_after()),
        ("hang", hang(50 if EVERYTHING else 2)),
    ],
]
"""The library waits long after a refused token: these have programs of their own, side by side."""


async def test_polling_comes_back_from_any_answer(another_machine: AnotherMachine) -> None:
    machines = [await another_machine() for _ in IN_A_ROW]
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_everything_fails(await another_machine()))
        told = [
            tasks.create_task(_comes_back(machine, faults)) for machine, faults in zip(machines, IN_A_ROW, strict=True)
        ]
    back = {name: took for task in told for name, took in task.result().items()}
    assert max(back.values()) < AT_MOST
    print("back after", ", ".join(f"{name}: {took:.1f} s" for name, took in back.items()))  # noqa: T201


async def _comes_back(machine: Machine, faults: list[tuple[str, Fault]]) -> dict[str, float]:
    """Each fault strikes the poll that follows a message; how long until the next message is answered."""
    [aigerim] = await machine.representatives(1)
    await machine.start()
    took = {}
    for name, fault in faults:
        machine.telegram.faults.next("getUpdates", fault)
        struck = len(machine.telegram.faults.struck)
        aigerim.writes("/help")
        await aigerim.sees("/ask", AT_MOST)
        await until(lambda struck=struck: len(machine.telegram.faults.struck) > struck, 60)
        began = seconds()
        aigerim.writes("/help")
        await aigerim.sees("/ask", AT_MOST)
        took[name] = seconds() - began
    await machine.at_rest()
    assert len(aigerim.heard) == 2 * len(faults), "each was answered once"
    return took


async def _everything_fails(machine: Machine) -> None:
    """`Machine.close` looks for the token and for people's words in all that was printed."""
    aigerim, blocker = await machine.representatives(2)
    faults = machine.telegram.faults
    faults.next("getMe", garbage(), server_error())
    faults.next("deleteWebhook", refuse(401, "Unauthorized"))
    faults.next("answerCallbackQuery", refuse(400, "Bad Request: query is too old"), cut_after())
    faults.next("sendMessage", garbage(), too_many_requests(1), chat_id=aigerim.id)
    faults.next("sendMessage", blocked_by_user(), chat_id=blocker.id)
    faults.next("getUpdates", garbage(), cut_before())
    aigerim.phone.raw_update({"message": {"chat": TOKEN_LIKE, "from": {"id": aigerim.id}, "text": "nonsense"}})
    for person in (aigerim, blocker):
        person.phone.presses_data("nonsense")
        person.writes("/help")
    await machine.start_blindly(LOG_FORMAT="json")
    await aigerim.sees("/ask", 120)
    await until(lambda: not [order for order in faults.orders if order.left], 60)
    code, _ = await machine.programs[-1].stop()
    assert code == 0
    lines = [json.loads(line) for line in machine.log.splitlines()]
    assert {"getUpdates", "answerCallbackQuery", "sendMessage", "getMe"} <= {method for method, _ in faults.struck}
    assert any("serving as" in line["message"] for line in lines)
    assert any("traceback" in line for line in lines), "the nonsense left a trace"
    assert TOKEN_LIKE.partition(":")[2] not in machine.log

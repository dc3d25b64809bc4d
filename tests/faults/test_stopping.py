"""SIGTERM: out within five seconds with exit code 0, whatever waits and whatever hangs, and nothing is lost."""

import asyncio
from collections.abc import Awaitable, Callable

from simulator.faults import Fault, cut_before, hang
from tests.faults.machine import EVERYTHING, Machine, until

AnotherMachine = Callable[[], Awaitable[Machine]]
WAITING = 2_000 if EVERYTHING else 200
AT_MOST = 5.0


async def test_sigterm_with_hundreds_waiting_loses_nothing(machine_on_both: Machine) -> None:
    machine = machine_on_both
    machine.from_nothing = True  # its end is the end of an interpreter as well
    strangers = [machine.stranger(f"Stranger-{n}") for n in range(WAITING)]
    for stranger in strangers:
        stranger.writes("/start")
    program = await machine.start()
    await until(lambda: sum(bool(stranger.heard) for stranger in strangers) >= 20, 60)
    waits = await machine.count("inbox WHERE done_at IS NULL") + len(machine.telegram.bot.updates)
    unsaid = await machine.count("outbox WHERE done_at IS NULL")
    program.process.terminate()  # an impatient operator: twice
    code, took = await program.stop()
    assert (code, took < AT_MOST) == (0, True)
    assert waits + unsaid > WAITING / 2, "too quick: nothing was waiting any more"
    repeats = sum(stranger.repeats for stranger in strangers)
    assert repeats == 0

    await machine.start()
    if EVERYTHING:
        await machine.at_rest(600)
        assert all(len(stranger.heard) == 1 for stranger in strangers)
    else:
        async with asyncio.timeout(60):
            while await machine.count("inbox WHERE done_at IS NOT NULL") < WAITING:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
    assert await machine.count("inbox WHERE dead_at IS NULL AND attempts = 0") == WAITING
    assert await machine.count("outbox WHERE template = 'reply'") == WAITING, "one reply promised to each"
    assert await machine.count("people") == WAITING + 1, "everybody met, and the administrator"
    print(f"stopped in {took:.2f} s with {waits} unhandled and {unsaid} unsaid")  # noqa: T201


HANGS = {
    "a send hangs": ("sendMessage", hang(30)),
    "an answer to a press hangs": ("answerCallbackQuery", hang(30)),
    "the menu hangs": ("setMyCommands", hang(30)),
    "the start hangs": ("getMe", hang(30)),
    "Telegram is away": ("getMe", cut_before()),
}


async def test_sigterm_while_telegram_hangs(another_machine: AnotherMachine) -> None:
    async with asyncio.TaskGroup() as tasks:
        stops = {name: tasks.create_task(_stop(await another_machine(), *how)) for name, how in HANGS.items()}
    for name, stop in stops.items():
        code, took = stop.result()
        assert (code, took < AT_MOST) == (0, True), (name, took)
    print(", ".join(f"{name}: {stop.result()[1]:.1f} s" for name, stop in stops.items()))  # noqa: T201


async def _stop(machine: Machine, method: str, fault: Fault) -> tuple[int, float]:
    """SIGTERM when the fault has struck."""
    machine.telegram.faults.always(method, fault)
    [aigerim] = await machine.representatives(1)
    aigerim.writes("/help")
    aigerim.phone.presses_data("kind:question")
    program = await machine.start_blindly()
    await until(lambda: len(machine.telegram.faults.struck) >= (3 if fault.cut else 1), 60)
    return await program.stop()

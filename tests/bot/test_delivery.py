"""Each misfortune of sending has one fate: the message arrives, once where that is certain, or is visibly given up."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from telegram.request import HTTPXRequest

from bot.delivery import PATIENCE
from bot.limiter import Limiter
from bot.request import NotSent
from bot.telegram import connect
from domain.people import Language
from simulator.api import in_process
from simulator.faults import (
    Fault,
    answer_late,
    blocked_by_user,
    cut_after,
    cut_before,
    garbage,
    hang,
    refuse,
    server_error,
    too_many_requests,
)
from storage import outbox as storage_outbox
from storage import people as storage_people
from storage.tables import inbox, outbox, people
from tests.journeys.cast import Cast
from tests.town import TOKEN, Somebody, Town

NEW = "New for the department"


class Time:
    """The limiter's time: it passes by being waited for, and remembers how long."""

    def __init__(self) -> None:
        self.moment = 0.0
        self.waited: list[float] = []

    def now(self) -> float:
        return self.moment

    async def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.moment += seconds
        await asyncio.sleep(0)


def _own_time(town: Town) -> Time:
    time = Time()
    town.app.delivery.limiter = Limiter(time.now, time.sleep)
    return time


async def _later(town: Town, seconds: float = 10) -> None:
    town.clock.skip(timedelta(seconds=seconds))
    await town.settle()


async def _fates(cast: Cast, template: str) -> list[str | None]:
    async with cast.town.app.database.reading() as db:
        query = select(outbox.c.fate).where(outbox.c.template == template).order_by(outbox.c.id)
        return list(await db.scalars(query))


async def _forgive(cast: Cast) -> None:
    """What was given up here was given up on purpose."""
    async with cast.town.app.database.transaction() as db:
        await db.execute(outbox.delete().where(outbox.c.fate == "failed"))
        await db.execute(inbox.delete())
    cast.town.telegram.record.clear()


async def _colleagues(cast: Cast, n: int) -> None:
    """More officials in Daniyar's department; how one becomes an official is told elsewhere."""
    now = cast.town.clock.now()
    async with cast.town.app.database.transaction() as db:
        daniyar = await storage_people.load(db, cast.daniyar.id)
        assert daniyar
        assert daniyar.department_id
        for number in range(n):
            colleague = cast.town.stranger(f"Official {number}", Language.EN)
            colleague.phone.room.started = True
            await storage_people.meet(db, colleague.id, f"Official {number}", now)
            await storage_people.set_language(db, colleague.id, Language.EN)
            await storage_people.serve_in(db, colleague.id, daniyar.department_id, False, now)


def _cards(who: Somebody) -> int:
    return sum(NEW in text for text in who.texts)


# --- one misfortune, one fate ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "arrives"),
    [
        (too_many_requests(5), 1),
        (server_error(502), 1),
        (server_error(500, "Internal Server Error"), 1),
        (server_error(504, "Gateway Timeout"), 1),
        (garbage(), 1),
        (garbage(200, b""), 1),
        (garbage(200, b'{"ok": true}'), 1),
        (garbage(200, b"[1, 2]"), 1),
        (garbage(200, b'"x"'), 1),
        (garbage(502, b"<html>Bad Gateway</html>"), 1),
        (garbage(200, b"\xff\xfe"), 1),
        (cut_before(), 1),
        (cut_after(), 2),  # nobody can tell whether it arrived: at least once
        (refuse(409, "Conflict: terminated by other getUpdates request"), 1),
    ],
    ids=lambda value: value.name if isinstance(value, Fault) else "",
)
async def test_a_single_misfortune_does_not_lose_a_notice(cast: Cast, fault: Fault, arrives: int) -> None:
    cast.town.telegram.faults.next("sendMessage", fault, chat_id=cast.daniyar.id)
    await cast.town.a_question(cast.aigerim)
    await _later(cast.town)
    assert _cards(cast.daniyar) == arrives
    assert await _fates(cast, "new") == ["delivered"]


@pytest.mark.parametrize("fault", [cut_before(), server_error(502), garbage()], ids=lambda fault: fault.name)
async def test_what_stays_unclear_is_tried_twice_and_given_up_visibly(
    cast: Cast, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    faults = cast.town.telegram.faults
    faults.always("sendMessage", fault, chat_id=cast.daniyar.id)
    await cast.town.a_question(cast.aigerim)
    for _ in range(5):
        await _later(cast.town, 400)
    assert len(faults.struck) == 2
    assert await _fates(cast, "new") == ["failed"]
    assert any("failed for good" in record.getMessage() for record in caplog.records)
    await _forgive(cast)


@pytest.mark.parametrize(
    ("fault", "fate"),
    [
        (blocked_by_user(), "blocked"),
        (refuse(403, "Forbidden: user is deactivated"), "blocked"),
        (refuse(400, "Bad Request: chat not found"), "blocked"),
        (refuse(400, "Bad Request: can't parse entities"), "failed"),
        (refuse(400, "Bad Request: message is too long"), "failed"),
    ],
    ids=lambda value: value.refusal.description if isinstance(value, Fault) and value.refusal else "",
)
async def test_a_final_refusal_is_final(cast: Cast, fault: Fault, fate: str) -> None:
    faults = cast.town.telegram.faults
    faults.always("sendMessage", fault, chat_id=cast.daniyar.id)
    await cast.town.a_question(cast.aigerim)
    for _ in range(5):
        await _later(cast.town, 400)
    assert len(faults.struck) == 1
    assert await _fates(cast, "new") == [fate]
    await _forgive(cast)


async def test_who_blocked_the_bot_is_flagged_until_they_return(cast: Cast) -> None:
    faults = cast.town.telegram.faults
    faults.next("sendMessage", blocked_by_user(), chat_id=cast.daniyar.id)
    await cast.town.a_question(cast.aigerim)

    async def blocked_at() -> object:
        async with cast.town.app.database.reading() as db:
            return await db.scalar(select(people.c.blocked_at).where(people.c.id == cast.daniyar.id))

    assert await blocked_at() is not None
    await cast.daniyar.writes("/help")
    assert await blocked_at() is None
    assert _cards(cast.daniyar) == 1


async def test_others_get_theirs_while_one_chat_is_in_trouble(cast: Cast) -> None:
    botagoz = await cast.town.an_official(cast.saule, "Botagoz", language=Language.EN)
    cast.town.telegram.faults.always("sendMessage", server_error(), chat_id=cast.daniyar.id)
    await cast.town.a_question(cast.aigerim)
    assert _cards(botagoz) == 1
    cast.town.telegram.faults.clear()
    await _later(cast.town)
    assert _cards(cast.daniyar) == 1


async def test_the_order_within_a_chat_holds_through_a_misfortune(cast: Cast) -> None:
    cast.town.telegram.faults.next("sendMessage", server_error(), chat_id=cast.daniyar.id)
    first = await cast.town.a_question(cast.aigerim, "Первое.")
    await _later(cast.town)
    second = await cast.town.a_question(cast.aigerim, "Второе.")
    assert first in next(text for text in cast.daniyar.texts if first in text or second in text)
    assert second in cast.daniyar.last


# --- telegram says "wait" -------------------------------------------------------------------------------------------


async def test_nothing_is_sent_during_a_halt(cast: Cast) -> None:
    """Twenty officials are to be told at once; the first send is answered with "retry after 7 seconds"."""
    await _colleagues(cast, 20)
    time, telegram = _own_time(cast.town), cast.town.telegram
    sends: list[float] = []

    def seen(method: str, params: dict[str, object]) -> bool:
        if method == "sendMessage" and NEW in str(params.get("text")):
            sends.append(time.moment)
        return False

    await cast.aigerim.writes("/ask")
    await cast.aigerim.presses("question")
    await cast.aigerim.presses("Help with cultural events")
    await cast.aigerim.writes("Нужен зал.")
    await cast.aigerim.presses("done_writing")
    await cast.aigerim.presses("public")
    telegram.faults.when(seen, server_error(), times=None)
    slow = replace(too_many_requests(7), delay=0.1)  # real seconds: the others stand behind it by then
    telegram.faults.when(lambda _, params: NEW in str(params.get("text")), slow)
    telegram.faults.when(lambda _, params: NEW in str(params.get("text")), hang(0.1), times=7)
    began = time.moment
    await cast.aigerim.presses("send")
    await _later(cast.town)
    at_once = [at for at in sends if at < began + 6.9]
    assert len(at_once) <= 8  # those on the wire together with the first
    assert len(sends) == 22  # each of the 21 once, and the refused one again
    assert await _fates(cast, "new") == ["delivered"] * 21


async def test_a_halt_is_no_attempt_of_the_message(cast: Cast) -> None:
    _own_time(cast.town)
    cast.town.telegram.faults.next("sendMessage", too_many_requests(3), times=10, chat_id=cast.daniyar.id)
    await cast.town.a_question(cast.aigerim)
    for _ in range(12):
        await _later(cast.town, 4)
    assert _cards(cast.daniyar) == 1
    assert await _fates(cast, "new") == ["delivered"]


async def test_a_long_halt_is_not_waited_for_with_messages_in_hand(cast: Cast) -> None:
    """Their claims would run out meanwhile, and they would be sent twice."""
    botagoz = await cast.town.an_official(cast.saule, "Botagoz", language=Language.EN)
    time = _own_time(cast.town)
    cast.town.telegram.faults.when(lambda _, params: NEW in str(params.get("text")), too_many_requests(120))
    await cast.town.a_question(cast.aigerim)
    assert max(time.waited, default=0.0) <= PATIENCE
    async with cast.town.app.database.reading() as db:
        waiting = list(await db.execute(select(outbox).where(outbox.c.done_at.is_(None))))
    assert waiting
    assert all(row.leased_until is None and row.attempts == 0 for row in waiting)
    time.moment += 121
    await _later(cast.town, 121)
    assert (_cards(cast.daniyar), _cards(botagoz)) == (1, 1)


async def test_the_limits_of_telegram_are_never_exceeded_in_a_busy_minute(cast: Cast) -> None:
    """The simulator enforces them to the letter; the town's clock follows the limiter's."""
    await _colleagues(cast, 6)
    clock = cast.town.clock

    async def sleep(seconds: float) -> None:
        clock.skip(timedelta(seconds=seconds))
        await asyncio.sleep(0)

    cast.town.app.delivery.limiter = Limiter(lambda: clock.now().timestamp(), sleep)
    cast.town.telegram.limits.on = True
    clock.skip(timedelta(seconds=2))
    for n in range(3):
        await cast.town.a_question(cast.aigerim, f"Вопрос {n}.")
    assert not [call for call in cast.town.telegram.record if call.status == 429]
    assert await _fates(cast, "new") == ["delivered"] * 21


# --- the network ----------------------------------------------------------------------------------------------------


class Unplugged(HTTPXRequest):
    """No connection for the first calls, then the simulator."""

    def __init__(self, town: Town, times: int) -> None:
        super().__init__(httpx_kwargs={"transport": in_process(town.telegram)})
        self.left = times

    async def do_request(self, url: str, *args: Any, **more: Any) -> tuple[int, bytes]:
        if "sendMessage" in url and self.left:
            self.left -= 1
            raise NotSent("unplugged")
        return await super().do_request(url, *args, **more)


@pytest.fixture
async def impatient(cast: Cast) -> AsyncIterator[Cast]:
    """A program that waits a fifth of a second for an answer."""
    request = HTTPXRequest(read_timeout=0.2, httpx_kwargs={"transport": in_process(cast.town.telegram)})
    telegram = connect(TOKEN, "http://telegram.test", request)
    await telegram.initialize()
    cast.town.app.delivery.telegram = telegram
    yield cast
    await telegram.shutdown()


async def test_a_network_that_is_away_loses_nothing_however_long(cast: Cast) -> None:
    telegram = connect(TOKEN, "http://telegram.test", Unplugged(cast.town, 6))
    await telegram.initialize()
    cast.daniyar.phone.looks_away()
    ours, cast.town.app.delivery.telegram = cast.town.app.delivery.telegram, telegram
    await cast.aigerim.writes("/my")
    for _ in range(12):
        await _later(cast.town, 150)
    assert sum(text.startswith("Open questions") for text in cast.aigerim.texts) == 1
    cast.town.app.delivery.telegram = ours
    await telegram.shutdown()


async def test_a_hang_before_the_effect_shows_the_message_once(impatient: Cast) -> None:
    impatient.town.telegram.faults.next("sendMessage", hang(0.5), chat_id=impatient.daniyar.id)
    await impatient.town.a_question(impatient.aigerim)
    await _later(impatient.town)
    assert _cards(impatient.daniyar) == 1


async def test_an_answer_that_comes_too_late_shows_the_message_twice_and_not_more(impatient: Cast) -> None:
    impatient.town.telegram.faults.next("sendMessage", answer_late(0.5), chat_id=impatient.daniyar.id)
    await impatient.town.a_question(impatient.aigerim)
    await _later(impatient.town)
    await _later(impatient.town)
    assert _cards(impatient.daniyar) == 2
    assert await _fates(impatient, "new") == ["delivered"]


# --- dialogue -------------------------------------------------------------------------------------------------------


async def test_a_message_to_be_redrawn_that_is_gone_is_written_anew(cast: Cast) -> None:
    await cast.aigerim.writes("/my")
    cast.town.telegram.faults.next("editMessageText", refuse(400, "Bad Request: message to edit not found"))
    written = len(cast.aigerim.phone.chat)
    await cast.aigerim.presses("closed")
    assert cast.aigerim.last.startswith("Closed questions")
    assert len(cast.aigerim.phone.chat) == written + 1
    await _forgive(cast)


async def test_written_anew_it_has_one_fate_as_well(cast: Cast) -> None:
    await cast.aigerim.writes("/my")
    faults = cast.town.telegram.faults
    faults.next("editMessageText", refuse(400, "Bad Request: message can't be edited"))
    faults.next("sendMessage", refuse(400, "Bad Request: message to edit not found"))
    await cast.aigerim.presses("closed")
    async with cast.town.app.database.reading() as db:
        last = await db.scalar(select(outbox.c.fate).order_by(outbox.c.id.desc()).limit(1))
    assert last == "failed"
    await _forgive(cast)


async def test_redrawing_what_has_not_changed_is_success(cast: Cast) -> None:
    await cast.aigerim.writes("/my")
    await cast.aigerim.presses("open")
    await cast.aigerim.presses("open")
    assert set(await _fates(cast, "reply")) == {"delivered"}


async def test_a_prompt_that_could_not_be_sent_for_an_hour_is_dropped(cast: Cast) -> None:
    cast.town.telegram.faults.next("sendMessage", too_many_requests(20))
    _own_time(cast.town)
    await cast.aigerim.writes("/my")
    await _later(cast.town, 3601)
    assert cast.aigerim.texts == []
    assert (await _fates(cast, "reply"))[-1] == "dropped"


async def test_a_notice_is_not_dropped_after_an_hour(cast: Cast) -> None:
    cast.town.telegram.faults.next("sendMessage", too_many_requests(20), chat_id=cast.daniyar.id)
    await cast.town.a_question(cast.aigerim)
    await _later(cast.town, 3601)
    assert _cards(cast.daniyar) == 1


async def test_a_notice_is_given_up_after_two_days_without_a_network(cast: Cast) -> None:
    telegram = connect(TOKEN, "http://telegram.test", Unplugged(cast.town, 1000))
    await telegram.initialize()
    number = await cast.town.a_question(cast.aigerim)
    ours, cast.town.app.delivery.telegram = cast.town.app.delivery.telegram, telegram
    await cast.aigerim.does("presses_data", f"withdraw:{number}")
    for _ in range(3):
        await _later(cast.town, 24 * 3600)
    assert await _fates(cast, "withdrawn") == ["failed"]
    cast.town.app.delivery.telegram = ours
    await telegram.shutdown()
    await _forgive(cast)


# --- our own faults -------------------------------------------------------------------------------------------------


async def test_a_row_we_cannot_put_into_words_costs_only_itself(cast: Cast) -> None:
    async with cast.town.app.database.transaction() as db:
        await storage_outbox.say(db, cast.daniyar.id, "nonsense", {"entry": 1}, cast.town.clock.now())
        await storage_outbox.say(db, cast.saule.id, "answered", {}, cast.town.clock.now())
    await cast.town.a_question(cast.aigerim)
    for _ in range(5):
        await _later(cast.town, 31)
    assert _cards(cast.daniyar) == 1
    assert await _fates(cast, "answered") == ["failed"]
    async with cast.town.app.database.reading() as db:
        assert await db.scalar(select(outbox.c.attempts).where(outbox.c.template == "answered")) == 3
    await _forgive(cast)


async def test_a_group_that_became_a_supergroup_keeps_its_message(cast: Cast) -> None:
    group = cast.town.telegram.group("НПО города", [cast.aigerim.phone])
    cast.aigerim.phone.within(group).writes("/ask")
    new = cast.town.telegram.migrate(group)
    await cast.town.settle()
    said = [m.get("text", "") for m in new.messages.values() if m["from"]["is_bot"]]
    assert "Köpir works in a private chat: https://t.me/kopir_bot" in said
    cast.town.telegram.record.clear()


async def test_a_revoked_token_keeps_everything_until_there_is_a_new_one(
    cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    cast.town.telegram.faults.next("sendMessage", refuse(401, "Unauthorized"), chat_id=cast.daniyar.id, times=3)
    await cast.town.a_question(cast.aigerim)
    for _ in range(4):
        await _later(cast.town, 301)
    assert _cards(cast.daniyar) == 1


async def test_what_a_frozen_copy_wakes_up_with_is_said_once(cast: Cast) -> None:
    """Its claim has run out, or will while the message is on its way: whoever claims it next says it."""
    town, delivery = cast.town, cast.town.app.delivery
    call = {"method": "sendMessage", "params": {"chat_id": cast.aigerim.id, "text": "frozen"}}
    async with town.app.database.transaction() as db:
        await storage_outbox.say(db, cast.aigerim.id, "reply", call, town.clock.now())
    (row,) = await delivery._claim(1)
    town.clock.skip(timedelta(seconds=41))
    await delivery.deliver(row)
    assert "frozen" not in cast.aigerim.texts
    await _later(town, 20)
    assert cast.aigerim.texts.count("frozen") == 1


# --- waking up ------------------------------------------------------------------------------------------------------


async def test_what_is_promised_just_behind_a_claim_goes_out_without_the_next_look(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker commits after the claim has looked and before its transaction is over: as PostgreSQL allows."""
    delivery, stop = cast.town.app.delivery, asyncio.Event()
    monkeypatch.setattr("bot.delivery.LOOKS_EVERY", 3600.0)
    waits = storage_outbox.waits

    async def and_then_somebody_promises(db: Any, *args: Any) -> bool:
        anything = await waits(db, *args)
        if not delivery.wanted.is_set() and "just behind" not in cast.aigerim.texts:
            call = {"method": "sendMessage", "params": {"chat_id": cast.aigerim.id, "text": "just behind"}}
            key = "just behind"
            await storage_outbox.say(db, cast.aigerim.id, "reply", call, cast.town.clock.now(), key=key)
            delivery.wanted.set()
        return anything

    monkeypatch.setattr("storage.outbox.waits", and_then_somebody_promises)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(delivery.run(stop))
        while "just behind" not in cast.aigerim.texts:  # noqa: ASYNC110 - a phone has no event
            await asyncio.sleep(0.01)
        stop.set()
        delivery.wanted.set()


async def test_a_reply_behind_one_on_its_way_goes_out_when_that_has_arrived(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever presses before Telegram has answered us waits for that answer, and not for the next look."""
    delivery, stop = cast.town.app.delivery, asyncio.Event()
    monkeypatch.setattr("bot.delivery.LOOKS_EVERY", 3600.0)
    monkeypatch.setattr("bot.delivery.BY_THE_WAY", 3600.0)
    cast.town.telegram.faults.next("sendMessage", answer_late(0.1), chat_id=cast.aigerim.id)

    async def says(text: str) -> None:
        call = {"method": "sendMessage", "params": {"chat_id": cast.aigerim.id, "text": text}}
        async with delivery.transaction() as db:
            row = await storage_outbox.say_at_once(
                db, cast.aigerim.id, call, cast.town.clock.now(), str(delivery.owner)
            )
        if row:
            delivery.take(row)

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(delivery.run(stop))
        await asyncio.sleep(0)
        await says("first")
        while "first" not in cast.aigerim.texts:  # noqa: ASYNC110 - a phone has no event
            await asyncio.sleep(0.01)
        await says("second")
        assert "second" not in cast.aigerim.texts
        while "second" not in cast.aigerim.texts:  # noqa: ASYNC110 - a phone has no event
            await asyncio.sleep(0.01)
        stop.set()
        delivery.wanted.set()
    assert cast.aigerim.texts[-2:] == ["first", "second"]


async def test_a_stopping_copy_writes_down_which_replies_have_arrived(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one would say them again."""
    app, stop = cast.town.app, asyncio.Event()
    monkeypatch.setattr("bot.delivery.BY_THE_WAY", 3600.0)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(app.delivery.run(stop))
        await asyncio.sleep(0)
        cast.aigerim.phone.writes("/my")
        await app.polling.once()
        while not app.delivery._arrived:  # noqa: ASYNC110 - a phone has no event
            await asyncio.sleep(0.01)
        stop.set()
        app.delivery.wanted.set()
    assert (await _fates(cast, "reply"))[-1] == "delivered"


@pytest.mark.parametrize("named", [b"99999999999999999999", b"[1]", b'{"a": 1}'])
async def test_an_id_that_cannot_be_stored_costs_nobody_else_anything(cast: Cast, named: bytes) -> None:
    """The ends of replies are written down together with other people's updates."""
    odd = garbage(200, b'{"ok": true, "result": {"message_id": ' + named + b"}}")
    cast.town.telegram.faults.next("sendMessage", odd, chat_id=cast.aigerim.id)
    cast.aigerim.phone.writes("/my")
    cast.daniyar.phone.writes("/my")
    await cast.town.settle()
    assert cast.daniyar.texts
    assert (await _fates(cast, "reply"))[-2:] == ["delivered", "delivered"]

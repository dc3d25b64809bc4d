"""Telegram's limits on sending, on a time that stands still between events."""

import asyncio
import heapq
import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.limiter import Limiter, NotSoon

Sent = tuple[float, int, int]
"""When, to whom, how many messages."""


class Time:
    """Passes only when everybody sleeps."""

    def __init__(self) -> None:
        self.moment = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []
        self._count = itertools.count()

    def now(self) -> float:
        return self.moment

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.Event()
        heapq.heappush(self._sleepers, (self.moment + seconds, next(self._count), woken))
        await woken.wait()

    async def pass_until_done(self, tasks: Iterable[asyncio.Task[None]]) -> None:
        tasks = list(tasks)
        while not all(task.done() for task in tasks):
            for _ in range(5):
                await asyncio.sleep(0)
            if self._sleepers:
                self.moment, _, woken = heapq.heappop(self._sleepers)
                woken.set()


Wish = tuple[float, int, int]
"""When somebody wants to send, to which chat, how many messages."""


def _send(wishes: list[Wish], halts: list[tuple[float, float]] = []) -> list[Sent]:  # noqa: B006 - never changed
    """Let everybody send what they wish as early as the limiter allows; what went out when."""

    async def everything() -> list[Sent]:
        time = Time()
        limiter = Limiter(time.now, time.sleep)
        sent: list[Sent] = []

        async def one(at: float, chat_id: int, messages: int) -> None:
            await time.sleep(at)
            await limiter.turn(chat_id, messages)
            sent.append((time.moment, chat_id, messages))

        async def halt(at: float, seconds: float) -> None:
            await time.sleep(at)
            limiter.halt(seconds)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(halt(*h)) for h in halts]
            tasks += [group.create_task(one(*wish)) for wish in wishes]
            await time.pass_until_done(tasks)
        return sent

    return asyncio.run(everything())


def _most_within(seconds: float, sent: Iterable[Sent]) -> int:
    """The most messages in any window of this length, its end outside."""
    sent = sorted(sent)
    return max((sum(n for at, _, n in sent if start <= at < start + seconds) for start, _, _ in sent), default=0)


def test_a_lonely_message_goes_at_once() -> None:
    assert _send([(0.0, 1, 1)]) == [(0.0, 1, 1)]


def test_thirty_people_are_told_within_one_second_and_the_next_thirty_in_the_next() -> None:
    sent = _send([(0.0, person, 1) for person in range(1, 61)])
    assert _most_within(1.0, sent) == 30
    assert max(at for at, _, _ in sent) < 1.1


def test_one_chat_gets_one_message_a_second() -> None:
    moments = [at for at, _, _ in _send([(0.0, 1, 1)] * 4)]
    assert all(later - earlier >= 1.0 for earlier, later in itertools.pairwise(moments))
    assert moments[-1] < 3.5


def test_a_slow_chat_holds_nobody_else_up() -> None:
    sent = _send([(0.0, 1, 1)] * 20 + [(0.0, person, 1) for person in range(2, 22)])
    assert max(at for at, chat_id, _ in sent if chat_id != 1) < 1.1


def test_a_group_gets_twenty_messages_a_minute() -> None:
    sent = _send([(0.0, -5, 1)] * 45)
    assert _most_within(60.0, sent) == 20


def test_an_album_counts_as_its_messages() -> None:
    sent = _send([(0.0, person, 1) for person in range(1, 30)] + [(0.0, 99, 10), (0.0, 100, 10)])
    assert _most_within(1.0, sent) <= 30


def test_albums_to_a_group_count_as_their_messages() -> None:
    assert _most_within(60.0, _send([(0.0, -5, 7)] * 6)) <= 20


def test_nothing_goes_out_while_telegram_wants_us_to_wait() -> None:
    sent = _send([(n / 10, n, 1) for n in range(1, 60)], halts=[(2.0, 7.0)])
    assert not [at for at, _, _ in sent if 2.0 < at < 9.0]
    assert len(sent) == 59


def test_a_shorter_wait_does_not_shorten_a_longer_one() -> None:
    sent = _send([(1.0, 1, 1)], halts=[(0.0, 10.0), (0.5, 1.0)])
    assert sent[0][0] == pytest.approx(10.0)


_WISHES = st.lists(
    st.tuples(st.floats(0, 3), st.sampled_from([1, 2, 3, *range(10, 60), -5]), st.integers(1, 10)), max_size=90
)


@settings(max_examples=40, deadline=None)
@given(_WISHES, st.lists(st.tuples(st.floats(0, 3), st.floats(0, 5)), max_size=2))
def test_whoever_wants_to_send_what_when_no_limit_is_exceeded_and_nothing_lost(
    wishes: list[Wish], halts: list[tuple[float, float]]
) -> None:
    sent = _send(wishes, halts)
    assert len(sent) == len(wishes)
    assert _most_within(1.0, sent) <= 30
    for chat_id in {chat_id for _, chat_id, _ in sent}:
        there = [(at, chat_id, 1) for at, chat, _ in sent if chat == chat_id]
        assert _most_within(1.0, there) <= 1
        if chat_id < 0:
            assert _most_within(60.0, [one for one in sent if one[1] == chat_id]) <= 20
    for began, seconds in halts:
        assert not [at for at, _, _ in sent if began < at < began + seconds - 1e-6]


async def test_what_was_slow_on_its_way_does_not_arrive_in_one_second_with_what_left_after_it() -> None:
    """Thirty leave at once and arrive half a second later: the next thirty wait for a second from then on."""
    time = Time()
    limiter = Limiter(time.now, time.sleep)
    left: list[float] = []

    async def one(person: int) -> None:
        async with limiter.sending(person, 1, patience=10.0):
            left.append(time.moment)
            await time.sleep(0.5)

    async with asyncio.TaskGroup() as group:
        await time.pass_until_done([group.create_task(one(person)) for person in range(1, 61)])
    assert left[:30] == [0.0] * 30
    assert left[30] == pytest.approx(1.5, abs=0.02)


async def test_who_has_no_patience_is_told_how_long_it_would_be() -> None:
    time = Time()
    limiter = Limiter(time.now, time.sleep)
    limiter.halt(20.0)
    with pytest.raises(NotSoon) as told:
        async with limiter.sending(1, 1, patience=1.5):
            pytest.fail("it was let through")
    assert told.value.seconds == 20.0


async def test_an_even_pace_leaves_a_gap_for_people_all_the_time() -> None:
    """Announcements go one by one; what a stall held up is caught up with a little, never all at once."""
    time = Time()
    limiter = Limiter(time.now, time.sleep)
    beats: list[float] = []

    async def crowd() -> None:
        for n in range(90):
            await limiter.even()
            beats.append(time.moment)
            if n == 44:
                time.moment += 5.0

    async with asyncio.TaskGroup() as group:
        await time.pass_until_done([group.create_task(crowd())])
    assert beats[44] == pytest.approx(44 / 30, abs=0.15)
    assert sum(at == pytest.approx(beats[45], abs=0.001) for at in beats) <= 5
    assert beats[-1] - beats[45] == pytest.approx(44 / 30, abs=0.15)

"""How fast a bot may send. Telegram publishes three limits and enforces them loosely; here they are exact, when on."""

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from simulator.refusal import too_many_requests


@dataclass
class FloodLimits:
    """30 messages a second in all, one a second to one person, 20 a minute to one group. Off until `on` is set."""

    on: bool = False
    per_second: int = 30
    private_burst: int = 1  # so many within `private_seconds`
    private_seconds: float = 1.0
    group_per_minute: int = 20
    _sent: deque[datetime] = field(default_factory=deque)
    _sent_to: defaultdict[int, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))

    def take(self, chat_id: int, private: bool, messages: int, now: datetime) -> None:
        """Counts the messages, or refuses with the time after which they would pass."""
        if not self.on:
            return
        allowed, window = (self.private_burst, self.private_seconds) if private else (self.group_per_minute, 60.0)
        waits = [
            _wait(self._sent, self.per_second, 1.0, messages, now),
            # an album counts as its messages, yet one album must always fit into an empty window
            _wait(self._sent_to[chat_id], max(allowed, messages), window, messages, now),
        ]
        if max(waits) > 0:
            raise too_many_requests(math.ceil(max(waits)))
        self._sent.extend([now] * messages)
        self._sent_to[chat_id].extend([now] * messages)


def _wait(sent: deque[datetime], allowed: int, window: float, messages: int, now: datetime) -> float:
    length = timedelta(seconds=window)
    while sent and sent[0] <= now - length:
        sent.popleft()
    too_many = len(sent) + messages - allowed
    return (sent[too_many - 1] + length - now).total_seconds() if too_many > 0 else 0.0

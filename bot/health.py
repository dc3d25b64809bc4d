"""Whether the program works, which is more than that it runs; and what it counts for Prometheus."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.clock import Clock
from domain.city import City
from storage import backups
from storage.backlog import Backlog, backlog, owed
from storage.database import Database
from storage.outbox import Fate

TOO_OLD = {"telegram": 120.0, "clock": 120.0, "oldest_update": 60.0, "oldest_message": 300.0}
"""Seconds: the last answer of Telegram, the clock's last tick, the oldest waiting update and due message."""
_REPLIES = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0)


@dataclass
class Health:
    """What the parts of one copy report, and the answers made from it."""

    database: Database
    clock: Clock
    telegram_at: datetime | None = None
    ticked_at: datetime | None = None
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        self.began_at = self.clock.now()
        self._updates = Counter("kopir_updates", "Updates handled", registry=self.registry)
        self._handling = Histogram(
            "kopir_update_seconds", "From taking an update to its commit", buckets=_REPLIES, registry=self.registry
        )
        self._sends = Counter("kopir_sends", "Messages by how they ended", ["fate"], registry=self.registry)
        self._gauges = {
            name: Gauge(f"kopir_{name}", said, registry=self.registry)
            for name, said in {
                "inbox_waiting": "Updates stored and not yet handled",
                "inbox_oldest_seconds": "Age of the oldest of them",
                "inbox_dead": "Updates that failed for good",
                "outbox_due": "Messages due now, without announcements",
                "outbox_oldest_seconds": "How long the oldest of them is due",
                "outbox_announcements": "Copies of announcements still to be sent",
                "outbox_failed": "Messages that failed for good",
                "questions_open": "Questions that are owed an answer",
                "questions_due_today": "of these, due today",
                "questions_late": "of these, late",
                "backup_age_seconds": "Since the last backup that the bot made; 0 while none was made",
                "telegram_age_seconds": "Since Telegram last answered",
                "tick_age_seconds": "Since the clock last ticked",
            }.items()
        }

    def telegram_answered(self) -> None:
        self.telegram_at = self.clock.now()

    def ticked(self) -> None:
        self.ticked_at = self.clock.now()

    def handled(self, seconds: float) -> None:
        self._updates.inc()
        self._handling.observe(seconds)

    def sent(self, fate: Fate) -> None:
        self._sends.labels(fate.value).inc()

    async def answer(self) -> tuple[bool, dict[str, Any]]:
        """(works, facts): false when one of the ages is too old, or the database does not answer."""
        now = self.clock.now()
        try:
            async with self.database.reading(long=True) as db:
                found = await backlog(db, now)
        except Exception as error:
            return False, {"works": False, "database": type(error).__name__}
        ages = self._ages(found, now)
        too_old = [name for name, seconds in ages.items() if seconds > TOO_OLD[name]]
        return not too_old, {"works": not too_old, "too_old": too_old} | {n: round(s, 1) for n, s in ages.items()}

    def _ages(self, found: Backlog, now: datetime) -> dict[str, float]:
        """What has not happened yet is as old as the program."""
        return {
            "telegram": (now - (self.telegram_at or self.began_at)).total_seconds(),
            "clock": (now - (self.ticked_at or self.began_at)).total_seconds(),
            "oldest_update": found.oldest_update,
            "oldest_message": found.oldest_message,
        }

    async def metrics(self, city: City) -> bytes:
        now = self.clock.now()
        async with self.database.reading(long=True) as db:
            waiting, questions = await backlog(db, now), await owed(db, city.today(now))
            saved_at = (await backups.state(db)).done_at
        ages = self._ages(waiting, now)
        values = {
            "inbox_waiting": waiting.updates,
            "inbox_oldest_seconds": waiting.oldest_update,
            "inbox_dead": waiting.dead_updates,
            "outbox_due": waiting.messages,
            "outbox_oldest_seconds": waiting.oldest_message,
            "outbox_announcements": waiting.announcements,
            "outbox_failed": waiting.failed_messages,
            "questions_open": questions.open,
            "questions_due_today": questions.due_today,
            "questions_late": questions.late,
            "backup_age_seconds": (now - saved_at).total_seconds() if saved_at else 0.0,
            "telegram_age_seconds": ages["telegram"],
            "tick_age_seconds": ages["clock"],
        }
        for name, value in values.items():
            self._gauges[name].set(value)
        return generate_latest(self.registry)

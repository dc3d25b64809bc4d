"""The one place that reads a clock. The demo moves it; everything below is given `now`."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Real time, plus what the demo has skipped."""

    def __init__(self) -> None:
        self.skipped = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.skipped  # noqa: TID251 - this is the place

    def skip(self, span: timedelta) -> None:
        self.skipped += span

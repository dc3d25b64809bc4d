"""How fast one person's updates are taken: so many a minute at once, and what is more evenly, one after the other."""

from dataclasses import dataclass

MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Pace:
    """`a_minute` updates of one person; 0: nobody is slowed. Times are seconds of any clock that never goes back."""

    a_minute: int = 0

    def next(self, used_until: float, at: float) -> tuple[float, float]:
        """(what this update uses up, how long it waits), in seconds.

        Each update uses up its share of a minute. Who has not used up a whole minute ahead does not wait; whoever has
        waits until that is so again. So a burst of sixty passes, and the sixty-first waits for one second.
        """
        if not self.a_minute:
            return at, 0.0
        used_until = max(used_until, at) + MINUTE / self.a_minute
        return used_until, self.wait(used_until, at)

    def wait(self, used_until: float, at: float) -> float:
        """How long whoever has used up so much waits, in seconds."""
        return max(0.0, round(used_until - at - MINUTE, 3))

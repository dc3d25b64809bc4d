"""Who is told next when an answer is late: executor, head of the department, administrators, deputy mayor."""

from dataclasses import dataclass
from enum import StrEnum


class Rung(StrEnum):
    """Who is told on the ladder, beside the executor who hears it every working day."""

    HEAD = "head"
    ADMINS = "admins"
    DEPUTY_MAYOR = "deputy_mayor"


@dataclass(frozen=True, slots=True)
class Ladder:
    """After how many working days late each rung is reached; the days grow from rung to rung."""

    head: int = 1
    admins: int = 3
    deputy_mayor: int = 5

    def steps(self) -> tuple[tuple[int, Rung], ...]:
        return ((self.head, Rung.HEAD), (self.admins, Rung.ADMINS), (self.deputy_mayor, Rung.DEPUTY_MAYOR))

    def reached(self, days_late: int) -> tuple[Rung, ...]:
        """Every rung that has been told after so many working days."""
        return tuple(rung for after, rung in self.steps() if days_late >= after)

    def next_after(self, days_late: int) -> tuple[int, Rung] | None:
        """The rung that comes next, and at how many working days late; None at the top."""
        return next(((after, rung) for after, rung in self.steps() if after > days_late), None)

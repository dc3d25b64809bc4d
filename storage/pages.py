"""A list a part at a time, as every screen shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Section:
    """Which part of a list is shown, counted from 0; whatever number a button claims, it is one that is there."""

    wanted: int
    total: int
    size: int = 6

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def number(self) -> int:
        return max(0, min(self.wanted, self.pages - 1))

    @property
    def first(self) -> int:
        """The place of its first line in the whole list."""
        return self.number * self.size

    def of(self, whole: Sequence[T]) -> Sequence[T]:
        """What it shows of this list."""
        return whole[self.first : self.first + self.size]


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list, with what stands there."""

    found: list[T]
    section: Section

    @property
    def number(self) -> int:
        return self.section.number

    @property
    def pages(self) -> int:
        return self.section.pages

    @property
    def total(self) -> int:
        return self.section.total

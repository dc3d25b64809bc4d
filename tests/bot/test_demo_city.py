"""The demo's NGOs are invented, and their BINs are valid in every respect but that nobody has them."""

from bot.demo_city import NGOS, bins
from bot.demo_crowd import crowd
from domain.register import parse_bin
from texts.labels import FIELDS


def test_every_bin_of_the_demo_is_valid() -> None:
    every = [*bins(), *(bin_ for _, bin_, _ in crowd())]
    assert [parse_bin(bin_) for bin_ in every] == every


def test_every_ngo_has_a_bin_of_its_own() -> None:
    every = list(zip(NGOS, bins(), strict=True)) + [((name, field), bin_) for name, bin_, field in crowd()]
    assert len({bin_ for _, bin_ in every}) == len({name for (name, _), _ in every}) == len(every)


def test_every_field_of_work_is_one_that_may_be_chosen() -> None:
    assert {field for _, field in NGOS} | {field for _, _, field in crowd()} == set(FIELDS)

"""The demo's NGOs are invented, and their BINs are valid in every respect but that nobody has them."""

from bot.demo_city import NGOS, bins
from domain.register import parse_bin
from texts.labels import FIELDS


def test_every_bin_of_the_demo_is_valid() -> None:
    assert [parse_bin(bin_) for bin_ in bins()] == bins()


def test_every_ngo_has_a_bin_of_its_own() -> None:
    assert len(set(bins())) == len(NGOS) == len({name for name, _ in NGOS})


def test_every_field_of_work_is_one_that_may_be_chosen() -> None:
    assert {field for _, field in NGOS} <= set(FIELDS)

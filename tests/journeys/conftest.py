"""Stories that begin with people who know the bot already."""

from collections.abc import AsyncIterator

import pytest

from domain.people import Language
from tests.journeys.cast import Cast, Scene, nothing_went_wrong, on_stage
from tests.town import Town


@pytest.fixture
async def cast(sqlite_url: str) -> AsyncIterator[Cast]:
    """In English, so that a test can quote what is said."""
    async with on_stage(sqlite_url) as everybody:
        yield everybody


@pytest.fixture
async def asked(sqlite_url: str) -> AsyncIterator[Cast]:
    """The same, when Aigerim has asked for a hall."""
    async with on_stage(sqlite_url, scene=Scene.ASKED) as everybody:
        yield everybody


@pytest.fixture
async def answered(sqlite_url: str) -> AsyncIterator[Cast]:
    """The same, when Daniyar has answered."""
    async with on_stage(sqlite_url, scene=Scene.ANSWERED) as everybody:
        yield everybody


@pytest.fixture(params=list(Language))
async def cast_in_each_language(sqlite_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Cast]:
    async with on_stage(sqlite_url, request.param) as everybody:
        yield everybody


@pytest.fixture
async def new_town(town: Town) -> AsyncIterator[Town]:
    """A city with its bot and nobody in it yet, in which nothing may go wrong unnoticed."""
    yield town
    await nothing_went_wrong(town)

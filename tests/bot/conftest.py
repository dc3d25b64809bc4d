"""The running program's parts; those that need people borrow them from the journeys."""

from collections.abc import AsyncIterator

import pytest

from domain.people import Language
from tests.journeys.cast import Cast, on_stage


@pytest.fixture
async def cast(sqlite_url: str) -> AsyncIterator[Cast]:
    """Saule, Daniyar and Aigerim, in English, and nothing that went wrong unnoticed."""
    async with on_stage(sqlite_url, Language.EN) as everybody:
        yield everybody

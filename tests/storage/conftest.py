"""The scene for stories about people and questions."""

import pytest

from storage.database import Database
from tests.storage.scene import Scene, set_the_scene


@pytest.fixture
def postgresql_only(postgresql_url: str) -> str:
    """For gaps that SQLite does not have: there whoever looks for work holds the database."""
    return postgresql_url


@pytest.fixture
async def scene(database: Database) -> Scene:
    return await set_the_scene(database)

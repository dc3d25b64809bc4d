"""The scene for stories about people and questions."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from storage.database import Database
from storage.tables import metadata
from tests.conftest import Keeper
from tests.storage.scene import Scene, set_the_scene


@pytest.fixture
def postgresql_only(postgresql_url: str) -> str:
    """For gaps that SQLite does not have: there whoever looks for work holds the database."""
    return postgresql_url


_set: dict[str, tuple[Scene, bytes | str]] = {}
"""How the scene stands on each kind of database, when it has been set once: a file, or statements."""


@pytest.fixture
def scene_set(database_url: str, request: pytest.FixtureRequest) -> Scene:
    kind = database_url.partition("+")[0]
    if kind == "sqlite":
        file = Path(database_url.partition("///")[2])
        if kind not in _set:
            _set[kind] = asyncio.run(_once(database_url)), file.read_bytes()
        file.write_bytes(_set[kind][1])
        return _set[kind][0]
    keeper: Keeper = request.getfixturevalue("keeper")
    if kind not in _set:
        _set[kind] = asyncio.run(_once(database_url)), _as_statements(keeper)
    else:
        keeper.does(_set[kind][1])
    return _set[kind][0]


async def _once(database_url: str) -> Scene:
    database = Database(database_url)
    try:
        return await set_the_scene(database)
    finally:
        await database.close()


def _as_statements(keeper: Keeper) -> str:
    """What puts every row back, with its number, and lets the numbers go on behind them."""
    found = []
    for name, columns in ((table.name, table.c) for table in metadata.sorted_tables):
        rows = keeper.finds(f"SELECT json_agg(t)::text FROM {name} t")  # noqa: S608 - our own tables
        if rows:
            as_rows = f"json_populate_recordset(NULL::{name}, $rows${rows}$rows$)"
            found.append(f"INSERT INTO {name} SELECT * FROM {as_rows}")  # noqa: S608
        if rows and "id" in columns:
            numbers = f"pg_get_serial_sequence('{name}', 'id')"
            found.append(f"SELECT setval({numbers}, (SELECT max(id) FROM {name})) WHERE {numbers} IS NOT NULL")  # noqa: S608
    return "; ".join(found)


@pytest.fixture
def scene(database: Database, scene_set: Scene) -> Scene:
    return replace(scene_set, database=database)

"""Lists that were sent: claimed by one copy, found again after a kill, settled once, dropped for a newer one."""

import asyncio
from datetime import timedelta

from domain.register_import import FileFault, Finding, ImportState, Line, Verdict
from storage import imports
from storage.database import Database
from storage.imports import LEASE, Import
from tests.storage.scene import DAY, NOW, SAULE, SECOND, TIMUR, Scene, copies

FOUND = [Finding(Line(2, "Парасат", "111040002010", "social"), Verdict.NEW)]


async def received(scene: Scene, person_id: int = SAULE) -> int:
    async with scene.database.transaction() as db:
        return await imports.receive(db, person_id, "file", "ngos.csv", NOW)


async def claim(database: Database, after: timedelta = timedelta()) -> Import | None:
    async with database.transaction() as db:
        return await imports.claim(db, NOW + after)


async def found(scene: Scene, import_id: int, state: ImportState = ImportState.READY) -> bool:
    async with scene.database.transaction() as db:
        return await imports.found(db, import_id, FOUND, "f" * 64, state, NOW)


async def look(scene: Scene, import_id: int, person_id: int = SAULE) -> Import | None:
    async with scene.database.reading() as db:
        return await imports.of_person(db, person_id, import_id)


async def test_of_several_copies_one_reads_a_list(scene: Scene, database_url: str) -> None:
    first, second = await received(scene), await received(scene, TIMUR)
    async with copies(database_url, 4) as several:
        claimed = await asyncio.gather(*(claim(one) for one in several))
    assert sorted(one.id for one in claimed if one) == [first, second]


async def test_a_list_whose_reader_was_killed_is_read_by_another_when_the_lease_has_run_out(scene: Scene) -> None:
    import_id = await received(scene)
    assert await claim(scene.database)
    assert await claim(scene.database, LEASE - SECOND) is None
    again = await claim(scene.database, LEASE)
    assert again is not None
    assert (again.id, again.attempts) == (import_id, 1)


async def test_the_one_that_was_thought_dead_and_comes_back_late_changes_nothing(scene: Scene) -> None:
    import_id = await received(scene)
    assert await found(scene, import_id)
    assert not await found(scene, import_id, ImportState.APPLIED)
    async with scene.database.transaction() as db:
        assert not await imports.failed(db, import_id, FileFault.NO_FILE, NOW)
    stored = await look(scene, import_id)
    assert stored is not None
    assert (stored.state, stored.findings, stored.fault) == (ImportState.READY, tuple(FOUND), None)


async def test_a_newer_list_takes_the_place_of_the_older_one(scene: Scene) -> None:
    older, others = await received(scene), await received(scene, TIMUR)
    newer = await received(scene)
    states = [(await look(scene, older)), (await look(scene, newer)), (await look(scene, others, TIMUR))]
    assert [one.state for one in states if one] == ["cancelled", "received", "received"]
    assert not await found(scene, older)


async def test_a_list_is_seen_by_the_one_who_sent_it(scene: Scene) -> None:
    import_id = await received(scene)
    assert await look(scene, import_id, TIMUR) is None
    assert await look(scene, import_id + 1) is None


async def test_compared_anew_it_waits_for_a_reader_again(scene: Scene) -> None:
    import_id = await received(scene)
    await claim(scene.database)
    await found(scene, import_id)
    assert await claim(scene.database, DAY) is None
    async with scene.database.transaction() as db:
        await imports.set_state(db, import_id, ImportState.COMPARING, NOW)
        assert await imports.anything_to_do(db, NOW)
    again = await claim(scene.database)
    assert again is not None
    assert (again.state, again.findings) == (ImportState.COMPARING, tuple(FOUND))


async def test_old_lists_are_forgotten(scene: Scene) -> None:
    import_id = await received(scene)
    async with scene.database.transaction() as db:
        await imports.purge(db, NOW + 30 * DAY)
    assert await look(scene, import_id)
    async with scene.database.transaction() as db:
        await imports.purge(db, NOW + 31 * DAY)
    assert await look(scene, import_id) is None

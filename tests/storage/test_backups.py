"""Whose turn the nightly backup is, and who stays forgotten when an older one is restored."""

from datetime import date, timedelta

import pytest

from storage import backups, forgotten, inbox, people, slots
from storage.backups import Trouble
from storage.database import Database
from tests.storage.scene import AIGERIM, BOLAT, DANIYAR, DAY, ERLAN, HOUR, MINUTE, NOW, Scene, take_one

TODAY = date(2026, 3, 2)


async def begins(database: Database, after: timedelta) -> bool:
    """A copy looks whether it is to make the backup, and begins it."""
    async with database.transaction() as db:
        slot = await backups.next_attempt(db, TODAY, NOW + after)
        return slot is not None and await slots.take(db, slot, NOW + after)


async def ends(database: Database, trouble: Trouble | None, after: timedelta) -> None:
    async with database.transaction() as db:
        await backups.ended(db, trouble, NOW + after)


async def test_of_several_copies_one_makes_it(database: Database) -> None:
    assert [await begins(database, n * MINUTE) for n in range(3)] == [True, False, False]
    await ends(database, None, 5 * MINUTE)
    assert [await begins(database, n * HOUR) for n in range(1, 9)] == [False] * 8


@pytest.mark.parametrize("fails", [True, False], ids=["failed", "killed"])
async def test_what_came_to_nothing_is_tried_again_an_hour_later_thrice_in_all(database: Database, fails: bool) -> None:
    begun = []
    for n in range(10):
        begun.append(await begins(database, n * HOUR / 2))
        if begun[-1] and fails:
            await ends(database, Trouble.NO_ROOM, n * HOUR / 2 + MINUTE)
    assert begun == [True, False, True, False, True, False, False, False, False, False]


async def test_the_last_end_counts(database: Database) -> None:
    said = []
    for n, trouble in enumerate([Trouble.NO_ROOM, Trouble.FAILED, None, Trouble.NO_TOOL]):
        await ends(database, trouble, n * HOUR)
        async with database.reading() as db:
            state = await backups.state(db)
        said.append((state.failing, state.trouble))
    assert said == [(True, Trouble.NO_ROOM), (True, Trouble.FAILED), (False, Trouble.FAILED), (True, Trouble.NO_TOOL)]
    assert state.done_at == NOW + 2 * HOUR


class TestTheForgotten:
    @pytest.fixture(autouse=True)
    async def _key(self, scene: Scene) -> None:
        async with scene.database.transaction() as db:
            await forgotten.begin(db)

    async def lines_of(self, scene: Scene, *person_ids: int, after: timedelta = DAY) -> list[forgotten.Line]:
        """As the ledger has them, of a day that this database does not know of."""
        async with scene.database.transaction() as db:
            before = await forgotten.everybody(db)
            for person_id in person_ids:
                await forgotten.remember(db, person_id, NOW + after)
            lines = [line for line in await forgotten.everybody(db) if line not in before]
            await db.execute(forgotten.forgotten.delete())
        return lines

    async def again(self, scene: Scene, lines: list[forgotten.Line]) -> int:
        async with scene.database.transaction() as db:
            return await forgotten.again(db, lines, NOW + 2 * DAY)

    async def known(self, scene: Scene, *person_ids: int) -> list[bool]:
        async with scene.database.reading() as db:
            return [await people.load(db, person_id) is not None for person_id in person_ids]

    async def test_who_was_forgotten_after_the_backup_is_forgotten_again(self, scene: Scene) -> None:
        lines = await self.lines_of(scene, AIGERIM, DANIYAR)
        async with scene.database.transaction() as db:
            await inbox.store(db, [(n, AIGERIM, {"update_id": n}) for n in (1, 2, 3)], NOW)
        assert await self.again(scene, lines) == 2
        assert await self.known(scene, AIGERIM, DANIYAR, BOLAT, ERLAN) == [False, False, True, True]
        async with scene.database.transaction() as db:
            received = await take_one(db, NOW + DAY)
        assert received is None, "what they sent before would make them known again"

    async def test_the_second_time_there_is_nothing_to_do(self, scene: Scene) -> None:
        lines = await self.lines_of(scene, AIGERIM)
        assert [await self.again(scene, lines) for _ in range(2)] == [1, 0]

    async def test_who_came_back_later_stays(self, scene: Scene) -> None:
        lines = await self.lines_of(scene, AIGERIM, after=-2 * DAY)
        assert await self.again(scene, lines) == 0
        assert await self.known(scene, AIGERIM) == [True]

    async def test_a_line_of_another_city_is_about_nobody(self, scene: Scene) -> None:
        assert await self.again(scene, [forgotten.Line("ab" * 32, NOW + DAY)]) == 0
        assert await self.known(scene, AIGERIM, BOLAT) == [True, True]

    async def test_the_number_itself_is_not_kept_and_after_a_year_nothing_is(self, scene: Scene) -> None:
        [line] = await self.lines_of(scene, AIGERIM)
        assert str(AIGERIM) not in line.hash
        async with scene.database.transaction() as db:
            await forgotten.enter(db, [line, forgotten.Line(line.hash, line.at + DAY)])
            await forgotten.enter(db, [line])
            assert [kept.at for kept in await forgotten.everybody(db)] == [line.at + DAY]
            await forgotten.purge(db, line.at + forgotten.KEPT)
            assert len(await forgotten.everybody(db)) == 1
            await forgotten.purge(db, line.at + forgotten.KEPT + 2 * DAY)
            assert await forgotten.everybody(db) == []

"""Deep links that work once, for whoever comes first, and of which nothing but a hash is stored."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from domain.people import Invitation, Role
from storage import invitations, people
from storage.database import Database
from storage.tables import invitations as rows
from tests.storage.scene import AIGERIM, BOLAT, CULTURE, DAY, GUEST, HOUR, NOW, SAULE, SECOND, Scene, copies

TWO_WEEKS = 14 * DAY


async def invite(scene: Scene, role: Role = Role.OFFICIAL, **more: Any) -> str:
    given = {"department_id": scene.culture, "created_by": SAULE, "now": NOW, "expires_at": NOW + TWO_WEEKS} | more
    async with scene.database.transaction() as db:
        return (await invitations.invite(db, role, **given))[1]


async def find(database: Database, code: str) -> Invitation | None:
    async with database.transaction() as db:
        return await invitations.find(db, invitations.fingerprint(code))


async def use(database: Database, code: str, person: int) -> bool:
    """As a handler does it: found, still working, used."""
    async with database.transaction() as db:
        found = await invitations.find(db, invitations.fingerprint(code))
        if found is None or not found.works(NOW):
            return False
        await asyncio.sleep(0.02)
        return await invitations.use(db, found.id, person, NOW)


async def test_a_link_leads_to_what_it_was_made_for(scene: Scene) -> None:
    found = await find(scene.database, await invite(scene, Role.HEAD))
    assert found is not None
    assert (found.role, found.department_id, found.organization_id) == (Role.HEAD, scene.culture, None)


async def test_a_link_for_a_representative_names_the_ngo(scene: Scene) -> None:
    code = await invite(scene, Role.REPRESENTATIVE, department_id=None, organization_id=scene.parasat)
    found = await find(scene.database, code)
    assert found is not None
    assert (found.role, found.department_id, found.organization_id) == (Role.REPRESENTATIVE, None, scene.parasat)


async def test_it_works_for_the_first_one(scene: Scene) -> None:
    assert await use(scene.database, await invite(scene), GUEST)


async def test_it_does_not_work_for_the_second_one(scene: Scene) -> None:
    code = await invite(scene)
    await use(scene.database, code, GUEST)
    assert not await use(scene.database, code, BOLAT)


async def test_nor_for_the_first_one_again(scene: Scene) -> None:
    code = await invite(scene)
    await use(scene.database, code, GUEST)
    assert not await use(scene.database, code, GUEST)


async def test_of_two_who_press_it_at_once_one_gets_in(scene: Scene, database_url: str) -> None:
    code = await invite(scene)
    async with copies(database_url, 2) as (one, other):
        got_in = await asyncio.gather(use(one, code, GUEST), use(other, code, BOLAT))
    assert sorted(got_in) == [False, True]


async def test_the_lock_is_not_needed_for_that(scene: Scene, database_url: str) -> None:
    """Both have looked before either has come in."""
    found = await find(scene.database, await invite(scene))
    assert found is not None

    async def come_in(database: Database, person: int) -> bool:
        async with database.transaction() as db:
            return await invitations.use(db, found.id, person, NOW)

    async with copies(database_url, 2) as (one, other):
        got_in = await asyncio.gather(come_in(one, GUEST), come_in(other, BOLAT))
    assert sorted(got_in) == [False, True]


@pytest.mark.parametrize(
    ("after", "works"), [(TWO_WEEKS - SECOND, True), (TWO_WEEKS, False), (TWO_WEEKS + SECOND, False)]
)
async def test_it_expires(scene: Scene, after: Any, works: bool) -> None:
    found = await find(scene.database, await invite(scene))
    assert found is not None
    assert found.works(NOW + after) is works


async def test_a_used_one_stays_used_when_its_user_was_forgotten(scene: Scene) -> None:
    code = await invite(scene)
    await use(scene.database, code, GUEST)
    async with scene.database.transaction() as db:
        await people.forget(db, GUEST)
    found = await find(scene.database, code)
    assert found is not None
    assert not found.works(NOW)


@pytest.mark.parametrize(
    "guessed",
    ["", "x", "0", "\x00", "\ud800", "' OR 1=1 --", "ә" * 64, "x" * 10_000],
    ids=lambda code: ascii(code)[:20],
)
async def test_a_guess_finds_nothing(scene: Scene, guessed: str) -> None:
    await invite(scene)
    assert await find(scene.database, guessed) is None


async def test_the_hash_itself_is_no_code(scene: Scene) -> None:
    """Whoever reads the database cannot come in with what stands there."""
    code = await invite(scene)
    assert await find(scene.database, invitations.fingerprint(code)) is None


async def test_the_code_stands_nowhere_in_the_database(scene: Scene) -> None:
    code = await invite(scene)
    async with scene.database.reading() as db:
        stored = [str(value) for row in await db.execute(select(rows)) for value in row]
    assert not [value for value in stored if code in value]


async def test_no_two_codes_are_alike_and_none_can_be_guessed(scene: Scene) -> None:
    """160 random bits are 27 characters."""
    codes = {await invite(scene) for _ in range(20)}
    assert {len(code) for code in codes} == {27}
    assert len(codes) == 20


async def test_a_code_fits_into_a_deep_link(scene: Scene) -> None:
    """Telegram takes up to 64 letters, digits, dashes and underscores."""
    code = await invite(scene)
    assert code.replace("-", "").replace("_", "").isalnum()
    assert len(code) <= 64


async def test_open_ones_are_counted_without_the_used_and_the_expired(scene: Scene) -> None:
    await invite(scene)
    await invite(scene, expires_at=NOW)
    await use(scene.database, await invite(scene), AIGERIM)
    async with scene.database.reading() as db:
        assert await invitations.count_open(db, NOW) == 1


async def test_a_withdrawn_one_lets_nobody_in(scene: Scene) -> None:
    code = await invite(scene)
    found = await find(scene.database, code)
    assert found is not None
    async with scene.database.transaction() as db:
        assert await invitations.withdraw(db, found.id, NOW)
        assert not await invitations.withdraw(db, found.id, NOW)
        assert not await invitations.prolong(db, found.id, NOW + DAY)
        assert not await invitations.use(db, found.id, GUEST, NOW)
        assert await invitations.count_open(db, NOW) == 0


async def test_of_using_and_withdrawing_at_once_one_happens(scene: Scene, database_url: str) -> None:
    code = await invite(scene)
    found = await find(scene.database, code)
    assert found is not None

    async def withdraw(copy: Database) -> bool:
        async with copy.transaction() as db:
            return await invitations.withdraw(db, found.id, NOW)

    async with copies(database_url, 2) as (one, other):
        done = await asyncio.gather(use(one, code, GUEST), withdraw(other))
    assert sorted(done) == [False, True]


async def test_all_of_them_are_listed_the_open_ones_first_with_who_and_for_whom(scene: Scene) -> None:
    used = await invite(scene, Role.HEAD)
    await use(scene.database, used, GUEST)
    await invite(scene, Role.REPRESENTATIVE, department_id=None, organization_id=scene.parasat)
    await invite(scene, expires_at=NOW)
    async with scene.database.reading() as db:
        listed = await invitations.part(db, NOW, 0, 10)
        second = await invitations.part(db, NOW, 1, 1)
        assert await invitations.count(db) == 3
        assert await invitations.made(db, 0) is None
    assert [(m.invitation.role, m.organization, m.department, m.made_by, m.used_by) for m in listed] == [
        (Role.REPRESENTATIVE, "ОФ «Парасат»", None, "Saule", ""),
        (Role.OFFICIAL, "", CULTURE, "Saule", ""),
        (Role.HEAD, "", CULTURE, "Saule", "Guest"),
    ]
    assert second == listed[1:2]


async def test_wrong_codes_slow_down_only_their_author_and_are_purged(scene: Scene) -> None:
    async with scene.database.transaction() as db:
        slowed = [await invitations.note_wrong_code(db, GUEST, NOW + n * SECOND) for n in range(5)]
        assert slowed == [None] * 4 + [NOW + 4 * SECOND + HOUR]
        assert await invitations.slowed(db, GUEST) == slowed[-1]
        assert await invitations.slowed(db, BOLAT) is None
        await invitations.purge(db, NOW + 2 * DAY)
        assert await invitations.slowed(db, GUEST) is None

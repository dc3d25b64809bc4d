"""Deep links that work once, for whoever comes first, and of which nothing but a hash is stored."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from domain.people import Invitation, Role
from storage import invitations, people
from storage.database import Database
from storage.tables import invitations as rows
from tests.storage.scene import AIGERIM, BOLAT, DAY, GUEST, NOW, SAULE, SECOND, Scene, copies

TWO_WEEKS = 14 * DAY


async def invite(scene: Scene, role: Role = Role.OFFICIAL, **more: Any) -> str:
    given = {"department_id": scene.culture, "created_by": SAULE, "now": NOW, "expires_at": NOW + TWO_WEEKS} | more
    async with scene.database.transaction() as db:
        return await invitations.invite(db, role, **given)


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

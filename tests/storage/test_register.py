"""The register of NGOs, found by BIN and by names with mistakes in them, Russian and Kazakh, through the database."""

import asyncio
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from domain.people import Organization, OrganizationState
from storage import register, representatives
from storage.database import Database
from storage.register import Belongings, Which, Year
from storage.tables import metadata, organization_trigrams
from tests.storage.scene import AIGERIM, BOLAT, DINARA, ERLAN, GUEST, NOW, RUSLAN, Scene, copies

REGISTERED, PROPOSED, DECLINED = OrganizationState.REGISTERED, OrganizationState.PROPOSED, OrganizationState.DECLINED

NAMES = [
    "Общественный фонд «Парасат»",
    "ОО «Павлодарское общество слепых»",
    "ЧФ «Белый журавль»",
    "ҚҚ «Қамқорлық»",
    "«Өрлеу» қоғамдық бірлестігі",
    "«Ертіс жастары» ҚБ",
    "ОФ «Ветеран»",
    "ОЮЛ «Гражданский альянс Павлодарской области»",
    "ОО «Ана жүрегі»",
    "ОФ «Ёлка добра»",
]


async def enter(database: Database, name: str, bin_: str | None = None, state: OrganizationState = REGISTERED) -> int:
    async with database.transaction() as db:
        return await register.enter(db, name, bin_, "culture", state, NOW)


async def enter_all(database: Database) -> None:
    async with database.transaction() as db:
        for name in NAMES:
            await register.enter(db, name, None, "culture", REGISTERED, NOW)


async def search(database: Database, query: str) -> list[str]:
    async with database.reading() as db:
        return [organization.name for organization in await register.search(db, query)]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Парасат", "Общественный фонд «Парасат»"),
        ("парасат", "Общественный фонд «Парасат»"),
        ("ПАРАСАТ", "Общественный фонд «Парасат»"),
        ("парсат", "Общественный фонд «Парасат»"),
        ("порасат", "Общественный фонд «Парасат»"),
        ("общество слепых", "ОО «Павлодарское общество слепых»"),
        ("опщество слипых", "ОО «Павлодарское общество слепых»"),
        ("журавль белый", "ЧФ «Белый журавль»"),
        ("белый журавел", "ЧФ «Белый журавль»"),
        ("Қамқорлық", "ҚҚ «Қамқорлық»"),
        ("қамқорлық", "ҚҚ «Қамқорлық»"),
        ("камкорлык", "ҚҚ «Қамқорлық»"),
        ("камкарлык", "ҚҚ «Қамқорлық»"),
        ("өрлеу", "«Өрлеу» қоғамдық бірлестігі"),
        ("орлеу", "«Өрлеу» қоғамдық бірлестігі"),
        ("ЕРТІС ЖАСТАРЫ", "«Ертіс жастары» ҚБ"),
        ("ертис жастары", "«Ертіс жастары» ҚБ"),
        ("ана журеги", "ОО «Ана жүрегі»"),
        ("елка", "ОФ «Ёлка добра»"),
        ("гражданский алянс", "ОЮЛ «Гражданский альянс Павлодарской области»"),
        ('"Парасат"', "Общественный фонд «Парасат»"),
    ],
)
async def test_an_ngo_is_found_as_people_type_it(database: Database, typed: str, meant: str) -> None:
    await enter_all(database)
    assert (await search(database, typed))[:1] == [meant]


@pytest.mark.parametrize(
    "typed", ["", "   ", "«»", "C++", "%", "_", "' OR 1=1 --", "\u200b", "👩\u200d🚒", "Шиномонтаж", "ъ" * 4_096]
)
async def test_what_names_nothing_finds_nothing(database: Database, typed: str) -> None:
    await enter_all(database)
    assert await search(database, typed) == []


async def test_five_are_the_most(database: Database) -> None:
    for n in range(9):
        await enter(database, f"ОФ «Парасат {n}»")
    assert len(await search(database, "Парасат")) == 5


async def test_one_that_an_administrator_declined_is_not_found(database: Database) -> None:
    await enter(database, "ОФ «Парасат»", state=DECLINED)
    assert await search(database, "Парасат") == []


async def test_declined_ones_do_not_crowd_out_the_real_one(database: Database) -> None:
    async with database.transaction() as db:
        for _ in range(45):
            await register.enter(db, "ОФ «Парасат»", None, "culture", DECLINED, NOW)
    await enter(database, "ОФ «Парасат-2»")
    assert await search(database, "Парасат") == ["ОФ «Парасат-2»"]


async def test_one_that_somebody_proposed_is_found_by_their_colleagues(database: Database) -> None:
    await enter(database, "ОФ «Парасат»", state=PROPOSED)
    assert await search(database, "Парасат") == ["ОФ «Парасат»"]


async def test_an_ngo_is_found_by_its_bin(database: Database) -> None:
    parasat = await enter(database, "ОФ «Парасат»", "971240001315")
    async with database.reading() as db:
        found = await register.by_bin(db, "971240001315")
    assert found == Organization(parasat, "ОФ «Парасат»", "971240001315", "culture", REGISTERED)


async def test_a_bin_nobody_has_finds_nobody(database: Database) -> None:
    await enter(database, "ОФ «Парасат»")
    async with database.reading() as db:
        assert await register.by_bin(db, "971240001315") is None


async def test_two_ngos_never_share_a_bin(database: Database) -> None:
    await enter(database, "ОФ «Парасат»", "971240001315")
    with pytest.raises(IntegrityError):
        await enter(database, "ОО «Көмек»", "971240001315")


async def test_two_ngos_may_be_without_one(database: Database) -> None:
    assert await enter(database, "ОФ «Парасат»") != await enter(database, "ОО «Көмек»")


@pytest.mark.parametrize("unknown", [0, -1, 99, 2**53])
async def test_an_id_nobody_has_finds_nobody(database: Database, unknown: int) -> None:
    async with database.reading() as db:
        assert await register.by_id(db, unknown) is None


async def test_an_administrators_word_makes_a_proposed_one_registered(database: Database) -> None:
    parasat = await enter(database, "ОФ «Парасат»", state=PROPOSED)
    async with database.transaction() as db:
        await register.confirm(db, parasat)
        found = await register.by_id(db, parasat)
    assert found is not None
    assert found.state is REGISTERED


async def test_a_name_of_signs_only_is_entered_and_has_nothing_to_be_found_by(database: Database) -> None:
    await enter(database, "!!!")
    async with database.reading() as db:
        assert list(await db.execute(select(organization_trigrams))) == []


# --- changing, merging, asking --------------------------------------------------------------------------------------

YEAR = Year(date(2027, 1, 1), datetime(2026, 12, 31, 19, tzinfo=UTC))
"""It begins in Pavlodar five hours before it begins in Greenwich."""


async def look(scene: Scene, organization_id: int) -> Organization:
    async with scene.database.reading() as db:
        found = await register.by_id(db, organization_id)
    assert found is not None
    return found


async def merge(scene: Scene, gone_id: int, stays_id: int) -> None:
    async with scene.database.transaction() as db:
        gone, stays = await register.by_id(db, gone_id), await register.by_id(db, stays_id)
        assert gone is not None
        assert stays is not None
        await register.merge(db, gone, stays)


async def test_many_are_entered_at_once_and_each_is_found_by_its_name(database: Database) -> None:
    new = [(f"ОФ «Клуб {'абвгдежзик'[n % 10] * 4}{n}»", None, "culture") for n in range(1_001)]
    async with database.transaction() as db:
        await register.enter_many(db, new, NOW)
        assert [o.name for o in await register.everything(db)] == [name for name, _, _ in new]
    for n in (0, 499, 500, 1_000):
        assert (await search(database, new[n][0]))[0] == new[n][0]


async def test_a_new_name_is_found_and_the_old_one_is_not(database: Database) -> None:
    parasat = await enter(database, "ОФ «Парасат»")
    async with database.transaction() as db:
        await register.change(db, parasat, {"name": "ОФ «Мейірім»", "field": "youth"})
        await register.change(db, parasat, {})
    assert await search(database, "Мейірім") == ["ОФ «Мейірім»"]
    assert await search(database, "Парасат") == []


async def test_merging_moves_everything_and_the_bin_and_leaves_a_trace(scene: Scene) -> None:
    twin = await enter(scene.database, "ОФ «Парасатъ»", "971240001315")
    question = await scene.asks()
    async with scene.database.transaction() as db:
        await register.works(db, scene.parasat, date(2026, 3, 1))
        await register.works(db, scene.komek, date(2026, 2, 1))
    await merge(scene, twin, scene.parasat)
    await merge(scene, scene.parasat, scene.komek)
    stays = await look(scene, scene.komek)
    assert (stays.bin, stays.active_on) == ("971240001315", date(2026, 3, 1))
    for gone in (twin, scene.parasat):
        assert (await look(scene, gone)).merged_into == scene.komek
    assert (await scene.question(question.number)).organization_name == "ОО «Көмек»"
    leaders = [p for p in (AIGERIM, BOLAT, ERLAN) if (r := (await scene.person(p)).representative) and r.is_head]
    assert leaders == [ERLAN]
    async with scene.database.reading() as db:
        assert await register.belongings(db, scene.komek) == Belongings(1, 5, 0)
        assert await register.belongings(db, scene.parasat) == Belongings(0, 0, 0)
        assert await register.by_bin(db, "971240001315") == stays
        assert await register.standing(db, twin) == stays
    assert await search(scene.database, "Парасат") == []


def test_merging_forgets_no_table_that_belongs_to_an_ngo() -> None:
    belonging = {table.name for table in metadata.sorted_tables if "organization_id" in table.c}
    assert {table.name for table in register.MOVING} == belonging - {"organization_trigrams"}


async def test_a_merged_one_that_keeps_its_bin_is_found_by_it_as_the_one_that_stays(scene: Scene) -> None:
    first = await enter(scene.database, "Первый", "971240001315")
    second = await enter(scene.database, "Второй", "940140000385")
    await merge(scene, first, second)
    async with scene.database.reading() as db:
        by_old = await register.by_bin(db, "971240001315")
        assert by_old is not None
        assert by_old.id == second


async def test_approving_a_person_does_not_end_a_suspension(scene: Scene) -> None:
    async with scene.database.transaction() as db:
        await register.set_state(db, scene.parasat, OrganizationState.SUSPENDED, "нет отчёта")
        await register.confirm(db, scene.parasat)
    suspended = await look(scene, scene.parasat)
    assert (suspended.state, suspended.reason) == (OrganizationState.SUSPENDED, "нет отчёта")
    who = (await scene.person(AIGERIM)).representative
    assert who is not None
    assert who.suspended


async def test_the_head_is_asked_or_everybody_where_there_is_none(scene: Scene) -> None:
    async with scene.database.transaction() as db:
        assert await register.to_be_asked(db, YEAR) == {scene.parasat: [AIGERIM], scene.komek: [ERLAN]}
        await representatives.remove(db, scene.parasat, AIGERIM)
        await register.works(db, scene.komek, date(2027, 1, 1))
        assert await register.to_be_asked(db, YEAR) == {scene.parasat: [BOLAT]}
        await register.stopped(db, scene.parasat, date(2027, 3, 2))
        assert await register.to_be_asked(db, YEAR) == {}
        assert await register.count(db, Which.UNCONFIRMED, YEAR) == 1


async def test_who_came_this_year_is_not_asked_whether_they_work(scene: Scene) -> None:
    this_year = Year(date(2026, 1, 1), datetime(2025, 12, 31, 19, tzinfo=UTC))
    async with scene.database.reading() as db:
        assert await register.to_be_asked(db, this_year) == {}
        assert await register.count(db, Which.UNCONFIRMED, this_year) == 0


async def test_a_part_of_the_register_is_listed_by_name_page_by_page(scene: Scene) -> None:
    for n in range(5):
        await enter(scene.database, f"Клуб {n}", state=PROPOSED if n % 2 else REGISTERED)
    async with scene.database.reading() as db:
        last = await register.listed(db, Which.ALL, YEAR, 99, 3)
        assert ([o.name for o in last.found], last.number, last.pages) == (["ОФ «Парасат»"], 2, 3)
        proposed = await register.listed(db, Which.PROPOSED, YEAR, 0, 3)
        assert [o.name for o in proposed.found] == ["Клуб 1", "Клуб 3"]
        declined = await register.listed(db, Which.DECLINED, YEAR, 5, 3)
        assert (declined.found, declined.number, declined.pages) == ([], 0, 1)


async def test_of_two_heads_chosen_at_once_one_is_left(scene: Scene, database_url: str) -> None:
    async def choose(database: Database, person_id: int) -> None:
        async with database.transaction() as db:
            await representatives.lead(db, scene.parasat, person_id)

    async with copies(database_url, 2) as (one, other):
        await asyncio.gather(choose(one, BOLAT), choose(other, AIGERIM))
    leaders = [p for p in (AIGERIM, BOLAT) if (r := (await scene.person(p)).representative) and r.is_head]
    assert len(leaders) == 1


async def test_only_a_verified_representative_of_this_ngo_leads_it(scene: Scene) -> None:
    for person_id in (DINARA, ERLAN, GUEST, 0):
        async with scene.database.transaction() as db:
            assert await representatives.lead(db, scene.parasat, person_id) == (AIGERIM, False)
    async with scene.database.reading() as db:
        of_ngo = [p.id for p in await representatives.of_organization(db, scene.parasat)]
    assert of_ngo == [AIGERIM, BOLAT, DINARA, RUSLAN]

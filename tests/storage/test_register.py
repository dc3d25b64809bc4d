"""The register of NGOs, found by BIN and by names with mistakes in them, Russian and Kazakh, through the database."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from domain.people import Organization, OrganizationState
from storage import register
from storage.database import Database
from storage.tables import organization_trigrams
from tests.storage.scene import NOW

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

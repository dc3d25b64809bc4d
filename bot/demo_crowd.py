"""The demo's other NGOs: some hundreds that only read, so that an announcement takes its time and can be stopped.

They say nothing in the story, so they are entered as an import and so many first contacts would have left them.
"""

from itertools import cycle, islice, product

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.application import Application
from domain.people import CONSENT_VERSION, Language, RepresentativeState
from domain.register import bin_checksum
from simulator.telegram import Telegram as LocalTelegram
from storage import people, register

FIRST_ID = 4_100_001_000
_FIRST_SERIAL = 1001
_BLOCKED = 90
"""Each so many-th person has blocked the bot, and it does not know of it yet."""

_PLACES = (
    "Екібастұз",
    "Ақсу",
    "Баянауыл",
    "Железин ауданы",
    "Ертіс ауданы",
    "Тереңкөл ауданы",
    "Аққулы ауданы",
    "Май ауданы",
    "Успен ауданы",
    "Шарбақты ауданы",
    "Кенжекөл",
    "Ленин кенті",
    "Мойылды",
    "Жетекші",
    "Павлодар ауданы",
)
_NGOS = (
    ("Общество людей с инвалидностью «Сенім»", "disability"),
    ("«Жүрек жылуы» мүгедектігі бар адамдар қоғамы", "disability"),
    ("Клуб родителей «Күншуақ»", "disability"),
    ("Общество глухих «Ишара»", "disability"),
    ("«Тең мүмкіндік» қоғамдық бірлестігі", "disability"),
    ("Общество диабетиков «Дәру»", "disability"),
    ("Центр ранней помощи «Балапан»", "disability"),
    ("«Арай» мүгедектігі бар әйелдер бірлестігі", "disability"),
    ("Спортклуб колясочников «Қыран»", "disability"),
    ("Фонд слуха «Үн»", "disability"),
    ("«Еркін қадам» оңалту қоғамы", "disability"),
    ("Общество опекунов «Шаңырақ»", "disability"),
    ("«Жібек жолы» этномәдени бірлестігі", "culture"),
    ("Общество ветеранов «Даңқ»", "social"),
    ("Союз молодёжи «Жалын»", "youth"),
    ("«Көк аспан» экология қоғамы", "ecology"),
    ("Общество врачей «Шипа»", "health"),
    ("«Зерде» оқытушылар қоғамы", "education"),
    ("Правозащитный центр «Әділ»", "rights"),
    ("Совет домов «Көршілер»", "other"),
)
_NAMES = ("Асель", "Бауыржан", "Гүлмира", "Ержан", "Жанна", "Қайрат", "Ләззат", "Нұрлан", "Ольга", "Руслан", "Шолпан")


def crowd() -> list[tuple[str, str, str]]:
    """(name, BIN, field of work) of each. The BINs are valid in form and checksum, and nobody's."""
    names = [(f"{name}, {place}", field) for (name, field), place in product(_NGOS, _PLACES)]
    return [(name, bin_, field) for (name, field), bin_ in zip(names, _bins(len(names)), strict=True)]


def _bins(n: int) -> list[str]:
    firsts = (f"{10 + at % 14:02d}{1 + at % 12:02d}40{at:05d}" for at in range(_FIRST_SERIAL, _FIRST_SERIAL + 2 * n))
    found = (f"{first}{last}" for first in firsts if (last := bin_checksum(first)) is not None)
    return list(islice(found, n))


async def enter_crowd(app: Application, telegram: LocalTelegram) -> None:
    """Each NGO with one representative, who has agreed and was approved long ago."""
    entered = crowd()
    async with app.database.transaction() as db:
        await register.enter_many(db, entered, app.clock.now())
        fields = {name for name, _, _ in entered}
        found = [one for one in await register.everything(db) if one.name in fields]
        for at, (organization, name) in enumerate(zip(found, cycle(_NAMES), strict=False)):
            language = Language.KK if at % 2 else Language.RU
            phone = telegram.phone(name, user_id=FIRST_ID + at, language_code=language.value)
            phone.room.started = True
            phone.room.blocked = at % _BLOCKED == _BLOCKED - 1
            await _joins(db, app, phone.id, name, language, organization.id)


async def _joins(
    db: AsyncConnection, app: Application, person_id: int, name: str, language: Language, organization_id: int
) -> None:
    now = app.clock.now()
    await people.meet(db, person_id, name, now)
    await people.set_language(db, person_id, language)
    await people.agree(db, person_id, CONSENT_VERSION, language, now)
    await people.represent(db, person_id, organization_id, RepresentativeState.VERIFIED, now)

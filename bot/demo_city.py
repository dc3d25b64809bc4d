"""The demo's city: a dozen invented NGOs and a story that has been going on for some weeks when the page opens.

The story is not written into tables: people type and press in the simulator, and the program does what it always does.
"""

import re
from collections.abc import Awaitable, Callable
from datetime import date, datetime, time, timedelta

from bot.application import Application
from domain.people import Language, Names, OrganizationState, Role
from domain.register import bin_checksum
from handlers.keyboards import LANGUAGES
from simulator.phones import Phone
from simulator.telegram import Telegram as LocalTelegram
from storage import register
from storage.beginnings import DEPARTMENTS
from texts import Words
from texts.labels import ROLE_LABELS

ADMIN_ID = 4_100_000_003

NGOS = [
    ("Общественный фонд «Парасат»", "social"),
    ("«Ертіс жастары» қоғамдық бірлестігі", "youth"),
    ("Павлодарское общество «Ақ таяқ» (незрячие и слабовидящие)", "disability"),
    ("«Мейірім» қайырымдылық қоры", "social"),
    ("Общественное объединение «Чистый Иртыш»", "ecology"),
    ("«Ана мен бала» қоғамдық қоры", "health"),
    ("Центр правовой помощи «Тірек»", "rights"),
    ("«Дала үні» мәдениет бірлестігі", "culture"),
    ("Клуб активного долголетия «Алтын күз»", "social"),
    ("«Білім көпірі» қоғамдық қоры", "education"),
    ("Спортивный клуб «Тұлпар» для людей с инвалидностью", "disability"),
    ("Ассоциация волонтёров «Қамқор»", "other"),
]


def bins() -> list[str]:
    """Valid in form and checksum, and nobody's: their serial numbers are counted up from nothing."""
    found = []
    for serial in range(1, 200):
        first = f"{10 + serial % 14:02d}{1 + serial % 12:02d}40{serial:05d}"
        if (last := bin_checksum(first)) is not None:
            found.append(f"{first}{last}")
    return found[: len(NGOS)]


async def enter_ngos(app: Application) -> None:
    async with app.database.transaction() as db:
        for (name, field), bin_ in zip(NGOS, bins(), strict=True):
            await register.enter(db, name, bin_, field, OrganizationState.REGISTERED, app.clock.now())


class Actor:
    """Somebody of the story: types and presses, and waits until the bot has done all it does about it."""

    def __init__(self, phone: Phone, language: Language, app: Application) -> None:
        self.phone = phone
        self.words = Words(language, app.city.zone)
        self.language = language
        self._settle: Callable[[], Awaitable[None]] = app.settle

    async def writes(self, *texts: str) -> None:
        for text in texts:
            self.phone.writes(text)
            await self._settle()

    async def presses(self, *labels: str) -> None:
        """By the glossary's key, or by the label as it stands."""
        from texts.labels import LABELS

        for label in labels:
            self.phone.presses(self.words.label(label) if label in LABELS else label)
            await self._settle()

    async def meets_the_bot(self, start: str = "/start") -> None:
        await self.writes(start)
        await self.presses(LANGUAGES[self.language], "agree")

    async def joins(self, ngo: str) -> None:
        await self.meets_the_bot()
        await self.presses("i_am_ngo")
        await self.writes(ngo)
        await self.presses(ngo)

    async def asks(self, kind: str, topic: str, text: str, *, public: bool = True) -> None:
        names = next(n for _, topics in DEPARTMENTS for n in topics if n.en == topic)
        await self.writes("/ask")
        await self.presses(kind, names.in_(self.language))
        await self.writes(text)
        await self.presses("done_writing", "public" if public else "private", "send")

    async def answers(self, number: str, outcome: str, text: str) -> None:
        await self.writes(number)
        await self.presses("answer", outcome)
        await self.writes(text)
        await self.presses("done_writing", "send")


class Story:
    """The people of the demo. The three of the page are `aigerim`, `daniyar` and `saule`."""

    def __init__(self, app: Application, telegram: LocalTelegram, language: Language | None) -> None:
        def actor(name: str, user_id: int, own: Language) -> Actor:
            spoken = language or own
            return Actor(telegram.phone(name, user_id=user_id, language_code=spoken.value), spoken, app)

        self.app = app
        self.telegram = telegram
        self.aigerim = actor("Айгерім", 4_100_000_001, Language.KK)
        self.daniyar = actor("Данияр", 4_100_000_002, Language.RU)
        self.saule = actor("Сәуле", ADMIN_ID, Language.RU)
        self.marat = actor("Марат", 4_100_000_004, Language.RU)
        self.botagoz = actor("Ботагөз", 4_100_000_005, Language.KK)
        self.group = telegram.group(_GROUP[self.saule.language], [self.saule.phone])

    async def unfold(self) -> None:
        """Five weeks ago until now."""
        today = self.app.city.today(self.app.clock.now())
        self._go_to(today - timedelta(days=35))
        await self._everybody_joins()
        for days, scene in ((33, self._solved), (24, self._overdue), (9, self._in_work), (2, self._new)):
            self._go_to(self._working_day(today - timedelta(days=days)))
            await scene()
        self.app.clock.skipped = timedelta()

    def _working_day(self, day: date) -> date:
        """That day, or the working day before it: a story of the past never reaches today."""
        return next(d for n in range(30) if self.app.city.calendar.is_working(d := day - timedelta(days=n)))

    def _go_to(self, day: date) -> None:
        """Late in the morning of that day."""
        clock = self.app.clock
        clock.skip(datetime.combine(day, time(11, 5), self.app.city.zone) - clock.now())

    async def _everybody_joins(self) -> None:
        await self.saule.meets_the_bot()
        await self.saule.writes(await self._invited("deputy_mayor"))  # one phone shows the ladder to its top
        await self.daniyar.meets_the_bot(await self._invited("official"))
        await self.daniyar.writes(_daniyar(self.daniyar.language))
        await self.botagoz.meets_the_bot(await self._invited("head"))
        await self.botagoz.presses("skip")
        await self._group_is_linked()
        for actor, ngo in ((self.aigerim, NGOS[2][0]), (self.marat, NGOS[7][0])):
            await actor.joins(ngo)
            await self.saule.presses("approve")

    async def _group_is_linked(self) -> None:
        """The group of the department of culture is Saule's; nobody in it but the bot writes before the page opens."""
        for actor in (self.daniyar, self.botagoz):
            actor.phone.within(self.group)
        await self.saule.writes("/admin")
        await self.saule.presses("departments", _culture().in_(self.saule.language), "group", "link")
        code = re.search(r"/link \S+", str(self.saule.phone.last["text"]))
        if code:
            self.saule.phone.within(self.group).writes(code.group())
            await self.app.settle()

    async def _invited(self, role: str) -> str:
        await self.saule.writes("/admin")
        label = self.saule.words.plain(ROLE_LABELS[Role(role)])
        await self.saule.presses("invitation", label)
        if role in (Role.OFFICIAL, Role.HEAD):
            await self.saule.presses(_culture().in_(self.saule.language))
        link = re.search(r"\?start=(\S+)", str((self.saule.phone.last or {}).get("text", "")))
        return f"/start {link.group(1)}" if link else "/start"

    async def _solved(self) -> None:
        await self.aigerim.asks("request", "Help with cultural events", _text("hall", self.aigerim.language))
        number = _number(self.aigerim)
        await self.daniyar.presses("take")
        self.app.clock.skip(timedelta(days=3))
        await self.daniyar.answers(number, "outcome_done", _text("hall given", self.aigerim.language))
        await self.aigerim.presses("solved")

    async def _overdue(self) -> None:
        await self.marat.asks("question", "Conferences and forums", _text("forum", self.marat.language))

    async def _in_work(self) -> None:
        await self.marat.asks("proposal", "Help with cultural events", _text("festival", self.marat.language))
        await self.daniyar.presses("take")

    async def _new(self) -> None:
        await self.aigerim.asks("question", "Help with cultural events", _text("audio", self.aigerim.language))


_GROUP = {
    Language.EN: "Department of culture",
    Language.RU: "Отдел культуры",
    Language.KK: "Мәдениет бөлімі",
}


def _culture() -> Names:
    return next(names for names, _ in DEPARTMENTS if names.en == "Culture and languages")


def _number(actor: Actor) -> str:
    found = re.search(r"\d{4}-\d{6}", str((actor.phone.last or {}).get("text", "")))
    return found.group() if found else ""


def _daniyar(language: Language) -> str:
    return {
        Language.EN: "D. K. Daniyar, chief specialist",
        Language.RU: "Данияр Д. К., главный специалист",
        Language.KK: "Данияр Д. К., бас маман",
    }[language]


_TEXTS = {
    "hall": {
        Language.EN: "We ask for the hall of the House of Friendship for the concert of our society of the blind.",
        Language.RU: "Просим предоставить зал Дома дружбы для концерта нашего общества незрячих.",
        Language.KK: "Зағиптар қоғамымыздың концертіне Достық үйінің залын беруіңізді сұраймыз.",
    },
    "hall given": {
        Language.EN: "The hall is yours on Saturday from 14:00; the ramp is open, the caretaker knows.",
        Language.RU: "Зал закреплён за вами в субботу с 14:00; пандус открыт, вахта предупреждена.",
        Language.KK: "Зал сенбі күні сағат 14:00-ден бастап сізге берілді; пандус ашық, күзетші хабардар.",
    },
    "forum": {
        Language.EN: "When is the city forum of NGOs, and how does one propose a topic for it?",
        Language.RU: "Когда пройдёт городской форум НПО и как предложить на него тему?",
        Language.KK: "ҮЕҰ-ның қалалық форумы қашан өтеді және оған тақырыпты қалай ұсынуға болады?",
    },
    "festival": {
        Language.EN: "We propose to hold the festival of steppe songs in the central park, with other NGOs.",
        Language.RU: "Предлагаем провести фестиваль степной песни в центральном парке вместе с другими НПО.",
        Language.KK: "Дала әндері фестивалін басқа ҮЕҰ-мен бірге орталық саябақта өткізуді ұсынамыз.",
    },
    "audio": {
        Language.EN: "Could the city theatre offer audio description for blind visitors at least once a month?",
        Language.RU: "Можно ли хотя бы раз в месяц проводить в городском театре показы с тифлокомментарием?",
        Language.KK: "Қалалық театрда айына кемінде бір рет зағип көрермендерге арналған тифлокомментарийлі қойылым "
        "өткізуге бола ма?",
    },
}


def _text(key: str, language: Language) -> str:
    return _TEXTS[key][language]

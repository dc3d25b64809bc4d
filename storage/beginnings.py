"""What the bot starts with: departments and topics. An administrator changes them; nothing here is read twice."""

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.people import Names
from storage import departments
from storage.database import insert
from storage.tables import counters

DEPARTMENTS: list[tuple[Names, list[Names]]] = [
    (
        Names("Internal policy", "Отдел внутренней политики", "Ішкі саясат бөлімі"),
        [
            Names(
                "Taking part in projects and working groups",
                "Участие в проектах и рабочих группах",
                "Жобалар мен жұмыс топтарына қатысу",
            ),
            Names("Dialogue platforms", "Диалоговые площадки", "Диалог алаңдары"),
            Names("Social projects and grants", "Социальные проекты и гранты", "Әлеуметтік жобалар мен гранттар"),
            Names("Partnership with business", "Партнёрство с бизнесом", "Бизнеспен әріптестік"),
            Names("Other", "Другое", "Басқа"),
        ],
    ),
    (
        Names(
            "Employment and social programmes",
            "Отдел занятости и социальных программ",
            "Жұмыспен қамту және әлеуметтік бағдарламалар бөлімі",
        ),
        [
            Names(
                "Social services for the elderly",
                "Социальные услуги для пожилых людей",
                "Қарттарға арналған әлеуметтік қызметтер",
            ),
            Names(
                "Social services for people with disabilities",
                "Социальные услуги для людей с инвалидностью",
                "Мүгедектігі бар адамдарға арналған әлеуметтік қызметтер",
            ),
        ],
    ),
    (
        Names(
            "Culture and languages",
            "Отдел культуры и развития языков",
            "Мәдениет және тілдерді дамыту бөлімі",
        ),
        [
            Names(
                "Help with cultural events",
                "Помощь в проведении культурных мероприятий",
                "Мәдени іс-шараларды өткізуге көмек",
            ),
            Names("Conferences and forums", "Конференции и форумы", "Конференциялар мен форумдар"),
        ],
    ),
    (
        Names("Education", "Отдел образования", "Білім бөлімі"),
        [Names("Education and youth", "Образование и молодёжь", "Білім және жастар")],
    ),
    (
        Names(
            "Housing and utilities",
            "Отдел ЖКХ",
            "Тұрғын үй-коммуналдық шаруашылық бөлімі",
        ),
        [
            Names("Accessible environment", "Доступная среда", "Кедергісіз орта"),
            Names("Premises", "Помещения", "Үй-жайлар"),
        ],
    ),
]


async def begin(db: AsyncConnection) -> None:
    """Enter the departments of a new city, once: copies that start together wait here for the first."""
    begun = insert(db, counters).values(name="departments entered", value=len(DEPARTMENTS)).on_conflict_do_nothing()
    if (await db.execute(begun)).rowcount == 1:
        for names, topics in DEPARTMENTS:
            await departments.found(db, names, topics)

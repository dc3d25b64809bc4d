"""What the peers say and which buttons they show: the words of Köpir's own dialogue, as plain text.

They stand in a module that imports nothing, so that neither peer carries the other's library.
"""

import itertools

Rows = list[list[tuple[str, str]]]
"""A keyboard: rows of (label, data)."""

KINDS = ["Вопрос", "Предложение", "Просьба о содействии", "Благодарность"]
TOPICS = [
    "Участие в проектах и рабочих группах",
    "Диалоговые площадки",
    "Социальные проекты и гранты",
    "Партнёрство с бизнесом",
    "Другое",
    "Социальные услуги для пожилых людей",
    "Социальные услуги для людей с инвалидностью",
    "Помощь в проведении культурных мероприятий",
    "Конференции и форумы",
    "Образование и молодёжь",
    "Доступная среда",
    "Помещения",
]
CANCEL = ("Отменить", "cancel")

KIND_BUTTONS: Rows = [
    [(KINDS[0], "kind:0"), (KINDS[1], "kind:1")],
    [(KINDS[2], "kind:2"), (KINDS[3], "kind:3")],
    [CANCEL],
]
TOPIC_BUTTONS: Rows = [
    *[[(topic, f"topic:{index}")] for index, topic in enumerate(TOPICS)],
    [("Не знаю", "topic:none"), CANCEL],
]
TEXT_BUTTONS: Rows = [[("Готово", "done"), CANCEL]]
PREVIEW_BUTTONS: Rows = [
    [("Отправить", "send"), ("Изменить текст", "edit_text")],
    [("Изменить тему", "change_topic"), CANCEL],
]
REGISTERED_BUTTONS: Rows = [[("Отозвать", "withdraw"), ("Почему эта дата?", "why_date")]]

KIND_ASKED = "Что вы хотите отправить?"
TOPIC_ASKED = "Выберите тему."
TEXT_ASKED = (
    "Напишите текст в одном или нескольких сообщениях. Можно приложить до десяти фото, документов, голосовых "
    "сообщений, видео и геопозиций. Когда всё готово, нажмите «Готово»."
)
_numbers = itertools.count(1)


def preview(kind: str, topic: str, text: str) -> str:
    return (
        f"<b>Проверьте перед отправкой</b>\nВид: {kind}\nТема: {topic}\n"
        "Отдел: Отдел культуры и развития языков\nСрок ответа: <b>14 мая 2026 г., четверг</b>\n"
        f"Можно опубликовать\n\n<blockquote>{text}</blockquote>"
    )


def next_number() -> str:
    return f"2026-{next(_numbers):06d}"


def registered(number: str, kind: str) -> str:
    return (
        f"<b>№ {number}</b>: обращение зарегистрировано.\n"
        f"Зарегистрировано: 22 апреля 2026 г., 14:02\nВид: {kind}\n"
        "Отдел: Отдел культуры и развития языков\nОтветственный: ещё не назначен\n"
        "Срок ответа: <b>14 мая 2026 г., четверг</b>\n\nЧтобы дополнить обращение, ответьте на это сообщение."
    )

"""The peer: python-telegram-bot as its own examples show it. A ConversationHandler in memory, polling, no storage.

It says what Köpir says, with the same buttons, and asks for kind, topic, text and a confirmation. A kill loses every
dialogue under way and every question; it obeys none of Telegram's limits on sending.
"""

import itertools
import os
import warnings

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
    MessageHandler,
    filters,
)
from telegram.warnings import PTBUserWarning

KIND, TOPIC, TEXT, PREVIEW = range(4)

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
_numbers = itertools.count(1)


def keyboard(*rows: list[tuple[str, str]]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(label, callback_data=data) for label, data in row] for row in rows]
    )


CANCEL = ("Отменить", "cancel")
KIND_BUTTONS = keyboard(
    [(KINDS[0], "kind:0"), (KINDS[1], "kind:1")], [(KINDS[2], "kind:2"), (KINDS[3], "kind:3")], [CANCEL]
)
TOPIC_BUTTONS = keyboard(
    *[[(topic, f"topic:{index}")] for index, topic in enumerate(TOPICS)], [("Не знаю", "topic:none"), CANCEL]
)
TEXT_BUTTONS = keyboard([("Готово", "done"), CANCEL])
PREVIEW_BUTTONS = keyboard(
    [("Отправить", "send"), ("Изменить текст", "edit_text")], [("Изменить тему", "change_topic"), CANCEL]
)
REGISTERED_BUTTONS = keyboard([("Отозвать", "withdraw"), ("Почему эта дата?", "why_date")])


async def begin(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    await update.message.reply_html("Что вы хотите отправить?", reply_markup=KIND_BUTTONS)
    return KIND


async def kind_chosen(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    query = update.callback_query
    await query.answer()
    context.user_data["kind"] = KINDS[int(query.data.partition(":")[2])]
    await query.message.reply_html("Выберите тему.", reply_markup=TOPIC_BUTTONS)
    return TOPIC


async def topic_chosen(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    query = update.callback_query
    await query.answer()
    context.user_data["topic"] = TOPICS[int(query.data.partition(":")[2])]
    await query.message.reply_html(
        "Напишите текст в одном или нескольких сообщениях. Можно приложить до десяти фото, документов, голосовых "
        "сообщений, видео и геопозиций. Когда всё готово, нажмите «Готово».",
        reply_markup=TEXT_BUTTONS,
    )
    return TEXT


async def written(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    context.user_data["text"] = update.message.text_html
    said = context.user_data
    await update.message.reply_html(
        f"<b>Проверьте перед отправкой</b>\nВид: {said['kind']}\nТема: {said['topic']}\n"
        "Отдел: Отдел культуры и развития языков\nСрок ответа: <b>14 мая 2026 г., четверг</b>\n"
        f"Можно опубликовать\n\n<blockquote>{said['text']}</blockquote>",
        reply_markup=PREVIEW_BUTTONS,
    )
    return PREVIEW


async def send(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    query = update.callback_query
    await query.answer()
    await query.message.reply_html(
        f"<b>№ 2026-{next(_numbers):06d}</b>: обращение зарегистрировано.\n"
        f"Зарегистрировано: 22 апреля 2026 г., 14:02\nВид: {context.user_data['kind']}\n"
        "Отдел: Отдел культуры и развития языков\nОтветственный: ещё не назначен\n"
        "Срок ответа: <b>14 мая 2026 г., четверг</b>\n\nЧтобы дополнить обращение, ответьте на это сообщение.",
        reply_markup=REGISTERED_BUTTONS,
    )
    context.user_data.clear()
    return ConversationHandler.END


def main() -> None:
    warnings.filterwarnings("ignore", message=".*CallbackQueryHandler", category=PTBUserWarning)
    application = (
        Application.builder().token(os.environ["BOT_TOKEN"]).base_url(f"{os.environ['BOT_API_URL']}/bot").build()
    )
    application.add_handler(
        ConversationHandler(
            entry_points=[CommandHandler("ask", begin)],
            states={
                KIND: [CallbackQueryHandler(kind_chosen, pattern="^kind:")],
                TOPIC: [CallbackQueryHandler(topic_chosen, pattern="^topic:")],
                TEXT: [MessageHandler(filters.TEXT & ~filters.COMMAND, written)],
                PREVIEW: [CallbackQueryHandler(send, pattern="^send$")],
            },
            fallbacks=[],
        )
    )
    application.run_polling()


if __name__ == "__main__":
    main()

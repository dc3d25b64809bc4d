"""The first peer: python-telegram-bot as its own examples show it. ConversationHandler in memory, polling, no storage.

It says what Köpir says, with the same buttons, and asks for kind, topic, text and a confirmation. A kill loses every
dialogue under way and every question; it obeys none of Telegram's limits on sending.
"""

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

from benchmarks import words

KIND, TOPIC, TEXT, PREVIEW = range(4)


def keyboard(rows: words.Rows) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(label, callback_data=data) for label, data in row] for row in rows]
    )


KIND_BUTTONS = keyboard(words.KIND_BUTTONS)
TOPIC_BUTTONS = keyboard(words.TOPIC_BUTTONS)
TEXT_BUTTONS = keyboard(words.TEXT_BUTTONS)
PREVIEW_BUTTONS = keyboard(words.PREVIEW_BUTTONS)
REGISTERED_BUTTONS = keyboard(words.REGISTERED_BUTTONS)


async def begin(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    await update.message.reply_html(words.KIND_ASKED, reply_markup=KIND_BUTTONS)
    return KIND


async def kind_chosen(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    query = update.callback_query
    await query.answer()
    context.user_data["kind"] = words.KINDS[int(query.data.partition(":")[2])]
    await query.message.reply_html(words.TOPIC_ASKED, reply_markup=TOPIC_BUTTONS)
    return TOPIC


async def topic_chosen(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    query = update.callback_query
    await query.answer()
    context.user_data["topic"] = words.TOPICS[int(query.data.partition(":")[2])]
    await query.message.reply_html(words.TEXT_ASKED, reply_markup=TEXT_BUTTONS)
    return TEXT


async def written(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    context.user_data["text"] = update.message.text_html
    await update.message.reply_html(words.preview(**context.user_data), reply_markup=PREVIEW_BUTTONS)
    return PREVIEW


async def send(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    query = update.callback_query
    await query.answer()
    said = words.registered(words.next_number(), context.user_data["kind"])
    await query.message.reply_html(said, reply_markup=REGISTERED_BUTTONS)
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

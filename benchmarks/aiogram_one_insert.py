"""The second peer: aiogram as its own guide shows it. States in memory, polling, and one INSERT for each dialogue.

It says what Köpir says, with the same buttons. [Send] stores the question in SQLite (aiosqlite, WAL,
synchronous=FULL, one connection that stays open) and answers after the commit; the row's id is the number. So a
question that was acknowledged survives a kill, and nothing else does: not a dialogue under way, not an update taken
from Telegram, not a reply that was not sent. It obeys none of Telegram's limits on sending.
"""

import asyncio
import os

import aiosqlite
from aiogram import Bot, Dispatcher, F, Router
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode
from aiogram.filters import Command
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.fsm.storage.memory import MemoryStorage
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

from benchmarks import words

router = Router()


class Asking(StatesGroup):
    kind = State()
    topic = State()
    text = State()
    preview = State()


def keyboard(rows: words.Rows) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        inline_keyboard=[[InlineKeyboardButton(text=label, callback_data=data) for label, data in row] for row in rows]
    )


KIND_BUTTONS = keyboard(words.KIND_BUTTONS)
TOPIC_BUTTONS = keyboard(words.TOPIC_BUTTONS)
TEXT_BUTTONS = keyboard(words.TEXT_BUTTONS)
PREVIEW_BUTTONS = keyboard(words.PREVIEW_BUTTONS)
REGISTERED_BUTTONS = keyboard(words.REGISTERED_BUTTONS)


@router.message(Command("ask"))
async def begin(message: Message, state: FSMContext) -> None:
    await state.set_state(Asking.kind)
    await message.answer(words.KIND_ASKED, reply_markup=KIND_BUTTONS)


@router.callback_query(Asking.kind, F.data.startswith("kind:"))
async def kind_chosen(query: CallbackQuery, state: FSMContext) -> None:
    await query.answer()
    await state.update_data(kind=words.KINDS[int(query.data.partition(":")[2])])
    await state.set_state(Asking.topic)
    await query.message.answer(words.TOPIC_ASKED, reply_markup=TOPIC_BUTTONS)


@router.callback_query(Asking.topic, F.data.startswith("topic:"))
async def topic_chosen(query: CallbackQuery, state: FSMContext) -> None:
    await query.answer()
    await state.update_data(topic=words.TOPICS[int(query.data.partition(":")[2])])
    await state.set_state(Asking.text)
    await query.message.answer(words.TEXT_ASKED, reply_markup=TEXT_BUTTONS)


@router.message(Asking.text, F.text)
async def written(message: Message, state: FSMContext) -> None:
    said = await state.update_data(text=message.html_text)
    await state.set_state(Asking.preview)
    await message.answer(words.preview(**said), reply_markup=PREVIEW_BUTTONS)


@router.callback_query(Asking.preview, F.data == "send")
async def send(query: CallbackQuery, state: FSMContext, database: aiosqlite.Connection) -> None:
    await query.answer()
    said = await state.get_data()
    number = await store(database, said)
    await query.message.answer(words.registered(number, said["kind"]), reply_markup=REGISTERED_BUTTONS)
    await state.clear()


async def store(database: aiosqlite.Connection, said: dict[str, str]) -> str:
    """One INSERT, which a connection in autocommit commits by itself. Returns the number."""
    row = (said["kind"], said["topic"], said["text"])
    async with database.execute("INSERT INTO questions (kind, topic, text) VALUES (?, ?, ?)", row) as cursor:
        return f"2026-{cursor.lastrowid:06d}"


async def main() -> None:
    server = TelegramAPIServer.from_base(os.environ["BOT_API_URL"])
    async with aiosqlite.connect("peer.db", isolation_level=None) as database:
        await database.execute("PRAGMA journal_mode=WAL")
        await database.execute("PRAGMA synchronous=FULL")
        await database.execute("CREATE TABLE questions (id INTEGER PRIMARY KEY, kind TEXT, topic TEXT, text TEXT)")
        dispatcher = Dispatcher(storage=MemoryStorage(), database=database)
        dispatcher.include_router(router)
        bot = Bot(
            os.environ["BOT_TOKEN"],
            session=AiohttpSession(api=server),
            default=DefaultBotProperties(parse_mode=ParseMode.HTML),
        )
        await dispatcher.start_polling(bot)


if __name__ == "__main__":
    asyncio.run(main())

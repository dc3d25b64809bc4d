"""The people most stories need, rehearsed once: a city's administrator, an official and an NGO that know the bot.

What they did to get there is told in `test_first_contact` and `test_invitations`; here it is copied, as a file.
"""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from domain.people import Language
from simulator.faults import garbage
from simulator.telegram import Message
from storage.tables import inbox, metadata, outbox
from tests.town import Somebody, Town

PARASAT = "Общественный фонд «Парасат»"


@dataclass
class Cast:
    """A town in which Saule administers, Daniyar answers for culture, and Aigerim speaks for an NGO."""

    town: Town
    saule: Somebody
    daniyar: Somebody
    aigerim: Somebody

    @property
    def everybody(self) -> list[Somebody]:
        return [self.saule, self.daniyar, self.aigerim]

    @property
    def number(self) -> str:
        """Of Aigerim's first question."""
        return "2026-000001"


class Scene(StrEnum):
    """How far the story has come when the test begins."""

    INTRODUCED = "introduced"  # the three know the bot; their chats look empty
    ASKED = "asked"  # and Aigerim has asked for a hall, of Daniyar's department
    ANSWERED = "answered"  # and Daniyar has answered


ANSWER = "Зал Дома дружбы свободен 20 марта, заявку подайте в отдел."


@dataclass(frozen=True)
class _Rehearsed:
    """How the stage stood when the rehearsal ended."""

    database: bytes
    last_update_id: int
    chats: list[dict[int, Message]]


_rehearsed: dict[tuple[Scene, Language], _Rehearsed] = {}


@asynccontextmanager
async def on_stage(
    database_url: str, language: Language = Language.EN, scene: Scene = Scene.INTRODUCED, *, troubles: bool = False
) -> AsyncIterator[Cast]:
    """The cast on a database that is empty but migrated.

    At the end nothing may have gone wrong unnoticed, but in a story about `troubles`.
    """
    if (scene, language) not in _rehearsed:
        _rehearsed[scene, language] = await _rehearse(database_url, language, scene)
    before = _rehearsed[scene, language]
    _file(database_url).write_bytes(before.database)
    town = Town(database_url)
    town.telegram.bot.last_update_id = before.last_update_id
    cast = Cast(
        town,
        town.stranger("Saule", language, town.admin_id),
        town.stranger("Daniyar", language),  # in the order of the rehearsal: ids are given out in order
        town.stranger("Aigerim", language),
    )
    for somebody, chat in zip(cast.everybody, before.chats, strict=True):
        room = somebody.phone.room
        room.started = True
        room.last_message_id = max(chat)
        if scene is not Scene.INTRODUCED:
            room.messages = dict(chat)
    await town.open()
    try:
        yield cast
        if not troubles:
            await nothing_went_wrong(town)
    finally:
        await town.close()


async def _rehearse(database_url: str, language: Language, scene: Scene) -> _Rehearsed:
    town = await Town(database_url).open()
    saule = await town.an_admin(language=language)
    daniyar = await town.an_official(saule, language=language)
    aigerim = await town.an_ngo(saule, ngo=PARASAT, language=language)
    if scene is not Scene.INTRODUCED:
        await town.a_question(aigerim)
    if scene is Scene.ANSWERED:
        await daniyar.presses("answer")
        await daniyar.presses("outcome_explained")
        await daniyar.writes(ANSWER)
        await daniyar.presses("done_writing")
        await daniyar.presses("send")
    chats = [somebody.phone.room.messages for somebody in (saule, daniyar, aigerim)]
    last_update_id = town.telegram.bot.last_update_id
    await town.close()
    return _Rehearsed(_file(database_url).read_bytes(), last_update_id, chats)


def _file(database_url: str) -> Path:
    return Path(database_url.partition("///")[2])


async def hands_over(town: Town, *updates: dict[str, Any]) -> None:
    """These updates come from Telegram word for word, as ASCII JSON: what no phone of the simulator can send."""
    bot = town.telegram.bot
    numbered = []
    for update in updates:
        bot.last_update_id += 1
        numbered.append({"update_id": bot.last_update_id, **update})
    body = json.dumps({"ok": True, "result": numbered}).encode()
    town.telegram.faults.next("getUpdates", garbage(200, body))
    await town.settle()


def a_message(who: Somebody, **content: Any) -> dict[str, Any]:
    """An update with a private message of this person, as Telegram would write it."""
    room = who.phone.room
    room.last_message_id += 1
    about = {"message_id": room.last_message_id, "from": who.phone.user, "chat": room.as_dict(), "date": 1_772_431_200}
    return {"message": {**about, **content}}


def a_press(who: Somebody, data: str) -> dict[str, Any]:
    """An update with a pressed button of this person, under a message that is gone."""
    message = {"message_id": 1, "chat": who.phone.room.as_dict(), "date": 0}
    query = {"id": "4711", "from": who.phone.user, "message": message, "chat_instance": "1", "data": data}
    return {"callback_query": query}


async def nothing_went_wrong(town: Town) -> None:
    """No update failed, no message was given up, and Telegram found no fault with what was sent."""
    assert await failed_updates(town) == 0, "an update raised: see the log"
    async with town.app.database.reading() as db:
        given_up = list(await db.execute(select(outbox.c.template, outbox.c.error).where(outbox.c.fate == "failed")))
    assert given_up == []
    assert [call for call in town.telegram.record if call.status == 400 and not _harmless(call.description)] == []
    assert _dead_ends(town) == []


_ABOUT_A_QUESTION = re.compile(r"<b>№ \d{4}-\d{6}(?:/\d)?</b>")
_NOT_THEIRS_ANY_MORE = ("It is yours no more.", "The department and the NGO are told.")


def _dead_ends(town: Town) -> list[str]:
    """What was said of a question with nothing below it to press, not even the way to its card.

    Long ones are the beginnings of what stands in several messages.
    """
    said = [
        (call.params["text"], call.params.get("reply_markup"))
        for call in town.telegram.record
        if call.method == "sendMessage" and call.status == 200 and int(call.params["chat_id"]) > 0
    ]
    return [
        text
        for text, below in said
        if not below and _ABOUT_A_QUESTION.match(text) and len(text) < 1_000 and not text.endswith(_NOT_THEIRS_ANY_MORE)
    ]


def _harmless(refusal: str) -> bool:
    """Redrawn as it was; an administrator of the settings who has not come yet; a press that was answered before."""
    return any(words in refusal for words in ("message is not modified", "chat not found", "query is too old"))


async def failed_updates(town: Town) -> int:
    """How many updates raised at least once."""
    async with town.app.database.reading() as db:
        return await db.scalar(select(func.count()).select_from(inbox).where(inbox.c.attempts > 0)) or 0


async def everything_stored(town: Town, *but: str) -> dict[str, list[Any]]:
    """All rows of all tables `but` these, and but the post: to see that nothing changed."""
    stored = {}
    async with town.app.database.reading() as db:
        for table in metadata.sorted_tables:
            if table.name not in ("inbox", "outbox", *but):
                stored[table.name] = [
                    tuple(row) for row in await db.execute(select(table).order_by(*table.primary_key))
                ]
    return stored

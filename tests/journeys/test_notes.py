"""Notes: what the city writes for itself. No NGO ever sees one, whatever it opens."""

import json

from sqlalchemy import func, select

from domain.people import Language
from storage import outbox
from storage.tables import attachments, entries
from tests.journeys.cast import ANSWER, Cast
from tests.town import Somebody

SECRET = "Директор зала сейчас под проверкой."
SECRET_FILE = "служебная-записка.pdf"


async def _notes(who: Somebody, number: str, text: str = SECRET) -> None:
    await who.writes(number)
    await who.presses("note")
    await who.writes(text)


async def _count(cast: Cast, action: str) -> int:
    async with cast.town.app.database.reading() as db:
        return await db.scalar(select(func.count()).select_from(entries).where(entries.c.action == action)) or 0


async def test_a_note_stands_in_the_citys_history_only(asked: Cast) -> None:
    number = asked.number
    botagoz = await asked.town.an_official(asked.saule, "Botagoz", language=Language.EN)
    before = len(asked.aigerim.texts), len(botagoz.texts)
    await _notes(asked.daniyar, number)
    assert asked.daniyar.last == f"The note to № {number} is kept. Only the city sees it."
    assert (len(asked.aigerim.texts), len(botagoz.texts)) == before, "nobody is disturbed"
    for inside in (asked.daniyar, botagoz, asked.saule):
        await inside.writes(number)
        assert f"2 March 2026, 11:00: note of the city by Daniyar\n\n{SECRET}" in inside.last
    await asked.aigerim.writes(number)
    assert "Просим помочь с залом" in asked.aigerim.last
    assert "note of the city" not in asked.aigerim.last


async def test_co_executors_and_administrators_write_notes_too_in_any_status(asked: Cast) -> None:
    number = asked.number
    madina = await asked.town.an_official(asked.saule, "Madina", "Housing and utilities", Language.EN)
    await asked.daniyar.presses("take")
    for step in ("involve", "Housing and utilities"):
        await asked.daniyar.presses(step)
    for typed in ("Осмотреть электрику.", "18.03.2026"):
        await asked.daniyar.writes(typed)
    await asked.daniyar.presses("send")
    await _notes(madina, number, "Ключи у охраны.")
    await asked.aigerim.writes(number)
    await asked.aigerim.presses("withdraw")
    await _notes(asked.saule, number, "Отозвано после звонка.")
    await asked.daniyar.writes(number)
    assert "Ключи у охраны." in asked.daniyar.last
    assert "note of the city by Saule\n\nОтозвано после звонка." in asked.daniyar.last


async def test_the_next_department_learns_that_there_is_a_note_and_no_more(asked: Cast) -> None:
    number = asked.number
    madina = await asked.town.an_official(asked.saule, "Madina", "Housing and utilities", Language.EN)
    await asked.daniyar.presses("take")
    await asked.daniyar.presses("note")
    await asked.daniyar.does("sends_document", SECRET_FILE, b"secret", caption=SECRET)
    await asked.daniyar.writes(number)
    await asked.daniyar.presses("forward")
    await asked.daniyar.presses("Housing and utilities")
    await asked.daniyar.writes("Зал на балансе ЖКХ.")
    await asked.daniyar.presses("send")
    for data in (f"card:{number}", f"history:{number}:0", f"attachments:{number}", f"document:{number}"):
        await madina.does("presses_data", data)
    assert any("internal note of «Culture and languages»" in said for said in madina.texts)
    assert not any(SECRET in said or "by Daniyar (1" in said for said in madina.texts)
    assert not any(m.get("document", {}).get("file_name") == SECRET_FILE for m in madina.phone.chat)
    await asked.saule.writes(number)
    assert SECRET in asked.saule.last
    await _notes(madina, number, "Наша заметка.")
    await madina.writes(number)
    assert "note of the city by Madina\n\nНаша заметка." in madina.last


async def test_an_album_is_one_note(asked: Cast) -> None:
    await asked.daniyar.writes(asked.number)
    await asked.daniyar.presses("note")
    await asked.daniyar.does("sends_album", [("a.pdf", b"1"), (SECRET_FILE, b"2"), ("c.pdf", b"3")], caption=SECRET)
    await asked.daniyar.writes("/inbox")
    assert await _count(asked, "note") == 1
    async with asked.town.app.database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(attachments)) == 3
    await asked.daniyar.writes(asked.number)
    assert "note of the city by Daniyar (3 attachments)" in asked.daniyar.last


async def test_what_follows_a_note_is_no_note(asked: Cast) -> None:
    """Also behind an album, whose other messages are still waited for."""
    await asked.daniyar.writes(asked.number)
    await asked.daniyar.presses("note")
    await asked.daniyar.does("sends_album", [b"1", b"2"])
    await asked.daniyar.writes(asked.number)
    assert f"№ {asked.number}, Question" in asked.daniyar.last
    await _notes(asked.daniyar, asked.number)
    await asked.daniyar.writes("Это уже не заметка.")
    assert asked.daniyar.last.startswith("I did not understand this.")
    assert await _count(asked, "note") == 2


async def test_an_empty_one_is_refused_and_cancel_leaves_nothing(asked: Cast) -> None:
    await asked.daniyar.writes(asked.number)
    await asked.daniyar.presses("note")
    await asked.daniyar.writes("\u200b")
    assert asked.daniyar.last == "Please write it in words."
    await asked.daniyar.does("sends_sticker")
    assert asked.daniyar.last.startswith("I cannot take this.")
    await asked.daniyar.presses("cancel")
    await asked.daniyar.writes("Передумал.")
    assert await _count(asked, "note") == 0


async def test_who_sees_the_ngo_s_side_alone_by_now_is_not_sent_what_waited(asked: Cast) -> None:
    """Somebody may have left the city for an NGO since it was promised to them."""
    await _notes(asked.daniyar, asked.number)
    before = len(asked.aigerim.phone.chat)
    async with asked.town.app.database.transaction() as db:
        row = (await db.execute(select(entries.c.id, entries.c.question_id).where(entries.c.action == "note"))).one()
        for template in ("part_done", "attachments"):
            facts = {"entry": row.id}
            now = asked.town.clock.now()
            await outbox.say(db, asked.aigerim.id, template, facts, now, question_id=row.question_id)
    await asked.town.settle()
    assert len(asked.aigerim.phone.chat) == before


async def test_who_leaves_the_department_while_writing_one_is_asked_for_nothing_more(asked: Cast) -> None:
    await asked.daniyar.writes(asked.number)
    await asked.daniyar.presses("note")
    for data in (f"official_remove:{asked.daniyar.id}", f"official_removed:{asked.daniyar.id}"):
        await asked.saule.writes("/admin")
        asked.saule.phone.presses_data(data)
        await asked.town.settle()
    await asked.daniyar.writes(SECRET)
    assert asked.daniyar.last.startswith("I did not understand this.")
    assert await _count(asked, "note") == 0


async def test_whatever_the_ngo_opens_or_gets_there_is_no_note_in_it(asked: Cast) -> None:
    """A text and a file in notes before the answer and after it; then everything the NGO can press, type or receive."""
    aigerim, number = asked.aigerim, asked.number
    bolat = asked.town.stranger("Bolat", Language.EN)
    await bolat.meets_the_bot()
    await bolat.presses("i_am_ngo")
    await bolat.writes("Парасат")
    await bolat.presses("Общественный фонд «Парасат»")
    await asked.saule.presses("approve")
    await _notes(asked.daniyar, number)
    await asked.daniyar.writes(number)
    await asked.daniyar.presses("note")
    await asked.daniyar.does("sends_document", SECRET_FILE, b"secret", caption=SECRET)
    await asked.daniyar.writes(number)
    await asked.daniyar.presses("answer")
    await asked.daniyar.presses("outcome_explained")
    await asked.daniyar.writes(ANSWER)
    await asked.daniyar.presses("done_writing")
    await asked.daniyar.presses("send")
    await _notes(asked.daniyar, number)
    for somebody in (aigerim, bolat):
        for typed in ("/my", number, f"№ {number}", "/mydata", "/help"):
            await somebody.writes(typed)
        for data in (f"card:{number}", f"attachments:{number}", f"why_date:{number}", f"note:{number}", "my:open:0"):
            await somebody.writes("/my")
            somebody.phone.presses_data(data)
            await asked.town.settle()
        await somebody.writes("А когда?", reply_to=next(m for m in somebody.phone.chat if number in m.get("text", "")))
        await somebody.writes(number)
    await aigerim.presses("not_answered")
    await aigerim.writes("Нет ответа на вопрос.")
    await aigerim.writes(number)
    everything = ""
    for somebody in (aigerim, bolat):
        assert ANSWER in str(somebody.phone.chat), "the scan sees what was received"
        everything += json.dumps(somebody.phone.chat, ensure_ascii=False, default=str)
        for message in somebody.phone.chat:
            if "document" in message:
                everything += asked.town.telegram.files[message["document"]["file_id"]].content.decode()
    assert "mydata.json" in everything
    for word in (SECRET, SECRET_FILE, "note of the city", "Show the attachments"):
        assert word not in everything

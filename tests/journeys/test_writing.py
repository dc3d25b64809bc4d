"""What an NGO sends along, what it edits afterwards, and what it adds to a question that is registered."""

import pytest
from sqlalchemy import select

from domain.people import Language
from storage.tables import attachments, entries, questions
from tests.journeys.cast import Cast
from tests.town import Somebody

TWENTY_MB = 20 * 1024 * 1024


async def _asks_about(who: Somebody, topic: str = "Help with cultural events") -> None:
    """To the step that waits for text and attachments."""
    await who.writes("/ask")
    await who.presses("question")
    await who.presses(topic)


async def _sends_it(who: Somebody) -> None:
    await who.presses("done_writing")
    await who.presses("public")
    await who.presses("send")


async def _kinds(cast: Cast) -> list[str]:
    async with cast.town.app.database.reading() as db:
        return list(await db.scalars(select(attachments.c.kind).order_by(attachments.c.id)))


async def _text(cast: Cast) -> str | None:
    async with cast.town.app.database.reading() as db:
        text: str | None = await db.scalar(select(questions.c.text).order_by(questions.c.id.desc()).limit(1))
        return text


async def _additions(cast: Cast) -> list[str]:
    async with cast.town.app.database.reading() as db:
        query = select(entries.c.text).where(entries.c.action == "add").order_by(entries.c.id)
        return list(await db.scalars(query))


# --- attachments ----------------------------------------------------------------------------------------------------

EVERY_SORT = [
    ("sends_photo", "photo"),
    ("sends_document", "document"),
    ("sends_voice", "voice"),
    ("sends_video", "video"),
    ("sends_audio", "audio"),
    ("sends_video_note", "video_note"),
    ("sends_animation", "animation"),
    ("sends_location", "place"),
]


async def _sends(who: Somebody, deed: str) -> None:
    await who.does(deed, *((52.2873, 76.9674) if deed == "sends_location" else ()))


async def test_ten_attachments_of_every_sort_reach_the_department(cast: Cast) -> None:
    aigerim = cast.aigerim
    await _asks_about(aigerim)
    await aigerim.writes("Всё приложено.")
    for deed, _ in [*EVERY_SORT, EVERY_SORT[0], EVERY_SORT[1]]:
        await _sends(aigerim, deed)
    assert "10 attachments" in aigerim.last
    await _sends_it(aigerim)
    assert await _kinds(cast) == [kind for _, kind in EVERY_SORT] + ["photo", "document"]
    received = [set(message) for message in cast.daniyar.phone.chat]
    for field in ("photo", "document", "voice", "video", "audio", "video_note", "animation", "location"):
        assert any(field in message for message in received), field


async def test_the_eleventh_attachment_is_refused_and_the_others_stay(cast: Cast) -> None:
    aigerim = cast.aigerim
    await _asks_about(aigerim)
    await aigerim.writes("Фотографии.")
    for _ in range(10):
        await aigerim.does("sends_photo")
    await aigerim.does("sends_photo")
    assert aigerim.last == "10 attachments are the most. This one was not added, the others stay."
    await _sends_it(aigerim)
    assert await _kinds(cast) == ["photo"] * 10


async def test_the_caption_of_a_refused_attachment_is_not_lost(cast: Cast) -> None:
    aigerim = cast.aigerim
    await _asks_about(aigerim)
    await aigerim.does("sends_document", size=TWENTY_MB + 1, caption="План зала, большой файл.")
    assert any("larger than 20 MB" in text for text in aigerim.texts)
    await _sends_it(aigerim)
    assert await _text(cast) == "План зала, большой файл."
    assert await _kinds(cast) == []


@pytest.mark.parametrize(("size", "taken"), [(TWENTY_MB, True), (TWENTY_MB + 1, False)])
async def test_a_file_larger_than_20_mb_is_refused(cast: Cast, size: int, taken: bool) -> None:
    await _asks_about(cast.aigerim)
    await cast.aigerim.does("sends_document", size=size)
    assert ("1 attachment" in cast.aigerim.last) is taken
    assert ("larger than 20 MB" in cast.aigerim.last) is not taken


async def test_the_caption_of_a_photo_is_text(cast: Cast) -> None:
    await _asks_about(cast.aigerim)
    await cast.aigerim.does("sends_photo", caption="Ступени у входа.")
    await _sends_it(cast.aigerim)
    assert await _text(cast) == "Ступени у входа."


async def test_a_photo_alone_asks_for_a_sentence(cast: Cast) -> None:
    await _asks_about(cast.aigerim)
    await cast.aigerim.does("sends_photo")
    await cast.aigerim.presses("done_writing")
    assert cast.aigerim.last == "Please add a sentence that says what the attachments are about."
    await cast.aigerim.writes("Ступени у входа.")
    await _sends_it(cast.aigerim)
    assert await _kinds(cast) == ["photo"]


async def test_voice_alone_is_enough_and_its_length_stands_for_the_text(cast_in_each_language: Cast) -> None:
    cast, aigerim = cast_in_each_language, cast_in_each_language.aigerim
    await aigerim.writes("/ask")
    await aigerim.presses("question")
    await aigerim.presses("not_sure")
    await aigerim.does("sends_voice", 42)
    await _sends_it(aigerim)
    voice = {Language.KK: "дауыстық хабарлама", Language.RU: "голос", Language.EN: "voice"}
    said = await _text(cast)
    assert said is not None
    assert said.startswith(voice[aigerim.language])
    assert said.endswith(", 0:42")


async def test_a_long_recording_is_told_in_minutes(cast: Cast) -> None:
    await _asks_about(cast.aigerim)
    await cast.aigerim.does("sends_voice", 605)
    await _sends_it(cast.aigerim)
    assert await _text(cast) == "voice, 10:05"


async def test_the_department_hears_the_voice(cast: Cast) -> None:
    await _asks_about(cast.aigerim)
    await cast.aigerim.does("sends_voice", 42)
    await _sends_it(cast.aigerim)
    assert cast.daniyar.phone.last["voice"]["duration"] == 42
    assert "2026-000001" in cast.daniyar.phone.last["caption"]


@pytest.mark.parametrize("shuffled", [False, True])
async def test_an_album_of_ten_is_one_acknowledgement_and_ten_attachments_in_order(cast: Cast, shuffled: bool) -> None:
    aigerim = cast.aigerim
    await _asks_about(aigerim)
    said = len(aigerim.texts)
    album = aigerim.phone.sends_album([f"photo {n}".encode() for n in range(10)], caption="Десять ступеней.")
    if shuffled:
        cast.town.telegram.faults.shuffle_updates()
    await cast.town.settle()
    assert len(aigerim.texts) - said == 1
    await _sends_it(aigerim)
    async with cast.town.app.database.reading() as db:
        kept = list(await db.scalars(select(attachments.c.file_id).order_by(attachments.c.id)))
    assert kept == [message["photo"][-1]["file_id"] for message in album]
    assert await _text(cast) == "Десять ступеней."
    arrived = [m for m in cast.daniyar.phone.chat if "photo" in m]
    assert [m["photo"][-1]["file_id"] for m in arrived] == kept
    assert len({m["media_group_id"] for m in arrived}) == 1


async def test_an_album_before_the_text_step_is_acknowledged_once_as_well(cast: Cast) -> None:
    aigerim = cast.aigerim
    said = len(aigerim.texts)
    await aigerim.does("sends_album", [b"1", b"2", b"3"])
    assert len(aigerim.texts) - said == 2  # kept as a draft; what would you like to send?


async def test_photos_and_documents_come_in_the_order_they_were_sent(cast: Cast) -> None:
    aigerim = cast.aigerim
    await _asks_about(aigerim)
    await aigerim.writes("Две части.")
    await aigerim.does("sends_document", "1.pdf")
    await aigerim.does("sends_photo")
    await aigerim.does("sends_document", "2.pdf")
    await _sends_it(aigerim)
    assert await _kinds(cast) == ["document", "photo", "document"]
    assert [next(f for f in ("document", "photo") if f in m) for m in cast.daniyar.phone.chat[-3:]] == [
        "document",
        "photo",
        "document",
    ]


@pytest.mark.parametrize(
    ("deed", "args"), [("sends_sticker", ()), ("sends_poll", ()), ("sends_contact", ("+77011234567",))]
)
async def test_what_nobody_can_answer_is_refused_in_a_sentence(cast: Cast, deed: str, args: tuple[str, ...]) -> None:
    await _asks_about(cast.aigerim)
    await cast.aigerim.does(deed, *args)
    assert cast.aigerim.last.startswith("I cannot take this.")
    await cast.aigerim.writes("Тогда словами.")
    await _sends_it(cast.aigerim)
    assert await _text(cast) == "Тогда словами."


@pytest.mark.parametrize("deed", ["sends_sticker", "sends_poll"])
async def test_nobody_can_answer_it_out_of_the_blue_either(cast: Cast, deed: str) -> None:
    await cast.aigerim.does(deed)
    assert cast.aigerim.last.startswith("I cannot take this.")


async def test_the_ngo_sees_its_attachments_again(cast: Cast) -> None:
    await _asks_about(cast.aigerim)
    await cast.aigerim.does("sends_photo", caption="Ступени.")
    await _sends_it(cast.aigerim)
    await cast.aigerim.writes("2026-000001")
    await cast.aigerim.presses("attachments")
    assert cast.aigerim.last == "№ 2026-000001, attachment"
    assert "photo" in cast.aigerim.phone.last


# --- editing in Telegram --------------------------------------------------------------------------------------------


async def test_editing_a_message_before_sending_changes_the_draft(cast: Cast) -> None:
    aigerim = cast.aigerim
    await _asks_about(aigerim)
    await aigerim.writes("Первое.")
    second = await aigerim.writes("Второе с ашибкой.")
    await aigerim.does("edits", second, "Второе без ошибки.")
    assert aigerim.texts[-2] == "The change is in the text you are writing."
    await _sends_it(aigerim)
    assert await _text(cast) == "Первое.\n\nВторое без ошибки."


async def test_editing_a_message_of_a_draft_laid_aside_changes_that_draft(cast: Cast) -> None:
    aigerim = cast.aigerim
    await _asks_about(aigerim)
    message = await aigerim.writes("Нужен зал.")
    await aigerim.writes("/start")
    await aigerim.does("edits", message, "Нужен большой зал.")
    await aigerim.writes("/ask")
    await aigerim.presses("continue")
    await _sends_it(aigerim)
    assert await _text(cast) == "Нужен большой зал."


async def test_a_caption_added_later_to_a_photo_of_the_draft_is_taken(cast: Cast) -> None:
    aigerim = cast.aigerim
    await _asks_about(aigerim)
    photo = await aigerim.does("sends_photo")
    with_caption = {**photo, "caption": "Ступени у входа."}
    aigerim.phone.room.messages[photo["message_id"]] = with_caption
    await aigerim.does("edits", with_caption, "Ступени у входа.")
    await _sends_it(aigerim)
    assert await _text(cast) == "Ступени у входа."


async def test_telegram_drawing_the_preview_of_a_link_is_no_change(cast: Cast) -> None:
    aigerim = cast.aigerim
    await _asks_about(aigerim)
    message = await aigerim.writes("Смотрите https://example.kz")
    said = len(aigerim.texts)
    await aigerim.does("edits", message, "Смотрите https://example.kz")
    assert len(aigerim.texts) == said


async def test_a_text_edited_at_the_preview_is_shown_before_it_is_sent(cast: Cast) -> None:
    aigerim = cast.aigerim
    await _asks_about(aigerim)
    message = await aigerim.writes("Нужен зал.")
    await aigerim.presses("done_writing")
    await aigerim.presses("public")
    await aigerim.does("edits", message, "Нужен большой зал.")
    assert aigerim.last.startswith("Check before sending")
    assert aigerim.last.endswith("Нужен большой зал.")


@pytest.mark.parametrize("edited", ["\u2800", "ы" * 3501])
async def test_a_text_that_editing_made_unfit_is_not_sent(cast: Cast, edited: str) -> None:
    aigerim = cast.aigerim
    await _asks_about(aigerim)
    message = await aigerim.writes("Нужен зал.")
    await aigerim.presses("done_writing")
    await aigerim.presses("public")
    await aigerim.does("edits", message, edited)
    await aigerim.does("presses", "Send")
    assert await _text(cast) is None


async def test_editing_a_message_after_sending_is_an_addition_and_the_department_is_told(cast: Cast) -> None:
    aigerim = cast.aigerim
    await _asks_about(aigerim)
    message = await aigerim.writes("Нужен зал.")
    await _sends_it(aigerim)
    await aigerim.does("edits", message, "Нужен зал на 200 мест.")
    assert aigerim.last == ("Added to № 2026-000001; the registered text stays as it was. The department is told.")
    assert cast.daniyar.last == "№ 2026-000001: addition by the NGO.\n\nНужен зал на 200 мест."
    assert await _text(cast) == "Нужен зал."
    assert await _additions(cast) == ["Нужен зал на 200 мест."]


async def test_editing_a_caption_after_sending_is_an_addition_as_well(cast: Cast) -> None:
    aigerim = cast.aigerim
    await _asks_about(aigerim)
    photo = await aigerim.does("sends_photo", caption="Ступени.")
    await _sends_it(aigerim)
    await aigerim.does("edits", photo, "Ступени и перила.")
    assert await _additions(cast) == ["Ступени и перила."]


async def test_editing_a_message_that_belongs_to_nothing_says_nothing(cast: Cast) -> None:
    message = await cast.aigerim.writes("/help")
    said = len(cast.aigerim.texts)
    await cast.aigerim.does("edits", message, "/help me")
    assert len(cast.aigerim.texts) == said


# --- adding ---------------------------------------------------------------------------------------------------------


async def test_a_reply_to_the_confirmation_is_an_addition(asked: Cast) -> None:
    await asked.aigerim.writes("Нужен ещё микрофон.", reply_to=asked.aigerim.phone.last)
    assert asked.aigerim.last.startswith("Added to № 2026-000001")
    assert "Нужен ещё микрофон." in asked.daniyar.last
    assert "Take" in asked.daniyar.buttons


async def test_a_reply_to_any_message_with_the_number_is_an_addition_to_that_question(cast: Cast) -> None:
    first = await cast.town.a_question(cast.aigerim, "Первое.")
    await cast.town.a_question(cast.aigerim, "Второе.")
    await cast.aigerim.writes(first)
    await cast.aigerim.writes("К первому.", reply_to=cast.aigerim.phone.last)
    assert cast.aigerim.last.startswith(f"Added to № {first}")


async def test_a_photo_in_reply_is_an_addition_with_an_attachment(asked: Cast) -> None:
    await asked.aigerim.does("sends_photo", reply_to=asked.aigerim.phone.last)
    assert asked.aigerim.last.startswith("Added to № 2026-000001")
    assert "photo" in asked.daniyar.phone.last


async def test_a_file_larger_than_20_mb_is_no_addition_either(asked: Cast) -> None:
    await asked.aigerim.does("sends_document", size=TWENTY_MB + 1, reply_to=asked.aigerim.phone.last)
    assert "larger than 20 MB" in asked.aigerim.last
    assert await _additions(asked) == []


@pytest.mark.parametrize("deed", ["sends_sticker", "sends_poll"])
async def test_a_sticker_in_reply_is_refused_in_a_sentence(asked: Cast, deed: str) -> None:
    message = getattr(asked.aigerim.phone, deed)
    original = asked.aigerim.phone.last
    content = {"reply_to_message": {k: v for k, v in original.items() if k != "reply_to_message"}}
    asked.aigerim.phone._sends({"sticker": message()["sticker"], **content} if deed == "sends_sticker" else content)
    await asked.town.settle()
    assert asked.aigerim.last.startswith("I cannot take this.")


async def test_nothing_that_can_be_read_is_no_addition(asked: Cast) -> None:
    await asked.aigerim.writes("\u2800\u200b", reply_to=asked.aigerim.phone.last)
    assert asked.aigerim.last == "A text is needed. Please write in words."
    assert await _additions(asked) == []


async def test_the_same_reply_handed_out_twice_is_one_addition(asked: Cast) -> None:
    await asked.aigerim.writes("Нужен ещё микрофон.", reply_to=asked.aigerim.phone.last)
    asked.town.telegram.faults.hand_out_again(asked.town.telegram.bot.last_update_id)
    await asked.town.settle()
    assert await _additions(asked) == ["Нужен ещё микрофон."]


async def test_an_addition_is_dated_in_the_history(asked: Cast) -> None:
    number = asked.number
    await asked.town.days_pass(1)
    await asked.aigerim.writes("Нужен ещё микрофон.", reply_to=asked.aigerim.phone.last)
    await asked.aigerim.writes(number)
    assert "3 March 2026, 11:00: addition by the NGO\n\nНужен ещё микрофон." in asked.aigerim.last


async def test_the_responsible_official_is_told_of_an_addition_and_nobody_else(cast: Cast) -> None:
    botagoz = await cast.town.an_official(cast.saule, "Botagoz", language=Language.EN)
    await cast.town.a_question(cast.aigerim)
    await cast.daniyar.presses("take")
    told = len(botagoz.texts)
    await cast.aigerim.writes("Нужен ещё микрофон.", reply_to=cast.aigerim.phone.last)
    assert "Нужен ещё микрофон." in cast.daniyar.last
    assert len(botagoz.texts) == told


async def test_a_withdrawn_question_takes_an_addition_and_stays_withdrawn(asked: Cast) -> None:
    confirmation = asked.aigerim.phone.last
    await asked.aigerim.presses("withdraw")
    await asked.aigerim.writes("Поздно.", reply_to=confirmation)
    await asked.aigerim.writes(asked.number)
    assert "Status: withdrawn" in asked.aigerim.last
    assert await _additions(asked) == ["Поздно."]


async def test_a_reply_to_ones_own_message_with_a_number_is_no_addition(asked: Cast) -> None:
    number = asked.number
    mine = await asked.aigerim.writes(f"Почему по {number} тихо?")
    await asked.aigerim.writes("Очень тихо.", reply_to=mine)
    assert await _additions(asked) == []


async def test_an_official_who_replies_to_a_card_is_shown_what_they_can_do(asked: Cast) -> None:
    await asked.daniyar.writes("Зал свободен.", reply_to=asked.daniyar.phone.last)
    assert "Answer" in asked.daniyar.buttons
    assert "2026-000001" in asked.daniyar.last
    assert await _additions(asked) == []

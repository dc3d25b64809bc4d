"""What a person does reaches the bot as Telegram would send it, and what the bot does can be seen."""

import asyncio

import pytest
from telegram import (
    Bot,
    ChatMemberRestricted,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
    Update,
)
from telegram.error import BadRequest, Forbidden

from simulator.phones import Phone
from simulator.telegram import Telegram


def buttons(*labels: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=label.lower())] for label in labels])


async def heard(bot: Bot) -> Update:
    (update,) = await bot.get_updates()
    return update


async def test_a_person_has_a_name_a_language_and_an_id(bot: Bot, telegram: Telegram) -> None:
    telegram.phone("Айгерим", user_id=7, language_code="kk", username="aigerim").writes("Сәлем")
    user = (await heard(bot)).effective_user
    assert (user.id, user.first_name, user.language_code, user.username) == (7, "Айгерим", "kk", "aigerim")


async def test_a_link_with_a_payload_is_a_start_command(bot: Bot, aigerim: Phone) -> None:
    aigerim.starts("q42")
    message = (await heard(bot)).message
    assert message.text == "/start q42"
    assert message.parse_entities(["bot_command"]) == {message.entities[0]: "/start"}


async def test_the_app_cuts_a_long_text(bot: Bot, aigerim: Phone) -> None:
    aigerim.writes("🏟" * 2049)
    assert [update.message.text for update in await bot.get_updates()] == ["🏟" * 2048, "🏟"]


async def test_unless_it_is_to_be_whole(bot: Bot, aigerim: Phone) -> None:
    aigerim.writes("a" * 5000, whole=True)
    assert len((await heard(bot)).message.text) == 5000


async def test_a_reply_carries_the_original(bot: Bot, aigerim: Phone) -> None:
    message = await bot.send_message(aigerim.id, "Name?")
    aigerim.writes("Aigerim", reply_to=message.message_id)
    assert (await heard(bot)).message.reply_to_message.text == "Name?"


async def test_a_person_corrects_what_they_wrote(bot: Bot, aigerim: Phone) -> None:
    message = aigerim.writes("Wen?")
    aigerim.edits(message, "When?")
    update = (await bot.get_updates())[-1]
    assert (update.edited_message.text, update.edited_message.message_id) == ("When?", message["message_id"])
    assert update.edited_message.edit_date is not None


async def test_the_newest_button_with_the_label_is_pressed(bot: Bot, aigerim: Phone) -> None:
    await bot.send_message(aigerim.id, "Old", reply_markup=buttons("Yes"))
    await bot.send_message(aigerim.id, "New", reply_markup=buttons("Yes", "No"))
    aigerim.presses("Yes")
    query = (await heard(bot)).callback_query
    assert (query.data, query.message.text, query.from_user.id) == ("yes", "New", aigerim.id)


async def test_an_old_button_is_pressed_on_request(bot: Bot, aigerim: Phone) -> None:
    old = await bot.send_message(aigerim.id, "Old", reply_markup=buttons("Yes"))
    await bot.send_message(aigerim.id, "New", reply_markup=buttons("Yes"))
    aigerim.presses("Yes", message=old.message_id)
    assert (await heard(bot)).callback_query.message.text == "Old"


async def test_a_label_that_is_not_there_names_those_that_are(bot: Bot, aigerim: Phone) -> None:
    await bot.send_message(aigerim.id, "?", reply_markup=buttons("Yes", "No"))
    with pytest.raises(AssertionError, match=r"no button “Maybe” for Aigerim; visible are \['Yes', 'No'\]"):
        aigerim.presses("Maybe")


async def test_a_button_below_can_send_the_own_number(bot: Bot, aigerim: Phone) -> None:
    keyboard = ReplyKeyboardMarkup([[KeyboardButton("My number", request_contact=True)]])
    await bot.send_message(aigerim.id, "?", reply_markup=keyboard)
    aigerim.presses("My number")
    assert (await heard(bot)).message.contact.user_id == aigerim.id


async def test_forged_data_comes_with_the_last_message(bot: Bot, aigerim: Phone) -> None:
    await bot.send_message(aigerim.id, "Hi")
    aigerim.presses_data("close:42")
    query = (await heard(bot)).callback_query
    assert (query.data, query.message.text, query.message.is_accessible) == ("close:42", "Hi", True)


@pytest.mark.parametrize("how", [{"message_id": 99}, {"inaccessible": True}])
async def test_forged_data_can_come_with_an_inaccessible_message(
    bot: Bot, aigerim: Phone, how: dict[str, object]
) -> None:
    await bot.send_message(aigerim.id, "Hi")
    aigerim.presses_data("yes", **how)
    assert not (await heard(bot)).callback_query.message.is_accessible


async def test_any_update_can_be_put(bot: Bot, aigerim: Phone) -> None:
    aigerim.raw_update({"something_new": {"a": 1}})
    assert (await heard(bot)).api_kwargs == {"something_new": {"a": 1}}


SENT = [
    ("sends_photo", "photo"),
    ("sends_document", "document"),
    ("sends_voice", "voice"),
    ("sends_video", "video"),
    ("sends_audio", "audio"),
    ("sends_video_note", "video_note"),
    ("sends_animation", "animation"),
    ("sends_sticker", "sticker"),
    ("sends_poll", "poll"),
]


@pytest.mark.parametrize(("verb", "kind"), SENT)
async def test_whatever_a_person_sends_arrives(bot: Bot, aigerim: Phone, verb: str, kind: str) -> None:
    getattr(aigerim, verb)()
    assert getattr((await heard(bot)).message, kind)


async def test_a_place_and_a_contact_arrive(bot: Bot, aigerim: Phone) -> None:
    aigerim.sends_location(52.29, 76.97)
    aigerim.sends_contact("+77010000000", user_id=0, first_name="Nobody")
    place, contact = await bot.get_updates()
    assert place.message.location.longitude == 76.97
    assert contact.message.contact.user_id is None


async def test_an_album_is_several_updates_of_one_group(bot: Bot, aigerim: Phone) -> None:
    aigerim.sends_album([b"1", b"2", ("plan.pdf", b"3")], caption="The yard")
    messages = [update.message for update in await bot.get_updates()]
    assert len({message.media_group_id for message in messages}) == 1
    assert [message.caption for message in messages] == ["The yard", None, None]
    assert messages[2].document.mime_type == "application/pdf"


async def test_a_sent_file_can_be_downloaded(bot: Bot, aigerim: Phone) -> None:
    aigerim.sends_document("a.txt", "Сәлем".encode(), "text/plain", caption="A letter")
    document = (await heard(bot)).message.document
    assert bytes(await (await document.get_file()).download_as_bytearray()).decode() == "Сәлем"


# --- seeing


async def test_a_person_waits_for_the_answer(bot: Bot, aigerim: Phone) -> None:
    async def answer() -> None:
        await asyncio.sleep(0.02)
        await bot.send_message(aigerim.id, "It is № 1, wait")

    aigerim.writes("Ask")
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(answer())
        message = await aigerim.sees("№ 1")
    assert message["text"] == "It is № 1, wait"


async def test_an_answer_that_is_there_already_is_seen_in_any_order(bot: Bot, aigerim: Phone) -> None:
    await bot.send_message(aigerim.id, "One")
    await bot.send_message(aigerim.id, "Two")
    assert (await aigerim.sees("Two"))["text"] == "Two"
    assert (await aigerim.sees("One"))["text"] == "One"


async def test_what_came_before_the_person_acted_is_no_answer(bot: Bot, aigerim: Phone) -> None:
    await bot.send_message(aigerim.id, "One")
    aigerim.writes("Two")
    with pytest.raises(AssertionError, match=r"Aigerim waited 0\.05 s to see “One”; the chat:\n.*\n.*bot: One"):
        await aigerim.sees("One", timeout=0.05)


async def test_an_edited_message_is_seen(bot: Bot, aigerim: Phone) -> None:
    message = await bot.send_message(aigerim.id, "One", reply_markup=buttons("Yes"))
    aigerim.presses("Yes")
    await message.edit_text("Done")
    assert (await aigerim.sees("Done"))["message_id"] == message.message_id


async def test_a_toast_and_a_deletion_are_seen(bot: Bot, aigerim: Phone) -> None:
    message = await bot.send_message(aigerim.id, "One", reply_markup=buttons("Yes"))
    query_id = aigerim.presses("Yes")
    await bot.answer_callback_query(query_id, "Taken", show_alert=True)
    await message.delete()
    assert await aigerim.sees_toast("Take") == "Taken"
    await aigerim.sees_gone(message.message_id)


async def test_the_demo_page_hears_of_everything_on_one_phone(bot: Bot, aigerim: Phone, telegram: Telegram) -> None:
    daniyar = telegram.phone("Daniyar")
    events = telegram.subscribe(aigerim.id)
    daniyar.writes("Not for her")
    aigerim.writes("Hi")
    message = await bot.send_message(aigerim.id, "One", reply_markup=ReplyKeyboardMarkup([["Ask"]]))
    await bot.send_chat_action(aigerim.id, "typing")
    await message.delete()
    telegram.reset()
    kinds = [(await anext(events))["type"] for _ in range(6)]
    assert kinds == ["message", "message", "keyboard", "typing", "delete", "reset"]


# --- groups


async def test_in_a_group_a_bot_hears_what_is_meant_for_it(bot: Bot, aigerim: Phone, telegram: Telegram) -> None:
    group = telegram.group("NGOs", [aigerim])
    there = aigerim.within(group)
    message = await bot.send_message(group.id, "Hello")
    there.writes("Unheard")
    there.writes("/ask@other_bot")
    there.writes("/ask@kopir_bot")
    there.writes("/ask")
    there.writes("Hello yourself", reply_to=message.message_id)
    texts = [update.message.text for update in await bot.get_updates() if update.message]
    assert texts == ["/ask@kopir_bot", "/ask", "Hello yourself"]


async def test_a_bot_hears_that_it_was_added_and_removed(bot: Bot, aigerim: Phone, telegram: Telegram) -> None:
    group = telegram.group("NGOs", [aigerim])
    aigerim.within(group).removes_bot()
    aigerim.within(group).writes("/ask")
    changes = [update.my_chat_member.new_chat_member.status for update in await bot.get_updates()]
    assert changes == ["member", "kicked"]
    with pytest.raises(Forbidden, match="bot was kicked from the group chat"):
        await bot.send_message(group.id, "Hi")


async def test_a_group_that_became_a_supergroup_says_where_it_went(
    bot: Bot, aigerim: Phone, telegram: Telegram
) -> None:
    group = telegram.group("NGOs", [aigerim])
    new = telegram.migrate(group)
    with pytest.raises(Exception, match=f"New chat id: {new.id}"):
        await bot.send_message(group.id, "Hi")
    await bot.send_message(new.id, "Hi")
    joined, went, came = (await bot.get_updates())[1:]
    assert (joined.my_chat_member.chat.id, joined.my_chat_member.new_chat_member.status) == (new.id, "member")
    assert (went.message.from_user.id, went.message.migrate_to_chat_id) == (aigerim.id, new.id)
    assert (came.message.from_user.is_bot, came.message.sender_chat.id) == (True, new.id)
    assert came.message.migrate_from_chat_id == group.id


async def test_ids_of_groups_are_negative(telegram: Telegram, aigerim: Phone) -> None:
    assert telegram.group("NGOs", [aigerim]).id < -(2**31)


async def test_a_group_without_the_bot_is_closed_to_it(bot: Bot, aigerim: Phone, telegram: Telegram) -> None:
    group = telegram.group("NGOs", [aigerim])
    await bot.leave_chat(group.id)
    with pytest.raises(Forbidden, match="bot is not a member of the group chat"):
        await bot.send_message(group.id, "Hi")
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(-1, "Hi")


async def test_a_silenced_bot_hears_of_it_and_is_refused(bot: Bot, aigerim: Phone, telegram: Telegram) -> None:
    group = telegram.migrate(telegram.group("NGOs", [aigerim]))
    aigerim.within(group).silences_bot()
    change = (await bot.get_updates())[-1].my_chat_member
    assert isinstance(change.new_chat_member, ChatMemberRestricted)
    assert not change.new_chat_member.can_send_messages
    with pytest.raises(BadRequest, match="Not enough rights to send text messages to the chat"):
        await bot.send_message(group.id, "Hi")


# --- forums


async def test_a_bot_begins_a_topic_and_writes_in_it(bot: Bot, aigerim: Phone, telegram: Telegram) -> None:
    forum = telegram.forum("Culture", [aigerim])
    topic = await bot.create_forum_topic(forum.id, "№ 42")
    there = await bot.send_message(forum.id, "Card", message_thread_id=topic.message_thread_id)
    outside = await bot.send_message(forum.id, "For all")
    assert (there.message_thread_id, there.is_topic_message) == (topic.message_thread_id, True)
    assert (outside.message_thread_id, outside.is_topic_message) == (None, None)
    assert (there.chat.is_forum, topic.name) == (True, "№ 42")


async def test_what_is_written_in_a_topic_replies_to_its_beginning(
    bot: Bot, aigerim: Phone, telegram: Telegram
) -> None:
    forum = telegram.forum("Culture", [aigerim])
    topic = await bot.create_forum_topic(forum.id, "№ 42")
    card = await bot.send_message(forum.id, "Card", message_thread_id=topic.message_thread_id)
    phone = aigerim.within(forum)
    phone.writes("Who takes it?", topic=topic.message_thread_id)
    phone.writes("Me", reply_to=card.message_id)
    said = [update.message for update in await bot.get_updates() if update.message and update.message.text]
    assert [m.message_thread_id for m in said] == [topic.message_thread_id] * 2
    beginning, answered = (m.reply_to_message for m in said)
    assert beginning.forum_topic_created.name == "№ 42"
    assert answered.message_id == card.message_id


async def test_a_deleted_topic_takes_its_messages_along(bot: Bot, aigerim: Phone, telegram: Telegram) -> None:
    forum = telegram.forum("Culture", [aigerim])
    topic = await bot.create_forum_topic(forum.id, "№ 42")
    card = await bot.send_message(forum.id, "Card", message_thread_id=topic.message_thread_id)
    telegram.delete_topic(forum, topic.message_thread_id)
    with pytest.raises(BadRequest, match="Message thread not found"):
        await bot.send_message(forum.id, "Card", message_thread_id=topic.message_thread_id)
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await card.edit_text("Another")


async def test_not_every_chat_takes_topics(bot: Bot, aigerim: Phone, telegram: Telegram) -> None:
    with pytest.raises(BadRequest, match="The chat is not a forum"):
        await bot.create_forum_topic(telegram.group("NGOs", [aigerim]).id, "№ 42")
    forum = telegram.forum("Culture", [aigerim])
    forum.members[bot.id] = "member"
    with pytest.raises(BadRequest, match="Not enough rights to create a topic"):
        await bot.create_forum_topic(forum.id, "№ 42")
    forum.members[bot.id] = "administrator"
    with pytest.raises(BadRequest, match="Topic_title_too_long"):
        await bot.create_forum_topic(forum.id, "№" * 129)

"""What a bot changes afterwards, and what it may not."""

import pytest
from telegram import Bot, BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto, ReplyKeyboardMarkup
from telegram.error import BadRequest

from simulator.phones import Phone
from simulator.telegram import Telegram
from tests.simulator.clock import Clock

YES = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="yes")]])


async def test_an_edit_replaces_the_text_in_its_place(bot: Bot, aigerim: Phone) -> None:
    message = await bot.send_message(aigerim.id, "One")
    aigerim.writes("Two")
    edited = await message.edit_text("<b>Three</b>", parse_mode="HTML")
    assert [m["text"] for m in aigerim.chat[1:]] == ["Three", "Two"]
    assert edited.edit_date is not None
    assert edited.entities[0].type == "bold"


async def test_an_edit_without_a_keyboard_takes_the_old_one_away(bot: Bot, aigerim: Phone) -> None:
    message = await bot.send_message(aigerim.id, "One", reply_markup=YES)
    await message.edit_text("Two")
    assert aigerim.labels() == []


@pytest.mark.parametrize("text", ["One", " One ", "<i></i>One"])
async def test_the_same_again_is_refused(bot: Bot, aigerim: Phone, text: str) -> None:
    message = await bot.send_message(aigerim.id, "One", reply_markup=YES)
    with pytest.raises(BadRequest, match="specified new message content and reply markup are exactly the same"):
        await message.edit_text(text, reply_markup=YES, parse_mode="HTML")


async def test_the_same_text_in_bold_is_another(bot: Bot, aigerim: Phone) -> None:
    message = await bot.send_message(aigerim.id, "One")
    assert (await message.edit_text("<b>One</b>", parse_mode="HTML")).entities


async def test_the_second_of_two_equal_edits_is_refused(bot: Bot, aigerim: Phone) -> None:
    message = await bot.send_message(aigerim.id, "One")
    await message.edit_text("Two")
    with pytest.raises(BadRequest, match="Message is not modified"):
        await message.edit_text("Two")


async def test_the_keyboard_alone_can_be_changed(bot: Bot, aigerim: Phone) -> None:
    message = await bot.send_message(aigerim.id, "One", reply_markup=YES)
    await message.edit_reply_markup(None)
    assert aigerim.texts() == ["One"]
    assert aigerim.labels() == []
    with pytest.raises(BadRequest, match="Message is not modified"):
        await message.edit_reply_markup(None)


async def test_what_is_not_there_cannot_be_edited(bot: Bot, aigerim: Phone) -> None:
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("Two", aigerim.id, 99)


async def test_nobody_edits_what_another_wrote(bot: Bot, aigerim: Phone) -> None:
    hers = aigerim.writes("Mine")
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("Two", aigerim.id, hers["message_id"])


async def test_a_message_with_a_reply_keyboard_cannot_be_edited(bot: Bot, aigerim: Phone) -> None:
    message = await bot.send_message(aigerim.id, "One", reply_markup=ReplyKeyboardMarkup([["Ask"]]))
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await message.edit_text("Two")


async def test_a_photo_has_a_caption_and_no_text(bot: Bot, aigerim: Phone) -> None:
    message = await bot.send_photo(aigerim.id, b"x", caption="One")
    with pytest.raises(BadRequest, match="There is no text in the message to edit"):
        await message.edit_text("Two")
    await message.edit_caption("Two")
    assert aigerim.texts() == ["Two"]
    await message.edit_caption(None)
    assert aigerim.texts() == [""]


async def test_a_text_has_no_caption(bot: Bot, aigerim: Phone) -> None:
    message = await bot.send_message(aigerim.id, "One")
    with pytest.raises(BadRequest, match="There is no caption in the message to edit"):
        await message.edit_caption("Two")


async def test_a_photo_becomes_another(bot: Bot, aigerim: Phone) -> None:
    message = await bot.send_photo(aigerim.id, b"x", caption="One")
    edited = await message.edit_media(InputMediaPhoto(b"y", caption="Two"))
    assert edited.photo[-1].file_id != message.photo[-1].file_id
    assert edited.caption == "Two"


async def test_deleted_is_gone(bot: Bot, aigerim: Phone) -> None:
    message = await bot.send_message(aigerim.id, "One")
    await message.delete()
    assert aigerim.texts() == []
    with pytest.raises(BadRequest, match="Message to delete not found"):
        await message.delete()


async def test_after_two_days_a_message_stays(bot: Bot, aigerim: Phone, clock: Clock) -> None:
    message = await bot.send_message(aigerim.id, "One")
    clock.pass_(hours=48, seconds=1)
    with pytest.raises(BadRequest, match="Message can't be deleted for everyone"):
        await message.delete()
    assert await message.edit_text("Two")


async def test_several_are_deleted_and_the_missing_passed_over(bot: Bot, aigerim: Phone) -> None:
    messages = [await bot.send_message(aigerim.id, str(number)) for number in range(3)]
    assert await bot.delete_messages(aigerim.id, [messages[0].message_id, 99, messages[2].message_id])
    assert aigerim.texts() == ["1"]


# --- pressed buttons


async def test_a_press_is_answered_once(bot: Bot, aigerim: Phone) -> None:
    await bot.send_message(aigerim.id, "?", reply_markup=YES)
    aigerim.presses("Yes")
    (update,) = await bot.get_updates()
    await update.callback_query.answer("Taken")
    assert aigerim.answers == ["Taken"]
    with pytest.raises(BadRequest, match="Query is too old and response timeout expired or query id is invalid"):
        await update.callback_query.answer("Again")


async def test_a_late_answer_is_refused(bot: Bot, aigerim: Phone, clock: Clock) -> None:
    query_id = aigerim.presses_data("yes")
    clock.pass_(minutes=2)
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query(query_id)


async def test_a_forged_query_is_refused(bot: Bot) -> None:
    with pytest.raises(BadRequest, match="query id is invalid"):
        await bot.answer_callback_query("1")


async def test_a_long_toast_is_refused(bot: Bot, aigerim: Phone) -> None:
    with pytest.raises(BadRequest, match=r"(?i)message_too_long"):
        await bot.answer_callback_query(aigerim.presses_data("yes"), "a" * 201)


# --- what a bot says of itself


async def test_commands_have_a_scope_and_a_language(bot: Bot) -> None:
    await bot.set_my_commands([BotCommand("ask", "Ask a department")])
    await bot.set_my_commands([BotCommand("ask", "Сұрақ қою")], language_code="kk")
    assert (await bot.get_my_commands(language_code="kk"))[0].description == "Сұрақ қою"
    await bot.delete_my_commands(language_code="kk")
    assert await bot.get_my_commands(language_code="kk") == ()
    assert (await bot.get_my_commands())[0].description == "Ask a department"


@pytest.mark.parametrize("name", ["Ask", "ask-me", "сұрақ", "a" * 33])
async def test_a_wrong_command_is_refused(bot: Bot, name: str) -> None:
    with pytest.raises(BadRequest, match=r"(?i)bot_command_invalid"):
        await bot.set_my_commands([BotCommand(name, "Ask")])


async def test_names_have_languages(bot: Bot) -> None:
    await bot.set_my_description("For NGOs")
    await bot.set_my_short_description("Сұрақ", language_code="kk")
    assert (await bot.get_my_description("ru")).description == "For NGOs"
    assert (await bot.get_my_short_description("kk")).short_description == "Сұрақ"


async def test_a_chat_describes_itself(bot: Bot, aigerim: Phone, telegram: Telegram) -> None:
    message = await bot.send_message(aigerim.id, "Rules")
    await message.pin()
    chat = await bot.get_chat(aigerim.id)
    assert (chat.first_name, chat.pinned_message.text) == ("Aigerim", "Rules")
    group = telegram.group("NGOs", [aigerim])
    assert (await bot.get_chat_member(group.id, aigerim.id)).status == "creator"
    assert (await bot.get_chat_member(group.id, bot.id)).status == "member"

"""What a bot sends arrives, or is refused in the words of Telegram."""

import pytest
from telegram import (
    Bot,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    LinkPreviewOptions,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    ReplyParameters,
)
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter

from simulator.phones import Phone
from simulator.telegram import Telegram
from tests.simulator.clock import Clock


def button(label: str = "Yes", **action: object) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, **(action or {"callback_data": "yes"}))]])


# --- texts


@pytest.mark.parametrize("text", ["a" * 4096, "🏟" * 2048, "<b>" + "a" * 4096 + "</b>", " " * 100 + "a" * 4096])
async def test_a_text_of_the_greatest_length_arrives_whole(bot: Bot, aigerim: Phone, text: str) -> None:
    await bot.send_message(aigerim.id, text, parse_mode="HTML")
    assert len(aigerim.last["text"].encode("utf-16-le")) == 2 * 4096


@pytest.mark.parametrize("text", ["a" * 4097, "🏟" * 2049, "&amp;" * 4097])
async def test_a_longer_text_is_refused(bot: Bot, aigerim: Phone, text: str) -> None:
    with pytest.raises(BadRequest, match="Message is too long"):
        await bot.send_message(aigerim.id, text, parse_mode="HTML")


@pytest.mark.parametrize("text", [" ", "\n\t\n", "<b> </b>"])
async def test_a_text_without_words_is_refused(bot: Bot, aigerim: Phone, text: str) -> None:
    with pytest.raises(BadRequest, match="Message text is empty"):
        await bot.send_message(aigerim.id, text, parse_mode="HTML")


async def test_the_message_says_who_where_and_when(bot: Bot, aigerim: Phone, clock: Clock) -> None:
    message = await bot.send_message(aigerim.id, "Hi", link_preview_options=LinkPreviewOptions(is_disabled=True))
    assert message.from_user.id == bot.id
    assert (message.chat.id, message.chat.first_name) == (aigerim.id, "Aigerim")
    assert message.date == clock.moment
    assert message.link_preview_options.is_disabled


async def test_ids_of_people_do_not_fit_into_31_bits(aigerim: Phone) -> None:
    assert aigerim.id > 2**31


async def test_ids_of_messages_grow_in_a_chat(bot: Bot, aigerim: Phone) -> None:
    first = await bot.send_message(aigerim.id, "1")
    aigerim.writes("2")
    third = await bot.send_message(aigerim.id, "3")
    assert third.message_id == first.message_id + 2


# --- who may be written to


async def test_a_stranger_may_not_be_written_to(bot: Bot, telegram: Telegram) -> None:
    stranger = telegram.phone("Stranger")
    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        await bot.send_message(stranger.id, "Hi")


async def test_nobody_has_no_chat(bot: Bot) -> None:
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(1, "Hi")


async def test_who_blocks_the_bot_is_lost_until_they_write_again(bot: Bot, aigerim: Phone) -> None:
    aigerim.blocks()
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(aigerim.id, "Hi")
    aigerim.starts()
    await bot.send_message(aigerim.id, "Hi")
    changes = [u.my_chat_member.new_chat_member.status for u in await bot.get_updates() if u.my_chat_member]
    assert changes == ["kicked", "member"]


async def test_a_deleted_account_is_deactivated(bot: Bot, aigerim: Phone) -> None:
    aigerim.deletes_account()
    with pytest.raises(Forbidden, match="user is deactivated"):
        await bot.send_message(aigerim.id, "Hi")


# --- replies


async def test_a_reply_shows_the_original(bot: Bot, aigerim: Phone) -> None:
    question = aigerim.writes("When?")
    answer = await bot.send_message(aigerim.id, "Today", reply_parameters=ReplyParameters(question["message_id"]))
    assert answer.reply_to_message.text == "When?"


async def test_a_reply_to_nothing_is_refused_unless_allowed(bot: Bot, aigerim: Phone) -> None:
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await bot.send_message(aigerim.id, "Today", reply_parameters=ReplyParameters(99))
    allowed = ReplyParameters(99, allow_sending_without_reply=True)
    assert (await bot.send_message(aigerim.id, "Today", reply_parameters=allowed)).reply_to_message is None


# --- keyboards


@pytest.mark.parametrize("data", ["a", "a" * 64, "ә" * 32])
async def test_button_data_of_up_to_64_bytes_comes_back(bot: Bot, aigerim: Phone, data: str) -> None:
    await bot.send_message(aigerim.id, "?", reply_markup=button(callback_data=data))
    aigerim.presses("Yes")
    (update,) = await bot.get_updates()
    assert update.callback_query.data == data


REFUSED_BUTTONS = [
    (button(callback_data="a" * 65), "BUTTON_DATA_INVALID"),
    (button(callback_data="ә" * 33), "BUTTON_DATA_INVALID"),
    (button(url="no link"), "Inline keyboard button url 'no link' is invalid"),
    (InlineKeyboardMarkup([[InlineKeyboardButton("a", callback_data="a")] * 8] * 13), "Reply markup is too long"),
    (ReplyKeyboardMarkup([[" "]]), "Keyboard button text must be non-empty"),
]


@pytest.mark.parametrize(("markup", "error"), REFUSED_BUTTONS)
async def test_a_wrong_button_is_refused(bot: Bot, aigerim: Phone, markup: InlineKeyboardMarkup, error: str) -> None:
    with pytest.raises(BadRequest, match=f"(?i){error}"):
        await bot.send_message(aigerim.id, "?", reply_markup=markup)
    assert aigerim.texts() == []


async def test_a_reply_keyboard_stays_below_the_chat_until_removed(bot: Bot, aigerim: Phone) -> None:
    message = await bot.send_message(aigerim.id, "?", reply_markup=ReplyKeyboardMarkup([["Ask", "Mine"]]))
    assert message.reply_markup is None  # the real Message does not show it either
    await bot.send_message(aigerim.id, "Still there")
    assert aigerim.keyboard == [["Ask", "Mine"]]
    aigerim.presses("Mine")
    assert aigerim.chat[-1]["text"] == "Mine"
    await bot.send_message(aigerim.id, "!", reply_markup=ReplyKeyboardRemove())
    assert aigerim.keyboard == []


async def test_a_forced_reply_is_asked_for_once(bot: Bot, aigerim: Phone) -> None:
    await bot.send_message(aigerim.id, "Name?", reply_markup=ForceReply())
    assert aigerim.room.keyboard == {"force_reply": True}
    aigerim.writes("Aigerim")
    assert aigerim.room.keyboard is None


# --- files


async def test_an_uploaded_file_can_be_downloaded_and_sent_again(bot: Bot, aigerim: Phone) -> None:
    message = await bot.send_document(aigerim.id, b"words", filename="letter.txt", caption="<b>A letter</b>")
    assert (message.document.file_name, message.document.mime_type) == ("letter.txt", "text/plain")
    file = await bot.get_file(message.document.file_id)
    assert bytes(await file.download_as_bytearray()) == b"words"
    again = await bot.send_document(aigerim.id, message.document.file_id)
    assert again.document == message.document


async def test_a_photo_has_several_sizes_and_the_last_is_the_largest(bot: Bot, aigerim: Phone) -> None:
    content = b"\xff\xd8" + b"x" * 1000
    message = await bot.send_photo(aigerim.id, content)
    assert [size.width for size in message.photo] == sorted(size.width for size in message.photo)
    assert len({size.file_unique_id for size in message.photo}) == len(message.photo) == 3
    assert bytes(await (await message.photo[-1].get_file()).download_as_bytearray()) == content


SENT = ["send_photo", "send_document", "send_video", "send_audio", "send_voice", "send_animation", "send_video_note"]


@pytest.mark.parametrize("method", SENT)
async def test_each_kind_of_file_arrives_as_what_it_is(bot: Bot, aigerim: Phone, method: str) -> None:
    message = await getattr(bot, method)(aigerim.id, b"content")
    kind = method.removeprefix("send_")
    assert getattr(message, kind)
    assert kind in aigerim.last


async def test_a_file_of_another_kind_is_refused(bot: Bot, aigerim: Phone) -> None:
    message = await bot.send_photo(aigerim.id, b"x")
    with pytest.raises(BadRequest, match="Can't use file of type photo as document"):
        await bot.send_document(aigerim.id, message.photo[0].file_id)


async def test_an_unknown_file_is_refused(bot: Bot, aigerim: Phone) -> None:
    with pytest.raises(BadRequest, match="Wrong file identifier/http url specified"):
        await bot.send_document(aigerim.id, "BQACnothing")


async def test_an_empty_file_is_refused(bot: Bot, aigerim: Phone) -> None:
    with pytest.raises(BadRequest, match="File must be non-empty"):
        await bot.send_document(aigerim.id, b"")


async def test_over_20_megabytes_may_be_sent_on_but_not_downloaded(bot: Bot, aigerim: Phone) -> None:
    aigerim.sends_document("film.mov", size=20 * 1024 * 1024 + 1)
    (update,) = await bot.get_updates()
    with pytest.raises(BadRequest, match="File is too big"):
        await update.message.document.get_file()
    await bot.send_document(aigerim.id, update.message.document.file_id)


async def test_over_50_megabytes_may_not_be_uploaded(bot: Bot, aigerim: Phone) -> None:
    with pytest.raises(NetworkError, match="Request Entity Too Large"):
        await bot.send_document(aigerim.id, b"x" * (50 * 1024 * 1024 + 1))


async def test_a_caption_holds_1024_units(bot: Bot, aigerim: Phone) -> None:
    await bot.send_photo(aigerim.id, b"x", caption="🏟" * 512)
    with pytest.raises(BadRequest, match="Message caption is too long"):
        await bot.send_photo(aigerim.id, b"x", caption="🏟" * 513)


# --- albums


async def test_an_album_is_several_messages_of_one_group(bot: Bot, aigerim: Phone) -> None:
    messages = await bot.send_media_group(aigerim.id, [InputMediaPhoto(b"1", caption="Both"), InputMediaPhoto(b"2")])
    assert len({message.media_group_id for message in messages}) == 1
    assert [message.caption for message in messages] == ["Both", None]
    assert len(aigerim.chat) == 3


@pytest.mark.parametrize(("count", "error"), [(1, "too few messages"), (11, "too many messages")])
async def test_an_album_has_two_to_ten(bot: Bot, aigerim: Phone, count: int, error: str) -> None:
    with pytest.raises(BadRequest, match=f"(?i){error}"):
        await bot.send_media_group(aigerim.id, [InputMediaPhoto(b"x")] * count)


async def test_documents_do_not_mix_with_photos(bot: Bot, aigerim: Phone) -> None:
    with pytest.raises(BadRequest, match="Document can't be mixed with other media types"):
        await bot.send_media_group(aigerim.id, [InputMediaPhoto(b"x"), InputMediaDocument(b"y")])
    assert aigerim.texts() == []


# --- copies and the rest


async def test_a_copy_has_the_content_and_not_the_author(bot: Bot, aigerim: Phone) -> None:
    original = aigerim.sends_document(caption="For you")
    copy = await bot.copy_message(aigerim.id, aigerim.id, original["message_id"])
    assert aigerim.last["message_id"] == copy.message_id
    assert aigerim.last["caption"] == "For you"
    assert "forward_origin" not in aigerim.last


async def test_a_forward_names_the_author(bot: Bot, aigerim: Phone, telegram: Telegram) -> None:
    daniyar = telegram.phone("Daniyar")
    daniyar.starts()
    original = aigerim.sends_photo(b"x", caption="Pit")
    message = await bot.forward_message(daniyar.id, aigerim.id, original["message_id"])
    assert message.forward_origin.sender_user.first_name == "Aigerim"
    assert daniyar.last["caption"] == "Pit"


async def test_a_forward_of_nothing_is_refused(bot: Bot, aigerim: Phone) -> None:
    with pytest.raises(BadRequest, match="Message to forward not found"):
        await bot.forward_message(aigerim.id, aigerim.id, 99)


async def test_places_contacts_and_polls_arrive(bot: Bot, aigerim: Phone) -> None:
    assert (await bot.send_location(aigerim.id, 52.29, 76.97)).location.latitude == 52.29
    assert (await bot.send_venue(aigerim.id, 52.29, 76.97, "Akimat", "Kairbayev 32")).venue.title == "Akimat"
    assert (await bot.send_contact(aigerim.id, "+77010000000", "Daniyar")).contact.first_name == "Daniyar"
    poll = (await bot.send_poll(aigerim.id, "When?", ["Today", "Tomorrow"])).poll
    assert [option.text for option in poll.options] == ["Today", "Tomorrow"]


async def test_typing_ends_with_the_message(bot: Bot, aigerim: Phone) -> None:
    await bot.send_chat_action(aigerim.id, "typing")
    assert aigerim.typing
    await bot.send_message(aigerim.id, "Done")
    assert not aigerim.typing


# --- how fast


async def test_by_default_nobody_counts(bot: Bot, aigerim: Phone) -> None:
    for number in range(50):
        await bot.send_message(aigerim.id, str(number))
    assert len(aigerim.texts()) == 50


async def test_one_person_gets_one_message_a_second(bot: Bot, aigerim: Phone, telegram: Telegram, clock: Clock) -> None:
    telegram.limits.on = True
    await bot.send_message(aigerim.id, "1")
    with pytest.raises(RetryAfter) as caught:
        await bot.send_message(aigerim.id, "2")
    assert caught.value.retry_after.total_seconds() == 1
    clock.pass_(seconds=1)
    await bot.send_message(aigerim.id, "2")
    assert [call.status for call in telegram.record] == [200, 429, 200]


async def test_all_together_get_thirty_a_second(bot: Bot, telegram: Telegram, clock: Clock) -> None:
    telegram.limits.on = True
    people = [telegram.phone(f"Person {number}") for number in range(31)]
    for person in people:
        person.starts()
    for person in people[:30]:
        await bot.send_message(person.id, "1")
    with pytest.raises(RetryAfter):
        await bot.send_message(people[30].id, "1")


async def test_a_group_gets_twenty_a_minute(bot: Bot, aigerim: Phone, telegram: Telegram, clock: Clock) -> None:
    telegram.limits.on = True
    group = telegram.group("NGOs", [aigerim])
    for _ in range(20):
        await bot.send_message(group.id, "1")
        clock.pass_(seconds=1)
    with pytest.raises(RetryAfter) as caught:
        await bot.send_message(group.id, "1")
    assert caught.value.retry_after.total_seconds() == 40

"""What a bot changes afterwards: edits, deletions, pins, the answer to a pressed button."""

from datetime import timedelta
from typing import Any

from simulator import media
from simulator.calls import Asked, plays
from simulator.keyboards import inline_part
from simulator.refusal import bad_request
from simulator.sending import caption_content, text_content
from simulator.telegram import Chat, Message

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
DELETABLE_FOR = timedelta(hours=48)


def _to_edit(asked: Asked) -> tuple[Chat, Message]:
    chat = asked.chat_to_write()
    if not asked.get("message_id"):
        raise bad_request("message identifier is not specified")
    message = chat.messages.get(asked.get("message_id"))
    if message is None:
        raise bad_request("message to edit not found")
    # nobody edits another's message, a forwarded one, or one that brought a keyboard that is not inline
    markup = chat.markups.get(message["message_id"], {})
    if message["from"]["id"] != asked.bot.id or "forward_origin" in message or "keyboard" in markup:
        raise bad_request("message can't be edited")
    return chat, message


def _edit(asked: Asked, chat: Chat, message: Message, *gone: str, **content: Any) -> Message:
    """The message with other content and the keyboard of this call: without one, the old keyboard disappears."""
    dropped = {*gone, *content, "reply_markup", "edit_date"}
    edited = {name: value for name, value in message.items() if name not in dropped} | content
    if inline := inline_part(asked.get("reply_markup")):
        edited["reply_markup"] = inline
    if edited == {name: value for name, value in message.items() if name != "edit_date"}:
        raise bad_request(NOT_MODIFIED)
    return asked.telegram.replace(chat, edited)


@plays("editMessageText")
def edit_message_text(asked: Asked) -> Message:
    content = text_content(asked)
    chat, message = _to_edit(asked)
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    return _edit(asked, chat, message, "entities", "link_preview_options", **content)


@plays("editMessageCaption")
def edit_message_caption(asked: Asked) -> Message:
    content = caption_content(asked.params)
    chat, message = _to_edit(asked)
    if not any(kind in message for kind in media.KINDS):
        raise bad_request("there is no caption in the message to edit")
    return _edit(asked, chat, message, "caption", "caption_entities", **content)


@plays("editMessageReplyMarkup")
def edit_message_reply_markup(asked: Asked) -> Message:
    chat, message = _to_edit(asked)
    return _edit(asked, chat, message)


@plays("editMessageMedia")
def edit_message_media(asked: Asked) -> Message:
    item = asked.get("media")
    caption = caption_content(item)
    chat, message = _to_edit(asked)
    content = media.content_of(asked, item["type"], item, "media") | caption
    return _edit(asked, chat, message, *media.KINDS, "text", "entities", "caption", "caption_entities", **content)


@plays("deleteMessage")
def delete_message(asked: Asked) -> bool:
    chat = asked.chat()
    message = chat.messages.get(asked.get("message_id"))
    if message is None:
        raise bad_request("message to delete not found")
    if not _deletable(asked, chat, message):
        raise bad_request("message can't be deleted for everyone")
    asked.telegram.remove(chat, message["message_id"])
    return True


@plays("deleteMessages")
def delete_messages(asked: Asked) -> bool:
    """Those that are not there or may not be deleted are passed over."""
    chat = asked.chat()
    if len(asked.get("message_ids")) > 100:
        raise bad_request("too many message identifiers specified")
    for message_id in asked.get("message_ids"):
        message = chat.messages.get(message_id)
        if message is not None and _deletable(asked, chat, message):
            asked.telegram.remove(chat, message_id)
    return True


def _deletable(asked: Asked, chat: Chat, message: Message) -> bool:
    if message["date"] < (asked.telegram.now() - DELETABLE_FOR).timestamp():
        return False
    return chat.is_private or message["from"]["id"] == asked.bot.id or chat.members[asked.bot.id] == "administrator"


@plays("pinChatMessage")
def pin_chat_message(asked: Asked) -> bool:
    chat = asked.chat_to_write()
    if asked.get("message_id") not in chat.messages:
        raise bad_request("message to pin not found")
    if not chat.is_private and chat.members.get(asked.bot.id) != "administrator":
        raise bad_request("not enough rights to manage pinned messages in the chat")
    chat.pinned.append(asked.get("message_id"))
    return True


@plays("unpinChatMessage")
def unpin_chat_message(asked: Asked) -> bool:
    chat = asked.chat_to_write()
    message_id = asked.get("message_id") or (chat.pinned[-1] if chat.pinned else None)
    if message_id not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned.remove(message_id)
    return True


@plays("answerCallbackQuery")
def answer_callback_query(asked: Asked) -> bool:
    telegram = asked.telegram
    query = telegram.queries.get(asked.get("callback_query_id"))
    if query is None or query.answered or telegram.now() - query.at > telegram.query_lifetime:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    text = asked.get("text", "")
    if len(text) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    query.answered = True
    alert = asked.get("show_alert", False)
    telegram.happened(query.chat, "toast", text=text, alert=alert, query_id=query.id, people=[query.user_id])
    return True

"""What a bot sends: texts, files, albums, places, copies."""

from typing import Any

from simulator import media
from simulator.calls import Asked, plays
from simulator.formatting import read_text, utf16_length
from simulator.keyboards import check_reply_part, inline_part, lay_under
from simulator.refusal import bad_request
from simulator.telegram import Chat, Message

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
# what may be in a message, apart from who sent it where: this is what a copy takes along
CONTENT = (
    *media.KINDS,
    "text",
    "entities",
    "caption",
    "caption_entities",
    "location",
    "venue",
    "contact",
    "poll",
    "link_preview_options",
)


def text_content(asked: Asked) -> dict[str, Any]:
    """`text` and `entities` of a Message."""
    text, entities = read_text(asked.get("text", ""), asked.get("parse_mode"), asked.get("entities"))
    if not text:
        raise bad_request("message text is empty")
    if utf16_length(text) > TEXT_LIMIT:
        raise bad_request("message is too long")
    content: dict[str, Any] = {"text": text}
    if entities:
        content["entities"] = entities
    if preview := asked.get("link_preview_options"):
        content["link_preview_options"] = preview
    return content


def caption_content(given: dict[str, Any]) -> dict[str, Any]:
    """`caption` and `caption_entities` of a Message; nothing when there is no caption."""
    text, entities = read_text(given.get("caption") or "", given.get("parse_mode"), given.get("caption_entities"))
    if utf16_length(text) > CAPTION_LIMIT:
        raise bad_request("message caption is too long")
    content: dict[str, Any] = {"caption": text} if text else {}
    if entities:
        content["caption_entities"] = entities
    return content


def send(asked: Asked, *contents: dict[str, Any]) -> list[Message]:
    """Puts the messages into the chat if the bot may write there, with the reply and the keyboard of the call."""
    telegram = asked.telegram
    chat = asked.chat_to_write()
    frame = _thread_part(asked, chat) | _reply_part(asked, chat)
    markup = asked.get("reply_markup")
    if inline := inline_part(markup):
        frame["reply_markup"] = inline
    check_reply_part(markup)
    if asked.get("protect_content"):
        frame["has_protected_content"] = True
    telegram.limits.take(chat.id, chat.is_private, len(contents), telegram.now())
    messages = [telegram.post(chat, asked.bot.as_user(), content | frame) for content in contents]
    lay_under(telegram, chat, messages[-1], markup)
    return messages


def _thread_part(asked: Asked, chat: Chat) -> dict[str, Any]:
    topic = asked.get("message_thread_id")
    if not topic:
        return {}
    if topic not in chat.topics:
        raise bad_request("message thread not found")
    return {"message_thread_id": topic, "is_topic_message": True}


def _reply_part(asked: Asked, chat: Chat) -> dict[str, Any]:
    wanted = asked.get("reply_parameters")
    if not wanted:
        return {}
    if wanted.get("chat_id") not in (None, chat.id):
        raise bad_request("the simulator does not play replies to another chat")
    original = chat.messages.get(wanted["message_id"])
    if original is None:
        if wanted.get("allow_sending_without_reply"):
            return {}
        raise bad_request("message to be replied not found")
    part: dict[str, Any] = {"reply_to_message": {k: v for k, v in original.items() if k != "reply_to_message"}}
    if quote := wanted.get("quote"):
        whole = original.get("text") or original.get("caption") or ""
        if quote not in whole:
            raise bad_request("QUOTE_TEXT_INVALID")
        part["quote"] = {"text": quote, "position": utf16_length(whole[: whole.index(quote)]), "is_manual": True}
    return part


@plays("sendMessage")
def send_message(asked: Asked) -> Message:
    return send(asked, text_content(asked))[0]


@plays("sendPhoto", "sendDocument", "sendVideo", "sendAudio", "sendVoice", "sendAnimation", "sendVideoNote")
def send_file(asked: Asked) -> Message:
    kind = {"sendVideoNote": "video_note"}.get(asked.method, asked.method.removeprefix("send").lower())
    caption = caption_content(asked.params)
    asked.chat_to_write()  # no file is kept for a chat that refuses it
    return send(asked, media.content_of(asked, kind, asked.params, kind) | caption)[0]


@plays("sendMediaGroup")
def send_media_group(asked: Asked) -> list[Message]:
    items = asked.get("media")
    if not items:
        raise bad_request("there are no messages to send")
    if len(items) > 10:
        raise bad_request("too many messages to send as an album")
    if len(items) < 2:
        # the real server lets one through today; its documentation asks for two to ten, and so do we
        raise bad_request("too few messages to send as an album")
    kinds = {item["type"] for item in items}
    if len(kinds) > 1 and not kinds <= {"photo", "video"}:
        odd = next(kind for kind in sorted(kinds) if kind not in ("photo", "video"))
        raise bad_request(f"{odd} can't be mixed with other media types")
    asked.chat_to_write()
    captions = [caption_content(item) for item in items]
    files = [media.content_of(asked, item["type"], item, "media") for item in items]
    album = {"media_group_id": str(13_000_000_000_000 + asked.telegram.next_number())}
    return send(asked, *(file | caption | album for file, caption in zip(files, captions, strict=True)))


@plays("sendLocation")
def send_location(asked: Asked) -> Message:
    return send(asked, {"location": _place(asked)})[0]


@plays("sendVenue")
def send_venue(asked: Asked) -> Message:
    location = _place(asked)
    venue = {"location": location, "title": asked.get("title"), "address": asked.get("address")}
    return send(asked, {"venue": venue, "location": location})[0]


def _place(asked: Asked) -> dict[str, float]:
    latitude, longitude = float(asked.get("latitude")), float(asked.get("longitude"))
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise bad_request("wrong latitude or longitude specified")
    return {"latitude": latitude, "longitude": longitude}


@plays("sendContact")
def send_contact(asked: Asked) -> Message:
    fields = ("phone_number", "first_name", "last_name", "vcard")
    return send(asked, {"contact": {name: asked.get(name) for name in fields if asked.get(name)}})[0]


@plays("sendPoll")
def send_poll(asked: Asked) -> Message:
    options = [option["text"] for option in asked.get("options")]
    if not 2 <= len(options) <= 12:
        raise bad_request(
            "poll must have at least 2 option" if len(options) < 2 else "poll can't have more than 12 options"
        )
    if len(asked.get("question")) > 300:
        raise bad_request("poll question length must not exceed 300")
    return send(asked, {"poll": poll(asked.telegram.next_number(), asked.get("question"), options)})[0]


def poll(number: int, question: str, options: list[str]) -> dict[str, Any]:
    return {
        "id": str(5_000_000_000_000 + number),
        "question": question,
        "options": [
            {"persistent_id": str(index), "text": text, "voter_count": 0} for index, text in enumerate(options)
        ],
        "total_voter_count": 0,
        "is_closed": False,
        "is_anonymous": True,
        "type": "regular",
        "allows_multiple_answers": False,
        "allows_revoting": True,
        "members_only": False,
    }


@plays("copyMessage")
def copy_message(asked: Asked) -> dict[str, int]:
    original = _original(asked, "copy")
    content = {name: original[name] for name in CONTENT if name in original}
    if "caption" in asked.params:
        content = {k: v for k, v in content.items() if not k.startswith("caption")} | caption_content(asked.params)
    return {"message_id": send(asked, content)[0]["message_id"]}


@plays("forwardMessage")
def forward_message(asked: Asked) -> Message:
    original = _original(asked, "forward")
    content = {name: original[name] for name in CONTENT if name in original}
    origin = original.get("forward_origin") or {
        "type": "user",
        "sender_user": original["from"],
        "date": original["date"],
    }
    return send(asked, content | {"forward_origin": origin})[0]


def _original(asked: Asked, verb: str) -> Message:
    source = asked.telegram.chat_of(asked.bot, asked.get("from_chat_id"))
    original = source.messages.get(asked.get("message_id"))
    if original is None:
        raise bad_request(f"message to {verb} not found")
    if original.get("has_protected_content") or not any(name in original for name in CONTENT):
        raise bad_request("message can't be copied" if verb == "copy" else "message can't be forwarded")
    return original


@plays("sendChatAction")
def send_chat_action(asked: Asked) -> bool:
    chat = asked.chat_to_write()
    known = ("typing", "choose_sticker", "find_location")
    if asked.get("action") not in known and not asked.get("action").startswith(("upload_", "record_")):
        raise bad_request("wrong parameter action in request")
    chat.action = asked.get("action")
    asked.telegram.happened(chat, "typing", action=chat.action)
    return True

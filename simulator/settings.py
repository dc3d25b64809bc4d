"""What a bot says of itself and asks about chats: names, commands, members, files, the webhook."""

import json
from typing import Any
from urllib.parse import urlsplit

from simulator.calls import Asked, plays
from simulator.media import DOWNLOAD_LIMIT
from simulator.refusal import RefusedCall, bad_request, conflict
from simulator.telegram import Webhook


@plays("getMe")
def get_me(asked: Asked) -> dict[str, Any]:
    return asked.bot.as_user() | {
        "can_join_groups": True,
        "can_read_all_group_messages": asked.bot.reads_all_group_messages,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


@plays("getFile")
def get_file(asked: Asked) -> dict[str, Any]:
    file = asked.telegram.files.get(asked.get("file_id"))
    if file is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if file.size > DOWNLOAD_LIMIT:
        raise bad_request("file is too big")
    return {
        "file_id": file.file_id,
        "file_unique_id": file.file_unique_id,
        "file_size": file.size,
        "file_path": file.path,
    }


# --- commands and names, each for a scope and a language


def _key(asked: Asked) -> str:
    return json.dumps([asked.get("scope") or {"type": "default"}, asked.get("language_code", "")], sort_keys=True)


@plays("setMyCommands")
def set_my_commands(asked: Asked) -> bool:
    commands = asked.get("commands")
    if len(commands) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        name, description = command["command"].removeprefix("/"), command["description"]
        if not (1 <= len(name) <= 32 and name.isascii() and name.replace("_", "a").isalnum() and name == name.lower()):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(description) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    asked.bot.commands[_key(asked)] = commands
    return True


@plays("getMyCommands")
def get_my_commands(asked: Asked) -> list[dict[str, str]]:
    return asked.bot.commands.get(_key(asked), [])


@plays("deleteMyCommands")
def delete_my_commands(asked: Asked) -> bool:
    asked.bot.commands.pop(_key(asked), None)
    return True


NAMES = {"Name": ("name", 64), "Description": ("description", 512), "ShortDescription": ("short_description", 120)}


@plays("setMyName", "setMyDescription", "setMyShortDescription")
def set_name(asked: Asked) -> bool:
    field, limit = NAMES[asked.method.removeprefix("setMy")]
    text = asked.get(field, "")
    if len(text) > limit:
        raise bad_request("the specified name is too long" if field == "name" else f"{field.upper()}_TOO_LONG")
    asked.bot.names[field, asked.get("language_code", "")] = text
    return True


@plays("getMyName", "getMyDescription", "getMyShortDescription")
def get_name(asked: Asked) -> dict[str, str]:
    field, _ = NAMES[asked.method.removeprefix("getMy")]
    names, language = asked.bot.names, asked.get("language_code", "")
    default = asked.bot.name if field == "name" else ""
    return {field: names.get((field, language)) or names.get((field, "")) or default}


@plays("setChatMenuButton")
def set_chat_menu_button(asked: Asked) -> bool:
    asked.bot.menu_buttons[asked.get("chat_id")] = asked.get("menu_button") or {"type": "default"}
    return True


@plays("getChatMenuButton")
def get_chat_menu_button(asked: Asked) -> dict[str, Any]:
    buttons = asked.bot.menu_buttons
    return buttons.get(asked.get("chat_id")) or buttons.get(None) or {"type": "commands"}


# --- chats


@plays("getChat")
def get_chat(asked: Asked) -> dict[str, Any]:
    chat = asked.chat()
    full: dict[str, Any] = chat.as_dict() | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": {
            "unlimited_gifts": False,
            "limited_gifts": False,
            "unique_gifts": False,
            "premium_subscription": False,
            "gifts_from_channels": False,
        },
    }
    if chat.pinned and chat.pinned[-1] in chat.messages:
        full["pinned_message"] = chat.messages[chat.pinned[-1]]
    return full


@plays("getChatMember")
def get_chat_member(asked: Asked) -> dict[str, Any]:
    chat = asked.chat()
    user = asked.telegram.users.get(asked.get("user_id"))
    if user is None:
        raise bad_request("member not found" if not chat.is_private else "user not found")
    status = chat.members.get(user["id"], "left")
    extra: dict[str, Any] = {"until_date": 0} if status == "kicked" else {}
    if status == "creator":
        extra = {"is_anonymous": False}
    return {"user": user, "status": status} | extra


@plays("createForumTopic")
def create_forum_topic(asked: Asked) -> dict[str, Any]:
    chat, name = asked.chat_to_write(), asked.get("name")
    if not chat.is_forum:
        raise bad_request("the chat is not a forum")
    if chat.members.get(asked.bot.id) != "administrator":
        raise bad_request("not enough rights to create a topic")
    if len(name) > 128:
        raise bad_request("TOPIC_TITLE_TOO_LONG")
    asked.telegram.limits.take(chat.id, chat.is_private, 1, asked.telegram.now())
    return asked.telegram.begin_topic(chat, asked.bot.as_user(), name, asked.get("icon_color", ICON_COLORS[0]))


ICON_COLORS = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)


@plays("leaveChat")
def leave_chat(asked: Asked) -> bool:
    chat = asked.chat_to_write()
    if chat.is_private:
        raise bad_request("chat member status can't be changed in private chats")
    chat.members[asked.bot.id] = "left"
    return True


# --- the webhook


@plays("setWebhook")
def set_webhook(asked: Asked) -> bool:
    url = asked.get("url", "")
    if asked.get("drop_pending_updates"):
        asked.bot.updates.clear()
    if "allowed_updates" in asked.params:
        asked.bot.allowed_updates = asked.get("allowed_updates") or []
    if not url:
        asked.bot.webhook = None
        return True
    # the real server insists on https; a simulator on the same machine delivers over http as well
    if urlsplit(url).scheme not in ("https", "http") or not urlsplit(url).netloc:
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    asked.bot.webhook = Webhook(url, asked.get("secret_token"), asked.get("max_connections", 40))
    asked.bot.bell.ring()
    return True


@plays("deleteWebhook")
def delete_webhook(asked: Asked) -> bool:
    if asked.get("drop_pending_updates"):
        asked.bot.updates.clear()
    asked.bot.webhook = None
    return True


@plays("getWebhookInfo")
def get_webhook_info(asked: Asked) -> dict[str, Any]:
    bot, webhook = asked.bot, asked.bot.webhook
    info: dict[str, Any] = {
        "url": webhook.url if webhook else "",
        "has_custom_certificate": False,
        "pending_update_count": len(asked.telegram.waiting_updates(bot)),
    }
    if bot.allowed_updates:
        info["allowed_updates"] = bot.allowed_updates
    if webhook:
        info["max_connections"] = webhook.max_connections
        if webhook.last_error_date:
            info["last_error_date"] = webhook.last_error_date
            info["last_error_message"] = webhook.last_error_message
    return info


def refuse_polling_with_webhook(asked: Asked) -> None:
    if asked.bot.webhook:
        raise conflict(
            "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
        )


@plays("logOut", "close")
def log_out(asked: Asked) -> bool:
    raise RefusedCall(501, f"the simulator does not play {asked.method}: a bot stays where it is")

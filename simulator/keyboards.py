"""The keyboards that come with a message, and what Telegram refuses about them."""

from typing import Any
from urllib.parse import urlsplit

from simulator.refusal import bad_request
from simulator.telegram import Chat, Message, Telegram

Markup = dict[str, Any]
# what an inline button may do; it must do exactly one of these
ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)


def inline_part(markup: Markup | None) -> Markup | None:
    """The inline keyboard as a Message shows it, checked; None when there is none or it is empty."""
    if not markup or "inline_keyboard" not in markup:
        return None
    rows = [row for row in markup["inline_keyboard"] if row]
    if sum(map(len, rows)) > 100:
        raise bad_request("reply markup is too long")
    for row in rows:
        for button in row:
            _check_inline(button)
    return {"inline_keyboard": rows} if rows else None


def _check_inline(button: dict[str, Any]) -> None:
    if not button["text"].strip():
        raise bad_request('can\'t parse inline keyboard button: Field "text" must be of type String')
    actions = [name for name in ACTIONS if name in button]
    if not actions:
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
        raise bad_request("BUTTON_DATA_INVALID")
    if "url" in button and not _is_link(button["url"]):
        raise bad_request(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")


def _is_link(url: str) -> bool:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    return parts.scheme in ("http", "https", "tg", "ton") and (parts.scheme == "tg" or "." in parts.netloc)


def check_reply_part(markup: Markup | None) -> None:
    """Refuses a reply keyboard nobody could press."""
    for row in (markup or {}).get("keyboard", []):
        for button in row:
            if not (button if isinstance(button, str) else button.get("text", "")).strip():
                raise bad_request("keyboard button text must be non-empty")


def lay_under(telegram: Telegram, chat: Chat, message: Message, markup: Markup | None) -> None:
    """A keyboard that is not inline belongs to the chat, not to the message: the real Message does not show it."""
    if not markup or "inline_keyboard" in markup:
        return
    chat.markups[message["message_id"]] = markup
    chat.keyboard = None if "remove_keyboard" in markup else markup
    telegram.happened(chat, "keyboard", keyboard=chat.keyboard)

"""The groups on a person's phone, and what the owner of one may do with it in the app."""

from collections.abc import Callable, Iterable
from typing import Any

from simulator.phones import Phone
from simulator.telegram import Chat

Deed = Callable[[Phone], None]


def groups_of(phone: Phone) -> list[Chat]:
    """A group that became a supergroup is one chat for its people: the present one."""
    return [chat for chat in phone.telegram.groups.values() if chat.migrated_to is None and chat.has(phone.id)]


def described_group(phone: Phone, chat: Chat, neighbours: Iterable[Phone]) -> dict[str, Any]:
    """As the list of chats shows it; `neighbours` are those whom the owner could add."""
    here = Phone(phone.telegram, phone.bot, phone.user, chat)
    return {
        "id": chat.id,
        "type": chat.type,
        "title": chat.about["title"],
        "people": sum(chat.has(one) for one in chat.members),
        "before": next((old.id for old in phone.telegram.groups.values() if old.migrated_to == chat.id), None),
        "is_forum": chat.is_forum,
        "topics": [{"id": topic_id, "name": name} for topic_id, name in chat.topics.items()] if chat.is_forum else [],
        "deeds": deeds(here),
        "may_delete_topics": _owns(here) and chat.is_forum,
        "may_add": [_named(one) for one in neighbours if _owns(here) and not chat.has(one.id)],
    }


def _named(phone: Phone) -> dict[str, Any]:
    return {"user_id": phone.id, "name": phone.user["first_name"]}


def _owns(here: Phone) -> bool:
    return here.room.members.get(here.id) == "creator"


# --- what its owner does


def deeds(here: Phone) -> list[str]:
    """What the owner may do with the group as it is; nobody else may do anything."""
    chat = here.room
    if not _owns(here):
        return []
    found = ["make_supergroup"] if chat.type == "group" else []
    found.append("end_topics" if chat.is_forum else "begin_topics")
    match chat.members.get(here.bot.id):
        case "administrator":
            return [*found, "demote_bot", "remove_bot"]
        case "member" | "restricted":
            return [*found, "promote_bot", "remove_bot"]
    return [*found, "add_bot"]


def _make_supergroup(here: Phone) -> None:
    here.telegram.migrate(here.room)


def _begin_topics(here: Phone) -> None:
    """Only a supergroup has topics: a group becomes one first."""
    chat = here.telegram.migrate(here.room) if here.room.type == "group" else here.room
    chat.about["is_forum"] = True
    here.telegram.happened(chat, "chats")


def _end_topics(here: Phone) -> None:
    del here.room.about["is_forum"]
    here.telegram.happened(here.room, "chats")


def _promote_bot(here: Phone) -> None:
    _becomes(here, "administrator")


def _demote_bot(here: Phone) -> None:
    _becomes(here, "member")


def _becomes(here: Phone, status: str) -> None:
    chat, bot = here.room, here.bot
    old = chat.members.get(bot.id, "left")
    chat.members[bot.id] = status
    here.telegram.change_membership(bot, chat, here.user, old, status)
    here.telegram.happened(chat, "chats")


def _add_bot(here: Phone) -> None:
    _becomes(here, "member")
    service = here.telegram.post(here.room, here.user, {"new_chat_members": [here.bot.as_user()]})
    here.telegram.put_update(here.bot, "message", service)


DEEDS: dict[str, Deed] = {
    "make_supergroup": _make_supergroup,
    "begin_topics": _begin_topics,
    "end_topics": _end_topics,
    "promote_bot": _promote_bot,
    "demote_bot": _demote_bot,
    "add_bot": _add_bot,
    "remove_bot": Phone.removes_bot,
}


def carry_out(here: Phone, deed: str) -> bool:
    """False when this person may not do this to the group as it is now."""
    if deed not in deeds(here):
        return False
    DEEDS[deed](here)
    return True


def add_person(here: Phone, somebody: Phone) -> bool:
    """False when this person may add nobody, or somebody is there already."""
    if not _owns(here) or here.room.has(somebody.id):
        return False
    somebody.within(here.room)
    here.telegram.happened(here.room, "chats")
    service = here.telegram.post(here.room, here.user, {"new_chat_members": [somebody.user]})
    if here.room.has(here.bot.id):
        here.telegram.put_update(here.bot, "message", service)
    return True


def delete_topic(here: Phone, topic_id: int) -> bool:
    """False when this person may delete none, or there is no such topic."""
    if not _owns(here) or topic_id not in here.room.topics:
        return False
    here.telegram.delete_topic(here.room, topic_id)
    return True

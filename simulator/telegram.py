"""What Telegram remembers: people, chats, messages, files, and the updates that wait for a bot.

All of it is plain synchronous state in memory. Nothing happens by itself: only a call of the Bot API, a person at a
phone, or a test changes it. Only waiting (`Bell`) needs an event loop, and everything runs in one thread.
"""

import asyncio
import hashlib
import itertools
import mimetypes
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from simulator.faults import Faults
from simulator.limits import FloodLimits
from simulator.refusal import bad_request, forbidden

if TYPE_CHECKING:
    from simulator.phones import Phone

Message = dict[str, Any]
Update = dict[str, Any]
Event = dict[str, Any]

# a bot hears these only when it asks for them by name
NOT_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}
UPDATES_ARE_KEPT = timedelta(hours=24)
# who is in a group, whatever they may do there
PRESENT = ("creator", "administrator", "member", "restricted")
# in whose name a group itself speaks
THE_GROUP = {"id": 1_087_968_824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
RIGHTS = (
    *("can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos"),
    *("can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages"),
    *("can_add_web_page_previews", "can_react_to_messages", "can_edit_tag", "can_change_info"),
    *("can_invite_users", "can_pin_messages", "can_manage_topics"),
)
ADMINISTRATOR_RIGHTS = (
    *("can_be_edited", "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members"),
    *("can_promote_members", "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories"),
    *("can_delete_stories", "can_pin_messages", "can_manage_topics"),
)


def wall_clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the default of an injected clock


class Bell:
    """Wakes everybody who waits for something to happen; those who come later wait for the next time."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        self._waiting.clear()

    async def wait(self) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await future
        finally:
            self._waiting.discard(future)


@dataclass
class File:
    """A file on Telegram's servers. Its declared size may be larger than what the simulator really holds."""

    file_id: str
    file_unique_id: str
    content: bytes
    size: int
    path: str
    name: str
    mime_type: str
    kind: str
    shown: dict[str, Any] = field(default_factory=dict)  # the part of a Message that shows it


@dataclass
class Chat:
    """A conversation of the bot with one person, or a group."""

    id: int
    type: str
    about: dict[str, Any]  # names, as in the Bot API's Chat
    members: dict[int, str] = field(default_factory=dict)  # user id -> status
    messages: dict[int, Message] = field(default_factory=dict)
    markups: dict[int, dict[str, Any]] = field(default_factory=dict)  # not inline: the real Message does not show them
    keyboard: dict[str, Any] | None = None  # what is below the input field now
    action: str | None = None  # "typing", until the bot's next message
    started: bool = False  # a bot may not write first
    blocked: bool = False
    pinned: list[int] = field(default_factory=list)
    last_message_id: int = 0
    migrated_to: int | None = None
    topics: dict[int, str] = field(default_factory=dict)  # of a forum: id of the message that began it -> name

    @property
    def is_private(self) -> bool:
        return self.type == "private"

    @property
    def is_forum(self) -> bool:
        return bool(self.about.get("is_forum"))

    def has(self, user_id: int) -> bool:
        return self.members.get(user_id) in PRESENT

    def as_dict(self) -> dict[str, Any]:
        return {"id": self.id, "type": self.type, **self.about}


@dataclass
class Webhook:
    url: str
    secret_token: str | None = None
    max_connections: int = 40
    last_error_date: int | None = None
    last_error_message: str | None = None


@dataclass
class Bot:
    """A program's account: its name, its settings and the updates it has not confirmed yet."""

    token: str
    id: int
    username: str
    name: str
    reads_all_group_messages: bool = False
    last_update_id: int = 0
    updates: deque[tuple[datetime, Update]] = field(default_factory=deque)
    handed_out: deque[Update] = field(default_factory=lambda: deque(maxlen=1000))  # confirmed: faults may repeat them
    allowed_updates: list[str] = field(default_factory=list)
    webhook: Webhook | None = None
    poll: object | None = None  # the long poll that runs now
    commands: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    menu_buttons: dict[int | None, dict[str, Any]] = field(default_factory=dict)
    bell: Bell = field(default_factory=Bell)

    def as_user(self) -> dict[str, Any]:
        return {"id": self.id, "is_bot": True, "first_name": self.name, "username": self.username}

    def allows(self, kind: str) -> bool:
        return kind in self.allowed_updates if self.allowed_updates else kind not in NOT_BY_DEFAULT


@dataclass(frozen=True)
class Call:
    """A line of the record: who called what, when, and how it ended."""

    method: str
    params: dict[str, Any]
    at: datetime
    status: int
    description: str = ""

    @property
    def chat_id(self) -> int | None:
        value = self.params.get("chat_id")
        return int(value) if isinstance(value, int | str) and str(value).lstrip("-").isdigit() else None


@dataclass
class Query:
    """A pressed inline button that waits for answerCallbackQuery."""

    id: str
    user_id: int
    chat: Chat
    at: datetime
    answered: bool = False


class Telegram:
    """The whole of it. Make one, add a bot, give people phones."""

    def __init__(self, now: Callable[[], datetime] = wall_clock, first_user_id: int = 5_000_000_001) -> None:
        # user ids above 2^31 are common today: a program that keeps them in 32 bits must notice here
        self.now = now
        self.bots: dict[str, Bot] = {}
        self.users: dict[int, dict[str, Any]] = {}
        self.phones: dict[int, Phone] = {}
        self.private_chats: dict[tuple[int, int], Chat] = {}  # bot id, user id
        self.groups: dict[int, Chat] = {}
        self.deactivated: set[int] = set()  # people who have deleted their account
        self.files: dict[str, File] = {}
        self.files_by_path: dict[str, File] = {}
        self.queries: dict[str, Query] = {}
        self.events: list[Event] = []
        self.record: list[Call] = []
        self.faults = Faults(wake_polls=self._wake_polls)
        self.limits = FloodLimits()
        self.bell = Bell()
        self.query_lifetime = timedelta(seconds=60)
        self._user_ids = itertools.count(first_user_id)
        self._group_ids = itertools.count(1)
        self._numbers = itertools.count(1)

    # --- bots and people

    def add_bot(self, token: str, username: str = "kopir_bot", name: str = "Köpir", **settings: Any) -> Bot:
        number = token.partition(":")[0]
        if not number.isdigit() or ":" not in token:
            raise ValueError("a token is a number, a colon and a secret: 123456:ABC")
        # update ids of a bot start at some large number: a program must not take them for a count
        bot = Bot(token, int(number), username, name, last_update_id=700_000_000, **settings)
        self.bots[token] = bot
        self.users[bot.id] = bot.as_user()
        return bot

    @property
    def bot(self) -> Bot:
        """The first bot: most tests have one."""
        return next(iter(self.bots.values()))

    def phone(
        self,
        first_name: str,
        user_id: int | None = None,
        language_code: str | None = None,
        username: str | None = None,
        last_name: str | None = None,
        bot: Bot | None = None,
    ) -> "Phone":
        """A person with a phone, and the chat with the bot, which is empty until the person writes."""
        from simulator.phones import Phone

        user: dict[str, Any] = {
            "id": user_id if user_id is not None else next(self._user_ids),
            "is_bot": False,
            "first_name": first_name,
            "last_name": last_name,
            "username": username,
            "language_code": language_code,
        }
        user = {key: value for key, value in user.items() if value is not None}
        self.users[user["id"]] = user
        phone = Phone(self, bot or self.bot, user, self.private_chat(bot or self.bot, user))
        self.phones[user["id"]] = phone
        return phone

    def private_chat(self, bot: Bot, user: dict[str, Any]) -> Chat:
        key = (bot.id, user["id"])
        if key not in self.private_chats:
            about: dict[str, Any] = {k: user[k] for k in ("first_name", "last_name", "username") if k in user}
            self.private_chats[key] = Chat(user["id"], "private", about, members={user["id"]: "member"})
        return self.private_chats[key]

    def group(self, title: str, members: Iterable["Phone"] = (), bot: Bot | None = None) -> Chat:
        """A group with these people, to which the bot has just been added by the first of them."""
        people = list(members)
        bot = bot or self.bot
        chat = Chat(-next(self._group_ids) - 4_000_000_000, "group", {"title": title}, started=True)
        chat.members = {phone.user["id"]: "member" for phone in people}
        self.groups[chat.id] = chat
        if people:
            chat.members[people[0].user["id"]] = "creator"
            self.change_membership(bot, chat, people[0].user, "left", "member")
        chat.members[bot.id] = "member"
        return chat

    def forum(self, title: str, members: Iterable["Phone"] = (), bot: Bot | None = None) -> Chat:
        """A supergroup with topics, of which the bot is an administrator that may begin some."""
        chat = self.migrate(self.group(title, members, bot))
        chat.about["is_forum"] = True
        self.change_membership(bot or self.bot, chat, self.owner(chat), "member", "administrator")
        chat.members[(bot or self.bot).id] = "administrator"
        return chat

    def owner(self, chat: Chat) -> dict[str, Any]:
        return next((self.users[one] for one, status in chat.members.items() if status == "creator"), THE_GROUP)

    def begin_topic(self, chat: Chat, by: dict[str, Any], name: str, icon_color: int) -> dict[str, Any]:
        """A topic of a forum; its id is that of the service message that begins it."""
        about, topic_id = {"name": name, "icon_color": icon_color}, chat.last_message_id + 1
        chat.topics[topic_id] = name
        self.happened(chat, "chats")
        thread = {"message_thread_id": topic_id, "is_topic_message": True}
        self.post(chat, by, {"forum_topic_created": about} | thread)
        return {"message_thread_id": topic_id, **about}

    def delete_topic(self, chat: Chat, topic_id: int) -> None:
        """With all that was said in it; no bot is told."""
        del chat.topics[topic_id]
        for message_id in [m["message_id"] for m in chat.messages.values() if m.get("message_thread_id") == topic_id]:
            self.remove(chat, message_id)
        self.happened(chat, "chats")

    def change_membership(self, bot: Bot, chat: Chat, by: dict[str, Any], old: str, new: str) -> None:
        """The bot is added, removed, blocked, silenced or the other way round: it hears of it by `my_chat_member`."""

        def member(status: str) -> dict[str, Any]:
            more: dict[str, Any] = {"until_date": 0} if status in ("kicked", "restricted") else {}
            if status == "restricted":
                more |= {"is_member": True} | dict.fromkeys(RIGHTS, False)
            if status == "administrator":
                more |= dict.fromkeys(ADMINISTRATOR_RIGHTS, True) | {"is_anonymous": False}
            return {"user": bot.as_user(), "status": status, **more}

        change = {"chat": chat.as_dict(), "from": by, "date": self.timestamp()}
        self.put_update(
            bot, "my_chat_member", change | {"old_chat_member": member(old), "new_chat_member": member(new)}
        )

    def migrate(self, group: Chat) -> Chat:
        """The group becomes a supergroup: another id, and the old one refuses with `migrate_to_chat_id`.

        Its owner says so in the old one, the group itself in the new one; a bot in it seems to join the new one.
        """
        new = Chat(-1_000_000_000_000 + group.id, "supergroup", dict(group.about), dict(group.members), started=True)
        self.groups[new.id] = new
        group.migrated_to = new.id
        self.happened(new, "chats")
        services = [
            self.post(group, self.owner(group), {"migrate_to_chat_id": new.id}),
            self.post(new, THE_GROUP, {"sender_chat": new.as_dict(), "migrate_from_chat_id": group.id}),
        ]
        if group.has(self.bot.id):
            self.change_membership(self.bot, new, self.owner(group), "left", group.members[self.bot.id])
            for service in services:
                self.put_update(self.bot, "message", service)
        return new

    # --- messages

    def timestamp(self) -> int:
        return int(self.now().timestamp())

    def chat_of(self, bot: Bot, chat_id: int | str) -> Chat:
        """The chat the bot speaks of, whether or not it may write there."""
        if chat_id == "":
            raise bad_request("chat_id is empty")
        chat = self.groups.get(chat_id) if isinstance(chat_id, int) else self._chat_named(chat_id)
        chat = chat or (self.private_chats.get((bot.id, chat_id)) if isinstance(chat_id, int) else None)
        if chat is None:
            raise bad_request("chat not found")
        return chat

    def _chat_named(self, name: str) -> Chat | None:
        return next(
            (chat for chat in self.groups.values() if chat.about.get("username") == name.removeprefix("@")), None
        )

    def post(self, chat: Chat, sender: dict[str, Any], content: dict[str, Any]) -> Message:
        """A new message in the chat. Messages are never changed in place: an edit puts another in its place."""
        chat.last_message_id += 1
        message: Message = {
            "message_id": chat.last_message_id,
            "from": sender,
            "chat": chat.as_dict(),
            "date": self.timestamp(),
            **content,
        }
        chat.messages[chat.last_message_id] = message
        if sender.get("is_bot"):
            chat.action = None
        self.happened(chat, "message", message=message)
        return message

    def replace(self, chat: Chat, message: Message) -> Message:
        """The edited message takes the old one's place."""
        message = {**message, "edit_date": self.timestamp()}
        chat.messages[message["message_id"]] = message
        self.happened(chat, "edit", message=message)
        return message

    def remove(self, chat: Chat, message_id: int) -> None:
        del chat.messages[message_id]
        chat.markups.pop(message_id, None)
        if message_id in chat.pinned:
            chat.pinned.remove(message_id)
        self.happened(chat, "delete", message_id=message_id)

    # --- what the phones and the demo page are told

    def happened(self, chat: Chat, kind: str, **facts: Any) -> None:
        people = facts.pop("people", None) or [user_id for user_id in chat.members if user_id in self.phones]
        self.events.append({"type": kind, "chat_id": chat.id, "people": people, **facts})
        self.bell.ring()

    def subscribe(self, user_id: int) -> AsyncIterator[Event]:
        """Everything that happens on a person's phone from this moment on."""
        return self._events_of(user_id, len(self.events))

    async def _events_of(self, user_id: int, cursor: int) -> AsyncIterator[Event]:
        while True:
            while cursor < len(self.events):
                event = self.events[cursor]
                cursor += 1
                if user_id in event["people"]:
                    yield event
            await self.bell.wait()

    # --- updates

    def put_update(self, bot: Bot, kind: str, content: dict[str, Any]) -> Update | None:
        """Queues an update of this kind, if the bot listens to such updates; they are dropped after a day."""
        if not bot.allows(kind):
            return None
        return self.put_raw_update(bot, {kind: content})

    def put_raw_update(self, bot: Bot, update: dict[str, Any]) -> Update:
        bot.last_update_id = max(bot.last_update_id + 1, update.get("update_id", 0))
        update = {"update_id": bot.last_update_id, **update}
        bot.updates.append((self.now(), update))
        bot.bell.ring()
        return update

    def _wake_polls(self) -> None:
        for bot in self.bots.values():
            bot.bell.ring()

    def waiting_updates(self, bot: Bot) -> list[Update]:
        oldest = self.now() - UPDATES_ARE_KEPT
        while bot.updates and bot.updates[0][0] < oldest:
            bot.updates.popleft()
        return [update for _, update in bot.updates]

    # --- files

    def keep_file(
        self, content: bytes, name: str, mime_type: str = "", kind: str = "document", size: int | None = None
    ) -> File:
        number = next(self._numbers)
        mime_type = mime_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        digest = hashlib.sha256(f"{number} {name}".encode()).hexdigest()[:20]
        suffix = f".{name.rpartition('.')[2]}" if "." in name else ""
        file = File(
            file_id=f"BQACAgI-{digest}-{number}",
            file_unique_id=f"AgAD{digest[:8]}{number}",
            content=content,
            size=len(content) if size is None else size,
            path=f"{kind}s/file_{number}{suffix}",
            name=name,
            mime_type=mime_type,
            kind=kind,
        )
        self.files[file.file_id] = self.files_by_path[file.path] = file
        return file

    # --- buttons and the rest

    def reset(self) -> None:
        """Everybody's chats are empty again, as on the first day; people, groups and settings stay."""
        for chat in [*self.private_chats.values(), *self.groups.values()]:
            chat.messages.clear()
            chat.markups.clear()
            chat.pinned.clear()
            chat.keyboard = chat.action = None
            chat.started, chat.blocked = not chat.is_private, False
            self.happened(chat, "reset")
        for bot in self.bots.values():
            bot.updates.clear()
        self.queries.clear()

    def new_query(self, user_id: int, chat: Chat) -> Query:
        query = Query(str(4_000_000_000_000 + next(self._numbers)), user_id, chat, self.now())
        self.queries[query.id] = query
        return query

    def next_number(self) -> int:
        return next(self._numbers)

    def may_write_to(self, chat: Chat, bot: Bot) -> None:
        """Refuses where the bot may not write, with the reason the real server gives."""
        if chat.migrated_to is not None:
            refusal = bad_request("group chat was upgraded to a supergroup chat")
            refusal.parameters["migrate_to_chat_id"] = chat.migrated_to
            raise refusal
        if chat.is_private and chat.blocked:
            raise forbidden("bot was blocked by the user")
        if chat.is_private and chat.id in self.deactivated:
            raise forbidden("user is deactivated")
        if chat.is_private and not chat.started:
            raise forbidden("bot can't initiate conversation with a user")
        if chat.members.get(bot.id) == "restricted":
            raise bad_request("not enough rights to send text messages to the chat")
        if not chat.is_private and chat.members.get(bot.id) not in ("member", "administrator"):
            kicked = chat.members.get(bot.id) == "kicked"
            raise forbidden(
                f"bot was kicked from the {chat.type} chat"
                if kicked
                else f"bot is not a member of the {chat.type} chat"
            )

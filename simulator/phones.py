"""What a person types, presses and sees."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from simulator import media
from simulator.formatting import find_entities, in_order, utf16_length
from simulator.sending import CAPTION_LIMIT, TEXT_LIMIT, poll
from simulator.telegram import Bot, Chat, Event, Message, Telegram, Update


def _demand(holds: bool, wish: str) -> None:
    """A phone fails a test as `assert` would, and also under python -O."""
    if not holds:
        raise AssertionError(wish)


def seen_text(message: Message) -> str:
    """What one reads in a message: its text, or the caption of its file."""
    text: str = message.get("text") or message.get("caption") or ""
    return text


class Phone:
    """A person's phone with one chat open: the chat with the bot, or, by `within(group)`, a group.

    What a person does is an update for the bot at once; what the bot does is in `chat`. `sees()` waits for it.
    """

    def __init__(self, telegram: Telegram, bot: Bot, user: dict[str, Any], chat: Chat) -> None:
        self.telegram = telegram
        self.bot = bot
        self.user = user
        self.room = chat
        self._looked_until = 0

    @property
    def id(self) -> int:
        user_id: int = self.user["id"]
        return user_id

    def within(self, group: Chat) -> "Phone":
        """The same person with a group open; joins it when not yet a member."""
        group.members.setdefault(self.id, "member")
        return Phone(self.telegram, self.bot, self.user, group)

    # --- writing

    def starts(self, payload: str = "") -> Message:
        """Presses Start, or follows a link with a payload."""
        return self.writes(f"/start {payload}".strip())

    def writes(
        self,
        text: str,
        reply_to: Message | int | None = None,
        whole: bool = False,
        formatting: Sequence[dict[str, Any]] = (),
        topic: int | None = None,
    ) -> Message:
        """Sends a text. The app cuts a long one into several messages, unless `whole`; the last is returned.

        `formatting` are entities the person chose (bold, a link under a word): a formatted text is sent whole.
        `topic` is the one of a forum that is open.
        """
        message: Message = {}
        for part in [text] if whole or formatting else _parts(text):
            content = {"text": part} | _entities("entities", part, formatting)
            message = self._sends(content | self._reply(reply_to or topic))
        return message

    def edits(self, message: Message | int, text: str) -> Message:
        """Changes a text or a caption sent earlier."""
        old = self.room.messages[_id(message)]
        _demand(old["from"]["id"] == self.id, "a person edits only what they wrote")
        field, marks = ("caption", "caption_entities") if "caption" in old else ("text", "entities")
        kept = {name: value for name, value in old.items() if name not in (field, marks)}
        self._acts()
        edited = self.telegram.replace(self.room, kept | {field: text} | _entities(marks, text))
        self._tells("edited_message", edited)
        return edited

    def _sends(self, content: dict[str, Any]) -> Message:
        self._acts()
        self._opens()
        if (self.room.keyboard or {}).get("force_reply") or (self.room.keyboard or {}).get("one_time_keyboard"):
            self.room.keyboard = None
            self.telegram.happened(self.room, "keyboard", keyboard=None)
        message = self.telegram.post(self.room, self.user, content)
        if self.room.is_private or self._bot_hears(message):
            self._tells("message", message)
        return message

    def _opens(self) -> None:
        if self.room.blocked:
            self.unblocks()
        self.room.started = True

    def _acts(self) -> None:
        """What came before this moment is no answer to what the person does now."""
        self.looks_away()

    def _tells(self, kind: str, content: dict[str, Any]) -> Update | None:
        return self.telegram.put_update(self.bot, kind, content)

    def _bot_hears(self, message: Message) -> bool:
        """In a group, and with privacy mode on, a bot hears what is meant for it: commands, replies, its name."""
        if not self.room.has(self.bot.id):
            return False
        text, name = seen_text(message), f"@{self.bot.username}"
        command = text.split()[0] if text.startswith("/") else ""
        to_it = message.get("reply_to_message", {}).get("from", {}).get("id") == self.bot.id
        meant = to_it or name in text or (command and "@" not in command)
        return bool(meant or self.bot.reads_all_group_messages or self.room.members.get(self.bot.id) == "administrator")

    def _reply(self, to: Message | int | None) -> dict[str, Any]:
        if to is None:
            return {}
        original = self.room.messages[_id(to)]
        thread = {name: original[name] for name in ("message_thread_id", "is_topic_message") if name in original}
        # what is written in a topic and replies to nothing comes as a reply to the message that began the topic
        return thread | {
            "reply_to_message": {name: value for name, value in original.items() if name != "reply_to_message"}
        }

    # --- files and other things

    def sends_photo(
        self,
        content: bytes = b"\xff\xd8\xff a photo",
        caption: str | None = None,
        media_group_id: str | None = None,
        size: int | None = None,
        reply_to: Message | int | None = None,
    ) -> Message:
        return self._sends_file("photo", content, caption, media_group_id, size=size, reply_to=reply_to)

    def sends_document(
        self,
        name: str = "report.pdf",
        content: bytes = b"%PDF-1.4 a document",
        mime_type: str = "application/pdf",
        size: int | None = None,
        caption: str | None = None,
        media_group_id: str | None = None,
        reply_to: Message | int | None = None,
    ) -> Message:
        """`size` is what Telegram says of the file, which may be more than the simulator holds."""
        return self._sends_file("document", content, caption, media_group_id, name, mime_type, size, reply_to=reply_to)

    def sends_voice(
        self, duration: int = 3, content: bytes = b"OggS a voice", reply_to: Message | int | None = None
    ) -> Message:
        return self._sends_file("voice", content, given={"duration": duration}, reply_to=reply_to)

    def sends_video(
        self,
        content: bytes = b"a video",
        caption: str | None = None,
        media_group_id: str | None = None,
        duration: int = 5,
        size: int | None = None,
        reply_to: Message | int | None = None,
    ) -> Message:
        given = {"duration": duration}
        return self._sends_file("video", content, caption, media_group_id, size=size, given=given, reply_to=reply_to)

    def sends_audio(self, content: bytes = b"ID3 a song", title: str = "A song", duration: int = 60) -> Message:
        return self._sends_file("audio", content, given={"duration": duration, "title": title})

    def sends_video_note(self, content: bytes = b"a round video", duration: int = 4) -> Message:
        return self._sends_file("video_note", content, given={"duration": duration})

    def sends_animation(self, content: bytes = b"a gif", caption: str | None = None) -> Message:
        return self._sends_file("animation", content, caption)

    def sends_sticker(self, emoji: str = "👍") -> Message:
        return self._sends_file("sticker", b"RIFF a sticker", given={"emoji": emoji})

    def sends_album(
        self,
        items: Sequence[bytes | tuple[str, bytes]],
        caption: str | None = None,
        reply_to: Message | int | None = None,
    ) -> list[Message]:
        """Several photos (bytes) or documents (a name and bytes) at once: as many messages, one `media_group_id`."""
        album = str(13_000_000_000_000 + self.telegram.next_number())
        messages = []
        for index, item in enumerate(items):
            title = caption if index == 0 else None
            if isinstance(item, bytes):
                messages.append(self.sends_photo(item, title, album, reply_to=reply_to))
            else:
                name, content = item
                messages.append(self.sends_document(name, content, "", None, title, album, reply_to=reply_to))
        return messages

    def _sends_file(
        self,
        kind: str,
        content: bytes,
        caption: str | None = None,
        media_group_id: str | None = None,
        name: str = "",
        mime_type: str = "",
        size: int | None = None,
        given: dict[str, Any] | None = None,
        reply_to: Message | int | None = None,
    ) -> Message:
        _demand(utf16_length(caption or "") <= CAPTION_LIMIT, "the app lets nobody type such a long caption")
        shown = media.keep(self.telegram, kind, content, name, mime_type, size, given)
        if media_group_id:
            shown["media_group_id"] = media_group_id
        if caption:
            shown |= {"caption": caption} | _entities("caption_entities", caption)
        return self._sends(shown | self._reply(reply_to))

    def sends_location(self, latitude: float, longitude: float, reply_to: Message | int | None = None) -> Message:
        return self._sends({"location": {"latitude": latitude, "longitude": longitude}} | self._reply(reply_to))

    def sends_contact(self, phone: str, user_id: int | None = None, first_name: str | None = None) -> Message:
        """One's own number by default; another's with `user_id` (or `user_id=0`: of nobody in Telegram)."""
        contact = {"phone_number": phone, "first_name": first_name or self.user["first_name"]}
        owner = self.id if user_id is None else user_id
        return self._sends({"contact": contact | ({"user_id": owner} if owner else {})})

    def sends_poll(self, question: str = "When?", options: Sequence[str] = ("Today", "Tomorrow")) -> Message:
        return self._sends({"poll": poll(self.telegram.next_number(), question, list(options))})

    def raw_update(self, update: dict[str, Any]) -> Update:
        """Any update at all, for hostile tests; it gets the next update_id if it has none."""
        self._acts()
        return self.telegram.put_raw_update(self.bot, update)

    # --- pressing

    def presses(self, label: str, message: Message | int | None = None) -> str | None:
        """Presses the button with this label: an inline one of the newest message that has it (or of the given one),
        else one of the keyboard below, which sends its text. Returns the id of the callback query, if there is one."""
        candidates = [self.room.messages[_id(message)]] if message is not None else reversed(self.chat)
        for candidate in candidates:
            for button in _buttons(candidate):
                if button["text"] == label:
                    return self._presses_inline(button, candidate)
        if message is None and self._presses_reply(label):
            return None
        raise AssertionError(f"no button “{label}” for {self.user['first_name']}; visible are {self._all_labels()}")

    def _presses_inline(self, button: dict[str, Any], message: Message) -> str | None:
        if "callback_data" in button:
            return self.presses_data(button["callback_data"], message["message_id"])
        _demand("url" in button or "copy_text" in button, f"the simulator does not press {button}")
        return None

    def _presses_reply(self, label: str) -> bool:
        for row in (self.room.keyboard or {}).get("keyboard", []):
            for button in row:
                text = button if isinstance(button, str) else button["text"]
                if text != label:
                    continue
                if isinstance(button, dict) and button.get("request_contact"):
                    self.sends_contact(f"+7701{self.id % 10**7:07}")
                elif isinstance(button, dict) and button.get("request_location"):
                    self.sends_location(52.2873, 76.9674)
                else:
                    self.writes(text)
                return True
        return False

    def presses_data(self, data: str, message_id: int | None = None, inaccessible: bool = False) -> str:
        """Presses a button that carries this data, whether or not there is one: what a hostile app can send.

        Without `message_id` it seems to belong to the last message of the bot; a message that is gone, or
        `inaccessible`, comes as an InaccessibleMessage, whose date is 0.
        """
        self._acts()
        query = self.telegram.new_query(self.id, self.room)
        if message_id is None:
            message_id = self.last["message_id"] if self._from_bot() else 0
        message = self.room.messages.get(message_id)
        if message is None or inaccessible:
            message = {"message_id": message_id, "date": 0}
        update = {
            "id": query.id,
            "from": self.user,
            "message": message | {"chat": self.room.as_dict()},  # as the chat is now: it may have become a forum
            "chat_instance": str(self.room.id),
            "data": data,
        }
        self._tells("callback_query", update)
        return query.id

    # --- blocking

    def blocks(self) -> None:
        self._acts()
        self.room.blocked = True
        self.telegram.change_membership(self.bot, self.room, self.user, "member", "kicked")

    def unblocks(self) -> None:
        self.room.blocked = False
        self.telegram.change_membership(self.bot, self.room, self.user, "kicked", "member")

    def deletes_account(self) -> None:
        self.telegram.deactivated.add(self.id)

    def removes_bot(self) -> None:
        """Throws the bot out of the group."""
        old = self.room.members[self.bot.id]
        self.room.members[self.bot.id] = "kicked"
        self.telegram.change_membership(self.bot, self.room, self.user, old, "kicked")
        self.telegram.post(self.room, self.user, {"left_chat_member": self.bot.as_user()})
        self.telegram.happened(self.room, "chats")

    def silences_bot(self) -> None:
        """Lets the bot read the group and write nothing."""
        self.room.members[self.bot.id] = "restricted"
        self.telegram.change_membership(self.bot, self.room, self.user, "member", "restricted")

    # --- seeing

    @property
    def chat(self) -> list[Message]:
        """Every message of both sides, in order."""
        return [self.room.messages[number] for number in sorted(self.room.messages)]

    def _from_bot(self) -> list[Message]:
        return [message for message in self.chat if message["from"]["id"] == self.bot.id]

    @property
    def last(self) -> Message:
        """The bot's last message."""
        messages = self._from_bot()
        _demand(bool(messages), f"the bot has written nothing to {self.user['first_name']}")
        return messages[-1]

    def texts(self) -> list[str]:
        """What the bot has written, as it stands now."""
        return [seen_text(message) for message in self._from_bot()]

    def labels(self, message: Message | int | None = None) -> list[str]:
        """The labels of the inline buttons under the given message, or under the last that has any."""
        if message is not None:
            return [button["text"] for button in _buttons(self.room.messages[_id(message)])]
        with_buttons = [candidate for candidate in self._from_bot() if _buttons(candidate)]
        return [button["text"] for button in _buttons(with_buttons[-1])] if with_buttons else []

    @property
    def keyboard(self) -> list[list[str]]:
        """The labels of the keyboard below the input field, row by row."""
        rows = (self.room.keyboard or {}).get("keyboard", [])
        return [[button if isinstance(button, str) else button["text"] for button in row] for row in rows]

    def _all_labels(self) -> list[str]:
        inline = [button["text"] for message in self.chat for button in _buttons(message)]
        return inline + [label for row in self.keyboard for label in row]

    @property
    def typing(self) -> bool:
        """Whether the app shows that the bot is typing (or uploading …)."""
        return self.room.action is not None

    @property
    def answers(self) -> list[str]:
        """The texts with which the bot answered presses; an empty text shows nothing."""
        return [event["text"] for event in self.telegram.events if event["type"] == "toast" and self._mine(event)]

    def _mine(self, event: Event) -> bool:
        return event["chat_id"] == self.room.id and self.id in event["people"]

    def looks_away(self) -> None:
        """What has come until now no longer counts for `sees()`. Whatever the person does has this effect as well."""
        self._looked_until = len(self.telegram.events)

    async def sees(self, part: str, timeout: float = 5) -> Message:  # noqa: ASYNC109 - so one writes `sees(…, timeout=1)`
        """The message of the bot, new or edited since the person last did something, that contains these words."""

        def wanted(event: Event) -> bool:
            return part in seen_text(event["message"])

        event = await self._event(("message", "edit"), wanted, timeout, f"to see “{part}”")
        message: Message = event["message"]
        return message

    async def sees_toast(self, part: str = "", timeout: float = 5) -> str:  # noqa: ASYNC109 - so one writes `sees(…, timeout=1)`
        """The text with which the bot answered the press."""
        event = await self._event(("toast",), lambda event: part in event["text"], timeout, f"a toast with “{part}”")
        text: str = event["text"]
        return text

    async def sees_gone(self, message: Message | int, timeout: float = 5) -> None:  # noqa: ASYNC109 - so one writes `sees(…, timeout=1)`
        """Waits until the message has been deleted."""
        number = _id(message)
        await self._event(("delete",), lambda event: event["message_id"] == number, timeout, f"message {number} to go")

    async def _event(self, kinds: tuple[str, ...], wanted: Callable[[Event], bool], timeout: float, wish: str) -> Event:  # noqa: ASYNC109 - so one writes `sees(…, timeout=1)`
        cursor = self._looked_until
        try:
            async with asyncio.timeout(timeout):
                while True:
                    for event in self.telegram.events[cursor:]:
                        if event["type"] in kinds and self._mine(event) and self._by_bot(event) and wanted(event):
                            return event
                    cursor = len(self.telegram.events)
                    await self.telegram.bell.wait()
        except TimeoutError:
            raise AssertionError(f"{self.user['first_name']} waited {timeout} s {wish}; the chat:\n{self}") from None

    def _by_bot(self, event: Event) -> bool:
        return "message" not in event or event["message"]["from"]["id"] == self.bot.id

    def __str__(self) -> str:
        """The end of the chat as one would tell it."""
        lines = []
        for message in self.chat[-12:]:
            who = "bot" if message["from"]["id"] == self.bot.id else message["from"]["first_name"]
            buttons = "".join(f" [{button['text']}]" for button in _buttons(message))
            lines.append(f"  {message['message_id']} {who}: {seen_text(message) or _kind(message)}{buttons}")
        return "\n".join(lines) or "  (empty)"

    def __repr__(self) -> str:
        return f"<Phone {self.user['first_name']} {self.id}>"


def _id(message: Message | int) -> int:
    return message if isinstance(message, int) else int(message["message_id"])


def _kind(message: Message) -> str:
    about = ("message_id", "from", "chat", "date", "reply_to_message", "reply_markup")
    return f"<{', '.join(name for name in message if name not in about)}>"


def _buttons(message: Message) -> list[dict[str, Any]]:
    return [button for row in message.get("reply_markup", {}).get("inline_keyboard", []) for button in row]


def _entities(field: str, text: str, formatting: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    entities = in_order([*formatting, *find_entities(text)])
    return {field: entities} if entities else {}


def _parts(text: str) -> list[str]:
    """As the app cuts a long text: pieces of at most 4096 UTF-16 units."""
    parts: list[str] = []
    part, length = "", 0
    for character in text:
        if length + utf16_length(character) > TEXT_LIMIT:
            parts, part, length = [*parts, part], "", 0
        part += character
        length += utf16_length(character)
    return [*parts, part]

"""A call of the Bot API on its way: checked against the description, then given to the function that plays it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator.refusal import RefusedCall
from simulator.telegram import Bot, Chat, Telegram


@dataclass(frozen=True)
class Asked:
    """What a bot asks for: the method with parameters that have the right types."""

    telegram: Telegram
    bot: Bot
    method: str
    params: dict[str, Any]

    def get(self, name: str, default: Any = None) -> Any:
        return self.params.get(name, default)

    def chat(self) -> Chat:
        """The chat named by `chat_id`, for reading."""
        return self.telegram.chat_of(self.bot, self.params.get("chat_id", ""))

    def chat_to_write(self) -> Chat:
        """The same, where the bot may write."""
        chat = self.chat()
        self.telegram.may_write_to(chat, self.bot)
        return chat


Player = Callable[[Asked], Any]
PLAYED: dict[str, Player] = {}


def plays(*methods: str) -> Callable[[Player], Player]:
    """Marks the function that carries out these methods."""

    def mark(player: Player) -> Player:
        PLAYED.update(dict.fromkeys(methods, player))
        return player

    return mark


# parameters that change what a call means, and that nobody here plays: silence would be a lie
NOT_PLAYED = (
    "rich_message",
    "business_connection_id",
    "direct_messages_topic_id",
    "suggested_post_parameters",
    "inline_message_id",
    "certificate",
)


def carry_out(asked: Asked) -> Any:
    """The result of the call, or a refusal."""
    player = PLAYED.get(asked.method)
    if player is None:
        raise RefusedCall(501, f"the simulator does not play {asked.method} yet")
    for name in NOT_PLAYED:
        if asked.get(name):
            raise RefusedCall(501, f"the simulator does not play '{name}' of {asked.method} yet")
    return player(asked)

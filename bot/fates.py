"""What becomes of a message whose sending failed: a value, so that a table can test it.

certainly not sent   429, no connection, no free connection   again, later
not tried            this copy's claim runs out                left to whoever claims it next
                     a limit is known to hold it back         later, and no attempt was made
never                400, 403                                 final
unclear              timeout after the request went out, a cut connection, 5xx, no JSON   again, once
as wished already    "message is not modified"                delivered
                     "message to delete not found"
"""

from dataclasses import dataclass
from enum import StrEnum

from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.limiter import NotSoon
from bot.request import NotSent


class RanOut(Exception):
    """This copy slept, or was frozen, with a row in hand: it is another's by now, or will be."""


class Next(StrEnum):
    """What happens to the row."""

    DELIVERED = "delivered"
    AGAIN = "again"
    WAIT = "wait"  # Telegram asks everybody to wait: no failure of this message
    LEFT = "left"  # this copy may not even write down what became of it
    LATER = "later"  # it was not even tried: a limit of its own holds it back
    BLOCKED = "blocked"
    FAILED = "failed"
    SEND_ANEW = "send_anew"  # the message to be edited, or the topic to write in, is gone: say it in a new one
    MOVED = "moved"  # the group became a supergroup with another id


@dataclass(frozen=True, slots=True)
class Decision:
    """`after` in seconds; `chat_id` of a group that moved; `unclear`: it was given up, and may have arrived."""

    next: Next
    after: float = 0.0
    chat_id: int = 0
    unclear: bool = False


UNCLEAR_ATTEMPTS = 2
"""At least once: an unclear send is repeated one time, which may show the message twice, never not at all."""
_LONGEST = 300.0
_GONE = (
    *("message to edit not found", "message can't be edited", "message_id_invalid"),
    *("message thread not found", "topic_deleted", "topic_closed"),
    "there is no text in the message to edit",  # a press made up for a message that is a file
)
_AS_WISHED = ("message is not modified", "message to delete not found")
_UNREACHABLE = (
    *("chat not found", "user is deactivated", "peer_id_invalid"),
    *("not enough rights", "have no rights", "chat_write_forbidden", "chat is not a forum"),  # of groups
)


def decide(error: Exception, attempts: int) -> Decision:
    """The fate of a row after this error; `attempts` counts this one."""
    match error:
        case RetryAfter():
            return Decision(Next.WAIT, seconds_asked(error))
        case RanOut():
            return Decision(Next.LEFT)
        case NotSoon():
            return Decision(Next.LATER, error.seconds)
        case ChatMigrated():
            return Decision(Next.MOVED, chat_id=error.new_chat_id)
        case Forbidden():
            return Decision(Next.BLOCKED)
        case BadRequest():
            return _refused(str(error).lower())
        case InvalidToken():
            return Decision(Next.AGAIN, _LONGEST)  # the token was revoked: an operator has to act, messages wait
        case NotSent():
            return Decision(Next.AGAIN, min(2.0 ** min(attempts, 10), _LONGEST))
    if not isinstance(error, TelegramError | KeyError | TypeError | TimeoutError):
        return Decision(Next.FAILED)  # our own fault: it would fail again
    return Decision(Next.AGAIN, 2.0) if attempts < UNCLEAR_ATTEMPTS else Decision(Next.FAILED, unclear=True)


def seconds_asked(error: RetryAfter) -> float:
    """The library gives a number or, with PTB_TIMEDELTA, a timedelta."""
    asked = error.retry_after
    return float(asked) if isinstance(asked, int) else asked.total_seconds()


def _refused(description: str) -> Decision:
    if any(words in description for words in _AS_WISHED):
        return Decision(Next.DELIVERED)
    if any(words in description for words in _GONE):
        return Decision(Next.SEND_ANEW)
    if any(words in description for words in _UNREACHABLE):
        return Decision(Next.BLOCKED)
    return Decision(Next.FAILED)

"""What becomes of a message whose sending failed, as a table; each row was written from the reason beside it."""

from datetime import timedelta

import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.fates import Decision, Next, decide, seconds_asked
from bot.limiter import NotSoon
from bot.request import NotSent

UNCLEAR = [
    TimedOut(),  # the request went out; the answer did not come
    NetworkError("ServerDisconnectedError"),  # the connection broke
    NetworkError("Bad Gateway"),  # 5xx
    NetworkError("Internal Server Error"),
    TelegramError("Invalid server response"),  # 200 without JSON
    KeyError("result"),  # 200 with another JSON
    TypeError("x"),
    TimeoutError(),
    Conflict("x"),
]


@pytest.mark.parametrize(
    ("error", "decision"),
    [
        (RetryAfter(7), Decision(Next.WAIT, 7.0)),
        (RetryAfter(timedelta(seconds=7)), Decision(Next.WAIT, 7.0)),
        (NotSoon(45.5), Decision(Next.LATER, 45.5)),
        (Forbidden("Forbidden: bot was blocked by the user"), Decision(Next.BLOCKED)),
        (Forbidden("Forbidden: user is deactivated"), Decision(Next.BLOCKED)),
        (Forbidden("Forbidden: bot was kicked from the group chat"), Decision(Next.BLOCKED)),
        (BadRequest("Chat not found"), Decision(Next.BLOCKED)),
        (BadRequest("PEER_ID_INVALID"), Decision(Next.BLOCKED)),
        (ChatMigrated(-1001234), Decision(Next.MOVED, chat_id=-1001234)),
        (BadRequest("Message is not modified: specified new message content"), Decision(Next.DELIVERED)),
        (BadRequest("Message to edit not found"), Decision(Next.SEND_ANEW)),
        (BadRequest("Message can't be edited"), Decision(Next.SEND_ANEW)),
        (BadRequest("MESSAGE_ID_INVALID"), Decision(Next.SEND_ANEW)),
        (BadRequest("Message thread not found"), Decision(Next.SEND_ANEW)),  # the topic of a forum was deleted
        (BadRequest("TOPIC_CLOSED"), Decision(Next.SEND_ANEW)),
        (BadRequest("There is no text in the message to edit"), Decision(Next.SEND_ANEW)),
        (BadRequest("Not enough rights to send text messages to the chat"), Decision(Next.BLOCKED)),
        (BadRequest("Not enough rights to create a topic"), Decision(Next.BLOCKED)),
        (BadRequest("The chat is not a forum"), Decision(Next.BLOCKED)),
        (BadRequest("Can't parse entities: unclosed tag"), Decision(Next.FAILED)),
        (BadRequest("Message is too long"), Decision(Next.FAILED)),
        (BadRequest("Wrong file identifier/http url specified"), Decision(Next.FAILED)),
        (InvalidToken(), Decision(Next.AGAIN, 300.0)),
        (ValueError("our own fault"), Decision(Next.FAILED)),
        (AttributeError("our own fault"), Decision(Next.FAILED)),
    ],
)
@pytest.mark.parametrize("attempts", [1, 2, 50])
def test_what_is_certain_does_not_depend_on_the_attempts(error: Exception, decision: Decision, attempts: int) -> None:
    assert decide(error, attempts) == decision


@pytest.mark.parametrize("error", UNCLEAR, ids=repr)
def test_what_is_unclear_is_tried_once_more(error: Exception) -> None:
    assert decide(error, 1) == Decision(Next.AGAIN, 2.0)
    assert decide(error, 2) == Decision(Next.FAILED, unclear=True)


@pytest.mark.parametrize(("attempts", "pause"), [(1, 2), (2, 4), (3, 8), (8, 256), (9, 300), (1000, 300)])
def test_what_was_certainly_not_sent_is_tried_again_with_growing_pauses(attempts: int, pause: float) -> None:
    assert decide(NotSent("nobody answers the door"), attempts) == Decision(Next.AGAIN, pause)


@pytest.mark.parametrize("asked", [RetryAfter(7), RetryAfter(timedelta(seconds=7))])
def test_telegrams_wait_is_read_as_seconds_however_the_library_gives_it(asked: RetryAfter) -> None:
    assert seconds_asked(asked) == 7.0

"""What the simulator accepts is what Telegram publishes."""

import json
from pathlib import Path

import httpx
import pytest

from simulator.api import in_process
from simulator.calls import PLAYED
from simulator.spec import EXTRACT, botapi, extract
from simulator.telegram import Telegram

TOKEN = "123456:AAinvented"

PUBLISHED = Path(__file__).parents[3] / "shared" / "botapi" / "api.json"


@pytest.mark.skipif(not PUBLISHED.exists(), reason=f"the published description is not on this machine ({PUBLISHED})")
def test_the_extract_is_that_of_the_published_description() -> None:
    assert extract(json.loads(PUBLISHED.read_text())) == botapi()


def test_the_extract_is_small_enough_to_be_committed() -> None:
    assert EXTRACT.stat().st_size < 300_000


def test_every_played_method_is_published() -> None:
    assert PLAYED.keys() - botapi()["methods"].keys() == set()


async def ask(telegram: Telegram, method: str, token: str = TOKEN, **json: object) -> tuple[int, str]:
    async with httpx.AsyncClient(transport=in_process(telegram), base_url="http://telegram.test") as client:
        response = await client.post(f"/bot{token}/{method}", json=json)
        assert response.json().get("error_code", 200) == response.status_code
        return response.status_code, response.json().get("description", "")


REPLY_MARKUP = "parameter 'reply_markup' of sendMessage"
REFUSED = [
    ("sendNothing", {}, 404, "Not Found"),
    ("sendDice", {"chat_id": 1}, 501, "the simulator does not play sendDice yet"),
    ("sendMessage", {"text": "a"}, 400, "Bad Request: chat_id is empty"),
    ("sendMessage", {"chat_id": 1}, 400, "Bad Request: message text is empty"),
    ("sendMessage", {"chat_id": 1, "text": " \n"}, 400, "Bad Request: message text is empty"),
    ("sendMessage", {"chat_id": 1, "text": "a"}, 400, "Bad Request: chat not found"),
    ("sendMessage", {"chat_id": 1, "text": "a", "x": 1}, 400, "Bad Request: unknown parameter 'x' of sendMessage"),
    ("sendMessage", {"chat_id": 1, "text": 5}, 400, "Bad Request: parameter 'text' of sendMessage must be String"),
    ("sendPhoto", {"chat_id": 1}, 400, "Bad Request: there is no photo in the request"),
    ("getFile", {}, 400, "Bad Request: file_id not specified"),
    ("getFile", {"file_id": "x"}, 400, "Bad Request: wrong file_id or the file is temporarily unavailable"),
    (
        "sendMessage",
        {"chat_id": 1, "text": "a", "reply_markup": {"inline_keyboard": [[{"txt": "a"}]]}},
        400,
        f"Bad Request: unknown field 'txt' of InlineKeyboardButton in {REPLY_MARKUP}.inline_keyboard[0][0]",
    ),
    (
        "sendMessage",
        {"chat_id": 1, "text": "a", "reply_parameters": {"quote": "a"}},
        400,
        "Bad Request: parameter 'reply_parameters' of sendMessage has no 'message_id', which ReplyParameters must have",
    ),
    (
        "sendMessage",
        {"chat_id": 1, "text": "a", "business_connection_id": "b"},
        501,
        "the simulator does not play 'business_connection_id' of sendMessage yet",
    ),
]


@pytest.mark.parametrize(("method", "params", "code", "description"), REFUSED)
async def test_a_wrong_call_is_refused(
    telegram: Telegram, method: str, params: dict[str, object], code: int, description: str
) -> None:
    assert await ask(telegram, method, **params) == (code, description)


@pytest.mark.parametrize(("token", "code"), [("1:unknown", 401), ("nonsense", 404), ("12:", 404)])
async def test_a_wrong_token_is_refused(telegram: Telegram, token: str, code: int) -> None:
    assert (await ask(telegram, "getMe", token=token))[0] == code


async def test_method_names_are_read_in_any_case(telegram: Telegram) -> None:
    assert await ask(telegram, "GETME") == (200, "")


@pytest.mark.parametrize("way", ["address", "form", "json", "multipart"])
async def test_parameters_come_in_any_way(telegram: Telegram, way: str) -> None:
    aigerim = telegram.phone("Aigerim")
    aigerim.starts()
    form = {"chat_id": str(aigerim.id), "text": "Сәлем & 1", "disable_notification": "true"}
    passed = {
        "address": {"params": form},
        "form": {"data": form},
        "json": {"json": form | {"chat_id": aigerim.id, "disable_notification": True}},
        "multipart": {"data": form, "files": {"unused": b"x"}},
    }[way]
    async with httpx.AsyncClient(transport=in_process(telegram)) as client:
        response = await client.post(f"http://telegram.test/bot{TOKEN}/sendMessage", **passed)
    assert response.status_code == 200, response.text
    assert aigerim.texts() == ["Сәлем & 1"]

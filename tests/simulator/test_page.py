"""The page with the phones: what a browser may ask of it, and what it refuses."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from simulator.calls import Asked
from simulator.editing import answer_callback_query
from simulator.page import Page, PageServer, PhoneOnPage, event_stream, page_routes
from simulator.phones import Phone
from simulator.telegram import Chat, Telegram

ROLE = {"en": "NGO", "ru": "НПО", "kk": "ҮЕҰ"}
PIXEL = b"\x89PNG\r\n\x1a\n a pixel"


class City:
    def __init__(self) -> None:
        self.day, self.hour = 14, 9

    def today(self) -> dict[str, Any]:
        return {"date": f"2026-05-{self.day}", "time": f"{self.hour:02}:00"}

    async def next_hour(self) -> None:
        self.hour += 1

    async def next_working_day(self) -> None:
        self.day += 1


@pytest.fixture
def telegram() -> Telegram:
    telegram = Telegram()
    telegram.add_bot("123456:SECRET", name="Köpir")
    return telegram


@pytest.fixture
def aigerim(telegram: Telegram) -> Phone:
    return telegram.phone("Айгерім", last_name="Садықова", language_code="kk")


@pytest.fixture
def page(telegram: Telegram, aigerim: Phone) -> Page:
    return Page(telegram, [PhoneOnPage("ngo", aigerim, ROLE)], title="Köpir", controls=City())


@pytest.fixture
async def browser(page: Page) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Starlette(routes=page_routes(page)))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        yield client


# --- the page and what it reads


async def test_the_page_and_its_files_come_from_here_and_may_load_nothing_from_elsewhere(browser):
    answer = await browser.get("/")
    assert answer.status_code == 200
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    for name in (
        "phones.css",
        "phones.js",
        "chats.js",
        "phone.js",
        "composer.js",
        "message.js",
        "text.js",
        "words.js",
        "icon.svg",
    ):
        assert (await browser.get(f"/static/{name}")).status_code == 200


async def test_no_content_is_ever_put_on_the_page_as_markup():
    from simulator.page import STATIC

    scripts = {path.name: path.read_text() for path in STATIC.glob("*.js")}
    for forbidden in (".innerHTML", ".outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert [name for name, script in scripts.items() if forbidden in script] == []


async def test_a_phone_says_whose_it_is(browser, aigerim):
    [phone] = (await browser.get("/phones")).json()
    assert (phone["id"], phone["name"], phone["language"]) == ("ngo", "Айгерім Садықова", "kk")
    assert phone["role"] == ROLE
    assert phone["user_id"] == aigerim.id
    assert phone["bot"]["name"] == "Köpir"


async def test_of_several_command_lists_the_narrowest_wins(browser, telegram, aigerim):
    def commands(scope: dict[str, Any], language: str, name: str) -> None:
        key = json.dumps([scope, language], sort_keys=True)
        telegram.bot.commands[key] = [{"command": name, "description": "…"}]

    async def shown() -> str:
        [phone] = (await browser.get("/phones")).json()
        return phone["chats"][0]["commands"][0]["command"]

    commands({"type": "default"}, "", "everybody")
    assert await shown() == "everybody"
    commands({"type": "default"}, "kk", "kazakh")
    assert await shown() == "kazakh"
    commands({"type": "all_private_chats"}, "", "private")
    assert await shown() == "private"
    commands({"type": "chat", "chat_id": aigerim.id}, "", "hers")
    assert await shown() == "hers"


async def test_the_chat_shows_both_sides_and_the_keyboard(browser, telegram, aigerim):
    aigerim.writes("/start")
    telegram.post(aigerim.room, telegram.bot.as_user(), {"text": "Сәлем"})
    state = (await browser.get("/phones/ngo/messages")).json()
    assert [message["text"] for message in state["messages"]] == ["/start", "Сәлем"]
    assert (state["keyboard"], state["typing"], state["blocked"], state["started"]) == (None, False, False, True)


# --- what a person does


async def test_she_writes_answers_and_edits(browser, aigerim):
    first = (await browser.post("/phones/ngo/text", json={"text": "/ask сұрақ"})).json()["message_id"]
    assert (await browser.post("/phones/ngo/text", json={"text": "жауап", "reply_to": first})).status_code == 200
    assert (await browser.post("/phones/ngo/edit", json={"message_id": first, "text": "басқа"})).status_code == 200
    assert [message["text"] for message in aigerim.chat] == ["басқа", "жауап"]
    assert aigerim.chat[1]["reply_to_message"]["message_id"] == first


async def test_a_press_reaches_the_bot_with_the_button_s_data(browser, telegram, aigerim):
    aigerim.writes("/start")
    message = telegram.post(aigerim.room, telegram.bot.as_user(), {"text": "?"})
    answer = await browser.post("/phones/ngo/press", json={"message_id": message["message_id"], "data": "yes"})
    query = telegram.waiting_updates(telegram.bot)[-1]["callback_query"]
    assert (query["id"], query["data"]) == (answer.json()["query_id"], "yes")


async def test_several_photos_are_an_album_with_one_caption(browser, aigerim):
    files = [("files", (f"{number}.png", PIXEL, "image/png")) for number in range(3)]
    answer = await browser.post("/phones/ngo/files", data={"kind": "photo", "caption": "аула"}, files=files)
    assert len(answer.json()["message_ids"]) == 3
    assert len({message["media_group_id"] for message in aigerim.chat}) == 1
    assert [message.get("caption") for message in aigerim.chat] == ["аула", None, None]


@pytest.mark.parametrize("kind", ["photo", "document", "video", "voice"])
async def test_one_file_of_each_kind(browser, aigerim, kind):
    answer = await browser.post("/phones/ngo/files", data={"kind": kind}, files={"files": ("a.bin", b"content")})
    assert answer.status_code == 200
    assert kind in aigerim.chat[0]


async def test_a_document_keeps_its_name_without_a_path(browser, aigerim):
    await browser.post(
        "/phones/ngo/files", data={"kind": "document"}, files={"files": ("../../есеп.pdf", b"%PDF", "application/pdf")}
    )
    assert aigerim.chat[0]["document"]["file_name"] == "есеп.pdf"


async def test_a_voice_without_a_file_is_a_sample_that_can_be_played(browser, telegram, aigerim):
    await browser.post("/phones/ngo/files", data={"kind": "voice", "duration": "7"}, files={"none": ""})
    voice = aigerim.chat[0]["voice"]
    assert voice["duration"] == 7
    assert telegram.files[voice["file_id"]].content.startswith(b"RIFF")


async def test_she_sends_a_place_blocks_and_comes_back(browser, aigerim):
    await browser.post("/phones/ngo/location", json={"latitude": 52.28, "longitude": 76.96})
    assert aigerim.chat[0]["location"] == {"latitude": 52.28, "longitude": 76.96}
    await browser.post("/phones/ngo/block", json={})
    assert aigerim.room.blocked
    await browser.post("/phones/ngo/unblock", json={})
    assert not aigerim.room.blocked


async def test_the_language_of_her_app_goes_with_her_next_message(browser, telegram, aigerim):
    aigerim.writes("бірінші")
    await browser.post("/phones/ngo/language", json={"language_code": "ru"})
    aigerim.writes("вторая")
    assert [message["from"]["language_code"] for message in aigerim.chat] == ["kk", "ru"]
    assert (await browser.get("/phones")).json()[0]["language"] == "ru"


# --- groups


@pytest.fixture
def group(telegram, page, aigerim) -> Chat:
    """Aigerim's, with the bot and Daniyar in it; both are on the page."""
    daniyar = telegram.phone("Данияр", language_code="ru")
    page.phones["official"] = PhoneOnPage("official", daniyar, ROLE)
    return telegram.group("Мәдениет", [aigerim, daniyar])


async def groups_on(browser: httpx.AsyncClient, key: str) -> list[dict[str, Any]]:
    [phone] = [phone for phone in (await browser.get("/phones")).json() if phone["id"] == key]
    assert phone["chats"][0]["type"] == "private"
    return phone["chats"][1:]


async def test_a_phone_has_its_private_chat_and_its_groups(browser, telegram, group):
    telegram.phone("Марат").within(group)
    telegram.group("Басқа", [telegram.phone("Сәуле")])
    [shown] = await groups_on(browser, "ngo")
    assert (shown["id"], shown["type"], shown["title"], shown["people"]) == (group.id, "group", "Мәдениет", 4)
    assert shown["deeds"] == ["make_supergroup", "begin_topics", "promote_bot", "remove_bot"]
    [theirs] = await groups_on(browser, "official")
    assert (theirs["deeds"], theirs["may_add"]) == ([], []), "it is not his"


async def test_what_is_written_pressed_and_sent_in_a_group_is_seen_by_all_in_it(browser, telegram, group, aigerim):
    card = telegram.post(group, telegram.bot.as_user(), {"text": "№ 1"})["message_id"]
    where = {"chat": group.id}
    await browser.post("/phones/official/text", json={**where, "text": "мен", "reply_to": card})
    await browser.post("/phones/official/press", json={**where, "message_id": card, "data": "take"})
    form = {"kind": "photo", "reply_to": str(card), "chat": str(group.id)}
    await browser.post("/phones/official/files", data=form, files={"files": ("a.png", PIXEL)})
    seen = (await browser.get(f"/phones/ngo/messages?chat={group.id}")).json()["messages"]
    assert [message["from"]["first_name"] for message in seen] == ["Köpir", "Данияр", "Данияр"]
    assert [message.get("reply_to_message", {}).get("message_id") for message in seen] == [None, card, card]
    query = next(u["callback_query"] for u in telegram.waiting_updates(telegram.bot) if "callback_query" in u)
    assert (query["message"]["chat"]["id"], query["data"]) == (group.id, "take")
    assert aigerim.chat == []


async def test_the_answer_to_a_press_in_a_group_is_told_to_whoever_pressed(page, telegram, group, aigerim):
    stream = event_stream(page, list(page.phones.values()))
    await anext(stream)
    daniyar = page.phones["official"].phone.within(group)
    query = daniyar.presses_data("take", telegram.post(group, telegram.bot.as_user(), {"text": "№ 1"})["message_id"])
    told = [data_of(await anext(stream)) for _ in range(2)]
    assert [(event["phone"], event["type"]) for event in told] == [("ngo", "message"), ("official", "message")]
    answered = Asked(telegram, telegram.bot, "answerCallbackQuery", {"callback_query_id": query, "text": "Сіздікі"})
    answer_callback_query(answered)
    toast = data_of(await anext(stream))
    assert (toast["phone"], toast["type"], toast["chat_id"], toast["text"]) == (
        "official",
        "toast",
        group.id,
        "Сіздікі",
    )
    await stream.aclose()


async def test_its_owner_makes_of_a_group_what_the_app_lets_them_make(browser, telegram, group, aigerim):
    async def does(deed: str, **more: Any) -> list[str]:
        [shown] = await groups_on(browser, "ngo")
        answer = await browser.post("/phones/ngo/group", json={"chat": shown["id"], "deed": deed, **more})
        assert answer.status_code == 200, answer.text
        [shown] = await groups_on(browser, "ngo")
        return shown["deeds"]

    assert await does("remove_bot") == ["make_supergroup", "begin_topics", "add_bot"]
    assert await does("add_bot") == ["make_supergroup", "begin_topics", "promote_bot", "remove_bot"]
    assert await does("begin_topics") == ["end_topics", "promote_bot", "remove_bot"]
    assert await does("promote_bot") == ["end_topics", "demote_bot", "remove_bot"]
    [shown] = await groups_on(browser, "ngo")
    assert (shown["type"], shown["is_forum"], shown["before"]) == ("supergroup", True, group.id)
    forum = telegram.groups[shown["id"]]
    topic = telegram.begin_topic(forum, telegram.bot.as_user(), "№ 1", 0)["message_thread_id"]
    said = {"chat": forum.id, "topic": topic, "text": "осында"}
    written = (await browser.post("/phones/official/text", json=said)).json()["message_id"]
    assert forum.messages[written]["message_thread_id"] == topic
    await does("delete_topic", topic=topic)
    assert (forum.topics, written in forum.messages) == ({}, False)
    assert (await browser.post("/phones/official/text", json=said)).status_code == 400
    assert await does("demote_bot") == ["end_topics", "promote_bot", "remove_bot"]
    assert await does("end_topics") == ["begin_topics", "promote_bot", "remove_bot"]
    assert (await browser.get(f"/phones/ngo/messages?chat={group.id}")).status_code == 404, "the old one is no chat now"
    heard = [update.get("my_chat_member") for update in telegram.waiting_updates(telegram.bot)]
    statuses = [change["new_chat_member"]["status"] for change in heard if change]
    assert statuses == ["member", "kicked", "member", "member", "administrator", "member"]


async def test_its_owner_adds_somebody_on_the_page(browser, page, telegram, group):
    page.phones["newcomer"] = PhoneOnPage("newcomer", telegram.phone("Ерлан"), ROLE)
    [shown] = await groups_on(browser, "ngo")
    [erlan] = shown["may_add"]
    body = {"chat": group.id, "deed": "add_person", "person": erlan["user_id"]}
    assert (await browser.post("/phones/official/group", json=body)).status_code == 400
    assert (await browser.post("/phones/ngo/group", json=body)).status_code == 200
    assert (await browser.post("/phones/ngo/group", json=body)).status_code == 400, "he is there already"
    [seen] = (await browser.get(f"/phones/newcomer/messages?chat={group.id}")).json()["messages"]
    assert seen["new_chat_members"][0]["first_name"] == "Ерлан"


@pytest.mark.parametrize(
    ("address", "body", "status"),
    [
        ("ngo/group", {"deed": "add_bot"}, 200),
        ("ngo/group", {"deed": "become_mayor"}, 400),
        ("ngo/group", {"deed": ["add_bot"]}, 400),
        ("ngo/group", {"deed": "delete_topic", "topic": 1}, 400),
        ("ngo/group", {"deed": "add_person", "person": "1"}, 400),
        ("ngo/group", {"deed": "add_bot", "chat": -1}, 404),
        ("ngo/group", {"deed": "add_bot", "chat": True}, 400),
        ("official/group", {"deed": "add_bot"}, 400),
        ("guest/text", {"text": "a"}, 404),
        ("guest/group", {"deed": "add_bot"}, 404),
        ("ngo/text", {"text": "a", "topic": 7}, 400),
        ("ngo/text", {"text": "a", "chat": [1]}, 404),
    ],
)
async def test_a_group_is_open_to_those_in_it_and_obeys_its_owner(
    browser, page, telegram, group, address, body, status
):
    page.phones["guest"] = PhoneOnPage("guest", telegram.phone("Бөтен"), ROLE)
    page.phones["ngo"].phone.within(group).removes_bot()
    answer = await browser.post(f"/phones/{address}", json={"chat": group.id, **body})
    assert answer.status_code == status
    assert status == 200 or answer.json()["error"]


# --- files are served so that no browser runs them


@pytest.mark.parametrize(
    "kind", ["text/html", "image/svg+xml", "application/xhtml+xml", "application/pdf", "x/y\r\nA: b"]
)
async def test_what_a_browser_could_run_is_only_saved(browser, telegram, kind):
    file = telegram.keep_file(b"<script>alert(1)</script>", 'a"\r\nb.html', kind)
    answer = await browser.get(f"/phones/files/{file.file_id}")
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''a%22%0D%0Ab.html"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "a" not in answer.headers


async def test_a_picture_is_shown(browser, telegram):
    file = telegram.keep_file(PIXEL, "фото.png", "image/png")
    answer = await browser.get(f"/phones/files/{file.file_id}")
    assert (answer.content, answer.headers["content-type"]) == (PIXEL, "image/png")
    assert answer.headers["content-disposition"].startswith("inline")


async def test_a_file_that_is_not_there(browser):
    assert (await browser.get("/phones/files/nothing")).status_code == 404


# --- who may ask


@pytest.mark.parametrize("host", ["evil.example", "kopir.kz:8080", "127.0.0.1.evil.example"])
@pytest.mark.parametrize("path", ["/", "/phones", "/phones/ngo/messages", "/static/phones.js"])
async def test_another_host_s_name_is_refused(browser, host, path):
    assert (await browser.get(path, headers={"Host": host})).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_another_web_site_cannot_play_a_person(browser, aigerim, headers):
    answer = await browser.post("/phones/ngo/text", json={"text": "мен емес"}, headers=headers)
    assert answer.status_code == 403
    assert aigerim.chat == []


async def test_the_page_itself_may(browser):
    headers = {"Origin": "http://127.0.0.1:8080", "Sec-Fetch-Site": "same-origin"}
    assert (await browser.post("/phones/ngo/text", json={"text": "мен"}, headers=headers)).status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::"])  # noqa: S104 - this is what must not be
def test_the_page_is_served_on_the_loopback_only(page, host):
    with pytest.raises(ValueError, match="loopback only"):
        PageServer(page, host=host)


# --- bad input


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("text", {}),
        ("text", {"text": "  "}),
        ("text", {"text": 5}),
        ("text", {"text": "ә" * 60_000}),
        ("text", {"text": "a", "reply_to": 99}),
        ("text", {"text": "a", "reply_to": "1"}),
        ("press", {"message_id": 1}),
        ("press", {"message_id": True, "data": "a"}),
        ("press", {"message_id": 1, "data": "ә" * 33}),
        ("edit", {"message_id": 99, "text": "a"}),
        ("location", {"latitude": 91, "longitude": 0}),
        ("location", {"latitude": "52", "longitude": 0}),
        ("language", {"language_code": "../en"}),
        ("language", {}),
    ],
)
async def test_a_bad_request_gets_a_sentence(browser, aigerim, action, body):
    answer = await browser.post(f"/phones/ngo/{action}", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert aigerim.chat == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"text": "\\ud800"}', b"\xff", b"[" * 100_000])
async def test_a_body_that_is_no_object_of_whole_text(browser, body):
    answer = await browser.post("/phones/ngo/text", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"]


async def test_a_plain_form_is_no_json(browser):
    answer = await browser.post("/phones/ngo/text", content=b'{"text": "a"}', headers={"Content-Type": "text/plain"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("fields", "files"),
    [
        ({"kind": "photo"}, {"other": ("a.png", PIXEL)}),
        ({"kind": "sticker"}, {"files": ("a.png", PIXEL)}),
        ({}, {"files": ("a.png", PIXEL)}),
        ({"kind": "photo"}, {"files": ("a.png", b"")}),
        ({"kind": "photo", "caption": "ә" * 1025}, {"files": ("a.png", PIXEL)}),
        ({"kind": "voice", "duration": "long"}, {"files": ("a.ogg", b"OggS")}),
        ({"kind": "photo"}, [("files", (f"{number}.png", PIXEL)) for number in range(11)]),
    ],
)
async def test_files_that_cannot_be_sent(browser, aigerim, fields, files):
    answer = await browser.post("/phones/ngo/files", data=fields, files=files)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert aigerim.chat == []


async def test_a_broken_form(browser):
    headers = {"Content-Type": "multipart/form-data"}
    assert (await browser.post("/phones/ngo/files", content=b"x", headers=headers)).status_code == 400


async def test_only_her_own_words_can_be_edited(browser, telegram, aigerim):
    aigerim.writes("/start")
    theirs = telegram.post(aigerim.room, telegram.bot.as_user(), {"text": "Сәлем"})
    answer = await browser.post("/phones/ngo/edit", json={"message_id": theirs["message_id"], "text": "a"})
    assert answer.status_code == 400


async def test_there_is_no_such_phone(browser):
    assert (await browser.get("/phones/mayor/messages")).status_code == 404
    assert (await browser.post("/phones/mayor/text", json={"text": "a"})).status_code == 404


# --- the city's time


async def test_the_next_working_day_comes_at_a_press(browser):
    assert (await browser.get("/demo/now")).json()["date"] == "2026-05-14"
    assert (await browser.post("/demo/next-day", json={})).json()["date"] == "2026-05-15"
    assert (await browser.post("/demo/next-hour", json={})).json()["time"] == "10:00"
    assert (await browser.get("/page")).json()["has_controls"] is True


async def test_a_page_without_a_clock_says_so(telegram):
    transport = httpx.ASGITransport(Starlette(routes=page_routes(Page(telegram, []))))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as browser:
        assert (await browser.get("/page")).json()["has_controls"] is False
        assert (await browser.get("/demo/now")).status_code == 404


# --- somebody new


@pytest.fixture
async def open_house(telegram, aigerim) -> AsyncIterator[httpx.AsyncClient]:
    """A page to which people come whom the bot has not met."""

    def newcomer(language: str) -> PhoneOnPage:
        return PhoneOnPage("newcomer", telegram.phone("Ерлан", language_code=language), ROLE)

    page = Page(telegram, [PhoneOnPage("ngo", aigerim, ROLE)], language="kk", newcomers=newcomer)
    transport = httpx.ASGITransport(Starlette(routes=page_routes(page)))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        yield client


async def test_somebody_new_has_an_empty_chat_and_whoever_comes_by_a_link_has_pressed_start(open_house):
    about = (await open_house.get("/page")).json()
    assert (about["has_newcomers"], about["language"]) == (True, "kk")

    first = (await open_house.post("/phones", json={"language_code": "ru"})).json()
    assert (first["id"], first["language"]) == ("newcomer", "ru")
    assert (await open_house.get("/phones/newcomer/messages")).json()["messages"] == []

    second = (await open_house.post("/phones", json={"language_code": "kk", "start": "an-Invitation_1"})).json()
    assert second["user_id"] != first["user_id"]
    [message] = (await open_house.get("/phones/newcomer/messages")).json()["messages"]
    assert message["text"] == "/start an-Invitation_1"
    assert [phone["id"] for phone in (await open_house.get("/phones")).json()] == ["ngo", "newcomer"]


@pytest.mark.parametrize("body", [{}, {"language_code": "Русский"}, {"language_code": "ru", "start": "a b"}])
async def test_nobody_new_comes_by_a_wrong_request(open_house, body):
    assert (await open_house.post("/phones", json=body)).status_code == 400
    assert len((await open_house.get("/phones")).json()) == 1


async def test_a_page_may_stay_with_its_people(browser):
    assert (await browser.get("/page")).json()["has_newcomers"] is False
    assert (await browser.post("/phones", json={"language_code": "ru"})).status_code == 404


# --- the stream


async def test_the_stream_of_all_tells_of_who_came_after_it_was_opened(page, telegram, aigerim):
    stream = event_stream(page, page.phones.values())
    await anext(stream)
    erlan = telegram.phone("Ерлан")
    page.phones["newcomer"] = PhoneOnPage("newcomer", erlan, ROLE)
    erlan.writes("/start")
    assert '"phone": "newcomer"' in await anext(stream)
    await stream.aclose()


async def until(holds: Callable[[], Any]) -> None:
    while not holds():  # noqa: ASYNC110 - uvicorn offers nothing to wait for
        await asyncio.sleep(0.01)


def data_of(line: str) -> dict[str, Any]:
    return json.loads(line.removeprefix("data: "))


async def test_whatever_happens_after_hello_is_told_once_and_in_order(page, aigerim):
    stream = event_stream(page, list(page.phones.values()))
    assert "event: hello" in await anext(stream)
    aigerim.writes("бір")
    aigerim.writes("екі")
    told = [data_of(await anext(stream)) for _ in range(2)]
    assert [(event["phone"], event["type"], event["message"]["text"]) for event in told] == [
        ("ngo", "message", "бір"),
        ("ngo", "message", "екі"),
    ]
    await stream.aclose()


async def test_one_phone_is_not_told_of_another(page, telegram, aigerim):
    stream = event_stream(page, list(page.phones.values()))
    await anext(stream)
    telegram.phone("Данияр").writes("біреу")
    aigerim.writes("мен")
    assert data_of(await anext(stream))["message"]["text"] == "мен"
    await stream.aclose()


async def test_a_silent_stream_shows_that_it_lives(page):
    stream = event_stream(page, list(page.phones.values()), keep_alive=0.01)
    await anext(stream)
    assert await anext(stream) == ": still here\n\n"
    await stream.aclose()


async def test_the_server_stops_at_once_although_a_page_listens(page, unused_tcp_port):
    server = PageServer(page, port=unused_tcp_port)
    address = f"http://127.0.0.1:{unused_tcp_port}"
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve())
        await until(lambda: server.started)
        async with httpx.AsyncClient() as client, client.stream("GET", f"{address}/phones/ngo/events") as stream:
            lines = stream.aiter_lines()
            await anext(lines)
            server.should_exit = True
            assert [line async for line in lines if line.startswith("data:")] == ["data: {}"]


async def test_a_client_that_leaves_ends_its_stream(page, telegram, unused_tcp_port):
    server = PageServer(page, port=unused_tcp_port)
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve())
        await until(lambda: server.started)
        async with httpx.AsyncClient() as client, client.stream("GET", f"http://127.0.0.1:{unused_tcp_port}/events"):
            await until(lambda: telegram.bell._waiting)
        await until(lambda: not telegram.bell._waiting)
        server.should_exit = True

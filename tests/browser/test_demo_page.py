"""The main job played on the demo's page, by clicking, in a real browser against the real program."""

import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

REPO = Path(__file__).parent.parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PICTURE = bytes.fromhex(  # one white pixel
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8ffff3f0005fe02fea735818400000000"
    "49454e44ae426082"
)
PATIENCE = 15_000  # milliseconds: a reply may wait for Telegram's one message a second

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium, then run again"),
]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`python -m bot demo` on a free port, in a folder of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("demo")
    program = subprocess.Popen(
        [sys.executable, "-m", "bot", "demo", "--port", str(port)],
        cwd=folder,
        env={"PYTHONPATH": str(REPO), "PATH": ""},
    )
    address = f"http://127.0.0.1:{port}"
    _wait_for(address)
    yield address
    program.send_signal(signal.SIGTERM)
    assert program.wait(10) == 0


def _wait_for(address: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{address}/demo/now", timeout=1)  # noqa: S310 - our own address
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the demo did not start within 30 s")


@pytest.fixture
def page(demo: str) -> Iterator[Page]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(demo)
        yield page
        browser.close()


class Shown:
    """One of the phones on the page. The chat is full of older buttons: only what came since the last deed counts."""

    def __init__(self, page: Page, key: str) -> None:
        self.section = page.locator(f'section.phone[data-phone="{key}"]')
        expect(self.section.locator("[data-message-id]").first).to_be_visible(timeout=PATIENCE)
        self.since = self.newest() + 1

    def newest(self) -> int:
        return int(self.section.locator("[data-message-id]").last.get_attribute("data-message-id") or 0)

    def writes(self, text: str) -> None:
        self.since = self.newest() + 1
        self.section.locator("textarea[name=text]").fill(text)
        self.section.locator("button.send").click()

    def attaches(self, file: Path) -> None:
        self.since = self.newest() + 1
        self.section.locator("input[type=file][name=files]").set_input_files(file)
        self.section.locator("button.send").click()

    def presses(self, label: str) -> None:
        exactly = re.compile(f"^{re.escape(label)}$")
        message = self._message(has=self.section.page.locator("button.inline", has_text=exactly))
        self.since = int(message.get_attribute("data-message-id") or 0)
        message.locator("button.inline", has_text=exactly).click()

    def opens(self, chat: str) -> None:
        """Another of this person's chats: everything in it counts."""
        self.section.get_by_role("tab", name=chat).click()
        self.since = 1

    def sees(self, text: str) -> Locator:
        return self._message(has_text=text)

    def _message(self, **which: Any) -> Locator:
        """The newest message of that kind, waited for."""
        for _ in range(PATIENCE // 100):
            found = self.section.locator("[data-message-id]").filter(**which)
            if found.count() and int(found.last.get_attribute("data-message-id") or 0) >= self.since:
                return found.last
            time.sleep(0.1)
        raise AssertionError(f"{which} did not come; the chat ends with: {self.section.inner_text()[-500:]}")


def test_aigerim_asks_with_a_photo_daniyar_answers_and_she_judges(page: Page, tmp_path: Path) -> None:
    """In Kazakh on her phone and Russian on his: she asks, he takes and answers, she calls it solved."""
    aigerim, daniyar = Shown(page, "ngo"), Shown(page, "official")
    photo = tmp_path / "ramp.png"
    photo.write_bytes(PICTURE)

    aigerim.writes("/ask")
    aigerim.presses("Сұрақ")
    aigerim.presses("Мәдени іс-шараларды өткізуге көмек")
    aigerim.sees("Мәтінді бір немесе бірнеше хабарламамен")
    aigerim.writes("Мәдениет үйінің пандусы сынған, қашан жөнделеді?")
    aigerim.sees("0 тіркеме")
    aigerim.attaches(photo)
    aigerim.sees("1 тіркеме")
    aigerim.presses("Дайын")
    aigerim.presses("Жариялауға болады")
    aigerim.presses("Жіберу")
    aigerim.sees("-000005")  # the story before the page opened had four

    card = daniyar.sees("Мәдениет үйінің пандусы сынған")
    assert "-000005" in card.inner_text()
    daniyar.presses("Взять в работу")
    daniyar.presses("Ответить")
    daniyar.presses("Разъяснено")
    daniyar.sees("Напишите")
    daniyar.writes("Пандус будет отремонтирован до первого декабря, подрядчик выбран.")
    daniyar.presses("Готово")
    daniyar.presses("Отправить")
    daniyar.presses("Всё равно отправить")  # she asked in Kazakh

    aigerim.sees("Пандус будет отремонтирован до первого декабря")
    aigerim.presses("Шешілді")
    daniyar.sees("Вопрос решён")


def test_somebody_new_meets_the_bot_by_an_invitation(page: Page) -> None:
    """The administrator's link opens on a fourth phone; before the first word the chat says what the bot is."""
    page.locator("button.newcomer").click()
    erlan = page.locator('section.phone[data-phone="newcomer"]')
    expect(erlan.locator(".empty")).to_contain_text("NGOs ask, the city answers", timeout=PATIENCE)

    saule = Shown(page, "admin")
    saule.writes("/admin")
    for label in ("Приглашение", "Сотрудник", "Отдел образования"):
        saule.presses(label)
    saule.sees("Приглашение действует один раз").locator("button.command").click()
    zhanar = Shown(page, "newcomer")
    zhanar.since = 1  # all of this chat is new
    assert zhanar.section.locator(".who b").first.inner_text() == "Жанар"
    zhanar.presses("Русский")
    zhanar.presses("Согласен")
    zhanar.sees("Ваш отдел: Отдел образования")


def test_the_department_s_group_is_a_chat_of_those_in_it(page: Page) -> None:
    """He takes a question there and hears of it in private; she throws the bot out and is told what that means."""
    daniyar, saule = Shown(page, "official"), Shown(page, "admin")
    assert page.locator('section.phone[data-phone="ngo"]').get_by_role("tab").count() == 0
    daniyar.opens("Отдел культуры")
    daniyar.sees("Конференции и форумы").get_by_role("button", name="Взять в работу").click()
    expect(daniyar.sees("Конференции и форумы")).to_contain_text("Статус: в работе", timeout=PATIENCE)
    expect(daniyar.section.get_by_role("tab", name="Köpir")).to_contain_text(re.compile(r"\d"), timeout=PATIENCE)

    saule.opens("Отдел культуры")
    saule.section.get_by_role("button", name="Ещё").click()
    saule.section.get_by_role("button", name="Удалить бота из группы").click()
    daniyar.sees("Сәуле удаляет из группы: Köpir")
    saule.opens("Köpir")
    saule.sees("Бота удалили из группы")


def test_on_a_phone_the_field_is_as_high_when_its_tab_is_chosen_again(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    tabs, field = page.get_by_role("tablist").first.get_by_role("tab"), page.locator("textarea[name=text]:visible")
    tabs.first.click()
    before = field.bounding_box()
    assert before
    tabs.nth(1).click()
    tabs.first.click()
    assert field.bounding_box() == before

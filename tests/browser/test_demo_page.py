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
    """One of the phones on the page."""

    def __init__(self, page: Page, key: str) -> None:
        self.section = page.locator(f'section.phone[data-phone="{key}"]')

    def writes(self, text: str) -> None:
        self.section.locator("textarea[name=text]").fill(text)
        self.section.locator("button.send").click()

    def attaches(self, file: Path) -> None:
        self.section.locator("input[type=file][name=files]").set_input_files(file)
        self.section.locator("button.send").click()

    def presses(self, label: str) -> None:
        button = self.section.locator("button.inline", has_text=re.compile(f"^{re.escape(label)}$")).last
        button.click(timeout=PATIENCE)

    def sees(self, text: str) -> Locator:
        found = self.section.locator("[data-message-id]", has_text=text).last
        expect(found).to_be_visible(timeout=PATIENCE)
        return found


def test_aigerim_asks_with_a_photo_daniyar_answers_and_she_judges(page: Page, tmp_path: Path) -> None:
    """In Kazakh on her phone and Russian on his: she asks, he takes and answers, she calls it solved."""
    aigerim, daniyar = Shown(page, "ngo"), Shown(page, "official")
    photo = tmp_path / "ramp.png"
    photo.write_bytes(PICTURE)

    aigerim.writes("/ask")
    aigerim.presses("Сұрақ")
    aigerim.presses("Мәдени іс-шараларды өткізуге көмек")
    aigerim.sees("Дайын")
    aigerim.writes("Мәдениет үйінің пандусы сынған, қашан жөнделеді?")
    aigerim.attaches(photo)
    aigerim.sees("1 тіркеме")
    aigerim.presses("Дайын")
    aigerim.presses("Жариялауға болады")
    aigerim.presses("Жіберу")
    number = re.search(r"№ (\d{4}-\d{6})", aigerim.sees("Жауапты").inner_text())
    assert number

    card = daniyar.sees("Мәдениет үйінің пандусы сынған")
    assert number.group(1) in card.inner_text()
    daniyar.presses("Взять в работу")
    daniyar.presses("Ответить")
    daniyar.presses("Разъяснено")
    daniyar.writes("Пандус будет отремонтирован до первого декабря, подрядчик выбран.")
    daniyar.presses("Готово")
    daniyar.presses("Отправить")

    aigerim.sees("Пандус будет отремонтирован до первого декабря")
    aigerim.presses("Шешілді")
    daniyar.sees("Вопрос решён")

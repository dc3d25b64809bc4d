"""`python -m benchmarks.imports`: what a list of 10,000 NGOs costs, from the administrator's file to the report.

The real program runs on its own core against the local Telegram on the loopback, its register already filled. An
administrator sends the list; the dry run ends when the report has arrived: fetched, read, compared, stored, the
report's file made and sent. Memory is the highest the kernel has seen of the process, over what it had before the
first list. Then [Confirm] enters it, in one transaction.
"""

import asyncio
import os
import random
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from benchmarks import KEPT, MISSED, ended, report
from benchmarks.programs import OURS, Running, cores, served, started
from domain.people import CONSENT_VERSION, Language, OrganizationState
from domain.register import bin_checksum
from simulator.phones import Phone
from simulator.telegram import Telegram
from storage import beginnings, migrate, people, register
from storage.database import Database
from storage.tables import organizations

LINES = 10_000
REGISTERS = (511, 10_000)
DRY_RUN_S, MEMORY_MB = 10.0, 100.0
"""What is promised."""
PATIENCE = 120.0
ADMIN = 4_000_000_077


@dataclass(frozen=True)
class Measured:
    """One list against one register."""

    kind: str
    known: int
    kilobytes: float
    dry_run: float
    memory: float
    entered: int
    applied: float

    @property
    def kept(self) -> bool:
        return self.dry_run < DRY_RUN_S and self.memory < MEMORY_MB


def main() -> int:
    """Print the table; 1 when something promised does not hold."""
    if not sys.platform.startswith("linux"):
        sys.exit("The benchmark asks the kernel what a process has cost, and knows only Linux.")
    own, other = cores()
    if own is not None:
        os.sched_setaffinity(0, {own})
    found = asyncio.run(_measure(other))
    sys.stdout.write(_report(found))
    return KEPT if all(one.kept for one in found) else MISSED


async def _measure(core: int | None) -> list[Measured]:
    found = []
    for known in REGISTERS:
        for kind, content in (("CSV", _csv), ("XLSX", _xlsx)):
            found.append(await _of(kind, known, content, core))
    return found


async def _of(kind: str, known: int, content: Callable[[], bytes], core: int | None) -> Measured:
    """A program of its own for each: what one list leaves behind in memory is not the next one's."""
    telegram = Telegram()
    telegram.add_bot(f"100000:{secrets.token_urlsafe(24)}")
    saule = telegram.phone("Saule", user_id=ADMIN, language_code="en")
    file = content()
    with tempfile.TemporaryDirectory(prefix="kopir-imports-") as name:
        folder = Path(name)
        await _fill(folder, known)
        async with served(telegram) as url, started(OURS, telegram, url, folder, core) as running:
            await _opens(saule)
            before = running.memory()
            _forget_peak(running)
            begun = perf_counter()
            saule.sends_document(f"ngos.{kind.lower()}", file)
            await saule.sees("List «", PATIENCE)
            dry_run = perf_counter() - begun
            memory = _peak(running) - before
            begun = perf_counter()
            saule.presses("Confirm")
            await saule.sees("Entered", PATIENCE)
            applied = perf_counter() - begun
        entered = await _count(folder) - known
    return Measured(kind, known, len(file) / 1024, dry_run, memory, entered, applied)


async def _opens(saule: Phone) -> None:
    saule.writes("/admin")
    await saule.sees("desk", PATIENCE)
    saule.presses("NGOs")
    await saule.sees("All NGOs", PATIENCE)
    saule.presses("Import a list")
    await saule.sees("Send a file", PATIENCE)


def _forget_peak(running: Running) -> None:
    Path(f"/proc/{running.process.pid}/clear_refs").write_text("5")


def _peak(running: Running) -> float:
    """The most that was resident since, in megabytes."""
    status = Path(f"/proc/{running.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


# --- the lists ------------------------------------------------------------------------------------------------------

_SYLLABLES = [a + b for a in "бртмнклсжшғқ" for b in "аеиоуыөәі"]
_FORMS = ["Общественный фонд «{}»", "ОО «{}»", "«{}» қоғамдық бірлестігі", "Частный фонд «{}»", "«{}» қоғамдық қоры"]
_OF_WHAT = ["", " помощи детям", " ветеранов", " Павлодарской области", " молодёжи города", " жастары", " аналар"]
_FIELDS = ["Social support", "Экология", "Мәдениет және тілдер", "Спорт", ""]


def _name(chance: random.Random) -> str:
    words = ["".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))) for _ in range(chance.randint(1, 3))]
    return chance.choice(_FORMS).format(" ".join(words).capitalize() + chance.choice(_OF_WHAT))


def _bin(serial: int) -> str:
    """Valid in form and checksum; serials for which none fits are passed over."""
    first = f"{10 + serial % 14:02d}{1 + serial % 12:02d}40{serial % 100_000:05d}"
    last = bin_checksum(first)
    return f"{first}{last}" if last is not None else _bin(serial + 50_000)


def invented_register(known: int) -> list[tuple[str, str | None, str]]:
    """Every fifth has no BIN."""
    chance = random.Random(1)  # noqa: S311 - the same register each time
    return [(_name(chance), _bin(n) if n % 5 else None, "social") for n in range(1, known + 1)]


def _list() -> Iterator[tuple[str, str, str]]:
    """Of ten lines one is in the register under its BIN, two have no BIN, one of them a mistake in a known name."""
    chance = random.Random(2)  # noqa: S311 - the same list each time
    known = invented_register(min(REGISTERS))
    for n in range(1, LINES + 1):
        if n % 10 == 0:
            name, bin_, _ = known[n % len(known)]
            yield name + "ы", bin_ or "", chance.choice(_FIELDS)
        elif n % 10 == 1:
            yield known[n % len(known)][0].replace("а", "о", 1) + f" {n}", "", chance.choice(_FIELDS)
        else:
            yield _name(chance), "" if n % 10 == 2 else _bin(20_000 + n), chance.choice(_FIELDS)


def _csv() -> bytes:
    lines = [f"{name};{bin_};{field}" for name, bin_, field in _list()]
    return "\n".join(["Наименование;БИН;Сфера деятельности", *lines]).encode()


def _xlsx() -> bytes:
    import io

    import xlsxwriter

    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for n, row in enumerate([("Наименование", "БИН", "Сфера деятельности"), *_list()]):
            sheet.write_row(n, 0, row)
    return file.getvalue()


# --- the database ---------------------------------------------------------------------------------------------------


def _url(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder}/kopir.db"


async def _fill(folder: Path, known: int) -> None:
    """A register of this size, and an administrator who reads English."""
    await migrate.upgrade(_url(folder))
    database = Database(_url(folder))
    now = datetime.now(UTC)  # noqa: TID251 - nobody passes it in: this stands where bot.clock stands
    async with database.transaction() as db:
        await beginnings.begin(db)
        await register.enter_many(db, invented_register(known), now)
        await people.meet(db, ADMIN, "Saule", now)
        await people.set_language(db, ADMIN, Language.EN)
        await people.agree(db, ADMIN, CONSENT_VERSION, Language.EN, now)
        await people.make_admin(db, ADMIN, now)
    await database.close()


async def _count(folder: Path) -> int:
    from sqlalchemy import func, select

    database = Database(_url(folder))
    async with database.reading() as db:
        registered = organizations.c.state == OrganizationState.REGISTERED
        found = await db.scalar(select(func.count()).select_from(organizations).where(registered))
    await database.close()
    return found or 0


# --- the report -----------------------------------------------------------------------------------------------------


def _report(found: list[Measured]) -> str:
    lines = [
        "| list | size, KB | NGOs in the register | dry run, s | memory above idle, MB | entered | [Confirm], s |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {one.kind} | {one.kilobytes:.0f} | {one.known:,} | {one.dry_run:.1f} | {one.memory:.0f} |"
        f" {one.entered:,} | {one.applied:.1f} |"
        for one in found
    ]
    return report(lines, _CONDITIONS, lines=LINES, seconds=DRY_RUN_S, megabytes=MEMORY_MB)


_CONDITIONS = """\
{lines:,} lines each. Promised: a dry run under {seconds:.0f} s and {megabytes:.0f} MB above idle.
From sending the file to the report in the chat; the machine's load is {load:.1f} on {cores} cores."""


if __name__ == "__main__":
    sys.exit(ended(main))

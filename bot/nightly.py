"""A backup each night, when BACKUP_DIR is set: by one copy of the program, into a new file, the oldest make room.

It is made by a process of its own (`kopir backup`): a large one takes minutes, and must neither delay anybody nor keep
the program from stopping.
"""

import asyncio
import logging
import os
import re
import shutil
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

from bot import ledger
from bot.backup import tool
from bot.clock import Clock
from bot.settings import WrongSetting
from domain.calendar import quiet
from domain.city import City
from storage import backups, forgotten, outbox, people, slots
from storage.backups import Trouble
from storage.database import Database
from storage.outbox import Priority

log = logging.getLogger(__name__)

NIGHT = time(2)
"""From then on, the city's time; a machine that was off makes it when it is on again."""
LONGEST = 50 * 60.0
"""Seconds, less than from one attempt to the next."""
SPARE = 64 * 2**20
"""Bytes that stay free on the disk at least."""
OURS = re.compile(r"kopir-\d{4}-\d\d-\d\d-\d{4}\.(db|dump)")


@dataclass
class Nightly:
    """`keep`: how many backups lie in the folder at most."""

    database: Database
    clock: Clock
    folder: Path
    keep: int

    async def forget_again(self) -> int:
        """At the start: who was forgotten since this database was saved, where it is one that was restored."""
        try:
            lines = ledger.read(self.folder / ledger.NAME)
        except (ValueError, OSError) as error:
            log.error("the ledger of the forgotten cannot be read: %s", error)
            return 0
        async with self.database.transaction() as db:
            return await forgotten.again(db, lines, self.clock.now())

    async def keep_ledger(self) -> None:
        """What the database knows of the forgotten stands beside the backups as well, a tick later."""
        async with self.database.reading() as db:
            lines = await forgotten.everybody(db)
        await asyncio.to_thread(ledger.write, self.folder / ledger.NAME, lines, self.clock.now() - forgotten.KEPT)

    async def look(self, city: City) -> bool:
        """Make tonight's backup when it is this copy's turn; true when administrators were told that there is none."""
        now = self.clock.now()
        local = now.astimezone(city.zone)
        if local.time() >= NIGHT and await self._my_turn(local):
            trouble = await self._make(local)
            async with self.database.transaction() as db:
                await backups.ended(db, trouble, self.clock.now())
        return not quiet(now, city.calendar, city.hours, city.zone) and await self._tell(f"backup told {local.date()}")

    async def _my_turn(self, local: datetime) -> bool:
        now = self.clock.now()
        async with self.database.reading() as db:
            slot = await backups.next_attempt(db, local.date(), now)
        if slot is None:
            return False
        async with self.database.transaction() as db:
            return await slots.take(db, slot, now)

    async def _tell(self, key: str) -> bool:
        """Administrators, once a day, in working hours."""
        async with self.database.reading() as db:
            if not (await backups.state(db)).failing or await slots.taken(db, key):
                return False
        now = self.clock.now()
        async with self.database.transaction() as db:
            if not await slots.take(db, key, now):
                return False
            for admin in await people.admin_ids(db):
                await outbox.say(db, admin, "backup_failed", {}, now, priority=Priority.REMINDER, key=f"{key} {admin}")
        return True

    async def _make(self, local: datetime) -> Trouble | None:
        """Nothing, when there is a new backup; else why there is none."""
        end = "db" if self.database.is_sqlite else "dump"
        target = self.folder / f"kopir-{local:%Y-%m-%d-%H%M}.{end}"
        try:
            self._prepare()
        except WrongSetting as error:
            log.error("no backup: %s", error)
            return Trouble.NO_TOOL
        except OSError as error:
            log.error("no backup: %s", error)
            return Trouble.NO_ROOM
        if said := await self._in_a_process(target):
            log.error("no backup: %s", said)
            return Trouble.FAILED
        for old in self._made()[self.keep :]:
            old.unlink(missing_ok=True)
        log.info("backup %s is made", target.name)
        return None

    def _prepare(self) -> None:
        """What a killed attempt left goes; then there must be room. Raises OSError or WrongSetting."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for part in self.folder.glob("kopir-*.part"):
            part.unlink(missing_ok=True)
        if not self.database.is_sqlite:
            tool("pg_dump")
        free, needed = shutil.disk_usage(self.folder).free, self._expected() + SPARE
        if free < needed:
            raise OSError(f"{free // 2**20} MB are free in {self.folder}, {needed // 2**20} MB are needed")

    def _expected(self) -> int:
        """Bytes: of SQLite the file itself; of PostgreSQL the last backup and a fifth."""
        if file := self.database.file:
            return file.stat().st_size
        return max((file.stat().st_size * 6 // 5 for file in self._made()[:1]), default=0)

    def _made(self) -> list[Path]:
        """The newest first. What somebody else put into the folder is left alone."""
        return sorted((file for file in self.folder.iterdir() if OURS.fullmatch(file.name)), reverse=True)

    async def _in_a_process(self, target: Path) -> str:
        """Why it failed, in one line; empty when it did not."""
        url = self.database.url.render_as_string(hide_password=False)
        process = None
        try:
            async with asyncio.timeout(LONGEST):
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "bot", "backup", str(target)),
                    env=os.environ | {"DATABASE_URL": url},
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.PIPE,
                    start_new_session=True,  # so that pg_dump, which it begins, can be ended with it
                )
                _, said = await process.communicate()
        except TimeoutError:
            return f"it took more than {LONGEST / 60:.0f} minutes"
        finally:
            await _end(process)
            target.with_name(target.name + ".part").unlink(missing_ok=True)
        return (said.decode(errors="replace").strip().splitlines() or ["it failed"])[-1] if process.returncode else ""


async def _end(process: asyncio.subprocess.Process | None) -> None:
    """With what it has begun: it took too long, or the program stops."""
    if process and process.returncode is None:
        with suppress(ProcessLookupError):  # it has just ended
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()  # or they might still make the file

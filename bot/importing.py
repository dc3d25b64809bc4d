"""Lists of NGOs that administrators sent: fetched from Telegram, read and compared outside any transaction.

    imports: received ─▶ (fetch) ─▶ (read, in a thread) ─▶ comparing ─▶ (compare, in a thread) ─▶ ready ─▶ report

A copy that dies leaves a lease that runs out; doing it again gives the same.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from telegram.error import BadRequest, Forbidden, TelegramError

from bot import spreadsheets
from bot.clock import Clock
from bot.telegram import Telegram
from domain.people import Organization
from domain.register_import import (
    LARGEST_FILE,
    FileFault,
    Finding,
    ImportState,
    Line,
    UnreadableFile,
    Verdict,
    compare,
    fingerprint,
    read_lines,
)
from handlers.importing import fields
from storage import imports, outbox, register
from storage.database import Database
from storage.imports import Import

log = logging.getLogger(__name__)

_LOOKS_EVERY = 2.0
"""Seconds: lists are rare, updates are not, so nobody knocks for each of them."""
_ATTEMPTS = 5
_FETCHING = 30.0


@dataclass
class Importing:
    """Reads what waits, one list after another, until it is stopped. `arrived` wakes it for that."""

    telegram: Telegram
    database: Database
    clock: Clock

    def __post_init__(self) -> None:
        self.arrived = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self.arrived.clear()
            try:
                await self.drain()
            except Exception:
                log.exception("the lists that were sent cannot be read; again in a moment")
            await self._wait()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_LOOKS_EVERY):
                await self.arrived.wait()
        except TimeoutError:
            pass

    async def drain(self) -> None:
        """Everything that waits now."""
        while await self.one():
            pass

    async def one(self) -> bool:
        """One list to its report, or to its next attempt. False when none waits."""
        async with self.database.reading() as db:
            if not await imports.anything_to_do(db, self.clock.now()):
                return False  # most looks end here, and wait for no writer
        async with self.database.transaction() as db:
            claimed = await imports.claim(db, self.clock.now())
        if claimed is None:
            return False
        try:
            lines = await self._lines(claimed)
            if lines is not None:
                await self._compare(claimed, lines)
        except UnreadableFile as unreadable:
            await self._failed(claimed, unreadable.fault)
        return True

    async def _lines(self, claimed: Import) -> Sequence[Line] | None:
        """Read before, when only the register has changed; else out of the file. None: Telegram is away."""
        if claimed.state is ImportState.COMPARING:
            return [finding.line for finding in claimed.findings]
        if claimed.attempts >= _ATTEMPTS:
            raise UnreadableFile(FileFault.NO_FILE)
        try:
            content = await self._fetch(claimed)
        except (BadRequest, Forbidden):
            raise UnreadableFile(FileFault.NO_FILE) from None
        except TelegramError as error:
            log.warning("a list cannot be fetched: %s; again soon", type(error).__name__)
            async with self.database.transaction() as db:
                await imports.later(db, claimed.id, self.clock.now() + timedelta(seconds=5 * (claimed.attempts + 1)))
            return None
        return await asyncio.to_thread(_read, claimed.file_name, content)

    async def _fetch(self, claimed: Import) -> bytes:
        file = await self.telegram.get_file(claimed.file_id)
        if (file.file_size or 0) > LARGEST_FILE:
            raise UnreadableFile(FileFault.TOO_BIG)
        return bytes(await file.download_as_bytearray(read_timeout=_FETCHING))

    async def _compare(self, claimed: Import, lines: Sequence[Line]) -> None:
        async with self.database.reading(long=True) as db:
            known = await register.everything(db)
        findings, of_register = await asyncio.to_thread(_compare, lines, known)
        something = any(finding.verdict in (Verdict.NEW, Verdict.CHANGED) for finding in findings)
        state = ImportState.READY if something else ImportState.APPLIED
        now = self.clock.now()
        async with self.database.transaction() as db:
            if await imports.found(db, claimed.id, findings, of_register, state, now):
                facts = {"import": claimed.id, "register": of_register}
                key = f"list {claimed.id} {of_register[:40]}"
                await outbox.say(db, claimed.person_id, "list_read", facts, now, key=key)

    async def _failed(self, claimed: Import, fault: FileFault) -> None:
        now = self.clock.now()
        async with self.database.transaction() as db:
            if await imports.failed(db, claimed.id, fault, now):
                facts = {"import": claimed.id, "register": ""}
                await outbox.say(db, claimed.person_id, "list_read", facts, now, key=f"list {claimed.id} failed")


def _read(name: str, content: bytes) -> list[Line]:
    return read_lines(spreadsheets.rows(name, content), fields())


def _compare(lines: Sequence[Line], known: Sequence[Organization]) -> tuple[list[Finding], str]:
    return compare(lines, known), fingerprint(known)

"""A list of NGOs as a file: sent, reported on before anything is changed, applied whole by [Confirm].

    [Import a list] ─▶ a document ─▶ (bot.importing reads it) ─▶ report ─▶ [Confirm] ─▶ doubtful lines, one by one
                                                                   └─▶ [Cancel]

[Confirm] does what the report said, or nothing: when the register has changed since, it is compared anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache

from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.draft import AttachmentKind, one_line
from domain.people import Language, Organization, OrganizationState, Person
from domain.register import plain
from domain.register_import import (
    LARGEST_FILE,
    MOST_LINES,
    Doubt,
    Fault,
    FileFault,
    Finding,
    ImportState,
    Line,
    Verdict,
    changes,
    counted,
    fingerprint,
)
from handlers import cards, keyboards, merging, organizations, sheets
from handlers.speech import Block, Call, Keyboard, messages
from handlers.turn import Turn
from storage import imports, register
from storage.imports import Import
from storage.outbox import Outgoing
from texts import N_, Words
from texts.labels import FIELDS, ORGANIZATION_STATES

_SHOWN = 5
"""Lines of each sort in the message; all of them stand in the file."""


# --- sending a list -------------------------------------------------------------------------------------------------


async def ask(turn: Turn) -> None:
    await turn.wait_for("org_import", "file", {})
    turn.reply(
        turn.say("<b>Import a list of NGOs</b>"),
        turn.say(
            "Send a file: XLSX or CSV, up to 5 MB and {most} lines. Columns in any order, named in its first lines: "
            "name (needed), BIN, field of work.",
            most=f"{MOST_LINES:,}".replace(",", "\u00a0"),
        ),
        turn.say(
            "Nothing is changed until you have seen the report and pressed «{confirm}».", confirm=_confirm(turn.words)
        ),
        keyboard=[[turn.button("back", "org_list")]],
        edit=True,
    )


def _confirm(words: Words) -> str:
    return words.label("confirm")


async def received(turn: Turn) -> None:
    """The document is noted in this transaction and read outside of it."""
    sent = turn.said.attachment
    if sent is None or sent.kind is not AttachmentKind.DOCUMENT:
        turn.reply(
            turn.say("Please send the list as a file, XLSX or CSV."), keyboard=[[turn.button("back", "org_list")]]
        )
        return
    if sent.size > LARGEST_FILE:
        turn.reply(_file_fault(turn.words, FileFault.TOO_BIG), keyboard=[[turn.button("back", "org_list")]])
        return
    name = sent.name or turn.words.plain("the list")
    await imports.receive(turn.db, turn.person.id, sent.file_id, name, turn.now)
    await turn.finish()
    turn.reply(turn.say("I am reading «{name}». The report comes in a moment.", name=name))


@cache
def fields() -> Mapping[str, str]:
    """Which plain words of a list mean which field of work, in the three languages."""
    from zoneinfo import ZoneInfo

    every = [Words(language, ZoneInfo("UTC")) for language in Language]
    return {plain(words.plain(said)): key for words in every for key, said in FIELDS.items()}


# --- the report -----------------------------------------------------------------------------------------------------

_FILE_FAULTS = {
    FileFault.NO_FILE: N_("Telegram does not give the file. Please send it again."),
    FileFault.TOO_BIG: N_("The file is larger than 5 MB. Send a smaller one: only the list, without pictures."),
    FileFault.TOO_MANY_LINES: N_("The list has more than 10,000 lines. Send it in parts."),
    FileFault.EMPTY: N_("The list is empty."),
    FileFault.NOT_A_TABLE: N_(
        "This is no table that can be read, or it is damaged. Save it as XLSX and send it again."
    ),
    FileFault.NO_NAME_COLUMN: N_("No column is called “name”. Write above the columns: name, BIN, field of work."),
    FileFault.WRONG_ENCODING: N_("The letters of the file cannot be read. Save it as XLSX or as CSV in UTF-8."),
    FileFault.ENCRYPTED: N_("The file is protected by a password. Remove the password and send it again."),
    FileFault.OLD_FORMAT: N_("This is an old format (.xls). Save it as XLSX and send it again."),
    FileFault.MACROS: N_("The file contains macros. Save it as XLSX, without macros, and send it again."),
    FileFault.PACKED_TOO_TIGHTLY: N_("The file is packed in a way tables are not. Save it anew as XLSX and send it."),
}

FAULTS = {
    Fault.NO_NAME: N_("no name"),
    Fault.NAME_TOO_LONG: N_("the name is longer than 300 characters"),
    Fault.FORMULA: N_("the name is a formula"),
    Fault.QUOTES: N_("a quotation mark is not closed"),
    Fault.BIN_LETTERS: N_("BIN: not only digits"),
    Fault.BIN_LENGTH: N_("BIN: not twelve digits"),
    Fault.BIN_PERSON: N_("BIN: looks like a person's IIN"),
    Fault.BIN_SHAPE: N_("BIN: such a number cannot be"),
    Fault.BIN_CHECKSUM: N_("BIN: the check digit is wrong, a digit is mistyped"),
    Fault.BIN_ROUNDED: N_("BIN: the spreadsheet has rounded it; format the column as text"),
    Fault.BIN_TWICE: N_("the same BIN is in line {n}"),
    Fault.NAME_TWICE: N_("the same NGO is in line {n}"),
}

DOUBTS = {
    Doubt.NO_BIN: N_("no BIN, and no such name in the register"),
    Doubt.SIMILAR: N_("similar to «{name}»"),
    Doubt.ANOTHER_BIN: N_("«{name}» in the register has another BIN"),
    Doubt.TWO_RECORDS: N_("the BIN is of one record, the name of another, «{name}»"),
    Doubt.DECLINED: N_("«{name}» was declined before"),
}

_VERDICTS = {
    Verdict.NEW: N_("New"),
    Verdict.CHANGED: N_("Changed"),
    Verdict.SAME: N_("As in the register"),
    Verdict.DOUBTFUL: N_("Doubtful"),
    Verdict.REFUSED: N_("Refused"),
}

_COLUMNS = {"name": N_("name"), "bin": N_("BIN"), "field": N_("field of work"), "state": N_("status")}


def _file_fault(words: Words, fault: FileFault) -> Markup:
    return words.say(_FILE_FAULTS[fault])


async def report(db: AsyncConnection, row: Outgoing, person: Person, words: Words) -> list[Call]:
    """The notice that a list was read: the file with every line, then the message with [Confirm]."""
    found = await imports.of_person(db, person.id, int(row.facts["import"]))
    if found is None or not person.is_admin or found.register != row.facts["register"]:
        return []
    if found.state is ImportState.FAILED and found.fault:
        said = words.say("The list «{name}» was not read.", name=found.file_name)
        back = keyboards.labelled(words, ("org_import", "org_import"), ("back", "org_list"))
        return messages(person.id, [said, _file_fault(words, found.fault)], back, simple=person.simple)
    if found.state not in (ImportState.READY, ImportState.APPLIED):
        return []
    said_blocks = messages(person.id, _blocks(words, found), _report_keyboard(words, found), simple=person.simple)
    return [await _file(words, person.id, found), *said_blocks]


async def _file(words: Words, chat_id: int, found: Import) -> Call:
    say = words.plain
    columns = [
        say("Line of the file"),
        say("What becomes of it"),
        say("Name"),
        say("BIN"),
        say("Field of work"),
        say("Why"),
    ]
    rows = [_row(words, finding) for finding in found.findings]
    content = await sheets.workbook(say("Report"), columns, rows)
    caption = say("Report on «{name}», line by line", name=one_line(found.file_name, 60))
    return Call("sendDocument", {"chat_id": chat_id, "caption": caption}, file=("report.xlsx", content))


def _row(words: Words, finding: Finding) -> list[sheets.Cell]:
    line = finding.line
    verdict = words.plain(_VERDICTS[finding.verdict])
    return [line.number, verdict, line.name, line.bin or "", _field(words, line.field), why(words, finding).striptags()]


def _blocks(words: Words, found: Import) -> list[Block]:
    numbers = counted(found.findings)
    head = cards.lines(
        words.say("<b>List «{name}»</b>", name=found.file_name),
        *(words.say("{what}: {n}", what=words.say(_VERDICTS[v]), n=numbers[v]) for v in Verdict),
    )
    blocks: list[Block] = [head]
    for verdict in (Verdict.REFUSED, Verdict.DOUBTFUL, Verdict.CHANGED):
        of_verdict = [finding for finding in found.findings if finding.verdict is verdict]
        if of_verdict:
            heading = words.say("<b>{what}</b>", what=words.say(_VERDICTS[verdict]))
            shown = [_line(words, finding) for finding in of_verdict[:_SHOWN]]
            blocks.append(cards.lines(heading, *shown, _rest(words, len(of_verdict) - _SHOWN)))
    if found.state is ImportState.APPLIED:
        blocks.append(words.say("There is nothing to enter or to change."))
    return blocks


def _rest(words: Words, n: int) -> Markup | None:
    return words.count("And {n} more in the file.", "And {n} more in the file.", n) if n > 0 else None


def _line(words: Words, finding: Finding) -> Markup:
    """`Line 7: Парасат: no BIN`."""
    name = one_line(finding.line.name, 80) or words.say("no name")
    return words.say("Line {n}: {name}: {why}", n=finding.line.number, name=name, why=why(words, finding))


def why(words: Words, finding: Finding) -> Markup:
    """What is wrong with the line, what is doubtful, or what changes into what."""
    line = finding.line
    if line.fault:
        return words.say(FAULTS[line.fault], n=line.twice)
    if finding.doubt:
        return words.say(DOUBTS[finding.doubt], name=one_line(finding.was, 80))
    said = [
        words.say(
            "{column}: {before} → {after}",
            column=words.say(_COLUMNS[column]),
            before=_value(words, column, before),
            after=_value(words, column, after),
        )
        for column, before, after in finding.changes
    ]
    return Markup("; ").join(said)


def _value(words: Words, column: str, value: str) -> str:
    if column == "state":
        return words.plain(ORGANIZATION_STATES[OrganizationState(value)])
    return one_line(_field(words, value) if column == "field" else value, 100) or "–"


def _field(words: Words, field: str) -> str:
    return words.plain(FIELDS[field]) if field in FIELDS else field


def _report_keyboard(words: Words, found: Import) -> Keyboard:
    """[Confirm] names the comparison that was shown."""
    if found.state is ImportState.READY:
        confirm = f"org_apply:{found.id}:{found.register[:12]}"
        return keyboards.labelled(words, ("confirm", confirm), ("cancel", f"org_cancel:{found.id}"))
    doubtful = [("doubtful", f"org_doubtful:{found.id}")] if counted(found.findings)[Verdict.DOUBTFUL] else []
    return keyboards.labelled(words, *doubtful, ("back", "org_list"), width=1)


# --- applying -------------------------------------------------------------------------------------------------------


async def _mine(turn: Turn, *, to_change: bool = True) -> Import | None:
    """The list this button is about; else the register has been shown: somebody else's and none look the same."""
    found = await imports.of_person(turn.db, turn.person.id, turn.id_at(), to_change=to_change)
    if found is None:
        await organizations.show(turn)
    return found


async def apply(turn: Turn) -> None:
    """[Confirm]: all that the report said, in this one transaction."""
    found = await _mine(turn)
    if found is None:
        return
    shown = turn.argument(1)
    if found.state is not ImportState.READY or not shown or not found.register.startswith(shown):
        _how_it_stands(turn, found)
        return
    await register.lock(turn.db)
    if fingerprint(await register.everything(turn.db)) != found.register:
        await imports.set_state(turn.db, found.id, ImportState.COMPARING, turn.now)
        turn.reply(
            turn.say(
                "The register has changed since the report. Nothing was entered: I am comparing anew, "
                "a new report comes."
            )
        )
        return
    await _carry_out(turn, found)


async def _carry_out(turn: Turn, found: Import) -> None:
    numbers = counted(found.findings)
    new = [f.line for f in found.findings if f.verdict is Verdict.NEW]
    await register.enter_many(turn.db, [(line.name, line.bin, line.field or "other") for line in new], turn.now)
    for finding in found.findings:
        if finding.verdict is Verdict.CHANGED and finding.known is not None:
            await register.change(turn.db, finding.known, {column: after for column, _, after in finding.changes})
    left = [f for f in found.findings if f.verdict is Verdict.DOUBTFUL]
    await imports.keep(turn.db, found.id, left)
    await imports.set_state(turn.db, found.id, ImportState.APPLIED, turn.now)
    applied = replace(found, findings=tuple(left), state=ImportState.APPLIED)
    turn.reply(
        cards.lines(
            turn.say("<b>Entered: {new}, changed: {changed}.</b>", new=len(new), changed=numbers[Verdict.CHANGED]),
            turn.say("Refused: {n}. Correct these lines in your file and send it again.", n=numbers[Verdict.REFUSED])
            if numbers[Verdict.REFUSED]
            else None,
            turn.say("Doubtful: {n}. They are not entered until you decide.", n=len(left)) if left else None,
        ),
        keyboard=_report_keyboard(turn.words, applied),
    )
    said = ", ".join(f"{verdict} {n}" for verdict, n in numbers.items())
    await turn.audit("list of NGOs applied", "register", after=said)


def _how_it_stands(turn: Turn, found: Import) -> None:
    """An old button says what became of the list."""
    match found.state:
        case ImportState.RECEIVED | ImportState.COMPARING:
            said = turn.say("«{name}» is being read. The report comes in a moment.", name=found.file_name)
        case ImportState.READY:
            said = turn.say("There is a newer report on «{name}» below.", name=found.file_name)
        case ImportState.APPLIED:
            said = turn.say("«{name}» is entered already.", name=found.file_name)
        case _:
            said = turn.say("«{name}» was dropped. Nothing was changed.", name=found.file_name)
    applied = found.state is ImportState.APPLIED
    back = keyboards.labelled(turn.words, ("back", "org_list"))
    turn.reply(said, keyboard=_report_keyboard(turn.words, found) if applied else back)


async def cancel(turn: Turn) -> None:
    found = await _mine(turn)
    if found is None:
        return
    if found.state in (ImportState.READY, ImportState.COMPARING, ImportState.RECEIVED):
        await imports.set_state(turn.db, found.id, ImportState.CANCELLED, turn.now)
        found = replace(found, state=ImportState.CANCELLED)
    _how_it_stands(turn, found)


# --- doubtful lines, one by one -------------------------------------------------------------------------------------


async def doubtful(turn: Turn) -> None:
    """The next line to be decided. Button: `org_doubtful:IMPORT:AFTER LINE`."""
    found = await _mine(turn, to_change=False)
    if found is not None:
        await _next(turn, found, turn.id_at(1))


async def _next(turn: Turn, found: Import, after: int = 0) -> None:
    if found.state is not ImportState.APPLIED:
        _how_it_stands(turn, found)
        return
    ahead = [finding for finding in found.findings if finding.line.number > after]
    if not ahead:
        left = len(found.findings)
        said = (
            turn.say("Left undecided: {n}.", n=left)
            if left
            else turn.say("All doubtful lines of «{name}» are decided.", name=found.file_name)
        )
        turn.reply(said, keyboard=_report_keyboard(turn.words, found), edit=True)
        return
    await _show_doubtful(turn, found, ahead[0], len(found.findings) - len(ahead) + 1)


async def _show_doubtful(turn: Turn, found: Import, finding: Finding, place: int) -> None:
    line = finding.line
    known = await _candidate(turn, finding)
    keys = [("same_ngo", f"org_same:{found.id}:{line.number}:{known.id}")] if known else []
    if finding.doubt is not Doubt.DECLINED or known is None:
        keys.append(("new_ngo", f"org_new:{found.id}:{line.number}"))
    keys.append(("skip", f"org_doubtful:{found.id}:{line.number}"))
    if sum(one.doubt is Doubt.NO_BIN for one in found.findings) > 1:
        keys.append(("all_new", f"org_all_new:{found.id}"))
    turn.reply(
        turn.say("<b>Doubtful, {n} of {all}</b>", n=place, all=len(found.findings)),
        cards.lines(
            turn.say("In the list, line {n}: <b>{name}</b>", n=line.number, name=line.name),
            turn.say("BIN: {bin}", bin=line.bin) if line.bin else turn.say("BIN: not given"),
            turn.say("Field of work: {field}", field=_field(turn.words, line.field)) if line.field else None,
            turn.say("Why: {why}", why=why(turn.words, finding)),
        ),
        *([turn.say("In the register:"), organizations.facts(turn, known)] if known else []),
        keyboard=[*keyboards.labelled(turn.words, *keys, width=1), [turn.button("back", "org_list")]],
        edit=True,
    )


async def _candidate(turn: Turn, finding: Finding) -> Organization | None:
    """The record that may be meant, as it is today."""
    return await register.standing(turn.db, finding.known) if finding.known else None


async def _undecided(turn: Turn) -> tuple[Import, Finding] | None:
    """The list, locked, and the line this button is about; else the next one that is undecided has been shown."""
    found = await _mine(turn)
    if found is None:
        return None
    number = turn.id_at(1)
    finding = next((one for one in found.findings if one.line.number == number), None)
    if found.state is not ImportState.APPLIED or finding is None or finding.verdict is not Verdict.DOUBTFUL:
        await _next(turn, found)
        return None
    await register.lock(turn.db)
    return found, finding


async def _decided(turn: Turn, found: Import, lines: Iterable[int]) -> None:
    """These lines are settled; on to the next."""
    gone = set(lines)
    left = tuple(one for one in found.findings if one.line.number not in gone)
    await imports.keep(turn.db, found.id, left)
    await _next(turn, replace(found, findings=left), max(gone, default=0))


async def same(turn: Turn) -> None:
    """[It is the same]: the record takes what the list says; two records of one NGO become one."""
    undecided = await _undecided(turn)
    if undecided is None:
        return
    found, finding = undecided
    known = await _candidate(turn, finding)
    if known is None or known.id != turn.id_at(2):
        await _next(turn, found, finding.line.number - 1)  # another record by now: it is shown before it is changed
        return
    line = finding.line
    holder = await register.by_bin(turn.db, line.bin) if line.bin else None
    if holder is not None and holder.id != known.id:
        moved = await merging.merge(turn, known.id, holder.id)
        changed = await _take_over(turn, line, holder)
        await _decided(turn, found, [line.number])
        if moved:
            await merging.note(turn, known.id, holder.id, moved)
        await _note_change(turn, holder, changed)
        return
    changed = await _take_over(turn, line, known)
    await _decided(turn, found, [line.number])
    await _note_change(turn, known, changed)


async def _take_over(turn: Turn, line: Line, known: Organization) -> Sequence[tuple[str, str, str]]:
    found = changes(line, known)
    await register.change(turn.db, known.id, {column: after for column, _, after in found})
    return found


async def _note_change(turn: Turn, known: Organization, changed: Sequence[tuple[str, str, str]]) -> None:
    if changed:
        before = ", ".join(one[1] for one in changed)
        after = ", ".join(one[2] for one in changed)
        await turn.audit("NGO changed", f"organization {known.id}", before=before, after=after)


async def new(turn: Turn) -> None:
    """[It is a new one]: entered as the list says; a record that has this BIN already takes what the list says."""
    undecided = await _undecided(turn)
    if undecided is None:
        return
    found, finding = undecided
    line = finding.line
    holder = await register.by_bin(turn.db, line.bin) if line.bin else None
    if holder is not None:
        changed = await _take_over(turn, line, holder)
        await _decided(turn, found, [line.number])
        await _note_change(turn, holder, changed)
        return
    entered = await _enter(turn, line)
    await _decided(turn, found, [line.number])
    await turn.audit("NGO entered", f"organization {entered}", after=line.name)


async def _enter(turn: Turn, line: Line) -> int:
    state = OrganizationState.REGISTERED
    return await register.enter(turn.db, line.name, line.bin, line.field or "other", state, turn.now)


async def all_new(turn: Turn) -> None:
    """Every line whose only doubt is that it has no BIN is entered."""
    found = await _mine(turn)
    if found is None:
        return
    if found.state is not ImportState.APPLIED:
        _how_it_stands(turn, found)
        return
    lines = [one.line for one in found.findings if one.doubt is Doubt.NO_BIN]
    await register.enter_many(turn.db, [(line.name, None, line.field or "other") for line in lines], turn.now)
    turn.reply(turn.say("<b>Entered: {new}.</b>", new=len(lines)))
    left = tuple(one for one in found.findings if one.doubt is not Doubt.NO_BIN)
    await imports.keep(turn.db, found.id, left)
    await _next(turn, replace(found, findings=left))
    if lines:
        await turn.audit("list of NGOs applied", "register", after=f"new {len(lines)}")

"""[Who did what]: the audit read in words, by person, by object, by day, and as a file.

What is looked for travels in the buttons (`audit:PAGE:p42:d260302:oquestion 2026-000001`), so nothing is remembered.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from markupsafe import Markup

from domain.dates import dates_in
from domain.draft import one_line
from domain.people import Language
from handlers import cards, keyboards, sheets
from handlers.announcement_cards import STATE_WORDS
from handlers.speech import Button
from handlers.turn import NUMBER, Turn, id_in
from storage import audit, departments, people, register
from storage.audit import Line, Sought
from storage.pages import Page
from texts import N_, Words
from texts.labels import ACTION_WORDS, COUNTED_WORDS, OBJECT_WORDS, SETTING_WORDS, VALUE_WORDS

_ACTORS = 20
_REMOVED = N_("a person who was removed")
_OBJECT = re.compile(r"[a-z]+(?: [a-z]+)?(?: [0-9-]+)?")
_LONGEST = 25
"""Characters of an object in a button: with a person and a day beside it, it still fits."""
_LONGEST_VALUE = 200
"""Characters of what it was or is: five lines of the audit fit into one message. The table has all of it."""


@dataclass(frozen=True)
class Wish:
    """Which lines somebody wants to see."""

    actor_id: int | None = None
    object: str = ""
    day: date | None = None

    @classmethod
    def read(cls, args: tuple[str, ...]) -> "Wish":
        """Out of a button's data, which anybody may make up: what is no wish is none."""
        wish = cls()
        for arg in args:
            value = arg[1:]
            if arg.startswith("p") and (actor := id_in(value)):
                wish = replace(wish, actor_id=actor)
            elif arg.startswith("o") and len(value) <= _LONGEST and _OBJECT.fullmatch(value):
                wish = replace(wish, object=value)
            elif arg.startswith("d") and (day := _read_day(value)):
                wish = replace(wish, day=day)
        return wish

    @property
    def data(self) -> str:
        parts = [f"p{self.actor_id}" if self.actor_id else "", f"d{self.day:%y%m%d}" if self.day else ""]
        return "".join(f":{part}" for part in (*parts, f"o{self.object}" if self.object else "") if part)

    def sought(self, turn: Turn) -> Sought:
        """A day is the city's, from midnight to midnight."""
        if self.day is None:
            return Sought(self.actor_id, self.object)
        since = datetime.combine(self.day, time(), turn.city.zone)
        until = datetime.combine(self.day + timedelta(days=1), time(), turn.city.zone)
        return Sought(self.actor_id, self.object, since, until)


def _read_day(typed: str) -> date | None:
    if not re.fullmatch(r"[0-9]{6}", typed):
        return None
    try:
        return date(2000 + int(typed[:2]), int(typed[2:4]), int(typed[4:]))
    except ValueError:
        return None


# --- the list -------------------------------------------------------------------------------------------------------


async def lines(turn: Turn) -> None:
    """Newest first, a page at a time."""
    await _show(turn, Wish.read(turn.args[1:]), turn.id_at())


async def _show(turn: Turn, wish: Wish, number: int) -> None:
    if turn.form and turn.form.name == "audit":
        await turn.finish()
    page = await audit.page(turn.db, wish.sought(turn), number)
    naming = Naming(turn)
    said = [await _block(turn, naming, line) for line in page.found]
    turn.reply(
        cards.lines(_heading(turn.words, page), *await _wished(turn, naming, wish)),
        *(said or [turn.say("Nothing was found.")]),
        keyboard=[*keyboards.pager(turn.words, page, "audit", wish.data), *_keyboard(turn, wish)],
        edit=True,
    )


def _heading(words: Words, page: Page[Line]) -> Markup:
    counted = words.count("<b>Who did what</b>: {n} line", "<b>Who did what</b>: {n} lines", page.total)
    if page.pages == 1:
        return counted
    which = words.say("page {page} of {pages}", page=page.number + 1, pages=page.pages)
    return Markup("{}, {}").format(counted, which)


async def _wished(turn: Turn, naming: "Naming", wish: Wish) -> list[Markup]:
    said = []
    if wish.actor_id is not None:
        said.append(turn.say("Only: {what}", what=await naming.person(wish.actor_id)))
    if wish.object:
        said.append(turn.say("Only: {what}", what=await naming.object(wish.object)))
    if wish.day is not None:
        said.append(turn.say("Only: {what}", what=turn.words.day(wish.day)))
    return said


def _keyboard(turn: Turn, wish: Wish) -> list[list[Button]]:
    everything = [turn.button("show_all", "audit:0")] if wish != Wish() else []
    return [
        [turn.button("by_person", f"audit_person{wish.data}"), turn.button("by_object", f"audit_object{wish.data}")],
        [turn.button("by_day", f"audit_day{wish.data}"), *everything],
        [turn.button("export", f"audit_export{wish.data}"), turn.button("back", "desk")],
    ]


async def _block(turn: Turn, naming: "Naming", line: Line) -> Markup:
    """`Line 17, 2 March 2026, 11:05`, then who, what, to which thing, what it was and what it is."""
    before, after = [await naming.value(value, line.object) for value in (line.before, line.after)]
    return cards.lines(
        turn.say("<b>Line {n}</b>, {when}", n=line.id, when=turn.words.moment(line.at)),
        turn.say("Who: {who}", who=await naming.actor(line)),
        turn.say("What: {what}", what=action(turn.words, line.action)),
        turn.say("About: {what}", what=await naming.object(line.object)),
        turn.say("Before: {value}", value=before) if before else None,
        turn.say("After: {value}", value=after) if after else None,
    )


async def last_change(turn: Turn, object_: str) -> Markup | None:
    """Under a screen of settings: `Last changed: Saule, 2 March 2026, 11:05`."""
    found = await audit.newest(turn.db, Sought(object=object_), 1)
    if not found:
        return None
    who = await Naming(turn).actor(found[0])
    return turn.say("Last changed: {who}, {when}", who=who, when=turn.words.moment(found[0].at))


def action(words: Words, action_: str) -> str:
    return words.plain(ACTION_WORDS[action_]) if action_ in ACTION_WORDS else action_


@dataclass
class Naming:
    """What numbers in the lines stand for now; each is looked up once."""

    turn: Turn
    known: dict[str, str] = field(default_factory=dict)

    async def actor(self, line: Line) -> str:
        """Whose name is gone has removed themselves; a line without anybody is the program's own."""
        if line.actor_id is not None:
            return await self.person(line.actor_id)
        if line.action == "forgot a person":
            return self.turn.words.plain(_REMOVED)
        return self.turn.words.plain("the program")

    async def person(self, person_id: int) -> str:
        return await self._known(f"person {person_id}") or self.turn.words.plain(_REMOVED)

    async def object(self, object_: str) -> str:
        """`question 2026-000001`, `department 3, «Education»`, `setting: Term of an answer`."""
        kind, _, number = object_.partition(" ")
        words = self.turn.words
        if kind == "setting" and number:
            name, _, of = number.partition(" ")
            said = words.plain(SETTING_WORDS[name]) if name in SETTING_WORDS else name
            return f"{said}, {await self.object(f'department {of}')}" if of else said
        if kind not in OBJECT_WORDS:
            return object_
        said = f"{words.plain(OBJECT_WORDS[kind])} {number}".strip()
        name = await self._known(object_)
        return f"{said}, {_quoted(name)}" if name else said

    async def value(self, value: str, about: str) -> str:
        """Words where a part has some; the rest as it was entered, as far as it fits into a line."""
        words = VALUE_WORDS | (STATE_WORDS if about.startswith("announcement ") else {})
        said = ", ".join([await self._part(part, words) for part in value.split(", ")]) if value else ""
        return one_line(said, _LONGEST_VALUE)

    async def _part(self, part: str, known: Mapping[str, str]) -> str:
        """`verified`, `312 people` or `new 5`, `2026-05-08 day off`, `person 42`."""
        words = self.turn.words
        if part in known:
            return words.plain(known[part])
        first, _, second = part.partition(" ")
        for n, word in ((first, second), (second, first)):
            if n.isdigit() and word in COUNTED_WORDS:
                return words.plain(COUNTED_WORDS[word], n=n)
        if found := _iso_day(first):
            day = words.day(found)
            return f"{day}: {words.plain(known[second])}" if second in known else " ".join((day, second)).strip()
        if first in OBJECT_WORDS and second.isdigit():
            return await self.object(part)
        return part

    async def _known(self, object_: str) -> str:
        if object_ not in self.known:
            kind, _, number = object_.partition(" ")
            self.known[object_] = await self._look_up(kind, id_in(number))
        return self.known[object_]

    async def _look_up(self, kind: str, number: int) -> str:
        db, language = self.turn.db, self.turn.language
        match kind:
            case "person":
                person = await people.load(db, number)
                return (person.shown_name or str(person.id)) if person else ""
            case "department":
                department = await departments.department(db, number)
                return department.names.in_(language) if department else ""
            case "topic":
                topic = await departments.topic(db, number)
                return topic.names.in_(language) if topic else ""
            case "organization":
                organization = await register.by_id(db, number)
                return organization.name if organization else ""
        return ""


def _quoted(name: str) -> str:
    """A name that has quotation marks of its own gets no others."""
    return name if "«" in name else f"«{name}»"


def _iso_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == len("2026-05-08") else None
    except ValueError:
        return None


# --- what is looked for ---------------------------------------------------------------------------------------------


async def by_person(turn: Turn) -> None:
    """Those who did something, the latest first."""
    wish, naming = Wish.read(turn.args), Naming(turn)
    choice = [
        [Button(one_line(await naming.person(actor), 60), f"audit:0{replace(wish, actor_id=actor).data}")]
        for actor in await audit.actors(turn.db, _ACTORS)
    ]
    turn.reply(turn.say("Whose deeds?"), keyboard=[*choice, _back(turn, wish)], edit=True)


def _back(turn: Turn, wish: Wish) -> list[Button]:
    return [turn.button("back", f"audit:0{wish.data}")]


async def by_object(turn: Turn) -> None:
    """A kind by a button, one thing by its number."""
    wish = Wish.read(turn.args)
    await turn.wait_for("audit", "object", {"wish": wish.data})
    choice = [
        Button(turn.words.plain(said), f"audit:0{replace(wish, object=kind).data}")
        for kind, said in OBJECT_WORDS.items()
    ]
    turn.reply(
        turn.say(
            "Which things? Press a kind, or type the number of a question (2026-000001), or a kind with its number: "
            "{example} 3",
            example=turn.say(OBJECT_WORDS["department"]),
        ),
        keyboard=[*keyboards.rows(choice, 2), _back(turn, wish)],
        edit=True,
    )


async def by_day(turn: Turn) -> None:
    wish = Wish.read(turn.args)
    await turn.wait_for("audit", "day", {"wish": wish.data})
    today = turn.city.today(turn.now)
    choice = [
        Button(turn.words.day(day), f"audit:0{replace(wish, day=day).data}")
        for day in (today, today - timedelta(days=1))
    ]
    turn.reply(
        turn.say("Which day? Press one, or type the date, for example 08.05.2026."),
        keyboard=[*keyboards.rows(choice, 2), _back(turn, wish)],
        edit=True,
    )


async def typed(turn: Turn) -> None:
    """The object or the day in words."""
    assert turn.form is not None  # noqa: S101 - see `routes`: a step of this form
    wish = Wish.read(tuple(turn.form.data["wish"].split(":")))
    found = _object_typed(turn.text) if turn.form.step == "object" else _day_typed(turn.text)
    if found is None:
        turn.reply(
            turn.say("This is not understood: «{text}». Please type it otherwise.", text=one_line(turn.text, 50)),
            keyboard=[_back(turn, wish)],
        )
    elif isinstance(found, date):
        await _show(turn, replace(wish, day=found), 0)
    else:
        await _show(turn, replace(wish, object=found), 0)


def _object_typed(text: str) -> str | None:
    """`2026-000001`, `department 3`, `отдел 3`: in whichever of the three languages it is typed."""
    if number := NUMBER.search(text):
        return f"question {number.group(1)}"
    word, _, number_typed = one_line(text, 60).casefold().rpartition(" ")
    if not (number_typed.isascii() and number_typed.isdigit() and len(number_typed) < 16):
        word, number_typed = one_line(text, 60).casefold(), ""
    kind = next((kind for kind, said in OBJECT_WORDS.items() if word in _in_every_language(said)), None)
    return f"{kind} {number_typed}".strip() if kind else None


def _in_every_language(said: str) -> set[str]:
    from zoneinfo import ZoneInfo

    return {Words(language, ZoneInfo("UTC")).plain(said).casefold() for language in Language}


def _day_typed(text: str) -> date | None:
    return next(dates_in(text), None)


# --- the file -------------------------------------------------------------------------------------------------------


async def export(turn: Turn) -> None:
    """The lines looked for as a table, with everything that `kopir verify-audit` seals."""
    sought = Wish.read(turn.args).sought(turn)
    total = await audit.count(turn.db, sought)
    found = await audit.newest(turn.db, sought, sheets.MOST_ROWS)
    naming, words = Naming(turn), turn.words
    say = words.plain
    title = say("Who did what")
    columns = [say("Line"), say("When"), say("Who"), say("Telegram number"), say("What"), say("About"), say("Before")]
    columns += [say("After"), say("Update"), say("Hash")]
    rows = [
        [
            line.id,
            f"{line.at.astimezone(turn.city.zone):%Y-%m-%d %H:%M:%S}",
            await naming.actor(line),
            line.actor_id,
            action(words, line.action),
            line.object,
            line.before,
            line.after,
            line.update_id,
            line.hash,
        ]
        for line in found
    ]
    turn.send_file("audit.xlsx", await sheets.workbook(title, columns, rows), title)
    turn.reply(sheets.said(words, len(found), total))
    await turn.audit("exported", "audit", after=f"{len(found)} rows")

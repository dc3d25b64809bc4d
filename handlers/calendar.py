"""The working calendar in the administrator's hands: a year at a glance, corrections, and what they will move.

A correction is first shown with its effect; [Apply] enters it and recounts all open questions in the same transaction.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from markupsafe import Markup

from domain.calendar import Correction, Why, WorkingCalendar, days
from domain.city import City
from domain.draft import one_line
from domain.recount import Moved, recount
from handlers import audit, cards, keyboards
from handlers.speech import Button, Keyboard
from handlers.turn import Turn
from storage import groups, habits, outbox, people, questions, slots

_MOST = 60
"""Days in one list: a year has fewer holidays and moved days."""
_YEARS = 3
"""How far back and ahead the calendar is shown."""


async def year(turn: Turn) -> None:
    """Every day that is off though it is no weekend, every weekend that is worked, and each correction."""
    if turn.form and (turn.form.name, turn.form.step) == ("calendar", "days"):
        await turn.finish()
    today = turn.city.today(turn.now)
    wanted = turn.id_at() or today.year
    wanted = min(max(wanted, today.year - _YEARS), today.year + _YEARS)
    city = await turn.city_now()
    said = [_day_line(turn, city, day) for day in days(date(wanted, 1, 1), date(wanted, 12, 31))]
    keyboard = [
        [Button(str(wanted - 1), f"calendar:{wanted - 1}"), Button(str(wanted + 1), f"calendar:{wanted + 1}")],
        [turn.button("day_off", "correct:off"), turn.button("working_day", "correct:working")],
        [turn.button("take_back_correction", "correct:back"), turn.button("year_checked", f"year_checked:{wanted}")],
        [turn.button("back", "desk")],
    ]
    heading = turn.say("<b>Working calendar, {year}</b>", year=wanted)
    changed = await audit.last_change(turn, "calendar")
    turn.reply(heading, cards.lines(*said, changed), keyboard=keyboard, edit=True)


def _day_line(turn: Turn, city: City, day: date) -> Markup | None:
    """Weekends as usual are not listed."""
    why = city.calendar.why_off(day)
    corrected = any(c.day == day for c in city.calendar.corrections)
    if why is None:
        weekend = day.weekday() >= 5
        return turn.say("{date}: working day", date=turn.words.weekday(day)) if weekend or corrected else None
    if why.why is Why.WEEKEND:
        return None
    return turn.say("{date}: {reason}", date=turn.words.weekday(day), reason=cards.reason(turn.words, why))


async def correct(turn: Turn) -> None:
    """[Day off] or [Working day]: which, and why; one or a list of them."""
    what = turn.argument()
    if what not in ("off", "working", "back"):
        await year(turn)
        return
    await turn.wait_for("calendar", "days", {"what": what})
    turn.reply(_asked(turn, what), keyboard=_leave(turn))


def _asked(turn: Turn, what: str) -> Markup:
    if what == "back":
        return turn.say("Which correction is to be taken back? Type the date, for example 08.05.2026.")
    return turn.say(
        "Type the date and the reason in Russian and in Kazakh with semicolons between, one day a line, "
        "for example:\n08.05.2026; перенос с 4 мая; 4 мамырдан ауыстыру"
    )


def _leave(turn: Turn) -> Keyboard:
    return [[turn.button("back", "calendar:0")]]


_LINE = re.compile(r"\s*(\d{1,2})\.(\d{1,2})\.(\d{4})\s*(?:;\s*([^;]*?)\s*(?:;\s*([^;]*?)\s*)?)?")


async def days_typed(turn: Turn) -> None:
    """Understand the list, and show what it would move before anything is changed."""
    what = turn.form.data["what"] if turn.form else "off"
    lines = [line for line in turn.text.splitlines() if line.strip()][:_MOST]
    found = [(line, _read(line, what)) for line in lines]
    bad = [line for line, correction in found if correction is None]
    if bad or not found:
        line = one_line("".join(bad[:1]), 80)
        problem = turn.say("This line is not understood: «{line}». Nothing was changed.", line=line)
        turn.reply(problem, _asked(turn, what), keyboard=_leave(turn))
        return
    corrections = [correction for _, correction in found if correction]
    await turn.wait_for("calendar", "apply", {"what": what, "days": [_to_json(c) for c in corrections]})
    moved = await _moved(turn, _with(await turn.city_now(), corrections, what))
    turn.reply(
        cards.lines(*(_correction_line(turn, c, what) for c in corrections)),
        _effect(turn, moved),
        keyboard=keyboards.labelled(turn.words, ("apply", "apply_correction"), ("cancel", "cancel")),
    )


def _read(line: str, what: str) -> Correction | None:
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    try:
        day = date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        return None
    ru, kk = one_line(match[4] or "", 200), one_line(match[5] or "", 200)
    if what != "back" and not (ru and kk):
        return None
    return Correction(day, what == "working", kk, ru)


def _to_json(correction: Correction) -> list[Any]:
    return [correction.day.isoformat(), correction.working, correction.reason_kk, correction.reason_ru]


def _from_json(data: list[Any]) -> Correction:
    return Correction(date.fromisoformat(data[0]), data[1], data[2], data[3])


def _with(city: City, corrections: list[Correction], what: str) -> City:
    """The city as it would be."""
    days_named = {c.day for c in corrections}
    kept = tuple(c for c in city.calendar.corrections if c.day not in days_named)
    added = () if what == "back" else tuple(corrections)
    return replace(city, calendar=WorkingCalendar((*kept, *added)))


async def _moved(turn: Turn, city: City) -> list[Moved]:
    """Before this morning's reminders have gone out, today is still ahead of them."""
    today = city.today(turn.now)
    told_until = today if await slots.taken(turn.db, f"reminders {today}") else today - timedelta(days=1)
    return recount(await questions.all_open(turn.db), city, told_until)


def _correction_line(turn: Turn, correction: Correction, what: str) -> Markup:
    date_ = turn.words.weekday(correction.day)
    if what == "back":
        return turn.say("{date}: the correction is taken back", date=date_)
    said = turn.say("working day") if correction.working else turn.say("day off")
    return turn.say(
        "{date}: {what} ({ru}; {kk})", date=date_, what=said, ru=correction.reason_ru, kk=correction.reason_kk
    )


def _effect(turn: Turn, moved: list[Moved]) -> Markup:
    """`Open questions whose date moves: 1 day later: 17`."""
    if not moved:
        return turn.say("No open question moves.")
    by = Counter((m.question.due_on - m.was_due_on).days for m in moved if m.question.due_on)
    return cards.lines(*(_shift(turn, span, many) for span, many in sorted(by.items())))


def _shift(turn: Turn, days_: int, many: int) -> Markup:
    """Sooner or later, and by how much."""
    count = turn.words.count
    if days_ < 0:
        return count(
            "Open questions due {n} day sooner: {many}", "Open questions due {n} days sooner: {many}", -days_, many=many
        )
    return count(
        "Open questions due {n} day later: {many}", "Open questions due {n} days later: {many}", days_, many=many
    )


async def apply(turn: Turn) -> None:
    """Enter the correction and recount every open question, in this one transaction; tell whose date moved."""
    if turn.form is None:
        await year(turn)
        return
    data = turn.form.data
    corrections = [_from_json(c) for c in data["days"]]
    before = _in_short((await turn.city_now()).calendar.corrections, corrections)
    for correction in corrections:
        if data["what"] == "back":
            await habits.uncorrect(turn.db, correction.day)
        else:
            await habits.correct(turn.db, correction, turn.person.id, turn.now)
    moved = await _moved(turn, await turn.city_now())
    await questions.move(turn.db, [(m.question.id, m.question.due_on, m.question.remind_on) for m in moved])
    await _tell(turn, moved)
    await groups.follow(turn.db, [m.question.id for m in moved], turn.now)
    after = _in_short(turn.city.calendar.corrections, corrections)
    await turn.finish()
    turn.reply(turn.say("The calendar is corrected."), _effect(turn, moved))
    await turn.audit("calendar corrected", "calendar", before=before, after=after)


def _in_short(entered: Sequence[Correction], about: Sequence[Correction]) -> str:
    """The corrections of these days for the audit: `2026-05-08 day off, 2026-05-09 working day`."""
    asked = {c.day for c in about}
    mine = sorted((c for c in entered if c.day in asked), key=lambda c: c.day)
    return ", ".join(f"{c.day} {'working day' if c.working else 'day off'}" for c in mine)


async def _tell(turn: Turn, moved: list[Moved]) -> None:
    """One message for one person, on both sides, whichever of their questions moved."""
    directory = await people.directory(turn.db, turn.now)
    lines: dict[int, list[list[Any]]] = defaultdict(list)
    ngos = await questions.people_of_ngos(turn.db, [m.question.organization_id for m in moved])
    for m in moved:
        question = m.question
        officials = directory.officials.get(question.department_id or 0, [])
        owner = [directory.responsible(question.responsible_id)] if question.responsible_id else officials
        author = [question.author_id] if question.author_id else []
        for person_id in {*owner, *author, *ngos.get(question.organization_id or 0, [])}:
            lines[person_id].append([question.id, m.was_due_on.isoformat()])
    for person_id, of_person in sorted(lines.items()):
        await outbox.say(turn.db, person_id, "moved", {"lines": of_person}, turn.now)


async def year_checked(turn: Turn) -> None:
    """The administrator has compared the year with the Government's decree: the weekly warning ends."""
    checked = turn.id_at()
    if abs(checked - turn.city.today(turn.now).year) > _YEARS:
        await year(turn)  # made up
        return
    if not await habits.checked(turn.db, checked):
        await habits.change(turn.db, f"checked {checked}", "yes")
        await turn.audit("calendar checked", "calendar", after=str(checked))
    back = [[turn.button("back", f"calendar:{checked}")]]
    turn.reply(turn.say("The calendar of {year} is checked.", year=checked), keyboard=back)

"""What a working day begins with: reminders, the ladder for what is late, the departments' morning cards.

Each is a slot: whoever takes it does all of it in one transaction. Outside working hours and at lunch nothing is
taken, so what falls there is done at the next working moment, folded into one message for one person.
"""

import json
from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.calendar import quiet
from domain.city import City
from domain.ladder import Rung
from domain.people import Wants
from domain.question import Audience, Question
from domain.reminders import Reminder, reckoned_on, remind
from handlers import notices
from handlers.speech import Call
from storage import digests, habits, outbox, people, questions, slots
from storage.outbox import Priority, Shown
from storage.people import Directory

Line = dict[str, Any]
_NOVEMBER = 11
_A_DAY = timedelta(days=1)


async def send_reminders(db: AsyncConnection, city: City, now: datetime) -> bool:
    """This working day's reminders, once. False when it is not the time, or they went out already."""
    today = city.today(now)
    key = f"reminders {today}"
    if quiet(now, city.calendar, city.hours, city.zone) or await slots.taken(db, key):
        return False
    if not await slots.take(db, key, now):
        return False
    looked_at = await questions.to_remind(db, today)
    found = [reminder for question in looked_at if (reminder := remind(question, today, city))]
    directory = await people.directory(db)
    await _tell_officials(db, found, directory, key, now)
    for reminder in found:
        if reminder.first_late:
            await _tell_ngo(db, reminder, now)
    told = {r.question.id: (r.question.id, r.next_on, r.rungs) for r in found}
    await questions.reminded(db, [told.get(q.id, (q.id, reckoned_on(q, city), q.rungs)) for q in looked_at])
    return True


async def _tell_officials(
    db: AsyncConnection, found: list[Reminder], directory: Directory, key: str, now: datetime
) -> None:
    """One message for one person, however many questions are due."""
    of_person: dict[int, list[Line]] = defaultdict(list)
    for reminder in found:
        for person_id, rung in _audience(reminder, directory).items():
            of_person[person_id].append(_line(reminder, rung))
    for person_id, lines in of_person.items():
        facts = {"lines": lines}
        await outbox.say(db, person_id, "reminders", facts, now, priority=Priority.REMINDER, key=f"{key} {person_id}")


def _audience(reminder: Reminder, directory: Directory) -> dict[int, Rung | None]:
    """Who hears of this question now; None: as its executor. Nobody hears of it twice in one message."""
    question = reminder.question
    heard: dict[int, Rung | None] = {}
    for rung in reminder.climbed:
        for person_id in _of_rung(question, rung, directory):
            heard[person_id] = rung
    for person_id in _executors(question, directory):
        heard[person_id] = None
    return heard


def _executors(question: Question, directory: Directory) -> list[int]:
    """The responsible official, else the whole department, else the administrators."""
    if question.responsible_id is not None:
        return [question.responsible_id]
    return directory.officials.get(question.department_id or 0) or directory.admins


def _of_rung(question: Question, rung: Rung, directory: Directory) -> list[int]:
    match rung:
        case Rung.HEAD:
            head = directory.heads.get(question.department_id or 0)
            return [head] if head else []
        case Rung.ADMINS:
            return directory.admins
        case Rung.DEPUTY_MAYOR:
            return directory.deputy_mayors


def _line(reminder: Reminder, rung: Rung | None) -> Line:
    """What one line will say; the words are chosen when the message goes out."""
    coming = reminder.next_rung
    return {
        "question": reminder.question.id,
        "stage": reminder.stage,
        "late": reminder.days_late,
        "rung": rung,
        "next": [coming[0].isoformat(), coming[1]] if coming else None,
    }


async def _tell_ngo(db: AsyncConnection, reminder: Reminder, now: datetime) -> None:
    """The NGO is told once that the answer is late, and who has been told."""
    question = reminder.question
    for person_id in await questions.recipients(db, question, Audience.NGO):
        facts = {"rungs": list(reminder.climbed)}
        key = f"late {question.id} {question.due_on} {person_id}"
        await outbox.say(db, person_id, "late", facts, now, key=key, question_id=question.id)


async def send_digests(db: AsyncConnection, city: City, now: datetime) -> bool:
    """Each department's morning card, once a working day from its time on; once a week the summary as well."""
    local = now.astimezone(city.zone)
    if quiet(now, city.calendar, city.hours, city.zone):
        return False
    directory = await people.directory(db)
    told = False
    for department_id, officials in directory.officials.items():
        key = f"digest {department_id} {local.date()}"
        if not city.digest_of(department_id).has_come(local) or await slots.taken(db, key):
            continue
        if await slots.take(db, key, now):
            told = await _tell_department(db, city, department_id, officials, now) or told
    if city.digest.has_come(local):
        told = await _weekly(db, directory, local.date(), now) or told
    return told


async def _tell_department(
    db: AsyncConnection, city: City, department_id: int, officials: list[int], now: datetime
) -> bool:
    """Nothing to say: no message."""
    today = city.today(now)
    if not await digests.anything_to_say(db, department_id, city.since_last_morning(today)):
        return False
    for person in await people.load_many(db, officials):
        facts = {"department": department_id, "day": today.isoformat(), "mine": person.wants is Wants.ONLY_MINE}
        key = f"digest {department_id} {today} {person.id}"
        await outbox.say(db, person.id, "digest", facts, now, priority=Priority.REMINDER, key=key)
    return True


async def _weekly(db: AsyncConnection, directory: Directory, today: date, now: datetime) -> bool:
    """On the week's first working day: heads hear of their department, administrators of all."""
    monday = date.fromordinal(today.toordinal() - today.weekday())
    key = f"week {monday}"
    if await slots.taken(db, key) or not await slots.take(db, key, now):
        return False
    told: list[tuple[int, int | None]] = [(head, department) for department, head in directory.heads.items()]
    told += [(admin, None) for admin in directory.admins]
    for person_id, department_id in told:
        facts = {"department": department_id, "monday": monday.isoformat()}
        of_person = f"{key} {department_id or 0} {person_id}"
        await outbox.say(db, person_id, "week", facts, now, priority=Priority.REMINDER, key=of_person)
    if today.month >= _NOVEMBER and not await habits.checked(db, today.year + 1):
        await _ask_for_next_year(db, directory.admins, today.year + 1, key, now)
    return True


async def _ask_for_next_year(db: AsyncConnection, admins: list[int], year: int, key: str, now: datetime) -> None:
    """Days off are moved by decree a few weeks ahead: somebody has to look."""
    for admin in admins:
        await outbox.say(db, admin, "next_year", {"year": year}, now, key=f"next year, {key} {admin}")


async def redraw_digests(db: AsyncConnection, city: City, now: datetime) -> bool:
    """The morning card is edited during the day rather than sent again; at most every ten minutes, when it changed."""
    local = now.astimezone(city.zone)
    if quiet(now, city.calendar, city.hours, city.zone):
        return False
    if not await slots.take(db, f"redraw {local:%Y-%m-%d %H}:{local.minute // 10}", now):
        return False
    changed = False
    for shown in await outbox.shown_since(db, "digest", now - _A_DAY):
        if shown.row.facts.get("day") == local.date().isoformat():
            changed = await _redraw(db, shown, city, now) or changed
    return changed


async def _redraw(db: AsyncConnection, shown: Shown, city: City, now: datetime) -> bool:
    row = replace(shown.row, facts=shown.row.facts | {"shown": shown.row.facts.get("shown", "")})
    calls = await notices.render(db, row, city, now)
    if len(calls) != 1:
        return False  # somebody who no longer works there, or a card of several messages
    params = {"reply_markup": {"inline_keyboard": []}} | calls[0].params
    looks = sha256(json.dumps(params, sort_keys=True).encode()).hexdigest()[:16]
    if looks == row.facts["shown"]:
        return False
    call = Call("editMessageText", params | {"message_id": shown.message_id})
    await outbox.say(db, row.chat_id, "redraw", call.to_json(), now, priority=Priority.REMINDER)
    await outbox.note(db, row.id, row.facts | {"shown": looks})
    return True

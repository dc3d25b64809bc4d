"""What a working day begins with: reminders, the ladder for what is late, the departments' morning cards.

Each is a slot: whoever takes it does all of it in one transaction. Outside working hours and at lunch nothing is
taken, so what falls there is done at the next working moment, folded into one message for one person.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from domain import promise as promise_rules
from domain.calendar import quiet
from domain.city import City
from domain.ladder import Rung
from domain.part import days_late, next_reminder_on
from domain.people import Wants
from domain.question import CLOCK, Audience, Question
from domain.reminders import Reminder, reckoned_on, remind
from handlers import notices
from handlers.speech import Call
from storage import digests, habits, outbox, parts, people, promises, questions, slots
from storage.outbox import Priority, Shown
from storage.people import Directory

Line = dict[str, Any]
_NOVEMBER = 11
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that one person must be told now: a template of `handlers.morning` and its facts."""

    person_id: int
    template: str
    facts: dict[str, Any]
    key: str


async def begin(db: AsyncConnection, city: City, now: datetime) -> bool:
    """All that the hour brings, once; what comes due for one person at one moment is one message.

    False when it is not the time, or everything went out already.
    """
    if quiet(now, city.calendar, city.hours, city.zone):
        return False
    closed = await agreed_by_silence(db, city, now)
    due = [
        *await reminders(db, city, now),
        *await replies_waited_for(db, city, now),
        *await decisions_waited_for(db, city, now),
        *await promised(db, city, now),
        *await cards(db, city, now),
    ]
    of_person: dict[int, list[Due]] = defaultdict(list)
    for one in due:
        of_person[one.person_id].append(one)
    for person_id, theirs in of_person.items():
        one = theirs[0] if len(theirs) == 1 else _folded(person_id, theirs, city.today(now))
        await outbox.say(db, person_id, one.template, one.facts, now, priority=Priority.REMINDER, key=one.key)
    return bool(due) or closed


def _folded(person_id: int, parts: list[Due], today: date) -> Due:
    facts = {"parts": [[part.template, part.facts] for part in parts], "day": today.isoformat()}
    return Due(person_id, "folded", facts, parts[0].key)


async def reminders(db: AsyncConnection, city: City, now: datetime) -> list[Due]:
    """This working day's reminders; nothing when another copy or an earlier hour had them."""
    today = city.today(now)
    key = f"reminders {today}"
    if not await slots.take(db, key, now):
        return []
    looked_at = await questions.to_remind(db, today)
    found = [reminder for question in looked_at if (reminder := remind(question, today, city))]
    told = {r.question.id: (r.question.id, r.next_on, r.rungs) for r in found}
    await questions.reminded(db, [told.get(q.id, (q.id, reckoned_on(q, city), q.rungs)) for q in looked_at])
    directory = await people.directory(db, now)
    return [
        *_for_officials(found, directory, key),
        *await _for_co_executors(db, city, directory, today),
        *await _for_ngos(db, found, directory, today, now),
    ]


async def _for_co_executors(db: AsyncConnection, city: City, directory: Directory, today: date) -> list[Due]:
    """The whole department is reminded on the date of its part, and each working day while that is late."""
    found = await parts.to_remind(db, today)
    await parts.reminded(db, [(p.id, next_reminder_on(p, today, city.calendar)) for p in found])
    of_person: dict[int, list[Line]] = defaultdict(list)
    for part in found:
        for person_id in directory.officials.get(part.department_id) or directory.admins:
            of_person[person_id].append({"part": part.id, "late": days_late(part, today, city.calendar)})
    return [Due(id_, "parts", {"lines": lines}, f"parts {today} {id_}") for id_, lines in of_person.items()]


def _for_officials(found: list[Reminder], directory: Directory, key: str) -> list[Due]:
    """One reminder for one person, however many questions are due."""
    of_person: dict[int, list[Line]] = defaultdict(list)
    for reminder in found:
        for person_id, rung in _audience(reminder, directory).items():
            of_person[person_id].append(_line(reminder, rung))
    return [Due(id_, "reminders", {"lines": lines}, f"{key} {id_}") for id_, lines in of_person.items()]


def _audience(reminder: Reminder, directory: Directory) -> dict[int, Rung | None]:
    """Who hears of this question now; None: as its executor. Nobody hears of it twice in one message."""
    question = reminder.question
    heard: dict[int, Rung | None] = {}
    for rung in reminder.climbed:
        for person_id in _of_rung(question.department_id, rung, directory):
            heard[person_id] = rung
    for person_id in _executors(question, directory):
        heard[person_id] = None
    return heard


def _executors(question: Question, directory: Directory) -> list[int]:
    """The responsible official or who stands in for them, else the whole department, else the administrators."""
    if question.responsible_id is not None:
        return [directory.responsible(question.responsible_id)]
    return directory.officials.get(question.department_id or 0) or directory.admins


def _of_rung(department_id: int | None, rung: Rung, directory: Directory) -> list[int]:
    match rung:
        case Rung.HEAD:
            head = directory.heads.get(department_id or 0)
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


async def _for_ngos(
    db: AsyncConnection, found: list[Reminder], directory: Directory, today: date, now: datetime
) -> list[Due]:
    """The NGO is told once that an answer is late, and who has been told."""
    of_person: dict[int, list[Line]] = defaultdict(list)
    for reminder in found:
        if reminder.first_late:
            line = {"question": reminder.question.id, "rungs": _told(reminder, directory)}
            for person_id in await questions.recipients(db, reminder.question, Audience.NGO, now):
                of_person[person_id].append(line)
    return [Due(id_, "late", {"lines": lines}, f"late {today} {id_}") for id_, lines in of_person.items()]


def _told(reminder: Reminder, directory: Directory) -> list[Rung]:
    """Who really hears that it is late: a department may have no head, or nobody at all."""
    question = reminder.question
    told = [rung for rung in reminder.climbed if _of_rung(question.department_id, rung, directory)]
    if question.responsible_id is None and not directory.officials.get(question.department_id or 0):
        told.append(Rung.ADMINS)
    return list(dict.fromkeys(told))


async def replies_waited_for(db: AsyncConnection, city: City, now: datetime) -> list[Due]:
    """NGOs are reminded of what a department asked them, once after each of `City.reply_reminders`."""
    today = city.today(now)
    key = f"replies {today}"
    if not await slots.take(db, key, now):
        return []
    of_person: dict[int, list[int]] = defaultdict(list)
    asked_on = city.calendar.add(today, -min(city.reply_reminders))  # at whatever hour: mornings count days
    for question in await questions.waiting_since(db, datetime.combine(asked_on, time.max, city.zone)):
        if await _not_reminded_yet(db, city, question, now):
            for person_id in await questions.recipients(db, question, Audience.NGO, now):
                of_person[person_id].append(question.id)
    return [Due(id_, "reply_wanted", {"questions": asked}, f"{key} {id_}") for id_, asked in of_person.items()]


async def _not_reminded_yet(db: AsyncConnection, city: City, question: Question, now: datetime) -> bool:
    """Each reminder has a slot; of those that were missed the newest takes all."""
    waited = city.waited(question, now)
    reached = [after for after in city.reply_reminders if waited >= after]
    keys = [f"reply {question.id} {question.waiting_since} {after}" for after in reached]
    return any([await slots.take(db, key, now) for key in keys])  # all of them are taken, not the first alone


async def decisions_waited_for(db: AsyncConnection, city: City, now: datetime) -> list[Due]:
    """Each working day, until somebody has decided: an answer or a later date that waits for the head's word.

    Also for a head who came meanwhile, and for administrators when the department has lost its head.
    """
    key = f"decisions {city.today(now)}"
    if not await slots.take(db, key, now):
        return []
    of_person: dict[int, list[int]] = defaultdict(list)
    for question in await questions.to_approve(db):
        for person_id in await questions.recipients(db, question, Audience.APPROVER, now):
            of_person[person_id].append(question.id)
    return [Due(id_, "decide", {"questions": waiting}, f"{key} {id_}") for id_, waiting in of_person.items()]


async def agreed_by_silence(db: AsyncConnection, city: City, now: datetime) -> bool:
    """What a department says it kept, and the NGO has not said otherwise in time (`City.reaction_term`), is kept.

    True when there was any.
    """
    today = city.today(now)
    if not await slots.take(db, f"undisputed {today}", now):
        return False
    found = await promises.unjudged(db, today)
    for promise in found:
        await promises.record(db, promise_rules.act(promise, promise_rules.Step.NO_REACTION, CLOCK, today), now)
    return bool(found)


async def promised(db: AsyncConnection, city: City, now: datetime) -> list[Due]:
    """Promises of the ledger: their owners on the way to the date, everybody on the ladder after it."""
    today = city.today(now)
    key = f"promises {today}"
    if not await slots.take(db, key, now):
        return []
    looked_at = await promises.to_remind(db, today)
    found = [reminder for promise in looked_at if (reminder := promise_rules.remind(promise, today, city))]
    rungs = {reminder.promise.id: reminder.rungs for reminder in found}
    next_on = promise_rules.next_reminder_on
    await promises.reminded(db, [(p.id, next_on(p, today, city), rungs.get(p.id, p.rungs)) for p in looked_at])
    of_person: dict[int, list[Line]] = defaultdict(list)
    directory = await people.directory(db, now)
    for reminder in found:
        for person_id, rung in (await _who_hears(db, reminder, directory)).items():
            of_person[person_id].append(_promise_line(reminder, rung))
    return [Due(id_, "promises", {"lines": lines}, f"{key} {id_}") for id_, lines in of_person.items()]


async def _who_hears(
    db: AsyncConnection, reminder: promise_rules.PromiseReminder, directory: Directory
) -> dict[int, Rung | None]:
    """None: as its owner, or as the NGO, which is told once that it is late."""
    promise = reminder.promise
    heard: dict[int, Rung | None] = {}
    for rung in reminder.climbed:
        heard |= dict.fromkeys(_of_rung(promise.department_id, rung, directory), rung)
    heard |= dict.fromkeys(promises.owners(promise, directory))
    return heard | dict.fromkeys(await promises.ngo(db, promise) if reminder.first_late else [])


def _promise_line(reminder: promise_rules.PromiseReminder, rung: Rung | None) -> Line:
    coming = reminder.next_rung
    return {
        "promise": reminder.promise.id,
        "stage": reminder.stage,
        "late": reminder.days_late,
        "rung": rung,
        "next": [coming[0].isoformat(), coming[1]] if coming else None,
    }


async def _thanks(db: AsyncConnection, directory: Directory, city: City, today: date, now: datetime) -> list[Due]:
    """On the month's first working day: administrators read who was thanked in the last one."""
    key = f"thanks {today:%Y-%m}"
    if not await slots.take(db, key, now):
        return []
    facts = {"month": today.replace(day=1).isoformat()}
    if not await digests.thanks(db, city.month_before(today)):
        return []
    return [Due(admin, "thanks", facts, f"{key} {admin}") for admin in directory.admins]


async def cards(db: AsyncConnection, city: City, now: datetime) -> list[Due]:
    """Each department's morning card, once a working day from its time on; once a week the summary as well."""
    local = now.astimezone(city.zone)
    directory = await people.directory(db, now)
    due: list[Due] = []
    for department_id, officials in directory.officials.items():
        key = f"digest {department_id} {local.date()}"
        if city.digest_of(department_id).has_come(local) and await slots.take(db, key, now):
            due += await _of_department(db, city, department_id, officials, now)
    if city.digest.has_come(local):
        due += await _weekly(db, directory, local.date(), now)
        due += await _thanks(db, directory, city, local.date(), now)
    return due


async def _of_department(
    db: AsyncConnection, city: City, department_id: int, officials: list[int], now: datetime
) -> list[Due]:
    """Nothing to say: no message."""
    today = city.today(now)
    if not await digests.anything_to_say(db, department_id, city.since_last_morning(today)):
        return []
    due = []
    for person in await people.load_many(db, officials):
        facts = {"department": department_id, "day": today.isoformat(), "mine": person.wants is Wants.ONLY_MINE}
        due.append(Due(person.id, "digest", facts, f"digest {department_id} {today} {person.id}"))
    return due


async def _weekly(db: AsyncConnection, directory: Directory, today: date, now: datetime) -> list[Due]:
    """On the week's first working day: heads hear of their department, administrators of all."""
    monday = date.fromordinal(today.toordinal() - today.weekday())
    key = f"week {monday}"
    if not await slots.take(db, key, now):
        return []
    told: list[tuple[int, int | None]] = [(head, department) for department, head in directory.heads.items()]
    told += [(admin, None) for admin in directory.admins]
    due = [
        Due(
            person_id,
            "week",
            {"department": department_id, "monday": monday.isoformat()},
            f"{key} {department_id or 0} {person_id}",
        )
        for person_id, department_id in told
    ]
    if today.month >= _NOVEMBER and not await habits.checked(db, today.year + 1):
        due += _ask_for_next_year(directory.admins, today.year + 1, key)
    return due


def _ask_for_next_year(admins: list[int], year: int, key: str) -> list[Due]:
    """Days off are moved by decree a few weeks ahead: somebody has to look."""
    return [Due(admin, "next_year", {"year": year}, f"next year, {key} {admin}") for admin in admins]


async def redraw_digests(db: AsyncConnection, city: City, now: datetime) -> bool:
    """The morning card is edited during the day rather than sent again; at most every ten minutes, when it changed."""
    local = now.astimezone(city.zone)
    if quiet(now, city.calendar, city.hours, city.zone):
        return False
    if not await slots.take(db, f"redraw {local:%Y-%m-%d %H}:{local.minute // 10}", now):
        return False
    changed = False
    for shown in await outbox.shown_since(db, ("digest", "folded"), now - _A_DAY):
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

"""The people of a department in the administrator's hands: head, leave and deputy, another department, removal."""

import re
from datetime import date, datetime, time, timedelta

from markupsafe import Markup

from domain.dates import typed_date
from domain.draft import one_line
from domain.people import Leave, Person
from domain.question import Action, Audience, act, visible
from handlers import cards, departments, keyboards
from handlers.departments import with_post
from handlers.duties import first_day, last_day
from handlers.speech import Block, Button, Keyboard
from handlers.turn import Turn
from storage import departments as stored
from storage import leaves, outbox, people, questions
from storage.outbox import Fate

_LONGEST_LEAVE = 366
"""Days."""


async def _official(turn: Turn) -> Person | None:
    """The official of the pressed button, locked; None, and the list, when there is no such one (any more)."""
    found = await people.official_to_change(turn.db, turn.id_at())
    if found is None:
        await departments.all_departments(turn)
    return found


def _department_of(person: Person) -> int:
    return person.official.department_id if person.official else 0


def _department_name(turn: Turn, person: Person) -> str:
    return person.official.department.in_(turn.language) if person.official else ""


def _name(person: Person) -> str:
    return person.shown_name or str(person.id)


async def card(turn: Turn) -> None:
    await _show(turn, turn.id_at())


async def _show(turn: Turn, person_id: int, *news: Markup) -> None:
    """What happened, and the official as they are now; the departments where there is no such one."""
    person = await people.load(turn.db, person_id, turn.now)
    if person is None or person.official is None:
        await departments.all_departments(turn)
        return
    leave = await leaves.of(turn.db, person.id, turn.now)
    held = await questions.count_held(turn.db, person.id)
    turn.reply(
        *news,
        cards.lines(
            turn.say("<b>{who}</b>", who=with_post(person)),
            turn.say("Name in Telegram: {name}", name=person.name) if person.official.name else None,
            turn.say("Department: {department}", department=_department_name(turn, person)),
            turn.say("Head of the department") if person.official.is_head else None,
            await _leave_line(turn, leave) if leave else None,
            turn.say("Open questions: {n}", n=held),
        ),
        keyboard=[*_buttons(turn, person, leave), [turn.button("back", f"dep_people:{_department_of(person)}:0")]],
        edit=True,
    )


def _buttons(turn: Turn, person: Person, leave: Leave | None) -> Keyboard:
    leads = person.official is not None and person.official.is_head
    return keyboards.labelled(
        turn.words,
        ("no_longer_head", f"official_no_head:{person.id}") if leads else ("make_head", f"official_head:{person.id}"),
        ("end_leave", f"official_back:{person.id}") if leave else ("on_leave", f"official_leave:{person.id}"),
        ("another_department", f"official_move:{person.id}"),
        ("remove", f"official_remove:{person.id}"),
    )


async def _leave_line(turn: Turn, leave: Leave) -> Markup:
    deputy = await people.load(turn.db, leave.deputy_id or 0)
    return turn.say(
        "On leave from {first} to {last}, deputy: {deputy}",
        first=first_day(turn.words, leave.since),
        last=last_day(turn.words, leave.until),
        deputy=_name(deputy) if deputy else turn.say("the head of the department"),
    )


# --- the head -------------------------------------------------------------------------------------------------------


async def make_head(turn: Turn) -> None:
    person = await _official(turn)
    if person is None:
        return
    department_id = _department_of(person)
    before = next((p for p in await people.officials_of(turn.db, department_id) if p.heads), None)
    if before is not None and before.id == person.id:
        await _show(turn, person.id)  # pressed twice
        return
    await people.lead(turn.db, department_id, person.id)
    for told in filter(None, (person, before)):
        await _say(turn, told.id, "leads", {"department": department_id})
    news = turn.say(
        "{who} leads the department now and is told what was told to the head: "
        "questions that were not answered, and what is late.",
        who=_name(person),
    )
    await _show(turn, person.id, news)
    was = f"person {before.id}" if before else ""
    await turn.audit("head appointed", f"department {department_id}", before=was, after=f"person {person.id}")


async def no_longer_head(turn: Turn) -> None:
    person = await _official(turn)
    if person is None:
        return
    if person.official is None or not person.official.is_head:
        await card(turn)
        return
    department_id = _department_of(person)
    await people.lead(turn.db, department_id, None)
    await _say(turn, person.id, "leads", {"department": department_id})
    await _show(turn, person.id, _nobody_leads(turn))
    await turn.audit("head removed", f"department {department_id}", before=f"person {person.id}")


def _nobody_leads(turn: Turn) -> Markup:
    return turn.say("The department has no head now: what is meant for the head goes to all its officials.")


async def _say(turn: Turn, person_id: int, template: str, facts: dict[str, object]) -> None:
    """Once a press: the update's number is in the key."""
    key = f"{template} {person_id} {turn.update_id}"
    await outbox.say(turn.db, person_id, template, facts, turn.now, key=key)


# --- leave ----------------------------------------------------------------------------------------------------------


async def leave(turn: Turn) -> None:
    """[On leave]: the days are typed, the deputy is chosen."""
    person = await _official(turn)
    if person is None:
        return
    if len(await people.officials_of(turn.db, _department_of(person))) < 2:
        alone = turn.say(
            "{who} is alone in the department, and nobody could stand in. Invite a colleague first.",
            who=_name(person),
        )
        await _show(turn, person.id, alone)
        return
    await turn.wait_for("leave", "days", {"person": person.id})
    turn.reply(
        turn.say("<b>{who}</b>: first and last day of the leave", who=_name(person)),
        turn.say("Type both with a dash between, for example: 06.07.2026 - 31.07.2026"),
        keyboard=keyboards.cancel(turn.words),
    )


_DAYS = re.compile(r"\s*([\d.]+)\s*(?:[-–—]\s*([\d.]+)\s*)?", re.ASCII)


def _read_days(text: str) -> tuple[date, date] | None:
    """Both days; a single one is a leave of one day."""
    match = _DAYS.fullmatch(text)
    if match is None:
        return None
    first, last = typed_date(match[1]), typed_date(match[2] or match[1])
    return (first, last) if first and last else None


async def days_typed(turn: Turn) -> None:
    read = _read_days(turn.text)
    wrong = _what_is_wrong(turn, read)
    if read is None or wrong:
        turn.reply(wrong or Markup(), keyboard=keyboards.cancel(turn.words))
        return
    person_id = turn.form.data["person"] if turn.form else 0
    await turn.wait_for("leave", "deputy", {"person": person_id, "days": [day.isoformat() for day in read]})
    await _ask_deputy(turn, person_id)


def _what_is_wrong(turn: Turn, read: tuple[date, date] | None) -> Markup | None:
    if read is None:
        return turn.say("These are no dates. Type them so: 06.07.2026 - 31.07.2026")
    first, last = read
    if last < first:
        return turn.say("The last day comes before the first. Please type both again.")
    if last < turn.city.today(turn.now):
        return turn.say("This leave is over already. Please type both days again.")
    if (last - first).days >= _LONGEST_LEAVE or first.year > turn.city.today(turn.now).year + 2:
        return turn.say("A leave lasts a year at most. Please type both days again.")
    return None


async def deputy_asked(turn: Turn) -> None:
    """Something was typed where a deputy is to be chosen."""
    await _ask_deputy(turn, turn.form.data["person"] if turn.form else 0)


async def _ask_deputy(turn: Turn, person_id: int) -> None:
    person = await people.load(turn.db, person_id)
    if person is None or person.official is None:
        await turn.finish()
        await departments.all_departments(turn)
        return
    colleagues = [p for p in await people.officials_of(turn.db, _department_of(person)) if p.id != person_id]
    choice = [[Button(one_line(_name(p), 60), f"official_deputy:{p.id}")] for p in colleagues]
    turn.reply(
        turn.say("Who stands in for {who}?", who=_name(person)),
        turn.say("Their cards and reminders go to the deputy, who may answer in their place."),
        keyboard=[*choice, [turn.button("cancel", "cancel")]],
    )


async def deputy_chosen(turn: Turn) -> None:
    data = turn.form.data if turn.form else {}
    person = await people.official_to_change(turn.db, data.get("person", 0))
    chosen = await people.load(turn.db, turn.id_at())
    if person is None or chosen is None or chosen.id == person.id or chosen.department_id != person.department_id:
        await deputy_asked(turn)
        return
    was = await leaves.of(turn.db, person.id, turn.now)
    first, last = (date.fromisoformat(day) for day in data["days"])
    leave = Leave(person.id, chosen.id, _midnight(turn, first), _midnight(turn, last + timedelta(days=1)))
    await leaves.enter(turn.db, leave)
    for told in (person.id, chosen.id):
        await _say(turn, told, "leave", {"person": person.id, "since": leave.since.isoformat()})
    await turn.finish()
    await _show(turn, person.id, turn.say("Entered. Both are told."))
    before, after = _audited(turn, was), _audited(turn, leave)
    await turn.audit("leave entered", f"person {person.id}", before=before, after=after)


def _midnight(turn: Turn, day: date) -> datetime:
    return datetime.combine(day, time(), turn.city.zone)


def _audited(turn: Turn, leave: Leave | None) -> str:
    if leave is None:
        return ""
    first = leave.since.astimezone(turn.city.zone).date()
    last = leave.until.astimezone(turn.city.zone).date() - timedelta(days=1)
    return f"{first}, {last}, person {leave.deputy_id}"


async def back_from_leave(turn: Turn) -> None:
    """[End the leave], running or planned."""
    person = await _official(turn)
    if person is None:
        return
    was = await leaves.of(turn.db, person.id, turn.now)
    if was is None:
        await _show(turn, person.id)
        return
    await leaves.end(turn.db, person.id)
    for told in filter(None, (person.id, was.deputy_id)):
        await _say(turn, told, "leave_ended", {"person": person.id})
    await _show(turn, person.id, turn.say("The leave is ended. Both are told."))
    await turn.audit("leave ended", f"person {person.id}", before=_audited(turn, was))


# --- leaving the department -----------------------------------------------------------------------------------------


async def move(turn: Turn) -> None:
    """[Another department]: which one."""
    person = await _official(turn)
    if person is None:
        return
    others = [d for d in await stored.all_departments(turn.db) if d.id != _department_of(person)]
    turn.reply(
        turn.say("Where does {who} work from now on?", who=_name(person)),
        *await _what_happens(turn, person),
        keyboard=[
            *keyboards.departments(turn.words, others, f"official_moved:{person.id}"),
            [turn.button("back", f"official_card:{person.id}")],
        ],
        edit=True,
    )


async def remove(turn: Turn) -> None:
    """[Remove] says what will happen, and asks."""
    person = await _official(turn)
    if person is None:
        return
    turn.reply(
        turn.say(
            "<b>Remove {who} from «{department}»?</b>", who=_name(person), department=_department_name(turn, person)
        ),
        *await _what_happens(turn, person),
        keyboard=[
            [turn.button("yes_remove", f"official_removed:{person.id}")],
            [turn.button("back", f"official_card:{person.id}")],
        ],
        edit=True,
    )


async def _what_happens(turn: Turn, person: Person) -> list[Block]:
    """To the open questions, and to the department when its head or its last official goes."""
    colleagues = [p for p in await people.officials_of(turn.db, _department_of(person)) if p.id != person.id]
    head = next((p for p in colleagues if p.heads), None)
    said: list[Block] = []
    if held := await questions.count_held(turn.db, person.id):
        said.append(_fate_of_questions(turn, held, head))
    if person.official and person.official.is_head:
        said.append(
            turn.say("The department is left without a head: what is meant for the head goes to everybody in it.")
        )
    if not colleagues:
        said.append(turn.say("Nobody is left in the department: its questions are told to administrators."))
    return said


def _fate_of_questions(turn: Turn, held: int, head: Person | None) -> Markup:
    if head is not None:
        return turn.words.count(
            "{n} open question goes to the head, {head}.",
            "{n} open questions go to the head, {head}.",
            held,
            head=_name(head),
        )
    return turn.words.count(
        "{n} open question becomes free to be taken again: the department has no other head.",
        "{n} open questions become free to be taken again: the department has no other head.",
        held,
    )


async def removed(turn: Turn) -> None:
    """The official is one no more, in this transaction: buttons, queued notices and unfinished answers end with it."""
    person = await _official(turn)
    if person is None:
        return
    await people.dismiss(turn.db, person.id)
    said = await _left(turn, person)
    news = turn.say("{who} is no longer an official.", who=_name(person))
    await departments.show(turn, _department_of(person), cards.lines(news, said))
    await turn.audit("official removed", f"person {person.id}", before=_post(person))


async def moved(turn: Turn) -> None:
    person = await _official(turn)
    if person is None:
        return
    chosen = await stored.department(turn.db, turn.id_at(1))
    if chosen is None or chosen.id == _department_of(person):
        await _show(turn, person.id)
        return
    await people.transfer(turn.db, person.id, chosen.id, turn.now)
    said = await _left(turn, person)
    name = chosen.names.in_(turn.language)
    news = turn.say("{who} now answers for «{department}».", who=_name(person), department=name)
    await _show(turn, person.id, cards.lines(news, said))
    after = f"official, department {chosen.id}"
    await turn.audit("official moved", f"person {person.id}", before=_post(person), after=after)


def _post(person: Person) -> str:
    """For the audit."""
    post = "head" if person.official and person.official.is_head else "official"
    return f"{post}, department {_department_of(person)}"


async def _left(turn: Turn, person: Person) -> Markup:
    """What follows when somebody left their department. Returns what became of their questions, in words."""
    said = await _hand_over(turn, person)
    await _settle_waiting(turn, person.id)
    await _say(turn, person.id, "dismissed", {"department": _department_of(person)})
    return said


async def _hand_over(turn: Turn, person: Person) -> Markup:
    """Their open questions go to the head, or are free where there is none; one message tells of all of them."""
    held = await questions.held_by(turn.db, person.id)
    if not held:
        return turn.say("There were no open questions.")
    for question in held:
        await questions.record(turn.db, act(question, Action.HAND_OVER, turn.person, turn.now), turn.now)
    head = await people.load(turn.db, held[0].head_id or 0)
    audience = Audience.HEAD if head else Audience.DEPARTMENT
    facts = {"questions": [question.id for question in held], "head": head is not None}
    for person_id in await questions.recipients(turn.db, held[0], audience, turn.now):
        await _say(turn, person_id, "handed_over", facts)
    return _fate_of_questions(turn, len(held), head)


async def _settle_waiting(turn: Turn, person_id: int) -> None:
    """What waits to be said to them about questions they may not see any more is not said."""
    person = await people.load(turn.db, person_id)
    waiting = await outbox.waiting_about_questions(turn.db, person_id)
    found = {q.id: q for q in await questions.many(turn.db, [question_id for _, question_id in waiting])}
    for row_id, question_id in waiting:
        if person is None or question_id not in found or not visible(found[question_id], person):
            await outbox.settle(turn.db, row_id, Fate.DROPPED, turn.now)

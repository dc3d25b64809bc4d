"""Terms and reminders in the administrator's hands: the ladder, the term of an answer, the morning card's time."""

import re
from datetime import time

from domain.city import DigestTime
from handlers import audit, cards, keyboards
from handlers.speech import Button
from handlers.turn import Turn
from storage import departments, habits
from storage.departments import Topic

_LONGEST_TERM = 250
"""Working days: about a year."""


async def show(turn: Turn) -> None:
    city = await turn.city_now()
    ladder = city.ladder
    turn.reply(
        turn.say("<b>Terms and reminders</b>"),
        cards.lines(
            turn.words.count("Term of an answer: {n} working day", "Term of an answer: {n} working days", city.term),
            turn.say(
                "When it is late: head of the department after {head}, administrators after {admins}, "
                "deputy mayor after {deputy} working days",
                head=ladder.head,
                admins=ladder.admins,
                deputy=ladder.deputy_mayor,
            ),
            turn.say("Morning card: {time}", time=_in_words(city.digest)),
            turn.say("Working hours: {start}-{end}", start=f"{city.hours.start:%H:%M}", end=f"{city.hours.end:%H:%M}"),
            await audit.last_change(turn, "setting"),
        ),
        keyboard=keyboards.labelled(
            turn.words,
            ("term", "habit:term"),
            ("topic_terms", "topic_terms"),
            ("ladder", "habit:ladder"),
            ("digest_time", "digest_times"),
            ("back", "desk"),
            width=1,
        ),
        edit=True,
    )


async def ask(turn: Turn) -> None:
    """What is to be changed: the new value is typed."""
    name = turn.argument()
    prompts = {
        "term": turn.say("Type the new term in working days, from 1 to 250. Questions registered before keep theirs."),
        "ladder": turn.say(
            "Type three growing numbers of working days for head, administrators and deputy mayor: 1, 3, 5"
        ),
    }
    if name not in prompts:
        await show(turn)
        return
    await turn.wait_for("habit", name, {})
    turn.reply(prompts[name], keyboard=keyboards.cancel(turn.words))


async def topics(turn: Turn) -> None:
    """Each topic with its own term, where it has one."""
    known = await departments.all_topics(turn.db)
    choice = [[Button(_with_term(topic, turn), f"topic_term:{topic.id}")] for topic in known]
    turn.reply(
        turn.say("Terms of topics. A topic without a number has the city's term."),
        keyboard=[*choice, [turn.button("back", "habits")]],
        edit=True,
    )


def _with_term(topic: Topic, turn: Turn) -> str:
    name = topic.names.in_(turn.language)
    return f"{name}: {topic.term}" if topic.term else name


async def topic_chosen(turn: Turn) -> None:
    topic = await departments.topic(turn.db, turn.id_at())
    if topic is None:
        await topics(turn)
        return
    await turn.wait_for("habit", f"topic {topic.id}", {})
    turn.reply(
        turn.say(
            "<b>{topic}</b>: type the term in working days; 0 means the city's term.",
            topic=topic.names.in_(turn.language),
        ),
        keyboard=keyboards.cancel(turn.words),
    )


def _in_words(digest: DigestTime) -> str:
    """`09:05`, or `09:05 1,3,5` when it does not come on every working day."""
    weekdays = ",".join(map(str, sorted(digest.weekdays)))
    return f"{digest.at:%H:%M}" + (f" {weekdays}" if len(digest.weekdays) < 7 else "")


async def digest_times(turn: Turn) -> None:
    """When the morning card goes out, for the city and for departments that want it otherwise."""
    city = await turn.city_now()
    known = await departments.all_departments(turn.db)
    everybody = Button(f"{turn.words.plain('all departments')}: {_in_words(city.digest)}", "digest_time:0")
    choice = [
        [Button(f"{d.names.in_(turn.language)}: {_in_words(city.digest_of(d.id))}", f"digest_time:{d.id}")]
        for d in known
    ]
    turn.reply(
        turn.say("Time of the morning card"),
        keyboard=[[everybody], *choice, [turn.button("back", "habits")]],
        edit=True,
    )


async def digest_time_chosen(turn: Turn) -> None:
    chosen = turn.id_at()
    department = await departments.department(turn.db, chosen)
    await turn.wait_for("habit", f"digest {department.id}" if department else "digest", {})
    turn.reply(
        turn.say(
            "Type the time within working hours, for example 09:05. For certain weekdays only, add their numbers "
            "(1 is Monday): 09:05 1,3,5"
        ),
        keyboard=keyboards.cancel(turn.words),
    )


async def typed(turn: Turn) -> None:
    """Check the value, store it, say what it was and what it is."""
    name = turn.form.step if turn.form else ""
    value = _checked(name, turn.text.strip())
    if value is None:
        turn.reply(
            turn.say("This cannot be used: «{value}». Nothing was changed; please type it again.", value=turn.text[:50])
        )
        return
    before = await _stored(turn, name)
    if name.startswith("topic "):
        await departments.set_term(turn.db, int(name.split()[1]), int(value) or None)
    else:
        await habits.change(turn.db, name, value)
    await turn.finish()
    turn.reply(turn.say("Changed."))
    await show(turn)
    about = name if name.startswith("topic ") else f"setting {name}"
    await turn.audit("habit changed", about, before=before, after=await _stored(turn, name))


async def _stored(turn: Turn, name: str) -> str:
    """What it is until now, as it would be typed."""
    city = await turn.city_now()
    match name.split():
        case ["topic", number]:
            topic = await departments.topic(turn.db, int(number))
            return str(topic.term or 0) if topic else ""
        case ["term"]:
            return str(city.term)
        case ["ladder"]:
            return f"{city.ladder.head},{city.ladder.admins},{city.ladder.deputy_mayor}"
        case ["digest", number]:
            return _in_words(city.digest_of(int(number)))
    return _in_words(city.digest)


def _checked(name: str, text: str) -> str | None:
    """The value as it is stored, or None when it is none."""
    numbers = [int(n) for n in re.findall(r"[0-9]{1,3}", text)]
    match name.split()[0]:
        case "topic":
            return str(numbers[0]) if len(numbers) == 1 and numbers[0] <= _LONGEST_TERM else None
        case "term":
            return str(numbers[0]) if len(numbers) == 1 and 1 <= numbers[0] <= _LONGEST_TERM else None
        case "ladder":
            growing = len(numbers) == 3 and 0 < numbers[0] < numbers[1] < numbers[2] <= _LONGEST_TERM
            return ",".join(map(str, numbers)) if growing else None
        case "digest":
            return _digest_time(text)
    return None


def _digest_time(text: str) -> str | None:
    match = re.fullmatch(r"([01]?[0-9]|2[0-3])[:.]([0-5][0-9])(?:\s+([1-7](?:\s*,\s*[1-7])*))?", text)
    if match is None:
        return None
    weekdays = match[3] or "1,2,3,4,5,6,7"
    return f"{time(int(match[1]), int(match[2])):%H:%M} {re.sub(r'[^1-7,]', '', weekdays)}"

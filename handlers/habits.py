"""Terms and reminders in the administrator's hands: the ladder, the term of an answer, the morning card's time."""

import re
from datetime import time

from handlers import cards, keyboards, newcomer
from handlers.speech import Button
from handlers.turn import Turn
from storage import audit, departments, habits
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
            turn.say("Morning card: {time}", time=f"{city.digest_at:%H:%M}"),
            turn.say("Working hours: {start}-{end}", start=f"{city.hours.start:%H:%M}", end=f"{city.hours.end:%H:%M}"),
        ),
        keyboard=keyboards.labelled(
            turn.words,
            ("term", "habit:term"),
            ("topic_terms", "topic_terms"),
            ("ladder", "habit:ladder"),
            ("digest_time", "habit:digest_at"),
            ("back", "desk"),
            width=1,
        ),
        edit=True,
    )


async def ask(turn: Turn) -> None:
    """What is to be changed: the new value is typed."""
    name = turn.args[0] if turn.args else ""
    prompts = {
        "term": turn.say("Type the new term in working days, from 1 to 250. Questions registered before keep theirs."),
        "ladder": turn.say(
            "Type three growing numbers of working days for head, administrators and deputy mayor: 1, 3, 5"
        ),
        "digest_at": turn.say("Type the time of the morning card within working hours, for example 09:05"),
    }
    if name not in prompts:
        await show(turn)
        return
    await turn.wait_for("habit", name, {})
    turn.reply(prompts[name], keyboard=keyboards.labelled(turn.words, ("cancel", "cancel")))


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
    topic = await departments.topic(turn.db, newcomer.number(turn.args))
    if topic is None:
        await topics(turn)
        return
    await turn.wait_for("habit", f"topic {topic.id}", {})
    turn.reply(
        turn.say(
            "<b>{topic}</b>: type the term in working days; 0 means the city's term.",
            topic=topic.names.in_(turn.language),
        ),
        keyboard=keyboards.labelled(turn.words, ("cancel", "cancel")),
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
    if name.startswith("topic "):
        await departments.set_term(turn.db, int(name.split()[1]), int(value) or None)
    else:
        await habits.change(turn.db, name, value)
    await audit.write(turn.db, turn.now, turn.person.id, "habit changed", name, after=value)
    await turn.finish()
    turn.reply(turn.say("Changed."))
    await show(turn)


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
        case "digest_at":
            match = re.fullmatch(r"([01]?[0-9]|2[0-3])[:.]([0-5][0-9])", text)
            return time(int(match[1]), int(match[2])).isoformat() if match else None
    return None

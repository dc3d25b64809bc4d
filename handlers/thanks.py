"""Whom a thank-you is for: the whole department, or one of its people, by the names they gave for NGOs.

Offered under the preview, so that nobody must choose. A button bears a place in the list, not a Telegram number.
"""

from typing import Any

from markupsafe import Markup

from domain.draft import one_line
from domain.question import Kind
from handlers import cards, keyboards
from handlers.speech import Button, Keyboard
from handlers.turn import Turn
from storage import departments, people

Data = dict[str, Any]
_MOST = 8


async def offered(turn: Turn, data: Data) -> Data:
    """The form with the people who may be named now; whoever was chosen and works there no more is chosen no more."""
    topic = await departments.topic(turn.db, data["topic"])
    if data["kind"] != Kind.THANKS or topic is None:
        return data
    staff = [p for p in await people.officials_of(turn.db, topic.department.id) if p.official and p.official.name]
    known = [[p.id, p.official.name] for p in staff[:_MOST] if p.official]
    whom = data.get("whom")
    return data | {"staff": known, "whom": whom if whom in [id_ for id_, _ in known] else None}


def chosen(turn: Turn, data: Data) -> Data:
    """The form with the person of the pressed button: `thank:2` is the second one, `thank:0` the whole department."""
    place = turn.id_at()
    staff = data.get("staff", [])
    return data | {"whom": staff[place - 1][0] if 0 < place <= len(staff) else None}


def _name(data: Data) -> str | None:
    return next((name for id_, name in data.get("staff", []) if id_ == data.get("whom")), None)


def to_whom(turn: Turn, data: Data) -> Markup | None:
    """For the preview; nothing where nobody gave a name."""
    if not data.get("staff"):
        return None
    if name := _name(data):
        return turn.say("To: <b>{who}</b>", who=name)
    return cards.lines(
        turn.say("To: <b>{who}</b>", who=turn.words.label("whole_department")),
        turn.say("To thank one person, press the name."),
    )


def buttons(turn: Turn, data: Data) -> Keyboard:
    """Everybody but whoever is chosen."""
    people_of_it = [
        Button(one_line(name, 60), f"thank:{place}")
        for place, (id_, name) in enumerate(data.get("staff", []), 1)
        if id_ != data.get("whom")
    ]
    everybody = [turn.button("whole_department", "thank:0")] if _name(data) else []
    return keyboards.rows([*everybody, *people_of_it], 2)

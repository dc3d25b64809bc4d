"""The day's limit of questions: what is written above it stays a draft, and may be sent after midnight."""

from datetime import timedelta

from markupsafe import Markup

from handlers import keyboards
from handlers.turn import Turn
from storage import questions


async def reached(turn: Turn, draft_id: str) -> bool:
    """Says so, and from when on the same button works again."""
    said = await _most(turn)
    if said is None:
        return False
    tomorrow = turn.city.midnight(turn.city.today(turn.now) + timedelta(days=1))
    turn.reply(
        said,
        turn.say(
            "What you have written is kept. You can send it from {moment} on: with this button, or by /ask.",
            moment=turn.words.moment(tomorrow),
        ),
        keyboard=keyboards.labelled(turn.words, ("send", f"send:{draft_id}"), ("cancel", "cancel")),
    )
    return True


async def _most(turn: Turn) -> Markup | None:
    """Which of the two limits it is, in a sentence."""
    city, who = turn.city, turn.person.representative
    since = city.midnight(city.today(turn.now))
    if await questions.as_many_since(turn.db, since, city.questions_a_day, author_id=turn.person.id):
        return turn.say(
            "You have sent {n} today: that is the most for one person in a day.", n=turn.city.questions_a_day
        )
    if who and await questions.as_many_since(
        turn.db, since, city.questions_a_day_ngo, organization_id=who.organization_id
    ):
        return turn.say(
            "«{name}» has sent {n} today: that is the most for one NGO in a day.",
            name=who.organization_name,
            n=turn.city.questions_a_day_ngo,
        )
    return None

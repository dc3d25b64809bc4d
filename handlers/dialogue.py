"""What dialogues about one question have in common: the question itself, a choice of departments, a sentence."""

from markupsafe import Markup

from domain.draft import blank
from domain.question import NotYours, Question
from handlers import keyboards, ngo
from handlers.turn import Turn
from storage import departments, questions
from storage.departments import Department
from storage.pages import Section

LONGEST_SENTENCE = 1_000
_ON_A_PAGE = 8


async def of_form(turn: Turn, *, to_change: bool = False) -> Question:
    """The question that the open dialogue is about. When it is not this person's any more, the dialogue is over."""
    turn.args = tuple(turn.form.name.split()[1:2]) if turn.form else ()
    try:
        return await questions.visible_to(turn.db, turn.person, turn.argument(), to_change=to_change)
    except NotYours:
        await turn.finish()
        raise


def waits_at(turn: Turn, form: str, step: str) -> bool:
    """The dialogue about the question of the pressed button is open, and at this step."""
    return turn.form is not None and turn.form.name == f"{form} {turn.argument()}" and turn.form.step == step


async def redraw(turn: Turn) -> None:
    """Pressed twice, or an old button: the card shows what is so."""
    await ngo.show(turn, await questions.visible_to(turn.db, turn.person, turn.argument()), edit=False)


async def choose(turn: Turn, question: Question, ask: Markup, name: str, known: list[Department]) -> None:
    """Departments as buttons, a page at a time: `NAME:NUMBER:PAGE` turns it, `NAME_to:NUMBER:ID` chooses."""
    page = Section(turn.id_at(1), len(known), _ON_A_PAGE)
    shown = page.of(known)
    turn.reply(
        ask,
        keyboard=[
            *keyboards.departments(turn.words, shown, f"{name}_to:{question.number}"),
            *keyboards.pager(turn.words, page, f"{name}:{question.number}"),
            [turn.button("back", f"card:{question.number}")],
        ],
        edit=len(turn.args) > 1,
    )


async def others(turn: Turn, question: Question) -> list[Department]:
    """All departments but the one that has it."""
    return [d for d in await departments.all_departments(turn.db) if d.id != question.department_id]


def sentence(turn: Turn) -> str | None:
    """What was typed as a reason or a task; None when it is none, which has been replied."""
    if blank(turn.text):
        turn.reply(turn.say("Please write it in words."), keyboard=keyboards.cancel(turn.words))
        return None
    if len(turn.text) > LONGEST_SENTENCE:
        turn.reply(
            turn.say(
                "This has {n} characters, {most} are the most. Please write it shorter.",
                n=len(turn.text),
                most=LONGEST_SENTENCE,
            ),
            keyboard=keyboards.cancel(turn.words),
        )
        return None
    return turn.text

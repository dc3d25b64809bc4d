"""[Split]: what several departments must answer goes on as № 42/1, № 42/2, each with its department and its share.

departments → for each a sentence → preview → send. The whole closes; text, attachments, date and term are those of it.
"""

from domain.question import Action, Question, act, actions_for, allowed, split
from handlers import cards, keyboards
from handlers.dialogue import of_form, redraw, sentence, waits_at
from handlers.speech import Block, Button, Quote
from handlers.turn import Turn
from handlers.writing import Data
from storage import departments, questions
from storage.departments import Department
from storage.pages import Section

FEWEST, MOST = 2, 4
_ON_A_PAGE = 8


async def begin(turn: Turn) -> None:
    """[Split]: into which departments; each press chooses one or takes it back."""
    question = await questions.visible_to(turn.db, turn.person, turn.argument())
    allowed(question, Action.SPLIT, turn.person)
    name = f"split {question.number}"
    await _next(turn, question, turn.form.data if turn.form and turn.form.name == name else {})


async def chosen(turn: Turn) -> None:
    """Button: `split_to:NUMBER:ID`."""
    if not waits_at(turn, "split", "departments") or turn.form is None:
        await redraw(turn)
        return
    data, wanted = turn.form.data, turn.id_at(1)
    before: list[int] = data.get("departments", [])
    known = {d.id for d in await departments.all_departments(turn.db)}
    after = [d for d in before if d != wanted] if wanted in before else [*before, wanted]
    question = await of_form(turn)
    if wanted not in known:
        after = before
    elif len(after) > MOST:
        turn.reply(turn.say("{n} departments are the most.", n=MOST))
        after = before
    await _ask_departments(turn, question, data | {"departments": after}, edit=True)


async def turned(turn: Turn) -> None:
    """Another page of departments. Button: `split_page:NUMBER:PAGE`."""
    page = turn.id_at(1)
    if not waits_at(turn, "split", "departments") or turn.form is None:
        await redraw(turn)
        return
    data = turn.form.data | {"page": page}
    await _ask_departments(turn, await of_form(turn), data, edit=True)


async def departments_chosen(turn: Turn) -> None:
    """[Done]: for each of them a sentence is asked."""
    if not waits_at(turn, "split", "departments") or turn.form is None:
        await redraw(turn)
        return
    data = turn.form.data
    question = await of_form(turn)
    if len(data.get("departments", [])) < FEWEST:
        turn.reply(turn.say("Choose at least {n} departments.", n=FEWEST))
        await _ask_departments(turn, question, data)
        return
    await _next(turn, question, data | {"chosen": True})


async def _next(turn: Turn, question: Question, data: Data) -> None:
    """Ask for the first thing that is missing."""
    if not data.get("chosen"):
        await _ask_departments(turn, question, data)
        return
    known = {d.id: d for d in await departments.all_departments(turn.db)}
    tasks: list[str] = data.get("tasks", [])
    wanted: list[int] = data["departments"]
    if len(tasks) < len(wanted):
        await turn.wait_for(f"split {question.number}", "tasks", data)
        _ask_task(turn, question, known[wanted[len(tasks)]], len(tasks) + 1)
        return
    await turn.wait_for(f"split {question.number}", "preview", data)
    _preview(turn, question, [(known[d], task) for d, task in zip(wanted, tasks, strict=True)])


async def _ask_departments(turn: Turn, question: Question, data: Data, *, edit: bool = False) -> None:
    """Chosen ones are named in the text and on their button."""
    await turn.wait_for(f"split {question.number}", "departments", data)
    known = await departments.all_departments(turn.db)
    wanted: list[int] = data.get("departments", [])
    names = {d.id: d.names.in_(turn.language) for d in known}
    page = Section(data.get("page", 0), len(known), _ON_A_PAGE)
    number = question.number
    choice = [
        Button(_marked(turn, names[d.id]) if d.id in wanted else names[d.id], f"split_to:{number}:{d.id}")
        for d in page.of(known)
    ]
    listed = ", ".join(names[d] for d in wanted)
    turn.reply(
        turn.say(
            "Which departments answer a part of <b>№ {number}</b>? Choose {fewest} to {most}, then press «{done}».",
            number=number,
            fewest=FEWEST,
            most=MOST,
            done=turn.words.label("done_writing"),
        ),
        turn.say("Chosen: {departments}", departments=listed or turn.say("none yet")),
        keyboard=[
            *([button] for button in choice),
            *keyboards.pager(turn.words, page, f"split_page:{number}"),
            [turn.button("done_writing", f"split_done:{number}"), turn.button("cancel", "cancel")],
            [turn.button("back", f"card:{number}")],
        ],
        edit=edit,
    )


def _marked(turn: Turn, name: str) -> str:
    return turn.words.plain("Chosen: {departments}", departments=name)


def _ask_task(turn: Turn, question: Question, department: Department, n: int) -> None:
    turn.reply(
        turn.say(
            "<b>№ {number}/{n}</b>: write in one sentence what «{department}» has to answer. The NGO will read it.",
            number=question.number,
            n=n,
            department=department.names.in_(turn.language),
        ),
        keyboard=keyboards.cancel(turn.words),
    )


def _preview(turn: Turn, question: Question, shares: list[tuple[Department, str]]) -> None:
    blocks: list[Block] = [
        cards.lines(
            turn.say("<b>Check before sending</b>"),
            turn.say("<b>№ {number}</b> goes on as:", number=question.number),
        )
    ]
    for n, (department, task) in enumerate(shares, 1):
        name = department.names.in_(turn.language)
        blocks += [turn.say("<b>№ {number}/{n}</b>: {department}", number=question.number, n=n, department=name)]
        blocks += [Quote(task)]
    date = cards.due(turn.words, question)
    blocks.append(cards.lines(date, turn.say("The date does not change. The whole is closed when its parts go on.")))
    turn.reply(
        *blocks,
        keyboard=keyboards.labelled(
            turn.words,
            ("send", f"split_send:{question.number}"),
            ("start_anew", f"split_anew:{question.number}"),
            ("cancel", "cancel"),
        ),
    )


async def written(turn: Turn) -> None:
    """A sentence for the next department; where none is waited for, the step is asked for again."""
    question = await of_form(turn)
    if turn.form is None:
        return
    data = turn.form.data
    if turn.form.step == "tasks":
        task = sentence(turn)
        if task is None:
            return
        data = data | {"tasks": [*data.get("tasks", []), task]}
    await _next(turn, question, data)


async def anew(turn: Turn) -> None:
    """[Start anew]: the departments are chosen again, what was written is dropped."""
    if turn.form is None or turn.form.name != f"split {turn.argument()}":
        await redraw(turn)
        return
    await _next(turn, await of_form(turn), {})


async def send(turn: Turn) -> None:
    """The parts are registered, the whole is closed; a colleague may answer it now, and the row's lock decides."""
    if turn.form is None or not waits_at(turn, "split", "preview"):
        await redraw(turn)
        return
    data = turn.form.data
    whole = await of_form(turn, to_change=True)
    await turn.finish()
    shares = tuple(zip(data["departments"], data["tasks"], strict=True))
    change = act(whole, Action.SPLIT, turn.person, turn.now, text=_in_all(whole, data["tasks"]))
    await questions.record(turn.db, change, turn.now)
    parts = split(whole, shares, turn.person, turn.now)
    await questions.register_parts(turn.db, change, parts, data["tasks"], turn.now)
    numbers = ", ".join(part.number for part in parts)
    turn.reply(
        turn.say(
            "<b>№ {number}</b> goes on as № {numbers}. The departments and the NGO are told.",
            number=whole.number,
            numbers=numbers,
        ),
        keyboard=keyboards.card(*(part.number for part in parts if actions_for(part, turn.person))),
    )
    if turn.person.is_admin:
        await turn.audit("split", f"question {whole.number}", after=numbers)


def _in_all(whole: Question, tasks: list[str]) -> str:
    """What the history of the whole keeps: each part's number and share."""
    return "\n".join(f"{whole.number}/{n}: {task}" for n, task in enumerate(tasks, 1))

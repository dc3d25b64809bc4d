"""Two keys: where a department wants it, an executor's answer goes out by the head's word.

executor: [Answer] … [Send]      the answer is a line of the city's history; the head gets it whole
head: [Approve]                  the NGO gets it, with who wrote and who approved it
      [Return with a remark]     the executor begins from the same text
      [Edit]                     the head's own answer begins from it
Where the department has lost its head, administrators are asked.
"""

from domain.promise import promisable
from domain.question import Action, Outcome, Question, Who, act, actions_for, allowed, standing
from handlers import departments, keyboards, ngo, official
from handlers.dialogue import sentence
from handlers.turn import Turn
from handlers.writing import begun_from
from storage import departments as known
from storage import people, questions
from storage.questions import Entry


async def _proposed(turn: Turn) -> tuple[Question, Entry] | None:
    """The question, locked, and the answer that waits, when it is still the one of the pressed button.

    Else it was decided, or another one took its place: the card shows what is so.
    """
    question = await questions.visible_to(turn.db, turn.person, turn.argument(), to_change=True)
    entry = None
    if question.proposed_id is not None and question.proposed_id == turn.id_at(1):
        entry = await questions.entry(turn.db, question.proposed_id)
    if entry is None or Action.APPROVE not in actions_for(question, turn.person):
        await ngo.show(turn, question, edit=False)
        return None
    return question, entry


async def approve(turn: Turn) -> None:
    """The text as it was proposed; the NGO may withdraw at the same moment, and the row's lock decides."""
    found = await _proposed(turn)
    if found is None:
        return
    question, entry = found
    if entry.outcome is Outcome.PROMISED and entry.until and not promisable(entry.until, turn.city.today(turn.now)):
        turn.reply(
            turn.say(
                "<b>№ {number}</b>: the answer promises something by {date}, which is not ahead any more. "
                "Please return it with a remark, or write your own.",
                number=question.number,
                date=turn.words.day(entry.until),
            ),
            keyboard=keyboards.card(question.number),
        )
        return
    change = act(
        question,
        Action.APPROVE,
        turn.person,
        turn.now,
        text=entry.text,
        attachments=await questions.attachments_of(turn.db, entry.id),
        outcome=entry.outcome,
        assignee_id=entry.actor_id,
        due_on=entry.until,
        react_by=(await turn.city_now()).react_by(turn.now),
    )
    await questions.record(turn.db, change, turn.now)
    turn.reply(
        turn.say(
            "The answer to <b>№ {number}</b> is approved and on its way to the NGO, with your name.",
            number=question.number,
        ),
        keyboard=keyboards.card(question.number),
    )
    await _audit(turn, question, "answer approved")


async def return_(turn: Turn) -> None:
    """[Return with a remark]: the remark is asked for, for without it nobody knows what to change."""
    found = await _proposed(turn)
    if found is None:
        return
    question, entry = found
    await turn.wait_for(f"return {question.number}", "remark", {"entry": entry.id})
    turn.reply(
        turn.say("<b>№ {number}</b>: write what is to be changed in the answer.", number=question.number),
        keyboard=keyboards.cancel(turn.words),
    )


async def remark_written(turn: Turn) -> None:
    if turn.form is None or (remark := sentence(turn)) is None:
        return
    turn.args = (turn.form.name.split()[1], str(turn.form.data["entry"]))
    found = await _proposed(turn)
    await turn.finish()
    if found is None:
        return
    question, _ = found
    await questions.record(turn.db, act(question, Action.RETURN, turn.person, turn.now, text=remark), turn.now)
    turn.reply(
        turn.say("The answer to <b>№ {number}</b> went back, with your remark.", number=question.number),
        keyboard=keyboards.card(question.number),
    )
    await _audit(turn, question, "answer returned")


async def edit(turn: Turn) -> None:
    """[Edit]: the head's own answer, which begins as the proposed one: what they write now takes its place."""
    found = await _proposed(turn)
    if found is None:
        return
    question, entry = found
    allowed(question, Action.ANSWER, turn.person)
    data = begun_from(entry, await questions.attachments_of(turn.db, entry.id))
    await official.begin(turn, question, {k: v for k, v in data.items() if k != "written"} | {"replace": True})


async def _audit(turn: Turn, question: Question, action: str) -> None:
    """What an administrator decided in the place of a head."""
    if Who.HEAD not in standing(question, turn.person):
        await turn.audit(action, f"question {question.number}")


# --- the switch -----------------------------------------------------------------------------------------------------


async def switch(turn: Turn) -> None:
    """On or off for a department: pressed twice it is as after the first press. Button: `dep_keys:3:on`."""
    department = await known.department(turn.db, turn.id_at())
    wanted = turn.args[1:2] == ("on",)
    if department is None or department.two_keys == wanted or turn.args[1:2] not in (("on",), ("off",)):
        await departments.card(turn)
        return
    if wanted and not any(person.heads for person in await people.officials_of(turn.db, department.id)):
        await departments.show(
            turn, department.id, turn.say("Two keys need a head of the department: nobody leads it now.")
        )
        return
    await known.set_two_keys(turn.db, department.id, wanted)
    news = (
        turn.say("From now on an answer of this department goes out by the word of its head.")
        if wanted
        else turn.say("From now on officials of this department answer by themselves.")
    )
    await departments.show(turn, department.id, news)
    before, after = ("off", "on") if wanted else ("on", "off")
    await turn.audit("two keys switched", f"department {department.id}", before=before, after=after)

"""What works for everybody, always: help, cancel, what is stored about me, forget me, simple mode."""

import json
from datetime import date, datetime

from markupsafe import Markup

from domain.people import Person
from handlers import keyboards
from handlers.cards import lines
from handlers.turn import Turn
from storage import audit, forgotten, people
from texts import Words


def commands(words: Words, person: Person) -> list[tuple[str, Markup]]:
    """What this person may type, with what it does: /help, and Telegram's menu."""
    mine = []
    if person.speaks_for_ngo:
        mine += [
            ("ask", words.say("ask, propose, ask for help, say thanks")),
            ("my", words.say("questions of the NGO")),
        ]
    if person.official:
        mine += [("inbox", words.say("what the department owes")), ("digest", words.say("the morning card now"))]
    if person.is_admin:
        mine += [("admin", words.say("the administrator's desk")), ("announce", words.say("write an announcement"))]
    if mine:
        mine.append(("promises", words.say("what was promised, and what became of it")))
    return [
        *mine,
        ("help", words.say("what the bot can do")),
        ("language", words.say("choose the language")),
        ("simple", words.say("simple mode: one button a row, numbers as answers")),
        ("mydata", words.say("everything stored about me")),
        ("forget", words.say("delete my data")),
        ("cancel", words.say("drop what is being filled in")),
        *([] if mine else [("start", words.say("begin"))]),
    ]


def greeting(words: Words) -> Markup:
    """What the bot is, in one sentence: in /help, and in a chat that is still empty."""
    return words.say("Köpir: NGOs ask, the city answers. Each question gets a number, a date and an answer.")


def menu(turn: Turn) -> Markup:
    return lines(*(Markup("/{} – {}").format(name, said) for name, said in commands(turn.words, turn.person)))


async def help_(turn: Turn) -> None:
    turn.reply(
        greeting(turn.words),
        menu(turn),
        turn.say(
            "To add something to a question, reply to any message that bears its number. "
            "Typing the number shows the question."
        ),
    )


def greet(turn: Turn) -> None:
    """Somebody the bot knows."""
    turn.reply(_who(turn), menu(turn))


def _who(turn: Turn) -> Markup:
    person = turn.person
    if person.official:
        name = person.official.department.in_(turn.language)
        return turn.say("You answer for «{department}».", department=name)
    if person.representative and person.speaks_for_ngo:
        return turn.say("You speak for «{name}».", name=person.representative.organization_name)
    return turn.say("You are an administrator.") if person.is_admin else turn.say("What would you like to do?")


async def cancel(turn: Turn) -> None:
    """Drops what is being filled in, and only that."""
    if turn.form is None or turn.form.name == "start":
        turn.reply(turn.say("There is nothing to cancel."), menu(turn))
        return
    await turn.finish()
    turn.reply(turn.say("Dropped: nothing was sent."), menu(turn))


async def simple(turn: Turn) -> None:
    await people.set_simple(turn.db, turn.person.id, not turn.person.simple)
    await turn.refresh()
    if turn.person.simple:
        turn.reply(turn.say("Simple mode is on: one button a row; you may answer with the number of a button."))
    else:
        turn.reply(turn.say("Simple mode is off."))


async def mydata(turn: Turn) -> None:
    """Everything stored about the person, as a message and as a file."""
    found = await people.everything_about(turn.db, turn.person.id)
    consents = [
        turn.say("{version}, {when}", version=c["version"], when=turn.words.moment(c["at"])) for c in found["consents"]
    ]
    turn.reply(
        lines(
            turn.say("<b>Everything stored about you</b>"),
            turn.say("Telegram number: {id}", id=turn.person.id),
            turn.say("Name: {name}", name=turn.person.name),
            turn.say("Consent: {list}", list=Markup("; ").join(consents)) if consents else turn.say("Consent: none"),
            turn.say("NGO: {name}", name=found["representative"][0]["name"]) if found["representative"] else None,
            turn.words.count("{n} question asked by you", "{n} questions asked by you", len(found["questions"])),
        ),
        turn.say("The file has all of it, word for word. To delete it: /forget"),
    )
    file = json.dumps(found, ensure_ascii=False, indent=2, default=_plain)
    turn.send_file("mydata.json", file.encode(), turn.words.plain("Everything stored about you"))


def _plain(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


async def forget(turn: Turn) -> None:
    turn.reply(
        turn.say(
            "Your name, your consent and your roles will be deleted. Questions asked in the name of an NGO stay with "
            "the NGO, without your name. Unfinished drafts are lost. Delete?"
        ),
        keyboard=keyboards.labelled(turn.words, ("forget_once", "forget_once"), ("keep", "keep"), width=1),
    )


async def forget_once(turn: Turn) -> None:
    turn.reply(
        turn.say("This cannot be undone. Once more: delete?"),
        keyboard=keyboards.labelled(turn.words, ("forget_twice", "forget_twice"), ("keep", "keep"), width=1),
    )


async def keep(turn: Turn) -> None:
    turn.reply(turn.say("Nothing was deleted."))


async def forget_twice(turn: Turn) -> None:
    """The name goes, the questions stay with the NGO."""
    if turn.person.is_admin and await people.admins_to_change(turn.db) == [turn.person.id]:
        turn.reply(
            turn.say("You are the only administrator: without you nobody could run the bot. Invite another first.")
        )
        return
    await people.release_questions(turn.db, turn.person.id, turn.now)
    await forgotten.remember(turn.db, turn.person.id, turn.now)
    await people.forget(turn.db, turn.person.id)
    await audit.write(turn.db, turn.now, None, "forgot a person", "person", update_id=turn.update_id)
    turn.form = None
    turn.forgotten = True
    turn.reply(turn.say("Deleted. To begin anew: /start"))


async def unknown_command(turn: Turn) -> None:
    turn.reply(turn.say("There is no such command."), menu(turn))


async def nothing_here(turn: Turn) -> None:
    """A button whose time is over, or which was never this person's."""
    turn.reply(turn.say("This button no longer works."), menu(turn))

"""Notices become messages at the moment they go out: language, words and buttons are chosen then.

A row keeps a template and the facts of its moment. What has become pointless meanwhile (the person may no longer see
the question, was forgotten, became another department's) is dropped, so a late message shows no dead button.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.city import City
from domain.draft import albums
from domain.people import Language, Names, Person, RepresentativeState
from domain.question import (
    CITY_ONLY,
    OPEN,
    Action,
    Audience,
    Kind,
    Notice,
    Question,
    actions_for,
    reads_note,
    sees_all_lines,
    visible,
)
from handlers import (
    announcement_cards,
    cards,
    decisions,
    duties,
    groups,
    keyboards,
    morning,
    promises,
    register_notices,
    shares,
    stuck,
)
from handlers.speech import Block, Call, Keyboard, Quote, album, messages
from storage import backups, departments, outbox, parts, people, questions, register
from storage import stuck as stuck_messages
from storage.backups import Trouble
from storage.outbox import Fate, Outgoing
from storage.questions import Entry
from texts import Words
from texts.labels import KIND_LABELS


@dataclass(frozen=True)
class Telling:
    """What a template is given: whom, what about, in which words, and the city's date."""

    db: AsyncConnection
    row: Outgoing
    person: Person
    words: Words
    city: City
    now: datetime
    question: Question
    entry: Entry


Said = tuple[list[Block], Keyboard]


def finished(row: Outgoing) -> Call:
    """A reply was put into words in its own turn. The chat is the row's: a group may have moved meanwhile."""
    call = Call.from_json(row.facts)
    return replace(call, params=call.params | {"chat_id": row.chat_id})


async def render(db: AsyncConnection, row: Outgoing, city: City, now: datetime) -> list[Call]:
    """The calls that say this notice now; none: there is nothing to say any more."""
    if row.template in groups.TEMPLATES:
        return await groups.render(db, row, city, now)
    person = await people.load(db, row.chat_id, now)
    if row.template == "too_fast":
        return _too_fast(row, person, city)
    if person is None:
        return []
    words = Words(person.language or Language.RU, city.zone)
    if row.template in announcement_cards.TEMPLATES:
        return await announcement_cards.render(db, row, person, words)
    if row.template in _ABOUT_PEOPLE:
        return await _ABOUT_PEOPLE[row.template](db, row, person, words)
    if row.template in morning.TEMPLATES:
        return await morning.render(db, row, person, words, city, now)
    if row.template == "promise":
        return await promises.render(db, row, person, words, city, now)
    question = await questions.by_id(db, row.question_id or 0)
    entry = await questions.entry(db, row.facts["entry"])
    if question is None or entry is None or not visible(question, person):
        return []
    if entry.action in CITY_ONLY and not sees_all_lines(question, person):
        return []
    if entry.action is Action.NOTE and not reads_note(question, person, entry.from_department_id, entry.actor_id):
        return []
    telling = Telling(db, row, person, words, city, now, question, entry)
    if row.template == "attachments":
        return await _attachments(telling)
    if row.template == "needs_administrator":
        return await _say(telling, await _needs_administrator(telling))
    if row.template == "administrator_note":
        return await _say(telling, await _administrator_s_note(telling))
    if row.template == "delivery":
        return await _say(telling, await _delivery(telling))
    return await _say(telling, await _TEMPLATES[Notice(row.template)](telling))


def _too_fast(row: Outgoing, person: Person | None, city: City) -> list[Call]:
    """For whoever sends more than the pace lets through, be it somebody the bot has not met yet."""
    said = row.facts["language"]
    chosen = person.language if person else None
    words = Words(chosen or (Language(said) if said in set(Language) else Language.RU), city.zone)
    text = words.say(
        "That was more than {n} messages and presses within a minute. Nothing is lost: what is above that is handled "
        "a little later, in order. Please wait for the answer.",
        n=row.facts["a_minute"],
    )
    return messages(row.chat_id, [text])


async def _say(telling: Telling, said: Said | None) -> list[Call]:
    if said is None:
        return []
    blocks, keyboard = said
    return messages(telling.person.id, blocks, keyboard, simple=telling.person.simple)


# --- about a question -----------------------------------------------------------------------------------------------


async def _registered(t: Telling) -> Said:
    """The confirmation: number, date, time, department, who is responsible, due date (АППК art. 64 p. 2)."""
    question, words = t.question, t.words
    head = cards.lines(
        words.say("<b>№ {number}</b> is registered.", number=question.number),
        words.say("Registered: {when}", when=words.moment(question.registered_at)),
        words.say("Kind: {kind}", kind=words.label(KIND_LABELS[question.kind])),
        words.say("Department: {department}", department=cards.department(words, question)),
    )
    if question.kind is Kind.THANKS:
        passed_on = words.say("Your thanks are passed on to the people of the department.")
        if t.entry.assignee:
            passed_on = words.say("Your thanks are passed on to {who}.", who=t.entry.assignee)
        return [head, passed_on], _to_card(t)
    more = cards.lines(
        words.say("Responsible: {who}", who=cards.responsible(words, question)),
        cards.due(words, question),
    )
    addition = words.say("To add something, reply to this message.")
    return [cards.lines(head, more), addition], keyboards.question(words, question, t.person)


async def _new(t: Telling) -> Said:
    """The card for the department, with the buttons the rules allow now."""
    attached = await questions.attachments_of(t.db, t.entry.id)
    opening = _thanked(t) if t.question.kind is Kind.THANKS else _for_whom(t)
    facts = cards.facts(t.words, t.question, t.city.today(t.now))
    blocks: list[Block] = [cards.lines(opening, facts, _nobody_there(t)), Quote(t.question.text)]
    if listed := cards.attachments(t.words, attached):
        blocks.append(listed)
    return blocks, keyboards.question(t.words, t.question, t.person)


def _for_whom(t: Telling) -> Markup:
    """Administrators get what has no department yet."""
    if t.question.department_id is None:
        return t.words.say("<b>New: it needs a department</b>")
    return t.words.say("<b>New for the department</b>")


def _nobody_there(t: Telling) -> Markup | None:
    """Administrators get a department's card when it has no official."""
    if t.question.department_id is None or t.person.department_id == t.question.department_id:
        return None
    return t.words.say(
        "Nobody works in this department yet: forward the question, or invite an official: /admin, «{invitation}».",
        invitation=t.words.label("invitation"),
    )


def _thanked(t: Telling) -> Markup:
    """The one who is thanked reads it first; colleagues read who it is."""
    if t.entry.assignee_id == t.person.id:
        return t.words.say("<b>Thanks to you personally</b>")
    if t.entry.assignee:
        return t.words.say("<b>Thanks for {who} of your department</b>", who=t.entry.assignee)
    return t.words.say("<b>Thanks for the department</b>")


async def _taken(t: Telling) -> Said:
    who = ", ".join(part for part in (t.entry.assignee or t.entry.actor, t.question.responsible_post) if part)
    said = t.words.say("<b>№ {number}</b> is in work. Responsible: {who}.", number=t.question.number, who=who)
    return [cards.lines(said, cards.due(t.words, t.question))], _to_card(t)


async def _assigned(t: Telling) -> Said:
    blocks, keyboard = await _new(t)
    said = t.words.say("<b>№ {number}</b> was given to you by {who}.", number=t.question.number, who=t.entry.actor)
    if t.question.responsible_id in t.person.stands_in_for:
        said = t.words.say(
            "<b>№ {number}</b> was given to {absent}, for whom you stand in, by {who}.",
            number=t.question.number,
            absent=t.question.responsible_name,
            who=t.entry.actor,
        )
    return [said, cards.facts(t.words, t.question, t.city.today(t.now)), *blocks[1:]], keyboard


async def _routed(t: Telling) -> Said:
    said = t.words.say(
        "<b>№ {number}</b> went to the department «{department}».",
        number=t.question.number,
        department=cards.department(t.words, t.question),
    )
    return [cards.lines(said, cards.due(t.words, t.question))], _to_card(t)


async def _answered(t: Telling) -> Said:
    """The text as written; below it the verdict, while it may be given."""
    of_others = await shares.in_answer(t.db, t.words, t.question)
    promised = await promises.made_by_answer(t.db, t.words, t.question.id, t.entry.at) if t.entry.until else []
    blocks = [*cards.answer(t.words, t.question, t.entry), *of_others, *promised, *_to_be_judged(t)]
    return blocks, keyboards.question(t.words, t.question, t.person)


def _to_be_judged(t: Telling) -> list[Block]:
    """Until when, and what silence means; only while this person may judge it."""
    if t.question.react_by is None or Action.SOLVED not in actions_for(t.question, t.person):
        return []
    until = t.words.weekday(t.question.react_by)
    return [t.words.say("Please judge the answer. Without your word until {date} the question is closed.", date=until)]


async def _corrected(t: Telling) -> Said:
    """The verdict is on the answer in force, so its buttons stand here as well."""
    version = 0
    for entry in await questions.history(t.db, t.question.id):
        if entry.id <= t.entry.id:
            version = cards.version_after(entry, version)
    blocks = cards.corrected(t.words, t.question, t.entry, version)
    return blocks, keyboards.question(t.words, t.question, t.person)


async def _judged(t: Telling) -> Said:
    said = t.words.say(
        "<b>№ {number}</b>: the NGO judged the answer: {verdict}.",
        number=t.question.number,
        verdict=cards.verdict(t.words, t.question),
    )
    return _with_text(t, [said]), _to_card(t)


async def _reopened(t: Telling) -> Said:
    said = t.words.say(
        "<b>№ {number}</b> is open again and went to the head of the department.", number=t.question.number
    )
    keyboard = keyboards.question(t.words, t.question, t.person)
    return [cards.lines(said, cards.due(t.words, t.question))], keyboard


async def _reopened_for_head(t: Telling) -> Said:
    said = t.words.say("<b>№ {number}</b>: the NGO says it was not answered. Its reason:", number=t.question.number)
    facts = cards.facts(t.words, t.question, t.city.today(t.now))
    blocks: list[Block] = [said, Quote(t.entry.text), facts, Quote(t.question.text)]
    return blocks, keyboards.question(t.words, t.question, t.person)


async def _reopened_for_official(t: Telling) -> Said:
    """For whoever was responsible for the answer, when the head is now."""
    said = t.words.say(
        "<b>№ {number}</b>: the NGO says that your answer did not answer it. It is open again and went to the head of "
        "the department. The reason:",
        number=t.question.number,
    )
    return [said, Quote(t.entry.text), cards.lines(cards.due(t.words, t.question))], _to_card(t)


def _to_card(t: Telling) -> Keyboard:
    return keyboards.card(t.question.number)


async def _unsatisfied(t: Telling) -> Said:
    said = t.words.say(
        "<b>№ {number}</b> is closed, and the NGO says for the second time that it was not answered:",
        number=t.question.number,
    )
    return [said, Quote(t.entry.text), cards.facts(t.words, t.question, t.city.today(t.now))], _to_card(t)


async def _withdrawn(t: Telling) -> Said:
    return [
        t.words.say("<b>№ {number}</b> was withdrawn by the NGO. Nothing is owed.", number=t.question.number)
    ], _to_card(t)


async def _addition(t: Telling) -> Said:
    said = t.words.say("<b>№ {number}</b>: addition by the NGO.", number=t.question.number)
    return _with_text(t, [said]), keyboards.question(t.words, t.question, t.person)


# --- given on, divided, shared --------------------------------------------------------------------------------------


async def _forwarded(t: Telling) -> Said:
    """For the NGO: from, to, why, and that the date did not change."""
    entry, words = t.entry, t.words
    said = words.say(
        "<b>№ {number}</b> was forwarded.",
        number=t.question.number,
    )
    moved = cards.lines(
        said,
        words.say("From: {department}", department=_in(words, entry.from_department)),
        words.say("To: {department}", department=_in(words, entry.department)),
        cards.due(words, t.question),
        words.say("The date does not change."),
    )
    return [moved, words.say("Why:"), Quote(entry.text)], keyboards.question(words, t.question, t.person)


def _in(words: Words, names: Names | None) -> str:
    return names.in_(words.language) if names else ""


async def _forwarded_here(t: Telling) -> Said:
    """A card as for a new question, with the sentence why it comes, or what of it this department has to answer."""
    blocks, keyboard = await _whole(t)
    if t.entry.action is Action.SPLIT:
        opening = t.words.say("<b>A part for the department.</b> What it has to answer:")
    else:
        before = _in(t.words, t.entry.from_department)
        opening = t.words.say("<b>Forwarded to the department</b> by «{department}». Why:", department=before)
    nobody = _nobody_there(t)
    return [opening, Quote(t.entry.text), *blocks, *([nobody] if nobody else [])], keyboard


async def _whole(t: Telling) -> Said:
    """The question as its department sees it for the first time."""
    history = await questions.history_for(t.db, t.question, t.person)
    attached = await questions.attachments_of(t.db, history[0].id)
    blocks: list[Block] = [cards.facts(t.words, t.question, t.city.today(t.now)), Quote(t.question.text)]
    if listed := cards.attachments(t.words, attached):
        blocks.append(listed)
    return blocks, keyboards.question(t.words, t.question, t.person, attachments=any(e.attachments for e in history))


async def _split(t: Telling) -> Said:
    """For the NGO, once: what its question goes on as."""
    today = t.city.today(t.now)
    opening = t.words.say("<b>№ {number}</b> goes on in parts, each with its department.", number=t.question.number)
    shared, buttons = await shares.on_card(t.db, t.words, t.question, t.person, today)
    more = t.words.say("To add something, open the part and reply to its card.")
    said: list[Block] = [opening, *shared, Quote(t.entry.text)]
    return [*said, cards.lines(t.words.say("The date does not change."), more)], buttons


async def _involved(t: Telling) -> Said:
    """For the department that is asked for a part."""
    until = t.words.weekday(t.entry.until) if t.entry.until else ""
    opening = t.words.say("<b>A part of № {number} for your department</b>", number=t.question.number)
    blocks, keyboard = await _whole(t)
    asked = cards.lines(opening, t.words.say("By: {date}", date=until), t.words.say("What it has to do:"))
    return [asked, Quote(t.entry.text), *blocks], keyboard


async def _part_done(t: Telling) -> Said:
    said = t.words.say(
        "<b>№ {number}</b>: «{department}» has done its part.",
        number=t.question.number,
        department=_in(t.words, t.entry.department),
    )
    return _with_text(t, [said]), keyboards.question(t.words, t.question, t.person)


async def _whole_over(t: Telling) -> Said:
    """For co-executors, once: what became of the whole, and that nothing of their part is owed any more."""
    words, number = t.words, t.question.number
    match t.entry.action:
        case Action.WITHDRAW:
            said = words.say("<b>№ {number}</b> was withdrawn by the NGO. Nothing is owed.", number=number)
        case Action.CLOSE_UNCLEAR:
            said = words.say("<b>№ {number}</b> is closed: the NGO did not reply to the department.", number=number)
        case Action.SPLIT:
            said = words.say("<b>№ {number}</b> goes on in parts, each with its department.", number=number)
        case _:
            said = words.say("<b>№ {number}</b>: the responsible department has answered.", number=number)
    not_done = [
        words.say("Nothing more is owed by «{department}»: {task}", department=_in(words, part.department), task=task)
        for part in await parts.of_question(t.db, t.question.id)
        if part.department_id == t.person.department_id and part.done_at is None
        for task in [cards.beginning(part.task)]
    ]
    return [cards.lines(said, *not_done[-1:])], _to_card(t)


async def _needs_administrator(t: Telling) -> Said | None:
    """It came back once already, and its department would send it on again: an administrator decides."""
    if not t.person.is_admin or t.question.status not in OPEN:
        return None
    opening = t.words.say(
        "<b>№ {number}</b> came back to a department once already. «{department}» would send it to «{other}». Why:",
        number=t.question.number,
        department=cards.department(t.words, t.question),
        other=_in(t.words, t.entry.department),
    )
    blocks, keyboard = await _whole(t)
    ask = t.words.say(
        "You decide where it goes: «{forward}». If it is to stay, write why to the department: «{note}».",
        forward=t.words.label("forward"),
        note=t.words.label("note"),
    )
    return [opening, Quote(t.entry.text), *blocks, ask], keyboard


async def _administrator_s_note(t: Telling) -> Said:
    """For whoever has the question: a word of the desk, which the NGO does not read."""
    said = t.words.say(
        "<b>№ {number}</b>: note of an administrator, {who}. The NGO does not see it.",
        number=t.question.number,
        who=t.entry.actor,
    )
    return _with_text(t, [said]), _to_card(t)


async def _sent_on(db: AsyncConnection, row: Outgoing, person: Person, words: Words) -> list[Call]:
    """For the official who had it, when somebody else sent it on. They may see it no more."""
    found = await departments.department(db, row.facts["department"])
    said = words.say(
        "<b>№ {number}</b> was forwarded to «{department}». It is yours no more.",
        number=row.facts["number"],
        department=_in(words, found.names if found else None),
    )
    return messages(person.id, [said])


async def _no_reaction(t: Telling) -> Said:
    said = t.words.count(
        "<b>№ {number}</b> is closed: {n} working day passed after the answer without a reaction.",
        "<b>№ {number}</b> is closed: {n} working days passed after the answer without a reaction.",
        t.city.reaction_term,
        number=t.question.number,
    )
    return [said], _to_card(t)


def _with_text(t: Telling, blocks: list[Block]) -> list[Block]:
    return [*blocks, Quote(t.entry.text)] if t.entry.text else blocks


_TEMPLATES: dict[Notice, Callable[[Telling], Awaitable[Said | None]]] = {
    **decisions.TEMPLATES,
    Notice.REGISTERED: _registered,
    Notice.NEW: _new,
    Notice.TAKEN: _taken,
    Notice.ASSIGNED: _assigned,
    Notice.ROUTED: _routed,
    Notice.ANSWERED: _answered,
    Notice.CORRECTED: _corrected,
    Notice.JUDGED: _judged,
    Notice.REOPENED: _reopened,
    Notice.REOPENED_FOR_HEAD: _reopened_for_head,
    Notice.REOPENED_FOR_OFFICIAL: _reopened_for_official,
    Notice.UNSATISFIED: _unsatisfied,
    Notice.WITHDRAWN: _withdrawn,
    Notice.ADDITION: _addition,
    Notice.NO_REACTION: _no_reaction,
    Notice.FORWARDED: _forwarded,
    Notice.FORWARDED_HERE: _forwarded_here,
    Notice.SPLIT: _split,
    Notice.INVOLVED: _involved,
    Notice.PART_DONE: _part_done,
    Notice.WHOLE_OVER: _whole_over,
}


async def _attachments(t: Telling) -> list[Call]:
    attached = await questions.attachments_of(t.db, t.entry.id)
    if "only" in t.row.facts:  # a part of an album that came when the rest was said already
        attached = tuple(one for one in attached if one.message_id == t.row.facts["only"])
    groups, index = albums(attached), t.row.facts.get("album", 0)
    if index >= len(groups):
        return []
    caption = t.words.plain("№ {number}, attachment", number=t.question.number)
    return [album(t.person.id, groups[index], caption)]


async def _delivery(t: Telling) -> Said | None:
    """For the official: what became of the answer."""
    number = t.question.number
    if t.row.facts["fate"] == Fate.DELIVERED:
        said = _delivered(t, number, t.words.time(datetime.fromisoformat(t.row.facts["at"])))
    elif t.row.facts["fate"] == Fate.BLOCKED:
        said = t.words.say(
            "<b>№ {number}</b>: the answer was not delivered: the bot is blocked. "
            "It waits in the question's history; please tell the NGO by phone or letter.",
            number=number,
        )
    else:
        said = t.words.say(
            "<b>№ {number}</b>: the answer was not delivered. It waits in the question's history.", number=number
        )
    return [said], _to_card(t)


def _delivered(t: Telling, number: str, time: str) -> Markup:
    """Whoever wrote an answer that a head decided on, or replaced by another, hears whose word it went by."""
    if t.entry.action is Action.APPROVE:
        return t.words.say(
            "<b>№ {number}</b>: the answer was approved by {who} and delivered {time}.",
            number=number,
            who=t.entry.actor,
            time=time,
        )
    if t.entry.action is Action.ANSWER and t.entry.actor_id != t.person.id:
        return t.words.say(
            "<b>№ {number}</b>: {who} wrote the answer, it was delivered {time}.",
            number=number,
            who=t.entry.actor,
            time=time,
        )
    return t.words.say("<b>№ {number}</b>: the answer was delivered {time}.", number=number, time=time)


# --- about people ---------------------------------------------------------------------------------------------------


async def _applicant(db: AsyncConnection, row: Outgoing, person: Person, words: Words) -> list[Call]:
    """For administrators; dropped when another one has decided already."""
    applicant = await people.load(db, row.facts.get("person", 0))
    if not person.is_admin or applicant is None or applicant.representative is None:
        return []
    if applicant.representative.state is not RepresentativeState.WAITING:
        return []
    organization = await register.by_id(db, applicant.representative.organization_id)
    said = cards.applicant(words, applicant, organization)
    return messages(person.id, [said], keyboards.decision(words, applicant), simple=person.simple)


async def _decided(_db: AsyncConnection, _row: Outgoing, person: Person, words: Words) -> list[Call]:
    found = person.representative
    if found is None or found.state is RepresentativeState.WAITING:
        return []
    if found.state is RepresentativeState.VERIFIED:
        said = words.say(
            "You are approved as a representative of «{name}»: you see and continue its questions. /ask /my",
            name=found.organization_name,
        )
    else:
        said = words.say(
            "You were not approved as a representative of «{name}». What you sent stays registered. "
            "If this is a mistake, name the NGO again: /start",
            name=found.organization_name,
        )
        if found.reason:
            said = cards.lines(said, words.say("Reason: {reason}", reason=found.reason))
    return messages(person.id, [said])


async def _stuck(db: AsyncConnection, row: Outgoing, person: Person, words: Words) -> list[Call]:
    """For administrators; dropped when nothing is stuck any more."""
    n = await stuck_messages.count(db, row.created_at)
    if not person.is_admin or not n:
        return []
    said, keyboard = stuck.notice(words, n)
    return messages(person.id, [said], keyboard, simple=person.simple)


async def _backup_failed(db: AsyncConnection, _row: Outgoing, person: Person, words: Words) -> list[Call]:
    """For administrators; dropped when one has been made meanwhile."""
    state = await backups.state(db)
    if not person.is_admin or not state.failing:
        return []
    why = {
        Trouble.NO_ROOM: words.say("There is no room on the disk for backups."),
        Trouble.NO_TOOL: words.say("pg_dump is not installed on the server."),
        Trouble.FAILED: words.say("The reason stands in the log of the server."),
    }[state.trouble]
    last = (
        words.say("The last backup was made on {moment}.", moment=words.moment(state.done_at))
        if state.done_at
        else words.say("There is no earlier backup.")
    )
    said = words.say("<b>No backup was made tonight.</b> Please tell whoever looks after the server.")
    return messages(person.id, [cards.lines(said, why, last)], simple=person.simple)


_ABOUT_PEOPLE: dict[str, Callable[[AsyncConnection, Outgoing, Person, Words], Awaitable[list[Call]]]] = {
    "applicant": _applicant,
    "decided": _decided,
    **duties.TEMPLATES,
    **register_notices.TEMPLATES,
    "stuck": _stuck,
    "backup_failed": _backup_failed,
    "sent_on": _sent_on,
    "group_lost": groups.lost,
}


async def settled(
    db: AsyncConnection,
    row: Outgoing,
    fate: Fate,
    now: datetime,
    *,
    message_id: int | None = None,
    error: str = "",
    unclear: bool = False,
) -> None:
    """What follows from the end of a row: an announcement's author and an official learn whom theirs has reached."""
    if row.template in groups.TEMPLATES:
        await groups.settled(db, row, fate, now, message_id, error)
        return
    if row.announcement_id is not None or row.template == "an_preview":
        await announcement_cards.settled(db, row, fate, now, message_id, error, unclear)
        return
    if row.template not in (Notice.ANSWERED, Notice.CORRECTED) or row.question_id is None:
        return
    question = await questions.by_id(db, row.question_id)
    if question is None or question.responsible_id is None or row.chat_id != question.author_id:
        return
    facts = {"entry": row.facts["entry"], "fate": fate, "at": now.isoformat()}
    told = await questions.recipients(db, question, Audience.OWNER, now)
    entry = await questions.entry(db, row.facts["entry"])
    author = entry.actor_id if entry and entry.action in (Action.ANSWER, Action.CORRECT) else None
    if author is not None and author not in told:
        told = [*told, author]  # a head who answered in the place of whoever has it
    for official in told:
        key = f"delivery {row.id} {fate} {official}"
        await outbox.say(db, official, "delivery", facts, now, key=key, question_id=question.id)

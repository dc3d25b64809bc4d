"""A department's group in Telegram: linked from the desk, shown cards without personal data, pressed and answered from.

A card bears number, topic, status and date (order of 2025): no name, no text of the question. Whoever presses or
replies there is checked as in private, by their numeric id, and is answered in private: outcome and preview are there.

    [Group] → [Link a group] → /link CODE in the group → cards
    [Take] there → as in private → the card follows
    a reply to a card → the answer's text, in the form that the private chat goes on with
"""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncConnection
from telegram import ChatMember, ChatMemberRestricted, ChatMemberUpdated

from domain.city import City
from domain.draft import one_line
from domain.people import Language, Person
from domain.question import OPEN, RULES, Action, Kind, Question, allowed, answering
from handlers import cards, departments, keyboards, newcomer, ngo, official
from handlers.speech import Block, Button, Call, Keyboard, inline, messages
from handlers.turn import NUMBER, InGroup, Turn
from handlers.writing import draft_of, same_album, take_in
from storage import audit, forms, groups, inbox, outbox, people, questions
from storage import departments as known_departments
from storage.groups import CARD, TEMPLATES, TOPIC, Group
from storage.outbox import Fate, Outgoing
from texts import N_, Words

__all__ = ["TEMPLATES"]

_LONGEST_TITLE = 128
"""Characters that Telegram allows in a topic's name."""

# --- the administrator's desk ---------------------------------------------------------------------------------------


async def show(turn: Turn, *news: Block) -> None:
    """[Group] of a department: whether one is linked, and the way to link or unlink it. Button: `dep_group:3`."""
    department = await known_departments.department(turn.db, turn.id_at())
    if department is None:
        await departments.all_departments(turn)
        return
    group = await groups.of_department(turn.db, department.id)
    key, data = ("unlink", "dep_group_unlink") if group else ("link", "dep_group_link")
    turn.reply(
        *news,
        turn.say("<b>{department}</b>: group in Telegram", department=department.names.in_(turn.language)),
        _linked(turn, group)
        if group
        else turn.say("No group is linked. Officials get everything in private in any case."),
        turn.say("Cards in the group bear number, topic, status and date: no names and no texts."),
        keyboard=[[turn.button(key, f"{data}:{department.id}")], [turn.button("back", f"dep_card:{department.id}")]],
        edit=True,
    )


def _linked(turn: Turn, group: Group) -> Markup:
    since = turn.words.moment(group.since)
    if group.forum:
        return turn.say("A group with topics is linked since {when}: each question has a topic there.", when=since)
    return turn.say("A group is linked since {when}.", when=since)


async def how_to_link(turn: Turn) -> None:
    """[Link a group]: a code, shown now and never again; another one makes this one useless."""
    department = await known_departments.department(turn.db, turn.id_at())
    if department is None or await groups.of_department(turn.db, department.id):
        await show(turn)
        return
    code = await groups.make_code(turn.db, department.id, turn.person.id, turn.now)
    turn.reply(
        turn.say("<b>{department}</b>: group in Telegram", department=department.names.in_(turn.language)),
        turn.say(
            "1. Add @{bot} to the group; in a group with topics make it an administrator who may manage topics.",
            bot=turn.bot_name,
        ),
        turn.say("2. Send there: <code>/link {code}</code>", code=code),
        turn.say(
            "The code works once, until {time}, and only when an official of the department or an administrator "
            "sends it in their own name, not in that of the group.",
            time=turn.words.time(turn.now + groups.CODE_WORKS),
        ),
        keyboard=[[turn.button("back", f"dep_group:{department.id}")]],
        edit=True,
    )
    await turn.audit("group code made", f"department {department.id}")


async def unlink(turn: Turn) -> None:
    group = await groups.of_department(turn.db, turn.id_at())
    if group is None:
        await show(turn)
        return
    await groups.unlink(turn.db, group, turn.now)
    await show(turn, turn.say("The group is linked no more. Its cards stay where they are, as they are."))
    await turn.audit("group unlinked", f"department {group.department_id}")


# --- what is said in a group ----------------------------------------------------------------------------------------


def here(turn: Turn) -> InGroup:
    assert turn.said.group is not None  # noqa: S101 - `serve` calls what stands here only for a group
    return turn.said.group


async def asked_for(turn: Turn, *, known: bool) -> str | None:
    """The data of the button that was pressed or typed, for those who may press it; the others hear whose it is."""
    data = turn.said.pressed if turn.said.pressed is not None else await said(turn)
    if data is None or (known and not (data.startswith("take:") and turn.person.official is None)):
        return data
    group = await groups.of_chat(turn.db, here(turn).chat_id)
    card = await groups.question_of_card(turn.db, here(turn).chat_id, here(turn).message_id)
    department = await known_departments.department(turn.db, group.department_id) if group else None
    if card is None or department is None:
        return data if known else None
    name = department.names.in_(turn.language)
    if known:
        turn.reply(
            turn.say(
                "<b>№ {number}</b>: it is taken by an official of the department «{department}».",
                number=card[1],
                department=name,
            ),
            keyboard=keyboards.card(card[1]),
        )
    else:
        await _say_to_strangers(turn, card[1], name)
    return None


async def _say_to_strangers(turn: Turn, number: str, department: str) -> None:
    """The bot may not write to them in private, and of them nothing is stored: once below each card, for all."""
    text = turn.say(
        "<b>№ {number}</b>: these buttons work for officials of «{department}» who have begun a private chat with the "
        "bot: https://t.me/{bot}",
        number=number,
        department=department,
        bot=turn.bot_name,
    )
    key = f"strangers {here(turn).chat_id} {here(turn).message_id}"
    await _say_there(turn, text, to=here(turn).message_id, key=key)


async def said(turn: Turn) -> str | None:
    """A command is told where to go, an official's reply to a card goes on in private; all else is not for us.

    Returns the data of the button whose label was typed in reply to its card.
    """
    word, _, rest = turn.text.partition(" ")
    if word.startswith("/"):
        await _command(turn, word[1:], rest.strip())
        return None
    number = await _replied_about(turn)
    if number is None or turn.person.official is None or not turn.person.consented:
        return None
    typed = turn.text.casefold()
    for label, data in turn.said.replied_buttons:
        if label.casefold() == typed:
            return data
    await _answer(turn, number)
    return None


async def _replied_about(turn: Turn) -> str | None:
    """The number of the question whose card is replied to, or of which the bot says something else there."""
    card = await groups.question_of_card(turn.db, here(turn).chat_id, here(turn).replied_to)
    if card is not None:
        return card[1]
    linked = await groups.of_chat(turn.db, here(turn).chat_id)
    return turn.said.replied_number if linked else None


async def _command(turn: Turn, command: str, argument: str) -> None:
    name, _, addressee = command.partition("@")
    if addressee and addressee.lower() != turn.bot_name.lower():
        return
    if name.lower() == "link" and argument:
        await _link(turn, argument)
    else:
        await _say_there(turn, turn.say("Köpir works in a private chat: https://t.me/{bot}", bot=turn.bot_name))


async def _say_there(turn: Turn, text: Markup, *, to: int = 0, key: str | None = None) -> None:
    """In the same topic of a forum; `to` is the message replied to; by the same `key` only once."""
    params: dict[str, Any] = {"chat_id": here(turn).chat_id, "text": str(text), "parse_mode": "HTML"}
    if here(turn).thread_id:
        params["message_thread_id"] = here(turn).thread_id
    if to:
        params["reply_parameters"] = {"message_id": to, "allow_sending_without_reply": True}
    call = Call("sendMessage", params)
    await outbox.say(turn.db, here(turn).chat_id, "reply", call.to_json(), turn.now, key=key)


async def _link(turn: Turn, code: str) -> None:
    """`/link CODE`: whatever is wrong with it is answered alike."""
    await inbox.mask(turn.db, turn.update_id, code)
    department_id = await groups.department_of_code(turn.db, code, turn.now)
    department = await known_departments.department(turn.db, department_id) if department_id else None
    if department is None or not (turn.person.is_admin or turn.person.department_id == department.id):
        await _say_there(
            turn,
            turn.say(
                "This code links nothing: it works once, within an hour, when an official of its department or an "
                "administrator sends it. An administrator makes a new one: /admin in the private chat."
            ),
        )
        return
    group = Group(department.id, here(turn).chat_id, here(turn).forum, turn.person.language or Language.RU, turn.now)
    if not await groups.link(turn.db, group):
        await _say_there(turn, turn.say("This group is linked with another department. Unlink it there first."))
        return
    owed = await questions.count_owed(turn.db, department.id)
    await _say_there(
        turn,
        cards.lines(
            turn.say("The group is linked with «{department}».", department=department.names.in_(turn.language)),
            turn.say("Open questions: {n}", n=owed),
            turn.say("To answer a question, reply to its card: outcome and preview come in the private chat."),
        ),
    )
    await groups.show_open(turn.db, group, turn.now)
    await turn.audit("group linked", f"department {department.id}")


_APART = 2**31
"""Message ids of a group are put below all of a private chat: a form tells its messages by them."""


async def _answer(turn: Turn, number: str) -> None:
    """What was replied is the text of the answer, or what is added to one that lies unfinished. Raises a CannotAct."""
    turn.args = (number,)
    question = await questions.visible_to(turn.db, turn.person, number)
    allowed(question, answering(question, turn.person), turn.person)
    name, there = f"answer {number}", here(turn)
    unfinished = await forms.find(turn.db, turn.person.id, name)
    data = unfinished.data if unfinished else {}
    attached = turn.said.attachment
    apart = there.message_id - _APART
    moved = replace(attached, message_id=apart) if attached else None
    turn.said = replace(turn.said, message_id=apart, attachment=moved)
    continues = same_album(turn, data)
    data, taken = take_in(turn, data)
    if not taken:
        return
    draft = draft_of(data)
    ready = official.of_substance(draft.text) and not draft.too_long
    await turn.wait_for(name, unfinished.step if unfinished else "outcome", data | {"written": ready})
    if continues:
        return
    await official.answer_continue(turn)
    if unfinished is None or turn.person.blocked:
        await _say_there(turn, _go_on_in_private(turn, question), to=there.message_id)


def _go_on_in_private(turn: Turn, question: Question) -> Markup:
    return turn.say(
        "<b>№ {number}</b>: the answer goes on in the private chat, where its outcome is chosen and it is shown before "
        "it is sent: https://t.me/{bot}?start={link}",
        number=question.number,
        bot=turn.bot_name,
        link=_LINK + question.number.replace("/", "_"),
    )


_LINK = "answer-"


async def start(turn: Turn) -> None:
    """`/start`; by the link that stands in a group it leads to the answer that was begun there."""
    payload = turn.args[0] if len(turn.args) == 1 else ""
    number = NUMBER.fullmatch(payload.removeprefix(_LINK).replace("_", "/"))
    if not payload.startswith(_LINK) or number is None or turn.person.official is None or not turn.person.consented:
        await newcomer.start(turn)
        return
    turn.args = (number.group(1),)
    begun = await forms.find(turn.db, turn.person.id, f"answer {number.group(1)}")
    if begun is None:
        await ngo.card(turn)
        return
    await turn.wait_for(begun.name, begun.step, begun.data)
    await official.answer_continue(turn)


async def pressed(turn: Turn) -> None:
    """A button under a card in a group: whatever came of it, the card is to be as it is."""
    group = await groups.of_chat(turn.db, here(turn).chat_id)
    card = await groups.question_of_card(turn.db, here(turn).chat_id, here(turn).message_id)
    if group is not None and card is not None:
        await groups.redraw(turn.db, group.chat_id, card[0], here(turn).message_id, turn.now)


async def seen(db: AsyncConnection, place: InGroup) -> None:
    """Topics may be switched on and off in a group that is linked."""
    group = await groups.of_chat(db, place.chat_id)
    if group is not None and group.forum is not place.forum:
        await groups.became_forum(db, group, place.forum)


# --- what becomes of a group ----------------------------------------------------------------------------------------


class Why(StrEnum):
    """Why a department has no group any more."""

    REMOVED = "removed"
    SILENCED = "silenced"


async def membership(db: AsyncConnection, change: ChatMemberUpdated, now: datetime) -> None:
    """The bot was thrown out of a group, or may only read there; at any other change it sees whether topics are on."""
    group = await groups.of_chat(db, change.chat.id, to_change=True)
    new = change.new_chat_member
    if group is None:
        return
    if new.status in (ChatMember.LEFT, ChatMember.BANNED):
        await _lost(db, group, Why.REMOVED, now)
    elif isinstance(new, ChatMemberRestricted) and not new.can_send_messages:
        await _lost(db, group, Why.SILENCED, now)
    else:
        await seen(db, InGroup(group.chat_id, 0, bool(change.chat.is_forum)))


async def _lost(db: AsyncConnection, group: Group, why: Why, now: datetime) -> None:
    """Nothing is lost with it: everything has come in private all the while. Administrators hear of it."""
    await groups.unlink(db, group, now)
    facts = {"department": group.department_id, "why": why}
    for admin_id in await people.admin_ids(db):
        await outbox.say(db, admin_id, "group_lost", facts, now)
    await audit.write(db, now, None, "group lost", f"department {group.department_id}")


_LOST = {
    Why.REMOVED: N_("The bot was removed from the group of «{department}». Its cards come in private only."),
    Why.SILENCED: N_("The bot may not write in the group of «{department}» any more. Its cards come in private only."),
}


async def lost(db: AsyncConnection, row: Outgoing, person: Person, words: Words) -> list[Call]:
    """For administrators; dropped when another group is linked by now."""
    department = await known_departments.department(db, row.facts["department"])
    if not person.is_admin or department is None or await groups.of_department(db, department.id):
        return []
    said = words.say(_LOST[Why(row.facts["why"])], department=department.names.in_(words.language))
    keyboard = [[Button(words.label("group"), f"dep_group:{department.id}")]]
    return messages(person.id, [said], keyboard, simple=person.simple)


# --- cards ----------------------------------------------------------------------------------------------------------


async def render(db: AsyncConnection, row: Outgoing, city: City, now: datetime) -> list[Call]:
    """The card as it is now, new or in place of the one that stands there; first of all, in a forum, its topic."""
    group = await groups.of_chat(db, row.chat_id)
    question = await questions.by_id(db, row.question_id or 0)
    if group is None or question is None:
        return []
    words = Words(group.language, city.zone)
    stands = row.facts.get("message") or await groups.newest_card(db, group.chat_id, question.id)
    if stands and not row.facts["anew"]:
        return [_redrawn(_card(words, group, question, city, now), stands)]
    if question.department_id != group.department_id or (question.status not in OPEN and question.kind != Kind.THANKS):
        return []
    if row.template == TOPIC:
        return [Call("createForumTopic", {"chat_id": group.chat_id, "name": _title(words, question)})]
    call = _card(words, group, question, city, now)
    topic = await groups.topic(db, group.chat_id, question.id) if group.forum else None
    return [replace(call, params=call.params | {"message_thread_id": topic})] if topic else [call]


def _redrawn(card: Call, message_id: int) -> Call:
    return Call("editMessageText", card.params | {"message_id": message_id})


def _title(words: Words, question: Question) -> str:
    topic = question.topic.in_(words.language) if question.topic else ""
    return one_line(f"№ {question.number} {topic}".strip(), _LONGEST_TITLE)


def _card(words: Words, group: Group, question: Question, city: City, now: datetime) -> Call:
    """Nothing in it says who asked or what: a group may have any members."""
    theirs = question.department_id == group.department_id
    facts = cards.lines(
        cards.title(words, question),
        words.say("Topic: {topic}", topic=question.topic.in_(words.language)) if question.topic else None,
        words.say("Status: {status}", status=cards.status(words, question, city.today(now))) if theirs else None,
        cards.due(words, question) if theirs else None,
        None if theirs else words.say("It is with another department now."),
    )
    keyboard = _buttons(words, question) if theirs else []
    (call,) = messages(group.chat_id, [facts], keyboard)
    return call if keyboard else replace(call, params=call.params | {"reply_markup": inline([])})


def _buttons(words: Words, question: Question) -> Keyboard:
    free = (question.status, Action.TAKE) in RULES
    take = [[Button(words.label("take"), f"take:{question.number}")]] if free else []
    return [*take, [Button(words.label("show_in_private"), f"card:{question.number}")]]


async def settled(
    db: AsyncConnection, row: Outgoing, fate: Fate, now: datetime, message_id: int | None, error: str
) -> None:
    """Where the card stands now; a topic that was begun, or cannot be; a group that takes nothing more."""
    group = await groups.of_chat(db, row.chat_id)
    if group is None or row.question_id is None or fate is Fate.DROPPED:
        return
    closed = fate is Fate.BLOCKED and (row.template == CARD or not _only_topics_are_refused(error))
    if closed:
        await _lost(db, group, Why.REMOVED if error.startswith("Forbidden") else Why.SILENCED, now)
    elif fate is Fate.DELIVERED and message_id:
        await groups.posted(db, group.chat_id, row.question_id, message_id, topic=row.template == TOPIC)
    if row.template == TOPIC and not closed:
        await groups.show_there(db, group, row.question_id, now)


def _only_topics_are_refused(error: str) -> bool:
    return error.startswith("BadRequest") and "chat not found" not in error.lower()

"""The NGO's side: asking, following, adding, judging.

Asking walks kind → topic → text → public → preview → send. `ask_next` asks for the first thing that is still
missing, so "Change the topic" is nothing but forgetting the topic, and a week's pause is no special case.
"""

import secrets
from typing import Any

from markupsafe import Markup

from domain.draft import Attachment, Draft, Piece, blank
from domain.gratitude import gratitude
from domain.question import (
    Action,
    Change,
    Ending,
    Kind,
    NotYours,
    Question,
    Status,
    Who,
    act,
    added,
    ask,
    concerned,
    not_answered,
    standing,
)
from domain.sensitive import looks_sensitive
from handlers import cards, dates, duties, everyone, keyboards, limits, newcomer, promises, shares, thanks, timeline
from handlers.speech import Block, Button, Keyboard, Quote
from handlers.turn import NUMBER, Turn
from handlers.writing import acknowledge, draft_of, same_album, take_in, too_large, too_long, with_draft
from storage import additions, departments, forms, questions
from storage.departments import Topic
from storage.forms import Form

Data = dict[str, Any]


# --- asking ---------------------------------------------------------------------------------------------------------


async def begin(turn: Turn) -> None:
    """`/ask`: a new question, or the choice to go on with an unfinished one."""
    if _suspended(turn):
        return
    unfinished = await forms.find(turn.db, turn.person.id, "ask")
    if unfinished and (unfinished.data.get("kind") or not draft_of(unfinished.data).empty):
        await turn.wait_for("ask", unfinished.step, unfinished.data)
        turn.reply(
            turn.say("You have an unfinished question:"),
            Quote(draft_of(unfinished.data).text or turn.say("nothing written yet")),
            keyboard=keyboards.labelled(turn.words, ("continue", "continue"), ("start_anew", "start_anew")),
        )
    else:
        await ask_next(turn, _new_form())


def _suspended(turn: Turn) -> bool:
    """The NGO reads and follows, but asks nothing new; says so. What was written is left as it is."""
    who = turn.person.representative
    if who is None or not who.suspended:
        return False
    turn.reply(
        turn.say(
            "«{name}» is suspended in the register, so it cannot ask anything new now. What you have written is kept. "
            "You can read and follow its questions: /my",
            name=who.organization_name,
        )
    )
    return True


def _new_form() -> Data:
    """A draft has a name from the start: whatever is sent twice becomes one question."""
    return {"id": secrets.token_hex(8)}


async def start_anew(turn: Turn) -> None:
    await ask_next(turn, _new_form())


async def go_on(turn: Turn) -> None:
    unfinished = await forms.find(turn.db, turn.person.id, "ask")
    await ask_next(turn, unfinished.data if unfinished else _new_form())


async def ask_next(turn: Turn, data: Data) -> None:
    """Ask for the first thing that is missing."""
    if "kind" not in data:
        await turn.wait_for("ask", "kind", data)
        turn.reply(turn.say("What would you like to send?"), keyboard=keyboards.kinds(turn.words))
    elif "topic" not in data:
        await turn.wait_for("ask", "topic", data)
        topics = await departments.all_topics(turn.db)
        turn.reply(turn.say("What is it about?"), keyboard=keyboards.topics(turn.words, topics))
    elif not data.get("written") or _wordless(draft_of(data)):
        await turn.wait_for("ask", "text", data)
        _ask_text(turn, data)
    elif "public" not in data:
        await turn.wait_for("ask", "public", data)
        turn.reply(
            turn.say("May the thanks be published, without personal data?")
            if data["kind"] == Kind.THANKS
            else turn.say("May the question and its answer be published, without personal data?"),
            keyboard=keyboards.labelled(
                turn.words, ("public", "public:1"), ("private", "public:0"), ("cancel", "cancel"), width=1
            ),
        )
    else:
        data = await thanks.offered(turn, data)
        await turn.wait_for("ask", "preview", data)
        await _preview(turn, data)


async def thanked_chosen(turn: Turn) -> None:
    await ask_next(turn, thanks.chosen(turn, _data(turn)))


def writing_buttons(turn: Turn) -> Keyboard:
    return keyboards.labelled(turn.words, ("done_writing", "done"), ("cancel", "cancel"))


def _ask_text(turn: Turn, data: Data) -> None:
    draft = draft_of(data)
    if draft.empty:
        turn.reply(
            turn.say(
                "Write it in one or several messages. You may attach up to ten photos, documents, voice messages, "
                "videos or places. When all is there, press «{done}».",
                done=turn.words.label("done_writing"),
            ),
            keyboard=writing_buttons(turn),
        )
    elif data.get("replace"):
        turn.reply(
            turn.say("This is the text now. Write the new one; attachments stay."),
            Quote(draft.text or turn.say("nothing written yet")),
            keyboard=writing_buttons(turn),
        )
    else:
        acknowledge(turn, data, writing_buttons(turn))


async def kind_chosen(turn: Turn) -> None:
    data = _data(turn)
    if turn.args and turn.args[0] in set(Kind):
        data = data | {"kind": turn.args[0]}
    await ask_next(turn, data)


async def topic_chosen(turn: Turn) -> None:
    topic_id = turn.id_at()
    known = await departments.topic(turn.db, topic_id)
    if known or turn.args == ("0",):
        await ask_next(turn, _data(turn) | {"topic": topic_id})
    else:
        await ask_next(turn, _data(turn))


_ANSWERED_BY_BUTTONS = frozenset({"kind", "topic", "public"})


async def write(turn: Turn) -> None:
    """Text or an attachment, at any step: it is kept first, then the step's question is asked again."""
    data = _data(turn)
    continues = same_album(turn, data)
    data, taken = take_in(turn, data)
    if not taken:
        return
    step = turn.form.step if turn.form else "text"
    await turn.wait_for("ask", step, data)
    if continues:
        return
    if step == "text":
        acknowledge(turn, data, writing_buttons(turn))
        return
    if step in _ANSWERED_BY_BUTTONS:
        turn.reply(turn.say("This was added to the text. The question below is answered with a button."))
    await ask_next(turn, data)


async def written(turn: Turn) -> None:
    """[Done]: enough to go on, or a sentence that says what is missing."""
    data = _data(turn)
    draft = draft_of(data)
    if draft.too_long:
        edit = keyboards.labelled(turn.words, ("edit_text", "edit_text"), ("cancel", "cancel"))
        too_long(turn, draft, edit)
        return
    if _wordless(draft):
        ask = (
            turn.say("There is no text yet. Please write at least a sentence.")
            if draft.empty
            else turn.say("Please add a sentence that says what the attachments are about.")
        )
        turn.reply(ask, keyboard=writing_buttons(turn))
        return
    data = {k: v for k, v in data.items() if k != "replace"}
    await ask_next(turn, data | {"written": True})


def _wordless(draft: Draft) -> bool:
    """Says nothing yet: a recording alone would be enough."""
    return blank(draft.text) and draft.voice is None


async def public_chosen(turn: Turn) -> None:
    await ask_next(turn, _data(turn) | {"public": turn.args == ("1",)})


async def edit_text(turn: Turn) -> None:
    data = {k: v for k, v in _data(turn).items() if k != "written"}
    await ask_next(turn, data | {"replace": True})


async def change_topic(turn: Turn) -> None:
    await ask_next(turn, {k: v for k, v in _data(turn).items() if k != "topic"})


def _data(turn: Turn) -> Data:
    return turn.form.data if turn.form and turn.form.name == "ask" else _new_form()


async def _preview(turn: Turn, data: Data) -> None:
    draft = draft_of(data)
    await turn.city_now()
    topic = await departments.topic(turn.db, data["topic"])
    if topic is None and data["topic"]:
        await _topic_is_gone(turn, data)
        return
    due_on = turn.city.due_on(Kind(data["kind"]), turn.now, _term(turn, topic))
    text = draft.text if not blank(draft.text) else _text(turn, data)
    if draft.too_long:
        await turn.wait_for("ask", "text", {k: v for k, v in data.items() if k != "written"})
        too_long(turn, draft, keyboards.labelled(turn.words, ("edit_text", "edit_text"), ("cancel", "cancel")))
        return
    head = cards.lines(cards.preview(turn.words, data, draft, topic, due_on), thanks.to_whom(turn, data))
    blocks: list[Block] = [head, Quote(text)]
    if looks_sensitive(text):
        blocks.insert(
            0,
            turn.say(
                "<b>Attention:</b> the text has a number that looks like an IIN or a bank card. "
                "The department does not need it: please remove it with «{edit}», or send as it is.",
                edit=turn.words.label("edit_text"),
            ),
        )
    sending = keyboards.labelled(
        turn.words,
        ("send", f"send:{data['id']}"),
        ("edit_text", "edit_text"),
        ("change_topic", "change_topic"),
        ("cancel", "cancel"),
    )
    turn.reply(*blocks, keyboard=[*thanks.buttons(turn, data), *sending])


async def _topic_is_gone(turn: Turn, data: Data) -> None:
    """An administrator merged it into another since it was chosen."""
    turn.reply(turn.say("This topic is no more. What you wrote is kept; please choose another topic."))
    await ask_next(turn, {key: value for key, value in data.items() if key != "topic"})


def _text(turn: Turn, data: Data) -> str:
    """A recording alone is enough; its length stands for the text."""
    draft = draft_of(data)
    if blank(draft.text) and draft.voice:
        return cards.voice_text(turn.words, draft.voice)
    return draft.text


def _term(turn: Turn, topic: Topic | None) -> int:
    return (topic.term if topic else None) or turn.city.term


async def send(turn: Turn) -> None:
    """Register it. Pressed again, under whatever update id, it only names the number it already has."""
    draft_id = turn.argument()
    if already := await questions.of_draft(turn.db, draft_id, turn.person.id):
        turn.reply(
            turn.say("It is registered already: <b>№ {number}</b>.", number=already), keyboard=keyboards.card(already)
        )
        return
    data = _data(turn)
    if turn.form is None or data["id"] != draft_id or turn.form.step != "preview":
        await stale(turn)
        return
    if _suspended(turn):
        return
    draft = draft_of(data)
    await turn.city_now()
    topic = await departments.topic(turn.db, data["topic"])
    if topic is None and data["topic"]:
        await _topic_is_gone(turn, data)
        return
    thanked = (await thanks.offered(turn, data)).get("whom")
    if thanked != data.get("whom"):  # they work there no more: the preview shows who it is for now
        await ask_next(turn, data)
        return
    if await limits.reached(turn, draft_id):
        return
    change = ask(_question(turn, data, topic), turn.person, draft.in_order, thanked_id=thanked)
    await questions.register(turn.db, change, data["id"], draft.sources, turn.now, turn.city.today(turn.now).year)
    await turn.finish()


def _question(turn: Turn, data: Data, topic: Topic | None) -> Question:
    """The question as it will be registered; number and id come from storage."""
    kind = Kind(data["kind"])
    who = turn.person.representative
    term = _term(turn, topic)
    return Question(
        id=0,
        number="",
        kind=kind,
        status=Status.REGISTERED,
        text=_text(turn, data),
        language=turn.language,
        public=bool(data["public"]),
        author_id=turn.person.id,
        author_state=who.state if who else None,
        organization_id=who.organization_id if who else None,
        organization_name=who.organization_name if who else "",
        topic_id=topic.id if topic else None,
        topic=topic.names if topic else None,
        department_id=topic.department.id if topic else None,
        department=topic.department.names if topic else None,
        head_id=None,
        responsible_id=None,
        responsible_name="",
        responsible_post="",
        registered_at=turn.now,
        counted_from=turn.now,
        term=term,
        due_on=turn.city.due_on(kind, turn.now, term),
    )


async def stale(turn: Turn) -> None:
    """A button of another step: ask for what is really missing."""
    if turn.form and turn.form.name == "ask":
        turn.reply(turn.say("This button belongs to an earlier step."))
        await ask_next(turn, turn.form.data)
    else:
        await everyone.nothing_here(turn)


# --- following ------------------------------------------------------------------------------------------------------


async def my(turn: Turn) -> None:
    """`/my`: the NGO's questions, newest first, five a page. Button: `my:open:2`."""
    closed = turn.args[:1] == ("closed",)
    page = await questions.of_ngo(turn.db, turn.person, closed=closed, page=turn.id_at(1))
    today = turn.city.today(turn.now)
    heading = turn.say("<b>Closed questions</b>") if closed else turn.say("<b>Open questions</b>")
    blocks = [cards.list_heading(turn.words, heading, page)]
    blocks += [cards.list_line(turn.words, q, today) for q in page.found]
    state = "closed" if closed else "open"
    keyboard = [
        *([Button(q.number, f"card:{q.number}")] for q in page.found),
        *keyboards.pager(turn.words, page, f"my:{state}"),
        [turn.button("open", "my:open:0"), turn.button("closed", "my:closed:0")],
    ]
    turn.reply(*blocks, keyboard=keyboard, edit=True)


async def card(turn: Turn) -> None:
    """A question by its number, from a list or typed: for whoever may see it."""
    question = await questions.visible_to(turn.db, turn.person, turn.argument())
    await show(turn, question)


async def show(turn: Turn, question: Question, *, edit: bool = True) -> None:
    """The card as it is now, with exactly the buttons the rules allow this person."""
    history = await questions.history_for(turn.db, question, turn.person)
    attached = await questions.attachments_of(turn.db, history[0].id)
    today = turn.city.today(turn.now)
    promised, ledger = await promises.on_card(turn, question)
    beside = cards.lines(await duties.away(turn, question), await _waited(turn, question), promised)
    shared, parts = await shares.on_card(turn.db, turn.words, question, turn.person, today)
    lines = await timeline.of(turn.db, turn.words, question, turn.person, history)
    blocks = cards.card(turn.words, question, history, attached, today, beside, shared)
    blocks += timeline.on_card(turn.words, lines)
    if turn.person.department_id == question.department_id or turn.person.is_admin:
        delivery = await cards.delivery(turn.db, turn.words, question)
        blocks += [delivery] if delivery else []
    buttons = keyboards.question(turn.words, question, turn.person, attachments=any(e.attachments for e in history))
    more = timeline.buttons(turn.words, question, lines)
    turn.reply(*blocks, keyboard=[*buttons, *parts, *ledger, more, [turn.button("back", _list_of(turn))]], edit=edit)


async def _waited(turn: Turn, question: Question) -> Markup | None:
    """How long the NGO was waited for. From all lines: one that an NGO does not see may have ended it."""
    if question.waiting_since is None and not question.paused:
        return None
    return dates.waited(turn.words, turn.city, question, await questions.history(turn.db, question.id))


def _list_of(turn: Turn) -> str:
    """Where [Back] leads: a card redrawn in place stands where its list stood."""
    if turn.person.official:
        return "inbox:0"
    return "without_department:0" if turn.person.is_admin else "my:open:0"


async def why_date(turn: Turn) -> None:
    question = await questions.visible_to(turn.db, turn.person, turn.argument())
    if question.due_on is None:
        turn.reply(turn.say("No due date: thanks want no answer."))
        return
    city, history = await turn.city_now(), await questions.history(turn.db, question.id)
    moved, waited = dates.extended(turn.words, question, history), dates.waited(turn.words, city, question, history)
    turn.reply(
        *cards.why_date(turn.words, question, city.why(question)),
        *moved,
        *([waited] if waited else []),
        keyboard=_below(turn, question),
    )


def _below(turn: Turn, question: Question) -> Keyboard:
    """What stands under words about a question: its own buttons, which work as typed words as well, and its card."""
    return [*keyboards.question(turn.words, question, turn.person), *keyboards.card(question.number)]


async def attachments(turn: Turn) -> None:
    question = await questions.visible_to(turn.db, turn.person, turn.argument())
    sent = 0
    for entry in await questions.history_for(turn.db, question, turn.person):
        if entry.attachments:
            sent += await questions.send_attachments(turn.db, turn.person.id, question, entry.id, turn.now)
    if not sent:
        turn.reply(
            turn.say("<b>№ {number}</b> has no attachments.", number=question.number),
            keyboard=keyboards.card(question.number),
        )


async def withdraw(turn: Turn) -> None:
    question = await questions.visible_to(turn.db, turn.person, turn.argument(), to_change=True)
    change = act(question, Action.WITHDRAW, turn.person, turn.now)
    await questions.record(turn.db, change, turn.now)
    turn.reply(
        turn.say("<b>№ {number}</b> is withdrawn. The text is kept, if you want to ask anew:", number=question.number),
        Quote(question.text),
        keyboard=keyboards.card(question.number),
    )


# --- adding ---------------------------------------------------------------------------------------------------------


async def add(turn: Turn) -> None:
    """A reply to a message that bears a number is a dated addition; the registered text stays as it is."""
    question = await questions.visible_to(turn.db, turn.person, turn.said.replied_number or "")
    if Who.NGO in standing(question, turn.person):
        await _add_message(turn, question.number)
    else:
        turn.reply(turn.say("Only the NGO adds to a question. What you can do stands under the card:"))
        await show(turn, question, edit=False)


async def _add_message(turn: Turn, number: str) -> bool:
    """This message as an addition. False when it cannot be one, which has been replied."""
    said = turn.said
    if said.stranger and not said.text:
        turn.reply(turn.say("I cannot take this. Send text, a photo, a document, a voice message, a video or a place."))
        return False
    if said.attachment and too_large(turn, said.attachment):
        return False
    attached = (said.attachment,) if said.attachment else ()
    await record_addition(turn, number, said.text, attached, _source(turn), (Piece(said.message_id, said.text),))
    return True


def _source(turn: Turn) -> str:
    """What makes it one addition: the message, or the album that it is the first part of."""
    here = turn.said.attachment
    if here and here.album:
        return additions.album_source(turn.person.id, here.album)
    return f"message {turn.person.id} {turn.said.message_id}"


async def continues_addition(turn: Turn) -> bool:
    """This message is one more part of an album that is an addition already; it has been put there."""
    here = turn.said.attachment
    found = await additions.album_of(turn.db, turn.person.id, here.album) if here and here.album else None
    if here is None or found is None:
        return False
    entry_id, question_id = found
    question = await questions.by_id(turn.db, question_id, to_change=True)
    if question is not None and Who.NGO in standing(question, turn.person) and not too_large(turn, here):
        await additions.join(turn.db, question, entry_id, here, turn.text, turn.now)
        for part in await questions.parts_of(turn.db, question_id, to_change=True):
            source = additions.source_in(part, additions.album_source(turn.person.id, here.album))
            if found := await additions.line_of(turn.db, source):
                await additions.join(turn.db, part, found[0], here, turn.text, turn.now)
        await additions.remember(turn.db, turn.person.id, question_id, (Piece(turn.said.message_id, turn.text),))
    return True


async def edited(turn: Turn) -> None:
    """A message was edited in Telegram: a draft changes with it, a registered text does not but is added to."""
    said = turn.said
    for form in await forms.all_of(turn.db, turn.person.id):
        draft = draft_of(form.data)
        before = {piece.message_id: piece.text for piece in draft.sources}
        if said.message_id in before:
            if before[said.message_id] != said.text:
                await _draft_edited(turn, form, with_draft(form.data, draft.write(said.message_id, said.text)))
            return
    found = await questions.of_message(turn.db, turn.person.id, said.message_id)
    if found is None or found[1] == said.text or blank(said.text):
        return  # not ours, or Telegram only drew a link's preview
    source = f"edit {turn.person.id} {said.message_id} {said.edit_date}"
    await record_addition(turn, found[0], said.text, (), source, (Piece(said.message_id, said.text),))


async def _draft_edited(turn: Turn, form: Form, changed: Data) -> None:
    """What is about to be sent is shown anew, so that nothing goes out unseen."""
    await forms.change(turn.db, turn.person.id, form.name, changed, turn.now)
    turn.reply(turn.say("The change is in the text you are writing."))
    if form.name == "ask" and turn.form is not None and turn.form.name == "ask":
        await ask_next(turn, changed)


async def record_addition(
    turn: Turn,
    number: str,
    text: str,
    attached: tuple[Attachment, ...],
    source: str,
    pieces: tuple[Piece, ...] = (),
) -> None:
    """`pieces` are the messages it came from: editing one of them later is an addition again."""
    change = await _stored(turn, number, text, attached, source, pieces)
    if change is None:
        return
    if change.action is Action.REPLY:
        turn.reply(
            turn.say(
                "Your reply about <b>№ {number}</b> is with the department, and the work on it goes on.", number=number
            ),
            keyboard=_below(turn, change.after),
        )
    elif change.after.ending is Ending.SPLIT:
        parts = concerned(await questions.parts_of(turn.db, change.after.id))
        turn.reply(
            turn.say(
                "Added to <b>№ {number}</b> and to what it goes on as: № {numbers}. The departments are told.",
                number=number,
                numbers=", ".join(part.number for part in parts),
            ),
            keyboard=keyboards.card(*(part.number for part in parts)),
        )
    else:
        closed = turn.say("The question is closed: for a new answer send a new one, /ask.")
        turn.reply(
            turn.say(
                "Added to <b>№ {number}</b>; the registered text stays as it was. The department is told.",
                number=number,
            ),
            *([closed] if change.after.status is Status.CLOSED else []),
            keyboard=_below(turn, change.after),
        )


async def _stored(
    turn: Turn,
    number: str,
    text: str,
    attached: tuple[Attachment, ...],
    source: str,
    pieces: tuple[Piece, ...],
) -> Change | None:
    """What the NGO adds; None when it was added before."""
    turn.args = (number,)
    question = await questions.visible_to(turn.db, turn.person, number, to_change=True)
    waited = (await turn.city_now()).waited(question, turn.now)
    change = act(question, added(question), turn.person, turn.now, text=text, attachments=attached, paused=waited)
    entry_id = await questions.record(turn.db, change, turn.now, source=source)
    if entry_id is None:
        return None
    await additions.remember(turn.db, turn.person.id, question.id, pieces)
    if source.startswith("album "):
        await additions.gather(turn.db, question, entry_id, turn.now)
    if change.after.ending is Ending.SPLIT:
        await _to_parts(turn, change, source)
    return change


async def _to_parts(turn: Turn, change: Change, source: str) -> None:
    """What is added to a question that was split is a line of each part that it concerns, whose owner is told."""
    for part in concerned(await questions.parts_of(turn.db, change.after.id, to_change=True)):
        step = act(
            part,
            added(part),
            turn.person,
            turn.now,
            text=change.text,
            attachments=change.attachments,
            paused=turn.city.waited(part, turn.now),
        )
        entry_id = await questions.record(turn.db, step, turn.now, source=additions.source_in(part, source))
        if entry_id is not None and source.startswith("album "):
            await additions.gather(turn.db, part, entry_id, turn.now)


# --- judging --------------------------------------------------------------------------------------------------------


async def solved(turn: Turn) -> None:
    await _judge(turn, Action.SOLVED)
    number = turn.args[0]
    turn.reply(
        turn.say("Thank you. <b>№ {number}</b> is closed: solved.", number=number), keyboard=keyboards.card(number)
    )


async def partly(turn: Turn) -> None:
    """Counted at once; a sentence may follow."""
    await _judge(turn, Action.PARTLY)
    number = turn.args[0]
    await turn.wait_for(f"remark {number}", "text", {})
    await remark_again(turn)


async def _judge(turn: Turn, action: Action, text: str = "") -> Question:
    question = await questions.visible_to(turn.db, turn.person, turn.argument(), to_change=True)
    again = (await turn.city_now()).due_on(question.kind, turn.now, question.term)
    change = act(question, action, turn.person, turn.now, text=text, due_on=again)
    await questions.record(turn.db, change, turn.now)
    return change.after


async def remark(turn: Turn) -> None:
    """What was missing in an answer judged "partly" is an addition."""
    number = turn.form.name.split()[1] if turn.form else ""
    if await _add_message(turn, number):
        await turn.finish()


async def remark_again(turn: Turn) -> None:
    """What is missing is asked for once more."""
    turn.reply(
        turn.say(
            "<b>№ {number}</b>: noted, partly; the question is closed. You may write in a sentence what is missing.",
            number=turn.argument(),
        ),
        keyboard=keyboards.labelled(turn.words, ("skip", "skip_remark")),
    )


async def remark_skipped(turn: Turn) -> None:
    number = turn.form.name.split()[1] if turn.form else ""
    await turn.finish()
    turn.reply(turn.say("Thank you, the question is closed."), keyboard=keyboards.card(number))


async def not_answered_pressed(turn: Turn) -> None:
    """The reason is asked for first: without it the head could not know what is missing."""
    question = await questions.visible_to(turn.db, turn.person, turn.argument())
    act(question, not_answered(question), turn.person, turn.now, text="the reason will follow, all but it is checked")
    await turn.wait_for(f"verdict {question.number}", "reason", {})
    turn.reply(
        turn.say("<b>№ {number}</b>: write in a sentence what was not answered.", number=question.number),
        keyboard=keyboards.cancel(turn.words),
    )


async def reason_written(turn: Turn) -> None:
    number = turn.form.name.split()[1] if turn.form else ""
    if blank(turn.text):
        turn.reply(turn.say("Please write the reason in words."))
        return
    turn.args = (number,)
    question = await questions.visible_to(turn.db, turn.person, number, to_change=True)
    await turn.finish()
    after = await _judge(turn, not_answered(question), turn.text)
    if after.status is Status.CLOSED:
        turn.reply(
            turn.say(
                "<b>№ {number}</b> is closed as not answered. "
                "The head of the department and the administrators are told.",
                number=number,
            ),
            keyboard=keyboards.card(number),
        )


# --- whatever else is typed -----------------------------------------------------------------------------------------


async def anything(turn: Turn) -> None:
    """No dialogue waits for it: a number shows its question, thanks go where they belong, a text of an NGO becomes a
    draft, nothing is lost.
    """
    if (number := number_alone(turn)) and turn.person.consented:
        turn.args = (number,)
        await card(turn)
    elif (number := promises.number_typed(turn.text)) and turn.person.consented:
        turn.args = (number,)
        await promises.card(turn)
    elif turn.person.language is None or not turn.person.consented:
        await newcomer.proceed(turn, {})
    elif gratitude(turn.text) and turn.said.attachment is None:
        await _thanks(turn)
    elif turn.person.speaks_for_ngo and not turn.person.official:
        await _keep_as_draft(turn)
    else:
        turn.reply(turn.say("I did not understand this. What you can do:"), everyone.menu(turn))


async def _thanks(turn: Turn) -> None:
    """Thanks in passing are added to the question whose answer they can only be for; they reopen nothing."""
    since = turn.city.ago(turn.city.reaction_term, turn.now)
    answered = await questions.answered_since(turn.db, turn.person, since, limit=2)
    if len(answered) != 1:
        how = turn.say(
            "To thank a department, reply to its answer, or send thanks of their own: /ask, «{thanks}».",
            thanks=turn.words.label("thanks"),
        )
        turn.reply(turn.say("Thank you for your kind words."), *([how] if turn.person.speaks_for_ngo else []))
        return
    number, pieces = answered[0].number, (Piece(turn.said.message_id, turn.text),)
    if await _stored(turn, number, turn.text, (), _source(turn), pieces) is None:
        return
    turn.reply(
        turn.say("Your thanks for the answer to <b>№ {number}</b> are passed on.", number=number),
        keyboard=_below(turn, answered[0]),
    )


def number_alone(turn: Turn) -> str | None:
    """The number that a message is and nothing else."""
    found = NUMBER.fullmatch(turn.text.strip().lstrip("№ "))
    return found.group(1) if found and turn.said.attachment is None else None


async def shows_beside(turn: Turn, number: str) -> bool:
    """A number typed while something is filled in shows its question, and the dialogue stays where it is.

    False when there is no such question for this person: then it is what it is, a text.
    """
    try:
        question = await questions.visible_to(turn.db, turn.person, number)
    except NotYours:
        return False
    await show(turn, question, edit=False)
    return True


async def _keep_as_draft(turn: Turn) -> None:
    unfinished = await forms.find(turn.db, turn.person.id, "ask")
    data = unfinished.data if unfinished else _new_form()
    continues = same_album(turn, data)
    data, taken = take_in(turn, data)
    if not taken:
        return
    await turn.wait_for("ask", "kind", data)
    if continues:
        return
    turn.reply(turn.say("Your text is kept as a draft. If it is for the city, choose what it is."))
    await ask_next(turn, data)

"""How it reads when the NGO is asked something, a later date is asked for, or an answer waits for the head's word.

Like every notice these are put into words when they go out: what was decided meanwhile shows no dead button.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from domain.question import Action, Notice, Status, actions_for
from handlers import cards, keyboards
from handlers.dates import approver
from handlers.speech import Block, Button, Keyboard, Quote
from storage import questions

if TYPE_CHECKING:
    from handlers.notices import Said, Telling


def _card(t: "Telling") -> list[Button]:
    return [Button(t.question.number, f"card:{t.question.number}")]


# --- the department asks the NGO ------------------------------------------------------------------------------------


async def _clarify(t: "Telling") -> "Said":
    """For the NGO: the department's words, and what a reply does."""
    words = t.words
    how = words.say("Please reply to this message, or press «{reply}».", reply=words.label("reply"))
    term = words.count(
        "The department may close the question when {n} working day has passed without a reply.",
        "The department may close the question when {n} working days have passed without a reply.",
        t.city.reply_term,
    )
    still = words.say("While it waits, its own time stands still; the date by law does not change.")
    head = words.say("<b>№ {number}</b>: the department asks you:", number=t.question.number)
    tail = cards.lines(how, term, cards.due(words, t.question), still)
    return [head, Quote(t.entry.text), tail], keyboards.question(words, t.question, t.person)


async def _replied(t: "Telling") -> "Said":
    """For whoever asked: the clock goes on."""
    head = t.words.say("<b>№ {number}</b>: the NGO replied, and the work goes on.", number=t.question.number)
    waited = (
        t.words.count(
            "Waited for the NGO so far: {n} working day.",
            "Waited for the NGO so far: {n} working days.",
            t.question.paused,
        )
        if t.question.paused
        else None
    )
    blocks: list[Block] = [cards.lines(head, cards.due(t.words, t.question), waited)]
    blocks += [Quote(t.entry.text)] if t.entry.text else []
    return blocks, keyboards.question(t.words, t.question, t.person)


async def _no_reply(t: "Telling") -> "Said | None":
    if t.question.status is not Status.WAITING or not t.question.unclear:
        return None
    if Action.CLOSE_UNCLEAR not in actions_for(t.question, t.person):
        said = t.words.count(
            "<b>№ {number}</b>: {n} working day has passed without a reply of the NGO. You may go on waiting, or "
            "answer with what you know; with two keys only the head closes it on that ground.",
            "<b>№ {number}</b>: {n} working days have passed without a reply of the NGO. You may go on waiting, or "
            "answer with what you know; with two keys only the head closes it on that ground.",
            t.city.reply_term,
            number=t.question.number,
        )
    elif t.person.department_id != t.question.department_id:
        said = t.words.count(
            "<b>№ {number}</b>: {n} working day has passed without a reply of the NGO. The department has two keys "
            "and no head: you may close it with «{close}».",
            "<b>№ {number}</b>: {n} working days have passed without a reply of the NGO. The department has two "
            "keys and no head: you may close it with «{close}».",
            t.city.reply_term,
            number=t.question.number,
            close=t.words.label("close_unclear"),
        )
    else:
        said = t.words.count(
            "<b>№ {number}</b>: {n} working day has passed without a reply of the NGO. "
            "You may go on waiting, answer with what you know, or close it with «{close}».",
            "<b>№ {number}</b>: {n} working days have passed without a reply of the NGO. "
            "You may go on waiting, answer with what you know, or close it with «{close}».",
            t.city.reply_term,
            number=t.question.number,
            close=t.words.label("close_unclear"),
        )
    return [cards.lines(said, cards.due(t.words, t.question))], keyboards.question(t.words, t.question, t.person)


async def _closed_unclear(t: "Telling") -> "Said":
    head = t.words.say(
        "<b>№ {number}</b> is closed: the department asked you something and had no reply. Its words:",
        number=t.question.number,
    )
    anew = t.words.say("If it still matters to you, ask anew: /ask. Your text stands in the card of the question.")
    return [head, Quote(t.entry.text), anew], [_card(t)]


# --- a later date ---------------------------------------------------------------------------------------------------


async def _extension_asked(t: "Telling") -> "Said | None":
    """For whoever decides; dropped when it was decided, or another date was asked for."""
    question, words = t.question, t.words
    if question.extend_to is None or question.extend_to != t.entry.until:
        return None
    head = cards.lines(
        words.say("<b>№ {number}</b>: a later date is asked for.", number=question.number),
        words.say("By: {who}", who=approver(words, t.entry)),
        cards.due(words, question),
        words.say("New date: <b>{date}</b>", date=words.weekday(question.extend_to)),
        words.say("Reason:"),
    )
    return [head, Quote(t.entry.text)], [keyboards.extension(words, question), _card(t)]


async def _extended(t: "Telling") -> "Said":
    """For the NGO: the new date, the one before, why, and by whose word."""
    words = t.words
    before = t.question.extended_from
    for entry in await questions.history(t.db, t.question.id):
        if entry.action is Action.EXTENSION_APPROVED and entry.id < t.entry.id:
            before = entry.until
    head = cards.lines(
        words.say("<b>№ {number}</b>: the answer will come later.", number=t.question.number),
        words.say("New date: <b>{date}</b>", date=words.weekday(t.entry.until)) if t.entry.until else None,
        words.say("The date before: {date}", date=words.weekday(before)) if before else None,
        words.say("Approved by: {who}", who=approver(words, t.entry)),
        words.say("Reason:"),
    )
    return [head, Quote(t.entry.text)], keyboards.question(words, t.question, t.person)


async def _extension_approved(t: "Telling") -> "Said":
    said = t.words.say("<b>№ {number}</b>: the later date is approved.", number=t.question.number)
    by = t.words.say("Approved by: {who}", who=approver(t.words, t.entry))
    return [cards.lines(said, cards.due(t.words, t.question), by)], [_card(t)]


async def _extension_declined(t: "Telling") -> "Said":
    said = t.words.say("<b>№ {number}</b>: the later date is declined.", number=t.question.number)
    by = t.words.say("Declined by: {who}", who=approver(t.words, t.entry))
    blocks: list[Block] = [cards.lines(said, cards.due(t.words, t.question), by)]
    blocks += [Quote(t.entry.text)] if t.entry.text else []
    return blocks, keyboards.question(t.words, t.question, t.person)


# --- two keys -------------------------------------------------------------------------------------------------------


async def _proposed(t: "Telling") -> "Said | None":
    """For the head: the whole answer, as it would go out."""
    question, words = t.question, t.words
    if question.proposed_id != t.entry.id or question.status is not Status.IN_WORK:
        return None
    attached = await questions.attachments_of(t.db, t.entry.id)
    head = cards.lines(
        words.say("<b>№ {number}</b>: an answer waits for your word.", number=question.number),
        words.say("Written by: {who}", who=approver(words, t.entry)),
        cards.outcome(words, t.entry.outcome),
        words.say("Promised by: {date}", date=words.weekday(t.entry.until)) if t.entry.until else None,
        cards.due(words, question),
        cards.attachments(words, attached),
    )
    buttons: Keyboard = keyboards.rows(keyboards.proposal(words, question, t.person), 2)
    asked = words.say("The question:")
    return [head, Quote(t.entry.text), asked, Quote(question.text)], [*buttons, _card(t)]


async def _returned(t: "Telling") -> "Said":
    """For the executor: the remark, and [Answer], which begins with the text as it was."""
    said = t.words.say(
        "<b>№ {number}</b>: your answer came back from {who}. What is to be changed:",
        number=t.question.number,
        who=approver(t.words, t.entry),
    )
    kept = t.words.say("«{answer}» begins with your text.", answer=t.words.label("answer"))
    return [said, Quote(t.entry.text), kept], keyboards.question(t.words, t.question, t.person)


TEMPLATES: dict[Notice, Callable[["Telling"], Awaitable["Said | None"]]] = {
    Notice.CLARIFY: _clarify,
    Notice.REPLIED: _replied,
    Notice.NO_REPLY: _no_reply,
    Notice.CLOSED_UNCLEAR: _closed_unclear,
    Notice.EXTENSION_ASKED: _extension_asked,
    Notice.EXTENDED: _extended,
    Notice.EXTENSION_APPROVED: _extension_approved,
    Notice.EXTENSION_DECLINED: _extension_declined,
    Notice.PROPOSED: _proposed,
    Notice.RETURNED: _returned,
}

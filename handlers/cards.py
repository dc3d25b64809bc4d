"""How a question reads: the card, its history, the lines of a list, and why its date is what it is.

Meaning stands in words, number and date first: a card is read aloud to somebody.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from itertools import groupby

from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.calendar import HOLIDAY_NAMES, REASON_WORDS, DueDate, Reason, StartMoved, Why
from domain.draft import Attachment, AttachmentKind, Draft
from domain.people import Language, Organization, OrganizationState, Person, RepresentativeState
from domain.question import ANSWERS, OPEN, Action, Ending, Kind, Notice, Outcome, Question, Urgency
from handlers.speech import Block, Quote
from storage import outbox
from storage.departments import Topic
from storage.pages import Page
from storage.questions import Entry
from texts import N_, Words
from texts.labels import ATTACHMENT_WORDS, FIELDS, KIND_LABELS, OUTCOME_LABELS, STATUS_WORDS, VERDICT_LABELS


def lines(*parts: Markup | str | None) -> Markup:
    """The parts that say something, each on a line of its own."""
    return Markup("\n").join(part for part in parts if part)


def title(words: Words, question: Question) -> Markup:
    kind = words.label(KIND_LABELS[question.kind])
    said = words.say("<b>№ {number}</b>, {kind}", number=question.number, kind=kind)
    if question.parent_id is None:
        return said
    whole = words.say("A part of № {number}", number=question.number.partition("/")[0])
    return lines(said, whole)


def status(words: Words, question: Question, today: date) -> Markup:
    """The status in words; being late is said beside it."""
    said = words.say(STATUS_WORDS[question.status])
    if question.ending is Ending.NO_REACTION:
        said = words.say("{status}, no reaction to the answer", status=said)
    if question.ending is Ending.NO_REPLY:
        said = words.say("{status}, the NGO did not reply", status=said)
    if question.ending is Ending.SPLIT:
        said = words.say("{status}, split into parts", status=said)
    if question.overdue(today):
        said = words.say("{status}, <b>overdue</b>", status=said)
    return said


def responsible(words: Words, question: Question) -> str:
    """Name and post of the one who has it, or that nobody has."""
    if question.responsible_id is None or not question.responsible_name:
        return str(words.say("not yet taken"))
    return ", ".join(part for part in (question.responsible_name, question.responsible_post) if part)


def department(words: Words, question: Question) -> str:
    if question.department is None:
        return str(words.say("an administrator will choose it"))
    return question.department.in_(words.language)


def due(words: Words, question: Question) -> Markup | None:
    if question.due_on is None:
        return words.say("No due date: thanks want no answer.")
    if question.status in OPEN:
        return words.say("Answer due: <b>{date}</b>", date=words.weekday(question.due_on))
    return words.say("Answer was due: {date}", date=words.weekday(question.due_on))


def _has_an_owner(question: Question) -> bool:
    """Or waits for one: neither thanks nor what goes on in parts."""
    return question.kind is not Kind.THANKS and question.ending is not Ending.SPLIT


def facts(words: Words, question: Question, today: date) -> Markup:
    """Everything about a question but its text and history."""
    return lines(
        title(words, question),
        words.say("Status: {status}", status=status(words, question, today)),
        due(words, question),
        words.say("Department: {department}", department=department(words, question)),
        words.say("Responsible: {who}", who=responsible(words, question)) if _has_an_owner(question) else None,
        words.say("Topic: {topic}", topic=question.topic.in_(words.language)) if question.topic else None,
        ngo(words, question),
        words.say("May be published") if question.public else words.say("Only for the department"),
    )


def ngo(words: Words, question: Question) -> Markup | None:
    if not question.organization_name:
        return None
    if question.verified:
        return words.say("NGO: {name}", name=question.organization_name)
    return words.say("NGO: {name} (not verified yet)", name=question.organization_name)


def attachments(words: Words, attached: Sequence[Attachment]) -> Markup | None:
    """How many of which sort: `Attachments: photo: 2, document: 1`."""
    if not attached:
        return None
    sorts = Counter(words.say(ATTACHMENT_WORDS[a.kind]) for a in attached)
    return words.say("Attachments: {list}", list=", ".join(f"{sort}: {n}" for sort, n in sorts.items()))


def card(
    words: Words,
    question: Question,
    history: Sequence[Entry],
    attached: Sequence[Attachment],
    today: date,
    away: Markup | None = None,
    shares: Sequence[Block] = (),
) -> list[Block]:
    """The question but for what happened since: facts, perhaps that the responsible official is away, text, who has
    which share of it, the answer in force.
    """
    blocks: list[Block] = [lines(facts(words, question, today), away), Quote(question.text)]
    if listed := attachments(words, attached):
        blocks.append(listed)
    return [*blocks, *shares, *_in_force(words, question, history)]


def version_after(entry: Entry, before: int) -> int:
    """Which version of the answer this line leaves: an answer is the first one, each correction the next."""
    return 1 if entry.action in ANSWERS | {Action.CLOSE_UNCLEAR} else before + (entry.action is Action.CORRECT)


def _in_force(words: Words, question: Question, history: Sequence[Entry]) -> list[Block]:
    """The newest version of an answer that was corrected; the older ones stand in the history."""
    versions = [entry for entry in history if entry.action in ANSWERS | {Action.CORRECT}]
    if question.answered_at is None or not versions or versions[-1].action is not Action.CORRECT:
        return []
    when = words.moment(versions[-1].at)
    return [words.say("<b>The answer as corrected</b>, {when}", when=when), Quote(versions[-1].text)]


_HISTORY = {
    Action.ASK: N_("{when}: registered, sent by the NGO"),
    Action.TAKE: N_("{when}: taken by {who}"),
    Action.ASSIGN: N_("{when}: {who} gave it to {assignee}"),
    Action.ROUTE: N_("{when}: {who} sent it to «{department}»"),
    Action.HAND_OVER: N_("{when}: its official left the department, it went to {assignee}"),
    Action.FORWARD: N_("{when}: {who} forwarded it from «{from_department}» to «{department}»"),
    Action.SPLIT: N_("{when}: {who} split it into parts"),
    Action.INVOLVE: N_("{when}: {who} asked «{department}» for a part, by {until}"),
    Action.PART_DONE: N_("{when}: «{department}» has done its part"),
    Action.NOTE: N_("{when}: note of the city by {who}"),
    Action.CLARIFY: N_("{when}: {who} asked the NGO"),
    Action.REPLY: N_("{when}: the NGO replied"),
    Action.NO_REPLY: N_("{when}: the NGO has not replied in time"),
    Action.CLOSE_UNCLEAR: N_("{when}: closed by {who}, the NGO did not reply"),
    Action.EXTEND: N_("{when}: {who} asked for a later date, {until}"),
    Action.EXTENSION_APPROVED: N_("{when}: {who} approved a later date, {until}"),
    Action.EXTENSION_DECLINED: N_("{when}: {who} declined the later date"),
    Action.PROPOSE: N_("{when}: {who} proposed an answer to the head: {outcome}"),
    Action.RETURN: N_("{when}: {who} returned the answer with a remark"),
    Action.APPROVE: N_("{when}: answered by {assignee}, approved by {who}: {outcome}"),
    Action.ANSWER: N_("{when}: answered by {who}: {outcome}"),
    Action.CORRECT: N_("{when}: {who} corrected the answer, version {version}"),
    Action.WITHDRAW: N_("{when}: withdrawn by the NGO"),
    Action.ADD: N_("{when}: addition by the NGO"),
    Action.SOLVED: N_("{when}: the NGO says: {verdict}"),
    Action.PARTLY: N_("{when}: the NGO says: {verdict}"),
    Action.NOT_ANSWERED: N_("{when}: the NGO says: {verdict}; it went to the head of the department"),
    Action.NOT_ANSWERED_AGAIN: N_("{when}: the NGO says: {verdict}"),
    Action.NO_REACTION: N_("{when}: closed, the NGO did not react to the answer"),
}
_HISTORY_VERDICTS = {
    Action.SOLVED: "solved",
    Action.PARTLY: "partly",
    Action.NOT_ANSWERED: "not_answered",
    Action.NOT_ANSWERED_AGAIN: "not_answered",
}


def _phrase(entry: Entry) -> str:
    """A step reads in one way, but two do in another where something is missing or added."""
    if entry.action is Action.ASK and entry.assignee:
        return N_("{when}: registered, sent by the NGO to {assignee}")
    if entry.action is Action.NOTE and entry.internal:
        return N_("{when}: internal note of «{from_department}»")
    if entry.action is Action.NOTE and entry.department:
        return N_("{when}: {who} asked the administrators to forward it to «{department}»")
    if entry.action is Action.HAND_OVER and not entry.assignee:
        return N_("{when}: its official left the department")
    if entry.action is Action.ROUTE and not entry.department:
        return N_("{when}: {who} sent it to the department")
    if entry.action is Action.SPLIT and entry.department:
        return N_("{when}: {who} gave «{department}» this part to answer")
    return _HISTORY[entry.action]


def history_line(words: Words, entry: Entry, version: int = 0) -> Markup:
    verdict = _HISTORY_VERDICTS.get(entry.action)
    said = words.say(
        _phrase(entry),
        when=words.moment(entry.at),
        who=entry.actor or words.say("an official"),
        assignee=entry.assignee or words.say("an official"),
        department=entry.department.in_(words.language) if entry.department else "",
        from_department=entry.from_department.in_(words.language) if entry.from_department else "",
        until=words.day(entry.until) if entry.until else "",
        outcome=_outcome(words, entry),
        verdict=words.label(verdict) if verdict else "",
        version=version,
    )
    if entry.despite:
        said = words.say("{line} (in Russian only, after a warning that the question is in Kazakh)", line=said)
    if entry.attachments and entry.action is not Action.ASK:
        attached = words.count("{n} attachment", "{n} attachments", entry.attachments)
        said = words.say("{line} ({attached})", line=said, attached=attached)
    return said


def _outcome(words: Words, entry: Entry) -> str:
    """With the date by which it is promised."""
    if entry.outcome is None:
        return ""
    said = words.label(OUTCOME_LABELS[entry.outcome])
    promised = entry.outcome is Outcome.PROMISED and entry.until
    return f"{said}, {words.day(promised)}" if promised else said


def list_heading(words: Words, heading: Markup, page: Page[Question]) -> Markup:
    """How many there are, and which page of them this is when there are several."""
    counted = words.count("{n} question", "{n} questions", page.total)
    if page.pages == 1:
        return words.say("{heading}: {counted}", heading=heading, counted=counted)
    which = words.say("page {page} of {pages}", page=page.number + 1, pages=page.pages)
    return words.say("{heading}: {counted}, {which}", heading=heading, counted=counted, which=which)


def beginning(text: str) -> str:
    """The first words, in one line of a list."""
    line = " ".join(text.split())
    return line if len(line) <= 80 else line[:79].rstrip() + "…"


def list_line(words: Words, question: Question, today: date) -> Markup:
    """One question in a list: number, state and date, then how its text begins."""
    short = beginning(question.text)
    head = words.say("<b>{number}</b>, {status}", number=question.number, status=status(words, question, today))
    if question.due_on and question.status in OPEN:
        head = words.say("{head}, due {date}", head=head, date=words.day(question.due_on))
    return lines(head, words.say("{kind}: {text}", kind=words.label(KIND_LABELS[question.kind]), text=short))


GROUPS = {
    Urgency.OVERDUE: N_("<b>Overdue</b>"),
    Urgency.TODAY: N_("<b>Due today</b>"),
    Urgency.SOON: N_("<b>Due within 3 working days</b>"),
    Urgency.WAITING: N_("<b>Waiting for the NGO</b>"),
    Urgency.NEW: N_("<b>New</b>"),
    Urgency.REST: N_("<b>In work</b>"),
}


def grouped(words: Words, found: Sequence[Question], today: date, soon: date) -> list[Block]:
    """The lines of a department's list under their headings, the most urgent first."""
    blocks: list[Block] = []
    for group, of_group in groupby(found, key=lambda q: q.urgency(today, soon)):
        blocks.append(words.say(GROUPS[group]))
        blocks += [list_line(words, question, today) for question in of_group]
    return blocks


def answer(words: Words, question: Question, entry: Entry) -> list[Block]:
    """The answer in the frame of the reader's language, the text as written."""
    who = approved = ", ".join(part for part in (entry.actor, entry.post) if part)
    if entry.action is Action.APPROVE:
        who = ", ".join(part for part in (entry.assignee, entry.assignee_post) if part)
    head = lines(
        words.say("<b>№ {number}</b>: there is an answer.", number=question.number),
        outcome(words, entry.outcome),
        words.say("Department: {department}", department=department(words, question)),
        words.say("Answered by {who}, {when}", who=who or words.say("an official"), when=words.moment(entry.at)),
        words.say("Approved by: {who}", who=approved or words.say("an official"))
        if entry.action is Action.APPROVE
        else None,
    )
    return [head, Quote(entry.text)]


def corrected(words: Words, question: Question, entry: Entry, version: int) -> list[Block]:
    """A new version of the answer, in the same frame."""
    who = ", ".join(part for part in (entry.actor, entry.post) if part)
    head = lines(
        words.say(
            "<b>№ {number}</b>: the answer was corrected. This is version {version}:",
            number=question.number,
            version=version,
        ),
        words.say("Department: {department}", department=department(words, question)),
        words.say("Corrected by {who}, {when}", who=who or words.say("an official"), when=words.moment(entry.at)),
    )
    return [head, Quote(entry.text)]


def outcome(words: Words, result: Outcome | None) -> Markup | None:
    return words.say("Outcome: <b>{outcome}</b>", outcome=words.label(OUTCOME_LABELS[result])) if result else None


def verdict(words: Words, question: Question) -> str:
    return words.label(VERDICT_LABELS[question.verdict]) if question.verdict else ""


def why_date(words: Words, question: Question, reckoning: DueDate) -> list[Block]:
    """Start, rule with its article, each skipped day by name: a date that anybody can count again."""
    assert question.due_on is not None  # noqa: S101 - thanks have no such button
    counts = (
        words.say("The first day counts.") if reckoning.first_day_counts else words.say("The first day does not count.")
    )
    head = lines(
        words.say(
            "<b>№ {number}</b>: the answer is due on {date}.",
            number=question.number,
            date=words.weekday(question.due_on),
        ),
        _received(words, question),
        _start(words, reckoning),
        words.count(
            "Rule: {n} working day (Administrative Procedural and Process Code, art. 76).",
            "Rule: {n} working days (Administrative Procedural and Process Code, art. 76).",
            question.term,
        ),
        counts,
        words.say("By the term: {date}.", date=words.weekday(question.extended_from))
        if question.extended_from
        else None,
    )
    skipped = [
        words.say("{date}: {reason}", date=words.weekday(day), reason=reason(words, why))
        for day, why in reckoning.skipped
    ]
    if not skipped:
        return [head, words.say("No day off lies between.")]
    return [head, lines(words.say("Days that do not count:"), *skipped)]


def _received(words: Words, question: Question) -> Markup:
    when = words.moment(question.counted_from)
    if question.reopened:
        return words.say("Reopened: {when}. The term began anew.", when=when)
    return words.say("Received: {when}.", when=when)


def _start(words: Words, reckoning: DueDate) -> Markup:
    start = words.weekday(reckoning.start)
    match reckoning.start_moved_because:
        case StartMoved.AFTER_HOURS:
            return words.say("It came after working hours, so the count starts on {date} (art. 64 p. 3).", date=start)
        case StartMoved.DAY_OFF:
            return words.say("It came on a day off, so the count starts on {date} (art. 64 p. 3).", date=start)
        case None:
            return words.say("The count starts on {date}.", date=start)


def reason(words: Words, why: Reason) -> Markup:
    """Why a day is off, in words."""
    holiday = words.say(HOLIDAY_NAMES[why.holiday]) if why.holiday else ""
    own = why.reason_kk if words.language is Language.KK else why.reason_ru
    if why.why is Why.CORRECTED and not own:
        return words.say("day off by decision of the city")
    return words.say(REASON_WORDS[why.why], holiday=holiday, reason=own)


def preview(words: Words, data: dict[str, object], draft: Draft, topic: Topic | None, due_on: date | None) -> Markup:
    """What is about to be sent: kind, topic, department, date."""
    kind = Kind(str(data["kind"]))
    where = topic.department.names.in_(words.language) if topic else words.say("an administrator will choose it")
    return lines(
        words.say("<b>Check before sending</b>"),
        words.say("Kind: {kind}", kind=words.label(KIND_LABELS[kind])),
        words.say("Topic: {topic}", topic=topic.names.in_(words.language) if topic else words.say("not chosen")),
        words.say("Department: {department}", department=where),
        words.say("Answer due: <b>{date}</b>", date=words.weekday(due_on))
        if due_on
        else words.say("No due date: thanks want no answer."),
        words.say("May be published") if data.get("public") else words.say("Only for the department"),
        attachments(words, draft.in_order),
    )


def voice_text(words: Words, voice: Attachment) -> str:
    """The text of a question that is a recording and nothing else: `voice, 0:42`."""
    return f"{words.say(ATTACHMENT_WORDS[AttachmentKind.VOICE])}, {voice.duration // 60}:{voice.duration % 60:02d}"


REPRESENTATIVE_STATES = {
    RepresentativeState.WAITING: N_("waiting for approval"),
    RepresentativeState.VERIFIED: N_("approved"),
    RepresentativeState.DECLINED: N_("declined"),
}


def applicant(words: Words, person: Person, organization: Organization | None) -> Markup:
    """Somebody who says they speak for an NGO: for the administrator who decides."""
    state = person.representative.state if person.representative else RepresentativeState.DECLINED
    if organization is None:
        return words.say("Representative: {name}", name=person.name)
    field = organization.field
    return lines(
        words.say("Representative: <b>{name}</b>", name=person.name),
        words.say("NGO: {name}", name=organization.name),
        words.say("BIN: {bin}", bin=organization.bin) if organization.bin else words.say("BIN: not given"),
        words.say("Field of work: {field}", field=words.say(FIELDS[field]) if field in FIELDS else field),
        words.say("Not in the register yet") if organization.state is OrganizationState.PROPOSED else None,
        words.say("Status: {status}", status=words.say(REPRESENTATIVE_STATES[state])),
    )


async def delivery(db: AsyncConnection, words: Words, question: Question) -> Markup | None:
    """Whether the answer reached its author: `delivered 14:02`, or why not."""
    if question.answered_at is None:
        return None
    for sent in await outbox.delivered_at(db, question.id, Notice.ANSWERED):
        if sent.chat_id != question.author_id:
            continue
        match sent.fate:
            case None:
                return words.say("Answer: on its way to the NGO.")
            case outbox.Fate.DELIVERED:
                return words.say("Answer: delivered {when}.", when=words.moment(sent.done_at))
            case outbox.Fate.BLOCKED:
                return words.say("Answer: not delivered, the bot is blocked.")
            case _:
                return words.say("Answer: not delivered.")
    return None

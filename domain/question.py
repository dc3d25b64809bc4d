"""A question's life: what may happen in which status, by whom, and who is told what.

    change = ask(...)                       a new question
    change = act(question, action, person)  one step of its life, or an error of the family below
    actions_for(question, person)           the steps this person may take now: the buttons

`RULES` is the whole truth: it draws the buttons, checks every press and prints `docs/lifecycle.md`.
Being late is derived from the status and the date, never stored; how a question ended (`verdict`, `ending`)
stands apart from where it is (`status`).

Errors:
    CannotAct
    ├── NotYours            not there, or not yours: the same answer
    ├── NotInThisStatus     was possible once, or will be
    ├── AlreadyTaken        another official has it
    ├── NothingOfSubstance  an answer, a verdict or an addition without a text
    ├── NeedsAdministrator  it came back once already: where it goes now an administrator says
    └── TooFar              a date that is not later than the present one, or beyond two months
"""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum, IntEnum, StrEnum, auto

from domain.draft import Attachment, blank
from domain.people import Language, Names, Person, RepresentativeState


class Kind(StrEnum):
    """What an NGO sends in."""

    QUESTION = "question"  # wants an answer
    PROPOSAL = "proposal"  # wants a decision
    REQUEST = "request"  # wants something done
    THANKS = "thanks"  # wants nothing; has no due date


class Status(StrEnum):
    """Where a question is."""

    REGISTERED = "registered"  # has a number and a date; nobody took it yet
    IN_WORK = "in_work"  # one official is responsible
    WAITING = "waiting"  # the department asked the NGO something
    ANSWERED = "answered"  # the NGO has the answer and may judge it
    CLOSED = "closed"  # judged, or nobody reacted, or it was a thank-you
    WITHDRAWN = "withdrawn"  # the NGO took it back before the answer


class Urgency(IntEnum):
    """Where an open question stands in the department's list."""

    OVERDUE = 0
    TODAY = 1
    SOON = 2  # due within three working days
    WAITING = 3
    NEW = 4
    REST = 5


OPEN = frozenset({Status.REGISTERED, Status.IN_WORK, Status.WAITING})
"""An answer is owed."""
CLOSED = frozenset({Status.CLOSED, Status.WITHDRAWN})


class Outcome(StrEnum):
    """What an answer says was done."""

    FULFILLED = "fulfilled"
    EXPLAINED = "explained"
    PROMISED = "promised"  # to be done by a date
    REFUSED = "refused"  # with the ground
    ELSEWHERE = "elsewhere"  # by phone or letter


class Verdict(StrEnum):
    """How the NGO judges an answer."""

    SOLVED = "solved"
    PARTLY = "partly"
    NOT_ANSWERED = "not_answered"


class Ending(StrEnum):
    """Why nothing more is owed."""

    JUDGED = "judged"
    NO_REACTION = "no_reaction"  # ten working days passed after the answer
    THANKED = "thanked"  # thanks end with their delivery
    NO_REPLY = "no_reply"  # the NGO did not say what the department needed to know
    SPLIT = "split"  # it goes on as several, each with its department


class Action(StrEnum):
    """One step of a question's life."""

    ASK = "ask"
    TAKE = "take"
    ASSIGN = "assign"
    ROUTE = "route"  # an administrator gives a question without a topic its department
    FORWARD = "forward"  # to another department, which is competent
    SPLIT = "split"  # into parts for several departments
    CLARIFY = "clarify"  # the department asks the NGO; its own clock stands still
    REPLY = "reply"  # the first thing the NGO adds then: the clock goes on
    NO_REPLY = "no_reply"  # ten working days passed without one
    CLOSE_UNCLEAR = "close_unclear"  # closed on that ground
    EXTEND = "extend"  # asked for by the executor
    EXTENSION_APPROVED = "extension_approved"
    EXTENSION_DECLINED = "extension_declined"
    INVOLVE = "involve"  # another department does a part of it
    PART_DONE = "part_done"
    NOTE = "note"  # never shown to an NGO
    HAND_OVER = "hand_over"  # its official works there no more: an administrator removed or moved them
    ANSWER = "answer"
    PROPOSE = "propose"  # an answer that waits for the head's word, where a department wants two keys
    APPROVE = "approve"
    RETURN = "return"
    CORRECT = "correct"  # a new version of an answer; the old one is kept
    WITHDRAW = "withdraw"
    ADD = "add"
    SOLVED = "solved"
    PARTLY = "partly"
    NOT_ANSWERED = "not_answered"
    NOT_ANSWERED_AGAIN = "not_answered_again"  # the one reopening is used up
    NO_REACTION = "no_reaction"


class Who(Enum):
    """How a person stands to a question."""

    NGO = auto()  # its author, or a verified representative of the same NGO
    DEPARTMENT = auto()  # any official of the department that holds it
    RESPONSIBLE = auto()  # the one official who took it or was given it; during a leave their deputy as well
    HEAD = auto()  # the head of that department; during a leave the deputy as well
    CO_EXECUTOR = auto()  # any official of a department that does a part of it, or did
    PART_OWED = auto()  # any official of a department whose part is not done yet
    ADMIN = auto()
    DEPUTY_MAYOR = auto()  # reads everything, changes nothing
    CLOCK = auto()  # the program itself


class Audience(StrEnum):
    """Who is told."""

    AUTHOR = "author"
    NGO = "ngo"  # the author and the verified representatives of the same NGO
    OWNER = "owner"  # the responsible official; the whole department when nobody took it
    RESPONSIBLE = "responsible"
    DEPARTMENT = "department"  # administrators, when it has no department yet
    HEAD = "head"  # the whole department when it has no head
    APPROVER = "approver"  # the head; administrators when the department has none
    CO_EXECUTOR = "co_executor"  # the department that is asked for a part; when the whole ends, all that were asked
    HAD_IT = "had_it"  # the official who was responsible until this step
    ADMINS = "admins"


class Notice(StrEnum):
    """One thing one person must be told. The words are chosen when it goes out."""

    REGISTERED = "registered"
    NEW = "new"
    TAKEN = "taken"
    ASSIGNED = "assigned"
    ROUTED = "routed"
    ANSWERED = "answered"
    JUDGED = "judged"
    REOPENED = "reopened"
    REOPENED_FOR_HEAD = "reopened_for_head"
    REOPENED_FOR_OFFICIAL = "reopened_for_official"
    UNSATISFIED = "unsatisfied"
    WITHDRAWN = "withdrawn"
    ADDITION = "addition"
    NO_REACTION = "no_reaction"
    FORWARDED = "forwarded"
    FORWARDED_HERE = "forwarded_here"
    SPLIT = "split"
    CLARIFY = "clarify"
    REPLIED = "replied"
    NO_REPLY = "no_reply"
    CLOSED_UNCLEAR = "closed_unclear"
    EXTENSION_ASKED = "extension_asked"
    EXTENDED = "extended"
    EXTENSION_APPROVED = "extension_approved"
    EXTENSION_DECLINED = "extension_declined"
    INVOLVED = "involved"
    WHOLE_OVER = "whole_over"
    PART_DONE = "part_done"
    PROPOSED = "proposed"
    RETURNED = "returned"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class Rule:
    """One cell of the table: who may do it, where it leads, who is told what."""

    who: frozenset[Who]
    then: Status
    tell: tuple[tuple[Audience, Notice], ...] = ()


def _rule(who: Who | frozenset[Who], then: Status, *tell: tuple[Audience, Notice]) -> Rule:
    return Rule(who if isinstance(who, frozenset) else frozenset({who}), then, tell)


_TAKEN = (Audience.NGO, Notice.TAKEN)
_ASSIGNED = (Audience.RESPONSIBLE, Notice.ASSIGNED)
_OVER = (Audience.CO_EXECUTOR, Notice.WHOLE_OVER)
_ANSWERED = ((Audience.NGO, Notice.ANSWERED), _OVER)
_ADDITION = (Audience.OWNER, Notice.ADDITION)
_WITHDRAWN = ((Audience.OWNER, Notice.WITHDRAWN), _OVER)
_JUDGED = (Audience.OWNER, Notice.JUDGED)
_FORWARDED = ((Audience.DEPARTMENT, Notice.FORWARDED_HERE), (Audience.NGO, Notice.FORWARDED))
_SPLIT = ((Audience.NGO, Notice.SPLIT), _OVER)
_CLARIFY = (Audience.NGO, Notice.CLARIFY)
_EXTENSION_ASKED = (Audience.APPROVER, Notice.EXTENSION_ASKED)
_EXTENDED = ((Audience.NGO, Notice.EXTENDED), (Audience.OWNER, Notice.EXTENSION_APPROVED))
_EXTENSION_DECLINED = (Audience.OWNER, Notice.EXTENSION_DECLINED)
_INVOLVED = (Audience.CO_EXECUTOR, Notice.INVOLVED)
_PART_DONE = (Audience.OWNER, Notice.PART_DONE)
_PROPOSED = (Audience.APPROVER, Notice.PROPOSED)
_CORRECTED = (Audience.NGO, Notice.CORRECTED)
_HOLDERS = frozenset({Who.RESPONSIBLE, Who.HEAD})
_HOLDERS_OR_ADMIN = _HOLDERS | {Who.ADMIN}
_DEPARTMENT_OR_ADMIN = frozenset({Who.DEPARTMENT, Who.ADMIN})
_APPROVERS = frozenset({Who.HEAD, Who.ADMIN})
_INSIDE = frozenset({Who.DEPARTMENT, Who.CO_EXECUTOR, Who.ADMIN})

RULES: dict[tuple[Status, Action], Rule] = {
    (Status.REGISTERED, Action.TAKE): _rule(Who.DEPARTMENT, Status.IN_WORK, _TAKEN),
    (Status.REGISTERED, Action.ASSIGN): _rule(Who.HEAD, Status.IN_WORK, _ASSIGNED, _TAKEN),
    (Status.IN_WORK, Action.ASSIGN): _rule(Who.HEAD, Status.IN_WORK, _ASSIGNED, _TAKEN),
    (Status.WAITING, Action.ASSIGN): _rule(Who.HEAD, Status.WAITING, _ASSIGNED, _TAKEN),
    (Status.REGISTERED, Action.ROUTE): _rule(
        Who.ADMIN, Status.REGISTERED, (Audience.DEPARTMENT, Notice.NEW), (Audience.NGO, Notice.ROUTED)
    ),
    # Outside the department's competence: within 3 working days of receipt, and the NGO is told (АППК art. 76).
    (Status.REGISTERED, Action.FORWARD): _rule(_DEPARTMENT_OR_ADMIN, Status.REGISTERED, *_FORWARDED),
    (Status.IN_WORK, Action.FORWARD): _rule(_HOLDERS_OR_ADMIN, Status.REGISTERED, *_FORWARDED),
    (Status.WAITING, Action.FORWARD): _rule(_HOLDERS_OR_ADMIN, Status.REGISTERED, *_FORWARDED),
    (Status.REGISTERED, Action.SPLIT): _rule(_DEPARTMENT_OR_ADMIN, Status.CLOSED, *_SPLIT),
    (Status.IN_WORK, Action.SPLIT): _rule(_HOLDERS_OR_ADMIN, Status.CLOSED, *_SPLIT),
    (Status.REGISTERED, Action.CLARIFY): _rule(Who.DEPARTMENT, Status.WAITING, _CLARIFY),
    (Status.IN_WORK, Action.CLARIFY): _rule(_HOLDERS, Status.WAITING, _CLARIFY),
    (Status.WAITING, Action.REPLY): _rule(Who.NGO, Status.IN_WORK, (Audience.OWNER, Notice.REPLIED)),
    (Status.WAITING, Action.NO_REPLY): _rule(Who.CLOCK, Status.WAITING, (Audience.OWNER, Notice.NO_REPLY)),
    (Status.WAITING, Action.CLOSE_UNCLEAR): _rule(
        _HOLDERS_OR_ADMIN, Status.CLOSED, (Audience.NGO, Notice.CLOSED_UNCLEAR), _OVER
    ),
    # By a reasoned decision of the head or deputy, not beyond two months (АППК art. 76).
    (Status.IN_WORK, Action.EXTEND): _rule(_HOLDERS, Status.IN_WORK, _EXTENSION_ASKED),
    (Status.WAITING, Action.EXTEND): _rule(_HOLDERS, Status.WAITING, _EXTENSION_ASKED),
    (Status.IN_WORK, Action.EXTENSION_APPROVED): _rule(_APPROVERS, Status.IN_WORK, *_EXTENDED),
    (Status.WAITING, Action.EXTENSION_APPROVED): _rule(_APPROVERS, Status.WAITING, *_EXTENDED),
    (Status.IN_WORK, Action.EXTENSION_DECLINED): _rule(_APPROVERS, Status.IN_WORK, _EXTENSION_DECLINED),
    (Status.WAITING, Action.EXTENSION_DECLINED): _rule(_APPROVERS, Status.WAITING, _EXTENSION_DECLINED),
    (Status.IN_WORK, Action.INVOLVE): _rule(_HOLDERS, Status.IN_WORK, _INVOLVED),
    (Status.IN_WORK, Action.PART_DONE): _rule(Who.PART_OWED, Status.IN_WORK, _PART_DONE),
    (Status.WAITING, Action.PART_DONE): _rule(Who.PART_OWED, Status.WAITING, _PART_DONE),
    # Goes to the head; in a department without one it is free to be taken again. Head and department hear of all the
    # questions handed over in one message.
    (Status.IN_WORK, Action.HAND_OVER): _rule(Who.ADMIN, Status.IN_WORK, _TAKEN),
    (Status.WAITING, Action.HAND_OVER): _rule(Who.ADMIN, Status.WAITING, _TAKEN),
    (Status.REGISTERED, Action.ANSWER): _rule(Who.DEPARTMENT, Status.ANSWERED, *_ANSWERED),
    (Status.IN_WORK, Action.ANSWER): _rule(_HOLDERS, Status.ANSWERED, *_ANSWERED),
    (Status.WAITING, Action.ANSWER): _rule(_HOLDERS, Status.ANSWERED, *_ANSWERED),
    (Status.REGISTERED, Action.PROPOSE): _rule(Who.DEPARTMENT, Status.IN_WORK, _PROPOSED),
    (Status.IN_WORK, Action.PROPOSE): _rule(Who.RESPONSIBLE, Status.IN_WORK, _PROPOSED),
    (Status.WAITING, Action.PROPOSE): _rule(Who.RESPONSIBLE, Status.IN_WORK, _PROPOSED),
    (Status.IN_WORK, Action.APPROVE): _rule(_APPROVERS, Status.ANSWERED, *_ANSWERED),
    (Status.IN_WORK, Action.RETURN): _rule(_APPROVERS, Status.IN_WORK, (Audience.RESPONSIBLE, Notice.RETURNED)),
    (Status.ANSWERED, Action.CORRECT): _rule(_HOLDERS_OR_ADMIN, Status.ANSWERED, _CORRECTED),
    (Status.CLOSED, Action.CORRECT): _rule(_HOLDERS_OR_ADMIN, Status.CLOSED, _CORRECTED),
    (Status.REGISTERED, Action.WITHDRAW): _rule(Who.NGO, Status.WITHDRAWN, *_WITHDRAWN),
    (Status.IN_WORK, Action.WITHDRAW): _rule(Who.NGO, Status.WITHDRAWN, *_WITHDRAWN),
    (Status.WAITING, Action.WITHDRAW): _rule(Who.NGO, Status.WITHDRAWN, *_WITHDRAWN),
    (Status.REGISTERED, Action.ADD): _rule(Who.NGO, Status.REGISTERED, _ADDITION),
    (Status.IN_WORK, Action.ADD): _rule(Who.NGO, Status.IN_WORK, _ADDITION),
    (Status.ANSWERED, Action.ADD): _rule(Who.NGO, Status.ANSWERED, _ADDITION),
    (Status.CLOSED, Action.ADD): _rule(Who.NGO, Status.CLOSED, _ADDITION),
    (Status.WITHDRAWN, Action.ADD): _rule(Who.NGO, Status.WITHDRAWN, _ADDITION),
    (Status.ANSWERED, Action.SOLVED): _rule(Who.NGO, Status.CLOSED, _JUDGED),
    (Status.ANSWERED, Action.PARTLY): _rule(Who.NGO, Status.CLOSED, _JUDGED),
    # Goes to the head, who then is responsible; in a department without a head it is free to be taken again.
    (Status.ANSWERED, Action.NOT_ANSWERED): _rule(
        Who.NGO,
        Status.IN_WORK,
        (Audience.HEAD, Notice.REOPENED_FOR_HEAD),
        (Audience.HAD_IT, Notice.REOPENED_FOR_OFFICIAL),
        (Audience.NGO, Notice.REOPENED),
    ),
    (Status.ANSWERED, Action.NOT_ANSWERED_AGAIN): _rule(
        Who.NGO, Status.CLOSED, _JUDGED, (Audience.HEAD, Notice.UNSATISFIED), (Audience.ADMINS, Notice.UNSATISFIED)
    ),
    (Status.ANSWERED, Action.NO_REACTION): _rule(
        Who.CLOCK, Status.CLOSED, (Audience.NGO, Notice.NO_REACTION), (Audience.OWNER, Notice.NO_REACTION)
    ),
    **{(status, Action.NOTE): _rule(_INSIDE, status) for status in Status},
}

_NEEDS_TEXT = frozenset(
    {
        Action.ANSWER,
        Action.PROPOSE,
        Action.APPROVE,
        Action.CORRECT,
        Action.RETURN,
        Action.NOT_ANSWERED,
        Action.NOT_ANSWERED_AGAIN,
        Action.ADD,
        Action.REPLY,
        Action.FORWARD,
        Action.SPLIT,
        Action.CLARIFY,
        Action.CLOSE_UNCLEAR,
        Action.EXTEND,
        Action.INVOLVE,
        Action.PART_DONE,
        Action.NOTE,
    }
)
_ATTACHMENTS_ARE_ENOUGH = frozenset({Action.ADD, Action.REPLY, Action.NOTE, Action.PART_DONE})
_WITH_A_DATE = frozenset({Action.EXTEND, Action.INVOLVE, Action.ANSWER, Action.PROPOSE, Action.APPROVE})
ANSWERS = frozenset({Action.ANSWER, Action.APPROVE})
"""Steps by which an answer goes out."""
CITY_ONLY = frozenset({Action.NOTE, Action.PROPOSE, Action.RETURN, Action.EXTEND, Action.EXTENSION_DECLINED})
"""Lines of the history, and what hangs on them, that an NGO never sees."""
_MONTHS_AT_MOST = 2
_VERDICTS = {
    Action.SOLVED: Verdict.SOLVED,
    Action.PARTLY: Verdict.PARTLY,
    Action.NOT_ANSWERED_AGAIN: Verdict.NOT_ANSWERED,
}


class CannotAct(Exception):
    """This step is not possible."""


class NotYours(CannotAct):
    """There is no such question for this person."""


class NotInThisStatus(CannotAct):
    """In its present status this step is not possible."""


class AlreadyTaken(CannotAct):
    """Another official is responsible."""

    def __init__(self, by: str) -> None:
        super().__init__(by)
        self.by = by


class NothingOfSubstance(CannotAct):
    """A text is needed."""


class NeedsAdministrator(CannotAct):
    """It came back to a department once already: an administrator says where it goes."""


class TooFar(CannotAct):
    """Not later than the present date, or beyond two months from registration."""

    def __init__(self, last: date) -> None:
        super().__init__(last)
        self.last = last


@dataclass(frozen=True, slots=True)
class Question:
    """Anything an NGO sends in. Moments are UTC, `due_on` and `react_by` are local dates of the city.

    `counted_from` is the moment the term is counted from: registration, or the reopening. `paused` are the working days
    for which the department waited for the NGO: they do not move the date owed by law, but nobody in the department is
    late by them.
    """

    id: int
    number: str
    kind: Kind
    status: Status
    text: str
    language: Language
    public: bool
    author_id: int | None
    author_state: RepresentativeState | None
    organization_id: int | None
    organization_name: str
    topic_id: int | None
    topic: Names | None
    department_id: int | None
    department: Names | None
    head_id: int | None
    responsible_id: int | None
    responsible_name: str
    responsible_post: str
    registered_at: datetime
    counted_from: datetime
    term: int
    due_on: date | None
    reopened: bool = False
    verdict: Verdict | None = None
    ending: Ending | None = None
    answered_at: datetime | None = None
    react_by: date | None = None
    remind_on: date | None = None  # the next morning on which it is reminded of; None: not reckoned yet
    rungs: int = 0  # how many rungs of the ladder have heard that it is late
    parent_id: int | None = None  # the question it is a part of
    received_at: datetime | None = None  # when its present department got it; None: at registration
    been_in: frozenset[int] = frozenset()  # departments that had it before
    came_back: bool = False
    waiting_since: datetime | None = None
    unclear: bool = False  # the NGO did not reply in time: it may be closed on that ground
    paused: int = 0
    extend_to: date | None = None  # asked for, not decided
    extended_from: date | None = None  # the date by the term, where the head has put a later one in its place
    proposed_id: int | None = None  # the history line with an answer that waits for the head's word
    two_keys: bool = False  # its department's answers need the head's word
    co_departments: frozenset[int] = frozenset()  # that do a part of it, or did
    parts_owed: frozenset[int] = frozenset()  # those of them whose part is not done yet

    def overdue(self, today: date) -> bool:
        """An answer is owed and its date has passed."""
        return self.status in OPEN and self.due_on is not None and self.due_on < today

    def urgency(self, today: date, soon: date) -> Urgency:
        """Its place in the list; `soon` is the last date that is "within three working days"."""
        if self.overdue(today):
            return Urgency.OVERDUE
        if self.due_on is not None and self.due_on <= soon:
            return Urgency.TODAY if self.due_on == today else Urgency.SOON
        return {Status.WAITING: Urgency.WAITING, Status.REGISTERED: Urgency.NEW}.get(self.status, Urgency.REST)

    @property
    def verified(self) -> bool:
        return self.author_state not in (RepresentativeState.WAITING, RepresentativeState.DECLINED)


class Clock:
    """The program itself as the one who acts."""


CLOCK = Clock()
Actor = Person | Clock


def _id(actor: Actor) -> int | None:
    return actor.id if isinstance(actor, Person) else None


@dataclass(frozen=True, slots=True)
class Change:
    """One step, decided and not yet stored: `storage.questions.record` writes it."""

    before: Question
    after: Question
    action: Action
    actor: Actor
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    outcome: Outcome | None = None
    assignee_id: int | None = None
    department_id: int | None = None  # to which it was given, or which was asked for a part
    until: date | None = None  # the date that was asked for, promised, or set for a part
    tell: tuple[tuple[Audience, Notice], ...] = ()
    despite: str = ""  # the warning after which it was sent all the same

    @property
    def actor_id(self) -> int | None:
        return _id(self.actor)

    @property
    def co_executors(self) -> frozenset[int]:
        """The other departments that this step concerns: whoever is asked for a part, or at the end all that were
        asked; at a second end, only those of whom something was waited for since.
        """
        if self.action is Action.INVOLVE and self.department_id is not None:
            return frozenset({self.department_id})
        return self.before.parts_owed if self.before.reopened else self.before.co_departments


def standing(question: Question, actor: Actor) -> frozenset[Who]:
    """How this person stands to this question, from what the register says now."""
    if isinstance(actor, Clock):
        return frozenset({Who.CLOCK})
    official = actor.department_id is not None and actor.department_id == question.department_id
    answers = {
        Who.NGO: actor.id == question.author_id
        or (actor.organization_id is not None and actor.organization_id == question.organization_id),
        Who.DEPARTMENT: official,
        Who.RESPONSIBLE: official and question.responsible_id in actor.answers_for,
        Who.HEAD: official and actor.heads,
        Who.CO_EXECUTOR: actor.department_id is not None and actor.department_id in question.co_departments,
        Who.PART_OWED: actor.department_id is not None and actor.department_id in question.parts_owed,
        Who.ADMIN: actor.is_admin,
        Who.DEPUTY_MAYOR: actor.is_deputy_mayor,
    }
    return frozenset(who for who, is_so in answers.items() if is_so)


_CITY = frozenset({Who.DEPARTMENT, Who.CO_EXECUTOR, Who.ADMIN, Who.DEPUTY_MAYOR})


def sees_all_lines(question: Question, actor: Actor) -> bool:
    """The city's side of the history: with what is `CITY_ONLY`."""
    return bool(standing(question, actor) & _CITY)


def reads_note(question: Question, person: Person, holder_id: int | None, author_id: int | None) -> bool:
    """A note is for the department that held the question when it was written, and for whoever works with it there.

    Once it went on, the next department does not read it; administrators read all.
    """
    here = standing(question, person)
    if here & {Who.ADMIN, Who.DEPUTY_MAYOR} or holder_id is None or author_id == person.id:
        return True
    return holder_id in (question.department_id, person.department_id) and bool(here & _CITY)


def visible(question: Question, person: Person) -> bool:
    """May this person see it at all."""
    return bool(standing(question, person))


def actions_for(question: Question, actor: Actor) -> list[Action]:
    """The steps this person may take now, in the table's order: exactly the buttons of the card."""
    here = standing(question, actor)
    return [
        action
        for (status, action), rule in RULES.items()
        if status is question.status and rule.who & here and _fits(question, action, here)
    ]


def _fits(question: Question, action: Action, here: frozenset[Who]) -> bool:
    """What the status alone does not say."""
    match action:
        case Action.ROUTE:
            return question.department_id is None
        case Action.FORWARD:
            return question.department_id is not None and question.kind is not Kind.THANKS
        case Action.SPLIT:
            here_to_split = question.department_id is not None and question.kind is not Kind.THANKS
            return here_to_split and question.parent_id is None
        case Action.NOT_ANSWERED:
            return not question.reopened
        case Action.NOT_ANSWERED_AGAIN:
            return question.reopened
        case Action.NO_REPLY:
            return not question.unclear
        case Action.CLOSE_UNCLEAR:
            return question.unclear and _second_key_or_none(question, here)
        case Action.EXTEND:
            return question.extend_to is None
        case Action.EXTENSION_APPROVED | Action.EXTENSION_DECLINED:
            return question.extend_to is not None and _turns_the_key(question, here)
        case Action.ANSWER:
            return not question.two_keys or Who.HEAD in here
        case Action.PROPOSE:
            return question.two_keys and Who.HEAD not in here and question.proposed_id is None
        case Action.APPROVE | Action.RETURN:
            return question.proposed_id is not None and _turns_the_key(question, here)
        case Action.CORRECT:
            return question.answered_at is not None and _second_key_or_none(question, here)
    return True


def _turns_the_key(question: Question, here: frozenset[Who]) -> bool:
    """Whose word a later date or another's answer needs: the head's; administrators' where there is no head."""
    return Who.HEAD in here or (question.head_id is None and Who.ADMIN in here)


def _second_key_or_none(question: Question, here: frozenset[Who]) -> bool:
    """For what goes to the NGO in one step: with two keys only whoever turns the second one takes it."""
    return _turns_the_key(question, here) if question.two_keys else bool(here & _HOLDERS)


def added(question: Question) -> Action:
    """Which step something from the NGO is: what it adds while it is asked is the reply."""
    return Action.REPLY if question.status is Status.WAITING else Action.ADD


def concerned(parts: Iterable[Question]) -> list[Question]:
    """Which parts an addition to the whole is for: the open ones, or all when none is open any more."""
    every = list(parts)
    return [part for part in every if part.status in OPEN] or every


def answering(question: Question, actor: Actor) -> Action:
    """Which step sending an answer is: with two keys the executor's goes to the head first."""
    return Action.PROPOSE if question.two_keys and Who.HEAD not in standing(question, actor) else Action.ANSWER


def not_answered(question: Question) -> Action:
    """Which of the two steps a press of "Not answered" is: it reopens once."""
    return Action.NOT_ANSWERED_AGAIN if question.reopened else Action.NOT_ANSWERED


def act(
    question: Question,
    action: Action,
    actor: Actor,
    now: datetime,
    *,
    text: str = "",
    attachments: tuple[Attachment, ...] = (),
    outcome: Outcome | None = None,
    assignee_id: int | None = None,
    department_id: int | None = None,
    due_on: date | None = None,
    react_by: date | None = None,
    paused: int = 0,
) -> Change:
    """One step of a question's life. Raises a CannotAct.

    `due_on` is the new date when the step starts the term anew (reopening; routing and forwarding keep it) or asks for
    it, and the promised one where an answer promises something; `react_by` the last local date on which the NGO may
    judge an answer; `paused` the working days for which the department has waited for the NGO until now.
    """
    rule = allowed(question, action, actor)
    if action in _NEEDS_TEXT and blank(text) and not (action in _ATTACHMENTS_ARE_ENOUGH and attachments):
        raise NothingOfSubstance
    waited = paused if question.status is Status.WAITING and rule.then is not Status.WAITING else 0
    after = _left_behind(replace(question, status=rule.then, paused=question.paused + waited))
    tell = rule.tell
    match action:
        case Action.TAKE:
            after = replace(after, responsible_id=_id(actor))
        case Action.ASSIGN:
            after = replace(after, responsible_id=assignee_id)
        case Action.ROUTE:
            after = replace(after, department_id=department_id, received_at=now)
        case Action.FORWARD:
            after = _forwarded(after, department_id, standing(question, actor), now)
        case Action.SPLIT:
            after = replace(after, ending=Ending.SPLIT, verdict=None)
        case Action.ADD if question.ending is Ending.SPLIT:
            tell = ()  # its parts are told, each for itself
        case Action.CLARIFY:
            after = replace(after, responsible_id=question.responsible_id or _id(actor), waiting_since=now)
        case Action.NO_REPLY:
            after = replace(after, unclear=True)
            tell += ((Audience.APPROVER, Notice.NO_REPLY),) if question.two_keys else ()
        case Action.CLOSE_UNCLEAR:
            after = replace(after, ending=Ending.NO_REPLY, verdict=None, answered_at=now)
            outcome = Outcome.REFUSED
        case Action.EXTEND:
            after = replace(after, extend_to=_not_too_far(question, due_on))
        case Action.EXTENSION_APPROVED:
            was = question.extended_from or question.due_on
            after = replace(
                after, due_on=question.extend_to, extended_from=was, extend_to=None, remind_on=None, rungs=0
            )
        case Action.EXTENSION_DECLINED:
            after = replace(after, extend_to=None)
        case Action.INVOLVE:
            after = _involved(after, department_id)
        case Action.PART_DONE if isinstance(actor, Person):
            department_id = actor.department_id
            after = replace(after, parts_owed=question.parts_owed - {department_id or 0})
        case Action.HAND_OVER:
            after, assignee_id = _handed_over(after), question.head_id
            tell = tell if assignee_id is not None else ()  # the NGO hears again when somebody has taken it
        case Action.PROPOSE:  # the line's id stands in for it until it is stored
            after = replace(after, responsible_id=question.responsible_id or _id(actor), proposed_id=0)
        case Action.RETURN:
            after = replace(after, proposed_id=None)
        case Action.ANSWER | Action.APPROVE:  # whoever answers what nobody took is responsible for the answer
            answered_by = question.responsible_id or _id(actor)
            after = replace(after, responsible_id=answered_by, answered_at=now, react_by=react_by, verdict=None)
        case Action.NOT_ANSWERED:
            after = _reopened(after, now, due_on)
        case Action.SOLVED | Action.PARTLY | Action.NOT_ANSWERED_AGAIN:
            after = replace(after, verdict=_VERDICTS[action], ending=Ending.JUDGED)
        case Action.NO_REACTION:
            after = replace(after, ending=Ending.NO_REACTION)
    until = due_on if action in _WITH_A_DATE else None
    if action is Action.EXTENSION_APPROVED:
        until = question.extend_to
    return Change(question, after, action, actor, text, attachments, outcome, assignee_id, department_id, until, tell)


def allowed(question: Question, action: Action, actor: Actor) -> Rule:
    """The rule of this step, when this actor may take it now. Raises NotYours, AlreadyTaken or NotInThisStatus."""
    here = standing(question, actor)
    if not here:
        raise NotYours
    rule = RULES.get((question.status, action))
    if rule is None or not _fits(question, action, here):
        if action is Action.TAKE and question.responsible_id is not None and question.status in OPEN:
            raise AlreadyTaken(question.responsible_name)
        raise NotInThisStatus
    if not rule.who & here:
        if Who.DEPARTMENT in here and action in (Action.ANSWER, Action.PROPOSE):
            raise AlreadyTaken(question.responsible_name)
        raise NotYours
    return rule


def pauses(steps: Iterable[tuple[Action, datetime]]) -> list[tuple[datetime, datetime | None]]:
    """When the department waited for the NGO, by the lines of its history: since when, until when (None: still)."""
    found: list[tuple[datetime, datetime | None]] = []
    for action, at in steps:
        rule = RULES.get((Status.WAITING, action))
        if action is Action.CLARIFY:
            found.append((at, None))
        elif found and found[-1][1] is None and (rule is None or rule.then is not Status.WAITING):
            found[-1] = (found[-1][0], at)
    return found


def _left_behind(question: Question) -> Question:
    """What meant something only in the status that it has left."""
    if question.status is not Status.WAITING:
        question = replace(question, waiting_since=None, unclear=False)
    if question.status not in OPEN:
        question = replace(question, extend_to=None, proposed_id=None, parts_owed=frozenset())
    return question


def _handed_over(question: Question) -> Question:
    if question.head_id is None:
        free = replace(question, status=Status.REGISTERED, responsible_id=None, extend_to=None, proposed_id=None)
        return _left_behind(free)
    return replace(question, responsible_id=question.head_id)


def _forwarded(question: Question, department_id: int | None, here: frozenset[Who], now: datetime) -> Question:
    """The date stays; what belonged to the old department goes. Raises NeedsAdministrator, NotInThisStatus."""
    if department_id is None or department_id == question.department_id:
        raise NotInThisStatus
    back = department_id in question.been_in
    if back and question.came_back and Who.ADMIN not in here:
        raise NeedsAdministrator
    before = question.department_id
    return replace(
        question,
        department_id=department_id,
        responsible_id=None,
        received_at=now,
        been_in=question.been_in | ({before} if before is not None else set()),
        came_back=question.came_back or back,
        extend_to=None,
        proposed_id=None,
        co_departments=question.co_departments - {department_id},
        parts_owed=question.parts_owed - {department_id},
        remind_on=None,
        rungs=0,
    )


def _involved(question: Question, department_id: int | None) -> Question:
    """Raises NotInThisStatus when that department is no other one."""
    if department_id is None or department_id == question.department_id:
        raise NotInThisStatus
    return replace(
        question,
        co_departments=question.co_departments | {department_id},
        parts_owed=question.parts_owed | {department_id},
    )


def last_date(question: Question) -> date:
    """Two months from the day the term began (АППК art. 76): no extension goes beyond it.

    By the date of UTC, which is the city's or the day before: never too long.
    """
    began = question.counted_from.date()
    month = began.month + _MONTHS_AT_MOST
    year, month = began.year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, min(began.day, monthrange(year, month)[1]))


def _not_too_far(question: Question, wanted: date | None) -> date:
    """Raises TooFar."""
    last = last_date(question)
    if wanted is None or question.due_on is None or not question.due_on < wanted <= last:
        raise TooFar(last)
    return wanted


def _reopened(question: Question, now: datetime, due_on: date | None) -> Question:
    held = question.head_id is not None
    return replace(
        question,
        status=Status.IN_WORK if held else Status.REGISTERED,
        responsible_id=question.head_id,
        verdict=Verdict.NOT_ANSWERED,
        reopened=True,
        counted_from=now,
        due_on=due_on,
        answered_at=None,
        react_by=None,
        remind_on=None,
        rungs=0,
        paused=0,
        extended_from=None,
        received_at=now,
    )


_ON_ASK = ((Audience.AUTHOR, Notice.REGISTERED), (Audience.DEPARTMENT, Notice.NEW))


def ask(
    question: Question, author: Person, attachments: tuple[Attachment, ...], *, thanked_id: int | None = None
) -> Change:
    """A question enters its life; thanks end it at once, since nothing is owed for them.

    `thanked_id` is one of the department's people whom a thank-you is for.

    Acceptance is never refused (АППК art. 64 p. 1): there is no rule here that could say no.
    """
    if question.kind is Kind.THANKS:
        question = replace(question, status=Status.CLOSED, ending=Ending.THANKED, due_on=None)
    return Change(
        question,
        question,
        Action.ASK,
        author,
        question.text,
        attachments,
        assignee_id=thanked_id,
        department_id=question.department_id,
        tell=_ON_ASK,
    )


def split(question: Question, parts: tuple[tuple[int, str], ...], actor: Actor, now: datetime) -> list[Question]:
    """What a question becomes when it is divided: № 42/1, 42/2, each with its department and its share in words.

    Text, author, dates and term are those of the whole; what was taken is free again. `allowed` has been asked before.
    """
    return [
        replace(
            question,
            id=0,
            number=f"{question.number}/{n}",
            status=Status.REGISTERED,
            department_id=department_id,
            responsible_id=None,
            parent_id=question.id,
            received_at=now,
            been_in=frozenset(),
            came_back=False,
            proposed_id=None,
            extend_to=None,
            co_departments=frozenset(),
            parts_owed=frozenset(),
            remind_on=None,
            rungs=0,
        )
        for n, (department_id, _) in enumerate(parts, 1)
    ]

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
    └── NothingOfSubstance  an answer, a verdict or an addition without a text
"""

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


class Action(StrEnum):
    """One step of a question's life."""

    ASK = "ask"
    TAKE = "take"
    ASSIGN = "assign"
    ROUTE = "route"  # an administrator gives a question without a topic its department
    ANSWER = "answer"
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
    RESPONSIBLE = auto()  # the one official who took it or was given it
    HEAD = auto()  # the head of that department
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
    UNSATISFIED = "unsatisfied"
    WITHDRAWN = "withdrawn"
    ADDITION = "addition"
    NO_REACTION = "no_reaction"


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
_ANSWERED = (Audience.NGO, Notice.ANSWERED)
_ADDITION = (Audience.OWNER, Notice.ADDITION)
_WITHDRAWN = (Audience.OWNER, Notice.WITHDRAWN)
_JUDGED = (Audience.OWNER, Notice.JUDGED)
_HOLDERS = frozenset({Who.RESPONSIBLE, Who.HEAD})

RULES: dict[tuple[Status, Action], Rule] = {
    (Status.REGISTERED, Action.TAKE): _rule(Who.DEPARTMENT, Status.IN_WORK, _TAKEN),
    (Status.REGISTERED, Action.ASSIGN): _rule(Who.HEAD, Status.IN_WORK, _ASSIGNED, _TAKEN),
    (Status.IN_WORK, Action.ASSIGN): _rule(Who.HEAD, Status.IN_WORK, _ASSIGNED, _TAKEN),
    (Status.WAITING, Action.ASSIGN): _rule(Who.HEAD, Status.WAITING, _ASSIGNED, _TAKEN),
    (Status.REGISTERED, Action.ROUTE): _rule(
        Who.ADMIN, Status.REGISTERED, (Audience.DEPARTMENT, Notice.NEW), (Audience.NGO, Notice.ROUTED)
    ),
    (Status.REGISTERED, Action.ANSWER): _rule(Who.DEPARTMENT, Status.ANSWERED, _ANSWERED),
    (Status.IN_WORK, Action.ANSWER): _rule(_HOLDERS, Status.ANSWERED, _ANSWERED),
    (Status.WAITING, Action.ANSWER): _rule(_HOLDERS, Status.ANSWERED, _ANSWERED),
    (Status.REGISTERED, Action.WITHDRAW): _rule(Who.NGO, Status.WITHDRAWN, _WITHDRAWN),
    (Status.IN_WORK, Action.WITHDRAW): _rule(Who.NGO, Status.WITHDRAWN, _WITHDRAWN),
    (Status.WAITING, Action.WITHDRAW): _rule(Who.NGO, Status.WITHDRAWN, _WITHDRAWN),
    (Status.REGISTERED, Action.ADD): _rule(Who.NGO, Status.REGISTERED, _ADDITION),
    (Status.IN_WORK, Action.ADD): _rule(Who.NGO, Status.IN_WORK, _ADDITION),
    (Status.WAITING, Action.ADD): _rule(Who.NGO, Status.WAITING, _ADDITION),
    (Status.ANSWERED, Action.ADD): _rule(Who.NGO, Status.ANSWERED, _ADDITION),
    (Status.CLOSED, Action.ADD): _rule(Who.NGO, Status.CLOSED, _ADDITION),
    (Status.ANSWERED, Action.SOLVED): _rule(Who.NGO, Status.CLOSED, _JUDGED),
    (Status.ANSWERED, Action.PARTLY): _rule(Who.NGO, Status.CLOSED, _JUDGED),
    # Goes to the head, who then is responsible; in a department without a head it is free to be taken again.
    (Status.ANSWERED, Action.NOT_ANSWERED): _rule(
        Who.NGO,
        Status.IN_WORK,
        (Audience.HEAD, Notice.REOPENED_FOR_HEAD),
        (Audience.NGO, Notice.REOPENED),
    ),
    (Status.ANSWERED, Action.NOT_ANSWERED_AGAIN): _rule(
        Who.NGO, Status.CLOSED, _JUDGED, (Audience.HEAD, Notice.UNSATISFIED), (Audience.ADMINS, Notice.UNSATISFIED)
    ),
    (Status.ANSWERED, Action.NO_REACTION): _rule(
        Who.CLOCK, Status.CLOSED, (Audience.NGO, Notice.NO_REACTION), (Audience.OWNER, Notice.NO_REACTION)
    ),
}

_NEEDS_TEXT = frozenset({Action.ANSWER, Action.NOT_ANSWERED, Action.NOT_ANSWERED_AGAIN, Action.ADD})
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


@dataclass(frozen=True, slots=True)
class Question:
    """Anything an NGO sends in. Moments are UTC, `due_on` and `react_by` are local dates of the city.

    `counted_from` is the moment the term is counted from: registration, or the reopening.
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
    tell: tuple[tuple[Audience, Notice], ...] = ()

    @property
    def actor_id(self) -> int | None:
        return _id(self.actor)


def standing(question: Question, actor: Actor) -> frozenset[Who]:
    """How this person stands to this question, from what the register says now."""
    if isinstance(actor, Clock):
        return frozenset({Who.CLOCK})
    official = actor.department_id is not None and actor.department_id == question.department_id
    answers = {
        Who.NGO: actor.id == question.author_id
        or (actor.organization_id is not None and actor.organization_id == question.organization_id),
        Who.DEPARTMENT: official,
        Who.RESPONSIBLE: official and actor.id == question.responsible_id,
        Who.HEAD: official and actor.heads,
        Who.ADMIN: actor.is_admin,
        Who.DEPUTY_MAYOR: actor.is_deputy_mayor,
    }
    return frozenset(who for who, is_so in answers.items() if is_so)


def visible(question: Question, person: Person) -> bool:
    """May this person see it at all."""
    return bool(standing(question, person))


def actions_for(question: Question, actor: Actor) -> list[Action]:
    """The steps this person may take now, in the table's order: exactly the buttons of the card."""
    here = standing(question, actor)
    return [
        action
        for (status, action), rule in RULES.items()
        if status is question.status and rule.who & here and _fits(question, action)
    ]


def _fits(question: Question, action: Action) -> bool:
    """What the status alone does not say."""
    if action is Action.ROUTE:
        return question.department_id is None
    if action is Action.NOT_ANSWERED:
        return not question.reopened
    if action is Action.NOT_ANSWERED_AGAIN:
        return question.reopened
    return True


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
) -> Change:
    """One step of a question's life. Raises a CannotAct.

    `due_on` is the new date when the step starts the term anew (reopening, routing keeps it); `react_by` the last
    local date on which the NGO may judge an answer.
    """
    rule = allowed(question, action, actor)
    if action in _NEEDS_TEXT and blank(text) and not (action is Action.ADD and attachments):
        raise NothingOfSubstance
    after = replace(question, status=rule.then)
    match action:
        case Action.TAKE:
            after = replace(after, responsible_id=_id(actor))
        case Action.ASSIGN:
            after = replace(after, responsible_id=assignee_id)
        case Action.ROUTE:
            after = replace(after, department_id=department_id)
        case Action.ANSWER:  # whoever answers what nobody took is responsible for the answer
            answered_by = question.responsible_id or _id(actor)
            after = replace(after, responsible_id=answered_by, answered_at=now, react_by=react_by, verdict=None)
        case Action.NOT_ANSWERED:
            after = _reopened(after, now, due_on)
        case Action.SOLVED | Action.PARTLY | Action.NOT_ANSWERED_AGAIN:
            after = replace(after, verdict=_VERDICTS[action], ending=Ending.JUDGED)
        case Action.NO_REACTION:
            after = replace(after, ending=Ending.NO_REACTION)
    return Change(question, after, action, actor, text, attachments, outcome, assignee_id, rule.tell)


def allowed(question: Question, action: Action, actor: Actor) -> Rule:
    """The rule of this step, when this actor may take it now. Raises NotYours, AlreadyTaken or NotInThisStatus."""
    here = standing(question, actor)
    if not here:
        raise NotYours
    rule = RULES.get((question.status, action))
    if rule is None or not _fits(question, action):
        if action is Action.TAKE and question.responsible_id is not None and question.status in OPEN:
            raise AlreadyTaken(question.responsible_name)
        raise NotInThisStatus
    if not rule.who & here:
        if Who.DEPARTMENT in here and action is Action.ANSWER:
            raise AlreadyTaken(question.responsible_name)
        raise NotYours
    return rule


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
    )


_ON_ASK = ((Audience.AUTHOR, Notice.REGISTERED), (Audience.DEPARTMENT, Notice.NEW))


def ask(question: Question, author: Person, attachments: tuple[Attachment, ...]) -> Change:
    """A question enters its life; thanks end it at once, since nothing is owed for them.

    Acceptance is never refused (АППК art. 64 p. 1): there is no rule here that could say no.
    """
    if question.kind is Kind.THANKS:
        question = replace(question, status=Status.CLOSED, ending=Ending.THANKED, due_on=None)
    return Change(question, question, Action.ASK, author, question.text, attachments, tell=_ON_ASK)

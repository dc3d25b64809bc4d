"""A promise: what a department said it would do by a date, until the NGO says that it was done.

    open → kept, says the owner → confirmed, says the NGO
         ↑                      → disputed: open again once, the second time it ends so
                      → undisputed, when the NGO has not said anything in time
         → a new date and why: still open, and counted
         → cannot, and why: broken

`RULES` draws the buttons and checks every press, as the table of `domain.question` does.

Errors are those of `domain.question`, and
    CannotAct
    └── NoPromiseDate   a date that is not later than today and the present one, or more than two years ahead
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum, StrEnum, auto

from domain.calendar import WorkingCalendar
from domain.city import City
from domain.dates import dates_in
from domain.draft import blank
from domain.ladder import Rung
from domain.people import Names, Person
from domain.question import Actor, CannotAct, Clock, NothingOfSubstance, NotInThisStatus, NotYours
from domain.reminders import Stage


class PromiseStatus(StrEnum):
    """Where a promise is."""

    OPEN = "open"  # to be kept
    KEPT = "kept"  # so says its owner; the NGO has not said yet
    CONFIRMED = "confirmed"
    UNDISPUTED = "undisputed"  # the NGO said nothing in time: it counts as kept
    DISPUTED = "disputed"  # the NGO said twice that it was not kept
    BROKEN = "broken"  # its owner said that it cannot be kept


RUNNING = frozenset({PromiseStatus.OPEN, PromiseStatus.KEPT})
"""Somebody's word is still awaited."""


class Step(StrEnum):
    """One step of a promise's life."""

    MAKE = "make"
    KEEP = "keep"
    MOVE = "move"
    BREAK = "break"
    CONFIRM = "confirm"
    DISPUTE = "dispute"
    DISPUTE_AGAIN = "dispute_again"  # the one reopening is used up
    NO_REACTION = "no_reaction"


class Who(Enum):
    """How a person stands to a promise."""

    NGO = auto()  # to whom it was made: the author of the question, or a verified representative of the same NGO
    OWNER = auto()  # who made it, or stands in for them; the whole department when neither they nor a head are there
    HEAD = auto()
    DEPARTMENT = auto()
    ADMIN = auto()
    DEPUTY_MAYOR = auto()
    CLOCK = auto()  # the program itself


class Audience(StrEnum):
    """Who is told."""

    NGO = "ngo"
    OWNER = "owner"
    HEAD = "head"
    ADMINS = "admins"


@dataclass(frozen=True, slots=True)
class Rule:
    """One cell of the table: who may do it, where it leads, who is told."""

    who: frozenset[Who]
    then: PromiseStatus
    tell: tuple[Audience, ...]


_HOLDERS = frozenset({Who.OWNER, Who.HEAD})
_THE_NGO = frozenset({Who.NGO})
_OWNER_AND_HEAD = (Audience.OWNER, Audience.HEAD)
_EVERYBODY_ABOVE = (*_OWNER_AND_HEAD, Audience.ADMINS)

RULES: dict[tuple[PromiseStatus, Step], Rule] = {
    (PromiseStatus.OPEN, Step.KEEP): Rule(_HOLDERS, PromiseStatus.KEPT, (Audience.NGO, Audience.OWNER)),
    (PromiseStatus.OPEN, Step.MOVE): Rule(_HOLDERS, PromiseStatus.OPEN, (Audience.NGO, Audience.OWNER)),
    (PromiseStatus.OPEN, Step.BREAK): Rule(_HOLDERS, PromiseStatus.BROKEN, (Audience.NGO, *_OWNER_AND_HEAD)),
    (PromiseStatus.KEPT, Step.CONFIRM): Rule(_THE_NGO, PromiseStatus.CONFIRMED, (Audience.OWNER,)),
    (PromiseStatus.KEPT, Step.DISPUTE): Rule(_THE_NGO, PromiseStatus.OPEN, _EVERYBODY_ABOVE),
    (PromiseStatus.KEPT, Step.DISPUTE_AGAIN): Rule(_THE_NGO, PromiseStatus.DISPUTED, _EVERYBODY_ABOVE),
    (PromiseStatus.KEPT, Step.NO_REACTION): Rule(
        frozenset({Who.CLOCK}), PromiseStatus.UNDISPUTED, (Audience.NGO, Audience.OWNER)
    ),
}

_NEEDS_TEXT = frozenset({Step.MOVE, Step.BREAK, Step.DISPUTE, Step.DISPUTE_AGAIN})
_YEARS_AHEAD = 2


class NoPromiseDate(CannotAct):
    """Not later than today and the present date, or more than two years ahead."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What, who, by when, to which NGO. `owner_id` only while they work in the department; else it is the head's."""

    id: int
    number: str
    question_id: int
    question_number: str
    department_id: int
    department: Names
    owner_id: int | None
    owner_name: str
    head_id: int | None
    organization_id: int | None
    organization_name: str
    author_id: int | None
    text: str
    due_on: date
    status: PromiseStatus
    made_at: datetime
    moved: int = 0  # how often it got a new date
    disputed: bool = False  # the NGO said once that it was not kept
    react_by: date | None = None  # while it is said to be kept: the last local date on which the NGO may say otherwise
    remind_on: date | None = None
    rungs: int = 0

    def overdue(self, today: date) -> bool:
        return self.status is PromiseStatus.OPEN and self.due_on < today


@dataclass(frozen=True, slots=True)
class PromiseChange:
    """One step, decided and not yet stored: `storage.promises.record` writes it."""

    before: Promise
    after: Promise
    step: Step
    actor: Actor
    text: str
    until: date | None  # the new date, or `react_by`
    tell: tuple[Audience, ...]

    @property
    def actor_id(self) -> int | None:
        return self.actor.id if isinstance(self.actor, Person) else None

    @property
    def side(self) -> str:
        """On whose side the actor took this step: an official may speak for an NGO as well."""
        who = RULES[self.before.status, self.step].who
        return "ngo" if Who.NGO in who else "clock" if Who.CLOCK in who else "city"


def standing(promise: Promise, person: Actor) -> frozenset[Who]:
    """How this person stands to this promise, from what the register says now."""
    if isinstance(person, Clock):
        return frozenset({Who.CLOCK})
    official = person.department_id == promise.department_id
    nobody_else = promise.owner_id is None and promise.head_id is None
    answers = {
        Who.NGO: person.id == promise.author_id
        or (person.organization_id is not None and person.organization_id == promise.organization_id),
        Who.OWNER: official and (promise.owner_id in person.answers_for or nobody_else),
        Who.HEAD: official and person.heads,
        Who.DEPARTMENT: official,
        Who.ADMIN: person.is_admin,
        Who.DEPUTY_MAYOR: person.is_deputy_mayor,
    }
    return frozenset(who for who, is_so in answers.items() if is_so)


def visible(promise: Promise, person: Person) -> bool:
    return bool(standing(promise, person))


def steps_for(promise: Promise, person: Person) -> list[Step]:
    """The steps this person may take now: exactly the buttons."""
    here = standing(promise, person)
    return [
        step
        for (status, step), rule in RULES.items()
        if status is promise.status and rule.who & here and _fits(promise, step)
    ]


def _fits(promise: Promise, step: Step) -> bool:
    match step:
        case Step.DISPUTE:
            return not promise.disputed
        case Step.DISPUTE_AGAIN:
            return promise.disputed
    return True


def disputing(promise: Promise) -> Step:
    """Which of the two steps a dispute is: it reopens once."""
    return Step.DISPUTE_AGAIN if promise.disputed else Step.DISPUTE


def act(
    promise: Promise,
    step: Step,
    person: Actor,
    today: date,
    *,
    text: str = "",
    until: date | None = None,
    react_by: date | None = None,
) -> PromiseChange:
    """One step of a promise's life. Raises NotYours, NotInThisStatus, NothingOfSubstance or NoPromiseDate.

    `react_by` is the last local date on which the NGO may say that it was not kept: after it silence is agreement.
    When it is open again after a dispute, the date stays what it was: nothing of it was done by then.
    """
    here = standing(promise, person)
    if not here:
        raise NotYours
    rule = RULES.get((promise.status, step))
    if rule is None or not _fits(promise, step):
        raise NotInThisStatus
    if not rule.who & here:
        raise NotYours
    if step in _NEEDS_TEXT and blank(text):
        raise NothingOfSubstance
    after = replace(promise, status=rule.then, react_by=react_by if step is Step.KEEP else None)
    match step:
        case Step.MOVE:
            if until is None or until <= promise.due_on or not promisable(until, today):
                raise NoPromiseDate
            after = replace(after, due_on=until, moved=promise.moved + 1, remind_on=None, rungs=0)
        case Step.DISPUTE:
            after = replace(after, disputed=True, remind_on=None)
    named = {Step.MOVE: until, Step.KEEP: react_by}.get(step)
    return PromiseChange(promise, after, step, person, text, named, rule.tell)


def promisable(day: date, today: date) -> bool:
    """In the future, and near enough that somebody will remember."""
    return today < day and (day.year, day.month, day.day) <= (today.year + _YEARS_AHEAD, today.month, today.day)


# --- a date that a text names ---------------------------------------------------------------------------------------


def date_named_in(text: str, today: date) -> date | None:
    """The one date that a text promises something by; None when it names no such date, or several."""
    found = {day for day in dates_in(text, today) if promisable(day, today)}
    return found.pop() if len(found) == 1 else None


# --- reminders ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PromiseReminder:
    """What one promise makes to be told on one morning; the words are those of `domain.reminders.Reminder`."""

    promise: Promise
    stage: Stage
    days_late: int
    climbed: tuple[Rung, ...]
    rungs: int
    next_rung: tuple[date, Rung] | None

    @property
    def first_late(self) -> bool:
        """The NGO is told once that it is late."""
        return self.days_late > 0 and len(self.climbed) == self.rungs > 0


def milestones(promise: Promise, city: City) -> list[tuple[date, Stage]]:
    """3 working days and 1 working day before, and the date itself; none on the day it was made."""
    made_on = city.today(promise.made_at)
    days = {
        city.calendar.add(promise.due_on, -3): Stage.THREE_DAYS,
        city.calendar.add(promise.due_on, -1): Stage.ONE_DAY,
        promise.due_on: Stage.DUE,
    }
    return sorted((day, stage) for day, stage in days.items() if made_on < day)


def _next_after(after: date, days: list[tuple[date, Stage]], due_on: date, calendar: WorkingCalendar) -> date:
    ahead = next((day for day, _ in days if day > after), None)
    return ahead or calendar.add(max(after, due_on), 1)


def remind(promise: Promise, today: date, city: City) -> PromiseReminder | None:
    """What is to be told this morning, however many were missed: the newest of it. None: nothing."""
    passed = [stage for day, stage in milestones(promise, city) if day <= today]
    late = city.calendar.working_days_between(promise.due_on, today) if today > promise.due_on else 0
    if promise.status is not PromiseStatus.OPEN or not (passed or late):
        return None
    reached = city.ladder.reached(late)
    coming = city.ladder.next_after(late)
    return PromiseReminder(
        promise,
        Stage.LATE if today > promise.due_on else passed[-1],
        late,
        reached[promise.rungs :],
        max(promise.rungs, len(reached)),
        (city.calendar.add(promise.due_on, coming[0]), coming[1]) if coming and late else None,
    )


def next_reminder_on(promise: Promise, after: date, city: City) -> date:
    return _next_after(after, milestones(promise, city), promise.due_on, city.calendar)

"""The city's habits as one value: its zone, hours, calendar and terms, and the dates that follow from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.calendar import DueDate, WorkingCalendar, WorkingHours, due, term_starts
from domain.ladder import Ladder
from domain.question import Kind, Question


@dataclass(frozen=True, slots=True)
class DigestTime:
    """When a morning card goes out: the city's time, on working days that fall on these weekdays (1 is Monday)."""

    at: time = time(9, 5)
    weekdays: frozenset[int] = frozenset(range(1, 8))

    def has_come(self, local: datetime) -> bool:
        return local.time() >= self.at and local.isoweekday() in self.weekdays


@dataclass(frozen=True)
class City:
    """What the settings say of the city. Terms are in working days."""

    name: str = "Pavlodar"
    operator: str = ""
    """Who processes personal data, as the consent text names it; empty: the city's internal-policy department."""
    operator_bin: str = ""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Almaty"))
    hours: WorkingHours = field(default_factory=lambda: WorkingHours(time(9), time(18, 30), time(13), time(14, 30)))
    calendar: WorkingCalendar = field(default_factory=WorkingCalendar)
    term: int = 15
    first_day_counts: bool = True
    reaction_term: int = 10
    """How long the NGO may judge an answer before it closes by itself."""
    reply_term: int = 10
    """How long a department waits for the NGO's reply before it may close the question on that ground."""
    reply_reminders: tuple[int, ...] = (3, 7)
    """After how many working days the NGO is reminded that the department waits for it."""

    questions_a_day: int = 0
    """The most that one person may send on one day; 0: as many as they like."""
    questions_a_day_ngo: int = 0
    """The same for all representatives of one NGO together."""

    ladder: Ladder = field(default_factory=Ladder)
    digest: DigestTime = field(default_factory=DigestTime)
    own_digests: Mapping[int, DigestTime] = field(default_factory=dict)
    """Departments that want their morning card at another time or on fewer days."""

    def today(self, now: datetime) -> date:
        return now.astimezone(self.zone).date()

    def due(self, counted_from: datetime, term: int) -> DueDate:
        """When an answer is owed, and why then (АППК art. 64 p. 3, art. 76)."""
        return due(
            counted_from,
            term,
            calendar=self.calendar,
            hours=self.hours,
            zone=self.zone,
            first_day_counts=self.first_day_counts,
        )

    def term_starts(self, counted_from: datetime) -> date:
        """The working day that a term is counted from (АППК art. 64 p. 3)."""
        return term_starts(counted_from, calendar=self.calendar, hours=self.hours, zone=self.zone)

    def due_on(self, kind: Kind, counted_from: datetime, term: int) -> date | None:
        """Thanks have no due date."""
        return None if kind is Kind.THANKS else self.due(counted_from, term).due_on

    def react_by(self, now: datetime) -> date:
        """The last local date on which an answer given now may be judged."""
        return self.calendar.add(self.today(now), self.reaction_term)

    def waited(self, question: Question, now: datetime) -> int:
        """Working days since the department asked the NGO; 0 when it waits for nothing."""
        if question.waiting_since is None:
            return 0
        return self.calendar.working_days_between(self.today(question.waiting_since), self.today(now))

    def ago(self, working_days: int, now: datetime) -> datetime:
        """The same hour so many working days before: whoever was asked by then has had all of them."""
        day = self.calendar.add(self.today(now), -working_days)
        return datetime.combine(day, now.astimezone(self.zone).time(), self.zone)

    def held(self, question: Question, now: datetime) -> int:
        """Working days since the department that has it now received it (АППК art. 64 p. 3); that day is none."""
        received = self.term_starts(question.received_at or question.registered_at)
        return max(0, self.calendar.working_days_between(received, self.today(now)))

    def since_last_morning(self, today: date) -> tuple[datetime, datetime]:
        """From the beginning of the last working day before this one until today began: what "yesterday" means."""
        last = self.calendar.add(today, -1)
        return datetime.combine(last, time(), self.zone), datetime.combine(today, time(), self.zone)

    def month_before(self, today: date) -> tuple[datetime, datetime]:
        """The whole calendar month before this date's."""
        until = today.replace(day=1)
        since = (until - timedelta(days=1)).replace(day=1)
        return datetime.combine(since, time(), self.zone), datetime.combine(until, time(), self.zone)

    def digest_of(self, department_id: int) -> DigestTime:
        return self.own_digests.get(department_id, self.digest)

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone)

    def soon(self, today: date) -> date:
        """Due until this date is "within three working days"."""
        return self.calendar.add(today, 3)

    def why(self, question: Question) -> DueDate:
        """The reckoning of a question's date, done anew from what was stored; what an extension put in its place is
        `question.due_on`.
        """
        return self.due(question.counted_from, question.term)

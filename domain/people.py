"""Who speaks with the bot: languages, roles, and the Person that every action is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

CONSENT_VERSION = "2026-1"
"""Version of the consent text a person agrees to now; whoever agreed to an older one is asked again."""


class Language(StrEnum):
    """A language a person reads; the order is that of the first message."""

    KK = "kk"
    RU = "ru"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Names:
    """One name in the three languages."""

    en: str
    ru: str
    kk: str

    def in_(self, language: Language) -> str:
        return {Language.EN: self.en, Language.RU: self.ru, Language.KK: self.kk}[language]


class OrganizationState(StrEnum):
    """Where an NGO stands in the register."""

    REGISTERED = "registered"  # an administrator or the city's list put it there
    PROPOSED = "proposed"  # a person typed it in; nobody has looked yet
    DECLINED = "declined"  # an administrator found that it is no NGO of this city
    SUSPENDED = "suspended"  # reads and follows, asks nothing new until it is restored
    MERGED = "merged"  # a duplicate: everything of it moved to the record it points to


@dataclass(frozen=True, slots=True)
class Organization:
    """An NGO: a record of the register, never a person. `bin` is twelve digits or nothing.

    `reason` is why it was declined or suspended; `active_on` when its people last said that it works, `stopped_on`
    when they last said that it does not.
    """

    id: int
    name: str
    bin: str | None
    field: str
    state: OrganizationState
    reason: str = ""
    active_on: date | None = None
    stopped_on: date | None = None
    merged_into: int | None = None


class RepresentativeState(StrEnum):
    """Whether a person's word that they speak for an NGO was checked."""

    WAITING = "waiting"  # may already ask: acceptance is never refused
    VERIFIED = "verified"  # sees and continues all the NGO's questions
    DECLINED = "declined"  # keeps what they asked themselves, and may name another NGO


@dataclass(frozen=True, slots=True)
class Representative:
    """A person who speaks for an NGO: its head or a member."""

    organization_id: int
    organization_name: str
    state: RepresentativeState
    is_head: bool
    suspended: bool = False  # the NGO, not the person: reads and follows, asks nothing new
    reason: str = ""  # why the person was declined


@dataclass(frozen=True, slots=True)
class Official:
    """A person who answers for a department. `name` and `post` are what NGOs see."""

    department_id: int
    department: Names
    is_head: bool
    name: str
    post: str


@dataclass(frozen=True, slots=True)
class Leave:
    """An official is away, from `since` until just before `until`. No deputy: the one who was chosen is gone."""

    person_id: int
    deputy_id: int | None
    since: datetime
    until: datetime

    def lasts(self, now: datetime) -> bool:
        return self.since <= now < self.until


def stand_in(person_id: int, away: Mapping[int, int | None], head_id: int | None) -> int | None:
    """Who gets the cards of an official on leave; `away` has the deputy of each one of the department who is.

    The deputy; the head of the department where the deputy is away as well; nobody where the head is away too: then
    the cards go to the one on leave, as ever, for somebody must have them.
    """
    for one in (away[person_id], head_id):
        if one is not None and one != person_id and one not in away:
            return one
    return None


class Wants(StrEnum):
    """What an official hears of by themselves; answers to their own deeds always come."""

    AT_ONCE = "at_once"  # each new question, reminders, the morning card
    DIGEST = "digest"  # the morning card and reminders: new questions wait for it
    ONLY_MINE = "only_mine"  # only what they are responsible for


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who writes to the bot; identity is the Telegram id, never a username.

    A guest has no consent; everything beyond reading needs one, except the administrator's desk,
    which the city itself assigned.
    """

    id: int
    name: str
    language: Language | None
    consent: str | None = None
    simple: bool = False
    blocked: bool = False  # the person blocked the bot, as far as Telegram told us
    representative: Representative | None = None
    official: Official | None = None
    is_admin: bool = False
    is_deputy_mayor: bool = False  # reads everything, hears of what is long overdue
    wants: Wants = Wants.AT_ONCE
    stands_in_for: frozenset[int] = frozenset()  # colleagues on leave whose cards this official gets now
    stands_in_for_head: bool = False  # one of them leads the department

    @property
    def consented(self) -> bool:
        return self.consent == CONSENT_VERSION

    @property
    def speaks_for_ngo(self) -> bool:
        """May ask: verified or still waiting."""
        return self.representative is not None and self.representative.state is not RepresentativeState.DECLINED

    @property
    def organization_id(self) -> int | None:
        """The NGO whose questions this person sees: only when verified."""
        found = self.representative
        return found.organization_id if found and found.state is RepresentativeState.VERIFIED else None

    @property
    def department_id(self) -> int | None:
        return self.official.department_id if self.official else None

    @property
    def heads(self) -> bool:
        """Is the head of a department, or stands in for its head."""
        return self.official is not None and (self.official.is_head or self.stands_in_for_head)

    @property
    def answers_for(self) -> frozenset[int]:
        """Whose questions are this person's: their own, and those of the colleagues they stand in for."""
        return self.stands_in_for | {self.id}

    @property
    def shown_name(self) -> str:
        """What others read: the official's name as given for NGOs, else the name in Telegram."""
        return self.official.name if self.official and self.official.name else self.name


class Role(StrEnum):
    """What an invitation makes of a person."""

    REPRESENTATIVE = "representative"
    OFFICIAL = "official"
    HEAD = "head"  # an official who leads the department
    ADMIN = "admin"
    DEPUTY_MAYOR = "deputy_mayor"


@dataclass(frozen=True, slots=True)
class Invitation:
    """A deep link that works once. The code itself is known only to the link; storage keeps its hash."""

    id: int
    role: Role
    organization_id: int | None
    department_id: int | None
    expires_at: datetime
    used: bool
    withdrawn: bool = False

    def works(self, now: datetime) -> bool:
        return not self.used and not self.withdrawn and now < self.expires_at


WRONG_CODES = 5
"""So many codes that no invitation bears, and the next ones are not even looked at."""
AN_HOUR = timedelta(hours=1)


def slowed_until(wrong: Sequence[datetime]) -> datetime | None:
    """Until when the codes of somebody who guesses are not looked at; `wrong`: when the newest of them came.

    Somebody who mistypes a code now and then is not slowed: the five must fall into one hour.
    """
    newest = sorted(wrong)[-WRONG_CODES:]
    if len(newest) < WRONG_CODES or newest[-1] - newest[0] >= AN_HOUR:
        return None
    return newest[-1] + AN_HOUR

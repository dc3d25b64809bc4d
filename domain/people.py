"""Who speaks with the bot: languages, roles, and the Person that every action is given."""

from dataclasses import dataclass
from datetime import datetime
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


@dataclass(frozen=True, slots=True)
class Organization:
    """An NGO: a record of the register, never a person. `bin` is twelve digits or nothing."""

    id: int
    name: str
    bin: str | None
    field: str
    state: OrganizationState


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


@dataclass(frozen=True, slots=True)
class Official:
    """A person who answers for a department. `name` and `post` are what NGOs see."""

    department_id: int
    department: Names
    is_head: bool
    name: str
    post: str


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
        """Is the head of a department."""
        return self.official is not None and self.official.is_head

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

    def works(self, now: datetime) -> bool:
        return not self.used and now < self.expires_at

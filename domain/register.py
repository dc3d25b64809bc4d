"""The register of NGOs: what a BIN is, and how a name typed with mistakes finds its NGO.

    BadBin
     ├── BinHasLetters
     ├── BinHasWrongLength
     ├── BinIsAPerson
     ├── BinHasWrongShape
     └── BinChecksumFails

A search goes in two steps, the same on SQLite and PostgreSQL: storage keeps the `trigrams` of each name and picks the
names that share some with the query; `likeness` then ranks those few, and `MATCH` says where the list ends.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache
from math import log

from domain.people import OrganizationState


class BadBin(ValueError):
    """This is not the BIN of an organisation."""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


class BinHasLetters(BadBin):
    """A BIN has only the digits 0 to 9, with spaces or dashes between them."""


class BinHasWrongLength(BadBin):
    """A BIN has twelve digits."""


class BinIsAPerson(BadBin):
    """These twelve digits look like a person's IIN; the BIN of the organisation is needed."""


class BinHasWrongShape(BadBin):
    """A BIN begins with the year and month of registration, then 4, 5 or 6, then 0 to 3."""


class BinChecksumFails(BadBin):
    """The last digit does not fit the others: one of them is mistyped."""


_IIN = re.compile(r"[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{6}")
"""A person's number begins with the date of birth, so its fifth digit is 0 to 3."""
_BIN = re.compile(r"[0-9]{2}(?:0[1-9]|1[0-2])[456][0-3][0-9]{6}")
"""Year, month; 4 resident, 5 non-resident, 6 joint entrepreneurs; 0 head, 1-3 branches; serial; check digit."""


def parse_bin(text: str) -> str:
    """The twelve digits of a BIN as typed, with or without spaces and dashes. Raises a BadBin that says what is wrong.

    A text that raises BinHasLetters may well be a name.
    """
    digits = "".join(c for c in text if not c.isspace() and unicodedata.category(c) != "Pd")
    if not digits.isascii() or not (digits.isdecimal() or not digits):
        raise BinHasLetters
    if len(digits) != 12:
        raise BinHasWrongLength
    if _IIN.fullmatch(digits):  # before the check digit: a mistyped IIN is a person's as well
        raise BinIsAPerson
    if not _BIN.fullmatch(digits):
        raise BinHasWrongShape
    if bin_checksum(digits[:11]) != int(digits[11]):
        raise BinChecksumFails
    return digits


_WEIGHTS = ((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2))


def bin_checksum(first_eleven: str) -> int | None:
    """The twelfth digit of a BIN or IIN, or None when no number may begin so (both rounds give ten)."""
    for weights in _WEIGHTS:
        rest = sum(int(digit) * weight for digit, weight in zip(first_eleven, weights, strict=True)) % 11
        if rest < 10:
            return rest
    return None


_TYPED_INSTEAD = str.maketrans("қғәөұүіңһ", "кгаоууинх")
"""Kazakh letters, and the Russian ones that are typed on a keyboard without them."""
_TWINS = str.maketrans("aceopxyih", "асеорхуих")
"""Latin letters that stand for Cyrillic ones in a word that has both, such as `бiрлестiк`."""
_CYRILLIC = re.compile("[а-яѐ-ӿ]")

_LEGAL_FORMS = (
    "ОО ОФ ЧФ КФ ОЮЛ РОО РОФ ЧУ НКО НПО ҚБ ҚҚ ҚҰ ЗТБ ЖҚ ЖМ ҮЕҰ ҮЕМ",
    "общественное объединение",
    "общественный фонд",
    "частный фонд",
    "корпоративный фонд",
    "объединение юридических лиц",
    "частное учреждение",
    "учреждение",
    "қоғамдық бірлестігі",
    "қоғамдық бірлестік",
    "қоғамдық қоры",
    "қоғамдық қор",
    "жеке қоры",
    "жеке қор",
    "корпоративтік қоры",
    "корпоративтік қор",
    "заңды тұлғалар бірлестігі",
    "жеке мекемесі",
    "мекемесі",
)


def plain(text: str) -> str:
    """Lower-case words of letters and digits only, one space between them, no accents, one letter for look-alikes.

    Two names that are plainly the same differ in nothing but typography; the legal form is a part of them.
    """
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text.replace("№", " ")).casefold())
    spaced = decomposed.translate(_KEPT).translate(_TYPED_INSTEAD)
    return " ".join(word.translate(_TWINS) if _CYRILLIC.search(word) else word for word in spaced.split())


class _Kept(dict[int, str]):
    """Letters and digits stay; accents and invisible characters go, so that ё is е and й is и; the rest parts words.

    What became of a character is remembered, for those of the alphabets that people write in.
    """

    def __missing__(self, code: int) -> str:
        category = unicodedata.category(character := chr(code))
        kept = character if category[0] in "LN" else "" if category[0] == "M" or category == "Cf" else " "
        if len(self) < _ALPHABETS:
            self[code] = kept
        return kept


_ALPHABETS = 2_000
_KEPT = _Kept()


_SHORT_FORMS, *_LONG_FORMS = (plain(form) for form in _LEGAL_FORMS)
_FORM = re.compile(rf"(?<!\S)(?:{'|'.join([*_LONG_FORMS, *_SHORT_FORMS.split()])})(?!\S)")


@lru_cache(maxsize=4_096)
def fold(name: str) -> str:
    """The name as it is compared: plain lower-case words, Kazakh letters as typed in Russian, no legal form.

    The legal form stays when there is nothing else.
    """
    written = bare = plain(name)
    while (shorter := " ".join(_FORM.sub(" ", bare).split())) != bare:  # dropping one may bring two halves together
        bare = shorter
    return bare or written


def trigrams(name: str) -> frozenset[str]:
    """Each three neighbouring characters of the folded words, padded as pg_trgm does: beginnings weigh more.

    A word of four letters with one wrong letter still shares some with the right word.
    """
    padded = (f"  {word} " for word in fold(name).split())
    return frozenset(word[i : i + 3] for word in padded for i in range(len(word) - 2))


MATCH = 0.6
"""From this likeness on a name is shown. A query of two words one of which is not in the name stays near a half,
and one with a mistake in every word near 0.75: between the two, nearer to showing too much, since people choose
from five buttons but cannot choose what they do not see."""

_MAX_LENGTH = 400
_MAX_QUERY_WORDS = 12
"""A person may paste a page; the words of a name stand at its beginning."""
_MAX_WORD = 60
_SAME_WORD = 0.72
"""Below this difflib's ratio finds only that both words are Russian; one wrong letter in four gives 0.75."""


def likeness(query: str, name: str) -> float:
    """How well the query names this NGO: 1.0 its name, 0.0 nothing in common. A part of the name is enough.

    Nine tenths are how much of the query is in the name, one tenth how much of the name is in the query: of two
    names that contain the query the shorter is meant.
    """
    asked, known = fold(query[:_MAX_LENGTH]), fold(name[:_MAX_LENGTH])
    if not asked:
        return 0.0
    if asked == known:
        return 1.0
    asked_words, known_words = asked.split()[:_MAX_QUERY_WORDS], known.split()
    by_words = 0.9 * _found(asked_words, known_words) + 0.1 * _found(known_words, asked_words)
    glued = 0.9 * _word_likeness("".join(asked_words)[:_MAX_WORD], "".join(known_words)[:_MAX_WORD])
    return min(max(by_words, glued), 0.99)


def _found(words: Sequence[str], among: Sequence[str]) -> float:
    """The share of the words' letters that is found among the others, each word at its best likeness."""
    letters = sum(len(word) for word in words)
    if not letters or not among:
        return 0.0
    best = (len(w) * max(_word_likeness(w[:_MAX_WORD], other[:_MAX_WORD]) for other in among) for w in words)
    return sum(best) / letters


@lru_cache(maxsize=20_000)
def _word_likeness(asked: str, known: str) -> float:
    """Whether one word means another: the same, its beginning, a part of it, or it with a mistake."""
    if asked == known:
        return 1.0 if asked else 0.0
    if len(asked) < 3:
        return 0.0
    if known.startswith(asked):
        return 0.95
    if len(asked) < 4:  # a mistake in three letters is another word
        return 0.0
    if asked in known:
        return 0.85
    ratio = max(_ratio(asked, known), 0.95 * _ratio(asked, known[: len(asked)]))
    return ratio if ratio >= _SAME_WORD else 0.0


def _ratio(a: str, b: str) -> float:
    """Difflib's; 0.0 where the letters alone forbid `_SAME_WORD`, which is so for most pairs and seen much sooner."""
    common = min(sum(letter in b for letter in a), sum(letter in a for letter in b))
    if 2 * common < _SAME_WORD * (len(a) + len(b)):
        return 0.0
    return SequenceMatcher(None, a, b, autojunk=False).ratio()


ALIKE = 0.8
"""From this likeness, both ways, two names may be those of one NGO: a letter or two apart, not a word."""
_SHARED = 0.4
"""Two names that are alike share at least this part of their trigrams: a wrong letter spoils three."""
_MEETINGS = 2
"""Among the rarest trigrams of two names that are alike, at least so many are the same."""
_LONGEST_LIST = 60
_WEIGHED = 6
"""A trigram of more names than that says nothing, and only so many of the names that share most are weighed:
ten thousand names against ten thousand alike ones take seconds, not hours."""


class _Weights(dict[str, float]):
    """How much each trigram says; one that no name has says most."""

    rare: float = 0.0

    def __missing__(self, trigram: str) -> float:
        return self.rare


class NameIndex:
    """Finds the name most like a given one among thousands, without comparing it with each.

    Two sets that share much share some of their rarest trigrams as well, so only those are kept and looked up; what is
    found so is weighed by how rare the shared trigrams are, and the heaviest is compared closely.
    """

    def __init__(self, names: Iterable[tuple[int, str]]) -> None:
        self._known = {id_: (name, trigrams(name)) for id_, name in names}
        how_many = Counter(t for _, of_name in self._known.values() for t in of_name)
        self._weights = _Weights()
        self._weights.rare = log(len(self._known) + 2)
        self._weights.update({t: self._weights.rare - log(n) for t, n in how_many.items()})
        self._lists: dict[str, list[int]] = {}
        for id_, (_, of_name) in self._known.items():
            for trigram in self._rarest(of_name):
                self._lists.setdefault(trigram, []).append(id_)

    def _rarest(self, of_name: frozenset[str]) -> list[str]:
        """Of equally rare ones the same for every name, so that two names meet in them."""
        in_order = sorted(sorted(of_name), key=self._weights.__getitem__, reverse=True)
        return in_order[: len(in_order) - int(_SHARED * len(in_order)) + 1]

    def most_alike(self, name: str) -> int | None:
        """The id of the name that may mean the same NGO; None when none does."""
        asked = trigrams(name)
        shared: Counter[int] = Counter()
        for trigram in self._rarest(asked):
            shared.update(self._lists.get(trigram, ())[:_LONGEST_LIST])
        often = (id_ for id_, times in shared.most_common(_WEIGHED) if times >= _MEETINGS)
        part, least = max(((self._shared_part(asked, id_), -id_) for id_ in often), default=(0.0, 0))
        if part < _SHARED:
            return None
        known = self._known[-least][0]
        return -least if likeness(name, known) >= ALIKE and likeness(known, name) >= ALIKE else None

    def _shared_part(self, asked: frozenset[str], id_: int) -> float:
        """By weight, from 0 to 1."""
        of_known = self._known[id_][1]
        common = sum(map(self._weights.__getitem__, asked & of_known))
        only_one = sum(map(self._weights.__getitem__, asked ^ of_known))
        return common / (common + only_one)


# --- what an administrator decides ------------------------------------------------------------------------------------


class Decision(StrEnum):
    """What an administrator may say of a record."""

    APPROVE = "approve"
    DECLINE = "decline"
    SUSPEND = "suspend"
    RESTORE = "restore"
    MERGE = "merge"


_DECISIONS = {
    (OrganizationState.PROPOSED, Decision.APPROVE): OrganizationState.REGISTERED,
    (OrganizationState.PROPOSED, Decision.DECLINE): OrganizationState.DECLINED,
    (OrganizationState.PROPOSED, Decision.MERGE): OrganizationState.MERGED,
    (OrganizationState.REGISTERED, Decision.SUSPEND): OrganizationState.SUSPENDED,
    (OrganizationState.REGISTERED, Decision.MERGE): OrganizationState.MERGED,
    (OrganizationState.SUSPENDED, Decision.RESTORE): OrganizationState.REGISTERED,
    (OrganizationState.SUSPENDED, Decision.MERGE): OrganizationState.MERGED,
    (OrganizationState.DECLINED, Decision.APPROVE): OrganizationState.REGISTERED,
    (OrganizationState.DECLINED, Decision.MERGE): OrganizationState.MERGED,
}


def decided(state: OrganizationState, decision: Decision) -> OrganizationState | None:
    """Where the record stands after this decision; None where the decision is not to be made."""
    return _DECISIONS.get((state, decision))


def decisions_for(state: OrganizationState) -> list[Decision]:
    """The buttons of its card."""
    return [decision for decision in Decision if (state, decision) in _DECISIONS]

"""A department's ready answers: a text in up to three languages, with places for facts of the question.

A place is one of `PLACES` in braces, `{number}`. Each is replaced as it stands, once: whatever else stands in braces is
text, and so is what a fact brings along.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from domain.people import Language, Names

PLACES = ("number", "organization", "topic", "due_date", "department")
MAX_TITLE = 60
"""A button has room for it."""
MAX_TEXT = 3_000
"""Characters: less than an answer may have, since facts come into it."""
MAX_TEMPLATES = 30
_ORDER = (Language.RU, Language.KK, Language.EN)
"""What most of the city reads comes first where the wanted language is missing."""

_KNOWN = re.compile("|".join(re.escape("{" + place + "}") for place in PLACES))
_IN_BRACES = re.compile(r"\{[^{}\n]{0,60}\}")


@dataclass(frozen=True, slots=True)
class Template:
    """`texts` are empty where nobody wrote one; one is always there."""

    id: int
    department_id: int
    title: str
    texts: Names

    def best_for(self, language: Language) -> tuple[Language, str]:
        """The text in this language, or in the first other one that has it."""
        found = next((one for one in (language, *_ORDER) if self.texts.in_(one)), language)
        return found, self.texts.in_(found)


def filled(text: str, facts: Mapping[str, str]) -> str:
    """The text with each place replaced by its fact. A fact that is missing leaves its place as it stands."""
    return _KNOWN.sub(lambda place: facts.get(place.group()[1:-1], place.group()), text)


def unknown(text: str) -> list[str]:
    """What looks like a place and is none, each once."""
    return [found for found in dict.fromkeys(_IN_BRACES.findall(text)) if not _KNOWN.fullmatch(found)]

"""The words. English stands in the code; `kk.po` and `ru.po` beside this file are the translations.

    words.say("№ {number} is registered.", number=number)      a sentence; values are escaped for Telegram's HTML
    words.count("{n} working day", "{n} working days", n)      with a number, in the right plural form
    words.label("take")                                        a button, exactly as in the glossary

Catalogues are read from the .po files at the first use: there is nothing to compile and nothing that can be stale.
"""

import gettext
import io
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from markupsafe import Markup

from domain.people import Language
from texts.labels import LABELS

FOLDER = Path(__file__).parent
_LOCALES = {Language.EN: "en_GB", Language.RU: "ru", Language.KK: "kk"}


def N_(message: str) -> str:
    """Mark a phrase to be translated where it is used."""
    return message


@cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    if language is Language.EN:
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    with (FOLDER / f"{language}.po").open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _quoted_once(sentence: str, facts: Mapping[str, object]) -> str:
    for name, fact in facts.items():
        if isinstance(fact, str) and "«" in fact:
            sentence = sentence.replace(f"«{{{name}}}»", f"{{{name}}}")
    return sentence


class Words:
    """One language's way of saying things. Moments are told in the city's zone."""

    def __init__(self, language: Language, zone: ZoneInfo) -> None:
        self.language = language
        self.zone = zone
        self._gettext: Callable[[str], str] = _catalogue(language).gettext
        self._ngettext: Callable[[str, str, int], str] = _catalogue(language).ngettext

    def say(self, message: str, /, **facts: object) -> Markup:
        """The sentence with its facts, which are escaped unless they are Markup already.

        A name in quotation marks gets no others around it: NGOs nearly always have their own.
        """
        sentence = _quoted_once(self._gettext(message), facts)
        return Markup(sentence).format(**facts)  # noqa: S704 - translations are ours, facts are escaped

    def count(self, one: str, many: str, n: int, /, **facts: object) -> Markup:
        """The sentence for this number; `{n}` in it is the number."""
        sentence = _quoted_once(self._ngettext(one, many, n), facts)
        return Markup(sentence).format(n=n, **facts)  # noqa: S704 - as above

    def plain(self, message: str, /, **facts: object) -> str:
        """The sentence where nothing is parsed: button labels, file names, captions of albums."""
        return str(self.say(message, **{k: Markup(v) for k, v in facts.items()}))  # noqa: S704 - nothing is parsed there

    def label(self, key: str) -> str:
        """A button of the glossary."""
        return self._gettext(LABELS[key])

    def day(self, day: date) -> str:
        """`14 May 2026`, in the language's own order."""
        from babel.dates import format_date

        return format_date(day, "long", locale=_LOCALES[self.language])

    def weekday(self, day: date) -> str:
        """`14 May 2026, Thursday`: for a date that somebody plans by."""
        from babel.dates import format_date

        return f"{self.day(day)}, {format_date(day, 'EEEE', locale=_LOCALES[self.language])}"

    def decimal(self, number: float) -> str:
        """`2.5`, and `2,5` where a comma is written."""
        from babel.numbers import format_decimal

        return format_decimal(number, "0.#", locale=_LOCALES[self.language])

    def time(self, moment: datetime) -> str:
        """`14:02`, the city's time."""
        return f"{moment.astimezone(self.zone):%H:%M}"

    def moment(self, moment: datetime) -> str:
        """`14 May 2026, 14:02`, the city's time."""
        return f"{self.day(moment.astimezone(self.zone).date())}, {self.time(moment)}"

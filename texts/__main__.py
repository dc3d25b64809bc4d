"""`python -m texts collect` brings the catalogues up to date with the code; `check` says what is missing or broken."""

import re
import string
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from texts import FOLDER

ROOT = FOLDER.parent
_KEYWORDS = {"say": None, "plain": None, "N_": None, "count": (1, 2)}
"""The functions that take a phrase: `words.say(…)`, `words.count(one, many, n)`, `N_(…)`."""
_FOLDERS = ("domain", "texts", "handlers")
_PLURAL_FORMS = {
    "ru": (3, "(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2)"),
    "kk": (1, "0"),  # after a numeral Kazakh uses the singular
}


def collected() -> Catalog:
    """Every phrase of the code."""
    catalogue = Catalog(project="Köpir", charset="utf-8")
    for folder in _FOLDERS:
        found = extract_from_dir(ROOT / folder, [("**.py", "python")], keywords=_KEYWORDS)
        for file, line, message, _comments, context in found:
            catalogue.add(message, None, [(f"{folder}/{file}", line)], context=context)
    return catalogue


def _read(language: str) -> Catalog:
    file = FOLDER / f"{language}.po"
    if not file.exists():
        return Catalog(locale=language, project="Köpir", charset="utf-8")
    with file.open("rb") as source:
        return read_po(source, locale=language)


def collect() -> None:
    """Add new phrases untranslated, drop those the code no longer has, keep the rest."""
    for language in _PLURAL_FORMS:
        catalogue = _read(language)
        catalogue.update(collected(), no_fuzzy_matching=True, update_creation_date=False)
        catalogue.obsolete.clear()
        with (FOLDER / f"{language}.po").open("wb") as target:
            write_po(target, catalogue, width=0, include_lineno=False, sort_output=True, omit_header=False)
        _fix_header(FOLDER / f"{language}.po", language)


def _fix_header(file: Path, language: str) -> None:
    """Babel writes two forms for Kazakh, and dates that change at every run."""
    forms, rule = _PLURAL_FORMS[language]
    text = file.read_text("utf-8")
    text = re.sub(r'"Plural-Forms:[^"]*"', f'"Plural-Forms: nplurals={forms}; plural={rule};\\\\n"', text)
    text = text[text.index('msgid ""') :]  # Babel's comment of names and copyrights that nobody filled in
    text = re.sub(r'"(POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team):[^"]*"\n', "", text)
    file.write_text(text, "utf-8")


def faults() -> Iterator[str]:
    """What a person would stumble over: phrases missing, left over, or whose facts and tags do not fit."""
    wanted = {m.id: m for m in collected() if m.id}
    for language, (forms, _) in _PLURAL_FORMS.items():
        had = {m.id: m for m in _read(language) if m.id}
        for phrase in wanted.keys() - had.keys():
            yield f"{language}: not in the catalogue (make words): {phrase!r}"
        for phrase in had.keys() - wanted.keys():
            yield f"{language}: no longer in the code (make words): {phrase!r}"
        for phrase in wanted.keys() & had.keys():
            yield from (f"{language}: {fault}: {phrase!r}" for fault in _faults_of(had[phrase], forms))


def _faults_of(message: Message, forms: int) -> Iterator[str]:
    ids = (message.id,) if isinstance(message.id, str) else tuple(message.id)
    said = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
    if message.fuzzy:
        yield "marked as doubtful"
    if len(ids) > 1 and len(said) != forms:
        yield f"has {len(said)} plural forms instead of {forms}"
    for one in said:
        if not one.strip():
            yield "not translated"
        elif fields(one) != fields(ids[-1]) and fields(one) != fields(ids[-1]) - {"n"}:
            yield f"has the facts {sorted(fields(one))} instead of {sorted(fields(ids[-1]))}"
        elif _tags(one) != _tags(ids[-1]):
            yield f"has the tags {_tags(one)} instead of {_tags(ids[-1])}"


def fields(phrase: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(phrase) if name is not None}


def _tags(phrase: str) -> list[str]:
    return sorted(re.findall(r"</?[a-z]+>", phrase))


def main(arguments: list[str]) -> int:
    if arguments == ["collect"]:
        collect()
        return 0
    if arguments == ["check"]:
        found = list(faults())
        sys.stdout.writelines(f"{fault}\n" for fault in found)
        sys.stdout.write(f"translations: {len(found)} faults\n" if found else "translations: complete\n")
        return bool(found)
    sys.stderr.write("python -m texts collect | check\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

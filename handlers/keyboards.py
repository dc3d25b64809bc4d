"""The buttons. Those of a question are drawn from the rules: what the table forbids this person now is not there."""

from collections.abc import Iterable, Sequence
from typing import Any

from domain.people import Language, Person, RepresentativeState
from domain.question import Action, Kind, Question, actions_for
from handlers.speech import Button, Keyboard
from storage.departments import Department, Topic
from storage.pages import Page, Section
from texts import Words
from texts.labels import FIELDS, KIND_LABELS, OUTCOME_LABELS

LANGUAGES = {Language.KK: "Қазақша", Language.RU: "Русский", Language.EN: "English"}
"""The same in every language: somebody who reads none of the others must find theirs."""


def rows(buttons: Iterable[Button], width: int) -> list[list[Button]]:
    every = list(buttons)
    return [every[i : i + width] for i in range(0, len(every), width)]


def languages(first: Language | None) -> Keyboard:
    """Telegram's language only decides the order."""
    order = sorted(LANGUAGES, key=lambda language: language is not first)
    return [[Button(LANGUAGES[language], f"language:{language}") for language in order]]


def labelled(words: Words, *keys_and_data: tuple[str, str], width: int = 2) -> Keyboard:
    return rows((Button(words.label(key), data) for key, data in keys_and_data), width)


def cancel(words: Words) -> Keyboard:
    """Alone under a question that is answered by typing."""
    return labelled(words, ("cancel", "cancel"))


def kinds(words: Words) -> Keyboard:
    choice = rows((Button(words.label(key), f"kind:{kind}") for kind, key in KIND_LABELS.items()), 2)
    return [*choice, [Button(words.label("cancel"), "cancel")]]


def topics(words: Words, known: Sequence[Topic]) -> Keyboard:
    choice = [[Button(topic.names.in_(words.language), f"topic:{topic.id}")] for topic in known]
    last = [Button(words.label("not_sure"), "topic:0"), Button(words.label("cancel"), "cancel")]
    return [*choice, last]


def departments(words: Words, known: Sequence[Department], data: str) -> Keyboard:
    """`data` gets the department's id behind a colon."""
    return [[Button(d.names.in_(words.language), f"{data}:{d.id}")] for d in known]


def fields(words: Words) -> Keyboard:
    return rows((Button(words.plain(said), f"field:{key}") for key, said in FIELDS.items()), 2)


def outcomes(words: Words) -> Keyboard:
    choice = rows((Button(words.label(key), f"outcome:{o}") for o, key in OUTCOME_LABELS.items()), 1)
    return [*choice, [Button(words.label("cancel"), "cancel")]]


_ACTION_BUTTONS = {
    Action.TAKE: "take",
    Action.REPLY: "reply",
    Action.ANSWER: "answer",
    Action.PROPOSE: "answer",
    Action.CLARIFY: "clarify",
    Action.CLOSE_UNCLEAR: "close_unclear",
    Action.PART_DONE: "part_done",
    Action.FORWARD: "forward",
    Action.EXTEND: "extend",
    Action.SPLIT: "split",
    Action.INVOLVE: "involve",
    Action.NOTE: "note",
    Action.CORRECT: "answer_correct",
    Action.ASSIGN: "assign",
    Action.ROUTE: "forward",
    Action.SOLVED: "solved",
    Action.PARTLY: "partly",
    Action.NOT_ANSWERED: "not_answered",
    Action.NOT_ANSWERED_AGAIN: "not_answered",
    Action.WITHDRAW: "withdraw",
}


def question(words: Words, shown: Question, person: Person, *, attachments: bool = False) -> Keyboard:
    """What this person may do with this question now, and what may always be looked at."""
    allowed = actions_for(shown, person)
    actions = [a for a in _ACTION_BUTTONS if a in allowed]
    buttons: list[Button] = []
    if Action.APPROVE in allowed:  # the answer is decided about first, and the head's own begins from it
        buttons = proposal(words, shown, person)
        actions = [a for a in actions if a is not Action.ANSWER]
    elif Action.EXTENSION_APPROVED in allowed:
        buttons = extension(words, shown)
    buttons += [Button(words.label(_ACTION_BUTTONS[a]), f"{_ACTION_BUTTONS[a]}:{shown.number}") for a in actions]
    if shown.kind is not Kind.THANKS:
        buttons.append(Button(words.label("why_date"), f"why_date:{shown.number}"))
    if attachments:
        buttons.append(Button(words.label("attachments"), f"attachments:{shown.number}"))
    return rows(buttons, 2)


def proposal(words: Words, shown: Question, person: Person) -> list[Button]:
    """The head's word on the answer that waits. A button names the very answer: another may take its place."""
    may, of = actions_for(shown, person), f"{shown.number}:{shown.proposed_id}"
    found = {Action.APPROVE: ("approve", "answer_approve"), Action.RETURN: ("return_answer", "answer_return")}
    found |= {Action.ANSWER: ("edit_answer", "proposal_edit")}
    return [Button(words.label(label), f"{data}:{of}") for action, (label, data) in found.items() if action in may]


def extension(words: Words, shown: Question) -> list[Button]:
    """The word on the later date that is asked for; a button names the date."""
    of = f"{shown.number}:{shown.extend_to}"
    return [
        Button(words.label("approve"), f"extension_approve:{of}"),
        Button(words.label("decline"), f"extension_decline:{of}"),
    ]


def decision(words: Words, applicant: Person) -> Keyboard:
    """An administrator's word on a waiting person; nothing to press once it was given."""
    if applicant.representative is None or applicant.representative.state is not RepresentativeState.WAITING:
        return []
    return labelled(words, ("approve", f"approve:{applicant.id}"), ("decline", f"decline:{applicant.id}"))


def card(*numbers: str) -> list[list[Button]]:
    """Back to the card of a question, under what was said of it; of several, one below the other."""
    return [[Button(number, f"card:{number}")] for number in numbers]


def pager(words: Words, page: Page[Any] | Section, data: str, after: str = "") -> list[list[Button]]:
    """`data` gets the page's number behind a colon, and `after` stands behind that."""
    buttons = []
    if page.number > 0:
        buttons.append(Button(words.label("earlier"), f"{data}:{page.number - 1}{after}"))
    if page.number + 1 < page.pages:
        buttons.append(Button(words.label("later"), f"{data}:{page.number + 1}{after}"))
    return [buttons] if buttons else []

"""The rules of a question's life, cell by cell, as the product promises them; nothing here is read from `RULES`."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.draft import Attachment, AttachmentKind
from domain.people import (
    Language,
    Names,
    Official,
    Person,
    Representative,
    RepresentativeState,
)
from domain.question import (
    CLOCK,
    RULES,
    Action,
    Actor,
    AlreadyTaken,
    Audience,
    CannotAct,
    Change,
    Ending,
    Kind,
    NothingOfSubstance,
    Notice,
    NotInThisStatus,
    NotYours,
    Outcome,
    Question,
    Status,
    TooFar,
    Verdict,
    act,
    actions_for,
    answering,
    ask,
    concerned,
    not_answered,
    reads_note,
    visible,
)

ASKED = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 16, 5, 30, tzinfo=UTC)
DUE = date(2026, 3, 30)
DUE_AGAIN = date(2026, 4, 9)
REACT_BY = date(2026, 4, 1)

PARASAT, KOMEK = 1, 2
CULTURE, EDUCATION = 10, 20


def of_ngo(person_id: int, name: str, ngo: int, state: RepresentativeState = RepresentativeState.VERIFIED) -> Person:
    return Person(person_id, name, Language.RU, representative=Representative(ngo, "Парасат", state, False))


def of_department(person_id: int, name: str, department: int, *, head: bool = False) -> Person:
    names = Names("Culture", "Отдел культуры", "Мәдениет бөлімі")
    return Person(person_id, name, Language.RU, official=Official(department, names, head, name, "специалист"))


AIGERIM = of_ngo(101, "Aigerim", PARASAT)
BOLAT = of_ngo(102, "Bolat", PARASAT)
DINARA = of_ngo(103, "Dinara", PARASAT, RepresentativeState.WAITING)
ERLAN = of_ngo(104, "Erlan", KOMEK)
ZARINA = of_department(201, "Zarina", CULTURE)
DANIYAR = of_department(202, "Ахметов Д. Б.", CULTURE)
GULNARA = of_department(203, "Gulnara", CULTURE, head=True)
KAIRAT = of_department(204, "Kairat", EDUCATION)
MARAT = of_department(205, "Marat", EDUCATION, head=True)
SAULE = Person(301, "Saule", Language.RU, is_admin=True)

STANDINGS: dict[str, Actor] = {
    "the author": AIGERIM,
    "a verified colleague": BOLAT,
    "a colleague who waits for approval": DINARA,
    "another NGO": ERLAN,
    "an official of the department": ZARINA,
    "the responsible official": DANIYAR,
    "the head": GULNARA,
    "an official of another department": KAIRAT,
    "an administrator": SAULE,
    "the clock": CLOCK,
}

LEADS_TO = {
    "·": None,
    "reg": Status.REGISTERED,
    "work": Status.IN_WORK,
    "wait": Status.WAITING,
    "answ": Status.ANSWERED,
    "clos": Status.CLOSED,
    "gone": Status.WITHDRAWN,
}

# Product §3 and §4. A word: allowed, and where it leads; a dot: refused; a step without a line: refused to everybody.
# In "registered" nobody is responsible yet, so the official who will be is one of the department.
LIFE = {
    Status.REGISTERED: """
                            author  coll.  waiting  other   official  respons.  head  elsewhere  admin  clock
        take                ·       ·      ·        ·       work      work      work  ·          ·      ·
        assign              ·       ·      ·        ·       ·         ·         work  ·          ·      ·
        forward             ·       ·      ·        ·       reg       reg       reg   ·          reg    ·
        split               ·       ·      ·        ·       clos      clos      clos  ·          clos   ·
        clarify             ·       ·      ·        ·       wait      wait      wait  ·          ·      ·
        note                ·       ·      ·        ·       reg       reg       reg   ·          reg    ·
        answer              ·       ·      ·        ·       answ      answ      answ  ·          ·      ·
        withdraw            gone    gone   ·        ·       ·         ·         ·     ·          ·      ·
        add                 reg     reg    ·        ·       ·         ·         ·     ·          ·      ·
    """,
    Status.IN_WORK: """
                            author  coll.  waiting  other   official  respons.  head  elsewhere  admin  clock
        assign              ·       ·      ·        ·       ·         ·         work  ·          ·      ·
        hand_over           ·       ·      ·        ·       ·         ·         ·     ·          work   ·
        forward             ·       ·      ·        ·       ·         reg       reg   ·          reg    ·
        split               ·       ·      ·        ·       ·         clos      clos  ·          clos   ·
        clarify             ·       ·      ·        ·       ·         wait      wait  ·          ·      ·
        extend              ·       ·      ·        ·       ·         work      work  ·          ·      ·
        involve             ·       ·      ·        ·       ·         work      work  ·          ·      ·
        note                ·       ·      ·        ·       work      work      work  ·          work   ·
        answer              ·       ·      ·        ·       ·         answ      answ  ·          ·      ·
        withdraw            gone    gone   ·        ·       ·         ·         ·     ·          ·      ·
        add                 work    work   ·        ·       ·         ·         ·     ·          ·      ·
    """,
    Status.WAITING: """
                            author  coll.  waiting  other   official  respons.  head  elsewhere  admin  clock
        assign              ·       ·      ·        ·       ·         ·         wait  ·          ·      ·
        hand_over           ·       ·      ·        ·       ·         ·         ·     ·          wait   ·
        forward             ·       ·      ·        ·       ·         reg       reg   ·          reg    ·
        reply               work    work   ·        ·       ·         ·         ·     ·          ·      ·
        no_reply            ·       ·      ·        ·       ·         ·         ·     ·          ·      wait
        extend              ·       ·      ·        ·       ·         wait      wait  ·          ·      ·
        note                ·       ·      ·        ·       wait      wait      wait  ·          wait   ·
        answer              ·       ·      ·        ·       ·         answ      answ  ·          ·      ·
        withdraw            gone    gone   ·        ·       ·         ·         ·     ·          ·      ·
    """,
    Status.ANSWERED: """
                            author  coll.  waiting  other   official  respons.  head  elsewhere  admin  clock
        correct             ·       ·      ·        ·       ·         answ      answ  ·          ·      ·
        note                ·       ·      ·        ·       answ      answ      answ  ·          answ   ·
        add                 answ    answ   ·        ·       ·         ·         ·     ·          ·      ·
        solved              clos    clos   ·        ·       ·         ·         ·     ·          ·      ·
        partly              clos    clos   ·        ·       ·         ·         ·     ·          ·      ·
        not_answered        work    work   ·        ·       ·         ·         ·     ·          ·      ·
        no_reaction         ·       ·      ·        ·       ·         ·         ·     ·          ·      clos
    """,
    Status.CLOSED: """
                            author  coll.  waiting  other   official  respons.  head  elsewhere  admin  clock
        correct             ·       ·      ·        ·       ·         clos      clos  ·          ·      ·
        note                ·       ·      ·        ·       clos      clos      clos  ·          clos   ·
        add                 clos    clos   ·        ·       ·         ·         ·     ·          ·      ·
    """,
    Status.WITHDRAWN: """
                            author  coll.  waiting  other   official  respons.  head  elsewhere  admin  clock
        note                ·       ·      ·        ·       gone      gone      gone  ·          gone   ·
        add                 gone    gone   ·        ·       ·         ·         ·     ·          ·      ·
    """,
}

# A question that was reopened once and answered anew: the third verdict closes it.
ANSWERED_AGAIN = """
                            author  coll.  waiting  other   official  respons.  head  elsewhere  admin  clock
        correct             ·       ·      ·        ·       ·         answ      answ  ·          ·      ·
        note                ·       ·      ·        ·       answ      answ      answ  ·          answ   ·
        add                 answ    answ   ·        ·       ·         ·         ·     ·          ·      ·
        solved              clos    clos   ·        ·       ·         ·         ·     ·          ·      ·
        partly              clos    clos   ·        ·       ·         ·         ·     ·          ·      ·
        not_answered_again  clos    clos   ·        ·       ·         ·         ·     ·          ·      ·
        no_reaction         ·       ·      ·        ·       ·         ·         ·     ·          ·      clos
"""

# A question whose author was not sure of the topic: no department has it, an administrator gives it one.
NO_DEPARTMENT = """
                            author  coll.  waiting  other   official  respons.  head  elsewhere  admin  clock
        route               ·       ·      ·        ·       ·         ·         ·     ·          reg    ·
        note                ·       ·      ·        ·       ·         ·         ·     ·          reg    ·
        withdraw            gone    gone   ·        ·       ·         ·         ·     ·          ·      ·
        add                 reg     reg    ·        ·       ·         ·         ·     ·          ·      ·
"""

# The department wants two keys: the executor's answer goes to the head, the head answers at once.
TWO_KEYS = """
                            author  coll.  waiting  other   official  respons.  head  elsewhere  admin  clock
        assign              ·       ·      ·        ·       ·         ·         work  ·          ·      ·
        hand_over           ·       ·      ·        ·       ·         ·         ·     ·          work   ·
        forward             ·       ·      ·        ·       ·         reg       reg   ·          reg    ·
        split               ·       ·      ·        ·       ·         clos      clos  ·          clos   ·
        clarify             ·       ·      ·        ·       ·         wait      wait  ·          ·      ·
        extend              ·       ·      ·        ·       ·         work      work  ·          ·      ·
        involve             ·       ·      ·        ·       ·         work      work  ·          ·      ·
        note                ·       ·      ·        ·       work      work      work  ·          work   ·
        answer              ·       ·      ·        ·       ·         ·         answ  ·          ·      ·
        propose             ·       ·      ·        ·       ·         work      ·     ·          ·      ·
        withdraw            gone    gone   ·        ·       ·         ·         ·     ·          ·      ·
        add                 work    work   ·        ·       ·         ·         ·     ·          ·      ·
"""

# And one waits for the head's word.
PROPOSED = """
                            author  coll.  waiting  other   official  respons.  head  elsewhere  admin  clock
        assign              ·       ·      ·        ·       ·         ·         work  ·          ·      ·
        hand_over           ·       ·      ·        ·       ·         ·         ·     ·          work   ·
        forward             ·       ·      ·        ·       ·         reg       reg   ·          reg    ·
        split               ·       ·      ·        ·       ·         clos      clos  ·          clos   ·
        clarify             ·       ·      ·        ·       ·         wait      wait  ·          ·      ·
        extend              ·       ·      ·        ·       ·         work      work  ·          ·      ·
        involve             ·       ·      ·        ·       ·         work      work  ·          ·      ·
        note                ·       ·      ·        ·       work      work      work  ·          work   ·
        answer              ·       ·      ·        ·       ·         ·         answ  ·          ·      ·
        approve             ·       ·      ·        ·       ·         ·         answ  ·          ·      ·
        return              ·       ·      ·        ·       ·         ·         work  ·          ·      ·
        withdraw            gone    gone   ·        ·       ·         ·         ·     ·          ·      ·
        add                 work    work   ·        ·       ·         ·         ·     ·          ·      ·
"""

# And the department has lost its head meanwhile: an administrator turns the second key.
PROPOSED_WITHOUT_A_HEAD = """
                            author  coll.  waiting  other   official  respons.  head  elsewhere  admin  clock
        assign              ·       ·      ·        ·       ·         ·         work  ·          ·      ·
        hand_over           ·       ·      ·        ·       ·         ·         ·     ·          reg    ·
        forward             ·       ·      ·        ·       ·         reg       reg   ·          reg    ·
        split               ·       ·      ·        ·       ·         clos      clos  ·          clos   ·
        clarify             ·       ·      ·        ·       ·         wait      wait  ·          ·      ·
        extend              ·       ·      ·        ·       ·         work      work  ·          ·      ·
        involve             ·       ·      ·        ·       ·         work      work  ·          ·      ·
        note                ·       ·      ·        ·       work      work      work  ·          work   ·
        answer              ·       ·      ·        ·       ·         ·         answ  ·          ·      ·
        approve             ·       ·      ·        ·       ·         ·         answ  ·          answ   ·
        return              ·       ·      ·        ·       ·         ·         work  ·          work   ·
        withdraw            gone    gone   ·        ·       ·         ·         ·     ·          ·      ·
        add                 work    work   ·        ·       ·         ·         ·     ·          ·      ·
"""

# Two keys while the NGO is asked: an answer may be proposed without waiting any longer.
TWO_KEYS_WAITING = """
                            author  coll.  waiting  other   official  respons.  head  elsewhere  admin  clock
        assign              ·       ·      ·        ·       ·         ·         wait  ·          ·      ·
        hand_over           ·       ·      ·        ·       ·         ·         ·     ·          wait   ·
        forward             ·       ·      ·        ·       ·         reg       reg   ·          reg    ·
        reply               work    work   ·        ·       ·         ·         ·     ·          ·      ·
        no_reply            ·       ·      ·        ·       ·         ·         ·     ·          ·      wait
        extend              ·       ·      ·        ·       ·         wait      wait  ·          ·      ·
        note                ·       ·      ·        ·       wait      wait      wait  ·          wait   ·
        answer              ·       ·      ·        ·       ·         ·         answ  ·          ·      ·
        propose             ·       ·      ·        ·       ·         work      ·     ·          ·      ·
        withdraw            gone    gone   ·        ·       ·         ·         ·     ·          ·      ·
"""

# A later date was asked for: the head decides, or an administrator where there is none.
EXTENSION_ASKED = """
                            author  coll.  waiting  other   official  respons.  head  elsewhere  admin  clock
        assign              ·       ·      ·        ·       ·         ·         work  ·          ·      ·
        hand_over           ·       ·      ·        ·       ·         ·         ·     ·          work   ·
        forward             ·       ·      ·        ·       ·         reg       reg   ·          reg    ·
        split               ·       ·      ·        ·       ·         clos      clos  ·          clos   ·
        clarify             ·       ·      ·        ·       ·         wait      wait  ·          ·      ·
        extension_approved  ·       ·      ·        ·       ·         ·         work  ·          ·      ·
        extension_declined  ·       ·      ·        ·       ·         ·         work  ·          ·      ·
        involve             ·       ·      ·        ·       ·         work      work  ·          ·      ·
        note                ·       ·      ·        ·       work      work      work  ·          work   ·
        answer              ·       ·      ·        ·       ·         answ      answ  ·          ·      ·
        withdraw            gone    gone   ·        ·       ·         ·         ·     ·          ·      ·
        add                 work    work   ·        ·       ·         ·         ·     ·          ·      ·
"""

EXTENSION_ASKED_WITHOUT_A_HEAD = """
                            author  coll.  waiting  other   official  respons.  head  elsewhere  admin  clock
        assign              ·       ·      ·        ·       ·         ·         work  ·          ·      ·
        hand_over           ·       ·      ·        ·       ·         ·         ·     ·          reg    ·
        forward             ·       ·      ·        ·       ·         reg       reg   ·          reg    ·
        split               ·       ·      ·        ·       ·         clos      clos  ·          clos   ·
        clarify             ·       ·      ·        ·       ·         wait      wait  ·          ·      ·
        extension_approved  ·       ·      ·        ·       ·         ·         work  ·          work   ·
        extension_declined  ·       ·      ·        ·       ·         ·         work  ·          work   ·
        involve             ·       ·      ·        ·       ·         work      work  ·          ·      ·
        note                ·       ·      ·        ·       work      work      work  ·          work   ·
        answer              ·       ·      ·        ·       ·         answ      answ  ·          ·      ·
        withdraw            gone    gone   ·        ·       ·         ·         ·     ·          ·      ·
        add                 work    work   ·        ·       ·         ·         ·     ·          ·      ·
"""

# The NGO did not reply within ten working days: it may be closed on that ground.
UNCLEAR = """
                            author  coll.  waiting  other   official  respons.  head  elsewhere  admin  clock
        assign              ·       ·      ·        ·       ·         ·         wait  ·          ·      ·
        hand_over           ·       ·      ·        ·       ·         ·         ·     ·          wait   ·
        forward             ·       ·      ·        ·       ·         reg       reg   ·          reg    ·
        reply               work    work   ·        ·       ·         ·         ·     ·          ·      ·
        close_unclear       ·       ·      ·        ·       ·         clos      clos  ·          ·      ·
        extend              ·       ·      ·        ·       ·         wait      wait  ·          ·      ·
        note                ·       ·      ·        ·       wait      wait      wait  ·          wait   ·
        answer              ·       ·      ·        ·       ·         answ      answ  ·          ·      ·
        withdraw            gone    gone   ·        ·       ·         ·         ·     ·          ·      ·
"""

# Another department does a part of it: it sees the whole, and tells of its part.
A_PART_ELSEWHERE = """
                            author  coll.  waiting  other   official  respons.  head  elsewhere  admin  clock
        assign              ·       ·      ·        ·       ·         ·         work  ·          ·      ·
        hand_over           ·       ·      ·        ·       ·         ·         ·     ·          work   ·
        forward             ·       ·      ·        ·       ·         reg       reg   ·          reg    ·
        split               ·       ·      ·        ·       ·         clos      clos  ·          clos   ·
        clarify             ·       ·      ·        ·       ·         wait      wait  ·          ·      ·
        extend              ·       ·      ·        ·       ·         work      work  ·          ·      ·
        involve             ·       ·      ·        ·       ·         work      work  ·          ·      ·
        part_done           ·       ·      ·        ·       ·         ·         ·     work       ·      ·
        note                ·       ·      ·        ·       work      work      work  work       work   ·
        answer              ·       ·      ·        ·       ·         answ      answ  ·          ·      ·
        withdraw            gone    gone   ·        ·       ·         ·         ·     ·          ·      ·
        add                 work    work   ·        ·       ·         ·         ·     ·          ·      ·
"""


# It has done so: the part is not done twice, and it still sees what became of the whole.
A_PART_DONE = """
                            author  coll.  waiting  other   official  respons.  head  elsewhere  admin  clock
        assign              ·       ·      ·        ·       ·         ·         work  ·          ·      ·
        hand_over           ·       ·      ·        ·       ·         ·         ·     ·          work   ·
        forward             ·       ·      ·        ·       ·         reg       reg   ·          reg    ·
        split               ·       ·      ·        ·       ·         clos      clos  ·          clos   ·
        clarify             ·       ·      ·        ·       ·         wait      wait  ·          ·      ·
        extend              ·       ·      ·        ·       ·         work      work  ·          ·      ·
        involve             ·       ·      ·        ·       ·         work      work  ·          ·      ·
        note                ·       ·      ·        ·       work      work      work  work       work   ·
        answer              ·       ·      ·        ·       ·         answ      answ  ·          ·      ·
        withdraw            gone    gone   ·        ·       ·         ·         ·     ·          ·      ·
        add                 work    work   ·        ·       ·         ·         ·     ·          ·      ·
"""

# № 42/1 lives like any other question, but is not split again.
A_PART_OF_A_WHOLE = """
                            author  coll.  waiting  other   official  respons.  head  elsewhere  admin  clock
        take                ·       ·      ·        ·       work      work      work  ·          ·      ·
        assign              ·       ·      ·        ·       ·         ·         work  ·          ·      ·
        forward             ·       ·      ·        ·       reg       reg       reg   ·          reg    ·
        clarify             ·       ·      ·        ·       wait      wait      wait  ·          ·      ·
        note                ·       ·      ·        ·       reg       reg       reg   ·          reg    ·
        answer              ·       ·      ·        ·       answ      answ      answ  ·          ·      ·
        withdraw            gone    gone   ·        ·       ·         ·         ·     ·          ·      ·
        add                 reg     reg    ·        ·       ·         ·         ·     ·          ·      ·
"""

ELSEWHERE = frozenset({EDUCATION})


def a_question(status: Status = Status.REGISTERED, **other: object) -> Question:
    """Aigerim asked the department of culture; from "in work" on, Daniyar is responsible."""
    taken = status is not Status.REGISTERED
    answered = status in (Status.ANSWERED, Status.CLOSED)
    question = Question(
        id=42,
        number="2026-000042",
        kind=Kind.QUESTION,
        status=status,
        text="Просим помочь с залом.",
        language=Language.RU,
        public=True,
        author_id=AIGERIM.id,
        author_state=RepresentativeState.VERIFIED,
        organization_id=PARASAT,
        organization_name="Парасат",
        topic_id=7,
        topic=Names("Help", "Помощь", "Көмек"),
        department_id=CULTURE,
        department=Names("Culture", "Отдел культуры", "Мәдениет бөлімі"),
        head_id=GULNARA.id,
        responsible_id=DANIYAR.id if taken else None,
        responsible_name="Ахметов Д. Б." if taken else "",
        responsible_post="специалист" if taken else "",
        registered_at=ASKED,
        counted_from=ASKED,
        term=15,
        due_on=DUE,
        verdict=Verdict.SOLVED if status is Status.CLOSED else None,
        ending=Ending.JUDGED if status is Status.CLOSED else None,
        answered_at=ASKED if answered else None,
        react_by=REACT_BY if answered else None,
    )
    return replace(question, **other)  # type: ignore[arg-type]


_TO_DEPARTMENTS = {Action.ROUTE: CULTURE, Action.FORWARD: EDUCATION, Action.INVOLVE: EDUCATION}


def does(question: Question, action: Action, actor: Actor, **other: object) -> Change:
    """The step with everything it may want."""
    given: dict[str, object] = {
        "text": "Зал свободен двадцатого марта.",
        "outcome": Outcome.EXPLAINED if action is Action.ANSWER else None,
        "assignee_id": ZARINA.id if action is Action.ASSIGN else None,
        "department_id": _TO_DEPARTMENTS.get(action),
        "due_on": DUE_AGAIN,
        "react_by": REACT_BY,
    }
    return act(question, action, actor, NOW, **given | other)  # type: ignore[arg-type]


def _lines(name: str, question: Question, table: str) -> list[object]:
    header, *lines = table.strip().splitlines()
    assert len(header.split()) == len(STANDINGS)
    written = {line.split()[0]: line.split()[1:] for line in lines}
    assert len(written) == len(lines), "one line a step"
    assert written.keys() <= set(Action)
    refused = ["·"] * len(STANDINGS)
    found: list[object] = []
    for action in Action:
        words = written.get(action, refused)
        leads = {who: LEADS_TO[word] for who, word in zip(STANDINGS, words, strict=True)}
        found.append(pytest.param(question, action, leads, id=f"{name}-{action}"))
    return found


LINES = [
    *(line for status, table in LIFE.items() for line in _lines(status, a_question(status), table)),
    *_lines("answered again", a_question(Status.ANSWERED, reopened=True), ANSWERED_AGAIN),
    *_lines("no department", a_question(department_id=None, head_id=None), NO_DEPARTMENT),
    *_lines("two keys", a_question(Status.IN_WORK, two_keys=True), TWO_KEYS),
    *_lines("proposed", a_question(Status.IN_WORK, two_keys=True, proposed_id=7), PROPOSED),
    *_lines(
        "proposed, no head",
        a_question(Status.IN_WORK, two_keys=True, proposed_id=7, head_id=None),
        PROPOSED_WITHOUT_A_HEAD,
    ),
    *_lines("two keys, waiting", a_question(Status.WAITING, two_keys=True), TWO_KEYS_WAITING),
    *_lines("extension asked", a_question(Status.IN_WORK, extend_to=DUE_AGAIN), EXTENSION_ASKED),
    *_lines(
        "extension asked, no head",
        a_question(Status.IN_WORK, extend_to=DUE_AGAIN, head_id=None),
        EXTENSION_ASKED_WITHOUT_A_HEAD,
    ),
    *_lines("unclear", a_question(Status.WAITING, unclear=True), UNCLEAR),
    *_lines(
        "a part elsewhere", a_question(Status.IN_WORK, co_departments=ELSEWHERE, parts_owed=ELSEWHERE), A_PART_ELSEWHERE
    ),
    *_lines("a part done", a_question(Status.IN_WORK, co_departments=ELSEWHERE), A_PART_DONE),
    *_lines("a part of a whole", a_question(parent_id=41), A_PART_OF_A_WHOLE),
]


def leads_to(question: Question, action: Action, actor: Actor) -> Status | None:
    try:
        return does(question, action, actor).after.status
    except CannotAct:
        return None


@pytest.mark.parametrize(("question", "action", "leads"), LINES)
def test_each_line_of_the_tables(question: Question, action: Action, leads: dict[str, Status | None]) -> None:
    """Who may do it, everybody else may not, and where it leads."""
    assert {who: leads_to(question, action, actor) for who, actor in STANDINGS.items()} == leads


def test_the_table_has_every_status() -> None:
    assert LIFE.keys() == set(Status)


class TestRefusals:
    """Each refusal has one meaning, and tells nothing to those whom it does not concern."""

    @pytest.mark.parametrize("actor", [DINARA, ERLAN, KAIRAT, MARAT, Person(999, "Guest", None)], ids=lambda p: p.name)
    @pytest.mark.parametrize("status", Status)
    def test_whom_it_does_not_concern_hears_only_that_there_is_no_such_question(
        self, actor: Person, status: Status
    ) -> None:
        for action in Action:
            with pytest.raises(NotYours):
                does(a_question(status), action, actor)

    @pytest.mark.parametrize("status", [Status.IN_WORK, Status.WAITING])
    @pytest.mark.parametrize("who", [ZARINA, GULNARA, DANIYAR], ids=lambda p: p.name)
    def test_taking_a_taken_question_names_who_has_it(self, status: Status, who: Person) -> None:
        with pytest.raises(AlreadyTaken) as refusal:
            does(a_question(status), Action.TAKE, who)
        assert refusal.value.by == "Ахметов Д. Б."

    def test_a_colleague_who_answers_a_taken_question_hears_who_has_it(self) -> None:
        with pytest.raises(AlreadyTaken) as refusal:
            does(a_question(Status.IN_WORK), Action.ANSWER, ZARINA)
        assert refusal.value.by == "Ахметов Д. Б."

    @pytest.mark.parametrize("status", [Status.ANSWERED, Status.CLOSED, Status.WITHDRAWN])
    @pytest.mark.parametrize("action", [Action.TAKE, Action.ANSWER, Action.ASSIGN])
    def test_what_is_over_is_over_also_for_the_head(self, status: Status, action: Action) -> None:
        with pytest.raises(NotInThisStatus):
            does(a_question(status), action, GULNARA)

    def test_the_head_of_another_department_assigns_nothing_here(self) -> None:
        with pytest.raises(NotYours):
            does(a_question(), Action.ASSIGN, MARAT)

    def test_a_former_official_holds_nothing_although_the_question_still_bears_the_name(self) -> None:
        former = replace(DANIYAR, official=None)
        with pytest.raises(NotYours):
            does(a_question(Status.IN_WORK), Action.ANSWER, former)

    def test_somebody_responsible_who_moved_to_another_department_does_not_answer_from_there(self) -> None:
        moved = replace(KAIRAT, id=DANIYAR.id)
        with pytest.raises(NotYours):
            does(a_question(Status.IN_WORK), Action.ANSWER, moved)

    @pytest.mark.parametrize("state", [RepresentativeState.WAITING, RepresentativeState.DECLINED])
    def test_the_author_withdraws_what_is_theirs_although_not_or_no_longer_verified(
        self, state: RepresentativeState
    ) -> None:
        author = of_ngo(AIGERIM.id, "Aigerim", PARASAT, state)
        assert does(a_question(), Action.WITHDRAW, author).after.status is Status.WITHDRAWN

    def test_a_deputy_mayor_sees_everything_and_does_nothing(self) -> None:
        deputy = Person(401, "Deputy mayor", Language.RU, is_deputy_mayor=True)
        lives = [*map(a_question, Status), a_question(department_id=None, head_id=None)]
        assert all(visible(question, deputy) for question in lives)
        assert {leads_to(question, action, deputy) for question in lives for action in Action} == {None}

    def test_two_without_an_ngo_are_not_colleagues(self) -> None:
        nobodys = a_question(organization_id=None, organization_name="")
        with pytest.raises(NotYours):
            does(nobodys, Action.WITHDRAW, Person(999, "Guest", None))

    def test_two_without_a_department_are_not_colleagues(self) -> None:
        with pytest.raises(NotYours):
            does(a_question(department_id=None, head_id=None), Action.TAKE, Person(999, "Guest", None))

    @pytest.mark.parametrize("error", [NotYours, NotInThisStatus, AlreadyTaken, NothingOfSubstance])
    def test_every_refusal_belongs_to_one_family(self, error: type[Exception]) -> None:
        assert issubclass(error, CannotAct)


NOTHING = ["", " ", "\n\t", "\x00", "\u200b\u200d", "\u2800", "\u3164", "\u202e\u202c", "\ud800"]


class TestTexts:
    """What must be said in words."""

    @pytest.mark.parametrize("text", NOTHING, ids=ascii)
    def test_an_answer_without_a_text_is_refused(self, text: str) -> None:
        with pytest.raises(NothingOfSubstance):
            does(a_question(Status.IN_WORK), Action.ANSWER, DANIYAR, text=text)

    def test_an_attachment_does_not_replace_the_text_of_an_answer(self) -> None:
        letter = Attachment(AttachmentKind.DOCUMENT, 5, "file", "unique", "ответ.pdf")
        with pytest.raises(NothingOfSubstance):
            does(a_question(Status.IN_WORK), Action.ANSWER, DANIYAR, text="", attachments=(letter,))

    @pytest.mark.parametrize("text", NOTHING, ids=ascii)
    def test_not_answered_needs_a_reason(self, text: str) -> None:
        with pytest.raises(NothingOfSubstance):
            does(a_question(Status.ANSWERED), Action.NOT_ANSWERED, AIGERIM, text=text)

    def test_not_answered_for_the_second_time_needs_a_reason_too(self) -> None:
        with pytest.raises(NothingOfSubstance):
            does(a_question(Status.ANSWERED, reopened=True), Action.NOT_ANSWERED_AGAIN, AIGERIM, text=" ")

    def test_an_empty_addition_is_refused(self) -> None:
        with pytest.raises(NothingOfSubstance):
            does(a_question(), Action.ADD, AIGERIM, text="")

    def test_an_addition_may_be_a_photo_alone(self) -> None:
        photo = Attachment(AttachmentKind.PHOTO, 5, "file", "unique")
        assert does(a_question(), Action.ADD, AIGERIM, text="", attachments=(photo,)).attachments == (photo,)

    @pytest.mark.parametrize("action", [Action.SOLVED, Action.PARTLY])
    def test_the_other_verdicts_need_no_words(self, action: Action) -> None:
        assert does(a_question(Status.ANSWERED), action, AIGERIM, text="").after.status is Status.CLOSED

    def test_the_right_to_act_is_looked_at_before_the_text(self) -> None:
        with pytest.raises(NotYours):
            does(a_question(), Action.ADD, ERLAN, text="")


class TestTakingAndAssigning:
    def test_whoever_takes_is_responsible(self) -> None:
        assert does(a_question(), Action.TAKE, ZARINA).after.responsible_id == ZARINA.id

    def test_whoever_answers_what_nobody_took_is_responsible(self) -> None:
        assert does(a_question(), Action.ANSWER, ZARINA).after.responsible_id == ZARINA.id

    def test_the_head_who_answers_does_not_take_it_from_the_responsible(self) -> None:
        assert does(a_question(Status.IN_WORK), Action.ANSWER, GULNARA).after.responsible_id == DANIYAR.id

    def test_the_head_gives_it_to_another(self) -> None:
        given_on = does(a_question(Status.IN_WORK), Action.ASSIGN, GULNARA, assignee_id=ZARINA.id)
        assert given_on.after.responsible_id == ZARINA.id

    def test_giving_it_a_department_does_not_move_the_date(self) -> None:
        lost = a_question(department_id=None, head_id=None)
        assert does(lost, Action.ROUTE, SAULE, department_id=EDUCATION).after.due_on == DUE

    def test_giving_it_a_department_gives_it_this_one(self) -> None:
        lost = a_question(department_id=None, head_id=None)
        assert does(lost, Action.ROUTE, SAULE, department_id=EDUCATION).after.department_id == EDUCATION


class TestAnswering:
    def test_the_moment_of_the_answer_is_kept(self) -> None:
        assert does(a_question(Status.IN_WORK), Action.ANSWER, DANIYAR).after.answered_at == NOW

    def test_the_last_day_for_a_verdict_is_kept(self) -> None:
        assert does(a_question(Status.IN_WORK), Action.ANSWER, DANIYAR).after.react_by == REACT_BY

    def test_a_new_answer_awaits_a_new_verdict(self) -> None:
        again = a_question(Status.IN_WORK, reopened=True, verdict=Verdict.NOT_ANSWERED)
        assert does(again, Action.ANSWER, DANIYAR).after.verdict is None


@pytest.mark.parametrize(
    ("action", "reopened", "actor", "verdict", "ending"),
    [
        (Action.SOLVED, False, AIGERIM, Verdict.SOLVED, Ending.JUDGED),
        (Action.PARTLY, False, AIGERIM, Verdict.PARTLY, Ending.JUDGED),
        (Action.NOT_ANSWERED_AGAIN, True, AIGERIM, Verdict.NOT_ANSWERED, Ending.JUDGED),
        (Action.NO_REACTION, False, CLOCK, None, Ending.NO_REACTION),
        (Action.NO_REACTION, True, CLOCK, None, Ending.NO_REACTION),
    ],
)
def test_how_it_ended_stands_apart_from_where_it_is(
    action: Action, reopened: bool, actor: Actor, verdict: Verdict | None, ending: Ending
) -> None:
    after = does(a_question(Status.ANSWERED, reopened=reopened), action, actor).after
    assert (after.verdict, after.ending) == (verdict, ending)


ASKED_THE_NGO = datetime(2026, 3, 10, 5, 30, tzinfo=UTC)


class TestAskingTheNgo:
    """The department's own clock stands still while it waits; the date by law does not move (§4)."""

    def test_whoever_asks_about_what_nobody_took_is_responsible(self) -> None:
        after = does(a_question(), Action.CLARIFY, ZARINA).after
        assert (after.responsible_id, after.waiting_since, after.due_on) == (ZARINA.id, NOW, DUE)

    def test_the_reply_counts_how_long_it_was_waited_for(self) -> None:
        waiting = a_question(Status.WAITING, waiting_since=ASKED_THE_NGO, paused=2, remind_on=DUE)
        after = does(waiting, Action.REPLY, AIGERIM, paused=4).after
        assert (after.paused, after.waiting_since, after.due_on, after.remind_on) == (6, None, DUE, DUE)

    @pytest.mark.parametrize(("action", "actor"), [(Action.FORWARD, DANIYAR), (Action.ANSWER, DANIYAR)])
    def test_whatever_else_ends_the_waiting_counts_it_too(self, action: Action, actor: Person) -> None:
        waiting = a_question(Status.WAITING, waiting_since=ASKED_THE_NGO)
        after = does(waiting, action, actor, paused=4).after
        assert (after.paused, after.waiting_since) == (4, None)

    @pytest.mark.parametrize("status", [Status.REGISTERED, Status.IN_WORK])
    def test_days_in_which_nothing_was_asked_are_not_counted(self, status: Status) -> None:
        assert does(a_question(status), Action.ADD, AIGERIM, paused=4).after.paused == 0

    def test_closed_without_a_reply_it_says_on_which_ground(self) -> None:
        closed = does(a_question(Status.WAITING, unclear=True), Action.CLOSE_UNCLEAR, DANIYAR)
        assert (closed.after.ending, closed.after.verdict, closed.outcome) == (Ending.NO_REPLY, None, Outcome.REFUSED)

    def test_what_comes_late_but_before_the_closing_is_a_reply(self) -> None:
        after = does(a_question(Status.WAITING, unclear=True), Action.REPLY, AIGERIM).after
        assert (after.status, after.unclear) == (Status.IN_WORK, False)


class TestExtending:
    """Not beyond two months, by the head's word (§4, АППК art. 76)."""

    @pytest.mark.parametrize("wanted", [None, DUE, date(2026, 3, 27), date(2026, 5, 4), date(2027, 4, 1)])
    def test_no_other_date_than_a_later_one_within_two_months(self, wanted: date | None) -> None:
        with pytest.raises(TooFar) as refusal:
            does(a_question(Status.IN_WORK), Action.EXTEND, DANIYAR, due_on=wanted)
        assert refusal.value.last == date(2026, 5, 2)

    def test_asking_moves_nothing_yet(self) -> None:
        step = does(a_question(Status.IN_WORK), Action.EXTEND, DANIYAR)
        assert (step.after.due_on, step.after.extend_to, step.until) == (DUE, DUE_AGAIN, DUE_AGAIN)

    def test_the_heads_word_moves_the_date_and_reminders_follow(self) -> None:
        asked = a_question(Status.IN_WORK, extend_to=DUE_AGAIN, remind_on=DUE, rungs=2)
        step = does(asked, Action.EXTENSION_APPROVED, GULNARA)
        after = step.after
        assert (after.due_on, after.extended_from, after.extend_to, step.until) == (DUE_AGAIN, DUE, None, DUE_AGAIN)
        assert (after.remind_on, after.rungs) == (None, 0)

    def test_a_second_extension_still_knows_the_date_by_the_term(self) -> None:
        again = a_question(Status.IN_WORK, due_on=DUE_AGAIN, extended_from=DUE, extend_to=date(2026, 4, 20))
        assert does(again, Action.EXTENSION_APPROVED, GULNARA).after.extended_from == DUE

    def test_a_declined_one_leaves_the_date(self) -> None:
        after = does(a_question(Status.IN_WORK, extend_to=DUE_AGAIN), Action.EXTENSION_DECLINED, GULNARA).after
        assert (after.due_on, after.extend_to) == (DUE, None)

    @pytest.mark.parametrize("action", [Action.ANSWER, Action.FORWARD, Action.SPLIT])
    def test_what_ends_the_department_s_work_drops_the_request(self, action: Action) -> None:
        assert does(a_question(Status.IN_WORK, extend_to=DUE_AGAIN), action, DANIYAR).after.extend_to is None


class TestTwoKeys:
    """The executor's answer goes out by the head's word (§4)."""

    PROPOSED = a_question(Status.IN_WORK, two_keys=True, proposed_id=7)

    @pytest.mark.parametrize(
        ("actor", "two_keys", "step"),
        [
            (DANIYAR, True, Action.PROPOSE),
            (GULNARA, True, Action.ANSWER),
            (DANIYAR, False, Action.ANSWER),
        ],
        ids=str,
    )
    def test_which_step_sending_is(self, actor: Person, two_keys: bool, step: Action) -> None:
        assert answering(a_question(Status.IN_WORK, two_keys=two_keys), actor) is step

    def test_the_line_itself_is_what_waits(self) -> None:
        assert does(a_question(Status.IN_WORK, two_keys=True), Action.PROPOSE, DANIYAR).after.proposed_id == 0

    def test_the_executor_stays_responsible_for_an_approved_answer(self) -> None:
        after = does(self.PROPOSED, Action.APPROVE, GULNARA).after
        assert (after.responsible_id, after.answered_at, after.proposed_id) == (DANIYAR.id, NOW, None)

    def test_a_returned_one_may_be_proposed_again(self) -> None:
        after = does(self.PROPOSED, Action.RETURN, GULNARA).after
        assert does(after, Action.PROPOSE, DANIYAR).after.proposed_id == 0

    @pytest.mark.parametrize(
        ("head_id", "two_keys", "may"),
        [(GULNARA.id, True, [GULNARA]), (None, True, [SAULE]), (None, False, [DANIYAR])],
    )
    def test_who_closes_and_corrects(self, head_id: int | None, two_keys: bool, may: list[Person]) -> None:
        """With two keys whoever turns the second one: the head, or an administrator where nobody is head."""
        here = {"head_id": head_id, "two_keys": two_keys}
        everybody = [DANIYAR, SAULE, *([GULNARA] if head_id else [])]
        unclear = a_question(Status.WAITING, unclear=True, **here)
        answered = a_question(Status.ANSWERED, **here)
        assert [p for p in everybody if Action.CLOSE_UNCLEAR in actions_for(unclear, p)] == may
        assert [p for p in everybody if Action.CORRECT in actions_for(answered, p)] == may
        asked = does(a_question(Status.WAITING, **here), Action.NO_REPLY, CLOCK).tell
        assert (("approver", "no_reply") in asked) is two_keys

    @pytest.mark.parametrize("status", [Status.ANSWERED, Status.CLOSED])
    def test_what_the_head_approved_nobody_else_corrects(self, status: Status) -> None:
        answered = a_question(status, two_keys=True)
        assert Action.CORRECT in actions_for(answered, GULNARA)
        assert Action.CORRECT not in actions_for(answered, DANIYAR)
        with pytest.raises(NotInThisStatus):
            does(answered, Action.CORRECT, DANIYAR)

    def test_a_colleague_who_proposes_an_answer_hears_who_has_it(self) -> None:
        with pytest.raises(AlreadyTaken):
            does(a_question(Status.IN_WORK, two_keys=True), Action.PROPOSE, ZARINA)

    def test_when_its_author_leaves_a_department_without_a_head_it_waits_no_more(self) -> None:
        after = does(replace(self.PROPOSED, head_id=None), Action.HAND_OVER, SAULE).after
        assert (after.status, after.proposed_id) == (Status.REGISTERED, None)


class TestReopening:
    """*Not answered* reopens once and goes to the head of the department (§3)."""

    def test_it_goes_to_the_head(self) -> None:
        after = does(a_question(Status.ANSWERED), Action.NOT_ANSWERED, AIGERIM).after
        assert after.responsible_id == GULNARA.id

    def test_without_a_head_it_is_free_to_be_taken_again(self) -> None:
        after = does(a_question(Status.ANSWERED, head_id=None), Action.NOT_ANSWERED, AIGERIM).after
        assert (after.status, after.responsible_id) == (Status.REGISTERED, None)

    def test_the_term_is_counted_anew(self) -> None:
        after = does(a_question(Status.ANSWERED), Action.NOT_ANSWERED, AIGERIM).after
        assert (after.counted_from, after.due_on) == (NOW, DUE_AGAIN)

    def test_the_first_answer_no_longer_awaits_a_verdict(self) -> None:
        after = does(a_question(Status.ANSWERED), Action.NOT_ANSWERED, AIGERIM).after
        assert (after.answered_at, after.react_by) == (None, None)

    def test_the_verdict_is_remembered(self) -> None:
        after = does(a_question(Status.ANSWERED), Action.NOT_ANSWERED, AIGERIM).after
        assert after.verdict is Verdict.NOT_ANSWERED

    def test_nothing_has_ended(self) -> None:
        assert does(a_question(Status.ANSWERED), Action.NOT_ANSWERED, AIGERIM).after.ending is None

    def test_a_second_time_is_refused(self) -> None:
        with pytest.raises(NotInThisStatus):
            does(a_question(Status.ANSWERED, reopened=True), Action.NOT_ANSWERED, AIGERIM)

    @pytest.mark.parametrize(("reopened", "step"), [(False, Action.NOT_ANSWERED), (True, Action.NOT_ANSWERED_AGAIN)])
    def test_one_button_is_two_steps(self, reopened: bool, step: Action) -> None:
        assert not_answered(a_question(Status.ANSWERED, reopened=reopened)) is step


class TestAsking:
    @pytest.mark.parametrize("kind", [Kind.QUESTION, Kind.PROPOSAL, Kind.REQUEST])
    def test_what_wants_something_is_registered_with_its_date(self, kind: Kind) -> None:
        after = ask(a_question(kind=kind), AIGERIM, ()).after
        assert (after.status, after.due_on, after.ending) == (Status.REGISTERED, DUE, None)

    def test_thanks_close_at_once_and_have_no_date(self) -> None:
        after = ask(a_question(kind=Kind.THANKS), AIGERIM, ()).after
        assert (after.status, after.due_on, after.ending) == (Status.CLOSED, None, Ending.THANKED)

    def test_those_who_were_thanked_are_told(self) -> None:
        assert (Audience.DEPARTMENT, Notice.NEW) in ask(a_question(kind=Kind.THANKS), AIGERIM, ()).tell

    def test_somebody_who_still_waits_for_approval_may_ask(self) -> None:
        theirs = a_question(author_id=DINARA.id, author_state=RepresentativeState.WAITING)
        assert ask(theirs, DINARA, ()).after.status is Status.REGISTERED

    @pytest.mark.parametrize(
        ("state", "verified"),
        [
            (RepresentativeState.VERIFIED, True),
            (RepresentativeState.WAITING, False),
            (RepresentativeState.DECLINED, False),
        ],
    )
    def test_the_card_says_whether_the_author_was_verified(self, state: RepresentativeState, verified: bool) -> None:
        assert a_question(author_state=state).verified is verified


OVER = ("co_executor", "whole_over")


@pytest.mark.parametrize(
    ("status", "action", "actor", "told"),
    [
        (Status.REGISTERED, Action.TAKE, DANIYAR, {("ngo", "taken")}),
        (Status.REGISTERED, Action.ASSIGN, GULNARA, {("responsible", "assigned"), ("ngo", "taken")}),
        (Status.IN_WORK, Action.ASSIGN, GULNARA, {("responsible", "assigned"), ("ngo", "taken")}),
        (Status.REGISTERED, Action.ANSWER, DANIYAR, {("ngo", "answered"), OVER}),
        (Status.IN_WORK, Action.ANSWER, DANIYAR, {("ngo", "answered"), OVER}),
        (Status.REGISTERED, Action.WITHDRAW, AIGERIM, {("owner", "withdrawn"), OVER}),
        (Status.IN_WORK, Action.WITHDRAW, AIGERIM, {("owner", "withdrawn"), OVER}),
        (Status.IN_WORK, Action.SPLIT, DANIYAR, {("ngo", "split"), OVER}),
        (Status.IN_WORK, Action.ADD, AIGERIM, {("owner", "addition")}),
        (Status.ANSWERED, Action.SOLVED, AIGERIM, {("owner", "judged")}),
        (Status.ANSWERED, Action.PARTLY, AIGERIM, {("owner", "judged")}),
        (
            Status.ANSWERED,
            Action.NOT_ANSWERED,
            AIGERIM,
            {("head", "reopened_for_head"), ("had_it", "reopened_for_official"), ("ngo", "reopened")},
        ),
        (Status.ANSWERED, Action.NO_REACTION, CLOCK, {("ngo", "no_reaction"), ("owner", "no_reaction")}),
        (Status.IN_WORK, Action.CLARIFY, DANIYAR, {("ngo", "clarify")}),
        (Status.WAITING, Action.REPLY, AIGERIM, {("owner", "replied")}),
        (Status.WAITING, Action.NO_REPLY, CLOCK, {("owner", "no_reply")}),
        (Status.IN_WORK, Action.EXTEND, DANIYAR, {("approver", "extension_asked")}),
    ],
)
def test_each_step_tells_those_it_concerns(
    status: Status, action: Action, actor: Actor, told: set[tuple[str, str]]
) -> None:
    assert set(does(a_question(status), action, actor).tell) == told


@pytest.mark.parametrize(("reopened", "told"), [(False, {EDUCATION, 9}), (True, {9})])
def test_the_end_of_the_whole_is_told_to_co_executors_once(reopened: bool, told: set[int]) -> None:
    both, owed = frozenset({EDUCATION, 9}), frozenset({9})
    question = a_question(Status.IN_WORK, reopened=reopened, co_departments=both, parts_owed=owed)
    step = does(question, Action.ANSWER, DANIYAR)
    assert (step.co_executors, step.after.parts_owed) == (told, frozenset())
    assert does(question, Action.INVOLVE, DANIYAR, department_id=EDUCATION).co_executors == {EDUCATION}


def test_what_is_added_to_a_split_question_is_told_to_its_open_parts_or_to_all() -> None:
    whole = a_question(Status.CLOSED, ending=Ending.SPLIT)
    assert does(whole, Action.ADD, AIGERIM).tell == ()
    answered, open_ = a_question(Status.ANSWERED), a_question(Status.WAITING)
    assert concerned([answered, open_]) == [open_]
    assert concerned([answered, answered]) == [answered, answered]


@pytest.mark.parametrize(
    ("reader", "holder", "reads"),
    [
        (DANIYAR, CULTURE, True),
        (KAIRAT, CULTURE, True),  # does a part of it
        (DANIYAR, EDUCATION, False),  # written before it came
        (KAIRAT, EDUCATION, True),  # had it then
        (DANIYAR, None, True),
        (SAULE, EDUCATION, True),
        (AIGERIM, CULTURE, False),
    ],
)
def test_a_note_stays_with_the_department_that_had_the_question(reader: Person, holder: int, reads: bool) -> None:
    question = a_question(Status.IN_WORK, co_departments=frozenset({EDUCATION}))
    assert reads_note(question, reader, holder, author_id=0) is reads


def test_a_second_not_answered_reaches_head_and_administrators() -> None:
    step = does(a_question(Status.ANSWERED, reopened=True), Action.NOT_ANSWERED_AGAIN, AIGERIM)
    assert set(step.tell) == {("owner", "judged"), ("head", "unsatisfied"), ("admins", "unsatisfied")}


def test_an_administrators_routing_tells_the_new_department_and_the_ngo() -> None:
    step = does(a_question(department_id=None, head_id=None), Action.ROUTE, SAULE)
    assert set(step.tell) == {("department", "new"), ("ngo", "routed")}


@pytest.mark.parametrize(
    ("status", "today", "late"),
    [
        (Status.REGISTERED, date(2026, 3, 29), False),
        (Status.REGISTERED, date(2026, 3, 30), False),
        (Status.REGISTERED, date(2026, 3, 31), True),
        (Status.IN_WORK, date(2026, 3, 31), True),
        (Status.WAITING, date(2026, 3, 31), True),
        (Status.ANSWERED, date(2026, 3, 31), False),
        (Status.CLOSED, date(2026, 3, 31), False),
        (Status.WITHDRAWN, date(2026, 3, 31), False),
    ],
)
def test_late_is_what_is_still_owed_after_its_date(status: Status, today: date, late: bool) -> None:
    assert a_question(status).overdue(today) is late


def test_thanks_are_never_late() -> None:
    assert not ask(a_question(kind=Kind.THANKS), AIGERIM, ()).after.overdue(date(2030, 1, 1))


ENTERED_OTHERWISE = {
    Status.REGISTERED: "ask()",
}
DONE_OTHERWISE = {Action.ASK: "ask()"}


class TestNothingIsForgotten:
    @pytest.mark.parametrize("status", Status)
    def test_every_status_can_be_entered(self, status: Status) -> None:
        assert status in ENTERED_OTHERWISE or any(
            rule.then is status and here is not status for (here, _), rule in RULES.items()
        )

    @pytest.mark.parametrize("status", [status for status in Status if status is not Status.WITHDRAWN])
    def test_every_status_but_the_last_has_a_step(self, status: Status) -> None:
        assert any(here is status for here, _ in RULES)

    @pytest.mark.parametrize("action", Action)
    def test_every_action_is_possible_somewhere(self, action: Action) -> None:
        assert action in DONE_OTHERWISE or any(step is action for _, step in RULES)

    @pytest.mark.parametrize("notice", Notice)
    def test_every_notice_is_told_by_some_step(self, notice: Notice) -> None:
        told = {said for rule in RULES.values() for _, said in rule.tell}
        told |= {said for _, said in ask(a_question(), AIGERIM, ()).tell}
        assert notice in told

    @pytest.mark.parametrize("audience", Audience)
    def test_every_audience_is_told_something(self, audience: Audience) -> None:
        told = {who for rule in RULES.values() for who, _ in rule.tell}
        told |= {who for who, _ in ask(a_question(), AIGERIM, ()).tell}
        assert audience in told


patiently = settings(deadline=None)
"""A busy machine is no fault of the rules."""

_ids = st.sampled_from([1, 2, 3])
_maybe_ids = st.none() | _ids
questions = st.builds(
    a_question,
    st.sampled_from(Status),
    author_id=_maybe_ids,
    organization_id=_maybe_ids,
    department_id=_maybe_ids,
    head_id=_maybe_ids,
    responsible_id=_maybe_ids,
    reopened=st.booleans(),
)
representatives = st.builds(
    Representative, _ids, st.just("Парасат"), st.sampled_from(RepresentativeState), st.booleans()
)
officials = st.builds(Official, _ids, st.just(Names("a", "b", "c")), st.booleans(), st.just("x"), st.just("y"))
persons = st.builds(
    Person,
    _ids,
    st.just("Somebody"),
    st.none(),
    representative=st.none() | representatives,
    official=st.none() | officials,
    is_admin=st.booleans(),
    is_deputy_mayor=st.booleans(),
)
actors = st.just(CLOCK) | persons


@patiently
@given(questions, actors)
def test_the_buttons_are_exactly_what_a_press_will_be_allowed(question: Question, actor: Actor) -> None:
    offered = actions_for(question, actor)
    assert sorted(offered) == sorted(action for action in Action if leads_to(question, action, actor))


@patiently
@given(questions, persons)
def test_whoever_may_not_see_it_has_no_buttons(question: Question, person: Person) -> None:
    assert visible(question, person) or actions_for(question, person) == []


@patiently
@given(questions, persons, st.sampled_from(Action))
def test_a_refused_step_of_a_stranger_says_only_not_yours(question: Question, person: Person, action: Action) -> None:
    if not visible(question, person):
        with pytest.raises(NotYours):
            does(question, action, person)


@patiently
@given(questions, actors, st.sampled_from(Action))
def test_what_was_asked_is_frozen(question: Question, actor: Actor, action: Action) -> None:
    if leads_to(question, action, actor):
        after = does(question, action, actor).after
        frozen = ("id", "number", "kind", "text", "language", "public", "author_id", "organization_id", "registered_at")
        assert [getattr(after, name) for name in frozen] == [getattr(question, name) for name in frozen]

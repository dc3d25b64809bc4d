"""Who may do what, cell by cell: every role, every route, every step of a question's life, own and foreign objects.

Each role is a letter, and the tables below are the policy, written by hand: a new route or a new rule without a row
fails. Presses go through `handlers.serve` as Telegram hands them over; each one is undone, so none depends on another.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Row, delete, event, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.city import City
from domain.people import CONSENT_VERSION, Language, Person
from domain.question import RULES, Action, CannotAct, NotYours, Question, Status, allowed
from handlers import routes
from handlers.serve import Served, _serve
from storage import people, questions, tables
from storage.database import Database
from storage.inbox import Received
from tests.storage import scene as cast
from tests.storage.scene import DAY, NOW, Scene, set_the_scene
from tests.town import connected, database_at
from texts import Words

# --- who is who -----------------------------------------------------------------------------------------------------

COLLEAGUE, DEPUTY_MAYOR, FORMER = 2**45 + 1, 2**45 + 2, 2**45 + 3

ROLES = {
    "g": cast.GUEST,  # has not consented
    "w": cast.DINARA,  # says that she speaks for NGO A, and waits for approval
    "A": cast.AIGERIM,  # of NGO A, who asked
    "x": cast.BOLAT,  # of NGO A as well, who blocked the bot
    "B": cast.ERLAN,  # of NGO B
    "1": cast.DANIYAR,  # of department 1, on leave; responsible wherever somebody is
    "s": cast.ZARINA,  # of department 1, stands in for him
    "k": COLLEAGUE,  # of department 1 as well
    "h": cast.GULNARA,  # the head of department 1
    "2": cast.KAIRAT,  # of department 2
    "a": cast.SAULE,  # an administrator
    "d": DEPUTY_MAYOR,
    "f": FORMER,  # was an official of department 1 until yesterday
}
EVERYBODY = "".join(ROLES)

# --- the policy: routes ---------------------------------------------------------------------------------------------

CONSENTED = EVERYBODY.replace("g", "")
MAY: dict[str, str] = {
    "anybody": EVERYBODY,
    "whoever consented": CONSENTED,
    "an NGO": "wAxB",
    "a department": "1skh2",
    "a department or an administrator": "1skh2a",
    "an administrator": "a",
}

ROUTES: dict[str, str] = {
    "anybody": """
        /start /help /language /mydata /forget /cancel /simple
        language agree disagree cancel forget_once forget_twice keep an_read
        start:language start:
    """,
    "whoever consented": """
        /my /promises
        i_am_ngo somebody_else organization not_in_list skip_bin field
        my card why_date attachments history document withdraw solved partly not_answered skip_remark
        org_works org_stopped reply reply_edit reply_send promises promise promise_confirm promise_dispute
        register:search register:name register:bin register:field verdict: remark: reply: promise:
    """,
    "an NGO": """
        /ask
        continue start_anew kind topic done public edit_text change_topic thank send
        ask:
    """,
    "a department": """
        /inbox /digest
        skip_introduction inbox wants take assign assignee
        answer answer_continue answer_start_anew outcome answer_done answer_edit answer_send
        answer_date answer_templates answer_template answer_anyway proposal_edit
        clarify clarify_edit clarify_send
        extend extend_edit extend_date extend_send
        involve involve_to involve_by involve_edit involve_send part_done part_edit part_send
        promise_keep promise_move promise_break promise_send
        introduce: answer: clarify: extend: involve: part:
    """,
    "a department or an administrator": """
        forward forward_to forward_edit forward_send split split_to split_page split_done split_anew split_send note
        extension_approve extension_decline extension_decline_skip answer_approve answer_return
        answer_correct correction_edit correction_send correction_anyway
        close_unclear close_unclear_edit close_unclear_send correction: close_unclear:
        tpl_list tpl_card tpl_new tpl_change tpl_skip tpl_remove tpl_removed
        forward: split: note: note:album decline_extension: return: template:
    """,
    "an administrator": """
        /admin /announce
        desk topics waiting applicant approve decline decline_skip without_department
        org_list org_search org_card org_approve org_decline org_suspend org_restore org_person org_head
        org_remove org_remove_now org_merge org_merge_with org_merge_now org_export
        org_import org_apply org_cancel org_doubtful org_same org_new org_all_new
        invitation invite invite_to invite_for inv_list inv_card inv_until inv_withdraw
        dep_list dep_card dep_keys dep_group dep_group_link dep_group_unlink dep_new dep_rename dep_people dep_topics
        topic_card topic_new topic_rename topic_move topic_moved topic_days topic_merge topic_into topic_merged
        official_card official_head official_no_head official_leave official_deputy official_back
        official_move official_moved official_remove official_removed
        leaders leader leader_remove leader_removed
        calendar correct apply_correction year_checked
        habits topic_terms topic_term digest_times digest_time habit
        announcements an_new an_anew an_card an_preview an_texts an_write an_without_text an_without_file
        an_whom an_when an_now an_confirm an_consent an_show an_text an_approve an_cancel an_stop
        an_repeat an_repeat_now an_correct an_correct_now an_take_back an_take_back_now
        export export_questions audit audit_person audit_object audit_day audit_export
        stuck stuck_card stuck_again stuck_all stuck_drop
        calendar: announce:when announce:count announce: habit: stuck: audit:
        decline: org_search: org_reason: org_merge: org_import:
        department: topic:names topic:days leave:days leave:deputy invite:
    """,
}

POLICY = {route: MAY[who] for who, named in ROUTES.items() for route in named.split()}


def every_route() -> dict[str, routes.Route]:
    """Commands with a slash, buttons by their name, steps as `form:step`."""
    found = {f"/{name}": route for name, route in routes.COMMANDS.items()}
    found |= routes.BUTTONS
    return found | {f"{form}:{step}": route for (form, step), route in routes.STEPS.items()}


def test_every_route_has_a_row_in_the_policy_and_every_row_a_route() -> None:
    assert set(POLICY) == set(every_route())
    assert sum(len(named.split()) for named in ROUTES.values()) == len(POLICY), "no route stands in two rows"


# --- the policy: the steps of a question's life ---------------------------------------------------------------------

SEES = "Ax1skhad"
"""The question that Aigerim of NGO A asked department 1."""

STEPS: dict[Status, str] = {
    Status.REGISTERED: """
        take 1skh, assign h, answer 1skh, clarify 1skh, forward 1skha, split 1skha, note 1skha, withdraw Ax, add Ax
    """,
    Status.IN_WORK: """
        assign h, answer 1sh, clarify 1sh, forward 1sha, split 1sha, extend 1sh, involve 1sh, hand_over a, note 1skha,
        withdraw Ax, add Ax
    """,
    Status.WAITING: """
        assign h, answer 1sh, forward 1sha, extend 1sh, hand_over a, note 1skha, reply Ax, withdraw Ax
    """,
    Status.ANSWERED: "solved Ax, partly Ax, not_answered Ax, add Ax, correct 1sh, note 1skha",
    Status.CLOSED: "add Ax, correct 1sh, note 1skha",
    Status.WITHDRAWN: "add Ax, note 1skha",
}

# What is otherwise when something more is so: facts of the question, then the cells that differ.
SITUATIONS: dict[str, tuple[dict[str, Any], dict[Status, str]]] = {
    "it has no department yet": (
        {"department_id": None, "responsible_id": None},
        {Status.REGISTERED: "route a, take, assign, answer, clarify, forward, split, note a"},
    ),
    "more time was asked for": (
        {"extend_to": date(2026, 4, 2)},
        {
            Status.IN_WORK: "extend, extension_approved h, extension_declined h",
            Status.WAITING: "extend, extension_approved h, extension_declined h",
        },
    ),
    "more time was asked for where nobody is head": (
        {"extend_to": date(2026, 4, 2), "head_id": None},
        {
            Status.IN_WORK: "extend, extension_approved ha, extension_declined ha",
            Status.WAITING: "extend, extension_approved ha, extension_declined ha",
        },
    ),
    "the department wants two keys": (
        {"two_keys": True},
        {
            Status.REGISTERED: "answer h, propose 1sk",
            Status.IN_WORK: "answer h, propose 1s",
            Status.WAITING: "answer h, propose 1s",
            Status.ANSWERED: "correct h",
            Status.CLOSED: "correct h",
        },
    ),
    "the NGO did not say what was asked, and there are two keys": (
        {"two_keys": True, "unclear": True},
        {Status.WAITING: "answer h, propose 1s, close_unclear h"},
    ),
    "an answer waits for the second key": (
        {"two_keys": True, "proposed_id": 1},
        {Status.IN_WORK: "answer h, propose, approve h, return h"},
    ),
    "the NGO did not say what was asked": ({"unclear": True}, {Status.WAITING: "close_unclear 1sh"}),
    "it was reopened": ({"reopened": True}, {Status.ANSWERED: "not_answered, not_answered_again Ax"}),
    "department 2 does a part of it": (
        {"co_departments": frozenset({2}), "parts_owed": frozenset({2})},
        {
            Status.IN_WORK: "part_done 2, note 1skh2a",
            Status.WAITING: "part_done 2, note 1skh2a",
        },
    ),
    "department 2 has done its part": ({"co_departments": frozenset({2})}, {Status.IN_WORK: "note 1skh2a"}),
}
BY_THE_CLOCK = {(Status.WAITING, Action.NO_REPLY), (Status.ANSWERED, Action.NO_REACTION)}
"""Steps of the program itself: open to nobody."""


def cells(named: str) -> dict[Action, str]:
    """`take 1skh, assign h` → who may take each step; a step with nobody behind it is open to nobody."""
    found = (one.split() for one in named.split(","))
    return {Action(words[0]): "".join(words[1:]) for words in found}


def test_every_rule_has_a_cell_in_the_policy_and_every_cell_a_rule() -> None:
    here = [STEPS, *(differs for _, differs in SITUATIONS.values())]
    opened = {(status, action) for table in here for status, row in table.items() for action in cells(row)}
    assert set(RULES) == opened | BY_THE_CLOCK


# --- the town -------------------------------------------------------------------------------------------------------


@dataclass
class Town:
    """NGO A has asked department 1, NGO B department 2, one question in each status; everybody is there."""

    scene: Scene
    ours: dict[Status, str]
    theirs: dict[Status, str]
    people: dict[str, Person] = field(default_factory=dict)
    base: dict[str, list[Any]] = field(default_factory=dict)
    update_id: int = 0


_built: list[tuple[Town, bytes]] = []
"""The town is built once; each test gets it as it was."""


@pytest.fixture
async def town(sqlite_url: str) -> AsyncIterator[Town]:
    file = _file(sqlite_url)
    if not _built:
        database = database_at(sqlite_url)
        _built.append((await _build(database), b""))
        await database.close()
        _built[0] = (_built[0][0], file.read_bytes())
    built, content = _built[0]
    file.write_bytes(content)
    database = database_at(sqlite_url)
    yield replace(built, scene=replace(built.scene, database=database))
    await database.close()


def _file(url: str) -> Path:
    return Path(url.partition("///")[2])


async def _build(database: Database) -> Town:
    scene = await set_the_scene(database)
    ours = {status: (await scene.asks()).number for status in Status}
    theirs = {status: (await scene.asks(cast.ERLAN)).number for status in Status}
    town = Town(scene, ours, theirs)
    async with database.transaction() as db:
        await _everybody_else_comes(db, scene)
        for status, number in ours.items():
            await _becomes(db, number, status, scene.culture, cast.DANIYAR)
        for status, number in theirs.items():
            await _becomes(db, number, status, scene.education, cast.KAIRAT)
        for letter, person_id in ROLES.items():
            person = await people.load(db, person_id, NOW)
            assert person is not None
            town.people[letter] = person
        for table in tables.metadata.sorted_tables:
            town.base[table.name] = await _rows(db, table)
    return town


async def _everybody_else_comes(db: AsyncConnection, scene: Scene) -> None:
    for person_id, name in ((COLLEAGUE, "Marzhan"), (DEPUTY_MAYOR, "Yerlan"), (FORMER, "Askar")):
        await db.execute(insert(tables.people).values(id=person_id, name=name, language="ru", created_at=NOW))
        consent = {"person_id": person_id, "version": CONSENT_VERSION, "language": "ru", "at": NOW}
        await db.execute(insert(tables.consents).values(consent))
    await people.serve_in(db, COLLEAGUE, scene.culture, False, NOW)
    await people.make_deputy_mayor(db, DEPUTY_MAYOR, NOW)
    await people.set_blocked(db, cast.BOLAT, NOW)
    await db.execute(delete(tables.consents).where(tables.consents.c.person_id == cast.GUEST))
    await db.execute(
        insert(tables.leaves).values(person_id=cast.DANIYAR, deputy_id=cast.ZARINA, since=NOW - DAY, until=NOW + DAY)
    )


async def _becomes(db: AsyncConnection, number: str, status: Status, department_id: int, official_id: int) -> None:
    """As if it had lived so far."""
    answered = status in (Status.ANSWERED, Status.CLOSED)
    values = {
        "status": status,
        "department_id": department_id,
        "responsible_id": None if status in (Status.REGISTERED, Status.WITHDRAWN) else official_id,
        "answered_at": NOW if answered else None,
        "react_by": date(2026, 3, 16) if answered else None,
    }
    await db.execute(update(tables.questions).where(tables.questions.c.number == number).values(values))


async def _rows(db: AsyncConnection, table: Any) -> list[Row[Any]]:
    return list(await db.execute(select(table).order_by(*table.primary_key)))


# --- routes ---------------------------------------------------------------------------------------------------------


async def test_each_route_opens_to_exactly_the_roles_of_its_row(town: Town) -> None:
    opens = {
        name: "".join(letter for letter, person in town.people.items() if route.who(person))
        for name, route in every_route().items()
    }
    assert opens == {name: "".join(letter for letter in ROLES if letter in who) for name, who in POLICY.items()}


# --- steps ----------------------------------------------------------------------------------------------------------


async def _loaded(town: Town, number: str) -> Question:
    async with town.scene.database.reading() as db:
        return await questions.visible_to(db, town.people["a"], number)


def _those_who_may(town: Town, question: Question, action: Action) -> str:
    return "".join(letter for letter, person in town.people.items() if _may(question, action, person))


def _may(question: Question, action: Action, person: Person) -> bool:
    try:
        allowed(question, action, person)
    except CannotAct:
        return False
    return True


def _in_order(letters: str) -> str:
    return "".join(letter for letter in ROLES if letter in letters)


def _expected(row: dict[Action, str]) -> dict[Action, str]:
    return {action: _in_order(row.get(action, "")) for action in Action}


async def test_each_step_is_open_to_exactly_the_roles_of_its_cell(town: Town) -> None:
    """In every status, also those in which a step is possible for nobody."""
    for status, number in town.ours.items():
        question = await _loaded(town, number)
        found = {action: _those_who_may(town, question, action) for action in Action}
        assert found == _expected(cells(STEPS[status])), status


async def test_a_situation_changes_exactly_its_cells(town: Town) -> None:
    assert town.scene.education == 2, "as `co_departments` above"
    for situation, (facts, differs) in SITUATIONS.items():
        for status, row in differs.items():
            question = replace(await _loaded(town, town.ours[status]), **facts)
            found = {action: _those_who_may(town, question, action) for action in Action}
            assert found == _expected(cells(STEPS[status]) | cells(row)), (situation, status)


async def test_of_a_foreign_question_there_is_not_even_a_status(town: Town) -> None:
    for number in town.theirs.values():
        question = await _loaded(town, number)
        for letter in "gwAx1skhf":
            for action in Action:
                with pytest.raises(NotYours):
                    allowed(question, action, town.people[letter])


# --- presses --------------------------------------------------------------------------------------------------------


@dataclass
class Pressed:
    """What a press would have done: what was said to the one who pressed, and what it would have changed."""

    said: list[Any]
    changed: set[str]  # tables in which something of others, or of nobody, is not what it was
    forms: list[str]  # the dialogues that the one who pressed is in now

    def _of_buttons(self, what: str) -> list[str]:
        rows = [row for one in self.said for row in one.get("reply_markup", {}).get("inline_keyboard", [])]
        return [button[what] for row in rows for button in row]

    @property
    def buttons(self) -> list[str]:
        return self._of_buttons("callback_data")

    @property
    def labels(self) -> list[str]:
        return self._of_buttons("text")

    @property
    def text(self) -> str:
        return "\n".join(str(one.get("text", "")) for one in self.said)


class Presser:
    """Presses, and undoes what it did."""

    def __init__(self, town: Town, db: AsyncConnection) -> None:
        self.town, self.db = town, db
        self.written: set[str] = set()
        self.said_before = town.base["outbox"][-1].id
        sync = db.sync_connection
        assert sync is not None
        event.listen(sync, "before_cursor_execute", self._note)

    def _note(self, _conn: Connection, _cursor: Any, said: str, *_: Any) -> None:
        words = said.split(maxsplit=3)
        if words[0] in ("INSERT", "DELETE"):
            self.written.add(words[2].strip('"'))
        elif words[0] == "UPDATE":
            self.written.add(words[1].strip('"'))

    async def press(self, letter: str, data: str) -> Pressed:
        person = self.town.people[letter]
        self.written.clear()
        transaction = await self.db.begin()
        try:
            await _serve(self.db, self._received(person, data), Served(City(), "kopir_bot"), NOW)
            changed = {name for name in sorted(self.written) if await self._touched(name, person.id)}
            forms = select(tables.forms.c.name).where(tables.forms.c.person_id == person.id)
            return Pressed(await self._said(person.id), changed, list(await self.db.scalars(forms)))
        finally:
            await transaction.rollback()

    def _received(self, person: Person, data: str) -> Received:
        self.town.update_id += 1
        sender = {"id": person.id, "is_bot": False, "first_name": person.name}
        query = {"id": "1", "from": sender, "chat_instance": "1", "data": data}
        payload = {"update_id": self.town.update_id, "callback_query": query}
        return Received(self.town.update_id, person.id, payload, 0)

    async def _touched(self, name: str, person_id: int) -> bool:
        """A row that is not the presser's own."""
        table = tables.metadata.tables[name]
        own = "chat_id" if name == "outbox" else "id" if name == "people" else "person_id"

        def of_others(rows: list[Any]) -> list[Any]:
            return [tuple(row) for row in rows if getattr(row, own, None) != person_id]

        return of_others(await _rows(self.db, table)) != of_others(self.town.base[name])

    async def _said(self, person_id: int) -> list[Any]:
        """What stood in the outbox before is older than these."""
        mine = select(tables.outbox.c.facts).where(
            tables.outbox.c.id > self.said_before,
            tables.outbox.c.chat_id == person_id,
            tables.outbox.c.template == "reply",
        )
        return [json.loads(facts)["params"] for facts in await self.db.scalars(mine.order_by(tables.outbox.c.id))]


@pytest.fixture
async def presser(town: Town) -> AsyncIterator[Presser]:
    async with connected(town.scene.database) as db:
        yield Presser(town, db)


ABSENT, NOBODY = "2026-999999", 2**46
DELETES_THE_ONE_WHO_PRESSES = "forget_twice"


def _foreign(letter: str, name: str, town: Town) -> list[tuple[str, str]]:
    """(arguments that name something of others, the same shape naming nothing)."""
    if routes.BUTTONS[name].form:
        return [(town.ours[Status.REGISTERED], ABSENT)]  # there is no such dialogue: nothing is looked at
    number = (town.ours if letter in "B2wf" else town.theirs)[Status.ANSWERED]
    other = "1" if letter in "gB2f" else "2"  # as a department, an NGO, an announcement
    official = cast.DANIYAR if letter == "2" else cast.KAIRAT
    second = official if name == "assignee" else other
    named, thing = (f"{number}:{second}", f"{ABSENT}:{NOBODY}"), (other, "999999")
    return [named] if name in OF_A_QUESTION else [thing] if name in OF_ONESELF else [named, thing]


OF_A_QUESTION = {
    *("card", "why_date", "attachments", "withdraw", "solved", "partly", "not_answered"),
    *("take", "assign", "assignee", "answer", "answer_send"),
}
"""Their argument is a question's number; a route that is in neither of these two is tried with everything."""
OF_ONESELF = {
    *("language", "agree", "disagree", "cancel", "keep", "forget_once", "i_am_ngo", "somebody_else"),
    *("continue", "start_anew", "send", "my", "inbox", "wants"),
}


async def test_a_press_that_is_not_of_the_role_changes_nothing_and_says_nothing(town: Town, presser: Presser) -> None:
    number = town.ours[Status.REGISTERED]
    wrong = []
    for letter, name in product(ROLES, routes.BUTTONS):
        if letter in POLICY[name]:
            continue
        pressed = await presser.press(letter, f"{name}:{number}:1")
        told = (
            pressed.said
            and number not in pressed.text
            and {data.partition(":")[0] for data in pressed.buttons} <= HINTS
        )
        if pressed.changed or not told:
            wrong.append((letter, name, pressed))
    assert wrong == []


HINTS = {"language", "agree", "disagree", "i_am_ngo", "somebody_else"}
"""What somebody is shown who has to say first which language they read, whether they agree, or for whom they speak."""


async def test_a_foreign_object_is_answered_as_one_that_is_not_there(town: Town, presser: Presser) -> None:
    wrong = []
    for letter, name in product("gwAxB1skh2f", routes.BUTTONS):
        if letter not in POLICY[name] or name == DELETES_THE_ONE_WHO_PRESSES:
            continue
        for real, absent in _foreign(letter, name, town):
            of_others = await presser.press(letter, f"{name}:{real}")
            of_nobody = await presser.press(letter, f"{name}:{absent}")
            if of_others.changed or not of_others.said or of_others.said != of_nobody.said:
                wrong.append((letter, f"{name}:{real}", of_others, of_nobody))
    assert wrong == []


LEAVES_A_LINE = {"document": {"audit", "audit_head"}}
"""What somebody takes out of the chat stands in the audit."""


async def test_who_sees_everything_changes_nothing_of_it_but_by_the_desk(town: Town, presser: Presser) -> None:
    wrong = []
    for letter, name in product("ad", routes.BUTTONS):
        if POLICY[name] == "a" or letter not in POLICY[name] or name == DELETES_THE_ONE_WHO_PRESSES:
            continue
        for number in (town.ours[Status.REGISTERED], town.theirs[Status.ANSWERED]):
            pressed = await presser.press(letter, f"{name}:{number}:{cast.KAIRAT}")
            if pressed.changed - LEAVES_A_LINE.get(name, set()) or not pressed.said:
                wrong.append((letter, name, pressed))
    assert wrong == []


ACTS = {
    "take": Action.TAKE,
    "withdraw": Action.WITHDRAW,
    "solved": Action.SOLVED,
    "partly": Action.PARTLY,
    "assignee": Action.ASSIGN,
}
BEGINS = {
    "answer": Action.ANSWER,
    "not_answered": Action.NOT_ANSWERED,
    "clarify": Action.CLARIFY,
    "extend": Action.EXTEND,
    "part_done": Action.PART_DONE,
    "close_unclear": Action.CLOSE_UNCLEAR,
    "reply": Action.REPLY,
    "split": Action.SPLIT,
    "note": Action.NOTE,
    "answer_correct": Action.CORRECT,
}
"""Buttons that open a dialogue, at whose end the step is taken."""
OFFERS = {
    "assign": ("assignee", Action.ASSIGN),
    "forward": ("forward_to", Action.FORWARD),
    "involve": ("involve_to", Action.INVOLVE),
}
"""Buttons that show a choice first, and what its buttons are."""
LOOKS = ("card", "why_date")


async def test_each_button_does_what_the_cell_of_its_step_says(town: Town, presser: Presser) -> None:
    """For the roles that its route lets in: the others were turned away above."""
    did = {
        (letter, status, name): await _did(presser, letter, name, number)
        for letter in ROLES
        for status, number in town.ours.items()
        for name in (*ACTS, *BEGINS, *OFFERS, *LOOKS)
        if letter in POLICY[name]
    }
    expected = {(letter, status, name): _should(letter, status, name) for letter, status, name in did}
    assert {cell: done for cell, done in did.items() if done != expected[cell]} == {}


def _should(letter: str, status: Status, name: str) -> str:
    if name in LOOKS:
        return "shown" if letter in SEES else "nothing"
    action = OFFERS[name][1] if name in OFFERS else (ACTS | BEGINS)[name]
    if letter not in cells(STEPS[status]).get(action, ""):
        return "nothing"
    return "done" if name in ACTS else "begun"


async def _did(presser: Presser, letter: str, name: str, number: str) -> str:
    """The step was taken, a dialogue or a choice was begun, the question was shown, or nothing."""
    pressed = await presser.press(letter, f"{name}:{number}:{COLLEAGUE}")
    if "questions" in pressed.changed:
        return "done"
    assert pressed.changed == set(), (letter, name, pressed)
    choice = name in OFFERS and any(data.startswith(OFFERS[name][0]) for data in pressed.buttons)
    if choice or any(number in form for form in pressed.forms):
        return "begun"
    return "shown" if name in LOOKS and number in pressed.text else "nothing"


# --- ways back ------------------------------------------------------------------------------------------------------

BACK = {"back", "cancel", "all_invitations"}
GIVES_A_FILE = {"org_export", "export_questions", "audit_export"}
HAS_NO_DESK_ANY_MORE = {"leader_removed"}  # an administrator who removes themselves


async def test_every_screen_of_the_desk_has_a_way_back_and_every_change_a_line_in_the_audit(
    town: Town, presser: Presser
) -> None:
    """Every button that any screen shows is pressed once; a choice of several kinds (`invite:`) for each of them."""
    words = Words(Language.RU, City().zone)
    ways, no_dialogue = {words.label(key) for key in BACK}, words.plain("This button no longer works.")
    ahead = (await presser.press("a", "desk")).buttons
    seen, dead_ends, silent = {"desk"}, [], []
    while ahead:
        data = ahead.pop(0)
        name, _, choice = data.partition(":")
        step = data if choice.partition(":")[0].isalpha() else name
        if step in seen or POLICY[name] != "a":
            continue
        seen.add(step)
        pressed = await presser.press("a", data)
        ahead += pressed.buttons
        if pressed.changed and "audit" not in pressed.changed:
            silent.append((data, pressed.changed))
        if pressed.text.startswith(no_dialogue) or name in GIVES_A_FILE | HAS_NO_DESK_ANY_MORE:
            continue  # each press is undone, so the dialogue whose button this is was never begun
        if not ways & set(pressed.labels):
            dead_ends.append((data, pressed.text))
    assert dead_ends == []
    assert silent == []
    assert len(seen) > 60

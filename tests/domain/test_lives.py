"""Whole lives of questions: anybody does anything, twice and too late, and what was promised holds at every step.

Nothing is stored here: the machine keeps the question as the database would, with every step that was accepted.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from domain.city import City
from domain.draft import Attachment, AttachmentKind, blank
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
    OPEN,
    Action,
    Actor,
    CannotAct,
    Change,
    Ending,
    Kind,
    Question,
    Status,
    Verdict,
    act,
    answering,
    ask,
)

CITY = City()
MONDAY = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
CULTURE, EDUCATION, HOUSING = 10, 20, 30
PARASAT, KOMEK = 1, 2

_CULTURE = Names("Culture", "Отдел культуры", "Мәдениет бөлімі")


def _of_ngo(person_id: int, ngo: int, state: RepresentativeState = RepresentativeState.VERIFIED) -> Person:
    return Person(person_id, "", Language.RU, representative=Representative(ngo, "Парасат", state, False))


def _official(person_id: int, department: int, *, head: bool = False) -> Person:
    return Person(person_id, "", Language.RU, official=Official(department, _CULTURE, head, "", ""))


AIGERIM = _of_ngo(101, PARASAT)
BOLAT = _of_ngo(102, PARASAT)
DINARA = _of_ngo(103, PARASAT, RepresentativeState.WAITING)
ERLAN = _of_ngo(104, KOMEK)
ZARINA = _official(201, CULTURE)
DANIYAR = _official(202, CULTURE)
GULNARA = _official(203, CULTURE, head=True)
KAIRAT = _official(204, EDUCATION)
MADINA = _official(205, HOUSING)
SAULE = Person(301, "", Language.RU, is_admin=True)
STRANGERS = (DINARA, ERLAN, KAIRAT)
EVERYBODY: tuple[Actor, ...] = (AIGERIM, BOLAT, ZARINA, DANIYAR, GULNARA, MADINA, SAULE, CLOCK, *STRANGERS)

PHOTO = Attachment(AttachmentKind.PHOTO, 5, "file", "unique")
TEXTS = st.sampled_from(["Зал свободен.", "Сцена тоже.", "Нет ответа на второй вопрос.", "Спасибо.", "", "\u2800"])
KINDS = st.sampled_from([Kind.QUESTION, Kind.PROPOSAL, Kind.REQUEST] * 3 + [Kind.THANKS])
FROZEN = ("id", "number", "kind", "text", "language", "public", "author_id", "organization_id", "registered_at", "term")


def _asked(kind: Kind, department_id: int | None, head_id: int | None) -> Question:
    return Question(
        id=1,
        number="2026-000001",
        kind=kind,
        status=Status.REGISTERED,
        text="Просим помочь с залом.",
        language=Language.RU,
        public=True,
        author_id=AIGERIM.id,
        author_state=RepresentativeState.VERIFIED,
        organization_id=PARASAT,
        organization_name="Парасат",
        topic_id=None,
        topic=None,
        department_id=department_id,
        department=_CULTURE,
        head_id=head_id,
        responsible_id=None,
        responsible_name="",
        responsible_post="",
        registered_at=MONDAY,
        counted_from=MONDAY,
        term=15,
        due_on=CITY.due_on(kind, MONDAY, 15),
    )


class Life(RuleBasedStateMachine):
    """One question from [Send] on."""

    question: Question
    steps: list[Change]
    now: datetime
    began: datetime
    asked: Question
    headed: bool
    two_keys: bool

    @initialize(
        kind=KINDS, known=st.sampled_from([True, True, True, False]), headed=st.booleans(), two_keys=st.booleans()
    )
    def begins(self, kind: Kind, known: bool, headed: bool, two_keys: bool) -> None:
        self.now = self.began = MONDAY
        self.headed = headed
        self.two_keys = two_keys
        self.asked = _asked(kind, CULTURE if known else None, GULNARA.id if known and headed else None)
        change = ask(self.asked, AIGERIM, ())
        self.steps = [change]
        self.question = change.after
        self._read_anew()

    def _try(self, action: Action, actor: Actor, text: str, attachments: tuple[Attachment, ...] = ()) -> None:
        """As a handler does it: what is refused changes nothing."""
        was = self.question
        try:
            change = act(
                was,
                action,
                actor,
                self.now,
                text=text,
                attachments=attachments,
                assignee_id=ZARINA.id if action is Action.ASSIGN else None,
                department_id=self._where_to(action),
                due_on=self._later() if action is Action.EXTEND else CITY.due_on(was.kind, self.now, was.term),
                react_by=CITY.react_by(self.now),
                paused=CITY.waited(was, self.now),
            )
        except CannotAct:
            return
        self.steps.append(change)
        self.question = change.after
        if action is Action.NOT_ANSWERED:
            self.began = self.now
        self._read_anew()

    def _where_to(self, action: Action) -> int | None:
        if action is Action.ROUTE:
            return CULTURE
        if action in (Action.FORWARD, Action.INVOLVE):
            return HOUSING if self.question.department_id == CULTURE else CULTURE
        return None

    def _later(self) -> date | None:
        return self.question.due_on and CITY.calendar.add(self.question.due_on, 5)

    def _read_anew(self) -> None:
        """As the database shows it: the head and the habits of the department that has it now, the line's own id."""
        here = self.question.department_id == CULTURE
        self.question = replace(
            self.question,
            head_id=GULNARA.id if here and self.headed else None,
            two_keys=here and self.two_keys,
            proposed_id=7 if self.question.proposed_id is not None else None,
        )

    @rule(action=st.sampled_from(Action), actor=st.sampled_from(EVERYBODY), text=TEXTS, photo=st.booleans())
    def anybody_tries_anything(self, action: Action, actor: Actor, text: str, photo: bool) -> None:
        self._try(action, actor, text, (PHOTO,) if photo else ())

    # Most of what anybody tries is refused; these lead on, so that lives get far.

    @precondition(lambda self: self.question.status is Status.REGISTERED)
    @rule(actor=st.sampled_from([ZARINA, DANIYAR, GULNARA]))
    def an_official_takes_it(self, actor: Person) -> None:
        self._try(Action.TAKE, actor, "")

    @precondition(lambda self: self.question.status in OPEN)
    @rule(text=TEXTS)
    def whoever_has_it_answers(self, text: str) -> None:
        holder = self._holder()
        self._try(answering(self.question, holder), holder, text)

    def _holder(self) -> Person:
        if self.question.department_id == HOUSING:
            return MADINA
        return next((p for p in (ZARINA, DANIYAR, GULNARA) if p.id == self.question.responsible_id), DANIYAR)

    @precondition(lambda self: self.question.status in OPEN)
    @rule(
        action=st.sampled_from([Action.CLARIFY, Action.EXTEND, Action.INVOLVE, Action.FORWARD, Action.CLOSE_UNCLEAR]),
        text=TEXTS,
    )
    def whoever_has_it_does_something_else(self, action: Action, text: str) -> None:
        self._try(action, self._holder(), text)

    @precondition(lambda self: self.question.proposed_id is not None or self.question.extend_to is not None)
    @rule(
        action=st.sampled_from(
            [Action.APPROVE, Action.RETURN, Action.EXTENSION_APPROVED, Action.EXTENSION_DECLINED, Action.ANSWER]
        ),
        text=TEXTS,
    )
    def the_head_decides(self, action: Action, text: str) -> None:
        self._try(action, GULNARA, text)

    @precondition(lambda self: self.question.status is Status.WAITING)
    @rule(replies=st.booleans(), text=TEXTS)
    def the_ngo_replies_or_does_not(self, replies: bool, text: str) -> None:
        self._try(Action.REPLY if replies else Action.NO_REPLY, AIGERIM if replies else CLOCK, text)

    @precondition(lambda self: self.question.status in OPEN)
    @rule()
    def the_head_gives_it_to_another(self) -> None:
        self._try(Action.ASSIGN, GULNARA, "")

    @precondition(lambda self: self.question.status is Status.IN_WORK)
    @rule()
    def whoever_has_it_leaves_the_department(self) -> None:
        self._try(Action.HAND_OVER, SAULE, "")

    @precondition(lambda self: self.question.department_id is None)
    @rule()
    def an_administrator_finds_its_department(self) -> None:
        self._try(Action.ROUTE, SAULE, "")

    @rule(actor=st.sampled_from([AIGERIM, BOLAT]), text=TEXTS)
    def the_ngo_adds_something(self, actor: Person, text: str) -> None:
        self._try(Action.ADD, actor, text)

    @precondition(lambda self: len(self.steps) > 4 and self.question.status in OPEN)
    @rule(actor=st.sampled_from([AIGERIM, BOLAT]))
    def the_ngo_takes_it_back(self, actor: Person) -> None:
        self._try(Action.WITHDRAW, actor, "")

    @precondition(lambda self: self.question.status is Status.ANSWERED)
    @rule(
        actor=st.sampled_from([AIGERIM, BOLAT]),
        action=st.sampled_from([Action.NOT_ANSWERED, Action.NOT_ANSWERED_AGAIN]),
        text=TEXTS,
    )
    def the_ngo_says_it_is_no_answer(self, actor: Person, action: Action, text: str) -> None:
        self._try(action, actor, text)

    @precondition(lambda self: self.question.status is Status.ANSWERED and len(self.steps) > 4)
    @rule(actor=st.sampled_from([AIGERIM, BOLAT]), action=st.sampled_from([Action.SOLVED, Action.PARTLY]))
    def the_ngo_is_content(self, actor: Person, action: Action) -> None:
        self._try(action, actor, "")

    @precondition(lambda self: self.question.status is Status.ANSWERED and len(self.steps) > 4)
    @rule()
    def nobody_reacts(self) -> None:
        self._try(Action.NO_REACTION, CLOCK, "")

    @precondition(lambda self: len(self.steps) > 1)
    @rule()
    def the_same_button_is_pressed_again(self) -> None:
        last = self.steps[-1]
        self._try(last.action, last.actor, last.text, last.attachments)

    @rule(days=st.integers(1, 40))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule()
    def the_head_leaves(self) -> None:
        self.headed = False
        self.question = replace(self.question, head_id=None)

    # --- what holds at every moment ---------------------------------------------------------------------------------

    @invariant()
    def work_has_an_owner_and_what_is_new_has_none(self) -> None:
        owned = self.question.responsible_id is not None
        if self.question.status in (Status.IN_WORK, Status.WAITING):
            assert owned
        if self.question.status is Status.REGISTERED:
            assert not owned

    @invariant()
    def an_owner_is_replaced_only_by_the_head_by_a_reopening_or_when_they_leave(self) -> None:
        for step in self.steps:
            before, after = step.before.responsible_id, step.after.responsible_id
            if before is not None and after != before:
                assert step.action in (Action.ASSIGN, Action.NOT_ANSWERED, Action.HAND_OVER, Action.FORWARD)

    @invariant()
    def the_owner_is_of_the_department(self) -> None:
        theirs = {CULTURE: (ZARINA.id, DANIYAR.id, GULNARA.id), HOUSING: (MADINA.id,), None: ()}
        assert self.question.responsible_id in (None, *theirs[self.question.department_id])

    @invariant()
    def what_is_closed_says_how_it_ended(self) -> None:
        assert (self.question.ending is not None) == (self.question.status is Status.CLOSED)

    @invariant()
    def a_judged_end_has_a_verdict_and_another_end_has_none(self) -> None:
        if self.question.ending is not None:
            assert (self.question.ending is Ending.JUDGED) == (self.question.verdict is not None)

    @invariant()
    def nothing_closes_without_an_answer_but_thanks_and_what_is_said_in_its_place(self) -> None:
        if self.question.ending in (Ending.JUDGED, Ending.NO_REACTION):
            assert any(step.action in (Action.ANSWER, Action.APPROVE) for step in self.steps)

    @invariant()
    def whatever_answers_or_closes_has_a_text(self) -> None:
        spoken = (Action.ANSWER, Action.APPROVE, Action.CORRECT, Action.CLOSE_UNCLEAR, Action.SPLIT)
        assert not any(step.action in spoken and blank(step.text) for step in self.steps)

    @invariant()
    def with_two_keys_the_head_turned_the_second_one(self) -> None:
        """Or an administrator, when the department has lost its head meanwhile."""
        for step in self.steps:
            if step.action in (Action.ANSWER, Action.APPROVE) and step.before.two_keys:
                assert step.actor is GULNARA or (step.actor is SAULE and step.before.head_id is None)

    @invariant()
    def the_ngo_is_waited_for_only_while_it_is_asked(self) -> None:
        assert (self.question.waiting_since is not None) == (self.question.status is Status.WAITING)

    @invariant()
    def it_comes_back_to_a_department_once_at_most_without_an_administrator(self) -> None:
        before = [step for step in self.steps if step.action is Action.FORWARD]
        back = [s for s in before if s.after.department_id in s.before.been_in and s.actor is not SAULE]
        assert sum(not step.before.came_back for step in back) == len(back) <= 1

    @invariant()
    def an_answer_has_its_moment_and_the_last_day_for_a_verdict(self) -> None:
        if self.question.status is Status.ANSWERED:
            assert self.question.answered_at is not None
            assert self.question.react_by is not None
            assert self.question.react_by > CITY.today(self.question.answered_at)

    @invariant()
    def it_is_reopened_once_at_most(self) -> None:
        times = sum(step.action is Action.NOT_ANSWERED for step in self.steps)
        assert times <= 1
        assert self.question.reopened == (times == 1)

    @invariant()
    def it_closes_as_not_answered_only_after_a_second_chance(self) -> None:
        if self.question.status is Status.CLOSED and self.question.verdict is Verdict.NOT_ANSWERED:
            assert self.question.reopened

    @invariant()
    def whatever_is_owed_has_a_date_not_before_its_term_began(self) -> None:
        if self.question.status in OPEN:
            assert self.question.due_on is not None
            assert self.question.due_on >= CITY.today(self.question.counted_from)

    @invariant()
    def the_term_begins_with_the_asking_or_the_reopening(self) -> None:
        assert self.question.counted_from == self.began

    @invariant()
    def thanks_owe_nothing(self) -> None:
        if self.question.kind is Kind.THANKS:
            assert (self.question.status, self.question.due_on) == (Status.CLOSED, None)

    @invariant()
    def the_date_moves_only_when_it_is_reopened_or_extended(self) -> None:
        for step in self.steps[1:]:
            if step.action is Action.EXTENSION_APPROVED:
                assert step.before.due_on < step.after.due_on <= date(2026, self.began.month + 2, self.began.day)
            elif step.action is not Action.NOT_ANSWERED:
                assert step.after.due_on == step.before.due_on
                assert step.after.counted_from == step.before.counted_from

    @invariant()
    def what_was_asked_stays_as_it_was(self) -> None:
        for name in FROZEN:
            assert getattr(self.question, name) == getattr(self.asked, name)

    @invariant()
    def withdrawn_is_final(self) -> None:
        after = [step for step in self.steps if step.before.status is Status.WITHDRAWN]
        assert all(step.action in (Action.ADD, Action.NOTE) for step in after)

    @invariant()
    def closed_is_left_no_more(self) -> None:
        for step in self.steps[1:]:
            if step.before.status is Status.CLOSED:
                assert step.after.status is Status.CLOSED
                assert step.action in (Action.ADD, Action.NOTE, Action.CORRECT)

    @invariant()
    def strangers_never_did_anything(self) -> None:
        assert not any(step.actor in STRANGERS for step in self.steps)

    @invariant()
    def only_the_ngo_withdraws_adds_and_judges(self) -> None:
        theirs = (Action.WITHDRAW, Action.ADD, Action.REPLY, Action.SOLVED, Action.PARTLY, Action.NOT_ANSWERED)
        assert all(step.actor in (AIGERIM, BOLAT) for step in self.steps if step.action in theirs)

    @invariant()
    def only_the_clock_closes_for_want_of_a_reaction(self) -> None:
        endings = [step for step in self.steps if step.after.ending is Ending.NO_REACTION]
        afterwards = (Action.ADD, Action.NOTE, Action.CORRECT)
        assert all(step.actor is CLOCK for step in endings if step.action not in afterwards)

    @invariant()
    def each_step_begins_where_the_one_before_ended(self) -> None:
        for earlier, later in pairwise(self.steps):
            assert earlier.after.status is later.before.status


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)

"""Questions in both databases: numbered without gaps, seen by those who may, changed once, told to whom it concerns."""

import asyncio
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from domain.draft import Attachment, AttachmentKind, Piece
from domain.people import RepresentativeState
from domain.question import (
    CLOCK,
    Action,
    AlreadyTaken,
    Audience,
    CannotAct,
    Ending,
    Kind,
    NotYours,
    Outcome,
    Question,
    Status,
    Verdict,
    act,
)
from storage import outbox, people, questions
from storage.database import Database
from storage.pages import Page
from storage.tables import entries
from storage.tables import outbox as notices
from storage.tables import questions as rows
from tests.storage.scene import (
    AIGERIM,
    BOLAT,
    CULTURE,
    DANIYAR,
    DAY,
    DINARA,
    DUE,
    ERLAN,
    EVENTS,
    GUEST,
    GULNARA,
    HOUR,
    KAIRAT,
    NOW,
    RUSLAN,
    SAULE,
    TIMUR,
    TODAY,
    ZARINA,
    Scene,
    a_new_question,
    copies,
    killed,
)


async def register(database: Database, scene: Scene, draft: str, year: int = 2026, author: int = AIGERIM) -> str:
    """As a handler does it, in a transaction of its own."""
    async with database.transaction() as db:
        person = await people.load(db, author)
        assert person is not None
        change = a_new_question(scene, person)
        return (await questions.register(db, change, draft, (), NOW, year)).number


async def count(database: Database) -> int:
    async with database.reading() as db:
        return await db.scalar(select(func.count()).select_from(rows)) or 0


class TestRegistering:
    async def test_what_was_sent_is_what_is_registered(self, scene: Scene) -> None:
        question = await scene.asks(text="Просим помочь с залом.", kind=Kind.REQUEST)
        assert (question.text, question.kind, question.status) == (
            "Просим помочь с залом.",
            Kind.REQUEST,
            Status.REGISTERED,
        )
        assert (question.author_id, question.organization_name) == (AIGERIM, "ОФ «Парасат»")
        assert (question.topic, question.department, question.head_id) == (EVENTS, CULTURE, GULNARA)
        assert (question.registered_at, question.counted_from, question.due_on) == (NOW, NOW, DUE)

    async def test_thanks_are_stored_closed(self, scene: Scene) -> None:
        thanks = await scene.asks(kind=Kind.THANKS)
        assert (thanks.status, thanks.ending, thanks.due_on) == (Status.CLOSED, Ending.THANKED, None)

    async def test_the_history_begins_with_the_asking(self, scene: Scene) -> None:
        question = await scene.asks()
        async with scene.database.reading() as db:
            (line,) = await questions.history(db, question.id)
        assert (line.action, line.side, line.actor, line.at) == (Action.ASK, "ngo", "Aigerim Nurlankyzy", NOW)

    async def test_the_author_is_confirmed_in_the_same_transaction(self, scene: Scene) -> None:
        await scene.asks()
        async with scene.database.transaction() as db:
            said = {(row.chat_id, row.template) for row in await outbox.claim(db, "1", 100, NOW)}
        assert said == {(AIGERIM, "registered"), (DANIYAR, "new"), (ZARINA, "new"), (GULNARA, "new")}

    async def test_the_confirmation_goes_before_everything_else(self, scene: Scene) -> None:
        await scene.asks()
        async with scene.database.transaction() as db:
            assert [row.template for row in await outbox.claim(db, "1", 1, NOW)] == ["registered"]


class TestNumbers:
    async def test_the_first_of_the_year_is_one(self, scene: Scene) -> None:
        assert await register(scene.database, scene, "a") == "2026-000001"

    async def test_they_count_on(self, scene: Scene) -> None:
        assert [await register(scene.database, scene, draft) for draft in "abc"][-1] == "2026-000003"

    async def test_each_year_begins_anew(self, scene: Scene) -> None:
        await register(scene.database, scene, "a", 2026)
        await register(scene.database, scene, "b", 2027)
        assert await register(scene.database, scene, "c", 2026) == "2026-000002"

    async def test_they_grow_beyond_six_digits(self, scene: Scene) -> None:
        from storage.tables import counters

        async with scene.database.transaction() as db:
            await db.execute(counters.insert().values(name="questions 2026", value=999_999))
        assert await register(scene.database, scene, "a") == "2026-1000000"

    async def test_a_registration_that_failed_leaves_no_gap(self, scene: Scene) -> None:
        await register(scene.database, scene, "a")
        aigerim = await scene.person(AIGERIM)
        async with killed(scene.database) as db:
            await questions.register(db, a_new_question(scene, aigerim), "b", (), NOW, 2026)
        assert await register(scene.database, scene, "b") == "2026-000002"

    async def test_twenty_at_once_by_several_copies_have_no_gap_and_no_twin(
        self, scene: Scene, database_url: str
    ) -> None:
        async with copies(database_url, 4) as all_copies:
            together = [register(all_copies[n % 4], scene, f"draft {n}") for n in range(20)]
            numbers = await asyncio.gather(*together)
        assert sorted(numbers) == [f"2026-{n:06d}" for n in range(1, 21)]


class TestDrafts:
    async def test_a_draft_sent_twice_is_refused_the_second_time(self, scene: Scene) -> None:
        await register(scene.database, scene, "a")
        with pytest.raises(IntegrityError):
            await register(scene.database, scene, "a")

    async def test_a_draft_sent_by_five_copies_at_once_is_one_question(self, scene: Scene, database_url: str) -> None:
        async with copies(database_url, 5) as all_copies:
            sent = [register(copy, scene, "a") for copy in all_copies]
            results = await asyncio.gather(*sent, return_exceptions=True)
        assert await count(scene.database) == 1
        assert [result for result in results if isinstance(result, str)] == ["2026-000001"]

    async def test_the_ones_that_came_late_leave_no_gap(self, scene: Scene, database_url: str) -> None:
        async with copies(database_url, 3) as all_copies:
            sent = [register(copy, scene, "a") for copy in all_copies]
            await asyncio.gather(*sent, return_exceptions=True)
        assert await register(scene.database, scene, "b") == "2026-000002"

    async def test_pressed_again_it_names_the_question_it_became(self, scene: Scene) -> None:
        number = await register(scene.database, scene, "a")
        async with scene.database.reading() as db:
            assert await questions.of_draft(db, "a", AIGERIM) == number

    async def test_somebody_elses_draft_is_nothing(self, scene: Scene) -> None:
        await register(scene.database, scene, "a")
        async with scene.database.reading() as db:
            assert await questions.of_draft(db, "a", BOLAT) is None

    @pytest.mark.parametrize(
        "forged", ["", "b", "a\x00", "\ud800", "' OR 1=1 --", "x" * 10_000], ids=lambda s: ascii(s)[:20]
    )
    async def test_a_forged_draft_is_nothing(self, scene: Scene, forged: str) -> None:
        await register(scene.database, scene, "a")
        async with scene.database.reading() as db:
            assert await questions.of_draft(db, forged, AIGERIM) is None


class TestMessages:
    """Which of the author's messages a question came from: editing one later is an addition."""

    async def test_a_message_leads_to_its_question_and_the_text_as_registered(self, scene: Scene) -> None:
        question = await scene.asks(pieces=(Piece(11, "Просим помочь"), Piece(12, "с залом.")))
        async with scene.database.reading() as db:
            assert await questions.of_message(db, AIGERIM, 12) == (question.number, "с залом.")

    async def test_the_same_message_number_in_another_chat_is_another_message(self, scene: Scene) -> None:
        await scene.asks(pieces=(Piece(11, "Просим помочь"),))
        async with scene.database.reading() as db:
            assert await questions.of_message(db, BOLAT, 11) is None

    async def test_a_message_that_became_no_question_leads_nowhere(self, scene: Scene) -> None:
        await scene.asks(pieces=(Piece(11, "Просим помочь"),))
        async with scene.database.reading() as db:
            assert await questions.of_message(db, AIGERIM, 13) is None


SEES = {
    "the author": (AIGERIM, True),
    "a verified colleague": (BOLAT, True),
    "a colleague who waits for approval": (DINARA, False),
    "a declined colleague": (RUSLAN, False),
    "another NGO": (ERLAN, False),
    "a guest": (GUEST, False),
    "an official of the department": (ZARINA, True),
    "the responsible official": (DANIYAR, True),
    "the head": (GULNARA, True),
    "an official of another department": (KAIRAT, False),
    "an administrator": (SAULE, True),
}
FORGED = ["", "2026-000002", "2025-000001", "000001", "1", "0", "-1", str(2**63), "2026-000001 ", "٢٠٢٦-٠٠٠٠٠١"]
FORGED += ["2026-000001\x00", "\x00", "\ud800", "2026-00000\udc31", "%", "2026-00000_", "' OR 1=1 --", "x" * 10_000]


class TestSeeing:
    """Loading is permission; "not yours" and "not there" are the same answer."""

    async def may_see(self, scene: Scene, person_id: int, number: str, *, to_change: bool = False) -> bool:
        person = await scene.person(person_id)
        try:
            async with scene.database.transaction() as db:
                found = await questions.visible_to(db, person, number, to_change=to_change)
        except NotYours:
            return False
        return found.number == number

    @pytest.mark.parametrize(("who", "may"), SEES.values(), ids=SEES.keys())
    @pytest.mark.parametrize("to_change", [False, True], ids=["to read", "to change"])
    async def test_each_standing(self, scene: Scene, who: int, may: bool, to_change: bool) -> None:
        question = await scene.does(await scene.asks(), Action.TAKE, DANIYAR)
        assert await self.may_see(scene, who, question.number, to_change=to_change) is may

    @pytest.mark.parametrize(("who", "may"), SEES.values(), ids=SEES.keys())
    async def test_each_standing_to_a_question_without_a_department(self, scene: Scene, who: int, may: bool) -> None:
        question = await scene.asks(lost=True)
        assert await self.may_see(scene, who, question.number) is (may and who not in (ZARINA, DANIYAR, GULNARA))

    async def test_an_author_who_was_declined_keeps_what_they_asked(self, scene: Scene) -> None:
        question = await scene.asks(DINARA)
        async with scene.database.transaction() as db:
            await people.decide(db, DINARA, RepresentativeState.DECLINED, SAULE, NOW)
        assert await self.may_see(scene, DINARA, question.number)

    async def test_an_author_who_waits_sees_their_own(self, scene: Scene) -> None:
        question = await scene.asks(DINARA)
        assert await self.may_see(scene, DINARA, question.number)

    async def test_what_one_who_waits_asked_is_seen_by_the_verified_of_the_same_ngo(self, scene: Scene) -> None:
        question = await scene.asks(DINARA)
        assert await self.may_see(scene, BOLAT, question.number)

    async def test_an_official_who_moved_sees_it_no_more(self, scene: Scene) -> None:
        question = await scene.asks()
        async with scene.database.transaction() as db:
            await people.serve_in(db, ZARINA, scene.education, False, NOW)
        assert not await self.may_see(scene, ZARINA, question.number)

    async def test_a_representative_who_changed_the_ngo_sees_only_their_own(self, scene: Scene) -> None:
        theirs, colleagues = await scene.asks(BOLAT), await scene.asks(AIGERIM)
        async with scene.database.transaction() as db:
            await people.represent(db, BOLAT, scene.komek, RepresentativeState.VERIFIED, NOW)
        assert await self.may_see(scene, BOLAT, theirs.number)
        assert not await self.may_see(scene, BOLAT, colleagues.number)

    @pytest.mark.parametrize("forged", FORGED, ids=lambda number: ascii(number)[:24])
    @pytest.mark.parametrize("to_change", [False, True], ids=["to read", "to change"])
    async def test_a_forged_number_is_not_there(self, scene: Scene, forged: str, to_change: bool) -> None:
        await scene.asks()
        saule = await scene.person(SAULE)
        async with scene.database.transaction() as db:
            with pytest.raises(NotYours):
                await questions.visible_to(db, saule, forged, to_change=to_change)

    async def test_the_clock_finds_it_by_its_id(self, scene: Scene) -> None:
        question = await scene.asks()
        async with scene.database.transaction() as db:
            assert await questions.by_id(db, question.id, to_change=True) == question
            assert await questions.by_id(db, question.id + 1) is None

    @pytest.mark.parametrize(
        ("state", "verified"),
        [
            (RepresentativeState.WAITING, False),
            (RepresentativeState.VERIFIED, True),
            (RepresentativeState.DECLINED, False),
        ],
    )
    async def test_the_card_shows_whether_the_author_is_verified_now(
        self, scene: Scene, state: RepresentativeState, verified: bool
    ) -> None:
        question = await scene.asks(DINARA)
        async with scene.database.transaction() as db:
            if state is not RepresentativeState.WAITING:
                await people.decide(db, DINARA, state, SAULE, NOW)
        assert (await scene.question(question.number)).verified is verified

    async def test_the_responsible_is_named_as_introduced(self, scene: Scene) -> None:
        question = await scene.does(await scene.asks(), Action.TAKE, DANIYAR)
        assert (question.responsible_name, question.responsible_post) == ("Ахметов Д. Б.", "главный специалист")

    async def test_one_who_was_not_introduced_is_named_as_in_telegram(self, scene: Scene) -> None:
        question = await scene.does(await scene.asks(), Action.TAKE, ZARINA)
        assert (question.responsible_name, question.responsible_post) == ("Zarina", "")


class TestRecording:
    async def test_a_step_is_stored_with_its_line(self, scene: Scene) -> None:
        question = await scene.asks()
        answered = await scene.does(question, Action.ANSWER, DANIYAR, "Зал свободен.", now=NOW + HOUR)
        assert (answered.status, answered.responsible_id, answered.answered_at, answered.react_by) == (
            Status.ANSWERED,
            DANIYAR,
            NOW + HOUR,
            date(2026, 3, 16),
        )
        async with scene.database.reading() as db:
            line = (await questions.history(db, question.id))[-1]
        assert (line.action, line.side, line.actor, line.text, line.outcome, line.at) == (
            Action.ANSWER,
            "city",
            "Ахметов Д. Б.",
            "Зал свободен.",
            Outcome.EXPLAINED,
            NOW + HOUR,
        )

    async def test_a_whole_life_is_read_back(self, scene: Scene) -> None:
        question = await scene.asks()
        question = await scene.does(question, Action.TAKE, DANIYAR)
        question = await scene.does(question, Action.ANSWER, DANIYAR)
        question = await scene.does(question, Action.NOT_ANSWERED, AIGERIM, due_on=date(2026, 4, 9), now=NOW + DAY)
        assert (
            question.status,
            question.responsible_id,
            question.reopened,
            question.due_on,
            question.counted_from,
        ) == (
            Status.IN_WORK,
            GULNARA,
            True,
            date(2026, 4, 9),
            NOW + DAY,
        )
        question = await scene.does(question, Action.ANSWER, GULNARA)
        question = await scene.does(question, Action.PARTLY, BOLAT)
        assert (question.status, question.verdict, question.ending) == (Status.CLOSED, Verdict.PARTLY, Ending.JUDGED)
        async with scene.database.reading() as db:
            lines = await questions.history(db, question.id)
        assert [line.action for line in lines] == [
            Action.ASK,
            Action.TAKE,
            Action.ANSWER,
            Action.NOT_ANSWERED,
            Action.ANSWER,
            Action.PARTLY,
        ]

    async def test_the_text_as_registered_is_never_changed(self, scene: Scene) -> None:
        question = await scene.asks()
        await scene.does(question, Action.ADD, AIGERIM, "И ещё сцена.")
        assert (await scene.question(question.number)).text == "Просим помочь с залом."

    async def test_the_same_message_twice_is_one_addition(self, scene: Scene) -> None:
        question = await scene.asks()
        for _ in range(2):
            await scene.does(question, Action.ADD, AIGERIM, "И ещё сцена.", source="message 11")
        async with scene.database.reading() as db:
            assert len(await questions.history(db, question.id)) == 2

    async def test_the_second_time_nobody_is_told(self, scene: Scene) -> None:
        question = await scene.asks()
        for _ in range(2):
            await scene.does(question, Action.ADD, AIGERIM, "И ещё сцена.", source="message 11")
        async with scene.database.reading() as db:
            told = select(func.count()).select_from(notices).where(notices.c.template == "addition")
            assert await db.scalar(told) == 3  # Daniyar, Zarina, Gulnara

    async def test_the_same_message_by_two_copies_at_once_is_one_addition(
        self, scene: Scene, database_url: str
    ) -> None:
        question = await scene.asks()

        async def add(copy: Database) -> None:
            async with copy.transaction() as db:
                aigerim = await people.load(db, AIGERIM)
                assert aigerim is not None
                here = await questions.visible_to(db, aigerim, question.number, to_change=True)
                change = act(here, Action.ADD, aigerim, NOW, text="И ещё сцена.")
                await questions.record(db, change, NOW, source="message 11")

        async with copies(database_url, 3) as all_copies:
            await asyncio.gather(*(add(copy) for copy in all_copies), return_exceptions=True)
        async with scene.database.reading() as db:
            assert len(await questions.history(db, question.id)) == 2

    async def test_a_source_is_one_for_all_questions(self, scene: Scene) -> None:
        first, second = await scene.asks(), await scene.asks()
        await scene.does(first, Action.ADD, AIGERIM, "И ещё сцена.", source="message 11")
        await scene.does(second, Action.ADD, AIGERIM, "И ещё сцена.", source="message 11")
        async with scene.database.reading() as db:
            assert len(await questions.history(db, second.id)) == 1

    async def test_of_two_officials_who_take_it_at_once_the_second_hears_who_has_it(
        self, scene: Scene, database_url: str
    ) -> None:
        question = await scene.asks()

        async def take(copy: Database, person_id: int) -> str:
            try:
                async with copy.transaction() as db:
                    person = await people.load(db, person_id)
                    assert person is not None
                    here = await questions.visible_to(db, person, question.number, to_change=True)
                    await questions.record(db, act(here, Action.TAKE, person, NOW), NOW)
            except AlreadyTaken as refusal:
                return f"{refusal.by} has it"
            return "taken"

        async with copies(database_url, 2) as (one, other):
            words = await asyncio.gather(take(one, DANIYAR), take(other, ZARINA))
        name = {DANIYAR: "Ахметов Д. Б.", ZARINA: "Zarina"}[(await scene.question(question.number)).responsible_id or 0]
        assert sorted(words) == sorted(["taken", f"{name} has it"])

    async def test_an_answer_and_a_withdrawal_at_once_are_not_both(self, scene: Scene, database_url: str) -> None:
        question = await scene.does(await scene.asks(), Action.TAKE, DANIYAR)

        async def step(copy: Database, action: Action, person_id: int) -> bool:
            try:
                async with copy.transaction() as db:
                    person = await people.load(db, person_id)
                    assert person is not None
                    here = await questions.visible_to(db, person, question.number, to_change=True)
                    await questions.record(db, act(here, action, person, NOW, text="Зал свободен."), NOW)
            except CannotAct:
                return False
            return True

        async with copies(database_url, 2) as (one, other):
            happened = await asyncio.gather(step(one, Action.ANSWER, DANIYAR), step(other, Action.WITHDRAW, AIGERIM))
        assert sorted(happened) == [False, True]
        after = (await scene.question(question.number)).status
        assert after is (Status.ANSWERED if happened[0] else Status.WITHDRAWN)

    async def test_a_step_of_an_official_who_also_speaks_for_the_ngo_is_the_citys(self, scene: Scene) -> None:
        async with scene.database.transaction() as db:
            await people.represent(db, DANIYAR, scene.parasat, RepresentativeState.VERIFIED, NOW)
        question = await scene.does(await scene.asks(), Action.TAKE, DANIYAR)
        async with scene.database.reading() as db:
            assert (await questions.history(db, question.id))[-1].side == "city"

    async def test_the_programs_own_step_bears_no_name(self, scene: Scene) -> None:
        question = await scene.does(await scene.asks(), Action.ANSWER, DANIYAR)
        async with scene.database.transaction() as db:
            here = await questions.by_id(db, question.id, to_change=True)
            assert here is not None
            entry_id = await questions.record(db, act(here, Action.NO_REACTION, CLOCK, NOW), NOW)
            line = await questions.entry(db, entry_id or 0)
        assert line is not None
        assert (line.side, line.actor, line.action) == ("clock", "", Action.NO_REACTION)

    async def test_who_it_was_given_to_stands_in_the_line(self, scene: Scene) -> None:
        question = await scene.does(await scene.asks(), Action.ASSIGN, GULNARA, assignee_id=DANIYAR)
        async with scene.database.reading() as db:
            line = (await questions.history(db, question.id))[-1]
        assert (line.actor, line.assignee) == ("Gulnara", "Ахметов Д. Б.")


PHOTO, DOCUMENT, VOICE = AttachmentKind.PHOTO, AttachmentKind.DOCUMENT, AttachmentKind.VOICE


class TestAttachments:
    async def asked(self, scene: Scene, *attached: Attachment) -> Question:
        async with scene.database.transaction() as db:
            aigerim = await people.load(db, AIGERIM)
            assert aigerim is not None
            change = a_new_question(scene, aigerim, attachments=attached)
            return await questions.register(db, change, "a", (), NOW, 2026)

    async def of_first_line(self, scene: Scene, question: Question) -> tuple[Attachment, ...]:
        async with scene.database.reading() as db:
            lines = await questions.history(db, question.id)
            return await questions.attachments_of(db, lines[0].id)

    async def test_they_come_back_as_they_were(self, scene: Scene) -> None:
        place = Attachment(AttachmentKind.PLACE, 12, latitude=52.2873, longitude=76.9674)
        voice = Attachment(VOICE, 13, "file", "unique", "", 20_971_520, 42)
        album = Attachment(PHOTO, 14, "x" * 300, "y" * 100, "крыша.jpg", 5, album="13579")
        question = await self.asked(scene, place, voice, album)
        assert await self.of_first_line(scene, question) == (place, voice, album)

    async def test_a_shuffled_album_stays_in_the_order_it_was_given(self, scene: Scene) -> None:
        """The draft puts it in order; the database must not reorder it."""
        photos = tuple(Attachment(PHOTO, n, f"file {n}") for n in (11, 12, 13, 14))
        question = await self.asked(scene, *photos)
        assert [a.message_id for a in await self.of_first_line(scene, question)] == [11, 12, 13, 14]

    async def test_the_department_gets_one_message_an_album_behind_the_card(self, scene: Scene) -> None:
        photos = [Attachment(PHOTO, n, f"file {n}") for n in range(9)]
        await self.asked(scene, *photos, Attachment(DOCUMENT, 10, "file 10"))
        async with scene.database.reading() as db:
            told = select(notices.c.template, notices.c.facts).where(notices.c.chat_id == DANIYAR)
            templates = [row.template for row in await db.execute(told.order_by(notices.c.id))]
        assert templates == ["new", "attachments", "attachments"]

    async def test_the_author_is_not_sent_their_own(self, scene: Scene) -> None:
        await self.asked(scene, Attachment(PHOTO, 11, "file"))
        async with scene.database.reading() as db:
            told = await db.scalars(select(notices.c.template).where(notices.c.chat_id == AIGERIM))
            assert list(told) == ["registered"]

    async def test_an_addition_has_its_own(self, scene: Scene) -> None:
        question = await self.asked(scene, Attachment(PHOTO, 11, "file"))
        added = Attachment(DOCUMENT, 12, "file 12")
        await scene.does(question, Action.ADD, AIGERIM, "", attachments=(added,))
        async with scene.database.reading() as db:
            lines = await questions.history(db, question.id)
            assert [line.attachments for line in lines] == [1, 1]
            assert await questions.attachments_of(db, lines[1].id) == (added,)

    async def test_shown_on_request_each_album_is_one_message(self, scene: Scene) -> None:
        question = await self.asked(scene, *(Attachment(PHOTO, n, f"file {n}") for n in range(10)))
        async with scene.database.transaction() as db:
            assert await questions.send_attachments(db, DANIYAR, question, None, NOW) == 1

    async def test_without_any_nothing_is_promised(self, scene: Scene) -> None:
        question = await scene.asks()
        async with scene.database.transaction() as db:
            assert await questions.send_attachments(db, DANIYAR, question, None, NOW) == 0


class TestRecipients:
    async def told(self, scene: Scene, question: Question, audience: Audience) -> list[int]:
        async with scene.database.reading() as db:
            return await questions.recipients(db, question, audience, NOW)

    @pytest.mark.parametrize(
        ("audience", "told"),
        [
            (Audience.AUTHOR, [AIGERIM]),
            (Audience.NGO, [AIGERIM, BOLAT]),
            (Audience.OWNER, [DANIYAR, ZARINA, GULNARA]),
            (Audience.RESPONSIBLE, []),
            (Audience.DEPARTMENT, [DANIYAR, ZARINA, GULNARA]),
            (Audience.HEAD, [GULNARA]),
            (Audience.ADMINS, [SAULE, TIMUR]),
        ],
    )
    async def test_when_nobody_has_taken_it(self, scene: Scene, audience: Audience, told: list[int]) -> None:
        assert await self.told(scene, await scene.asks(), audience) == told

    @pytest.mark.parametrize(
        ("audience", "told"),
        [(Audience.OWNER, [DANIYAR]), (Audience.RESPONSIBLE, [DANIYAR]), (Audience.HEAD, [GULNARA])],
    )
    async def test_when_daniyar_has_it(self, scene: Scene, audience: Audience, told: list[int]) -> None:
        question = await scene.does(await scene.asks(), Action.TAKE, DANIYAR)
        assert await self.told(scene, question, audience) == told

    @pytest.mark.parametrize("audience", [Audience.OWNER, Audience.DEPARTMENT, Audience.HEAD, Audience.ADMINS])
    async def test_without_a_department_administrators_hear_of_it(self, scene: Scene, audience: Audience) -> None:
        assert await self.told(scene, await scene.asks(lost=True), audience) == [SAULE, TIMUR]

    async def test_without_a_head_the_department_hears_instead(self, scene: Scene) -> None:
        async with scene.database.transaction() as db:
            await people.serve_in(db, GULNARA, scene.culture, False, NOW)
        assert await self.told(scene, await scene.asks(), Audience.HEAD) == [DANIYAR, ZARINA, GULNARA]

    async def test_a_department_without_anybody_is_the_administrators_care(self, scene: Scene) -> None:
        question = replace(await scene.asks(), department_id=scene.education, head_id=None)
        async with scene.database.transaction() as db:
            await people.serve_in(db, KAIRAT, scene.culture, False, NOW)
        assert await self.told(scene, question, Audience.DEPARTMENT) == [SAULE, TIMUR]

    async def test_an_author_who_still_waits_is_told(self, scene: Scene) -> None:
        assert await self.told(scene, await scene.asks(DINARA), Audience.NGO) == [AIGERIM, BOLAT, DINARA]

    async def test_colleagues_who_wait_or_were_declined_are_not(self, scene: Scene) -> None:
        told = await self.told(scene, await scene.asks(), Audience.NGO)
        assert not {DINARA, RUSLAN} & set(told)

    async def test_a_forgotten_author_is_not(self, scene: Scene) -> None:
        question = await scene.asks()
        async with scene.database.transaction() as db:
            await people.forget(db, AIGERIM)
        gone = await scene.question(question.number)
        assert (await self.told(scene, gone, Audience.AUTHOR), await self.told(scene, gone, Audience.NGO)) == (
            [],
            [BOLAT],
        )

    async def test_whoever_acts_is_not_told_what_they_did(self, scene: Scene) -> None:
        question = await scene.asks(BOLAT)
        await scene.does(question, Action.WITHDRAW, BOLAT)
        async with scene.database.reading() as db:
            told = await db.scalars(select(notices.c.chat_id).where(notices.c.template == "withdrawn"))
            assert sorted(told) == [DANIYAR, ZARINA, GULNARA]


class TestMy:
    """`/my`: the NGO's questions, newest first, five a page."""

    async def my(self, scene: Scene, who: int, *, closed: bool = False, page: int = 0) -> Page[Question]:
        person = await scene.person(who)
        async with scene.database.reading() as db:
            return await questions.of_ngo(db, person, closed=closed, page=page)

    def numbers(self, page: Page[Question]) -> list[int]:
        return [int(question.number[5:]) for question in page.found]

    async def seven(self, scene: Scene) -> None:
        for author in (AIGERIM, BOLAT, DINARA, AIGERIM, BOLAT, DINARA, AIGERIM):
            await scene.asks(author)

    async def test_the_newest_come_first_five_a_page(self, scene: Scene) -> None:
        await self.seven(scene)
        assert self.numbers(await self.my(scene, BOLAT)) == [7, 6, 5, 4, 3]

    async def test_the_second_page_has_the_rest(self, scene: Scene) -> None:
        await self.seven(scene)
        page = await self.my(scene, BOLAT, page=1)
        assert (self.numbers(page), page.number, page.pages, page.total) == ([2, 1], 1, 2, 7)

    @pytest.mark.parametrize(("asked", "shown"), [(-1, 0), (2, 1), (10**15, 1)])
    async def test_a_page_that_is_not_there_is_the_nearest_that_is(self, scene: Scene, asked: int, shown: int) -> None:
        await self.seven(scene)
        assert (await self.my(scene, BOLAT, page=asked)).number == shown

    async def test_one_who_waits_for_approval_sees_only_their_own(self, scene: Scene) -> None:
        await self.seven(scene)
        assert self.numbers(await self.my(scene, DINARA)) == [6, 3]

    async def test_another_ngo_sees_nothing(self, scene: Scene) -> None:
        await self.seven(scene)
        page = await self.my(scene, ERLAN)
        assert (page.found, page.total, page.pages) == ([], 0, 1)

    async def test_open_and_closed_stand_apart(self, scene: Scene) -> None:
        withdrawn, answered, _ = await scene.asks(), await scene.asks(), await scene.asks()
        await scene.does(withdrawn, Action.WITHDRAW, AIGERIM)
        await scene.does(answered, Action.ANSWER, DANIYAR)
        await scene.asks(kind=Kind.THANKS)
        assert self.numbers(await self.my(scene, AIGERIM)) == [3, 2]
        assert self.numbers(await self.my(scene, AIGERIM, closed=True)) == [4, 1]

    async def test_a_full_page_has_no_empty_one_behind_it(self, scene: Scene) -> None:
        for _ in range(5):
            await scene.asks()
        assert (await self.my(scene, AIGERIM)).pages == 1


class TestInbox:
    """`/inbox`: overdue, due today, within three working days, waiting for the NGO, new, the rest (§4)."""

    SOON = date(2026, 3, 5)

    async def inbox(self, scene: Scene, department: int | None, page: int = 0) -> Page[Question]:
        async with scene.database.reading() as db:
            return await questions.inbox_of(db, department, today=TODAY, soon=self.SOON, page=page)

    async def texts(self, scene: Scene, department: int | None) -> list[str]:
        found = await self.inbox(scene, department)
        rest = [await self.inbox(scene, department, page) for page in range(1, found.pages)]
        return [question.text for page in (found, *rest) for question in page.found]

    async def put(self, scene: Scene, text: str, status: Status, due_on: date) -> None:
        question = await scene.asks(text=text, due_on=due_on)
        responsible = None if status is Status.REGISTERED else DANIYAR
        async with scene.database.transaction() as db:
            here = update(rows).where(rows.c.id == question.id)
            await db.execute(here.values(status=status, responsible_id=responsible))

    async def test_the_order_is_that_of_urgency(self, scene: Scene) -> None:
        far = date(2026, 3, 20)
        for text, status, due_on in [
            ("rest, later", Status.IN_WORK, date(2026, 3, 21)),
            ("rest", Status.IN_WORK, far),
            ("new", Status.REGISTERED, far),
            ("waiting", Status.WAITING, far),
            ("soon, the last day of it", Status.IN_WORK, date(2026, 3, 5)),
            ("soon, new", Status.REGISTERED, date(2026, 3, 3)),
            ("today", Status.IN_WORK, TODAY),
            ("today, waiting", Status.WAITING, TODAY),
            ("late", Status.REGISTERED, date(2026, 3, 1)),
            ("later still", Status.WAITING, date(2026, 2, 1)),
            ("just not soon", Status.IN_WORK, date(2026, 3, 6)),
        ]:
            await self.put(scene, text, status, due_on)
        assert await self.texts(scene, scene.culture) == [
            "later still",
            "late",
            "today",
            "today, waiting",
            "soon, new",
            "soon, the last day of it",
            "waiting",
            "new",
            "just not soon",
            "rest",
            "rest, later",
        ]

    async def test_of_one_date_the_older_comes_first(self, scene: Scene) -> None:
        for text in ("first", "second", "third"):
            await self.put(scene, text, Status.REGISTERED, DUE)
        assert await self.texts(scene, scene.culture) == ["first", "second", "third"]

    @pytest.mark.parametrize("status", [Status.ANSWERED, Status.CLOSED, Status.WITHDRAWN])
    async def test_what_is_owed_no_more_is_not_in_it(self, scene: Scene, status: Status) -> None:
        await self.put(scene, "over", status, date(2026, 2, 1))
        assert await self.texts(scene, scene.culture) == []

    async def test_thanks_are_not_in_it(self, scene: Scene) -> None:
        await scene.asks(kind=Kind.THANKS)
        assert await self.texts(scene, scene.culture) == []

    async def test_another_department_has_its_own(self, scene: Scene) -> None:
        await scene.asks()
        assert await self.texts(scene, scene.education) == []

    async def test_what_has_no_department_is_for_administrators(self, scene: Scene) -> None:
        await scene.asks(text="with")
        await scene.asks(text="without", lost=True)
        assert await self.texts(scene, None) == ["without"]

    async def test_five_are_a_page(self, scene: Scene) -> None:
        for _ in range(11):
            await scene.asks()
        page = await self.inbox(scene, scene.culture)
        assert (len(page.found), page.total, page.pages) == (5, 11, 3)


class TestUnjudged:
    """No reaction within ten working days (§3): the day after the last one."""

    async def unjudged(self, scene: Scene, today: date, limit: int = 50) -> list[int]:
        async with scene.database.reading() as db:
            return await questions.unjudged(db, today, limit)

    @pytest.mark.parametrize(("today", "found"), [(date(2026, 3, 16), 0), (date(2026, 3, 17), 1)])
    async def test_the_last_day_still_belongs_to_the_ngo(self, scene: Scene, today: date, found: int) -> None:
        await scene.does(await scene.asks(), Action.ANSWER, DANIYAR)
        assert len(await self.unjudged(scene, today)) == found

    async def test_what_was_judged_is_not_in_it(self, scene: Scene) -> None:
        question = await scene.does(await scene.asks(), Action.ANSWER, DANIYAR)
        await scene.does(question, Action.SOLVED, AIGERIM)
        assert await self.unjudged(scene, date(2026, 12, 31)) == []

    async def test_what_was_reopened_is_not_in_it(self, scene: Scene) -> None:
        question = await scene.does(await scene.asks(), Action.ANSWER, DANIYAR)
        await scene.does(question, Action.NOT_ANSWERED, AIGERIM, due_on=DUE)
        assert await self.unjudged(scene, date(2026, 12, 31)) == []

    async def test_after_a_long_downtime_none_is_skipped(self, scene: Scene) -> None:
        ids = [(await scene.does(await scene.asks(), Action.ANSWER, DANIYAR)).id for _ in range(4)]
        assert await self.unjudged(scene, date(2027, 3, 1)) == ids

    async def test_they_are_closed_in_portions(self, scene: Scene) -> None:
        ids = [(await scene.does(await scene.asks(), Action.ANSWER, DANIYAR)).id for _ in range(3)]
        assert await self.unjudged(scene, date(2026, 3, 17), limit=2) == ids[:2]


async def test_the_answer_reaches_each_representative_once_however_often_it_is_told(scene: Scene) -> None:
    question = await scene.does(await scene.asks(), Action.ANSWER, DANIYAR)
    async with scene.database.reading() as db:
        line = (await questions.history(db, question.id))[-1]
        keys: Any = await db.scalars(select(notices.c.key).where(notices.c.template == "answered"))
        assert sorted(keys) == [f"answered {line.id} {AIGERIM}", f"answered {line.id} {BOLAT}"]


async def test_every_line_has_a_side(scene: Scene) -> None:
    """The side stays when the person is forgotten."""
    question = await scene.asks()
    await scene.does(question, Action.TAKE, DANIYAR)
    async with scene.database.reading() as db:
        sides = list(await db.scalars(select(entries.c.actor_side).order_by(entries.c.id)))
    assert sides == ["ngo", "city"]

"""Who lets whom in: links that work once, and an administrator's word on those who came by themselves."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.people import Language
from storage.tables import (
    admins,
    audit,
    inbox,
    invitations,
    officials,
    organizations,
    outbox,
    representatives,
    wrong_codes,
)
from tests.journeys.cast import PARASAT, Cast, everything_stored
from tests.town import Somebody, Town

USELESS = "This invitation does not work: it was used, has expired or was withdrawn. Ask for a new one."


async def _for_an_ngo(saule: Somebody, typed: str = "парасат", chosen: str = PARASAT) -> str:
    """`/start CODE` of an invitation to represent an NGO."""
    await saule.writes("/admin")
    await saule.presses("invitation")
    await saule.presses("Representative")
    await saule.writes(typed)
    await saule.presses(chosen)
    link = re.search(r"https://t\.me/kopir_bot\?start=(\S+)", saule.last)
    assert link, saule.last
    return f"/start {link.group(1)}"


# --- what an invitation makes of a person ---------------------------------------------------------------------------


async def test_an_invited_representative_is_verified_at_once(cast: Cast) -> None:
    marat = cast.town.stranger("Marat", Language.EN)
    await marat.meets_the_bot(await _for_an_ngo(cast.saule))
    assert PARASAT in marat.last
    async with cast.town.app.database.reading() as db:
        stored = await db.scalar(select(representatives.c.state).where(representatives.c.person_id == marat.id))
    assert stored == "verified"
    assert cast.saule.last == f"Your invitation was used: Representative, {PARASAT}"
    await cast.saule.presses("all_invitations")
    assert "used by Marat" in cast.saule.last


async def test_an_ngo_to_invite_for_is_found_by_its_name_or_told_that_it_is_not(cast: Cast) -> None:
    await cast.saule.writes("/admin")
    await cast.saule.presses("invitation")
    await cast.saule.presses("Representative")
    await cast.saule.writes("Южный крест")
    assert "Южный крест" in cast.saule.last
    await cast.saule.writes("Порасат")
    assert cast.saule.buttons == [PARASAT, "Back"]


@pytest.mark.parametrize(("role", "is_head"), [("Official", False), ("Head of the department", True)])
async def test_an_invited_official_answers_for_the_department(cast: Cast, role: str, is_head: bool) -> None:
    start = await cast.town.invited(cast.saule, role, "Education")
    botagoz = cast.town.stranger("Botagoz", Language.EN)
    await botagoz.meets_the_bot(start)
    assert "You now answer for «Education»" in botagoz.last
    async with cast.town.app.database.reading() as db:
        stored = await db.scalar(select(officials.c.is_head).where(officials.c.person_id == botagoz.id))
    assert stored is is_head


async def test_an_official_says_how_ngos_will_read_their_name(cast: Cast) -> None:
    start = await cast.town.invited(cast.saule, "Official", "Culture and languages")
    botagoz = cast.town.stranger("Botagoz", Language.EN)
    await botagoz.meets_the_bot(start)
    await botagoz.writes("...")
    assert "in words" in botagoz.last
    await botagoz.writes("Akhmetova B. A., chief specialist")
    number = await cast.town.a_question(cast.aigerim)
    await botagoz.presses("take")
    assert cast.aigerim.last.startswith(f"№ {number} is in work. Responsible: Akhmetova B. A., chief specialist")


async def test_an_old_button_of_an_invitation_ends_no_other_dialogue(cast: Cast) -> None:
    aigerim = cast.aigerim
    await aigerim.writes(await cast.town.invited(cast.saule, "Administrator"))
    await _for_an_ngo(aigerim)
    menu = aigerim.phone.chat[-3]["message_id"]
    await aigerim.writes("/ask")
    await aigerim.presses("question")
    await aigerim.writes("Недописанное.")
    await aigerim.does("presses_data", "invite_for:1", menu)
    await aigerim.writes("/ask")
    assert "Недописанное." in aigerim.last


async def test_an_invited_administrator_opens_the_desk(cast: Cast) -> None:
    botagoz = cast.town.stranger("Botagoz", Language.EN)
    await botagoz.meets_the_bot(await cast.town.invited(cast.saule, "Administrator"))
    assert botagoz.last == "You are now an administrator. /admin"
    await botagoz.writes("/admin")
    assert "The administrator's desk" in botagoz.last


async def test_somebody_the_bot_knows_becomes_what_the_invitation_says_at_once(cast: Cast) -> None:
    await cast.aigerim.writes(await cast.town.invited(cast.saule, "Administrator"))
    assert cast.aigerim.last == "You are now an administrator. /admin"


async def test_an_invitation_survives_a_restart_before_the_consent(cast: Cast) -> None:
    start = await cast.town.invited(cast.saule, "Official", "Education")
    botagoz = cast.town.stranger("Botagoz", Language.EN)
    await botagoz.writes(start)
    await cast.town.restart()
    await botagoz.presses("English")
    await cast.town.restart()
    await botagoz.presses("agree")
    assert "You now answer for «Education»" in botagoz.last


async def test_a_new_head_takes_the_place_of_the_old_one(cast: Cast) -> None:
    for name in ("Botagoz", "Yerlan"):
        await cast.town.an_official(cast.saule, name, "Education", Language.EN, head=True)
    async with cast.town.app.database.reading() as db:
        heads = [is_head for _, is_head in await db.execute(select(officials.c.person_id, officials.c.is_head))]
    assert sorted(heads) == [False, False, True]


# --- an invitation that does not work -------------------------------------------------------------------------------


async def test_an_invitation_works_once(cast: Cast) -> None:
    start = await cast.town.invited(cast.saule, "Official", "Education")
    botagoz, yerlan = cast.town.stranger("Botagoz", Language.EN), cast.town.stranger("Yerlan", Language.EN)
    await botagoz.meets_the_bot(start)
    await yerlan.writes(start)
    assert USELESS in yerlan.texts or any("приглашение" in text.lower() for text in yerlan.texts)
    await yerlan.presses("English")
    await yerlan.presses("agree")
    assert "Who are you?" in yerlan.last


async def test_of_two_who_followed_the_same_link_the_first_to_agree_gets_it(cast: Cast) -> None:
    start = await cast.town.invited(cast.saule, "Administrator")
    botagoz, yerlan = cast.town.stranger("Botagoz", Language.EN), cast.town.stranger("Yerlan", Language.EN)
    for somebody in (botagoz, yerlan):
        await somebody.writes(start)
        await somebody.presses("English")
    await yerlan.presses("agree")
    await botagoz.presses("agree")
    assert yerlan.last == "You are now an administrator. /admin"
    assert botagoz.last == USELESS
    async with cast.town.app.database.reading() as db:
        assert set(await db.scalars(select(admins.c.person_id))) == {cast.saule.id, yerlan.id}


async def test_a_used_invitation_pressed_again_by_the_same_person_takes_nothing_away(cast: Cast) -> None:
    start = await cast.town.invited(cast.saule, "Administrator")
    botagoz = cast.town.stranger("Botagoz", Language.EN)
    await botagoz.meets_the_bot(start)
    await botagoz.writes(start)
    assert botagoz.last == USELESS
    await botagoz.writes("/admin")
    assert "The administrator's desk" in botagoz.last


async def test_an_invitation_expires_after_fourteen_days(cast: Cast) -> None:
    start = await cast.town.invited(cast.saule, "Administrator")
    assert "until 16 March 2026, 11:00" in cast.saule.last
    await cast.town.days_pass(14)
    await cast.aigerim.writes(start)
    assert cast.aigerim.last == USELESS


async def test_an_invitation_that_expires_between_the_link_and_the_consent_does_not_work(cast: Cast) -> None:
    start = await cast.town.invited(cast.saule, "Administrator")
    botagoz = cast.town.stranger("Botagoz", Language.EN)
    await botagoz.writes(start)
    await botagoz.presses("English")
    await cast.town.days_pass(15)
    await botagoz.presses("agree")
    assert botagoz.last == USELESS


@pytest.mark.parametrize("code", ["x", "' OR 1=1 --", "a" * 3000, "%s", "{0.__class__}", "../../x"])
async def test_a_code_somebody_made_up_opens_nothing(cast: Cast, code: str) -> None:
    before = await everything_stored(cast.town, "wrong_codes")
    await cast.aigerim.writes(f"/start {code}")
    assert cast.aigerim.last == USELESS
    assert await everything_stored(cast.town, "wrong_codes") == before


async def test_the_code_is_stored_nowhere_not_even_in_the_post(cast: Cast) -> None:
    start = await cast.town.invited(cast.saule, "Administrator")
    code = start.removeprefix("/start ")
    await cast.aigerim.writes(start)
    async with cast.town.app.database.reading() as db:
        post = [str(tuple(row)) for table in (inbox, outbox) for row in await db.execute(select(table))]
    assert code not in str(await everything_stored(cast.town)) + "".join(post)


# --- the link, its picture, and all that were made ------------------------------------------------------------------


async def test_the_link_comes_with_a_qr_picture_whose_caption_says_for_whom(cast: Cast) -> None:
    start = await cast.town.invited(cast.saule, "Official", "Education")
    picture = cast.saule.phone.chat[-2]
    assert picture["caption"] == "Invitation: Official, Education. A QR code of the link that stands below."
    file = cast.town.telegram.files[picture["photo"][-1]["file_id"]]
    assert file.content.startswith(b"\x89PNG")
    assert start.removeprefix("/start ") in cast.saule.last


async def test_all_invitations_are_listed_the_open_ones_first(cast: Cast) -> None:
    saule = cast.saule
    await saule.writes("/admin")
    await saule.presses("invitation")
    await saule.presses("all_invitations")
    assert saule.last == (
        "Invitations, open: 0, in all: 1\n\nOfficial, Culture and languages: used by Daniyar, 2 March 2026, 11:00"
    )
    await _for_an_ngo(saule)
    await saule.presses("all_invitations")
    assert saule.last.splitlines()[2] == f"Representative, {PARASAT}: open until 16 March 2026, 11:00"
    await saule.presses(f"Representative, {PARASAT}")
    assert saule.last.splitlines()[:3] == [
        f"Invitation: Representative, {PARASAT}",
        "Status: open until 16 March 2026, 11:00",
        "Made by Saule, 2 March 2026, 11:00",
    ]
    assert saule.buttons == ["1 day", "14 days", "30 days", "Withdraw", "Back"]


async def test_a_withdrawn_invitation_opens_nothing_and_the_link_stays_readable(cast: Cast) -> None:
    start = await cast.town.invited(cast.saule, "Administrator")
    await cast.saule.presses("withdraw")
    assert "Status: withdrawn, 2 March 2026, 11:00" in cast.saule.last
    assert start.removeprefix("/start ") in cast.saule.texts[-2]
    await cast.aigerim.writes(start)
    assert cast.aigerim.last == USELESS
    withdrawn = cast.saule.phone.last
    await cast.saule.does("presses_data", "inv_withdraw:2", withdrawn["message_id"])
    await cast.saule.does("presses_data", "inv_until:2:30", withdrawn["message_id"])
    assert "Status: withdrawn" in cast.saule.last
    async with cast.town.app.database.reading() as db:
        deeds = list(await db.scalars(select(audit.c.action).order_by(audit.c.id)))
    assert deeds[-2:] == ["invited", "invitation withdrawn"]


@pytest.mark.parametrize(("days", "after", "works"), [("1 day", 2, False), ("30 days", 29, True)])
async def test_how_long_it_works_is_chosen(cast: Cast, days: str, after: int, works: bool) -> None:
    start = await cast.town.invited(cast.saule, "Administrator")
    await cast.saule.presses(days)
    cast.town.clock.skip(timedelta(days=after))
    await cast.aigerim.writes(start)
    assert (cast.aigerim.last == "You are now an administrator. /admin") is works


# --- guessing -------------------------------------------------------------------------------------------------------


async def test_who_guesses_is_slowed_and_administrators_hear_of_it_once(cast: Cast) -> None:
    start = await cast.town.invited(cast.saule, "Administrator")
    told = len(cast.saule.texts)
    for n in range(5):
        await cast.aigerim.writes(f"/start guess-{n}")
    assert cast.aigerim.texts[:-1] == [USELESS] * 5
    assert cast.aigerim.last == (
        "Too many invitations that do not exist came from you. The next one is looked at after 2 March 2026, 12:00."
    )
    await cast.aigerim.writes(start)  # although it is a good one
    assert cast.aigerim.last.startswith("Too many")
    heard = cast.saule.texts[told:]
    assert len(heard) == 1
    assert heard[0].startswith("Somebody tries codes of invitations\n\nName in Telegram: Aigerim\nTelegram number: ")
    cast.town.clock.skip(timedelta(minutes=61))
    for n in range(5):
        await cast.aigerim.writes(f"/start another-{n}")
    assert len(cast.saule.texts) == told + 1
    await cast.daniyar.writes(start)  # others are not slowed
    assert cast.daniyar.last == "You are now an administrator. /admin"
    await cast.town.app.purge()
    cast.town.clock.skip(timedelta(days=2))
    await cast.town.app.purge()
    async with cast.town.app.database.reading() as db:
        assert list(await db.execute(select(wrong_codes))) == []


async def test_a_good_code_works_after_the_hour_and_old_links_are_no_guesses(cast: Cast) -> None:
    used = await cast.town.invited(cast.saule, "Administrator")
    await cast.daniyar.writes(used)
    for _ in range(6):
        await cast.aigerim.writes(used)
        assert cast.aigerim.last == USELESS
    start = await cast.town.invited(cast.saule, "Deputy mayor")
    for n in range(5):
        await cast.aigerim.writes(f"/start guess-{n}")
    await cast.aigerim.writes(start)
    assert cast.aigerim.last.startswith("Too many")
    cast.town.clock.skip(timedelta(minutes=61))
    await cast.aigerim.writes(start)
    assert cast.aigerim.last.startswith("You are now told of what is long overdue")


async def test_who_invited_whom_stands_in_the_audit(cast: Cast) -> None:
    await cast.aigerim.writes(await cast.town.invited(cast.saule, "Administrator"))
    async with cast.town.app.database.reading() as db:
        lines = [tuple(row) for row in await db.execute(select(audit.c.actor_id, audit.c.action).order_by(audit.c.id))]
        used = await db.scalar(select(invitations.c.used_by).where(invitations.c.role == "admin"))
    assert lines[-2:] == [(cast.saule.id, "invited"), (cast.aigerim.id, "invitation used")]
    assert used == cast.aigerim.id


@pytest.mark.parametrize("who", ["aigerim", "daniyar"])
async def test_only_administrators_invite(cast: Cast, who: str) -> None:
    before = await everything_stored(cast.town)
    somebody: Somebody = getattr(cast, who)
    for data in ("invitation", "invite:admin", "invite_to:official:1", "invite_for:1"):
        await somebody.does("presses_data", data)
        assert "no longer works" in somebody.last
    assert await everything_stored(cast.town) == before


# --- approval -------------------------------------------------------------------------------------------------------


async def _somebody_waiting(town: Town, name: str = "Marat", ngo: str = "Клуб «Тұлпар»") -> Somebody:
    return await town.an_ngo(None, name, ngo, Language.EN)


async def test_administrators_get_a_card_of_who_waits(cast: Cast) -> None:
    await _somebody_waiting(cast.town)
    assert cast.saule.last.splitlines() == [
        "Representative: Marat",
        "NGO: Клуб «Тұлпар»",
        "BIN: not given",
        "Field of work: Помощь людям",
        "Not in the register yet",
        "Status: waiting for approval",
    ]
    assert cast.saule.buttons == ["Approve", "Decline"]


async def test_somebody_waiting_may_ask_and_the_card_says_not_verified_yet(cast: Cast) -> None:
    marat = await _somebody_waiting(cast.town)
    await cast.town.a_question(marat)
    assert "NGO: Клуб «Тұлпар» (not verified yet)" in cast.daniyar.last


async def test_the_card_says_so_no_more_once_the_person_is_approved(cast: Cast) -> None:
    marat = await _somebody_waiting(cast.town)
    number = await cast.town.a_question(marat)
    await cast.saule.presses("approve")
    await cast.daniyar.writes(number)
    assert "NGO: Клуб «Тұлпар»" in cast.daniyar.last
    assert "not verified" not in cast.daniyar.last


async def test_who_is_approved_is_told_and_the_ngo_enters_the_register(cast: Cast) -> None:
    marat = await _somebody_waiting(cast.town)
    await cast.saule.presses("approve")
    assert marat.last.startswith("You are approved as a representative of Клуб «Тұлпар»")
    async with cast.town.app.database.reading() as db:
        state = await db.scalar(select(organizations.c.state).where(organizations.c.name == "Клуб «Тұлпар»"))
    assert state == "registered"


async def test_who_is_declined_is_told_keeps_the_question_and_may_name_another_ngo(cast: Cast) -> None:
    marat = await _somebody_waiting(cast.town)
    number = await cast.town.a_question(marat)
    await cast.saule.presses("decline")
    await cast.saule.presses("skip")
    assert marat.last.startswith("You were not approved as a representative of Клуб «Тұлпар»")
    await marat.writes("/my")
    assert number in marat.last
    await marat.writes("/ask")
    assert "I represent an NGO" in marat.buttons
    await marat.presses("i_am_ngo")
    await marat.writes("парасат")
    await marat.presses(PARASAT)
    assert f"NGO: {PARASAT}" in cast.saule.last


async def test_a_decision_is_made_once_and_a_second_administrator_sees_the_card_as_it_is(cast: Cast) -> None:
    zhanar = cast.town.stranger("Zhanar", Language.EN)
    await zhanar.meets_the_bot(await cast.town.invited(cast.saule, "Administrator"))
    marat = await _somebody_waiting(cast.town)
    assert zhanar.buttons == ["Approve", "Decline"]
    await cast.saule.presses("approve")
    told = len(marat.texts)
    await zhanar.presses("decline")
    assert "Status: approved" in zhanar.last
    assert zhanar.buttons == ["Back"]
    assert len(marat.texts) == told
    await marat.writes("/ask")
    assert "Question" in marat.buttons


async def test_an_old_button_redraws_the_card(cast: Cast) -> None:
    await _somebody_waiting(cast.town)
    card = cast.saule.phone.last
    await cast.saule.presses("approve")
    await cast.saule.does("presses_data", "decline:" + str(5_000_000_003), card["message_id"])
    assert "Status: approved" in cast.saule.last


async def test_the_desk_lists_who_waits(cast: Cast) -> None:
    await _somebody_waiting(cast.town)
    await cast.saule.writes("/admin")
    assert "Waiting for approval: 1" in cast.saule.last
    await cast.saule.presses("waiting")
    await cast.saule.presses("Marat: Клуб «Тұлпар»")
    await cast.saule.presses("approve")
    assert "Status: approved" in cast.saule.last
    await cast.saule.presses("back")
    assert cast.saule.last == "Nobody is waiting for approval."
    await cast.saule.presses("back")
    assert "Waiting for approval: 0" in cast.saule.last


async def test_an_administrator_who_comes_later_still_gets_the_card(new_town: Town) -> None:
    await _somebody_waiting(new_town)
    saule = await new_town.an_admin(language=Language.EN)
    assert any("Marat" in text and "Клуб «Тұлпар»" in text for text in saule.texts)


# --- several representatives ----------------------------------------------------------------------------------------


async def _a_colleague(cast: Cast) -> Somebody:
    marat = cast.town.stranger("Marat", Language.EN)
    await marat.meets_the_bot(await _for_an_ngo(cast.saule))
    return marat


async def test_representatives_of_an_ngo_see_each_others_questions(asked: Cast) -> None:
    number = asked.number
    marat = await _a_colleague(asked)
    await marat.writes("/my")
    assert number in marat.buttons


async def test_representatives_of_an_ngo_continue_each_others_questions(asked: Cast) -> None:
    number = asked.number
    marat = await _a_colleague(asked)
    await marat.writes(number)
    await marat.presses("withdraw")
    assert f"№ {number} was withdrawn by the NGO" in asked.daniyar.last


async def test_each_representative_gets_the_answer_and_any_of_them_judges_it(cast: Cast) -> None:
    marat = await _a_colleague(cast)
    number = await cast.town.a_question(cast.aigerim)
    await cast.daniyar.presses("answer")
    await cast.daniyar.presses("outcome_done")
    await cast.daniyar.writes("Зал предоставлен в субботу с 14:00.")
    await cast.daniyar.presses("done_writing")
    await cast.daniyar.presses("send")
    assert "Зал предоставлен" in cast.aigerim.last
    assert "Зал предоставлен" in marat.last
    await marat.presses("solved")
    assert f"№ {number} is closed: solved" in marat.last


async def test_a_waiting_representative_does_not_see_the_ngos_questions(asked: Cast) -> None:
    number = asked.number
    marat = await _somebody_waiting(asked.town, ngo=PARASAT)
    await marat.writes("/my")
    assert number not in marat.last
    await marat.writes(number)
    assert marat.last.startswith("There is no such question, or it is not yours.")


async def test_the_ngo_sees_what_its_waiting_representative_asked(cast: Cast) -> None:
    marat = await _somebody_waiting(cast.town, ngo=PARASAT)
    number = await cast.town.a_question(marat)
    await cast.aigerim.writes("/my")
    assert number in cast.aigerim.buttons


async def test_the_history_stays_when_people_change(asked: Cast) -> None:
    number = asked.number
    await asked.aigerim.writes("/forget")
    await asked.aigerim.presses("forget_once")
    await asked.aigerim.presses("forget_twice")
    marat = await _a_colleague(asked)
    await marat.writes("/my")
    assert number in marat.buttons

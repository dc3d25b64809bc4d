"""Announcements: written, previewed, sent, read, stopped, repeated, corrected, taken back, and what may go wrong."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from domain.people import Language
from handlers.serve import serve_next
from simulator.faults import blocked_by_user, refuse, server_error
from storage import people
from storage.tables import announcements, audit, outbox, recipients, representatives
from tests.journeys.cast import Cast, a_message, failed_updates, hands_over
from tests.town import Somebody, Town

EN, KK, RU = Language.EN, Language.KK, Language.RU
BOLD = {"type": "bold", "offset": 0, "length": 7}
LINK = {"type": "text_link", "offset": 11, "length": 6, "url": "https://example.kz/programme"}
TEXT = "Meeting on Friday at 15:00."
REPORT = "Announcement 1, 2 March 2026, 11:00: sent"


def message_of(who: Somebody, text: str) -> dict[str, Any]:
    """The newest message of the bot that begins so."""
    said = [m for m in who.phone.chat if m["from"]["is_bot"]]
    return next(m for m in reversed(said) if str(m.get("text") or m.get("caption") or "").startswith(text))


def report_of(who: Somebody) -> str:
    return str(message_of(who, "Announcement 1, ")["text"])


async def sends(saule: Somebody, text: str = TEXT, **more: Any) -> None:
    """Written, and confirmed to few people."""
    await saule.writes("/announce")
    await saule.writes(text, **more)
    await saule.presses("send_now")
    await saule.presses("confirm")


async def ngos(town: Town, saule: Somebody, *languages: Language) -> list[Somebody]:
    """More representatives beside Aigerim, each of an NGO of their own."""
    return [
        await town.an_ngo(saule, f"Person {n}", f"Фонд «Номер {n * 111}»", language)
        for n, language in enumerate(languages, 1)
    ]


async def audited(town: Town) -> list[str]:
    async with town.app.database.reading() as db:
        return [
            a for a in await db.scalars(select(audit.c.action).order_by(audit.c.id)) if a.startswith("announcement")
        ]


# --- written and sent -----------------------------------------------------------------------------------------------


async def test_a_formatted_text_arrives_as_it_was_written_and_tells_who_has_read_it(cast: Cast) -> None:
    saule, aigerim = cast.saule, cast.aigerim
    await saule.writes("/announce")
    await saule.writes(TEXT, formatting=[BOLD, LINK])
    preview, card = saule.phone.chat[-2:]
    assert (preview["text"], preview["entities"]) == (TEXT, [BOLD, LINK])
    assert saule.phone.labels(preview) == ["I have read it"]
    assert "To: representatives of all NGOs\n1 person, about 1 second" in card["text"]
    await saule.presses("send_now")
    await saule.presses("confirm")

    got = message_of(aigerim, TEXT)
    assert got["entities"] == [BOLD, LINK]
    assert "Delivered: 1\nHave read it: 0" in report_of(saule)
    for _ in range(2):
        aigerim.phone.presses_data("an_read:1", got["message_id"])
        await cast.town.settle()
        assert aigerim.last == "Thank you. Read: 2 March 2026, 11:00"
    assert aigerim.phone.labels(message_of(aigerim, TEXT)) == ["Read: 2 March 2026, 11:00"]
    await saule.presses("an_refresh")
    assert "Have read it: 1" in report_of(saule)
    assert await audited(cast.town) == ["announcement confirmed"]


async def test_each_reader_gets_the_text_of_their_language_with_the_photo(cast: Cast) -> None:
    town, saule = cast.town, cast.saule
    kazakh, russian = await ngos(town, saule, KK, RU)
    await saule.writes("/announce")
    await saule.does("sends_photo", b"\xff\xd8\xff a poster", "Приходите в пятницу.")
    await saule.presses("an_languages")
    await saule.presses("Қазақша")
    await saule.writes("Жұмада келіңіздер.")
    assert message_of(saule, "Жұмада")["photo"], "the preview is the message itself"
    assert "Қазақша: 18 of 1024 characters" in saule.last
    assert "English: these readers get the text for everybody" in saule.last
    await saule.presses("send_now")
    await saule.presses("confirm")
    assert message_of(kazakh, "Жұмада")["photo"]
    assert kazakh.buttons == ["Оқыдым"]
    assert message_of(russian, "Приходите")["photo"]
    assert message_of(cast.aigerim, "Приходите")["photo"]


async def test_whom_it_goes_to_is_counted_as_filters_change(cast: Cast) -> None:
    town, saule = cast.town, cast.saule
    await ngos(town, saule, RU, RU)
    waiting = await town.an_ngo(None, "Marat", "Клуб «Тұлпар»")
    await saule.writes("/announce")
    await saule.does("sends_document", "programme.pdf", caption="Programme")
    await saule.presses("an_whom")
    assert "4 people" in saule.last
    await saule.presses("Only verified")
    assert "3 people" in saule.last
    await saule.presses("Only waiting for approval")
    assert "1 person" in saule.last
    await saule.presses("Culture and languages")
    assert "Fields of work: Culture and languages\n0 people" in saule.last
    await saule.presses("Other field")
    assert "1 person" in saule.last, "a field somebody typed is another one"
    await saule.presses("Officials")
    assert "To: officials of all departments\n1 person" in saule.last
    await saule.presses("Education")
    await saule.presses("back")
    await saule.presses("send_now")
    assert any("Nobody is in this audience now" in text for text in saule.texts[-2:])
    await saule.presses("an_whom")
    await saule.presses("Culture and languages")
    await saule.presses("back")
    await saule.presses("send_now")
    await saule.presses("confirm")
    assert message_of(cast.daniyar, "Programme")["document"]["file_name"] == "programme.pdf"
    assert "Programme" not in "".join([*cast.aigerim.texts, *waiting.texts])


async def test_more_than_fifty_people_are_typed_as_a_number(cast: Cast, monkeypatch: Any) -> None:
    monkeypatch.setattr("handlers.addressing.TYPED_ABOVE", 0)
    saule = cast.saule
    await saule.writes("/announce")
    await saule.writes(TEXT)
    await saule.presses("send_now")
    assert "To confirm, type the number of people: 1" in saule.last
    await saule.presses("confirm")
    assert "For so many people a press is not enough." in saule.last
    assert "To confirm, type the number of people: 1" in saule.last
    await saule.writes("2")
    assert "1 people would get it; you typed «2». Type 1 to confirm." in saule.last
    await saule.writes("1")
    assert TEXT in cast.aigerim.texts


async def test_nothing_typed_is_lost_when_it_is_too_long_for_a_caption(cast: Cast) -> None:
    saule = cast.saule
    long = "a" * 1_000 + " " + "b" * 200
    await saule.writes("/announce")
    await saule.writes(long)
    await saule.does("sends_photo")
    assert "The text is too long: 1201 characters, 1024 fit." in saule.last
    await saule.presses("send_now")
    assert "The text is too long" in saule.last
    await saule.presses("an_without_file")
    await saule.presses("send_now")
    await saule.presses("confirm")
    assert long in cast.aigerim.texts


async def test_several_messages_are_one_text_and_an_edited_one_changes_in_it(cast: Cast) -> None:
    saule = cast.saule
    await saule.writes("/announce")
    first = await saule.writes("First part.", formatting=[{"type": "italic", "offset": 0, "length": 5}])
    await saule.writes("Second part.", formatting=[{"type": "bold", "offset": 0, "length": 6}])
    await saule.does("edits", first, "The first part.")
    await saule.does("sends_voice")
    assert "carries a text and one photo or document" in saule.last
    await saule.presses("send_now")
    await saule.presses("confirm")
    got = message_of(cast.aigerim, "The first part.\n\nSecond part.")
    assert got["entities"] == [{"type": "bold", "offset": 17, "length": 6}]


async def test_what_lies_unfinished_is_offered_after_a_restart(cast: Cast) -> None:
    saule = cast.saule
    await saule.writes("/announce")
    await saule.writes(TEXT)
    await cast.town.restart()
    await saule.writes("/announce")
    await saule.presses("continue")
    await saule.presses("send_now")
    for _ in range(3):  # an impatient person
        saule.phone.presses("Confirm")
    await cast.town.settle()
    assert cast.aigerim.texts.count(TEXT) == 1


async def test_a_text_that_telegram_refuses_is_not_sent(cast: Cast) -> None:
    saule, telegram = cast.saule, cast.town.telegram
    await saule.writes("/announce")
    reason = "Bad Request: ENTITY_TEXT_INVALID"
    telegram.faults.when(lambda method, params: params.get("text") == TEXT, refuse(400, reason))
    await saule.writes(TEXT)
    assert any("Telegram does not take this announcement as it is" in text for text in saule.texts)
    await saule.presses("send_now")
    assert "Telegram does not take this text as it is" in saule.last
    assert TEXT not in cast.aigerim.texts
    telegram.record[:] = [call for call in telegram.record if reason not in call.description]
    async with cast.town.app.database.transaction() as db:
        await db.execute(outbox.delete().where(outbox.c.fate == "failed"))


async def test_signs_that_telegram_takes_from_nobody_do_not_move_the_formatting(cast: Cast) -> None:
    await cast.saule.writes("/announce")
    message = {"text": "A\0\ud800 bold word", "entities": [{"type": "bold", "offset": 4, "length": 4}]}
    await hands_over(cast.town, a_message(cast.saule, **message))
    await cast.saule.presses("send_now")
    await cast.saule.presses("confirm")
    got = message_of(cast.aigerim, "A")
    [entity] = got["entities"]
    assert got["text"][entity["offset"] :][: entity["length"]] == "bold"
    assert await failed_updates(cast.town) == 0


# --- at its time, and with consent ----------------------------------------------------------------------------------


async def test_it_goes_out_at_its_time_to_those_who_are_there_then(cast: Cast) -> None:
    town, saule = cast.town, cast.saule
    await saule.writes("/announce")
    await saule.writes(TEXT)
    await saule.presses("an_when")
    for wrong in ("tomorrow", "31.02.2026 10:00", "01.03.2026 10:00", "02.03.2046 10:00"):
        await saule.writes(wrong)
        assert "ype " in saule.last
    await saule.writes("03.03.2026 10:00")
    assert "Goes out: 3 March 2026, 10:00" in saule.last
    await saule.presses("confirm")
    assert "goes out by itself: 3 March 2026, 10:00" in saule.last
    [later] = await ngos(town, saule, RU)
    town.clock.skip(timedelta(hours=22, minutes=59))
    await town.settle()
    assert TEXT not in cast.aigerim.texts
    town.clock.skip(timedelta(minutes=1))
    await town.settle()
    assert TEXT in cast.aigerim.texts
    assert TEXT in later.texts
    assert "Delivered: 2" in report_of(saule)


async def test_a_scheduled_one_is_cancelled_from_the_history(cast: Cast) -> None:
    saule = cast.saule
    await saule.writes("/announce")
    await saule.writes(TEXT)
    await saule.presses("an_when")
    await saule.writes("03.03.2026 10:00")
    await saule.presses("confirm")
    await saule.writes("/admin")
    await saule.presses("announcements")
    assert "Announcement 1, 3 March 2026, 10:00: scheduled" in saule.last
    await saule.presses("Announcement 1")
    await saule.presses("an_cancel")
    await cast.town.days_pass(2)
    assert TEXT not in cast.aigerim.texts
    assert await audited(cast.town) == ["announcement confirmed", "announcement cancelled"]


async def _timur(cast: Cast) -> Somebody:
    start = await cast.town.invited(cast.saule, "Administrator")
    timur = cast.town.stranger("Timur", EN)
    await timur.meets_the_bot(start)
    return timur


async def test_all_administrators_are_told_and_a_second_one_approves(cast: Cast, monkeypatch: Any) -> None:
    saule, timur = cast.saule, await _timur(cast)
    await sends(saule)
    assert "Saule sends announcement 1. People: 1" in timur.last
    await saule.writes("/admin")
    await saule.presses("announcements")
    await saule.presses("an_consent_on")
    assert timur.last == "Saule switched on the second administrator's consent."
    monkeypatch.setattr("handlers.addressing.TYPED_ABOVE", 0)
    await saule.writes("/announce")
    await saule.writes("Second.")
    await saule.presses("send_now")
    await saule.writes("1")
    assert "waits for another administrator's consent" in saule.last
    saule.phone.presses_data("an_approve:2")
    await cast.town.settle()
    assert "Second." not in cast.aigerim.texts, "nobody approves their own"
    assert "Second." in timur.texts, "he sees what he approves"
    await timur.presses("approve")
    await timur.presses("approve")
    assert cast.aigerim.texts.count("Second.") == 1
    assert "Timur approved announcement 2" in "".join(saule.texts)
    async with cast.town.app.database.reading() as db:
        approved = await db.scalar(select(announcements.c.approved_by).where(announcements.c.id == 2))
    assert approved == timur.id


# --- while it goes, and after ---------------------------------------------------------------------------------------


async def test_who_blocked_the_bot_is_counted_and_not_told_days_later(cast: Cast) -> None:
    town, saule = cast.town, cast.saule
    blocked, refuses, fails = await ngos(town, saule, RU, RU, RU)
    await blocked.does("blocks")
    town.telegram.faults.next("sendMessage", blocked_by_user(), chat_id=refuses.id)
    town.telegram.faults.next("sendMessage", server_error(), server_error(), chat_id=fails.id)
    await sends(saule)
    town.clock.skip(timedelta(seconds=3))
    await town.settle()
    report = report_of(saule)
    assert "People: 4\nDelivered: 1\nBlocked the bot: 2\nNot known whether it arrived: 1" in report
    await blocked.does("unblocks")
    await blocked.writes("/help")
    assert TEXT not in blocked.texts
    await saule.presses("an_repeat")
    assert "Did not get it: 2." in saule.last
    await saule.presses("an_repeat_missed")
    assert TEXT in blocked.texts
    assert TEXT in refuses.texts
    assert TEXT not in fails.texts
    assert cast.aigerim.texts.count(TEXT) == 1
    await saule.presses("an_repeat")
    await saule.presses("an_repeat_unclear")
    assert TEXT in fails.texts
    assert "People: 4\nDelivered: 4\nHave read it: 0" in report_of(saule)
    async with town.app.database.transaction() as db:
        await db.execute(outbox.delete().where(outbox.c.fate == "failed"))


async def _acts(town: Town) -> None:
    """What arrived is acted on; what that promises is still to be said."""
    await town.app.polling.once()
    while (await serve_next(town.app.database, town.app.served, town.clock.now())).more:
        pass


async def test_stopped_and_repeated_to_the_others(cast: Cast) -> None:
    town, saule = cast.town, cast.saule
    everybody = [cast.aigerim, *await ngos(town, saule, RU, RU)]
    await saule.writes("/announce")
    await saule.writes(TEXT)
    await saule.presses("send_now")
    saule.phone.presses("Confirm")
    await _acts(town)
    saule.phone.presses_data("an_stop:1")
    await town.settle()
    assert any(said.startswith("Announcement 1 is stopped. Not sent: 3.") for said in saule.texts)
    report = report_of(saule)
    assert report.startswith("Announcement 1, 2 March 2026, 11:00: stopped")
    assert "People: 3\nDelivered: 0\nNot sent because it was stopped: 3" in report
    assert not [said for who in everybody for said in who.texts if said == TEXT]
    await saule.presses("an_repeat")
    await saule.presses("an_repeat_missed")
    assert [who.texts.count(TEXT) for who in everybody] == [1, 1, 1]
    assert await audited(town) == ["announcement confirmed", "announcement stopped", "announcement repeated"]


async def test_one_message_shows_how_far_it_has_come(cast: Cast) -> None:
    """Telegram asks to wait in the middle: the bar stands, [Stop] is under it."""
    town, saule = cast.town, cast.saule
    [slow] = await ngos(town, saule, RU)
    town.telegram.faults.when(
        lambda method, params: params.get("text") == TEXT and str(params["chat_id"]) == str(slow.id),
        refuse(500, "Internal Server Error"),
    )
    await sends(saule)
    progress = message_of(saule, "Announcement 1, 2 March 2026, 11:00: is being sent")
    assert "Done: 1 of 2, 50 %\n▓▓▓▓▓░░░░░" in progress["text"]
    assert saule.phone.labels(progress) == ["Stop", "Show the announcement"]
    town.clock.skip(timedelta(seconds=3))
    await town.settle()
    now = saule.phone.room.messages[progress["message_id"]]
    assert now["text"].startswith(REPORT)
    assert "Delivered: 2" in now["text"]


async def _states(town: Town) -> list[str]:
    async with town.app.database.reading() as db:
        return list(await db.scalars(select(announcements.c.state)))


async def test_the_text_is_corrected_where_it_was_delivered(cast: Cast) -> None:
    town, saule, aigerim = cast.town, cast.saule, cast.aigerim
    [blocked] = await ngos(town, saule, RU)
    await blocked.does("blocks")
    await sends(saule)
    got = message_of(aigerim, TEXT)
    aigerim.phone.presses_data("an_read:1", got["message_id"])
    await town.settle()
    await saule.presses("an_correct")
    await saule.writes("Meeting on Monday at 15:00.", formatting=[BOLD])
    assert "Correction of announcement 1" in saule.last
    await saule.presses("an_correct_now")
    now = aigerim.phone.room.messages[got["message_id"]]
    assert (now["text"], now["entities"]) == ("Meeting on Monday at 15:00.", [BOLD])
    assert aigerim.phone.labels(now) == ["Read: 2 March 2026, 11:00"]
    assert "With the corrected text: 1\nHave read it: 1" in report_of(saule)
    async with town.app.database.reading() as db:
        line = (await db.execute(select(audit).order_by(audit.c.id.desc()).limit(1))).one()
    assert (line.action, line.before, line.after) == ("announcement corrected", TEXT, "Meeting on Monday at 15:00.")


async def test_it_is_taken_back_within_two_days(cast: Cast) -> None:
    town, saule = cast.town, cast.saule
    others = await ngos(town, saule, RU, RU)
    await sends(saule)
    await others[0].does("blocks")
    async with town.app.database.transaction() as db:
        old = town.clock.now() - timedelta(hours=49)
        await db.execute(update(recipients).where(recipients.c.person_id == others[1].id).values(sent_at=old))
    await saule.presses("an_take_back")
    assert "shall it be deleted? Chats: 2." in saule.last
    assert "Older than 48 hours, Telegram does not delete them any more: 1" in saule.last
    await saule.presses("an_take_back_now")
    assert TEXT not in cast.aigerim.texts
    assert TEXT in others[1].texts
    assert "Announcement 1, 2 March 2026, 11:00: taken back" in report_of(saule)
    assert await audited(town) == ["announcement confirmed", "announcement taken back"]


async def test_who_lost_the_right_meanwhile_gets_nothing(cast: Cast) -> None:
    """Between the start and the sending one was declined, one deleted what is stored about him."""
    town, saule = cast.town, cast.saule
    declined, forgotten = await ngos(town, saule, RU, RU)
    await saule.writes("/announce")
    await saule.writes(TEXT)
    await saule.presses("send_now")
    saule.phone.presses("Confirm")
    await _acts(town)
    async with town.app.database.transaction() as db:
        here = representatives.c.person_id == declined.id
        await db.execute(update(representatives).where(here).values(state="declined"))
        await people.forget(db, forgotten.id)
    await town.settle()
    assert TEXT in cast.aigerim.texts
    assert TEXT not in [*declined.texts, *forgotten.texts]
    assert "People: 2\nDelivered: 1\nNo longer among those it is for: 1" in report_of(saule)


async def test_nobody_else_gets_at_announcements(cast: Cast) -> None:
    await sends(cast.saule)
    before = await _states(cast.town)
    for data in ("an_show:1", "an_stop:1", "an_take_back_now:1", "an_correct_now:1", "announcements:0", "an_new"):
        cast.aigerim.phone.presses_data(data)
    cast.daniyar.phone.presses_data("an_read:1")
    await cast.town.settle()
    assert cast.aigerim.last.startswith("This button no longer works")
    assert cast.daniyar.last.startswith("This button no longer works")
    for data in (
        "an_show:99",
        "an_stop:x",
        "an_repeat_now:1",
        "an_confirm:0:5",
        "an_whom:0:department:0",
        "an_write:0:xx",
    ):
        cast.saule.phone.presses_data(data)
    await cast.town.settle()
    assert await _states(cast.town) == before

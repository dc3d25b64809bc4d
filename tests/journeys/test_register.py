"""The register of NGOs at the administrator's desk: lists as files, decisions, people, mergers, the yearly question."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from bot.importing import Importing
from domain.people import Language, OrganizationState
from domain.register_import import LARGEST_FILE
from simulator.faults import refuse, server_error
from simulator.telegram import Message
from storage import imports as lists
from storage import register
from storage.tables import audit, imports, organizations, questions, representatives
from tests.journeys.cast import PARASAT, Cast
from tests.town import MONDAY, Somebody, Town

SAMPLE = Path(__file__).parent.parent.parent / "docs" / "samples" / "ngos.csv"
CLEAN, CLEAN_BIN = "Общественное объединение «Чистый Иртыш»", "150640000050"
RENAMED = "Общественное объединение «Чистый Ертіс»"
TULPAR = "Клуб «Тұлпар»"


async def enter(town: Town, name: str, bin_: str | None = None, field: str = "ecology") -> int:
    async with town.app.database.transaction() as db:
        return await register.enter(db, name, bin_, field, OrganizationState.REGISTERED, MONDAY)


async def stored(town: Town) -> dict[str, tuple[str | None, str, str]]:
    """By name; a merged record steps back behind one of the same name."""
    async with town.app.database.reading() as db:
        rows = await db.execute(select(organizations).order_by(organizations.c.state != "merged", organizations.c.id))
        return {row.name: (row.bin, row.field, row.state) for row in rows}


async def deeds(town: Town) -> list[tuple[str, str]]:
    async with town.app.database.reading() as db:
        return [(row.action, row.object) for row in await db.execute(select(audit).order_by(audit.c.id))]


async def sends(somebody: Somebody, content: bytes, name: str = "ngos.csv", size: int | None = None) -> None:
    await somebody.writes("/admin")
    await somebody.presses("organizations")
    await somebody.presses("org_import")
    await somebody.does("sends_document", name, content, "text/csv", size)


def files_of(somebody: Somebody) -> list[Message]:
    return [message for message in somebody.phone.chat if "document" in message and message["from"]["is_bot"]]


# --- a list as a file -----------------------------------------------------------------------------------------------


async def test_a_list_with_mistakes_is_reported_on_entered_and_brings_nothing_new_again(cast: Cast) -> None:
    saule, town = cast.saule, cast.town
    await enter(town, CLEAN, CLEAN_BIN)
    await sends(saule, SAMPLE.read_bytes())
    head, refused, doubtful, changed = saule.last.split("\n\n")
    assert head.splitlines() == [
        "List «ngos.csv»",
        "New: 6",
        "Changed: 1",
        "As in the register: 0",
        "Doubtful: 2",
        "Refused: 8",
    ]
    assert refused.splitlines()[:3] == [
        "Refused",
        "Line 12: Общественный фонд «Тёплый дом, филиал»: the same BIN is in line 3",
        "Line 13: Общественный фонд «Опечатка»: BIN: the check digit is wrong, a digit is mistyped",
    ]
    assert refused.splitlines()[-1] == "And 3 more in the file."
    assert doubtful.splitlines()[2] == "Line 11: Общественный фонд «Парасатт»: similar to Общественный фонд «Парасат»"
    assert changed.splitlines()[1] == f"Line 8: {RENAMED}: name: {CLEAN} → {RENAMED}"
    assert files_of(saule)[-1]["document"]["file_name"] == "report.xlsx"
    assert await stored(town) == {
        PARASAT: (None, "Помощь людям", "registered"),
        CLEAN: (CLEAN_BIN, "ecology", "registered"),
    }

    await saule.presses("confirm")
    assert saule.last.splitlines()[0] == "Entered: 6, changed: 1."
    entered = await stored(town)
    assert len(entered) == 8
    assert entered["Частный фонд «Степной ветер»"] == ("010240003012", "ecology", "registered")
    assert RENAMED in entered
    assert ("list of NGOs applied", "register") in await deeds(town)

    await sends(saule, SAMPLE.read_bytes())
    assert "New: 0\nChanged: 0\nAs in the register: 7\nDoubtful: 2\nRefused: 8" in saule.last
    assert saule.last.endswith("There is nothing to enter or to change.")
    assert saule.buttons == ["Look through the doubtful", "Back"]


async def test_doubtful_lines_are_decided_one_by_one(cast: Cast) -> None:
    saule, town = cast.saule, cast.town
    await sends(saule, SAMPLE.read_bytes())
    await saule.presses("confirm")
    await saule.presses("doubtful")
    assert saule.last.startswith("Doubtful, 1 of 2\n\nIn the list, line 10: Общественное объединение «Друзья парка»")
    assert saule.buttons == ["It is a new one", "Skip", "Back"]
    await saule.presses("skip")
    assert "«Парасатт»" in saule.last
    assert "In the register:" in saule.last
    await saule.presses("same_ngo")
    assert saule.last == "Left undecided: 1."
    await saule.presses("doubtful")
    await saule.presses("new_ngo")
    assert saule.last == "All doubtful lines of «ngos.csv» are decided."
    entered = await stored(town)
    assert "Общественный фонд «Парасатт»" in entered  # Aigerim's NGO, renamed as the city's list has it
    assert PARASAT not in entered
    assert entered["Общественное объединение «Друзья парка»"] == (None, "ecology", "registered")
    assert [deed for deed in await deeds(town) if deed[0].startswith("NGO")] == [
        ("NGO changed", "organization 1"),
        ("NGO entered", "organization 9"),
    ]


async def test_a_list_is_entered_and_looked_through_on_both_databases(town_on_both: Town) -> None:
    town = town_on_both
    saule = await town.an_admin(language=Language.KK)
    await enter(town, "Фонд «Старое имя»", CLEAN_BIN)
    await enter(town, "Клуб «Друзья города»")
    lines = [f"Клуб «Друзья города»;{CLEAN_BIN}", "Жаңа клуб;111040002010", "Бірінші;", "Екінші;"]
    await sends(saule, "\n".join(["Атауы;БСН", *lines]).encode())
    await saule.presses("confirm")
    await saule.presses("doubtful")
    await saule.presses("same_ngo")
    await saule.presses("all_new")
    assert await stored(town) == {
        "Клуб «Друзья города»": (CLEAN_BIN, "ecology", "registered"),
        "Жаңа клуб": ("111040002010", "other", "registered"),
        "Бірінші": (None, "other", "registered"),
        "Екінші": (None, "other", "registered"),
    }
    assert await lines_without_words(saule) == []


async def lines_without_words(saule: Somebody) -> list[str]:
    """Of the audit, as an administrator reads it in Kazakh."""
    await saule.writes("/admin")
    await saule.presses("audit")
    return [line for line in saule.last.splitlines() if any(deed in line for deed in ("NGO", "list of", "merged"))]


async def test_a_list_is_applied_only_as_it_was_shown(cast: Cast) -> None:
    saule, town = cast.saule, cast.town
    await sends(saule, "name,BIN\nЧистый Иртыш,150640000050\n".encode())
    assert "New: 1" in saule.last
    old = saule.phone.last
    await enter(town, "Клуб «Чистый Иртыш»", CLEAN_BIN)
    await saule.presses("confirm")
    assert "New: 0\nChanged: 1" in saule.last
    await saule.does("presses", "Confirm", old)  # the first report's
    assert saule.last == "There is a newer report on «ngos.csv» below."
    assert "Чистый Иртыш" not in await stored(town)
    await saule.presses("confirm")
    assert (await stored(town))["Чистый Иртыш"] == (CLEAN_BIN, "ecology", "registered")
    await saule.presses("confirm")
    assert saule.last == "«ngos.csv» is entered already."


async def test_a_list_can_be_dropped_and_is_nobody_elses(cast: Cast) -> None:
    saule, town = cast.saule, cast.town
    zhanar = town.stranger("Zhanar", Language.EN)
    await zhanar.meets_the_bot(await town.invited(saule, "Administrator"))
    await sends(saule, SAMPLE.read_bytes())
    async with town.app.database.reading() as db:
        shown = (await db.scalars(select(imports.c.register))).one()
    for data in (f"org_apply:1:{shown[:12]}", "org_cancel:1", "org_doubtful:1", "org_same:1:11:1", "org_new:1:11"):
        await zhanar.does("presses_data", data)
        assert zhanar.last.startswith("All NGOs: 1")
    await saule.presses("cancel")
    assert saule.last == "«ngos.csv» was dropped. Nothing was changed."
    await saule.does("presses_data", f"org_apply:1:{shown[:12]}")
    assert saule.last == "«ngos.csv» was dropped. Nothing was changed."
    assert list(await stored(town)) == [PARASAT]


async def test_what_is_no_list_is_refused_in_words(cast: Cast) -> None:
    saule = cast.saule
    await sends(saule, b"\x89PNG\r\n\0\0 a picture", "photo.png")
    assert saule.last.startswith("The list «photo.png» was not read.\n\nThis is no table")
    await sends(saule, b"1;2;3\n4;5;6\n")
    assert "No column is called “name”" in saule.last
    await sends(saule, b"name\nx\n", size=LARGEST_FILE + 1)
    assert saule.last.startswith("The file is larger than 5 MB.")
    await saule.writes("here it is")
    assert saule.last == "Please send the list as a file, XLSX or CSV."


async def test_a_file_that_telegram_does_not_give_is_said_and_one_it_gives_later_is_read(cast: Cast) -> None:
    saule, town = cast.saule, cast.town
    town.telegram.faults.next(
        "getFile", refuse(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
    )
    await sends(saule, SAMPLE.read_bytes())
    assert saule.last.endswith("Telegram does not give the file. Please send it again.")
    town.telegram.record.clear()  # "file is temporarily unavailable" is what this test is about
    town.telegram.faults.next("getFile", server_error())
    await sends(saule, SAMPLE.read_bytes())
    assert saule.last == "I am reading «ngos.csv». The report comes in a moment."
    town.clock.skip(timedelta(seconds=30))
    await town.settle()
    assert saule.last.startswith("List «ngos.csv»")


async def test_a_copy_that_died_while_reading_is_made_up_for(cast: Cast) -> None:
    saule, town = cast.saule, cast.town
    await saule.does("presses_data", "org_import")
    saule.phone.sends_document("ngos.csv", SAMPLE.read_bytes(), "text/csv")
    reading = town.app.importing
    town.app.importing = _Dies(reading.telegram, reading.database, reading.clock)
    await town.settle()
    await town.restart()
    await town.settle()
    assert saule.last == "I am reading «ngos.csv». The report comes in a moment."  # its lease has not run out
    town.clock.skip(timedelta(seconds=61))
    await town.settle()
    assert saule.last.startswith("List «ngos.csv»")


class _Dies(Importing):
    """Claims a list and is seen no more."""

    async def drain(self) -> None:
        async with self.database.transaction() as db:
            assert await lists.claim(db, self.clock.now())


# --- decisions ------------------------------------------------------------------------------------------------------


async def test_a_suspended_ngo_reads_and_follows_and_asks_again_when_restored(asked: Cast) -> None:
    saule, aigerim, town = asked.saule, asked.aigerim, asked.town
    await aigerim.writes("/ask")
    await aigerim.presses("question")
    await aigerim.presses("Help with cultural events")
    await aigerim.writes("Нужен ещё один зал.")
    await aigerim.presses("done_writing")
    await aigerim.presses("public")
    await opens(saule, PARASAT)
    await saule.presses("suspend")
    await saule.writes("x" * 501)
    assert "501 characters" in saule.last
    await saule.writes("Не сдан отчёт <за год>.")
    assert "Status: suspended\nReason: Не сдан отчёт <за год>." in saule.last
    assert "is suspended in the register. Reason: Не сдан отчёт <за год>." in aigerim.last
    await aigerim.presses("send")
    assert "cannot ask anything new now. What you have written is kept." in aigerim.last
    await aigerim.writes("/ask")
    assert "cannot ask anything new now" in aigerim.last
    await aigerim.writes("/my")
    assert asked.number in aigerim.last
    await saule.presses("restore")
    assert "is in the register and can ask" in aigerim.last
    await aigerim.writes("/ask")
    await aigerim.presses("continue")
    await aigerim.presses("send")
    assert "2026-000002" in aigerim.last
    assert await deeds(town) == [
        *(await deeds(town))[:-2],
        ("NGO suspended", "organization 1"),
        ("NGO restored", "organization 1"),
    ]


async def opens(saule: Somebody, ngo: str) -> None:
    """Through the search, as one does with five hundred of them."""
    await saule.writes("/admin")
    await saule.presses("organizations")
    await saule.presses("org_search")
    await saule.writes(ngo)
    await saule.presses(next(label for label in saule.buttons if label.startswith(ngo[:39])))


async def test_a_proposed_ngo_is_approved_or_declined_with_a_reason_that_its_people_read(cast: Cast) -> None:
    saule, town = cast.saule, cast.town
    marat = await town.an_ngo(None, "Marat", TULPAR, Language.EN)
    zarina = await town.an_ngo(None, "Zarina", "Общество «Лотерея»", Language.EN)
    await saule.writes("/admin")
    await saule.presses("organizations")
    await saule.presses("org_proposed")
    assert saule.last == "Proposed: 2"
    await saule.presses(f"{TULPAR}: proposed, not looked at yet")
    await saule.presses("approve")
    assert (await stored(town))[TULPAR][2] == "registered"
    await saule.presses("Marat: waiting for approval")
    await saule.presses("approve")
    assert marat.last.startswith("You are approved as a representative")
    await opens(saule, "Общество «Лотерея»")
    await saule.presses("decline")
    await saule.writes("Это не НПО.")
    assert (await stored(town))["Общество «Лотерея»"][2] == "declined"
    assert zarina.last.startswith("You were not approved as a representative of Общество «Лотерея»")
    assert zarina.last.endswith("Reason: Это не НПО.")
    stranger = town.stranger("Nurlan", Language.EN)
    await stranger.meets_the_bot()
    await stranger.presses("i_am_ngo")
    await stranger.writes("лотерея")
    assert stranger.buttons == ["Not in the list"]


async def test_a_person_is_declined_with_a_reason_or_without(cast: Cast) -> None:
    saule, town = cast.saule, cast.town
    marat = await town.an_ngo(None, "Marat", PARASAT, Language.EN)
    await saule.presses("decline")
    assert "Why is Marat not approved" in saule.last
    assert "not approved" not in marat.last
    await saule.writes("В фонде вас не знают.")
    assert marat.last.endswith("Reason: В фонде вас не знают.")
    assert "Status: declined" in saule.last
    zarina = await town.an_ngo(None, "Zarina", PARASAT, Language.EN)
    await saule.presses("decline")
    await saule.presses("skip")
    assert "Reason" not in zarina.last


# --- its people -----------------------------------------------------------------------------------------------------


async def test_the_headship_passes_on_and_somebody_leaves(asked: Cast) -> None:
    saule, aigerim, town = asked.saule, asked.aigerim, asked.town
    bolat = await town.an_ngo(saule, "Bolat", PARASAT, Language.EN)
    await opens(saule, PARASAT)
    assert "Questions: 1\nRepresentatives: 2\nAigerim: head\nBolat: approved" in saule.last
    await saule.presses("Bolat: approved")
    await saule.presses("lead_ngo")
    assert bolat.last == f"You are now the head of {PARASAT} here."
    assert aigerim.last == f"{PARASAT} has another head here now. You still speak for it."
    await saule.presses("back")
    await saule.presses("Aigerim: approved")
    await saule.presses("remove_representative")
    assert "will speak for" in saule.last
    await saule.presses("remove_representative")
    assert "Representatives: 1\nBolat: head" in saule.last
    assert aigerim.last.startswith(f"You speak for {PARASAT} no more")
    await bolat.writes("/my")
    assert asked.number in bolat.last
    await aigerim.writes("/my")
    assert asked.number in aigerim.last  # what she asked herself she still follows
    assert [deed for deed, _ in await deeds(town)][-2:] == ["head of NGO chosen", "representative removed"]


# --- merging --------------------------------------------------------------------------------------------------------


async def test_two_records_of_one_ngo_become_one_with_all_they_have(asked: Cast) -> None:
    saule, town = asked.saule, asked.town
    bolat = await town.an_ngo(saule, "Bolat", TULPAR, Language.EN)
    await town.a_question(bolat, "Когда откроют манеж?")
    twin = await enter(town, "Клуб «Тулпар»", CLEAN_BIN)
    await opens(saule, TULPAR)
    await saule.presses("merge")
    await saule.presses(f"Клуб «Тулпар», {CLEAN_BIN}")
    assert "Moves: 1 question, 1 representative, 0 open invitations." in saule.last
    await saule.presses("other_way_round")
    assert "Moves: 0 questions, 0 representatives, 0 open invitations." in saule.last
    await saule.presses("other_way_round")
    await saule.presses("yes_merge")
    assert saule.last.startswith("Клуб «Тулпар»")
    assert "Questions: 1\nRepresentatives: 1\nBolat: head" in saule.last
    assert bolat.last.startswith(f"{TULPAR} is now Клуб «Тулпар» in the register")
    async with town.app.database.reading() as db:
        owners = list(await db.scalars(select(questions.c.organization_id).order_by(questions.c.id)))
        his = select(representatives.c.organization_id).where(representatives.c.person_id == bolat.id)
        assert await db.scalar(his) == twin
    assert owners == [1, twin]
    await saule.does("presses_data", "org_merge_now")
    assert saule.last.startswith("This button no longer works.")
    await saule.presses("back")
    assert TULPAR not in saule.buttons
    await town.a_question(bolat, "А когда закроют?")


async def test_a_line_with_the_bin_of_one_and_the_name_of_another_merges_them(cast: Cast) -> None:
    saule, town = cast.saule, cast.town
    await enter(town, "Фонд «Старое имя»", CLEAN_BIN)
    await sends(saule, f"БИН\tНазвание\n{CLEAN_BIN}\tОФ «Парасат»\n".encode("utf-16"))
    assert "the BIN is of one record, the name of another" in saule.last
    await saule.presses("doubtful")
    await saule.presses("same_ngo")
    assert await stored(town) == {
        PARASAT: (None, "Помощь людям", "merged"),
        "ОФ «Парасат»": (CLEAN_BIN, "ecology", "registered"),
    }
    await cast.aigerim.writes("/start")
    assert "ОФ «Парасат»" in cast.aigerim.last


# --- the list and the export ----------------------------------------------------------------------------------------


async def test_the_register_is_paged_searched_and_taken_out(cast: Cast) -> None:
    saule, town = cast.saule, cast.town
    for n in range(1, 10):
        await enter(town, f"Клуб № {n}", None)
    await enter(town, "=2+2 «Формула»", CLEAN_BIN)
    await saule.writes("/admin")
    await saule.presses("organizations")
    assert saule.last == "All NGOs: 11, page 1 of 2"
    await saule.presses("later")
    assert saule.last == "All NGOs: 11, page 2 of 2"
    await saule.presses("org_search")
    await saule.writes("1506 4000 0050")
    assert "=2+2 «Формула»" in saule.buttons
    await saule.writes("ывапролд")
    assert "Nothing like" in saule.last
    await saule.presses("back")
    await saule.presses("export")
    file = files_of(saule)[-1]["document"]
    rows = _rows(town.telegram.files[file["file_id"]].content)
    assert rows[1] == ("=2+2 «Формула»", CLEAN_BIN, "Ecology", "in the register", None, 0, None)
    assert len(rows) == 12
    assert ("exported", "register") in await deeds(town)


def _rows(content: bytes) -> list[tuple[object, ...]]:
    import io

    import openpyxl

    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    first, *rest = [tuple(row) for row in sheet.iter_rows(values_only=True)]
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)
    return [first, *sorted(rest, key=str)]


# --- still active? --------------------------------------------------------------------------------------------------


async def test_every_ngo_is_asked_in_march_reminded_once_and_listed_in_april(cast: Cast) -> None:
    saule, aigerim, town = cast.saule, cast.aigerim, cast.town
    bolat = await town.an_ngo(saule, "Bolat", PARASAT, Language.EN)
    marat = await town.an_ngo(saule, "Marat", TULPAR, Language.EN)
    erlan = await town.an_ngo(saule, "Erlan", "Фонд «Көмек»", Language.EN)
    question = "still work in 2027? Please answer until 31 March 2027."
    town.clock.moment = datetime(2027, 2, 26, 6, 0, tzinfo=UTC)
    await town.days_pass(0)
    town.clock.moment = datetime(2027, 3, 1, 2, 0, tzinfo=UTC)  # 07:00, before work begins
    await town.days_pass(0)
    assert not any(question in said for who in (aigerim, marat) for said in who.texts)
    town.clock.skip(timedelta(hours=3))
    await town.days_pass(0)
    for _ in range(29):  # until 30 March
        await town.days_pass(1)
        if town.clock.now().day == 5:
            await marat.presses("still_works")
            await erlan.presses("works_no_longer")
            assert saule.last == "Фонд «Көмек» says that it works no longer. You may suspend it on its card."
    asked = {"Aigerim": aigerim, "Bolat": bolat, "Marat": marat, "Erlan": erlan}
    heard = {name: sum(question in said for said in who.texts) for name, who in asked.items()}
    assert heard == {"Aigerim": 2, "Bolat": 0, "Marat": 1, "Erlan": 1}
    for _ in range(4):
        await town.days_pass(1)
    listed = [said for said in saule.texts if "in 2027" in said]
    assert listed == ["2 NGOs have not confirmed in 2027 that they work."]
    await saule.presses("org_unconfirmed")
    assert saule.last == "Not confirmed this year: 2"
    await aigerim.does("presses_data", "org_works:1")
    assert aigerim.last.startswith("Thank you")
    await aigerim.does("presses_data", "org_works:2")
    assert aigerim.last == "This button no longer works."
    await saule.does("presses_data", "org_list:unconfirmed:0")
    assert saule.last == "Not confirmed this year: 1"

"""The ledger of promises: made by an answer, reminded of, kept or moved or broken, and what the NGO says of it."""

import json
from datetime import timedelta

import pytest

from domain.people import Language
from tests.journeys.cast import Cast, everything_stored
from tests.town import Somebody

P = "P-2026-0001"
WORDS = "Пандус у входа построит подрядчик."
DUE = "20.03.2026"  # a Friday; it is Monday 2 March


async def _promises(who: Somebody, *texts: str) -> None:
    """An answer with this outcome: everything typed, then [Done]."""
    await who.presses("answer")
    await who.presses("outcome_promised")
    for text in texts:
        await who.writes(text)
    await who.presses("done_writing")


@pytest.fixture
async def promised(asked: Cast) -> Cast:
    """Daniyar has promised a ramp by 20 March."""
    await _promises(asked.daniyar, WORDS, DUE)
    await asked.daniyar.presses("send")
    return asked


async def _said(who: Somebody, key: str, *texts: str) -> None:
    """A button of the promise's card, then what it asks for."""
    await who.writes(P)
    await who.presses(key)
    for text in texts:
        await who.writes(text)


async def _status(cast: Cast) -> str:
    await cast.saule.writes(P)
    return next(line for line in cast.saule.last.splitlines() if line.startswith("Status:"))


# --- the answer that promises ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "texts",
    [
        (WORDS, DUE),  # the date in a message of its own
        (DUE, WORDS),
        (WORDS + " Срок: 20 марта 2026 года.",),  # or in the text
        (WORDS, "20 наурыз"),
    ],
)
async def test_the_date_is_taken_as_it_was_written_and_shown_before_sending(asked: Cast, texts: tuple[str]) -> None:
    await _promises(asked.daniyar, *texts)
    assert "Promised by: 20 March 2026, Friday" in asked.daniyar.last
    await asked.daniyar.presses("send")
    assert f"{P}: promised by 20 March 2026, Friday." in asked.daniyar.texts[-2]
    assert f"{P}: promised by 20 March 2026, Friday." in asked.aigerim.last
    assert WORDS in asked.aigerim.last
    assert DUE not in asked.aigerim.last


async def test_a_date_before_the_text_is_noted_in_words(asked: Cast) -> None:
    await asked.daniyar.presses("answer")
    await asked.daniyar.presses("outcome_promised")
    await asked.daniyar.writes(DUE)
    assert asked.daniyar.last.startswith(
        f"№ {asked.number}: promised by 20 March 2026, Friday, noted. Now write what is promised."
    )


async def test_without_a_date_it_is_asked_for_and_nothing_typed_is_lost(asked: Cast) -> None:
    daniyar = asked.daniyar
    await _promises(daniyar, WORDS)
    assert daniyar.last == f"№ {asked.number}: by which date is it promised? Type it so: 17.03.2026"
    for typed, said in {
        "завтра": "This is no date.",
        "31.02.2026": "This is no date.",
        "02.03.2026": "The date must be in the future",
        "01.01.2999": "The date must be in the future",
    }.items():
        await daniyar.writes(typed)
        assert daniyar.last.startswith(said)
    await daniyar.writes("до 21.03.2026")
    assert daniyar.texts[-2] == (
        "21 March 2026, Saturday is a day off: the promise is due on the next working day, 26 March 2026, Thursday."
    )
    await daniyar.presses("another_date")
    await daniyar.writes(DUE)
    await daniyar.presses("send")
    assert WORDS in asked.aigerim.last


async def test_the_dialogue_survives_a_restart_and_a_date_that_has_come_is_asked_for_again(asked: Cast) -> None:
    await _promises(asked.daniyar, WORDS, DUE)
    await asked.town.restart()
    asked.town.clock.skip(timedelta(days=18))
    await asked.daniyar.presses("send")
    assert asked.daniyar.last.startswith(f"№ {asked.number}: by which date is it promised?")
    await asked.daniyar.writes("01.04.2026")
    await asked.daniyar.presses("send")
    assert f"{P}: promised by 1 April 2026, Wednesday." in asked.aigerim.last


async def test_other_outcomes_promise_nothing(asked: Cast) -> None:
    await asked.daniyar.presses("answer")
    await asked.daniyar.presses("outcome_done")
    await asked.daniyar.writes(WORDS)
    await asked.daniyar.writes(DUE)  # then it is a part of the text
    await asked.daniyar.presses("done_writing")
    await asked.daniyar.presses("send")
    assert DUE in asked.aigerim.last
    assert (await everything_stored(asked.town))["promises"] == []


async def test_with_two_keys_it_is_promised_by_the_heads_word(cast: Cast) -> None:
    botagoz = await cast.town.an_official(cast.saule, "Botagoz", language=Language.EN, head=True)
    await cast.saule.writes("/admin")
    for key in ("departments", "Culture and languages", "Two keys: off"):
        await cast.saule.presses(key)
    await cast.town.a_question(cast.aigerim)
    await _promises(cast.daniyar, WORDS, DUE)
    await cast.daniyar.presses("send")
    await cast.daniyar.writes("/promises")
    assert cast.daniyar.last.startswith("Promises to be kept: 0 promises")
    await botagoz.presses("approve")
    assert f"{P}: promised by 20 March 2026, Friday." in cast.aigerim.last
    await _said(cast.daniyar, "promise_keep")
    assert cast.aigerim.last.startswith(f"{P}: the department says that the promise is kept.")


# --- looking --------------------------------------------------------------------------------------------------------


async def test_both_sides_and_administrators_find_it_and_strangers_do_not(promised: Cast) -> None:
    for somebody in promised.everybody:
        await somebody.writes("/promises")
        assert somebody.last.startswith("Promises to be kept: 1 promise")
        assert f"{P}, by 20 March 2026: to be kept" in somebody.last
        await somebody.presses(P)
        assert WORDS in somebody.last
        await somebody.presses(f"№ {promised.number}")
        assert f"Promise {P}: by 20 March 2026, to be kept" in somebody.last
        await somebody.presses(P)
        await somebody.presses("back")
        assert somebody.last.startswith("Promises to be kept: 1 promise")
    yerlan = await promised.town.an_official(promised.saule, "Yerlan", "Education", Language.EN)
    await yerlan.writes("/promises")
    assert yerlan.last.startswith("Promises to be kept: 0 promises")
    await yerlan.writes(P)
    not_yours = yerlan.last
    await yerlan.writes("P-2026-0099")
    assert yerlan.last == not_yours
    assert yerlan.last.startswith("There is no such promise, or it is not yours.")


async def test_made_up_presses_change_nothing(promised: Cast) -> None:
    before = await everything_stored(promised.town, "people", "forms")
    for number in (P, "P-2026-0002", "0", "-1", str(2**63), "", "№", "a\0b"):
        for data in ("promise_keep", "promise_move", "promise_break", "promise_send", "promise"):
            await promised.aigerim.does("presses_data", f"{data}:{number}")
        for data in ("promise_confirm", "promise_dispute", "promise_send"):
            await promised.daniyar.does("presses_data", f"{data}:{number}")
    for data in (
        "promise_keep",
        "promises:open:-5",
        "promises:closed:99999999999999999999",
        "promises:x",
        "answer_date",
    ):
        await promised.daniyar.does("presses_data", data)
    assert await everything_stored(promised.town, "people", "forms") == before


# --- keeping --------------------------------------------------------------------------------------------------------


async def test_kept_and_confirmed(promised: Cast) -> None:
    await _said(promised.daniyar, "promise_keep")
    assert (
        "Status: kept, as the department says; the NGO may say otherwise until 17 March 2026" in promised.daniyar.last
    )
    assert promised.aigerim.last.startswith(f"{P}: the department says that the promise is kept.")
    assert promised.aigerim.last.endswith(
        "Please say whether it is so. Without your word until 17 March 2026, Tuesday it counts as kept."
    )
    assert promised.aigerim.buttons[:2] == ["Confirm that it is kept", "It was not kept"]
    await promised.aigerim.presses("promise_confirm")
    assert promised.daniyar.last.startswith(f"{P}: the NGO confirmed that the promise is kept.")
    assert await _status(promised) == "Status: kept, the NGO confirms it"
    await promised.aigerim.writes("/promises")
    await promised.aigerim.presses("closed")
    assert f"{P}, by 20 March 2026: kept, the NGO confirms it" in promised.aigerim.last


async def test_without_a_word_of_the_ngo_it_counts_as_kept_after_ten_working_days(promised: Cast) -> None:
    await _said(promised.daniyar, "promise_keep")
    await promised.town.days_pass(15)  # Tuesday 17 March: the last day for a word
    assert (await _status(promised)).endswith("the NGO may say otherwise until 17 March 2026")
    await promised.town.days_pass(1)
    over = f"{P}: the promise counts as kept, for the NGO did not say otherwise in time."
    for somebody in (promised.daniyar, promised.aigerim):
        assert any(said.startswith(over) for said in somebody.texts)
        await somebody.writes(P)
        assert "18 March 2026, 11:00: it counts as kept, the NGO did not say otherwise in time" in somebody.last
        assert f"№ {promised.number}" in somebody.buttons[0]
        await somebody.presses(f"№ {promised.number}")
        assert "it counts as kept, the NGO did not say otherwise in time (promise" in somebody.last
        await somebody.writes("/promises")
        await somebody.presses("closed")
        assert f"{P}, by 20 March 2026: kept, as the department says; the NGO did not say" in somebody.last


async def test_disputed_it_goes_to_head_and_administrators_and_is_open_again_once(promised: Cast) -> None:
    botagoz = await promised.town.an_official(promised.saule, "Botagoz", language=Language.EN, head=True)
    await _said(promised.daniyar, "promise_keep")
    await _said(promised.aigerim, "promise_dispute", "Пандуса нет.")
    for somebody in (promised.daniyar, botagoz, promised.saule):
        assert somebody.last.startswith(f"{P}: the NGO says that the promise was not kept. It is open again.")
        assert "Пандуса нет." in somebody.last
    assert botagoz.buttons[0] == "The promise is kept"
    await botagoz.presses("promise_keep")
    assert botagoz.texts[-2] == f"{P} is noted as kept. The NGO is asked whether it is so."
    assert promised.daniyar.last.startswith(f"{P}: the department says that the promise is kept.")
    assert "Please say whether" not in promised.daniyar.last  # that is for the NGO
    await _said(promised.aigerim, "promise_dispute", "Всё ещё нет.")
    assert promised.saule.last.startswith(f"{P}: the NGO says for the second time")
    assert await _status(promised) == "Status: not kept, as the NGO says"
    await promised.daniyar.writes(P)
    assert promised.daniyar.buttons == [f"№ {promised.number}", "Back"]


async def test_a_new_date_and_why(promised: Cast) -> None:
    await _said(promised.daniyar, "promise_move", "19.03.2026")
    assert promised.daniyar.last == "The new date must be later than 20 March 2026."
    assert promised.daniyar.texts[-2] == f"{P}: by which date instead of 20 March 2026? Type it so: 08.04.2026"
    await promised.daniyar.writes("01.04.2026")
    await promised.daniyar.writes("Подрядчик задержал поставку.")
    assert "New date: 1 April 2026, Wednesday" in promised.daniyar.last
    await promised.daniyar.writes("Подрядчик задержал плиты.")  # instead of what stood there
    await promised.daniyar.presses("send")
    assert promised.aigerim.last.startswith(f"{P}: the promise has a new date, 1 April 2026, Wednesday.\n")
    assert "\nWhy:\n\nПодрядчик задержал плиты." in promised.aigerim.last
    assert "Подрядчик задержал плиты." in promised.aigerim.last
    await promised.aigerim.writes(P)
    assert "By: 1 April 2026, Wednesday" in promised.aigerim.last
    assert "The date was moved 1 time." in promised.aigerim.last
    assert "promised by Daniyar, by 20 March 2026" in promised.aigerim.last
    await _said(promised.daniyar, "promise_move", "15 апреля, нет цемента")  # both in one message
    await promised.daniyar.presses("send")
    assert "нет цемента" in promised.aigerim.last


async def test_cannot_and_why(promised: Cast) -> None:
    await _said(promised.daniyar, "promise_break", "Денег в бюджете не выделено.")
    assert "The promise ends as one that cannot be kept." in promised.daniyar.last
    await promised.daniyar.presses("send")
    assert promised.aigerim.last.startswith(f"{P}: the department says that the promise cannot be kept.\n")
    assert "You may ask anew: /ask" in promised.aigerim.last
    assert await _status(promised) == "Status: cannot be kept, as the department says"


async def test_pressed_twice_it_happens_once(promised: Cast) -> None:
    await promised.daniyar.writes(P)
    for _ in range(3):
        promised.daniyar.phone.presses("The promise is kept")
    await promised.town.settle()
    assert sum("the department says that the promise is kept" in text for text in promised.aigerim.texts) == 1
    await _said(promised.aigerim, "promise_dispute", "Нет.")
    await _said(promised.daniyar, "promise_break", "Не можем.")
    for _ in range(3):
        promised.daniyar.phone.presses("Send")
    await promised.town.settle()
    assert sum("cannot be kept.\n" in text for text in promised.aigerim.texts) == 1


# --- reminders ------------------------------------------------------------------------------------------------------


async def test_its_owner_is_reminded_and_may_say_so_under_the_reminder(promised: Cast) -> None:
    heard = {}
    for _ in range(18):  # until 20 March
        before = len(promised.daniyar.texts)
        await promised.town.days_pass(1)
        heard |= {promised.town.clock.now().day: text for text in promised.daniyar.texts[before:] if "Promises" in text}
    assert {day: text.split("\n\n")[-2].splitlines()[0] for day, text in heard.items()} == {
        17: "Promised within 3 working days",
        19: "Promised for the next working day",
        20: "Promised for today",
    }
    assert promised.daniyar.buttons == ["The promise is kept", "New date and why", "Cannot, and why", P]
    await promised.daniyar.presses("promise_keep")
    assert promised.aigerim.last.startswith(f"{P}: the department says that the promise is kept.")


async def test_late_it_climbs_the_ladder_and_the_ngo_is_told_once(promised: Cast) -> None:
    botagoz = await promised.town.an_official(promised.saule, "Botagoz", language=Language.EN, head=True)
    await promised.aigerim.writes(promised.number)
    await promised.aigerim.presses("solved")
    promised.town.clock.skip(timedelta(days=23))
    heard: dict[str, list[int]] = {}
    for _ in range(7):  # from 26 March, the first working day after Nauryz
        seen = {who.phone.user["first_name"]: len(who.texts) for who in (*promised.everybody, botagoz)}
        await promised.town.days_pass(1)
        for who in (*promised.everybody, botagoz):
            name = who.phone.user["first_name"]
            if any("Overdue" in text and P in text for text in who.texts[seen[name] :]):
                heard.setdefault(name, []).append(promised.town.clock.now().day)
    assert heard == {"Daniyar": [26, 27, 30, 31, 1], "Botagoz": [26], "Aigerim": [26], "Saule": [30]}
    assert "Late by 5 working days." in promised.daniyar.last


async def test_when_its_owner_leaves_it_is_the_heads(promised: Cast) -> None:
    botagoz = await promised.town.an_official(promised.saule, "Botagoz", language=Language.EN, head=True)
    for data in (f"official_move:{promised.daniyar.id}", f"official_moved:{promised.daniyar.id}:4"):
        await promised.saule.does("presses_data", data)
    await promised.daniyar.writes(P)
    assert promised.daniyar.last.startswith("There is no such promise, or it is not yours.")
    promised.town.clock.skip(timedelta(days=17))
    await promised.town.days_pass(1)
    assert "Promised for today" in botagoz.last
    assert botagoz.buttons[:3] == ["The promise is kept", "New date and why", "Cannot, and why"]


async def test_who_forgets_everything_leaves_the_promise_to_the_ngo(promised: Cast) -> None:
    await promised.aigerim.writes("/mydata")
    document = next(m["document"] for m in reversed(promised.aigerim.phone.chat) if "document" in m)
    stored = json.loads(promised.town.telegram.files[document["file_id"]].content.decode())
    assert [(line["number"], line["text"]) for line in stored["promises"]] == [(P, WORDS)]
    await promised.aigerim.writes("/forget")
    await promised.aigerim.presses("forget_once")
    await promised.aigerim.presses("forget_twice")
    await _said(promised.daniyar, "promise_keep")
    assert (
        await _status(promised) == "Status: kept, as the department says; the NGO may say otherwise until 17 March 2026"
    )


@pytest.mark.parametrize("language", [Language.RU, Language.KK])
async def test_in_each_language(promised: Cast, language: Language) -> None:
    for somebody in promised.everybody:
        await somebody.writes("/language")
        await somebody.presses({Language.RU: "Русский", Language.KK: "Қазақша"}[language])
        somebody.language = language
    await _said(promised.daniyar, "promise_keep")
    await promised.aigerim.presses("promise_dispute")
    await promised.aigerim.writes("Пандуса нет.")
    await _said(promised.daniyar, "promise_move", "01.04.2026", "Подрядчик задержал поставку плит.")
    await promised.daniyar.presses("send")
    said = {
        Language.RU: f"{P}: новый срок обещания — 1 апреля 2026 г., среда.",
        Language.KK: f"{P}: уәденің жаңа мерзімі — 2026 ж. 1 сәуір, сәрсенбі.",
    }
    assert " ".join(promised.aigerim.last.splitlines()[0].split()) == said[language]

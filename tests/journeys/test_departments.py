"""Departments, their people and their topics, as an administrator changes them in the chat."""

from datetime import timedelta

from sqlalchemy import select

from domain.people import Language
from storage.tables import admins, audit, entries, forms, leaves, officials, outbox, questions, topics
from tests.journeys.cast import Cast, everything_stored
from tests.town import Somebody

EN = Language.EN


async def _desk(saule: Somebody, *path: str) -> None:
    """From /admin to a screen, button by button."""
    await saule.writes("/admin")
    for label in ("departments", *path):
        await saule.presses(label)


async def _official(cast: Cast, name: str) -> None:
    """The card of an official of culture."""
    await _desk(cast.saule, "Culture and languages", "officials", name)


async def _colleague(cast: Cast, name: str, *, head: bool = False) -> Somebody:
    return await cast.town.an_official(cast.saule, name, language=EN, head=head)


async def _deeds(cast: Cast) -> list[str]:
    async with cast.town.app.database.reading() as db:
        return list(await db.scalars(select(audit.c.action).order_by(audit.c.id)))


# --- departments and topics -----------------------------------------------------------------------------------------


async def test_a_department_is_entered_given_a_topic_and_renamed(cast: Cast) -> None:
    saule = cast.saule
    await _desk(saule, "new_department")
    for bad in ("Sport", "Sport\nСпорт", "1\n2\n3", "Sport\nСпорт\n" + "ә" * 201, "Education\nОбучение\nОқыту"):
        await saule.writes(bad)
        assert "type" in saule.last
    await saule.writes("Sport\nОтдел спорта\nСпорт бөлімі")
    assert saule.last.startswith("The department is entered.")
    assert ("Sport\nIn English: Sport\nIn Russian: Отдел спорта\nIn Kazakh: Спорт бөлімі") in saule.last
    assert "Head: nobody" in saule.last
    await saule.presses("topics")
    await saule.presses("new_topic")
    await saule.writes("Playing fields\nСпортплощадки\nСпорт алаңдары")
    await saule.presses("topic_days")
    await saule.writes("1000")
    assert "from 0 to 250" in saule.last
    await saule.writes("5")
    assert "Term: 5 working days" in saule.last
    await _desk(saule, "Sport", "rename")
    await saule.writes("Sport and youth\nОтдел спорта и молодёжи\nСпорт және жастар бөлімі")
    assert "Playing fields: 5 working days" in saule.last
    await cast.aigerim.writes("/ask")
    await cast.aigerim.presses("question")
    await cast.aigerim.presses("Playing fields")
    await cast.aigerim.writes("Когда откроют площадку?")
    await cast.aigerim.presses("done_writing")
    await cast.aigerim.presses("public")
    assert "Department: Sport and youth\nAnswer due: 6 March 2026" in cast.aigerim.last
    assert (await _deeds(cast))[-4:] == [
        "department entered",
        "topic entered",
        "topic term changed",
        "department renamed",
    ]


async def test_a_topic_that_moves_takes_only_new_questions_along(asked: Cast) -> None:
    botagoz = await asked.town.an_official(asked.saule, "Botagoz", "Education", EN)
    await _desk(asked.saule, "Culture and languages", "topics", "Help with cultural events", "topic_department")
    assert "asked already stay" in asked.saule.last
    await asked.saule.presses("Education")
    assert "Department: Education" in asked.saule.last
    await asked.aigerim.writes(asked.number)
    assert "Department: Culture and languages" in asked.aigerim.last
    number = await asked.town.a_question(asked.aigerim)
    assert f"№ {number}" in botagoz.last


async def test_a_merged_topic_takes_questions_along_and_drafts_ask_for_the_topic_again(asked: Cast) -> None:
    saule, aigerim = asked.saule, asked.aigerim
    await aigerim.writes("/ask")
    for label in ("question", "Help with cultural events"):
        await aigerim.presses(label)
    await aigerim.writes("Нужен ещё и звук.")
    await aigerim.presses("done_writing")
    await aigerim.presses("public")
    await _desk(saule, "Culture and languages", "topics", "Help with cultural events", "merge_topic")
    assert "Help with cultural events" not in saule.buttons
    await saule.presses("Conferences and forums")
    assert "1 question goes from «Help with cultural events» to «Conferences and forums»." in saule.last
    await saule.presses("yes_merge")
    assert "Questions asked under it: 1" in saule.last
    await aigerim.presses("send")
    assert "Help with cultural events" not in aigerim.buttons
    await aigerim.presses("Conferences and forums")
    assert "Нужен ещё и звук." in aigerim.last
    await aigerim.presses("send")
    await aigerim.writes(asked.number)
    assert "Topic: Conferences and forums" in aigerim.last
    async with asked.town.app.database.reading() as db:
        ours = list(await db.scalars(select(questions.c.topic_id).distinct()))
        names = list(await db.scalars(select(topics.c.name_en).where(topics.c.id.in_(ours))))
    assert names == ["Conferences and forums"]


async def test_a_topic_merged_while_its_draft_is_on_its_way_is_asked_for_again(cast: Cast) -> None:
    """As when the merge commits between the reading of the draft and its storing."""
    aigerim = cast.aigerim
    await aigerim.writes("/ask")
    for label in ("question", "Help with cultural events"):
        await aigerim.presses(label)
    await aigerim.writes("Нужен звук.")
    await aigerim.presses("done_writing")
    await aigerim.presses("public")
    async with cast.town.app.database.transaction() as db:
        await db.execute(topics.delete().where(topics.c.name_en == "Help with cultural events"))
    await aigerim.presses("send")
    assert "This topic is no more. What you wrote is kept" in aigerim.texts[-2] + aigerim.last
    await aigerim.presses("Conferences and forums")
    assert "Нужен звук." in aigerim.last


# --- heads ----------------------------------------------------------------------------------------------------------


async def test_the_head_is_replaced_and_both_are_told(cast: Cast) -> None:
    botagoz = await _colleague(cast, "Botagoz", head=True)
    await _official(cast, "Daniyar")
    await cast.saule.presses("make_head")
    assert "Head of the department" in cast.saule.last
    assert cast.daniyar.last.startswith("You now lead the department «Culture and languages»")
    assert botagoz.last.startswith("You no longer lead the department «Culture and languages»")
    await cast.saule.presses("no_longer_head")
    assert "goes to all its officials" in cast.saule.last
    async with cast.town.app.database.reading() as db:
        assert not any(await db.scalars(select(officials.c.is_head)))
    assert (await _deeds(cast))[-2:] == ["head appointed", "head removed"]


# --- leaving --------------------------------------------------------------------------------------------------------


async def test_a_removed_official_hands_over_to_the_head_and_loses_everything(asked: Cast) -> None:
    town, saule, daniyar = asked.town, asked.saule, asked.daniyar
    botagoz = await _colleague(asked, "Botagoz", head=True)
    await daniyar.writes(asked.number)
    await daniyar.presses("take")
    await daniyar.presses("answer")
    await daniyar.presses("outcome_done")
    await daniyar.writes("Недописанный ответ.")
    old = daniyar.phone.last
    async with town.app.database.transaction() as db:  # what a colleague of another copy has promised to say
        question_id = await db.scalar(select(questions.c.id))
        row = {"priority": 1, "chat_id": daniyar.id, "template": "addition", "facts": '{"entry": 1}'}
        later = town.clock.now() + timedelta(days=1)
        row |= {"question_id": question_id, "created_at": town.clock.now(), "not_before": later}
        await db.execute(outbox.insert().values(row))
    await _official(asked, "Daniyar")
    assert "Open questions: 1" in saule.last
    await saule.presses("remove")
    assert saule.last == ("Remove Daniyar from «Culture and languages»?\n\n1 open question goes to the head, Botagoz.")
    await saule.presses("yes_remove")
    assert "Officials: 1" in saule.last
    assert daniyar.last.startswith("You no longer answer for the department «Culture and languages»")
    assert botagoz.last.startswith("An official left, and 1 question is yours now.")
    assert asked.aigerim.last.startswith(f"№ {asked.number} is in work. Responsible: Botagoz.")
    await botagoz.presses(asked.number)
    assert "its official left the department, it went to Botagoz" in botagoz.last
    assert asked.saule.label("answer") in botagoz.buttons
    await daniyar.does("presses_data", "answer_done", old["message_id"])
    assert "no longer works" in daniyar.last
    await daniyar.does("presses_data", f"answer:{asked.number}", old["message_id"])
    assert "no longer works" in daniyar.last
    await daniyar.writes(asked.number)
    assert "or it is not yours" in daniyar.last
    async with town.app.database.reading() as db:
        assert list(await db.scalars(select(forms.c.name).where(forms.c.person_id == daniyar.id))) == []
        assert await db.scalar(select(outbox.c.fate).where(outbox.c.template == "addition")) == "dropped"
        steps = list(await db.scalars(select(entries.c.action).order_by(entries.c.id)))
    assert steps == ["ask", "take", "hand_over"]
    assert (await _deeds(asked))[-1] == "official removed"


async def test_without_a_head_what_they_had_is_free_again(asked: Cast) -> None:
    zarina = await _colleague(asked, "Zarina")
    await asked.daniyar.writes(asked.number)
    await asked.daniyar.presses("take")
    await _official(asked, "Daniyar")
    await asked.saule.presses("remove")
    assert "1 open question becomes free to be taken again" in asked.saule.last
    await asked.saule.presses("yes_remove")
    assert zarina.last.startswith("An official left, and 1 question is free to be taken.")
    await zarina.presses(asked.number)
    await zarina.presses("take")
    assert "Responsible: Zarina" in asked.aigerim.last


async def test_a_head_who_moves_to_another_department_leaves_a_sentence_and_the_questions(asked: Cast) -> None:
    await _official(asked, "Daniyar")
    await asked.saule.presses("make_head")
    await asked.daniyar.writes(asked.number)
    await asked.daniyar.presses("take")
    await asked.saule.presses("another_department")
    assert "left without a head" in asked.saule.last
    assert "Nobody is left in the department" in asked.saule.last
    await asked.saule.presses("Education")
    assert "Department: Education" in asked.saule.texts[-2]
    assert asked.daniyar.last.startswith("You now answer for «Education»")
    assert "1 question is free to be taken" in asked.saule.last  # nobody else is left who could hear of it
    await asked.daniyar.writes("/inbox")
    assert asked.daniyar.last == "Nothing is waiting for an answer."


async def test_an_old_or_made_up_button_redraws_what_is_so(cast: Cast) -> None:
    await _official(cast, "Daniyar")
    await cast.saule.presses("remove")
    confirmation = cast.saule.phone.last
    await cast.saule.presses("yes_remove")
    before = await everything_stored(cast.town, "people")
    for data in (f"official_removed:{cast.daniyar.id}", f"official_head:{cast.daniyar.id}", "official_card:-1"):
        await cast.saule.does("presses_data", data, confirmation["message_id"])
        assert "5 departments" in cast.saule.last
    for data in ("topic_merged:1:1", "topic_merged:1:99", "topic_moved:1:99", "topic_card:x"):
        await cast.saule.does("presses_data", data, confirmation["message_id"])
    for data in ("dep_card:9223372036854775808", "dep_people", "leader_removed:admin:1", "official_deputy:1"):
        await cast.saule.does("presses_data", data, confirmation["message_id"])
    assert await everything_stored(cast.town, "people") == before


# --- leave ----------------------------------------------------------------------------------------------------------


async def _goes_on_leave(cast: Cast, name: str, days: str, deputy: str) -> None:
    await _official(cast, name)
    await cast.saule.presses("on_leave")
    await cast.saule.writes(days)
    await cast.saule.presses(deputy)


async def test_during_a_leave_the_deputy_gets_the_cards_and_answers_in_their_place(asked: Cast) -> None:
    town, saule, daniyar, aigerim = asked.town, asked.saule, asked.daniyar, asked.aigerim
    zarina = await _colleague(asked, "Zarina")
    await daniyar.writes(asked.number)
    await daniyar.presses("take")
    await _official(asked, "Daniyar")
    await saule.presses("on_leave")
    for bad in ("завтра", "31.02.2026", "06.03.2026 - 04.03.2026", "01.02.2026 - 10.02.2026", "04.03.2026-04.03.2028"):
        await saule.writes(bad)
        assert "ype" in saule.last, bad
    await saule.writes("4.03.2026 – 06.03.2026")
    assert "Daniyar" not in saule.buttons
    await saule.presses("Zarina")
    assert "On leave from 4 March 2026 to 6 March 2026, deputy: Zarina" in saule.last
    assert daniyar.last.startswith("You are on leave from 4 March 2026 to 6 March 2026.")
    assert zarina.last.startswith("From 4 March 2026 to 6 March 2026 you stand in for Daniyar")
    await zarina.writes(asked.number)
    assert saule.label("answer") not in zarina.buttons  # not yet
    await town.days_pass(2)
    heard = len(daniyar.texts)
    await aigerim.writes(asked.number)
    assert "Responsible: Daniyar" in aigerim.last
    assert "Daniyar is on leave until 6 March 2026, deputy: Zarina" in aigerim.last
    await aigerim.writes("И ещё сцена.", reply_to=aigerim.phone.last["message_id"])
    assert zarina.last.startswith(f"№ {asked.number}: addition by the NGO.")
    await zarina.presses("answer")
    await zarina.presses("outcome_done")
    await zarina.writes("Зал и сцена ваши двадцатого марта.")
    await zarina.presses("done_writing")
    await zarina.presses("send")
    assert "Зал и сцена" in aigerim.last
    assert "Answered by Zarina" in aigerim.last
    assert "the answer was delivered" in zarina.last
    assert daniyar.texts[heard:] == []
    await town.days_pass(5)
    await aigerim.presses("solved")
    assert "the NGO judged the answer" in daniyar.last


async def test_the_heads_deputy_is_the_head_meanwhile(asked: Cast) -> None:
    botagoz = await _colleague(asked, "Botagoz", head=True)
    zarina = await _colleague(asked, "Zarina")
    await asked.daniyar.writes(asked.number)
    assert asked.saule.label("assign") not in asked.daniyar.buttons
    await _goes_on_leave(asked, "Botagoz", "02.03.2026 - 31.03.2026", "Daniyar")
    await asked.daniyar.writes(asked.number)
    await asked.daniyar.presses("assign")
    await asked.daniyar.presses("Botagoz")
    assert f"№ {asked.number} was given to Botagoz, for whom you stand in" not in botagoz.last
    await zarina.writes(asked.number)
    assert asked.saule.label("answer") not in zarina.buttons
    await asked.daniyar.writes(asked.number)
    assert asked.saule.label("answer") in asked.daniyar.buttons
    await _official(asked, "Botagoz")
    await asked.saule.presses("end_leave")
    assert botagoz.last.startswith("Your leave is over")
    assert asked.daniyar.last == "You no longer stand in for Botagoz."
    await asked.daniyar.writes(asked.number)
    assert asked.saule.label("assign") not in asked.daniyar.buttons
    async with asked.town.app.database.reading() as db:
        assert list(await db.execute(select(leaves))) == []
    assert (await _deeds(asked))[-2:] == ["leave entered", "leave ended"]


async def test_reminders_and_the_morning_card_go_to_the_deputy(asked: Cast) -> None:
    zarina = await _colleague(asked, "Zarina")
    await asked.daniyar.writes(asked.number)
    await asked.daniyar.presses("take")
    await zarina.writes("/digest")
    await zarina.presses("only_mine")
    await _goes_on_leave(asked, "Daniyar", "12.03.2026 - 12.03.2026", "Zarina")
    heard = len(asked.daniyar.texts), len(zarina.texts)
    await asked.town.days_pass(10)  # the half of the term
    assert asked.daniyar.texts[heard[0] :] == []
    said = "\n".join(zarina.texts[heard[1] :])
    assert "Reminder" in said
    assert "Culture and languages, 12 March 2026" in said
    assert asked.number in said


async def test_nobody_goes_on_leave_where_nobody_could_stand_in(cast: Cast) -> None:
    await _official(cast, "Daniyar")
    await cast.saule.presses("on_leave")
    assert "alone in the department" in cast.saule.last


# --- administrators and deputy mayors -------------------------------------------------------------------------------


async def test_administrators_are_listed_and_removed_but_never_the_last_one(cast: Cast) -> None:
    saule, town = cast.saule, cast.town
    await _desk(saule, "leaders")
    await saule.presses("Administrator: Saule")
    await saule.presses("remove")
    assert "the only administrator" in saule.last
    zhanar, erlan = town.stranger("Zhanar", EN), town.stranger("Erlan", EN)
    await zhanar.meets_the_bot(await town.invited(saule, "Administrator"))
    await erlan.meets_the_bot(await town.invited(saule, "Deputy mayor"))
    await _desk(saule, "leaders")
    assert "Administrators: 2\nDeputy mayors: 1" in saule.last
    await saule.presses("Deputy mayor: Erlan")
    await saule.presses("remove")
    await saule.presses("yes_remove")
    assert erlan.last == "You are no longer told of what is overdue in the city."
    await _desk(zhanar, "leaders", "Administrator: Saule", "remove", "yes_remove")
    assert saule.last == "You are no longer an administrator."
    await saule.writes("/admin")
    assert "There is no such command." in saule.last
    await _desk(zhanar, "leaders")
    await zhanar.does("presses_data", f"leader_removed:admin:{zhanar.id}")
    assert "the only administrator" in zhanar.last
    async with town.app.database.reading() as db:
        assert list(await db.scalars(select(admins.c.person_id))) == [zhanar.id]
    assert (await _deeds(cast))[-2:] == ["deputy mayor removed", "administrator removed"]


async def test_lists_page(cast: Cast) -> None:
    for n in range(8):
        await _desk(cast.saule, "new_department")
        await cast.saule.writes(f"Department {chr(65 + n)}\nОтдел {chr(65 + n)}\nБөлім {chr(65 + n)}")
    await _desk(cast.saule)
    assert "13 departments" in cast.saule.last
    assert "Department H" not in cast.saule.buttons
    await cast.saule.presses("later")
    await cast.saule.presses("later")
    await cast.saule.presses("Department H")
    assert cast.saule.last.startswith("Department H")
    await cast.saule.presses("back")
    assert "13 departments" in cast.saule.last

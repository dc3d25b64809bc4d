"""A department's templates: ready answers with places for facts, which are never anything but text."""

from datetime import date

import pytest
from sqlalchemy import select

from domain.people import Language
from storage.tables import templates
from tests.journeys.cast import Cast, Scene, on_stage
from tests.town import Somebody
from texts import Words

RU = "По обращению № {number} от {organization}: зал свободен (срок ответа {due_date})."
KK = "№ {number} өтініш бойынша: зал бос, тақырып: {topic}."


async def _a_head(cast: Cast) -> Somebody:
    return await cast.town.an_official(cast.saule, "Botagoz", language=Language.EN, head=True)


async def _writes_a_template(who: Somebody, title: str, **texts: str) -> None:
    """From the list with [New template]; what is not given is skipped."""
    await who.presses("new_template")
    await who.writes(title)
    for language in ("ru", "kk", "en"):
        if language in texts:
            await who.writes(texts[language])
        else:
            await who.presses("skip")


async def _a_template(cast: Cast, title: str = "Зал", **texts: str) -> Somebody:
    botagoz = await _a_head(cast)
    await botagoz.writes("/inbox")
    await botagoz.presses("templates")
    await _writes_a_template(botagoz, title, **(texts or {"ru": RU, "kk": KK}))
    return botagoz


async def _stored(cast: Cast) -> list[tuple[str, str, str, str]]:
    async with cast.town.app.database.reading() as db:
        found = await db.execute(select(templates).order_by(templates.c.id))
        return [(row.title, row.text_ru, row.text_kk, row.text_en) for row in found]


async def _to_the_text(who: Somebody) -> None:
    await who.presses("answer")
    await who.presses("outcome_explained")


# --- taking one -----------------------------------------------------------------------------------------------------


async def test_an_answer_begins_with_a_template_filled_with_the_questions_facts(asked: Cast) -> None:
    await _a_template(asked, ru=RU)
    number, daniyar = asked.number, asked.daniyar
    await daniyar.writes(number)
    await _to_the_text(daniyar)
    await daniyar.presses("templates")
    await daniyar.presses("Зал")
    due = Words(Language.RU, asked.town.city.zone).day(date(2026, 3, 26))
    filled = f"По обращению № {number} от Общественный фонд «Парасат»: зал свободен (срок ответа {due})."
    assert f"From the template «Зал». This is the text now:\n\n{filled}" in daniyar.last
    assert "The template has no text in the language of the question" in daniyar.last  # she asked in English
    await daniyar.writes("Заявку подайте в отдел.")
    await daniyar.presses("done_writing")
    assert f"{filled}\n\nЗаявку подайте в отдел." in daniyar.last
    await daniyar.presses("send")
    assert f"{filled}\n\nЗаявку подайте в отдел." in asked.aigerim.last


async def test_the_text_is_that_of_the_questions_language(sqlite_url: str) -> None:
    async with on_stage(sqlite_url, Language.KK, Scene.ASKED) as cast:
        await _a_template(cast)
        await cast.daniyar.writes(cast.number)
        await _to_the_text(cast.daniyar)
        await cast.daniyar.presses("templates")
        await cast.daniyar.presses("Зал")
        topic = "Мәдени іс-шараларды өткізуге көмек"
        assert f"№ {cast.number} өтініш бойынша: зал бос, тақырып: {topic}." in cast.daniyar.last


async def test_it_may_be_replaced_by_another_or_by_words_of_ones_own(asked: Cast) -> None:
    botagoz = await _a_template(asked, ru="Первый шаблон ответа.")
    await botagoz.presses("back")
    await _writes_a_template(botagoz, "Второй", ru="Второй шаблон ответа.")
    daniyar = asked.daniyar
    await daniyar.writes(asked.number)
    await _to_the_text(daniyar)
    for title in ("Зал", "Второй"):
        await daniyar.presses("templates")
        await daniyar.presses(title)
        await daniyar.presses("edit_text")
    assert "Второй шаблон ответа." in daniyar.last
    assert "Первый шаблон ответа." not in daniyar.last
    await daniyar.writes("Своими словами: зал свободен.")
    await daniyar.presses("done_writing")
    assert "шаблон" not in daniyar.last
    assert "Своими словами: зал свободен." in daniyar.last


async def test_without_templates_there_is_no_button(asked: Cast) -> None:
    await _to_the_text(asked.daniyar)
    assert asked.daniyar.buttons == ["Done", "Cancel"]


async def test_what_the_question_does_not_have_is_named(cast: Cast) -> None:
    """Asked without a topic; an administrator gave it to the department."""
    botagoz = await _a_template(cast, ru="Тема: {topic}.")
    number = await cast.town.a_question(cast.aigerim, topic="")
    await cast.saule.writes(number)
    await cast.saule.presses("forward")
    await cast.saule.presses("Culture and languages")
    await botagoz.writes(number)
    await _to_the_text(botagoz)
    await botagoz.presses("templates")
    await botagoz.presses("Зал")
    assert "The question has nothing for: {topic}. Please fill it in." in botagoz.last


async def test_another_departments_template_is_not_to_be_had(asked: Cast) -> None:
    marat = await asked.town.an_official(asked.saule, "Marat", "Education", Language.EN, head=True)
    await marat.writes("/inbox")
    await marat.presses("templates")
    await _writes_a_template(marat, "Чужой", ru="Чужой шаблон отдела образования.")
    await _to_the_text(asked.daniyar)
    for forged in ("1", "0", "-1", "2", str(2**63), "x", ""):
        asked.daniyar.phone.presses_data(f"answer_template:{forged}")
        await asked.town.settle()
        assert "Чужой" not in asked.daniyar.last + "".join(asked.daniyar.buttons), forged


# --- keeping them ---------------------------------------------------------------------------------------------------


async def test_the_head_changes_and_removes_a_template(cast: Cast) -> None:
    botagoz = await _a_template(cast)
    assert botagoz.last.startswith(
        "The template is entered: it is offered whenever somebody of the department answers."
    )
    await botagoz.presses("title")
    await botagoz.writes("Зал для концертов")
    await botagoz.presses("text_in_english")
    await botagoz.writes("The hall is free.")
    await botagoz.presses("text_in_kazakh")
    await botagoz.presses("an_without_text")
    assert await _stored(cast) == [("Зал для концертов", RU, "", "The hall is free.")]
    await botagoz.presses("delete")
    await botagoz.presses("back")
    await botagoz.presses("delete")
    await botagoz.presses("yes_delete")
    assert botagoz.last == "Deleted: Зал для концертов\n\nTemplates of «Culture and languages»: 0"
    await botagoz.presses("back")
    assert await _stored(cast) == []
    await cast.saule.writes("/admin")
    await cast.saule.presses("audit")
    assert "deleted a template" in cast.saule.last


async def test_an_administrator_keeps_the_templates_of_any_department(cast: Cast) -> None:
    await cast.saule.writes("/admin")
    for step in ("departments", "Education", "templates"):
        await cast.saule.presses(step)
    await _writes_a_template(cast.saule, "Школа", kk="Мектеп туралы.")
    assert await _stored(cast) == [("Школа", "", "Мектеп туралы.", "")]
    await cast.saule.presses("back")
    await cast.saule.presses("back")
    assert "In Russian: Отдел образования" in cast.saule.last


async def test_one_text_there_must_be(cast: Cast) -> None:
    botagoz = await _a_head(cast)
    await botagoz.writes("/inbox")
    await botagoz.presses("templates")
    await _writes_a_template(botagoz, "Пустой")
    assert botagoz.texts[-2] == "At least one text is needed."
    await botagoz.writes("Теперь с текстом.")
    await cast.town.restart()
    await botagoz.presses("skip")
    await botagoz.presses("skip")
    await botagoz.presses("text_in_russian")
    assert "Without this text" in botagoz.buttons
    await botagoz.presses("an_without_text")
    assert botagoz.last.startswith("At least one text is needed.")
    assert await _stored(cast) == [("Пустой", "Теперь с текстом.", "", "")]


async def test_an_official_who_does_not_lead_keeps_none(asked: Cast) -> None:
    await _a_template(asked)
    before = await _stored(asked)
    kairat = await asked.town.an_official(asked.saule, "Kairat", "Education", Language.EN, head=True)
    for official in (asked.daniyar, kairat, asked.aigerim):
        for data in ("tpl_list:3:0", "tpl_card:1", "tpl_new:3", "tpl_change:1:ru", "tpl_remove:1", "tpl_removed:1"):
            await official.writes("/help")
            official.phone.presses_data(data)
            await asked.town.settle()
            assert official.last.startswith("This button no longer works."), data
    for forged in ("tpl_card:0", "tpl_card:-1", f"tpl_card:{2**63}", "tpl_new:99", "tpl_list", "tpl_change:2:ru"):
        asked.saule.phone.presses_data(forged)
        await asked.town.settle()
        assert asked.saule.last.startswith("This button no longer works."), forged
    assert await _stored(asked) == before


HOSTILE = [
    "{0.__class__}",
    "{number.__class__.__mro__}",
    "{number!r:>99}",
    "%(number)s %s %n",
    "{{number}}",
    "<b>{number</b>",
    "{organization}{unknown}",
    "${number} `{number}` #{number}",
    "{{}} {} { } }{ &amp; <script>",
]


@pytest.mark.parametrize("text", HOSTILE)
async def test_whatever_stands_in_braces_is_text(asked: Cast, text: str) -> None:
    """As title, as text, in the name of a place; and what a fact brings along is not looked at again."""
    whole = f"Зал свободен двадцатого марта. {text}"
    await _a_template(asked, title=f"Зал {text}", ru=whole)
    assert await _stored(asked) == [(f"Зал {text}", whole, "", "")]
    await asked.daniyar.writes(asked.number)
    await _to_the_text(asked.daniyar)
    await asked.daniyar.presses("templates")
    await asked.daniyar.presses(f"Зал {text}")
    await asked.daniyar.presses("done_writing")
    await asked.daniyar.presses("send")
    known = {"{number}": asked.number, "{organization}": "Общественный фонд «Парасат»"}
    expected = whole
    for place, fact in known.items():
        expected = expected.replace(place, fact)
    assert expected in asked.aigerim.last


async def test_an_unknown_place_is_named_when_the_template_is_saved(cast: Cast) -> None:
    botagoz = await _a_template(cast, ru="Номер {nomer}, {0.__class__} и {number}.")
    assert "Attention: {nomer}, {0.__class__} is no place and stays as typed." in botagoz.last
    assert "The places are: {number}, {organization}, {topic}, {due_date}, {department}." in botagoz.last

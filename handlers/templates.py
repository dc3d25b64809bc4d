"""A department's templates: taken in the answer dialogue, written and kept by its head and by administrators.

title → text in Russian → in Kazakh → in English, of which two may be skipped. Places like `{number}` are filled with
facts of the question when a template is taken, and never mean anything else.
"""

from markupsafe import Markup

from domain.draft import blank, one_line
from domain.people import Language, Names, Person
from domain.question import Question
from domain.template import MAX_TEMPLATES, MAX_TEXT, MAX_TITLE, PLACES, Template, filled, unknown
from handlers import cards, everyone, keyboards
from handlers.speech import Block, Button, Quote
from handlers.turn import Turn
from handlers.writing import Data, draft_of, with_draft
from storage import departments, questions, templates
from storage.pages import Section
from texts import N_, Words

_TAKEN = 0
"""The message that a template's text stands for in a draft: before all that is typed."""
_ORDER = (Language.RU, Language.KK, Language.EN)
_IN = {Language.RU: "text_in_russian", Language.KK: "text_in_kazakh", Language.EN: "text_in_english"}
_PLACE_WORDS = {
    "number": N_("number of the question"),
    "organization": N_("name of the NGO"),
    "topic": N_("topic of the question"),
    "due_date": N_("date by which the answer is due"),
    "department": N_("name of the department"),
}


# --- taking one -----------------------------------------------------------------------------------------------------


async def offered(turn: Turn) -> list[tuple[str, str]]:
    """The button of the answer dialogue, when the department has any template."""
    department_id = turn.person.department_id
    if department_id is None or not await templates.count(turn.db, department_id):
        return []
    return [("templates", "answer_templates:0")]


async def to_take(turn: Turn) -> None:
    """Which template the answer begins with. Button: `answer_templates:PAGE`."""
    found = await templates.of_department(turn.db, turn.person.department_id or 0)
    page = Section(turn.id_at(), len(found))
    turn.reply(
        turn.say("Which template does the answer begin with? You can change its text before it is sent."),
        keyboard=[
            *([Button(t.title, f"answer_template:{t.id}")] for t in page.of(found)),
            *keyboards.pager(turn.words, page, "answer_templates"),
            [turn.button("back", "answer_continue")],
        ],
    )


async def take(turn: Turn) -> None:
    """Its text, with the facts of this question in it, is what the answer begins with; the rest is typed behind."""
    template = await templates.template(turn.db, turn.id_at())
    if turn.form is None or template is None or template.department_id != turn.person.department_id:
        await to_take(turn)
        return
    question = await questions.visible_to(turn.db, turn.person, turn.form.name.split()[1])
    language, text = template.best_for(question.language)
    text = filled(text, _facts(Words(language, turn.city.zone), question))
    data = {key: value for key, value in turn.form.data.items() if key not in ("replace", "written")}
    draft = draft_of(data).write(_TAKEN, text)
    await turn.wait_for(turn.form.name, "text", with_draft(data, draft))
    turn.reply(
        turn.say("From the template «{title}». This is the text now:", title=template.title),
        Quote(draft.text),
        cards.lines(*_remarks(turn, question, language, text)),
        keyboard=keyboards.labelled(
            turn.words, ("done_writing", "answer_done"), ("edit_text", "answer_edit"), ("cancel", "cancel")
        ),
    )


def _facts(words: Words, question: Question) -> dict[str, str]:
    """In the language of the text they come into."""
    facts = {
        "number": question.number,
        "organization": question.organization_name,
        "topic": question.topic.in_(words.language) if question.topic else "",
        "due_date": words.day(question.due_on) if question.due_on else "",
        "department": question.department.in_(words.language) if question.department else "",
    }
    return {place: fact for place, fact in facts.items() if fact}


def _remarks(turn: Turn, question: Question, language: Language, text: str) -> list[Markup]:
    """What the official should look at before it is sent."""
    said = [turn.say("Write more to add to it, or press «{edit}».", edit=turn.words.label("edit_text"))]
    if language is not question.language:
        said.append(turn.say("The template has no text in the language of the question; this is the one it has."))
    if empty := [place for place in map("{{{}}}".format, PLACES) if place in text]:
        said.append(turn.say("The question has nothing for: {places}. Please fill it in.", places=", ".join(empty)))
    return said


# --- keeping them ---------------------------------------------------------------------------------------------------


def keeps(person: Person, department_id: int) -> bool:
    """Its head, or whoever stands in for them, and administrators."""
    return person.is_admin or (person.heads and person.department_id == department_id)


async def show(turn: Turn) -> None:
    """The department's templates; each opens a card. Button: `tpl_list:3:0`."""
    await _show_list(turn, turn.id_at(), turn.id_at(1))


async def _show_list(turn: Turn, department_id: int, wanted: int = 0, *news: Markup) -> None:
    department = await departments.department(turn.db, department_id)
    if department is None or not keeps(turn.person, department.id):
        await everyone.nothing_here(turn)
        return
    found = await templates.of_department(turn.db, department.id)
    page = Section(wanted, len(found))
    own = turn.person.department_id == department.id
    turn.reply(
        *news,
        turn.say(
            "<b>Templates of «{department}»</b>: {n}", department=department.names.in_(turn.language), n=len(found)
        ),
        keyboard=[
            *([Button(t.title, f"tpl_card:{t.id}")] for t in page.of(found)),
            *keyboards.pager(turn.words, page, f"tpl_list:{department.id}"),
            [turn.button("new_template", f"tpl_new:{department.id}")],
            [turn.button("back", "inbox:0" if own else f"dep_card:{department.id}")],
        ],
        edit=True,
    )


async def _kept(turn: Turn, template_id: int) -> Template | None:
    """The template, for somebody who may change it; None when there is no such one for them, which has been replied."""
    template = await templates.template(turn.db, template_id)
    if template is None or not keeps(turn.person, template.department_id):
        await everyone.nothing_here(turn)
        return None
    return template


async def card(turn: Turn) -> None:
    await _show(turn, turn.id_at())


async def _show(turn: Turn, template_id: int, *news: Markup) -> None:
    template = await _kept(turn, template_id)
    if template is None:
        return
    blocks: list[Block] = [*news, turn.say("Template <b>{title}</b>", title=template.title)]
    for language in _ORDER:
        if text := template.texts.in_(language):
            blocks += [turn.say("<b>{heading}</b>", heading=turn.words.label(_IN[language])), Quote(text)]
    turn.reply(
        *blocks,
        keyboard=[
            *keyboards.labelled(
                turn.words,
                ("title", f"tpl_change:{template.id}:title"),
                *((_IN[language], f"tpl_change:{template.id}:{language}") for language in _ORDER),
            ),
            [turn.button("delete", f"tpl_remove:{template.id}")],
            [turn.button("back", f"tpl_list:{template.department_id}:0")],
        ],
        edit=True,
    )


# --- writing one ----------------------------------------------------------------------------------------------------


async def new(turn: Turn) -> None:
    department = await departments.department(turn.db, turn.id_at())
    if department is None or not keeps(turn.person, department.id):
        await everyone.nothing_here(turn)
        return
    if await templates.count(turn.db, department.id) >= MAX_TEMPLATES:
        await _show_list(turn, department.id, 0, turn.say("{n} templates are the most.", n=MAX_TEMPLATES))
        return
    await turn.wait_for("template", "title", {"department": department.id, "texts": {}})
    _ask(turn, "title")


async def change(turn: Turn) -> None:
    """[Title], or the text in one language. Button: `tpl_change:5:ru`."""
    template, what = await _kept(turn, turn.id_at()), turn.argument(1)
    if template is None:
        return
    if what not in ("title", *_ORDER):
        await _show(turn, template.id)
        return
    await turn.wait_for("template", what, {"template": template.id})
    _ask(turn, what, template)


def _ask(turn: Turn, what: str, template: Template | None = None) -> None:
    """The title or a text. A text may be left out, of a template that is there the last one may not."""
    if what == "title":
        turn.reply(
            turn.say("Type the title, as it will stand on the button."),
            keyboard=keyboards.cancel(turn.words),
        )
        return
    language = Language(what)
    was = template.texts.in_(language) if template else ""
    leave_out = [("skip", "tpl_skip")] if template is None else [("an_without_text", "tpl_skip")] if was else []
    blocks: list[Block] = [
        turn.say("{heading}: type it in one message.", heading=turn.words.label(_IN[language])),
        cards.lines(
            turn.say("These places are filled with facts of the question:"),
            *(turn.say("{place}: {meaning}", place=f"{{{p}}}", meaning=turn.say(_PLACE_WORDS[p])) for p in PLACES),
        ),
    ]
    if was:
        blocks += [turn.say("Now it reads:"), Quote(was)]
    turn.reply(*blocks, keyboard=keyboards.labelled(turn.words, *leave_out, ("cancel", "cancel")))


async def typed(turn: Turn) -> None:
    """The title or the text that is waited for."""
    if turn.form is None:
        return
    what, data = turn.form.step, turn.form.data
    if what == "title":
        await _title_typed(turn, data)
    elif blank(turn.text):
        turn.reply(turn.say("Please write it in words."))
        await _ask_again(turn, what, data)
    elif len(turn.text) > MAX_TEXT:
        said = turn.say(
            "This has {n} characters, {most} are the most. Please write it shorter.", n=len(turn.text), most=MAX_TEXT
        )
        turn.reply(said)
        await _ask_again(turn, what, data)
    elif "template" in data:
        await _rewrite(turn, data["template"], Language(what), turn.text)
    else:
        await _next(turn, what, data | {"texts": data["texts"] | {what: turn.text}})


async def _ask_again(turn: Turn, what: str, data: Data) -> None:
    template = await templates.template(turn.db, data["template"]) if "template" in data else None
    _ask(turn, what, template)


async def _title_typed(turn: Turn, data: Data) -> None:
    title = one_line(turn.text, MAX_TITLE)
    if not any(c.isalnum() for c in title):
        turn.reply(turn.say("Please write it in words."))
        _ask(turn, "title")
    elif "template" in data:
        await _rename(turn, data["template"], title)
    else:
        await _next(turn, "title", data | {"title": title})


async def skipped(turn: Turn) -> None:
    """No text in this language."""
    if turn.form is None:
        return
    what, data = turn.form.step, turn.form.data
    if what == "title":
        _ask(turn, "title")
    elif "template" in data:
        await _rewrite(turn, data["template"], Language(what), "")
    else:
        await _next(turn, what, data)


async def _next(turn: Turn, done: str, data: Data) -> None:
    """The text in the next language; behind the last one the template is entered."""
    ahead = ("title", *_ORDER, "")
    following = ahead[ahead.index(done) + 1]
    if not following and not data["texts"]:
        turn.reply(turn.say("At least one text is needed."))
        following = _ORDER[0]
    if following:
        await turn.wait_for("template", following, data)
        _ask(turn, following)
        return
    await turn.finish()
    if not keeps(turn.person, data["department"]):
        await everyone.nothing_here(turn)
        return
    texts = Names(**{language: data["texts"].get(language, "") for language in Language})
    template_id = await templates.enter(turn.db, data["department"], data["title"], texts)
    news = turn.say("The template is entered: it is offered whenever somebody of the department answers.")
    await _show(turn, template_id, cards.lines(news, *_warning(turn, "\n".join(data["texts"].values()))))
    await turn.audit("template entered", f"template {template_id}", after=data["title"])


def _warning(turn: Turn, text: str) -> list[Markup]:
    """What stands in braces and is no place stays as it was typed."""
    found = unknown(text)
    if not found:
        return []
    places = ", ".join(f"{{{place}}}" for place in PLACES)
    return [
        turn.say(
            "<b>Attention:</b> {unknown} is no place and stays as typed. The places are: {places}.",
            unknown=", ".join(one_line(one, 40) for one in found[:5]),
            places=places,
        )
    ]


async def _rename(turn: Turn, template_id: int, title: str) -> None:
    await turn.finish()
    template = await _kept(turn, template_id)
    if template is None:
        return
    await templates.rename(turn.db, template.id, title)
    await _show(turn, template.id, turn.say("Changed."))
    await turn.audit("template changed", f"template {template.id}", before=template.title, after=title)


async def _rewrite(turn: Turn, template_id: int, language: Language, text: str) -> None:
    await turn.finish()
    template = await _kept(turn, template_id)
    if template is None:
        return
    others = [template.texts.in_(one) for one in Language if one is not language]
    if not text and not any(others):
        await _show(turn, template.id, turn.say("At least one text is needed."))
        return
    await templates.rewrite(turn.db, template.id, language, text)
    await _show(turn, template.id, cards.lines(turn.say("Changed."), *_warning(turn, text)))
    before, after = one_line(template.texts.in_(language), 200), one_line(text, 200)
    await turn.audit("template changed", f"template {template.id}", before=before, after=after)


async def remove(turn: Turn) -> None:
    template = await _kept(turn, turn.id_at())
    if template is None:
        return
    turn.reply(
        turn.say("Delete the template «{title}»? Answers that began with it stay as they are.", title=template.title),
        keyboard=[
            [turn.button("yes_delete", f"tpl_removed:{template.id}")],
            [turn.button("back", f"tpl_card:{template.id}")],
        ],
        edit=True,
    )


async def removed(turn: Turn) -> None:
    template = await _kept(turn, turn.id_at())
    if template is None:
        return
    await templates.remove(turn.db, template.id)
    await _show_list(turn, template.department_id, 0, turn.say("Deleted: {title}", title=template.title))
    await turn.audit("template deleted", f"template {template.id}", before=template.title)

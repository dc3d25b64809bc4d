"""Departments and topics in the administrator's hands: who answers for what, under which names, by which term."""

from collections.abc import Sequence

from markupsafe import Markup

from domain.draft import one_line
from domain.people import Names, Person
from handlers import cards, keyboards
from handlers.duties import last_day
from handlers.speech import Block, Button
from handlers.turn import Turn
from storage import departments, leaves, people, questions
from storage.departments import Department, Topic
from storage.pages import Section

_LONGEST_NAME = 200
_LONGEST_TERM = 250
"""Working days: about a year."""
_NAMED = 6
"""Officials or topics named on a department's card; all of them stand behind its buttons."""


# --- departments ----------------------------------------------------------------------------------------------------


async def all_departments(turn: Turn) -> None:
    """Button: `dep_list:2`."""
    known = await departments.all_departments(turn.db)
    page = Section(turn.id_at(), len(known))
    choice = keyboards.departments(turn.words, page.of(known), "dep_card")
    turn.reply(
        turn.say("<b>Departments and people</b>"),
        turn.words.count("{n} department", "{n} departments", len(known)),
        keyboard=[
            *choice,
            *keyboards.pager(turn.words, page, "dep_list"),
            [turn.button("new_department", "dep_new")],
            [turn.button("leaders", "leaders")],
            [turn.button("back", "desk")],
        ],
        edit=True,
    )


async def card(turn: Turn) -> None:
    await show(turn, turn.id_at())


async def show(turn: Turn, department_id: int, *news: Markup) -> None:
    """What happened, and the department as it is now; the list where there is no such one."""
    department = await departments.department(turn.db, department_id)
    if department is None:
        await all_departments(turn)
        return
    staff = await people.officials_of(turn.db, department.id)
    topics = await departments.topics_of(turn.db, department.id)
    head = next((p.shown_name for p in staff if p.heads), "")
    owed = await questions.count_owed(turn.db, department.id)
    turn.reply(
        *news,
        in_three_languages(turn, department.names),
        cards.lines(
            turn.say("Head: {who}", who=head) if head else turn.say("Head: nobody"),
            turn.say("Open questions: {n}", n=owed),
            turn.say("Two keys: an answer goes out by the word of the head.")
            if department.two_keys
            else turn.say("Officials answer by themselves, without the head's word."),
        ),
        cards.lines(turn.say("Officials: {n}", n=len(staff)), *await _officials(turn, department)),
        cards.lines(turn.say("Topics: {n}", n=len(topics)), *_shortened(turn, [_with_term(turn, t) for t in topics])),
        keyboard=[
            [turn.button("officials", f"dep_people:{department.id}:0")],
            [turn.button("topics", f"dep_topics:{department.id}:0")],
            [turn.button("templates", f"tpl_list:{department.id}:0")],
            [turn.button("rename", f"dep_rename:{department.id}")],
            [_two_keys(turn, department)],
            [turn.button("group", f"dep_group:{department.id}")],
            [turn.button("back", "dep_list:0")],
        ],
        edit=True,
    )


def _two_keys(turn: Turn, department: Department) -> Button:
    """Says what is so; the press makes it the other."""
    if department.two_keys:
        return turn.button("two_keys_on", f"dep_keys:{department.id}:off")
    return turn.button("two_keys_off", f"dep_keys:{department.id}:on")


def in_three_languages(turn: Turn, names: Names) -> Markup:
    return cards.lines(
        turn.say("<b>{name}</b>", name=names.in_(turn.language)),
        turn.say("In English: {name}", name=names.en),
        turn.say("In Russian: {name}", name=names.ru),
        turn.say("In Kazakh: {name}", name=names.kk),
    )


async def _officials(turn: Turn, department: Department) -> list[Markup]:
    """Each with post, being head, and being away."""
    staff = await people.officials_of(turn.db, department.id)
    away = await leaves.of_department(turn.db, department.id, turn.now)
    names = {p.id: p.shown_name for p in staff}
    said = []
    for person in staff:
        line = turn.say("{who}", who=with_post(person))
        if person.heads:
            line = turn.say("{who} (head)", who=line)
        if (leave := away.get(person.id)) and leave.lasts(turn.now):
            line = turn.say(
                "{who}: on leave until {date}, deputy: {deputy}",
                who=line,
                date=last_day(turn.words, leave.until),
                deputy=names.get(leave.deputy_id or 0) or turn.say("the head of the department"),
            )
        said.append(line)
    return _shortened(turn, said)


def with_post(person: Person) -> str:
    """`Akhmetov A. B., chief specialist`; by the number somebody who has no name to be seen."""
    post = person.official.post if person.official else ""
    return ", ".join(part for part in (person.shown_name or str(person.id), post) if part)


def _shortened(turn: Turn, said: list[Markup]) -> list[Markup]:
    rest = len(said) - _NAMED
    return [*said[:_NAMED], turn.words.count("And {n} more.", "And {n} more.", rest)] if rest > 0 else said


def _with_term(turn: Turn, topic: Topic) -> Markup:
    name = topic.names.in_(turn.language)
    if topic.term is None:
        return turn.say("{topic}: the city's term", topic=name)
    return turn.words.count("{topic}: {n} working day", "{topic}: {n} working days", topic.term, topic=name)


async def staff(turn: Turn) -> None:
    """The officials of a department; each opens a card. Button: `dep_people:3:0`."""
    department = await departments.department(turn.db, turn.id_at())
    if department is None:
        await all_departments(turn)
        return
    found = await people.officials_of(turn.db, department.id)
    page = Section(turn.id_at(1), len(found))
    shown = page.of(found)
    turn.reply(
        turn.say("<b>{department}</b>: officials: {n}", department=department.names.in_(turn.language), n=len(found)),
        keyboard=[
            *([Button(one_line(p.shown_name, 60) or str(p.id), f"official_card:{p.id}")] for p in shown),
            *keyboards.pager(turn.words, page, f"dep_people:{department.id}"),
            [turn.button("invite_official", f"invite_to:official:{department.id}")],
            [turn.button("invite_head", f"invite_to:head:{department.id}")],
            [turn.button("back", f"dep_card:{department.id}")],
        ],
        edit=True,
    )


async def new(turn: Turn) -> None:
    await turn.wait_for("department", "names", {})
    ask_names(turn, turn.say("<b>New department</b>"))


async def rename(turn: Turn) -> None:
    department = await departments.department(turn.db, turn.id_at())
    if department is None:
        await all_departments(turn)
        return
    await turn.wait_for("department", "names", {"id": department.id})
    ask_names(turn, turn.say("<b>{name}</b>: new names", name=department.names.in_(turn.language)))


def ask_names(turn: Turn, heading: Markup) -> None:
    turn.reply(
        heading,
        turn.say("Type three lines in one message: the name in English, in Russian, in Kazakh."),
        keyboard=keyboards.cancel(turn.words),
    )


async def names_typed(turn: Turn) -> None:
    """A new department, or new names of one."""
    known = await departments.all_departments(turn.db)
    department_id = turn.form.data.get("id") if turn.form else None
    was = next((d for d in known if d.id == department_id), None)
    names = read_names(turn, [d.names for d in known if d is not was])
    if names is None:
        return
    await turn.finish()
    if was is None:
        department_id = await departments.found(turn.db, names, [])
        news = turn.say("The department is entered. Now invite its officials and give it topics.")
    else:
        await departments.rename(turn.db, was.id, names)
        news = turn.say("Changed.")
    await show(turn, department_id or 0, news)
    action = "department renamed" if was else "department entered"
    before = in_one_line(was.names) if was else ""
    await turn.audit(action, f"department {department_id}", before=before, after=in_one_line(names))


def in_one_line(names: Names) -> str:
    return " / ".join((names.en, names.ru, names.kk))


def read_names(turn: Turn, taken: Sequence[Names]) -> Names | None:
    """The three names that were typed, or nothing and a sentence that says what is wrong with them."""
    lines = [one_line(line, 2 * _LONGEST_NAME) for line in turn.text.splitlines() if line.strip()]
    again = keyboards.cancel(turn.words)
    if len(lines) != 3 or not all(any(c.isalpha() for c in line) for line in lines):
        said = turn.say(
            "Three names are needed, each in words and on a line of its own: English, Russian, Kazakh. "
            "Nothing was changed; please type them again."
        )
    elif any(len(line) > _LONGEST_NAME for line in lines):
        said = turn.say("A name has at most {n} characters. Please type shorter ones.", n=_LONGEST_NAME)
    elif known := next(
        (n for n in taken if {_folded(n.en), _folded(n.ru), _folded(n.kk)} & set(map(_folded, lines))), None
    ):
        said = turn.say("This name is taken already: {names}. Please type others.", names=in_one_line(known))
    else:
        return Names(*lines)
    turn.reply(said, keyboard=again)
    return None


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


# --- topics ---------------------------------------------------------------------------------------------------------


async def topics(turn: Turn) -> None:
    """The topics of a department; each opens a card. Button: `dep_topics:3:0`."""
    department = await departments.department(turn.db, turn.id_at())
    if department is None:
        await all_departments(turn)
        return
    found = await departments.topics_of(turn.db, department.id)
    page = Section(turn.id_at(1), len(found))
    shown = page.of(found)
    turn.reply(
        turn.say("<b>{department}</b>: topics: {n}", department=department.names.in_(turn.language), n=len(found)),
        keyboard=[
            *([Button(one_line(t.names.in_(turn.language), 60), f"topic_card:{t.id}")] for t in shown),
            *keyboards.pager(turn.words, page, f"dep_topics:{department.id}"),
            [turn.button("new_topic", f"topic_new:{department.id}")],
            [turn.button("back", f"dep_card:{department.id}")],
        ],
        edit=True,
    )


async def topic(turn: Turn) -> None:
    await show_topic(turn, turn.id_at())


async def show_topic(turn: Turn, topic_id: int, *news: Markup) -> None:
    """What happened, and the topic as it is now; the departments where it is no more."""
    found = await departments.topic(turn.db, topic_id)
    if found is None:
        await all_departments(turn)
        return
    asked = await departments.count_of_topic(turn.db, found.id)
    turn.reply(
        *news,
        in_three_languages(turn, found.names),
        cards.lines(
            turn.say("Department: {department}", department=found.department.names.in_(turn.language)),
            _term(turn, found),
            turn.say("Questions asked under it: {n}", n=asked),
        ),
        keyboard=[
            *keyboards.labelled(
                turn.words,
                ("rename", f"topic_rename:{found.id}"),
                ("topic_department", f"topic_move:{found.id}"),
                ("topic_days", f"topic_days:{found.id}"),
                ("merge_topic", f"topic_merge:{found.id}:0"),
            ),
            [turn.button("back", f"dep_topics:{found.department.id}:0")],
        ],
        edit=True,
    )


def _term(turn: Turn, found: Topic) -> Markup:
    if found.term is None:
        return turn.say("Term: the city's")
    return turn.words.count("Term: {n} working day", "Term: {n} working days", found.term)


async def new_topic(turn: Turn) -> None:
    department = await departments.department(turn.db, turn.id_at())
    if department is None:
        await all_departments(turn)
        return
    await turn.wait_for("topic", "names", {"department": department.id})
    ask_names(turn, turn.say("<b>New topic</b> of «{department}»", department=department.names.in_(turn.language)))


async def rename_topic(turn: Turn) -> None:
    found = await departments.topic(turn.db, turn.id_at())
    if found is None:
        await all_departments(turn)
        return
    await turn.wait_for("topic", "names", {"topic": found.id})
    ask_names(turn, turn.say("<b>{name}</b>: new names", name=found.names.in_(turn.language)))


async def topic_names_typed(turn: Turn) -> None:
    known = await departments.all_topics(turn.db)
    data = turn.form.data if turn.form else {}
    was = next((t for t in known if t.id == data.get("topic")), None)
    names = read_names(turn, [t.names for t in known if t is not was])
    if names is None:
        return
    await turn.finish()
    if was is None and await departments.department(turn.db, data.get("department", 0)) is None:
        await all_departments(turn)  # a topic that was merged away meanwhile
        return
    if was is None:
        topic_id = await departments.add_topic(turn.db, data["department"], names)
        news = turn.say("The topic is entered: NGOs can choose it from now on.")
    else:
        topic_id = was.id
        await departments.rename_topic(turn.db, topic_id, names)
        news = turn.say("Changed.")
    await show_topic(turn, topic_id, news)
    action = "topic renamed" if was else "topic entered"
    before = in_one_line(was.names) if was else ""
    await turn.audit(action, f"topic {topic_id}", before=before, after=in_one_line(names))


async def topic_department(turn: Turn) -> None:
    """[Department]: which one answers from now on."""
    found = await departments.topic(turn.db, turn.id_at())
    if found is None:
        await all_departments(turn)
        return
    others = [d for d in await departments.all_departments(turn.db) if d.id != found.department.id]
    turn.reply(
        turn.say("Which department answers for «{topic}»?", topic=found.names.in_(turn.language)),
        turn.say("Questions that were asked already stay where they are."),
        keyboard=[
            *keyboards.departments(turn.words, others, f"topic_moved:{found.id}"),
            [turn.button("back", f"topic_card:{found.id}")],
        ],
        edit=True,
    )


async def topic_moved(turn: Turn) -> None:
    found = await departments.topic(turn.db, turn.id_at())
    chosen = await departments.department(turn.db, turn.id_at(1))
    if found is None or chosen is None or chosen.id == found.department.id:
        await show_topic(turn, turn.id_at())
        return
    await departments.move_topic(turn.db, found.id, chosen.id)
    await show_topic(turn, found.id)
    before, after = f"department {found.department.id}", f"department {chosen.id}"
    await turn.audit("topic moved", f"topic {found.id}", before=before, after=after)


async def topic_days(turn: Turn) -> None:
    """[Term]: the number of working days is typed."""
    found = await departments.topic(turn.db, turn.id_at())
    if found is None:
        await all_departments(turn)
        return
    await turn.wait_for("topic", "days", {"topic": found.id})
    turn.reply(
        turn.say(
            "<b>{topic}</b>: type the term in working days; 0 means the city's term.",
            topic=found.names.in_(turn.language),
        ),
        keyboard=keyboards.cancel(turn.words),
    )


async def topic_days_typed(turn: Turn) -> None:
    found = await departments.topic(turn.db, turn.form.data.get("topic", 0) if turn.form else 0)
    typed = turn.text.strip()
    if not (typed.isascii() and typed.isdigit() and len(typed) < 4 and int(typed) <= _LONGEST_TERM):
        turn.reply(
            turn.say("A number from 0 to {n} is needed. Nothing was changed; please type it again.", n=_LONGEST_TERM),
            keyboard=keyboards.cancel(turn.words),
        )
        return
    await turn.finish()
    if found is None:
        await all_departments(turn)
        return
    await departments.set_term(turn.db, found.id, int(typed) or None)
    await show_topic(turn, found.id, turn.say("Changed."))
    await turn.audit("topic term changed", f"topic {found.id}", before=str(found.term or 0), after=str(int(typed)))


async def merge(turn: Turn) -> None:
    """[Merge with…]: the topic that stays is chosen. Button: `topic_merge:7:0`."""
    found = await departments.topic(turn.db, turn.id_at())
    if found is None:
        await all_departments(turn)
        return
    others = [t for t in await departments.all_topics(turn.db) if t.id != found.id]
    others.sort(key=lambda t: (t.department.id != found.department.id, t.id))
    page = Section(turn.id_at(1), len(others))
    shown = page.of(others)
    turn.reply(
        turn.say("With which topic is «{topic}» to be merged? The one you choose stays.", topic=_name(turn, found)),
        keyboard=[
            *([Button(one_line(_name(turn, t), 60), f"topic_into:{found.id}:{t.id}")] for t in shown),
            *keyboards.pager(turn.words, page, f"topic_merge:{found.id}"),
            [turn.button("back", f"topic_card:{found.id}")],
        ],
        edit=True,
    )


def _name(turn: Turn, found: Topic) -> str:
    return found.names.in_(turn.language)


async def merge_into(turn: Turn) -> None:
    """What will happen, before it does."""
    gone, stays = await _both(turn)
    if gone is None or stays is None:
        await show_topic(turn, turn.id_at())
        return
    asked = await departments.count_of_topic(turn.db, gone.id)
    blocks: list[Block] = [
        turn.words.count(
            "{n} question goes from «{gone}» to «{stays}».",
            "{n} questions go from «{gone}» to «{stays}».",
            asked,
            gone=_name(turn, gone),
            stays=_name(turn, stays),
        ),
        turn.say(
            "«{gone}» is deleted. Departments and dates of these questions stay as they are; "
            "whoever is writing a question under it chooses a topic again.",
            gone=_name(turn, gone),
        ),
    ]
    turn.reply(
        *blocks,
        keyboard=[
            [turn.button("yes_merge", f"topic_merged:{gone.id}:{stays.id}")],
            [turn.button("back", f"topic_merge:{gone.id}:0")],
        ],
        edit=True,
    )


async def _both(turn: Turn) -> tuple[Topic | None, Topic | None]:
    gone, stays = turn.id_at(), turn.id_at(1)
    known = {t.id: t for t in await departments.all_topics(turn.db)}
    return known.get(gone), known.get(stays) if stays != gone else None


async def merged(turn: Turn) -> None:
    gone, stays = await _both(turn)
    n = await departments.merge_topics(turn.db, gone.id, stays.id) if gone and stays else None
    if gone is None or stays is None or n is None:
        await show_topic(turn, turn.id_at())
        return
    news = turn.say("Merged: «{gone}» is now «{stays}».", gone=_name(turn, gone), stays=_name(turn, stays))
    await show_topic(turn, stays.id, news)
    before = f"{in_one_line(gone.names)}, department {gone.department.id}"
    await turn.audit("topics merged", f"topic {gone.id}", before=before, after=f"topic {stays.id}")

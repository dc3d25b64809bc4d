"""[Export]: the city's lists as tables. Whoever takes one out stands in the audit."""

from datetime import datetime

from handlers import cards, keyboards, sheets
from handlers.turn import Turn
from storage import questions
from storage.questions import Exported
from texts.labels import KIND_LABELS, OUTCOME_LABELS, VERDICT_LABELS


async def menu(turn: Turn) -> None:
    turn.reply(
        turn.say("<b>Export</b>: which list? It comes as a table (XLSX) with names and texts: keep it safe."),
        keyboard=keyboards.labelled(
            turn.words,
            ("export_questions", "export_questions"),
            ("organizations", "org_export"),
            ("audit", "audit_export"),
            ("back", "desk"),
            width=1,
        ),
        edit=True,
    )


async def all_questions(turn: Turn) -> None:
    """Every question with its text and how it ended; the newest first."""
    total = await questions.count(turn.db)
    found = await questions.newest(turn.db, sheets.MOST_ROWS)
    say = turn.words.plain
    title = turn.words.label("export_questions")
    columns = [say("Number"), say("Kind"), say("Status"), say("Department"), say("Topic"), say("NGO")]
    columns += [say("Registered"), say("Answer due"), say("Answered"), say("Responsible"), say("Outcome")]
    columns += [say("Verdict of the NGO"), say("May be published"), say("Text"), say("Answer")]
    rows = [_row(turn, one) for one in found]
    turn.send_file("questions.xlsx", await sheets.workbook(title, columns, rows), title)
    turn.reply(sheets.said(turn.words, len(found), total))
    await turn.audit("exported", "question", after=f"{len(found)} rows")


def _row(turn: Turn, exported: Exported) -> list[sheets.Cell]:
    words, question = turn.words, exported.question
    answered = question.answered_at
    return [
        question.number,
        words.label(KIND_LABELS[question.kind]),
        cards.status(words, question, turn.city.today(turn.now)).striptags(),
        cards.department(words, question) if question.department else "",
        question.topic.in_(words.language) if question.topic else "",
        question.organization_name,
        _when(turn, question.registered_at),
        question.due_on.isoformat() if question.due_on else "",
        _when(turn, answered) if answered else "",
        question.responsible_name,
        words.label(OUTCOME_LABELS[exported.outcome]) if exported.outcome else "",
        words.label(VERDICT_LABELS[question.verdict]) if question.verdict else "",
        words.plain("yes") if question.public else words.plain("no"),
        question.text,
        exported.answer,
    ]


def _when(turn: Turn, moment: datetime) -> str:
    """The city's time, so that a spreadsheet sorts by it."""
    return f"{moment.astimezone(turn.city.zone):%Y-%m-%d %H:%M}"

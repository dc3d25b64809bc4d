"""Draws a question's life from the table that rules it: `python docs/lifecycle.py` writes docs/lifecycle.md."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from domain.promise import RULES as PROMISES  # noqa: E402 - as below
from domain.promise import PromiseStatus, Step  # noqa: E402 - as below
from domain.question import RULES, Action, Rule, Status  # noqa: E402 - the path above comes first

TARGET = ROOT / "docs" / "lifecycle.md"


def picture() -> list[str]:
    """A mermaid state diagram; steps that stay in their status are left to the table."""
    arrows = [f"    [*] --> {Status.REGISTERED}: {Action.ASK}", f"    [*] --> {Status.CLOSED}: {Action.ASK}, thanks"]
    arrows += [f"    {here} --> {rule.then}: {action}" for (here, action), rule in RULES.items() if here != rule.then]
    arrows += [f"    {Status.CLOSED} --> [*]", f"    {Status.WITHDRAWN} --> [*]"]
    return ["```mermaid", "stateDiagram-v2", *arrows, "```"]


def table() -> list[str]:
    head = ["| status | step | who | then | who is told what |", "|---|---|---|---|---|"]
    return head + [row(here, action, rule) for (here, action), rule in RULES.items()]


def row(here: Status, action: Action, rule: Rule) -> str:
    who = ", ".join(sorted(w.name.lower() for w in rule.who))
    told = "; ".join(f"{audience}: {notice}" for audience, notice in rule.tell)
    return f"| {here} | {action} | {who} | {rule.then} | {told} |"


def promises() -> list[str]:
    """The same of a promise, from `domain/promise.py`."""
    arrows = [f"    [*] --> {PromiseStatus.OPEN}: {Step.MAKE}"]
    arrows += [f"    {here} --> {rule.then}: {step}" for (here, step), rule in PROMISES.items()]
    lines = ["| status | step | who | then | who is told |", "|---|---|---|---|---|"]
    for (here, step), rule in PROMISES.items():
        who = ", ".join(sorted(w.name.lower() for w in rule.who))
        lines.append(f"| {here} | {step} | {who} | {rule.then} | {'; '.join(rule.tell)} |")
    return ["```mermaid", "stateDiagram-v2", *arrows, "```", "", *lines]


def text() -> str:
    lines = [
        "# The life of a question",
        "",
        "Written by `python docs/lifecycle.py` from `domain/question.py:RULES`; a test fails when it is stale.",
        "A question is *overdue* when its due date has passed in an open status; that is never stored.",
        "",
        *picture(),
        "",
        *table(),
        "",
        "## The life of a promise",
        "",
        "From `domain/promise.py:RULES`. An answer that promises something by a date makes it; it is the answerer's.",
        "",
        *promises(),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    TARGET.write_text(text(), "utf-8")

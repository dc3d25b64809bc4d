"""The picture of a question's life is drawn from the rules."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"


def test_the_picture_is_as_the_rules_are_now() -> None:
    drawn = runpy.run_path(str(DOCS / "lifecycle.py"))["text"]()
    assert (DOCS / "lifecycle.md").read_text("utf-8") == drawn, "run: python docs/lifecycle.py"

"""People who ask one question after another, as fast as fingers can, and remember what they were promised."""

import re
from dataclasses import dataclass, field

from tests.faults.machine import EVERYTHING, Resident

NUMBER = re.compile(r"\d{4}-\d{6}")
PATIENCE = 1800.0 if EVERYTHING else 180.0
"""A test machine may be slow, and each kill costs the start of a program; what is lost is lost for longer."""
PROMPTS = [
    "What would you like to send?",
    "What is it about?",
    "Write it in one or several messages",
    "Noted:",
    "May the question and its answer be published",
    "Check before sending",
    "is registered.",
]
"""What a person hears on the way to one question."""


@dataclass
class Asker:
    """One of them; `topic` by its number, 1 to 12."""

    person: Resident
    topic: int
    texts: list[str] = field(default_factory=list)

    async def ask(self, presses_of_send: int = 1) -> None:
        """The whole dialogue at once, then Send."""
        phone = self.person.phone
        text = f"Question {len(self.texts)} of {self.person.id}"
        self.texts.append(text)
        phone.writes("/ask")
        phone.presses_data("kind:question")
        phone.presses_data(f"topic:{self.topic}")
        phone.writes(text)
        phone.presses_data("done")
        phone.presses_data("public:1")
        await self.person.sees("Check before sending", PATIENCE)
        for _ in range(presses_of_send):
            self.person.presses("send")
        await self.person.sees("is registered.", PATIENCE)

    @property
    def acknowledged(self) -> list[str]:
        """The numbers this person was told, in order, each once."""
        return [number_in(said) for said in self.person.heard_once if "is registered." in said]


def number_in(said: str) -> str:
    number = NUMBER.search(said)
    assert number, said
    return number.group()

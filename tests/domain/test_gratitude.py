"""What is a thank-you and nothing else."""

import pytest

from domain.gratitude import gratitude


@pytest.mark.parametrize(
    "text",
    [
        "спасибо",
        "Спасибо!",
        "СПАСИБО БОЛЬШОЕ 🙏",
        "Большое спасибо за быстрый ответ.",
        "Добрый день! Благодарим вас за помощь, всё понятно)",
        "Рақмет",
        "рахмет, бәрі жақсы",
        "Көп рақмет сізге, жауабыңызға!",
        "Алла разы болсын, рахмет",
        "Thank you!",
        "thanks a lot, everything is clear",
    ],
)
def test_thanks(text: str) -> None:
    assert gratitude(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!",
        "хорошо",  # thanks nobody
        "спасибо, но зал закрыт",
        "Спасибо, а когда?",
        "спасибо?",
        "Спасибо за ответ, ждём 20 марта",
        "Благодарность директору школы",
        "Рахмет, бірақ пандус жоқ",
        "no thanks",
        "спасибо 101",
        "Спасибо! " * 12,  # longer than anybody says only that
    ],
)
def test_says_something_else(text: str) -> None:
    assert not gratitude(text)

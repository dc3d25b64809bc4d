"""In which language a text is written: sentences as people write them to a city."""

import pytest

from domain.tongue import Tongue, answered_in_russian_only, tongue

TEXTS = {
    Tongue.KAZAKH: [
        "Біздің ауланың пандусы қашан салынады?",
        "Құрметті бөлім басшысы! Мүмкіндігі шектеулі балаларға арналған үйірме ашуға көмек сұраймыз.",
        "Рахмет!",
        "Жауап керек.",
        "Салеметсиз бе! Бизге мектеп жанында орын керек, балалар кайда барады?",
        "Мектеп туралы жауап бар ма? Адамдар сураймыз деген.",
        "Балабакша кашан ашылады? Биз отиниш бердик, жауап жок.",
        "ПАНДУС ҚАШАН САЛЫНАДЫ",
        "Жиналысқа келемiз, рахмет.",
        "ОФ «Парасат» концерт өткізу үшін зал сұрайды.",
        "Социальный центр туралы айтып беріңізші, біз оны қайдан табамыз?",
        "Нұрлан Әбенов мырза, өтінішімізді қабылдаңыз.",
    ],
    Tongue.RUSSIAN: [
        "Просим помочь с залом для концерта общества слепых.",
        "Зал Дома дружбы свободен 20 марта, заявку подайте в отдел.",
        "Отказано по статье 12 правил.",
        "Спасибо!",
        "Здравствуйте, Әлия Нұрланқызы! Ваше обращение рассмотрено, пандус будет установлен до 20.04.2026.",
        "Письмо ОО «Мәңгілік ел» получено. Ответ направлен по почте.",
        "Бокейхан Өмірзақ ответит на ваш вопрос завтра.",
        "ПАНДУС БУДЕТ УСТАНОВЛЕН В МАРТЕ",
        "Құрметті Әлия! Ваше обращение рассмотрено, работы по установке пандуса будут завершены в апреле этого года.",
        "Компьютеры, слайды и награды для мастеров переданы в центр.",
        "Подскажите, пожалуйста, когда откроют бассейн на Естая?",
    ],
    Tongue.MIXED: [
        "Пандус наурызда орнатылады, қаражат бөлінді. Пандус будет установлен в марте, средства выделены.",
        "Сұрағыңыз қаралды, жұмыс басталды.\n\nВаш вопрос рассмотрен, работы начаты.",
    ],
    Tongue.OTHER: [
        "",
        "...",
        "87011234567",
        "👍",
        "You may have the hall on Saturday.",
        "We ask for the hall of Дом дружбы on Saturday, please.",
        "Абай",
        "«Қазақстан»",
    ],
}


@pytest.mark.parametrize(("expected", "text"), [(found, text) for found, texts in TEXTS.items() for text in texts])
def test_the_language_of_a_text(expected: Tongue, text: str) -> None:
    assert tongue(text) is expected


@pytest.mark.parametrize("question", TEXTS[Tongue.KAZAKH])
@pytest.mark.parametrize("answer", [texts[0] for texts in TEXTS.values()] + [TEXTS[Tongue.OTHER][4]])
def test_the_warning_is_for_russian_alone_under_a_question_in_kazakh(question: str, answer: str) -> None:
    assert answered_in_russian_only(question, answer) == (answer == TEXTS[Tongue.RUSSIAN][0])


@pytest.mark.parametrize("question", [text for found in Tongue if found != Tongue.KAZAKH for text in TEXTS[found]])
def test_no_other_question_is_warned_of(question: str) -> None:
    assert not answered_in_russian_only(question, TEXTS[Tongue.RUSSIAN][0])

"""In which language a text is written: told by letters, frequent words and endings, without a model.

    tongue("Пандус қашан салынады?")     Tongue.KAZAKH
    answered_in_russian_only(question, answer)

Kazakh is often typed with Russian letters only ("сураймыз", "жок"), and Kazakh names stand in Russian texts: so what
counts is how many words speak for each language, sentence by sentence, and names and quotations do not count.
"""

import re
from enum import StrEnum


class Tongue(StrEnum):
    """What a text as a whole is written in."""

    KAZAKH = "kazakh"
    RUSSIAN = "russian"
    MIXED = "mixed"  # whole sentences of both
    OTHER = "other"  # of neither, or too little to say


_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_SENTENCE = re.compile(r"[.!?…;\n]+")
_QUOTED = re.compile(r"«[^»]*»|\"[^\"]*\"|“[^”]*”|„[^“]*“")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_LATIN_I = re.compile(r"(?<=[\u0400-\u04ff])i|i(?=[\u0400-\u04ff])")
"""Typed for the Kazakh letter that looks the same and is on no Russian keyboard."""

_KAZAKH_LETTER = re.compile("[әғқңөұүһі]")
_KAZAKH_ENDING = re.compile(
    "(?:[лдт][ае]р(?:ды|ди|дын|дин|га|ге|да|де|дан|ден|ын|ин|ымыз|имиз)|мыз|миз|сыз|сиз|[аеыи]ныз|[еи]низ|[дн]ын|атын)$"
)
_RUSSIAN_LETTER = re.compile("[ёщъ]")
_RUSSIAN_ENDING = re.compile(
    "(?:ого|его|ому|ему|ться|тся|ение|ения|ении|ание|ания|ании|ость|ости|ый|ые|ых|ыми|ая|яя|ое|ую|ами|ями|ать|ять|ить|"
    "еть|ют|ешь|ишь|ция|ции|цию)$"
)

_WITHOUT_ITS_LETTERS = """
    адам адамдар айтып акша ал алады алдында алу арасында арналган ауданы ауыл ауылы аула ауласы бала балабакша балалар
    бар барлык басшысы бе ба бен берсе беру бериниз биз бир биздин бойынша бола болады болса болып болу бул деген дейин
    ем емес жана жасау жанында жауап жаксы жок жол жолдар жолы жонинде жумыс казир кайда калай кала калада каласы канша
    карай кашан кажет керек комек кон курметти кызмет ма мектеп мектеби мектепте мен менин мумкин неге неше ол олар
    орын осы отиниш отырмыз пен рахмет рет салем салеметсиз сурак сураймыз сол сондай содан соны сиз сизге сиздин туралы
    уакыт уй уйым уйымы ушин уш халык халкы
"""
_KAZAKH_WORDS = frozenset(_WITHOUT_ITS_LETTERS.split())
"""Words that need no letter that only Kazakh has, and others as they are typed on a Russian keyboard."""

_FREQUENT_RUSSIAN = """
    без более будет будут был была были было в вам вас ваш ваша вашего ваше вашу ведь во вопрос вот все всех вы
    где город года году дата день для до его ее если есть еще ещё же за завтра здание здравствуйте и из или им их
    к как каких какие какой когда кто ли либо лишь между мне может можно мы на над надо нам нами нас наш наша наше
    нашего нашей наши него нет ни них но нужен нужна нужно о об областной однако он она они от ответ отдел очень
    подскажите письмо по под пожалуйста поскольку после почему при про просим прошу просьба работы работ раз с
    сейчас сколько со спасибо срок сроки статьи статье так также там тем то того тоже только тот у уважаемые
    уважаемый уже что чтобы эта эти это этого этом этот я
"""
_RUSSIAN_WORDS = frozenset(_FREQUENT_RUSSIAN.split())

_MOSTLY = 0.75
"""The share of what is said that makes a text one of this language."""


def tongue(text: str) -> Tongue:
    """What the text as a whole is written in."""
    said = _LATIN_I.sub("і", _QUOTED.sub(" ", text))
    kazakh = russian = 0
    for sentence in _SENTENCE.split(said):
        of_kazakh, of_russian = _counted(sentence)
        if of_kazakh > of_russian:
            kazakh += of_kazakh + of_russian
        elif of_russian > of_kazakh:
            russian += of_kazakh + of_russian
    if not kazakh + russian or _mostly_latin(said):
        return Tongue.OTHER
    share = kazakh / (kazakh + russian)
    if share >= _MOSTLY:
        return Tongue.KAZAKH
    return Tongue.RUSSIAN if share <= 1 - _MOSTLY else Tongue.MIXED


def answered_in_russian_only(question: str, answer: str) -> bool:
    """The one who asked in Kazakh would read Russian and nothing else."""
    return tongue(question) is Tongue.KAZAKH and tongue(answer) is Tongue.RUSSIAN


def _counted(sentence: str) -> tuple[int, int]:
    """How many words of it are certainly Kazakh, and how many Russian."""
    words = _without_names(_WORD.findall(sentence))
    kazakh = sum(_is_kazakh(word) for word in words)
    return kazakh, sum(_is_russian(word) for word in words)


def _without_names(words: list[str]) -> list[str]:
    """In small letters, without those that bear a capital inside a sentence; a text all in capitals has no names."""
    shouted = all(word.isupper() for word in words)
    return [word.lower() for n, word in enumerate(words) if shouted or n == 0 or word[0].islower()]


def _is_kazakh(word: str) -> bool:
    if _KAZAKH_LETTER.search(word) or word in _KAZAKH_WORDS:
        return True
    return word not in _RUSSIAN_WORDS and len(word) > 4 and _KAZAKH_ENDING.search(word) is not None


def _is_russian(word: str) -> bool:
    if _is_kazakh(word):
        return False
    if word in _RUSSIAN_WORDS or _RUSSIAN_LETTER.search(word):
        return True
    return len(word) > 4 and _RUSSIAN_ENDING.search(word) is not None


def _mostly_latin(text: str) -> bool:
    words = _WORD.findall(text)
    return 2 * sum(not _CYRILLIC.search(word) for word in words) > len(words)

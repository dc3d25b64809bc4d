"""A thank-you and nothing else, told by its words, without a model.

    gratitude("Рахмет, бәрі жақсы!")         True
    gratitude("Спасибо, но зал закрыт.")     False: it says more

Every word of it thanks or only keeps a thanking word company; one other word, a number or a question makes it a text
like any other, so that nothing anybody wants is taken for politeness.
"""

import re

_LONGEST = 100
_WORD = re.compile(r"[^\W_]+")

_WORDS_OF_THANKS = """
    спасибо спасибочки спс благодарю благодарим благодарна благодарен благодарны признательны
    рахмет рақмет рахметтер рақметтер алғыс
    thanks thank thx
"""
_WORDS_BESIDE = """
    большое большущее огромное вам всем вас вы за ответ ответы помощь быстрый быстро подробный оперативный внимание
    разъяснение информацию работу сотрудничество все всё хорошо отлично понятно ясно поняла понял поняли очень от нас
    меня души всей и мы я добрый день здравствуйте уважаемые коллеги пожалуйста

    көп коп үлкен улкен сізге сизге сіздерге сиздерге баршаңызға барлығына бәрі бари жақсы жаксы түсінікті тусиникти
    түсіндім түсіндік жауап жауабыңыз жауабыңызға жауаптарыңызға үшін ушин көмек көмегіңіз көмегіңізге комек комегиниз
    жылдам тез мың мын алла риза разы болсын айтамын айтамыз білдіремін білдіреміз құрметті әріптестер шын жүректен

    you very much so a lot many for the your quick answer answers reply help all everything good great it is clear we i
    are am grateful ok okay
"""
_THANKS = frozenset(_WORDS_OF_THANKS.split())
_COMPANY = frozenset(_WORDS_BESIDE.split())


def gratitude(text: str) -> bool:
    """Whether this says thank you and nothing else."""
    if len(text) > _LONGEST or "?" in text:
        return False
    words = set(_WORD.findall(text.lower()))
    return bool(words & _THANKS) and words <= _THANKS | _COMPANY

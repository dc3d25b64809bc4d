"""What a BIN is, and how a name typed with mistakes finds its NGO among a dozen invented ones."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.register import (
    MATCH,
    BadBin,
    BinChecksumFails,
    BinHasLetters,
    BinHasWrongLength,
    BinHasWrongShape,
    BinIsAPerson,
    bin_checksum,
    fold,
    likeness,
    parse_bin,
    trigrams,
)

KNOWN_BINS = ["971240001315", "940140000385", "941240000193", "081140000436"]
"""Two banks, a telecom and a state fund: published everywhere, so the checksum is held by the world, not by us."""


class TestBin:
    @pytest.mark.parametrize("known", KNOWN_BINS)
    def test_a_published_bin_is_accepted(self, known: str) -> None:
        assert parse_bin(known) == known

    @pytest.mark.parametrize(
        "typed",
        [
            "9712 4000 1315",
            "971240-001315",
            " 971240001315\n",
            "971 240 001 315",
            "971240\u00a0001315",
            "971240–001315",  # the dash that phones put in
        ],
    )
    def test_spaces_and_dashes_do_not_matter(self, typed: str) -> None:
        assert parse_bin(typed) == "971240001315"

    @pytest.mark.parametrize(
        ("typed", "refusal"),
        [
            ("", BinHasWrongLength),
            ("97124000131", BinHasWrongLength),
            ("9712400013155", BinHasWrongLength),
            ("0" * 4_096, BinHasWrongLength),
            ("БИН 971240001315", BinHasLetters),
            ("97124000131O", BinHasLetters),
            ("971240001315.", BinHasLetters),
            ("+71240001315", BinHasLetters),
            ("٩٧١٢٤٠٠٠١٣١٥", BinHasLetters),
            ("９７１２４０００１３１５", BinHasLetters),
            ("97124000131²", BinHasLetters),
            ("900101300123", BinIsAPerson),
            ("900131 300 123", BinIsAPerson),
            ("901231600123", BinIsAPerson),
            ("900100300123", BinHasWrongShape),
            ("900132300123", BinHasWrongShape),
            ("971340001315", BinHasWrongShape),
            ("970040001315", BinHasWrongShape),
            ("971270001315", BinHasWrongShape),
            ("971244001315", BinHasWrongShape),
            ("971240001316", BinChecksumFails),
            ("971240001351", BinChecksumFails),
        ],
    )
    def test_a_refusal_is_named_after_what_happened(self, typed: str, refusal: type[BadBin]) -> None:
        with pytest.raises(refusal):
            parse_bin(typed)

    @pytest.mark.parametrize(
        "refusal", [BinHasLetters, BinHasWrongLength, BinIsAPerson, BinHasWrongShape, BinChecksumFails]
    )
    def test_the_docstring_is_the_message(self, refusal: type[BadBin]) -> None:
        assert str(refusal()) == refusal.__doc__

    @pytest.mark.parametrize(
        ("first_eleven", "digit", "by_hand"),
        [
            ("20044000006", 5, "2·1 + 4·4 + 4·5 + 6·11 = 104, the rest by 11 is 5"),
            ("20044000060", 9, "2·1 + 4·4 + 4·5 + 6·10 = 98 leaves 10; then 2·3 + 4·6 + 4·7 + 6·1 = 64 leaves 9"),
            ("20044000066", None, "164 leaves 10; then 2·3 + 4·6 + 4·7 + 6·1 + 6·2 = 76 leaves 10 again"),
        ],
    )
    def test_a_second_round_when_the_first_gives_ten(self, first_eleven: str, digit: int | None, by_hand: str) -> None:
        assert bin_checksum(first_eleven) == digit, by_hand

    @given(st.from_regex(r"[0-9]{2}(0[1-9]|1[0-2])[456][0-3][0-9]{5}", fullmatch=True))
    def test_no_two_check_digits_fit_one_number(self, first_eleven: str) -> None:
        right = bin_checksum(first_eleven)
        for digit in set(range(10)) - {right}:
            with pytest.raises(BinChecksumFails):
                parse_bin(f"{first_eleven}{digit}")

    @given(st.text())
    def test_anything_typed_is_twelve_digits_or_a_refusal(self, typed: str) -> None:
        try:
            accepted = parse_bin(typed)
        except BadBin:
            return
        assert accepted.isascii()
        assert len(accepted) == 12


class TestFold:
    @pytest.mark.parametrize(
        ("name", "folded"),
        [
            ("ОО «Общество слепых»", "общество слепых"),
            ('Общественный фонд "Парыз"', "парыз"),
            ("«Жас Ұлан» қоғамдық бірлестігі", "жас улан"),
            ("«Жас Улан» когамдык бирлестиги", "жас улан"),
            ("ҚҚ «Өмір»", "омир"),
            ("Заңды тұлғалар бірлестігі «Бірлік» ЗТБ", "бирлик"),
            ("Әңгіме һәм ғұмыр", "ангиме хам гумыр"),
            ("Ёлка", "елка"),
            ("ЁЛКА", "елка"),
            ("Добрый  край", "добрыи краи"),
            ("Ак-Жол", "ак жол"),
            ("Вете\u200bран\u00ad", "ветеран"),
            ("Школа №3", "школа 3"),
            ("бiрлiк", "бирлик"),  # Latin i, as typed on keyboards without the Kazakh one
            ("Green Pavlodar", "green pavlodar"),
            ("ОО", "оо"),
            ("Учреждение", "учреждение"),
            ("Кооперация", "кооперация"),
            ("\u202e!!! ", ""),
        ],
    )
    def test_what_is_compared(self, name: str, folded: str) -> None:
        assert fold(name) == folded

    @given(st.text(max_size=60) | st.text("абйёқғәіңһ оОфФ«»-iI\u200b\u0306", max_size=40))
    def test_folding_twice_changes_nothing(self, name: str) -> None:
        assert fold(fold(name)) == fold(name)

    @given(st.lists(st.sampled_from(["общественное", "ОО", "объединение", "ҚҚ", "Надежда"]), max_size=6))
    def test_legal_forms_within_legal_forms_fold_once(self, words: list[str]) -> None:
        folded = fold(" ".join(words))
        assert fold(folded) == folded


class TestTrigrams:
    def test_padded_like_pg_trgm(self) -> None:
        assert trigrams("Ақ жол") == {"  а", " ак", "ак ", "  ж", " жо", "жол", "ол "}

    def test_nothing_has_none(self) -> None:
        assert trigrams("«»") == frozenset()

    @given(st.text("абвгдежзиклмн", min_size=4, max_size=12), st.data())
    def test_a_word_with_one_wrong_letter_is_still_preselected(self, word: str, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(word) - 1))
        assume(fold(word) == word)
        assert trigrams(word) & trigrams(word[:place] + "щ" + word[place + 1 :])


REGISTER = [
    "ОО «Павлодарское областное общество слепых»",
    "ОО «Добровольное общество инвалидов Прииртышья»",
    "ОФ «Надежда для детей»",
    "Общественный фонд «Милосердие и помощь»",
    "«Жас Ұлан» жастар қоғамдық бірлестігі",
    "ҚҚ «Қайырымдылық шаңырағы»",
    "ОЮЛ «Гражданский альянс Павлодарской области»",
    "Учреждение «Центр социальной адаптации „Ковчег“»",
    "Частный фонд «Зелёный Иртыш»",
    "«Ертіс өрендері» қоғамдық қоры",
    "ОО «Совет ветеранов войны и труда»",
    "«Ақ босаға» аналар қоғамдық бірлестігі",
    "ОФ «Green Pavlodar»",
]


def found(query: str) -> list[str]:
    """As the bot searches: what is alike enough, the most alike first."""
    ranked = sorted(REGISTER, key=lambda name: -likeness(query, name))
    return [name for name in ranked if likeness(query, name) >= MATCH]


class TestSearch:
    @pytest.mark.parametrize(
        ("query", "wanted"),
        [
            ("общество слепых", 0),
            ("обшество слепых", 0),
            ("слепые", 0),
            ("слепых", 0),
            ("павлодарское общество слпых", 0),
            ("общество инвалидов", 1),
            ("инвалиды прииртышья", 1),
            ("прииртышья", 1),
            ("надежда", 2),
            ("надежда детям", 2),
            ("надежа", 2),
            ("надеджа", 2),
            ("ОФ Надежда", 2),
            ("милосердие", 3),
            ("миласердие", 3),
            ("милосерд", 3),
            ("помощь и милосердие", 3),
            ("жас улан", 4),
            ("Жас Ұлан", 4),
            ("жасулан", 4),
            ("жас ұлан қб", 4),
            ("қайырымдылық", 5),
            ("кайырымдылык шанырагы", 5),
            ("кайримдылык", 5),
            ("гражданский альянс", 6),
            ("граждански алянс", 6),
            ("альянс павлодарской области", 6),
            ("ковчег", 7),
            ("кавчег", 7),
            ("центр соц адаптации", 7),
            ("зеленый иртыш", 8),
            ("зелёный иртыщ", 8),
            ("ЗЕЛЕНЫЙ ИРТЫШ", 8),
            ("ертис орендери", 9),
            ("Ертіс өрендері", 9),
            ("ертіс өрендер", 9),
            ("ветераны", 10),
            ("совет ветиранов", 10),
            ("ветераны труда", 10),
            ("ак босага", 11),
            ("ақ босаға", 11),
            ("акбосага", 11),
            ("green", 12),
            ("grean pavlodar", 12),
        ],
    )
    def test_the_right_one_comes_first(self, query: str, wanted: int) -> None:
        assert found(query)[:1] == [REGISTER[wanted]]

    @pytest.mark.parametrize("query", [*REGISTER])
    def test_its_own_name_finds_it(self, query: str) -> None:
        assert found(query)[0] == query

    @pytest.mark.parametrize(
        "query",
        [
            "ывапролд",
            "зелёный слон на луне",
            "йцукен",
            "здравствуйте, помогите пожалуйста",
            "қайда барамын",
            "qwerty",
            "123456789012",
            "ОО",
            "общественный фонд",
            "!!!",
            "",
            "а",
            "%_%",
        ],
    )
    def test_a_query_about_nothing_finds_nothing(self, query: str) -> None:
        assert found(query) == []

    @pytest.mark.parametrize(
        ("query", "wanted"), [("слпых", 0), ("жасулан", 4), ("кайримдылык", 5), ("кавчег", 7), ("надеджа", 2)]
    )
    def test_storage_would_preselect_it(self, query: str, wanted: int) -> None:
        assert trigrams(query) & trigrams(REGISTER[wanted])

    def test_of_two_names_that_contain_the_query_the_shorter_is_meant(self) -> None:
        assert likeness("надежда", "ОФ «Надежда»") > likeness("надежда", "ОФ «Надежда для детей»")

    @given(st.text(max_size=40), st.text(max_size=40))
    def test_likeness_is_a_share(self, query: str, name: str) -> None:
        assert 0.0 <= likeness(query, name) <= 1.0

    @given(st.text(max_size=60))
    def test_a_name_is_wholly_like_itself(self, name: str) -> None:
        assume(fold(name))
        assert likeness(name, name) == 1.0

    def test_a_pasted_page_is_as_quick_as_a_name(self) -> None:
        """4,096 characters of words nobody has: the words after the twelfth are not compared."""
        page = " ".join(f"слово{i}" for i in range(500))
        assert likeness(page, REGISTER[0]) < MATCH

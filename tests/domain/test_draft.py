"""What people type, paste and attach, friendly or not, until it is a draft, a name or a file's name."""

import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.draft import (
    MAX_ATTACHMENTS,
    MAX_FILE_BYTES,
    MAX_TEXT,
    Attachment,
    AttachmentKind,
    Draft,
    Piece,
    TooManyAttachments,
    albums,
    attachment_from,
    blank,
    file_name,
    one_line,
    readable,
    utf16_length,
)

patiently = settings(deadline=None)
"""A busy machine is no fault of the text."""

ANYTHING = st.text(st.characters(codec=None))
"""Lone surrogates included: a client may send them."""


class TestReadable:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("Сәлем", "Сәлем"),
            ("  Сәлем \n", "Сәлем"),
            ("one\r\ntwo\rthree", "one\ntwo\nthree"),
            ("a\tb", "a\tb"),
            ("a\x00b", "ab"),
            ("a\x07\x1b[31mb", "a[31mb"),
            ("a\x7f\x85b", "ab"),
            ("a\ud83db", "ab"),
            ("\udc00", ""),
            ("\u202egnp.exe", "gnp.exe"),
            ("a\u200eb\u200fc\u061cd", "abcd"),
            ("\u2066x\u2069\u202a\u202b\u202c\u202d\u2067\u2068", "x"),
            ("👩\u200d🚒", "👩\u200d🚒"),
            ("a\u200bb", "a\u200bb"),
            ("", ""),
        ],
        ids=ascii,
    )
    def test_what_nobody_typed_goes_and_the_rest_stays(self, typed: str, kept: str) -> None:
        assert readable(typed) == kept

    @patiently
    @given(ANYTHING)
    def test_both_databases_can_store_it(self, typed: str) -> None:
        kept = readable(typed)
        assert "\x00" not in kept
        kept.encode("utf-8")

    @patiently
    @given(ANYTHING)
    def test_a_second_time_changes_nothing(self, typed: str) -> None:
        assert readable(readable(typed)) == readable(typed)


# Unicode, DerivedCoreProperties.txt, Default_Ignorable_Code_Point: what a phone draws as nothing at all. Beside it the
# Braille blank, which is a symbol by its category, and everything that is white.
INVISIBLE = {
    "space": " ",
    "no-break space": "\u00a0",
    "line break": "\n",
    "line separator": "\u2028",
    "ideographic space": "\u3000",
    "NUL": "\x00",
    "bell": "\x07",
    "lone surrogate": "\ud800",
    "soft hyphen": "\u00ad",
    "combining grapheme joiner": "\u034f",
    "arabic letter mark": "\u061c",
    "hangul choseong filler": "\u115f",
    "hangul jungseong filler": "\u1160",
    "khmer inherent vowel": "\u17b4",
    "mongolian variation selector one": "\u180b",
    "mongolian vowel separator": "\u180e",
    "mongolian variation selector four": "\u180f",
    "zero width space": "\u200b",
    "zero width joiner": "\u200d",
    "right-to-left override": "\u202e",
    "word joiner": "\u2060",
    "invisible separator": "\u2063",
    "nominal digit shapes": "\u206f",
    "braille blank": "\u2800",
    "hangul filler": "\u3164",
    "variation selector 1": "\ufe00",
    "variation selector 16": "\ufe0f",
    "byte order mark": "\ufeff",
    "halfwidth hangul filler": "\uffa0",
    "musical begin beam": "\U0001d173",
    "language tag": "\U000e0001",
    "tag latin small letter a": "\U000e0061",
    "variation selector 17": "\U000e0100",
    "variation selector 256": "\U000e01ef",
}

VISIBLE = {
    "a letter": "ә",
    "a digit": "7",
    "a full stop": ".",
    "an emoji": "🙏",
    "an emoji that this Python's tables do not know yet": "\U0001fa77",
    "a letter among nothing": "\u200b\u2800я\ufe0f",
    "a braille letter": "⠃",
    "a combining accent": "\u0301",
}


class TestBlank:
    @pytest.mark.parametrize("text", INVISIBLE.values(), ids=INVISIBLE.keys())
    def test_what_cannot_be_seen_is_nothing(self, text: str) -> None:
        assert blank(text)

    def test_all_of_it_together_is_still_nothing(self) -> None:
        assert blank("".join(INVISIBLE.values()) * 3)

    def test_the_empty_text_is_nothing(self) -> None:
        assert blank("")

    @pytest.mark.parametrize("text", VISIBLE.values(), ids=VISIBLE.keys())
    def test_what_can_be_seen_is_something(self, text: str) -> None:
        assert not blank(text)

    @patiently
    @given(ANYTHING, st.sampled_from(sorted(INVISIBLE.values())))
    def test_adding_nothing_changes_nothing(self, text: str, nothing: str) -> None:
        assert blank(text + nothing) is blank(text)


class TestOneLine:
    @pytest.mark.parametrize(
        ("typed", "shown"),
        [
            ("Aigerim", "Aigerim"),
            ("  Aigerim \n\n  Nurlan ", "Aigerim Nurlan"),
            ("Ai\u200bge\u2060rim\ufeff", "Aigerim"),
            ("\u202eAigerim", "Aigerim"),
            ("Ai\x00ge\ud800rim", "Aigerim"),
            ("one\u2028two\u2029three", "one two three"),
            ("<b>&{0.__class__}%s", "<b>&{0.__class__}%s"),
            ("\u200b\u200d", ""),
            ("", ""),
        ],
        ids=ascii,
    )
    def test_a_name_fits_into_a_line(self, typed: str, shown: str) -> None:
        assert one_line(typed, 50) == shown

    @pytest.mark.parametrize(
        ("typed", "limit", "shown"),
        [
            ("абвгд", 5, "абвгд"),
            ("абвгде", 5, "абвг…"),
            ("абв где", 5, "абв…"),
            ("я" * 300, 130, "я" * 129 + "…"),
        ],
    )
    def test_a_long_one_is_cut_where_one_can_see_it(self, typed: str, limit: int, shown: str) -> None:
        assert one_line(typed, limit) == shown

    @patiently
    @given(ANYTHING, st.integers(1, 40))
    def test_it_is_never_longer_and_never_two_lines(self, typed: str, limit: int) -> None:
        line = one_line(typed, limit)
        assert len(line) <= limit
        assert len(line.splitlines()) <= 1

    @patiently
    @given(ANYTHING, st.integers(1, 40))
    def test_nothing_in_it_is_invisible_by_intent(self, typed: str, limit: int) -> None:
        assert not {unicodedata.category(c) for c in one_line(typed, limit)} & {"Cc", "Cf", "Cs"}


class TestFileName:
    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            ("письмо.pdf", "письмо.pdf"),
            ("../../x", "x"),
            ("..\\..\\x", "x"),
            ("/etc/passwd", "passwd"),
            ("C:\\Windows\\win.ini", "win.ini"),
            ("a\x00b", "ab"),
            ("a\x00/../b", "b"),
            ("\u202egpj.exe", "gpj.exe"),
            ("line\nbreak.txt", "line break.txt"),
            (".bashrc", "bashrc"),
            ("..", ""),
            ("...", ""),
            ("x/", ""),
            ("x/ ..", ""),
            ("x/ .bashrc", "bashrc"),
            ("\u200b..", ""),
            ("\u2060.bashrc", "bashrc"),
            ("\ud800.\ud800.", ""),
            ("x/. .", ""),
            ("", ""),
            ("я" * 300, "я" * 99 + "…"),
        ],
        ids=ascii,
    )
    def test_only_a_harmless_last_part_is_left(self, sent: str, kept: str) -> None:
        assert file_name(sent) == kept

    @patiently
    @given(ANYTHING | st.text("./\\ \u200b\x00x"))
    def test_it_leads_nowhere_and_hides_nothing(self, sent: str) -> None:
        kept = file_name(sent)
        assert not set(kept) & {"/", "\\", "\x00", "\n"}
        assert not kept.startswith((".", " "))
        assert len(kept) <= 100


PHOTO, VIDEO, DOCUMENT = AttachmentKind.PHOTO, AttachmentKind.VIDEO, AttachmentKind.DOCUMENT
AUDIO, VOICE, PLACE = AttachmentKind.AUDIO, AttachmentKind.VOICE, AttachmentKind.PLACE
NOTE, ANIMATION = AttachmentKind.VIDEO_NOTE, AttachmentKind.ANIMATION


def sent(kind: AttachmentKind, message_id: int = 1, **other: object) -> Attachment:
    return Attachment(kind, message_id, **other)  # type: ignore[arg-type]


class TestWriting:
    def test_messages_stand_in_the_order_they_were_written(self) -> None:
        assert Draft().write(12, "second").write(11, "first").text == "first\n\nsecond"

    def test_editing_a_message_edits_the_draft(self) -> None:
        assert Draft().write(11, "frist").write(12, "second").write(11, "first").text == "first\n\nsecond"

    def test_a_message_that_was_emptied_goes(self) -> None:
        assert Draft().write(11, "first").write(12, "second").write(11, "").text == "second"

    def test_the_same_message_twice_is_there_once(self) -> None:
        assert Draft().write(11, "first").write(11, "first").pieces == (Piece(11, "first"),)

    def test_a_draft_is_a_value(self) -> None:
        empty = Draft()
        empty.write(11, "first")
        assert empty.empty

    @pytest.mark.parametrize(("length", "too_long"), [(MAX_TEXT, False), (MAX_TEXT + 1, True)])
    def test_the_limit_is_3500_characters(self, length: int, too_long: bool) -> None:
        assert Draft().write(11, "я" * length).too_long is too_long

    @pytest.mark.parametrize(("length", "too_long"), [(1749, False), (1750, True)])
    def test_the_gaps_between_messages_count(self, length: int, too_long: bool) -> None:
        """Twice 1,749 and a gap of two are 3,500."""
        assert Draft().write(11, "я" * length).write(12, "я" * length).too_long is too_long

    def test_nothing_typed_is_lost_when_it_is_too_long(self) -> None:
        assert len(Draft().write(11, "я" * 10_000).text) == 10_000


class TestAttaching:
    def test_ten_are_the_most(self) -> None:
        full = Draft(attachments=tuple(sent(PHOTO, i) for i in range(10)))
        with pytest.raises(TooManyAttachments):
            full.attach(sent(PHOTO, 10))

    def test_the_tenth_still_fits(self) -> None:
        nine = Draft(attachments=tuple(sent(PHOTO, i) for i in range(9)))
        assert len(nine.attach(sent(PHOTO, 9)).attachments) == MAX_ATTACHMENTS

    def test_one_of_ten_may_be_replaced(self) -> None:
        full = Draft(attachments=tuple(sent(PHOTO, i) for i in range(10)))
        assert len(full.attach(sent(DOCUMENT, 3)).attachments) == 10

    def test_the_same_message_twice_is_attached_once(self) -> None:
        assert Draft().attach(sent(PHOTO, 1)).attach(sent(PHOTO, 1)).attachments == (sent(PHOTO, 1),)

    def test_a_shuffled_album_is_put_in_order(self) -> None:
        shuffled = Draft().attach(sent(PHOTO, 13)).attach(sent(PHOTO, 11)).attach(sent(PHOTO, 12))
        assert [a.message_id for a in shuffled.in_order] == [11, 12, 13]

    def test_twenty_megabytes_are_the_most_that_telegram_lets_a_bot_fetch(self) -> None:
        assert MAX_FILE_BYTES == 20_971_520

    def test_an_attachment_alone_is_not_an_empty_draft(self) -> None:
        assert not Draft().attach(sent(PLACE)).empty

    def test_the_first_recording_is_found_among_others(self) -> None:
        draft = Draft().attach(sent(PHOTO, 1)).attach(sent(VOICE, 2, duration=42)).attach(sent(VOICE, 3, duration=7))
        assert draft.voice == sent(VOICE, 2, duration=42)

    def test_a_photo_is_no_recording(self) -> None:
        assert Draft().attach(sent(PHOTO)).voice is None

    def test_a_caption_and_its_photo_are_one_source(self) -> None:
        draft = Draft().write(11, "Крыша").attach(sent(PHOTO, 11)).attach(sent(PHOTO, 12))
        assert draft.sources == (Piece(11, "Крыша"), Piece(12, ""))


class TestAlbums:
    """Telegram shows photos and videos together, documents among themselves, music among itself, all else alone."""

    @pytest.mark.parametrize(
        ("kinds", "sizes"),
        [
            ([], []),
            ([PHOTO], [1]),
            ([PHOTO, VIDEO, PHOTO], [3]),
            ([DOCUMENT, DOCUMENT], [2]),
            ([AUDIO, AUDIO, AUDIO], [3]),
            ([PHOTO, DOCUMENT], [1, 1]),
            ([PHOTO, DOCUMENT, PHOTO], [1, 1, 1]),
            ([VOICE, VOICE], [1, 1]),
            ([PLACE, PLACE], [1, 1]),
            ([NOTE, NOTE], [1, 1]),
            ([ANIMATION, ANIMATION], [1, 1]),
            ([PHOTO, PHOTO, VOICE, DOCUMENT, DOCUMENT, PLACE], [2, 1, 2, 1]),
            ([PHOTO] * 10, [10]),
        ],
        ids=str,
    )
    def test_neighbours_of_one_sort_travel_together(self, kinds: list[AttachmentKind], sizes: list[int]) -> None:
        assert [len(a) for a in albums(tuple(sent(k, i) for i, k in enumerate(kinds)))] == sizes

    @patiently
    @given(st.lists(st.sampled_from(AttachmentKind), max_size=10))
    def test_everything_is_sent_once_and_in_order(self, kinds: list[AttachmentKind]) -> None:
        attached = tuple(sent(kind, i) for i, kind in enumerate(kinds))
        assert tuple(one for album in albums(attached) for one in album) == attached


@pytest.mark.parametrize(
    ("text", "units"),
    [("", 0), ("я", 1), ("🙏", 2), ("🙏" * 2_048, 4_096), ("\ud800", 1), ("👩\u200d🚒", 5)],
    ids=["nothing", "a letter", "an emoji", "2,048 emoji", "half an emoji", "a firefighter"],
)
def test_length_is_counted_as_telegram_counts(text: str, units: int) -> None:
    assert utf16_length(text) == units


attachments = st.builds(
    Attachment,
    st.sampled_from(AttachmentKind),
    st.integers(1, 2**53),
    file_id=ANYTHING,
    file_unique_id=ANYTHING,
    name=ANYTHING,
    size=st.integers(0, 2**53),
    duration=st.integers(0, 2**31),
    latitude=st.floats(-90, 90),
    longitude=st.floats(-180, 180),
    album=ANYTHING,
)
drafts = st.builds(
    Draft,
    st.lists(st.builds(Piece, st.integers(1, 2**53), ANYTHING), max_size=5).map(tuple),
    st.lists(attachments, max_size=10).map(tuple),
)


@patiently
@given(drafts)
def test_a_draft_comes_back_from_json_as_it_was(draft: Draft) -> None:
    assert Draft.from_json(json.loads(json.dumps(draft.to_json()))) == draft


@patiently
@given(attachments)
def test_an_attachment_comes_back_from_json_as_it_was(attachment: Attachment) -> None:
    stored = json.loads(json.dumps(Draft(attachments=(attachment,)).to_json()))
    assert attachment_from(stored["attachments"][0]) == attachment


def test_an_empty_form_is_an_empty_draft() -> None:
    assert Draft.from_json({}) == Draft()

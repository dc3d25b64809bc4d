"""HTML and entities are read as Telegram reads them, with the errors it gives."""

import contextlib
import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.formatting import find_entities, parse_html, read_text, utf16_length
from simulator.refusal import RefusedCall

# the stadium is two UTF-16 units and four bytes; `🏟 🏟&lt;` takes 13 bytes
ERRORS = [
    ("<x>a</x>", 'Unsupported start tag "x" at byte offset 0'),
    ("Price < 5", 'Unsupported start tag "" at byte offset 6'),
    ("a <br>", 'Unsupported start tag "br" at byte offset 2'),
    ("Сәлем <name@mail.kz>", 'Unsupported start tag "name@mail.kz" at byte offset 11'),
    ("🏟 🏟&lt;<abacaba", "Unclosed start tag at byte offset 13"),
    ("🏟 🏟&lt;<abac aba>", 'Unsupported start tag "abac" at byte offset 13'),
    ("🏟 🏟&lt;<i   =aba>", 'Empty attribute name in the tag "i" at byte offset 13'),
    ("🏟 🏟&lt;<i    aba>", 'Can\'t find end tag corresponding to start tag "i"'),
    ("🏟 🏟&lt;<i    aba  =  ", 'Unclosed start tag "i" at byte offset 13'),
    ("🏟 🏟&lt;<i    aba  =  190azAz-.,", "Unexpected end of name token at byte offset 27"),
    ('🏟 🏟&lt;<i    aba  =  "&lt;&gt;&quot;>', "Unclosed start tag at byte offset 13"),
    ("🏟 🏟&lt;</", "Unexpected end tag at byte offset 13"),
    ("🏟 🏟&lt;<b></b></", "Unexpected end tag at byte offset 20"),
    ("🏟 🏟&lt;<i>a</i   ", "Unclosed end tag at byte offset 17"),
    ("🏟 🏟&lt;<i>a</em   >", 'Unmatched end tag at byte offset 17, expected "</i>", found "</em>"'),
    ("<b>a<i>b</b></i>", 'Unmatched end tag at byte offset 8, expected "</i>", found "</b>"'),
    ("<b>bold", 'Can\'t find end tag corresponding to start tag "b"'),
    ("<b><i>x</i>", 'Can\'t find end tag corresponding to start tag "b"'),
    ("x</b>", "Unexpected end tag at byte offset 1"),
    ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ('<tg-emoji emoji-id="x">y</tg-emoji>', "Invalid custom emoji identifier specified"),
]


@pytest.mark.parametrize(("source", "error"), ERRORS)
def test_broken_html_is_refused_in_the_words_of_telegram(source: str, error: str) -> None:
    with pytest.raises(RefusedCall) as caught:
        parse_html(source)
    assert caught.value.code == 400
    assert caught.value.description == f"Bad Request: can't parse entities: {error}"


READ = [
    ("", "", []),
    ("&lt;&gt;&amp;&quot;&laquo;&#1178;&#x49A;", '<>&"&laquo;ҚҚ', []),
    ("a &amp b & c &#12345678;", "a & b & c &#12345678;", []),
    ("🏟 🏟<i>🏟 🏟</i>", "🏟 🏟🏟 🏟", [("italic", 5, 5)]),
    ("<b>a</b><strong>b</strong>", "ab", [("bold", 0, 1), ("bold", 1, 1)]),
    ("<em>a</em><u>b</u><ins>c</ins>", "abc", [("italic", 0, 1), ("underline", 1, 1), ("underline", 2, 1)]),
    ("<s>a</s><strike>b</strike><del>c</del>", "abc", [("strikethrough", n, 1) for n in range(3)]),
    ("<tg-spoiler>a</tg-spoiler>", "a", [("spoiler", 0, 1)]),
    ('<span class="tg-spoiler">a</span>', "a", [("spoiler", 0, 1)]),
    ("<B>a</b><I>b</>", "ab", [("bold", 0, 1), ("italic", 1, 1)]),
    ("<b>a<i>b</i></b>", "ab", [("bold", 0, 2), ("italic", 1, 1)]),
    ("<b></b>a", "a", []),
    ("<blockquote>a</blockquote>", "a", [("blockquote", 0, 1)]),
    ("<blockquote expandable>a</blockquote>", "a", [("expandable_blockquote", 0, 1)]),
    ("<code>a</code><pre>b</pre>", "ab", [("code", 0, 1), ("pre", 1, 1)]),
]


@pytest.mark.parametrize(("source", "text", "entities"), READ)
def test_html_becomes_text_and_entities(source: str, text: str, entities: list[tuple[str, int, int]]) -> None:
    read, found = parse_html(source)
    assert read == text
    assert [(e["type"], e["offset"], e["length"]) for e in found] == entities


LINKS = [
    ('<a href="https://gov.kz/a?b=1&amp;c">x</a>', {"type": "text_link", "url": "https://gov.kz/a?b=1&c"}),
    ("<a href='Example.ORG'>x</a>", {"type": "text_link", "url": "http://example.org/"}),
    ('<a href="tg://user?id=5000000001">x</a>', {"type": "text_mention", "user": {"id": 5_000_000_001}}),
    ('<a href="nowhere">x</a>', None),
]


@pytest.mark.parametrize(("source", "entity"), LINKS)
def test_links(source: str, entity: dict[str, object] | None) -> None:
    assert parse_html(source) == ("x", [{**entity, "offset": 0, "length": 1}] if entity else [])


@pytest.mark.parametrize(
    "source",
    ['<pre><code class="language-python">x</code></pre>', '<code class="language-python"><pre>x</pre></code>'],
)
def test_a_code_block_has_its_language_in_either_order_of_nesting(source: str) -> None:
    assert parse_html(source) == ("x", [{"type": "pre", "offset": 0, "length": 1, "language": "python"}])


def test_code_alone_has_no_language() -> None:
    assert parse_html('<code class="language-python">x</code>')[1] == [{"type": "code", "offset": 0, "length": 1}]


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(RefusedCall, match="invalid Unicode characters after decoding HTML entities"):
        parse_html("&#xD83C;")


def test_white_space_at_both_ends_goes_and_entities_move_along() -> None:
    text, entities = read_text(" \n <b> 🏟 </b> \n", "HTML", None)
    assert text == "🏟"
    assert entities == [{"type": "bold", "offset": 0, "length": 2}]


def test_a_carriage_return_disappears_and_a_tab_becomes_a_space() -> None:
    assert read_text("a\r\nb\tc", None, None) == ("a\nb c", [])


def test_explicit_entities_are_kept() -> None:
    entities = [{"type": "bold", "offset": 0, "length": 2}]
    assert read_text("🏟 x", None, entities) == ("🏟 x", entities)


def test_an_explicit_entity_may_not_pass_the_end() -> None:
    with pytest.raises(RefusedCall, match="ends after the end of the text"):
        read_text("🏟", None, [{"type": "bold", "offset": 1, "length": 2}])


def test_markdown_is_loudly_not_played() -> None:
    with pytest.raises(RefusedCall, match="the simulator does not play parse_mode MarkdownV2"):
        read_text("*a*", "MarkdownV2", None)


def test_an_unknown_parse_mode_is_refused() -> None:
    with pytest.raises(RefusedCall, match="Bad Request: unsupported parse_mode"):
        read_text("a", "XML", None)


FOUND = [
    ("/start abc", [("bot_command", 0, 6)]),
    ("🏟 /ask@kopir_bot now", [("bot_command", 3, 14)]),
    ("a/b and 1/2", []),
    ("see https://gov.kz/a, please", [("url", 4, 16)]),
    ("gov.kz", [("url", 0, 6)]),
    ("write to ngo@mail.kz", [("email", 9, 11)]),
    ("@kopir_bot", [("mention", 0, 10)]),
    ("#су #42", [("hashtag", 0, 3)]),
    ("№ 2026-000042", []),
]


@pytest.mark.parametrize(("text", "entities"), FOUND)
def test_telegram_marks_by_itself(text: str, entities: list[tuple[str, int, int]]) -> None:
    assert [(e["type"], e["offset"], e["length"]) for e in find_entities(text)] == entities


def test_nothing_is_marked_inside_code() -> None:
    assert [e["type"] for e in read_text("<code>/start</code>", "HTML", None)[1]] == ["code"]


@pytest.mark.parametrize(("text", "length"), [("abc", 3), ("Қазақ", 5), ("🏟", 2), ("👨‍👩‍👧", 8)])
def test_length_is_counted_in_utf16_units(text: str, length: int) -> None:
    assert utf16_length(text) == length == len(text.encode("utf-16-le")) // 2


PIECES = [
    "<b>",
    "</b>",
    "<i>",
    "</i>",
    "<a href='gov.kz'>",
    "</a>",
    "<",
    ">",
    "&amp;",
    "&#x",
    "/",
    " ",
    "\n",
    "🏟",
    "қ",
    "</>",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=20).map("".join))
def test_any_html_is_read_or_refused_and_entities_stay_inside(source: str) -> None:
    with contextlib.suppress(RefusedCall):
        text, entities = read_text(source, "HTML", None)
        assert all(0 <= e["offset"] < e["offset"] + e["length"] <= utf16_length(text) for e in entities)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40))
def test_escaped_text_comes_out_as_it_was(words: str) -> None:
    assert parse_html(html.escape(words, quote=False))[0] == words

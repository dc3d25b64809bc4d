"""Text and its entities, as Telegram reads them: HTML, explicit entities, and what it finds by itself.

Offsets and lengths are counted in UTF-16 code units, the places of errors in bytes of UTF-8: both as the real server.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from simulator.refusal import RefusedCall, bad_request

Entity = dict[str, Any]

TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
NAMED_CHARACTERS = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
SPACES = " \t\r\n\v\0"  # the end of the text (shown here as \0) ends a name as well
END = "\0"
PLAIN = re.compile(r"[^<&]+")
CODED_CHARACTER = re.compile(r"&(?:#x([0-9a-fA-F]{1,7})|#(\d{1,8})|([a-zA-Z]+));?")
CONTROL_CHARACTERS = re.compile(r"[\0-\x09\x0b-\x1f]")  # each is shown as a space; only the line feed is kept


def utf16_length(text: str) -> int:
    """The length as Telegram counts it: an emoji outside the basic plane counts two."""
    return len(text) + sum(character > "\uffff" for character in text)


def read_text(text: str, parse_mode: str | None, entities: list[Entity] | None) -> tuple[str, list[Entity]]:
    """The text a reader sees and its entities, from a parse mode or a list of entities; trimmed as Telegram trims."""
    text = text.replace("\r", "")
    if parse_mode:
        if parse_mode.lower() == "html":
            text, entities = parse_html(text)
        elif parse_mode.lower() in ("markdown", "markdownv2"):
            raise RefusedCall(501, f"the simulator does not play parse_mode {parse_mode}")
        else:
            raise bad_request("unsupported parse_mode")
    else:
        entities = [_checked(entity, text) for entity in entities or []]
    text, entities = trim(CONTROL_CHARACTERS.sub(" ", text), entities)
    covered = [e for e in entities if e["type"] in ("code", "pre", "text_link", "text_mention")]
    found = [e for e in find_entities(text) if not any(_overlap(e, other) for other in covered)]
    return text, in_order([*entities, *found])


def _checked(entity: Entity, text: str) -> Entity:
    if entity["offset"] < 0 or entity["length"] <= 0:
        raise bad_request("can't parse entities: entity must have a positive offset and length")
    if entity["offset"] + entity["length"] > utf16_length(text):
        raise bad_request(f"entity beginning at UTF-16 offset {entity['offset']} ends after the end of the text")
    return dict(entity)


def _overlap(one: Entity, other: Entity) -> bool:
    return bool(one["offset"] < other["offset"] + other["length"] and other["offset"] < one["offset"] + one["length"])


def in_order(entities: Iterable[Entity]) -> list[Entity]:
    """By place, the outer before the inner."""
    return sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))


def trim(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Without white space at both ends; entities move with the text, and those of nothing but it disappear."""
    whole = utf16_length(text)
    without_start = text.lstrip(" \t\n\v\f")
    start = whole - utf16_length(without_start)
    trimmed = without_start.rstrip(" \t\n\v\f")
    end = utf16_length(trimmed)
    kept = []
    for entity in entities:
        first = max(entity["offset"] - start, 0)
        last = min(entity["offset"] + entity["length"] - start, end)
        if last > first:
            kept.append({**entity, "offset": first, "length": last - first})
    return trimmed, kept


# of bare addresses, without a scheme, only those in a few domains: the real list has some 1,500
FOUND_BY_ITSELF = [
    ("url", re.compile(r"(?<![\w@./])(?:https?://[^\s<>\"']*[^\s<>\"'.,;:!?)]|(?:[\w-]+\.)+(?:com|org|net|kz|ru|io|gov|me)\b(?:/[^\s<>\"']*[^\s<>\"'.,;:!?)])?)")),
    ("email", re.compile(r"(?<![\w@.])[\w.+-]+@(?:[\w-]+\.)+[a-zA-Z]{2,}")),
    ("bot_command", re.compile(r"(?<![\w/@<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/])")),
    ("mention", re.compile(r"(?<![\w@/])@[A-Za-z0-9_]{4,32}(?![\w@])")),
    ("hashtag", re.compile(r"(?<![\w#/])#(?=\w*[^\W\d])\w{1,256}")),
]  # fmt: skip


def find_entities(text: str) -> list[Entity]:
    """Links, addresses, commands, mentions and hashtags, which Telegram marks in every message."""
    found: list[Entity] = []
    for kind, pattern in FOUND_BY_ITSELF:
        for match in pattern.finditer(text):
            offset, length = utf16_length(text[: match.start()]), utf16_length(match[0])
            entity = {"type": kind, "offset": offset, "length": length}
            if not any(_overlap(entity, other) for other in found):
                found.append(entity)
    return in_order(found)


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """The text and the entities of HTML, or the error that the real server has for it."""
    return _HtmlReader(source).read()


@dataclass
class _OpenTag:
    name: str
    attributes: dict[str, str]
    starts_at: int  # among the pieces of text read so far
    offset: int  # in UTF-16 units


@dataclass
class _HtmlReader:
    """Reads from left to right and knows no more HTML than Telegram does."""

    source: str
    at: int = 0
    pieces: list[str] = field(default_factory=list)
    length: int = 0  # in UTF-16 units
    open_tags: list[_OpenTag] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)

    def read(self) -> tuple[str, list[Entity]]:
        while self.at < len(self.source):
            if plain := PLAIN.match(self.source, self.at):
                self.at = plain.end()
                self._add(plain[0])
            elif self.here == "<":
                self._tag()
            else:
                self._add(self._character())
        if self.open_tags:
            raise _unreadable(f'Can\'t find end tag corresponding to start tag "{self.open_tags[-1].name}"')
        for entity in self.entities:
            if entity["type"] == "code":
                entity.pop("language", None)
        return "".join(self.pieces), in_order(self.entities)

    @property
    def here(self) -> str:
        return self.source[self.at] if self.at < len(self.source) else END

    def _byte(self, position: int) -> int:
        return len(self.source[:position].encode("utf-8", "surrogatepass"))

    def _add(self, character: str) -> None:
        self.pieces.append(character)
        self.length += utf16_length(character)

    def _character(self) -> str:
        """One character of text, `&amp;` and its like decoded; an unknown one stays as it is written."""
        match = CODED_CHARACTER.match(self.source, self.at)
        character = _decoded(match) if match else None
        if match is None or character is None:
            character = self.here
            self.at += 1
        else:
            self.at = match.end()
        return character

    def _tag(self) -> None:
        start = self.at
        self.at += 1
        if self.here == "/":
            self._end_tag(start)
        else:
            self._start_tag(start)

    def _start_tag(self, start: int) -> None:
        name = self._until(SPACES + ">").lower()
        if self.here == END:
            raise _unreadable(f"Unclosed start tag at byte offset {self._byte(start)}")
        if name not in TAGS:
            raise _unreadable(f'Unsupported start tag "{name}" at byte offset {self._byte(start)}')
        attributes = {}
        while True:
            self._skip_spaces()
            if self.here == ">":
                break
            attribute, value = self._attribute(name, start)
            attributes[attribute] = value
        self.at += 1
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise _unreadable(f'Tag "span" must have class "tg-spoiler" at byte offset {self._byte(start)}')
        self.open_tags.append(_OpenTag(name, attributes, len(self.pieces), self.length))

    def _attribute(self, tag: str, start: int) -> tuple[str, str]:
        name = self._until(SPACES + "=>")
        if not name:
            if self.here == END:
                raise _unreadable(f'Unclosed start tag "{tag}" at byte offset {self._byte(start)}')
            raise _unreadable(f'Empty attribute name in the tag "{tag}" at byte offset {self._byte(start)}')
        self._skip_spaces()
        if self.here != "=":
            return name, ""  # <blockquote expandable>
        self.at += 1
        self._skip_spaces()
        if self.here == END:
            raise _unreadable(f'Unclosed start tag "{tag}" at byte offset {self._byte(start)}')
        value = self._quoted() if self.here in "'\"" else self._name_token()
        if self.here == END:
            raise _unreadable(f"Unclosed start tag at byte offset {self._byte(start)}")
        return name, value

    def _name_token(self) -> str:
        start = self.at
        while re.match(r"[A-Za-z0-9.-]", self.here):
            self.at += 1
        if self.here not in SPACES + ">" or self.here == END:
            raise _unreadable(f"Unexpected end of name token at byte offset {self._byte(start)}")
        return self.source[start : self.at].lower()

    def _quoted(self) -> str:
        quote = self.here
        self.at += 1
        value = ""
        while self.here not in (quote, END):
            value += self._character()
        if self.here == quote:
            self.at += 1
        return value

    def _end_tag(self, start: int) -> None:
        if not self.open_tags:
            raise _unreadable(f"Unexpected end tag at byte offset {self._byte(start)}")
        self.at += 1
        name = self._until(SPACES + ">").lower()
        self._skip_spaces()
        if self.here != ">":
            raise _unreadable(f"Unclosed end tag at byte offset {self._byte(start)}")
        self.at += 1
        tag = self.open_tags.pop()
        if name and name != tag.name:
            raise _unreadable(
                f'Unmatched end tag at byte offset {self._byte(start)}, expected "</{tag.name}>", found "</{name}>"'
            )
        if self.length > tag.offset:
            self._close(tag)

    def _close(self, tag: _OpenTag) -> None:
        place = {"offset": tag.offset, "length": self.length - tag.offset}
        entity: Entity = {"type": TAGS[tag.name], **place}
        match tag.name:
            case "a":
                self._add_link(tag, place)
                return
            case "blockquote" if "expandable" in tag.attributes:
                entity["type"] = "expandable_blockquote"
            case "tg-emoji":
                entity["custom_emoji_id"] = _emoji_id(tag.attributes.get("emoji-id", ""))
            case "code" | "pre" if self._merged_with_language(tag, place):
                return
        if tag.name == "code" and (language := _language(tag)):
            entity["language"] = language  # for a <pre> that may follow; without one it is dropped in the end
        self.entities.append(entity)

    def _add_link(self, tag: _OpenTag, place: Entity) -> None:
        url = tag.attributes.get("href") or "".join(self.pieces[tag.starts_at :])
        if match := re.fullmatch(r"tg://user\?id=(\d+)", url):
            self.entities.append({"type": "text_mention", **place, "user": {"id": int(match[1])}})
        elif checked := _checked_link(url):
            self.entities.append({"type": "text_link", **place, "url": checked})
        # an address that is none leaves the bare text, silently: as the real server does

    def _merged_with_language(self, tag: _OpenTag, place: Entity) -> bool:
        """`<pre><code class="language-python">` is one block of Python, in either order of nesting."""
        inner = self.entities[-1] if self.entities else {}
        if (inner.get("offset"), inner.get("length")) != (place["offset"], place["length"]):
            return False
        if tag.name == "pre" and inner["type"] == "code" and inner.get("language"):
            inner["type"] = "pre"
            return True
        if tag.name == "code" and inner["type"] == "pre" and (language := _language(tag)):
            inner["language"] = language
            return True
        return False

    def _until(self, stops: str) -> str:
        start = self.at
        while self.here not in stops:
            self.at += 1
        return self.source[start : self.at]

    def _skip_spaces(self) -> None:
        while self.here in SPACES and self.here != END:
            self.at += 1


def _unreadable(text: str) -> RefusedCall:
    return bad_request(f"can't parse entities: {text}")


def _decoded(match: re.Match[str]) -> str | None:
    hexadecimal, decimal, name = match.groups()
    if name:
        return NAMED_CHARACTERS.get(name)
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    if not 0 < code < 0x10FFFF:
        return None
    if 0xD800 <= code <= 0xDFFF:
        raise _unreadable(
            "Text contains invalid Unicode characters after decoding HTML entities, "
            "check for unmatched surrogate code units"
        )
    return chr(code)


def _language(tag: _OpenTag) -> str:
    name = tag.attributes.get("class", "")
    return name.removeprefix("language-") if name.startswith("language-") else ""


def _emoji_id(text: str) -> str:
    if not re.fullmatch(r"[1-9]\d{0,18}", text):
        raise _unreadable("Invalid custom emoji identifier specified")
    return text


def _checked_link(url: str) -> str | None:
    """The address with a scheme and a path, as the real server returns it; None when it is none."""
    match = re.fullmatch(r"(?:(https?|tg|ton|tonsite)://)?([^\s/?#]+)(.*)", url.strip(), re.IGNORECASE | re.DOTALL)
    if match is None:
        return None
    scheme, host, rest = match.groups()
    if scheme and scheme.lower() not in ("http", "https"):
        return f"{scheme.lower()}://{host}{rest}"
    if "." not in host:
        return None
    path = rest if rest.startswith("/") else f"/{rest}"
    return f"{(scheme or 'http').lower()}://{host.lower()}{path}"

"""What the Bot API accepts: every method, every parameter, its type and whether it must be given.

`botapi.json` is an extract of the published description. It says of each field `"Integer|String!"`: the types it may
have, and `!` when it is required. `extract()` makes it from the full description.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from simulator.refusal import RefusedCall, bad_request

EXTRACT = Path(__file__).with_name("botapi.json")

# the texts the real server has for a missing parameter; the others follow one pattern
MISSING = {
    ("sendMessage", "text"): "message text is empty",
    ("editMessageText", "text"): "message text is empty",
    ("sendPhoto", "photo"): "there is no photo in the request",
    ("sendDocument", "document"): "there is no document in the request",
    ("sendVideo", "video"): "there is no video in the request",
    ("sendVoice", "voice"): "there is no voice in the request",
    ("sendAudio", "audio"): "there is no audio in the request",
    ("sendAnimation", "animation"): "there is no animation in the request",
    ("sendVideoNote", "video_note"): "there is no video note in the request",
    (
        "answerCallbackQuery",
        "callback_query_id",
    ): "query is too old and response timeout expired or query ID is invalid",
    ("getFile", "file_id"): "file_id not specified",
    ("editMessageMedia", "media"): "media is not specified",
}
MISSING_ANYWHERE = {"message_id": "message identifier is not specified"}


@dataclass(frozen=True)
class Upload:
    """A file that came with the request."""

    name: str
    content: bytes
    mime_type: str


def extract(description: dict[str, Any]) -> dict[str, Any]:
    """The part of the published description that is needed to check a call."""
    types = description["types"]
    methods = {name: _fields(method) for name, method in description["methods"].items()}
    needed = _reachable(
        types, [field["types"] for m in description["methods"].values() for field in m.get("fields", [])]
    )
    return {
        "version": description["version"],
        "methods": methods,
        "objects": {name: _fields(types[name]) for name in needed if not types[name].get("subtypes")},
        "unions": {name: types[name]["subtypes"] for name in needed if types[name].get("subtypes")},
        "kinds": {name: kind for name in needed if (kind := _kind(types[name]))},
    }


def _fields(thing: dict[str, Any]) -> dict[str, str]:
    return {
        field["name"]: "|".join(field["types"]) + ("!" if field["required"] else "")
        for field in thing.get("fields", [])
    }


def _reachable(types: dict[str, Any], roots: list[list[str]]) -> list[str]:
    found: set[str] = set()
    queue = [name for root in roots for name in root]
    while queue:
        name = queue.pop().removeprefix("Array of ").removeprefix("Array of ")
        if name in types and name not in found:
            found.add(name)
            queue += types[name].get("subtypes", [])
            queue += [kind for field in types[name].get("fields", []) for kind in field["types"]]
    return sorted(found)


def _kind(thing: dict[str, Any]) -> str | None:
    """What the field `type` (or `source`) of a member of a union must hold: `photo` for an InputMediaPhoto."""
    for field in thing.get("fields", []):
        match = re.search(r'(?:must be|always) "?(\w+)"?$', field["description"]) if field["name"] == "type" else None
        if match:
            return match[1]
    return None


@cache
def botapi() -> dict[str, Any]:
    extract: dict[str, Any] = json.loads(EXTRACT.read_text())
    return extract


def find_method(name: str) -> str | None:
    """The method as it is spelt in the documentation: the real server does not look at the case."""
    return _by_lower_case().get(name.lower())


@cache
def _by_lower_case() -> dict[str, str]:
    return {name.lower(): name for name in botapi()["methods"]}


def check(method: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a call as typed values, or a refusal.

    The real server ignores what it does not know and reads an ill-typed number as nothing. This one refuses both: in
    a test a misspelt parameter is a mistake to be heard of.
    """
    fields: dict[str, str] = botapi()["methods"][method]
    for name in given:
        # an upload that another parameter points to with attach:// has a name of its own
        if name not in fields and not isinstance(given[name], Upload):
            raise bad_request(f"unknown parameter '{name}' of {method}")
    checked: dict[str, Any] = {name: value for name, value in given.items() if name not in fields}
    for name, types in fields.items():
        value = given.get(name)
        if value is None or value == "":
            if types.endswith("!"):
                raise _missing(method, name)
            if value == "":
                checked[name] = value
            continue
        checked[name] = _from_wire(value, types.removesuffix("!").split("|"), f"parameter '{name}' of {method}")
    return checked


def _missing(method: str, name: str) -> RefusedCall:
    text = MISSING.get((method, name)) or MISSING_ANYWHERE.get(name) or f"{name} is empty"
    return bad_request(text)


def _from_wire(value: Any, types: list[str], where: str) -> Any:
    """A value of a form is text: numbers, truth and objects are read out of it. In a JSON body each has its type."""
    if isinstance(value, Upload):
        if "InputFile" in types:
            return value
        raise bad_request(f"{where} must not be a file")
    if not isinstance(value, str):
        return _typed(value, types, where)
    if "Integer" in types and re.fullmatch(r"-?\d+", value):
        return int(value)
    if "String" in types or "InputFile" in types:
        return value
    if types == ["Boolean"] and value.lower() in ("true", "false", "1", "0"):
        return value.lower() in ("true", "1")
    try:
        return _typed(json.loads(value), types, where)
    except ValueError:
        raise bad_request(f"{where} must be {' or '.join(types)}") from None


def _typed(value: Any, types: list[str], where: str) -> Any:
    refusals = []
    for kind in types:
        try:
            return _as_one(value, kind, where)
        except RefusedCall as refusal:
            refusals.append(refusal)
    # of several refusals the one about the inside of the object says most
    raise max(refusals, key=lambda refusal: len(refusal.description))


def _as_one(value: Any, kind: str, where: str) -> Any:
    if kind.startswith("Array of "):
        if not isinstance(value, list):
            raise bad_request(f"{where} must be an {kind}")
        inner = kind.removeprefix("Array of ")
        return [_as_one(item, inner, f"{where}[{index}]") for index, item in enumerate(value)]
    if kind in botapi()["unions"]:
        return _member_of_union(value, kind, where)
    if kind in botapi()["objects"] and kind != "InputFile":
        return _object(value, kind, where)
    if not _is_simple(value, kind):
        raise bad_request(f"{where} must be {kind}")
    return value


def _is_simple(value: Any, kind: str) -> bool:
    match kind:
        case "Integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "Float":
            return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        case "Boolean" | "True":
            return isinstance(value, bool)
        case _:
            return isinstance(value, str)


def _object(value: Any, kind: str, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise bad_request(f"{where} must be {kind}")
    fields: dict[str, str] = botapi()["objects"][kind]
    if unknown := sorted(value.keys() - fields.keys()):
        raise bad_request(f"unknown field '{unknown[0]}' of {kind} in {where}")
    checked = {}
    for name, types in fields.items():
        if value.get(name) is not None:
            checked[name] = _typed(value[name], types.removesuffix("!").split("|"), f"{where}.{name}")
        elif types.endswith("!"):
            raise bad_request(f"{where} has no '{name}', which {kind} must have")
    return checked


def _member_of_union(value: Any, union: str, where: str) -> dict[str, Any]:
    members: list[str] = botapi()["unions"][union]
    kinds: dict[str, str] = botapi()["kinds"]
    if not isinstance(value, dict):
        raise bad_request(f"{where} must be {union}")
    named = [member for member in members if kinds.get(member) in (None, value.get("type"))]
    if not named:
        raise bad_request(f"{where} has the type '{value.get('type')}', which {union} does not know")
    checked: dict[str, Any] = _typed(value, named, where)
    return checked


def write_extract(published: Path) -> None:
    """Renews `botapi.json` when Telegram publishes a new version: python -c 'import ...; write_extract(Path(...))'."""
    EXTRACT.write_text(json.dumps(extract(json.loads(published.read_text())), indent=0, ensure_ascii=False) + "\n")

"""Files in messages: where they come from and how a Message describes them."""

from typing import Any

from simulator.calls import Asked
from simulator.refusal import RefusedCall, bad_request
from simulator.spec import Upload
from simulator.telegram import File, Telegram

UPLOAD_LIMIT = 50 * 1024 * 1024
PHOTO_LIMIT = 10 * 1024 * 1024
DOWNLOAD_LIMIT = 20 * 1024 * 1024

KINDS = ("photo", "document", "video", "audio", "voice", "animation", "video_note", "sticker")
SUFFIXES = {
    "photo": ".jpg",
    "video": ".mp4",
    "animation": ".mp4",
    "video_note": ".mp4",
    "voice": ".oga",
    "audio": ".mp3",
}
MIME_TYPES = {
    "photo": "image/jpeg",
    "video": "video/mp4",
    "animation": "video/mp4",
    "voice": "audio/ogg",
    "audio": "audio/mpeg",
    "video_note": "video/mp4",
    "sticker": "image/webp",
}
# what the documentation says of the fields that the sender may give
SENDERS_FIELDS: dict[str, dict[str, Any]] = {
    "video": {"width": 640, "height": 480, "duration": 1},
    "animation": {"width": 320, "height": 240, "duration": 1},
    "audio": {"duration": 1, "performer": None, "title": None},
    "voice": {"duration": 1},
    "video_note": {"length": 240, "duration": 1},
    "sticker": {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False, "emoji": "🙂"},
}


def content_of(asked: Asked, kind: str, given: dict[str, Any], field: str) -> dict[str, Any]:
    """The part of a Message that shows the file named in `given[field]`: an upload, `attach://…` or a file_id."""
    value = given.get(field)
    if isinstance(value, str) and value.startswith("attach://"):
        value = asked.get(value.removeprefix("attach://"))
        if not isinstance(value, Upload):
            raise bad_request(f"there is no {kind.replace('_', ' ')} in the request")
    if isinstance(value, Upload):
        return _uploaded(asked.telegram, kind, value, given)
    if str(value).startswith(("http://", "https://")):
        raise RefusedCall(501, "the simulator does not play files by HTTP URL")
    file = asked.telegram.files.get(str(value))
    if file is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    if file.kind != kind and not (kind == "document" and file.kind in ("video", "audio", "animation")):
        raise bad_request(f"can't use file of type {file.kind.title()} as {kind.title()}")
    return dict(file.shown)


def _uploaded(telegram: Telegram, kind: str, upload: Upload, given: dict[str, Any]) -> dict[str, Any]:
    if not upload.content:
        raise bad_request("file must be non-empty")
    if len(upload.content) > UPLOAD_LIMIT:
        raise RefusedCall(413, "Request Entity Too Large")
    if kind == "photo" and len(upload.content) > PHOTO_LIMIT:
        size = len(upload.content)
        raise bad_request(f"file of size {size} bytes is too big for a photo; the maximum size is {PHOTO_LIMIT} bytes")
    return keep(telegram, kind, upload.content, upload.name, upload.mime_type, given=given)


def keep(
    telegram: Telegram,
    kind: str,
    content: bytes,
    name: str = "",
    mime_type: str = "",
    size: int | None = None,
    given: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Stores a file and returns the part of a Message that shows it: `{"document": {…}}`."""
    if kind == "photo":
        return _photo(telegram, content, size)
    name = name or f"file{SUFFIXES.get(kind, '')}"
    mime_type = MIME_TYPES.get(kind, "") if kind != "document" else mime_type
    file = telegram.keep_file(content, name, mime_type, kind, size)
    described = _described(file)
    for field, default in SENDERS_FIELDS.get(kind, {}).items():
        value = (given or {}).get(field) or default
        if value is not None:
            described[field] = value
    if kind in ("document", "audio", "video", "animation"):
        described["file_name"] = file.name
    if kind not in ("sticker", "video_note"):
        described["mime_type"] = file.mime_type
    # an animation is shown as a document as well, for the sake of old programs
    file.shown = {kind: described} | ({"document": _described(file)} if kind == "animation" else {})
    return dict(file.shown)


def _described(file: File) -> dict[str, Any]:
    return {"file_id": file.file_id, "file_unique_id": file.file_unique_id, "file_size": file.size}


def _photo(telegram: Telegram, content: bytes, size: int | None) -> dict[str, Any]:
    """A photo has several sizes, each a file of its own; the largest is the last."""
    sizes, files = [], []
    full = len(content) if size is None else size
    for width, share in ((90, 20), (320, 4), (800, 1)):
        file = telegram.keep_file(content, "photo.jpg", "image/jpeg", "photo", max(full // share, 1))
        sizes.append({**_described(file), "width": width, "height": width * 3 // 4})
        files.append(file)
    for file in files:
        file.shown = {"photo": sizes}
    return {"photo": sizes}

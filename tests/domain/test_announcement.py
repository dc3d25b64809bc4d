"""What is said to whom, and what may be done with it when, as tables."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.announcement import (
    EVERYBODY,
    Announcement,
    Audience,
    Content,
    Deed,
    Piece,
    Reached,
    State,
    Tally,
    To,
    deeds_for,
    ended,
    first_state,
    seconds_for,
    sendable,
)
from domain.draft import Attachment, AttachmentKind, utf16_length
from domain.people import Language, Names, Official, Person, Representative, RepresentativeState

KK, RU, EN = Language.KK, Language.RU, Language.EN
NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
PHOTO = Attachment(AttachmentKind.PHOTO, 5, "file")
SAULE, TIMUR = 1, 2


def content(*keys: str) -> Content:
    made = Content()
    for n, key in enumerate(keys):
        made = made.write(key, Piece(n, f"text {key}"))
    return made


@pytest.mark.parametrize(
    ("written", "given"),
    [
        ([EVERYBODY], {KK: EVERYBODY, RU: EVERYBODY, EN: EVERYBODY}),
        ([EVERYBODY, KK], {KK: KK, RU: EVERYBODY, EN: EVERYBODY}),
        ([KK, RU, EN], {KK: KK, RU: RU, EN: EN}),
        ([KK, RU], {KK: KK, RU: RU, EN: RU}),
        ([EN, KK], {KK: KK, RU: KK, EN: EN}),
        ([EN], {KK: EN, RU: EN, EN: EN}),
    ],
)
def test_everybody_gets_the_text_of_their_language_or_the_nearest(
    written: list[str], given: dict[Language, str]
) -> None:
    made = content(*written)
    assert {language: made.key_for(language) for language in Language} == given
    assert all(made.for_(language).text == f"text {key}" for language, key in given.items())


def test_formatting_moves_with_its_piece() -> None:
    made = Content().write("", Piece(1, "😀 first", ({"type": "bold", "offset": 3, "length": 5},)))
    made = made.write("", Piece(2, "second", ({"type": "italic", "offset": 0, "length": 6},)))
    made = made.write("", Piece(1, "😀😀 first", ({"type": "bold", "offset": 5, "length": 5},)))
    text = made.for_(RU)
    assert text.text == "😀😀 first\n\nsecond"
    assert [(e["type"], e["offset"], e["length"]) for e in text.entities] == [("bold", 5, 5), ("italic", 12, 6)]


@given(st.text())
def test_what_telegram_takes_from_nobody_goes_and_no_place_moves(text: str) -> None:
    sent = sendable(text)
    assert utf16_length(sent) == utf16_length(text)
    assert sent.encode() is not None, "no lone surrogate is left"
    assert "\0" not in sent


@pytest.mark.parametrize(
    ("units", "media", "fits"),
    [(4096, None, True), (4097, None, False), (1024, PHOTO, True), (1025, PHOTO, False)],
)
def test_a_text_is_as_long_as_telegram_takes_it(units: int, media: Attachment | None, fits: bool) -> None:
    made = Content(media=media).write("", Piece(1, "я" * units))
    assert made.too_long == ([] if fits else [EVERYBODY])
    made = Content(media=media).write("", Piece(1, "😀" * (units // 2) + "я" * (units % 2)))
    assert made.too_long == ([] if fits else [EVERYBODY])


def test_it_comes_back_from_storage_as_it_was() -> None:
    made = Content(media=PHOTO).write(KK, Piece(7, "мәтін", ({"type": "bold", "offset": 0, "length": 5},)))
    assert Content.from_json(made.to_json()) == made
    whom = Audience(To.NGOS, ("youth",), RepresentativeState.VERIFIED, (3,), ("youth", "other"))
    assert Audience.from_json(whom.to_json()) == whom
    assert whom.with_field("culture").with_field("youth").fields == ("culture",)


def _representative(state: RepresentativeState) -> Person:
    return Person(9, "Aigerim", RU, representative=Representative(4, "Парасат", state, True))


def _official(department_id: int) -> Person:
    return Person(9, "Daniyar", RU, official=Official(department_id, Names("", "", ""), False, "", ""))


VERIFIED, WAITING, DECLINED = RepresentativeState.VERIFIED, RepresentativeState.WAITING, RepresentativeState.DECLINED
NOBODY = Person(9, "Guest", RU)


@pytest.mark.parametrize(
    ("audience", "person", "has"),
    [
        (Audience(), _representative(VERIFIED), True),
        (Audience(), _representative(WAITING), True),
        (Audience(), _representative(DECLINED), False),
        (Audience(), NOBODY, False),
        (Audience(), _official(3), False),
        (Audience(state=VERIFIED), _representative(WAITING), False),
        (Audience(state=VERIFIED), _representative(VERIFIED), True),
        (Audience(state=WAITING), _representative(VERIFIED), True),  # approved meanwhile: it was for them
        (Audience(To.OFFICIALS), _official(3), True),
        (Audience(To.OFFICIALS, departments=(3, 4)), _official(3), True),
        (Audience(To.OFFICIALS, departments=(4,)), _official(3), False),
        (Audience(To.OFFICIALS), _representative(VERIFIED), False),
    ],
)
def test_who_is_still_among_those_it_is_for(audience: Audience, person: Person, has: bool) -> None:
    assert audience.still_has(person) is has


def _announcement(state: State) -> Announcement:
    return Announcement(
        1, state, content(""), Audience(), SAULE, "Saule", None, SAULE, NOW, None, NOW, None, version=1, round=1
    )


NONE = Tally()
ALL = Tally(3, {Reached.DELIVERED: 3})
SOME = Tally(3, {Reached.DELIVERED: 1, Reached.BLOCKED: 1, Reached.STOPPED: 1})
UNCLEAR = Tally(1, {Reached.UNCLEAR: 1})
GONE = Tally(3, {Reached.DELIVERED: 3}, taken_back=3)
REPEAT, CORRECT, TAKE_BACK = Deed.REPEAT, Deed.CORRECT, Deed.TAKE_BACK


@pytest.mark.parametrize(
    ("state", "tally", "who", "deeds"),
    [
        (State.WAITING, NONE, SAULE, [Deed.CANCEL]),
        (State.WAITING, NONE, TIMUR, [Deed.APPROVE, Deed.CANCEL]),
        (State.SCHEDULED, NONE, TIMUR, [Deed.CANCEL]),
        (State.SENDING, SOME, TIMUR, [Deed.STOP]),
        (State.STOPPING, SOME, SAULE, []),
        (State.CORRECTING, ALL, SAULE, [Deed.STOP]),
        (State.TAKING_BACK, ALL, SAULE, [Deed.STOP]),
        (State.SENT, ALL, SAULE, [CORRECT, TAKE_BACK]),
        (State.SENT, SOME, SAULE, [REPEAT, CORRECT, TAKE_BACK]),
        (State.SENT, UNCLEAR, SAULE, [REPEAT]),
        (State.SENT, NONE, SAULE, []),
        (State.STOPPED, SOME, TIMUR, [REPEAT, CORRECT, TAKE_BACK]),
        (State.TAKEN_BACK, GONE, SAULE, []),
        (State.CANCELLED, NONE, SAULE, []),
    ],
)
def test_what_may_be_done_with_it(state: State, tally: Tally, who: int, deeds: list[Deed]) -> None:
    assert deeds_for(_announcement(state), tally, who) == deeds


@pytest.mark.parametrize(
    ("going", "tally", "rests"),
    [
        (State.SENDING, ALL, State.SENT),
        (State.STOPPING, SOME, State.STOPPED),
        (State.CORRECTING, SOME, State.STOPPED),
        (State.CORRECTING, ALL, State.SENT),
        (State.TAKING_BACK, GONE, State.TAKEN_BACK),
        (State.STOPPING, GONE, State.TAKEN_BACK),
    ],
)
def test_where_it_rests_when_it_has_ended(going: State, tally: Tally, rests: State) -> None:
    assert ended(going, tally) is rests


@pytest.mark.parametrize(
    ("consent", "in_hours", "state"),
    [(True, 5, State.WAITING), (False, 5, State.SCHEDULED), (False, -1, State.SENDING), (False, 0, State.SENDING)],
)
def test_where_it_begins(consent: bool, in_hours: int, state: State) -> None:
    send_at = NOW + timedelta(hours=in_hours) if in_hours else None
    assert first_state(consent=consent, send_at=send_at, now=NOW) is state


@pytest.mark.parametrize(("people", "seconds"), [(0, 0), (1, 1), (312, 12), (2000, 72)])
def test_how_long_it_takes(people: int, seconds: int) -> None:
    assert seconds_for(people) == seconds

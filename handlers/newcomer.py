"""First contact: language, consent, and who the person is; invitations by link."""

from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup

from domain.draft import one_line
from domain.people import (
    CONSENT_VERSION,
    Invitation,
    Language,
    Organization,
    OrganizationState,
    RepresentativeState,
    Role,
)
from domain.register import (
    BadBin,
    BinChecksumFails,
    BinHasLetters,
    BinHasWrongLength,
    BinHasWrongShape,
    BinIsAPerson,
    parse_bin,
)
from handlers import everyone, keyboards
from handlers.speech import Button
from handlers.turn import Turn
from storage import departments, forms, inbox, invitations, outbox, people, register
from texts import N_, Words
from texts.labels import FIELDS

_MATCHES = 5


async def start(turn: Turn) -> None:
    """`/start`, perhaps with an invitation's code behind it."""
    remembered = await forms.find(turn.db, turn.person.id, "start")
    data = remembered.data if remembered else {}
    if code := " ".join(turn.args):
        await inbox.mask(turn.db, turn.update_id, code)
        found = await _invitation_of_code(turn, code)
        if found is None and turn.person.consented:
            return
        data = {"invitation": found} if found else {}
    await proceed(turn, data)


async def _invitation_of_code(turn: Turn, code: str) -> str | None:
    """The fingerprint of a code that opens something; else a sentence that says why it does not."""
    until = await invitations.slowed(turn.db, turn.person.id)
    if until and turn.now < until:
        turn.reply(_slowed(turn, until))
        return None
    fingerprint = invitations.fingerprint(code)
    found = await invitations.find(turn.db, fingerprint)
    if found and found.works(turn.now):
        return fingerprint
    turn.reply(_useless_invitation(turn))
    if found is None:
        await _guessed(turn)
    return None


def _slowed(turn: Turn, until: datetime) -> Markup:
    return turn.say(
        "Too many invitations that do not exist came from you. The next one is looked at after {when}.",
        when=turn.words.moment(until),
    )


async def _guessed(turn: Turn) -> None:
    """A code that no invitation bears is counted; when they are too many, administrators hear of it once a day."""
    until = await invitations.note_wrong_code(turn.db, turn.person.id, turn.now)
    if until is None:
        return
    turn.reply(_slowed(turn, until))
    facts = {"person": turn.person.id, "until": until.isoformat()}
    for admin_id in await people.admin_ids(turn.db):
        key = f"guessing {turn.person.id} {turn.city.today(turn.now)} {admin_id}"
        await outbox.say(turn.db, admin_id, "guessing", facts, turn.now, key=key)


async def proceed(turn: Turn, data: dict[str, str], *, just_agreed: bool = False) -> None:
    """Ask for whatever is still missing before this person can be served: language, consent, who they are."""
    person = turn.person
    if person.language is None:
        await turn.wait_for("start", "language", data)
        ask_language(turn)
    elif not person.consented:
        await turn.wait_for("start", "consent", data)
        ask_consent(turn)
    elif "invitation" in data:
        await forms.drop(turn.db, person.id, "start")
        await accept(turn, data["invitation"])
    elif person.speaks_for_ngo or person.official or person.is_admin or person.is_deputy_mayor:
        await forms.drop(turn.db, person.id, "start")
        everyone.greet(turn)
    else:
        await turn.wait_for("start", "who", data)
        ask_who(turn, just_agreed=just_agreed)


async def button_wanted(turn: Turn) -> None:
    """Something was typed or sent where only a button answers."""
    turn.reply(turn.say("Please answer with one of the buttons below."))
    await start(turn)


def ask_language(turn: Turn) -> None:
    """The first message is in all three languages: the person's own is not known yet."""
    hello = [
        Words(language, turn.city.zone).say("Köpir: NGOs ask, the city answers. Choose the language.")
        for language in Language
    ]
    try:
        first = Language(turn.said.telegram_language[:2])
    except ValueError:
        first = None
    turn.reply(*hello, keyboard=keyboards.languages(first))


async def language_asked(turn: Turn) -> None:
    ask_language(turn)


async def speaks(turn: Turn) -> bool:
    """The chosen language, from now on. True for somebody who may have been in the midst of something."""
    chosen = {v.casefold(): k for k, v in keyboards.LANGUAGES.items()}
    try:
        language = Language(turn.args[0]) if turn.args else chosen[turn.text.casefold()]
    except (ValueError, KeyError):
        ask_language(turn)
        return False
    await people.set_language(turn.db, turn.person.id, language)
    await turn.refresh()
    if turn.person.consented:
        turn.reply(turn.say("I will speak English from now on."))
        return True
    waiting = await forms.find(turn.db, turn.person.id, "start")
    await proceed(turn, waiting.data if waiting else {})
    return False


def ask_consent(turn: Turn) -> None:
    """What this is, what it is not, and everything art. 8 of the personal-data law wants to be said."""
    operator = turn.city.operator or turn.say("the internal-policy department of the city of {city}", city=_city(turn))
    if turn.city.operator_bin:
        operator = turn.say("{operator}, BIN {bin}", operator=operator, bin=turn.city.operator_bin)
    turn.reply(
        turn.say(
            "<b>Köpir</b> carries questions, proposals, requests for help and thanks of NGOs to the departments of "
            "the city of {city}. Each gets a number, a date and an answer.",
            city=_city(turn),
        ),
        turn.say(
            "It is a channel of dialogue and does not replace formal appeals: "
            "those are filed through e-Otinish (eotinish.kz)."
        ),
        turn.say(
            "<b>Consent to the processing of personal data</b>, version {version}\n"
            "Operator: {operator}.\n"
            "Purpose: to register what you send, to answer it, and to tell you about it.\n"
            "Kept: your Telegram number and name, your language, the NGO you speak for, what you write and attach.\n"
            "How long: until you delete it with /forget; what was asked in the name of an NGO stays with the NGO, "
            "without your name.\n"
            "Who sees it: the department that answers and the administrators; no third parties.\n"
            "Abroad: messages pass through Telegram, whose servers are outside Kazakhstan.\n"
            "Publication: questions that you allow to be published, and their answers, "
            "may appear without personal data.",
            version=CONSENT_VERSION,
            operator=operator,
        ),
        keyboard=keyboards.labelled(turn.words, ("agree", f"agree:{CONSENT_VERSION}"), ("disagree", "disagree")),
    )


_CITIES = {"Pavlodar": N_("Pavlodar")}


def _city(turn: Turn) -> Markup:
    """The city's name in the person's language; a city we have no translation for is named as in the settings."""
    return turn.say(_CITIES[turn.city.name]) if turn.city.name in _CITIES else Markup.escape(turn.city.name)


async def agreed(turn: Turn) -> None:
    if turn.args and turn.args[0] != CONSENT_VERSION:
        ask_consent(turn)  # an old message's button: the text has changed since
        return
    just_agreed = not turn.person.consented
    if just_agreed:
        await people.agree(turn.db, turn.person.id, CONSENT_VERSION, turn.language, turn.now)
        await turn.refresh()
    elif turn.form and turn.form.name == "register":
        await register_again(turn)  # an old message's button: what is being filled in goes on
        return
    waiting = await forms.find(turn.db, turn.person.id, "start")
    await proceed(turn, waiting.data if waiting else {}, just_agreed=just_agreed)


async def disagreed(turn: Turn) -> None:
    if turn.person.consented:
        turn.reply(turn.say("You agreed before. To withdraw the consent and delete your data: /forget"))
        return
    turn.reply(
        turn.say("Without consent nothing can be sent: you may read /help. If you change your mind, press /start.")
    )


def ask_who(turn: Turn, *, just_agreed: bool) -> None:
    thanks = [turn.say("Thank you, the consent is stored.")] if just_agreed else []
    turn.reply(
        *thanks,
        turn.say("Who are you?"),
        keyboard=keyboards.labelled(turn.words, ("i_am_ngo", "i_am_ngo"), ("somebody_else", "somebody_else"), width=1),
    )


async def somebody_else(turn: Turn) -> None:
    """Somebody who is no NGO is told whom the channel is for and where to turn."""
    turn.reply(
        turn.say(
            "This channel is for NGOs of the city. A citizen's or a company's appeal is filed through "
            "e-Otinish (eotinish.kz); city services and accidents: call 109."
        ),
        turn.say("If you do speak for an NGO after all, press the button."),
        keyboard=keyboards.labelled(turn.words, ("i_am_ngo", "i_am_ngo")),
    )


async def for_ngos_only(turn: Turn) -> None:
    """Asking needs an NGO to ask for."""
    turn.reply(
        turn.say("Questions are asked in the name of an NGO. If you represent one, press the button."),
        keyboard=keyboards.labelled(turn.words, ("i_am_ngo", "i_am_ngo"), ("somebody_else", "somebody_else"), width=1),
    )


async def i_am_ngo(turn: Turn) -> None:
    if turn.person.organization_id is not None:
        everyone.greet(turn)
        return
    await forms.drop(turn.db, turn.person.id, "start")
    await turn.wait_for("register", "search", {})
    turn.reply(
        turn.say("Type the name of your NGO or a part of it, or its BIN (12 digits)."), keyboard=_matches(turn, [])
    )


async def register_again(turn: Turn) -> None:
    """What is still missing, asked once more."""
    step, data = (turn.form.step, turn.form.data) if turn.form else ("", {})
    match step:
        case "name":
            await not_in_list(turn)
        case "bin":
            _ask_bin(turn)
        case "field":
            await _ask_field(turn, data.get("bin"))
        case _:
            await i_am_ngo(turn)


_DIGITS_OF_A_BIN, _SLIPS = 9, 2
"""So many digits and so few letters (an O for a zero) are a BIN that was meant, not a name."""


async def search(turn: Turn) -> None:
    """A name or a BIN was typed: up to five of the register as buttons."""
    typed = one_line(turn.text, 300)
    if not typed:
        turn.reply(turn.say("Please type the name of the NGO in words, or its BIN."))
        return
    if sum(c.isdigit() for c in typed) >= _DIGITS_OF_A_BIN and sum(c.isalpha() for c in typed) <= _SLIPS:
        await _search_bin(turn, typed)
        return
    found = await register.search(turn.db, typed, _MATCHES)
    await turn.wait_for("register", "search", {"name": typed})
    if found:
        turn.reply(turn.say("Which one is yours?"), keyboard=_matches(turn, found))
    else:
        turn.reply(
            turn.say("Nothing like «{name}» is in the register. Type it otherwise, or press the button.", name=typed),
            keyboard=_matches(turn, []),
        )


async def _search_bin(turn: Turn, typed: str) -> None:
    try:
        bin_ = parse_bin(typed)
    except BadBin as error:
        turn.reply(_what_is_wrong(turn, error), keyboard=_matches(turn, []))
        return
    found = await register.by_bin(turn.db, bin_)
    await turn.wait_for("register", "search", {} if found else {"bin": bin_})
    if found:
        turn.reply(turn.say("Is this your NGO?"), keyboard=_matches(turn, [found]))
    else:
        turn.reply(
            turn.say("There is no NGO with the BIN {bin} in the register.", bin=bin_), keyboard=_matches(turn, [])
        )


def _matches(turn: Turn, found: Sequence[Organization]) -> list[list[Button]]:
    choice = [[Button(o.name, f"organization:{o.id}")] for o in found]
    return [*choice, [turn.button("not_in_list", "not_in_list")]]


_WRONG_BIN: dict[type[BadBin], str] = {
    BinHasLetters: N_("A BIN has only the digits 0 to 9, with spaces or dashes between them."),
    BinHasWrongLength: N_("A BIN has twelve digits."),
    BinIsAPerson: N_("These twelve digits look like a person's IIN; the BIN of the organisation is needed."),
    BinHasWrongShape: N_("A BIN begins with the year and month of registration, then 4, 5 or 6, then 0 to 3."),
    BinChecksumFails: N_("The last digit does not fit the others: one of them is mistyped."),
}


def _what_is_wrong(turn: Turn, error: BadBin) -> Markup:
    return turn.say("{fault} Check it and type it again.", fault=turn.say(_WRONG_BIN[type(error)]))


async def organization_chosen(turn: Turn) -> None:
    found = await register.standing(turn.db, turn.id_at())
    if found is None:
        await i_am_ngo(turn)
        return
    await _wait_for_approval(turn, found)


async def not_in_list(turn: Turn) -> None:
    await turn.wait_for("register", "name")
    turn.reply(turn.say("Type the full name of your NGO as it is registered."))


async def name_typed(turn: Turn) -> None:
    name = one_line(turn.text, 300)
    if not any(c.isalpha() for c in name):
        turn.reply(turn.say("Please type the name of the NGO in words."))
        return
    known = turn.form.data if turn.form else {}
    await turn.wait_for("register", "bin", known | {"name": name})
    if known.get("bin"):  # typed when the register was searched
        await _ask_field(turn, known["bin"])
        return
    _ask_bin(turn)


def _ask_bin(turn: Turn) -> None:
    turn.reply(
        turn.say("The BIN of the NGO: 12 digits. If you do not have it at hand, press «{skip}».", skip=_skip(turn)),
        keyboard=keyboards.labelled(turn.words, ("skip", "skip_bin")),
    )


def _skip(turn: Turn) -> str:
    return turn.words.label("skip")


async def bin_typed(turn: Turn) -> None:
    try:
        bin_ = parse_bin(turn.text)
    except BadBin as error:
        turn.reply(_what_is_wrong(turn, error), keyboard=keyboards.labelled(turn.words, ("skip", "skip_bin")))
        return
    if known := await register.by_bin(turn.db, bin_):
        await turn.wait_for("register", "search", {})
        turn.reply(turn.say("This BIN is in the register already. Is this your NGO?"), keyboard=_matches(turn, [known]))
        return
    await _ask_field(turn, bin_)


async def bin_skipped(turn: Turn) -> None:
    await _ask_field(turn, None)


async def _ask_field(turn: Turn, bin_: str | None) -> None:
    known = turn.form.data if turn.form else {}
    await turn.wait_for("register", "field", known | {"bin": bin_})
    turn.reply(
        turn.say("What is the NGO's field of work? Choose one or type it."), keyboard=keyboards.fields(turn.words)
    )


async def field_chosen(turn: Turn) -> None:
    """By a button, or typed in the person's own words."""
    field = turn.args[0] if turn.args and turn.args[0] in FIELDS else one_line(turn.text, 100)
    if not any(c.isalpha() for c in field):
        turn.reply(turn.say("Please type the field of work in words."), keyboard=keyboards.fields(turn.words))
        return
    data = turn.form.data if turn.form else {}
    if data.get("bin") and (known := await register.by_bin(turn.db, data["bin"])):
        await _wait_for_approval(turn, known)  # a colleague was quicker
        return
    organization_id = await register.enter(
        turn.db, data["name"], data.get("bin"), field, OrganizationState.PROPOSED, turn.now
    )
    entered = await register.by_id(turn.db, organization_id)
    if entered:
        await _wait_for_approval(turn, entered)


async def _wait_for_approval(turn: Turn, organization: Organization) -> None:
    if turn.person.organization_id is not None:
        everyone.greet(turn)  # an old button of somebody verified since
        return
    await people.represent(turn.db, turn.person.id, organization.id, RepresentativeState.WAITING, turn.now)
    await forms.drop(turn.db, turn.person.id, "register")
    turn.form = None
    for admin_id in await people.admin_ids(turn.db):
        key = f"applicant {turn.person.id} {organization.id} {turn.now.timestamp()} {admin_id}"
        await outbox.say(turn.db, admin_id, "applicant", {"person": turn.person.id}, turn.now, key=key)
    turn.reply(
        turn.say("You are entered as a representative of «{name}».", name=organization.name),
        turn.say(
            "An administrator will approve it. You need not wait: you may ask at once, /ask. "
            "Until then the card says “not verified yet”."
        ),
    )


async def _invitation(turn: Turn, fingerprint: str) -> Invitation | None:
    found = await invitations.find(turn.db, fingerprint)
    return found if found and found.works(turn.now) else None


def _useless_invitation(turn: Turn) -> Markup:
    return turn.say("This invitation does not work: it was used, has expired or was withdrawn. Ask for a new one.")


async def accept(turn: Turn, fingerprint: str) -> None:
    """The link makes the person at once what it was made for. Races another person with the same link."""
    found = await _invitation(turn, fingerprint)
    if found is None or not await invitations.use(turn.db, found.id, turn.person.id, turn.now):
        turn.reply(_useless_invitation(turn))
        return
    person_id = turn.person.id
    maker = await invitations.maker(turn.db, found.id)
    if maker is not None and maker != person_id:
        key = f"invitation_used {found.id} {maker}"
        await outbox.say(turn.db, maker, "invitation_used", {"invitation": found.id}, turn.now, key=key)
    await turn.audit("invitation used", f"invitation {found.id}", after=f"{found.role}, person {person_id}")
    match found.role:
        case Role.REPRESENTATIVE if found.organization_id is not None:
            state = RepresentativeState.VERIFIED
            await people.represent(turn.db, person_id, found.organization_id, state, turn.now)
        case Role.OFFICIAL | Role.HEAD if found.department_id is not None:
            await people.serve_in(turn.db, person_id, found.department_id, found.role is Role.HEAD, turn.now)
        case Role.DEPUTY_MAYOR:
            await people.make_deputy_mayor(turn.db, person_id, turn.now)
        case _:
            await people.make_admin(turn.db, person_id, turn.now)
    await turn.refresh()
    await _welcome(turn, found)


async def _welcome(turn: Turn, invitation: Invitation) -> None:
    if turn.person.official and invitation.role in (Role.OFFICIAL, Role.HEAD):
        department = await departments.department(turn.db, turn.person.official.department_id)
        name = department.names.in_(turn.language) if department else ""
        await turn.wait_for("introduce", "name", {})
        turn.reply(
            turn.say("You now answer for «{department}». Your list: /inbox", department=name),
            turn.say(
                "NGOs will see who is responsible. Type your surname, initials and post in one message, "
                "for example: Akhmetov A. B., chief specialist."
            ),
            keyboard=keyboards.labelled(turn.words, ("skip", "skip_introduction")),
        )
    elif turn.person.representative and invitation.role is Role.REPRESENTATIVE:
        name = turn.person.representative.organization_name
        turn.reply(turn.say("You now speak for «{name}»: you see and continue its questions. /ask /my", name=name))
    elif invitation.role is Role.DEPUTY_MAYOR:
        turn.reply(turn.say("You are now told of what is long overdue. Typing a number shows the question."))
    else:
        turn.reply(turn.say("You are now an administrator. /admin"))


async def introduced(turn: Turn) -> None:
    """`Akhmetov A. B., chief specialist`: what stands before the first comma that a post follows is the name."""
    name, _, post = one_line(turn.text, 200).partition(",")
    if not any(c.isalpha() for c in name):
        turn.reply(turn.say("Please type your surname, initials and post in words."))
        return
    await people.introduce(turn.db, turn.person.id, one_line(name, 130), one_line(post, 130))
    await turn.finish()
    turn.reply(turn.say("NGOs will read: {who}. Your list: /inbox", who=one_line(turn.text, 200)))


async def introduction_skipped(turn: Turn) -> None:
    await turn.finish()
    turn.reply(turn.say("NGOs will read your name as in Telegram. Your list: /inbox"))

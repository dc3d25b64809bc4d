"""People and what they are: language, consent, the NGO or department they speak for."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, exists, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.people import (
    Language,
    Names,
    Official,
    OrganizationState,
    Person,
    Representative,
    RepresentativeState,
    Wants,
)
from domain.question import CITY_ONLY, OPEN, Action, Status
from storage import leaves
from storage.database import insert
from storage.prepared import prepared
from storage.tables import (
    admins,
    attachments,
    consents,
    departments,
    deputy_mayors,
    entries,
    forms,
    imports,
    inbox,
    officials,
    organizations,
    outbox,
    people,
    promise_entries,
    promises,
    question_messages,
    questions,
    recipients,
    representatives,
    wrong_codes,
)
from storage.tables import leaves as leaves_table

_CONSENT = (
    select(consents.c.version)
    .where(consents.c.person_id == people.c.id)
    .order_by(consents.c.id.desc())
    .limit(1)
    .scalar_subquery()
)

_PEOPLE = (
    select(
        people,
        _CONSENT.label("consent"),
        representatives.c.organization_id,
        representatives.c.state.label("representative_state"),
        representatives.c.is_head.label("leads_ngo"),
        representatives.c.reason.label("representative_reason"),
        organizations.c.name.label("organization_name"),
        organizations.c.state.label("organization_state"),
        officials.c.department_id,
        officials.c.is_head.label("leads_department"),
        officials.c.name.label("official_name"),
        officials.c.post,
        departments.c.name_en,
        departments.c.name_ru,
        departments.c.name_kk,
        exists(select(literal(1)).where(admins.c.person_id == people.c.id)).label("is_admin"),
        exists(select(literal(1)).where(deputy_mayors.c.person_id == people.c.id)).label("is_deputy_mayor"),
        exists(select(literal(1)).select_from(leaves_table)).label("somebody_is_away"),
    )
    .select_from(people)
    .outerjoin(representatives, representatives.c.person_id == people.c.id)
    .outerjoin(organizations, organizations.c.id == representatives.c.organization_id)
    .outerjoin(officials, officials.c.person_id == people.c.id)
    .outerjoin(departments, departments.c.id == officials.c.department_id)
)


_PERSON = prepared(_PEOPLE.where(people.c.id == bindparam("person")))
_CHOICES = prepared(select(people.c.choices).where(people.c.id == bindparam("person")))
_REMEMBER = prepared(update(people).where(people.c.id == bindparam("person")).values(choices=bindparam("stored")))


def _person(row: Row[Any]) -> Person:
    return Person(
        id=row.id,
        name=row.name,
        language=Language(row.language) if row.language else None,
        consent=row.consent,
        simple=row.simple,
        blocked=row.blocked_at is not None,
        representative=_representative(row),
        official=_official(row),
        is_admin=row.is_admin,
        is_deputy_mayor=row.is_deputy_mayor,
        wants=Wants(row.wants),
    )


def _representative(row: Row[Any]) -> Representative | None:
    if row.organization_id is None:
        return None
    state = RepresentativeState(row.representative_state)
    suspended = row.organization_state == OrganizationState.SUSPENDED
    reason = row.representative_reason
    return Representative(row.organization_id, row.organization_name, state, row.leads_ngo, suspended, reason)


def _official(row: Row[Any]) -> Official | None:
    if row.department_id is None:
        return None
    department = Names(row.name_en, row.name_ru, row.name_kk)
    return Official(row.department_id, department, row.leads_department, row.official_name, row.post)


async def load(db: AsyncConnection, person_id: int, now: datetime | None = None) -> Person | None:
    """With `now` an official is loaded with the colleagues they stand in for at that moment, else for nobody."""
    row = (await db.execute(_PERSON, {"person": person_id})).one_or_none()
    if row is None:
        return None
    person = _person(row)
    if now is None or person.official is None or not row.somebody_is_away:
        return person
    return await _standing_in(db, person, person.official.department_id, now)


async def _standing_in(db: AsyncConnection, person: Person, department_id: int, now: datetime) -> Person:
    chosen = await leaves.stand_ins(db, now, department_id)
    absent = frozenset(away for away, colleague in chosen.items() if colleague == person.id)
    if not absent:
        return person
    return replace(person, stands_in_for=absent, stands_in_for_head=await _head_of(db, department_id) in absent)


async def _head_of(db: AsyncConnection, department_id: int) -> int | None:
    query = select(officials.c.person_id).where(officials.c.department_id == department_id, officials.c.is_head)
    return await db.scalar(query)


async def load_many(db: AsyncConnection, person_ids: list[int]) -> list[Person]:
    """These people, in the order of their ids."""
    found = await db.execute(_PEOPLE.where(people.c.id.in_(person_ids)).order_by(people.c.id))
    return [_person(row) for row in found]


async def meet(db: AsyncConnection, person_id: int, name: str, now: datetime) -> Person:
    """The person, stored on the first message, under the name Telegram says now."""
    person = await load(db, person_id, now)
    if person is None:
        row = insert(db, people).values(id=person_id, name=name, created_at=now)
        await db.execute(row.on_conflict_do_nothing())
        return await load(db, person_id) or Person(person_id, name, None)
    if name and person.name != name:
        await db.execute(update(people).where(people.c.id == person_id).values(name=name))
    return person


async def set_language(db: AsyncConnection, person_id: int, language: Language) -> None:
    await db.execute(update(people).where(people.c.id == person_id).values(language=language))


async def set_simple(db: AsyncConnection, person_id: int, simple: bool) -> None:
    await db.execute(update(people).where(people.c.id == person_id).values(simple=simple))


async def set_blocked(db: AsyncConnection, person_id: int, at: datetime | None) -> None:
    await db.execute(update(people).where(people.c.id == person_id).values(blocked_at=at))


async def agree(db: AsyncConnection, person_id: int, version: str, language: Language, now: datetime) -> None:
    """Who, when, and which version of the text in which language (personal-data law, art. 8)."""
    await db.execute(consents.insert().values(person_id=person_id, version=version, language=language, at=now))


async def remember_choices(db: AsyncConnection, person_id: int, choices: list[tuple[str, str]]) -> None:
    """The keyboard shown last, so that typing its label or number presses the button."""
    await db.execute(_REMEMBER, {"person": person_id, "stored": json.dumps(choices) if choices else None})


async def choices(db: AsyncConnection, person_id: int) -> list[tuple[str, str]]:
    stored = await db.scalar(_CHOICES, {"person": person_id})
    return [(label, data) for label, data in json.loads(stored)] if stored else []


async def represent(
    db: AsyncConnection, person_id: int, organization_id: int, state: RepresentativeState, now: datetime
) -> None:
    """The person speaks for this NGO from now on; the first verified one becomes its head."""
    is_head = state is RepresentativeState.VERIFIED and await _is_first(db, organization_id)
    values = {
        "organization_id": organization_id,
        "state": state,
        "is_head": is_head,
        "since": now,
        "decided_by": None,
        "decided_at": None,
        "reason": "",
    }
    row = insert(db, representatives).values(person_id=person_id, **values)
    await db.execute(row.on_conflict_do_update(index_elements=["person_id"], set_=values))


async def _is_first(db: AsyncConnection, organization_id: int) -> bool:
    """No representative of this NGO is verified yet. Locked: a colleague may be approved at this moment."""
    here = select(organizations.c.id).where(organizations.c.id == organization_id)
    await db.execute(here.with_for_update(key_share=True))
    query = select(representatives.c.person_id).where(
        representatives.c.organization_id == organization_id,
        representatives.c.state == RepresentativeState.VERIFIED,
    )
    return (await db.execute(query.limit(1))).first() is None


async def decide(
    db: AsyncConnection, person_id: int, state: RepresentativeState, decided_by: int, now: datetime, reason: str = ""
) -> bool:
    """An administrator's word on a waiting person. False when nobody is waiting under this id (any more)."""
    organization = await db.scalar(
        select(representatives.c.organization_id)
        .where(representatives.c.person_id == person_id, representatives.c.state == RepresentativeState.WAITING)
        .with_for_update()
    )
    if organization is None:
        return False
    is_head = state is RepresentativeState.VERIFIED and await _is_first(db, organization)
    await db.execute(
        update(representatives)
        .where(representatives.c.person_id == person_id)
        .values(state=state, is_head=is_head, decided_by=decided_by, decided_at=now, reason=reason)
    )
    return True


async def waiting(db: AsyncConnection) -> list[Person]:
    """Those who wait for an administrator's word, the longest first."""
    query = _PEOPLE.where(representatives.c.state == RepresentativeState.WAITING)
    return [_person(row) for row in await db.execute(query.order_by(representatives.c.since).limit(50))]


async def serve_in(db: AsyncConnection, person_id: int, department_id: int, is_head: bool, now: datetime) -> None:
    """The person is an official of this department from now on; a new head takes the place of the old one.

    What they had taken in another department is free to be taken there again.
    """
    await release_questions(db, person_id, now, but_of=department_id)
    if is_head:
        await _without_a_head(db, department_id)
    values = {"department_id": department_id, "is_head": is_head, "since": now}
    row = insert(db, officials).values(person_id=person_id, **values)
    await db.execute(row.on_conflict_do_update(index_elements=["person_id"], set_=values))


async def _without_a_head(db: AsyncConnection, department_id: int) -> None:
    """Locked: two administrators may each choose a new head at this moment, and there is one in the end."""
    here = select(departments.c.id).where(departments.c.id == department_id)
    await db.execute(here.with_for_update(key_share=True))
    await db.execute(update(officials).where(officials.c.department_id == department_id).values(is_head=False))


async def lead(db: AsyncConnection, department_id: int, person_id: int | None) -> None:
    """This official of the department leads it from now on; None: nobody does."""
    await _without_a_head(db, department_id)
    here = (officials.c.person_id == person_id) & (officials.c.department_id == department_id)
    await db.execute(update(officials).where(here).values(is_head=True))


async def official_to_change(db: AsyncConnection, person_id: int) -> Person | None:
    """An official, locked: they may take a question at this very moment, and a colleague may remove them as well."""
    await db.execute(select(officials.c.person_id).where(officials.c.person_id == person_id).with_for_update())
    found = await load(db, person_id)
    return found if found and found.official else None


async def dismiss(db: AsyncConnection, person_id: int) -> None:
    """The person is an official no more. Their open questions are for the caller to hand over."""
    await _drop_duties(db, person_id)
    await db.execute(delete(officials).where(officials.c.person_id == person_id))


async def transfer(db: AsyncConnection, person_id: int, department_id: int, now: datetime) -> None:
    """The official works in this department from now on, not as its head. Name and post stay."""
    await _drop_duties(db, person_id)
    values = {"department_id": department_id, "is_head": False, "since": now}
    await db.execute(update(officials).where(officials.c.person_id == person_id).values(values))


_OF_AN_OFFICIAL = (
    *("answer", "correction", "return", "clarify", "close_unclear", "extend", "decline_extension"),
    *("forward", "split", "involve", "part", "note"),
)
"""Dialogues about a question: `answer 2026-000042`."""


async def _drop_duties(db: AsyncConnection, person_id: int) -> None:
    """What hangs on the department: a leave, standing in for colleagues, answers and all else being written."""
    await db.execute(delete(leaves_table).where(leaves_table.c.person_id == person_id))
    await db.execute(update(leaves_table).where(leaves_table.c.deputy_id == person_id).values(deputy_id=None))
    about_questions = (forms.c.name.like(f"{name} %") for name in _OF_AN_OFFICIAL)
    written = or_(*about_questions, forms.c.name.in_(("introduce", "template")))
    await db.execute(delete(forms).where(forms.c.person_id == person_id, written))


async def introduce(db: AsyncConnection, person_id: int, name: str, post: str) -> None:
    """The official's name and post as NGOs will read them."""
    await db.execute(update(officials).where(officials.c.person_id == person_id).values(name=name, post=post))


async def officials_of(db: AsyncConnection, department_id: int) -> list[Person]:
    query = _PEOPLE.where(officials.c.department_id == department_id)
    return [_person(row) for row in await db.execute(query.order_by(officials.c.is_head.desc(), people.c.id))]


async def make_admin(db: AsyncConnection, person_id: int, now: datetime) -> None:
    row = insert(db, admins).values(person_id=person_id, since=now)
    await db.execute(row.on_conflict_do_nothing())


async def make_deputy_mayor(db: AsyncConnection, person_id: int, now: datetime) -> None:
    row = insert(db, deputy_mayors).values(person_id=person_id, since=now)
    await db.execute(row.on_conflict_do_nothing())


async def set_wants(db: AsyncConnection, person_id: int, wants: Wants) -> None:
    await db.execute(update(people).where(people.c.id == person_id).values(wants=wants))


@dataclass(frozen=True, slots=True)
class Directory:
    """Who is who in the city's house, read once for a sweep over many questions.

    Of officials and heads those who are told: colleagues in the place of who is on leave.
    """

    officials: dict[int, list[int]]
    heads: dict[int, int]
    admins: list[int]
    deputy_mayors: list[int]
    stand_ins: dict[int, int] = field(default_factory=dict)

    def responsible(self, person_id: int) -> int:
        """Who hears of this official's questions."""
        return self.stand_ins.get(person_id, person_id)


async def directory(db: AsyncConnection, now: datetime) -> Directory:
    chosen = await leaves.stand_ins(db, now)
    of_departments: dict[int, list[int]] = {}
    heads: dict[int, int] = {}
    for row in await db.execute(select(officials).order_by(officials.c.person_id)):
        of_departments.setdefault(row.department_id, []).append(row.person_id)
        if row.is_head:
            heads[row.department_id] = chosen.get(row.person_id, row.person_id)
    told = {department: leaves.instead(staff, chosen) for department, staff in of_departments.items()}
    return Directory(told, heads, await admin_ids(db), await deputy_mayor_ids(db), chosen)


async def appoint(db: AsyncConnection, person_ids: list[int], now: datetime) -> None:
    """Administrators from the start (`ADMIN_IDS`), known before they ever wrote."""
    for person_id in person_ids:
        row = insert(db, people).values(id=person_id, name="", created_at=now)
        await db.execute(row.on_conflict_do_nothing())
        await make_admin(db, person_id, now)


async def admin_ids(db: AsyncConnection) -> list[int]:
    return list(await db.scalars(select(admins.c.person_id).order_by(admins.c.person_id)))


async def deputy_mayor_ids(db: AsyncConnection) -> list[int]:
    return list(await db.scalars(select(deputy_mayors.c.person_id).order_by(deputy_mayors.c.person_id)))


async def everything_about(db: AsyncConnection, person_id: int) -> dict[str, Any]:
    """All that is stored about a person, table by table, as plain values."""
    mine = {
        "person": select(people.c.id, people.c.name, people.c.language, people.c.simple, people.c.created_at).where(
            people.c.id == person_id
        ),
        "consents": select(consents.c.version, consents.c.language, consents.c.at).where(
            consents.c.person_id == person_id
        ),
        "representative": select(
            organizations.c.name, organizations.c.bin, representatives.c.state, representatives.c.since
        )
        .join(organizations, organizations.c.id == representatives.c.organization_id)
        .where(representatives.c.person_id == person_id),
        "official": select(departments.c.name_en, officials.c.name, officials.c.post, officials.c.since)
        .join(departments, departments.c.id == officials.c.department_id)
        .where(officials.c.person_id == person_id),
        "leave": select(leaves_table.c.since, leaves_table.c.until).where(leaves_table.c.person_id == person_id),
        "wrong_codes": select(wrong_codes.c.at).where(wrong_codes.c.person_id == person_id),
        "questions": select(
            questions.c.number, questions.c.kind, questions.c.status, questions.c.text, questions.c.registered_at
        )
        .where(questions.c.author_id == person_id)
        .order_by(questions.c.id),
        "written": select(questions.c.number, entries.c.action, entries.c.text, entries.c.at)
        .join(questions, questions.c.id == entries.c.question_id)
        .where(entries.c.actor_id == person_id)
        .order_by(entries.c.id),
        "attachments": select(questions.c.number, attachments.c.kind, attachments.c.name)
        .join(questions, questions.c.id == attachments.c.question_id)
        .join(entries, entries.c.id == attachments.c.entry_id)
        .where(questions.c.author_id == person_id, entries.c.action.not_in(CITY_ONLY | {Action.PART_DONE}))
        .order_by(attachments.c.id),
        "announcements": select(
            recipients.c.announcement_id, recipients.c.fate, recipients.c.sent_at, recipients.c.read_at
        )
        .where(recipients.c.person_id == person_id)
        .order_by(recipients.c.announcement_id),
        "promises": select(promises.c.number, promises.c.text, promises.c.due_on, promises.c.status)
        .where(or_(promises.c.author_id == person_id, promises.c.owner_id == person_id))
        .order_by(promises.c.id),
        "said_of_promises": select(
            promises.c.number, promise_entries.c.action, promise_entries.c.text, promise_entries.c.at
        )
        .join(promises, promises.c.id == promise_entries.c.promise_id)
        .where(promise_entries.c.actor_id == person_id)
        .order_by(promise_entries.c.id),
        "unfinished": select(forms.c.name, forms.c.step, forms.c.data).where(forms.c.person_id == person_id),
        "lists": select(imports.c.file_name, imports.c.state, imports.c.created_at).where(
            imports.c.person_id == person_id
        ),
    }
    found: dict[str, Any] = {}
    for title, query in mine.items():
        found[title] = [dict(row._mapping) for row in await db.execute(query)]
    for form in found["unfinished"]:
        form["data"] = _without_others_numbers(json.loads(form["data"]))
    return found


def _without_others_numbers(data: dict[str, Any]) -> dict[str, Any]:
    """A thank-you that is being written holds whom it may be for: by name, whose Telegram numbers are theirs alone."""
    kept = {key: value for key, value in data.items() if key not in ("staff", "whom")}
    return kept | ({"staff": [name for _, name in data["staff"]]} if "staff" in data else {})


async def forget(db: AsyncConnection, person_id: int) -> None:
    """The name goes, the questions stay with the NGO.

    What hangs on the person goes with the row (consents, forms, roles); questions and history keep an empty author.
    Elsewhere the Telegram number stands as a chat, in keys, and under the buttons of those who were to decide on them.
    """
    await db.execute(delete(question_messages).where(question_messages.c.chat_id == person_id))
    await db.execute(update(entries).where(entries.c.actor_id == person_id).values(source=None))
    await _forget_messages(db, person_id)
    await _forget_updates(db, person_id)
    await db.execute(update(people).where(people.c.choices.like(f'%:{person_id}"%')).values(choices=None))
    await db.execute(delete(people).where(people.c.id == person_id))


async def _forget_messages(db: AsyncConnection, person_id: int) -> None:
    """What waits is not said; of what was said stays how it ended, which the official's card shows."""
    here = outbox.c.chat_id == person_id
    about = (outbox.c.template == "applicant") & (outbox.c.facts == json.dumps({"person": person_id}))
    guessed = (outbox.c.template == "guessing") & outbox.c.key.like(f"guessing {person_id} %")
    await db.execute(delete(outbox).where(or_(here & outbox.c.done_at.is_(None), about, guessed)))
    await db.execute(update(outbox).where(here).values(chat_id=0, key=None, facts="{}"))


async def _forget_updates(db: AsyncConnection, person_id: int) -> None:
    """The oldest one that is not handled is the one that asks for this: it will be done, and is emptied meanwhile.

    Those behind it are of somebody new.
    """
    theirs = inbox.c.person_id == person_id
    handled = or_(inbox.c.done_at.isnot(None), inbox.c.dead_at.isnot(None))
    await db.execute(delete(inbox).where(theirs, handled))
    this_one = select(func.min(inbox.c.update_id)).where(theirs).scalar_subquery()
    await db.execute(update(inbox).where(inbox.c.update_id == this_one).values(person_id=0, payload="{}"))


async def release_questions(db: AsyncConnection, person_id: int, now: datetime, *, but_of: int | None = None) -> None:
    """An official leaves: what they had taken is free to be taken again, `but_of` the department they stay in.

    With it goes what they had asked for: of the NGO, or of their head. The history of each says so, to both sides.
    """
    taken = (questions.c.responsible_id == person_id) & questions.c.status.in_(OPEN)
    if but_of is not None:
        taken &= questions.c.department_id != but_of
    line = {"at": now, "action": Action.HAND_OVER, "actor_side": "city"}
    said = [literal(value, entries.c[name].type) for name, value in line.items()]
    await db.execute(entries.insert().from_select(["question_id", *line], select(questions.c.id, *said).where(taken)))
    free = {"responsible_id": None, "status": Status.REGISTERED, "waiting_since": None, "unclear": False}
    await db.execute(update(questions).where(taken).values(**free, extend_to=None, proposed_id=None))


async def count_admins(db: AsyncConnection) -> int:
    return await db.scalar(select(func.count()).select_from(admins)) or 0


async def admins_to_change(db: AsyncConnection) -> list[int]:
    """The administrators, locked: of two who remove each other at this moment, one must stay."""
    query = select(admins.c.person_id).order_by(admins.c.person_id).with_for_update()
    return list(await db.scalars(query))


async def remove_admin(db: AsyncConnection, person_id: int, by: int) -> bool:
    """False when it may not be: the last one stays, and whoever was removed a moment ago removes nobody."""
    known = await admins_to_change(db)
    if by not in known or person_id not in known or len(known) == 1:
        return False
    await db.execute(delete(admins).where(admins.c.person_id == person_id))
    return True


async def remove_deputy_mayor(db: AsyncConnection, person_id: int) -> bool:
    """False when the person is none."""
    gone = await db.execute(delete(deputy_mayors).where(deputy_mayors.c.person_id == person_id))
    return bool(gone.rowcount)

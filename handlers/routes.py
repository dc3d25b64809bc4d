"""Everything the bot can be asked to do, and by whom, on one screen.

Order matters only in `route`: a command always works, then a button, then the label of a button typed out, then
the step an open form waits at, then the rest. A role here only keeps strangers from the door: the action itself loads
what it changes through `visible_to`, and that is the permission.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from domain.people import Person
from domain.question import NotYours
from handlers import (
    addressing,
    admin,
    announcements,
    announcing,
    approving,
    audit,
    calendar,
    clarifying,
    co_executors,
    correcting,
    departments,
    documents,
    everyone,
    exports,
    extending,
    forwarding,
    going_on,
    groups,
    habits,
    importing,
    invitations,
    leaders,
    merging,
    newcomer,
    ngo,
    official,
    officials,
    organizations,
    promises,
    remarks,
    splitting,
    stuck,
    templates,
    timeline,
)
from handlers.turn import Turn

Action = Callable[[Turn], Awaitable[None]]
Who = Callable[[Person], bool]


def anybody(person: Person) -> bool:
    return True


def agreed(person: Person) -> bool:
    """Has consented to the processing of personal data: everybody who writes anything."""
    return person.consented


def of_ngo(person: Person) -> bool:
    return person.consented and person.speaks_for_ngo


def with_questions(person: Person) -> bool:
    """Either side of a question."""
    return agreed(person) or person.is_admin


def of_department(person: Person) -> bool:
    return person.consented and person.official is not None


def of_city(person: Person) -> bool:
    """Either an official or an administrator."""
    return of_department(person) or administrator(person)


def administrator(person: Person) -> bool:
    """The desk was assigned by the city, not asked for: it needs no consent."""
    return person.is_admin


@dataclass(frozen=True, slots=True)
class Route:
    """What is done, and who may ask for it. `form` and `step`: only while that dialogue waits there."""

    action: Action
    who: Who
    form: str = ""
    step: str = ""


COMMANDS: dict[str, Route] = {
    "start": Route(groups.start, anybody),
    "help": Route(everyone.help_, anybody),
    "language": Route(newcomer.language_asked, anybody),
    "mydata": Route(everyone.mydata, anybody),
    "forget": Route(everyone.forget, anybody),
    "cancel": Route(everyone.cancel, anybody),
    "simple": Route(everyone.simple, anybody),
    "ask": Route(ngo.begin, of_ngo),
    "my": Route(ngo.my, agreed),
    "inbox": Route(official.inbox, of_department),
    "digest": Route(official.digest, of_department),
    "promises": Route(promises.show_list, with_questions),
    "admin": Route(admin.desk, administrator),
    "announce": Route(announcing.begin, administrator),
}

BUTTONS: dict[str, Route] = {
    # first contact
    "language": Route(going_on.language_chosen, anybody),
    "agree": Route(newcomer.agreed, anybody),
    "disagree": Route(newcomer.disagreed, anybody),
    "i_am_ngo": Route(newcomer.i_am_ngo, agreed),
    "somebody_else": Route(newcomer.somebody_else, agreed),
    "organization": Route(newcomer.organization_chosen, agreed, "register"),
    "not_in_list": Route(newcomer.not_in_list, agreed, "register"),
    "skip_bin": Route(newcomer.bin_skipped, agreed, "register", "bin"),
    "field": Route(newcomer.field_chosen, agreed, "register", "field"),
    "skip_introduction": Route(newcomer.introduction_skipped, of_department, "introduce"),
    # everybody
    "cancel": Route(everyone.cancel, anybody),
    "forget_once": Route(everyone.forget_once, anybody),
    "forget_twice": Route(everyone.forget_twice, anybody),
    "keep": Route(everyone.keep, anybody),
    # asking
    "continue": Route(ngo.go_on, of_ngo),
    "start_anew": Route(ngo.start_anew, of_ngo),
    "kind": Route(ngo.kind_chosen, of_ngo, "ask", "kind"),
    "topic": Route(ngo.topic_chosen, of_ngo, "ask", "topic"),
    "done": Route(ngo.written, of_ngo, "ask", "text"),
    "public": Route(ngo.public_chosen, of_ngo, "ask", "public"),
    "edit_text": Route(ngo.edit_text, of_ngo, "ask"),
    "change_topic": Route(ngo.change_topic, of_ngo, "ask", "preview"),
    "thank": Route(ngo.thanked_chosen, of_ngo, "ask", "preview"),
    "send": Route(ngo.send, of_ngo),
    # following and judging
    "my": Route(ngo.my, agreed),
    "card": Route(ngo.card, with_questions),
    "why_date": Route(ngo.why_date, with_questions),
    "attachments": Route(ngo.attachments, with_questions),
    "history": Route(timeline.show, with_questions),
    "document": Route(documents.send, with_questions),
    "withdraw": Route(ngo.withdraw, agreed),
    "solved": Route(ngo.solved, agreed),
    "partly": Route(ngo.partly, agreed),
    "not_answered": Route(ngo.not_answered_pressed, agreed),
    "skip_remark": Route(ngo.remark_skipped, agreed, "remark"),
    # answering
    "inbox": Route(official.inbox, of_department),
    "wants": Route(official.wants_chosen, of_department),
    "take": Route(official.take, of_department),
    "assign": Route(official.assign, of_department),
    "assignee": Route(official.assignee_chosen, of_department),
    "answer": Route(official.answer, of_department),
    "answer_continue": Route(official.answer_continue, of_department, "answer"),
    "answer_start_anew": Route(official.answer_start_anew, of_department, "answer"),
    "outcome": Route(official.outcome_chosen, of_department, "answer", "outcome"),
    "answer_done": Route(official.answer_written, of_department, "answer", "text"),
    "answer_edit": Route(official.answer_edit, of_department, "answer"),
    "answer_date": Route(official.answer_date, of_department, "answer"),
    "answer_send": Route(official.answer_send, of_department),
    "answer_templates": Route(templates.to_take, of_department, "answer"),
    "answer_template": Route(templates.take, of_department, "answer"),
    "answer_anyway": Route(official.answer_anyway, of_department),
    "answer_correct": Route(correcting.correct, of_city),
    "correction_edit": Route(correcting.edit, of_city),
    "correction_send": Route(correcting.send, of_city),
    "correction_anyway": Route(correcting.send_anyway, of_city),
    # promises
    "promises": Route(promises.show_list, with_questions),
    "promise": Route(promises.card, with_questions),
    "promise_keep": Route(promises.keep, of_department),
    "promise_move": Route(promises.move, of_department),
    "promise_break": Route(promises.break_, of_department),
    "promise_confirm": Route(promises.confirm, agreed),
    "promise_dispute": Route(promises.dispute, agreed),
    "promise_send": Route(promises.send, of_department),
    # asking the NGO
    "clarify": Route(clarifying.clarify, of_department),
    "clarify_edit": Route(clarifying.question_edit, of_department),
    "clarify_send": Route(clarifying.question_send, of_department),
    "reply": Route(clarifying.reply, agreed),
    "reply_edit": Route(clarifying.reply_edit, agreed),
    "reply_send": Route(clarifying.reply_send, agreed),
    "close_unclear": Route(clarifying.close_unclear, of_city),
    "close_unclear_edit": Route(clarifying.ground_edit, of_city),
    "close_unclear_send": Route(clarifying.ground_send, of_city),
    # a later date
    "extend": Route(extending.extend, of_department),
    "extend_edit": Route(extending.edit, of_department),
    "extend_date": Route(extending.another_date, of_department),
    "extend_send": Route(extending.send, of_department),
    "extension_approve": Route(extending.approve, of_city),
    "extension_decline": Route(extending.decline, of_city),
    "extension_decline_skip": Route(extending.remark_skipped, of_city),
    # two keys
    "answer_approve": Route(approving.approve, of_city),
    "answer_return": Route(approving.return_, of_city),
    "proposal_edit": Route(approving.edit, of_department),
    # given on, divided, shared
    "forward": Route(forwarding.forward, of_city),
    "forward_to": Route(forwarding.forward_to, of_city),
    "forward_edit": Route(forwarding.edit, of_city),
    "forward_send": Route(forwarding.send, of_city),
    "split": Route(splitting.begin, of_city),
    "split_to": Route(splitting.chosen, of_city),
    "split_page": Route(splitting.turned, of_city),
    "split_done": Route(splitting.departments_chosen, of_city),
    "split_anew": Route(splitting.anew, of_city),
    "split_send": Route(splitting.send, of_city),
    "involve": Route(co_executors.involve, of_department),
    "involve_to": Route(co_executors.involve_to, of_department),
    "involve_by": Route(co_executors.involve_by, of_department),
    "involve_edit": Route(co_executors.involve_edit, of_department),
    "involve_send": Route(co_executors.involve_send, of_department),
    "part_done": Route(co_executors.part_done, of_department),
    "part_edit": Route(co_executors.part_edit, of_department),
    "part_send": Route(co_executors.part_send, of_department),
    "note": Route(remarks.note, of_city),
    # a department's templates
    "tpl_list": Route(templates.show, of_city),
    "tpl_card": Route(templates.card, of_city),
    "tpl_new": Route(templates.new, of_city),
    "tpl_change": Route(templates.change, of_city),
    "tpl_skip": Route(templates.skipped, of_city, "template"),
    "tpl_remove": Route(templates.remove, of_city),
    "tpl_removed": Route(templates.removed, of_city),
    # the administrator's desk
    "desk": Route(admin.desk, administrator),
    "invitation": Route(invitations.invitation, administrator),
    "invite": Route(invitations.invite, administrator),
    "invite_to": Route(invitations.invite_to, administrator),
    "invite_for": Route(invitations.invite_for, administrator),
    "dep_list": Route(departments.all_departments, administrator),
    "dep_card": Route(departments.card, administrator),
    "dep_new": Route(departments.new, administrator),
    "dep_rename": Route(departments.rename, administrator),
    "dep_people": Route(departments.staff, administrator),
    "dep_keys": Route(approving.switch, administrator),
    "dep_topics": Route(departments.topics, administrator),
    "dep_group": Route(groups.show, administrator),
    "dep_group_link": Route(groups.how_to_link, administrator),
    "dep_group_unlink": Route(groups.unlink, administrator),
    "topic_card": Route(departments.topic, administrator),
    "topic_new": Route(departments.new_topic, administrator),
    "topic_rename": Route(departments.rename_topic, administrator),
    "topic_move": Route(departments.topic_department, administrator),
    "topic_moved": Route(departments.topic_moved, administrator),
    "topic_days": Route(departments.topic_days, administrator),
    "topic_merge": Route(departments.merge, administrator),
    "topic_into": Route(departments.merge_into, administrator),
    "topic_merged": Route(departments.merged, administrator),
    "official_card": Route(officials.card, administrator),
    "official_head": Route(officials.make_head, administrator),
    "official_no_head": Route(officials.no_longer_head, administrator),
    "official_leave": Route(officials.leave, administrator),
    "official_deputy": Route(officials.deputy_chosen, administrator, "leave", "deputy"),
    "official_back": Route(officials.back_from_leave, administrator),
    "official_move": Route(officials.move, administrator),
    "official_moved": Route(officials.moved, administrator),
    "official_remove": Route(officials.remove, administrator),
    "official_removed": Route(officials.removed, administrator),
    "leaders": Route(leaders.leaders, administrator),
    "leader": Route(leaders.card, administrator),
    "leader_remove": Route(leaders.remove, administrator),
    "leader_removed": Route(leaders.removed, administrator),
    "inv_list": Route(invitations.all_made, administrator),
    "inv_card": Route(invitations.card, administrator),
    "inv_until": Route(invitations.until, administrator),
    "inv_withdraw": Route(invitations.withdraw, administrator),
    "topics": Route(admin.topics, administrator),
    "waiting": Route(admin.waiting, administrator),
    "applicant": Route(admin.applicant, administrator),
    "approve": Route(admin.approve, administrator),
    "decline": Route(admin.decline, administrator),
    "decline_skip": Route(admin.declined_without_reason, administrator, "decline"),
    # the register of NGOs
    "org_list": Route(organizations.show, administrator),
    "org_search": Route(organizations.search, administrator),
    "org_card": Route(organizations.card, administrator),
    "org_approve": Route(organizations.approve, administrator),
    "org_decline": Route(organizations.decline, administrator),
    "org_suspend": Route(organizations.suspend, administrator),
    "org_restore": Route(organizations.restore, administrator),
    "org_merge": Route(merging.choose, administrator),
    "org_merge_with": Route(merging.preview, administrator),
    "org_merge_now": Route(merging.confirmed, administrator, "org_merge", "confirm"),
    "org_person": Route(organizations.person, administrator),
    "org_head": Route(organizations.head, administrator),
    "org_remove": Route(organizations.remove, administrator),
    "org_remove_now": Route(organizations.remove_now, administrator, "org_remove"),
    "org_export": Route(organizations.export, administrator),
    "org_import": Route(importing.ask, administrator),
    "org_apply": Route(importing.apply, administrator),
    "org_cancel": Route(importing.cancel, administrator),
    "org_doubtful": Route(importing.doubtful, administrator),
    "org_same": Route(importing.same, administrator),
    "org_new": Route(importing.new, administrator),
    "org_all_new": Route(importing.all_new, administrator),
    "org_works": Route(organizations.works, agreed),
    "org_stopped": Route(organizations.works_no_longer, agreed),
    "without_department": Route(admin.without_department, administrator),
    "calendar": Route(calendar.year, administrator),
    "correct": Route(calendar.correct, administrator),
    "apply_correction": Route(calendar.apply, administrator, "calendar", "apply"),
    "year_checked": Route(calendar.year_checked, administrator),
    "habits": Route(habits.show, administrator),
    "topic_terms": Route(habits.topics, administrator),
    "topic_term": Route(habits.topic_chosen, administrator),
    "digest_times": Route(habits.digest_times, administrator),
    "digest_time": Route(habits.digest_time_chosen, administrator),
    "habit": Route(habits.ask, administrator),
    "export": Route(exports.menu, administrator),
    "export_questions": Route(exports.all_questions, administrator),
    "audit": Route(audit.lines, administrator),
    "audit_person": Route(audit.by_person, administrator),
    "audit_object": Route(audit.by_object, administrator),
    "audit_day": Route(audit.by_day, administrator),
    "audit_export": Route(audit.export, administrator),
    "stuck": Route(stuck.show, administrator),
    "stuck_card": Route(stuck.card, administrator),
    "stuck_again": Route(stuck.try_again, administrator),
    "stuck_all": Route(stuck.try_all_again, administrator),
    "stuck_drop": Route(stuck.drop, administrator),
    "announcements": Route(announcements.history, administrator),
    "an_new": Route(announcing.begin, administrator),
    "an_anew": Route(announcing.anew, administrator),
    "an_card": Route(announcing.card, administrator),
    "an_preview": Route(announcing.preview, administrator),
    "an_texts": Route(announcing.texts_asked, administrator),
    "an_write": Route(announcing.write_asked, administrator),
    "an_without_text": Route(announcing.without_text, administrator),
    "an_without_file": Route(announcing.without_file, administrator),
    "an_whom": Route(addressing.whom, administrator),
    "an_when": Route(addressing.when_asked, administrator),
    "an_now": Route(addressing.now_asked, administrator),
    "an_confirm": Route(addressing.confirm, administrator),
    "an_consent": Route(announcements.consent_switched, administrator),
    "an_show": Route(announcements.show, administrator),
    "an_text": Route(announcements.text, administrator),
    "an_approve": Route(announcements.approve, administrator),
    "an_cancel": Route(announcements.cancel, administrator),
    "an_stop": Route(announcements.stop, administrator),
    "an_repeat": Route(announcements.repeat_asked, administrator),
    "an_repeat_now": Route(announcements.repeat, administrator),
    "an_correct": Route(announcements.correct, administrator),
    "an_correct_now": Route(announcements.correct_now, administrator),
    "an_take_back": Route(announcements.take_back_asked, administrator),
    "an_take_back_now": Route(announcements.take_back, administrator),
    "an_read": Route(announcements.read, anybody),
}

# (form, step) → what a message does there; a step that is not named takes the form's own line, ("ask", "").
STEPS: dict[tuple[str, str], Route] = {
    ("start", "language"): Route(going_on.language_chosen, anybody),
    ("start", ""): Route(newcomer.button_wanted, anybody),
    ("register", "search"): Route(newcomer.search, agreed),
    ("register", "name"): Route(newcomer.name_typed, agreed),
    ("register", "bin"): Route(newcomer.bin_typed, agreed),
    ("register", "field"): Route(newcomer.field_chosen, agreed),
    ("introduce", ""): Route(newcomer.introduced, of_department),
    ("ask", ""): Route(ngo.write, of_ngo),
    ("verdict", ""): Route(ngo.reason_written, agreed),
    ("remark", ""): Route(ngo.remark, agreed),
    ("answer", ""): Route(official.answer_write, of_department),
    ("clarify", ""): Route(clarifying.question_written, of_department),
    ("reply", ""): Route(clarifying.reply_written, agreed),
    ("close_unclear", ""): Route(clarifying.ground_written, of_city),
    ("extend", ""): Route(extending.typed, of_department),
    ("decline_extension", ""): Route(extending.remark_written, of_city),
    ("return", ""): Route(approving.remark_written, of_city),
    ("correction", ""): Route(correcting.written, of_city),
    ("promise", ""): Route(promises.typed, agreed),
    ("forward", ""): Route(forwarding.reason_written, of_city),
    ("split", ""): Route(splitting.written, of_city),
    ("involve", ""): Route(co_executors.involve_written, of_department),
    ("part", ""): Route(co_executors.part_written, of_department),
    ("note", "album"): Route(remarks.album_goes_on, of_city),
    ("note", ""): Route(remarks.written, of_city),
    ("template", ""): Route(templates.typed, of_city),
    ("calendar", ""): Route(calendar.days_typed, administrator),
    ("announce", "when"): Route(addressing.when_typed, administrator),
    ("announce", "count"): Route(addressing.count_typed, administrator),
    ("announce", ""): Route(announcing.written, administrator),
    ("habit", ""): Route(habits.typed, administrator),
    ("decline", ""): Route(admin.declined_with_reason, administrator),
    ("org_search", ""): Route(organizations.searched, administrator),
    ("org_reason", ""): Route(organizations.reason_typed, administrator),
    ("org_merge", ""): Route(merging.searched, administrator),
    ("org_import", ""): Route(importing.received, administrator),
    ("stuck", ""): Route(stuck.dropped, administrator),
    ("audit", ""): Route(audit.typed, administrator),
    ("department", ""): Route(departments.names_typed, administrator),
    ("topic", "names"): Route(departments.topic_names_typed, administrator),
    ("topic", "days"): Route(departments.topic_days_typed, administrator),
    ("leave", "days"): Route(officials.days_typed, administrator),
    ("leave", "deputy"): Route(officials.deputy_asked, administrator),
    ("invite", ""): Route(invitations.organization_typed, administrator),
}

EDITED = Route(ngo.edited, agreed)
EDITED_ANNOUNCEMENT = Route(announcing.edited, administrator)
REPLIED = Route(ngo.add, agreed)
OTHERWISE = Route(clarifying.anything, anybody)


async def route(turn: Turn) -> None:
    """Find what was asked for and do it."""
    said = turn.said
    if said.edited:
        await _do(turn, EDITED_ANNOUNCEMENT if await announcing.is_part(turn) else EDITED)
    elif said.pressed is not None:
        await _press(turn, said.pressed)
    elif said.text.startswith("/") and len(said.text) > 1:
        await _command(turn, said.text)
    elif (typed := await turn.typed_button()) is not None:
        await _press(turn, typed)
    elif await ngo.continues_addition(turn) or await _shown_beside(turn):
        return
    elif said.replied_number and turn.person.consented and not _asked_about(turn, said.replied_number):
        await _do(turn, REPLIED)
    elif turn.form and (step := _step(turn)):
        await _go_on(turn, step)
    else:
        await _do(turn, OTHERWISE)


async def _shown_beside(turn: Turn) -> bool:
    """A number is looked up while something is filled in, which stays open; not where numbers are what is asked for."""
    name, number = turn.form.name.split()[0] if turn.form else "", ngo.number_alone(turn)
    if not name or name in _NUMBERS_ARE_TYPED_THERE or not number or not await ngo.shows_beside(turn, number):
        return False
    await going_on.shows_prompt(turn)
    return True


_NUMBERS_ARE_TYPED_THERE = frozenset({"start", "audit"})


async def _command(turn: Turn, text: str) -> None:
    word, *rest = text.split()
    name, _, addressee = word[1:].partition("@")
    route = COMMANDS.get(name.lower())
    if route is None or (addressee and addressee.lower() != turn.bot_name.lower()):
        await everyone.unknown_command(turn)
        return
    turn.args = tuple(rest)
    await _do(turn, route, otherwise=everyone.unknown_command)


async def _press(turn: Turn, data: str) -> None:
    """A button's data is only a claim: anything a client can send may stand in it."""
    name, *args = data.split(":")
    turn.args = tuple(args)
    route = BUTTONS.get(name)
    if route is None:
        await everyone.nothing_here(turn)
    elif route.form and not _waits(turn, route):
        await ngo.stale(turn)
    else:
        await _do(turn, route)


def _waits(turn: Turn, route: Route) -> bool:
    here = turn.form
    return here is not None and here.name.split()[0] == route.form and route.step in ("", here.step)


def _asked_about(turn: Turn, number: str) -> bool:
    """An open dialogue is about this very question: replying to its message is answering it, as apps suggest."""
    return turn.form is not None and turn.form.name.split()[1:] == [number]


async def _go_on(turn: Turn, step: Route) -> None:
    """What a dialogue is about may have become another's since: then it is over, and takes no more messages."""
    try:
        await _do(turn, step)
    except NotYours:
        await turn.finish()
        raise


def _step(turn: Turn) -> Route | None:
    assert turn.form is not None  # noqa: S101 - checked by the only caller
    name = turn.form.name.split()[0]
    return STEPS.get((name, turn.form.step)) or STEPS.get((name, ""))


async def _do(turn: Turn, route: Route, otherwise: Action = everyone.nothing_here) -> None:
    """`otherwise` is what somebody hears for whom there is no such thing."""
    if route.who(turn.person):
        await route.action(turn)
    elif not turn.person.consented and route.who in (agreed, of_ngo, of_department, of_city, with_questions):
        await newcomer.proceed(turn, {})
    elif route.who is of_ngo:
        await newcomer.for_ngos_only(turn)
    else:
        await otherwise(turn)

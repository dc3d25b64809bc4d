"""What is stored. Moments are UTC and aware, dates are the city's; enums are stored as their words."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An aware moment, stored in UTC. SQLite has no zone and would keep 17:00+05 as 17:00."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# SQLite numbers rows by itself only in a column that is INTEGER to the letter.
RowId = BigInteger().with_variant(Integer, "sqlite")


def _id() -> Column[int]:
    return Column("id", RowId, primary_key=True, autoincrement=True)


def _person(name: str, *, key: bool = False) -> Column[int]:
    return Column(name, BigInteger, ForeignKey("people.id", ondelete="CASCADE"), primary_key=key, nullable=not key)


def _person_who_may_leave(name: str) -> Column[int]:
    return Column(name, BigInteger, ForeignKey("people.id", ondelete="SET NULL"))


def _names() -> list[Column[str]]:
    return [Column(f"name_{language}", String(200), nullable=False) for language in ("en", "ru", "kk")]


def _index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """Of a part of the rows: what the rest is does not make it longer."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


people = Table(
    "people",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # Telegram's id
    Column("name", String(130), nullable=False),
    Column("language", String(2)),
    Column("simple", Boolean, nullable=False, server_default=text("false")),
    # The last keyboard shown, so that a typed label or number means its button: [[label, data], …]
    Column("choices", Text),
    Column("wants", String(20), nullable=False, server_default="at_once"),  # see domain.people.Wants
    Column("blocked_at", Moment),  # set when Telegram says so, cleared when the person writes again
    Column("created_at", Moment, nullable=False),
)

consents = Table(
    "consents",
    metadata,
    _id(),
    _person("person_id"),
    Column("version", String(20), nullable=False),
    Column("language", String(2), nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_consents_person_id", "person_id"),
)

organizations = Table(
    "organizations",
    metadata,
    _id(),
    Column("name", String(300), nullable=False),
    Column("bin", String(12), unique=True),
    Column("field", String(100), nullable=False),
    Column("state", String(20), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("reason", String(500), nullable=False, server_default=""),  # why it was declined or suspended
    Column("active_on", Date),  # when its people last said that it still works; nothing: never asked
    Column("stopped_on", Date),  # when they last said that it does not
    # a duplicate that was merged points to the record that stays
    Column("merged_into", RowId, ForeignKey("organizations.id")),
)

# Search with typos on both databases without their extensions: rows that share trigrams, ranked by `domain.register`.
organization_trigrams = Table(
    "organization_trigrams",
    metadata,
    Column("trigram", String(3), primary_key=True),
    Column("organization_id", RowId, ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_organization_trigrams_organization_id", "organization_id"),
)

representatives = Table(
    "representatives",
    metadata,
    _person("person_id", key=True),
    Column("organization_id", RowId, ForeignKey("organizations.id"), nullable=False),
    Column("state", String(20), nullable=False),
    Column("is_head", Boolean, nullable=False, server_default=text("false")),
    Column("since", Moment, nullable=False),
    _person_who_may_leave("decided_by"),
    Column("decided_at", Moment),
    Column("reason", String(500), nullable=False, server_default=""),  # why the person was declined
    Index("ix_representatives_organization_id", "organization_id"),
)

departments = Table(
    "departments",
    metadata,
    _id(),
    *_names(),
    Column("two_keys", Boolean, nullable=False, server_default=text("false")),  # answers need the head's word
)

topics = Table(
    "topics",
    metadata,
    _id(),
    Column("department_id", RowId, ForeignKey("departments.id"), nullable=False),
    *_names(),
    Column("term", Integer),  # working days; nothing: the city's default
)

officials = Table(
    "officials",
    metadata,
    _person("person_id", key=True),
    Column("department_id", RowId, ForeignKey("departments.id"), nullable=False),
    Column("is_head", Boolean, nullable=False, server_default=text("false")),
    Column("name", String(130), nullable=False, server_default=""),
    Column("post", String(130), nullable=False, server_default=""),
    Column("since", Moment, nullable=False),
    Index("ix_officials_department_id", "department_id"),
    _index("uq_officials_one_head", "department_id", unique=True, where="is_head"),
)

# While an official is on leave, cards and reminders go to the deputy: from the first of the city's days until the
# last one is over. Moments, so that whoever asks needs to know no time zone.
leaves = Table(
    "leaves",
    metadata,
    _person("person_id", key=True),
    _person_who_may_leave("deputy_id"),
    Column("since", Moment, nullable=False),
    Column("until", Moment, nullable=False),
)

admins = Table("admins", metadata, _person("person_id", key=True), Column("since", Moment, nullable=False))

deputy_mayors = Table(
    "deputy_mayors", metadata, _person("person_id", key=True), Column("since", Moment, nullable=False)
)

invitations = Table(
    "invitations",
    metadata,
    _id(),
    Column("code_hash", String(64), nullable=False, unique=True),
    Column("role", String(20), nullable=False),
    Column("organization_id", RowId, ForeignKey("organizations.id")),
    Column("department_id", RowId, ForeignKey("departments.id")),
    Column("expires_at", Moment, nullable=False),
    _person_who_may_leave("created_by"),
    Column("created_at", Moment, nullable=False),
    _person_who_may_leave("used_by"),
    Column("used_at", Moment),
    Column("withdrawn_at", Moment),
)

# Codes that no invitation bears: whoever tries many is slowed down, and administrators hear of it.
wrong_codes = Table(
    "wrong_codes",
    metadata,
    _id(),
    _person("person_id"),
    Column("at", Moment, nullable=False),
    Index("ix_wrong_codes_person_id_at", "person_id", "at"),
)

counters = Table("counters", metadata, Column("name", String(40), primary_key=True), Column("value", BigInteger))

questions = Table(
    "questions",
    metadata,
    _id(),
    Column("number", String(20), nullable=False, unique=True),
    Column(
        "draft", String(40), nullable=False, unique=True
    ),  # one draft becomes one question, however often "Send" comes
    Column("kind", String(20), nullable=False),
    Column("status", String(20), nullable=False),
    Column("text", Text, nullable=False),
    Column("language", String(2), nullable=False),
    Column("public", Boolean, nullable=False),
    _person_who_may_leave("author_id"),
    Column("organization_id", RowId, ForeignKey("organizations.id")),
    Column("topic_id", RowId, ForeignKey("topics.id")),
    Column("department_id", RowId, ForeignKey("departments.id")),
    _person_who_may_leave("responsible_id"),
    Column("registered_at", Moment, nullable=False),
    Column("counted_from", Moment, nullable=False),
    Column("term", Integer, nullable=False),
    Column("due_on", Date),
    Column("reopened", Boolean, nullable=False, server_default=text("false")),
    Column("verdict", String(20)),
    Column("ending", String(20)),
    Column("answered_at", Moment),
    Column("react_by", Date),
    Column("remind_on", Date),  # the next morning it is reminded of; nothing: not reckoned yet
    Column("rungs", Integer, nullable=False, server_default="0"),
    Column("parent_id", RowId, ForeignKey("questions.id")),  # the whole that it is a part of
    Column("received_at", Moment),  # when its present department got it; nothing: at registration
    Column("been_in", String(200), nullable=False, server_default=""),  # departments that had it before: `3,5`
    Column("came_back", Boolean, nullable=False, server_default=text("false")),
    Column("waiting_since", Moment),
    Column("unclear", Boolean, nullable=False, server_default=text("false")),
    Column("paused", Integer, nullable=False, server_default="0"),  # working days
    Column("extend_to", Date),
    Column("extended_from", Date),
    Column("proposed_id", RowId),  # an entry; no foreign key: entries point to questions already
    Column("co_departments", String(200), nullable=False, server_default=""),
    Column("parts_owed", String(200), nullable=False, server_default=""),
    Index("ix_questions_parent_id", "parent_id"),
    Index("ix_questions_status_waiting_since", "status", "waiting_since"),
    _index("ix_questions_remind_on_open", "remind_on", where="status IN ('registered', 'in_work', 'waiting')"),
    Index("ix_questions_department_id_status_due_on", "department_id", "status", "due_on"),
    Index("ix_questions_organization_id_id", "organization_id", "id"),
    Index("ix_questions_author_id_id", "author_id", "id"),
    Index("ix_questions_responsible_id_status", "responsible_id", "status"),
    Index("ix_questions_status_react_by", "status", "react_by"),
)

# Which of the author's messages the text came from: editing one of them later is an addition.
question_messages = Table(
    "question_messages",
    metadata,
    Column("chat_id", BigInteger, primary_key=True),
    Column("message_id", BigInteger, primary_key=True),
    Column("question_id", RowId, ForeignKey("questions.id", ondelete="CASCADE"), nullable=False),
    Column("text", Text, nullable=False),
    Index("ix_question_messages_question_id", "question_id"),
)

# The history of a question, line by line; answers, additions and verdicts are lines with a text.
entries = Table(
    "entries",
    metadata,
    _id(),
    Column("question_id", RowId, ForeignKey("questions.id", ondelete="CASCADE"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("action", String(30), nullable=False),
    _person_who_may_leave("actor_id"),
    Column("actor_side", String(20), nullable=False),  # ngo, city or clock: stays when the person is forgotten
    Column("text", Text, nullable=False, server_default=""),
    Column("outcome", String(20)),
    _person_who_may_leave("assignee_id"),
    Column("department_id", RowId, ForeignKey("departments.id")),  # it was given to, or was asked for a part
    Column("from_department_id", RowId, ForeignKey("departments.id")),  # which had it until then
    Column("until", Date),  # the date that was asked for, promised, or set for a part
    Column("despite", String(20), nullable=False, server_default=""),  # the warning it was sent despite: `language`
    Column("source", String(60), unique=True),  # the message or form it came from: never entered twice
    Index("ix_entries_question_id_id", "question_id", "id"),
)

attachments = Table(
    "attachments",
    metadata,
    _id(),
    Column("question_id", RowId, ForeignKey("questions.id", ondelete="CASCADE"), nullable=False),
    Column("entry_id", RowId, ForeignKey("entries.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("message_id", BigInteger, nullable=False),
    Column("file_id", String(300), nullable=False),
    Column("file_unique_id", String(100), nullable=False),
    Column("name", String(100), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("duration", Integer, nullable=False),
    Column("latitude", Float, nullable=False),
    Column("longitude", Float, nullable=False),
    Column("album", String(100), nullable=False),
    Index("ix_attachments_question_id", "question_id"),
    Index("ix_attachments_entry_id", "entry_id"),
)

# Where a person is in a dialogue. Several may lie unfinished (an answer to each of two questions); one is open.
forms = Table(
    "forms",
    metadata,
    _person("person_id", key=True),
    Column("name", String(60), primary_key=True),
    Column("step", String(40), nullable=False),
    Column("data", Text, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

# Updates as Telegram handed them over, stored before they are confirmed to it.
inbox = Table(
    "inbox",
    metadata,
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("person_id", BigInteger, nullable=False),  # 0: from nobody; no foreign key, a stranger is no person yet
    Column("payload", Text, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", Moment),
    Column("done_at", Moment),
    Column("dead_at", Moment),
    Column("error", String(500)),
    _index(
        "ix_inbox_person_id_update_id_pending", "person_id", "update_id", where="done_at IS NULL AND dead_at IS NULL"
    ),
    _index("ix_inbox_update_id_pending", "update_id", where="done_at IS NULL AND dead_at IS NULL"),
    Index("ix_inbox_received_at", "received_at"),
    _index("ix_inbox_update_id_dead", "update_id", where="dead_at IS NOT NULL AND done_at IS NULL"),
)

# What must still be said. A notice keeps its template and the facts; words are chosen when it goes out.
outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("key", String(120), unique=True),
    Column("priority", Integer, nullable=False),
    Column("chat_id", BigInteger, nullable=False),
    Column("template", String(40), nullable=False),
    Column("facts", Text, nullable=False),
    Column("question_id", RowId, ForeignKey("questions.id", ondelete="CASCADE")),
    Column("announcement_id", RowId, ForeignKey("announcements.id", ondelete="CASCADE")),
    Column("created_at", Moment, nullable=False),
    Column("not_before", Moment, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("leased_by", String(40)),
    Column("leased_until", Moment),
    Column("done_at", Moment),
    Column("fate", String(20)),  # delivered, blocked, dropped, failed
    Column("message_id", BigInteger),
    Column("error", String(500)),
    _index("ix_outbox_chat_id_priority_id_pending", "chat_id", "priority", "id", where="done_at IS NULL"),
    _index("ix_outbox_priority_id_pending", "priority", "id", where="done_at IS NULL"),
    _index("ix_outbox_chat_id_under_way", "chat_id", where="done_at IS NULL AND leased_until IS NOT NULL"),
    Index("ix_outbox_question_id", "question_id"),
    Index("ix_outbox_announcement_id", "announcement_id"),
    # of what is done alone: SQLite would look through it for what is not
    _index("ix_outbox_done_at", "done_at", where="done_at IS NOT NULL"),
    _index("ix_outbox_id_failed", "id", where="fate = 'failed'"),
)

audit = Table(
    "audit",
    metadata,
    _id(),
    Column("at", Moment, nullable=False),
    Column("actor_id", BigInteger),  # no foreign key: the line outlives the person
    Column("action", String(40), nullable=False),
    Column("object", String(60), nullable=False),
    Column("before", Text, nullable=False, server_default=""),
    Column("after", Text, nullable=False, server_default=""),
    Column("update_id", BigInteger),
    Column("hash", String(64), nullable=False, server_default=""),  # over this line and the hash of the one before
    Index("ix_audit_object", "object"),
    Index("ix_audit_actor_id_id", "actor_id", "id"),
    Index("ix_audit_at", "at"),
)

# The end of the chain: a line cut off at the end is missed as well. One row, locked while a line is added.
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("lines", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)

# What time caused, once each: `reminders 2026-11-23`, `digest 3 2026-11-23`. Whoever inserts the row does the work.
slots = Table(
    "slots",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("at", Moment, nullable=False),
)

# The working calendar, corrected by an administrator: the library's table is right in January and wrong by autumn.
corrections = Table(
    "corrections",
    metadata,
    Column("day", Date, primary_key=True, autoincrement=False),
    Column("working", Boolean, nullable=False),
    Column("reason_kk", String(200), nullable=False),
    Column("reason_ru", String(200), nullable=False),
    _person_who_may_leave("by"),
    Column("at", Moment, nullable=False),
)

# What an administrator changed of the city's habits, over the settings: `ladder` → `1,3,5`.
habits = Table(
    "habits",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", String(200), nullable=False),
)

# A list of NGOs that an administrator sent as a file: fetched and read outside any transaction, applied on [Confirm].
imports = Table(
    "imports",
    metadata,
    _id(),
    _person("person_id"),
    Column("file_id", String(300), nullable=False),
    Column("file_name", String(100), nullable=False),
    Column("state", String(20), nullable=False),  # see domain.register_import.ImportState
    Column("lines", Text, nullable=False, server_default="[]"),  # JSON: what was found of each line
    Column("register", String(64), nullable=False, server_default=""),  # fingerprint of what they were compared with
    Column("error", String(500), nullable=False, server_default=""),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("leased_until", Moment),  # a copy is reading it; past: that copy is gone
    Column("created_at", Moment, nullable=False),
    Column("done_at", Moment),
    Index("ix_imports_state", "state"),
)

# One text to many. `content` and `audience` are JSON, see domain.announcement.
announcements = Table(
    "announcements",
    metadata,
    _id(),
    _person_who_may_leave("author_id"),
    _person_who_may_leave("approved_by"),  # the second administrator, where two are demanded
    _person_who_may_leave("led_by"),  # who set going what goes on now, and hears how it ends
    Column("state", String(20), nullable=False),
    Column("content", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("send_at", Moment),  # nothing: at once
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Column("version", Integer, nullable=False, server_default="1"),  # grows with each correction of the text
    Column("round", Integer, nullable=False, server_default="1"),  # grows whenever something is set going
    Index("ix_announcements_state_send_at", "state", "send_at"),
)

# Whom an announcement goes to, fixed when it starts, and what became of each copy.
recipients = Table(
    "recipients",
    metadata,
    Column("announcement_id", RowId, ForeignKey("announcements.id", ondelete="CASCADE"), primary_key=True),
    _person("person_id", key=True),
    Column("fate", String(20)),  # see domain.announcement.Reached; nothing: still to be sent
    Column("message_id", BigInteger),
    Column("sent_at", Moment),
    Column("read_at", Moment),  # [I have read it]
    Column("version", Integer, nullable=False, server_default="1"),  # of the text that stands in this chat
    Column("taken_back_at", Moment),
    Index("ix_recipients_person_id", "person_id"),
)

# What another department does of a question, by its own date; one department stays responsible for the whole.
parts = Table(
    "parts",
    metadata,
    _id(),
    Column("question_id", RowId, ForeignKey("questions.id", ondelete="CASCADE"), nullable=False),
    Column("department_id", RowId, ForeignKey("departments.id"), nullable=False),
    Column("task", Text, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("entry_id", RowId, ForeignKey("entries.id", ondelete="CASCADE")),  # the line with what was done
    Column("remind_on", Date),
    Index("ix_parts_question_id", "question_id"),
    Index("ix_parts_department_id", "department_id"),
    Index("ix_parts_remind_on", "remind_on"),
)

# The ledger: what was promised, by whom, by when, to which NGO.
promises = Table(
    "promises",
    metadata,
    _id(),
    Column("number", String(20), nullable=False, unique=True),
    Column("question_id", RowId, ForeignKey("questions.id", ondelete="CASCADE"), nullable=False),
    Column("department_id", RowId, ForeignKey("departments.id"), nullable=False),
    _person_who_may_leave("owner_id"),
    Column("organization_id", RowId, ForeignKey("organizations.id")),
    _person_who_may_leave("author_id"),
    Column("text", Text, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("status", String(20), nullable=False),
    Column("moved", Integer, nullable=False, server_default="0"),  # how often it got a new date
    Column("disputed", Boolean, nullable=False, server_default=text("false")),  # the NGO said once: it was not kept
    Column("made_at", Moment, nullable=False),
    Column("remind_on", Date),
    Column("rungs", Integer, nullable=False, server_default="0"),
    Index("ix_promises_question_id", "question_id"),
    Index("ix_promises_department_id_status", "department_id", "status"),
    Index("ix_promises_organization_id_id", "organization_id", "id"),
    Index("ix_promises_author_id_id", "author_id", "id"),
    Index("ix_promises_remind_on", "remind_on"),
)

promise_entries = Table(
    "promise_entries",
    metadata,
    _id(),
    Column("promise_id", RowId, ForeignKey("promises.id", ondelete="CASCADE"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("action", String(30), nullable=False),
    _person_who_may_leave("actor_id"),
    Column("actor_side", String(20), nullable=False),
    Column("text", Text, nullable=False, server_default=""),
    Column("until", Date),
    Index("ix_promise_entries_promise_id_id", "promise_id", "id"),
)

# A department's ready answers, with places for facts of the question: `{number}`.
templates = Table(
    "templates",
    metadata,
    _id(),
    Column("department_id", RowId, ForeignKey("departments.id"), nullable=False),
    Column("title", String(100), nullable=False),
    *(Column(f"text_{language}", Text, nullable=False, server_default="") for language in ("en", "ru", "kk")),
    Index("ix_templates_department_id", "department_id"),
)

# A department's group in Telegram. `forum`: a topic for each question. `language`: of whoever linked it.
groups = Table(
    "groups",
    metadata,
    Column("department_id", RowId, ForeignKey("departments.id"), primary_key=True, autoincrement=False),
    Column("chat_id", BigInteger, nullable=False, unique=True),
    Column("forum", Boolean, nullable=False, server_default=text("false")),
    Column("language", String(2), nullable=False),
    Column("since", Moment, nullable=False),
)

# What an administrator gives to be sent in a group, to link it: only the hash, for an hour, and it works once.
group_codes = Table(
    "group_codes",
    metadata,
    Column("department_id", RowId, ForeignKey("departments.id"), primary_key=True, autoincrement=False),
    Column("code_hash", String(64), nullable=False, unique=True),
    _person("created_by"),
    Column("expires_at", Moment, nullable=False),
)

# Where a question's card stands in a group. `topic`: it is the message that began its topic in a forum.
group_posts = Table(
    "group_posts",
    metadata,
    Column("chat_id", BigInteger, primary_key=True),
    Column("message_id", BigInteger, primary_key=True),
    Column("question_id", RowId, ForeignKey("questions.id", ondelete="CASCADE"), nullable=False),
    Column("topic", Boolean, nullable=False, server_default=text("false")),
    Index("ix_group_posts_question_id", "question_id"),
)

# Random numbers made once, which every copy of the program and every backup know.
keys = Table(
    "keys",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", String(64), nullable=False),
)

# Who asked to be forgotten, as a hash under a key: after the restore of an older backup they are forgotten again.
forgotten = Table(
    "forgotten",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("at", Moment, nullable=False),
)

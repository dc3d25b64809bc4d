"""What waits: the oldest update, the next message of a kind, the chats that hear something now

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_INDEXES = (
    ("ix_inbox_update_id_pending", "inbox", ["update_id"], "done_at IS NULL AND dead_at IS NULL"),
    ("ix_outbox_priority_id_pending", "outbox", ["priority", "id"], "done_at IS NULL"),
    ("ix_outbox_chat_id_under_way", "outbox", ["chat_id"], "done_at IS NULL AND leased_until IS NOT NULL"),
    ("ix_outbox_done_at", "outbox", ["done_at"], "done_at IS NOT NULL"),
)


def upgrade() -> None:
    op.drop_index("ix_outbox_done_at", table_name="outbox")
    for name, table, columns, where in _INDEXES:
        op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    for name, table, _, _ in reversed(_INDEXES):
        op.drop_index(name, table_name=table)
    op.create_index("ix_outbox_done_at", "outbox", ["done_at"])

"""The oldest waiting update

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_PENDING = sa.text("done_at IS NULL AND dead_at IS NULL")


def upgrade() -> None:
    op.create_index(
        "ix_inbox_update_id_pending", "inbox", ["update_id"], sqlite_where=_PENDING, postgresql_where=_PENDING
    )


def downgrade() -> None:
    op.drop_index("ix_inbox_update_id_pending", table_name="inbox")

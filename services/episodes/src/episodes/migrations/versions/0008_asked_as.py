"""A receipt says in which role, and for which organisation, its command was sent.

It is empty in receipts of earlier releases, and in those that processes of such a release still write.
"""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("ALTER TABLE command_receipts ADD COLUMN asked_as text NOT NULL DEFAULT ''")

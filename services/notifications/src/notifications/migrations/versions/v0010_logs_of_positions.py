"""The topic whose offset a position is, and how many offsets of a lane were deleted before they were read.

A topic that is deleted and made again has another id, and then a position means nothing in it.

There is no v0009.
"""

from alembic import op

revision = "v0010"
down_revision = "v0008"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE positions ADD COLUMN topic_id uuid, ADD COLUMN deleted_unread bigint NOT NULL DEFAULT 0"
    )

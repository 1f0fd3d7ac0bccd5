"""A time may be known to the year, or not known: words that earlier releases cannot read.

They are written once none of them runs any more. A store without events has no older process.
"""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.execute(
        "UPDATE compatibility SET compatible_from = '0014' WHERE NOT EXISTS (SELECT FROM stored_events)"
    )

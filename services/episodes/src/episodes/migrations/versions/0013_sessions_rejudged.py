"""Sessions may be judged anew: an event of a kind that earlier releases cannot read.

It is written once none of them runs any more. A store without events has no older process.
"""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.execute(
        "UPDATE compatibility SET compatible_from = '0013' WHERE NOT EXISTS (SELECT FROM stored_events)"
    )

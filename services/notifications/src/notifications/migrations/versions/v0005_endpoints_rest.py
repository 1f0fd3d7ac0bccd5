"""An endpoint whose address cannot be used rests, and says since when."""

from alembic import op

revision = "v0005"
down_revision = "v0004"


def upgrade() -> None:
    """Null where nothing is wrong: every subscription begins so."""
    op.execute(
        "ALTER TABLE subscriptions ADD COLUMN unusable_since timestamptz, ADD COLUMN rests_until timestamptz"
    )

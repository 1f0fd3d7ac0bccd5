"""For how many clients a partner was shared with is found by an index, and a change may say its reason."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute("CREATE INDEX ON client_subjects (network_id, partner_id)")
    op.execute("ALTER TABLE directory_changes ADD COLUMN reason text")

"""For how many clients a partner was shared with is found by an index, and a change may say its reason.

What the directory says is sealed into consents once no earlier release runs, which would not judge by it. A
store without events has no older process.
"""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute("CREATE INDEX ON client_subjects (network_id, partner_id)")
    op.execute("ALTER TABLE directory_changes ADD COLUMN reason text")
    op.execute(
        "UPDATE compatibility SET compatible_from = '0015' WHERE NOT EXISTS (SELECT FROM stored_events)"
    )

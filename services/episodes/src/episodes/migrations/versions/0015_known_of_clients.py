"""For how many clients a partner was shared with is found by an index, when and where a client's episodes
were opened stands beside them (not of those opened before), and a change of the directory may say its reason.

What the directory says is sealed into consents once no earlier release runs, which would not judge by it. A
store without events has no older process.
"""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute("CREATE INDEX ON client_subjects (network_id, partner_id)")
    op.execute("ALTER TABLE directory_changes ADD COLUMN reason text")
    op.execute("ALTER TABLE client_episodes ADD COLUMN clinic_id uuid, ADD COLUMN opened_at timestamptz")
    op.execute(
        "UPDATE compatibility SET compatible_from = '0015' WHERE NOT EXISTS (SELECT FROM stored_events)"
    )

"""What it takes to tell a referring partner, address an item to a therapist, and find who was sent what."""

from alembic import op

revision = "v0002"
down_revision = "v0001"

CHANGES = """
ALTER TABLE known_episodes ADD COLUMN referring_partner_id uuid, ADD COLUMN opening jsonb;

ALTER TABLE inbox ADD COLUMN recipient_id uuid;

CREATE INDEX deliveries_of_event ON deliveries (network_id, event_id);
"""


def upgrade() -> None:
    """`opening`: the envelope of the opening event, kept while a partner waits to hear of it."""
    op.execute(CHANGES)

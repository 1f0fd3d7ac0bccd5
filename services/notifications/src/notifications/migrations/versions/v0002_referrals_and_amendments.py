"""Columns to notify a referring partner, address an item to a therapist, and find who was sent an entry."""

from alembic import op

revision = "v0002"
down_revision = "v0001"

CHANGES = """
ALTER TABLE known_episodes ADD COLUMN referring_partner_id uuid, ADD COLUMN opening jsonb;

ALTER TABLE inbox ADD COLUMN recipient_id uuid;

CREATE INDEX deliveries_of_event ON deliveries (network_id, event_id);
"""


def upgrade() -> None:
    """`opening` holds the ids and times of the opening while a partner waits to be notified of it."""
    op.execute(CHANGES)

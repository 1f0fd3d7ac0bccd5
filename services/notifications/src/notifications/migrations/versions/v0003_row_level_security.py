"""Networks kept apart by the database itself, also where a query forgets to.

A transaction names its networks in `care.networks`; unset means none. Forced, so the owner is bound too: a
later step that changes rows must name them as well. Exempt is `positions`, the places of a role.
"""

from alembic import op

revision = "v0003"
down_revision = "v0002"

TABLES = (
    "seen_events",
    "known_episodes",
    "known_consents",
    "parked",
    "subscriptions",
    "deliveries",
    "attempts",
    "inbox",
)

OURS = "network_id = ANY ((SELECT string_to_array(current_setting('care.networks', true), ','))::text[])"
"""The sub-select makes it a constant of the query: read once, and fit for an index."""


def upgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_the_networks ON {table} USING ({OURS}) WITH CHECK ({OURS})")

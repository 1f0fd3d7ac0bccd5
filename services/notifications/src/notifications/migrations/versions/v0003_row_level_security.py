"""Networks kept apart by the database itself, also where a query forgets to.

A transaction names its networks in `care.networks`; unset means none. Forced, so the owner is bound too: a
later step that changes rows must name them as well. Exempt is `positions`, the places of a role.
"""

from alembic import op

from care_platform.postgres.row_security import NAMED, forced

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


def upgrade() -> None:
    for table in TABLES:
        op.execute(forced(table))
        op.execute(f"CREATE POLICY of_the_networks ON {table} USING ({NAMED}) WITH CHECK ({NAMED})")

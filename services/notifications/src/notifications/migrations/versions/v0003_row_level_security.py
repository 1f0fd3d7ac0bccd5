"""Row-level security keeps networks apart even where a query forgets its condition.

A transaction names its networks in `care.networks`; unset means none. The policies are forced, so they bind
the owner too: a later migration that changes rows must name the networks. `positions` is exempt.
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

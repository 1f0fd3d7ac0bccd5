"""Indexes by which a delivery is found by its key, whatever statistics the planner has.

Before a table is analysed, the planner considers all indexes equally good. It chose indexes by their leading
network column alone, so each claim read every delivery of the network. Unique indexes now lead with the
event, and the row-security policies compare in a collation that no index has.
"""

from alembic import op

from notifications.migrations.versions.v0003_row_level_security import TABLES

revision = "v0004"
down_revision = "v0003"

INDEXES = """
DROP INDEX deliveries_of_event;
ALTER TABLE deliveries
    DROP CONSTRAINT deliveries_network_id_subscription_id_event_id_key,
    ADD CONSTRAINT deliveries_once_per_event UNIQUE (event_id, subscription_id, network_id);
"""

OURS = (
    "(network_id COLLATE \"C\") = ANY ((SELECT string_to_array(current_setting('care.networks', true), ','))"
    "::text[])"
)
"""The same policy, usable as a filter only: each query names its networks itself."""


def upgrade() -> None:
    op.execute(INDEXES)
    for table in TABLES:
        op.execute(f"ALTER POLICY of_the_networks ON {table} USING ({OURS}) WITH CHECK ({OURS})")

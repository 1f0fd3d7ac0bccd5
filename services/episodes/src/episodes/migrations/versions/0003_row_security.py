"""Forced row-level security on every table with a network: a forgotten WHERE finds no stranger's row.

The setting is looked up once per query, as an init plan. PostgreSQL checks foreign keys past it.
"""

from alembic import op

from care_platform.postgres.row_security import NAMED, forced

revision = "0003"
down_revision = "0002"

TABLES = (
    *("command_receipts", "source_refs", "client_keys", "client_episodes", "disclosures"),
    *("clinics", "staff", "partners", "clients", "client_identifiers", "client_subjects"),
)


def upgrade() -> None:
    for table in TABLES:
        op.execute(forced(table))
        op.execute(f"CREATE POLICY of_the_networks_named ON {table} USING ({NAMED})")

"""Row-level security: the networks whose rows a transaction may see and write. None named means none.

The policies read a setting that ends with the transaction, so that no pooled connection keeps it.
"""

from collections.abc import Collection

SCOPE = "SELECT set_config('care.networks', %s, true)"
NAMED = "network_id = ANY ((SELECT string_to_array(current_setting('care.networks', true), ','))::text[])"
"""The condition of a policy. The sub-select makes it a constant of the query, which an index can use."""


def scoped(networks: Collection[str]) -> tuple[str]:
    """The parameter of `SCOPE`. Names of networks contain no comma: see the settings."""
    return (",".join(sorted(networks)),)


def forced(table: str) -> str:
    """The statement that enforces the policies of a table for everybody, including its owner."""
    return f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"

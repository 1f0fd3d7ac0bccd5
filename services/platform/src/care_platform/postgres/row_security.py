"""Row-level security: the networks whose rows a transaction may see and write. None named means none.

The policies ask for a setting, which ends with the transaction, so that no connection carries it on.
"""

from collections.abc import Collection

SCOPE = "SELECT set_config('care.networks', %s, true)"
NAMED = "network_id = ANY ((SELECT string_to_array(current_setting('care.networks', true), ','))::text[])"
"""What a policy asks. The sub-select makes it a constant of the query: read once, and fit for an index."""


def scoped(networks: Collection[str]) -> tuple[str]:
    """The parameter of `SCOPE`. Names of networks hold no comma: see the settings."""
    return (",".join(sorted(networks)),)


def forced(table: str) -> str:
    """The statement that binds everybody to the policies of a table, its owner too."""
    return f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"

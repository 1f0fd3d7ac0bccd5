"""Row-level security: the networks whose rows a transaction may see and write. None named means none.

The policies ask for the setting; it ends with the transaction, so no connection carries it on.
"""

from collections.abc import Collection

SCOPE = "SELECT set_config('care.networks', %s, true)"


def scoped(networks: Collection[str]) -> tuple[str]:
    """The parameter of `SCOPE`. Names of networks hold no comma: see the settings."""
    return (",".join(sorted(networks)),)

"""The policy of every table that holds a network's rows; its owner is bound by it too."""


def secure(table: str) -> str:
    """The statements that let a transaction see and write only the rows of the networks it has named."""
    return f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY of_the_networks_named ON {table}
    USING (network_id = ANY ((SELECT string_to_array(current_setting('care.networks', true), ','))::text[]));
"""

"""What the writer looks up, all kinds in one statement: a statement more is a turn more in which the
interpreter has to be had back.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from episodes.event_log.arrays import Bytes, Numbers, Texts, Uuids
from episodes.event_log.row_security import SCOPE, scoped

Wanted = Mapping[str, Collection[tuple[Any, ...]]]
Found = Mapping[str, list[DictRow]]

DIRECTORY = ("clinics", "clients", "staff", "partners")
# OFFSET 0 keeps the planner to one look into the index for each thing wanted. Free to choose, it read every
# row of the network while the tables were larger than their statistics say: a fourth of the rate.
_READ = """SELECT 'receipts' AS kind, network_id, command_id AS id, NULL::uuid AS other_id,
    request_mac AS one, response AS other, NULL AS zone, NULL::boolean AS licensed, NULL::bigint AS version
FROM unnest(%b::text[], %b::uuid[]) AS w(n, i)
    CROSS JOIN LATERAL (SELECT * FROM command_receipts WHERE network_id = n AND command_id = i OFFSET 0) AS f
UNION ALL SELECT 'references', network_id, event_id, episode_id, reference, NULL, NULL, NULL, NULL
FROM unnest(%b::text[], %b::bytea[]) AS w(n, r)
    CROSS JOIN LATERAL (SELECT * FROM source_refs WHERE network_id = n AND reference = r OFFSET 0) AS f
UNION ALL SELECT 'events', NULL, originator_id, NULL, state, NULL, NULL, NULL, originator_version
FROM stored_events JOIN unnest(%b::uuid[], %b::bigint[]) AS w(i, v)
    ON originator_id = i AND originator_version > v
UNION ALL SELECT 'keys', network_id, client_id, key_id, wrapped, NULL, NULL, NULL, NULL
FROM unnest(%b::text[], %b::uuid[]) AS w(n, i)
    CROSS JOIN LATERAL (SELECT * FROM client_keys WHERE network_id = n AND client_id = i OFFSET 0) AS f
UNION ALL SELECT 'of_clients', network_id, client_id, episode_id, NULL, NULL, NULL, NULL, NULL
FROM unnest(%b::text[], %b::uuid[]) AS w(n, i)
    CROSS JOIN LATERAL (SELECT * FROM client_episodes WHERE network_id = n AND client_id = i OFFSET 0) AS f
UNION ALL SELECT 'clinics', network_id, clinic_id, NULL, NULL, NULL, zone, NULL, NULL
FROM clinics JOIN unnest(%b::text[], %b::uuid[]) AS w(n, i) ON network_id = n AND clinic_id = i
UNION ALL SELECT 'clients', network_id, client_id, NULL, NULL, NULL, NULL, NULL, NULL
FROM unnest(%b::text[], %b::uuid[]) AS w(n, i)
    CROSS JOIN LATERAL (SELECT * FROM clients WHERE network_id = n AND client_id = i OFFSET 0) AS f
UNION ALL SELECT 'staff', network_id, staff_id, NULL, NULL, NULL, NULL, licences <> '[]', NULL
FROM staff JOIN unnest(%b::text[], %b::uuid[]) AS w(n, i) ON network_id = n AND staff_id = i
UNION ALL SELECT 'partners', network_id, partner_id, NULL, NULL, NULL, NULL, NULL, NULL
FROM partners JOIN unnest(%b::text[], %b::uuid[]) AS w(n, i) ON network_id = n AND partner_id = i
ORDER BY version, other_id"""
_COLUMNS: Mapping[str, tuple[type[list[Any]], type[list[Any]]]] = {
    "receipts": (Texts, Uuids),
    "references": (Texts, Bytes),
    "events": (Uuids, Numbers),
    "keys": (Texts, Uuids),
    "of_clients": (Texts, Uuids),
    **dict.fromkeys(DIRECTORY, (Texts, Uuids)),
}
"""What is looked for, in the order of the statement."""


def look_up(connection: Connection[DictRow], networks: Collection[str], wanted: Wanted) -> Found:
    """What is there of the wanted, by kind, seen as these networks; events in the order of their versions."""
    parameters: list[list[Any]] = []
    for kind, types in _COLUMNS.items():
        columns = zip(*wanted.get(kind, ()), strict=True)
        parameters += (make(next(columns, ())) for make in types)
    found: dict[str, list[DictRow]] = defaultdict(list)
    with connection.pipeline():  # which is one transaction
        connection.execute(SCOPE, scoped(networks), prepare=True)
        for row in connection.cursor(binary=True).execute(_READ, parameters, prepare=True):
            found[row["kind"]].append(row)
    return found

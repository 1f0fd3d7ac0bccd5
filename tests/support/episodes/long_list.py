"""Many lines of the list, inserted where the role would write them, to test query plans and speed."""

from uuid import UUID

import psycopg

CLINICS, THERAPISTS = 20, 200
_MANY = """INSERT INTO episode_list (build, network_id, episode_id, clinic_id, client_id, therapist_id,
    status, version, opened_at, closed_at, last_recorded_at)
SELECT (SELECT build FROM projections WHERE live), %(network)s,
    ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
    lpad(to_hex(n %% %(clinics)s), 32, '0')::uuid, lpad(to_hex(n / 3), 32, '0')::uuid,
    lpad(to_hex(n %% %(therapists)s), 32, '0')::uuid,
    CASE WHEN n %% 100 = 1 THEN 'on_hold' WHEN n %% 100 < 20 THEN 'open' ELSE 'closed' END, 12,
    now() - n * interval '1 minute', CASE WHEN n %% 100 >= 20 THEN now() - n * interval '1 minute' END,
    now() - n * interval '1 minute'
FROM generate_series(0, %(count)s - 1) AS n"""
_REFERENCE = """INSERT INTO source_refs (network_id, reference, episode_id, event_id)
VALUES (%s, %s, %s, gen_random_uuid())"""


def fill(superuser_url: str, network: str, count: int, reference: bytes) -> None:
    """Insert `count` lines of one network, and a source_ref for the middle one."""
    values = {"network": network, "count": count, "clinics": CLINICS, "therapists": THERAPISTS}
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(_MANY, values)
        connection.execute(_REFERENCE, (network, reference, episode(count // 2)))
        connection.execute("VACUUM ANALYZE episode_list, source_refs")


def episode(number: int) -> UUID:
    return UUID(f"01900000-0000-7000-8000-{number:012x}")

"""Registers clients where they have episodes, from the log: at each clinic that opened or took over one.

A header that cannot be read is passed over; whoever reads its event will notice.
"""

_HEADER_OF = """
CREATE FUNCTION pg_temp.header_of(state bytea) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE length int := get_byte(state, 1) * 16777216 + get_byte(state, 2) * 65536 + get_byte(state, 3) * 256
                      + get_byte(state, 4);
BEGIN
    RETURN convert_from(substring(state FROM 6 FOR length), 'UTF8')::jsonb;
EXCEPTION WHEN others THEN
    RETURN NULL;
END $$;
"""
_REGISTER = """
INSERT INTO client_registrations (network_id, client_id, clinic_id, how)
SELECT DISTINCT header->>'network', (header->>'client')::uuid, (header->>'clinic')::uuid, 'migrated'
FROM stored_events, LATERAL (SELECT pg_temp.header_of(state) AS header) AS clear
WHERE (originator_version = 1 OR topic = 'responsibility-transferred.1') AND header->>'clinic' IS NOT NULL
ON CONFLICT DO NOTHING
"""
_ALL_NETWORKS = """
SELECT set_config('care.networks', coalesce(string_agg(DISTINCT network, ','), ''), true)
FROM stored_events, LATERAL (SELECT pg_temp.header_of(state)->>'network' AS network) AS clear
WHERE originator_version = 1
"""
OF_EPISODES = (_HEADER_OF, _ALL_NETWORKS, _REGISTER)
"""The statements, for the owner of the tables, in one transaction."""

"""Which episodes a client has: written with the opening, so that a client's word reaches all of them.

The header of a stored event is clear JSON between its fixed head and the nonce (format 1).
"""

from alembic import context, op

revision = "0002"
down_revision = "0001"

TABLE = """
CREATE TABLE client_episodes (
    network_id text NOT NULL,
    client_id uuid NOT NULL,
    episode_id uuid NOT NULL,
    PRIMARY KEY (network_id, client_id, episode_id)
);
INSERT INTO client_episodes
SELECT header->>'network', (header->>'client')::uuid, originator_id
FROM stored_events, LATERAL (
    SELECT get_byte(state, 1) * 16777216 + get_byte(state, 2) * 65536 + get_byte(state, 3) * 256
           + get_byte(state, 4) AS length
) AS head, LATERAL (SELECT convert_from(substring(state FROM 6 FOR length), 'UTF8')::jsonb AS header) AS clear
WHERE originator_version = 1;
"""


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(f"GRANT SELECT, INSERT ON client_episodes TO {context.config.attributes['app_role']}")

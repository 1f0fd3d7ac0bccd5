"""Which keys seal secrets of subscriptions: the newest seals new ones, the others open what they sealed.

A secret refers to the row of its key by the number before it, so that no key that is needed can be retired.
Number 0 is the key from before keys had numbers.
"""

from alembic import op

revision = "v0007"
down_revision = "v0006"

TABLE = """
CREATE TABLE sealing_keys (
    number      smallint PRIMARY KEY CHECK (number BETWEEN 0 AND 255),
    fingerprint bytea,
    since       timestamptz NOT NULL DEFAULT now()
);
INSERT INTO sealing_keys (number) VALUES (0);
ALTER TABLE subscriptions ADD COLUMN sealed_by smallint REFERENCES sealing_keys GENERATED ALWAYS AS (
    CASE WHEN length(secret) = 79 THEN get_byte(secret, 0) ELSE 0 END
) STORED;
CREATE INDEX subscriptions_sealed_by ON subscriptions (sealed_by, network_id);
"""


def upgrade() -> None:
    op.execute(TABLE)

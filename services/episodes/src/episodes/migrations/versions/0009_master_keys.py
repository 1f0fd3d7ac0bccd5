"""Which master keys are in use: the newest wraps new clients' keys, each of the others opens what it wrapped.

A client's key refers to the row of its master key, by the number within its wrapped form. So the database
refuses to retire a master key that something needs, and to store what a retired one has wrapped, whatever
the processes know. Number 0 is the key from before keys had numbers.
"""

from alembic import op

revision = "0009"
down_revision = "0008"

TABLE = """
CREATE TABLE master_keys (
    number smallint PRIMARY KEY CHECK (number BETWEEN 0 AND 255),
    fingerprint bytea,
    since timestamptz NOT NULL DEFAULT now()
);
INSERT INTO master_keys (number) VALUES (0);
ALTER TABLE client_keys ADD COLUMN master smallint REFERENCES master_keys GENERATED ALWAYS AS (
    CASE WHEN wrapped IS NULL THEN NULL WHEN length(wrapped) = 61 THEN get_byte(wrapped, 0) ELSE 0 END
) STORED;
CREATE INDEX client_keys_master ON client_keys (master);
UPDATE compatibility SET compatible_from = '0009' WHERE NOT EXISTS (SELECT FROM stored_events);
"""
"""A store without events has no older process."""


def upgrade() -> None:
    op.execute(TABLE)

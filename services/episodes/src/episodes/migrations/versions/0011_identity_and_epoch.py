"""The store has an identity, and an epoch that an operator raises after restoring a backup of it.

Each epoch has 2^40 positions of its own, so no position is given twice; those given so far are of epoch 0.
"""

from alembic import op

revision = "0011"
down_revision = "0010"

TABLE = """
CREATE TABLE store_identity (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    identity uuid NOT NULL DEFAULT gen_random_uuid(),
    epoch smallint NOT NULL DEFAULT 0 CHECK (epoch BETWEEN 0 AND 8191)
);
INSERT INTO store_identity DEFAULT VALUES;
"""


def upgrade() -> None:
    op.execute(TABLE)

"""From which revision on processes can read what is stored.

Nothing that older ones cannot read is written before an operator says that none runs any more (`notifications
migrate --all-replaced`). A store in which nothing was ever written has no older process: its files tell that,
which row security does not hide.
"""

from alembic import op

revision = "v0011"
down_revision = "v0010"

TABLE = """
CREATE TABLE compatibility (
    one             boolean PRIMARY KEY DEFAULT true CHECK (one),
    compatible_from text NOT NULL
);
INSERT INTO compatibility (compatible_from)
SELECT CASE WHEN sum(pg_relation_size(name::regclass)) = 0 THEN 'v0011' ELSE 'v0007' END
FROM unnest(ARRAY['subscriptions', 'positions', 'seen_events', 'inbox']) AS written (name);
"""


def upgrade() -> None:
    op.execute(TABLE)

"""From which revision on processes can read what is stored.

Nothing that older ones cannot read is written before an operator says that none runs any more (`episodes
migrate --all-replaced`). A store without events has no older process.
"""

from alembic import context, op

revision = "0006"
down_revision = "0005"

TABLE = """
CREATE TABLE compatibility (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    compatible_from text NOT NULL
);
INSERT INTO compatibility (compatible_from)
SELECT CASE WHEN EXISTS (SELECT FROM stored_events) THEN '0005' ELSE '0006' END;
"""


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(f"GRANT SELECT ON compatibility TO {context.config.attributes['app_role']}")

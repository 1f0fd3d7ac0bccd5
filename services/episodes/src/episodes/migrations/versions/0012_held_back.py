"""What followers of the log hold back, which networks were retired, and how many partitions topics had.

An event that cannot be read holds up its own episode alone, a network that is not configured itself alone.
Processes of earlier releases know nothing of it: they end at such an event. These tables are of the whole
installation, whoever's event it is, and say nothing but ids and positions.
"""

from alembic import op

revision = "0012"
down_revision = "0011"

TABLES = """
CREATE TABLE held_back (
    follower text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('episode', 'network')),
    name text NOT NULL,
    after bigint NOT NULL,
    reason text NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (follower, kind, name)
);
CREATE TABLE retired_networks (
    name text PRIMARY KEY,
    retired_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE published_topics (
    topic text PRIMARY KEY,
    partitions int NOT NULL CHECK (partitions > 0),
    accepted_at timestamptz NOT NULL DEFAULT now()
);
"""


def upgrade() -> None:
    op.execute(TABLES)

"""The list of episodes as a view of the log, its builds, and one table for the positions of all followers.

Every row of a view belongs to a build. Readers read the live one; a rebuild fills another beside it.
The build stands first in the keys, so that all rows of a build can be found and removed.
"""

from alembic import context, op

from care_platform.postgres.row_security import NAMED, forced

revision = "0004"
down_revision = "0003"

FOLLOWERS = """
ALTER TABLE relay_position RENAME TO positions;
ALTER TABLE positions RENAME COLUMN relay TO follower;
CREATE TABLE projections (
    projection text NOT NULL,
    build bigint GENERATED ALWAYS AS IDENTITY,
    live boolean NOT NULL DEFAULT false,
    PRIMARY KEY (projection, build)
);
CREATE UNIQUE INDEX ON projections (projection) WHERE live;
INSERT INTO projections (projection, live) VALUES ('episodes', true);
INSERT INTO positions (follower, epoch, position) SELECT projection || '/' || build, 0, 0 FROM projections;
"""

LIST = """
CREATE TABLE episode_list (
    build bigint NOT NULL,
    network_id text NOT NULL,
    episode_id uuid NOT NULL,
    clinic_id uuid NOT NULL,
    client_id uuid NOT NULL,
    therapist_id uuid,
    status text NOT NULL,
    version bigint NOT NULL,
    opened_at timestamptz,
    closed_at timestamptz,
    last_recorded_at timestamptz NOT NULL,
    continues uuid,
    PRIMARY KEY (build, network_id, episode_id)
);
CREATE INDEX ON episode_list (build, network_id, status, episode_id);
CREATE INDEX ON episode_list (build, network_id, clinic_id, episode_id);
CREATE INDEX ON episode_list (build, network_id, clinic_id, status, episode_id);
CREATE INDEX ON episode_list (build, network_id, therapist_id, episode_id);
CREATE INDEX ON episode_list (build, network_id, client_id, episode_id);
"""

GRANTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON projections, episode_list TO {app};
GRANT DELETE ON positions TO {app};
"""


def upgrade() -> None:
    for statements in (FOLLOWERS, LIST):
        op.execute(statements)
    op.execute(forced("episode_list"))
    op.execute(f"CREATE POLICY of_the_networks_named ON episode_list USING ({NAMED})")
    op.execute(GRANTS.format(app=context.config.attributes["app_role"]))

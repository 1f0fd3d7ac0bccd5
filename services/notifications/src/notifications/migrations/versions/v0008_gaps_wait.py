"""What leaves a gap in its episode is held, and what is missing before it is remembered until it is there.

Processes of the release before know none of these tables: they go past a gap. They could not read an item
of the concern `events_missing`, so a connection sees these only if it says that it knows them.
"""

from alembic import op

from care_platform.postgres.row_security import forced
from notifications.migrations.versions.v0004_deliveries_by_key import OURS

revision = "v0008"
down_revision = "v0007"

TABLES = """
CREATE TABLE held_events (
    network_id text NOT NULL,
    event_id   uuid NOT NULL,
    episode_id uuid NOT NULL,
    sequence   bigint NOT NULL,
    form       text NOT NULL CHECK (form IN ('kafka', 'feed')),
    place      text NOT NULL,
    raw        bytea NOT NULL,
    held_at    timestamptz NOT NULL DEFAULT now(),
    taken_at   timestamptz,
    PRIMARY KEY (event_id, network_id)
);
CREATE INDEX held_in_order ON held_events (episode_id, sequence, network_id) WHERE taken_at IS NULL;

CREATE TABLE gaps (
    network_id     text NOT NULL,
    gap_id         bigint GENERATED ALWAYS AS IDENTITY,
    episode_id     uuid NOT NULL,
    clinic_id      uuid NOT NULL,
    after_sequence bigint NOT NULL,
    up_to          bigint NOT NULL,
    noticed_at     timestamptz NOT NULL DEFAULT now(),
    next_try_at    timestamptz NOT NULL,
    tries          integer NOT NULL DEFAULT 0,
    incident_at    timestamptz,
    ended_at       timestamptz,
    ending         text CHECK (ending IN ('healed', 'passed over')),
    PRIMARY KEY (gap_id, network_id)
);
CREATE UNIQUE INDEX one_open_gap ON gaps (episode_id, network_id) WHERE ended_at IS NULL;
CREATE INDEX gaps_to_heal ON gaps (next_try_at, network_id) WHERE ended_at IS NULL;
CREATE INDEX gaps_passed_over ON gaps (episode_id, network_id) WHERE ending = 'passed over';

CREATE TABLE repeated_numbers (
    network_id text NOT NULL,
    event_id   uuid NOT NULL,
    episode_id uuid NOT NULL,
    sequence   bigint NOT NULL,
    noticed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (event_id, network_id)
);

CREATE TABLE comparisons (
    network_id text PRIMARY KEY,
    position   text,
    reached_at timestamptz
);
"""
"""`after_sequence`: no event up to this number is missing. `up_to`: the highest number that is known of.
`reached_at`: what was recorded up to then is compared.
"""

NEW_TABLES = ("held_events", "gaps", "repeated_numbers", "comparisons")

KNOWN_CONCERNS = """
CREATE POLICY of_concerns_known ON inbox AS RESTRICTIVE
    USING (concern <> 'events_missing' OR current_setting('care.knows_events_missing', true) = 'on')
    WITH CHECK (true)
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table in NEW_TABLES:
        op.execute(forced(table))
        op.execute(f"CREATE POLICY of_the_networks ON {table} USING ({OURS}) WITH CHECK ({OURS})")
    op.execute(KNOWN_CONCERNS)

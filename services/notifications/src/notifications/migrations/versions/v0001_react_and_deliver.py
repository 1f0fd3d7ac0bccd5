"""Events seen, what is known of episodes, what is owed, and the outcome of each delivery.

An event's `occurred_at` and `recorded_at` are sent on exactly as received, so they are stored as text: a
timestamp would lose their offset.
"""

from alembic import context, op

revision = "v0001"
down_revision = None

TABLES = """
CREATE TABLE positions (
    lane         text PRIMARY KEY,
    network_id   text NOT NULL,
    position     text NOT NULL,
    caught_up_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE seen_events (
    network_id text NOT NULL,
    event_id   uuid NOT NULL,
    PRIMARY KEY (network_id, event_id)
);

CREATE TABLE known_episodes (
    network_id    text NOT NULL,
    episode_id    uuid NOT NULL,
    clinic_id     uuid NOT NULL,
    therapist_id  uuid,
    last_sequence bigint NOT NULL,
    PRIMARY KEY (network_id, episode_id)
);

CREATE TABLE known_consents (
    network_id     text NOT NULL,
    episode_id     uuid NOT NULL,
    consent_id     uuid NOT NULL,
    partner_id     uuid NOT NULL,
    kinds          text[] NOT NULL,
    effective_from timestamptz NOT NULL,
    until          timestamptz,
    withdrawn_from timestamptz,
    PRIMARY KEY (network_id, episode_id, consent_id)
);

CREATE TABLE parked (
    network_id  text NOT NULL,
    parked_id   bigint GENERATED ALWAYS AS IDENTITY,
    form        text NOT NULL CHECK (form IN ('kafka', 'feed')),
    place       text NOT NULL,
    reason      text NOT NULL,
    event_id    uuid,
    episode_id  uuid,
    raw         bytea NOT NULL,
    fingerprint bytea NOT NULL,
    parked_at   timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz,
    resolution  text CHECK (resolution IN ('replayed', 'dismissed')),
    PRIMARY KEY (network_id, parked_id),
    UNIQUE (network_id, fingerprint)
);
CREATE INDEX parked_open ON parked (network_id, episode_id, parked_id) WHERE resolved_at IS NULL;

CREATE TABLE subscriptions (
    network_id           text NOT NULL,
    subscription_id      uuid NOT NULL,
    partner_id           uuid NOT NULL,
    url                  text NOT NULL,
    event_types          text[],
    clinics              uuid[],
    level                text NOT NULL CHECK (level IN ('empty', 'ids')),
    secret               bytea NOT NULL,
    state                text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled', 'deleted')),
    created_at           timestamptz NOT NULL,
    last_number          bigint NOT NULL DEFAULT 0,
    consecutive_failures integer NOT NULL DEFAULT 0,
    PRIMARY KEY (network_id, subscription_id)
);
CREATE UNIQUE INDEX one_subscription_per_address ON subscriptions (network_id, partner_id, url)
    WHERE state <> 'deleted';

CREATE TABLE deliveries (
    network_id      text NOT NULL,
    subscription_id uuid NOT NULL,
    number          bigint NOT NULL,
    event_id        uuid NOT NULL,
    event_type      text NOT NULL,
    episode_id      uuid NOT NULL,
    clinic_id       uuid NOT NULL,
    occurred_at     text NOT NULL,
    precision       text NOT NULL,
    recorded_at     text NOT NULL,
    origin          text NOT NULL,
    dataref         text NOT NULL,
    correlation_id  uuid NOT NULL,
    owed_at         timestamptz NOT NULL DEFAULT now(),
    state           text NOT NULL DEFAULT 'pending'
                    CHECK (state IN ('pending', 'delivered', 'withheld', 'failed', 'cancelled')),
    attempts        integer NOT NULL DEFAULT 0,
    due_at          timestamptz NOT NULL DEFAULT now(),
    claim           uuid,
    lease_until     timestamptz,
    PRIMARY KEY (network_id, subscription_id, number),
    UNIQUE (network_id, subscription_id, event_id),
    FOREIGN KEY (network_id, subscription_id) REFERENCES subscriptions
);
CREATE INDEX deliveries_due ON deliveries (network_id, subscription_id, due_at) WHERE state = 'pending';
CREATE INDEX deliveries_leased ON deliveries (network_id, subscription_id) WHERE lease_until IS NOT NULL;

CREATE TABLE attempts (
    network_id      text NOT NULL,
    subscription_id uuid NOT NULL,
    number          bigint NOT NULL,
    attempt         integer NOT NULL,
    decision_id     uuid NOT NULL,
    started_at      timestamptz NOT NULL,
    duration_ms     integer NOT NULL,
    status          integer,
    error           text,
    PRIMARY KEY (network_id, subscription_id, number, attempt),
    FOREIGN KEY (network_id, subscription_id, number) REFERENCES deliveries
);

CREATE TABLE inbox (
    network_id      text NOT NULL,
    item_id         uuid NOT NULL,
    clinic_id       uuid NOT NULL,
    episode_id      uuid NOT NULL,
    event_id        uuid NOT NULL,
    concern         text NOT NULL,
    severity        text NOT NULL,
    occurred_at     text NOT NULL,
    precision       text NOT NULL,
    recorded_at     timestamptz NOT NULL,
    link            text NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by uuid,
    PRIMARY KEY (network_id, item_id),
    UNIQUE (network_id, event_id, concern)
);
CREATE INDEX inbox_newest ON inbox (network_id, clinic_id, recorded_at DESC, item_id DESC);
"""


def upgrade() -> None:
    """Rows are never deleted: the application role lacks the right to."""
    op.execute(TABLES)
    role = context.config.attributes["app_role"]
    op.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO {role}")
    op.execute(f"REVOKE INSERT, UPDATE ON alembic_version FROM {role}")

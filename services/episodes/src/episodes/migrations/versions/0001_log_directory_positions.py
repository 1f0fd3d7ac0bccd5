"""The append-only event log, receipts, keys, the directory, disclosures and the relay's position.

`stored_events` and its type are exactly the library's, made here so that the service needs no right to make
them. An event's id stands at a fixed place of its state (format 1), which the expression index relies on.
"""

from alembic import context, op

revision = "0001"
down_revision = None

LOG = """
CREATE TABLE stored_events (
    originator_id uuid NOT NULL,
    originator_version bigint NOT NULL,
    topic text,
    state bytea,
    notification_id bigserial,
    PRIMARY KEY (originator_id, originator_version)
) WITH (
    autovacuum_enabled = true,
    autovacuum_vacuum_threshold = 100000000,
    autovacuum_vacuum_scale_factor = 0.5,
    autovacuum_analyze_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.01
);
CREATE UNIQUE INDEX stored_events_notification_id_idx ON stored_events (notification_id);
CREATE INDEX stored_events_event_id_idx ON stored_events (substring(state FROM 19 FOR 36));
CREATE TYPE stored_event_uuid AS (originator_id uuid, originator_version bigint, topic text, state bytea);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN RAISE EXCEPTION ''the event log is append-only''; END';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stored_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

RECORDING = """
CREATE TABLE command_receipts (
    network_id text NOT NULL,
    command_id uuid NOT NULL,
    request_mac bytea NOT NULL,
    status smallint NOT NULL,
    response bytea NOT NULL,
    PRIMARY KEY (network_id, command_id)
);
CREATE TABLE source_refs (
    network_id text NOT NULL,
    reference bytea NOT NULL,
    episode_id uuid NOT NULL,
    event_id uuid NOT NULL,
    PRIMARY KEY (network_id, reference)
);
CREATE TABLE client_keys (
    network_id text NOT NULL,
    client_id uuid NOT NULL,
    key_id uuid NOT NULL,
    wrapped bytea,
    PRIMARY KEY (network_id, client_id)
);
CREATE TABLE disclosures (
    network_id text NOT NULL,
    decision_id uuid NOT NULL,
    decided_at timestamptz NOT NULL,
    event_id uuid NOT NULL,
    episode_id uuid NOT NULL,
    partner_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    level text NOT NULL,
    consent_id uuid NOT NULL,
    PRIMARY KEY (network_id, decision_id)
);
"""

DIRECTORY = """
CREATE TABLE clinics (
    network_id text NOT NULL,
    clinic_id uuid NOT NULL,
    zone text NOT NULL,
    jurisdiction text,
    PRIMARY KEY (network_id, clinic_id)
);
CREATE TABLE staff (
    network_id text NOT NULL,
    staff_id uuid NOT NULL,
    role text NOT NULL,
    name text,
    licences jsonb NOT NULL,
    PRIMARY KEY (network_id, staff_id)
);
CREATE TABLE partners (
    network_id text NOT NULL,
    partner_id uuid NOT NULL,
    kind text NOT NULL,
    organisation text NOT NULL,
    PRIMARY KEY (network_id, partner_id)
);
CREATE TABLE clients (
    network_id text NOT NULL,
    client_id uuid NOT NULL,
    identity jsonb NOT NULL,
    PRIMARY KEY (network_id, client_id)
);
CREATE TABLE client_identifiers (
    network_id text NOT NULL,
    system text NOT NULL,
    value text NOT NULL,
    client_id uuid NOT NULL,
    PRIMARY KEY (network_id, system, value),
    FOREIGN KEY (network_id, client_id) REFERENCES clients ON DELETE CASCADE
);
CREATE INDEX ON client_identifiers (network_id, client_id);
CREATE TABLE client_subjects (
    network_id text NOT NULL,
    client_id uuid NOT NULL,
    partner_id uuid NOT NULL,
    subject uuid NOT NULL,
    PRIMARY KEY (network_id, client_id, partner_id),
    UNIQUE (network_id, subject)
);
"""

ROLES = """
CREATE TABLE relay_position (
    relay text PRIMARY KEY,
    epoch bigint NOT NULL,
    position bigint NOT NULL
);
"""

GRANTS = """
GRANT USAGE ON SCHEMA public TO {app};
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO {app};
GRANT UPDATE ON clinics, staff, partners, clients, client_subjects, client_keys, relay_position TO {app};
GRANT DELETE ON clients, client_identifiers, client_subjects TO {app};
-- The library locks the log against other writers, which asks for this right; the trigger refuses its use.
GRANT UPDATE ON stored_events TO {app};
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {app};
"""


def upgrade() -> None:
    for statements in (LOG, RECORDING, DIRECTORY, ROLES):
        op.execute(statements)
    op.execute(GRANTS.format(app=context.config.attributes["app_role"]))

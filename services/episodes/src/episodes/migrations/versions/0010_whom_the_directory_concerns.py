"""Where clients are registered, what was changed in the directory, and who read whose identity.

Registrations come from the episodes there are: each clinic that opened or took over one. A client without
episodes is registered nowhere, and left to the privacy officer and to services. An event whose header
cannot be read must not stop the migration; whoever reads it will notice.

Identifiers are compared trimmed and composed from now on. Pairs that were told apart until now stay, and
their clients are named.
"""

from alembic import op
from sqlalchemy import text

from care_platform.postgres.row_security import NAMED, forced
from episodes.migrations.registering import OF_EPISODES

revision = "0010"
down_revision = "0009"

REGISTRATIONS = """
CREATE TABLE client_registrations (
    network_id text NOT NULL,
    client_id uuid NOT NULL,
    clinic_id uuid NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT now(),
    how text NOT NULL,
    actor_id uuid,
    actor_role text,
    PRIMARY KEY (network_id, client_id, clinic_id)
);
"""

HISTORY = """
ALTER TABLE clinics ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE staff ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE partners ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE clients ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE staff ADD COLUMN clinics uuid[] NOT NULL DEFAULT '{}';
CREATE TABLE directory_changes (
    network_id text NOT NULL,
    resource text NOT NULL,
    entry_id uuid NOT NULL,
    version bigint NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    actor_id uuid NOT NULL,
    actor_role text NOT NULL,
    correlation_id uuid NOT NULL,
    action text NOT NULL,
    fields text[] NOT NULL,
    former jsonb,
    PRIMARY KEY (network_id, resource, entry_id, version)
);
CREATE TABLE former_identities (
    network_id text NOT NULL,
    client_id uuid NOT NULL,
    version bigint NOT NULL,
    former jsonb NOT NULL,
    PRIMARY KEY (network_id, client_id, version),
    FOREIGN KEY (network_id, client_id) REFERENCES clients ON DELETE CASCADE
);
"""

ACCESSES = """
CREATE TABLE identity_accesses (
    network_id text NOT NULL,
    access_id bigint GENERATED ALWAYS AS IDENTITY,
    accessed_at timestamptz NOT NULL DEFAULT now(),
    actor_id uuid NOT NULL,
    actor_role text NOT NULL,
    correlation_id uuid NOT NULL,
    action text NOT NULL,
    client_id uuid,
    PRIMARY KEY (network_id, access_id)
);
CREATE INDEX ON identity_accesses (network_id, client_id, access_id);
CREATE INDEX ON identity_accesses (network_id, client_id, accessed_at) WHERE action = 'mistaken';
"""

COMPARED = """
CREATE FUNCTION compared_form(given text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN btrim(
    normalize(given, NFC),
    U&'\\0009\\000A\\000B\\000C\\000D\\0020\\0085\\00A0\\1680\\2028\\2029\\202F\\205F\\3000'
    '\\2000\\2001\\2002\\2003\\2004\\2005\\2006\\2007\\2008\\2009\\200A'
);
ALTER TABLE client_identifiers NO FORCE ROW LEVEL SECURITY;
ALTER TABLE client_identifiers
    ADD COLUMN compared_system text NOT NULL GENERATED ALWAYS AS (compared_form(system)) STORED,
    ADD COLUMN compared_value text NOT NULL GENERATED ALWAYS AS (compared_form(value)) STORED,
    ADD COLUMN told_apart int NOT NULL DEFAULT 0;
UPDATE client_identifiers AS one SET told_apart = place
FROM (SELECT network_id, system, value, row_number() OVER (
    PARTITION BY network_id, compared_system, compared_value ORDER BY system, value) - 1 AS place
    FROM client_identifiers) AS placed
WHERE place > 0
    AND (one.network_id, one.system, one.value) = (placed.network_id, placed.system, placed.value);
CREATE UNIQUE INDEX ON client_identifiers (network_id, compared_system, compared_value, told_apart);
"""
ALIKE = """SELECT network_id, array_agg(client_id::text ORDER BY told_apart) FROM client_identifiers
GROUP BY network_id, compared_system, compared_value HAVING count(*) > 1 ORDER BY 1, 2"""

VERSIONS = """
CREATE FUNCTION next_version() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS
    'BEGIN NEW.version := OLD.version + 1; RETURN NEW; END';
"""
"""What a process of an earlier release changes, which knows no versions, has another version too."""
VERSIONED = ("clinics", "staff", "partners", "clients")

APPEND_ONLY = """
CREATE FUNCTION refuse_change_of_history() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN RAISE EXCEPTION ''% is append-only'', TG_TABLE_NAME; END';
"""
HISTORIES = ("client_registrations", "directory_changes", "identity_accesses")
TABLES = (*HISTORIES, "former_identities")


def upgrade() -> None:
    for statements in (REGISTRATIONS, *OF_EPISODES, HISTORY, ACCESSES, COMPARED, VERSIONS, APPEND_ONLY):
        op.execute(statements)
    for network, clients in op.get_bind().execute(text(ALIKE)):
        pair = ", ".join(clients)
        print(f"network {network}: identifiers that compare equal from now on stay, of clients", pair)  # noqa: T201 - for whoever migrates
    op.execute("ALTER TABLE client_identifiers FORCE ROW LEVEL SECURITY")
    for table in VERSIONED:
        op.execute(
            f"CREATE TRIGGER next_version BEFORE UPDATE ON {table} FOR EACH ROW"
            " WHEN (NEW.version = OLD.version) EXECUTE FUNCTION next_version()"
        )
    for table in HISTORIES:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_history()"
        )
    for table in TABLES:
        op.execute(forced(table))
        op.execute(f"CREATE POLICY of_the_networks_named ON {table} USING ({NAMED})")

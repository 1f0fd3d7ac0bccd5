"""What somebody with a role's password and SQL alone would try; each is refused for want of a right."""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass

from care_platform.postgres.grants import Permission

ANY_ROLE = (
    # making things
    "CREATE TABLE mine (n int)",
    "CREATE TEMPORARY TABLE mine (n int)",
    "CREATE VIEW mine AS SELECT 1",
    "CREATE SEQUENCE mine",
    "CREATE TYPE mine AS (n int)",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION pg_temp.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE SCHEMA mine",
    "CREATE PUBLICATION mine FOR ALL TABLES",
    "CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION refuse_change()",
    "CREATE FOREIGN DATA WRAPPER mine",
    "CREATE LANGUAGE mine HANDLER plpgsql_call_handler",
    "DROP EXTENSION plpgsql CASCADE",
    "SELECT lo_create(0)",
    "SELECT lo_creat(-1)",
    "SELECT lo_from_bytea(0, 'mine')",
    "SELECT lo_open(1, 262144)",
    "SELECT lo_unlink(1)",
    # becoming somebody else
    "CREATE ROLE mine",
    "CREATE DATABASE mine",
    "ALTER ROLE {owner} PASSWORD 'mine'",
    "ALTER ROLE {role} SUPERUSER",
    "ALTER ROLE {role} BYPASSRLS",
    "ALTER ROLE {role} CREATEROLE",
    "GRANT {owner} TO {role}",
    "GRANT pg_read_all_data TO {role}",
    "SET ROLE {owner}",
    "SET ROLE pg_read_all_data",
    "SET SESSION AUTHORIZATION {owner}",
    "REASSIGN OWNED BY {owner} TO {role}",
    "DROP OWNED BY {owner}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT ALL ON TABLES TO {role}",
    "ALTER DATABASE {database} OWNER TO {role}",
    "ALTER SCHEMA public OWNER TO {role}",
    "GRANT CREATE ON DATABASE {database} TO {role}; CREATE SCHEMA mine",
    # switching rules off
    "SET session_replication_role = replica",
    "ALTER SYSTEM SET fsync = off",
    "ALTER DATABASE {database} SET session_replication_role = replica",
    "ALTER ROLE {owner} SET search_path = mine",
    "SELECT pg_reload_conf()",
    # reading and writing outside the tables
    "COPY (SELECT 1) TO '/tmp/mine'",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_read_binary_file('/etc/passwd')",
    "SELECT pg_ls_dir('/')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_export(1, '/tmp/mine')",
    "SELECT rolpassword FROM pg_authid",
    "SELECT * FROM pg_largeobject",
    "SELECT * FROM pg_statistic",
    "SELECT pg_create_restore_point('mine')",
    "SELECT pg_switch_wal()",
)

TABLE = (
    "TRUNCATE {table}",
    "DROP TABLE {table} CASCADE",
    "ALTER TABLE {table} ADD COLUMN mine int",
    "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE {table} OWNER TO {role}",
    "ALTER TABLE {table} RENAME TO mine",
    "ALTER TABLE {table} SET SCHEMA pg_temp",
    "COPY {table} FROM '/etc/passwd'",
    "COPY {table} TO PROGRAM 'true'",
    "CREATE INDEX ON {table} ((1))",
    "CREATE POLICY mine ON {table} USING (true)",
    "CREATE RULE mine AS ON INSERT TO {table} DO INSTEAD NOTHING",
    "CREATE TRIGGER mine BEFORE INSERT ON {table} EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "COMMENT ON TABLE {table} IS 'mine'",
    "REINDEX TABLE {table}",
)

OF_EPISODES = (
    "ALTER TABLE stored_events DISABLE TRIGGER append_only",
    "DROP TRIGGER append_only ON stored_events",
    "DROP TRIGGER next_of_its_episode ON stored_events",
    "DROP TRIGGER append_only ON key_erasures",
    "DROP FUNCTION refuse_change CASCADE",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "ALTER FUNCTION replace_wrapped_key RESET ALL",
    "ALTER FUNCTION erase_client_key OWNER TO {role}",
    "DROP POLICY of_the_networks_named ON client_keys",
    "ALTER TABLE stored_events DROP CONSTRAINT header_of_its_row",
    "UPDATE client_keys SET wrapped = NULL",
    "SELECT set_config('care.networks', 'demo', true); UPDATE client_keys SET wrapped = NULL",
    "SELECT erase_client_key('demo', '00000000-0000-0000-0000-000000000001')",
    "SELECT setval('stored_events_notification_id_seq', 1)",
    "INSERT INTO stored_events (originator_id, originator_version) VALUES (gen_random_uuid(), 1)"
    " ON CONFLICT (originator_id, originator_version) DO UPDATE SET topic = 'mine'",
    "SELECT * FROM stored_events FOR UPDATE",
    "MERGE INTO stored_events USING (VALUES (1)) AS v(n) ON true WHEN MATCHED THEN DELETE",
    "ALTER SEQUENCE stored_events_notification_id_seq RESTART",
    "DROP TYPE stored_event_uuid",
)

OF_NOTIFICATIONS = (
    "DROP POLICY of_the_networks ON subscriptions",
    "UPDATE subscriptions SET url = ''",
    "UPDATE subscriptions SET url = 'https://mine.example'",
    "SELECT set_config('care.networks', 'demo', true); UPDATE subscriptions SET partner_id = NULL",
    "UPDATE deliveries SET event_id = gen_random_uuid()",
    "UPDATE attempts SET status = 200",
    "UPDATE inbox SET severity = 'info'",
    "UPDATE parked SET raw = ''",
)

BY_RIGHT = {
    "SELECT": "SELECT {column} FROM {table}",
    "INSERT": "INSERT INTO {table} ({column}) VALUES (NULL)",
    "UPDATE": "UPDATE {table} SET {column} = NULL WHERE false",
}
"""What needs a right to a column, or to its whole table."""


@dataclass(frozen=True)
class Columns:
    """The columns of each table."""

    of: dict[str, list[str]]

    def beyond(self, permitted: Set[Permission], role: str) -> Iterator[str]:
        """A statement for each right to a table or a column that this role does not have."""
        rights = {(one.name, one.privilege, one.column) for one in permitted if one.role == role}
        for table, columns in self.of.items():
            if (table, "DELETE", "") not in rights:
                yield f"DELETE FROM {table} WHERE false"
                if (table, "UPDATE", "") not in rights:
                    yield f"SELECT 1; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"
            for right, statement in BY_RIGHT.items():
                for column in columns:
                    if not rights & {(table, right, ""), (table, right, column)}:
                        yield statement.format(table=table, column=column)


def attacks(columns: Columns, permitted: Set[Permission], role: str, own: Iterable[str]) -> Iterator[str]:
    """All that this role must be refused, with `{role}`, `{owner}` and `{database}` to be filled in."""
    yield from ANY_ROLE
    yield from own
    for table in columns.of:
        yield from (one.replace("{table}", table) for one in TABLE)
    yield from columns.beyond(permitted, role)

"""What a role may really do in a database, asked privilege by privilege; and the table a service keeps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg

import episodes.migrate
import notifications.migrate
from care_platform.postgres.grants import Grant, Permission
from episodes.migrations.grants import GRANTS as OF_EPISODES
from episodes.migrations.grants import ROLES as ROLES_OF_EPISODES
from notifications.migrations.grants import GRANTS as OF_NOTIFICATIONS
from notifications.migrations.grants import ROLES as ROLES_OF_NOTIFICATIONS
from tests.support.databases import episodes_database, notifications_database
from tests.support.servers.postgres import Database, PostgresServer


@dataclass(frozen=True)
class Kept:
    """A service's table of grants, its roles, and how its database is made and migrated."""

    name: str
    grants: Sequence[Grant]
    roles: Sequence[str]
    database: Callable[[PostgresServer], Database]
    migrate: Callable[[str, str], str]
    newest: Callable[[], str]


EPISODES = Kept(
    "episodes",
    OF_EPISODES,
    ROLES_OF_EPISODES,
    episodes_database,
    episodes.migrate.migrate,
    episodes.migrate.newest,
)
NOTIFICATIONS = Kept(
    "notifications",
    OF_NOTIFICATIONS,
    ROLES_OF_NOTIFICATIONS,
    notifications_database,
    notifications.migrate.migrate,
    notifications.migrate.newest,
)

_EFFECTIVE = """
WITH roles AS (SELECT unnest(%(roles)s::text[] || 'public'::text) AS role),
tables AS (
    SELECT oid, oid::regclass::text AS name, relkind FROM pg_class
    WHERE relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_|^information_schema$')
), words AS (
    SELECT unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS word
), found(role, kind, name, word, attribute) AS (
    SELECT role, 'TABLE', name, word, '' FROM roles, tables, words
    WHERE relkind IN ('r', 'v', 'm', 'p', 'f') AND has_table_privilege(role, oid, word)
    UNION ALL SELECT role, 'TABLE', name, word, attname::text
    FROM roles, tables JOIN pg_attribute ON attrelid = oid AND attnum > 0 AND NOT attisdropped, words
    WHERE relkind IN ('r', 'v', 'm', 'p', 'f') AND word IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
        AND has_column_privilege(role, oid, attnum, word) AND NOT has_table_privilege(role, oid, word)
    UNION ALL SELECT role, 'SEQUENCE', name, word, ''
    FROM roles, tables, unnest(ARRAY['USAGE', 'SELECT', 'UPDATE']) AS word
    WHERE relkind = 'S' AND has_sequence_privilege(role, oid, word)
    UNION ALL SELECT role, 'FUNCTION', oid::regprocedure::text, 'EXECUTE', '' FROM roles, pg_proc
    WHERE (pronamespace = 'public'::regnamespace OR proname ~ '^lo_|^loread$|^lowrite$')
        AND has_function_privilege(role, oid, 'EXECUTE')
    UNION ALL SELECT role, 'SCHEMA', nspname, word, ''
    FROM roles, pg_namespace, unnest(ARRAY['CREATE', 'USAGE']) AS word
    WHERE has_schema_privilege(role, oid, word)
        AND (nspname !~ '^pg_|^information_schema$' OR word = 'CREATE')
    UNION ALL SELECT role, 'DATABASE', '', word, ''
    FROM roles, unnest(ARRAY['CONNECT', 'CREATE', 'TEMPORARY']) AS word
    WHERE has_database_privilege(role, current_database(), word)
    UNION ALL SELECT role, 'TYPE', t.oid::regtype::text, 'USAGE', ''
    FROM roles, pg_type t LEFT JOIN pg_class c ON c.oid = typrelid
    WHERE typnamespace = 'public'::regnamespace AND typtype IN ('c', 'd', 'e')
        AND coalesce(relkind, 'c') = 'c' AND has_type_privilege(role, t.oid, 'USAGE')
) SELECT role, kind, name, word, attribute FROM found
"""


def effective(database: Database, roles: Sequence[str]) -> set[Permission]:
    """All that these roles, and everybody, may do in this database, however they came by it."""
    with psycopg.connect(database.superuser_url) as connection:
        return {Permission(*row) for row in connection.execute(_EFFECTIVE.encode(), {"roles": list(roles)})}

"""Whether this release can serve with the configured database, and if not, why."""

from psycopg.errors import UndefinedTable

from notifications.postgres.connections import Connection

_FOUND = """
SELECT version_num, (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) AS unbound
FROM alembic_version
"""


async def why_not_ready(db: Connection, revision: str) -> str | None:
    """The reason, for the operator. None if the tables fit this release and row security binds our role.

    `revision` is the migration that this release needs.
    """
    try:
        row = await (await db.execute(_FOUND)).fetchone()
    except UndefinedTable:
        row = None
    if row is None or row["version_num"] != revision:
        return "the tables are not there: run migrate"
    if row["unbound"]:
        return "the database role gets around row-level security: take one without SUPERUSER and BYPASSRLS"
    return None

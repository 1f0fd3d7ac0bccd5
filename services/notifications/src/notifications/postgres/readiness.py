"""Whether this release can serve with the configured database, and if not, why."""

from collections.abc import Callable

from psycopg.errors import UndefinedTable

from care_platform.key_files import KeyUnavailable
from care_platform.numbered_keys import KeyInUse
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


async def which_key_lacks(db: Connection, refuse_another: Callable[[KeyInUse], None]) -> str | None:
    """Which key that seals secrets of subscriptions is in use and not here, for the operator."""
    rows = await (await db.execute("SELECT number, fingerprint FROM sealing_keys ORDER BY number")).fetchall()
    try:
        for row in rows:
            refuse_another(KeyInUse(row["number"], row["fingerprint"]))
    except KeyUnavailable as lacking:
        return str(lacking)
    return None

"""Whether this release can serve with the configured database, and if not, why."""

from collections.abc import Sequence

from psycopg.errors import InsufficientPrivilege, UndefinedTable

from care_platform.postgres.grants import Grant, lacking
from notifications.postgres.connections import Connection, lacks_of

_FOUND = """
SELECT version_num, (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) AS unbound
FROM alembic_version
"""


async def why_not_ready(db: Connection, revision: str, grants: Sequence[Grant]) -> str | None:
    """The reason, for the operator. None if the tables fit this release and our role is bound by row security
    and may do what it needs.

    `revision` is the migration that this release needs, `grants` what our role must be allowed.
    """
    try:
        row = await (await db.execute(_FOUND)).fetchone()
    except (UndefinedTable, InsufficientPrivilege):
        row = None
    if row is None or row["version_num"] != revision:
        return "the tables of this release are not there, or not ours to use: run migrate"
    if row["unbound"]:
        return "the database role gets around row-level security: take one without SUPERUSER and BYPASSRLS"
    if lacks := await lacks_of(db, grants):
        return lacking(lacks)
    return None

"""Whether this release can serve with the configured database, and if not, why."""

from collections.abc import Callable, Sequence

from psycopg.errors import InsufficientPrivilege, UndefinedTable

from care_platform.key_files import KeyUnavailable
from care_platform.numbered_keys import KeyInUse
from care_platform.postgres.faults import NO_WRITES, TAKES_NO_WRITES
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
    if row is None or row["version_num"] < revision:  # a later store only has more
        return "the tables of this release are not there, or not ours to use: run migrate"
    if row["unbound"]:
        return "the database role gets around row-level security: take one without SUPERUSER and BYPASSRLS"
    if (await (await db.execute(NO_WRITES)).fetchall())[0]["no_writes"]:
        return TAKES_NO_WRITES
    if lacks := await lacks_of(db, grants):
        return lacking(lacks)
    return None


async def which_key_lacks(db: Connection, refuse_another: Callable[[KeyInUse], None]) -> str | None:
    """Which key that seals secrets of subscriptions is in use and not here, for the operator."""
    rows = await (await db.execute("SELECT number, fingerprint FROM sealing_keys ORDER BY number")).fetchall()
    try:
        for row in rows:
            refuse_another(KeyInUse(row["number"], row["fingerprint"]))
    except KeyUnavailable as missing:
        return str(missing)
    return None

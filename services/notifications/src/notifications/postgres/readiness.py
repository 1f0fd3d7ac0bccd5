"""Whether this release can serve with the configured database, and if not, why."""

from collections.abc import Callable, Sequence
from typing import Any

from care_platform.key_files import KeyUnavailable
from care_platform.numbered_keys import KeyInUse
from care_platform.postgres import server
from care_platform.postgres.compatibility import StoreRevision
from care_platform.postgres.grants import Grant, lacking
from notifications.postgres.connections import Connection, lacks_of

Row = dict[str, Any]

_UNBOUND = "SELECT rolsuper OR rolbypassrls AS unbound FROM pg_roles WHERE rolname = current_user"


async def why_not_ready(
    db: Connection, store: StoreRevision, revision: str, grants: Sequence[Grant]
) -> str | None:
    """The reason, for the operator. None if the store fits this release and our role is bound by row security
    and may do what it needs.

    `revision` is the migration that this release needs, `grants` what our role must be allowed.
    """
    if reason := await store.why_unfit(db, revision):
        return reason
    row = await (await db.execute(_UNBOUND)).fetchone()
    if row is None or row["unbound"]:
        return "the database role gets around row-level security: take one without SUPERUSER and BYPASSRLS"
    if refuses := server.why_no_writes(await _server(db)):
        return refuses
    if lacks := await lacks_of(db, grants):
        return lacking(lacks)
    return None


async def warnings(db: Connection) -> Sequence[str]:
    """What an operator must look into while requests are answered."""
    return server.warnings(await _server(db))


async def _server(db: Connection) -> Row:
    [row] = await (await db.execute(server.SERVER)).fetchall()
    return row


async def which_key_lacks(db: Connection, refuse_another: Callable[[KeyInUse], None]) -> str | None:
    """Which key that seals secrets of subscriptions is in use and not here, for the operator."""
    rows = await (await db.execute("SELECT number, fingerprint FROM sealing_keys ORDER BY number")).fetchall()
    try:
        for row in rows:
            refuse_another(KeyInUse(row["number"], row["fingerprint"]))
    except KeyUnavailable as missing:
        return str(missing)
    return None

"""The builds of a view: readers use the live one, while a rebuild fills another that will replace it."""

from typing import Any

from psycopg import Connection

_LIVE = "SELECT build FROM projections WHERE projection = %s AND live"
_BEGIN = "INSERT INTO projections (projection) VALUES (%s) RETURNING build"
_UNUSED = "SELECT build FROM projections WHERE projection = %s AND NOT live ORDER BY build"
_HOLD = "SELECT position FROM positions WHERE follower = %s FOR UPDATE"
_RETIRE = "UPDATE projections SET live = false WHERE projection = %s AND live"
_ENTER = "UPDATE projections SET live = true WHERE projection = %s AND build = %s"
_FORGET = ("DELETE FROM held_back WHERE follower = %s", "DELETE FROM positions WHERE follower = %s")
_END = "DELETE FROM projections WHERE projection = %s AND build = %s AND NOT live"


def follower(view: str, build: int) -> str:
    """The name of a build in `positions`."""
    return f"{view}/{build}"


def live_build(connection: Connection[Any], view: str) -> int:
    row = connection.execute(_LIVE, (view,), prepare=True).fetchone()
    assert row is not None, "a migration makes the first, and swapping leaves one"
    build: int = row["build"]
    return build


def begun(connection: Connection[Any], view: str) -> int:
    """Create a build that is not live. Returns its number, which was never used before."""
    row = connection.execute(_BEGIN, (view,)).fetchone()
    assert row is not None
    build: int = row["build"]
    return build


def unused_builds(connection: Connection[Any], view: str) -> list[int]:
    """The builds that were replaced or never finished."""
    return [row["build"] for row in connection.execute(_UNUSED, (view,)).fetchall()]


def hold(connection: Connection[Any], view: str, build: int) -> int:
    """The position of a build, locked until this transaction ends."""
    row = connection.execute(_HOLD, (follower(view, build),)).fetchone()
    return 0 if row is None else row["position"]


def swap(connection: Connection[Any], view: str, build: int) -> None:
    """Make a build the live one, in the caller's transaction. Readers see the old or the new one, whole."""
    connection.execute(_RETIRE, (view,))
    connection.execute(_ENTER, (view, build))


def end_build(connection: Connection[Any], view: str, build: int) -> bool:
    """Remove a build. Called before its rows are deleted, in the same transaction, so that nobody adds more.

    False if it has become the live one: then the transaction must be rolled back.
    """
    for forget in _FORGET:
        connection.execute(forget, (follower(view, build),))
    return connection.execute(_END, (view, build)).rowcount == 1

"""The builds of a view: readers read the live one, a rebuild fills another beside it and takes its place."""

from typing import Any

from psycopg import Connection

_LIVE = "SELECT build FROM projections WHERE projection = %s AND live"
_BEGIN = "INSERT INTO projections (projection) VALUES (%s) RETURNING build"
_UNUSED = "SELECT build FROM projections WHERE projection = %s AND NOT live ORDER BY build"
_HOLD = "SELECT position FROM positions WHERE follower = %s FOR UPDATE"
_RETIRE = "UPDATE projections SET live = false WHERE projection = %s AND live"
_ENTER = "UPDATE projections SET live = true WHERE projection = %s AND build = %s"
_FORGET = "DELETE FROM positions WHERE follower = %s"
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
    """A new build, not live. Its number was never used before."""
    row = connection.execute(_BEGIN, (view,)).fetchone()
    assert row is not None
    build: int = row["build"]
    return build


def unused_builds(connection: Connection[Any], view: str) -> list[int]:
    """What was replaced, or never finished."""
    return [row["build"] for row in connection.execute(_UNUSED, (view,)).fetchall()]


def hold(connection: Connection[Any], view: str, build: int) -> int:
    """The position of a build, which moves no more until this transaction ends."""
    row = connection.execute(_HOLD, (follower(view, build),)).fetchone()
    return 0 if row is None else row["position"]


def swap(connection: Connection[Any], view: str, build: int) -> None:
    """Make a build the live one; readers see the one before or this one, whole. In a transaction."""
    connection.execute(_RETIRE, (view,))
    connection.execute(_ENTER, (view, build))


def end_build(connection: Connection[Any], view: str, build: int) -> bool:
    """Forget a build, in one transaction with its rows and before them: from then on nobody writes there.

    False if it has become the live one; the transaction must be given up then.
    """
    connection.execute(_FORGET, (follower(view, build),))
    return connection.execute(_END, (view, build)).rowcount == 1

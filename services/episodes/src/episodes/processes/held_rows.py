"""The rows of `held_back` of one follower, which only the process that follows may change."""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from episodes.event_log.positions import Claim
from episodes.processes.follower import Deposed
from episodes.processes.held_back import Held, Kind

_HELD = "SELECT kind, name, after, reason FROM held_back WHERE follower = %s ORDER BY after, name"
_HOLD = """INSERT INTO held_back (follower, kind, name, after, reason)
SELECT follower, %s, %s, %s, %s FROM positions WHERE follower = %s AND epoch = %s
ON CONFLICT (follower, kind, name) DO UPDATE SET after = excluded.after, reason = excluded.reason"""
_RELEASE = """DELETE FROM held_back USING positions WHERE held_back.follower = positions.follower
AND kind = %s AND name = %s AND positions.follower = %s AND epoch = %s"""


class HeldRows:
    """Used on the connection of the follower's tail."""

    def __init__(self, connection: Connection[Any], claim: Claim) -> None:
        self._connection = connection
        self._claim = claim

    def held(self) -> Sequence[Held]:
        rows = self._connection.execute(_HELD, (self._claim.follower,)).fetchall()
        return [Held(**row) for row in rows]

    def retired(self) -> set[str]:
        return {row["name"] for row in self._connection.execute("SELECT name FROM retired_networks")}

    def hold(self, held: Held) -> None:
        self._change(_HOLD, *held)

    def release(self, kind: Kind, name: str) -> None:
        self._change(_RELEASE, kind, name)

    def _change(self, statement: str, *values: object) -> None:
        changed = self._connection.execute(
            statement.encode(), (*values, self._claim.follower, self._claim.epoch)
        )
        if changed.rowcount != 1:
            raise Deposed("the position is held by a later epoch")

"""The position of each follower of the log, and its epoch: only the latest to take over may move it."""

from dataclasses import dataclass
from typing import Any

from psycopg import Connection

_CLAIM = """INSERT INTO positions (follower, epoch, position) VALUES (%s, 1, 0)
ON CONFLICT (follower) DO UPDATE SET epoch = positions.epoch + 1
RETURNING epoch, position"""
_MOVE = "UPDATE positions SET position = %s WHERE follower = %s AND epoch = %s"


@dataclass(frozen=True, slots=True)
class Claim:
    """A follower's right to move its position, and the position at the time of the claim."""

    follower: str
    epoch: int
    position: int


def claim(connection: Connection[Any], follower: str) -> Claim:
    """Raise the epoch, which makes every earlier claim void."""
    row = connection.execute(_CLAIM, (follower,)).fetchone()
    assert row is not None
    return Claim(follower, row["epoch"], row["position"])


def move(connection: Connection[Any], held: Claim, position: int) -> bool:
    """Record that everything up to `position` is done. False, without a change, if the claim is void."""
    return connection.execute(_MOVE, (position, held.follower, held.epoch), prepare=True).rowcount == 1

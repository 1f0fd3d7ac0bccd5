"""How far a relay has come, and under which epoch: who took over later alone may move the position."""

from dataclasses import dataclass
from typing import Any

from psycopg import Connection

_CLAIM = """INSERT INTO relay_position (relay, epoch, position) VALUES (%s, 1, 0)
ON CONFLICT (relay) DO UPDATE SET epoch = relay_position.epoch + 1
RETURNING epoch, position"""
_MOVE = "UPDATE relay_position SET position = %s WHERE relay = %s AND epoch = %s"


@dataclass(frozen=True, slots=True)
class Claim:
    """A relay's right to move its position, and the position it found."""

    relay: str
    epoch: int
    position: int


def claim(connection: Connection[Any], relay: str) -> Claim:
    """Raise the epoch: every earlier claim is void from now on."""
    row = connection.execute(_CLAIM, (relay,)).fetchone()
    assert row is not None
    return Claim(relay, row["epoch"], row["position"])


def move(connection: Connection[Any], held: Claim, position: int) -> bool:
    """Record that all up to `position` is published. False, and nothing moved, if the claim is void."""
    return connection.execute(_MOVE, (position, held.relay, held.epoch), prepare=True).rowcount == 1

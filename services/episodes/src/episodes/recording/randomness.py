"""Where the random values of new events come from."""

import os
from collections.abc import Callable, Iterator

from uuid_utils.compat import uuid7

from episodes.event_log.keyring import Keyring
from episodes.event_log.stored_form import SALT
from episodes.recording.batch import Randomness

NONCE = 12


def randomness(keys: Keyring) -> Randomness:
    return Randomness(
        event_id=uuid7, episode_id=uuid7, nonce=drawn(NONCE), data_key=keys.data_key, salt=drawn(SALT)
    )


def drawn(size: int) -> Callable[[], bytes]:
    """Random values of so many bytes, drawn many at a time: each draw lets go of the interpreter."""

    def values() -> Iterator[bytes]:
        while True:
            many = os.urandom(size * 256)
            yield from (many[at : at + size] for at in range(0, len(many), size))

    return values().__next__

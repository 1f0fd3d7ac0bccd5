"""Random values for whoever needs many of them one by one."""

import os
from collections.abc import Callable, Iterator


def drawn(size: int) -> Callable[[], bytes]:
    """Random values of so many bytes, drawn many at a time: each draw lets go of the interpreter."""

    def values() -> Iterator[bytes]:
        while True:
            many = os.urandom(size * 256)
            yield from (many[at : at + size] for at in range(0, len(many), size))

    return values().__next__

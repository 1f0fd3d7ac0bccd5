"""Killing a server, and having it back for the tests that follow."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager


class Killable(ABC):
    """A server that tests may kill."""

    @contextmanager
    def killed(self) -> Iterator[None]:
        """Kill it; after the block it answers again, however that ended, for the tests that follow."""
        try:
            self.kill()
            yield
        finally:
            self.restart()

    @abstractmethod
    def kill(self) -> None:
        """`kill -9` of the whole server."""

    @abstractmethod
    def restart(self) -> None:
        """Start again after `kill`, with the same data and address, and wait until it answers."""

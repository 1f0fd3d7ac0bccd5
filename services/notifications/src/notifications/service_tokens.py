"""The tokens for the episodes service, one per network, from a file that may be replaced."""

import json
from base64 import urlsafe_b64decode
from pathlib import Path

from care_platform.key_files import private


class NoToken(Exception):
    """The file lacks a token for the network, or cannot be read yet."""


class TokenOfAnotherNetwork(NoToken):
    """With it, what is another network's would be taken for this one's."""


class ServiceTokens:
    """Reads the file again whenever it is replaced, so a renewed token needs no restart.

    Ends the program with an explanation if others may read it.
    """

    def __init__(self, file: Path) -> None:
        private(file)
        self._file = file
        self._stamp: tuple[int, int] | None = None
        self._tokens: dict[str, str] = {}

    def __call__(self, network: str) -> str:
        """The token for a network. Raises `NoToken`, also for a token that names another network."""
        try:
            self._refresh()
            token = self._tokens[network]
        except (OSError, ValueError, KeyError) as fault:
            raise NoToken(type(fault).__name__) from None
        if _network_named_in(token) not in {None, network}:
            raise TokenOfAnotherNetwork
        return token

    def _refresh(self) -> None:
        status = self._file.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        if stamp != self._stamp:
            self._tokens = {
                str(name): str(token) for name, token in json.loads(self._file.read_text()).items()
            }
            self._stamp = stamp


def _network_named_in(token: str) -> str | None:
    """None if it cannot be told: whom it is sent to verifies the token, and refuses it."""
    try:
        claims = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
        return str(claims["network"])
    except (ValueError, LookupError, TypeError):
        return None

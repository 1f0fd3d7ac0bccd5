"""The token of SASL OAUTHBEARER, from a file that whoever renews it replaces."""

import re
from pathlib import Path

from kafka.net.sasl.oauth import AbstractTokenProvider

from care_platform.transport.files import Unusable, private_text

_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""The form of a bearer token (RFC 6750, 2.1). Anything else could add fields to the message."""


class TokenFile(AbstractTokenProvider):  # type: ignore[misc] # the library is not typed
    """Reads the file at each connection and each renewal of one, so a renewed token needs no restart."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def token(self) -> str:
        """Raises `Unusable`, which ends this attempt to connect."""
        token = private_text(self._path)
        if not _TOKEN.fullmatch(token):
            raise Unusable("names a file that holds no bearer token")
        return token

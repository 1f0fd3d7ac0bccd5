"""Checks a webhook's signature by Standard Webhooks, version 1, with the standard library only."""

import base64
import binascii
import hmac
from collections.abc import Mapping

TOLERANCE = 300
"""How many seconds a timestamp may differ from our clock, as Standard Webhooks advises."""


class Rejected(Exception):
    """The webhook is not signed by the service we subscribed to, or its timestamp is out of range."""


def secret_key(secret: str) -> bytes:
    """The bytes of a secret given as `whsec_` and base64. Raises `ValueError`."""
    encoded = secret.removeprefix("whsec_").rstrip("=")
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except binascii.Error:
        raise ValueError("the secret is not whsec_ followed by base64") from None


def verify(key: bytes, headers: Mapping[str, str], body: bytes, now: float) -> None:
    """Check that the webhook is signed with our key and recent. Raises `Rejected`."""
    try:
        message, moment = headers["webhook-id"].encode(), int(headers["webhook-timestamp"])
        signatures = headers["webhook-signature"].encode().split()
    except (KeyError, ValueError):  # the latter also for invalid UTF-8
        raise Rejected("a header is missing or malformed") from None
    if abs(int(now) - moment) > TOLERANCE:
        raise Rejected("the timestamp is too far from now")
    digest = hmac.digest(key, b"%s.%d.%s" % (message, moment, body), "sha256")
    expected = b"v1," + base64.b64encode(digest)
    if not any(hmac.compare_digest(expected, one) for one in signatures):
        raise Rejected("no signature of ours")

"""Standard Webhooks signatures, version 1: HMAC-SHA256 over id, timestamp and the bytes as sent."""

import base64
import hashlib
import hmac
from uuid import UUID, uuid5

_PREFIX = "whsec_"
_SHORTEST, _LONGEST = 24, 64
SECRET_BYTES = 32


class UnusableSecret(ValueError):
    """Not a `whsec_` secret of 24 to 64 bytes."""


def secret_text(random_bytes: bytes) -> str:
    """The secret as text, in the form `whsec_...`."""
    return _PREFIX + base64.b64encode(random_bytes).decode()


def secret_bytes(text: str) -> bytes:
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except ValueError:
        key = b""
    if not text.startswith(_PREFIX) or not _SHORTEST <= len(key) <= _LONGEST:
        raise UnusableSecret
    return key


def challenge_value(secret: str, drawn: bytes) -> str:
    """The value that a challenge sends, made of the subscription's secret and what was drawn for it.

    So it need not be stored. No signed message begins with these words.
    """
    digest = hmac.digest(secret_bytes(secret), b"the value of a challenge:" + drawn, hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def webhook_id(subscription: UUID, event: UUID) -> str:
    """The id of a webhook: the same for every attempt, another for each subscription to the event."""
    return f"msg_{uuid5(subscription, event.hex).hex}"


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """`timestamp` is the time of the attempt in Unix seconds. The id must not contain a full stop."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.digest(secret_bytes(secret), signed, hashlib.sha256)
    return "v1," + base64.b64encode(digest).decode()


def headers(secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of one attempt."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, message_id, timestamp, body),
    }

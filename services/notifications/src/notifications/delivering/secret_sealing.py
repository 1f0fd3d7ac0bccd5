"""Encrypts the stored secrets of subscriptions: AES-256-GCM with numbered keys from files."""

from pathlib import Path
from uuid import UUID

import structlog
from cryptography.exceptions import InvalidTag

from care_platform.key_files import read_or_make_key
from care_platform.numbered_keys import (
    FIRST,
    KeyInUse,
    NumberedKeys,
    NumberedSeal,
    SealingKey,
    key_file,
    key_of,
    numbers_in,
)
from care_platform.postgres.key_rotation import Sealed

KIND = "subscription-secrets"
LENGTH = 50
"""The length of a secret as text: `whsec_` and 32 bytes in Base64."""
log = structlog.get_logger()


def bound_to(network: str, subscription: UUID) -> bytes:
    """What a secret is bound to: it does not open for another subscription."""
    return f"{network}/{subscription}".encode()


SECRETS = Sealed(
    in_use="sealing_keys",
    left="SELECT count(*) FROM subscriptions WHERE sealed_by < %s",
    batch="""SELECT network_id, subscription_id, secret FROM subscriptions
        WHERE (network_id, subscription_id) > (%s, %s) AND sealed_by < %s
        ORDER BY network_id, subscription_id LIMIT %s""",
    replace="""WITH replaced AS (
            UPDATE subscriptions SET secret = new
            FROM unnest(%s::text[], %s::uuid[], %b::bytea[], %b::bytea[]) AS sealed(network, id, old, new)
            WHERE network_id = network AND subscription_id = id AND secret = old RETURNING 1
        ) SELECT count(*) FROM replaced""",
    bound_to=bound_to,
)


class Sealing:
    """A sealed secret can be opened for its own subscription only.

    In production a key is never made: one that is lost must be restored, for without it every partner would
    have to subscribe anew. Raises what `read_or_make_key` raises.
    """

    def __init__(self, keys_dir: Path, may_create: bool = True) -> None:
        if not numbers_in(keys_dir, KIND):
            read_or_make_key(key_file(keys_dir, KIND, 0), may_create)
        self._keys = NumberedKeys(keys_dir, KIND, SealingKey)
        self._seal = NumberedSeal(self._keys, LENGTH)

    def seal(self, secret: str, network: str, subscription: UUID, key: KeyInUse = FIRST) -> bytes:
        """Raises `KeyUnavailable` if the key in use is not here."""
        return self._seal.seal(key, secret.encode(), bound_to(network, subscription))

    def refuse_another(self, key: KeyInUse) -> None:
        """Raise `KeyUnavailable` if this key, which is in use, is not here."""
        key_of(self._keys, key)

    def open(self, sealed: bytes, network: str, subscription: UUID) -> str | None:
        """The secret. None, with an error in the log, if it does not belong to this key and subscription.

        Raises `KeyUnavailable` if its key is not here.
        """
        try:
            return self._seal.open(sealed, bound_to(network, subscription)).decode()
        except (InvalidTag, ValueError):
            log.error("a secret does not open", network=network, subscription=subscription)
            return None

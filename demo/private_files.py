"""Files that only their owner may read: what is received, and tokens."""

import os


def for_its_owner_alone(path: str, flags: int) -> int:
    """An opener for `open`. A file that was open to others no longer is."""
    descriptor = os.open(path, flags, 0o600)
    os.fchmod(descriptor, 0o600)
    return descriptor

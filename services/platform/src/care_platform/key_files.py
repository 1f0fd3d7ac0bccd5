"""A service's own secret keys: files that only it may read, created at first start and never replaced."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

SIZE = 32
"""The size of a key, in bytes."""


def read_key(path: Path) -> bytes | None:
    """The key, or None if there is no such file. Ends the program with an explanation if it is not a key."""
    if not path.exists():
        return None
    key = path.read_bytes()
    if len(key) != SIZE:
        raise SystemExit(f"{path} is not a key of {SIZE} bytes: restore it from its backup")
    return key


_REMEDY = "Restore it from a backup; for a new system write 32 random bytes: head -c 32 /dev/urandom"


def read_or_make_key(path: Path, may_create: bool = True) -> bytes:
    """The key, created if it is missing. If several processes start at once, the first one creates it.

    Ends the program with an explanation if it is not a key, or is missing and may not be created.
    """
    key = read_key(path)
    if key is not None:
        return key
    if not may_create:
        raise SystemExit(f"{path} is missing, and none is made in production. {_REMEDY}")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _make(path)
    made = read_key(path)
    assert made is not None
    return made


def _make(path: Path) -> None:
    """Create the key and wait for the disk: a key lost in a power cut would make its records unreadable."""
    descriptor, staged = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(SIZE))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(staged, path)
    finally:
        os.unlink(staged)
    _sync(path.parent)


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

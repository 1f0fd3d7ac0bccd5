"""A service's own secret keys: files that only it may read, created at first start and never replaced."""

import os
import secrets
import shlex
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from care_platform.logs import Loggable

SIZE = 32
"""The size of a key, in bytes."""

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_REMEDY = (
    "Restore it from a backup; for a new system write 32 random bytes: "
    "(umask 077; head -c 32 /dev/urandom > {})"
)


class KeyUnavailable(Loggable):
    """A key that is needed is not there, or cannot be used. The message names its file, and what to do."""


def refuse_open_to_others(path: Path) -> None:
    """Raise `KeyUnavailable` if anybody but its owner may use this file or directory."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & _OTHERS:
        right = "700" if path.is_dir() else "600"
        raise KeyUnavailable(
            f"{path} is open to others than its owner (mode {mode:o}): chmod {right} {shlex.quote(str(path))}"
        )


def private(*paths: Path) -> None:
    """End the program with an explanation if anybody but its owner may use one of these that are there."""
    try:
        for each in paths:
            if each.exists():
                refuse_open_to_others(each)
    except KeyUnavailable as refusal:
        raise SystemExit(str(refusal)) from None


def usable_key(path: Path) -> bytes:
    """The key. Raises `KeyUnavailable` if there is no such file, others may use it, or it is not a key."""
    if not path.exists():
        raise KeyUnavailable(f"{path.name} is missing: copy it from another host or from a backup")
    refuse_open_to_others(path.parent)
    refuse_open_to_others(path)
    key = path.read_bytes()
    if len(key) != SIZE:
        raise KeyUnavailable(f"{path.name} is not a key of {SIZE} bytes: restore it from its backup")
    return key


def read_key(path: Path) -> bytes | None:
    """The key, or None if there is no such file. Ends the program with an explanation if it is unusable."""
    private(path.parent, path)
    try:
        return usable_key(path) if path.exists() else None
    except KeyUnavailable as refusal:
        raise SystemExit(f"{path.parent}: {refusal}") from None


def read_or_make_key(path: Path, may_create: bool = True) -> bytes:
    """The key, created if it is missing. If several processes start at once, the first one creates it.

    Ends the program with an explanation if it cannot be used, or is missing and may not be created.
    """
    key = read_key(path)
    if key is not None:
        return key
    if not may_create:
        raise SystemExit(f"{path} is missing, and none is made in production. {_REMEDY.format(path)}")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(FileExistsError):
        make_key(path)
    made = read_key(path)
    assert made is not None
    return made


def make_key(path: Path) -> None:
    """Create the key and wait for the disk: a key lost in a power cut would make its records unreadable.

    Raises `FileExistsError`: a key is never replaced.
    """
    descriptor, staged = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(SIZE))
            file.flush()
            os.fsync(file.fileno())
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

"""A separate file system that can be full while those of the machine are not."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Self

import psutil
import pytest

from laptop.postgres import EmbeddedPostgres
from laptop.unprivileged import PostgresUnavailable, server_home
from tests.support.servers.discovery import CHECKOUT
from tests.support.servers.postgres import WheelPostgres

SIZE_MIB = 256
_CHUNKS = (2**20, 4096)
"""The sizes of writes in bytes: the disk is filled coarsely first, then to the last page."""


class SmallDisk:
    """A mounted file system in memory, which requires root. Otherwise the test is skipped with a message."""

    def __init__(self) -> None:
        home = server_home(CHECKOUT)
        for leftover in home.glob("small-disk-*"):
            if not psutil.pid_exists(int(leftover.name.rpartition("-")[2])):
                _remove(leftover)
        self._place = home / f"small-disk-{os.getpid()}"
        self._ballast = self._place / "ballast"

    def __enter__(self) -> Self:
        if os.geteuid() != 0:
            pytest.skip("a disk that can be full takes root, to mount it")
        self._place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m,mode=755", "care-test", str(self._place)]
        mounted = subprocess.run(command, capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            self._place.rmdir()
            pytest.skip(f"a disk that can be full cannot be mounted here: {mounted.stderr.strip()}")
        return self

    def __exit__(self, *_: object) -> None:
        _remove(self._place)

    def postgres(self) -> WheelPostgres:
        """A server with all its data on this disk. `__exit__` ends it too."""
        try:
            return WheelPostgres(self._place / "postgres")
        except PostgresUnavailable as reason:
            pytest.skip(str(reason))

    def fill(self) -> None:
        """Fill the disk completely."""
        with self._ballast.open("ab", buffering=0) as ballast:
            for chunk in _CHUNKS:
                try:
                    while ballast.write(bytes(chunk)) == chunk:
                        pass
                except OSError:
                    continue

    def free(self) -> None:
        self._ballast.unlink()


def _remove(place: Path) -> None:
    """Remove the disk and end the processes that still use it, even those of a killed test run."""
    EmbeddedPostgres(place / "postgres").end_leftover()
    if place.is_mount():
        subprocess.run(["umount", "--lazy", place], check=True)
    shutil.rmtree(place)

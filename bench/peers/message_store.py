"""Installs message-db with its own script, out of the package that was fetched."""

import os
import subprocess
from pathlib import Path

import psycopg

from bench.peers.fetched import NotHad, why
from bench.peers.own_postgres import OwnPostgres
from laptop.unprivileged import binaries, server_account
from tests.support.servers.postgres import Database

_PACKAGE = Path("node_modules/@eventide/message-db/database")
_HAS_PGCRYPTO = "SELECT count(*) FROM pg_available_extensions WHERE name = 'pgcrypto'"


def install(place: Path, server: OwnPostgres, database: Database) -> None:
    """Create its schema, tables and functions in the database. Raises `NotHad`."""
    with psycopg.connect(database.superuser_url) as connection:
        if connection.execute(_HAS_PGCRYPTO).fetchone() == (0,):
            # It is for `gen_random_uuid`, which PostgreSQL has had itself since 13.
            (place / _PACKAGE / "extensions" / "pgcrypto.sql").write_text("")
    programs = binaries(server_account())
    environment = {
        **os.environ,
        **server.environment,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "DATABASE_NAME": database.name,
        "CREATE_DATABASE": "off",
    }
    script = ["bash", str(place / _PACKAGE / "install.sh")]
    done = subprocess.run(script, env=environment, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise NotHad(f"its installation failed: {why(done.stderr)}")

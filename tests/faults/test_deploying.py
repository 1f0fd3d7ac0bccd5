"""Moments of a deployment: a migration that waits, one that has tables locked, a store ahead of a process."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import httpx
import psycopg
import pytest

from care_platform.postgres.alembic_run import upgrade
from care_platform.postgres.compatibility import BEYOND
from care_platform.postgres.lock_waits import LOCK_SECONDS
from tests.support.databases import notifications_database
from tests.support.episodes.api_process import serving
from tests.support.grants import EPISODES, NOTIFICATIONS, Kept
from tests.support.notifications.service_process import Api, Issuer, Notifications
from tests.support.servers.postgres import Database, PostgresServer
from tests.support.waiting import PATIENCE, eventually

BOTH = pytest.mark.parametrize("kept", [EPISODES, NOTIFICATIONS], ids=lambda kept: kept.name)
LATER = {"episodes": "9999", "notifications": "v9999"}


@dataclass(frozen=True)
class Operator:
    """Runs `migrate` of a service."""

    kept: Kept
    database: Database
    directory: Path

    @contextmanager
    def migrating(self) -> Iterator["subprocess.Popen[str]"]:
        prefix = self.kept.name.upper()
        environment = {
            f"{prefix}_ENVIRONMENT": "development",
            f"{prefix}_OWNER_DATABASE_URL": self.database.owner_url,
            f"{prefix}_KEYS_DIR": str(self.directory),
        }
        command = [sys.executable, "-m", self.kept.name, "migrate"]
        with subprocess.Popen(
            command,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            yield process

    def told(self) -> tuple[int, str]:
        """The exit code of `migrate`, and what it says."""
        with self.migrating() as process:
            said, _ = process.communicate(timeout=60 * PATIENCE)
            return process.returncode, said


def changed(database: Database, statement: str) -> None:
    with psycopg.connect(database.superuser_url) as db:
        db.execute(statement.encode())


def earlier(database: Database, kept: Kept, revision: str) -> None:
    """Bring a new database to a revision of an earlier release."""

    def connect() -> psycopg.Connection:
        return psycopg.connect(database.owner_url)

    upgrade(str(files(f"{kept.name}.migrations")), connect, kept.roles[0], revision)


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("kept", "revision", "table"),
    [(EPISODES, "0002", "client_keys"), (NOTIFICATIONS, "v0002", "subscriptions")],
    ids=lambda it: getattr(it, "name", it),
)
def test_nobody_waits_behind_a_migration_that_waits(
    postgres: PostgresServer, tmp_path: Path, kept: Kept, revision: str, table: str
) -> None:
    """A backup reads for long. Readers who come after the migration get their turn between its tries."""
    database = postgres.fresh_database(kept.name)
    earlier(database, kept, revision)
    operator = Operator(kept, database, tmp_path)
    waited = []
    eight_seconds = "-c statement_timeout=8000"
    with (
        psycopg.connect(database.superuser_url, application_name="the backup") as backup,
        operator.migrating() as process,
    ):
        backup.execute(f"SELECT count(*) FROM {table}".encode())
        pid = backup.info.backend_pid
        assert process.stdout is not None
        said = process.stdout.readline()
        with psycopg.connect(database.superuser_url, autocommit=True, options=eight_seconds) as reader:
            ends = time.monotonic() + 4 * LOCK_SECONDS
            while time.monotonic() < ends:
                began = time.monotonic()
                reader.execute(f"SELECT 1 FROM {table} LIMIT 1".encode())
                waited.append(time.monotonic() - began)
                time.sleep(0.02)
        backup.rollback()
        rest, _ = process.communicate(timeout=60 * PATIENCE)
        assert process.returncode == 0, rest
    assert f"waiting for table {table}, held by pid {pid} (the backup, role " in said
    assert "SELECT" not in said + rest, "what somebody does is nobody's business"
    assert max(waited) < LOCK_SECONDS + 0.5 * PATIENCE
    assert max(waited) > 0.5, "it did wait in between"


def test_two_migrations_at_once_wait_for_each_other_and_say_so(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    database = postgres.fresh_database("episodes")
    with (
        psycopg.connect(database.owner_url) as other,
        Operator(EPISODES, database, tmp_path).migrating() as it,
    ):
        other.execute("SELECT pg_advisory_lock(4207391)")
        assert it.stdout is not None
        assert "waiting for another migration, held by pid" in it.stdout.readline()
        other.close()
        assert it.wait(60 * PATIENCE) == 0


@contextmanager
def served(kept: Kept, postgres: PostgresServer, directory: Path) -> Iterator[tuple[Database, str]]:
    """A process of this release that is ready: its database, and its address."""
    if kept is EPISODES:
        with serving(postgres, directory) as (service, api):
            yield service.database, api.url
    else:
        database = notifications_database(postgres)
        issuer = Issuer(directory)
        with Api(Notifications(database, directory, issuer, "http://127.0.0.1:9")) as api:
            url = f"http://127.0.0.1:{api.port}"
            eventually(lambda: readiness(url)[0] == 200, "it is ready")
            yield database, url


def readiness(url: str) -> tuple[int, str]:
    answer = httpx.get(f"{url}/health/ready", timeout=30)
    return answer.status_code, answer.text


@BOTH
def test_the_release_before_serves_on_after_a_later_one_has_migrated(
    kept: Kept, postgres: PostgresServer, tmp_path: Path
) -> None:
    later = LATER[kept.name]
    with served(kept, postgres, tmp_path) as (database, url):
        operator = Operator(kept, database, tmp_path)
        changed(database, f"UPDATE alembic_version SET version_num = '{later}'")
        changed(database, f"GRANT DELETE ON compatibility TO {kept.roles[0]}")
        assert readiness(url)[0] == 200
        code, said = operator.told()
        assert code == 0, said
        assert f"ahead of this release ({kept.newest()}): nothing to do" in said
        held = "SELECT has_table_privilege(%s, 'compatibility', 'DELETE')"
        with psycopg.connect(database.superuser_url) as db:
            assert db.execute(held, (kept.roles[0],)).fetchone() == (True,), "grants are the later one's"
        changed(database, f"UPDATE compatibility SET compatible_from = '{later}'")
        status, reason = readiness(url)
        assert (status, BEYOND in reason) == (503, True)
        code, said = operator.told()
        assert (code, BEYOND in said, "Traceback" in said) == (1, True, False)


@BOTH
@pytest.mark.parametrize("table", ["alembic_version", "compatibility"])
def test_whoever_has_the_revision_locked_makes_nobody_unready(
    kept: Kept, table: str, postgres: PostgresServer, tmp_path: Path
) -> None:
    with (
        served(kept, postgres, tmp_path) as (database, url),
        psycopg.connect(database.owner_url) as migrating,
    ):
        migrating.execute(f"LOCK TABLE {table}".encode())
        assert readiness(url)[0] == 200
        migrating.rollback()
        changed(database, f"UPDATE alembic_version SET version_num = '{LATER[kept.name][:-4]}0001'")
        eventually(lambda: readiness(url)[0] == 503, "it is seen again")


def test_all_replaced_raises_what_notifications_may_write(postgres: PostgresServer, tmp_path: Path) -> None:
    database = notifications_database(postgres)
    changed(database, "UPDATE compatibility SET compatible_from = 'v0007'")
    prefix = "NOTIFICATIONS"
    environment = {f"{prefix}_ENVIRONMENT": "development", f"{prefix}_OWNER_DATABASE_URL": database.owner_url}
    said = subprocess.run(
        [sys.executable, "-m", "notifications", "migrate", "--all-replaced"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert f"processes of revision {NOTIFICATIONS.newest()} or later" in said
    with psycopg.connect(database.superuser_url) as db:
        found = db.execute("SELECT compatible_from FROM compatibility").fetchone()
    assert found == (NOTIFICATIONS.newest(),)

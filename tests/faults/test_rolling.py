"""A rolling deployment under load, from the release before to this one and back: nobody notices."""

import os
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO

import httpx
import pytest

from tests.faults.checks import all_is_well, drained, subscribed
from tests.support.effort import ALL
from tests.support.load import Load, client_of
from tests.support.releases import NoRelease, Release, release_before, this_release
from tests.support.servers.kafka import KafkaBroker, free_port
from tests.support.servers.postgres import Database, PostgresServer
from tests.support.stack import ROLES, Stack
from tests.support.switch import Switch
from tests.support.waiting import PATIENCE, eventually

REFUSED_AT_MOST = 2.0
"""Seconds."""
BETWEEN = 10
"""Commands acknowledged between two replacements."""
ENDS_WITHIN = 15.0
SETTING = {"api": "EPISODES_PORT", "notifications": "NOTIFICATIONS_PORT"}

pytestmark = [
    pytest.mark.skipif(not ALL, reason="`make test-all` rolls from the release before to this one and back"),
    pytest.mark.timeout(1200),
]


class Rolling(Stack):
    """Every role of one release, replaced one by one by those of another. Both APIs are behind a switch."""

    def __init__(
        self,
        postgres: PostgresServer,
        kafka: KafkaBroker,
        directory: Path,
        release: Release,
        switches: Mapping[str, Switch],
    ) -> None:
        self.release = release
        self._switches = switches
        self._starts = dict.fromkeys(ROLES, 0)
        super().__init__(postgres, kafka, directory, **release.environment)

    def databases(self, postgres: PostgresServer) -> tuple[Database, Database]:
        made = postgres.fresh_database("episodes"), postgres.fresh_database("notifications")
        for database in made:
            self.migrate(database)
        return made

    def migrate(self, database: Database) -> None:
        """Bring a database to the present release."""
        prefix = database.service.upper()
        environment = {
            f"{prefix}_ENVIRONMENT": "development",
            f"{prefix}_OWNER_DATABASE_URL": database.owner_url,
        }
        done = subprocess.run(
            [self.release.python, "-m", database.service, "migrate"],
            env=os.environ | self.release.environment | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def url(self, role: str) -> str:
        return f"http://127.0.0.1:{self._switches[role].port}"

    def start(self, role: str, **settings: str) -> None:
        """Start a role of the present release; an API at a port of its own, to which callers come once it is
        ready.
        """
        self.python = self.release.python
        port = free_port()
        own = {SETTING[role]: str(port)} if role in SETTING else {}
        self._starts[role] += 1
        super().start(role, **self.release.environment, **own, **settings)
        eventually(lambda: self.log_of(role), f"{role} has begun", within=60)
        if role in SETTING:
            eventually(lambda: _ready(port), f"{role} is ready", within=60)
            self._switches[role].target = port

    def log_file(self, role: str) -> IO[bytes]:
        return self._log(role).open("ab")

    def log_of(self, role: str) -> str:
        return self._log(role).read_text()

    def _log(self, role: str) -> Path:
        """One for each process."""
        return self.directory / f"{role}-{self._starts[role]}.log"

    def replace(self, role: str) -> None:
        """Start a successor of the present release beside it, and then end it."""
        before = self._processes.pop(role)
        self.start(role)
        before.terminate()
        assert before.wait(ENDS_WITHIN * PATIENCE) == 0, f"{role}: {self.log_of(role)[-2000:]}"


def _ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def test_rolling_to_this_release_and_back_costs_nobody_anything(
    postgres: PostgresServer,
    kafka: KafkaBroker,
    tmp_path: Path,
    proven: Callable[[str], None],
    unproven: Callable[[str], None],
) -> None:
    """Old processes work with the new tables and read what new ones wrote, during the roll and after the way
    back, for which nothing is migrated.
    """
    try:
        before, after = release_before(tmp_path), this_release()
    except NoRelease as missing:
        unproven(f"Rolling deployment: not tested, {missing}")
        pytest.skip(str(missing))
    with Switch() as api, Switch() as notifications:
        switches = {"api": api, "notifications": notifications}
        with (
            Rolling(postgres, kafka, tmp_path, before, switches) as stack,
            client_of(stack) as http,
            subscribed(stack) as partner,
        ):
            load = Load(lambda: http, callers=3, pause=0.3)
            load.prepare(episodes=6)
            with load:
                load.goes_on_for(BETWEEN)
                stack.release = after
                for database in (stack.episodes, stack.notifications):
                    stack.migrate(database)
                    load.goes_on_for(BETWEEN)
                _roll(stack, load, ROLES)
                stack.release = before
                _roll(stack, load, reversed(list(ROLES)))
            drained(stack)
            all_is_well(stack, load, partner)
    assert load.refused_for < REFUSED_AT_MOST * PATIENCE
    refused = f"refused for {load.refused_for:.1f} s at most"
    proven(f"a roll from the release before and back under {len(load.told)} commands: {refused}, 0 lost")


def _roll(stack: Rolling, load: Load, roles: Iterable[str]) -> None:
    for role in roles:
        stack.replace(role)
        load.goes_on_for(BETWEEN)

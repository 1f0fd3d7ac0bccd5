"""Databases with many courses of care, and API processes over them with caches of any size."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

import psycopg

from bench.machine import Machine, refuse_unmarked
from bench.serving import BODY, Target
from episodes.http.examples import CLINIC
from tests.support.episodes.api_process import Api, Service, fill_directory
from tests.support.episodes.list_processes import placed
from tests.support.episodes.log_writer import Log
from tests.support.episodes.years_of_care import years_of_care
from tests.support.waiting import eventually

CACHE_BYTES = 256 * 1024 * 1024
"""The cache of a process, which is what one takes by default where there are 2 GB of memory."""
CURRENT_WITHIN = 3_600
"""Seconds that `project` may need to list what was written."""
_AT_ONCE = 1_000
_SIZE = "SELECT count(*), avg(length(state))::float FROM stored_events"


@dataclass(frozen=True)
class Store:
    """Episodes of equal length, whose events are in the log in the order in which they happened."""

    service: Service
    episodes: Sequence[str]

    @contextmanager
    def api(self, cache_bytes: int = CACHE_BYTES) -> Iterator[Api]:
        """A new API process, which has nothing cached yet."""
        with closing(self.service.start(cache_bytes=str(cache_bytes))) as api:
            eventually(api.ready, "the API is ready")
            yield api

    def target(self, api: Api, episodes: Sequence[str]) -> Target:
        """What `wrk` needs to send commands to these episodes."""
        return Target([api.url], self.service.token(), episodes, self.service.keys_dir)

    def size(self) -> tuple[int, float]:
        """How many events the log has, and how many bytes one has on average."""
        with psycopg.connect(self.service.database.superuser_url) as connection:
            row = connection.execute(_SIZE).fetchone()
        assert row is not None
        return row[0], row[1]


@contextmanager
def stored(machine: Machine, episodes: int, events: int) -> Iterator[Store]:
    """A new database with so many episodes of so many events each, all of one clinic of the directory.

    `project` follows while they are written, so that their snapshots are as old as they come to be.
    """
    database = machine.episodes()
    refuse_unmarked(database.superuser_url)
    with (
        TemporaryDirectory() as directory,
        closing(Service(database, Path(directory), held=False)) as service,
    ):
        store = Store(service, [])
        with store.api() as api:
            fill_directory(api)
        with placed(machine.postgres, service.keys_dir, database) as place:
            project = place.project()
            written = _written(place.log, episodes, events)
            place.await_current(project, within=CURRENT_WITHIN)
        with psycopg.connect(database.superuser_url, autocommit=True) as connection:
            connection.execute(
                "VACUUM (ANALYZE, PARALLEL 0)"
            )  # workers want more memory than a container shares
        yield Store(service, written)


def _written(log: Log, episodes: int, events: int) -> Sequence[str]:
    """All episodes grow together, as in a network, so that the events of each are spread over the log."""
    growing = [log.episode() for _ in range(episodes)]
    for one in growing:
        one.clinic = UUID(CLINIC)
    courses = [(one, years_of_care(events, seed)) for seed, one in enumerate(growing)]
    for _ in range(events):
        for first in range(0, episodes, _AT_ONCE):
            log.record_told((one, next(course)) for one, course in courses[first : first + _AT_ONCE])
    return [str(one.id) for one in growing]


def command(api: Api, episode: str) -> str:
    """Record an assessment, which is answered once it is stored. Returns the id of its event."""
    body: dict[str, Any] = {**BODY, "symptoms": f"sore, as told in {uuid4()}"}
    answer = api.record(f"/v1/episodes/{episode}/assessments", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["events"][0]["id"])


def command_to_each(api: Api, episodes: Sequence[str]) -> None:
    """One command to each, sixteen at a time: what fits is cached afterwards."""
    with ThreadPoolExecutor(16) as pool:
        for _ in pool.map(lambda one: command(api, one), episodes):
            pass


def cpu_seconds(api: Api) -> float:
    """The CPU time that the process has used since it started."""
    times = api.process.cpu_times()
    return float(times.user + times.system)

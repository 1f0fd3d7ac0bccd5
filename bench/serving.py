"""Applications under load: processes, episodes to write to, and `wrk` to write with. Loopback only."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.machine import BREADTH, refuse_unmarked
from episodes.http.examples import EXAMPLES
from tests.support.episodes.api_process import Api, Service, fill_directory
from tests.support.servers.postgres import Database
from tests.support.waiting import eventually

CONNECTIONS = 64
BODY = {**EXAMPLES["AssessedCommand"], "stage": "ad_hoc", "symptoms": "sore, as told in @number"}
"""An assessment that may be recorded repeatedly, each time saying something else: about 1.1 KB in the log."""

_RUNS = count()


class WrongAnswers(SystemExit):
    """Answers were errors, so a figure would mean nothing. Ends the run, unless somebody else's were."""


@dataclass(frozen=True)
class Load:
    """The load generator's result: answers per second, and the latency at p50 and p99 in milliseconds."""

    per_second: float
    p50: float
    p99: float


@dataclass(frozen=True)
class Target:
    """Equal applications, a token, the episodes to write to, and the directory of their keys."""

    urls: Sequence[str]
    token: str
    episodes: Sequence[str]
    keys_dir: Path

    def load(
        self,
        seconds: float,
        resource: str = "assessments",
        urls: Sequence[str] | None = None,
        *,
        by_episode: bool = False,
    ) -> Load:
        """Send one command per request, over all episodes. The processes share the connections equally; each
        gets commands to all episodes, or `by_episode` to those alone that are its own.
        """
        asked = self.urls if urls is None else urls
        with TemporaryDirectory() as place:
            body = Path(place, "body")
            body.write_text(json.dumps(BODY))
            running = []
            for number, url in enumerate(asked):
                paths = Path(place, f"paths-{number}")
                episodes = self.episodes[number :: len(asked)] if by_episode else self.episodes
                paths.write_text("\n".join(f"/v1/episodes/{it}/{resource}" for it in episodes))
                running.append(self._ask(url, paths, body, len(asked), seconds))
            loads = [_seen(process, seconds) for process in running]
        return Load(
            sum(it.per_second for it in loads), max(it.p50 for it in loads), max(it.p99 for it in loads)
        )

    def _ask(self, url: str, paths: Path, body: Path, among: int, seconds: float) -> subprocess.Popen[str]:
        command = ["wrk", f"-t{2 // among}", f"-c{CONNECTIONS // among}", f"-d{seconds:.0f}s"]
        command += ["-s", str(Path(__file__).with_name("load.lua")), url]
        command += ["--", str(paths), str(body), self.token, str(next(_RUNS))]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _seen(process: subprocess.Popen[str], seconds: float) -> Load:
    said, _ = process.communicate(timeout=seconds + 30)
    result = next(line.split() for line in said.splitlines() if line.startswith("RESULT"))
    if result[2] != "0":
        errors = next(line for line in said.splitlines() if line.startswith("ERRORS"))
        raise WrongAnswers(f"answers were errors, the figure would mean nothing: {errors}")
    return Load(float(result[1]), float(result[3]), float(result[4]))


@contextmanager
def one_api(database: Database) -> Iterator[tuple[Service, Api, Path]]:
    """One API process over a database for loading, with nothing in it, and a directory for files."""
    refuse_unmarked(database.superuser_url)
    with (
        TemporaryDirectory() as place,
        closing(Service(database, Path(place), held=False)) as service,
    ):
        api = service.start()
        eventually(api.ready, "the API is ready")
        yield service, api, Path(place)


@contextmanager
def serving(
    database: Database,
    program: Sequence[str] = ("episodes", "api"),
    processes: int = 1,
    breadth: int = BREADTH,
) -> Iterator[tuple[Target, Sequence[Api]]]:
    """API processes over one database, with the directory filled in and `breadth` episodes opened."""
    if shutil.which("wrk") is None:
        raise SystemExit("the load comes from `wrk`: install it (Debian: apt-get install wrk)")
    refuse_unmarked(database.superuser_url)
    with (
        TemporaryDirectory() as place,
        closing(Service(database, Path(place), program, held=False)) as service,
    ):
        apis = [service.start() for _ in range(processes)]
        for api in apis:
            eventually(api.ready, "the API is ready")
        fill_directory(apis[0])
        with ThreadPoolExecutor(16) as pool:
            paths = list(pool.map(lambda _: apis[0].opened(), range(breadth)))
        episodes = [path.rpartition("/")[2] for path in paths]
        yield Target([api.url for api in apis], service.token(), episodes, service.keys_dir), apis

"""Finds real servers: at an address in the environment, else in a container, else started here.

CARE_TEST_POSTGRES_URL (a superuser's) and CARE_TEST_KAFKA (host:port) name existing servers.
CARE_TEST_SERVERS=local skips containers; CARE_TEST_SERVERS=containers accepts nothing else.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

import psutil

from laptop.postgres import EmbeddedPostgres
from laptop.unprivileged import server_home
from tests.support.servers.containers import (
    KAFKA_IMAGE,
    POSTGRES_IMAGE,
    ContainerKafka,
    ContainerPostgres,
    docker_has,
)
from tests.support.servers.kafka import ForeignKafka, JavaKafka, KafkaBroker
from tests.support.servers.postgres import ForeignPostgres, PostgresServer, WheelPostgres

CHECKOUT = Path(__file__).parents[3]
KAFKA_NEEDS = "needs Docker or Java and Maven"


class NoServer(Exception):
    """Nothing here can run this server. The message says what is needed."""


def find_postgres(run_dir: Path) -> PostgresServer:
    """A running server. Its data is deleted after the run."""
    if address := os.environ.get("CARE_TEST_POSTGRES_URL"):
        return ForeignPostgres(address)
    if _containers_wanted() and docker_has(POSTGRES_IMAGE):
        return ContainerPostgres()
    _refuse_if_only_containers(POSTGRES_IMAGE)
    return WheelPostgres(run_dir / "postgres")


def find_kafka(run_dir: Path) -> KafkaBroker:
    """A running broker, or `NoServer`."""
    if address := os.environ.get("CARE_TEST_KAFKA"):
        return ForeignKafka(address)
    if _containers_wanted() and docker_has(KAFKA_IMAGE):
        return ContainerKafka()
    _refuse_if_only_containers(KAFKA_IMAGE)
    if shutil.which("java") and shutil.which("mvn"):
        return JavaKafka(run_dir / "kafka")
    raise NoServer(KAFKA_NEEDS)


def make_run_dir() -> Path:
    """A directory for the servers of this run, named after its process. Removes those of killed runs."""
    home = server_home(CHECKOUT)
    for leftover in home.glob("test-run-*"):
        if not psutil.pid_exists(int(leftover.name.removeprefix("test-run-"))):
            remove_run_dir(leftover)
    run_dir = home / f"test-run-{os.getpid()}"
    run_dir.mkdir()
    return run_dir


def remove_run_dir(run_dir: Path) -> None:
    """End the servers that still use it, then delete it."""
    for pid_file in run_dir.glob("*/postmaster.pid"):
        EmbeddedPostgres(pid_file.parent).end_leftover()
    for process in psutil.process_iter(["cmdline"]):
        last = (process.info["cmdline"] or [""])[-1]
        if last.startswith(f"{run_dir}/") and last.endswith("/server.properties"):
            with suppress(psutil.NoSuchProcess):  # it has ended since it was listed
                process.kill()
    shutil.rmtree(run_dir)


def _containers_wanted() -> bool:
    return os.environ.get("CARE_TEST_SERVERS") != "local"


def _refuse_if_only_containers(image: str) -> None:
    if os.environ.get("CARE_TEST_SERVERS") == "containers":
        raise NoServer(f"needs Docker and the image {image}")

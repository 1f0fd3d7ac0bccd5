"""The servers as fixtures, and one last line that says what a run has proven and what it has not."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.servers.containers import docker_answers
from tests.support.servers.discovery import NoServer, find_kafka, find_postgres, make_run_dir, remove_run_dir
from tests.support.servers.kafka import KafkaBroker
from tests.support.servers.postgres import PostgresServer


@dataclass(frozen=True)
class Findings:
    """The servers this run had, and why it had no other."""

    servers: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


_FINDINGS = pytest.StashKey[Findings]()


@pytest.fixture(scope="session")
def run_dir() -> Iterator[Path]:
    """Where the servers of this run keep their data."""
    directory = make_run_dir()
    yield directory
    remove_run_dir(directory)


@pytest.fixture(scope="session")
def postgres(run_dir: Path, pytestconfig: pytest.Config) -> Iterator[PostgresServer]:
    """One server for the run; take a database of your own with `fresh_database`."""
    server = find_postgres(run_dir)
    pytestconfig.stash[_FINDINGS].servers.append(server.description)
    yield server
    server.close()


@pytest.fixture(scope="session")
def kafka(run_dir: Path, pytestconfig: pytest.Config) -> Iterator[KafkaBroker]:
    """One broker for the run; without one its tests are skipped, and in CI they fail."""
    try:
        broker = find_kafka(run_dir)
    except NoServer as missing:
        pytestconfig.stash[_FINDINGS].missing.append(f"Kafka: not tested, {missing}")
        if os.environ.get("CI") == "true":
            pytest.fail(f"Kafka {missing}")
        pytest.skip(f"Kafka {missing}")
    pytestconfig.stash[_FINDINGS].servers.append(broker.description)
    yield broker
    broker.close()


@pytest.fixture
def proven(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """For tests that bring their own servers: name them for the last line."""
    return pytestconfig.stash[_FINDINGS].servers.append


@pytest.fixture
def unproven(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """For tests that find no tool to run with: a sentence for the last line."""
    return pytestconfig.stash[_FINDINGS].missing.append


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_FINDINGS] = Findings()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever asks for the broker is a Kafka test, marked or not."""
    for item in items:
        if "kafka" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.kafka)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Without Docker the tests that need containers are left out, unless nothing else was asked for."""
    if item.get_closest_marker("containers") is None or docker_answers():
        return
    item.config.stash[_FINDINGS].missing.append("Containers: not tested, needs Docker")
    if os.environ.get("CARE_TEST_SERVERS") == "containers":
        pytest.fail("Docker does not answer")
    pytest.skip("needs Docker")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Iterator[None]:
    """After every other report, so that it is the last line."""
    yield
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line(_what_was_shown(session.config, passed=exitstatus == pytest.ExitCode.OK))


def _what_was_shown(config: pytest.Config, passed: bool) -> str:
    findings = config.stash[_FINDINGS]
    verdict = "Proven on" if passed else "NOT proven, see the failures above; ran on"
    servers = ", ".join(dict.fromkeys(findings.servers)) or "no server"
    return ". ".join([f"{verdict}: {servers}", *dict.fromkeys(findings.missing)])

"""What an operator tells the relay: a network is retired, with a confirmation and for good."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.databases import episodes_database
from tests.support.episodes.damage import held_back
from tests.support.episodes.log_writer import opening, session
from tests.support.episodes.relays import Place, placed
from tests.support.episodes.topic_reader import records_of
from tests.support.servers.kafka import KafkaBroker
from tests.support.servers.postgres import Database, PostgresServer
from tests.support.waiting import eventually


@pytest.fixture
def database(postgres: PostgresServer) -> Database:
    return episodes_database(postgres)


@pytest.fixture
def place(database: Database, kafka: KafkaBroker, tmp_path: Path) -> Iterator[Place]:
    with placed(database, kafka, tmp_path, "kept") as place:
        place.make_topic()
        yield place


def retired(place: Place, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"EPISODES_DATABASE_URL": place.url, "EPISODES_NETWORKS": "kept"}
    environment |= {"EPISODES_ENVIRONMENT": "development"}
    command = [sys.executable, "-m", "episodes", "retire-network", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_a_network_is_retired_when_it_is_not_configured_and_the_operator_means_it(place: Place) -> None:
    assert "take it out first" in retired(place, "kept", "--yes").stderr
    unsure = retired(place, "out")
    assert (unsure.returncode, "--yes" in unsure.stderr) == (1, True)
    done = retired(place, "out", "--yes")
    said = (
        "out: retired, nothing of it is published any more\nnothing of it was held back: is that the name?\n"
    )
    assert (done.returncode, done.stdout) == (0, said)
    assert retired(place, "out", "--yes").returncode == 0
    assert "for good" in retired(place, "--help").stdout


def test_of_a_retired_network_nothing_is_published_or_held(place: Place, database: Database) -> None:
    kept, out = place.log.episode("kept"), place.log.episode("out")
    place.log.record([(kept, opening(kept)), (out, opening(out))])
    assert retired(place, "out", "--yes").returncode == 0
    relay = place.relay()
    place.log.record([(out, session()), (kept, session())])
    eventually(place.drained, "the others are published", process=relay)
    assert held_back(database) == []
    relay.close()
    Place(place.url, place.log, "out", place.kafka, place.keys_dir).make_topic()
    again = place.relay_of(["kept", "out"])
    place.log.record([(out, session())])
    eventually(place.drained, "the position is at the head", process=again)
    assert len(records_of(place.kafka, "out")) == 0
    assert again.said("networks are configured that were retired")[0]["networks"] == ["out"]

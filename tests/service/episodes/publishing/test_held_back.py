"""An event that cannot be read holds up its own episode, a network not configured itself, nobody else."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from care_platform.process import EXIT_TRY_AGAIN
from episodes.processes.held_back import TOO_MANY
from tests.support.databases import episodes_database
from tests.support.episodes.damage import HEADER, SEAL, damage_key, flip, held_back, on_disk
from tests.support.episodes.log_writer import opening, session
from tests.support.episodes.relays import Place, placed
from tests.support.episodes.stored_rows import of_a_later_release
from tests.support.episodes.topic_reader import events_of
from tests.support.servers.kafka import KafkaBroker
from tests.support.servers.postgres import Database, PostgresServer
from tests.support.waiting import eventually


@pytest.fixture
def database(postgres: PostgresServer) -> Database:
    return episodes_database(postgres)


@pytest.fixture
def place(database: Database, kafka: KafkaBroker, tmp_path: Path) -> Iterator[Place]:
    with placed(database, kafka, tmp_path) as place:
        yield place


def sequences(place: Place, episode: UUID) -> list[int]:
    return [it.sequence for it in events_of(place.kafka, place.network) if it.episode == episode]


@pytest.mark.parametrize("byte", [HEADER, SEAL])
def test_damage_holds_up_its_own_episode_until_it_is_mended(
    place: Place, database: Database, byte: str
) -> None:
    place.make_topic()
    damaged, other = place.log.episode(place.network), place.log.episode(place.network)
    place.log.record([(damaged, opening(damaged)), (other, opening(other)), (damaged, session())])
    place.log.record([(damaged, session()), (other, session())])
    flip(database, damaged.id, 2, byte)
    relay = place.relay(page=2)
    eventually(place.drained, "the others are published", process=relay)
    assert (sequences(place, damaged.id), sequences(place, other.id)) == ([1], [1, 2])
    assert held_back(database) == [{"kind": "episode", "name": str(damaged.id), "after": 2}]
    [line] = relay.said("episode held back")
    assert (line["episode"], line["position"]) == (str(damaged.id), 3)
    place.log.record([(damaged, session())])
    eventually(place.drained, "what comes later waits, too", process=relay)
    assert sequences(place, damaged.id) == [1]
    flip(database, damaged.id, 2, byte)
    relay.close()
    relay.start()
    eventually(lambda: not held_back(database), "it is tried again", process=relay)
    place.log.record([(damaged, session())])
    eventually(lambda: sequences(place, damaged.id) == [1, 2, 3, 4, 5], "all is sent in order", process=relay)


def test_an_event_of_a_later_release_is_sent_once_it_is_known(place: Place, database: Database) -> None:
    place.make_topic()
    episode = place.log.episode(place.network)
    place.log.record([(episode, opening(episode)), (episode, session()), (episode, session())])
    where = f"originator_id = '{episode.id}' AND originator_version = 2"
    (known,) = on_disk(database, f"SELECT * FROM stored_events WHERE {where}")
    later = of_a_later_release(known, 2)
    put = f"UPDATE stored_events SET topic = %s, state = %s WHERE {where}"
    on_disk(database, put, later["topic"], later["state"])
    relay = place.relay()
    eventually(place.drained, "the position is at the head", process=relay)
    assert sequences(place, episode.id) == [1]
    on_disk(database, put, known["topic"], known["state"])
    relay.close()
    relay.start()
    eventually(lambda: sequences(place, episode.id) == [1, 2, 3], "the rest is sent", process=relay)


def test_a_damaged_key_holds_up_the_episodes_of_its_client(place: Place, database: Database) -> None:
    place.make_topic()
    damaged, other = place.log.episode(place.network), place.log.episode(place.network)
    place.log.record([(damaged, opening(damaged)), (other, opening(other))])
    damage_key(database, damaged.client)
    relay = place.relay()
    eventually(place.drained, "the others are published", process=relay)
    assert (sequences(place, damaged.id), sequences(place, other.id)) == ([], [1])
    relay.close()
    relay.start()
    eventually(lambda: relay.said("episodes held back"), "it is tried in vain", process=relay)
    place.log.record([(damaged, session())])
    eventually(place.drained, "a page of this client alone", process=relay)
    assert not relay.said("relay-ended")
    relay.close()
    damage_key(database, damaged.client)
    relay.start()
    eventually(lambda: sequences(place, damaged.id) == [1, 2], "the key is mended", process=relay)


def test_when_no_key_can_be_had_the_relay_ends_and_holds_nothing_back(
    place: Place, database: Database
) -> None:
    place.make_topic()
    several = [place.log.episode(place.network) for _ in range(TOO_MANY + 1)]
    place.log.record([(episode, opening(episode)) for episode in several])
    on_disk(database, "ALTER TABLE client_keys RENAME COLUMN network_id TO elsewhere")
    on_disk(database, "ALTER TABLE client_keys ADD network_id text NOT NULL DEFAULT 'nowhere'")
    relay = place.relay()
    assert relay.ended(within=20) == EXIT_TRY_AGAIN
    assert relay.said("relay-ended")[0]["error"] == "NothingReadable"
    assert (held_back(database), place.log.position()[1]) == ([], 0)


def test_a_network_taken_out_stops_nobody_and_put_back_sends_all_in_order(
    place: Place, database: Database
) -> None:
    place.make_topic()
    out = Place(place.url, place.log, f"out{place.network}", place.kafka, place.keys_dir)
    out.make_topic()
    kept, removed = place.log.episode(place.network), place.log.episode(out.network)
    place.log.record([(kept, opening(kept)), (removed, opening(removed))])
    relay = place.relay()
    for _ in range(3):
        place.log.record([(removed, session()), (kept, session())])
    eventually(place.drained, "the others are published", process=relay)
    assert (sequences(place, kept.id), sequences(out, removed.id)) == ([1, 2, 3, 4], [])
    assert held_back(database) == [{"kind": "network", "name": out.network, "after": 1}]
    relay.close()
    again = place.relay_of([place.network, out.network], page=2)
    place.log.record([(removed, session())])
    eventually(lambda: sequences(out, removed.id) == [1, 2, 3, 4, 5], "it has caught up", process=again)
    eventually(lambda: not held_back(database), "nothing is held", process=again)
    place.log.record([(removed, session())])
    eventually(lambda: sequences(out, removed.id)[-1] == 6, "it goes on as the others", process=again)

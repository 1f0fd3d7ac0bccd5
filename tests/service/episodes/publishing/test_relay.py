"""What is recorded reaches Kafka: all that is public, in order, whoever on the way is killed or paused."""

import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from care_platform.process import EXIT_TRY_AGAIN
from contracts.envelope import topic_of
from contracts.events import Redacted
from tests.support.databases import episodes_database
from tests.support.episodes.log_writer import care, opening, private, session
from tests.support.episodes.relay_process import PUBLIC_URL
from tests.support.episodes.relays import Place, placed
from tests.support.episodes.topic_reader import events_of, records_of
from tests.support.servers.kafka import KafkaBroker
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually


@pytest.fixture
def place(postgres: PostgresServer, kafka: KafkaBroker, tmp_path: Path) -> Iterator[Place]:
    with placed(episodes_database(postgres), kafka, tmp_path) as place:
        yield place


def test_every_public_event_is_published_in_order_and_no_private_one(place: Place) -> None:
    place.make_topic()
    recorded = place.log.record(care(place.log, episodes=20, sessions=5, network=place.network))
    relay = place.relay(page=30)
    eventually(place.drained, "all is published", process=relay)
    recorded += place.log.record(care(place.log, episodes=5, sessions=1, network=place.network))
    eventually(place.drained, "what came later is published", process=relay)
    place.assert_published(recorded)
    assert any(header.sequence is None for header in recorded)
    assert len(events_of(place.kafka, place.network)) == 20 * 6 + 5 * 2


def test_what_is_recorded_while_the_relay_waits_is_published_at_once(place: Place) -> None:
    place.make_topic()
    place.log.record(care(place.log, episodes=1, sessions=1, network=place.network))
    relay = place.relay()
    eventually(place.drained, "the first are published", process=relay)
    waits = []
    for _ in range(5):
        time.sleep(0.05)  # the relay goes back to waiting
        place.log.record(care(place.log, episodes=1, sessions=0, network=place.network))
        began = time.monotonic()
        eventually(place.drained, "the next is published", process=relay)
        waits.append(time.monotonic() - began)
    assert sorted(waits)[2] < 0.5  # the poll alone would take a second


def test_positions_that_a_refused_batch_burned_are_no_loss(place: Place) -> None:
    place.make_topic()
    episode = place.log.episode(place.network)
    recorded = place.log.record([(episode, opening(episode))])
    for _ in range(3):
        place.log.burn_positions(episode)
        recorded += place.log.record([(episode, session())])
    assert place.log.head() > len(recorded)
    relay = place.relay(page=1)
    eventually(place.drained, "all is published", process=relay)
    place.assert_published(recorded)


def test_a_page_of_private_events_moves_the_position_all_the_same(place: Place) -> None:
    place.make_topic()
    episode = place.log.episode(place.network)
    place.log.record([(episode, opening(episode)), *((episode, private()) for _ in range(7))])
    relay = place.relay(page=2)
    eventually(place.drained, "the position is at the head", process=relay)
    assert len(records_of(place.kafka, place.network)) == 1


def test_an_erased_clients_events_are_published_as_redacted(place: Place) -> None:
    place.make_topic()
    facts = care(place.log, episodes=2, sessions=1, network=place.network)
    place.log.record(facts)
    erased, kept = facts[0][0], facts[1][0]
    place.log.erase(erased)
    relay = place.relay()
    eventually(place.drained, "all is published", process=relay)
    events = events_of(place.kafka, place.network)
    assert {type(event.data) is Redacted for event in events if event.episode == erased.id} == {True}
    assert {type(event.data) is Redacted for event in events if event.episode == kept.id} == {False}
    values = [record.value for record in records_of(place.kafka, place.network)]
    assert values.count(b'{"redacted":true}') == 2


def test_another_implementation_of_cloudevents_reads_the_records(place: Place) -> None:
    place.make_topic()
    recorded = place.log.record(care(place.log, episodes=1, sessions=1, network=place.network))
    relay = place.relay()
    eventually(place.drained, "all is published", process=relay)
    for record, header in zip(
        records_of(place.kafka, place.network), (recorded[0], recorded[2]), strict=True
    ):
        event = from_binary_event(KafkaMessage(dict(record.headers), record.key, record.value))
        assert event.get_specversion() == "1.0"
        assert event.get_id() == str(header.event_id)
        assert event.get_subject() == str(header.episode_id) == record.key.decode()
        assert event.get_source() == f"/networks/{place.network}/episodes"
        assert event.get_time() == header.occurred_at
        assert event.get_extension("recordref").startswith(f"{PUBLIC_URL}/v1/episodes/{header.episode_id}/")
        assert isinstance(event.get_data(), dict)


def test_nothing_of_the_record_but_what_is_public_leaves(place: Place) -> None:
    place.make_topic()
    facts = care(place.log, episodes=1, sessions=1, network=place.network)
    place.log.record(facts)
    relay = place.relay()
    eventually(place.drained, "all is published", process=relay)
    everything = repr([(record.value, record.headers) for record in records_of(place.kafka, place.network)])
    for secret in ("words of the complaint", "words of the note", str(facts[0][0].client)):
        assert secret not in everything
        assert secret not in relay.output


def test_a_killed_relay_continues_and_skips_nothing(place: Place) -> None:
    place.make_topic()
    recorded = place.log.record(care(place.log, episodes=50, sessions=60, network=place.network))
    relay = place.relay(page=50)
    for part in (0.1, 0.5):
        goal = place.log.head() * part
        eventually(partial(place.is_beyond, goal), "it is on its way", process=relay)
        relay.process.kill()
        relay.ended()
        assert not place.drained()
        relay.start()
    eventually(place.drained, "all is published", process=relay)
    place.assert_published(recorded)


def test_a_paused_leader_is_replaced_and_can_move_nothing_when_it_wakes(place: Place) -> None:
    place.make_topic()
    recorded = place.log.record(care(place.log, episodes=50, sessions=60, network=place.network))
    leader = place.relay(page=1)  # slow, so that there is something left to take over
    leader.awaited("leading")
    standby = place.relay()
    standby.awaited("standing-by")
    eventually(partial(place.is_beyond, 0), "the leader is on its way", process=leader)
    leader.signalled(signal.SIGSTOP)
    assert not place.drained()
    assert standby.awaited("leading", within=5.0)["epoch"] == 2
    eventually(place.drained, "the other publishes the rest", process=standby)
    before = place.log.position()
    leader.signalled(signal.SIGCONT)
    assert leader.ended() == EXIT_TRY_AGAIN
    assert leader.said("relay-ended")
    assert place.log.position() == before
    assert standby.process.is_running()
    place.assert_published(recorded)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_leader_that_ends_is_replaced_within_five_seconds(place: Place, number: signal.Signals) -> None:
    place.make_topic()
    leader = place.relay()
    leader.awaited("leading")
    standby = place.relay()
    standby.awaited("standing-by")
    leader.signalled(number)
    assert standby.awaited("leading", within=5.0)["epoch"] == 2


def test_a_missing_topic_is_named_until_it_is_made(place: Place) -> None:
    recorded = place.log.record(care(place.log, episodes=1, sessions=1, network=place.network))
    relay = place.relay()
    assert relay.awaited("topics-missing")["topics"] == [topic_of(place.network)]
    assert place.log.position() == (0, 0)
    place.make_topic()
    eventually(place.drained, "all is published", process=relay)
    place.assert_published(recorded)


def test_a_broker_that_is_down_is_waited_for(place: Place) -> None:
    place.make_topic()
    recorded = place.log.record(care(place.log, episodes=1, sessions=1, network=place.network))
    with place.kafka.killed():
        relay = place.relay()
        relay.awaited("broker-unreachable")
    eventually(place.drained, "all is published", process=relay)
    place.assert_published(recorded)


def test_a_broker_killed_on_the_way_loses_nothing(place: Place) -> None:
    place.make_topic()
    recorded = place.log.record(care(place.log, episodes=50, sessions=60, network=place.network))
    relay = place.relay(page=50)
    eventually(partial(place.is_beyond, 200), "it is on its way", process=relay)
    with place.kafka.killed():
        assert not place.drained()

    def drained() -> bool:
        relay.supervised()
        return place.drained()

    eventually(drained, "all is published", within=60.0, process=relay)
    place.assert_published(recorded)


def test_a_refused_record_ends_the_relay_before_its_position(place: Place) -> None:
    _make_topic_with(place, "200")  # bytes: smaller than any record
    recorded = place.log.record(care(place.log, episodes=2, sessions=2, network=place.network))
    relay = place.relay(page=2)
    assert relay.ended(within=20) == EXIT_TRY_AGAIN
    assert relay.said("relay-ended")[0]["error"] == "NotSent"
    assert place.log.position() == (1, 0)
    _set_largest_message(place, "1048588")
    relay.start()
    eventually(place.drained, "all is published", process=relay)
    place.assert_published(recorded)


def test_a_relay_stops_cleanly_when_it_is_told_to(place: Place) -> None:
    place.make_topic()
    place.log.record(care(place.log, episodes=1, sessions=1, network=place.network))
    relay = place.relay()
    eventually(place.drained, "all is published", process=relay)
    relay.signalled(signal.SIGTERM)
    assert relay.ended(within=5) == 0
    assert relay.said("stopped")[0]["abandoned"] == 0


def test_a_relay_stops_in_time_though_the_broker_is_silent(place: Place) -> None:
    place.make_topic()
    relay = place.relay()
    relay.awaited("leading")
    place.kafka.pause()
    try:
        recorded = place.log.record(care(place.log, episodes=1, sessions=1, network=place.network))
        time.sleep(0.5)  # the sends are on their way to nobody
        relay.signalled(signal.SIGTERM)
        assert relay.ended(within=5) == 0
        assert place.log.position()[1] == 0
    finally:
        place.kafka.resume()
    relay.start()
    eventually(place.drained, "all is published", process=relay)
    place.assert_published(recorded)


def test_a_standby_stops_when_it_is_told_to(place: Place) -> None:
    place.make_topic()
    place.relay().awaited("leading")
    standby = place.relay()
    standby.awaited("standing-by")
    standby.signalled(signal.SIGINT)
    assert standby.ended(within=5) == 0


def _make_topic_with(place: Place, largest: str) -> None:
    wanted = {"num_partitions": 1, "replication_factor": 1, "configs": {"max.message.bytes": largest}}
    with KafkaAdminClient(bootstrap_servers=place.kafka.bootstrap) as admin:
        admin.create_topics({topic_of(place.network): wanted}, wait_for_metadata=True)


def _set_largest_message(place: Place, largest: str) -> None:
    configs = {"max.message.bytes": largest}
    with KafkaAdminClient(bootstrap_servers=place.kafka.bootstrap) as admin:
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic_of(place.network), configs)])

"""An episode stays on its partition: another number of partitions than the relay has met is refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from care_platform.process import EXIT_TRY_AGAIN
from care_platform.transport.kafka import Brokers
from contracts.envelope import topic_of
from episodes.publishing.commands import accept_partitions
from episodes.publishing.kafka import PartitionsChanged, RememberedPartitioner
from tests.support.databases import episodes_database
from tests.support.episodes.log_writer import care
from tests.support.episodes.relays import Place, placed
from tests.support.episodes.topic_reader import records_of
from tests.support.servers.kafka import KafkaBroker
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually


@pytest.fixture
def place(postgres: PostgresServer, kafka: KafkaBroker, tmp_path: Path) -> Iterator[Place]:
    with placed(episodes_database(postgres), kafka, tmp_path) as place:
        yield place


def partitions_to(place: Place, count: int) -> None:
    with KafkaAdminClient(bootstrap_servers=place.kafka.bootstrap) as admin:
        admin.create_partitions({topic_of(place.network): count})


def partitions_used(place: Place) -> set[int]:
    return {record.partition for record in records_of(place.kafka, place.network)}


def test_added_partitions_are_refused_until_they_are_accepted(place: Place) -> None:
    place.make_topic()
    recorded = place.log.record(care(place.log, episodes=20, sessions=1, network=place.network))
    relay = place.relay()
    eventually(place.drained, "all is published", process=relay)
    relay.close()
    partitions_to(place, 6)
    recorded += place.log.record(care(place.log, episodes=20, sessions=1, network=place.network))
    relay.start()
    assert relay.ended(within=20) == EXIT_TRY_AGAIN
    ended = relay.said("relay-ended")[0]
    assert (ended["error"], "had 3 partitions and has 6" in ended["reason"]) == ("PartitionsChanged", True)
    assert len(records_of(place.kafka, place.network)) == 40, "nothing is sent under the new count"
    said: list[str] = []
    accept_partitions(place.url, Brokers(place.kafka.bootstrap), [place.network], said.append)
    assert said == [f"{topic_of(place.network)}: 6 partitions accepted"]
    relay.start()
    eventually(place.drained, "the rest is published", process=relay)
    place.assert_published(recorded)
    assert partitions_used(place) - {0, 1, 2}


def test_a_topic_made_again_with_the_same_partitions_is_taken(place: Place) -> None:
    place.make_topic()
    place.log.record(care(place.log, episodes=5, sessions=1, network=place.network))
    relay = place.relay()
    eventually(place.drained, "all is published", process=relay)
    relay.close()
    with KafkaAdminClient(bootstrap_servers=place.kafka.bootstrap) as admin:
        admin.delete_topics([topic_of(place.network)])
        eventually(lambda: topic_of(place.network) not in admin.list_topics())
    place.make_topic()
    place.log.record(care(place.log, episodes=5, sessions=1, network=place.network))
    relay.start()
    eventually(place.drained, "the rest is published", process=relay)


class Cluster:
    """What a producer knows of topics."""

    def __init__(self, partitions: int) -> None:
        self.partitions = partitions

    def partitions_for_topic(self, topic: str) -> set[int]:
        return set(range(self.partitions))


def chosen(partitioner: RememberedPartitioner, cluster: Cluster, key: bytes = b"an episode") -> int:
    return partitioner.partition("care.topic", None, key, None, b"", cluster)


def test_a_producer_that_learns_of_more_partitions_in_between_sends_nothing_to_them() -> None:
    cluster, partitioner = Cluster(3), RememberedPartitioner()
    before = chosen(partitioner, cluster)
    assert before == chosen(partitioner, cluster)
    cluster.partitions = 6
    with pytest.raises(PartitionsChanged, match="had 3 partitions and has 6"):
        chosen(partitioner, cluster)


def test_a_producer_that_does_not_know_of_them_yet_sends_nothing_by_the_accepted_count() -> None:
    partitioner = RememberedPartitioner()
    partitioner.counts["care.topic"] = 6
    with pytest.raises(PartitionsChanged):
        chosen(partitioner, Cluster(3))

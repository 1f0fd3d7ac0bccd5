"""Topics are made by a command, and what Kafka's library logs never shows what was sent."""

import logging
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.errors import KafkaError

from care_platform.transport.kafka import Brokers
from contracts.envelope import topic_of
from episodes.publishing.kafka import producer, settings
from episodes.publishing.topics import make_topics
from tests.support.servers.kafka import KafkaBroker


def networks() -> list[str]:
    return [f"n{uuid4().hex[:8]}" for _ in range(2)]


def test_each_network_gets_its_topic_with_the_partitions_asked_for(kafka: KafkaBroker) -> None:
    ours, said = networks(), list[str]()
    make_topics(Brokers(kafka.bootstrap), ours, partitions=4, say=said.append)
    assert said == [f"{topic_of(one)}: made, partitions 4, replication factor 1" for one in ours]
    assert {name: _partitions(kafka, name) for name in ours} == dict.fromkeys(ours, 4)


def test_making_topics_again_leaves_them_as_they_are(kafka: KafkaBroker) -> None:
    first, second = networks()
    make_topics(Brokers(kafka.bootstrap), [first], partitions=4, say=_nothing)
    said: list[str] = []
    make_topics(Brokers(kafka.bootstrap), [first, second], partitions=2, say=said.append)
    assert said[0] == f"{topic_of(first)}: exists"
    assert said[1].startswith(f"{topic_of(second)}: made")
    assert (_partitions(kafka, first), _partitions(kafka, second)) == (4, 2)


def test_a_topic_that_cannot_be_made_is_an_error(kafka: KafkaBroker) -> None:
    with pytest.raises(KafkaError):
        make_topics(Brokers(kafka.bootstrap), networks(), replication=3, say=_nothing)


def test_sending_to_no_topic_makes_none(kafka: KafkaBroker) -> None:
    assert settings(Brokers(kafka.bootstrap))["allow_auto_create_topics"] is False
    topic = topic_of(networks()[0])
    with producer(Brokers(kafka.bootstrap)) as sender, pytest.raises(KafkaError):
        sender.send(topic, b"{}", b"key")
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
        assert topic not in admin.list_topics()


def test_the_library_logs_no_payload_however_much_is_logged(
    kafka: KafkaBroker, caplog: pytest.LogCaptureFixture
) -> None:
    network = networks()[0]
    make_topics(Brokers(kafka.bootstrap), [network], say=_nothing)
    caplog.set_level(logging.DEBUG)
    with producer(Brokers(kafka.bootstrap)) as sender:
        sender.send(topic_of(network), b"the value", b"the key", [("ce_id", b"the id")]).get(timeout=10)
    logging.getLogger("elsewhere").debug("seen")
    assert "seen" in caplog.text
    assert "the value" not in caplog.text
    assert [record for record in caplog.records if record.name.startswith("kafka")] == []


def test_the_same_episode_goes_to_the_partition_kafka_itself_would_choose(kafka: KafkaBroker) -> None:
    network = networks()[0]
    make_topics(Brokers(kafka.bootstrap), [network], partitions=5, say=_nothing)
    keys = [str(uuid4()).encode() for _ in range(20)]
    chosen = []
    for make in (producer, _plain_producer):
        with make(Brokers(kafka.bootstrap)) as sender:
            sends = [sender.send(topic_of(network), b"{}", key) for key in keys]
            chosen.append([send.get(timeout=10).partition for send in sends])
    assert chosen[0] == chosen[1]
    assert len(set(chosen[0])) > 1


def _plain_producer(brokers: Brokers) -> KafkaProducer:
    return KafkaProducer(**settings(brokers))


def _partitions(kafka: KafkaBroker, network: str) -> int:
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
        return len(admin.describe_topics([topic_of(network)])[0]["partitions"])


def _nothing(line: str) -> None:
    """Nobody reads it."""

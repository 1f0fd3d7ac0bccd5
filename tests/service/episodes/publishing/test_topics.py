"""Topics are made by a command, and what Kafka's library logs never shows what was sent."""

import logging
from uuid import uuid4

import pytest
import structlog
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError
from structlog.testing import capture_logs

from care_platform.transport.kafka import Brokers
from contracts.envelope import topic_of
from episodes.publishing.kafka import producer, settings
from episodes.publishing.topic_watch import look
from episodes.publishing.topics import make_topics, settings_of
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
    assert len(said) == 2, "nothing differs"
    assert (_partitions(kafka, first), _partitions(kafka, second)) == (4, 2)


def test_a_topic_is_made_to_keep_what_is_unread(kafka: KafkaBroker) -> None:
    network = networks()[0]
    make_topics(Brokers(kafka.bootstrap), [network], days=2, say=_nothing)
    assert _configs(kafka, network) == settings_of(1, 2)
    assert settings_of(3, 2)["min.insync.replicas"] == "2"


LOSING = {
    "cleanup.policy": "compact",
    "retention.ms": "1000",
    "retention.bytes": "2000000",
    "unclean.leader.election.enable": "true",
}


def test_each_difference_of_a_topic_is_said_and_put_right_only_when_asked(kafka: KafkaBroker) -> None:
    network, said = networks()[0], list[str]()
    _make_as(kafka, network, LOSING | {"max.message.bytes": "900000"})
    make_topics(Brokers(kafka.bootstrap), [network], replication=2, say=said.append)
    assert all(any(name in line for line in said) for name in (*LOSING, "replication factor"))
    assert _configs(kafka, network) | LOSING == _configs(kafka, network)
    make_topics(Brokers(kafka.bootstrap), [network], alter=True, say=said.append)
    assert said[-1] == f"{topic_of(network)}: altered"
    assert _configs(kafka, network) == settings_of(1, 30)
    assert _configs(kafka, network, "max.message.bytes") == {"max.message.bytes": "900000"}


def test_the_relay_warns_of_topics_that_differ_and_loudly_of_compaction(kafka: KafkaBroker) -> None:
    network = networks()[0]
    _make_as(kafka, network, LOSING)
    with capture_logs() as lines:
        look(Brokers(kafka.bootstrap), [network, networks()[0]], 30, structlog.get_logger())
    assert {line["topic"] for line in lines} == {topic_of(network)}
    loud = [line["reason"] for line in lines if line["log_level"] == "error"]
    assert loud == ["cleanup.policy is compact: compaction deletes events"]
    assert len(lines) == len(LOSING)


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


def _make_as(kafka: KafkaBroker, network: str, configs: dict[str, str]) -> None:
    wanted = {"num_partitions": 1, "replication_factor": 1, "configs": configs}
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
        admin.create_topics({topic_of(network): wanted}, wait_for_metadata=True)


def _configs(kafka: KafkaBroker, network: str, *names: str) -> dict[str, str]:
    """The settings of the topic that this service cares about, or these."""
    wanted = list(names or settings_of(1, 1))
    resource = ConfigResource(ConfigResourceType.TOPIC, topic_of(network), wanted)
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
        found = admin.describe_configs([resource], config_filter="all")["topic"][topic_of(network)]
    return {name: config["value"] for name, config in found.items()}


def _nothing(line: str) -> None:
    """Nobody reads it."""

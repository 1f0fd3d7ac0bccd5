"""The topics of networks: made by a command, kept so that nothing unread is deleted, and checked."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from care_platform.transport.kafka import Brokers
from contracts.envelope import topic_of
from episodes.publishing.kafka import administrator

PARTITIONS = 6
REPLICATION = 1
"""For one broker. In production use 3."""
RETENTION_DAYS = 30
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Difference:
    """A topic is not as it is to be. `loses` if events are deleted for it, however soon they are read."""

    topic: str
    what: str
    loses: bool = False


def settings_of(replication: int, days: int) -> dict[str, str]:
    """The settings of a topic with so many replicas, that keeps records for so many days.

    With three replicas two must have a record before it counts as sent.
    """
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(days * _DAY_MS),
        "retention.bytes": "-1",
        "min.insync.replicas": "2" if replication >= 3 else "1",
        "unclean.leader.election.enable": "false",
    }


def missing_topics(admin: KafkaAdminClient, networks: Iterable[str]) -> list[str]:
    """The topics of these networks that the broker does not have. Raises `KafkaError`."""
    there = set(admin.list_topics())
    return [topic for topic in map(topic_of, networks) if topic not in there]


def partition_counts(admin: KafkaAdminClient, topics: Iterable[str]) -> dict[str, int]:
    """How many partitions each of these topics has, if it is there. Raises `KafkaError`."""
    return {it["name"]: len(it["partitions"]) for it in _described(admin, topics)}


def differences(admin: KafkaAdminClient, topics: Sequence[str], days: int) -> Iterator[Difference]:
    """How existing topics differ from what keeps every record until it is read. Raises `KafkaError`."""
    resources = [ConfigResource(ConfigResourceType.TOPIC, topic) for topic in topics]
    configs = admin.describe_configs(resources, config_filter="all")["topic"] if topics else {}
    for it in _described(admin, topics):
        replicas = len(it["partitions"][0]["replica_nodes"])
        has = {name: config["value"] for name, config in configs[it["name"]].items()}
        yield from _differences(it["name"], has, settings_of(replicas, days))


def _differences(topic: str, has: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[Difference]:
    if "compact" in has["cleanup.policy"]:
        yield Difference(topic, f"cleanup.policy is {has['cleanup.policy']}: compaction deletes events", True)
    if 0 <= int(has["retention.ms"]) < int(wanted["retention.ms"]):
        yield Difference(topic, f"retention.ms is {has['retention.ms']}, less than {wanted['retention.ms']}")
    if int(has["retention.bytes"]) >= 0:
        yield Difference(topic, f"retention.bytes is {has['retention.bytes']}: a burst deletes unread events")
    if int(has["min.insync.replicas"]) < int(wanted["min.insync.replicas"]):
        yield Difference(topic, f"min.insync.replicas is {has['min.insync.replicas']}, less than 2")
    if has["unclean.leader.election.enable"] == "true":
        yield Difference(topic, "unclean.leader.election.enable is true: acknowledged events may be lost")


def _described(admin: KafkaAdminClient, topics: Iterable[str]) -> Iterator[Any]:
    return (it for it in admin.describe_topics(list(topics)) if not it["error_code"])


def make_topics(
    brokers: Brokers,
    networks: Sequence[str],
    *,
    partitions: int = PARTITIONS,
    replication: int = REPLICATION,
    days: int = RETENTION_DAYS,
    alter: bool = False,
    say: Callable[[str], object],
) -> None:
    """Create the missing topics of these networks, and say how others differ. Raises `KafkaError`.

    Existing ones stay as they are; with `alter` their settings are changed, never partitions or replicas.
    """
    with administrator(brokers) as admin:
        missing = missing_topics(admin, networks)
        for topic in map(topic_of, networks):
            if topic not in missing:
                _check(admin, topic, replication, days, alter, say)
                continue
            configs = settings_of(replication, days)
            wanted = {"num_partitions": partitions, "replication_factor": replication, "configs": configs}
            admin.create_topics({topic: wanted}, wait_for_metadata=True)
            say(f"{topic}: made, partitions {partitions}, replication factor {replication}")


def _check(
    admin: KafkaAdminClient,
    topic: str,
    replication: int,
    days: int,
    alter: bool,
    say: Callable[[str], object],
) -> None:
    replicas = len(next(_described(admin, [topic]))["partitions"][0]["replica_nodes"])
    say(f"{topic}: exists")
    if replicas < replication:
        say(f"{topic}: replication factor is {replicas}, less than {replication}: reassign its partitions")
    differing = list(differences(admin, [topic], days))
    for difference in differing:
        say(f"{topic}: {difference.what}")
    if differing and alter:
        wanted = settings_of(replicas, days)
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, wanted)])
        say(f"{topic}: altered")

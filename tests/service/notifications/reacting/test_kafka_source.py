"""Taking events in from real Kafka: the same effect as from the feed, from positions of our own."""

from functools import partial
from uuid import uuid4

import psycopg
import pytest
from kafka import KafkaProducer

from contracts.codec import CloudEvent, to_kafka
from contracts.envelope import topic_of
from tests.support.notifications.intake import numbers, subscribed
from tests.support.notifications.published_events import PARTNER, Care, busy_day
from tests.support.notifications.service_process import Notifications, Role
from tests.support.notifications.topic import Topic
from tests.support.servers.kafka import KafkaBroker
from tests.support.waiting import eventually


@pytest.fixture
def topic(kafka: KafkaBroker) -> Topic:
    return Topic(kafka)


def test_records_have_their_effect_and_positions_are_kept_per_partition(
    service: Notifications, topic: Topic
) -> None:
    cares = [Care(network=topic.network) for _ in range(12)]
    topic.publish(*(care.opened() for care in cares), *(care.red_flag() for care in cares))
    with service.running("consume", **topic.settings) as consume:
        eventually(lambda: service.count("inbox") == 12)
        assert consume.stop() == 0
    positions = service.rows("SELECT lane, position FROM positions")
    assert {row["lane"].rpartition("/")[0] for row in positions} == {topic.name}
    assert sum(int(row["position"]) for row in positions) == 24


def test_a_consumer_killed_again_and_again_takes_every_record_in_once(
    service: Notifications, topic: Topic
) -> None:
    subscription = subscribed(service, PARTNER)
    service_network(service, topic)
    events = busy_day(episodes=5, sessions=60)
    topic.publish(*(of_network(event, topic) for event in events))
    for reached in (40, 120, 200):
        with service.running("consume", **topic.settings) as consume:
            eventually(partial(at_least, service, consume, reached))
    with service.running("consume", **topic.settings):
        eventually(lambda: service.count("seen_events") == len(events))
    assert numbers(service, subscription) == list(range(1, 301))
    assert service.count("inbox") == 300


def test_poison_is_parked_and_the_rest_of_the_topic_flows(service: Notifications, topic: Topic) -> None:
    care, other = Care(network=topic.network), Care(network=topic.network)
    key, value, headers = to_kafka(care.session())
    topic.publish_raw(
        (key, b"\x00not json", headers),
        (None, b"", []),
        (key, value, [("ce_type", b"\xff")]),
        (str(uuid4()).encode(), value, headers),
        (key, value[:-1], headers),
    )
    topic.publish(Care(network="demo").red_flag(), other.red_flag())
    with service.running("consume", **topic.settings):
        eventually(lambda: service.count("inbox") == 1)
        eventually(lambda: service.count("parked") == 6)
    (item,) = service.rows("SELECT network_id, episode_id FROM inbox")
    assert (item["network_id"], item["episode_id"]) == (topic.network, other.episode)
    assert {row["network_id"] for row in service.rows("SELECT network_id FROM parked")} == {topic.network}


def test_a_network_without_its_topic_keeps_no_other_waiting(
    service: Notifications, topic: Topic, kafka: KafkaBroker
) -> None:
    late = f"n-{uuid4().hex[:8]}"
    topic.publish(Care(network=topic.network).red_flag())
    with service.running("consume", **(topic.settings | {"networks": f"{topic.network},{late}"})):
        eventually(lambda: service.count("inbox") == 1)
        kafka.create_topic(topic_of(late))
        key, value, headers = to_kafka(Care(network=late).red_flag())
        with KafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
            producer.send(topic_of(late), value, key, headers).get(30)
        eventually(lambda: service.count("inbox") == 2, within=30)


def test_a_consumer_outlives_the_broker(service: Notifications, topic: Topic, kafka: KafkaBroker) -> None:
    with service.running("consume", **topic.settings) as consume:
        topic.publish(Care(network=topic.network).red_flag())
        eventually(lambda: service.count("inbox") == 1)
        with kafka.killed():
            pass
        topic.publish(Care(network=topic.network).red_flag())
        eventually(lambda: service.count("inbox") == 2, within=40)
        assert consume.running


def test_a_consumer_without_a_broker_stops_when_told_to(service: Notifications) -> None:
    nowhere = {"source": "kafka", "kafka_bootstrap": "127.0.0.1:1", "networks": "demo"}
    with service.running("consume", **nowhere) as consume:
        eventually(lambda: "begins again" in service.log_of("consume"))
        assert consume.stop() == 0


def at_least(service: Notifications, consume: Role, count: int) -> bool:
    assert consume.running
    return service.count("seen_events") >= count


def of_network(event: CloudEvent, topic: Topic) -> CloudEvent:
    source = f"/networks/{topic.network}/episodes"
    return CloudEvent({**event.attributes, "source": source}, event.data)


def service_network(service: Notifications, topic: Topic) -> None:
    """The subscription is one of this topic's network."""
    with psycopg.connect(service.database.superuser_url) as db:
        db.execute("UPDATE subscriptions SET network_id = %s", [topic.network])

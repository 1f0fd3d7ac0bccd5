"""A stored position and the log that Kafka has now: what was deleted is said, another log is read whole."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from kafka import KafkaAdminClient, TopicPartition

from notifications.reacting.kafka_logs import Extent, Start, start_in
from tests.support.notifications.published_events import Care
from tests.support.notifications.service_process import Notifications, Role
from tests.support.notifications.topic import Topic
from tests.support.servers.kafka import KafkaBroker
from tests.support.waiting import eventually

DELETED = "records were deleted unread"
MADE_AGAIN = "the topic was made again"


@pytest.fixture
def topic(kafka: KafkaBroker) -> Topic:
    return Topic(kafka, partitions=1)


@contextmanager
def consuming(service: Notifications, topic: Topic) -> Iterator[Role]:
    with service.running("consume", **topic.settings) as consume:
        yield consume


def publish_flags(topic: Topic, count: int) -> None:
    topic.publish(*(Care(network=topic.network).red_flag() for _ in range(count)))


def take_in(service: Notifications, topic: Topic, count: int) -> None:
    """Publish so many red flags, and take them in."""
    before = service.count("inbox")
    publish_flags(topic, count)
    with consuming(service, topic) as consume:
        eventually(lambda: service.count("inbox") == before + count)
        assert consume.stop() == 0


def delete_all_records(topic: Topic, kafka: KafkaBroker, upto: int) -> None:
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
        admin.delete_records({TopicPartition(topic.name, 0): upto})


def make_again(topic: Topic, kafka: KafkaBroker) -> None:
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
        admin.delete_topics([topic.name])
        eventually(lambda: topic.name not in admin.list_topics())
    kafka.create_topic(topic.name, 1)


def test_records_that_were_deleted_unread_are_counted_and_reading_goes_on(
    service: Notifications, topic: Topic, kafka: KafkaBroker
) -> None:
    take_in(service, topic, 2)
    publish_flags(topic, 5)
    delete_all_records(topic, kafka, upto=6)
    for _ in range(2):  # counted once, however often it starts
        with consuming(service, topic):
            eventually(lambda: service.count("inbox") == 3)
            eventually(lambda: service.count("positions", "position = '7'"))
    assert service.rows("SELECT deleted_unread FROM positions") == [{"deleted_unread": 4}]
    log = service.log_of("consume")
    assert log.count(DELETED) == 1
    assert '"count": 4' in log
    assert f'"lane": "{topic.name}/0"' in log


def test_what_is_deleted_while_the_consumer_is_paused_is_noticed(
    service: Notifications, topic: Topic, kafka: KafkaBroker
) -> None:
    with consuming(service, topic) as consume:
        publish_flags(topic, 2)
        eventually(lambda: service.count("inbox") == 2)
        consume.pause()
        publish_flags(topic, 5)
        delete_all_records(topic, kafka, upto=7)
        consume.resume()
        publish_flags(topic, 1)
        eventually(lambda: service.count("positions", "position = '8'"))
        eventually(lambda: service.count("inbox") >= 3)


def test_a_topic_made_again_that_has_grown_past_the_position_is_read_from_its_beginning(
    service: Notifications, topic: Topic, kafka: KafkaBroker
) -> None:
    take_in(service, topic, 2)
    make_again(topic, kafka)
    take_in(service, topic, 5)
    assert MADE_AGAIN in service.log_of("consume")
    assert service.count("positions", "position = '5' AND deleted_unread = 0") == 1


def test_a_topic_made_again_under_a_running_consumer_is_read_from_its_beginning(
    service: Notifications, topic: Topic, kafka: KafkaBroker
) -> None:
    with consuming(service, topic) as consume:
        publish_flags(topic, 2)
        eventually(lambda: service.count("inbox") == 2)
        consume.pause()
        make_again(topic, kafka)
        publish_flags(topic, 5)
        consume.resume()
        eventually(lambda: service.count("inbox") == 7)
        assert consume.running


def test_the_id_of_a_topic_is_learned_without_a_message(service: Notifications, topic: Topic) -> None:
    """As after a process of the release before, which stores positions alone."""
    take_in(service, topic, 2)
    service.write("UPDATE positions SET topic_id = NULL")
    with consuming(service, topic):
        eventually(lambda: service.count("positions", "topic_id IS NOT NULL") == 1)


def test_without_an_id_a_position_past_the_end_is_one_of_another_log(
    service: Notifications, topic: Topic
) -> None:
    take_in(service, topic, 2)
    service.write("UPDATE positions SET topic_id = NULL, position = '90'")
    take_in(service, topic, 3)
    assert "the log ends before the position" in service.log_of("consume")


@pytest.mark.parametrize(
    ("position", "stored", "start"),
    [
        (None, None, Start(3)),
        ("3", "a", Start(3)),
        ("5", "a", Start(5)),
        ("9", "a", Start(9)),
        ("5", None, Start(5)),
        ("2", "a", Start(3, deleted=1)),
        ("0", None, Start(3, deleted=3)),
        ("10", "a", Start(3)),
        ("5", "b", Start(3)),
        ("0", "b", Start(3)),
    ],
)
def test_where_to_begin(position: str | None, stored: str | None, start: Start) -> None:
    assert start_in(Extent("a", 3, 9), "a lane", position, stored) == start

"""Looks now and then whether the topics are still kept as they are to be, beside the relay."""

import threading
from collections.abc import Sequence
from typing import Any

from kafka.errors import KafkaError

from care_platform.transport.kafka import Brokers
from contracts.envelope import topic_of
from episodes.publishing.kafka import administrator
from episodes.publishing.topics import differences

EVERY = 3_600.0
"""Seconds between two looks."""


def watch_topics(
    brokers: Brokers, networks: Sequence[str], days: int, log: Any, stopping: threading.Event
) -> None:
    """Look at once and then every hour, in a thread that ends with the process."""
    arguments = (brokers, networks, days, log, stopping)
    threading.Thread(target=_watch, args=arguments, name="topics", daemon=True).start()


def _watch(brokers: Brokers, networks: Sequence[str], days: int, log: Any, stopping: threading.Event) -> None:
    while not stopping.is_set():
        try:
            look(brokers, networks, days, log)
        except KafkaError as failure:
            log.warning("topics cannot be checked", error=type(failure).__name__)
        stopping.wait(EVERY)


def look(brokers: Brokers, networks: Sequence[str], days: int, log: Any) -> None:
    """Say how the topics differ from what keeps every record until it is read. Raises `KafkaError`."""
    with administrator(brokers) as admin:
        for it in differences(admin, [topic_of(network) for network in networks], days):
            say = log.error if it.loses else log.warning
            say("topic differs", topic=it.topic, reason=it.what)

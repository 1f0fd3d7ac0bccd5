"""What an operator tells the relay, by its database: which partitions to accept, which networks to retire."""

from collections.abc import Callable, Sequence

from care_platform.postgres.connecting import connect
from care_platform.transport.kafka import Brokers
from contracts.envelope import topic_of
from episodes.publishing.kafka import administrator
from episodes.publishing.partitions import accept
from episodes.publishing.topics import partition_counts

Say = Callable[[str], object]


def accept_partitions(url: str, brokers: Brokers, networks: Sequence[str], say: Say) -> None:
    """Let the relay send to as many partitions as each topic has now."""
    with administrator(brokers) as admin:
        counts = partition_counts(admin, map(topic_of, networks))
    with connect(url, connect_timeout=3, answers_within=None) as connection:
        for topic in accept(connection, counts):
            say(f"{topic}: {counts[topic]} partitions accepted")


def retire_network(url: str, network: str, say: Say) -> None:
    """Publish nothing of a network any more. There is no way back."""
    with connect(url, connect_timeout=3, answers_within=None) as connection:
        held = "SELECT 1 FROM held_back WHERE kind = 'network' AND name = %s"
        waits = connection.execute(held, (network,)).fetchone() is not None
        connection.execute(
            "INSERT INTO retired_networks (name) VALUES (%s) ON CONFLICT DO NOTHING", (network,)
        )
    say(f"{network}: retired, nothing of it is published any more")
    if not waits:
        say("nothing of it was held back: is that the name?")

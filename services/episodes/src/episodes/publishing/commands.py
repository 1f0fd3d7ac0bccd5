"""What an operator tells the relay, by its database: which partitions to accept, which networks to retire."""

from collections.abc import Callable, Sequence
from typing import Any

import psycopg

from care_platform.transport.kafka import Brokers
from contracts.envelope import topic_of
from episodes.publishing.kafka import administrator
from episodes.publishing.partitions import accept
from episodes.publishing.topics import PARTITIONS, REPLICATION, partition_counts

Say = Callable[[str], object]


def accept_partitions(url: str, brokers: Brokers, networks: Sequence[str], say: Say) -> None:
    """Let the relay send to as many partitions as each topic has now."""
    with administrator(brokers) as admin:
        counts = partition_counts(admin, map(topic_of, networks))
    with psycopg.connect(url, connect_timeout=3) as connection:
        for topic in accept(connection, counts):
            say(f"{topic}: {counts[topic]} partitions accepted")


def retire_network(url: str, network: str, say: Say) -> None:
    """Publish nothing of a network any more. There is no way back."""
    with psycopg.connect(url, connect_timeout=3) as connection:
        connection.execute(
            "INSERT INTO retired_networks (name) VALUES (%s) ON CONFLICT DO NOTHING", (network,)
        )
    say(f"{network}: retired, nothing of it is published any more")


def add_parsers(roles: Any, topics: Callable[..., None], retire: Callable[..., None]) -> None:
    """The commands `topics` and `retire-network`, and what carries them out."""
    making = roles.add_parser("topics", help=topics.__doc__, description=topics.__doc__)
    making.set_defaults(run=topics)
    making.add_argument("--partitions", type=int, default=PARTITIONS, help=f"default {PARTITIONS}")
    replication = f"default {REPLICATION}; 3 in production"
    making.add_argument("--replication", type=int, default=REPLICATION, help=replication)
    making.add_argument("--alter", action="store_true", help="change the settings of topics that differ")
    making.add_argument(
        "--accept-partitions",
        action="store_true",
        help="let the relay send to as many partitions as there are now, although events of one episode may"
        " then be read in another order",
    )
    retiring = roles.add_parser("retire-network", help=retire.__doc__, description=retire.__doc__)
    retiring.set_defaults(run=retire)
    retiring.add_argument("network", help="the network's name")
    retiring.add_argument("--yes", action="store_true", help="there is no way back, and that is meant")

"""Everything running, for the tests of a module that kill its parts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.checks import subscribed
from tests.support.load import Load, client_of
from tests.support.notifications.http_servers import PartnerEndpoint
from tests.support.servers.kafka import KafkaBroker
from tests.support.servers.postgres import PostgresServer
from tests.support.stack import Stack


@dataclass(frozen=True)
class Whole:
    """Everything running, a partner that is told, and callers."""

    stack: Stack
    partner: PartnerEndpoint
    load: Load


@contextmanager
def running_whole(
    postgres: PostgresServer, kafka: KafkaBroker, directory: Path, episodes: int, **settings: str
) -> Iterator[Whole]:
    """With so many episodes of which the partner is told; `settings` as in the environment."""
    with Stack(postgres, kafka, directory, **settings) as stack, client_of(stack) as http:
        load = Load(lambda: http)
        load.prepare(episodes)
        with subscribed(stack) as partner:
            yield Whole(stack, partner, load)

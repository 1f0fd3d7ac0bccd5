"""One running whole for the tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.support.servers.kafka import KafkaBroker
from tests.support.servers.postgres import PostgresServer
from tests.support.stack import Stack


@pytest.fixture(scope="module")
def stack(
    postgres: PostgresServer, kafka: KafkaBroker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    with Stack(postgres, kafka, tmp_path_factory.mktemp("stack")) as running:
        yield running

"""What tests of several files share, so that its processes start once."""

from collections.abc import Iterator

import pytest

from tests.support.episodes.api_process import Api, Service, serving
from tests.support.episodes.partner_api import Served, partnering
from tests.support.servers.postgres import PostgresServer


@pytest.fixture(scope="session")
def shared(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Service, Api]]:
    """The API for tests that look at an episode of their own, whoever else has recorded what."""
    with serving(postgres, tmp_path_factory.mktemp("shared")) as shared:
        yield shared


@pytest.fixture(scope="session")
def partnered(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The API beside its partners. Each test tells a story of a client of its own."""
    with partnering(postgres, tmp_path_factory.mktemp("partners")) as served:
        yield served

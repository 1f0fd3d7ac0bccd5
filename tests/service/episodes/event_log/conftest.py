"""A store with one event in its log, for what is tried on the tables themselves."""

import pytest

from tests.support.episodes.store_and_writer import Desk, a_desk
from tests.support.servers.postgres import PostgresServer


@pytest.fixture(scope="module")
def desk(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = a_desk(postgres, tmp_path_factory.mktemp("log"))
    store = desk.store()
    desk.opened(store)
    store.close()
    return desk

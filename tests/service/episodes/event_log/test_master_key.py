"""Nothing is recorded under a master key that is not the store's: the right one could not open it."""

from pathlib import Path

import pytest

from tests.support.episodes.api_process import serving
from tests.support.servers.postgres import PostgresServer


def test_under_another_master_key_the_api_does_not_start(postgres: PostgresServer, tmp_path: Path) -> None:
    with serving(postgres, tmp_path) as (service, api):
        episode = api.opened()
        key = service.keys_dir / "master.key"
        right = key.read_bytes()
        assert api.terminated() == 0
        key.write_bytes(bytes(reversed(right)))
        with pytest.raises(AssertionError, match="the master key does not open this store's records"):
            service.start()
        key.write_bytes(right)
        assert service.start().http.get(episode).status_code == 200


def test_a_new_store_takes_any_master_key(postgres: PostgresServer, tmp_path: Path) -> None:
    with serving(postgres, tmp_path) as (service, api):
        assert api.terminated() == 0
        (service.keys_dir / "master.key").write_bytes(bytes(32))
        assert service.start().ready()

"""Where a snapshot is of no use all events are read after it, and another process may record in between."""

from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from episodes.event_log.cache import Cache
from episodes.event_log.codec import DataKey
from episodes.event_log.snapshots import Events, ReadWhole, Snapshots, Started, started
from episodes.event_log.state_form import FORM
from episodes.recording.postgres import read_set
from tests.support.episodes.store_and_writer import a_desk, a_flag, recorded
from tests.support.servers.postgres import PostgresServer

SNAPSHOT = """INSERT INTO episode_snapshots (network_id, episode_id, version, form, state)
VALUES ('demo', %s, 1, %s, 'damaged') RETURNING 1"""


def test_a_command_that_another_process_has_recorded_meanwhile_is_known_by_its_receipt(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = a_desk(postgres, tmp_path)
    with closing(desk.store()) as store, closing(desk.store()) as other:
        episode = desk.opened(store)
        desk.rows(SNAPSHOT, episode, FORM)
        flag = desk.command(a_flag(), episode)

        def contested(
            snapshots: Snapshots, events: Events, keys: dict[UUID, DataKey], whole: ReadWhole
        ) -> Started:
            def later(episodes: Collection[UUID]) -> Events:
                recorded(desk, other, [flag])
                return whole(episodes)

            monkeypatch.undo()  # for the other process
            return started(snapshots, events, keys, later)

        monkeypatch.setattr(read_set, "started", contested)
        found = store.read([flag], Cache(0))
    assert found.episodes[episode].episode.version == 2
    assert flag.key in found.receipts, "else it would be decided on what it did itself"

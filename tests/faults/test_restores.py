"""A database is restored from a backup while those who follow it are ahead."""

from pathlib import Path

from tests.faults.checks import SESSIONS, subscribed
from tests.support.databases import backed_up, restore
from tests.support.load import Load, client_of, session_body
from tests.support.notifications.http_servers import PartnerEndpoint
from tests.support.servers.postgres import PostgresServer
from tests.support.stack import Stack
from tests.support.waiting import eventually

OF_EPISODES = ("api", "project")


def sessions(load: Load, rounds: int) -> None:
    for _ in range(rounds):
        for episode in load.episodes:
            load.record(f"{episode}/sessions", session_body())


def told(partner: PartnerEndpoint) -> set[str]:
    return {received.document["data"]["event_id"] for received in partner.received}


def test_after_a_restore_of_episodes_the_feed_gives_what_is_recorded_then(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    """Three rounds of sessions were taken in that the backup lacks, and four come after: the log grows past
    the position of `consume`, which must pass none of them over."""
    with (
        Stack(postgres, None, tmp_path, NOTIFICATIONS_SOURCE="feed") as stack,
        subscribed(stack) as partner,
        client_of(stack) as http,
    ):
        load = Load(lambda: http)
        load.prepare(4)
        sessions(load, 1)
        for role in OF_EPISODES:
            stack.kill(role)
        backup = backed_up(postgres, stack.episodes)
        for role in OF_EPISODES:
            stack.start(role)
        stack.until_ready("api")
        sessions(load, 3)
        eventually(lambda: len(told(partner)) == 16, "all sessions so far are told", 60)
        for role in OF_EPISODES:
            stack.kill(role)
        restore(postgres, stack.episodes, backup)
        for role in OF_EPISODES:
            stack.start(role)
        stack.until_ready("api")
        before = told(partner)
        sessions(load, 4)
        recorded = stack.rows(
            "episodes", f"SELECT convert_from(substring(state FROM 19 FOR 36), 'UTF8') AS id FROM {SESSIONS}"
        )
        after = {row["id"] for row in recorded} - before
        assert len(after) == 16
        eventually(lambda: after <= told(partner), "all sessions recorded after the restore are told", 60)
        assert "the feed is that of a restored log" in stack.log_of("consume")
        assert "position of another log" in stack.log_of("api")

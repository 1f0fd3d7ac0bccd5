"""Episodes whose last events are missing are found, up to where the log is known to have been read."""

from notifications.postgres.connections import Connection
from notifications.reacting.comparing import Comparing
from notifications.reacting.healing import Healing
from tests.support.notifications.gaps import OPEN, begun, healed
from tests.support.notifications.http_servers import EpisodesService
from tests.support.notifications.intake import Lane, numbers, subscribed
from tests.support.notifications.published_events import PARTNER, Care
from tests.support.notifications.service_process import Api, Notifications


async def test_last_events_that_are_missing_are_found_by_comparing(
    service: Notifications,
    db: Connection,
    episodes: EpisodesService,
    comparing: Comparing,
    healing: Healing,
    api: Api,
) -> None:
    subscription = subscribed(service, PARTNER)
    cares, lane = [Care(), Care(), Care(network="other")], Lane(db)
    histories = [[*begun(care), care.session()] for care in cares]
    for history in histories:
        episodes.publish(*history)
    await lane.take(*histories[0])
    while await comparing.once(db):
        pass
    assert {row["episode_id"] for row in service.rows("SELECT episode_id FROM gaps")} == {
        cares[1].episode,
        cares[2].episode,
    }
    await healed(service, healing, db)
    assert numbers(service, subscription) == [1, 2]
    assert service.count("seen_events") == 9
    assert service.count("gaps", OPEN) == 0
    position = service.rows("SELECT position FROM comparisons WHERE network_id = 'demo'")
    assert position == [{"position": "p9"}], "it goes on from there"
    assert 'notifications_compare_behind_seconds{network="demo"}' in api.call("GET", "/metrics").text


async def test_comparing_by_the_feed_ends_where_the_feed_was_read_to(
    service: Notifications, db: Connection, episodes: EpisodesService, comparing: Comparing
) -> None:
    by_feed = Comparing(comparing.connect, comparing.published, ("demo",), by_feed=True)
    care = Care()
    history = [*begun(care), care.session()]
    episodes.publish(*history)
    assert not await by_feed.once(db)
    service.write("INSERT INTO positions (lane, network_id, position) VALUES ('feed/demo', 'demo', 'p2')")
    await by_feed.once(db)
    assert service.rows("SELECT up_to FROM gaps") == [{"up_to": 2}]

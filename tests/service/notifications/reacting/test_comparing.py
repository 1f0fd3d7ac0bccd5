"""Episodes whose last events are missing are found, up to where the log is known to have been read."""

import json
from typing import Any
from uuid import uuid4

import pytest

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


TWICE = {"episode": str(uuid4()), "sequence": 1, "clinic": str(uuid4())}


@pytest.mark.parametrize(
    "numbers",
    [{"behind_seconds": 1e18}, {"next": "p\0"}, {"episodes": [TWICE, TWICE]}],
    ids=["an age", "a position", "an episode twice"],
)
async def test_an_answer_about_one_network_that_cannot_be_stored_stops_no_other(
    service: Notifications,
    db: Connection,
    episodes: EpisodesService,
    comparing: Comparing,
    numbers: dict[str, Any],
) -> None:
    episodes.publish(*begun(Care(network="other")))
    episodes.numbers["demo"] = numbers
    await comparing.once(db)
    assert service.rows("SELECT network_id, up_to FROM gaps") == [{"network_id": "other", "up_to": 2}]
    assert service.rows("SELECT network_id FROM comparisons") == [{"network_id": "other"}]


async def test_with_a_token_of_another_network_nothing_is_compared(
    service: Notifications, db: Connection, episodes: EpisodesService, comparing: Comparing
) -> None:
    episodes.publish(*begun(Care(network="other")))
    file = service.issuer.directory / "service-tokens.json"
    right = file.read_text()
    tokens = json.loads(right)
    try:
        file.write_text(json.dumps(tokens | {"demo": tokens["other"]}))
        await comparing.once(db)
    finally:
        file.write_text(right)
    assert service.rows("SELECT network_id FROM gaps") == [{"network_id": "other"}]
    assert service.rows("SELECT network_id FROM comparisons") == [{"network_id": "other"}]

"""The feed over HTTP: every published event of the token's network, in order, soon, and nothing else."""

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from contracts.codec import from_json
from episodes.http.examples import CLIENT, CLINIC, EXAMPLES, PARTNER, THERAPIST
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.episodes.http_calls import bearer, pointers, refused, tell
from tests.support.episodes.http_episode import Story, line_of
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import PATIENCE


class Served(NamedTuple):
    service: Service
    api: Api
    first: Story

    def feed(self, token: str = "", **query: str | int) -> Any:
        answer = self.api.http.get("/v1/feed", params=query, headers=bearer(token) if token else None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def end(self) -> str:
        return str(self.feed(limit=1_000)["next"])


@pytest.fixture(scope="module")
def served(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(postgres, tmp_path_factory.mktemp("feed")) as (service, api):
        yield Served(service, api, tell(api))


def test_the_feed_holds_the_published_events_in_the_order_they_were_recorded(served: Served) -> None:
    events = served.feed(limit=1_000)["events"]
    told = [event for event in events if event["subject"] == served.first.path.rpartition("/")[2]]
    expected = [
        (event, version, name)
        for version, (step, event) in enumerate(served.first.events.items(), start=1)
        if (name := line_of(step).published) is not None
    ]
    assert [(event["id"], event["version"], event["type"]) for event in told] == expected
    assert [event["publishednumber"] for event in told] == list(range(1, len(expected) + 1))
    assert len(expected) < len(served.first.events), "a consent is private"


def test_each_event_is_a_cloud_event_that_says_no_more_than_its_contract(served: Served) -> None:
    for document in served.feed(limit=1_000)["events"]:
        event = from_json(document)
        assert document["recordref"].endswith(f"/v1/episodes/{event.subject}/events/{event.id}")
        text = str(document)
        assert CLIENT not in text
        assert not any(words in text for words in ("Sit for an hour", "Slept through", "disc herniation"))


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 1_000])
def test_pages_of_any_size_give_every_event_once(served: Served, limit: int) -> None:
    whole = served.feed(limit=1_000)["events"]
    seen: list[Any] = []
    after = None
    while True:
        page = served.feed(after=after, limit=limit) if after else served.feed(limit=limit)
        seen += page["events"]
        after = page["next"]
        if page["at_end"]:
            break
        assert len(page["events"]) == limit, "rows of others and private events count for nothing"
    assert seen == whole
    assert served.feed(after=after, limit=limit) == {"events": [], "next": after, "at_end": True}


def test_a_position_gives_the_same_page_however_often_it_is_asked(served: Served) -> None:
    begin = served.feed(limit=3)["next"]
    assert served.feed(after=begin, limit=4) == served.feed(after=begin, limit=4)


def test_another_networks_feed_is_empty_and_at_its_end(served: Served) -> None:
    token = served.service.token(network="other")
    page = served.feed(token, limit=2)
    assert (page["events"], page["at_end"]) == ([], True)
    assert served.feed(token, after=page["next"]) == page


def test_a_position_is_told_to_one_network_and_taken_from_no_other(served: Served) -> None:
    """Nor does it tell how much others record: those of two networks at one place have nothing in common."""
    other = served.service.token(network="other")
    ours, theirs = served.end(), str(served.feed(other)["next"])
    assert not set(zip(ours, range(48), strict=True)) >= set(zip(theirs, range(48), strict=True))
    for token, after in (("", theirs), (other, ours)):
        headers = bearer(token) if token else None
        answer = served.api.http.get("/v1/feed", params={"after": after}, headers=headers)
        assert pointers(refused(answer, 400, "malformed")) == ["/query/after"]


def test_each_network_gets_its_own_events_alone(served: Served) -> None:
    other = served.service.token(network="other")
    for path, identifier, entry in (
        ("clinics", CLINIC, "Clinic"),
        ("staff", THERAPIST, "Staff"),
        ("partners", PARTNER, "Partner"),
        ("clients", CLIENT, "ClientIdentity"),
    ):
        served.api.http.put(f"/v1/{path}/{identifier}", json=EXAMPLES[entry], headers=bearer(other))
    opened = served.api.record("/v1/episodes", EXAMPLES["EpisodeOpenedCommand"], headers=bearer(other))
    event = opened.json()["events"][0]["id"]
    theirs, ours = served.feed(other)["events"], served.feed(limit=1_000)["events"]
    assert [(one["id"], one["source"]) for one in theirs] == [(event, "/networks/other/episodes")]
    assert {one["source"] for one in ours} == {"/networks/demo/episodes"}


def test_a_private_event_is_not_shown_and_neither_is_that_something_was_recorded(served: Served) -> None:
    begin = served.end()
    consent = EXAMPLES["TreatmentConsentedCommand"]
    assert served.api.record(f"{served.first.path}/treatment-consents", consent).status_code == 201
    assert served.feed(after=begin) == {"events": [], "next": begin, "at_end": True}


def test_at_the_end_an_empty_answer_comes_at_once_and_keeps_its_place(served: Served) -> None:
    end = served.end()
    began = time.monotonic()
    assert served.feed(after=end) == {"events": [], "next": end, "at_end": True}
    assert time.monotonic() - began < 1 * PATIENCE


def test_waiting_ends_empty_after_the_time_asked_for(served: Served) -> None:
    end = served.end()
    began = time.monotonic()
    assert served.feed(after=end, wait=1) == {"events": [], "next": end, "at_end": True}
    assert 1 <= time.monotonic() - began < 2 * PATIENCE


def test_waiting_ends_as_soon_as_something_is_recorded(served: Served) -> None:
    """The best of a few: the bound is for the service, not for a busy machine."""
    taken = [_seconds_to_hear(served) for _ in range(4)]
    assert min(taken) < 0.2 * PATIENCE
    assert max(taken) < 1.5 * PATIENCE


def _seconds_to_hear(served: Served) -> float:
    end, heard = served.end(), []

    def listen() -> None:
        page = served.feed(after=end, wait=10)
        heard.append((time.monotonic(), page["events"]))

    listener = threading.Thread(target=listen)
    listener.start()
    time.sleep(0.15)  # the time to be waiting; a shorter one would only make the test easier
    flag = served.api.record(f"{served.first.path}/red-flags", EXAMPLES["RedFlagRaisedCommand"])
    recorded = time.monotonic()
    listener.join(15)
    [(at, events)] = heard
    assert [one["id"] for one in events] == [flag.json()["events"][0]["id"]]
    return float(at - recorded)


def test_a_position_names_nothing_and_is_taken_back_as_given(served: Served) -> None:
    page = served.feed(limit=1)
    assert isinstance(page["next"], str)
    assert served.feed(after=page["next"], limit=1)["events"] != page["events"]


def test_a_consumer_that_stands_at_a_position_of_the_release_before_goes_on_from_there(
    served: Served,
) -> None:
    [last] = served.service.rows("SELECT max(notification_id) AS position FROM stored_events")
    stands = served.feed(after=f"p{last['position']:x}")
    assert stands["events"] == []
    assert served.feed(after=stands["next"]) == stands
    before, end = f"p{last['position'] - 1:x}", served.end()
    page = served.feed(after=before, limit=1)
    assert page["next"] == end


@pytest.mark.parametrize("role", ["service", "auditor"])
def test_who_may_read_the_feed_reads_the_same(served: Served, role: str) -> None:
    assert served.feed(served.service.token(role, str(UUID(int=5))), limit=5) == served.feed(limit=5)


def test_positions_are_numbers_as_long_as_processes_of_the_release_before_may_run(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    """They read nothing else, and a reader may be sent to either."""
    with serving(postgres, tmp_path) as (service, api):
        api.opened()
        service.rows("UPDATE compatibility SET compatible_from = '0006' RETURNING 1")
        numbered = api.http.get("/v1/feed").json()["next"]
        assert re.fullmatch("p[0-9a-f]+", numbered)
        service.rows("UPDATE compatibility SET compatible_from = '0010' RETURNING 1")
        sealed = api.http.get("/v1/feed", params={"after": numbered}).json()["next"]
        assert len(sealed) == 48
        service.rows("UPDATE compatibility SET compatible_from = '0006' RETURNING 1")
        assert api.http.get("/v1/feed", params={"after": sealed}).json()["next"] == sealed, (
            "it never goes back"
        )

"""One episode's published events after a sequence: what a follower asks for that sees a gap."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from episodes.domain.care.transfers import ResponsibilityTransferred, Responsible
from episodes.domain.event import EventMetadata
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.episodes.http_calls import bearer, refused
from tests.support.episodes.log_writer import Episode, Log, opening, private, session
from tests.support.episodes.stored_rows import INSERT, of_a_later_release, rewritten
from tests.support.servers.postgres import PostgresServer


@dataclass
class Served:
    service: Service
    api: Api
    log: Log

    def course(self, sessions: int = 6) -> tuple[Episode, list[EventMetadata]]:
        """An episode with a private event before each session, and the headers of its published events."""
        episode = self.log.episode()
        facts = [opening(episode), *(fact for _ in range(sessions) for fact in (private(), session()))]
        recorded = self.log.record((episode, fact) for fact in facts)
        return episode, [header for header in recorded if header.sequence is not None]

    def page(self, episode: Episode, token: str = "", **query: int) -> Any:
        path = f"/v1/episodes/{episode.id}/published-events"
        answer = self.api.http.get(path, params=query, headers=bearer(token) if token else None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def alter(self, event: EventMetadata, change: str) -> None:
        """Change the stored event behind the service's back."""
        with psycopg.connect(self.service.database.superuser_url) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute("ALTER TABLE stored_events DROP CONSTRAINT IF EXISTS header_of_its_row")
            where = "originator_id = %s AND originator_version = %s"
            update = f"UPDATE stored_events SET {change} WHERE {where}"
            connection.execute(update.encode(), (event.episode_id, event.version))


@pytest.fixture(scope="module")
def served(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(postgres, tmp_path_factory.mktemp("episode-events")) as (service, api):
        log = Log(service.database, service.keys_dir)
        yield Served(service, api, log)
        log.close()


def ids(page: Any) -> list[str]:
    return [event["id"] for event in page["events"]]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 1_000])
def test_a_walk_by_sequence_gives_each_published_event_once_as_the_feed_has_it(
    served: Served, limit: int
) -> None:
    episode, recorded = served.course()
    walked: list[Any] = []
    more, after = True, 0
    while more:
        page = served.page(episode, after=after, limit=limit)
        assert len(page["events"]) <= limit
        walked, more, after = walked + page["events"], page["more"], page["events"][-1]["sequence"]
    assert [event["sequence"] for event in walked] == list(range(1, len(recorded) + 1))
    feed = served.api.http.get("/v1/feed", params={"limit": 1_000}).json()["events"]
    assert walked == [event for event in feed if event["subject"] == str(episode.id)]


def test_after_the_last_there_is_nothing_and_nothing_more(served: Served) -> None:
    episode, recorded = served.course()
    for after in (len(recorded), len(recorded) + 1, 999_999_999):
        assert served.page(episode, after=after) == {"events": [], "more": False}


def test_more_events_than_are_fetched_at_once_come_whole(served: Served) -> None:
    episode, recorded = served.course(sessions=230)
    assert ids(served.page(episode, limit=1_000)) == [str(header.event_id) for header in recorded]
    for limit in (99, 100, 101, 200, 230):
        page = served.page(episode, limit=limit)
        assert (len(page["events"]), page["more"]) == (limit, True)
    assert served.page(episode, limit=231)["more"] is False


def test_an_erased_clients_events_are_redacted_and_not_left_out(served: Served) -> None:
    episode, recorded = served.course()
    served.log.erase(episode)
    events = served.page(episode, after=1)["events"]
    assert [event["id"] for event in events] == [str(header.event_id) for header in recorded[1:]]
    assert all(event["data"] == {"redacted": True} for event in events)


@pytest.mark.parametrize(
    "change",
    [
        "state = set_byte(state, length(state) - 1, 255 - get_byte(state, length(state) - 1))",  # its seal
        "state = overlay(state PLACING '\\x78'::bytea FROM 6)",  # its header
        "state = '\\x01'::bytea",  # all of it
    ],
)
def test_a_page_ends_before_what_is_damaged_and_says_so(served: Served, change: str) -> None:
    episode, recorded = served.course()
    served.alter(recorded[3], change)
    page = served.page(episode)
    assert ids(page) == [str(header.event_id) for header in recorded[:3]]
    assert (page["more"], page["damaged"]) == (True, True)
    assert served.page(episode, after=3) == {"events": [], "more": True, "damaged": True}
    assert ids(served.page(episode, after=4)) == [str(header.event_id) for header in recorded[4:]]
    assert "damaged" in served.api.log_until_now


def test_an_event_of_a_later_release_is_never_told_as_another_and_ends_the_page(served: Served) -> None:
    episode, recorded = served.course()
    [row] = served.service.rows(
        "SELECT * FROM stored_events WHERE originator_id = %s ORDER BY originator_version DESC LIMIT 1",
        episode.id,
    )
    later = of_a_later_release(rewritten(row, sequence=len(recorded) + 1), row["originator_version"] + 1)
    with psycopg.connect(served.service.database.superuser_url) as connection:
        connection.execute(INSERT, later)
    page = served.page(episode, limit=1_000)
    assert (len(page["events"]), page["more"]) == (len(recorded), True)
    path = f"/v1/episodes/{episode.id}/published-events?after={len(recorded)}"
    refused(served.api.http.get(path), 503, "unavailable")


def test_a_token_limited_to_clinics_is_told_what_the_feed_tells_it(served: Served) -> None:
    episode, recorded = served.course()
    own = served.service.token(clinics=(episode.clinic,))
    assert ids(served.page(episode, own)) == [str(header.event_id) for header in recorded]
    other = bearer(served.service.token(clinics=(UUID(int=404),)))
    path = f"/v1/episodes/{episode.id}/published-events"
    refused(served.api.http.get(path, headers=other), 404, "not-found")


def test_what_is_not_in_the_network_is_not_there(served: Served) -> None:
    episode, _ = served.course()
    refused(served.api.http.get(f"/v1/episodes/{uuid4()}/published-events"), 404, "not-found")
    other = bearer(served.service.token(network="other"))
    path = f"/v1/episodes/{episode.id}/published-events"
    refused(served.api.http.get(path, headers=other), 404, "not-found")


def test_only_what_is_told_is_opened(served: Served) -> None:
    """Those before and after are damaged, and nobody notices."""
    episode, recorded = served.course(sessions=8)
    broken = "state = substring(state FOR octet_length(state) - 1) || '\\x00'::bytea"
    for header in (*recorded[:3], *recorded[5:]):
        served.alter(header, broken)
    page = served.page(episode, after=3, limit=2)
    assert (page["more"], "damaged" in page) == (True, False)
    assert ids(page) == [str(header.event_id) for header in recorded[3:5]]


def test_more_says_nothing_of_what_other_clinics_recorded(served: Served) -> None:
    episode, recorded = served.course(sessions=2)
    former = served.service.token(clinics=(episode.clinic,))
    episode.clinic = UUID(int=405)
    served.log.record([(episode, session())])
    assert served.page(episode, limit=3)["more"] is True
    for limit in (3, 4):
        page = served.page(episode, former, limit=limit)
        assert (ids(page), page["more"]) == ([str(header.event_id) for header in recorded], False)


def test_the_end_of_the_feed_says_nothing_of_what_other_clinics_hand_over(served: Served) -> None:
    episode, recorded = served.course(sessions=2)
    own = bearer(served.service.token(clinics=(episode.clinic,)))
    others = served.log.episode()
    left, takes = (Responsible(therapist=uuid4(), clinic=clinic) for clinic in (others.clinic, uuid4()))
    served.log.record([(others, ResponsibilityTransferred(former=left, to=takes, reason="moved away"))])
    page = served.api.http.get("/v1/feed", params={"limit": len(recorded)}, headers=own).json()
    assert (len(page["events"]), page["at_end"]) == (len(recorded), True)

"""How far each episode is: a walk over the log by which a follower finds what never came."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from episodes.publishing.sequences import ROWS
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.episodes.http_calls import bearer, pointers, refused
from tests.support.episodes.log_writer import Episode, Log, care, opening, private, session
from tests.support.servers.postgres import PostgresServer

LONG_AGO = timedelta(minutes=20)


@dataclass
class Served:
    service: Service
    api: Api
    log: Log

    def page(self, token: str = "", **query: str | int) -> Any:
        headers = bearer(token) if token else None
        answer = self.api.http.get("/v1/published-sequences", params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def walked(self, token: str = "", **query: str | int) -> tuple[dict[UUID, int], int]:
        """What a whole walk says of each episode, and how many pages it took."""
        known: dict[UUID, int] = {}
        pages = 0
        while True:
            page = self.page(token, **query)
            for told in page["episodes"]:
                known[UUID(told["episode"])] = told["sequence"]
            pages += 1
            if page["next"] == query.get("after"):
                return known, pages
            query["after"] = page["next"]

    def relayed(self, position: int) -> None:
        with psycopg.connect(self.service.database.superuser_url) as connection:
            connection.execute(
                """INSERT INTO positions (follower, epoch, position) VALUES ('kafka', 1, %s)
                ON CONFLICT (follower) DO UPDATE SET position = excluded.position""",
                (position,),
            )


@pytest.fixture
def served(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(postgres, tmp_path_factory.mktemp("sequences")) as (service, api):
        log = Log(service.database, service.keys_dir)
        yield Served(service, api, log)
        log.close()


def expected(*episodes: Episode) -> dict[UUID, int]:
    return {episode.id: episode.sequence for episode in episodes}


def of(facts: list[tuple[Episode, Any]]) -> list[Episode]:
    return list({episode.id: episode for episode, _ in facts}.values())


@pytest.mark.parametrize("limit", [1, 3, 1_000])
def test_a_walk_tells_the_last_sequence_of_each_episode_of_the_network(served: Served, limit: int) -> None:
    ours, theirs = care(served.log, 7, 4), care(served.log, 3, 2, "other")
    served.log.record([*ours, *theirs], LONG_AGO)
    served.relayed(served.log.head())
    assert served.walked(limit=limit)[0] == expected(*of(ours))
    assert served.walked(served.service.token(network="other"), limit=limit)[0] == expected(*of(theirs))


def test_a_page_names_at_most_as_many_episodes_as_asked_for(served: Served) -> None:
    facts = care(served.log, 7, 1)
    served.log.record(facts, LONG_AGO)
    served.relayed(served.log.head())
    page = served.page(limit=3)
    assert [UUID(it["episode"]) for it in page["episodes"]] == [episode.id for episode in of(facts)[:3]]
    assert [UUID(it["clinic"]) for it in page["episodes"]] == [episode.clinic for episode in of(facts)[:3]]


def test_what_was_recorded_in_the_last_five_minutes_is_left_to_a_later_walk(served: Served) -> None:
    episode = served.log.episode()
    served.log.record([(episode, opening(episode)), (episode, private())], timedelta(minutes=6))
    old = episode.sequence
    served.log.record([(episode, session())], timedelta(minutes=4))
    served.relayed(served.log.head())
    assert served.walked()[0] == {episode.id: old}
    assert 200 < served.page()["behind_seconds"] < 300


def test_a_walk_ends_where_the_relay_is_or_at_the_position_given(served: Served) -> None:
    first, second = served.log.episode(), served.log.episode()
    served.log.record([(first, opening(first))], LONG_AGO)
    here, sent = served.api.http.get("/v1/feed").json()["next"], served.log.head()
    served.log.record([(first, session()), (second, opening(second))], LONG_AGO)
    assert served.page()["episodes"] == [], "nothing was sent"
    served.relayed(sent)
    assert served.walked()[0] == {first.id: 1}
    assert 1_100 < served.page()["behind_seconds"] < 1_300
    assert served.walked(up_to=here)[0] == {first.id: 1}
    end = served.api.http.get("/v1/feed").json()["next"]
    assert served.walked(up_to=end)[0] == expected(first, second)
    assert served.page(up_to=end)["behind_seconds"] == 0


def test_positions_are_those_of_the_feed_for_this_network_alone(served: Served) -> None:
    served.log.record(care(served.log, 2, 1), LONG_AGO)
    served.relayed(served.log.head())
    end = served.page()["next"]
    assert end == served.api.http.get("/v1/feed").json()["next"]
    other = bearer(served.service.token(network="other"))
    for name in ("after", "up_to"):
        answer = served.api.http.get("/v1/published-sequences", params={name: end}, headers=other)
        assert pointers(refused(answer, 400, "malformed")) == [f"/query/{name}"]


def test_rows_of_others_move_a_position_by_whole_stretches_alone(served: Served) -> None:
    ours, theirs = care(served.log, 1, 1), care(served.log, 20, 5, "other")
    served.log.record(ours, LONG_AGO)
    served.relayed(served.log.head())
    before = served.page()["next"]
    served.log.record(theirs, LONG_AGO)
    served.relayed(served.log.head())
    page = served.page(after=before)
    assert (page["episodes"], page["next"], page["behind_seconds"]) == ([], before, 0)
    served.log.record(care(served.log, 1, ROWS, "other"), LONG_AGO)
    served.relayed(served.log.head())
    assert served.page(after=before)["next"] != before


def test_when_others_recorded_nobody_is_told(served: Served) -> None:
    ours, theirs = served.log.episode(), served.log.episode("other")
    served.log.record([(ours, opening(ours))], LONG_AGO)
    served.log.record([(theirs, opening(theirs))], LONG_AGO)
    clinic = served.service.token(clinics=(ours.clinic,))
    for relayed in (1, served.log.head()):
        served.relayed(relayed)
        assert served.page()["behind_seconds"] == served.page(clinic)["behind_seconds"] == 0
    colleagues = served.log.episode()
    served.log.record([(colleagues, opening(colleagues))], timedelta(minutes=1))
    served.relayed(served.log.head())
    assert served.page(clinic)["behind_seconds"] == 0
    assert 60 <= served.page()["behind_seconds"] < 300


@pytest.mark.parametrize("damaged", [b"2096-12", b"2096-92", b"0000-00"])
@pytest.mark.parametrize("network", ["demo", "other"])
def test_a_time_that_is_damaged_stops_nobodys_walk(served: Served, network: str, damaged: bytes) -> None:
    hurt, facts = served.log.episode(network), care(served.log, 2, 1)
    served.log.record([(hurt, opening(hurt))], LONG_AGO)
    served.log.record(facts, LONG_AGO)
    with psycopg.connect(served.service.database.superuser_url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("ALTER TABLE stored_events DROP CONSTRAINT header_of_its_row")
        connection.execute(
            "UPDATE stored_events SET state = overlay(state PLACING %s FROM position(%s IN state) + %s)"
            " WHERE originator_id = %s",
            (damaged, name := b'"recorded_at":"', len(name), hurt.id),
        )
    assert served.page()["behind_seconds"] == 0 or 1_100 < served.page()["behind_seconds"] < 1_300
    served.relayed(served.log.head())
    assert expected(*of(facts)).items() <= served.walked()[0].items()


def test_a_row_that_cannot_be_read_stops_no_walk(served: Served) -> None:
    facts = care(served.log, 2, 2)
    served.log.record(facts, LONG_AGO)
    served.relayed(served.log.head())
    with psycopg.connect(served.service.database.superuser_url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("ALTER TABLE stored_events DROP CONSTRAINT header_of_its_row")
        for version, state in ((1, b""), (2, b"\x01\xff\xff\xff\xff{"), (3, b"\x01\x00\x00\x01\x00nothing")):
            connection.execute(
                "UPDATE stored_events SET state = %s WHERE originator_id = %s AND originator_version = %s",
                (state, facts[0][0].id, version),
            )
    assert served.walked()[0] == expected(*of(facts))


def test_a_token_limited_to_clinics_is_told_what_those_recorded(served: Served) -> None:
    facts = care(served.log, 3, 2)
    served.log.record(facts, LONG_AGO)
    served.relayed(served.log.head())
    one = of(facts)[1]
    assert served.walked(served.service.token(clinics=(one.clinic,)))[0] == expected(one)

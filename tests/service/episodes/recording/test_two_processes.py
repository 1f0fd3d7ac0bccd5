"""Two API processes over one store: one history, each command in it once, whoever is asked."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from episodes.http.examples import CLINIC, EXAMPLES, THERAPIST
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually

FLAG = EXAMPLES["RedFlagRaisedCommand"]
ASSESSED = EXAMPLES["AssessedCommand"]


@pytest.fixture(scope="module")
def served(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Service, Api]]:
    with serving(postgres, tmp_path_factory.mktemp("shared")) as served:
        yield served


@pytest.fixture(scope="module")
def service(served: tuple[Service, Api]) -> Service:
    return served[0]


@pytest.fixture(scope="module")
def apis(served: tuple[Service, Api]) -> tuple[Api, Api]:
    """The second keeps nothing in memory: what it answers comes from the store alone."""
    second = served[0].start(cache_bytes="0")
    eventually(second.ready, "the second API is ready")
    return served[1], second


def _at_once(asks: list[Any]) -> list[httpx.Response]:
    with ThreadPoolExecutor(len(asks)) as callers:
        return [asked.result(30) for asked in [callers.submit(ask) for ask in asks]]


def test_commands_are_recorded_while_the_log_is_vacuumed(service: Service, apis: tuple[Api, Api]) -> None:
    episode = apis[0].opened()
    with psycopg.connect(service.database.superuser_url) as vacuum:
        vacuum.execute("LOCK TABLE stored_events IN SHARE UPDATE EXCLUSIVE MODE")  # as VACUUM and ANALYZE do
        answers = [api.record(f"{episode}/red-flags", FLAG) for api in apis]
    assert [answer.status_code for answer in answers] == [201, 201]


def test_commands_of_two_processes_on_one_episode_make_one_history(
    service: Service, apis: tuple[Api, Api]
) -> None:
    episode = apis[0].opened()

    def caller(number: int) -> list[httpx.Response]:
        resource, body = (("red-flags", FLAG), ("treatment-consents", EXAMPLES["TreatmentConsentedCommand"]))[
            number % 3 == 0
        ]
        return [apis[number % 2].record(f"{episode}/{resource}", body) for _ in range(8)]

    with ThreadPoolExecutor(12) as callers:
        answers = [answer for some in callers.map(caller, range(12)) for answer in some]

    assert {answer.status_code for answer in answers} <= {201, 409}, "no failure of ours"
    recorded = [answer.json()["events"][0] for answer in answers if answer.status_code == 201]
    assert len(recorded) > 80
    assert sorted(event["version"] for event in recorded) == list(range(2, len(recorded) + 2))
    assert len({event["id"] for event in recorded}) == len(recorded)
    histories = [api.http.get(f"{episode}/history").content for api in apis]
    assert histories[0] == histories[1]
    assert apis[0].http.get(episode).content == apis[1].http.get(episode).content
    feed = apis[0].http.get("/v1/feed?limit=1000").json()["events"]
    published = [event for event in feed if event["subject"] == episode.rpartition("/")[2]]
    assert [event["publishednumber"] for event in published] == list(range(1, len(published) + 1))
    times = [datetime.fromisoformat(event["recordedtime"]) for event in published]
    assert all(earlier <= later for earlier, later in pairwise(times))


def test_twenty_equal_keys_at_once_are_one_event_and_twenty_equal_answers(
    service: Service, apis: tuple[Api, Api]
) -> None:
    episode, key = apis[0].opened(), uuid4()
    answers = _at_once(
        [lambda api=apis[it % 2]: api.record(f"{episode}/red-flags", FLAG, key) for it in range(20)]
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert _size(service, episode) == 2


def test_of_fifty_commands_that_expect_the_same_version_one_is_recorded(
    service: Service, apis: tuple[Api, Api]
) -> None:
    episode, expecting = apis[0].opened(), {"if-match": '"1"'}
    answers = _at_once(
        [
            lambda api=apis[it % 2]: api.record(f"{episode}/red-flags", FLAG, headers=expecting)
            for it in range(50)
        ]
    )
    late = [answer for answer in answers if answer.status_code != 201]
    assert len(late) == 49
    assert {(it.status_code, it.json()["type"], it.json()["version"]) for it in late} == {
        (412, "/problems/moved", 2)
    }
    assert _size(service, episode) == 2


def test_a_key_belongs_to_one_request(service: Service, apis: tuple[Api, Api]) -> None:
    """Another body, path, expected version or caller under the same key is refused, and nothing stored."""
    episode, other, key = apis[0].opened(), apis[0].opened(), uuid4()
    path = f"{episode}/red-flags"
    first = apis[0].record(path, FLAG, key)
    foreign = {"authorization": f"Bearer {service.token()}"}
    before = service.rows("SELECT count(*) AS n FROM stored_events")
    for api in apis:
        for reused in (
            api.record(path, {**FLAG, "urgency": "routine"}, key),
            api.record(f"{other}/red-flags", FLAG, key),
            api.record(f"{episode}/assessments", ASSESSED, key),
            api.record(path, FLAG, key, headers={"if-match": '"1"'}),
            api.record(path, FLAG, key, headers=foreign),
        ):
            assert (reused.status_code, reused.json()["type"]) == (422, "/problems/key-reused")
        assert api.record(path, FLAG, key).content == first.content
    assert service.rows("SELECT count(*) AS n FROM stored_events") == before


def test_a_repeat_is_answered_only_who_may_still_ask(service: Service, apis: tuple[Api, Api]) -> None:
    path, key = f"{apis[0].opened()}/red-flags", uuid4()
    here, elsewhere = (
        {"authorization": f"Bearer {service.token('therapist', THERAPIST, clinics=(clinic,))}"}
        for clinic in (UUID(CLINIC), uuid4())
    )
    assert apis[0].record(path, FLAG, key, headers=here).status_code == 201
    assert apis[1].record(path, FLAG, key, headers=elsewhere).status_code == 404
    assert apis[1].record(path, FLAG, key, headers=here).status_code == 201


def test_the_key_of_a_refused_command_may_be_used_for_its_repair(apis: tuple[Api, Api]) -> None:
    episode, key = apis[0].opened(), uuid4()
    refused = apis[0].record(f"{episode}/assessments", {**ASSESSED, "stage": "new_baseline"}, key)
    assert refused.status_code == 422
    assert apis[1].record(f"{episode}/assessments", ASSESSED, key).status_code == 201


def test_a_partner_knows_a_client_by_one_id_though_two_processes_make_it_at_once(
    service: Service, apis: tuple[Api, Api]
) -> None:
    partner, episodes = str(uuid4()), [api.opened() for api in apis * 4]
    assert apis[0].http.put(f"/v1/partners/{partner}", json=EXAMPLES["Partner"]).status_code == 204
    body = EXAMPLES["SharingConsentedCommand"] | {"partner": partner}
    asks = [
        partial(api.record, f"{episode}/sharing-consents", body)
        for api, episode in zip(apis * 4, episodes, strict=True)
    ]
    answers = _at_once(asks)
    assert {answer.status_code for answer in answers} == {201}, "whoever came second was decided again"
    facts = [apis[0].http.get(answer.headers["location"]).json()["fact"] for answer in answers]
    known = service.rows("SELECT subject FROM client_subjects WHERE partner_id = %s", partner)
    assert {fact["subject"] for fact in facts} == {str(row["subject"]) for row in known}
    assert len(known) == 1


def test_without_the_key_of_its_client_an_episode_is_read_redacted_and_the_feed_goes_on(
    service: Service, apis: tuple[Api, Api]
) -> None:
    episode = apis[0].opened()
    recorded = apis[0].record(f"{episode}/red-flags", FLAG).json()["events"][0]["id"]
    words = FLAG["action_advised"]
    assert words in apis[1].http.get(f"{episode}/history").text
    kept = service.rows("UPDATE client_keys SET wrapped = NULL RETURNING key_id")
    assert len(kept) == 1
    for api in apis:
        history = api.http.get(f"{episode}/history")
        assert (history.status_code, words in history.text) == (200, False)
        assert "redacted" in history.text
        assert api.http.get(episode).json()["version"] == 2
        event = api.http.get(f"{episode}/events/{recorded}")
        assert (event.status_code, words in event.text) == (200, False)
        feed = api.http.get("/v1/feed?limit=1000").json()["events"]
        assert recorded in {it["id"] for it in feed}
        refused = api.record(f"{episode}/red-flags", FLAG)
        assert (refused.status_code, refused.json().get("rule")) == (422, "client-erased")


def _size(service: Service, episode: str) -> int:
    identifier = UUID(episode.rpartition("/")[2])
    return len(service.rows("SELECT 1 FROM stored_events WHERE originator_id = %s", identifier))

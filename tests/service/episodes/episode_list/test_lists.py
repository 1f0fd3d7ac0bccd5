"""GET /v1/episodes over real HTTP: what each filter finds, to whom, page by page, after one's own write."""

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest

from episodes.http.examples import CLIENT, CLINIC, EXAMPLES, PARTNER, THERAPIST
from tests.support.episodes.api_process import NETWORKS, Api, Service, serving
from tests.support.episodes.http_calls import CANARY, bearer, partner_token, pointers, refused
from tests.support.episodes.role_process import Watched
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually

LISTS = "/v1/episodes"
OPENING = EXAMPLES["EpisodeOpenedCommand"]
NOBODY = str(UUID(int=404))
CLOSING = {"reason": "goal_achieved"}


class Served(NamedTuple):
    service: Service
    api: Api
    role: Watched

    def new(self, kind: str, entry: str, **headers: str) -> str:
        """One more entry of the directory."""
        identifier = str(uuid4())
        answer = self.api.http.put(f"/v1/{kind}/{identifier}", json=EXAMPLES[entry], headers=headers)
        assert answer.status_code == 204
        return identifier

    def client(self, **headers: str) -> str:
        identifier = str(uuid4())
        answer = self.api.http.put(f"/v1/clients/{identifier}", json={"name": "One More"}, headers=headers)
        assert answer.status_code == 204
        return identifier

    def open(self, client: str, headers: dict[str, str] | None = None, **said: Any) -> str:
        """A new episode, listed."""
        body = {**OPENING, "client": client, **said}
        answer = self.api.record(LISTS, body, headers=headers)
        assert answer.status_code == 201, answer.text
        identifier: str = answer.json()["episode"]["id"]
        self.listed(after_write=f"{identifier}:1", client=client, headers=headers)
        return identifier

    def close(self, episode: str, **said: Any) -> None:
        answer = self.api.record(f"{LISTS}/{episode}/closure", {**CLOSING, **said})
        assert answer.status_code == 201, answer.text
        self.listed(after_write=f"{episode}:2")

    def answer(self, headers: dict[str, str] | None = None, **asked: Any) -> httpx.Response:
        return self.api.http.get(LISTS, params=asked, headers=headers)

    def listed(self, headers: dict[str, str] | None = None, **asked: Any) -> list[dict[str, Any]]:
        answer = self.answer(headers, **asked)
        assert answer.status_code == 200, answer.text
        episodes: list[dict[str, Any]] = answer.json()["episodes"]
        return episodes

    def ids(self, headers: dict[str, str] | None = None, **asked: Any) -> list[str]:
        return [episode["id"] for episode in self.listed(headers, **asked)]

    def walk(self, headers: dict[str, str] | None = None, **asked: Any) -> Iterator[list[str]]:
        """Page after page."""
        more: dict[str, str] = {}
        while True:
            page = self.answer(headers, **asked, **more).json()
            yield [episode["id"] for episode in page["episodes"]]
            if "next" not in page:
                return
            more = {"cursor": page["next"]}


@pytest.fixture(scope="module")
def served(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    directory: Path = tmp_path_factory.mktemp("lists")
    with serving(postgres, directory) as (service, api):
        place = {"DATABASE_URL": service.database.url("project"), "KEYS_DIR": str(service.keys_dir)}
        place |= {"ENVIRONMENT": "development", "NETWORKS": ",".join(NETWORKS)}
        environment = {f"EPISODES_{name}": value for name, value in place.items()}
        role = Watched(directory, ("episodes", "project"), **environment)
        try:
            role.awaited("leading")
            yield Served(service, api, role)
        finally:
            role.close()


def test_a_line_is_ids_a_status_and_times(served: Served) -> None:
    episode = served.open(served.client(), source_ref={"system": "ehr", "value": CANARY})
    client = served.listed(source_ref=f"ehr|{CANARY}")[0]["client"]
    state = served.api.http.get(f"{LISTS}/{episode}").json()
    (line,) = served.listed(client=client)
    assert line == {
        "id": episode,
        "version": 1,
        "status": "open",
        "clinic": CLINIC,
        "client": client,
        "therapist": THERAPIST,
        "opened_at": "2026-09-01T16:00:00Z",
        "last_recorded_at": state["opened"]["recorded_at"],
    }


def test_each_filter_finds_what_it_names_and_no_more(served: Served) -> None:
    clinic, therapist = served.new("clinics", "Clinic"), served.new("staff", "Staff")
    client, other = served.client(), served.client()
    first = served.open(client, source_ref={"system": "ehr", "value": "first|1"})
    second = served.open(client, clinic=clinic)
    third = served.open(other, therapist=therapist, clinic=clinic)
    served.close(first)
    assert served.ids(client=client) == [second, first], "newest first"
    assert served.ids(client=client, status="closed") == [first]
    assert served.ids(client=client, status="open") == [second]
    assert served.ids(client=client, status="on_hold") == []
    assert served.ids(clinic=clinic) == [third, second]
    assert served.ids(therapist=therapist) == [third]
    assert served.ids(source_ref="ehr|first|1") == [first]
    assert served.ids(source_ref="ehr|first|1", status="open") == []
    assert served.ids(source_ref="other|first|1") == []
    assert served.ids(client=NOBODY) == served.ids(clinic=NOBODY) == served.ids(therapist=NOBODY) == []
    assert served.listed(client=client, status="closed")[0]["closed_at"] > "2026"


def test_a_source_ref_of_any_event_finds_its_episode(served: Served) -> None:
    episode = served.open(served.client())
    reference = {"system": "ehr", "value": "a flag"}
    flag = {**EXAMPLES["RedFlagRaisedCommand"], "source_ref": reference}
    assert served.api.record(f"{LISTS}/{episode}/red-flags", flag).status_code == 201
    assert served.ids(source_ref="ehr|a flag", after_write=f"{episode}:2") == [episode]


def test_a_caller_sees_its_clinics_and_no_other(served: Served) -> None:
    mine, theirs = served.new("clinics", "Clinic"), served.new("clinics", "Clinic")
    client = served.client()
    here = served.open(client, clinic=mine)
    there = served.open(client, clinic=theirs, source_ref={"system": "ehr", "value": "theirs"})
    desk = bearer(served.service.token("coordinator", clinics=(UUID(mine),)))
    assert served.ids(desk, client=client) == served.ids(desk) == served.ids(desk, clinic=mine) == [here]
    assert served.ids(desk, clinic=theirs) == served.ids(desk, source_ref="ehr|theirs") == []
    refused(served.answer(desk, after_write=f"{there}:1"), 503, "unavailable")
    both = bearer(served.service.token("therapist", clinics=(UUID(mine), UUID(theirs))))
    assert served.ids(both) == [there, here]
    assert [served.ids(both, limit=1), *served.walk(both, limit=1)] == [[there], [there], [here]]
    auditor = bearer(served.service.token("auditor"))
    assert served.ids(auditor, client=client) == [there, here]
    unset = bearer(served.service.token("coordinator"))
    assert served.ids(unset) == served.ids(unset, client=client) == served.ids(unset, clinic=mine) == []
    assert list(served.walk(unset)) == [[]]


def test_a_network_sees_nothing_of_another(served: Served) -> None:
    other = bearer(served.service.token(network="other"))
    clinic, therapist = served.new("clinics", "Clinic", **other), served.new("staff", "Staff", **other)
    client, reference = served.client(**other), {"system": "ehr", "value": "of another network"}
    theirs = served.open(client, other, clinic=clinic, therapist=therapist, source_ref=reference)
    assert served.ids(other) == [theirs]
    assert theirs not in [one for page in served.walk() for one in page]
    named: tuple[dict[str, Any], ...] = ({"client": client}, {"clinic": clinic}, {"therapist": therapist})
    for asked in named:
        assert served.ids(**asked) == []
        assert served.ids(other, **asked) == [theirs]
    assert served.ids(source_ref="ehr|of another network") == []
    assert served.ids(other, source_ref="ehr|of another network") == [theirs]
    cursor = f"e{'f' * 32}"
    assert theirs not in served.ids(cursor=cursor)
    refused(served.answer(after_write=f"{theirs}:1"), 503, "unavailable")


def test_a_partner_may_not_list(served: Served) -> None:
    document = refused(served.answer(partner_token(served.service, PARTNER)), 403, "forbidden")
    assert document["rule"] == "role-not-allowed"


def test_a_walk_over_pages_meets_each_once_while_others_write(served: Served) -> None:
    client = served.client()
    there = {served.open(client) for _ in range(23)}
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            episode = served.api.record(LISTS, {**OPENING, "client": client}).json()["episode"]["id"]
            flag = EXAMPLES["RedFlagRaisedCommand"]
            for one in (episode, next(iter(there))):
                served.api.record(f"{LISTS}/{one}/red-flags", flag)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(5):
            pages = list(served.walk(client=client, limit=4))
            met = [one for page in pages for one in page]
            assert len(met) == len(set(met)), "none twice"
            assert there <= set(met), "none skipped"
            assert met == sorted(met, reverse=True)
            assert all(len(page) == 4 for page in pages[:-1])
    finally:
        done.set()
        writer.join()
    assert len(served.ids(client=client, limit=200)) > 23, "others did write"


def test_pages_end_exactly_where_the_list_does(served: Served) -> None:
    client = served.client()
    four = [served.open(client) for _ in range(4)][::-1]
    assert list(served.walk(client=client, limit=2)) == [four[:2], four[2:]]
    assert "next" not in served.answer(client=client, limit=4).json()
    assert list(served.walk(client=client, limit=3)) == [four[:3], four[3:]]


def test_ones_own_write_is_seen(served: Served) -> None:
    client = served.client()
    for _ in range(10):
        episode = served.api.record(LISTS, {**OPENING, "client": client}).json()["episode"]["id"]
        (line, *_) = served.listed(client=client, after_write=f"{episode}:1")
        assert (line["id"], line["version"]) == (episode, 1)
        assert served.api.record(f"{LISTS}/{episode}/closure", CLOSING).status_code == 201
        (line, *_) = served.listed(client=client, after_write=f"{episode}:2")
        assert (line["id"], line["version"], line["status"]) == (episode, 2, "closed")
        assert served.ids(client=client, after_write=f"{episode}:1")[0] == episode, "later is well, too"


def test_a_list_that_lags_says_so_and_is_no_reason_to_take_the_service_away(served: Served) -> None:
    client = served.client()
    episode = served.open(client)
    served.role.signalled(signal.SIGSTOP)
    try:
        assert served.api.record(f"{LISTS}/{episode}/closure", CLOSING).status_code == 201
        began = time.monotonic()
        answer = served.answer(client=client, after_write=f"{episode}:2")
        assert refused(answer, 503, "unavailable")["rule"] == "list-behind"
        assert answer.headers["retry-after"] == "1"
        assert 1.9 < time.monotonic() - began < 4
        assert served.listed(client=client)[0]["status"] == "open"
        assert served.api.ready()
        assert _lag(served) > 1.5
    finally:
        served.role.signalled(signal.SIGCONT)
    eventually(lambda: _current_again(served, f"{episode}:2"), "it goes on", process=served.role)
    assert served.listed(client=client)[0]["status"] == "closed"
    assert _lag(served) < 1


def test_an_ended_episode_of_the_same_client_is_named_as_one_to_continue(served: Served) -> None:
    mine, theirs = served.new("clinics", "Clinic"), served.new("clinics", "Clinic")
    client = served.client()
    ended = served.open(client, clinic=mine, occurred_at="2026-03-01T09:00:00-08:00")
    served.close(ended, occurred_at="2026-06-10T09:00:00-07:00")
    soon = served.open(client, clinic=theirs, occurred_at="2026-09-09T09:00:00-07:00")
    late = served.open(client, clinic=theirs, occurred_at="2026-09-11T09:00:00-07:00")
    told = served.open(client, continues=ended, occurred_at="2026-07-01T09:00:00-07:00")
    named = {line["id"]: line.get("may_continue") for line in served.listed(client=client)}
    assert named == {ended: None, soon: ended, late: None, told: None}
    assert served.listed(client=client)[0]["continues"] == ended
    desk = bearer(served.service.token("coordinator", clinics=(UUID(theirs),)))
    assert all("may_continue" not in line for line in served.listed(desk, client=client))


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ({"client": "x"}, "/query/client"),
        ({"client": ""}, "/query/client"),
        ({"clinic": f"{CLINIC} "}, "/query/clinic"),
        ({"therapist": CANARY}, "/query/therapist"),
        ({"status": "Open"}, "/query/status"),
        ({"status": CANARY}, "/query/status"),
        ({"source_ref": "nobar"}, "/query/source_ref"),
        ({"source_ref": "|x"}, "/query/source_ref"),
        ({"source_ref": "a|\x00"}, "/query/source_ref"),
        ({"source_ref": "a|" + "x" * 301}, "/query/source_ref"),
        ({"limit": "0"}, "/query/limit"),
        ({"limit": "201"}, "/query/limit"),
        ({"limit": "ten"}, "/query/limit"),
        ({"cursor": CANARY}, "/query/cursor"),
        ({"cursor": "e" + "0" * 31}, "/query/cursor"),
        ({"cursor": "e" + "g" * 32}, "/query/cursor"),
        ({"after_write": CLIENT}, "/query/after_write"),
        ({"after_write": f"{CLIENT}:0"}, "/query/after_write"),
        ({"after_write": f"{'-' * 36}:1"}, "/query/after_write"),
        ({"after_write": f"{CLIENT}:9999999999"}, "/query/after_write"),
        ({"clients": CLIENT}, "/query"),
        ({CANARY: "1"}, "/query"),
        ([("status", "open"), ("status", "closed")], "/query/status"),
    ],
)
def test_what_cannot_be_read_is_named(served: Served, asked: Any, where: str) -> None:
    answer = served.api.http.get(LISTS, params=asked)
    assert pointers(refused(answer, 400, "malformed")) == [where]


def _current_again(served: Served, write: str) -> bool:
    """The role may have lost the lead while it was paused, and ended."""
    served.role.supervised()
    return served.answer(after_write=write).status_code == 200


def _lag(served: Served) -> float:
    lines = served.api.http.get("/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith("episodes_list_lag_seconds ")).split()[1])

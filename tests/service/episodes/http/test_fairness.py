"""A flood by one caller, over HTTP: whoever else asks has its turn, and the flood alone is refused."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import psycopg
import pytest

from episodes.event_log.recorder import APPENDING
from episodes.http.examples import CLIENT, CLINIC, COLLEAGUE, EXAMPLES, PARTNER, THERAPIST
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.episodes.http_calls import bearer, refused
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually

LINE = 5
"""How many of one caller may wait at this API."""

PLACES = 8
"""How many reads have a connection at a time."""

FLAG = EXAMPLES["RedFlagRaisedCommand"]
POLLS = 200


class Network(NamedTuple):
    """A network with an episode and two members of staff who call."""

    tokens: Sequence[str]
    episode: str


class Served(NamedTuple):
    service: Service
    api: Api
    demo: Network
    other: Network

    def sampled(self, name: str) -> float:
        """A figure that the API tells its operators."""
        text = self.api.http.get("/metrics").text
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
        assert found is not None, name
        return float(found[1])

    def flag(self, of: Network, caller: int = 0) -> httpx.Response:
        return self.api.record(f"{of.episode}/red-flags", FLAG, headers=bearer(of.tokens[caller]))

    def state(self, of: Network, caller: int = 0) -> httpx.Response:
        return self.api.http.get(of.episode, headers=bearer(of.tokens[caller]))

    @contextmanager
    def held(self, statement: str, *values: object) -> Iterator[Callable[[], int]]:
        """What this locks waits until the end of the block; the number of sessions that do."""
        with closing(psycopg.connect(self.service.database.superuser_url)) as connection:
            connection.execute(statement.encode(), values)
            yield lambda: int(self.service.rows(_HELD_UP, connection.info.backend_pid)[0]["count"])
            connection.rollback()


_HELD_UP = "SELECT count(*) FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"


@pytest.fixture(scope="module")
def served(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(postgres, tmp_path_factory.mktemp("fair"), waiting_per_caller=str(LINE)) as (service, api):
        yield Served(service, api, _network(service, api, "demo"), _network(service, api, "other"))


def _network(service: Service, api: Api, name: str) -> Network:
    tokens = [service.token(subject=subject, network=name) for subject in (THERAPIST, COLLEAGUE)]
    for path, identifier, entry in (
        ("clinics", CLINIC, "Clinic"),
        ("staff", THERAPIST, "Staff"),
        ("partners", PARTNER, "Partner"),
        ("clients", CLIENT, "ClientIdentity"),
    ):
        api.http.put(f"/v1/{path}/{identifier}", json=EXAMPLES[entry], headers=bearer(tokens[0]))
    opened = api.record("/v1/episodes", EXAMPLES["EpisodeOpenedCommand"], headers=bearer(tokens[0]))
    return Network(tokens, f"/v1/episodes/{opened.json()['episode']['id']}")


Answers = Sequence["Future[httpx.Response]"]


def told(answers: Answers) -> list[int]:
    return [answer.result(60).status_code for answer in answers]


def refusals(answers: Answers) -> int:
    return sum(one.done() and one.result().status_code == 429 for one in answers)


def on_an_idle_machine(scenario: Callable[[], Sequence[Answers]]) -> Sequence[Answers]:
    """The answers of the first run in which nobody waited so long that it was told to come back."""
    for _ in range(10):
        answers = scenario()
        if not any(503 in told(group) for group in answers):
            return answers
    raise AssertionError("the machine is too slow to hold up a request for less than two seconds")


def test_beside_a_flood_of_commands_others_have_every_other_turn(served: Served) -> None:
    last = [0]

    def scenario() -> Sequence[Answers]:
        last[0] = served.service.rows("SELECT max(notification_id) AS last FROM stored_events")[0]["last"]
        with ThreadPoolExecutor(40) as callers:
            with served.held("SELECT pg_advisory_xact_lock(%s)", APPENDING) as held_up:
                first = [callers.submit(served.flag, served.other)]
                eventually(lambda: held_up() == 1, "the writer waits for the log")
                flood = [callers.submit(served.flag, served.other) for _ in range(20)]
                eventually(lambda: refusals(flood) == 20 - LINE, "the flood's line is full")
                peers = [callers.submit(served.flag, served.other, 1) for _ in range(2)]
                few = [callers.submit(served.flag, served.demo) for _ in range(4)]
                all_in = LINE + len(peers) + len(few)
                eventually(lambda: served.sampled('episodes_waiting{for="commands"}') in (0, all_in))
            return first, flood, peers, few

    first, flood, peers, few = on_an_idle_machine(scenario)
    assert Counter(told(flood)) == {201: LINE, 429: 20 - LINE}
    assert set(told([*first, *peers, *few])) == {201}
    refusal = next(one.result() for one in flood if one.result().status_code == 429)
    refused(refusal, 429, "too-many-requests")
    assert refusal.headers["retry-after"] == "1"
    order = _recorded_after(served, last[0])
    assert order.pop(0) == ("other", THERAPIST)
    for number, place in enumerate(_places(order, "demo")):
        assert place <= 2 * number + 1, "one turn of the flood's network before each of another's"
    for number, place in enumerate(_places(order, "other", COLLEAGUE)):
        assert place <= 4 * number + 3, "and within it, one turn of the flood before each of a peer's"


def _recorded_after(served: Served, last: int) -> list[tuple[str, str]]:
    """The network and the actor of each event recorded since, in the order of the log."""
    rows = served.service.rows(
        "SELECT substring(state FROM 5 FOR 2000) AS state FROM stored_events"
        " WHERE notification_id > %s ORDER BY notification_id",
        last,
    )
    return [(_said(row["state"], '"network":"'), _said(row["state"], '"actor":{"id":"')) for row in rows]


def _said(header: bytes, before: str) -> str:
    """What stands after this in an event's header, up to the next quotation mark."""
    return header.partition(before.encode())[2].partition(b'"')[0].decode()


def _places(order: Sequence[tuple[str, str]], network: str, who: str = "") -> list[int]:
    return [place for place, (its, actor) in enumerate(order) if its == network and who in actor]


def test_beside_a_flood_of_reads_others_are_answered_and_the_flood_is_refused(served: Served) -> None:
    def scenario() -> Sequence[Answers]:
        with ThreadPoolExecutor(60) as callers:
            with served.held("LOCK TABLE client_keys IN ACCESS EXCLUSIVE MODE") as held_up:
                flood = [callers.submit(served.state, served.other) for _ in range(40)]
                eventually(lambda: held_up() == PLACES, "every connection is in use")
                eventually(lambda: refusals(flood) == 40 - PLACES - LINE, "the flood's line is full")
                peers = [callers.submit(served.state, served.other, 1) for _ in range(LINE)]
                few = [callers.submit(served.state, served.demo) for _ in range(LINE)]
                time.sleep(0.1)  # the time to be waiting; a shorter one would only make the test easier
            return flood, peers, few

    flood, peers, few = on_an_idle_machine(scenario)
    assert Counter(told(flood)) == {200: PLACES + LINE, 429: 40 - PLACES - LINE}
    assert (set(told(peers)), set(told(few))) == ({200}, {200})
    refusal = next(one.result() for one in flood if one.result().status_code == 429)
    refused(refusal, 429, "too-many-requests")
    assert refusal.headers["retry-after"] == "1"
    assert served.sampled("episodes_refused_callers_total") >= 40 - PLACES - LINE


async def test_the_long_polls_of_a_network_read_once_for_all_of_them(served: Served) -> None:
    """Whatever their limits, callers and clinics, and however many there are."""
    [last] = served.service.rows("SELECT max(notification_id) AS position FROM stored_events")
    end = f"p{last['position']:x}"  # of any network
    tokens = [
        *((served.service.token(network=name), True) for name in ("demo", "other") for _ in range(8)),
        (served.service.token(clinics=(UUID(CLINIC),)), True),
        *((served.service.token(network=name, clinics=(UUID(int=9),)), False) for name in ("demo", "other")),
    ]
    limits = httpx.Limits(max_connections=POLLS)
    async with httpx.AsyncClient(base_url=served.api.url, limits=limits, timeout=90) as http:

        async def poll(number: int) -> Any:
            token, _ = tokens[number % len(tokens)]
            query: dict[str, str | int] = {"after": end, "wait": 30, "limit": 1 + number * 7 % 1_000}
            answer = await http.get("/v1/feed", params=query, headers=bearer(token))
            assert answer.status_code == 200, answer.text
            return answer.json()

        polls = [asyncio.create_task(poll(number)) for number in range(POLLS)]
        waiting = 'episodes_waiting{for="feed"}'
        await asyncio.to_thread(eventually, lambda: served.sampled(waiting) == POLLS, "all polls wait")
        before, began = served.sampled("episodes_feed_pages_total"), time.monotonic()
        recorded = [
            (await asyncio.to_thread(served.flag, of)).json()["events"][0]["id"]
            for of in (served.demo, served.other)
        ]
        answers = [await polls[number] for number in range(POLLS) if tokens[number % len(tokens)][1]]
        seconds = time.monotonic() - began
        read = served.sampled("episodes_feed_pages_total") - before
        for left in polls:
            left.cancel()
        await asyncio.gather(*polls, return_exceptions=True)
    networks, commits, each_second = 2, 2, seconds + 1
    assert read <= networks * (commits + each_second), f"{read} pages for {POLLS} polls"
    assert all(page["events"] for page in answers)
    assert {event["id"] for page in answers for event in page["events"]} == set(recorded)


def test_what_a_caller_may_not_see_is_skipped_a_hundred_rows_at_a_time(served: Served) -> None:
    with ThreadPoolExecutor(LINE) as callers:
        told([callers.submit(served.flag, served.demo) for _ in range(250)])
    assert _events(served) > 250
    stranger = served.service.token(clinics=(UUID(int=9),))
    before = served.sampled("episodes_feed_pages_total")
    page = served.api.http.get("/v1/feed", params={"limit": 1}, headers=bearer(stranger)).json()
    assert (page["events"], page["at_end"]) == ([], True)
    assert served.sampled("episodes_feed_pages_total") - before <= 2


def _events(served: Served) -> int:
    return int(served.service.rows("SELECT count(*) FROM stored_events")[0]["count"])

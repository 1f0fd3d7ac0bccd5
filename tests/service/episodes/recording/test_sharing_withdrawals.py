"""A client ends all sharing with one partner: in every episode and clinic, all of it or none."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest

from episodes.http.examples import CLINIC, EXAMPLES, PARTNER
from tests.support.episodes.api_process import Api
from tests.support.episodes.http_calls import bearer, pointers, refused
from tests.support.episodes.http_episode import Story
from tests.support.episodes.partner_api import ANOTHER, UNINVOLVED, Served, consented
from tests.support.waiting import eventually

THERE, NOWHERE = str(UUID(int=501)), str(UUID(int=502))
FLAG = EXAMPLES["RedFlagRaisedCommand"]
WITHDRAWN = """SELECT count(*) AS n FROM stored_events
WHERE topic = 'sharing-withdrawn.1' AND originator_id = ANY(%s)"""


class Client(NamedTuple):
    """A client with three episodes in two clinics; two of them share with the partner, one twice."""

    served: Served
    stories: list[Story]

    @property
    def path(self) -> str:
        return f"/v1/clients/{self.stories[0].client}/sharing-withdrawals"

    def withdraws(
        self, api: Api | None = None, key: UUID | None = None, token: str = "", partner: str = PARTNER
    ) -> httpx.Response:
        body = {"partner": partner, "by": "client"}
        return (api or self.served.api).record(self.path, body, key, bearer(token) if token else None)

    def withdrawals(self) -> int:
        ids = [UUID(story.id) for story in self.stories]
        count: int = self.served.service.rows(WITHDRAWN, ids)[0]["n"]
        return count

    def sharing(self, partner: str = PARTNER) -> list[int]:
        """The status a partner gets for each episode."""
        return [self.served.sees(story.path, partner).status_code for story in self.stories]


@pytest.fixture(scope="module")
def served(partnered: Served) -> Served:
    partnered.api.http.put(f"/v1/clinics/{THERE}", json=EXAMPLES["Clinic"])
    return partnered


@pytest.fixture(scope="module")
def second(served: Served) -> Api:
    """Another process, which keeps nothing in memory."""
    api = served.service.start(cache_bytes="0")
    eventually(api.ready, "the second API is ready")
    return api


@pytest.fixture
def client(served: Served) -> Client:
    first = Story.begun(served.api)
    stories = [first, *(Story.begun(served.api, client=first.client, clinic=it) for it in (THERE, CLINIC))]
    consented(first, "plans")
    consented(first, "sessions")
    consented(stories[1], "plans")
    consented(stories[1], "plans", partner=ANOTHER)
    return Client(served, stories)


def test_every_consent_to_that_partner_ends_and_no_other(client: Client) -> None:
    assert client.sharing() == [200, 200, 404]
    answer = client.withdraws()
    told = answer.json()
    assert (answer.status_code, set(told)) == (201, {"events", "episodes", "warnings"})
    assert [event["type"] for event in told["events"]] == ["sharing-withdrawn.1"] * 3
    assert {one["id"]: one["version"] for one in told["episodes"]} == {
        client.stories[0].id: 5,
        client.stories[1].id: 4,
    }
    assert "etag" not in answer.headers
    assert client.sharing() == [404, 404, 404]
    assert client.sharing(ANOTHER) == [404, 200, 404]
    assert client.withdrawals() == 3
    first = client.served.api.http.get(answer.headers["location"]).json()
    assert first["event_id"] == told["events"][0]["id"]


def test_the_same_key_gets_the_same_bytes_from_every_process(client: Client, second: Api) -> None:
    key = uuid4()
    first, *again = (client.withdraws(api, key) for api in (client.served.api, second, client.served.api))
    for repeat in again:
        assert (repeat.content, repeat.headers["idempotency-replayed"]) == (first.content, "true")
        assert repeat.headers["location"] == first.headers["location"]
    assert client.withdrawals() == 3


def test_with_nothing_left_to_withdraw_it_is_refused(client: Client) -> None:
    assert client.withdraws().status_code == 201
    for partner in (PARTNER, UNINVOLVED):
        document = refused(client.withdraws(partner=partner), 422, "rule-broken")
        assert (document["rule"], pointers(document)) == ("no-consent-to-withdraw", ["/partner"])
    unknown = refused(client.withdraws(partner=str(uuid4())), 422, "rule-broken")
    assert (unknown["rule"], pointers(unknown)) == ("unknown-partner", ["/partner"])
    assert client.withdrawals() == 3


def test_an_unknown_client_or_one_of_no_clinic_of_the_caller_is_not_there(client: Client) -> None:
    def token(clinic: str) -> str:
        return client.served.service.token("coordinator", clinics=(UUID(clinic),))

    refused(client.withdraws(token=token(NOWHERE)), 404, "not-found")
    refused(client.withdraws(token=client.served.service.token(network="other")), 404, "not-found")
    nobody = f"/v1/clients/{uuid4()}/sharing-withdrawals"
    refused(client.served.api.record(nobody, {"partner": PARTNER}), 404, "not-found")
    assert client.withdrawals() == 0
    assert client.withdraws(token=token(THERE)).status_code == 201, "one clinic's word holds in all"
    assert client.withdrawals() == 3


@pytest.mark.parametrize(
    ("role", "may"),
    [
        *((role, True) for role in ("therapist", "supervisor", "coordinator", "service", "privacy_officer")),
        *((role, False) for role in ("partner", "auditor")),
    ],
)
def test_who_may_say_it_for_the_client(client: Client, role: str, may: bool) -> None:
    token = client.served.service.token(role, organisation=UUID(PARTNER), clinics=(UUID(CLINIC),))
    answer = client.withdraws(token=token)
    if may:
        assert answer.status_code == 201
    else:
        assert refused(answer, 403, "forbidden")["rule"] == "role-not-allowed"
    assert client.withdrawals() == (3 if may else 0)


def test_a_clinic_that_has_the_episodes_no_more_may_repeat_its_own(client: Client) -> None:
    key, mine = uuid4(), client.served.service.token("coordinator", clinics=(UUID(CLINIC),))
    first = client.withdraws(key=key, token=mine)
    for story in (client.stories[0], client.stories[2]):
        story.tell("transfers", {"/to/clinic": THERE})
    assert client.withdraws(key=key, token=mine).content == first.content
    refused(client.withdraws(token=mine), 404, "not-found")


def _at_once(asks: list[Callable[[], Any]]) -> list[Any]:
    with ThreadPoolExecutor(len(asks)) as callers:
        return [asked.result(30) for asked in [callers.submit(ask) for ask in asks]]


@pytest.mark.parametrize("turn", range(4))
def test_among_writers_of_the_same_episodes_it_is_all_or_nothing(
    client: Client, second: Api, turn: int
) -> None:
    """Two processes write the episodes while it is decided: a lost race must not end half of them."""
    apis = (client.served.api, second)

    def flags(number: int) -> list[int]:
        story = client.stories[number % 2]
        return [apis[number // 2].record(f"{story.path}/red-flags", FLAG).status_code for _ in range(12)]

    asks = [partial(flags, number) for number in range(4)]
    withdrawn, *written = _at_once([partial(client.withdraws, apis[turn % 2]), *asks])
    assert withdrawn.status_code in (201, 409), withdrawn.text
    assert client.withdrawals() == (3 if withdrawn.status_code == 201 else 0)
    assert {status for some in written for status in some} <= {201, 409}
    for story in client.stories[:2]:
        events = client.served.api.http.get(f"{story.path}/history").json()["events"]
        assert [event["version"] for event in events] == list(range(1, len(events) + 1))


def test_two_at_once_end_each_consent_once(client: Client, second: Api) -> None:
    apis = (client.served.api, second) * 3
    answers = _at_once([partial(client.withdraws, api) for api in apis])
    assert [answer.status_code for answer in answers].count(201) == 1
    assert {answer.status_code for answer in answers} <= {201, 409, 422}
    assert client.withdrawals() == 3


def test_equal_keys_at_once_are_one_withdrawal(client: Client, second: Api) -> None:
    key, apis = uuid4(), (client.served.api, second) * 4
    answers = _at_once([partial(client.withdraws, api, key) for api in apis])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert client.withdrawals() == 3

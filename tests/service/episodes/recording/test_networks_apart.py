"""Whatever callers of another network ask of a process, each network is told what it would have been told
alone: two networks, two processes, one log, in any order.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from episodes.http.examples import CLINIC, EXAMPLES, PARTNER, THERAPIST
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually

DEMO, OTHER, ALONE = "demo", "other", "alone"
ITS_OWN = re.compile(
    r"\"(demo|other|alone)\"|[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d{2}-\d{2}T[0-9:.]+(Z|[+-]\d{2}:\d{2})?"
)

Step = tuple[str, int, str, bool]
"""The network that asks, the process it asks, what for, and whether of the other network's episode."""

BODIES: dict[str, tuple[str, Any]] = {
    "flag": ("red-flags", EXAMPLES["RedFlagRaisedCommand"]),
    "assess": ("assessments", EXAMPLES["AssessedCommand"]),
    "check": ("session-checks", EXAMPLES["SessionCheckedCommand"]),
    "report": ("partner-reports", EXAMPLES["PartnerReportedCommand"]),
    "share": (
        "sharing-consents",
        {"partner": PARTNER, "kinds": ["assessments", "flags"], "given": {"by": "client"}},
    ),
}
READS = ("state", "history", "event")


@dataclass
class Network:
    """The callers of one network, who know one episode of their own and one that is not."""

    name: str
    tokens: dict[str, str]
    apis: Sequence[Api]
    client: str = field(default_factory=lambda: str(uuid4()))
    episode: str = ""
    foreign: str = field(default_factory=lambda: str(uuid4()))
    consents: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    assessed: str = ""

    def send(
        self, process: int, method: str, path: str, body: Any = None, role: str = "service"
    ) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.tokens[role]}", "idempotency-key": str(uuid4())}
        return self.apis[process].http.request(method, path, json=body, headers=headers)

    def begin(self) -> None:
        """An episode with an assessment and a consent to share it, recorded by the first process."""
        assert self.send(0, "PUT", f"/v1/clients/{self.client}", EXAMPLES["Client"] | NAMELESS).is_success
        opening = EXAMPLES["EpisodeOpenedCommand"] | {"client": self.client}
        opened = self.send(0, "POST", "/v1/episodes", opening)
        self.episode = opened.json()["episode"]["id"]
        self.assessed = self.ask(0, "assess", False).json()["events"][0]["id"]
        self.ask(0, "share", False)

    def ask(self, process: int, what: str, foreign: bool) -> httpx.Response:
        path = f"/v1/episodes/{self.foreign if foreign else self.episode}"
        if what in BODIES:
            resource, body = BODIES[what]
            answer = self.send(process, "POST", f"{path}/{resource}", body)
        elif what == "withdraw":
            about = self.consents[-1] if self.consents else self.client
            answer = self.send(
                process, "POST", f"{path}/sharing-consents/{about}/withdrawal", {"by": "client"}
            )
        elif what == "clear":
            about = self.flags[-1] if self.flags else self.client
            answer = self.send(
                process, "POST", f"{path}/red-flags/{about}/clearance", EXAMPLES["RedFlagClearedCommand"]
            )
        elif what == "question":
            answer = self.send(process, "POST", "/v1/disclosure-decisions", [self._question()])
        elif what == "partner's report":
            body = EXAMPLES["PartnerReportedCommand"]
            answer = self.send(process, "POST", f"{path}/partner-reports", body, role="partner")
        else:
            below = {"state": "", "history": "/history", "event": f"/events/{self.assessed}"}[what]
            answer = self.send(process, "GET", path + below)
        self._remember(what, foreign, answer)
        return answer

    def _remember(self, what: str, foreign: bool, answer: httpx.Response) -> None:
        if answer.status_code == 201 and not foreign and what in ("share", "flag"):
            kept = self.consents if what == "share" else self.flags
            kept.append(answer.json()["events"][0]["id"])

    def _question(self) -> dict[str, str]:
        return {
            "event_id": self.assessed,
            "partner": PARTNER,
            "subscription_id": str(uuid4()),
            "level": "notice",
        }


NAMELESS: dict[str, Any] = {"identifiers": []}
ASKED = (*BODIES, *READS, "withdraw", "clear", "question", "partner's report")
STEPS = st.lists(
    st.tuples(st.sampled_from((DEMO, OTHER)), st.integers(0, 1), st.sampled_from(ASKED), st.booleans()),
    max_size=16,
)


@dataclass(frozen=True)
class Served:
    service: Service
    apis: Sequence[Api]

    def network(self, name: str) -> Network:
        partner = UUID(PARTNER)
        tokens = {
            "service": self.service.token(subject=THERAPIST, network=name),
            "partner": self.service.token("partner", PARTNER, network=name, organisation=partner),
        }
        return Network(name, tokens, self.apis)


@pytest.fixture(scope="module")
def served(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    directory, names = tmp_path_factory.mktemp("networks"), ",".join((DEMO, OTHER, ALONE))
    with serving(postgres, directory, networks=names) as (service, first):
        second = service.start(networks=names)
        eventually(second.ready, "the second API is ready")
        served = Served(service, (first, second))
        for name in (OTHER, ALONE):
            desk = served.network(name)
            for path, kind in ((f"clinics/{CLINIC}", "Clinic"), (f"staff/{THERAPIST}", "Staff")):
                assert desk.send(0, "PUT", f"/v1/{path}", EXAMPLES[kind]).is_success
            assert desk.send(0, "PUT", f"/v1/partners/{PARTNER}", EXAMPLES["Partner"]).is_success
        yield served


def told(answer: httpx.Response) -> tuple[int, str]:
    """What the caller is told, but for ids, times and the name of the network."""
    return answer.status_code, ITS_OWN.sub("#", answer.text)


def withdrawn_elsewhere(asked: str) -> list[Step]:
    """A consent withdrawn through the second process, and the other network's request to the first."""
    return [(DEMO, 1, "withdraw", False), (OTHER, 0, asked, True), (DEMO, 0, "question", False)]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(STEPS)
@example(withdrawn_elsewhere("partner's report"))
@example(withdrawn_elsewhere("flag"))
@example(
    [
        (DEMO, 0, "flag", False),
        *((OTHER, 1, asked, True) for asked in ("flag", "state", "partner's report")),
        *(
            (DEMO, 1, asked, False)
            for asked in ("question", "check", "clear", "withdraw", "state", "history")
        ),
    ]
)
def test_each_network_is_told_what_it_would_be_told_alone(served: Served, steps: list[Step]) -> None:
    together = {name: served.network(name) for name in (DEMO, OTHER)}
    for network in together.values():
        network.begin()
    together[DEMO].foreign, together[OTHER].foreign = together[OTHER].episode, together[DEMO].episode
    answers = [(name, told(together[name].ask(process, what, far))) for name, process, what, far in steps]
    for name in together:
        alone = served.network(ALONE)
        alone.begin()
        expected = [told(alone.ask(process, what, far)) for one, process, what, far in steps if one == name]
        assert [answer for one, answer in answers if one == name] == expected

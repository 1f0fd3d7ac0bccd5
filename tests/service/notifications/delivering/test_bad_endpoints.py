"""Partners whose endpoints misbehave in every way at once: each schedule is kept, nobody else is harmed."""

import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from tests.support.memory import resident_mib
from tests.support.notifications import bad_endpoints as bad
from tests.support.notifications.bad_endpoints import BadEndpoint
from tests.support.notifications.http_servers import EpisodesService, PartnerEndpoint
from tests.support.notifications.published_events import Care
from tests.support.notifications.service_process import Api, Notifications
from tests.support.notifications.subscribed_partner import Partner, owe, told
from tests.support.servers.certificates import self_signed
from tests.support.waiting import eventually

WAITS = (0.0, 0.5, 2.0)
"""Seconds before each attempt; a fifth more or less, by chance."""
SPREAD = 0.2
ASKED_TO_WAIT = 4.0
SETTINGS = {
    "retry_seconds": ",".join(map(str, WAITS)),
    "question_seconds": "2",
    "attempt_seconds": "2",
    "lease_seconds": "6",
}
SLACK = 10.0
"""Seconds until a retry that is due is taken up: the poll, and a machine that is busy."""
SESSIONS = 20
Endpoint = PartnerEndpoint | BadEndpoint
MEMORY_MIB = 64
"""By which the deliverer may grow, whoever sends it a gigabyte."""

EXPECTED: Mapping[str, tuple[str, Any]] = MappingProxyType(
    {
        "answers 500": ("failed", 500),
        "redirects": ("failed", 302),
        "asks to wait": ("failed", 429),
        "hangs": ("failed", "timeout"),
        "drips its answer": ("failed", "timeout"),
        "resets": ("failed", "connection_lost"),
        "speaks no http": ("failed", "invalid_answer"),
        "speaks no tls": ("failed", "tls_failed"),
        "is not trusted": ("failed", "tls_failed"),
        "drips its reply": ("delivered", 200),
        "sends a gigabyte": ("delivered", 200),
    }
)
"""What becomes of a delivery, and what each of its attempts met."""
SLOWEST = ("hangs", "drips its answer")


@pytest.fixture
def endpoints(tmp_path: Path) -> Iterator[Mapping[str, Endpoint]]:
    untrusted = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    untrusted.load_cert_chain(self_signed(tmp_path))
    made: dict[str, Endpoint] = {
        "answers 500": PartnerEndpoint(500),
        "redirects": PartnerEndpoint(302, headers={"Location": "http://127.0.0.1:1/"}),
        "asks to wait": PartnerEndpoint(429, headers={"Retry-After": str(int(ASKED_TO_WAIT))}),
        "hangs": BadEndpoint(bad.hangs),
        "drips its answer": BadEndpoint(bad.drips_its_answer),
        "resets": BadEndpoint(bad.resets),
        "speaks no http": BadEndpoint(bad.speaks_no_http),
        "speaks no tls": BadEndpoint(bad.speaks_no_http, scheme="https"),
        "is not trusted": BadEndpoint(bad.hangs, untrusted, scheme="https"),
        "drips its reply": BadEndpoint(bad.drips_its_reply),
        "sends a gigabyte": BadEndpoint(bad.sends_a_gigabyte),
    }
    with ExitStack() as running:
        for endpoint in made.values():
            running.enter_context(endpoint)
        yield made


def test_whatever_endpoints_do_each_schedule_is_kept_and_nobody_else_is_harmed(
    service: Notifications, episodes: EpisodesService, api: Api, endpoints: Mapping[str, Endpoint]
) -> None:
    shared, quiet = Care(), Care()
    with PartnerEndpoint() as well:
        partners = {name: Partner(api, service, endpoint) for name, endpoint in endpoints.items()}
        unharmed = Partner(api, service, well)
        events = [*told(shared, *partners.values()), shared.session(), *told(quiet, unharmed)]
        owe(service, len(partners) + SESSIONS, *events, *(quiet.session() for _ in range(SESSIONS)))
        with service.running("deliver", **SETTINGS) as deliver:
            eventually(lambda: well.received, within=20)
            before = resident_mib(deliver.pid)
            eventually(lambda: set(unharmed.states()) == {"delivered"}, within=20)
            assert {partners[name].states()[0] for name in SLOWEST} == {"pending"}, (
                "it waited for none of them"
            )
            eventually(lambda: service.count("deliveries", "state = 'pending'") == 0, within=60)
            assert resident_mib(deliver.pid) - before < MEMORY_MIB
    assert {len(it["attempts"]) for it in unharmed.deliveries()} == {1}
    for name, partner in partners.items():
        (delivery,) = partner.deliveries()
        met = [it["status"] or it["error"] for it in delivery["attempts"]]
        state, each = EXPECTED[name]
        assert (name, delivery["state"], met) == (name, state, [each] * (3 if state == "failed" else 1))
        _assert_waited(delivery["attempts"], at_least=ASKED_TO_WAIT if name == "asks to wait" else 0.0)


def _assert_waited(attempts: Sequence[Mapping[str, Any]], at_least: float) -> None:
    for (earlier, later), wait in zip(pairwise(attempts), WAITS[1:], strict=False):
        ended = datetime.fromisoformat(earlier["at"]) + timedelta(milliseconds=earlier["duration_ms"])
        waited = (datetime.fromisoformat(later["at"]) - ended).total_seconds()
        assert max(wait * (1 - SPREAD), at_least) - 0.01 <= waited
        assert waited <= max(wait * (1 + SPREAD), at_least) + SLACK

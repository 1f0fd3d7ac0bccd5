"""Answers that never begin, or are wrong after their head: nobody else waits, and the status decides."""

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.support.memory import resident_mib
from tests.support.notifications.bad_endpoints import BadEndpoint, Behave, never_ends, says
from tests.support.notifications.http_servers import EpisodesService, PartnerEndpoint
from tests.support.notifications.published_events import Care
from tests.support.notifications.service_process import Api, Notifications
from tests.support.notifications.subscribed_partner import Partner, owe, take_in, told
from tests.support.waiting import eventually

EIGHT = 8
"""As many as one endpoint has under way at once."""
CPU_SECONDS, MEMORY_MIB = 3.0, 32
"""What the deliverer may spend on all of them, with an attempt for another partner each."""
SETTINGS = {"retry_seconds": "0", "attempt_seconds": "15"}


def early_hint(_: int) -> bytes:
    return b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"


def growing_interim(number: int) -> bytes:
    lines = b"".join(b"x-%d: processing\r\n" % line for line in range(min(number, 100)))
    return b"HTTP/1.1 102 Processing\r\n" + lines + b"\r\n"


def header_line(number: int) -> bytes:
    return b"x-%d: %b\r\n" % (number, b"." * 4000)


def continued_line(_: int) -> bytes:
    return b" and so on"


def blank_line(_: int) -> bytes:
    return b"\r\n"


OK = b"HTTP/1.1 200 OK\r\n"
ENDLESS: Mapping[str, Behave] = MappingProxyType(
    {
        "early hints": never_ends(early_hint),
        "interim responses that grow": never_ends(growing_interim),
        "header lines": never_ends(header_line, OK),
        "one header line": never_ends(continued_line, OK + b"x: "),
        "blank lines": never_ends(blank_line),
        "an interim response whose header lines have no end": never_ends(
            header_line, b"HTTP/1.1 103 Early Hints\r\n"
        ),
    }
)


@pytest.mark.parametrize("kind", ENDLESS)
def test_an_answer_that_never_begins_costs_little_and_delays_nobody(
    kind: str, service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    theirs, ours = Care(), Care()
    with PartnerEndpoint() as well, BadEndpoint(ENDLESS[kind]) as bad:
        healthy, flooding = Partner(api, service, well), Partner(api, service, bad)
        owe(service, 1, *told(ours, healthy), *told(theirs, flooding), ours.session())
        with service.running("deliver", **SETTINGS) as deliver:
            eventually(lambda: well.has(1))
            cpu, memory = cpu_seconds(deliver.pid), resident_mib(deliver.pid)
            take_in(service, *(theirs.session() for _ in range(EIGHT)))
            for number in range(2, 6):
                take_in(service, ours.session())
                eventually(partial(well.has, number), within=2)
            eventually(lambda: set(flooding.states()) == {"failed"}, within=20)
            assert cpu_seconds(deliver.pid) - cpu < CPU_SECONDS
            assert resident_mib(deliver.pid) - memory < MEMORY_MIB
    met = {attempt["error"] for delivery in flooding.deliveries() for attempt in delivery["attempts"]}
    assert met == {"invalid_answer"}


DECIDED: Mapping[str, tuple[int, bytes]] = MappingProxyType(
    {
        "a body that 204 must not have": (204, b"HTTP/1.1 204 No Content\r\n\r\nthank you"),
        "a body that 204 names": (204, b"HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nthank"),
        "chunks that are none": (200, OK + b"transfer-encoding: chunked\r\n\r\nthank you\r\n"),
        "a chunk too short": (202, b"HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\nff\r\nthank"),
        "less than its length": (200, OK + b"content-length: 50\r\n\r\nthank you"),
        "more than its length": (200, OK + b"content-length: 5\r\n\r\nthank you"),
        "no gzip": (200, OK + b"content-encoding: gzip\r\ncontent-length: 5\r\n\r\nthank"),
        "ten interim responses before": (204, early_hint(0) * 10 + b"HTTP/1.1 204 No Content\r\n\r\n"),
        "lines that end with LF alone": (204, b"HTTP/1.1 204 No Content\nx: y\n\nthank you"),
    }
)


@pytest.mark.parametrize("kind", DECIDED)
def test_the_status_of_a_whole_head_decides_whatever_follows(
    kind: str, service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    status, answer = DECIDED[kind]
    care = Care()
    with BadEndpoint(says(answer)) as endpoint:
        partner = Partner(api, service, endpoint)
        owe(service, 2, *told(care, partner), care.session(), care.session())
        with service.running("deliver", **SETTINGS):
            eventually(lambda: service.count("deliveries", "state = 'pending'") == 0)
    met = [(it["state"], *(try_["status"] for try_ in it["attempts"])) for it in partner.deliveries()]
    assert met == [("delivered", status)] * 2


def cpu_seconds(pid: int) -> float:
    """What a process has used of a processor so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

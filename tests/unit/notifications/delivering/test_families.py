"""Endpoints with addresses of both families, of one, and with some that lead nowhere or inside."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from notifications.delivering.addresses import SAFE_PORTS, AddressRules
from notifications.delivering.names import Names
from notifications.delivering.schedule import Answered, Outcome, Unanswered, Unusable
from notifications.delivering.webhooks import HttpEndpoint
from tests.support.notifications.name_server import NameServer

FOUR, SIX = "127.0.0.1", "::1"
INSIDE = "10.0.0.1 10.0.0.2 fd00::1 fe80::1 2001:db8::1"
FAMILIES = {FOUR: socket.AF_INET, SIX: socket.AF_INET6}


@pytest.mark.parametrize(
    ("addresses", "answering"),
    [
        (SIX, SIX),
        (FOUR, FOUR),
        (f"{FOUR} {SIX}", SIX),
        (f"{FOUR} {SIX}", FOUR),
        (f"{INSIDE} {FOUR}", FOUR),
        (f"{INSIDE} {SIX}", SIX),
    ],
)
def test_the_address_that_answers_is_found_whatever_the_others(addresses: str, answering: str) -> None:
    with port_of(answering, answers=True) as port:
        assert post(addresses, port) == Answered(204)


@pytest.mark.parametrize("silent", [FOUR, SIX])
def test_a_family_that_leads_nowhere_holds_up_an_attempt_for_a_moment_only(silent: str) -> None:
    other = FOUR if silent == SIX else SIX
    with port_of(other, answers=True) as port, port_of(silent, port):
        began = time.monotonic()
        assert post(f"{FOUR} {SIX}", port, seconds=20) == Answered(204)
        assert time.monotonic() - began < 4


@pytest.mark.parametrize("addresses", ["10.0.0.1", "10.0.0.1 192.168.0.1", "fd00::1", INSIDE])
def test_addresses_inside_are_no_attempt_however_many_and_of_whichever_family(addresses: str) -> None:
    assert post(addresses, 443) == Unusable()


def test_where_none_answers_the_attempt_failed() -> None:
    with port_of(FOUR, answers=True) as port:
        pass  # nobody listens there any more
    assert post(f"{FOUR} {SIX}", port) == Unanswered("connection_refused")


@pytest.mark.parametrize(
    ("url", "permitted"),
    [
        ("https://[2606:4700::1111]/care", True),
        ("https://[2606:4700::1111]:8443/care", True),
        ("https://[2606:4700::1111%25eth0]/care", False),
        ("https://[2606:4700::1111%eth0]/care", False),
        ("https://[fe80::1%25eth0]/care", False),
        ("https://[fd00::1]/care", False),
        ("https://[::1]/care", False),
        ("https://[::ffff:10.0.0.1]/care", False),
        ("https://[2002:a00:1::]/care", False),
        ("https://[2606:4700::1111/care", False),
    ],
)
def test_an_address_of_six_may_be_subscribed_if_it_is_public_and_of_no_zone(
    url: str, permitted: bool
) -> None:
    rules = AddressRules(allow_http=False, allow_loopback=False, ports=SAFE_PORTS)
    assert (list(rules.broken_by(url)) == []) is permitted


def post(addresses: str, port: int, seconds: float = 5) -> Outcome | Unusable:
    """What becomes of a webhook to a name with these addresses."""

    async def posted(server: str) -> Outcome | Unusable:
        names = Names.of_servers([server], seconds=3)
        async with HttpEndpoint(seconds, names, allow_loopback=True, allow_http=True) as endpoint:
            return await endpoint.post(f"http://partner.test:{port}/hook", {}, b"{}")

    with NameServer({"partner.test": addresses}) as server:
        return asyncio.run(posted(server.address))


@contextmanager
def port_of(address: str, port: int = 0, answers: bool = False) -> Iterator[int]:
    """A port that answers each request with 204; otherwise it is silent, as if packets went nowhere."""
    with ExitStack() as opened:
        listening = opened.enter_context(
            socket.create_server((address, port), family=FAMILIES[address], backlog=0)
        )
        port = listening.getsockname()[1]
        if answers:
            threading.Thread(target=_answer, args=(listening,), daemon=True).start()
            opened.callback(listening.shutdown, socket.SHUT_RDWR)
        else:
            for _ in range(4):  # what does not fit into its queue gets no answer
                full = opened.enter_context(socket.socket(FAMILIES[address]))
                full.setblocking(False)
                full.connect_ex((address, port))
        yield port


def _answer(listening: socket.socket) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

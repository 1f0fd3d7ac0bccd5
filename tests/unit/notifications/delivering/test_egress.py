"""Where webhooks may go: never back inside, however an address is written or a name resolves."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

import pytest

from notifications.delivering.egress import is_public, may_connect
from notifications.delivering.names import Names
from notifications.delivering.schedule import Answered, Outcome, Unanswered, Unusable
from notifications.delivering.webhooks import HttpEndpoint
from tests.support.notifications.http_servers import PartnerEndpoint
from tests.support.notifications.name_server import NameServer

INSIDE = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1",
    "127.255.255.254", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1",
    "192.0.0.9", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1",
    "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1",
]  # fmt: skip
OUTSIDE = ["1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.0.1", "192.0.1.1", "2606:4700::1111"]
WRITTEN_OTHERWISE = [
    "http://127.0.0.1", "http://127.1", "http://2130706433", "http://0x7f.1", "http://0x7f000001",
    "http://017700000001", "http://0177.0.0.1", "http://localhost", "http://[::1]", "http://[::ffff:127.0.0.1]",
    "http://[::ffff:7f00:1]", "http://0", "http://0.0.0.0", "http://[::]", "http://127.0.0.1.", "http://localhost.",
    "http://１２７.0.0.1", "http://127。0。0。1", "http://user@127.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_denied(address: str) -> None:
    assert not is_public(ip_address(address))
    assert not may_connect(address, allow_loopback=False)


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_outside_is_allowed(address: str) -> None:
    assert is_public(ip_address(address))


def test_the_development_setting_opens_loopback_and_nothing_else() -> None:
    assert may_connect("127.0.0.1", allow_loopback=True)
    assert may_connect("::1", allow_loopback=True)
    for address in INSIDE:
        if not ip_address(address).is_loopback:
            assert not may_connect(address, allow_loopback=True), address


@pytest.mark.parametrize("address", WRITTEN_OTHERWISE)
def test_no_way_of_writing_it_connects_to_this_machine(address: str) -> None:
    with counting_listener() as (port, connections):
        outcome = asyncio.run(post(f"{address}:{port}/hook", allow_loopback=False))
    assert isinstance(outcome, Unanswered | Unusable)
    assert connections == []


def test_a_name_that_resolves_inside_is_denied_when_connecting() -> None:
    with counting_listener() as (port, connections), NameServer({"inside.test": "127.0.0.1"}) as names:
        outcome = asyncio.run(post(f"http://inside.test:{port}/hook", allow_loopback=False, names=names))
    assert outcome == Unusable()
    assert connections == []
    assert names.asked == {"inside.test"}


def test_an_answer_that_is_kept_is_judged_again_at_each_connection() -> None:
    async def twice(url: str, servers: list[str]) -> list[Outcome | Unusable]:
        names = Names.of_servers(servers, seconds=2)
        async with HttpEndpoint(3, names, True, True) as first:
            before = await first.post(url, {}, b"{}")
            async with HttpEndpoint(3, names, False, True) as second:
                return [before, await second.post(url, {}, b"{}")]

    with PartnerEndpoint() as endpoint, NameServer({"known.test": "127.0.0.1"}) as names:
        outcomes = asyncio.run(twice(f"http://known.test:{endpoint.port}/hook", [names.address]))
    assert outcomes == [Answered(204), Unusable()]
    assert len(endpoint.received) == 1
    assert names.count("known.test") == 1


@pytest.mark.parametrize("name", ["inside.test", "unknown.test", "silent.test"])
def test_what_is_inside_and_what_is_not_there_are_told_in_one_word(name: str) -> None:
    with NameServer({"inside.test": "10.0.0.1"}, silent=["silent.test"]) as names:
        outcome = asyncio.run(post(f"http://{name}/hook", allow_loopback=False, names=names))
    assert outcome == Unusable()


def test_the_listener_of_these_tests_would_notice_a_connection() -> None:
    with counting_listener() as (port, connections):
        asyncio.run(post(f"http://127.0.0.1:{port}/hook", allow_loopback=True))
    assert len(connections) == 1


def test_a_redirect_is_not_followed() -> None:
    with PartnerEndpoint() as elsewhere:
        moved = {"Location": elsewhere.address}
        with PartnerEndpoint(302, headers=moved) as endpoint:
            outcome = asyncio.run(post(endpoint.address, allow_loopback=True))
    assert outcome == Answered(302)
    assert elsewhere.received == []


def test_a_proxy_in_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with PartnerEndpoint() as endpoint, counting_listener() as (port, connections):
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        outcome = asyncio.run(post(endpoint.address, allow_loopback=True))
    assert outcome == Answered(204)
    assert connections == []


def test_plain_http_is_for_development_only() -> None:
    with PartnerEndpoint() as endpoint:
        outcome = asyncio.run(post(endpoint.address, allow_loopback=True, allow_http=False))
    assert outcome == Unusable()
    assert endpoint.received == []


@pytest.mark.parametrize(
    "url", ["", "ftp://x/", "file:///etc/passwd", "http://", "http://[", "https://x:99999/"]
)
def test_what_is_no_address_reaches_nobody_and_is_no_defect(url: str) -> None:
    assert isinstance(asyncio.run(post(url, allow_loopback=True)), Unanswered | Unusable)


def test_an_endpoint_that_sends_without_end_costs_a_moment_only() -> None:
    with endless_server() as port:
        outcome = asyncio.run(post(f"http://127.0.0.1:{port}/hook", allow_loopback=True))
    assert outcome == Answered(200)


async def post(
    url: str, allow_loopback: bool, allow_http: bool = True, names: NameServer | None = None
) -> Outcome | Unusable:
    servers = [] if names is None else [names.address]
    resolver = Names.of_servers(servers, seconds=1)
    async with HttpEndpoint(3, resolver, allow_loopback, allow_http) as endpoint:
        return await endpoint.post(url, {}, b"{}")


@contextmanager
def counting_listener() -> Iterator[tuple[int, list[str]]]:
    """A port of this machine that notes who connects, and hangs up."""
    connections: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_note, args=(listener, connections), daemon=True)
        thread.start()
        yield listener.getsockname()[1], connections
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def _note(listener: socket.socket, connections: list[str]) -> None:
    while True:
        try:
            connection, address = listener.accept()
        except OSError:
            return
        connections.append(address[0])
        connection.close()


@contextmanager
def endless_server() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_pour, args=(listener,), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)


def _pour(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
            while True:
                connection.sendall(b"x" * 65536)
        except OSError:
            return

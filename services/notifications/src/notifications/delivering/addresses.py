"""Which addresses a new subscription may have. Early advice only: each connection is judged by its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from yarl import URL

from notifications.delivering.egress import is_address, may_connect

SAFE_PORTS = frozenset({443, 8443})


class Place(NamedTuple):
    """What an address is told apart by: a partner has one subscription for each place."""

    host: str
    path: str


@dataclass(frozen=True, slots=True)
class AddressRules:
    """What is permitted beyond https to public addresses. `ports`: None for any."""

    allow_http: bool
    allow_loopback: bool
    ports: frozenset[int] | None

    def broken_by(self, url: str) -> Iterator[str]:
        """The names of the rules that an address breaks; none if it may be subscribed."""
        try:
            address = URL(url)
            host, port = address.host or "", address.port
        except ValueError:
            yield "address-not-valid"
            return
        if not host or port is None or address.user is not None or address.fragment:
            yield "address-not-valid"
        if address.scheme != "https" and not self.allow_http:
            yield "https-required"
        if is_address(host) and not may_connect(host, self.allow_loopback):
            yield "address-not-public"
        if self.ports is not None and port not in self.ports:
            yield "port-not-permitted"


def place_of(url: str) -> Place:
    """The place of an address, however it is written. Scheme, port and query make no other place."""
    address = URL(url)
    return Place((address.host or "").rstrip("."), address.path)

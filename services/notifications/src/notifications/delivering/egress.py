"""Restricts webhooks to public addresses. The address checked is the one that the socket connects to.

The ranges are our own list, because `ipaddress.is_global` accepts some that lead to private networks.
"""

import errno
import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from aiohttp import AddrInfoType

_DENIED_4 = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)

_PUBLIC_6 = ip_network("2000::/3")
_DENIED_6 = tuple(
    ip_network(text)
    for text in (
        "2001::/23",  # protocol assignments, including Teredo
        "2001:db8::/32",
        "2002::/16",  # 6to4 embeds an IPv4 address
        "3fff::/20",
    )
)


class AddressDenied(OSError):
    """The address is not one to which webhooks may be sent."""

    def __init__(self) -> None:
        super().__init__(errno.EACCES, "address denied")


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is public. In IPv6 only global unicast is: none mapped, translated or local."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _DENIED_4)
    return address in _PUBLIC_6 and not any(address in network for network in _DENIED_6)


def may_connect(address: str, allow_loopback: bool) -> bool:
    """Whether webhooks may go to this address, given as text. Text that is not a plain address is denied; so
    is one with a zone, which is of one machine's own network.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.scope_id is not None:
        return False
    return is_public(parsed) or (allow_loopback and parsed.is_loopback)


def is_address(host: str) -> bool:
    """Whether the host of a URL is an address rather than a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def guarded_socket(allow_loopback: bool) -> Callable[[AddrInfoType], socket.socket]:
    """Create the socket for a connection to this resolved address. Raises `AddressDenied`.

    Every connection passes here: to a literal address, to a name, to a name that resolves differently now.
    """

    def make(address: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, (host, *_) = address
        if not may_connect(str(host), allow_loopback):
            raise AddressDenied
        return socket.socket(family, kind, protocol)

    return make

"""Whether an address keeps what is sent to it from others."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit


def on_this_machine(host: str) -> bool:
    """Whether it is a loopback address, or the name of one."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def confidential(address: str, *, plain_here: bool) -> bool:
    """Whether it is an https address without a password, or if `plain_here` one of http on this machine."""
    if "@" in address or re.search(r"[^!-~]", address):
        return False
    try:
        url = urlsplit(address)
        unusable = not url.hostname or url.port == 0 or url.fragment
    except ValueError:
        return False
    if unusable or url.hostname is None:
        return False
    return url.scheme == "https" or (url.scheme == "http" and plain_here and on_this_machine(url.hostname))

"""Reports by exit status whether the role in this container does its work, and not only runs."""

import os
import ssl
import sys
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import LiteralString
from urllib.request import urlopen

import psycopg

_SECONDS = 3
_HERE = ssl._create_unverified_context()  # noqa: S323 - the certificate is for the name by which others call us
_CAUGHT_UP = "SELECT bool_and(caught_up_at > now() - interval '30 seconds') FROM positions"
_LISTENING = "SELECT bool_or(query LIKE 'LISTEN %') FROM pg_stat_activity WHERE usename = current_user"


def ready(service: str, port: int) -> bool:
    """Whether the service answers, by https if it has a certificate, and can reach what it needs."""
    scheme = "https" if os.environ.get(f"{service.upper()}_TLS_CERTIFICATE_FILE") else "http"
    return _get(f"{scheme}://127.0.0.1:{port}/health/ready") is not None


def leading(role: str) -> bool:
    """Whether this process of the role is the active one."""
    port = os.environ[f"EPISODES_{role.upper()}_METRICS_PORT"]
    return f"\nepisodes_{role}_leading 1.0\n" in (_get(f"http://127.0.0.1:{port}/metrics") or "")


def true(query: LiteralString) -> bool:
    """Whether a condition is true in the database of the notifications service."""
    address = os.environ["NOTIFICATIONS_DATABASE_URL"]
    try:
        with psycopg.connect(address, connect_timeout=_SECONDS) as connection:
            return connection.execute(query).fetchone() == (True,)
    except psycopg.Error as fault:
        print(type(fault).__name__)
        return False


CHECKS: Mapping[str, Callable[[], bool]] = MappingProxyType(
    {
        "episodes": partial(ready, "episodes", 8000),
        "relay": partial(leading, "relay"),
        "project": partial(leading, "project"),
        "notifications": partial(ready, "notifications", 8001),
        "consume": partial(true, _CAUGHT_UP),
        "deliver": partial(true, _LISTENING),
        "partner": partial(ready, "partner", 8002),
    }
)


def _get(address: str) -> str | None:
    try:
        with urlopen(address, timeout=_SECONDS, context=_HERE) as answer:  # noqa: S310 - our own addresses
            text: str = answer.read().decode()
            return text
    except OSError as fault:
        print(fault)
        return None


if __name__ == "__main__":
    sys.exit(not CHECKS[sys.argv[1]]())

"""The addresses of a service's database. They hold passwords, so no refusal quotes any part of them."""

import re
from itertools import zip_longest

from psycopg import Error, pq
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr, ValidationInfo, field_validator

from care_platform.transport.addresses import on_this_machine
from care_platform.transport.environment import EnvironmentSettings, must_encrypt

_HOST = re.compile(r"[/@][!-~]+|[A-Za-z0-9._:%-]*")
"""A Unix socket's directory or abstract name, or a host's name or address."""
_UNREADABLE = "is no address that libpq can read; a password in it must be percent-encoded"
_PLAIN = (
    "must say sslmode=verify-full in production for a server on another machine, "
    "unless ENCRYPTED_ELSEWHERE names database"
)


class DatabaseSettings(EnvironmentSettings):
    """Addresses in either form of libpq's, which may name a Unix socket."""

    database_url: SecretStr = SecretStr("")
    owner_database_url: SecretStr = SecretStr("")

    @field_validator("database_url", "owner_database_url")
    @classmethod
    def _readable_and_encrypted(cls, value: SecretStr, others: ValidationInfo) -> SecretStr:
        if address := value.get_secret_value():
            _judge(address, must_encrypt("database", others))
        return value


def _judge(address: str, encrypted: bool) -> None:
    """Raises `ValueError` with a rule. libpq's own errors quote what may be a part of a password."""
    try:
        said = {name: str(value) for name, value in conninfo_to_dict(address).items()}
    except (Error, ValueError):
        raise ValueError(_UNREADABLE) from None
    hosts, ports = said.get("host", "").split(","), said.get("port", "").split(",")
    if not all(map(_HOST.fullmatch, hosts)) or any(port and not port.isdecimal() for port in ports):
        raise ValueError(_UNREADABLE)
    if re.search("[@/]", said.get("dbname", "")):
        raise ValueError(_UNREADABLE)
    if encrypted and not _here(said) and _in_effect(said, "sslmode") != "verify-full":
        raise ValueError(_PLAIN)


def _here(said: dict[str, str]) -> bool:
    """Whether each server is on this machine. A file of services could name any."""
    if _in_effect(said, "service"):
        return False
    hosts, addresses = (_in_effect(said, name).split(",") for name in ("host", "hostaddr"))
    places = [address or host for host, address in zip_longest(hosts, addresses, fillvalue="")]
    return all(not place or place[0] in "/@" or on_this_machine(place) for place in places)


def _in_effect(said: dict[str, str], name: str) -> str:
    """The value in the address, else that of libpq's own environment variables."""
    if name in said:
        return said[name]
    defaults = {option.keyword.decode(): option.val or b"" for option in pq.Conninfo.get_defaults()}
    return defaults.get(name, b"").decode(errors="replace")

"""The processes of both services on one machine: their names, commands and settings."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from demo.addresses import HOST, Addresses
from laptop.postgres import EmbeddedPostgres

Environment = Mapping[str, str]


@dataclass(frozen=True)
class Role:
    """A process: its name, its command, and the address that reports its readiness, if it has one."""

    name: str
    arguments: tuple[str, ...]
    environment: Environment
    ready: str | None = None

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", *self.arguments]


@dataclass(frozen=True)
class Plan:
    """The commands to run once beforehand, and the roles to keep running."""

    migrations: tuple[Role, ...]
    topics: tuple[Role, ...]
    roles: tuple[Role, ...]


def plan(addresses: Addresses, server: EmbeddedPostgres, home: Path, kafka: str | None, network: str) -> Plan:
    """The plan. The feed replaces Kafka unless a broker is named."""
    episodes = _episodes(addresses, home, kafka, network)
    notifications = _notifications(addresses, home, kafka, network)
    partner = {**_for_demo(addresses, episodes), "PARTNER_DIR": str(home / "partner")}

    def ready(address: str) -> str:
        return f"{address}/health/ready"

    def of(name: str, service: str, process: str, ready: str | None = None) -> Role:
        """A process that knows no other database address than that of its own role."""
        settings = episodes if service == "episodes" else notifications
        own = {f"{service.upper()}_DATABASE_URL": server.url(service, f"{service}_{process}")}
        return Role(name, (service, process), {**settings, **own}, ready)

    roles = [
        of("episodes-api", "episodes", "api", ready(addresses.episodes)),
        of("notifications-api", "notifications", "api", ready(addresses.notifications)),
        Role("partner", ("demo.partner",), partner, ready(addresses.partner)),
        of("project", "episodes", "project"),
        of("consume", "notifications", "consume"),
        of("deliver", "notifications", "deliver"),
    ]
    if kafka:
        roles.append(of("relay", "episodes", "relay"))
    return Plan(
        migrations=(
            _migration("episodes", episodes, server),
            _migration("notifications", notifications, server),
        ),
        topics=(Role("topics", ("episodes", "topics"), episodes),) if kafka else (),
        roles=tuple(roles),
    )


def _migration(service: str, settings: Environment, server: EmbeddedPostgres) -> Role:
    """The one process that knows the address of the owner."""
    owner = {f"{service.upper()}_OWNER_DATABASE_URL": server.url(service, f"{service}_owner")}
    return Role(f"{service}-migrate", (service, "migrate"), {**settings, **owner})


def walking(addresses: Addresses, home: Path) -> Role:
    """The walk of a case, as a further process."""
    return Role("walk", ("demo",), _for_demo(addresses, {**os.environ, **_keys(home, "episodes")}))


def service_tokens_file(home: Path) -> Path:
    return home / "keys" / "service-tokens.json"


def keys_environment(home: Path) -> Environment:
    """The settings that name the key for signing tokens."""
    return {**os.environ, **_keys(home, "episodes")}


def _episodes(addresses: Addresses, home: Path, kafka: str | None, network: str) -> Environment:
    return {
        **_service("EPISODES", addresses.episodes, network),
        **_keys(home, "episodes"),
        "EPISODES_KAFKA_BOOTSTRAP": kafka or "",
    }


def _notifications(addresses: Addresses, home: Path, kafka: str | None, network: str) -> Environment:
    return {
        **_service("NOTIFICATIONS", addresses.notifications, network),
        **_keys(home, "notifications"),
        "NOTIFICATIONS_SOURCE": "kafka" if kafka else "feed",
        "NOTIFICATIONS_KAFKA_BOOTSTRAP": kafka or "",
        "NOTIFICATIONS_EPISODES_URL": addresses.episodes,
        "NOTIFICATIONS_TOKENS_FILE": str(service_tokens_file(home)),
        "NOTIFICATIONS_ALLOW_LOOPBACK": "true",
    }


def _service(name: str, address: str, network: str) -> Environment:
    return {
        **os.environ,
        f"{name}_NETWORKS": network,
        f"{name}_HOST": HOST,
        f"{name}_PORT": str(urlsplit(address).port),
        f"{name}_PUBLIC_URL": address,
    }


def _keys(home: Path, service: str) -> Environment:
    keys, name = home / "keys", service.upper()
    return {
        f"{name}_ENVIRONMENT": "development",
        f"{name}_KEYS_DIR": str(keys / service),
        f"{name}_JWKS_FILE": str(keys / "jwks.json"),
    }


def _for_demo(addresses: Addresses, environment: Environment) -> Environment:
    return {
        **environment,
        "EPISODES_URL": addresses.episodes,
        "NOTIFICATIONS_URL": addresses.notifications,
        "PARTNER_URL": addresses.partner,
        "PARTNER_WEBHOOKS_URL": addresses.webhooks,
    }

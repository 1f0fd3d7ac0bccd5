"""The services that the clients walk against, and who the caller of each walk is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from tests.support.notifications.http_servers import PartnerEndpoint
from tests.support.servers.postgres import PostgresServer
from tests.support.stack import Stack

Settings = dict[str, str]


@contextmanager
def running(postgres: PostgresServer, directory: Path) -> Iterator[Callable[[], Settings]]:
    """Both services without Kafka, and a partner's endpoint. Each call returns the settings of a new walk."""
    with Stack(postgres, None, directory) as stack, PartnerEndpoint() as endpoint:
        yield lambda: _settings(stack, endpoint)


def _settings(stack: Stack, endpoint: PartnerEndpoint) -> Settings:
    """The environment of a walk: addresses, new ids, and a token for each role that it plays."""
    clinic, therapist, partner = uuid4(), uuid4(), uuid4()
    return {
        "EPISODES_URL": stack.url("api"),
        "NOTIFICATIONS_URL": stack.url("notifications"),
        "WEBHOOK_URL": endpoint.address,
        "CLINIC": str(clinic),
        "THERAPIST": str(therapist),
        "PARTNER": str(partner),
        "SERVICE_TOKEN": stack.token("service"),
        "THERAPIST_TOKEN": stack.token("therapist", subject=therapist, clinics=(clinic,)),
        "PARTNER_TOKEN": stack.token("partner", organisation=partner),
    }

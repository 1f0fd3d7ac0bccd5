"""What the endpoints need, created once by the composition root."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from prometheus_client import CollectorRegistry

from care_platform.auth.issuer_keys import IssuerKeys
from care_platform.auth.tokens import Verifier
from care_platform.clock_drift import ClockDrift
from care_platform.postgres.compatibility import StoreRevision
from care_platform.postgres.grants import Grant
from notifications.access import Caller
from notifications.delivering.addresses import AddressRules
from notifications.delivering.courier import Disclosure
from notifications.delivering.partners import Partners
from notifications.delivering.secret_sealing import Sealing
from notifications.postgres.connections import Database


@dataclass(frozen=True, slots=True)
class Services:
    """Includes the sources of time, ids and randomness. `revision` is the migration this release needs,
    and `grants` what its role must be allowed.
    """

    database: Database
    revision: str
    grants: Sequence[Grant]
    networks: Sequence[str]
    tokens: Verifier[Caller]
    issuer_keys: IssuerKeys
    sealing: Sealing
    disclosure: Disclosure
    partners: Partners
    metrics: CollectorRegistry
    drift: ClockDrift
    public_url: str
    addresses: AddressRules
    subscriptions_per_partner: int
    now: Callable[[], datetime]
    new_id: Callable[[], UUID]
    random_bytes: Callable[[int], bytes]
    store: StoreRevision = field(default_factory=StoreRevision)


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


async def _services(request: Request) -> Services:
    return services_of(request)


Here = Annotated[Services, Depends(_services)]
"""A parameter of an endpoint: its services."""

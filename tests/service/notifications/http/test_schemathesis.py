"""A stranger's reading of the OpenAPI document, tried on a running service: no answer but the documented."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.contract_examples import CONTRACTS
from tests.support.notifications.http_servers import EpisodesService, PartnerEndpoint
from tests.support.notifications.published_events import Care
from tests.support.notifications.service_process import Api, Issuer, Notifications, empty
from tests.support.notifications.subscribed_partner import Partner, owe, told
from tests.support.servers.postgres import Database

CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
DOCUMENT = schemathesis.openapi.from_path(CONTRACTS / "openapi" / "notifications.json")
FOUND = [found.ok() for found in DOCUMENT.get_all_operations() if isinstance(found, Ok)]
OPERATIONS = {operation.label: operation for operation in FOUND}
TAKES_ANY = [label for label in OPERATIONS if " /v1/" not in label] + ["GET /v1/subscriptions"]
"""Operations without anything that could be wrong."""
TRIED = [(label, GenerationMode.POSITIVE) for label in OPERATIONS]
TRIED += [(label, GenerationMode.NEGATIVE) for label in OPERATIONS if label not in TAKES_ANY]


class Served(NamedTuple):
    """A running service, what is stored there by the name of its parameter, and a token for each path."""

    url: str
    known: dict[str, str]
    tokens: dict[str, str]


@pytest.fixture(scope="module")
def served(
    migrated: Database,
    running_api: Api,
    issuer: Issuer,
    episodes_server: EpisodesService,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    """With a subscription that is owed two deliveries, and an item in the inbox."""
    episodes_server.forget()
    empty(migrated)
    logs: Path = tmp_path_factory.mktemp("schemathesis")
    service, care = Notifications(migrated, logs, issuer, episodes_server.url), Care()
    with PartnerEndpoint() as endpoint:
        partner = Partner(running_api, service, endpoint)
        owe(service, 2, *told(care, partner), care.session("no_consent"), care.session())
        (item,) = service.rows("SELECT item_id FROM inbox")
        yield Served(
            f"http://127.0.0.1:{running_api.port}",
            {"subscription_id": partner.subscription, "item_id": str(item["item_id"])},
            {
                "/v1/subscriptions": partner.token,
                "/v1/inbox": issuer.token("therapist", clinics=[care.clinic]),
            },
        )


@pytest.mark.parametrize(("operation", "mode"), TRIED)
def test_every_answer_is_as_the_document_says(served: Served, operation: str, mode: GenerationMode) -> None:
    """With data the document allows, and with data it does not; about what is there, and what is not."""
    method, path = operation.split(" ")
    token = next((token for prefix, token in served.tokens.items() if path.startswith(prefix)), None)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    may_be_known = mode is GenerationMode.POSITIVE and method != "DELETE"

    @settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(OPERATIONS[operation].as_strategy(generation_mode=mode), st.booleans())
    def tried(case: Case[Any], known: bool) -> None:
        if known and may_be_known:
            there = {name: served.known[name] for name in case.path_parameters if name in served.known}
            case.path_parameters.update(there)
        case.call_and_validate(base_url=served.url, headers=headers, checks=CHECKS)

    tried()

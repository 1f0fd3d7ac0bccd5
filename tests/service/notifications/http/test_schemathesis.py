"""A stranger's reading of the OpenAPI document, tried on a running service: no answer but the documented."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode

from tests.support.any_request import SOME, check, operations_of, tried
from tests.support.contract_examples import CONTRACTS
from tests.support.notifications.http_servers import EpisodesService, PartnerEndpoint
from tests.support.notifications.published_events import Care
from tests.support.notifications.service_process import Api, Issuer, Notifications, empty
from tests.support.notifications.subscribed_partner import Partner, owe, told
from tests.support.servers.postgres import Database

OPERATIONS = operations_of(schemathesis.openapi.from_path(CONTRACTS / "openapi" / "notifications.json"))


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


@pytest.mark.parametrize(("operation", "mode"), tried(OPERATIONS, "GET /v1/subscriptions"))
def test_every_answer_is_as_the_document_says(served: Served, operation: str, mode: GenerationMode) -> None:
    """With data the document allows, and with data it does not; about what is there, and what is not."""
    method, path = operation.split(" ")
    token = next((token for prefix, token in served.tokens.items() if path.startswith(prefix)), None)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    may_be_known = mode is GenerationMode.POSITIVE and method != "DELETE"

    @SOME
    @given(OPERATIONS[operation].as_strategy(generation_mode=mode), st.booleans())
    def sent(case: Case[Any], known: bool) -> None:
        if known and may_be_known:
            there = {name: served.known[name] for name in case.path_parameters if name in served.known}
            case.path_parameters.update(there)
        check(case, served.url, headers)

    sent()

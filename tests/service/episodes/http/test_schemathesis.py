"""A stranger's reading of the OpenAPI document, tried on a running service: no answer but the documented."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from episodes.api.app import create_app
from episodes.episode_list.query import PARAMETERS
from episodes.event_log.reader import Wake
from tests.support.episodes.api_process import serving
from tests.support.episodes.http_calls import bearer, tell
from tests.support.servers.postgres import PostgresServer

CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,  # the last: knows nothing of what is too large
]
DOCUMENT = schemathesis.openapi.from_dict(create_app(None, Wake(""), "").openapi())
FOUND = [found.ok() for found in DOCUMENT.get_all_operations() if isinstance(found, Ok)]
OPERATIONS = {operation.label: operation for operation in FOUND}
A_WRITE = next(it["schema"]["pattern"] for it in PARAMETERS if it["name"] == "after_write")
TAKES_ANY = [label for label in OPERATIONS if " /v1/" not in label]
"""Operations without anything that could be wrong."""
TRIED = [(label, GenerationMode.POSITIVE) for label in OPERATIONS]
TRIED += [(label, GenerationMode.NEGATIVE) for label in OPERATIONS if label not in TAKES_ANY]


class Served(NamedTuple):
    url: str
    headers: dict[str, str]


@pytest.fixture(scope="module")
def served(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(postgres, tmp_path_factory.mktemp("schemathesis")) as (service, api):
        tell(api)
        yield Served(api.url, bearer(service.token()))


@pytest.mark.parametrize(("operation", "mode"), TRIED)
def test_every_answer_is_as_the_document_says(served: Served, operation: str, mode: GenerationMode) -> None:
    """With data the document allows, and with data it does not."""

    @settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(OPERATIONS[operation].as_strategy(generation_mode=mode))
    def tried(case: Case[Any]) -> None:
        if str(case.query.get("wait")).isdecimal():
            del case.query["wait"]  # waiting is shown elsewhere, and would be most of this test
        if re.fullmatch(A_WRITE, str(case.query.get("after_write"))):
            del case.query["after_write"]  # the write of nobody is waited for, and ends in 503
        answer = case.call(base_url=served.url, headers=served.headers)
        too_large = answer.status_code == 413  # refused as well, before anybody looks what is wrong with it
        case.validate_response(answer, checks=CHECKS[:-1] if too_large else CHECKS)

    tried()

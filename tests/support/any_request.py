"""Any request that an OpenAPI document allows, and any that it does not, as Schemathesis draws them."""

from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any

from hypothesis import HealthCheck, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.effort import usually

_CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
SOME = settings(
    max_examples=usually(5, 15), deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
"""As many requests of an operation as there is time for, the same ones each time."""

Operations = dict[str, APIOperation[Any, Any, Any, Any]]


def check(case: Case[Any], url: str, headers: Mapping[str, str]) -> None:
    """Send it: the answer is one the document tells, and a refusal if the data is not allowed."""
    answer = case.call(base_url=url, headers=dict(headers))
    # What is too large is refused as well, before anybody looks what is wrong with it; Schemathesis counts
    # that as taken.
    too_large = answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    case.validate_response(answer, checks=_CHECKS[:-1] if too_large else _CHECKS)


def operations_of(document: BaseSchema) -> Operations:
    """Every operation, by method and path."""
    found = [it.ok() for it in document.get_all_operations() if isinstance(it, Ok)]
    return {operation.label: operation for operation in found}


def tried(operations: Operations, *takes_any: str) -> Collection[tuple[str, GenerationMode]]:
    """Each operation with allowed data, and with other data where anything could be wrong.

    Nothing could be outside `/v1`, nor with the operations in `takes_any`.
    """
    takes = [label for label in operations if " /v1/" not in label or label in takes_any]
    return [(label, GenerationMode.POSITIVE) for label in operations] + [
        (label, GenerationMode.NEGATIVE) for label in operations if label not in takes
    ]

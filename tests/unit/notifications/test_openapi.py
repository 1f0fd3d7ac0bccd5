"""The OpenAPI document, as strict generated clients need it."""

import json
from functools import cache
from typing import Any

import pytest

from notifications.processes.app import create_app

WANTED = "SubscriptionWanted"


@cache
def schemas() -> dict[str, Any]:
    found: dict[str, Any] = create_app().openapi()["components"]["schemas"]
    return found


def _may_be_null(schema: Any) -> bool:
    return '"null"' in json.dumps(schema)


@pytest.mark.parametrize("name", sorted(schemas().keys() - {WANTED}))
def test_no_list_or_object_that_may_be_null_is_called_required_in_an_answer(name: str) -> None:
    """It is sent all the same. openapi-generator's Java client refuses null there, and reads none of it."""
    fields, required = schemas()[name]["properties"], schemas()[name].get("required", ())
    refused = [
        it for it in required if _may_be_null(fields[it]) and ("items" in fields[it] or "anyOf" in fields[it])
    ]
    assert not refused


def test_a_list_that_must_not_be_empty_may_be_null_where_it_may_be_left_out() -> None:
    """Else openapi-generator's Java client sends it empty, unless its caller says otherwise."""
    fields = schemas()[WANTED]["properties"]
    assert [name for name, field in fields.items() if _may_be_null(field)] == ["event_types", "clinics"]

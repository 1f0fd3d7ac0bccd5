"""Every error becomes a problem document of the closed list; an unforeseen one says nothing of its cause."""

import json
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter, ValidationError
from starlette.exceptions import HTTPException

from care_platform.auth.issuer_keys import NoKeys
from care_platform.auth.refusals import TokenFault, Unauthenticated
from care_platform.http.limits import TooLarge
from care_platform.http.malformed import Malformed, pointer
from episodes import errors
from episodes.domain import refusals
from episodes.http.problems import KINDS, PROBLEMS

CORRELATION = UUID(int=1)


def told(error: Exception) -> dict[str, Any]:
    answer = PROBLEMS.answer(error, CORRELATION)
    document: dict[str, Any] = json.loads(bytes(answer.body))
    assert answer.status_code == document["status"]
    return document


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Unauthenticated(TokenFault.EXP_PASSED), "unauthenticated"),
        (NoKeys(), "unavailable"),
        (TooLarge("body"), "too-large"),
        (Malformed("/query/limit", "a whole number"), "malformed"),
        (refusals.NotAllowed("role-not-allowed"), "forbidden"),
        (refusals.Unknown("unknown-event", "/session"), "rule-broken"),
        (refusals.Unknown("unknown-consent"), "not-found"),
        (refusals.RuleBroken("plan-already-set"), "rule-broken"),
        (errors.InConflict(), "conflict"),
        (errors.TooLarge(), "too-large"),
        (errors.TooManyWaiting(), "unavailable"),
        (errors.TooManyRequests(), "too-many-requests"),
        (errors.StoreUnavailable(), "unavailable"),
        (HTTPException(405), "method-not-allowed"),
        (HTTPException(418), "malformed"),
        (RuntimeError("Ada Example has back pain"), "defect"),
    ],
)
def test_an_error_is_told_as_its_kind(error: Exception, kind: str) -> None:
    assert told(error)["type"] == f"/problems/{kind}"


def test_a_defect_says_nothing_of_its_cause() -> None:
    assert b"Ada" not in bytes(PROBLEMS.answer(RuntimeError("Ada Example"), CORRELATION).body)


@pytest.mark.parametrize(
    "error",
    [errors.TooManyWaiting(), errors.TooManyRequests(), errors.StoreUnavailable(), errors.InConflict()],
)
def test_what_may_be_tried_again_says_when(error: Exception) -> None:
    assert PROBLEMS.answer(error, CORRELATION).headers["retry-after"] == "1"
    assert KINDS[told(error)["type"].rpartition("/")[2]].retry


def test_a_pointer_escapes_what_json_pointers_escape() -> None:
    assert pointer(("goals", 0, "a/b~c")) == "/goals/0/a~1b~0c"


@pytest.mark.parametrize("kind", [UUID, datetime, date, float, int, bool])
def test_a_value_that_cannot_be_read_is_not_quoted(kind: type) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(kind).validate_json('"zzqq,zzqq:zzqq"')
    assert b"zzqq" not in bytes(PROBLEMS.answer(refused.value, CORRELATION).body)

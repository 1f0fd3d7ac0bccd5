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
from care_platform.http.rules import Rule
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


@pytest.mark.parametrize("rule", PROBLEMS.rules.values(), ids=lambda it: it.name)
def test_a_rule_that_refuses_is_told_with_its_meaning_and_where_it_is_explained(rule: Rule) -> None:
    document = told(refusals.RuleBroken(rule.name, "/plan"))
    assert document["type"] == "/problems/rule-broken"
    assert document["documentation"] == f"/problems/rules/{rule.name}"
    assert document["errors"] == [{"pointer": "/plan", "rule": rule.name, "detail": rule.meaning}]


def test_the_kinds_that_rules_are_behind_know_them() -> None:
    behind = {name: {rule.name for rule in PROBLEMS.behind(kind)} for name, kind in KINDS.items()}
    assert {name for name, rules in behind.items() if rules} == {"rule-broken", "forbidden"}
    assert {"plan-already-set", "referral-needs-consent", "contradicting-times"} <= behind["rule-broken"]
    assert not {"no-session-check", "long-episode", "own-licence"} & behind["rule-broken"]
    assert "own-licence" in behind["forbidden"]


def test_a_problem_without_a_rule_of_the_vocabulary_leads_to_none() -> None:
    for error in (errors.KeyReused(), errors.Behind(), Malformed("/path", "uuid"), RuntimeError()):
        assert "documentation" not in told(error)

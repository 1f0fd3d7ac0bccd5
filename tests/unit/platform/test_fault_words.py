"""Whatever pydantic finds is told in words of ours; what our own validators say is passed on."""

from typing import get_args

import pytest
from pydantic_core.core_schema import ErrorType

from care_platform.http.fault_words import told

CONTEXT = {"max_length": 3, "min_length": 1, "ge": 0, "le": 1.5, "expected": "'a' or 'b'"}


@pytest.mark.parametrize("kind", get_args(ErrorType))
def test_no_sentence_of_the_parser_reaches_a_caller(kind: str) -> None:
    quoting = {"error": UnicodeError("Ada Example"), "pattern": "^Ada$"}
    rule, detail = told({"type": kind, "loc": (), "msg": "Input should be Ada", "ctx": CONTEXT | quoting})
    assert "Ada" not in rule + detail
    assert "{" not in detail
    assert len(detail.split()) > 2


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"type": "string_too_long"}, ("too_long", "at most 3 characters")),
        ({"type": "too_short"}, ("too_short", "at least 1 entries")),
        ({"type": "greater_than_equal"}, ("at_least", "at least 0")),
        ({"type": "less_than_equal"}, ("at_most", "at most 1.5")),
        ({"type": "less_than_equal", "ctx": {"le": 1e6}}, ("at_most", "at most 1,000,000")),
        ({"type": "less_than_equal", "ctx": {"le": 2**53}}, ("at_most", "at most 9,007,199,254,740,992")),
        ({"type": "string_too_long", "ctx": {"max_length": 8000}}, ("too_long", "at most 8,000 characters")),
        ({"type": "literal_error"}, ("one_of", "one of: a, b")),
        ({"type": "extra_forbidden"}, ("unknown_field", "no field of this name exists here")),
        ({"type": "position", "msg": "a position that we gave"}, ("position", "a position that we gave")),
        ({"type": "value_error", "ctx": {"error": ValueError("an open shop")}}, ("value", "an open shop")),
    ],
)
def test_a_fault_is_told_with_its_limit(fault: dict[str, object], words: tuple[str, str]) -> None:
    assert told({"msg": "", "ctx": CONTEXT, **fault}) == words

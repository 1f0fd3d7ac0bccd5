"""How much of a request its problem document repeats: names of fields, cut, and not all of many."""

import json
from typing import Any
from uuid import UUID

import pytest

from care_platform.http.malformed import Malformed, pointer
from care_platform.http.problems import Problem, Problems

PROBLEMS = Problems((), {})


def document(error: Exception) -> Any:
    return json.loads(bytes(PROBLEMS.answer(error, UUID(int=1)).body))


@pytest.mark.parametrize(("faults", "further"), [(0, None), (19, None), (20, None), (21, 1), (9_000, 8_980)])
def test_twenty_faults_are_named_and_the_others_counted(faults: int, further: int | None) -> None:
    errors = [{"pointer": f"/{place}", "rule": "extra_forbidden"} for place in range(faults)]
    told = document(Problem("malformed", errors=errors))
    assert told["errors"] == errors[:20]
    assert told.get("further_errors") == further


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("n" * 40, "n" * 40),
        ("n" * 41, "n" * 39 + "…"),
        ("n" * 120_000, "n" * 39 + "…"),
        ("~/" * 30, "~0~1" * 19 + "~0…"),
    ],
)
def test_of_a_long_name_the_beginning_is_repeated(name: str, shown: str) -> None:
    assert pointer([name, 7, "at"]) == f"/{shown}/7/at"
    assert document(Malformed(pointer([name]), "given_once"))["errors"][0]["pointer"] == f"/{shown}"

"""The parameters of paths and queries, read strictly: a fault names the rule it breaks, not what was sent."""

import re
from collections.abc import Collection
from typing import Annotated, LiteralString
from uuid import UUID

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError
from starlette.datastructures import QueryParams
from starlette.types import Scope

from care_platform.http.malformed import GIVEN_ONCE, Malformed

ID_IN_WORDS: LiteralString = "an id is a UUID as 8-4-4-4-12 hexadecimal digits"
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


def read_uuid(text: object) -> UUID:
    """The id in its usual notation alone: with hyphens, without braces or a prefix."""
    if isinstance(text, UUID):
        return text
    if not isinstance(text, str) or not _UUID.fullmatch(text):
        raise PydanticCustomError("uuid", ID_IN_WORDS)
    return UUID(text)


def _read_whole(text: object) -> object:
    if isinstance(text, str) and not re.fullmatch("[0-9]{1,16}", text):
        raise PydanticCustomError("whole_number", "a whole number, in digits alone")
    return text


def _read_bool(text: object) -> object:
    if isinstance(text, str) and text not in ("true", "false"):
        raise PydanticCustomError("boolean", "true or false")
    return text


Id = Annotated[UUID, BeforeValidator(read_uuid)]
DIGITS = BeforeValidator(_read_whole)
"""Beside a whole number: no sign, no exponent, nothing that only a parser would take for one."""

TRUE_OR_FALSE = BeforeValidator(_read_bool)
"""Beside a bool: neither yes, on nor 1."""


def check_query(scope: Scope, known: Collection[str]) -> None:
    """Check that a query has known parameters alone, each once. Raises `Malformed`."""
    if not scope["query_string"]:
        return
    given = [name for name, _ in QueryParams(scope["query_string"]).multi_items()]
    if not set(given) <= set(known):
        raise Malformed("/query", "unknown_parameter")
    for name in set(given):
        if given.count(name) > 1:
            raise Malformed(f"/query/{name}", GIVEN_ONCE)

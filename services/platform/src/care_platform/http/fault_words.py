"""What each fault of a request is called, and the sentence that says how to mend it.

Every kind of fault that pydantic finds has a line here or the common one. Its own sentences, which are for
programmers and repeat patterns and values, reach no caller, nor do its names for them.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, get_args

from pydantic_core.core_schema import ErrorType

from care_platform.http.malformed import CONTROL_CHARACTERS, GIVEN_ONCE
from care_platform.http.parameters import ID_IN_WORDS

Fault = Mapping[str, Any]
"""A fault as pydantic tells it: `type`, `loc`, `msg`, `ctx` and, where it may be looked at, `input`."""


class Told(NamedTuple):
    """What a caller is told of a fault: a short word for the rule, and a sentence."""

    rule: str
    detail: str


_ID = Told("uuid", ID_IN_WORDS)
_WHOLE = Told("whole_number", "a whole number, such as 30")
_NUMBER = Told("number", "a number, such as 4.8, and not in quotes")
_YES_OR_NO = Told("boolean", "true or false, and not in quotes")
_TEXT = Told("text", "a text in quotes")
_LIST = Told("list", "a list in square brackets")
_OBJECT = Told("object", "an object in braces, with the fields that the schema names")
_JSON = Told("json", "the body is not JSON as RFC 8259 has it")
_DAY = Told("day", "a day that exists, as YYYY-MM-DD, such as 2026-03-03")
_TIME = Told("time", "a time with its offset, such as 2026-03-03T09:30:00-08:00")
NO_NUL = Told("no_nul", "a text without the character NUL")
_OTHERWISE = Told("form", "not of the form that the schema of this field describes in /openapi.json")

_WORDS: Mapping[str, Told] = MappingProxyType(
    {
        "missing": Told("required", "the field is required"),
        "extra_forbidden": Told("unknown_field", "no field of this name exists here"),
        "json_invalid": _JSON,
        "json_type": _JSON,
        "string_type": _TEXT,
        "string_unicode": Told("text", "a text in UTF-8, without half of a surrogate pair"),
        "string_too_long": Told("too_long", "at most {max_length} characters"),
        "string_too_short": Told("too_short", "at least {min_length} characters"),
        "too_long": Told("too_long", "at most {max_length} entries"),
        "too_short": Told("too_short", "at least {min_length} entries"),
        "int_type": _WHOLE,
        "int_parsing": _WHOLE,
        "int_parsing_size": _WHOLE,
        "int_from_float": Told("whole_number", "a whole number, without a fraction"),
        "float_type": _NUMBER,
        "float_parsing": _NUMBER,
        "finite_number": Told("number", "a number that is finite"),
        "greater_than_equal": Told("at_least", "at least {ge}"),
        "less_than_equal": Told("at_most", "at most {le}"),
        "bool_type": _YES_OR_NO,
        "bool_parsing": _YES_OR_NO,
        "list_type": _LIST,
        "tuple_type": _LIST,
        "dict_type": _OBJECT,
        "model_type": _OBJECT,
        "model_attributes_type": _OBJECT,
        "uuid_type": _ID,
        "uuid_parsing": _ID,
        "date_type": _DAY,
        "date_parsing": _DAY,
        "date_from_datetime_parsing": _DAY,
        "date_from_datetime_inexact": _DAY,
        "datetime_type": _TIME,
        "datetime_parsing": _TIME,
        "datetime_from_date_parsing": _TIME,
        "timezone_aware": _TIME,
    }
)
_OF_REQUESTS: Mapping[str, str] = MappingProxyType(
    {
        "required": "it is required",
        "uuid": _ID.detail,
        "etag": 'the ETag of an answer, in its quotes, as in "3"; or `*`, or several with commas between',
        GIVEN_ONCE: "it is given more than once, and must be given once",
        CONTROL_CHARACTERS: "a path without control characters",
        "unknown_parameter": "the query has a parameter that this address does not know",
        "position": "a position that this service gave, unchanged",
        "too_large": "headers of at most 32 KiB and 100 lines",
    }
)
_OF_PYDANTIC = frozenset(get_args(ErrorType))
_WORD = re.compile("'([^']*)'")


def told(fault: Fault) -> Told:
    """What a caller is told of what pydantic found. What our own validators say is passed on."""
    kind, context = fault["type"], fault.get("ctx", {})
    if kind not in _OF_PYDANTIC:
        return Told(kind, fault["msg"])
    if kind == "value_error" and type(context.get("error")) is ValueError:
        return Told("value", str(context["error"]))
    if kind in ("literal_error", "enum"):
        return Told("one_of", one_of(words_of(context["expected"])))
    rule, detail = _WORDS.get(kind, _OTHERWISE)
    return Told(rule, detail.format_map({name: _plain(value) for name, value in context.items()}))


def _plain(value: Any) -> Any:
    """A limit without an exponent, and without a fraction where it has none."""
    return f"{int(value):,}" if isinstance(value, int | float) and value == int(value) else value


def words_of(expected: str) -> list[str]:
    """The allowed words, from the sentence in which pydantic lists them."""
    return _WORD.findall(expected)


def one_of(words: Iterable[str]) -> str:
    """The allowed words in a sentence."""
    return f"one of: {', '.join(words)}"


def of_request(pointer: str, rule: str, detail: str = "") -> dict[str, str]:
    """A fault in what is read by hand: the path, the headers, the query. A known rule has its sentence."""
    detail = detail or _OF_REQUESTS.get(rule, "")
    return {"pointer": pointer, "rule": rule} | ({"detail": detail} if detail else {})

"""A JSON body is in UTF-8, and says each thing once."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.types import Message

from care_platform.http.json_bodies import NotJson, json_body, read_json
from care_platform.http.malformed import Malformed

ANYTHING: TypeAdapter[Any] = TypeAdapter(Any)


async def body_with(**headers: str) -> bytes:
    async def receive() -> Message:
        return {"type": "http.request", "body": b"{}"}

    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return await json_body(Request({"type": "http", "headers": given}, receive))


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
    ],
)
async def test_json_in_utf_8_is_taken(content_type: str) -> None:
    assert await body_with(content_type=content_type, content_encoding="identity") == b"{}"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content_type": "text/json"},
        {"content_type": "application/json; charset=utf-16"},
        {"content_type": "application/json; charset=latin-1"},
        {"content_type": "application/json", "content_encoding": "gzip"},
        {"content_type": "application/json", "content_encoding": "identity, gzip"},
    ],
)
async def test_anything_else_is_not(headers: dict[str, str]) -> None:
    with pytest.raises(NotJson):
        await body_with(**headers)


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        (b'{"a": 1, "a": 1}', "/a"),
        (b'{"urgency": 1, "urg\\u0065ncy": 2}', "/urgency"),
        (b'{"x": [{}, {"y": {"a": 1, "b": 2, "a": null}}]}', "/x/1/y/a"),
        (b'[{"a": {}, "a": {}}]', "/0/a"),
        (b'{"": 1, "": 2}', "/"),
    ],
)
def test_a_name_is_given_once(raw: bytes, place: str) -> None:
    with pytest.raises(Malformed) as refused:
        read_json(ANYTHING, raw)
    assert (refused.value.pointer, refused.value.rule) == (place, "given_once")


def test_equal_names_of_different_objects_are_no_repetition() -> None:
    assert read_json(ANYTHING, b'[{"a": 1}, {"a": {"a": 2}}]') == [{"a": 1}, {"a": {"a": 2}}]


@pytest.mark.parametrize("raw", [b"", b"{", '{"a": 1}'.encode("utf-16"), b"\xef\xbb\xbf{}", b"[" * 100_000])
def test_what_is_no_json_is_a_fault_of_the_body(raw: bytes) -> None:
    with pytest.raises(ValidationError):
        read_json(ANYTHING, raw)


def test_what_is_nested_as_deep_as_is_taken_is_read() -> None:
    deep = b"[" * 190 + b"]" * 190
    assert read_json(ANYTHING, deep)

"""Head and body of an answer go to the system together, where the body is there at once."""

import gc
from dataclasses import dataclass, field
from typing import Any
from weakref import ref

import pytest

from care_platform.http.one_write import OneWrite


@dataclass
class Cycle:
    """What uvicorn knows of the answer that it writes."""

    transport: Any = None
    response_started: bool = False
    expected_content_length: int = 0
    scope: dict[str, str] = field(default_factory=lambda: {"method": "GET"})


@dataclass
class Transport:
    written: list[bytes] = field(default_factory=list)
    closed: bool = False

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.written.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


def a_connection() -> tuple[Transport, Cycle, OneWrite]:
    transport, cycle = Transport(), Cycle()
    known: Any = cycle
    return transport, cycle, OneWrite(transport, known)


def test_a_head_waits_for_the_body_whose_length_it_tells() -> None:
    transport, cycle, one = a_connection()
    cycle.response_started, cycle.expected_content_length = True, 4
    one.write(b"head ")
    assert transport.written == []
    cycle.expected_content_length = 0
    one.write(b"body")
    assert transport.written == [b"head body"]


def test_what_an_answer_took_is_freed_at_its_end_without_a_collection() -> None:
    """In a process that caches states only the youngest are ever collected: a cycle would stay for good."""
    transport, cycle = Transport(), Cycle()
    known: Any = cycle
    cycle.transport = OneWrite(transport, known)
    cycle.transport.write(b"whole")
    there = ref(cycle)
    gc.disable()
    try:
        del cycle, known
        assert there() is None
    finally:
        gc.enable()
    assert transport.written == [b"whole"]


def test_a_body_in_parts_follows_part_by_part() -> None:
    transport, cycle, one = a_connection()
    cycle.response_started, cycle.expected_content_length = True, 8
    for part in (b"head ", b"some", b"more"):
        one.write(part)
    assert transport.written == [b"head some", b"more"]


@pytest.mark.parametrize("body", [[], [b""], [b"1\r\na\r\n", b"0\r\n\r\n"]])
def test_without_a_known_length_the_head_goes_at_once(body: list[bytes]) -> None:
    transport, cycle, one = a_connection()
    cycle.response_started = True
    for part in (b"head", *body):
        one.write(part)
    assert transport.written == [b"head", *body]


def test_a_head_that_was_asked_for_alone_goes_at_once() -> None:
    transport, cycle, one = a_connection()
    cycle.scope["method"] = "HEAD"
    cycle.response_started, cycle.expected_content_length = True, 4
    one.write(b"head")
    assert transport.written == [b"head"]


def test_what_is_written_before_the_answer_does_not_wait() -> None:
    transport, cycle, one = a_connection()
    one.write(b"100 Continue")
    cycle.response_started, cycle.expected_content_length = True, 4
    one.write(b"head ")
    one.write(b"body")
    assert transport.written == [b"100 Continue", b"head body"]


def test_an_answer_that_breaks_off_has_sent_its_head() -> None:
    transport, cycle, one = a_connection()
    cycle.response_started, cycle.expected_content_length = True, 4
    one.write(b"head ")
    one.close()
    assert (transport.written, one.is_closing()) == ([b"head "], True)

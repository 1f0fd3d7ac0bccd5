"""Which story a request belongs to, by the headers it came with."""

from uuid import UUID, uuid4

import pytest

from care_platform.http.correlation import correlation, traceparent

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
GOOD = f"00-{TRACE}-00f067aa0ba902b7-01"
MINE = uuid4()

TAKEN = {
    "sampled": GOOD,
    "not sampled": f"00-{TRACE}-00f067aa0ba902b7-00",
    "other flags": f"00-{TRACE}-00f067aa0ba902b7-09",
    "a later version": f"01-{TRACE}-00f067aa0ba902b7-01",
    "the last version": f"fe-{TRACE}-00f067aa0ba902b7-01",
    "a later version with more": f"cc-{TRACE}-00f067aa0ba902b7-01-what-the-future-brings",
    "a later version with an empty part": f"01-{TRACE}-00f067aa0ba902b7-01-",
}
NOT_TAKEN = {
    "nothing": "",
    "a word": "trace",
    "version ff": f"ff-{TRACE}-00f067aa0ba902b7-01",
    "version 00 with more": f"{GOOD}-more",
    "version 00 with a dash behind": f"{GOOD}-",
    "version 00 with a dot behind": f"{GOOD}.0",
    "a later version with more behind no dash": f"01-{TRACE}-00f067aa0ba902b7-01.",
    "a version too long": f"000-{TRACE}-00f067aa0ba902b7-01",
    "a version too short": f"0-{TRACE}-00f067aa0ba902b7-01",
    "a version that is no number": f"xx-{TRACE}-00f067aa0ba902b7-01",
    "a version in capitals": f"CC-{TRACE}-00f067aa0ba902b7-01",
    "no trace": f"00-{'0' * 32}-00f067aa0ba902b7-01",
    "a trace in capitals": f"00-{TRACE.upper()}-00f067aa0ba902b7-01",
    "a trace too long": f"00-{TRACE}0-00f067aa0ba902b7-01",
    "a trace too short": f"00-{TRACE[:-1]}-00f067aa0ba902b7-01",
    "a trace that is no number": f"00-{TRACE[:-1]}.-00f067aa0ba902b7-01",
    "no parent": f"00-{TRACE}-{'0' * 16}-01",
    "a parent too short": f"00-{TRACE}-00f067aa0ba902b-01",
    "a parent too long": f"00-{TRACE}-00f067aa0ba902b77-01",
    "a parent with a dot": f"00-{TRACE}-00f067aa0ba902b.-01",
    "a parent in capitals": f"00-{TRACE}-00F067AA0BA902B7-01",
    "flags too short": f"00-{TRACE}-00f067aa0ba902b7-1",
    "flags too long": f"00-{TRACE}-00f067aa0ba902b7-011",
    "flags that are no number": f"00-{TRACE}-00f067aa0ba902b7-.0",
    "no flags": f"00-{TRACE}-00f067aa0ba902b7",
    "other separators": GOOD.replace("-", "_"),
    "a line break behind": f"{GOOD}\n",
    "another alphabet": f"00-{TRACE}-00f067aa0ba902b7-0ü",
}


def found(ids: list[str], traceparents: list[str]) -> UUID:
    return correlation([it.encode() for it in ids], traceparent([it.encode() for it in traceparents]))


@pytest.mark.parametrize("what", TAKEN)
def test_a_traceparent_is_passed_on_in_version_00_with_its_flags(what: str) -> None:
    given = TAKEN[what]
    assert traceparent([given.encode()]) == f"00-{given[3:55]}"


@pytest.mark.parametrize("what", NOT_TAKEN)
def test_what_is_no_traceparent_is_not_passed_on(what: str) -> None:
    assert traceparent([NOT_TAKEN[what].encode()]) is None


@pytest.mark.parametrize("what", TAKEN)
def test_the_trace_id_of_a_traceparent_is_taken(what: str) -> None:
    assert found([], [TAKEN[what]]) == UUID(TRACE)


@pytest.mark.parametrize("what", NOT_TAKEN)
def test_what_w3c_does_not_call_a_traceparent_gives_a_new_id(what: str) -> None:
    first, second = found([], [NOT_TAKEN[what]]), found([], [NOT_TAKEN[what]])
    assert first != second
    assert UUID(TRACE) not in (first, second)


def test_an_id_of_the_caller_goes_before_its_trace() -> None:
    assert found([str(MINE)], [GOOD]) == MINE


@pytest.mark.parametrize("ids", [[], [""], ["Mrs Smith"], [str(UUID(int=0))], [str(MINE), str(MINE)], ["ü"]])
def test_an_id_that_is_none_or_not_one_leaves_the_trace(ids: list[str]) -> None:
    assert found(ids, [GOOD]) == UUID(TRACE)


def test_two_traceparents_count_as_none() -> None:
    assert found([], [GOOD, GOOD]) != UUID(TRACE)

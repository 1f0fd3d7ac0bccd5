"""What a caller is told of a fault: where, a short word, and a sentence that says how to mend it."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Literal
from uuid import UUID

import pytest
from pydantic import TypeAdapter, ValidationError

from care_platform.http.malformed import Malformed
from episodes.api.app import create_app
from episodes.directory import client_endpoint
from episodes.directory import endpoint as directory
from episodes.domain import codes
from episodes.domain.field_rules import CodeList
from episodes.domain.vocabulary import COMMANDS
from episodes.http import time_words
from episodes.http.moments import DAY, DAY_AS_KNOWN, MOMENT, TIME_AS_KNOWN
from episodes.http.parameters import Moment
from episodes.http.problems import PROBLEMS
from episodes.recording.endpoint import body_form

Place = tuple[str, ...]
FORMS: dict[str, TypeAdapter[Any]] = {
    **{f"{step.fact.__name__}Command": body_form(step) for step in COMMANDS},
    **{kind.form.__name__: TypeAdapter(kind.form) for kind in directory.KINDS},
    **{form.__name__: TypeAdapter(form) for form in client_endpoint.FORMS},
}
WRONG: tuple[Any, ...] = (
    *(None, True, -1, 7, 4.5, 1e15, 10**30, "", "x", "x" * 9_000, "a|b", "\0", "2026-03-03", "2026-02-30"),
    *("2026-03-03T09:30:00", "2026-03-03T09:30:00-0800", "2026-03-03T09:30:00-25:00", "5" * 36),
    *([], [None], ["x"] * 600, {}, {"x": 1}, {"code": "other"}, {"of": "x"}),
)
"""Values of every type of JSON, each of which most fields refuse."""
LISTS = [it for it in vars(codes).values() if isinstance(it, CodeList)]
PLUMBING = re.compile(
    r"\^|\\|[a-z][A-Z]|(?i:value error|timedelta|pattern|input should|pydantic)|\b(None|dict|tuple|int|str)\b"
)
"""What only programmers of the service understand."""


@cache
def schemas() -> Mapping[str, Any]:
    found: Mapping[str, Any] = create_app().openapi()["components"]["schemas"]
    return found


def resolved(schema: Any) -> Any:
    reference = schema.get("$ref", "")
    return resolved(schemas()[reference.rpartition("/")[2]]) if reference else schema


def places(schema: Any, at: Place = ()) -> Iterator[Place]:
    """Every field of a schema, at any depth; `*` is an entry of a list, and `of=x` chooses a form."""
    schema = resolved(schema)
    for name, part in schema.get("properties", {}).items():
        yield (*at, name)
        yield from places(part, (*at, name))
    if "items" in schema:
        yield (*at, "*")
        yield from places(schema["items"], (*at, "*"))
    for of, reference in schema.get("discriminator", {}).get("mapping", {}).items():
        yield from places({"$ref": reference}, (*at, f"of={of}"))


def pointer(place: Place) -> str:
    """The place as a problem tells it."""
    return "".join(f"/{'0' if name == '*' else name}" for name in place if not name.startswith("of="))


def schema_at(name: str, place: Place) -> dict[str, Any]:
    """The schema of this place."""
    schema = resolved(schemas()[name])
    for step in place:
        if step.startswith("of="):
            schema = resolved({"$ref": schema["discriminator"]["mapping"][step.removeprefix("of=")]})
        else:
            schema = resolved(schema["items"] if step == "*" else schema["properties"][step])
    found: dict[str, Any] = schema
    return found


def at(place: Place, faults: list[dict[str, str]]) -> list[dict[str, str]]:
    """Those of the faults that are at this place."""
    return [fault for fault in faults if fault["pointer"] == pointer(place)]


def holding(place: Place, value: Any) -> Any:
    """A body with nothing but this value at this place."""
    if not place:
        return value
    name, *rest = place
    if name == "*":
        return [holding(tuple(rest), value)]
    if name.startswith("of="):
        return {"of": name.removeprefix("of="), **holding(tuple(rest), value)}
    return {name: holding(tuple(rest), value)}


def told(error: Exception) -> list[dict[str, str]]:
    document = json.loads(bytes(PROBLEMS.answer(error, UUID(int=1)).body))
    faults: list[dict[str, str]] = document["errors"]
    return faults


def refusal(form: TypeAdapter[Any], body: Any) -> list[dict[str, str]]:
    try:
        form.validate_json(json.dumps(body))
    except ValidationError as refused:
        return told(refused)
    except Malformed as refused:
        return told(refused)
    return []


def unclear(fault: Mapping[str, str]) -> bool:
    """Whether a stranger is left alone with it. Addresses of schemas and words of ours may be said."""
    said = re.sub(r"/openapi\.json\S*|one of: .*", "", fault.get("detail", ""))
    sentence = len(said.split()) > 1 or "one of: " in fault.get("detail", "")
    return not sentence or PLUMBING.search(said) is not None or not re.fullmatch("[a-z_]+", fault["rule"])


@pytest.mark.parametrize("name", FORMS)
def test_each_fault_in_each_field_is_told_with_its_place_a_word_and_a_sentence(name: str) -> None:
    found: set[str] = set()
    for place in places(schemas()[name]):
        for value in WRONG:
            faults = refusal(FORMS[name], holding(place, value))
            assert [fault for fault in faults if unclear(fault)] == [], (place, value)
            assert all(set(fault) == {"pointer", "rule", "detail"} for fault in faults)
            found |= {fault["pointer"] for fault in faults}
    assert {pointer(place) for place in places(schemas()[name])} <= found


@pytest.mark.parametrize("name", FORMS)
def test_a_wrong_word_is_answered_with_all_that_are_right(name: str) -> None:
    for place in places(schemas()[name]):
        words = schema_at(name, place).get("enum", [])
        faults = at(place, refusal(FORMS[name], holding(place, "x")))
        if words:
            assert faults[0]["detail"].endswith(f"one of: {', '.join(words)}"), place
            assert faults[0]["rule"] in ("one_of", "code", "of")


@pytest.mark.parametrize("listed", LISTS, ids=lambda it: it.name)
def test_an_unknown_code_is_answered_with_its_list_and_where_that_is_published(listed: CodeList) -> None:
    words: Any = Literal[tuple(sorted(listed.codes))]
    [fault] = refusal(TypeAdapter(words), "reiki")
    assert fault["rule"] == "code"
    assert f"list {listed.label}," in fault["detail"]
    [where] = re.findall(r"/openapi\.json#/components/schemas/(\w+),", fault["detail"])
    assert schemas()[where]["properties"]["code"]["enum"] == sorted(listed.codes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-03-03T09:30:00", time_words.OFFSET),
        ("2026-03-03T09:30", time_words.OFFSET),
        ("2026-03-03T09:30:00-0800", time_words.OFFSET),
        ("2026-03-03T09:30:00.1234567-08", time_words.OFFSET),
        ("2026-03-03T09:30:00-25:00", time_words.NO_SUCH_OFFSET),
        ("2026-03-03T09:30:00+10:60", time_words.NO_SUCH_OFFSET),
        ("2026-03-03t09:30:00", time_words.OFFSET),
        ("2026-03-03", time_words.NO_TIME_OF_DAY),
        ("2026-02-30T09:30:00Z", time_words.NO_SUCH_DAY),
        ("2026-13-03T09:30:00Z", time_words.NO_SUCH_DAY),
        ("1899-03-03T09:30:00Z", time_words.YEAR),
        ("2200-03-03T09:30:00Z", time_words.YEAR),
        ("2026-03-03T24:00:00Z", time_words.NO_SUCH_TIME),
        ("2026-03-03T09:30:60Z", time_words.NO_SUCH_TIME),
        (f"2026-03-03T09:30:00.{31 * '1'}Z", time_words.FRACTION),
        ("2026-03-03T09:30:00,5Z", time_words.FRACTION),
        ("2026-03-03 09:30:00Z", time_words.TIME),
        ("3 March", time_words.TIME),
        ("٢026-03-03T09:00:00Z", time_words.TIME),
        ("", time_words.TIME),
    ],
)
def test_what_is_wrong_with_a_time_is_said(text: str, words: str) -> None:
    assert [it["detail"] for it in refusal(TypeAdapter(MOMENT), text)] == [words]
    assert [it["detail"] for it in refusal(TypeAdapter(Moment), text)] == [words], "in a query"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-3-3", f"{time_words.TIME}, {time_words.OR_LESS}"),
        ("2026-03-03T09:30:00", f"{time_words.OFFSET}, {time_words.OR_LESS}"),
        ("2026-02-30", time_words.NO_SUCH_DAY),
        ("2026-13", time_words.NO_SUCH_MONTH),
        ("1899", time_words.YEAR),
        ("2026-03-03T24:00:00Z", time_words.NO_SUCH_TIME),
        ("2016-12-30T23:59:60Z", time_words.NO_SUCH_TIME),
    ],
)
def test_what_is_wrong_with_a_time_as_exactly_as_it_is_known_is_said(text: str, words: str) -> None:
    assert [it["detail"] for it in refusal(TypeAdapter(TIME_AS_KNOWN), text)] == [words]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-3", f"{time_words.DAY}, {time_words.OR_LESS}"),
        ("2026-03-03T09:30:00Z", f"{time_words.DAY}, {time_words.OR_LESS}"),
        ("2026-13", time_words.NO_SUCH_MONTH),
        ("2026-02-30", time_words.NO_SUCH_DAY),
    ],
)
def test_what_is_wrong_with_a_day_month_or_year_is_said(text: str, words: str) -> None:
    assert [it["detail"] for it in refusal(TypeAdapter(DAY_AS_KNOWN), text)] == [words]


def test_a_plus_that_a_query_lost_is_named() -> None:
    assert refusal(TypeAdapter(Moment), "2026-03-03T09:30:00 01:00")[0]["detail"] == time_words.QUERY


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-02-30", time_words.NO_SUCH_DAY),
        ("2026-13-01", time_words.NO_SUCH_DAY),
        ("1899-12-31", time_words.YEAR),
        ("2026-03-03T09:30:00Z", time_words.DAY),
        ("3/3/2026", time_words.DAY),
    ],
)
def test_what_is_wrong_with_a_day_is_said(text: str, words: str) -> None:
    assert [it["detail"] for it in refusal(TypeAdapter(DAY), text)] == [words]


@pytest.mark.parametrize("body", [{}, {"of": "x"}, {"of": 7}])
@pytest.mark.parametrize("name", ["EntryAddedToCommand", "EntryCorrectedCommand"])
def test_a_wrong_kind_of_entry_is_answered_with_all_that_may_be_amended(name: str, body: object) -> None:
    [fault] = refusal(FORMS[name], body)
    assert (fault["pointer"], fault["rule"]) == ("/of", "of")
    assert set(re.findall(r"[a-z-]+\.\d", fault["detail"])) == set(
        schemas()[name]["discriminator"]["mapping"]
    )


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("uuid", "an id is a UUID as 8-4-4-4-12 hexadecimal digits"),
        ("etag", 'the ETag of an answer, in its quotes, as in "3"; or `*`, or several with commas between'),
        ("required", "it is required"),
    ],
)
def test_a_fault_of_a_header_is_told_in_words(rule: str, words: str) -> None:
    assert told(Malformed("/headers/if-match", rule)) == [
        {"pointer": "/headers/if-match", "rule": rule, "detail": words}
    ]


def test_a_rule_of_several_fields_is_told_as_it_is() -> None:
    body = {"stage": "baseline", "readings": [{"measure": {"code": "pain"}}]}
    [fault] = refusal(FORMS["AssessedCommand"], body)
    assert fault["detail"] == "exactly one of value, finding, reported_change, absent_reason"


@pytest.mark.parametrize("name", FORMS)
def test_a_whole_number_may_have_a_zero_fraction_and_no_other(name: str) -> None:
    for place in places(schemas()[name]):
        if schema_at(name, place).get("type") != "integer":
            continue
        least, most = schema_at(name, place)["minimum"], schema_at(name, place)["maximum"]
        for number in (float(least), float(most)):
            assert at(place, refusal(FORMS[name], holding(place, number))) == [], (place, number)
        for number in (least + 0.5, most + 1.0, least - 1.0):
            assert len(at(place, refusal(FORMS[name], holding(place, number)))) == 1, (place, number)
        [fault] = at(place, refusal(FORMS[name], holding(place, least + 0.5)))
        assert (fault["rule"], fault["detail"][:14]) == ("whole_number", "a whole number")


def test_a_whole_number_is_one_however_it_was_written() -> None:
    body = {"date_of_service": "2026-03-03", "techniques": [], "duration": 30.0}
    read = FORMS["SessionDeliveredCommand"].validate_json(json.dumps(body))
    assert (read.draft.duration, type(read.draft.duration)) == (30, int)

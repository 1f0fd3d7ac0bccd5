"""One event, two wires: Kafka and the feed give the same; what cannot be read says why and quotes nothing."""

import json
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from cloudevents.core.bindings import kafka as other_peoples
from cloudevents.core.formats.json import JSONFormat
from pydantic_core import to_json

from contracts.codec import CloudEvent, from_json, from_kafka, to_batch, to_kafka
from contracts.envelope import Unreadable, timestamp
from contracts.events import PUBLISHED, Redacted, SharingConsented
from contracts.former_names import FORMER
from tests.support.contract_examples import TYPES, example, written

SECRET = "swordfish"
SHARED = "care.episode.sharing_consented.v1"


def record(**headers: bytes | None) -> tuple[bytes, bytes, dict[str, bytes | None]]:
    """A Kafka record of the example, with headers changed."""
    key, value, told = to_kafka(written(SHARED))
    return key, value, {**dict(told), **headers}


def unreadable(key: bytes | None, value: bytes | None, headers: dict[str, bytes | None]) -> str:
    with pytest.raises(Unreadable) as refused:
        from_kafka(key, value, list(headers.items()))
    assert SECRET not in refused.value.reason
    assert str(refused.value) == refused.value.reason
    assert refused.value.__cause__ is None
    return refused.value.reason


@pytest.mark.parametrize("type_name", TYPES)
def test_kafka_and_the_feed_carry_the_same_event(type_name: str) -> None:
    event = written(type_name)
    by_kafka = from_kafka(*to_kafka(event))
    (by_feed,) = (from_json(document) for document in json.loads(to_batch([event])))
    assert by_kafka == by_feed == from_json(example(type_name))
    assert isinstance(by_feed.data, PUBLISHED[type_name])


def test_an_event_says_whose_it_is_and_where_it_stands() -> None:
    event = from_json(example(SHARED))
    assert (event.network, event.episode) == ("northwest", event.subject)
    assert timestamp(event.time) == example(SHARED)["time"]
    assert isinstance(event.data, SharingConsented)
    assert event.data.kinds == ("plans", "sessions")


@pytest.mark.parametrize("type_name", TYPES)
def test_an_erased_clients_event_is_read_as_redacted(type_name: str) -> None:
    erased = CloudEvent(written(type_name).attributes, b'{"redacted": true}')
    assert from_kafka(*to_kafka(erased)).data == Redacted()
    assert from_json(json.loads(to_batch([erased]))[0]).data == Redacted()


def test_an_empty_batch_is_an_empty_list() -> None:
    assert json.loads(to_batch([])) == []


def test_what_this_version_does_not_know_is_ignored() -> None:
    later = example(SHARED)
    later["data"]["later"] = SECRET
    assert from_json(later | {"ce": SECRET, "tracestate": "x"}) == from_json(example(SHARED))
    key, value, headers = record(ce_later=b"\xff", unrelated=b"\xff", CE_ID=b"x")
    twice = [*headers.items(), ("ce_later", b"y"), ("unrelated", None)]
    assert from_kafka(key, value, twice) == from_json(example(SHARED))


@pytest.mark.parametrize("said", [{"precision": "quarter"}, {"origin": "transcribed"}], ids=str)
def test_an_open_word_of_a_later_release_is_read_as_it_is(said: dict[str, str]) -> None:
    event = from_json(example(SHARED) | said)
    assert {name: getattr(event, name) for name in said} == said


@pytest.mark.parametrize("type_name", TYPES)
def test_other_peoples_code_reads_our_records(type_name: str) -> None:
    key, value, headers = to_kafka(written(type_name))
    message = other_peoples.KafkaMessage(headers=dict(headers), key=key, value=value)
    event = other_peoples.from_kafka_event(message)
    told = example(type_name)
    assert event.get_data() == told["data"]
    assert (event.get_id(), event.get_type(), event.get_source(), event.get_subject()) == (
        told["id"],
        told["type"],
        told["source"],
        told["subject"],
    )
    assert event.get_time() == from_json(told).time
    assert event.get_extension("publishednumber") == str(told["publishednumber"])
    assert event.get_extension("sequence") == f"{told['publishednumber']:020d}"


def test_the_sequences_on_kafka_order_as_their_numbers_do() -> None:
    numbers = [1, 2, 9, 10, 11, 100, 2**31 - 1]
    event = written(SHARED)
    records = [to_kafka(CloudEvent({**event.attributes, "publishednumber": str(it)}, b"")) for it in numbers]
    texts = [dict(headers)["ce_sequence"] for _, _, headers in records]
    assert sorted(texts) == texts
    assert [int(it) for it in texts] == numbers


@pytest.mark.parametrize("type_name", TYPES)
def test_other_peoples_code_reads_an_event_of_the_feed(type_name: str) -> None:
    (document,) = json.loads(to_batch([written(type_name)]))
    event = JSONFormat().read(None, json.dumps(document))
    assert event.get_data() == document["data"]
    assert event.get_extension("version") == document["version"]


# Poison: each is set aside with a reason, and the reason may be logged.

DEEP = b"[" * 100_000 + b"]" * 100_000
VALUES: dict[str, tuple[bytes | None, str]] = {
    "no value": (None, "the data is not JSON"),
    "empty": (b"", "the data is not JSON"),
    "cut off": (b'{"consent": "swordfi', "the data is not JSON"),
    "not UTF-8": (b'{"consent": "\xff\xfe"}', "the data is not JSON"),
    "deep": (DEEP, "the data is not JSON"),
    "deep inside": (b'{"kinds": ' + DEEP + b"}", "the data is not JSON"),
    "a huge number": (b'{"consent": ' + b"9" * 100_000 + b"}", "the data is not JSON"),
    "a list": (b'["swordfish"]', "missing or malformed: "),
    "a text": (b'"swordfish"', "missing or malformed: "),
    "ten megabytes": (
        json.dumps({"consent": SECRET * 1_200_000}).encode(),
        "missing or malformed: consent, effective_from, kinds, partner",
    ),
    "redacted, but not quite": (b'{"redacted": "swordfish"}', "missing or malformed: redacted"),
    "not redacted": (b'{"redacted": false, "consent": "swordfish"}', "missing or malformed: redacted"),
    "twice": (b'{"redacted": true, "redacted": true}', "the data says a member twice"),
    "twice inside": (b'{"later": {"swordfish": 1, "swordfish": 2}}', "the data says a member twice"),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_that_is_not_ours_is_unreadable(name: str) -> None:
    value, reason = VALUES[name]
    key, _, headers = record()
    assert unreadable(key, value, headers).startswith(reason)


NO_TIMES = [1778086800, 1778086800.5, "1778086800", "-1778086800", "2026-05-12", "2026-05-12T08:00:00"]


@pytest.mark.parametrize("value", NO_TIMES)
@pytest.mark.parametrize("name", ["time", "recordedtime", "effective_from", "until"])
def test_a_number_and_a_time_without_an_offset_are_no_times(name: str, value: object) -> None:
    document = example(SHARED)
    (document if name in document else document["data"])[name] = value
    document.pop("recordedat")
    with pytest.raises(Unreadable, match=f"^missing or malformed: {name}$"):
        from_json(document)


HEADERS: dict[str, tuple[dict[str, bytes | None], str]] = {
    "another type": ({"ce_type": b"swordfish"}, "unknown event type"),
    "a later version": ({"ce_type": b"care.episode.sharing_consented.v2"}, "unknown event type"),
    "another specification": ({"ce_specversion": b"0.3"}, "not a CloudEvents 1.0 event"),
    "not UTF-8": ({"ce_recordref": b"\xff\xfe"}, "a header is not UTF-8"),
    "without a value": ({"ce_recordref": None}, "a header has no value"),
    "no id": ({"ce_id": b"swordfish"}, "missing or malformed: id"),
    "another source": ({"ce_source": b"/networks/SWORD/fish"}, "missing or malformed: source"),
    "no number": ({"ce_version": b"swordfish"}, "missing or malformed: version"),
    "before the first": ({"ce_version": b"0"}, "missing or malformed: version"),
    "digits of another script": ({"ce_version": "٤".encode()}, "missing or malformed: version"),
    "a fraction": ({"ce_version": b"4.0"}, "missing or malformed: version"),
    "another number": ({"ce_sequence": b"4711"}, "publishednumber and sequence differ"),
    "another time": ({"ce_recordedat": b"2026-05-12T08:00:00Z"}, "recordedtime and recordedat differ"),
    "another address": ({"ce_dataref": b"swordfish"}, "recordref and dataref differ"),
    "too high a number": ({"ce_version": str(2**63).encode()}, "missing or malformed: version"),
    "a huge number": ({"ce_version": b"9" * 100_000}, "missing or malformed: version"),
    "no time": ({"ce_time": b"yesterday"}, "missing or malformed: time"),
    "a time without an offset": ({"ce_time": b"2026-05-12T08:00:00"}, "missing or malformed: time"),
    "seconds since 1970": ({"ce_time": b"1778086800"}, "missing or malformed: time"),
    "several": ({"ce_id": b"", "ce_clinic": b""}, "missing or malformed: clinic, id"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_an_envelope_that_is_not_ours_is_unreadable(name: str) -> None:
    headers, reason = HEADERS[name]
    assert unreadable(*record(**headers)) == reason


@pytest.mark.parametrize("name", [name for name in record()[2] if name.startswith("ce_")])
def test_a_header_given_twice_is_unreadable(name: str) -> None:
    """Also with the same value: another reader may take the other one."""
    key, value, headers = record()
    with pytest.raises(Unreadable, match="a header is given twice"):
        from_kafka(key, value, [*headers.items(), (name, headers[name])])


def test_every_attribute_but_the_trace_is_needed() -> None:
    key, value, headers = record()
    formerly = {f"ce_{former}" for former in FORMER.values()}
    todays = {name: text for name, text in headers.items() if name not in formerly}
    for name in todays:
        if name.startswith("ce_"):
            unreadable(key, value, {other: text for other, text in todays.items() if other != name})
    assert "ce_traceparent" not in todays


@pytest.mark.parametrize("micros", [0, 250, 250_000])
@pytest.mark.parametrize(("hours", "spelled"), [(0, "Z"), (1, "+01:00"), (-8, "-08:00")])
def test_a_moment_is_spelled_as_in_every_answer(micros: int, hours: int, spelled: str) -> None:
    moment = datetime(2026, 5, 12, 8, 0, 1, micros, tzinfo=timezone(timedelta(hours=hours)))
    assert timestamp(moment).endswith(spelled)
    assert timestamp(moment).encode() == to_json(moment).strip(b'"')


@pytest.mark.parametrize("key", [None, b"", str(UUID(int=9)).encode(), b"\xff"])
def test_a_record_out_of_its_episodes_order_is_unreadable(key: bytes | None) -> None:
    _, value, headers = record()
    assert unreadable(key, value, headers) == "the key is not the episode id"


@pytest.mark.parametrize("document", [None, [], "swordfish", 7, {}, {"specversion": "1.0"}, {"type": {}}])
def test_what_is_no_event_of_the_feed_is_unreadable(document: Any) -> None:
    with pytest.raises(Unreadable) as refused:
        from_json(document)
    assert SECRET not in refused.value.reason


@pytest.mark.parametrize("data", [None, [], SECRET, {"consent": SECRET}, {"kinds": [SECRET]}])
def test_data_of_the_feed_that_is_not_ours_is_unreadable_and_not_quoted(data: Any) -> None:
    with pytest.raises(Unreadable) as refused:
        from_json(example(SHARED) | {"data": data})
    assert refused.value.reason.startswith("missing or malformed: ")
    assert SECRET not in refused.value.reason

"""The release before: its records, which stay in topics for long, and what its consumers look for."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.codec import CloudEvent, from_json, from_kafka, to_kafka
from contracts.envelope import PublishedEvent, Unreadable
from contracts.events import Redacted
from contracts.former_names import FORMER
from tests.support.contract_examples import CONTRACTS, TYPES, example, written

GOLDEN = Path(__file__).parents[2] / "support" / "former_envelope"
"""What the release before published, to the byte: each example, and the last one redacted."""
RECORDS: list[dict[str, Any]] = json.loads((GOLDEN / "kafka.json").read_text())
FEED: list[dict[str, Any]] = json.loads((GOLDEN / "feed.json").read_text())
SINCE = {"care.episode.sessions_rejudged.v1"}
"""Events that the release before did not publish."""
THEN = [name for name in TYPES if name not in SINCE]
TODAYS = set(FORMER)
NAMES = sorted(FORMER.items())


def kafka(record: dict[str, Any], **more: str) -> PublishedEvent:
    headers = record["headers"] | {f"ce_{name}": value for name, value in more.items()}
    encoded = [(name, value.encode()) for name, value in headers.items()]
    return from_kafka(record["key"].encode(), record["value"].encode(), encoded)


def test_there_is_a_golden_record_of_each_event_and_none_has_a_name_of_today() -> None:
    assert [it["type"] for it in FEED] == [*THEN, THEN[-1]]
    assert not [it for it in FEED if TODAYS & set(it)]
    assert not [it for it in RECORDS if {f"ce_{name}" for name in TODAYS} & set(it["headers"])]


@pytest.mark.parametrize("place", range(len(RECORDS)))
def test_a_record_of_the_release_before_is_read_as_if_it_were_of_today(place: int) -> None:
    old = FEED[place]
    event = kafka(RECORDS[place])
    assert event == from_json(old)
    today = example(old["type"]) | {"data": old["data"], "traceparent": old["traceparent"]}
    assert event == from_json(today)
    assert (event.sequence, event.recordref) == (old["sequence"], old["dataref"])
    assert isinstance(event.data, Redacted) is (place == len(RECORDS) - 1)


@pytest.mark.parametrize(("name", "former"), NAMES)
def test_with_todays_names_alone_an_event_is_the_same(name: str, former: str) -> None:
    whole = example(TYPES[0])
    assert from_json({key: value for key, value in whole.items() if key != former}) == from_json(whole)
    assert from_json(whole | {former: None}) == from_json(whole | {name: None}) == from_json(whole)
    with pytest.raises(Unreadable, match=f"missing or malformed: {name}"):
        from_json({key: value for key, value in whole.items() if key not in (name, former)})


@pytest.mark.parametrize(("name", "former"), NAMES)
def test_two_names_that_say_two_things_are_unreadable(name: str, former: str) -> None:
    value = RECORDS[0]["headers"][f"ce_{former}"]
    assert kafka(RECORDS[0], **{name: value}) == kafka(RECORDS[0])
    with pytest.raises(Unreadable, match=f"{name} and {former} differ"):
        kafka(RECORDS[0], **{name: f"{value}1"})


@pytest.mark.parametrize("place", range(len(THEN)))
def test_a_consumer_of_the_release_before_finds_what_it_reads(place: int) -> None:
    """All of it under the names it knows; times are spelled anew, and on Kafka a number is padded."""
    old, new = FEED[place], example(THEN[place])
    lost = {name for name, value in old.items() if spelled(new.get(name)) != spelled(value)}
    assert lost == {"traceparent"}, "which was made up"
    headers = {name: value.decode() for name, value in to_kafka(written(THEN[place]))[2]}
    for name, value in RECORDS[place]["headers"].items():
        if name != "ce_traceparent":
            assert spelled(headers[name].lstrip("0")) == spelled(value.lstrip("0"))


@pytest.mark.parametrize("name", [*TYPES, "webhook"])
def test_no_client_is_generated_to_count_on_what_the_next_release_leaves_out(name: str) -> None:
    """Some read with what their schema requires, and refuse a whole page that lacks it."""
    schema = json.loads((CONTRACTS / "schemas" / f"{name}.json").read_text())
    for part in (schema, *schema["$defs"].values()):
        going = {it for it, said in part.get("properties", {}).items() if said.get("deprecated")}
        assert not going & set(part.get("required", ()))
        assert not [it for it in going if "default" in part["properties"][it]], "which is null: it never is"


def test_nor_are_clients_of_both_services_and_consumers_on_kafka() -> None:
    asyncapi = yaml.safe_load((CONTRACTS / "asyncapi.yaml").read_text())["components"]["schemas"]
    documents = [json.loads(it.read_text()) for it in (CONTRACTS / "openapi").glob("*.json")]
    parts = [*asyncapi.values(), *(it for one in documents for it in one["components"]["schemas"].values())]
    going = [
        (set(part.get("required", ())), name)
        for part in parts
        for name, said in part.get("properties", {}).items()
        if said.get("deprecated")
    ]
    assert {name for _, name in going} == {*FORMER.values(), "ce_recordedat", "ce_dataref", "subject"}
    assert not [name for required, name in going if name in required]
    assert "ce_sequence" in asyncapi["EventHeaders"]["required"], "which stays, padded"


def spelled(value: Any) -> Any:
    return value.replace("+00:00", "Z") if isinstance(value, str) else value


def test_what_is_written_has_both_names_on_both_wires() -> None:
    event = written(TYPES[0])
    assert not set(FORMER.values()) & set(event.attributes)
    _, _, headers = to_kafka(CloudEvent(event.attributes, b"{}"))
    told = dict(headers)
    for name, former in NAMES:
        assert (
            int(told[f"ce_{former}"]) == int(told[f"ce_{name}"])
            if name == "publishednumber"
            else (told[f"ce_{former}"] == told[f"ce_{name}"])
        )
        assert example(TYPES[0])[former] == example(TYPES[0])[name]

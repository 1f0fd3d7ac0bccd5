"""asyncapi.yaml: a topic per network, a webhook per subscription, and every reference leads somewhere."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from contracts.codec import to_kafka
from contracts.envelope import topic_of
from contracts.events import PUBLISHED
from tests.support.contract_examples import CONTRACTS, TYPES, example, written

EVENTS = {model.__name__ for model in PUBLISHED.values()}
DOCUMENT: dict[str, Any] = yaml.safe_load((CONTRACTS / "asyncapi.yaml").read_text())


def resolved(reference: str) -> Any:
    node: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


def references(node: object) -> Iterator[str]:
    match node:
        case {"$ref": str() as reference}:
            yield reference
        case dict():
            for part in node.values():
                yield from references(part)
        case list():
            for part in node:
                yield from references(part)


def schema(node: dict[str, Any]) -> Draft7Validator:
    return Draft7Validator(node | {"components": DOCUMENT["components"]})


def test_it_is_asyncapi_3_and_every_reference_leads_somewhere() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    found = list(references(DOCUMENT))
    assert found
    for reference in found:
        assert resolved(reference)


def test_the_topic_of_a_network_is_its_address() -> None:
    channel = DOCUMENT["channels"]["episodes"]
    assert channel["address"].replace("{network}", "demo") == topic_of("demo")
    assert list(channel["parameters"]) == ["network"]


def test_the_topic_carries_every_published_event_and_nothing_else() -> None:
    messages = [
        resolved(message["$ref"]) for message in DOCUMENT["channels"]["episodes"]["messages"].values()
    ]
    assert sorted(message["name"] for message in messages) == TYPES


def test_a_webhooks_address_is_its_subscribers() -> None:
    assert DOCUMENT["channels"]["webhooks"]["address"] is None
    assert DOCUMENT["operations"]["deliverWebhook"]["action"] == "send"


def test_a_webhook_is_of_either_level() -> None:
    messages = [resolved(it["$ref"]) for it in DOCUMENT["channels"]["webhooks"]["messages"].values()]
    assert [resolved(it["payload"]["$ref"])["title"] for it in messages] == ["Webhook", "Notice", "Challenge"]


@pytest.mark.parametrize("type_name", TYPES)
def test_what_the_codec_writes_is_what_the_document_describes(type_name: str) -> None:
    message = DOCUMENT["components"]["messages"][PUBLISHED[type_name].__name__]
    key, _, headers = to_kafka(written(type_name))
    told = {name: value.decode() for name, value in headers}
    (trait,) = (resolved(reference["$ref"]) for reference in message["traits"])
    for described in (message["headers"], trait["headers"]):
        schema(described).validate(told)
    assert set(told) <= set(resolved(trait["headers"]["$ref"])["properties"])
    assert key.decode() == told["ce_subject"]
    schema(message["payload"]).validate(example(type_name)["data"])
    schema(message["payload"]).validate({"redacted": True})


def test_a_sequence_on_kafka_orders_by_plain_comparison_of_text() -> None:
    headers = resolved("#/components/schemas/EventHeaders")["properties"]
    assert headers["ce_sequence"]["pattern"] == "^[0-9]{20}$"
    assert not headers["ce_sequence"].get("deprecated")
    goes = {name for name, it in headers.items() if it.get("deprecated")}
    assert goes == {"ce_recordedat", "ce_dataref"}


@pytest.mark.parametrize("name", DOCUMENT["components"]["messages"])
def test_a_message_is_named_and_shown_in_examples(name: str) -> None:
    message = DOCUMENT["components"]["messages"][name]
    assert (bool(message["name"]), message["title"]) == (True, name)
    told = ["recorded", "erased"] if name in EVENTS else [name.lower()]
    assert [it["name"] for it in message["examples"]] == told
    for shown in message["examples"]:
        for part in shown.keys() - {"name"}:
            schema(message[part]).validate(shown[part])
        assert "headers" in shown or name not in EVENTS


def test_whatever_becomes_a_class_in_generated_code_has_a_name_of_its_own() -> None:
    for message in (*DOCUMENT["components"]["messages"].values(), *traits()):
        for part in ("headers", "payload"):
            if part in message:
                assert list(message[part]) == ["$ref"], message
    for name, model in DOCUMENT["components"]["schemas"].items():
        assert model["title"] == name
        for inner in inside(model):
            assert inner.get("title") or not {"enum", "properties"} & set(inner), f"{name}: {inner}"
    named = [*DOCUMENT["channels"], *DOCUMENT["components"]["schemas"]]
    assert len({it.lower() for it in named}) == len(named)


def traits() -> Iterator[dict[str, Any]]:
    yield from DOCUMENT["components"]["messageTraits"].values()


def inside(model: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schemas within a schema."""
    parts = [*model.get("properties", {}).values(), *model.get("anyOf", ()), *model.get("oneOf", ())]
    for part in parts + ([model["items"]] if "items" in model else []):
        yield part
        yield from inside(part)

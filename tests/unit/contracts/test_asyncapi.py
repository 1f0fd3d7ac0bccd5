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
    assert DOCUMENT["channels"]["webhook"]["address"] is None
    assert DOCUMENT["operations"]["deliverWebhook"]["action"] == "send"


def test_a_webhook_is_of_either_level() -> None:
    messages = [resolved(it["$ref"]) for it in DOCUMENT["channels"]["webhook"]["messages"].values()]
    assert [resolved(it["payload"]["$ref"])["title"] for it in messages] == ["Webhook", "Notice", "Challenge"]


@pytest.mark.parametrize("type_name", TYPES)
def test_what_the_codec_writes_is_what_the_document_describes(type_name: str) -> None:
    message = DOCUMENT["components"]["messages"][PUBLISHED[type_name].__name__]
    key, _, headers = to_kafka(written(type_name))
    told = {name: value.decode() for name, value in headers}
    (trait,) = (resolved(reference["$ref"]) for reference in message["traits"])
    for described in (message["headers"], trait["headers"]):
        schema(described).validate(told)
    assert set(told) <= set(trait["headers"]["properties"]) | {"ce_type"}
    assert key.decode() == told["ce_subject"]
    schema(message["payload"]).validate(example(type_name)["data"])
    schema(message["payload"]).validate({"redacted": True})

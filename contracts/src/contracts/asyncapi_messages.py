"""The messages of `asyncapi.yaml`, and the schemas they refer to.

Whatever a generator makes a class of stands in `components/schemas` under a name of its own.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, create_model
from pydantic.json_schema import models_json_schema

from contracts.codec import CloudEvent, to_kafka
from contracts.events import PUBLISHED, Data, Redacted
from contracts.former_names import FORMER, PADDED
from contracts.schemas import envelope_fields
from contracts.webhook import Challenge, Notice, Webhook

Object = dict[str, Any]
Examples = Mapping[str, Object]
"""An example of each published event, by its `type`, and of each webhook; of some there may be none yet."""

WEBHOOKS: tuple[type[BaseModel], ...] = (Webhook, Notice, Challenge)
_SCHEMAS = "#/components/schemas/{model}"
_WEBHOOK_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
_SEQUENCE = (
    f"The number in `ce_publishednumber`, padded with zeros to {PADDED} digits: the extension `sequence`."
)


def message(model: type[Data], examples: Examples) -> Object:
    return {
        "name": model.type_name,
        "title": model.__name__,
        "contentType": "application/json",
        "traits": [ref("components/messageTraits", "cloudEvent")],
        "headers": ref("components/schemas", f"{model.__name__}Headers"),
        "payload": ref("components/schemas", f"{model.__name__}Payload"),
    } | _of_both_forms(examples.get(model.type_name))


def _of_both_forms(example: Object | None) -> Object:
    """The example as a record of Kafka, and again once its client is erased."""
    if example is None:
        return {}
    beside = {"specversion", "datacontenttype", "data", *FORMER.values()}
    attributes = {name: str(value) for name, value in example.items() if name not in beside}
    headers = {name: value.decode() for name, value in to_kafka(CloudEvent(attributes, b""))[2]}
    erased = Redacted().model_dump()
    return {
        "examples": [
            {"name": "recorded", "headers": headers, "payload": example["data"]},
            {"name": "erased", "headers": headers, "payload": erased},
        ]
    }


def webhook_message(model: type[BaseModel], examples: Examples) -> Object:
    name = model.__name__.lower()
    example = examples.get(name)
    return {
        "name": name,
        "title": model.__name__,
        "contentType": "application/json",
        "headers": ref("components/schemas", "WebhookHeaders"),
        "payload": ref("components/schemas", model.__name__),
    } | ({"examples": [{"name": name, "payload": example}]} if example is not None else {})


def cloud_event() -> Object:
    """CloudEvents 1.0 in binary mode: every attribute is a header, the value is the data alone."""
    return {
        "headers": ref("components/schemas", "EventHeaders"),
        "bindings": {
            "kafka": {
                "key": {"type": "string", "format": "uuid", "description": "the episode's id"},
                "bindingVersion": "0.5.0",
            }
        },
    }


def schemas_by_name() -> Object:
    models: list[type[BaseModel]] = [*PUBLISHED.values(), Redacted, *WEBHOOKS]
    _, schemas = models_json_schema([(model, "validation") for model in models], ref_template=_SCHEMAS)
    named: Object = schemas["$defs"]
    for model in PUBLISHED.values():
        named |= {f"{model.__name__}Headers": _type_of(model), f"{model.__name__}Payload": _payload(model)}
    return named | {"EventHeaders": _event_headers(), "WebhookHeaders": _webhook_headers()}


def _type_of(model: type[Data]) -> Object:
    """What the headers of this message say beyond those of every event."""
    return {
        "title": f"{model.__name__}Headers",
        "type": "object",
        "properties": {"ce_type": {"type": "string", "const": model.type_name}},
    }


def _payload(model: type[Data]) -> Object:
    alternatives = [ref("components/schemas", name) for name in (Redacted.__name__, model.__name__)]
    return {"title": f"{model.__name__}Payload", "oneOf": alternatives}


def _event_headers() -> Object:
    """The attributes as text: a number is written in digits, and what is absent has no header."""
    fields = envelope_fields()
    del fields["data"], fields["datacontenttype"]
    attributes: type[BaseModel] = create_model("EventHeaders", **fields)
    written = attributes.model_json_schema()
    headers = {f"ce_{name}": _as_text(schema) for name, schema in written["properties"].items()}
    headers["ce_sequence"] = {"type": "string", "pattern": f"^[0-9]{{{PADDED}}}$", "description": _SEQUENCE}
    return {
        "title": "EventHeaders",
        "type": "object",
        "required": [*(f"ce_{name}" for name in written["required"]), "ce_sequence", "content-type"],
        "properties": {**headers, "content-type": {"const": "application/json"}},
    }


def _as_text(schema: Object) -> Object:
    described = {name: schema[name] for name in ("description", "deprecated") if name in schema}
    if schema.get("type") == "integer":
        return {"type": "string", "pattern": "^[1-9][0-9]*$"} | described
    return next((kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}), schema) | described


def _webhook_headers() -> Object:
    return {
        "title": "WebhookHeaders",
        "type": "object",
        "required": list(_WEBHOOK_HEADERS),
        "properties": {header: {"type": "string"} for header in _WEBHOOK_HEADERS},
    }


def ref(*path: str) -> Object:
    return {"$ref": "#/" + "/".join(path)}

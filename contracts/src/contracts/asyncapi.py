"""The channels as AsyncAPI 3.0: a Kafka topic per network, and webhooks per partner's subscription.

Whatever a generator makes a class of stands in `components/schemas` under a name of its own.
"""

from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import BaseModel, create_model
from pydantic.json_schema import models_json_schema

from contracts.codec import CloudEvent, to_kafka
from contracts.envelope import topic_of
from contracts.events import PUBLISHED, Data, Redacted
from contracts.former_names import FORMER, PADDED
from contracts.schemas import envelope_fields
from contracts.webhook import Challenge, Notice, Webhook

Object = dict[str, Any]
Examples = Mapping[str, Object]
"""An example of each published event, by its `type`, and of each webhook; of some there may be none yet."""

_SCHEMAS = "#/components/schemas/{model}"
_ABOUT = "What happens in care episodes, told to a network's systems on Kafka and to its partners by webhook."
_AT_LEAST_ONCE = "Sent at least once, in order per episode; the same event always has the same ce_id."
_SEQUENCE = (
    f"The number in `ce_publishednumber`, padded with zeros to {PADDED} digits: the extension `sequence`."
)
_WEBHOOK_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
_WEBHOOKS: tuple[type[BaseModel], ...] = (Webhook, Notice, Challenge)


def document(examples: Examples) -> str:
    """asyncapi.yaml, as text."""
    return yaml.dump(
        _document(examples), Dumper=_WithoutAliases, sort_keys=False, allow_unicode=True, width=110
    )


class _WithoutAliases(yaml.SafeDumper):
    """Writes out what stands in several places."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _document(examples: Examples) -> Object:
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Care episodes", "version": "1.0.0", "description": _ABOUT},
        "defaultContentType": "application/json",
        "servers": _servers(),
        "channels": {"episodes": _episodes(), "webhooks": _webhooks()},
        "operations": _operations(),
        "components": {
            "messages": {model.__name__: _message(model, examples) for model in PUBLISHED.values()}
            | {model.__name__: _webhook_message(model, examples) for model in _WEBHOOKS},
            "messageTraits": {"cloudEvent": _cloud_event()},
            "schemas": _schemas(),
        },
    }


def _servers() -> Object:
    return {
        "kafka": {
            "host": "{broker}",
            "protocol": "kafka",
            "description": "The network's Kafka brokers.",
            "variables": {"broker": {"description": "host:port of one broker"}},
        },
        "partner": {
            "host": "{endpoint}",
            "protocol": "https",
            "description": "The address a partner gave its subscription.",
            "variables": {"endpoint": {"description": "the partner's host"}},
        },
    }


def _episodes() -> Object:
    return {
        "address": topic_of("{network}"),
        "description": "One topic per network, because access lists are per topic.",
        "servers": [_ref("servers", "kafka")],
        "parameters": {"network": {"description": "The network's short name, as in ce_source."}},
        "messages": {
            model.__name__: _ref("components/messages", model.__name__) for model in PUBLISHED.values()
        },
        "bindings": {"kafka": {"topic": topic_of("{network}"), "bindingVersion": "0.5.0"}},
    }


def _webhooks() -> Object:
    return {
        "address": None,
        "description": "Standard Webhooks: headers webhook-id, webhook-timestamp and webhook-signature. First"
        " comes a challenge, to be answered 2xx with its value, as `challenge` of a JSON object.",
        "servers": [_ref("servers", "partner")],
        "messages": {model.__name__: _ref("components/messages", model.__name__) for model in _WEBHOOKS},
    }


def _operations() -> Object:
    return {
        "publishEvents": {
            "action": "send",
            "channel": _ref("channels", "episodes"),
            "summary": _AT_LEAST_ONCE,
        },
        "deliverWebhook": {
            "action": "send",
            "channel": _ref("channels", "webhooks"),
            "summary": "Sent only while the client's consent holds; order is told by number, not by arrival.",
            "bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}},
        },
    }


def _message(model: type[Data], examples: Examples) -> Object:
    return {
        "name": model.type_name,
        "title": model.__name__,
        "contentType": "application/json",
        "traits": [_ref("components/messageTraits", "cloudEvent")],
        "headers": _ref("components/schemas", f"{model.__name__}Headers"),
        "payload": _ref("components/schemas", f"{model.__name__}Payload"),
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


def _webhook_message(model: type[BaseModel], examples: Examples) -> Object:
    name = model.__name__.lower()
    example = examples.get(name)
    return {
        "name": name,
        "title": model.__name__,
        "contentType": "application/json",
        "headers": _ref("components/schemas", "WebhookHeaders"),
        "payload": _ref("components/schemas", model.__name__),
    } | ({"examples": [{"name": name, "payload": example}]} if example is not None else {})


def _cloud_event() -> Object:
    """CloudEvents 1.0 in binary mode: every attribute is a header, the value is the data alone."""
    return {
        "headers": _ref("components/schemas", "EventHeaders"),
        "bindings": {
            "kafka": {
                "key": {"type": "string", "format": "uuid", "description": "the episode's id"},
                "bindingVersion": "0.5.0",
            }
        },
    }


def _schemas() -> Object:
    models: list[type[BaseModel]] = [*PUBLISHED.values(), Redacted, *_WEBHOOKS]
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
    alternatives = [_ref("components/schemas", name) for name in (Redacted.__name__, model.__name__)]
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
        "required": [*(f"ce_{name}" for name in written["required"]), "content-type"],
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


def _ref(*path: str) -> Object:
    return {"$ref": "#/" + "/".join(path)}

"""The channels as AsyncAPI 3.0: a Kafka topic per network, and a webhook per partner's subscription."""

from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from contracts.envelope import PublishedEvent, topic_of
from contracts.events import PUBLISHED, Data, Redacted
from contracts.webhook import Challenge, Notice, Webhook

_SCHEMAS = "#/components/schemas/{model}"
_ABOUT = "What happens in care episodes, told to a network's systems on Kafka and to its partners by webhook."
_AT_LEAST_ONCE = "Sent at least once, in order per episode; the same event always has the same ce_id."

Object = dict[str, Any]

_WEBHOOKS: dict[str, type[BaseModel]] = {"Webhook": Webhook, "Notice": Notice, "Challenge": Challenge}


def document() -> str:
    """asyncapi.yaml, as text."""
    return yaml.safe_dump(_document(), sort_keys=False, allow_unicode=True, width=110)


def _document() -> Object:
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Care episodes", "version": "1.0.0", "description": _ABOUT},
        "defaultContentType": "application/json",
        "servers": _servers(),
        "channels": {"episodes": _episodes(), "webhook": _webhook()},
        "operations": _operations(),
        "components": _components(),
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


def _webhook() -> Object:
    return {
        "address": None,
        "description": "Standard Webhooks: headers webhook-id, webhook-timestamp and webhook-signature. First"
        " comes a challenge, to be answered 2xx with its value, as `challenge` of a JSON object.",
        "servers": [_ref("servers", "partner")],
        "messages": {name: _ref("components/messages", name) for name in _WEBHOOKS},
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
            "channel": _ref("channels", "webhook"),
            "summary": "Sent only while the client's consent holds; order is told by number, not by arrival.",
            "bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}},
        },
    }


def _components() -> Object:
    models: list[type[BaseModel]] = [*PUBLISHED.values(), Redacted, *_WEBHOOKS.values()]
    _, schemas = models_json_schema([(model, "validation") for model in models], ref_template=_SCHEMAS)
    return {
        "messages": {model.__name__: _message(model) for model in PUBLISHED.values()}
        | {name: _webhook_message(name.lower(), model) for name, model in _WEBHOOKS.items()},
        "messageTraits": {"cloudEvent": _cloud_event()},
        "schemas": schemas["$defs"],
    }


def _message(model: type[Data]) -> Object:
    alternatives = [_ref("components/schemas", name) for name in (model.__name__, Redacted.__name__)]
    return {
        "name": model.type_name,
        "contentType": "application/json",
        "traits": [_ref("components/messageTraits", "cloudEvent")],
        "headers": {"type": "object", "properties": {"ce_type": {"const": model.type_name}}},
        "payload": {"anyOf": alternatives},
    }


def _webhook_message(name: str, model: type[BaseModel]) -> Object:
    named = ("webhook-id", "webhook-timestamp", "webhook-signature")
    return {
        "name": name,
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "required": list(named),
            "properties": {header: {"type": "string"} for header in named},
        },
        "payload": _ref("components/schemas", model.__name__),
    }


def _cloud_event() -> Object:
    """CloudEvents 1.0 in binary mode: every attribute is a header, the value is the data alone."""
    envelope = PublishedEvent.model_json_schema()
    attributes = {name: schema for name, schema in envelope["properties"].items() if name != "data"}
    required = [f"ce_{name}" for name in envelope["required"] if name != "data"]
    return {
        "headers": {
            "type": "object",
            "required": ["ce_specversion", *required, "content-type"],
            "properties": {
                "ce_specversion": {"const": "1.0"},
                **{f"ce_{name}": _as_text(schema) for name, schema in attributes.items()},
                "content-type": {"const": "application/json"},
            },
        },
        "bindings": {
            "kafka": {
                "key": {"type": "string", "format": "uuid", "description": "the episode's id"},
                "bindingVersion": "0.5.0",
            }
        },
    }


def _as_text(schema: Object) -> Object:
    """A header holds text: a number is written in digits, and what is absent has no header."""
    described = {name: words for name, words in schema.items() if name == "description"}
    if schema.get("type") == "integer":
        return {"type": "string", "pattern": "^[1-9][0-9]*$"} | described
    return next((kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}), schema) | described


def _ref(*path: str) -> Object:
    return {"$ref": "#/" + "/".join(path)}

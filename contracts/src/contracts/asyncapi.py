"""The channels as AsyncAPI 3.0: a Kafka topic per network, and webhooks per partner's subscription."""

import yaml

from contracts import asyncapi_messages as messages
from contracts.asyncapi_messages import WEBHOOKS, Examples, Object, ref
from contracts.envelope import topic_of
from contracts.events import PUBLISHED

_ABOUT = "What happens in care episodes, told to a network's systems on Kafka and to its partners by webhook."
_AT_LEAST_ONCE = "Sent at least once, in order per episode; the same event always has the same ce_id."


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
            "messages": {model.__name__: messages.message(model, examples) for model in PUBLISHED.values()}
            | {model.__name__: messages.webhook_message(model, examples) for model in WEBHOOKS},
            "messageTraits": {"cloudEvent": messages.cloud_event()},
            "schemas": messages.schemas_by_name(),
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
        "servers": [ref("servers", "kafka")],
        "parameters": {"network": {"description": "The network's short name, as in ce_source."}},
        "messages": {
            model.__name__: ref("components/messages", model.__name__) for model in PUBLISHED.values()
        },
        "bindings": {"kafka": {"topic": topic_of("{network}"), "bindingVersion": "0.5.0"}},
    }


def _webhooks() -> Object:
    return {
        "address": None,
        "description": "Standard Webhooks: headers webhook-id, webhook-timestamp and webhook-signature. First"
        " comes a challenge, to be answered 2xx with its value, as `challenge` of a JSON object.",
        "servers": [ref("servers", "partner")],
        "messages": {model.__name__: ref("components/messages", model.__name__) for model in WEBHOOKS},
    }


def _operations() -> Object:
    return {
        "publishEvents": {
            "action": "send",
            "channel": ref("channels", "episodes"),
            "summary": _AT_LEAST_ONCE,
        },
        "deliverWebhook": {
            "action": "send",
            "channel": ref("channels", "webhooks"),
            "summary": "Sent only while the client's consent holds; order is told by number, not by arrival.",
            "bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}},
        },
    }

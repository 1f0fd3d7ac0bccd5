"""One invented example of each body, all about the same delivery."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_PARTNER = "7c1f0a52-53a4-4c5e-9a1b-0f6c1d9e2b11"
_SUBSCRIPTION = "0a9e4d1c-5c0b-4d55-8f3e-3f0f6f6f9d01"
_CLINIC = "3f2b8f6e-9a77-4d0e-8a53-2b7b1d1c7a10"
_EPISODE = "5d3a1c9e-1b8f-4f0a-9c6d-7e2f4a8b6c30"
_EVENT = "01933c5e-7b1a-7c3d-8e4f-5a6b7c8d9e0f"
_SESSION = "care.episode.session_delivered.v1"
_THEN = "2026-03-02T10:15:00+01:00"
_LEARNED = "2026-03-02T09:40:12Z"
_RECORD = f"http://127.0.0.1:8000/v1/episodes/{_EPISODE}/events/{_EVENT}"

_SECRET = "whsec_" + "C2FyZSBlcGlzb2RlcyBleGFtcGxlIHNlY3JldCE="
_WANTED = {
    "url": "https://partner.example/care",
    "event_types": [_SESSION],
    "clinics": [_CLINIC],
    "level": "ids",
}
_VIEW = {
    **_WANTED,
    "id": _SUBSCRIPTION,
    "partner": _PARTNER,
    "state": "active",
    "unusable_since": None,
    "address": "proved",
    "challenge_expires_at": None,
    "created_at": _THEN,
    "last_number": 12,
}
_DELIVERY = {
    "number": 12,
    "state": "delivered",
    "webhook_id": "msg_9f0c2b1f4d7e5a6b8c9d0e1f2a3b4c5d",
    "type": _SESSION,
    "event_id": _EVENT,
    "attempts": [{"at": _THEN, "status": 204, "error": None, "duration_ms": 41}],
    "next_attempt_at": None,
}
_TOLD = {
    "number": 12,
    "type": _SESSION,
    "timestamp": _THEN,
    "data": {
        "event_id": _EVENT,
        "subscription_id": _SUBSCRIPTION,
        "number": 12,
        "partner": _PARTNER,
        "clinic": _CLINIC,
        "episode": _EPISODE,
        "client_ref": "c2b7d5f0-3a61-4a0e-8d1b-6e5f4d3c2b1a",
        "subject": "c2b7d5f0-3a61-4a0e-8d1b-6e5f4d3c2b1a",
        "occurred_at": _THEN,
        "precision": "minute",
        "recorded_at": _LEARNED,
        "origin": "live",
        "links": {
            "event": _RECORD,
            "episode": _RECORD.partition("/events/")[0],
            "missed": f"http://127.0.0.1:8001/v1/subscriptions/{_SUBSCRIPTION}/events?after=11",
        },
    },
}
_WITHHELD = {"number": 13, "withheld": True}
_ITEM = {
    "id": "8c1d6e0f-2b3a-5c4d-9e8f-7a6b5c4d3e2f",
    "concern": "red_flag_raised",
    "severity": "critical",
    "clinic": _CLINIC,
    "recipient": None,
    "episode": _EPISODE,
    "event_id": _EVENT,
    "occurred_at": _THEN,
    "precision": "minute",
    "recorded_at": _LEARNED,
    "link": _RECORD,
    "acknowledgement": None,
    "taken_back": None,
}

EXAMPLES: Mapping[str, Any] = MappingProxyType(
    {
        "SubscriptionWanted": _WANTED,
        "SubscriptionView": _VIEW,
        "SubscriptionMade": {**_VIEW, "address": "unproved", "last_number": 0, "secret": _SECRET},
        "Confirmation": {"challenge": "Qz3vF1y0sT8cJr6mB2nXk9wLd4hUa7eGpI5oVt_ZyqM"},
        "Secret": {"secret": _SECRET},
        "Reactivation": {"from_number": 12},
        "Subscriptions": {"subscriptions": [_VIEW], "next": None},
        "Deliveries": {"deliveries": [_DELIVERY], "next": None},
        "Events": {"events": [_TOLD, _WITHHELD], "next": None},
        "InboxItem": _ITEM,
        "Inbox": {"items": [_ITEM], "next": None},
    }
)
"""An example of each body, by the name of its model."""

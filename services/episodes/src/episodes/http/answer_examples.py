"""An example of each answer, as the OpenAPI document shows it: one episode, early in its care."""

from collections.abc import Mapping
from typing import Any

from episodes.http.examples import CLIENT, CLINIC, EXAMPLES, PARTNER, SESSION, THERAPIST

EPISODE = "0191a1b2-0a1b-7c2d-8e3f-4a5b6c7d8e06"
_OPENING = "0191a1b2-0a1b-7c2d-8e3f-4a5b6c7d8e07"
_OPENED_AT, _SESSION_AT = "2026-09-01T09:00:00-07:00", "2026-09-03T10:00:00-07:00"
_RECORDED_AT = "2026-09-03T18:12:40.381905Z"
_LUMBAR = {"code": "lumbar_spine", "list": "body-sites/1", "side": "midline"}


def _summary(event: str, kind: str, version: int, occurred_at: str) -> dict[str, Any]:
    return {
        "id": event,
        "type": kind,
        "version": version,
        "occurred_at": occurred_at,
        "precision": "minute",
        "recorded_at": _RECORDED_AT,
        "origin": "live",
    }


_FACT_OF_SESSION = {
    "date_of_service": "2026-09-03",
    "start": _SESSION_AT,
    "duration": 30,
    "readings": [],
    "techniques": [
        {"code": "swedish", "list": "techniques/1", "site": _LUMBAR, "minutes": 30, "pressure": 3}
    ],
    "declined": [],
    "participants": [],
    "adverse": [],
    "advice": [],
    "breaches": [{"rule": "no-session-check", "rules_version": "1"}],
}
_EVENT = {
    "event_id": SESSION,
    "type": "session-delivered.1",
    "episode_id": EPISODE,
    "version": 2,
    "sequence": 2,
    "network": "harbor",
    "clinic": CLINIC,
    "occurred_at": _SESSION_AT,
    "precision": "minute",
    "zone": "America/Los_Angeles",
    "recorded_at": _RECORDED_AT,
    "origin": "live",
    "actor": {"id": THERAPIST, "role": "therapist"},
    "client": CLIENT,
    "performer": THERAPIST,
    "command_id": "0191a1b2-c3d4-4e5f-8a6b-1c2d3e4f5a08",
    "correlation_id": "0191a1b2-c3d4-4e5f-8a6b-1c2d3e4f5a09",
    "key_id": "0191a1b2-c3d4-4e5f-8a6b-1c2d3e4f5a10",
    "labels": [],
    "fact": _FACT_OF_SESSION,
}
_LISTED = {
    "id": EPISODE,
    "version": 2,
    "status": "open",
    "clinic": CLINIC,
    "client": CLIENT,
    "therapist": THERAPIST,
    "opened_at": "2026-09-01T16:00:00Z",
    "last_recorded_at": _RECORDED_AT,
}
_PUBLISHED = {
    "specversion": "1.0",
    "datacontenttype": "application/json",
    "id": SESSION,
    "type": "care.episode.session_delivered.v1",
    "source": "/networks/harbor/episodes",
    "subject": EPISODE,
    "time": _SESSION_AT,
    "publishednumber": 2,
    "version": 2,
    "clinic": CLINIC,
    "precision": "minute",
    "recordedtime": _RECORDED_AT,
    "origin": "live",
    "recordref": f"http://127.0.0.1:8000/v1/episodes/{EPISODE}/events/{SESSION}",
    "correlationid": "0191a1b2-c3d4-4e5f-8a6b-1c2d3e4f5a09",
    "data": {"plan_version": 1, "breaches": ["no-session-check"], "adverse": False},
    "sequence": 2,
    "recordedat": _RECORDED_AT,
    "dataref": f"http://127.0.0.1:8000/v1/episodes/{EPISODE}/events/{SESSION}",
}

ANSWER_EXAMPLES: Mapping[str, Any] = {
    "Receipt": {
        "events": [
            {
                "id": SESSION,
                "type": "session-delivered.1",
                "version": 2,
                "occurred_at": _SESSION_AT,
                "recorded_at": _RECORDED_AT,
            }
        ],
        "episode": {"id": EPISODE, "version": 2, "status": "open"},
        "breaches": ["no-session-check"],
        "warnings": [],
    },
    "EpisodeState": {
        "id": EPISODE,
        "version": 2,
        "status": "open",
        "clinic": CLINIC,
        "client": CLIENT,
        "opened": {
            **_summary(_OPENING, "episode-opened.1", 1, _OPENED_AT),
            "client": CLIENT,
            "therapist": THERAPIST,
            "complaint": {
                "category": "post_surgical",
                "words": "Back pain remaining after a fusion at L4/L5",
                "sites": [_LUMBAR],
                "conditions": [],
            },
        },
        "responsible": [{"therapist": THERAPIST, "clinic": CLINIC, "since": _OPENED_AT, "until": None}],
        "sessions": [
            {
                **_summary(SESSION, "session-delivered.1", 2, _SESSION_AT),
                "performer": THERAPIST,
                **_FACT_OF_SESSION,
            }
        ],
    },
    "EpisodeHistory": {"events": [_EVENT]},
    "RecordedEvent": _EVENT,
    "EpisodeList": {"episodes": [_LISTED], "next": "e" + EPISODE.replace("-", "")},
    "FeedPage": {"events": [_PUBLISHED], "next": "p1f", "at_end": True},
    "PublishedEvents": {"events": [_PUBLISHED], "more": False},
    "SequencesPage": {
        "episodes": [{"episode": EPISODE, "sequence": 2, "clinic": CLINIC}],
        "next": "p1f",
        "behind_seconds": 300.0,
    },
    "Decision": {
        "decision_id": "0191a1b2-c3d4-4e5f-8a6b-1c2d3e4f5a11",
        "allowed": True,
        "reason": "consented",
        "subject": "c2b7d5f0-3a61-4a0e-8d1b-6e5f4d3c2b1a",
        "your_client_ref": "HC-1001",
    },
    "ClinicEntry": {"id": CLINIC, **EXAMPLES["Clinic"]},
    "StaffEntry": {"id": THERAPIST, **EXAMPLES["Staff"]},
    "PartnerEntry": {"id": PARTNER, **EXAMPLES["Partner"]},
    "ClientEntry": {"id": CLIENT, **EXAMPLES["ClientIdentity"]},
    "FoundClients": {"clients": [{"id": CLIENT}]},
    "FoundClient": {"id": CLIENT},
    "EntryHistory": {
        "changes": [
            {
                "at": _RECORDED_AT,
                "action": "changed",
                "actor": THERAPIST,
                "role": "supervisor",
                "correlation_id": "0191a1b2-c3d4-4e5f-8a6b-1c2d3e4f5a12",
                "version": 2,
                "fields": ["name"],
                "former": {"name": "Ada Exampel"},
            }
        ]
    },
}

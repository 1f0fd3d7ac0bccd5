"""An example for each body, as the OpenAPI document shows it. Tests send every one of them."""

from collections.abc import Mapping
from typing import Any

CLIENT = "0c5c1a52-6f0b-4c7e-9a75-0d6a6a1e2b01"
CLINIC = "5f9a1c1e-7c39-4b0c-8b64-2f2b8f2d1c02"
THERAPIST = "a3c1f0de-2b77-4a63-9d9e-6f1d5f3c4e03"
COLLEAGUE = "b4d2f1ef-3c88-4b74-8eaf-7a206a4d5f13"
PARTNER = "e0a7c2d4-51c6-4f38-8a2b-7b9e0c1d5f04"
SESSION = "0191a1b2-c3d4-7e5f-8a6b-1c2d3e4f5a05"

_LUMBAR = {"code": "lumbar_spine", "side": "midline"}
_SWEDISH = {"code": "swedish", "site": _LUMBAR, "minutes": 30, "pressure": 3}
_PAIN = {"measure": {"code": "pain"}, "site": _LUMBAR, "unit": "{score}", "scale": "NRS 0-10"}
_SCREENING = {
    "list_version": "clinic-intake/1",
    "items": [{"code": "fever", "answer": "absent"}, {"code": "anticoagulants", "answer": "absent"}],
}
_PLAN = {
    "goals": [
        {"id": "pain", "measure": {"code": "pain"}, "baseline": 7, "target": 3, "words": "Sit for an hour"}
    ],
    "techniques": [_SWEDISH],
    "frequency": "weekly",
    "planned_sessions": 7,
    "minutes_per_session": 30,
    "reassess_after": {"sessions": 4},
    "agreed_with_client": True,
}

EXAMPLES: Mapping[str, Any] = {
    "EpisodeOpenedCommand": {
        "clinic": CLINIC,
        "client": CLIENT,
        "therapist": THERAPIST,
        "complaint": {
            "category": "post_surgical",
            "words": "Back pain remaining after a fusion at L4/L5",
            "sites": [_LUMBAR],
        },
        "age": 47,
        "occurred_at": "2026-09-01T09:00:00-07:00",
    },
    "TreatmentConsentedCommand": {
        "given": {"by": "client"},
        "signed_at": "2026-09-01T09:10:00-07:00",
        "form": "written",
        "expires_on": "2027-08-31",
    },
    "AssessedCommand": {
        "stage": "baseline",
        "history": "Long-standing disc herniation, then surgery",
        "readings": [{**_PAIN, "context": "now", "value": 7}],
        "instruments": [
            {
                "instrument": {"code": "oswestry"},
                "reported_score": 50,
                "scale": {"min": 0, "max": 100, "higher_is": "worse"},
            }
        ],
        "performer": THERAPIST,
        "occurred_at": "2026-09-01T09:20:00-07:00",
    },
    "PlanSetCommand": {**_PLAN, "occurred_at": "2026-09-01T09:40:00-07:00"},
    "PlanRefinedCommand": {
        **_PLAN,
        "minutes_per_session": 45,
        "reason": "work",
        "rationale": "Back at work earlier than expected",
    },
    "SessionCheckedCommand": {
        "techniques": [_SWEDISH],
        "screening": _SCREENING,
        "consent_confirmed": {"form": "verbal"},
        "occurred_at": "2026-09-03T09:55:00-07:00",
    },
    "SessionDeliveredCommand": {
        "date_of_service": "2026-09-03",
        "start": "2026-09-03T10:00:00-07:00",
        "duration": 30,
        "techniques": [_SWEDISH],
        "readings": [{**_PAIN, "phase": "before", "value": 6}, {**_PAIN, "phase": "after", "value": 4}],
        "performer": THERAPIST,
    },
    "SessionNotDeliveredCommand": {"planned_start": "2026-09-10T10:00:00-07:00", "reason": "no_show"},
    "ResponseNotedCommand": {
        "session": SESSION,
        "hours_after": 24,
        "source": "client",
        "readings": [{**_PAIN, "context": "average_24h", "value": 4}],
        "client_words": "Slept through the night",
    },
    "RedFlagRaisedCommand": {
        "code": {"code": "night_pain"},
        "source": "client",
        "urgency": "urgent",
        "holds_care": True,
        "action_advised": "See the physician before the next session",
    },
    "SharingConsentedCommand": {
        "partner": PARTNER,
        "kinds": ["plans", "sessions", "closure"],
        "given": {"by": "client"},
        "form": "written",
    },
    "SharingWithdrawnCommand": {"by": "client"},
    "EverySharingWithdrawnCommand": {"partner": PARTNER, "by": "client"},
    "EpisodeClosedCommand": {"reason": "goal_achieved", "summary": "Pain down, motion up"},
    "EpisodeReopenedCommand": {"reason": "relapse", "words": "Pain came back after a week of lifting"},
    "EpisodeHeldCommand": {"reason": "Away for work", "expected_until": "2026-12-01"},
    "EpisodeResumedCommand": {},
    "TreatmentConsentWithdrawnCommand": {"by": "client", "reason": "Wants to stop"},
    "ClearanceRecordedCommand": {
        "condition": {"code": "spinal_fusion"},
        "by": {"role": "surgeon", "licence": "MD 12345", "organisation": "Harbor Spine Center"},
        "valid_until": "2027-03-01",
        "limits": {"pressure": 3, "words": "No work over the scar"},
    },
    "RedFlagClearedCommand": {
        "finding": "ruled_out",
        "authority": {"role": "physician", "licence": "MD 67890", "organisation": "Harbor Clinic"},
    },
    "ReferralMadeCommand": {
        "partner": PARTNER,
        "priority": "routine",
        "service": "Chiropractic assessment",
        "reason": "Stiff above the fusion",
        "kinds_sent": ["assessments"],
        "answer_due": "2026-12-15",
    },
    "ReferralWithdrawnCommand": {"reason": "The client goes elsewhere"},
    "ReferralAnsweredCommand": {
        "accepted": True,
        "first_appointment": "2026-12-10T09:00:00-08:00",
        "their_reference": "HC-1001/7",
    },
    "PartnerReportedCommand": {
        "partner": PARTNER,
        "findings": "Reduced thoracic extension",
        "treatment_given": "Mobilisation",
        "author": {"role": "chiropractor", "licence": "CH 4711", "organisation": "Harbor Chiropractic"},
    },
    "ResponsibilityTransferredCommand": {
        "to": {"therapist": COLLEAGUE, "clinic": CLINIC},
        "reason": "On leave",
        "accepted_by": COLLEAGUE,
    },
    "EntryAddedToCommand": {
        "of": "session-delivered.1",
        "added": {"place": "clinic"},
        "reason": "Left out in the evening",
    },
    "EntryCorrectedCommand": {
        "of": "response-noted.1",
        "reason_code": "wrong_value",
        "reason": "Was 5, written as 4",
        "replacement": {
            "session": SESSION,
            "hours_after": 24,
            "source": "client",
            "readings": [{**_PAIN, "context": "average_24h", "value": 5}],
        },
    },
    "EntryRetractedCommand": {"reason": "Recorded for the wrong client"},
    "EntryAttestedCommand": {"events": [SESSION], "by": THERAPIST},
    "AmendmentRefusedCommand": {
        "reason": "The entry is accurate and complete",
        "statement": "I remember it differently",
    },
    "Clinic": {"zone": "America/Los_Angeles", "jurisdiction": "US-WA"},
    "Staff": {"role": "therapist", "licences": [{"jurisdiction": "US-WA", "number": "MA 60123456"}]},
    "Partner": {"kind": "chiropractor", "organisation": "Harbor Chiropractic"},
    "ClientIdentity": {"name": "Ada Example", "identifiers": [{"system": PARTNER, "value": "HC-1001"}]},
    "ClientIdentification": {
        "identifier": {"system": "harbor-chart", "value": "4711"},
        "birth_date": "1979-05-04",
    },
    "Questions": [{"event_id": SESSION, "partner": PARTNER, "subscription_id": CLIENT, "level": "ids"}],
}

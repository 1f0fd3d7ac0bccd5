"""Published events as the episodes service would publish them, with methods named by the clinic's words."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from contracts.codec import CloudEvent, to_batch
from contracts.envelope import source_of, timestamp

BEGAN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PARTNER = uuid4()
"""The partner with whom a busy day is shared."""


@dataclass
class Care:
    """One episode of one client. Each method makes an event, recorded a minute after the previous one."""

    network: str = "demo"
    clinic: UUID = field(default_factory=uuid4)
    episode: UUID = field(default_factory=uuid4)
    therapist: UUID = field(default_factory=uuid4)
    sequence: int = 0

    @property
    def now(self) -> datetime:
        return BEGAN + timedelta(minutes=self.sequence)

    def opened(self, referring_partner: UUID | None = None, **more: Any) -> CloudEvent:
        referred = {"referring_partner": str(referring_partner)} if referring_partner else {}
        return self.event("episode_opened", {"therapist": str(self.therapist)} | referred, **more)

    def session(self, *breaches: str, adverse: bool = False, **more: Any) -> CloudEvent:
        return self.event("session_delivered", {"breaches": breaches, "adverse": adverse}, **more)

    def plan(self, **more: Any) -> CloudEvent:
        return self.event("plan_set", {"plan_version": 1}, **more)

    def refined(self) -> CloudEvent:
        return self.event("plan_refined", {"plan_version": 2, "replaces": 1})

    def response(self, adverse: bool = False) -> CloudEvent:
        return self.event("response_noted", {"session": str(uuid4()), "adverse": adverse})

    def red_flag(self, **more: Any) -> CloudEvent:
        return self.event("red_flag_raised", {"urgency": "urgent", "holds_care": True}, **more)

    def referral(self, partner: UUID) -> CloudEvent:
        return self.event("referral_made", {"partner": str(partner), "priority": "routine"})

    def referral_answered(self, partner: UUID) -> CloudEvent:
        data = {"referral": str(uuid4()), "partner": str(partner), "accepted": True}
        return self.event("referral_answered", data)

    def transferred(self, therapist: UUID, clinic: UUID) -> CloudEvent:
        """A transfer, after which every event has the new clinic."""
        left = {"from_therapist": str(self.therapist), "from_clinic": str(self.clinic)}
        self.therapist, self.clinic = therapist, clinic
        gone_to = {"to_therapist": str(therapist), "to_clinic": str(clinic)}
        return self.event("responsibility_transferred", left | gone_to)

    def amended(self, how: str, entry: CloudEvent, *breaches: str) -> CloudEvent:
        """`how`: added_to, corrected, retracted."""
        more = {"breaches": breaches, "adverse": False} if how == "corrected" else {}
        return self.event(f"entry_{how}", {"entry": entry.attributes["id"]} | more, origin="corrected")

    def judged_anew(self, *judged: tuple[CloudEvent, Sequence[str], Sequence[str]]) -> CloudEvent:
        """Sessions are judged anew: for each one the rules that it broke, before and now."""
        sessions = [
            {"session": session.attributes["id"], "before": before, "breaches": now}
            for session, before, now in judged
        ]
        return self.event("sessions_rejudged", {"because": str(uuid4()), "sessions": sessions})

    def closed(self) -> CloudEvent:
        return self.event("episode_closed", {})

    def shared_with(
        self,
        partner: UUID,
        *kinds: str,
        consent: UUID | None = None,
        begins: datetime | None = None,
        until: datetime | None = None,
        **more: Any,
    ) -> CloudEvent:
        data = {
            "consent": str(consent or uuid4()),
            "partner": str(partner),
            "kinds": kinds or ("sessions", "plans", "closure"),
            "effective_from": timestamp(begins or self.now - timedelta(seconds=1)),
            "until": None if until is None else timestamp(until),
        }
        return self.event("sharing_consented", data, **more)

    def withdrawn(self, consent: UUID, partner: UUID, effective_from: datetime | None = None) -> CloudEvent:
        since = timestamp(effective_from or self.now)
        data = {"consent": str(consent), "partner": str(partner), "effective_from": since}
        return self.event("sharing_withdrawn", data)

    def event(self, name: str, data: dict[str, Any], **attributes: str) -> CloudEvent:
        self.sequence += 1
        identifier = str(uuid4())
        known = {
            "id": identifier,
            "type": f"care.episode.{name}.v1",
            "source": source_of(self.network),
            "subject": str(self.episode),
            "time": timestamp(self.now - timedelta(minutes=30)),
            "publishednumber": str(self.sequence),
            "version": str(self.sequence),
            "clinic": str(self.clinic),
            "precision": "minute",
            "recordedtime": timestamp(self.now),
            "origin": "live",
            "recordref": f"http://127.0.0.1:8000/v1/episodes/{self.episode}/events/{identifier}",
            "correlationid": str(uuid4()),
        }
        return CloudEvent(known | attributes, json.dumps(data).encode())


def id_of(event: CloudEvent) -> UUID:
    return UUID(event.attributes["id"])


def documents(events: Iterable[CloudEvent]) -> list[dict[str, Any]]:
    """The events as in a page of the feed."""
    parsed: list[dict[str, Any]] = json.loads(to_batch(events))
    return parsed


def busy_day(episodes: int, sessions: int) -> list[CloudEvent]:
    """Events of many sessions: each is owed to the partner, and breaks a rule of care."""
    cares = [Care() for _ in range(episodes)]
    begun = [event for care in cares for event in (care.opened(), care.shared_with(PARTNER))]
    return begun + [care.session("no_consent") for _ in range(sessions) for care in cares]

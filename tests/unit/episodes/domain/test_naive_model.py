"""The state of an episode beside a naive model of it, after every event of any history."""

from datetime import datetime
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings

from episodes.domain.care.plans import Plan
from episodes.domain.care.red_flags import RedFlagRaised
from episodes.domain.care.referrals import open_referral
from episodes.domain.care.sessions import SessionDelivered
from episodes.domain.care.sharing_consents import live_consents
from episodes.domain.care.transfers import responsible
from episodes.domain.episode import Episode
from episodes.domain.event import RecordedEvent
from episodes.domain.status import status
from episodes.domain.time import When
from episodes.event_log.folding import fold
from tests.support.effort import usually
from tests.support.episodes import naive_judge, naive_model
from tests.support.episodes.random_histories import OTHER_PARTNER, Story, histories, stranger_histories
from tests.support.episodes.scenario import PARTNER, ZONE

PARTNERS = (PARTNER, OTHER_PARTNER)
thorough = settings(
    max_examples=usually(100, 400), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
strangely = settings(thorough, max_examples=usually(25, 50))


OF_CARE = {
    "plan-needs-a-baseline-assessment",
    "clinical-refinement-needs-newer-evidence",
    "referral-needs-consent",
    "consent-longer-than-a-year",
    "closed-more-than-three-months-before",
}
"""Rules of care that can wait, and so refuse at the desk: never what is imported."""


@thorough
@given(histories)
def test_the_state_after_every_event_is_what_a_naive_model_says(story: Story) -> None:
    compare(story)


@strangely
@given(stranger_histories)
def test_whatever_the_types_allow_the_state_is_what_a_naive_model_says(story: Story) -> None:
    compare(story)


@thorough
@given(histories | stranger_histories)
def test_a_refusal_records_nothing_and_no_import_is_refused_for_a_rule_of_care(story: Story) -> None:
    events = story.events
    assert [entry.metadata.version for entry in events] == list(range(1, len(events) + 1))
    for happened in story:
        if happened.refusal is not None:
            assert fold(events[: happened.before.version]) == happened.episode
            assert not (happened.command.imported and happened.refusal.rule in OF_CARE)


def compare(story: Story) -> None:
    events = story.events
    for happened in story:
        if happened.entries:
            now = happened.entries[-1].metadata.recorded_at
            assert modelled(events[: happened.episode.version], now) == found(happened.episode, now)


def modelled(events: list[RecordedEvent[Any]], now: datetime) -> dict[str, Any]:
    rows, when = naive_model.standing(events), (now, "second", ZONE)
    plans = [
        span for span in naive_model.of(rows, "plan-set.1", "plan-refined.1") if naive_model.held(span, when)
    ]
    flags = [span for span in naive_model.of(rows, "red-flag-raised.1") if naive_model.held(span, when)]
    consents = naive_model.of(rows, "sharing-consented.1")
    referrals = [span for span in naive_model.of(rows, "referral-made.1") if span["until"] is None]
    last = naive_model.responsible(rows)[-1]
    return {
        "entries": [
            (row["id"], row["fact"], row["time"][:2], row["performer"], row["labels"]) for row in rows
        ],
        "status": naive_model.status(rows),
        "responsible": (last["therapist"], last["clinic"]),
        "plan": plans[-1]["row"]["fact"]["plan_version"] if plans else None,
        "broken": naive_judge.judgements(events),
        "flags": {span["row"]["id"] for span in flags},
        "consents": {partner: _live(consents, partner, now) for partner in PARTNERS},
        "referrals": {partner: _made_to(referrals, partner) for partner in PARTNERS},
    }


def _live(consents: list[naive_model.Row], partner: UUID, now: datetime) -> list[UUID]:
    """From its first moment; its last is excluded, for nothing may be sent then."""
    return [
        span["row"]["id"]
        for span in consents
        if span["row"]["fact"]["partner"] == partner
        and span["since"][0] <= now
        and (span["until"] is None or now < span["until"][0])
    ]


def _made_to(referrals: list[naive_model.Row], partner: UUID) -> UUID | None:
    return next((span["row"]["id"] for span in referrals if span["row"]["fact"]["partner"] == partner), None)


def found(episode: Episode, now: datetime) -> dict[str, Any]:
    when = When(now, "second", ZONE)
    plan, answers = episode.in_force(Plan, when), responsible(episode)
    assert answers is not None
    referrals = {partner: open_referral(episode, partner) for partner in PARTNERS}
    return {
        "entries": [_entry(entry) for entry in episode.entries],
        "status": status(episode),
        "responsible": (answers.fact.therapist, answers.fact.clinic),
        "plan": None if plan is None else plan.fact.plan_version,
        "broken": {
            entry.metadata.event_id: {breach.rule for breach in entry.fact.breaches}
            for entry in episode.of(SessionDelivered)
        },
        "flags": {held.id for held in episode.spans_of(RedFlagRaised) if held.interval.holds_at(when)},
        "consents": {
            partner: [held.id for held in live_consents(episode, partner, now)] for partner in PARTNERS
        },
        "referrals": {partner: held and held.id for partner, held in referrals.items()},
    }


def _entry(entry: RecordedEvent[Any]) -> tuple[Any, ...]:
    header = entry.metadata
    stated = (header.occurred_at, header.precision)
    return header.event_id, naive_model.said(entry.fact), stated, header.performer, list(entry.labels)

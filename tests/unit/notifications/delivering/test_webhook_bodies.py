"""What a partner is sent at each level, name by name."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.disclosure import Decision
from contracts.events import ReferralMade
from notifications.delivering.webhook_bodies import Due, body_of, webhook_of

OWED_AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
OCCURRED_AT, RECORDED_AT = OWED_AT - timedelta(hours=3), OWED_AT - timedelta(hours=2)
SUBSCRIPTION, PARTNER, EVENT, EPISODE, CLINIC, SUBJECT = (UUID(int=number) for number in range(1, 7))
PUBLIC = "https://notifications.example"
AT_EPISODES = "https://episodes.example/v1/episodes/e"
MISSED = f"{PUBLIC}/v1/subscriptions/{SUBSCRIPTION}/events?after=6"
ALLOWED = Decision(decision_id=UUID(int=9), allowed=True, reason="consented", subject=SUBJECT)


def due(**said: Any) -> Due:
    usual: dict[str, Any] = {
        "network": "demo",
        "subscription_id": SUBSCRIPTION,
        "number": 7,
        "partner": PARTNER,
        "level": "ids",
        "event_id": EVENT,
        "type": "care.episode.plan_set.v1",
        "episode": EPISODE,
        "clinic": CLINIC,
        "occurred_at": OCCURRED_AT,
        "precision": "minute",
        "recorded_at": RECORDED_AT,
        "origin": "late",
        "dataref": f"{AT_EPISODES}/events/x",
        "correlation_id": UUID(int=8),
        "owed_at": OWED_AT,
    }
    return Due(**(usual | said))


def test_at_the_level_of_ids_all_ids_and_times_are_told() -> None:
    assert json.loads(body_of(due(), ALLOWED, PUBLIC)) == {
        "type": "care.episode.plan_set.v1",
        "timestamp": "2026-03-02T07:00:00Z",
        "data": {
            "event_id": str(EVENT),
            "subscription_id": str(SUBSCRIPTION),
            "number": 7,
            "partner": str(PARTNER),
            "clinic": str(CLINIC),
            "episode": str(EPISODE),
            "client_ref": str(SUBJECT),
            "subject": str(SUBJECT),
            "occurred_at": "2026-03-02T07:00:00Z",
            "precision": "minute",
            "recorded_at": "2026-03-02T08:00:00Z",
            "origin": "late",
            "links": {"event": f"{AT_EPISODES}/events/x", "episode": AT_EPISODES, "missed": MISSED},
        },
    }


def test_a_word_of_a_later_release_is_told_as_it_is() -> None:
    data = json.loads(body_of(due(precision="quarter", origin="transcribed"), ALLOWED, PUBLIC))["data"]
    assert (data["precision"], data["origin"]) == ("quarter", "transcribed")


def test_the_partners_own_number_for_the_client_comes_with_the_decision() -> None:
    named = ALLOWED.model_copy(update={"your_client_ref": "no. 12"})
    assert json.loads(body_of(due(), named, PUBLIC))["data"]["your_client_ref"] == "no. 12"


def test_a_referral_says_where_to_answer_it() -> None:
    links = json.loads(body_of(due(type=ReferralMade.type_name), ALLOWED, PUBLIC))["data"]["links"]
    assert links["answer"] == f"{AT_EPISODES}/referrals/{EVENT}/answer"


def test_the_episode_is_what_stands_before_the_first_event() -> None:
    links = webhook_of(due(dataref=f"{AT_EPISODES}/events/x/events/y"), ALLOWED, PUBLIC).data.links
    assert links.episode == AT_EPISODES


def test_an_empty_notice_says_where_to_ask_and_since_when_and_nothing_else() -> None:
    assert json.loads(body_of(due(level="empty"), ALLOWED, PUBLIC)) == {
        "type": "care.notice.v1",
        "timestamp": "2026-03-02T10:00:00Z",
        "data": {"subscription_id": str(SUBSCRIPTION), "number": 7, "missed": MISSED},
    }


def test_without_a_subject_nothing_is_told() -> None:
    with pytest.raises(ValueError, match="names the subject"):
        body_of(due(), ALLOWED.model_copy(update={"subject": None}), PUBLIC)

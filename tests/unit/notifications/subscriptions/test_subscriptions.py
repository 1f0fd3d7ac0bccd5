"""Who may subscribe for whom, and to whose events."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from notifications.access import Action, Caller, Role
from notifications.delivering.signing import secret_text
from notifications.subscriptions.subscription import NotYours, Subscription, Wanted, subscribe

PARTNER, OTHER, CLINIC, BRANCH, ID = (UUID(int=number) for number in range(11, 16))
NOW, SECRET = datetime(2026, 3, 2, tzinfo=UTC), bytes(range(24))


def partner() -> Caller:
    return Caller(PARTNER, Role.PARTNER, "demo", frozenset(), PARTNER)


def coordinator() -> Caller:
    return Caller(UUID(int=1), Role.COORDINATOR, "demo", frozenset({CLINIC, BRANCH}))


def wanted(partner: UUID | None = None, clinics: set[UUID] | None = None) -> Wanted:
    return Wanted(
        url="https://partner.example/care",
        level="ids",
        partner=partner,
        event_types=frozenset({"care.episode.plan_set.v1"}),
        clinics=None if clinics is None else frozenset(clinics),
    )


def test_each_role_may_what_the_table_says() -> None:
    assert partner().may(Action.PULL_EVENTS)
    assert coordinator().may(Action.SUBSCRIBE)
    assert not coordinator().may(Action.PULL_EVENTS)


def test_a_partner_subscribes_for_itself_and_is_shown_its_secret() -> None:
    for said in (None, PARTNER):
        made = subscribe(partner(), wanted(said, {CLINIC}), ID, SECRET, NOW)
        assert made.subscription == Subscription(
            network="demo",
            id=ID,
            partner=PARTNER,
            url="https://partner.example/care",
            level="ids",
            created_at=NOW,
            event_types=frozenset({"care.episode.plan_set.v1"}),
            clinics=frozenset({CLINIC}),
            made_by_partner=True,
        )
        assert made.secret == secret_text(SECRET)
        assert made.secret not in repr(made)


def test_a_partner_asks_for_any_clinics_because_consent_decides() -> None:
    assert subscribe(partner(), wanted(), ID, SECRET, NOW).subscription.clinics is None


def test_a_coordinator_subscribes_for_a_partner_and_is_not_taken_for_it() -> None:
    made = subscribe(coordinator(), wanted(OTHER, {BRANCH}), ID, SECRET, NOW)
    assert (made.subscription.partner, made.subscription.clinics) == (OTHER, frozenset({BRANCH}))
    assert not made.subscription.made_by_partner


def test_a_coordinator_who_names_no_clinic_means_its_own() -> None:
    made = subscribe(coordinator(), wanted(OTHER), ID, SECRET, NOW)
    assert made.subscription.clinics == frozenset({CLINIC, BRANCH})
    made = subscribe(coordinator(), wanted(OTHER, {CLINIC, BRANCH}), ID, SECRET, NOW)
    assert made.subscription.clinics == frozenset({CLINIC, BRANCH})


@pytest.mark.parametrize(
    ("caller", "asked", "rule", "pointer"),
    [
        (partner(), wanted(OTHER), "not-your-partner", "/partner"),
        (coordinator(), wanted(), "partner-required", "/partner"),
        (coordinator(), wanted(OTHER, {CLINIC, ID}), "not-your-clinic", "/clinics"),
    ],
)
def test_what_is_not_the_callers_is_refused_at_its_place(
    caller: Caller, asked: Wanted, rule: str, pointer: str
) -> None:
    with pytest.raises(NotYours, match=rule) as refused:
        subscribe(caller, asked, ID, SECRET, NOW)
    assert (refused.value.rule, refused.value.pointer) == (rule, pointer)

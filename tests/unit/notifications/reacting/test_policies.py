"""Who is owed what, by the policies alone."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.envelope import PublishedEvent
from contracts.events import (
    Data,
    EntryCorrected,
    EntryRetracted,
    EpisodeClosed,
    EpisodeHeld,
    EpisodeOpened,
    Kind,
    PartnerReported,
    PlanRefined,
    PlanSet,
    RedFlagRaised,
    ReferralAnswered,
    ReferralMade,
    ReferralWithdrawn,
    ResponseNoted,
    ResponsibilityTransferred,
    SessionDelivered,
    SessionJudged,
    SessionsRejudged,
    SharingConsented,
    SharingWithdrawn,
)
from notifications.reacting.knowledge import Knowledge, learn, missing_before
from notifications.reacting.owed import (
    AlertsTakenBack,
    AmendmentOwed,
    InboxOwed,
    OpeningOwed,
    Owed,
    WebhookOwed,
)
from notifications.reacting.policies import POLICIES, decide, never_waits

CLINIC, PARTNER, CONSENT, EVENT = uuid4(), uuid4(), uuid4(), uuid4()
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
ALL_KINDS = frozenset({"opening", "sessions", "plans", "referrals", "closure"})


PLANNED, REFINED = PlanSet(plan_version=1), PlanRefined(plan_version=2, replaces=1)
FLAGGED = RedFlagRaised(urgency="urgent", holds_care=True)
BROKEN = ("no_consent",)


def happened(
    data: Data, at: datetime = MONDAY + DAY, sequence: int = 1, origin: str = "live"
) -> PublishedEvent:
    """As the consumer reads it, as far as the policies look."""
    read: dict[str, Any] = {"id": EVENT, "clinic": CLINIC, "publishednumber": sequence, "origin": origin}
    return PublishedEvent.model_construct(data=data, recordedtime=at, **read)


def opened(therapist: UUID | None = None, partner: UUID | None = None) -> EpisodeOpened:
    return EpisodeOpened(therapist=therapist or uuid4(), referring_partner=partner)


def delivered(*breaches: str, adverse: bool = False) -> SessionDelivered:
    return SessionDelivered(breaches=breaches, adverse=adverse)


def corrected(entry: UUID, **more: Any) -> EntryCorrected:
    return EntryCorrected.model_validate({"entry": entry, "breaches": (), "adverse": False} | more)


def withdrawn(from_when: datetime) -> SharingWithdrawn:
    return SharingWithdrawn(consent=CONSENT, partner=PARTNER, effective_from=from_when)


def consented(
    *kinds: str, partner: UUID = PARTNER, consent: UUID = CONSENT, until: datetime | None = None
) -> SharingConsented:
    said = {"consent": consent, "partner": partner, "kinds": kinds, "effective_from": MONDAY, "until": until}
    return SharingConsented.model_validate(said)


def knowing(*facts: Data, at: datetime = MONDAY) -> Knowledge:
    known = Knowledge()
    for sequence, fact in enumerate(facts, start=1):
        known = learn(known, happened(fact, at, sequence))
    return known


def critical(concern: str) -> InboxOwed:
    return InboxOwed(CLINIC, "critical", concern)  # type: ignore[arg-type]


def broken(*sessions: UUID) -> InboxOwed:
    return InboxOwed(CLINIC, "critical", "rule_of_care_broken", sessions=sessions or (EVENT,))


def no_alert_of(*sessions: UUID) -> AlertsTakenBack:
    return AlertsTakenBack(sessions)


def judged_anew(*sessions: SessionJudged) -> PublishedEvent:
    return happened(SessionsRejudged(because=None, rules_version="1", sessions=sessions))


@pytest.mark.parametrize(
    ("fact", "kind"),
    [
        (delivered(), "sessions"),
        (PLANNED, "plans"),
        (REFINED, "plans"),
        (EpisodeClosed(), "closure"),
        (ReferralMade(partner=PARTNER, priority="routine"), "referrals"),
        (ReferralWithdrawn(referral=uuid4(), partner=PARTNER), "referrals"),
    ],
)
def test_a_partner_is_told_what_the_client_consented_to_and_nothing_else(fact: Data, kind: str) -> None:
    assert decide(happened(fact), knowing(consented(kind))) == (WebhookOwed(PARTNER),)
    assert decide(happened(fact), knowing(consented(*(ALL_KINDS - {kind})))) == ()
    assert decide(happened(fact), Knowledge()) == ()


@pytest.mark.parametrize(
    ("fact", "owed"),
    [
        (FLAGGED, (critical("red_flag_raised"),)),
        (delivered(*BROKEN), (broken(),)),
        (delivered(adverse=True), (critical("adverse_reaction"),)),
        (
            delivered(*BROKEN, adverse=True),
            (broken(), critical("adverse_reaction")),
        ),
        (delivered(), ()),
        (ResponseNoted(adverse=True), (critical("adverse_reaction"),)),
        (ResponseNoted(adverse=False), ()),
        (opened(), ()),
        (EpisodeHeld(), ()),
    ],
)
def test_the_clinic_is_alerted_to_flags_breaches_and_adverse_reactions(
    fact: Data, owed: tuple[Owed, ...]
) -> None:
    assert decide(happened(fact), Knowledge()) == owed


@pytest.mark.parametrize(
    "fact",
    [ReferralMade(partner=PARTNER, priority="routine"), ReferralWithdrawn(referral=uuid4(), partner=PARTNER)],
)
def test_a_referral_is_told_to_its_partner_and_to_no_other(fact: Data) -> None:
    other = consented("referrals", partner=uuid4(), consent=uuid4())
    assert decide(happened(fact), knowing(consented("referrals"), other)) == (WebhookOwed(PARTNER),)
    assert decide(happened(fact), knowing(other)) == ()


REFERRED = opened(partner=PARTNER)


def test_the_referring_partner_is_told_of_the_opening_once_the_client_consents() -> None:
    consent = consented("opening", "plans")
    owed = (OpeningOwed(PARTNER, MONDAY),)
    assert decide(happened(consent), knowing(REFERRED, consent)) == owed
    assert decide(happened(REFERRED), knowing(REFERRED)) == ()


@pytest.mark.parametrize(
    ("opening", "consent"),
    [
        (REFERRED, consented("plans")),
        (REFERRED, consented("opening", partner=uuid4())),
        (opened(), consented("opening")),
        (opened(partner=uuid4()), consented("opening")),
    ],
)
def test_nobody_else_is_told_of_the_opening(opening: EpisodeOpened, consent: SharingConsented) -> None:
    assert decide(happened(consent), knowing(opening, consent)) == ()


def test_nobody_is_told_of_an_imported_opening() -> None:
    known = learn(Knowledge(), happened(REFERRED, origin="imported"))
    assert known.therapist == REFERRED.therapist
    assert decide(happened(consented("opening")), known) == ()


@pytest.mark.parametrize(
    ("fact", "concern"),
    [
        (ReferralAnswered(referral=uuid4(), partner=PARTNER, accepted=True), "referral_answered"),
        (PartnerReported(partner=PARTNER), "partner_reported"),
    ],
)
def test_what_a_partner_says_is_for_the_therapist_who_is_responsible_by_then(
    fact: Data, concern: str
) -> None:
    first, second = uuid4(), uuid4()
    transferred = ResponsibilityTransferred(
        from_therapist=first, from_clinic=CLINIC, to_therapist=second, to_clinic=CLINIC
    )
    for known, recipient in (
        (knowing(opened(first)), first),
        (knowing(opened(first), transferred), second),
        (Knowledge(), None),
    ):
        item = InboxOwed(CLINIC, "notice", concern, recipient)  # type: ignore[arg-type]
        assert decide(happened(fact), known) == (item,)


def test_a_correction_alerts_the_clinic_to_what_it_shows() -> None:
    entry = uuid4()
    told = AmendmentOwed(entry)
    for fact, alerts in (
        (corrected(entry), (no_alert_of(entry),)),
        (corrected(entry, breaches=BROKEN), (broken(entry),)),
        (corrected(entry, adverse=True), (no_alert_of(entry), critical("adverse_reaction"))),
    ):
        assert decide(happened(fact, origin="corrected"), Knowledge()) == (told, *alerts)


def test_breaches_that_came_to_light_alert_the_clinic_once_for_all_sessions() -> None:
    one, two, three = uuid4(), uuid4(), uuid4()
    event = judged_anew(
        SessionJudged(session=one, breaches=BROKEN, before=()),
        SessionJudged(session=two, breaches=(*BROKEN, "no-session-check"), before=BROKEN),
        SessionJudged(session=three, breaches=BROKEN, before=(*BROKEN, "no-session-check")),
    )
    assert decide(event, Knowledge()) == (broken(one, two),)
    assert never_waits(event) == (broken(one, two),)


def test_alerts_of_sessions_that_broke_no_rule_after_all_are_taken_back() -> None:
    one, two = uuid4(), uuid4()
    event = judged_anew(
        SessionJudged(session=one, breaches=(), before=BROKEN),
        SessionJudged(session=two, breaches=BROKEN, before=(*BROKEN, "no-session-check")),
    )
    assert decide(event, Knowledge()) == (no_alert_of(one),)
    assert never_waits(event) == (), "an alert that is not there yet cannot be taken back"
    retracted = happened(EntryRetracted(entry=one))
    assert decide(retracted, Knowledge()) == (AmendmentOwed(one), no_alert_of(one))


def test_imported_history_owes_nothing_but_its_consents_are_known() -> None:
    known = knowing(consented("sessions"))
    for fact in (delivered(*BROKEN, adverse=True), FLAGGED, PLANNED):
        assert decide(happened(fact, origin="imported"), known) == ()
    learned = learn(Knowledge(), happened(consented("sessions"), origin="imported"))
    assert decide(happened(delivered()), learned) == (WebhookOwed(PARTNER),)


@pytest.mark.parametrize(
    ("recorded", "told"),
    [
        (MONDAY - HOUR, False),
        (MONDAY, True),
        (MONDAY + DAY, True),
        (MONDAY + 2 * DAY, False),
        (MONDAY + 3 * DAY, False),
    ],
)
def test_consent_must_be_in_force_when_the_event_was_recorded(recorded: datetime, told: bool) -> None:
    known = knowing(consented("sessions", until=MONDAY + 2 * DAY))
    owed = (WebhookOwed(PARTNER),) if told else ()
    assert decide(happened(delivered(), recorded), known) == owed


@pytest.mark.parametrize(
    ("from_when", "still_told_after_an_hour", "told_after_two_days"),
    [(MONDAY - DAY, False, False), (MONDAY, False, False), (MONDAY + DAY, True, False)],
)
def test_a_withdrawal_takes_effect_when_recorded_or_later_if_it_says_so(
    from_when: datetime, still_told_after_an_hour: bool, told_after_two_days: bool
) -> None:
    known = knowing(consented("sessions"), withdrawn(from_when))
    assert bool(decide(happened(delivered(), MONDAY + HOUR), known)) is still_told_after_an_hour
    assert bool(decide(happened(delivered(), MONDAY + 2 * DAY), known)) is told_after_two_days


def test_withdrawing_one_consent_leaves_the_others() -> None:
    other = consented("sessions", partner=uuid4(), consent=uuid4())
    known = knowing(consented("sessions"), other, withdrawn(MONDAY))
    assert decide(happened(delivered()), known) == (WebhookOwed(other.partner),)


def test_a_partner_with_two_consents_is_told_once() -> None:
    known = knowing(consented("sessions"), consented("sessions", "plans", consent=uuid4()))
    assert decide(happened(delivered()), known) == (WebhookOwed(PARTNER),)


def test_learning_the_same_event_twice_changes_nothing() -> None:
    for fact in (consented("plans"), opened(), withdrawn(MONDAY)):
        once = learn(knowing(consented("sessions")), happened(fact, sequence=2))
        assert learn(once, happened(fact, sequence=2)) == once


def test_lost_events_of_an_episode_are_noticed() -> None:
    known = knowing(EpisodeHeld(), EpisodeHeld())
    assert missing_before(known, happened(EpisodeHeld(), sequence=3)) == 0
    assert missing_before(known, happened(EpisodeHeld(), sequence=6)) == 3
    assert missing_before(known, happened(EpisodeHeld(), sequence=1)) == 0


def test_every_policy_is_named_for_what_it_does() -> None:
    for policy in (policy for policies in POLICIES.values() for policy in policies):
        name = getattr(policy, "__name__", "")
        assert name.startswith("when_")
        assert "_then_" in name


def test_the_kinds_the_policies_ask_for_are_kinds_a_client_can_consent_to() -> None:
    assert set(Kind.__args__) >= ALL_KINDS  # type: ignore[attr-defined]


def test_every_event_tells_the_clinic_that_has_the_episode() -> None:
    assert knowing(PLANNED).clinic == CLINIC

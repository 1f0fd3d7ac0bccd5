"""What each published event owes: what is not said of it here is nothing."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from contracts import events
from contracts.codec import from_json
from contracts.envelope import PublishedEvent
from contracts.events import PUBLISHED, Data, Kind
from notifications.reacting.knowledge import Consent, Knowledge, learn
from notifications.reacting.owed import (
    AlertsTakenBack,
    AmendmentOwed,
    InboxOwed,
    OpeningOwed,
    Owed,
    WebhookOwed,
)
from notifications.reacting.policies import decide
from tests.support.contract_examples import example
from tests.support.notifications.published_events import BEGAN, Care, documents

CARE = Care()
PARTNER, ENTRY, REFERRAL, CONSENT, NEXT = (uuid4() for _ in range(5))
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
EVERYTHING = frozenset(Kind.__args__)  # type: ignore[attr-defined]
KNOWN = Knowledge(CARE.clinic, CARE.therapist, PARTNER, 1, (Consent(CONSENT, PARTNER, EVERYTHING, LONG_AGO),))
"""A client referred by a partner who may be told of everything."""

TELL = WebhookOwed(PARTNER)
ITSELF = uuid4()
"""Stands for the event that is received."""
BROKEN = InboxOwed(CARE.clinic, "critical", "rule_of_care_broken", sessions=(ITSELF,))
BROKEN_BY_ENTRY = replace(BROKEN, sessions=(ENTRY,))
CLEARED = AlertsTakenBack((ENTRY,))
ADVERSE = InboxOwed(CARE.clinic, "critical", "adverse_reaction")
FLAG = InboxOwed(CARE.clinic, "critical", "red_flag_raised")

SAID: tuple[tuple[Data, tuple[Owed, ...]], ...] = (
    (events.EpisodeOpened(therapist=CARE.therapist, referring_partner=PARTNER), ()),
    (events.PlanSet(plan_version=1), (TELL,)),
    (events.PlanRefined(plan_version=2, replaces=1), (TELL,)),
    (events.SessionDelivered(breaches=("no_consent",), adverse=True), (TELL, BROKEN, ADVERSE)),
    (events.ResponseNoted(adverse=True), (ADVERSE,)),
    (events.RedFlagRaised(urgency="urgent", holds_care=True), (FLAG,)),
    (
        events.SharingConsented(consent=CONSENT, partner=PARTNER, kinds=("opening",), effective_from=BEGAN),
        (OpeningOwed(PARTNER, BEGAN),),
    ),
    (events.SharingWithdrawn(consent=CONSENT, partner=PARTNER, effective_from=BEGAN), ()),
    (events.ReferralMade(partner=PARTNER, priority="routine"), (TELL,)),
    (events.ReferralWithdrawn(referral=REFERRAL, partner=PARTNER), (TELL,)),
    (
        events.ReferralAnswered(referral=REFERRAL, partner=PARTNER, accepted=True),
        (InboxOwed(CARE.clinic, "notice", "referral_answered", CARE.therapist),),
    ),
    (
        events.PartnerReported(partner=PARTNER),
        (InboxOwed(CARE.clinic, "notice", "partner_reported", CARE.therapist),),
    ),
    (
        events.ResponsibilityTransferred(
            from_therapist=CARE.therapist, from_clinic=CARE.clinic, to_therapist=NEXT, to_clinic=NEXT
        ),
        (),
    ),
    (events.EpisodeClosed(), (TELL,)),
    (events.EntryAddedTo(entry=ENTRY), (AmendmentOwed(ENTRY),)),
    (
        events.EntryCorrected(entry=ENTRY, breaches=("no_consent",), adverse=True),
        (AmendmentOwed(ENTRY), BROKEN_BY_ENTRY, ADVERSE),
    ),
    (events.EntryRetracted(entry=ENTRY), (AmendmentOwed(ENTRY), CLEARED)),
    (
        events.SessionsRejudged(
            because=ENTRY,
            rules_version="1",
            sessions=(
                events.SessionJudged(session=NEXT, breaches=("no_consent",), before=()),
                events.SessionJudged(session=ENTRY, breaches=(), before=("no_consent",)),
            ),
        ),
        (replace(BROKEN, sessions=(NEXT,)), CLEARED),
    ),
)
_OTHERS = [model for model in PUBLISHED.values() if model not in {type(data) for data, _ in SAID}]
OWED = (*SAID, *((model.model_validate(example(model.type_name)["data"]), ()) for model in _OTHERS))
TEACH = {events.SharingConsented, events.SharingWithdrawn, events.ResponsibilityTransferred}


def received(data: Data, origin: str = "live") -> PublishedEvent:
    """As the consumer reads it."""
    name = data.type_name.split(".")[2]
    event = CARE.event(name, data.model_dump(mode="json"), origin=origin)
    return from_json(documents([event])[0])


@pytest.mark.parametrize(("data", "owed"), OWED, ids=lambda it: type(it).__name__)
def test_an_event_owes_what_is_said_of_it(data: Data, owed: tuple[Owed, ...]) -> None:
    for origin in ("live", "late", "corrected"):
        event = received(data, origin)
        assert decide(event, KNOWN) == tuple(_of(event, one) for one in owed)


def _of(event: PublishedEvent, owed: Owed) -> Owed:
    if isinstance(owed, InboxOwed) and owed.sessions == (ITSELF,):
        return replace(owed, sessions=(event.id,))
    return owed


@pytest.mark.parametrize("data", [data for data, _ in OWED], ids=lambda it: type(it).__name__)
def test_an_imported_event_owes_nothing_but_what_proved_false(data: Data) -> None:
    owed = decide(received(data, "imported"), KNOWN)
    assert owed == tuple(it for it in decide(received(data), KNOWN) if isinstance(it, AlertsTakenBack))


@pytest.mark.parametrize("data", [data for data, _ in OWED], ids=lambda it: type(it).__name__)
def test_an_event_teaches_who_is_responsible_and_what_is_consented_to_and_nothing_else(data: Data) -> None:
    event = received(data)
    before = replace(KNOWN, sequence=event.sequence)
    assert (learn(before, event) != before) is (type(data) in TEACH)

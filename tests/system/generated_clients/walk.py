"""A case, walked through the clients that openapi-python-client generates."""

import os
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

import episodes_client as episodes
import episodes_client.models as care
import notifications_client as notifications
import notifications_client.models as told
from episodes_client.api.care import (
    add_to_entry,
    check_session,
    close_episode,
    consent_to_sharing,
    consent_to_treatment,
    open_episode,
    record_assessment,
    record_session,
    set_plan,
)
from episodes_client.api.directory import (
    find_client,
    get_client,
    put_client,
    put_clinic,
    put_partner,
    put_staff,
)
from episodes_client.api.episodes import get_episode, get_episode_history, get_event, list_episodes
from episodes_client.api.feed import read_feed
from notifications_client.api.inbox import acknowledge_item, read_inbox
from notifications_client.api.subscriptions import (
    confirm_address,
    get_subscription,
    list_deliveries,
    list_missed_events,
    list_subscriptions,
    subscribe_to_events,
)

T = TypeVar("T")

CLINIC, THERAPIST, PARTNER = (UUID(os.environ[name]) for name in ("CLINIC", "THERAPIST", "PARTNER"))
CLIENT = uuid4()
NOW = datetime.now(UTC)
START = NOW - timedelta(hours=1)
EARLIER = NOW - timedelta(hours=3)
PAIN = care.CodedOfMeasures(care.CodedOfMeasuresCode.PAIN)
LUMBAR = care.Site(care.SiteCode.LUMBAR_SPINE, side=care.SiteSide.MIDLINE)
SWEDISH = care.Technique(care.TechniqueCode.SWEDISH, LUMBAR, minutes=30, pressure=3)


def at_episodes(token: str) -> episodes.AuthenticatedClient:
    return episodes.AuthenticatedClient(base_url=os.environ["EPISODES_URL"], token=os.environ[token])


def at_notifications(token: str) -> notifications.AuthenticatedClient:
    address = os.environ["NOTIFICATIONS_URL"]
    return notifications.AuthenticatedClient(base_url=address, token=os.environ[token])


SERVICE = at_episodes("SERVICE_TOKEN")
AS_PARTNER, AS_THERAPIST = at_notifications("PARTNER_TOKEN"), at_notifications("THERAPIST_TOKEN")


def got(form: type[T], answer: object) -> T:
    """The answer, if it has the form that is wanted."""
    assert isinstance(answer, form), answer
    return answer


def key() -> str:
    return str(uuid4())


def introduce() -> None:
    """The directory: the clinic, who works there, the partner and the client."""
    clinic = put_clinic.sync_detailed(CLINIC, client=SERVICE, body=care.Clinic(zone="UTC"))
    therapist = care.Staff(care.StaffRole.THERAPIST, name="Tess Example")
    staff = put_staff.sync_detailed(THERAPIST, client=SERVICE, body=therapist)
    chiropractor = care.Partner(care.PartnerKind.CHIROPRACTOR, organisation="Harbor Chiropractic")
    partner = put_partner.sync_detailed(PARTNER, client=SERVICE, body=chiropractor)
    identity = care.ClientIdentity(
        name="Ada Example",
        birth_date=date(1979, 5, 4),
        identifiers=[care.Identifier(system=str(PARTNER), value=f"C {CLIENT}")],
    )
    client = put_client.sync_detailed(CLIENT, client=SERVICE, body=identity)
    assert [it.status_code for it in (clinic, staff, partner, client)] == [204] * 4
    entry = got(care.ClientEntry, get_client.sync(CLIENT, client=SERVICE))
    assert (entry.id, entry.name, entry.birth_date) == (CLIENT, "Ada Example", date(1979, 5, 4))
    found = find_client.sync(client=SERVICE, identifier=f"{PARTNER}|C {CLIENT}")
    assert [it.id for it in got(care.FoundClients, found).clients] == [CLIENT]


def subscribe() -> UUID:
    wanted = told.SubscriptionWanted(url=os.environ["WEBHOOK_URL"])
    made = got(told.SubscriptionMade, subscribe_to_events.sync(client=AS_PARTNER, body=wanted))
    assert made.state is told.SubscriptionMadeState.ACTIVE
    assert made.secret is not None
    assert (made.partner, made.clinics, made.last_number) == (PARTNER, None, 0)
    again = got(told.ProblemDocument, subscribe_to_events.sync(client=AS_PARTNER, body=wanted))
    assert (again.status, again.subscription_id) == (409, made.id)
    mine = got(told.Subscriptions, list_subscriptions.sync(client=AS_PARTNER)).subscriptions
    assert [it.id for it in mine] == [made.id]
    guess = told.Confirmation(challenge="a guess")
    refused = got(told.ProblemDocument, confirm_address.sync(made.id, client=AS_PARTNER, body=guess))
    assert (refused.status, refused.rule) == (422, "challenge-differs")
    return made.id


def opened() -> UUID:
    """An episode, opened twice under one key."""
    opening = care.EpisodeOpenedCommand(
        client=CLIENT,
        clinic=CLINIC,
        therapist=THERAPIST,
        complaint=care.Complaint(care.ComplaintCategory.CHRONIC_PAIN, words="Back pain", sites=[LUMBAR]),
        age=47,
        occurred_at=EARLIER,
    )
    same = key()
    first, second = (
        got(care.Receipt, open_episode.sync(client=SERVICE, body=opening, idempotency_key=same))
        for _ in range(2)
    )
    assert second == first
    assert (first.events[0].type_, first.events[0].version) == ("episode-opened.1", 1)
    assert not isinstance(first.episode, episodes.types.Unset)
    return first.episode.id


def consent(episode: UUID) -> None:
    treatment = care.TreatmentConsentedCommand(given=care.Given(care.GivenBy.CLIENT), signed_at=EARLIER)
    recorded(consent_to_treatment.sync, episode, treatment)
    sharing = care.SharingConsentedCommand(
        given=care.Given(care.GivenBy.CLIENT),
        kinds=[
            care.SharingConsentedCommandKindsItem.PLANS,
            care.SharingConsentedCommandKindsItem.SESSIONS,
            care.SharingConsentedCommandKindsItem.CLOSURE,
        ],
        partner=PARTNER,
    )
    recorded(consent_to_sharing.sync, episode, sharing)


def assess_and_plan(episode: UUID) -> None:
    pain = care.Reading(
        PAIN, site=LUMBAR, unit="{score}", scale="NRS 0-10", context=care.ReadingContext.NOW, value=6.4
    )
    assessed = care.AssessedCommand(
        care.AssessedCommandStage.BASELINE, readings=[pain], performer=THERAPIST, occurred_at=EARLIER
    )
    recorded(record_assessment.sync, episode, assessed)
    goal = care.Goal("pain", measure=PAIN, baseline=6.4, target=3)
    plan = care.PlanSetCommand(
        goals=[goal], techniques=[SWEDISH], planned_sessions=7, minutes_per_session=30, occurred_at=EARLIER
    )
    recorded(set_plan.sync, episode, plan)


def treat(episode: UUID) -> UUID:
    """A session check, the session, and what it left out; then care is closed. The session's id."""
    screening = care.Screening(
        "clinic-intake/1",
        items=[care.ScreeningItem(care.ScreeningItemAnswer.ABSENT, care.ScreeningItemCode.FEVER)],
    )
    check = care.SessionCheckedCommand(screening, techniques=[SWEDISH], occurred_at=START)
    bruise = care.Adverse(
        care.CodedOfAdverseKinds(care.CodedOfAdverseKindsCode.BRUISING), severity=care.AdverseSeverity.MILD
    )
    session = care.SessionDeliveredCommand(
        START.date(),
        [SWEDISH],
        start=START,
        duration=30,
        adverse=[bruise],
        check_id=recorded(check_session.sync, episode, check),
        performer=THERAPIST,
    )
    delivered = recorded(record_session.sync, episode, session)
    addition = care.EntryAddedToOfSessionDelivered(
        added=care.SessionDeliveredParts(place=care.SessionDeliveredPartsPlace.CLINIC),
        of="session-delivered.1",
        reason="Left out in the evening",
    )
    got(
        care.Receipt,
        add_to_entry.sync(episode, delivered, client=SERVICE, body=addition, idempotency_key=key()),
    )
    closing = care.EpisodeClosedCommand(care.EpisodeClosedCommandReason.GOAL_ACHIEVED, summary="Pain down")
    recorded(close_episode.sync, episode, closing)
    return delivered


def recorded(send: Callable[..., Any], episode: UUID, body: object) -> UUID:
    """Send a command under a new key. Returns the id of its first event."""
    receipt = got(care.Receipt, send(episode, client=SERVICE, body=body, idempotency_key=key()))
    return receipt.events[0].id


def read(episode: UUID, session: UUID) -> None:
    """The state, the history and one event."""
    state = got(care.EpisodeState, get_episode.sync(episode, client=SERVICE))
    assert (state.id, state.version, state.status) == (episode, 9, care.EpisodeStateStatus.CLOSED)
    assert not isinstance(state.sessions, episodes.types.Unset)
    assert not isinstance(state.assessments, episodes.types.Unset)
    assert not isinstance(state.session_checks, episodes.types.Unset)
    assert state.session_checks[0].verdict == "go"
    [delivered] = state.sessions
    assert (delivered.id, delivered.techniques[0].code) == (session, "swedish")
    assert (delivered.adverse[0].kind.code, delivered.date_of_service) == ("bruising", START.date())
    assert (delivered.place, delivered.start) == (care.SessionEntryPlace.CLINIC, START)
    assert state.assessments[0].readings[0].value == 6.4
    history = got(care.EpisodeHistory, get_episode_history.sync(episode, client=SERVICE)).events
    assert [it.version for it in history] == list(range(1, 10))
    event = got(care.RecordedEvent, get_event.sync(episode, session, client=SERVICE))
    assert (event.event_id, event.type_, event.fact["duration"]) == (session, "session-delivered.1", 30)


def follow(episode: UUID) -> None:
    """The list and the feed."""
    listed = list_episodes.sync(client=SERVICE, client_query=CLIENT, after_write=f"{episode}:9")
    page = got(care.EpisodeList, listed)
    assert [(it.id, it.status) for it in page.episodes] == [(episode, care.ListedEpisodeStatus.CLOSED)]
    assert isinstance(page.next_, episodes.types.Unset)
    feed = got(care.FeedPage, read_feed.sync(client=SERVICE, limit=1000))
    mine = [it for it in feed.events if it.subject == episode]
    assert [it.type_ for it in mine][:2] == [
        "care.episode.episode_opened.v1",
        "care.episode.sharing_consented.v1",
    ]
    assert [it.publishednumber for it in mine] == list(range(1, len(mine) + 1))
    assert feed.next_


def be_refused(episode: UUID) -> None:
    """A rule that refuses a command, and a header that cannot be read."""
    plan = care.PlanSetCommand()
    answer = set_plan.sync_detailed(episode, client=SERVICE, body=plan, idempotency_key=key())
    assert answer.status_code == 422
    problem = got(care.Problem, answer.parsed)
    assert (problem.type_, problem.rule) == ("/problems/rule-broken", "episode-closed")
    malformed = set_plan.sync(episode, client=SERVICE, body=plan, idempotency_key="none")
    problem = got(care.Problem, malformed)
    assert problem.status == 400
    assert not isinstance(problem.errors, episodes.types.Unset)
    assert problem.errors[0].pointer == "/headers/idempotency-key"


def be_told(subscription: UUID, episode: UUID) -> None:
    """What the partner was sent, and what the clinic must see."""
    deliveries = awaited(lambda: delivered(subscription))
    assert [it.number for it in deliveries] == [1, 2, 3, 4]
    assert [(it.status, it.error) for it in deliveries[0].attempts] == [(204, None)]
    found = got(told.SubscriptionView, get_subscription.sync(subscription, client=AS_PARTNER))
    assert found.address is told.SubscriptionViewAddress.PROVED
    missed = got(told.Events, list_missed_events.sync(subscription, client=AS_PARTNER))
    first = got(told.Told, missed.events[0])
    assert (first.type_, first.data.episode) == ("care.episode.plan_set.v1", episode)
    item = awaited(alert)
    assert (item.episode, item.acknowledgement) == (episode, None)
    seen = got(told.InboxItem, acknowledge_item.sync(item.id, client=AS_THERAPIST))
    assert got(told.Acknowledgement, seen.acknowledgement).by == THERAPIST


def delivered(subscription: UUID) -> list[told.DeliveryView] | None:
    """The deliveries, once each was made."""
    log = got(told.Deliveries, list_deliveries.sync(subscription, client=AS_PARTNER)).deliveries
    made = [it for it in log if it.state is told.DeliveryViewState.DELIVERED]
    return made if len(made) == 4 else None


def alert() -> told.InboxItem | None:
    """The adverse reaction in the inbox of the clinic."""
    items = got(told.Inbox, read_inbox.sync(client=AS_THERAPIST)).items
    return next((it for it in items if it.concern is told.InboxItemConcern.ADVERSE_REACTION), None)


def awaited(look: Callable[[], T | None]) -> T:
    """What is seen, as soon as it is there."""
    deadline = time.monotonic() + 30
    while (seen := look()) is None:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return seen


def main() -> None:
    introduce()
    subscription = subscribe()
    episode = opened()
    consent(episode)
    assess_and_plan(episode)
    session = treat(episode)
    read(episode, session)
    follow(episode)
    be_refused(episode)
    be_told(subscription, episode)


main()

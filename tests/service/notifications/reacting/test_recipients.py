"""Who is told of an opening, of a referral and of an amendment; numbers stay without gaps."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from contracts.codec import CloudEvent
from contracts.webhook import Webhook
from notifications.postgres.connections import Connection, connect
from tests.support.notifications.http_servers import EpisodesService, PartnerEndpoint
from tests.support.notifications.intake import Lane, numbers, service_update, subscribed
from tests.support.notifications.published_events import Care, id_of
from tests.support.notifications.service_process import Api, Notifications
from tests.support.notifications.subscribed_partner import FAST, Partner, owe
from tests.support.waiting import eventually

PARTNER = uuid4()
AMENDMENTS = ["added_to", "corrected", "retracted"]


@pytest.fixture
async def db(service: Notifications) -> AsyncIterator[Connection]:
    async with await connect(service.database.url("consume")) as connection:
        yield connection


def owed_to(service: Notifications, subscription: UUID) -> list[UUID]:
    """The events, by number."""
    query = "SELECT event_id FROM deliveries WHERE subscription_id = %s ORDER BY number"
    return [row["event_id"] for row in service.rows(query, subscription)]


async def test_the_referring_partner_is_told_of_the_opening_as_it_was(
    service: Notifications, db: Connection
) -> None:
    care, lane = Care(), Lane(db)
    subscription = subscribed(service, PARTNER)
    opened = care.opened(PARTNER, time="2026-03-02T10:15:00+01:00", precision="day")
    await lane.take(opened, care.plan(), care.shared_with(PARTNER, "opening"))
    (delivery,) = service.rows("SELECT * FROM deliveries")
    told = opened.attributes
    assert (delivery["subscription_id"], delivery["number"]) == (subscription, 1)
    assert (str(delivery["event_id"]), delivery["event_type"]) == (told["id"], told["type"])
    assert (delivery["occurred_at"], delivery["precision"]) == (told["time"], "day")
    assert (delivery["recorded_at"], delivery["dataref"]) == (told["recordedtime"], told["recordref"])
    assert (str(delivery["clinic_id"]), str(delivery["correlation_id"])) == (
        told["clinic"],
        told["correlationid"],
    )


async def test_of_an_opening_it_is_told_once_however_often_the_client_consents(
    service: Notifications, db: Connection
) -> None:
    care, lane = Care(), Lane(db)
    first = subscribed(service, PARTNER, "a")
    opened = care.opened(PARTNER)
    await lane.take(opened, care.shared_with(PARTNER, "opening"), care.shared_with(PARTNER, "opening"))
    later = subscribed(service, PARTNER, "b")
    await lane.take(care.shared_with(PARTNER, "opening", "plans"), plan := care.plan())
    assert owed_to(service, first) == owed_to(service, later) == [id_of(opened), id_of(plan)]
    assert numbers(service, first) == numbers(service, later) == [1, 2]


async def test_a_consent_that_begins_later_lets_the_opening_wait(
    service: Notifications, db: Connection
) -> None:
    care = Care()
    subscribed(service, PARTNER)
    opened = care.opened(PARTNER)
    consent = care.shared_with(PARTNER, "opening", begins=care.now + timedelta(days=365_000))
    await Lane(db).take(opened, consent)
    assert (
        service.count("deliveries") == service.count("deliveries", "due_at > now() + interval '1 year'") == 1
    )


async def test_an_imported_opening_and_an_imported_consent_tell_nobody(
    service: Notifications, db: Connection
) -> None:
    old, new, lane = Care(), Care(), Lane(db)
    subscribed(service, PARTNER)
    await lane.take(old.opened(PARTNER, origin="imported"), old.shared_with(PARTNER, "opening"))
    await lane.take(new.opened(PARTNER), new.shared_with(PARTNER, "opening", origin="imported"))
    assert service.count("deliveries") == 0
    assert service.count("known_consents") == 2


@pytest.mark.parametrize("how", AMENDMENTS)
async def test_an_amendment_goes_to_whoever_was_sent_the_entry_whatever_it_asks_for(
    how: str, service: Notifications, db: Connection
) -> None:
    care, lane, other = Care(), Lane(db), uuid4()
    waiting, sent, failed, refused, ended, never = (
        subscribed(service, partner, name)
        for partner, name in zip([PARTNER] * 5 + [other], "abcdef", strict=True)
    )
    await lane.take(care.opened(), care.shared_with(PARTNER), session := care.session())
    deliver_as(service, {sent: "delivered", failed: "failed", refused: "withheld", ended: "cancelled"})
    for subscription in (waiting, sent, failed):
        service_update(service, subscription, "event_types = '{care.episode.plan_set.v1}'")
        service_update(service, subscription, f"clinics = '{{{uuid4()}}}'")
    amendment = care.amended(how, session)
    await lane.take(amendment)
    for subscription in (waiting, sent, failed):
        assert owed_to(service, subscription) == [id_of(session), id_of(amendment)]
        assert numbers(service, subscription) == [1, 2]
    for subscription in (refused, ended):
        assert owed_to(service, subscription) == [id_of(session)]
    assert owed_to(service, never) == []


async def test_an_amendment_that_comes_again_and_one_after_the_end_of_a_subscription_owe_nothing(
    service: Notifications, db: Connection
) -> None:
    care, lane = Care(), Lane(db)
    live, deleted = subscribed(service, PARTNER, "a"), subscribed(service, PARTNER, "b")
    await lane.take(care.shared_with(PARTNER), session := care.session())
    service_update(service, deleted, "state = 'deleted'")
    first, second = care.amended("corrected", session), care.amended("corrected", session)
    await lane.take(first, first, second)
    await Lane(db, name="care.demo.episodes.v1/0").take(first, second)
    assert owed_to(service, live) == [id_of(it) for it in (session, first, second)]
    assert numbers(service, live) == [1, 2, 3]
    assert owed_to(service, deleted) == [id_of(session)]


async def test_an_amendment_of_another_network_reaches_nobody_here(
    service: Notifications, db: Connection
) -> None:
    here = Care()
    there = Care(network="other", clinic=here.clinic, episode=here.episode)
    subscribed(service, PARTNER)
    await Lane(db).take(here.shared_with(PARTNER), session := here.session())
    await Lane(db, "other", "feed/other").take(there.amended("retracted", session))
    assert service.count("deliveries") == 1


async def test_a_correction_is_shown_to_the_clinic_when_a_rule_was_broken(
    service: Notifications, db: Connection
) -> None:
    care = Care()
    session = care.session()
    await Lane(db).take(session, correction := care.amended("corrected", session, "no_consent"))
    assert service.rows("SELECT event_id, concern, severity FROM inbox") == [
        {"event_id": id_of(correction), "concern": "rule_of_care_broken", "severity": "critical"}
    ]


def test_a_partner_is_asked_to_answer_a_referral_and_told_where(
    service: Notifications, episodes: EpisodesService, api: Api
) -> None:
    care = Care()
    with PartnerEndpoint() as endpoint, PartnerEndpoint() as elsewhere:
        partner, other = Partner(api, service, endpoint), Partner(api, service, elsewhere)
        consents = [care.shared_with(it.id, "referrals", "plans") for it in (partner, other)]
        owe(service, 3, care.opened(), *consents, referral := care.referral(partner.id), care.plan())
        with service.running("deliver", **FAST):
            eventually(lambda: endpoint.has(2) and elsewhere.has(1))
        pulled = partner.read("events")["events"][0]
    told = {body.type.split(".")[2]: body.data.links for body in bodies(endpoint)}
    episode = f"http://127.0.0.1:8000/v1/episodes/{care.episode}"
    assert told["referral_made"].answer == f"{episode}/referrals/{id_of(referral)}/answer"
    assert told["referral_made"].episode == episode
    assert pulled["data"]["links"]["answer"] == told["referral_made"].answer
    assert told["plan_set"].answer is None
    assert [body.type for body in bodies(elsewhere)] == ["care.episode.plan_set.v1"]


def test_what_is_for_a_therapist_is_seen_by_that_therapist_and_by_who_leads_the_clinic(
    service: Notifications, api: Api
) -> None:
    care, colleague, clinic = Care(), uuid4(), uuid4()
    former = care.therapist
    take_in(service, care.opened(), care.transferred(colleague, clinic), care.referral_answered(PARTNER))
    tokens = {
        "recipient": service.issuer.token("therapist", sub=colleague, clinics=[clinic]),
        "another therapist": service.issuer.token("therapist", sub=former, clinics=[clinic]),
        "supervisor": service.issuer.token("supervisor", clinics=[clinic]),
        "coordinator": service.issuer.token("coordinator", clinics=[clinic]),
        "elsewhere": service.issuer.token("supervisor", clinics=[uuid4()]),
    }
    shown = {who: api.call("GET", "/v1/inbox", token).json()["items"] for who, token in tokens.items()}
    (item,) = shown["recipient"]
    assert (item["recipient"], item["concern"], item["severity"]) == (
        str(colleague),
        "referral_answered",
        "notice",
    )
    seen_by = {who for who, items in shown.items() if items}
    assert seen_by == {"recipient", "supervisor", "coordinator"}
    path = f"/v1/inbox/{item['id']}/acknowledgement"
    for who in ("another therapist", "elsewhere"):
        assert api.call("POST", path, tokens[who]).status_code == 404
        answer = api.call("GET", f"/v1/inbox?cursor={item['id']}", tokens[who])
        assert answer.status_code == 400
    assert service.count("inbox", "acknowledged_at IS NOT NULL") == 0
    for who in ("supervisor", "coordinator", "recipient"):
        assert api.call("POST", path, tokens[who]).status_code == 200


def bodies(endpoint: PartnerEndpoint) -> list[Webhook]:
    return [Webhook.model_validate_json(it.body) for it in endpoint.received]


def deliver_as(service: Notifications, states: dict[UUID, str]) -> None:
    """As if the deliverer had ended them so."""
    for subscription, state in states.items():
        service.write("UPDATE deliveries SET state = %s WHERE subscription_id = %s", state, subscription)


def take_in(service: Notifications, *events: CloudEvent) -> None:
    async def take() -> None:
        async with await connect(service.database.url("consume")) as db:
            await Lane(db).take(*events)

    asyncio.run(take())

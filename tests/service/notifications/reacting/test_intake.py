"""Taking events in: each has its effect once, numbers have no gaps, and what cannot be read is set aside."""

import json
import re
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from contracts.codec import to_kafka
from contracts.envelope import PublishedEvent
from contracts.former_names import FORMER
from notifications.postgres.connections import Connection
from notifications.reacting import react
from notifications.reacting.consumer import take_in
from notifications.reacting.knowledge import Knowledge
from notifications.reacting.messages import FeedMessage, KafkaMessage
from notifications.reacting.owed import Owed
from notifications.reacting.policies import decide
from notifications.reacting.positions import Moved
from notifications.reacting.react import FOLLOWS
from notifications.reacting.sources import Batch
from tests.support.notifications.intake import Lane, numbers, service_update, subscribed
from tests.support.notifications.published_events import Care, documents, id_of
from tests.support.notifications.service_process import Notifications

PARTNER = uuid4()


async def test_an_event_that_comes_again_has_no_second_effect(service: Notifications, db: Connection) -> None:
    care, lane = Care(), Lane(db)
    subscribed(service, PARTNER)
    history = [care.opened(), care.shared_with(PARTNER), care.session("no_consent"), care.red_flag()]
    await lane.take(*history)
    await lane.take(*history, *history)
    await Lane(db, name="care.demo.episodes.v1/0").take(*reversed(history))
    assert service.count("deliveries") == 1
    assert service.count("inbox") == 2
    assert service.count("seen_events") == 4


async def test_the_position_moves_with_the_effect_or_not_at_all(
    service: Notifications, db: Connection
) -> None:
    care, lane = Care(), Lane(db)
    subscribed(service, PARTNER)
    await lane.take(care.opened(), care.shared_with(PARTNER))
    with psycopg.connect(service.database.owner_url) as owner:
        owner.execute("REVOKE INSERT ON deliveries FROM notifications_consume")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await lane.take(session := care.session())
    assert service.rows("SELECT position FROM positions") == [{"position": "2"}]
    assert service.count("seen_events") == 2
    with psycopg.connect(service.database.owner_url) as owner:
        owner.execute("GRANT INSERT ON deliveries TO notifications_consume")
    await lane.take(session)
    assert service.rows("SELECT number, event_id FROM deliveries") == [
        {"number": 1, "event_id": id_of(session)}
    ]


async def test_a_consumer_that_fell_behind_another_begins_again(
    service: Notifications, db: Connection
) -> None:
    care, lane, late = Care(), Lane(db), Lane(db)
    await lane.take(flag := care.red_flag())
    with pytest.raises(Moved):
        await late.take(flag)
    assert service.count("inbox") == 1


async def test_lanes_read_together_move_together_or_not_at_all(
    service: Notifications, db: Connection
) -> None:
    care, other = Care(), Care()
    subscribed(service, PARTNER)
    await Lane(db, name="t/0").take(care.opened(), care.shared_with(PARTNER))
    await Lane(db, name="t/1").take(other.opened(), other.shared_with(PARTNER))
    batches = [
        Batch(lane, "demo", "3", [FeedMessage("demo", lane, entry) for entry in documents([one.session()])])
        for lane, one in (("t/0", care), ("t/1", other))
    ]
    with pytest.raises(Moved, match="t/1"):
        await take_in(db, batches, {"t/0": "2", "t/1": "1"})
    assert service.count("deliveries") == 0
    await take_in(db, batches, {"t/0": "2", "t/1": "2"})
    assert service.count("deliveries") == 2
    assert {row["position"] for row in service.rows("SELECT position FROM positions")} == {"3"}


async def test_numbers_count_per_subscription_without_gaps(service: Notifications, db: Connection) -> None:
    care, lane = Care(), Lane(db)
    everything, plans_only, elsewhere = (subscribed(service, PARTNER, name) for name in "abc")
    service_update(service, everything, "event_types = NULL")
    service_update(service, plans_only, "event_types = '{care.episode.plan_set.v1}'")
    service_update(service, elsewhere, f"clinics = '{{{uuid4()}}}'")
    await lane.take(care.opened(), care.shared_with(PARTNER))
    await lane.take(care.plan(), care.session(), care.session(), care.plan(), care.closed())
    assert numbers(service, everything) == [1, 2, 3, 4, 5]
    assert numbers(service, plans_only) == [1, 2]
    assert numbers(service, elsewhere) == []


async def test_a_disabled_endpoint_keeps_its_numbers_and_a_deleted_one_gets_none(
    service: Notifications, db: Connection
) -> None:
    care, lane = Care(), Lane(db)
    disabled, deleted = subscribed(service, PARTNER, "a"), subscribed(service, PARTNER, "b")
    service_update(service, disabled, "state = 'disabled'")
    service_update(service, deleted, "state = 'deleted'")
    await lane.take(care.shared_with(PARTNER), care.session())
    assert (numbers(service, disabled), numbers(service, deleted)) == ([1], [])


async def test_networks_do_not_meet_even_with_equal_ids(service: Notifications, db: Connection) -> None:
    here = Care()
    there = Care(network="other", clinic=here.clinic, episode=here.episode)
    subscribed(service, PARTNER)
    await Lane(db).take(here.shared_with(PARTNER))
    await Lane(db, "other", "feed/other").take(there.session(), there.red_flag())
    assert service.count("deliveries") == 0
    assert service.rows("SELECT network_id FROM inbox") == [{"network_id": "other"}]


def _broken(care: Care, name: str, value: Any) -> dict[str, Any]:
    (document,) = documents([care.session()])
    document.pop(FORMER.get(name, ""), None)
    return document | {name: value}


UNREADABLE = {
    "an unknown type": ("type", "care.episode.teleported.v1", "unknown event type"),
    "a type of another version": ("type", "care.episode.session_delivered.v9", "unknown event type"),
    "another network's event": ("source", "/networks/other/episodes", "belongs to another network"),
    "no source of ours": ("source", "https://elsewhere", "missing or malformed: source"),
    "an episode that is no id": ("subject", "Mrs Smith", "missing or malformed: subject"),
    "a time without offset": ("time", "2026-03-02T09:00:00", "missing or malformed: time"),
    "no data": ("data", None, "missing or malformed: "),
    "data of another form": ("data", {"adverse": "who knows"}, "missing or malformed: adverse"),
    "another specification": ("specversion", "0.3", "not a CloudEvents 1.0 event"),
    "a number no database holds": ("publishednumber", 2**70, "missing or malformed: publishednumber"),
    "a character no database holds": ("recordref", "http://x/\0", "cannot be taken in: DataError"),
    "half a character": ("recordref", "http://x/\ud800", "cannot be taken in: UnicodeEncodeError"),
}


@pytest.mark.parametrize("what", UNREADABLE)
async def test_a_message_that_cannot_be_taken_in_is_parked_and_the_rest_flows(
    what: str, service: Notifications, db: Connection
) -> None:
    name, value, reason = UNREADABLE[what]
    care, other, lane = Care(), Care(), Lane(db)
    subscribed(service, PARTNER)
    await lane.take(care.shared_with(PARTNER), other.shared_with(PARTNER))
    poison = _broken(care, name, value)
    before, after = documents([other.red_flag()]), documents([other.session()])
    await lane.take_raw(*before, poison, *after)
    (parked,) = service.rows("SELECT reason, raw, event_id FROM parked")
    assert re.match(re.escape(reason), parked["reason"])
    assert json.loads(bytes(parked["raw"])) == poison
    assert service.count("inbox") == service.count("deliveries") == 1
    assert service.rows("SELECT position FROM positions") == [{"position": "5"}]


@pytest.mark.parametrize("document", [None, 5, "text", [], {}, {"id": []}, float("nan")])
async def test_what_is_no_event_at_all_is_parked(
    document: Any, service: Notifications, db: Connection
) -> None:
    care = Care()
    await Lane(db).take_raw(document, *documents([care.red_flag()]))
    assert service.count("parked") == 1
    assert service.count("inbox") == 1


async def test_a_defect_of_ours_sets_one_message_aside_and_stops_no_other(
    service: Notifications, db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    care, other = Care(), Care()

    def stumble(event: PublishedEvent, known: Knowledge) -> tuple[Owed, ...]:
        if event.episode == care.episode:
            raise AttributeError("a defect")
        return decide(event, known)

    monkeypatch.setattr(react, "decide", stumble)
    await Lane(db).take(other.red_flag(), care.red_flag(), other.red_flag())
    assert service.rows("SELECT reason FROM parked") == [{"reason": "cannot be taken in: AttributeError"}]
    assert service.count("inbox") == 2


async def test_what_follows_a_parked_message_in_its_episode_waits_and_other_episodes_do_not(
    service: Notifications, db: Connection
) -> None:
    care, other, lane = Care(), Care(), Lane(db)
    seen = care.opened()
    await lane.take(seen)
    await lane.take_raw(_broken(care, "type", "care.episode.unheard_of.v1"))
    answers = [it.referral_answered(PARTNER) for it in (care, other, care)]
    await lane.take(seen, *answers)
    reasons = [row["reason"] for row in service.rows("SELECT reason FROM parked ORDER BY parked_id")]
    assert reasons == ["unknown event type", FOLLOWS, FOLLOWS]
    assert service.rows("SELECT episode_id FROM inbox") == [{"episode_id": other.episode}]


async def test_what_is_critical_for_the_clinic_does_not_wait_behind_a_parked_message(
    service: Notifications, db: Connection
) -> None:
    care, lane = Care(), Lane(db)
    poison = _broken(care, "type", "care.episode.unheard_of.v1")
    await lane.take_raw(poison, *documents([care.red_flag(), care.session("no_consent", adverse=True)]))
    assert service.count("parked", f"reason = '{FOLLOWS}'") == 2
    told = {row["concern"] for row in service.rows("SELECT concern FROM inbox")}
    assert told == {"red_flag_raised", "rule_of_care_broken", "adverse_reaction"}


async def test_a_parked_message_that_comes_again_is_parked_once(
    service: Notifications, db: Connection
) -> None:
    care, lane = Care(), Lane(db)
    poison = _broken(care, "type", "care.episode.unheard_of.v1")
    flag = care.red_flag()
    for _ in range(3):
        await lane.take_raw(poison, *documents([flag]))
    assert service.count("parked") == 2


async def test_a_withdrawn_consent_is_known_and_an_erased_event_does_no_harm(
    service: Notifications, db: Connection
) -> None:
    care, lane, consent = Care(), Lane(db), uuid4()
    subscribed(service, PARTNER)
    (erased,) = documents([care.session()])
    await lane.take(care.shared_with(PARTNER, consent=consent), care.withdrawn(consent, PARTNER))
    await lane.take_raw(erased | {"data": {"redacted": True}})
    await lane.take(care.session())
    assert service.count("deliveries") == service.count("parked") == 0


async def test_a_record_of_kafka_is_parked_whole(service: Notifications, db: Connection) -> None:
    care, lane = Care(), Lane(db)
    key, _, headers = to_kafka(care.session())
    headers.append(("odd", b"\xff\x00"))
    await lane.take_messages([KafkaMessage("demo", "t/0/7", key, b"\xfe not json", headers)])
    (parked,) = service.rows("SELECT form, place, reason, episode_id, raw FROM parked")
    assert (parked["form"], parked["place"]) == ("kafka", "t/0/7")
    assert parked["reason"] == "the data is not JSON"
    assert parked["episode_id"] == care.episode

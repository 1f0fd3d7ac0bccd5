"""What is missing is fetched and taken in its turn; what cannot be had is an incident."""

import asyncio
from uuid import uuid4

import psycopg
import pytest

from contracts.envelope import PublishedEvent
from notifications.postgres.connections import Connection, connect
from notifications.reacting import knowledge
from notifications.reacting.healing import Healing
from tests.support.notifications.gaps import OPEN, begun, healed, ripe
from tests.support.notifications.http_servers import EpisodesService
from tests.support.notifications.intake import Lane, numbers, subscribed
from tests.support.notifications.published_events import PARTNER, Care, documents, id_of
from tests.support.notifications.service_process import Api, Notifications
from tests.support.waiting import eventually


async def test_what_is_missing_is_fetched_and_everything_is_taken_in_order(
    service: Notifications, db: Connection, episodes: EpisodesService, healing: Healing
) -> None:
    subscription = subscribed(service, PARTNER)
    cares, lane = [Care(), Care(network="other"), Care()], Lane(db)
    for care in cares:
        history = [*begun(care), *(care.session() for _ in range(4))]
        episodes.publish(*history)
        here = lane if care.network == "demo" else Lane(db, "other", "feed/other")
        await here.take(history[-1])
    await healing.once(db)
    assert not episodes.asked_for, "a gap may close by itself for two seconds"
    await healed(service, healing, db)
    assert numbers(service, subscription) == list(range(1, 9))
    assert service.count("gaps", OPEN) == 0
    assert service.count("seen_events") == 18


async def test_a_long_gap_is_fetched_page_by_page(
    service: Notifications,
    db: Connection,
    episodes: EpisodesService,
    healing: Healing,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("notifications.reacting.published.EVENTS_PER_PAGE", 7)
    subscription = subscribed(service, PARTNER)
    care = Care()
    history = [*begun(care), *(care.session() for _ in range(40))]
    episodes.publish(*history)
    await Lane(db).take(history[0], history[-1])
    await healed(service, healing, db)
    assert numbers(service, subscription) == list(range(1, 41))
    assert len(episodes.asked_for) == 6


@pytest.mark.parametrize("answer", ["none", "nothing of it", "of another episode", "of another network"])
async def test_doubt_is_no_answer_and_what_is_held_waits(
    answer: str, service: Notifications, db: Connection, episodes: EpisodesService, healing: Healing
) -> None:
    care = Care()
    history = [*begun(care), care.session()]
    await Lane(db).take(history[2])
    match answer:
        case "none":
            episodes.publish(*history)
            episodes.tells_what_is_missing = False
        case "of another episode":
            episodes.confuse = {"subject": str(uuid4())}
            episodes.publish(*history)
        case "of another network":
            episodes.confuse = {"source": "/networks/other/episodes"}
            episodes.publish(*history)
    await healed(service, healing, db)
    assert service.count("held_events", "taken_at IS NULL") == service.count("gaps", OPEN) == 1
    assert service.count("parked") == service.count("seen_events") == 0
    episodes.forget()
    episodes.publish(*history)
    await healed(service, healing, db)
    assert service.count("seen_events") == 3


async def test_a_gap_that_cannot_be_healed_is_tried_less_and_less_often(
    service: Notifications, db: Connection, healing: Healing
) -> None:
    await Lane(db).take(Care(sequence=1).session())
    waits = []
    for _ in range(9):
        await healed(service, healing, db)
        (row,) = service.rows("SELECT extract(epoch FROM next_try_at - now())::float8 AS wait FROM gaps")
        waits.append(row["wait"])
    assert [round(it) for it in waits] == pytest.approx([4, 8, 16, 32, 64, 128, 256, 300, 300], abs=1)


async def test_what_is_missing_for_a_quarter_of_an_hour_is_told_to_the_clinic_once(
    service: Notifications, db: Connection, healing: Healing, api: Api
) -> None:
    care = Care(sequence=2)
    await Lane(db).take(care.session())
    await healed(service, healing, db)
    assert service.count("inbox") == 0
    service.write("UPDATE gaps SET noticed_at = now() - interval '15 minutes'")
    for _ in range(2):
        await healed(service, healing, db)
    token = service.issuer.token("coordinator", clinics=[care.clinic])
    (item,) = api.call("GET", "/v1/inbox", token).json()["items"]
    assert (item["concern"], item["severity"], item["recipient"]) == ("events_missing", "notice", None)
    assert item["link"] == f"https://episodes.example/v1/episodes/{care.episode}"
    shown = api.call("GET", "/metrics").text
    assert 'notifications_missing_events{network="demo"} 2.0' in shown
    assert 'notifications_missing_incidents{network="demo"} 1.0' in shown


async def test_an_api_of_the_release_before_does_not_see_what_it_cannot_read(
    service: Notifications, db: Connection, healing: Healing
) -> None:
    care, lane = Care(), Lane(db)
    await lane.take(care.red_flag())
    care.sequence += 1
    await lane.take(care.session())
    service.write("UPDATE gaps SET noticed_at = now() - interval '15 minutes'")
    await healed(service, healing, db)
    assert service.count("inbox") == 2
    with psycopg.connect(service.database.url("api")) as old:
        old.execute("SELECT set_config('care.networks', 'demo', true)")
        assert old.execute("SELECT concern FROM inbox").fetchall() == [("red_flag_raised",)]


async def test_beside_a_process_of_the_release_before_nothing_that_is_held_is_stuck(
    service: Notifications, db: Connection, episodes: EpisodesService, healing: Healing
) -> None:
    """The old process goes past the gap: it takes the event after the held one, and learns its number."""
    subscription = subscribed(service, PARTNER)
    care, lane = Care(), Lane(db)
    history = [*begun(care), *(care.session() for _ in range(4))]
    episodes.publish(*history)
    await lane.take(history[0], history[3])
    passed = history[4]
    service.write("INSERT INTO seen_events (network_id, event_id) VALUES ('demo', %s)", id_of(passed))
    service.write("UPDATE known_episodes SET last_sequence = 5")
    await lane.take(history[5])
    assert service.count("held_events", "taken_at IS NULL") == 1
    await healed(service, healing, db)
    assert service.count("held_events", "taken_at IS NULL") == service.count("gaps", OPEN) == 0
    assert service.count("seen_events") == len(history)
    assert service.count("repeated_numbers") == 0
    assert numbers(service, subscription) == [1, 2]


async def test_what_cannot_be_read_in_the_log_either_waits_for_an_operator(
    service: Notifications, db: Connection, episodes: EpisodesService, healing: Healing
) -> None:
    care = Care()
    history = documents([care.opened(), care.plan(), care.red_flag(), care.red_flag()])
    history[1]["type"] = "care.episode.unheard_of.v1"
    episodes.publish_raw(*history)
    await Lane(db).take_raw(history[0], history[3])
    for _ in range(2):
        await healed(service, healing, db)
    (parked, *_) = service.rows("SELECT parked_id, reason FROM parked ORDER BY parked_id")
    assert parked["reason"] == "unknown event type"
    service.command("parked", "dismiss", str(parked["parked_id"]))
    assert service.count("seen_events") == 3
    assert service.count("gaps", OPEN) == service.count("parked", "resolved_at IS NULL") == 0


def test_the_role_heals_what_its_source_does_not_bring(
    service: Notifications, episodes: EpisodesService
) -> None:
    subscription = subscribed(service, PARTNER)
    silent, speaking = Care(), Care()
    for care in (silent, speaking):
        history = [*begun(care), care.session(), care.session()]
        episodes.publish(*history)
        lost = history[1:] if care is silent else history[1:2]
        episodes.lost |= {str(id_of(it)) for it in lost}
    with service.running("consume"):
        eventually(lambda: numbers(service, subscription) == [1, 2, 3, 4])
    assert service.count("gaps", OPEN) == 0


def test_without_a_token_the_role_takes_in_what_comes_and_says_why_it_heals_nothing(
    service: Notifications, episodes: EpisodesService
) -> None:
    episodes.publish(Care(network="other").red_flag())
    service.write(
        "INSERT INTO gaps (network_id, episode_id, clinic_id, after_sequence, up_to, next_try_at)"
        " VALUES ('tokenless', %s, %s, 1, 2, now())",
        uuid4(),
        uuid4(),
    )
    with service.running("consume", networks="other,tokenless"):
        eventually(lambda: service.count("inbox") == 1)
        eventually(lambda: "what is missing cannot be fetched" in service.log_of("consume"))
    assert "NoToken" in service.log_of("consume")


async def test_two_healers_share_the_work_and_double_nothing(
    service: Notifications, db: Connection, episodes: EpisodesService, healing: Healing
) -> None:
    subscription = subscribed(service, PARTNER)
    lane = Lane(db)
    for _ in range(20):
        care = Care()
        history = [*begun(care), care.session(), care.session()]
        episodes.publish(*history)
        await lane.take(history[-1])
    ripe(service)

    async def until_done() -> None:
        async with await connect(service.database.url("consume")) as own:
            while await healing.once(own):
                pass

    await asyncio.gather(until_done(), until_done())
    assert numbers(service, subscription) == list(range(1, 41))
    assert len(episodes.asked_for) == 20


async def test_what_cannot_be_healed_in_one_network_delays_no_other(
    service: Notifications, db: Connection, episodes: EpisodesService, healing: Healing
) -> None:
    care = Care(network="other")
    opened, *later = [*begun(care), care.session()]
    episodes.publish(opened, *later)
    await Lane(db, "other", "feed/other").take(*later)
    ripe(service)
    service.write(
        "INSERT INTO gaps (network_id, episode_id, clinic_id, after_sequence, up_to, next_try_at)"
        " SELECT 'demo', gen_random_uuid(), gen_random_uuid(), 0, 1, now() - interval '1 hour'"
        " FROM generate_series(1, 100)"
    )
    await healing.once(db)
    assert service.count("gaps", f"{OPEN} AND network_id = 'other'") == 0


@pytest.mark.parametrize("arrived", [(0, 1, 2, 3, 4), (1, 2, 3, 4), (4,)])
async def test_a_dismissed_first_event_holds_up_nothing_and_loses_nothing_behind_it(
    arrived: tuple[int, ...],
    service: Notifications,
    db: Connection,
    episodes: EpisodesService,
    healing: Healing,
) -> None:
    """Nothing is known of its episode."""
    subscription = subscribed(service, PARTNER)
    care = Care()
    history = documents([*begun(care), *(care.session() for _ in range(3))])
    history[0]["type"] = "care.episode.unheard_of.v1"
    episodes.publish_raw(*history)
    await Lane(db).take_raw(*(history[it] for it in arrived))
    await healed(service, healing, db)
    dismissed(service)
    assert numbers(service, subscription) == [1, 2, 3]
    assert service.count("held_events", "taken_at IS NULL") == service.count("gaps", OPEN) == 0


async def test_what_was_dismissed_before_its_turn_is_passed_when_its_turn_comes(
    service: Notifications, db: Connection, episodes: EpisodesService, healing: Healing
) -> None:
    subscription = subscribed(service, PARTNER)
    care = Care()
    history = documents([*begun(care), *(care.session() for _ in range(3))])
    history[2]["type"] = "care.episode.unheard_of.v1"
    await Lane(db).take_raw(history[0], *history[2:])
    dismissed(service)
    assert service.count("held_events", "taken_at IS NULL") == 2
    episodes.publish_raw(*history)
    await healed(service, healing, db)
    assert numbers(service, subscription) == [1, 2]
    assert service.count("gaps", OPEN) == service.count("parked", "resolved_at IS NULL") == 0


async def test_a_held_event_that_cannot_be_taken_in_is_parked_itself(
    service: Notifications, db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    care, lane = Care(), Lane(db)
    opened, missing, poison, last = care.opened(), care.session(), care.session(), care.session()
    learn = knowledge.learn

    def failing(known: knowledge.Knowledge, event: PublishedEvent, **more: bool) -> knowledge.Knowledge:
        if event.id == id_of(poison):
            raise psycopg.DataError
        return learn(known, event, **more)

    monkeypatch.setattr("notifications.reacting.react.learn", failing)
    await lane.take(opened, poison, last)
    await lane.take(missing)
    assert service.rows("SELECT event_id FROM parked") == [{"event_id": id_of(poison)}]
    assert service.count("seen_events") == 2
    assert service.count("held_events", "taken_at IS NULL") == 1


@pytest.mark.parametrize("strange", [[], {"a": 1}, None, 7])
async def test_a_strange_answer_is_doubt(
    strange: object, service: Notifications, db: Connection, episodes: EpisodesService, healing: Healing
) -> None:
    care = Care()
    history = documents([*begun(care), care.session()])
    await Lane(db).take_raw(history[2])
    episodes.publish_raw(*history)
    episodes.confuse = {"source": strange}
    await healed(service, healing, db)
    assert service.count("held_events", "taken_at IS NULL") == service.count("gaps", OPEN) == 1


def dismissed(service: Notifications) -> None:
    """An operator dismisses the oldest parked message."""
    (first, *_) = service.rows("SELECT parked_id FROM parked WHERE resolved_at IS NULL ORDER BY parked_id")
    service.command("parked", "dismiss", str(first["parked_id"]))

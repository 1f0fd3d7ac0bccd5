"""An event that leaves a gap in its episode waits for what is missing; what is critical does not."""

import random
from uuid import uuid4

from notifications.postgres.connections import Connection
from tests.support.notifications.gaps import OPEN, begun
from tests.support.notifications.intake import Lane, numbers, subscribed
from tests.support.notifications.published_events import PARTNER, Care, id_of
from tests.support.notifications.service_process import Api, Notifications


async def test_what_leaves_a_gap_waits_and_has_its_effect_in_its_turn(
    service: Notifications, db: Connection
) -> None:
    care, lane = Care(), Lane(db)
    subscription = subscribed(service, PARTNER)
    opened, shared = begun(care)
    sessions = [care.session() for _ in range(3)]
    await lane.take(opened, *sessions[1:])
    assert numbers(service, subscription) == []
    assert service.count("held_events", "taken_at IS NULL") == 2
    await lane.take(sessions[0])
    await lane.take(shared)
    owed = service.rows("SELECT event_id FROM deliveries ORDER BY number")
    assert [row["event_id"] for row in owed] == [id_of(it) for it in sessions]
    assert service.count("held_events", "taken_at IS NULL") == service.count("gaps", OPEN) == 0
    assert service.count("gaps", "ending = 'healed'") == 1


async def test_any_order_of_arrival_owes_the_same(service: Notifications, db: Connection) -> None:
    subscription = subscribed(service, PARTNER)
    lane = Lane(db)
    for _ in range(5):
        care = Care()
        history = [*begun(care), care.session("no_consent"), care.plan(), care.red_flag(), care.closed()]
        arriving = history + random.choices(history, k=4)
        random.shuffle(arriving)
        at = random.randint(0, len(arriving))
        await lane.take(*arriving[:at])
        await lane.take(*arriving[at:])
    assert numbers(service, subscription) == list(range(1, 16))
    assert service.count("inbox") == 10
    assert service.count("gaps", OPEN) == service.count("repeated_numbers") == 0


async def test_what_is_critical_for_the_clinic_never_waits_and_stays_acknowledged(
    service: Notifications, db: Connection
) -> None:
    care, lane = Care(), Lane(db)
    missing = care.opened()
    await lane.take(care.session("no_consent"), care.red_flag(), care.referral_answered(PARTNER))
    told = service.rows("SELECT concern FROM inbox ORDER BY concern")
    assert [row["concern"] for row in told] == ["red_flag_raised", "rule_of_care_broken"]
    service.write("UPDATE inbox SET acknowledged_at = now(), acknowledged_by = %s", uuid4())
    await lane.take(missing)
    assert service.count("inbox") == 3
    assert service.count("inbox", "acknowledged_at IS NOT NULL") == 2


async def test_an_event_that_takes_the_number_of_another_is_an_alarm(
    service: Notifications, db: Connection, api: Api
) -> None:
    care, lane = Care(), Lane(db)
    await lane.take(*begun(care), care.session())
    care.sequence = 1
    await lane.take(care.red_flag())
    assert service.count("inbox") == 1
    assert 'notifications_repeated_numbers{network="demo"} 1.0' in api.call("GET", "/metrics").text

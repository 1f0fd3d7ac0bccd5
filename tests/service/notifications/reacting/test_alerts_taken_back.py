"""An alert that proved false is taken back, visibly; one that tells of other sessions stands for those."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from contracts.codec import CloudEvent
from notifications.postgres.connections import Connection, connect
from tests.support.notifications.intake import Lane
from tests.support.notifications.published_events import Care, id_of
from tests.support.notifications.service_process import Api, Notifications

BROKEN = ("no-treatment-consent",)
ITEMS = "SELECT event_id, concern, severity, taken_back_by, sessions FROM inbox ORDER BY recorded_at, concern"


def alerts(service: Notifications) -> list[tuple[Any, ...]]:
    """The items of the inbox: for each one its event, its concern, and the event that took it back."""
    rows = service.rows(ITEMS)
    return [(row["event_id"], row["concern"], row["taken_back_by"]) for row in rows]


async def test_an_alert_of_a_session_that_broke_no_rule_is_taken_back_once_and_told(
    service: Notifications, db: Connection
) -> None:
    care, lane = Care(), Lane(db)
    await lane.take(session := care.session(*BROKEN), cleared := care.judged_anew((session, BROKEN, ())))
    told = [
        (id_of(session), "rule_of_care_broken", id_of(cleared)),
        (id_of(cleared), "breach_taken_back", None),
    ]
    assert sorted(alerts(service)) == sorted(told)
    await Lane(db, name="care.demo.episodes.v1/0").take(session, cleared)
    await lane.take(care.judged_anew((session, (), ())))
    assert sorted(alerts(service)) == sorted(told)


async def test_one_alert_for_many_sessions_stands_until_the_last_of_them_is_cleared(
    service: Notifications, db: Connection
) -> None:
    care, lane = Care(), Lane(db)
    one, two = care.session(), care.session()
    found = care.judged_anew((one, (), BROKEN), (two, (), BROKEN))
    first, last = care.judged_anew((one, BROKEN, ())), care.judged_anew((two, BROKEN, ()))
    await lane.take(one, two, found)
    assert alerts(service) == [(id_of(found), "rule_of_care_broken", None)]
    await lane.take(first)
    assert (id_of(found), "rule_of_care_broken", None) in alerts(service)
    await lane.take(last)
    assert (id_of(found), "rule_of_care_broken", id_of(last)) in alerts(service)


async def test_where_nobody_was_alerted_nothing_is_taken_back(service: Notifications, db: Connection) -> None:
    here = Care()
    there = Care(network="other", clinic=here.clinic, episode=here.episode)
    imported = here.session(*BROKEN, origin="imported")
    alerted = there.session(*BROKEN)
    await Lane(db).take(imported, here.judged_anew((imported, BROKEN, ()), (alerted, BROKEN, ())))
    await Lane(db, "other", "feed/other").take(alerted)
    assert alerts(service) == [(id_of(alerted), "rule_of_care_broken", None)]


@pytest.mark.parametrize("how", ["corrected", "retracted"])
async def test_what_a_correction_or_retraction_clears_is_taken_back(
    how: str, service: Notifications, db: Connection
) -> None:
    care = Care()
    session = care.session(*BROKEN)
    await Lane(db).take(session, amended := care.amended(how, session))
    assert (id_of(session), "rule_of_care_broken", id_of(amended)) in alerts(service)
    assert (id_of(amended), "breach_taken_back", None) in alerts(service)


async def test_an_alert_of_the_release_before_is_taken_back_too(
    service: Notifications, db: Connection
) -> None:
    care, lane = Care(), Lane(db)
    await lane.take(session := care.session(*BROKEN))
    service.write("UPDATE inbox SET sessions = NULL")
    await lane.take(cleared := care.judged_anew((session, BROKEN, ())))
    assert (id_of(session), "rule_of_care_broken", id_of(cleared)) in alerts(service)


@pytest.mark.parametrize("amended", [False, True])
async def test_an_alert_that_overtook_what_takes_back_an_earlier_one_stands(
    amended: bool, service: Notifications, db: Connection
) -> None:
    """What is critical does not wait for what is missing; what takes it back does."""
    care, lane = Care(), Lane(db)
    session, missing = care.session(*BROKEN), care.plan()
    if amended:
        cleared = care.amended("corrected", session)
        broken = care.amended("corrected", session, *BROKEN)
    else:
        cleared, broken = care.judged_anew((session, BROKEN, ())), care.judged_anew((session, (), BROKEN))
    await lane.take(session, cleared, broken)
    await lane.take(missing)
    assert (id_of(session), "rule_of_care_broken", id_of(cleared)) in alerts(service)
    assert (id_of(broken), "rule_of_care_broken", None) in alerts(service)


async def test_after_a_transfer_the_clinic_that_was_alerted_is_told(
    service: Notifications, db: Connection
) -> None:
    care, lane = Care(), Lane(db)
    alerted, session = care.clinic, care.session(*BROKEN)
    await lane.take(session, care.transferred(uuid4(), uuid4()), care.judged_anew((session, BROKEN, ())))
    clinics = service.rows("SELECT DISTINCT clinic_id FROM inbox")
    assert [row["clinic_id"] for row in clinics] == [alerted]


def test_the_inbox_shows_what_was_taken_back_and_by_which_event(service: Notifications, api: Api) -> None:
    care = Care()
    session = care.session(*BROKEN)
    cleared = care.judged_anew((session, BROKEN, ()))
    take_in(service, session, cleared)
    token = service.issuer.token("supervisor", clinics=[care.clinic])
    items = {item["event_id"]: item for item in api.call("GET", "/v1/inbox", token).json()["items"]}
    taken = items[str(id_of(session))]["taken_back"]
    assert taken["by_event"] == str(id_of(cleared))
    assert taken["at"]
    notice = items[str(id_of(cleared))]
    shown = (notice["concern"], notice["severity"], notice["taken_back"])
    assert shown == ("breach_taken_back", "notice", None)


def take_in(service: Notifications, *events: CloudEvent) -> None:
    async def take() -> None:
        async with await connect(service.database.url("consume")) as db:
            await Lane(db).take(*events)

    asyncio.run(take())

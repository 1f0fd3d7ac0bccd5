"""What fails for every message alike is no message's fault: nothing is parked, the role ends and says why."""

from typing import Any
from uuid import uuid4

import psycopg
import pytest

from contracts.envelope import PublishedEvent
from notifications.postgres.connections import Connection
from notifications.reacting import react
from notifications.reacting.intake import NoMessagesFault
from notifications.reacting.knowledge import Knowledge
from notifications.reacting.owed import Owed
from tests.support.notifications.http_servers import EpisodesService
from tests.support.notifications.intake import Lane
from tests.support.notifications.published_events import Care, documents
from tests.support.notifications.service_process import Notifications

PARTNER = uuid4()


def poison(care: Care) -> dict[str, Any]:
    (document,) = documents([care.red_flag()])
    return document | dict.fromkeys(("recordref", "dataref"), "http://x/\0")


async def test_a_wrong_setting_of_the_server_parks_nothing(service: Notifications, db: Connection) -> None:
    """Times cannot be read any more; of 'SQL' psycopg knows no more than that it is not ISO."""
    cares, lane = [Care(), Care()], Lane(db)
    await lane.take(*(care.shared_with(PARTNER) for care in cares))
    await db.execute("SET datestyle = 'SQL, DMY'")
    await db.commit()
    with pytest.raises(NoMessagesFault, match="NotImplementedError"):
        await lane.take(*(care.session() for care in cares))
    assert service.count("parked") == 0
    assert service.rows("SELECT position FROM positions") == [{"position": "2"}]


async def test_one_message_alone_is_told_apart_from_a_fault_of_all(
    service: Notifications, db: Connection
) -> None:
    care, lane = Care(), Lane(db)
    await lane.take(care.shared_with(PARTNER))
    await db.execute("SET datestyle = 'SQL, DMY'")
    await db.commit()
    with pytest.raises(NoMessagesFault):
        await lane.take(session := care.session())
    await db.execute("SET datestyle = 'ISO'")
    await db.commit()
    await lane.take_raw(*documents([session]), poison(Care()), *documents([Care().red_flag()]))
    assert service.count("seen_events") == 3
    assert service.rows("SELECT reason FROM parked") == [{"reason": "cannot be taken in: DataError"}]


async def test_a_sample_of_ours_leaves_nothing_behind(service: Notifications, db: Connection) -> None:
    await Lane(db).take_raw(poison(Care()))
    for table in ("seen_events", "known_episodes", "known_consents", "inbox", "deliveries"):
        assert service.count(table) == 0


async def test_a_defect_that_no_event_escapes_parks_nothing(
    service: Notifications, db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(event: PublishedEvent, known: Knowledge) -> tuple[Owed, ...]:
        raise AttributeError("a defect")

    monkeypatch.setattr(react, "decide", stumble)
    with pytest.raises(NoMessagesFault, match="AttributeError"):
        await Lane(db).take(Care().red_flag())
    assert service.count("parked") == service.count("positions") == 0


def test_the_role_ends_and_says_why(service: Notifications, episodes: EpisodesService) -> None:
    care = Care()
    episodes.publish(care.shared_with(PARTNER), care.session())
    with psycopg.connect(service.database.owner_url) as owner:
        owner.execute(UNREADABLE.encode())
    try:
        with service.running("consume") as consume:
            assert consume.wait() == 75
        assert service.count("parked") == 0
        assert "no message can be taken in, whichever it is" in service.log_of("consume")
        assert "InvalidTextRepresentation" in service.log_of("consume")
    finally:
        with psycopg.connect(service.database.owner_url) as owner:
            owner.execute("DROP TRIGGER refuses ON seen_events")


UNREADABLE = """
CREATE OR REPLACE FUNCTION refuses() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM 'no number'::text::integer; RETURN NEW; END $$;
CREATE OR REPLACE TRIGGER refuses BEFORE INSERT ON seen_events FOR EACH ROW EXECUTE FUNCTION refuses()
"""

"""Who read or changed whose identity is recorded before it is answered."""

import asyncio
from uuid import uuid4

from episodes.access import Caller
from episodes.directory.accesses import Access, AccessRecord
from episodes.directory.asking import Asking
from episodes.domain.event import Actor
from episodes.errors import StoreUnavailable
from episodes.event_log.reader import Database
from tests.support.episodes.directory_calls import IDENTITY, Two

A_THERAPIST = Caller(actor=Actor(id=uuid4(), role="therapist"), network="demo", clinics=None)


def test_each_read_and_change_is_recorded_with_who_made_it(two: Two) -> None:
    number = {"system": "recorded", "value": str(uuid4())}
    path = two.client(identifiers=[number])
    therapist, officer = two.asks("therapist", two.ours), two.asks("privacy_officer", two.ours)
    supervisor = two.asks("supervisor", two.ours)
    two.get(path, therapist)
    two.get("/v1/clients", supervisor, identifier=f"recorded|{number['value']}")
    two.get(f"{path}/history", officer)
    two.put(path, IDENTITY | {"identifiers": [number]}, therapist)
    two.put(path, {}, therapist, '"1"')
    two.put(f"{path}/registrations/{two.ours}", who=therapist)
    two.api.http.delete(path, headers={**officer, "if-match": "*"})
    assert two.accesses(path) == [
        ("created", "coordinator"),
        ("read", "therapist"),
        ("found", "supervisor"),
        ("history-read", "privacy_officer"),
        ("repeated", "therapist"),
        ("changed", "therapist"),
        ("registered", "therapist"),
        ("deleted", "privacy_officer"),
    ]


def test_what_was_not_told_was_not_read(two: Two) -> None:
    path = two.client()
    theirs = two.asks("supervisor", two.theirs)
    for answer in (two.get(path, theirs), two.get(f"{path}/history", theirs), two.put(path, {}, theirs)):
        assert answer.status_code == 404
    assert two.put(path, {}, two.asks("therapist", two.ours)).status_code == 428
    assert two.accesses(path) == [("created", "coordinator")]


def test_without_the_record_there_is_no_answer(two: Two) -> None:
    path, who = two.client(), two.asks("therapist", two.ours)
    with two.without("identity_accesses"):
        assert two.get(path, who).status_code == 503
    assert two.get(path, who).status_code == 200
    assert two.accesses(path) == [("created", "coordinator"), ("read", "therapist")]


async def test_accesses_that_wait_together_are_one_transaction(two: Two) -> None:
    database = Database(two.service.database.url("api"), size=2)
    await database.open()
    try:
        record = AccessRecord(database)
        client = uuid4()
        asked = [Access(Asking(A_THERAPIST, uuid4()), "read", client) for _ in range(200)]
        await asyncio.gather(*map(record.add, asked))
        rows = two.service.rows(
            "SELECT count(*) AS n, count(DISTINCT xmin::text) AS together FROM identity_accesses"
            " WHERE client_id = %s",
            client,
        )
        assert rows == [{"n": 200, "together": 1}]
    finally:
        await database.close()


async def test_who_waits_for_a_record_that_cannot_be_written_is_told(two: Two) -> None:
    database = Database(two.service.database.url("api").replace("episodes_api", "nobody_at_all"), size=1)
    await database.open()
    try:
        record = AccessRecord(database)
        asked = [Access(Asking(A_THERAPIST, uuid4()), "read", uuid4()) for _ in range(3)]
        faults = await asyncio.gather(*map(record.add, asked), return_exceptions=True)
        assert {type(fault) for fault in faults} == {StoreUnavailable}
    finally:
        await database.close()

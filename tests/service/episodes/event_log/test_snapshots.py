"""Snapshots save reading and decide nothing: with a good one, a bad one or none every answer is the same."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from care_platform.postgres.row_security import SCOPE, scoped
from episodes.event_log.snapshot_rows import LEAST_GROWTH, SINCE_SNAPSHOT
from episodes.event_log.state_form import FORM
from episodes.http.examples import CLIENT, EXAMPLES, PARTNER
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.episodes.damage import flip, on_disk
from tests.support.episodes.http_calls import consent, record, tell
from tests.support.episodes.http_episode import Story
from tests.support.episodes.list_processes import Place, placed
from tests.support.servers.postgres import PostgresServer

ASSESSED = {**EXAMPLES["AssessedCommand"], "stage": "ad_hoc"}
CHANGED = {
    "one bit": "state = set_byte(state, 40, 255 - get_byte(state, 40))",
    "cut off": "state = substring(state FROM 1 FOR 30)",
    "empty": "state = ''",
    "of another release": "form = decode(repeat('ab', 32), 'hex')",
    "of another version": "version = version - 1",
    "beyond the log": "version = version + 1000",
}


class Kept:
    """A service whose list is projected, and an API process that caches nothing."""

    def __init__(self, service: Service, warm: Api, place: Place) -> None:
        self.service, self.warm, self.place = service, warm, place
        self.bare = service.start(cache_bytes="0")
        self.project = place.project()

    def told(self) -> Story:
        """An episode with a snapshot."""
        story = tell(self.warm)
        self.place.await_current(self.project)
        assert self.snapshot(story)["version"] >= LEAST_GROWTH
        return story

    @contextmanager
    def not_projected(self) -> Iterator[None]:
        """No snapshot is written meanwhile."""
        self.project.close()
        try:
            yield
        finally:
            self.project.start()

    def snapshot(self, story: Story) -> dict[str, Any]:
        (row,) = self.execute("SELECT * FROM episode_snapshots WHERE episode_id = %s", id_of(story))
        return row

    def execute(self, statement: str, *values: object) -> list[dict[str, Any]]:
        return on_disk(self.service.database, statement, *values)

    def told_of(self) -> dict[str, float]:
        """Snapshots used and passed over, and events read, by the process without a cache."""
        lines = (line.split() for line in self.bare.http.get("/metrics").text.splitlines())
        names = ("snapshots_used", "snapshots_passed_over", "events_read")
        found = {line[0]: float(line[1]) for line in lines if line[0].startswith("episodes_cache_")}
        return {name: found[f"episodes_cache_{name}_total"] for name in names}


def id_of(story: Story) -> UUID:
    return UUID(story.path.rpartition("/")[2])


@pytest.fixture(scope="module")
def kept(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    directory = tmp_path_factory.mktemp("snapshots")
    with (
        serving(postgres, directory) as (service, warm),
        placed(postgres, service.keys_dir, service.database) as place,
    ):
        kept = Kept(service, warm, place)
        yield kept


def grew(kept: Kept, act: Callable[[], None]) -> dict[str, float]:
    before = kept.told_of()
    act()
    return {name: value - before[name] for name, value in kept.told_of().items()}


def assess(kept: Kept, story: Story) -> None:
    """Record something through the process without a cache; both processes then show the same."""
    record(kept.bare, f"{story.path}/assessments", {**ASSESSED, "symptoms": f"sore {uuid4()}"})
    shown = [api.http.get(story.path).json() for api in (kept.warm, kept.bare)]
    assert shown[0] == shown[1]


def test_few_events_are_read_after_one(kept: Kept) -> None:
    story = kept.told()
    length = kept.warm.http.get(story.path).json()["version"]
    with kept.not_projected():
        told = grew(kept, lambda: assess(kept, story))
        assert told["events_read"] == length - kept.snapshot(story)["version"] < LEAST_GROWTH
    assert (told["snapshots_used"], told["snapshots_passed_over"]) == (1, 0)


def test_what_it_says_is_what_the_warm_process_says(kept: Kept) -> None:
    """Refusals and doubts too: of a visit that has a session, of a form that is sent twice."""
    story = kept.told()
    body = {**ASSESSED, "symptoms": f"sore {uuid4()}"}
    record(kept.warm, f"{story.path}/assessments", body)
    kept.place.await_current(kept.project)
    again = [api.record(f"{story.path}/assessments", body).json() for api in (kept.bare, kept.warm)]
    assert [one["warnings"] for one in again[:1]] == [one["warnings"] for one in again[1:]]
    assert again[0]["warnings"][0]["rule"] == "looks-recorded-already"


def test_a_time_is_recorded_with_the_offset_that_it_was_told_with(kept: Kept) -> None:
    """A correction that says no time records that of its entry, to whatever day that belongs where it was."""
    story = kept.told()
    told = {**ASSESSED, "occurred_at": "2026-03-05"}
    entry = record(kept.warm, f"{story.path}/assessments", told)
    kept.place.await_current(kept.project)
    kept.execute("DELETE FROM episode_snapshots WHERE episode_id = %s", id_of(story))
    assert kept.place.rebuild().ended(within=60) == 0
    whole = {name: said for name, said in ASSESSED.items() if name not in ("occurred_at", "performer")}
    correction = {"of": "assessed.1", "reason_code": "misheard", "reason": "misheard", "replacement": whole}
    times = []
    for api in (kept.warm, kept.bare):
        event = record(api, f"{story.path}/events/{entry}/correction", correction)
        shown = api.http.get(f"{story.path}/history").json()["events"]
        times += [it["fact"]["happened_at"] for it in shown if it["event_id"] == event]
    assert times[0] == times[1] == "2026-03-05T00:00:00-08:00"


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED)
def test_one_that_is_not_good_is_passed_over_and_told(kept: Kept, change: str) -> None:
    story = kept.told()
    length = kept.warm.http.get(story.path).json()["version"]
    kept.execute(f"UPDATE episode_snapshots SET {change} WHERE episode_id = %s", id_of(story))
    told = grew(kept, lambda: assess(kept, story))
    assert told == {"snapshots_used": 0, "snapshots_passed_over": 1, "events_read": length}


def test_those_of_two_episodes_do_not_take_each_others_place(kept: Kept) -> None:
    one, other = kept.told(), kept.told()
    its = kept.snapshot(other)["state"]
    kept.execute("UPDATE episode_snapshots SET state = %s WHERE episode_id = %s", its, id_of(one))
    told = grew(kept, lambda: assess(kept, one))
    assert (told["snapshots_used"], told["snapshots_passed_over"]) == (0, 1)


def test_one_that_another_network_has_of_the_episode_changes_nothing(kept: Kept) -> None:
    """Only a mistake could make one; a batch with commands of both networks sees both."""
    story = kept.told()
    kept.execute(
        "INSERT INTO episode_snapshots SELECT 'another', episode_id, version, form, state"
        " FROM episode_snapshots WHERE episode_id = %s",
        id_of(story),
    )
    with psycopg.connect(kept.service.database.url("api")) as connection:
        connection.execute(SCOPE, scoped(["another", "demo"]))
        rows = connection.execute(SINCE_SNAPSHOT, ([id_of(story)], [FORM]), binary=True).fetchall()
    assert len(rows) == len(set(rows))
    kept.execute("DELETE FROM episode_snapshots WHERE network_id = 'demo'")
    assert grew(kept, lambda: assess(kept, story))["snapshots_used"] == 0


def test_a_log_that_went_on_otherwise_wins(kept: Kept) -> None:
    """As after a restore of the log without the snapshots: other events stand where those stood."""
    story = kept.told()
    length = kept.warm.http.get(story.path).json()["version"]
    with kept.not_projected():
        cut = kept.snapshot(story)["version"] - 3
        kept.execute(
            "DELETE FROM stored_events WHERE originator_id = %s AND originator_version > %s",
            id_of(story),
            cut,
        )
        assert grew(kept, lambda: assess_alone(kept, story))["snapshots_passed_over"] == 1
        for _ in range(length - cut):
            assess_alone(kept, story)
        told = grew(kept, lambda: assess_alone(kept, story))
    assert (told["snapshots_used"], told["snapshots_passed_over"]) == (0, 1)
    assert kept.bare.http.get(story.path).json()["version"] == length + 2


def assess_alone(kept: Kept, story: Story) -> None:
    record(kept.bare, f"{story.path}/assessments", {**ASSESSED, "symptoms": f"sore {uuid4()}"})


def test_an_erased_clients_opens_no_more(kept: Kept) -> None:
    story = kept.told()
    erase = "UPDATE client_keys SET wrapped = NULL WHERE client_id = %s"
    (row,) = kept.execute("SELECT client_id, wrapped FROM client_keys ORDER BY key_id LIMIT 1")
    kept.execute(erase, row["client_id"])
    try:
        with_it = kept.bare.record(f"{story.path}/assessments", ASSESSED)
        kept.execute("DELETE FROM episode_snapshots")
        without = kept.bare.record(f"{story.path}/assessments", ASSESSED)
        assert with_it.status_code == without.status_code == 422
        assert with_it.json()["rule"] == without.json()["rule"] == "client-erased"
    finally:
        kept.execute(
            "UPDATE client_keys SET wrapped = %s WHERE client_id = %s", row["wrapped"], row["client_id"]
        )


def test_erasing_a_client_deletes_those_of_its_episodes_and_no_others(kept: Kept) -> None:
    story = kept.told()
    (other,) = kept.execute("SELECT gen_random_uuid() AS id")
    kept.execute(
        "INSERT INTO episode_snapshots SELECT network_id, %s, version, form, state FROM episode_snapshots"
        " WHERE episode_id = %s",
        other["id"],
        id_of(story),
    )
    with psycopg.connect(kept.service.database.superuser_url) as connection:
        connection.execute("SELECT erase_client_key('demo', %s)", (CLIENT,))
        left = connection.execute("SELECT episode_id FROM episode_snapshots").fetchall()
        connection.rollback()  # for the tests that follow
    assert left == [(other["id"],)]


def test_damage_after_one_is_noticed_and_damage_before_it_by_those_who_read_everything(kept: Kept) -> None:
    story = kept.told()
    with kept.not_projected():
        version = kept.snapshot(story)["version"]
        flip(kept.service.database, id_of(story), version - 2)
        assert kept.bare.http.get(story.path).status_code == 500
        record(kept.bare, f"{story.path}/assessments", ASSESSED)
        flip(kept.service.database, id_of(story), version - 2)
        flip(kept.service.database, id_of(story), version)
        assert kept.bare.record(f"{story.path}/assessments", ASSESSED).status_code == 500
        flip(kept.service.database, id_of(story), version)


def test_decisions_on_disclosure_are_the_same_from_one(kept: Kept) -> None:
    story = kept.told()
    consent(kept.warm, story, "assessments", "sessions")
    asked = [
        {"event_id": event, "partner": PARTNER, "subscription_id": str(uuid4())}
        for event in story.events.values()
    ]

    def decided(api: Api) -> list[Any]:
        answer = api.http.post("/v1/disclosure-decisions", json=asked)
        assert answer.status_code == 200
        return [{name: said for name, said in one.items() if name != "decision_id"} for one in answer.json()]

    whole = decided(kept.warm)
    assert {one["allowed"] for one in whole} == {True, False}
    assert grew(kept, lambda: same(decided(kept.bare), whole))["snapshots_used"] == 1
    kept.execute(f"UPDATE episode_snapshots SET {CHANGED['one bit']} WHERE episode_id = %s", id_of(story))
    assert grew(kept, lambda: same(decided(kept.bare), whole))["snapshots_passed_over"] == 1


def same(one: Any, other: Any) -> None:
    assert one == other


def test_all_may_be_deleted_while_commands_are_recorded(kept: Kept) -> None:
    story = kept.told()
    ended = threading.Event()

    def delete() -> None:
        with psycopg.connect(kept.service.database.superuser_url, autocommit=True) as connection:
            while not ended.is_set():
                connection.execute("DELETE FROM episode_snapshots")

    deleting = threading.Thread(target=delete)
    deleting.start()
    try:
        events = [
            record(kept.bare, f"{story.path}/assessments", {**ASSESSED, "symptoms": f"sore {number}"})
            for number in range(100)
        ]
    finally:
        ended.set()
        deleting.join()
    shown = kept.bare.http.get(story.path).json()
    assert len(set(events)) == 100
    assert shown == kept.warm.http.get(story.path).json()


def test_a_rebuild_writes_those_that_are_missing(kept: Kept) -> None:
    story = kept.told()
    kept.execute("DELETE FROM episode_snapshots")
    rebuild = kept.place.rebuild()
    assert rebuild.ended(within=60) == 0
    assert kept.snapshot(story)["version"] == kept.warm.http.get(story.path).json()["version"]


def test_nothing_clinical_stands_in_the_table(kept: Kept) -> None:
    story = kept.told()
    with suppress(UnicodeDecodeError):
        text = bytes(kept.snapshot(story)["state"]).decode()
        raise AssertionError(text)

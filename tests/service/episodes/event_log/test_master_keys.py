"""The master key changes while the service runs: nothing is refused meanwhile, no client's key is lost."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors

from care_platform.key_files import read_or_make_key
from episodes.event_log.keyring import keyring
from episodes.http.examples import EXAMPLES
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually

R = TypeVar("R")

KEY = "INSERT INTO client_keys (network_id, client_id, key_id, wrapped) VALUES (%s, %s, %s, %s)"
BY_NUMBER = "SELECT master, count(*) AS n FROM client_keys GROUP BY master ORDER BY master NULLS LAST"
ERASED = "UPDATE client_keys SET wrapped = NULL WHERE client_id = ANY(%s) AND wrapped IS NOT NULL"
ROWS = 1_200
"""More than two batches."""


@pytest.fixture
def served(postgres: PostgresServer, tmp_path: Path) -> Iterator[tuple[Service, Api]]:
    with serving(postgres, tmp_path) as served:
        yield served


def opened_for_a_new_client(api: Api) -> tuple[int, str]:
    """A client that nobody knew, and its first episode: status, and the episode's path."""
    client = str(uuid4())
    entry = {**EXAMPLES["ClientIdentity"], "identifiers": []}
    assert api.http.put(f"/v1/clients/{client}", json=entry).status_code == 204
    answer = api.record("/v1/episodes", {**EXAMPLES["EpisodeOpenedCommand"], "client": client})
    return answer.status_code, f"/v1/episodes/{answer.json().get('episode', {}).get('id')}"


def numbers(service: Service) -> dict[int | None, int]:
    """How many clients' keys each master key has wrapped. None counts those erased."""
    return {row["master"]: row["n"] for row in service.rows(BY_NUMBER)}


def many(service: Service, count: int = ROWS) -> list[UUID]:
    """So many more clients with a key each."""
    keys = keyring(service.keys_dir, uuid4)
    rows = []
    for client in (uuid4() for _ in range(count)):
        key, wrapped = keys.data_key("demo", client)
        rows.append(("demo", client, key.id, wrapped))
    with psycopg.connect(service.database.superuser_url) as connection:
        connection.cursor().executemany(KEY, rows)
    return [row[1] for row in rows]


def all_open(service: Service) -> bool:
    """Whether each key that is not erased opens with those in the directory, read anew."""
    keys = keyring(service.keys_dir, uuid4)
    rows = service.rows(
        "SELECT network_id, client_id, key_id, wrapped FROM client_keys WHERE wrapped IS NOT NULL"
    )
    return all(keys.unwrap(*row.values()).cipher for row in rows)


@contextmanager
def again_and_again(work: Callable[[], R]) -> Iterator[list[R]]:
    """What the work returned, done in a thread as long as the block lasts."""
    ending = threading.Event()
    results: list[R] = []

    def run() -> None:
        while not ending.is_set():
            results.append(work())

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield results
    finally:
        ending.set()
        thread.join(60)


def test_each_command_is_answered_before_during_and_after_a_change_of_the_master_key(
    served: tuple[Service, Api],
) -> None:
    service, first = served
    second = service.start()
    episode = first.opened()
    session = {**EXAMPLES["AssessedCommand"], "stage": "ad_hoc"}
    many(service)
    with (
        again_and_again(lambda: opened_for_a_new_client(first)) as of_one,
        again_and_again(lambda: opened_for_a_new_client(second)) as of_other,
        again_and_again(
            lambda: (second.record(f"{episode}/assessments", session).status_code, episode)
        ) as known,
    ):
        eventually(lambda: min(len(of_one), len(of_other), len(known)) > 3, "all are at work")
        assert "master.1.key" in service.told("keys", "add")
        assert set(numbers(service)) == {0}, "nothing uses it yet"
        said = service.told("keys", "rotate")
        assert "sealed anew" in said
        told = [len(it) for it in (of_one, of_other, known)]
        eventually(
            lambda: all(len(it) > n + 3 for it, n in zip((of_one, of_other, known), told, strict=True)),
            "all go on",
        )
        service.told("keys", "rotate")
        service.told("keys", "retire", "0")
        told = [len(it) for it in (of_one, of_other, known)]
        eventually(
            lambda: all(len(it) > n + 3 for it, n in zip((of_one, of_other, known), told, strict=True)),
            "all go on",
        )
    assert {status for status, _ in [*of_one, *of_other, *known]} == {201}
    assert set(numbers(service)) == {1}
    (service.keys_dir / "master.key").unlink()
    assert all_open(service)
    first.close()
    after = service.start()
    eventually(after.ready, "the API is ready without the old key")
    for _, path in [*of_one[:3], *of_other[-3:], *known[:1]]:
        assert after.http.get(path).status_code == 200
    assert not (service.keys_dir / "master.key").exists(), "it is not made anew"


def test_a_process_that_lacks_the_key_says_which_and_goes_on_once_it_is_there(
    served: tuple[Service, Api], tmp_path: Path
) -> None:
    service, api = served
    episode = api.opened()
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(service.keys_dir, elsewhere)
    other = service.start(keys_dir=str(elsewhere))
    eventually(other.ready, "the other host is ready")
    service.told("keys", "add")
    service.told("keys", "rotate")
    assert api.ready()
    answer = other.http.get("/health/ready")
    assert (answer.status_code, answer.json()["reason"].split()[0]) == (503, "master.1.key")
    for answer in (other.http.get(episode), other.record("/v1/episodes", EXAMPLES["EpisodeOpenedCommand"])):
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
    assert opened_for_a_new_client(other)[0] == 503, "nothing is wrapped by another key meanwhile"
    assert "master.1.key is missing" in other.log
    assert opened_for_a_new_client(api)[0] == 201
    follower = {"keys_dir": str(elsewhere), "database_url": service.database.url("project")}
    assert "master.1.key is missing" in service.told("project", code=75, **follower), "to be started again"
    (elsewhere / "master.1.key").touch(mode=0o600)
    (elsewhere / "master.1.key").write_bytes(bytes(32))
    late = service.start(keys_dir=str(elsewhere))
    assert (
        late.http.get("/health/ready")
        .json()["reason"]
        .startswith("the key with number 1 is not the one in use")
    )
    assert opened_for_a_new_client(late)[0] == 503, "another key of the same number wraps nothing"
    shutil.copy2(service.keys_dir / "master.1.key", elsewhere / "master.1.key")
    eventually(other.ready, "it needs no restart")
    assert other.http.get(episode).status_code == 200
    assert opened_for_a_new_client(other)[0] == 201


@pytest.mark.parametrize("crash_at", ["keys.before-commit:1", "keys.before-commit:2", "keys.after-batch:2"])
def test_a_change_that_is_killed_goes_on_where_it_was(served: tuple[Service, Api], crash_at: str) -> None:
    service, api = served
    many(service)
    service.told("keys", "add")
    service.told("keys", "rotate", code=-9, crash_at=crash_at)
    assert numbers(service).get(0), "it had not come to its end"
    assert api.ready()
    assert opened_for_a_new_client(api)[0] == 201
    assert "done" in service.told("keys", "rotate")
    assert numbers(service) == {1: ROWS + 1}
    assert all_open(service)


def test_two_at_once_with_erasures_and_new_clients_among_them(served: tuple[Service, Api]) -> None:
    service, api = served
    clients = many(service)
    service.told("keys", "add")
    to_erase = clients[::3]

    def erase() -> None:
        with psycopg.connect(service.database.superuser_url) as connection:
            connection.execute(ERASED, ([to_erase.pop() for _ in to_erase[:7]],))

    with again_and_again(erase), again_and_again(lambda: opened_for_a_new_client(api)) as told:
        rotating = [service.command("keys", "rotate") for _ in range(2)]
        said = [each.communicate(timeout=120)[0] for each in rotating]
        eventually(lambda: not to_erase, "all are erased")
    assert [each.returncode for each in rotating] == [0, 0], said
    assert {status for status, _ in told} == {201}
    service.told("keys", "rotate")
    assert numbers(service) == {1: ROWS - len(clients[::3]) + len(told), None: len(clients[::3])}
    assert all_open(service)


def test_a_key_that_anything_needs_is_not_retired_and_a_retired_one_wraps_nothing(
    served: tuple[Service, Api],
) -> None:
    service, api = served
    stale = keyring(service.keys_dir, uuid4)
    api.opened()
    service.told("keys", "add")
    service.told("keys", "rotate", networks="other")
    assert "still needed" in service.told("keys", "retire", "0", code=1), "of a network that was not named"
    service.told("keys", "rotate")
    service.told("keys", "retire", "0")
    client = uuid4()
    key, wrapped = stale.data_key("demo", client)
    with (
        psycopg.connect(service.database.superuser_url) as connection,
        pytest.raises(errors.ForeignKeyViolation),
    ):
        connection.execute(KEY, ("demo", client, key.id, wrapped))
    assert service.rows("SELECT number FROM master_keys") == [{"number": 1}]


def test_what_cannot_be_done_safely_is_refused_and_changes_nothing(served: tuple[Service, Api]) -> None:
    service, api = served
    api.opened()
    directory = service.keys_dir

    def refused(*words: str) -> str:
        before = service.rows("SELECT * FROM client_keys, master_keys")
        said = service.told("keys", *words, code=1)
        assert service.rows("SELECT * FROM client_keys, master_keys") == before
        return said

    assert "no newer key" in refused("rotate")
    assert "hidden" not in service.told("keys", "rotate", code=1, keys_database_url="postgres://u:hi dden@/x")
    assert "add a key and rotate first" in refused("retire", "0")
    assert "number 7 is not in use" in refused("retire", "7")
    service.told("keys", "add")
    as_api = service.told("keys", "rotate", code=1, keys_database_url=service.database.url("api"))
    assert "may not do this" in as_api
    (directory / "master.1.key").chmod(0o644)
    assert "chmod 600" in refused("rotate")
    (directory / "master.1.key").chmod(0o600)
    service.rows("UPDATE compatibility SET compatible_from = '0006' RETURNING 1")
    assert "--all-replaced" in refused("rotate")
    service.rows("UPDATE compatibility SET compatible_from = '0009' RETURNING 1")
    (directory / "master.key").rename(directory / "lost")
    assert "master.key is missing" in refused("rotate")
    read_or_make_key(directory / "master.key")
    said = service.told("keys", "rotate", code=1)
    assert "1 open with no key that is here" in said
    assert numbers(service) == {0: 1}, "what does not open stays as it was"
    (directory / "lost").replace(directory / "master.key")
    service.told("keys", "rotate")
    assert "master.1.key  seals what is new  here" in service.told("keys", "list")
    assert all_open(service)


def test_a_lost_key_of_receipts_makes_repeats_wait_and_is_named(served: tuple[Service, Api]) -> None:
    service, api = served
    key, body = uuid4(), EXAMPLES["EpisodeOpenedCommand"]
    first = api.record("/v1/episodes", body, key)
    assert api.terminated() == 0
    assert "mac.2.key" in service.told("keys", "add", "--what", "mac")
    lost = (service.keys_dir / "mac.1.key").rename(service.keys_dir / "lost")
    after = service.start()
    answer = after.record("/v1/episodes", body, key)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
    assert after.record("/v1/episodes", body).status_code == 201, "others are not held up"
    assert "mac.1.key is missing" in after.log
    assert after.http.get("/health/ready").json()["reason"].startswith("mac.1.key is missing")
    lost.rename(service.keys_dir / "mac.1.key")
    answer = after.record("/v1/episodes", body, key)
    assert (answer.status_code, answer.content) == (201, first.content)
    eventually(after.ready, "the API is ready again")

"""The servers the other tests rely on are real, keep what they acknowledged, and survive being killed."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.errors import KafkaTimeoutError
from psycopg import sql

from laptop.databases import create_databases
from laptop.postgres import EmbeddedPostgres, PostgresFailed
from tests.support.servers.discovery import CHECKOUT
from tests.support.servers.kafka import KafkaBroker
from tests.support.servers.postgres import PostgresServer, WheelPostgres


def test_each_test_has_a_database_of_its_own(postgres: PostgresServer) -> None:
    first, second = postgres.fresh_database("episodes"), postgres.fresh_database("episodes")
    with psycopg.connect(first.owner_url) as connection:
        connection.execute("CREATE TABLE only_here (n integer)")
    with psycopg.connect(second.owner_url) as connection:
        assert connection.execute("SELECT to_regclass('only_here')").fetchone() == (None,)


def test_the_app_role_owns_nothing_and_cannot_get_around_row_rules(postgres: PostgresServer) -> None:
    database = postgres.fresh_database("notifications")
    with psycopg.connect(database.url("api")) as connection:
        powers = "rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole"
        query = sql.SQL("SELECT {} FROM pg_roles WHERE rolname = user").format(sql.SQL(powers))
        assert connection.execute(query).fetchone() == (False,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE mine (n integer)")


def test_one_service_cannot_enter_the_database_of_the_other(postgres: PostgresServer) -> None:
    episodes, notifications = postgres.fresh_database("episodes"), postgres.fresh_database("notifications")
    intruder = notifications.url("api").replace(notifications.name, episodes.name)
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(intruder)


def test_the_databases_of_both_services_can_be_made_twice(run_dir: Path) -> None:
    server = EmbeddedPostgres(run_dir / "made-twice")
    server.start()
    try:
        server.create_databases()
        create_databases(server.url())
        for service in ("episodes", "notifications"):
            with psycopg.connect(server.url(service, f"{service}_owner")) as connection:
                connection.execute("CREATE TABLE a_table (n integer)")
    finally:
        server.stop()


def test_commits_are_durable(postgres: PostgresServer) -> None:
    with psycopg.connect(postgres.superuser_url) as connection:
        for setting in ("fsync", "synchronous_commit"):
            assert connection.execute(f"SHOW {setting}").fetchone() == ("on",)


def test_postgres_keeps_what_it_acknowledged_when_it_is_killed(postgres: PostgresServer) -> None:
    database = postgres.fresh_database("episodes")
    with psycopg.connect(database.owner_url) as connection:
        connection.execute("CREATE TABLE kept (n integer)")
        connection.execute("INSERT INTO kept VALUES (1)")
        connection.commit()
        with postgres.killed(), pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with psycopg.connect(database.owner_url) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (1,)


def test_what_ended_by_itself_does_not_keep_a_server_from_being_killed_nor_from_coming_back(
    run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = WheelPostgres(run_dir / "killed")
    ended = psutil.Popen(["sleep", "60"])
    monkeypatch.setattr(psutil.Process, "children", lambda *_args, **_options: [_ended(ended)])
    try:
        with server.killed(), pytest.raises(psycopg.OperationalError):
            psycopg.connect(server.superuser_url)
        psycopg.connect(server.superuser_url).close()
    finally:
        server.close()


def test_a_server_left_running_by_a_killed_owner_is_taken_over(run_dir: Path) -> None:
    data_dir = run_dir / "left-running"
    left_running = _start_and_die(data_dir)
    server = EmbeddedPostgres(data_dir)
    server.start()
    try:
        assert server.pid != left_running
        assert not _runs(left_running)
        assert server.healthy()
    finally:
        server.stop()
    assert not server.healthy()


def test_a_stale_pid_that_another_program_has_by_now_is_forgotten(run_dir: Path) -> None:
    server = EmbeddedPostgres(run_dir / "stale")
    server.start()
    server.stop()
    (run_dir / "stale" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    server.start()
    try:
        assert server.healthy()
    finally:
        server.stop()


def test_two_owners_cannot_share_one_data_directory(run_dir: Path) -> None:
    server = EmbeddedPostgres(run_dir / "shared")
    server.start()
    try:
        with pytest.raises(PostgresFailed, match="another process"):
            EmbeddedPostgres(run_dir / "shared").start()
    finally:
        server.stop()


def test_a_deep_folder_does_not_make_the_socket_path_too_long(run_dir: Path) -> None:
    server = EmbeddedPostgres(run_dir / ("deep" * 20) / "postgres")
    server.start()
    try:
        assert server.healthy()
    finally:
        server.stop()


def test_the_broker_keeps_what_it_acknowledged_when_it_is_killed(kafka: KafkaBroker) -> None:
    kafka.create_topic("kept")
    _send(kafka, "kept", b"before")
    with kafka.killed():
        assert not kafka.answers()
    _send(kafka, "kept", b"after")
    assert _received(kafka, "kept", 2) == {b"before", b"after"}


def test_a_topic_nobody_made_does_not_appear_by_itself(kafka: KafkaBroker) -> None:
    settings = {"bootstrap_servers": kafka.bootstrap, "max_block_ms": 2_000}
    with KafkaProducer(**settings) as producer, pytest.raises(KafkaTimeoutError):
        producer.send("nobody-made-this", b"x").get(timeout=5)
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
        assert "nobody-made-this" not in admin.list_topics()


def test_kafkas_own_console_consumer_reads_a_topic(kafka: KafkaBroker) -> None:
    kafka.create_topic("console")
    _send(kafka, "console", b"seen")
    assert [line.split("\t") for line in kafka.console_consumer("console", 1)] == [
        ["kind:test", "key", "seen"]
    ]


def test_a_paused_broker_is_silent_and_goes_on(kafka: KafkaBroker) -> None:
    kafka.create_topic("paused")
    kafka.pause()
    try:
        assert not kafka.answers()
    finally:
        kafka.resume()
    kafka.wait()
    _send(kafka, "paused", b"after")
    assert _received(kafka, "paused", 1) == {b"after"}


def _send(kafka: KafkaBroker, topic: str, value: bytes) -> None:
    with KafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
        producer.send(topic, value, key=b"key", headers=[("kind", b"test")]).get(timeout=30)


def _received(kafka: KafkaBroker, topic: str, count: int) -> set[bytes]:
    settings = {"auto_offset_reset": "earliest", "consumer_timeout_ms": 20_000}
    with KafkaConsumer(topic, bootstrap_servers=kafka.bootstrap, **settings) as consumer:
        return {record.value for _, record in zip(range(count), consumer, strict=False)}


def _start_and_die(data_dir: Path) -> int:
    owner = (
        "import os, pathlib, sys; from laptop.postgres import EmbeddedPostgres\n"
        "server = EmbeddedPostgres(pathlib.Path(sys.argv[1])); server.start()\n"
        "print(server.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT / "deploy")}
    command = [sys.executable, "-c", owner, str(data_dir)]
    killed = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return int(killed.stdout)


def _ended(process: psutil.Popen) -> psutil.Process:
    """One that was listed while it lived."""
    listed = psutil.Process(process.pid)
    process.kill()
    process.wait()
    return listed


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False

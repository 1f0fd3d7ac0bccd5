"""The same servers from their public images, where Docker is available."""

import shutil
import subprocess
from functools import cache

from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from tests.support.servers.kafka import (
    CONSOLE_CONSUMER,
    VERSION,
    KafkaBroker,
    console_consumer_options,
    free_port,
)
from tests.support.servers.postgres import PostgresServer

POSTGRES_IMAGE = "postgres:15"
KAFKA_IMAGE = f"apache/kafka:{VERSION}"


@cache
def docker_answers() -> bool:
    """Whether Docker is installed and its engine answers at once."""
    return shutil.which("docker") is not None and _succeeds(["docker", "info"], seconds=5)


@cache
def docker_has(image: str) -> bool:
    """Whether the image is here or can be pulled."""
    if not docker_answers():
        return False
    return _succeeds(["docker", "image", "inspect", image], 5) or _succeeds(["docker", "pull", image], 120)


class ContainerPostgres(PostgresServer):
    """PostgreSQL in its oldest supported version, at a port that a restart does not change."""

    origin = "container"

    def __init__(self) -> None:
        super().__init__()
        _do_without_reaper_if_missing()
        self._container = PostgresContainer(POSTGRES_IMAGE, driver=None).with_bind_ports(5432, free_port())
        self._container.start()
        self.superuser_url = self._container.get_connection_url()
        self.close_to_services()

    def kill(self) -> None:
        self._container.get_wrapped_container().kill()

    def restart(self) -> None:
        self._container.get_wrapped_container().start()
        self._container._connect()

    def close(self) -> None:
        self._container.stop()


class ContainerKafka(KafkaBroker):
    """One KRaft node with the image's defaults, except for the address and for topics created by command."""

    description = f"Kafka {VERSION} (container)"

    def __init__(self) -> None:
        _do_without_reaper_if_missing()
        port = free_port()
        self.bootstrap = f"127.0.0.1:{port}"
        self._container = (
            DockerContainer(KAFKA_IMAGE)
            .with_bind_ports(9092, port)
            .with_envs(**_settings(self.bootstrap))
            .waiting_for(LogMessageWaitStrategy("Kafka Server started"))
        )
        self._container.start()
        self.wait()

    def console_consumer(self, topic: str, count: int) -> list[str]:
        tool = ["java", "-Xmx128m", "-cp", "/opt/kafka/libs/*", CONSOLE_CONSUMER]
        options = console_consumer_options("localhost:19092", topic, count)
        done = self._container.get_wrapped_container().exec_run([*tool, *options], demux=True)
        records, complaints = (part or b"" for part in done.output)
        assert done.exit_code == 0, complaints.decode()
        return records.decode().splitlines()

    def kill(self) -> None:
        self._container.get_wrapped_container().kill()

    def restart(self) -> None:
        self._container.get_wrapped_container().start()
        self.wait()

    def pause(self) -> None:
        self._container.get_wrapped_container().pause()

    def resume(self) -> None:
        self._container.get_wrapped_container().unpause()

    def close(self) -> None:
        self._container.stop()


def _do_without_reaper_if_missing() -> None:
    """Do without the reaper if its image cannot be pulled. It only cleans up after a killed run."""
    if not testcontainers_config.ryuk_disabled and not docker_has(testcontainers_config.ryuk_image):
        testcontainers_config.ryuk_disabled = True


def _settings(bootstrap: str) -> dict[str, str]:
    """The settings for two listeners: the published port for clients outside, another for tools inside."""
    return {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": "PLAINTEXT://0.0.0.0:9092,INSIDE://0.0.0.0:19092,CONTROLLER://0.0.0.0:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{bootstrap},INSIDE://localhost:19092",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "KAFKA_INTER_BROKER_LISTENER_NAME": "INSIDE",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    }


def _succeeds(command: list[str], seconds: float) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=seconds, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False

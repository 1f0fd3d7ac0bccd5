"""A Kafka broker whose topics the tests make, and the faults that a broker of our own can suffer."""

import os
import signal
import socket
import struct
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path

import psutil
import pytest
from kafka import KafkaAdminClient

START = Path(__file__).parents[3] / "deploy" / "kafka" / "start"
VERSION = "4.3.1"
# Length, then: request 18, version 0, correlation id 1, no client id.
_API_VERSIONS_REQUEST = struct.pack(">ihhih", 10, 18, 0, 1, -1)
CONSOLE_CONSUMER = "org.apache.kafka.tools.consumer.ConsoleConsumer"


class KafkaBroker(ABC):
    """What every broker can do, and what can be done to it."""

    description: str
    bootstrap: str

    def create_topic(self, name: str, partitions: int = 3) -> None:
        """Return when every partition has its leader."""
        with KafkaAdminClient(bootstrap_servers=self.bootstrap) as admin:
            admin.create_topics({name: {"num_partitions": partitions}}, wait_for_metadata=True)

    def answers(self, within: float = 1.0) -> bool:
        """Proved by asking which requests it knows, without a client that would try again and again."""
        host, _, port = self.bootstrap.rpartition(":")
        try:
            with socket.create_connection((host, int(port)), timeout=within) as connection:
                connection.sendall(_API_VERSIONS_REQUEST)
                return connection.recv(4) != b""
        except OSError:
            return False

    def wait(self, within: float = 60.0) -> None:
        """Return when it answers."""
        deadline = time.monotonic() + within
        while not self.answers():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.description} at {self.bootstrap} does not answer")
            time.sleep(0.1)

    @abstractmethod
    def console_consumer(self, topic: str, count: int) -> list[str]:
        """The first records as Kafka's own tool prints them: headers, key and value, by tabs."""

    @abstractmethod
    def kill(self) -> None:
        """`kill -9`."""

    @abstractmethod
    def restart(self) -> None:
        """Start again after `kill`, on the same data and at the same address; returns when it answers."""

    @abstractmethod
    def pause(self) -> None:
        """Leave it connected and silent."""

    @abstractmethod
    def resume(self) -> None:
        """Let a paused broker go on."""

    @abstractmethod
    def close(self) -> None:
        """Leave nothing behind."""


class ForeignKafka(KafkaBroker):
    """A broker somebody runs for us."""

    description = "Kafka (CARE_TEST_KAFKA)"

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self.wait()

    def console_consumer(self, topic: str, count: int) -> list[str]:
        pytest.skip("the console consumer comes with a broker of our own")

    def _not_ours(self) -> None:
        pytest.skip("the broker of CARE_TEST_KAFKA is not ours to disturb")

    kill = restart = pause = resume = _not_ours

    def close(self) -> None:
        """It stays."""


class JavaKafka(KafkaBroker):
    """The broker of `deploy/kafka/start`, on a data directory of this test run."""

    description = f"Kafka {VERSION} (Java)"

    def __init__(self, data_dir: Path) -> None:
        fetched = subprocess.run([START, "--fetch-only"], check=True, capture_output=True, text=True)
        self._jars = fetched.stdout.strip()
        self._data = data_dir
        self._port, self._controller_port = free_port(), free_port()
        self.bootstrap = f"127.0.0.1:{self._port}"
        self._process: psutil.Popen | None = None
        self.restart()

    def console_consumer(self, topic: str, count: int) -> list[str]:
        options = console_consumer_options(self.bootstrap, topic, count)
        command = ["java", "-Xmx128m", "-cp", f"{self._jars}/*", CONSOLE_CONSUMER, *options]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()

    def restart(self) -> None:
        ports = ["--port", str(self._port), "--controller-port", str(self._controller_port)]
        self._data.mkdir(parents=True, exist_ok=True)
        with (self._data / "broker.log").open("ab") as log:
            self._process = psutil.Popen(
                [START, *ports, "--data", self._data],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait()

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        self._ended(within=10)

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()  # its topics go with the run

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)

    def _ended(self, within: float) -> None:
        assert self._process is not None
        self._process.wait(within)


def console_consumer_options(bootstrap: str, topic: str, count: int) -> list[str]:
    """The options of Kafka's console consumer, wherever it runs."""
    shown = [part for it in ("headers", "key") for part in ("--formatter-property", f"print.{it}=true")]
    limits = ["--max-messages", str(count), "--timeout-ms", "20000"]
    return ["--bootstrap-server", bootstrap, "--topic", topic, "--from-beginning", *limits, *shown]


def free_port() -> int:
    """A port the system has just given away; taken at once, it is ours."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

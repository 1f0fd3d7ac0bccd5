"""A Kafka broker whose topics the tests create, and the faults that tests can cause in their own broker."""

import os
import signal
import socket
import struct
import subprocess
import time
from abc import abstractmethod
from pathlib import Path

import psutil
import pytest
from kafka import KafkaAdminClient

from tests.support.servers.killing import Killable
from tests.support.waiting import PATIENCE

START = Path(__file__).parents[3] / "deploy" / "kafka" / "start"
VERSION = "4.3.1"
# Length, then: request 18, version 0, correlation id 1, no client id.
_API_VERSIONS_REQUEST = struct.pack(">ihhih", 10, 18, 0, 1, -1)
CONSOLE_CONSUMER = "org.apache.kafka.tools.consumer.ConsoleConsumer"


class KafkaBroker(Killable):
    """The operations of every broker, and the faults that tests can cause."""

    description: str
    bootstrap: str

    def create_topic(self, name: str, partitions: int = 3) -> None:
        """Create a topic, and wait until every partition has a leader."""
        with KafkaAdminClient(bootstrap_servers=self.bootstrap) as admin:
            admin.create_topics({name: {"num_partitions": partitions}}, wait_for_metadata=True)

    def answers(self, within: float = 1.0) -> bool:
        """Whether it answers a request for its API versions, sent without a client, which would retry."""
        host, _, port = self.bootstrap.rpartition(":")
        try:
            with socket.create_connection((host, int(port)), timeout=within) as connection:
                connection.sendall(_API_VERSIONS_REQUEST)
                return connection.recv(4) != b""
        except OSError:
            return False

    def wait(self, within: float = 60.0) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + within * PATIENCE
        while not self.answers():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.description} at {self.bootstrap} does not answer")
            time.sleep(0.1)

    @abstractmethod
    def console_consumer(self, topic: str, count: int) -> list[str]:
        """The first records as Kafka's own tool prints them: headers, key and value, separated by tabs."""

    @abstractmethod
    def pause(self) -> None:
        """Pause it: connections stay open, and nothing is answered."""

    @abstractmethod
    def resume(self) -> None:
        """Let a paused broker go on."""

    @abstractmethod
    def close(self) -> None:
        """Remove everything."""


class ForeignKafka(KafkaBroker):
    """An existing broker that we did not start."""

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
        """Leave it running."""


class JavaKafka(KafkaBroker):
    """The broker of `deploy/kafka/start`, on a data directory of this test run."""

    description = f"Kafka {VERSION} (Java)"

    def __init__(
        self,
        data_dir: Path,
        config: str = "",
        java_options: str = "",
        ports: tuple[int, int] | None = None,
    ) -> None:
        """`config` are further settings of the broker; `ports` are for clients and for controllers, if others
        have to know them before.
        """
        fetched = subprocess.run([START, "--fetch-only"], check=True, capture_output=True, text=True)
        self._jars = fetched.stdout.strip()
        self._data = data_dir
        self._config = config
        self._java_options = java_options
        self._port, self._controller_port = ports or (free_port(), free_port())
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
        more = self._data / "more.properties"
        more.write_text(self._config)
        with (self._data / "broker.log").open("ab") as log:
            self._process = psutil.Popen(
                [START, *ports, "--data", self._data, "--config", more],
                env=os.environ | {"_JAVA_OPTIONS": self._java_options},  # win over those of `start`
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
            self.kill()  # its data is deleted after the run

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)

    def _ended(self, within: float) -> None:
        assert self._process is not None
        self._process.wait(within * PATIENCE)


def console_consumer_options(bootstrap: str, topic: str, count: int) -> list[str]:
    """The options of Kafka's console consumer, wherever it runs."""
    shown = [part for it in ("headers", "key") for part in ("--formatter-property", f"print.{it}=true")]
    limits = ["--max-messages", str(count), "--timeout-ms", "20000"]
    return ["--bootstrap-server", bootstrap, "--topic", topic, "--from-beginning", *limits, *shown]


def free_port() -> int:
    """A port that was free a moment ago. It should be used at once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

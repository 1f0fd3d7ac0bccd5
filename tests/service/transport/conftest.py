"""A broker that takes TLS and SASL, which only Java gives us."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.servers.secure_kafka import SecureKafka


@pytest.fixture(scope="session")
def secure_kafka(run_dir: Path) -> Iterator[SecureKafka | None]:
    """None where there is no Java or no Maven."""
    if not (shutil.which("java") and shutil.which("mvn")):
        yield None
        return
    broker = SecureKafka(run_dir / "secure-kafka")
    yield broker
    broker.close()


@pytest.fixture
def broker(
    secure_kafka: SecureKafka | None, proven: Callable[[str], None], unproven: Callable[[str], None]
) -> SecureKafka:
    if secure_kafka is not None:
        proven(f"{secure_kafka.description} with TLS and SASL")
        return secure_kafka
    unproven("Kafka with TLS and SASL: not tested, needs Java and Maven")
    if os.environ.get("CI") == "true":
        pytest.fail("needs Java and Maven")
    pytest.skip("needs Java and Maven")

"""The relay publishes and `consume` reads over each kind of connection; over a wrong one, nothing passes."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from kafka.admin import ACLOperation

from care_platform.process import EXIT_TRY_AGAIN
from contracts.envelope import topic_of
from tests.support.episodes.role_process import Watched
from tests.support.secured_path import SecuredPath, Settings
from tests.support.servers.certificates import Authority, private_file
from tests.support.servers.postgres import PostgresServer
from tests.support.servers.secure_kafka import PASSWORD, SecureKafka
from tests.support.waiting import eventually

pytestmark = pytest.mark.kafka
KINDS = ("tls", "mutual", "scram-256", "scram-512", "plain", "token")


@pytest.fixture
def path(postgres: PostgresServer, broker: SecureKafka, tmp_path: Path) -> Iterator[SecuredPath]:
    path = SecuredPath(postgres, broker, tmp_path)
    yield path
    path.close()


@pytest.mark.parametrize("kind", KINDS)
def test_events_pass_over_each_kind_of_connection(kind: str, path: SecuredPath, broker: SecureKafka) -> None:
    settings = broker.client(kind)
    made = path.make_topic(settings)
    assert made.returncode == 0, made.stderr
    public = path.record()
    relay, consume = path.relay(settings), path.consume(settings)
    eventually(lambda: path.published() == public, "the relay publishes", process=relay)
    eventually(lambda: path.seen() == public, "consume reads", process=consume)
    assert path.leading()
    for text in (relay.output, consume.output):
        assert PASSWORD not in text
        assert broker.token() not in text


def another_authority(broker: SecureKafka, directory: Path) -> Settings:
    return broker.client("tls") | {"kafka_ca_file": str(Authority(directory, "another").file)}


def this_machines_authorities(broker: SecureKafka, directory: Path) -> Settings:
    return broker.client("tls") | {"kafka_ca_file": ""}


def another_host(broker: SecureKafka, directory: Path) -> Settings:
    return broker.client("tls") | {"kafka_bootstrap": f"127.0.0.1:{broker.ports.tls}"}


def no_certificate(broker: SecureKafka, directory: Path) -> Settings:
    return broker.client("tls") | {"kafka_bootstrap": f"localhost:{broker.ports.mutual}"}


def a_strangers_certificate(broker: SecureKafka, directory: Path) -> Settings:
    certificate, key = Authority(directory, "another").certificate("relay")
    files = {"kafka_certificate_file": str(certificate), "kafka_key_file": str(key)}
    return broker.client("mutual") | files


def another_password(broker: SecureKafka, directory: Path) -> Settings:
    file = private_file(directory / "password", PASSWORD + "!")
    return broker.client("scram-512") | {"kafka_password_file": str(file)}


def another_password_in_plain(broker: SecureKafka, directory: Path) -> Settings:
    return another_password(broker, directory) | {"kafka_sasl_mechanism": "PLAIN"}


def an_unknown_user(broker: SecureKafka, directory: Path) -> Settings:
    return broker.client("scram-256") | {"kafka_user": "nobody"}


def a_token_for_another(broker: SecureKafka, directory: Path) -> Settings:
    file = private_file(directory / "token", broker.token(audience="another"))
    return broker.client("token") | {"kafka_token_file": str(file)}


def a_broker_in_plain_text(broker: SecureKafka, directory: Path) -> Settings:
    """A TLS client is not to fall back."""
    return broker.client("tls") | {"kafka_bootstrap": broker.bootstrap.replace("127.0.0.1", "localhost")}


WRONG = [
    (another_authority, "unable to get local issuer certificate"),
    (this_machines_authorities, "unable to get local issuer certificate"),
    (another_host, "IP address mismatch"),
    (no_certificate, "bad certificate"),
    (a_strangers_certificate, "certificate unknown"),
    (another_password, "invalid credentials"),
    (another_password_in_plain, "invalid username or password"),
    (an_unknown_user, "invalid credentials"),
    (a_token_for_another, "invalid_token"),
    (a_broker_in_plain_text, "EOF occurred in violation of protocol"),
]


@pytest.mark.parametrize(("wrong", "why"), WRONG)
def test_nothing_passes_over_a_wrong_connection_and_the_log_says_why(
    wrong: Callable[[SecureKafka, Path], Settings],
    why: str,
    path: SecuredPath,
    broker: SecureKafka,
    tmp_path: Path,
) -> None:
    assert path.make_topic(broker.client("tls")).returncode == 0
    path.record()
    settings = wrong(broker, tmp_path)
    relay, consume = path.relay(settings), path.consume(settings)
    for process, waits in ((relay, "broker-unreachable"), (consume, "consume begins again")):
        process.awaited(waits, within=60)
        eventually(partial(_says, process, why), why, 30, process)
        assert PASSWORD not in process.output
        assert broker.token() not in process.output
    assert not path.leading()
    assert (path.published(), path.seen(), path.following()) == (0, 0, 0)


def _says(process: Watched, why: str) -> bool:
    return f'"reason": "{why}"' in process.output


def test_a_right_that_is_taken_away_while_they_run_is_said_by_whoever_lacks_it(
    path: SecuredPath, broker: SecureKafka
) -> None:
    """The topic may still be described, so that nothing but the records themselves is refused."""
    settings, topic = broker.client("scram-256"), topic_of(path.network)
    assert path.make_topic(settings).returncode == 0
    public = path.record()
    relay, consume = path.relay(settings), path.consume(settings)
    eventually(lambda: path.seen() == public, "consume reads", process=consume)

    broker.deny(ACLOperation.READ, topic)
    path.record()
    eventually(partial(_says, consume, "TopicAuthorizationFailedError"), "consume says so", 30, consume)
    broker.deny(ACLOperation.WRITE, topic)
    path.record()
    eventually(partial(_says, relay, "TopicAuthorizationFailedError"), "the relay says so", 30, relay)
    assert relay.process.wait(30) == EXIT_TRY_AGAIN

"""How settings become kafka-python's arguments; what contradicts or lacks another is refused by name."""

import itertools
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from care_platform.transport.files import Unusable
from care_platform.transport.kafka_tls import KafkaTls
from care_platform.transport.kafka_token import TokenFile
from episodes.config import Settings
from tests.support.servers.certificates import Authority, private_file

PASSWORD = "correct horse battery"
TLS = {"kafka_security_protocol": "SSL"}
MUTUAL = {"kafka_certificate_file": "relay.pem", "kafka_key_file": "relay.key"}
SCRAM = {"kafka_sasl_mechanism": "SCRAM-SHA-256", "kafka_user": "relay", "kafka_password_file": "password"}
OAUTH = {"kafka_sasl_mechanism": "OAUTHBEARER", "kafka_token_file": "token"}
SASL_SSL = {"kafka_security_protocol": "SASL_SSL"}
SASL_PLAINTEXT = {"kafka_security_protocol": "SASL_PLAINTEXT"}

TOGETHER: list[dict[str, str]] = [
    {},
    TLS,
    TLS | {"kafka_ca_file": "ca.pem"},
    TLS | MUTUAL,
    SASL_SSL | SCRAM,
    SASL_SSL | SCRAM | MUTUAL | {"kafka_ca_file": "ca.pem"},
    SASL_SSL | SCRAM | {"kafka_sasl_mechanism": "SCRAM-SHA-512"},
    SASL_SSL | SCRAM | {"kafka_sasl_mechanism": "PLAIN"},
    SASL_SSL | OAUTH,
    SASL_PLAINTEXT | SCRAM,
]
APART: list[tuple[str, dict[str, str]]] = [
    ("kafka_security_protocol", {"kafka_security_protocol": "TLS"}),
    ("kafka_ca_file", {"kafka_ca_file": "ca.pem"}),
    ("kafka_ca_file", SASL_PLAINTEXT | SCRAM | {"kafka_ca_file": "ca.pem"}),
    ("kafka_certificate_file", MUTUAL),
    ("kafka_key_file", TLS | {"kafka_certificate_file": "relay.pem"}),
    ("kafka_key_file", TLS | {"kafka_key_file": "relay.key"}),
    ("kafka_sasl_mechanism", SASL_SSL),
    ("kafka_sasl_mechanism", SASL_SSL | {"kafka_sasl_mechanism": ""}),
    ("kafka_sasl_mechanism", SASL_SSL | {"kafka_sasl_mechanism": "GSSAPI"}),
    ("kafka_sasl_mechanism", SCRAM),
    ("kafka_sasl_mechanism", TLS | SCRAM),
    ("kafka_sasl_mechanism", SASL_PLAINTEXT | SCRAM | {"kafka_sasl_mechanism": "PLAIN"}),
    ("kafka_sasl_mechanism", SASL_PLAINTEXT | OAUTH),
    ("kafka_user", SASL_SSL | SCRAM | {"kafka_user": ""}),
    ("kafka_user", SASL_SSL | SCRAM | {"kafka_user": "a,n=b"}),
    ("kafka_user", SASL_SSL | OAUTH | {"kafka_user": "relay"}),
    ("kafka_password_file", SASL_SSL | SCRAM | {"kafka_password_file": ""}),
    ("kafka_password_file", SASL_SSL | OAUTH | {"kafka_password_file": "password"}),
    ("kafka_token_file", SASL_SSL | OAUTH | {"kafka_token_file": ""}),
    ("kafka_token_file", SASL_SSL | SCRAM | {"kafka_token_file": "token"}),
]


@pytest.mark.parametrize("said", TOGETHER)
def test_settings_that_go_together_are_taken(said: dict[str, str]) -> None:
    Settings.model_validate(said)


@pytest.mark.parametrize(("name", "said"), APART)
def test_what_contradicts_or_lacks_another_setting_is_refused_by_name(
    name: str, said: dict[str, str]
) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate(said)
    assert [fault["loc"] for fault in refused.value.errors()] == [(name,)]


def test_every_argument_comes_from_a_setting(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "ours")
    certificate, key = authority.certificate("relay")
    password = private_file(tmp_path / "password", PASSWORD + "\n")
    files = {"kafka_ca_file": authority.file, "kafka_certificate_file": certificate, "kafka_key_file": key}
    said = files | {"kafka_bootstrap": "a:1,b:2", "kafka_password_file": password}
    brokers = Settings.model_validate(SASL_SSL | SCRAM | said).brokers()
    assert brokers.arguments() == {
        "bootstrap_servers": ["a:1", "b:2"],
        "security_protocol": "SASL_SSL",
        "ssl_context": KafkaTls(authority.file, certificate, key),
        "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_plain_username": "relay",
        "sasl_plain_password": PASSWORD,
    }
    assert PASSWORD not in repr(brokers)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o610, 0o644, 0o666])
@pytest.mark.parametrize("name", ["kafka_password_file", "kafka_token_file", "kafka_key_file"])
def test_a_secret_that_others_may_use_is_refused(name: str, mode: int, tmp_path: Path) -> None:
    certificate, key = Authority(tmp_path, "ours").certificate("relay")
    file = key if name == "kafka_key_file" else private_file(tmp_path / "secret", PASSWORD)
    file.chmod(mode)
    _refused(
        name, _asking(name, file, certificate), "names a file that others than its owner may use: chmod 600"
    )


def test_a_file_that_will_not_do_is_refused_without_its_content(tmp_path: Path) -> None:
    authority, stranger = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    certificate, _ = authority.certificate("relay")
    _, another = stranger.certificate("other")
    words = private_file(tmp_path / "words", PASSWORD)
    contents = {"empty": b"", "blank": b" \n", "large": b"x" * 100_000, "binary": b"\xff\xfe"}
    unfit = [private_file(tmp_path / name, content) for name, content in contents.items()]
    gone, directory = tmp_path / "gone", tmp_path
    cases = [
        *itertools.product(["kafka_password_file", "kafka_token_file"], [*unfit, gone, directory]),
        ("kafka_token_file", words),
        *itertools.product(["kafka_ca_file"], [words, unfit[0], gone]),
        *itertools.product(["kafka_key_file"], [words, another, gone]),
    ]
    for name, file in cases:
        _refused(name, _asking(name, file, certificate))


def test_a_key_with_a_password_is_refused_and_never_asked_for(tmp_path: Path) -> None:
    certificate, key = Authority(tmp_path, "ours").certificate("relay", password=PASSWORD.encode())
    _refused("kafka_key_file", _asking("kafka_key_file", key, certificate))


def test_a_renewed_token_is_read_at_the_next_connection(tmp_path: Path) -> None:
    file = private_file(tmp_path / "token", "first.token\n")
    provider = TokenFile(file)
    assert provider.token() == "first.token"
    private_file(tmp_path / "token.new", "second.token").replace(file)
    assert provider.token() == "second.token"
    assert provider.extensions() == {}


@pytest.mark.parametrize("token", ["a\x01auth=b", "a b", "a\nb", "=", "ä"])
def test_a_token_cannot_add_to_the_message(token: str, tmp_path: Path) -> None:
    with pytest.raises(Unusable):
        TokenFile(private_file(tmp_path / "token", token)).token()


def _asking(name: str, file: Path, certificate: Path) -> dict[str, Any]:
    beside: dict[str, dict[str, Any]] = {
        "kafka_password_file": SASL_SSL | SCRAM,
        "kafka_token_file": SASL_SSL | OAUTH,
        "kafka_ca_file": dict(TLS),
        "kafka_key_file": TLS | {"kafka_certificate_file": certificate},
    }
    return beside[name] | {name: file}


def _refused(name: str, said: dict[str, Any], rule: str = "") -> None:
    with pytest.raises(SystemExit) as ended:
        Settings.model_validate(said).brokers()
    sentence = str(ended.value.code)
    assert sentence.startswith(f"EPISODES_{name.upper()}: {rule}")
    assert PASSWORD not in sentence
    assert str(said[name]) not in sentence

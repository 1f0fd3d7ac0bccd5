"""Production refuses each connection in plain text in a sentence that names the setting, never its value."""

from collections import Counter
from dataclasses import dataclass, field

import pytest
from pydantic import ValidationError

import episodes.config
import notifications.config

Settings = type[episodes.config.Settings | notifications.config.Settings]
BOTH: tuple[Settings, ...] = (episodes.config.Settings, notifications.config.Settings)
NOTIFICATIONS: tuple[Settings, ...] = (notifications.config.Settings,)


@dataclass(frozen=True)
class Case:
    """A setting's value, whether production takes it, and what else is set. Development takes them all."""

    name: str
    value: str
    taken: bool
    others: dict[str, str] = field(default_factory=dict)
    settings: tuple[Settings, ...] = BOTH


VERIFIED = "postgresql://app:secret@db.example/care?sslmode=verify-full&sslrootcert=ca.pem"
BROKER = {"kafka_bootstrap": "broker.example:9093"}
SASL = {"kafka_sasl_mechanism": "SCRAM-SHA-512", "kafka_user": "relay", "kafka_password_file": "password"}
CERTIFICATE = {"tls_certificate_file": "chain.pem", "tls_key_file": "key.pem"}
DATABASES = [
    (VERIFIED, True),
    ("host=db.example user=app password=secret sslmode=verify-full", True),
    ("postgresql://app@/care?host=/run/postgresql", True),
    ("postgresql:///care", True),
    ("postgresql://app:secret@localhost/care", True),
    ("postgresql://app:secret@127.0.0.1:5433/care", True),
    ("postgresql://app:secret@[::1]/care", True),
    ("postgresql://app:secret@db.example/care?hostaddr=127.0.0.1", True),
    ("postgresql://app:secret@db.example/care", False),
    ("postgresql://app:secret@192.0.2.7/care", False),
    ("postgresql://app:secret@db.example/care?sslmode=disable", False),
    ("postgresql://app:secret@db.example/care?sslmode=prefer", False),
    ("postgresql://app:secret@db.example/care?sslmode=require", False),
    ("postgresql://app:secret@db.example/care?sslmode=verify-ca", False),
    ("postgresql://app:secret@localhost,db.example/care", False),
    ("postgresql://app:secret@localhost/care?hostaddr=192.0.2.7", False),
    ("host=db.example user=app password=secret", False),
    ("service=care", False),
]
ADDRESSES = [
    ("https://care.example", True),
    ("https://care.example:8443/at", True),
    ("http://127.0.0.1:8000", True),
    ("http://localhost:8000", True),
    ("http://[::1]:8000", True),
    ("http://care.example", False),
    ("http://10.0.0.7:8000", False),
    ("http://localhost.example", False),
    ("https://care:secret@care.example", False),
    ("ftp://care.example", False),
    ("care.example", False),
]
CASES = [
    *(Case(name, url, taken) for name in ("database_url", "owner_database_url") for url, taken in DATABASES),
    Case("database_url", DATABASES[8][0], True, {"encrypted_elsewhere": "database"}),
    Case("database_url", DATABASES[8][0], False, {"encrypted_elsewhere": "serving"}),
    *(Case("public_url", url, taken) for url, taken in ADDRESSES),
    *(Case("episodes_url", url, taken, settings=NOTIFICATIONS) for url, taken in ADDRESSES),
    Case("kafka_security_protocol", "PLAINTEXT", True),
    Case("kafka_security_protocol", "PLAINTEXT", False, BROKER),
    Case("kafka_security_protocol", "SASL_PLAINTEXT", False, BROKER | SASL),
    Case("kafka_security_protocol", "PLAINTEXT", False, BROKER | {"encrypted_elsewhere": "database,serving"}),
    Case("kafka_security_protocol", "SSL", True, BROKER),
    Case("kafka_security_protocol", "SASL_SSL", True, BROKER | SASL),
    Case("tls_certificate_file", "", True, {"host": "127.0.0.1"}),
    Case("tls_certificate_file", "", True, {"host": "::1"}),
    Case("tls_certificate_file", "", False, {"host": "0.0.0.0"}),
    Case("tls_certificate_file", "", False, {"host": "::"}),
    Case("tls_certificate_file", "", False, {"host": ""}),
    Case("tls_certificate_file", "", True, {"host": "0.0.0.0", "encrypted_elsewhere": "serving"}),
    Case("tls_certificate_file", "", False, {"host": "0.0.0.0", "encrypted_elsewhere": "database"}),
    Case("tls_certificate_file", "chain.pem", True, CERTIFICATE | {"host": "0.0.0.0"}),
]
TABLE = [
    pytest.param(settings, case, environment, id=f"{settings.__module__}-{environment}-{case.name}-{number}")
    for number, case in enumerate(CASES)
    for settings in case.settings
    for environment in ("development", "production")
]


@pytest.mark.parametrize(("settings", "case", "environment"), TABLE)
def test_production_takes_no_plain_text_and_development_any(
    settings: Settings, case: Case, environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = settings.model_config["env_prefix"]
    for name, value in {"environment": environment, **case.others, case.name: case.value}.items():
        monkeypatch.setenv(f"{prefix}{name.upper()}", value)
    if case.taken or environment == "development":
        settings()
        return
    with pytest.raises(ValidationError) as refused:
        settings()
    [fault] = refused.value.errors(include_input=False)
    assert fault["loc"] == (case.name,)
    assert "secret" not in fault["msg"]
    assert "example" not in fault["msg"]


@pytest.mark.parametrize("settings", BOTH)
def test_an_sslmode_in_libpqs_own_variable_counts(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"environment": "production", "database_url": "postgresql://app:secret@db.example/care"}
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    settings.model_validate(asked)
    monkeypatch.setenv("PGSSLMODE", "require")
    with pytest.raises(ValidationError):
        settings.model_validate(asked)


@pytest.mark.parametrize("settings", BOTH)
def test_a_host_in_libpqs_own_variable_counts(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "db.example")
    with pytest.raises(ValidationError):
        settings.model_validate({"environment": "production", "database_url": "postgresql:///care"})


MALFORMED = [
    "postgresql://app:top secret@db.example/care",
    "postgresql://app:top@secret@db.example/care",
    "postgresql://app:top/secret@db.example/care",
    "postgresql://app:12/secret@db.example/care",
    "postgresql://app:top%secret@db.example/care",
    "postgresql://app:secret@[db.example/care",
    "postgresql://app:secret@db.example:port/care",
    "host=db.example password=top secret",
    "host=db.example password='secret",
    "host=db.example pasword=secret",
    "top=secret",
    "secret",
]


@pytest.mark.parametrize("environment", ["development", "production"])
@pytest.mark.parametrize("name", ["database_url", "owner_database_url"])
@pytest.mark.parametrize("settings", BOTH)
@pytest.mark.parametrize("address", MALFORMED)
def test_a_malformed_address_is_refused_without_a_word_of_it(
    address: str, settings: Settings, name: str, environment: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        settings.model_validate({"environment": environment, name: address})
    [fault] = refused.value.errors(include_input=False)
    assert fault["loc"] == (name,)
    assert fault["msg"].endswith(
        "is no address that libpq can read; a password in it must be percent-encoded"
    )


@pytest.mark.parametrize("settings", BOTH)
def test_no_rule_hides_another_of_the_same_name(settings: Settings) -> None:
    """The settings are put together by inheritance, where the second of two rules would silently be lost."""
    parts = [
        part for part in settings.__mro__ if part.__module__.split(".")[0] not in {"pydantic", "builtins"}
    ]
    rules = Counter(
        name
        for part in parts
        if hasattr(part, "__pydantic_decorators__")
        for name in vars(part)
        if name in part.__pydantic_decorators__.field_validators
    )
    assert len(rules) > 10
    assert {name for name, times in rules.items() if times > 1} == set()

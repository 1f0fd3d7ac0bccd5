"""Settings come from the environment: each has a safe default, or its absence is refused in a sentence."""

import json
from pathlib import Path

import pytest
from joserfc.jwk import OKPKey
from pydantic import ValidationError

import notifications.config
from care_platform.auth.jwks import MADE_FOR_DEVELOPMENT
from care_platform.auth.key_sources import KeyAddress, KeyFile
from care_platform.settings import DEVELOPMENT_JWKS
from episodes.config import Settings
from episodes.processes.token_issuing import issuer_key


@pytest.mark.parametrize("settings", [Settings, notifications.config.Settings])
def test_without_any_setting_the_service_is_for_production_on_this_machine(
    settings: type[Settings | notifications.config.Settings],
) -> None:
    found = settings()
    assert (found.environment, found.host, found.networks) == ("production", "127.0.0.1", ("demo",))
    assert found.token_hours == 24


def test_networks_are_a_list_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EPISODES_NETWORKS", "demo, coast")
    assert Settings().networks == ("demo", "coast")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NETWORKS", ""),
        ("NETWORKS", "Demo"),
        ("NETWORKS", "a/b"),
        ("PORT", "65536"),
        ("PORT", "http"),
        ("ENVIRONMENT", "staging"),
        ("CACHE_BYTES", "-1"),
        ("CACHE_BYTES", "1000000000000000"),
        ("TOKEN_HOURS", "0"),
        ("TOKEN_HOURS", "721"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"EPISODES_{name}", value)
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert refused.value.errors()[0]["loc"][0] == name.lower()


ISSUERS = [
    ("production", "https://id.example/keys?of=care", True),
    ("development", "https://id.example:8443/keys", True),
    ("development", "http://localhost:8080/keys", True),
    ("development", "http://[::1]/keys", True),
    ("development", "http://id.example/keys", False),
    ("development", "http://localhost.example/keys", False),
    ("production", "http://127.0.0.1/keys", False),
    ("production", "https://care:secret@id.example/keys", False),
    ("production", "https:///keys", False),
    ("production", "https://id.example:99999/keys", False),
    ("production", "https://id.example/keys#now", False),
    ("production", "https://id.example/a b", False),
    ("production", "file:///etc/keys", False),
    ("production", "keys", False),
]


@pytest.mark.parametrize("settings", [Settings, notifications.config.Settings])
@pytest.mark.parametrize(("environment", "address", "taken"), ISSUERS)
def test_the_address_of_the_issuers_keys_must_be_one_nobody_can_alter(
    settings: type[Settings | notifications.config.Settings], environment: str, address: str, taken: bool
) -> None:
    asked = {"environment": environment, "jwks_url": address}
    if taken:
        assert settings.model_validate(asked).jwks_url == address
        return
    with pytest.raises(ValidationError) as refused:
        settings.model_validate(asked)
    assert refused.value.errors()[0]["loc"] == ("jwks_url",)


@pytest.mark.parametrize("settings", [Settings, notifications.config.Settings])
def test_production_names_where_its_issuers_keys_come_from(
    settings: type[Settings | notifications.config.Settings], tmp_path: Path
) -> None:
    file = tmp_path / "jwks.json"
    with pytest.raises(SystemExit, match="JWKS_URL is not set"):
        settings().key_source()
    assert settings(jwks_file=file).key_source() == KeyFile(file)
    assert settings(environment="development").key_source() == KeyFile(DEVELOPMENT_JWKS)
    address = "https://id.example/keys"
    assert settings(jwks_url=address).key_source() == KeyAddress(address)


@pytest.mark.parametrize("settings", [Settings, notifications.config.Settings])
def test_production_does_not_start_with_a_file_that_has_a_key_made_for_development(
    settings: type[Settings | notifications.config.Settings], tmp_path: Path
) -> None:
    file = tmp_path / "jwks.json"
    issuer_key(tmp_path, file)
    with pytest.raises(SystemExit, match="JWKS_FILE has a key that was made for development"):
        settings(jwks_file=file).key_source()
    assert settings(jwks_file=file, environment="development").key_source() == KeyFile(file)


def test_the_key_of_an_earlier_release_gets_the_name_that_marks_it(tmp_path: Path) -> None:
    file, private = tmp_path / "jwks.json", tmp_path / "issuer.jwk"
    earlier, other = (OKPKey.generate_key("Ed25519", auto_kid=True) for _ in range(2))
    private.write_text(json.dumps(earlier.as_dict(private=True)))
    private.chmod(0o600)
    file.write_text(json.dumps({"keys": [it.as_dict(private=False) for it in (earlier, other)]}))
    key = issuer_key(tmp_path, file)
    assert key.kid == f"{MADE_FOR_DEVELOPMENT}{earlier.kid}"
    assert [entry["kid"] for entry in json.loads(file.read_text())["keys"]] == [key.kid, other.kid]
    assert issuer_key(tmp_path, file).kid == key.kid


@pytest.mark.parametrize("settings", [Settings, notifications.config.Settings])
def test_links_begin_with_the_public_address_without_a_slash_too_many(
    settings: type[Settings | notifications.config.Settings],
) -> None:
    assert (
        settings.model_validate({"public_url": "https://care.example/"}).public_url == "https://care.example"
    )


def test_a_setting_that_must_be_said_is_asked_for_by_name() -> None:
    with pytest.raises(SystemExit, match="EPISODES_DATABASE_URL is not set: the address"):
        Settings().require("database_url", "the address")

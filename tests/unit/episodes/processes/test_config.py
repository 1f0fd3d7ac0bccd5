"""Settings come from the environment: each has a safe default, or its absence is refused in a sentence."""

import pytest
from pydantic import ValidationError

import notifications.config
from episodes.config import Settings


def test_without_any_setting_the_service_is_for_development_on_this_machine() -> None:
    settings = Settings()
    assert (settings.environment, settings.host, settings.port) == ("development", "127.0.0.1", 8000)
    assert settings.networks == ("demo",)


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
def test_links_begin_with_the_public_address_without_a_slash_too_many(
    settings: type[Settings | notifications.config.Settings],
) -> None:
    assert (
        settings.model_validate({"public_url": "https://care.example/"}).public_url == "https://care.example"
    )


def test_a_setting_that_must_be_said_is_asked_for_by_name() -> None:
    with pytest.raises(SystemExit, match="EPISODES_DATABASE_URL is not set: the address"):
        Settings().require("database_url", "the address")

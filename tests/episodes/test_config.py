"""Settings come from the environment: each has a safe default, or its absence is refused in a sentence."""

import pytest
from pydantic import ValidationError

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


def test_a_setting_that_must_be_said_is_asked_for_by_name() -> None:
    with pytest.raises(SystemExit, match="EPISODES_DATABASE_URL is not set: the address"):
        Settings().require("database_url", "the address")

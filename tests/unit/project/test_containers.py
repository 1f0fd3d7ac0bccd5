"""What runs in containers can do no more there than it needs, and holds no key that is not its own."""

from pathlib import Path
from typing import Any

import pytest
import yaml

DEPLOY = Path(__file__).parents[3] / "deploy"
SERVICES: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
OURS = [name for name, its in SERVICES.items() if its.get("image") == "care"]


def test_everything_but_the_servers_is_ours() -> None:
    assert SERVICES.keys() - set(OURS) == {"postgres", "kafka"}


@pytest.mark.parametrize("name", OURS)
def test_a_container_of_ours_is_confined(name: str) -> None:
    its = SERVICES[name]
    assert its["read_only"] is True
    assert its["cap_drop"] == ["ALL"]
    assert its["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in its
    assert "cap_add" not in its


def test_no_release_of_the_system_changes_the_order_of_text() -> None:
    assert "--no-locale" in SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"]


def test_the_image_has_nothing_that_installs_and_its_base_can_be_named_by_digest() -> None:
    stages = (DEPLOY / "Dockerfile").read_text().split("\nFROM ")[1:]
    assert [stage.split()[0] for stage in stages] == ["${PYTHON_IMAGE}"] * 2
    assert all("pip uninstall" in stage for stage in stages)
    assert "\nUSER care\n" in stages[-1]


def test_the_demos_partner_has_its_token_and_no_key_that_signs() -> None:
    partner = SERVICES["partner"]
    assert not [volume for volume in partner["volumes"] if volume.startswith("issuer:")]
    assert "EPISODES_KEYS_DIR" not in partner["environment"]
    assert partner["environment"]["PARTNER_TOKEN_FILE"].startswith(partner["environment"]["PARTNER_DIR"])

"""What runs in containers can do no more there than it needs, and holds no key that is not its own."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.servers.haproxy import CONFIGURATION

DEPLOY = Path(__file__).parents[3] / "deploy"
SERVICES: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
OURS = [name for name, its in SERVICES.items() if its.get("image") in ("care", "care-proxy")]
BY_DEFAULT = {name for name, its in SERVICES.items() if "profiles" not in its}


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


def test_the_proxy_is_a_choice_and_needs_no_image_that_the_rest_does_not() -> None:
    assert SERVICES.keys() - BY_DEFAULT == {"episodes-api-2", "episodes-proxy", "everything-proxied"}
    assert all(SERVICES[name]["profiles"] == ["proxy"] for name in SERVICES.keys() - BY_DEFAULT)
    needed = {name: set(SERVICES[name].get("depends_on", ())) for name in BY_DEFAULT}
    assert {name for name, others in needed.items() if not others <= BY_DEFAULT} == set()
    built = (DEPLOY / SERVICES["episodes-proxy"]["build"]["context"] / "Dockerfile").read_text()
    assert re.findall(r"^FROM (.*)", built, re.MULTILINE) == ["${PYTHON_IMAGE}"]


def test_the_proxy_knows_two_processes_that_differ_in_nothing_and_gets_all_that_its_configuration_asks() -> (
    None
):
    proxy, one, two = (SERVICES[name] for name in ("episodes-proxy", "episodes-api", "episodes-api-2"))
    assert {**two, "ports": 0} == {**one, "ports": 0, "profiles": ["proxy"]}
    assert two["ports"] == []
    asked = set(re.findall(r"\bEPISODES_\w+", re.sub(r"(?m)^#.*", "", CONFIGURATION.read_text())))
    given = set(re.findall(r"\b(EPISODES_\w+)=", (DEPLOY / "proxy/Dockerfile").read_text()))
    assert asked - {"EPISODES_MAX_CONNECTIONS"} == given | proxy["environment"].keys()
    addresses = {proxy["environment"][f"EPISODES_API_{number}"] for number in (1, 2)}
    assert addresses == {"episodes-api:8000", "episodes-api-2:8000"}


def test_the_demos_partner_has_its_token_and_no_key_that_signs() -> None:
    partner = SERVICES["partner"]
    assert not [volume for volume in partner["volumes"] if volume.startswith("issuer:")]
    assert "EPISODES_KEYS_DIR" not in partner["environment"]
    assert partner["environment"]["PARTNER_TOKEN_FILE"].startswith(partner["environment"]["PARTNER_DIR"])

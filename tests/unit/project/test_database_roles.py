"""The roles of the tables of grants are those that every deployment makes, and only the tables grant."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from laptop.databases import PROCESSES, roles_of

DEPLOY = Path(__file__).parents[3] / "deploy"
ALL = {role for service in PROCESSES for role in roles_of(service)}
BEFORE_THE_TABLES = {"0001", "0002", "0003", "0004", "0005", "0006"} | {f"v000{n}" for n in range(1, 6)}


def test_the_containers_make_the_same_roles_as_the_laptop() -> None:
    script = (DEPLOY / "containers" / "databases.sql").read_text()
    assert set(re.findall(r"CREATE ROLE (\w+) LOGIN", script)) == ALL


def test_every_role_of_the_containers_has_a_password_of_its_own() -> None:
    passwords = {f"{role.upper()}_PASSWORD" for role in ALL} | {"POSTGRES_PASSWORD"}
    compose = (DEPLOY / "compose.yaml").read_text()
    assert set(re.findall(r"\$\{(\w+_PASSWORD)", compose)) == passwords
    names = re.search(r'^names="([^"]+)"', (DEPLOY / "containers" / "run").read_text(), re.MULTILINE)
    assert names is not None
    assert {f"{name}_PASSWORD" for name in names[1].split()} == passwords


@pytest.mark.parametrize("service", PROCESSES)
def test_each_container_connects_as_its_own_role(service: str) -> None:
    started = {}
    for container in (DEPLOY / "compose.yaml").read_text().split("\n\n"):
        command = re.search(rf"command: \[{service}, (\w+)\]", container)
        address = re.search(r"DATABASE_URL: postgresql://(\w+):", container)
        if command and address:
            started[command[1]] = address[1]
    wanted = {process: f"{service}_{process}" for process in PROCESSES[service] if process != "keys"}
    assert started == wanted | {"migrate": f"{service}_owner"}


@pytest.mark.parametrize("service", PROCESSES)
def test_a_migration_grants_nothing(service: str) -> None:
    """What it granted to the shared role would be granted again after that is retired."""
    for step in (files(f"{service}.migrations") / "versions").iterdir():
        number = step.name.partition("_")[0]
        if step.name.endswith(".py") and number and number not in BEFORE_THE_TABLES:
            assert not re.search(r"\bGRANT\b", step.read_text()), f"{step.name}: use the table of grants"

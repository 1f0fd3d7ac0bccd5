"""How much memory there is: the least of what the machine has and what our control groups may use."""

import os
from pathlib import Path

import pytest

from care_platform.memory import memory_there_is

MACHINE = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
V1_NONE = 9_223_372_036_854_771_712
"""What version 1 says where there is no limit."""


def system(root: Path, groups: str) -> None:
    """Make it a root directory in which a process reads that it is in these groups."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(f"{groups}\n")


def limit(root: Path, group: str, name: str, said: object) -> None:
    place = root / "sys/fs/cgroup" / group
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_text(f"{said}\n")


def test_a_machine_without_control_groups_has_what_it_has(tmp_path: Path) -> None:
    assert memory_there_is(tmp_path) == MACHINE
    assert 0 < memory_there_is() <= MACHINE


def test_a_container_has_its_limit(tmp_path: Path) -> None:
    """In a name space of its own, its group is the root."""
    system(tmp_path, "0::/")
    limit(tmp_path, "", "memory.max", "max")
    assert memory_there_is(tmp_path) == MACHINE
    limit(tmp_path, "", "memory.max", 536_870_912)
    assert memory_there_is(tmp_path) == 536_870_912


@pytest.mark.parametrize(
    ("limits", "there"),
    [
        ({}, MACHINE),
        ({"care.slice/api.service": ("memory.max", "max")}, MACHINE),
        ({"care.slice/api.service": ("memory.max", 700)}, 700),
        ({"care.slice/api.service": ("memory.high", 600)}, 600),
        ({"care.slice/api.service": ("memory.max", 700), "care.slice": ("memory.max", 500)}, 500),
        ({"care.slice/api.service": ("memory.max", 700), "care.slice": ("memory.max", 900)}, 700),
        ({"care.slice/api.service": ("memory.max", 2 * MACHINE)}, MACHINE),
        ({"care.slice/another.service": ("memory.max", 500)}, MACHINE),
    ],
)
def test_the_least_limit_of_a_service_and_of_those_above_it_counts(
    tmp_path: Path, limits: dict[str, tuple[str, object]], there: int
) -> None:
    system(tmp_path, "0::/care.slice/api.service")
    for group, (name, said) in limits.items():
        limit(tmp_path, group, name, said)
    assert memory_there_is(tmp_path) == there


V1 = "9:name=systemd:/docker/abc\n4:cpu,memory:/docker/abc\n0::/"


@pytest.mark.parametrize(
    ("limits", "there"),
    [
        ({"memory/docker/abc": 700, "memory": V1_NONE}, 700),
        ({"memory/docker/abc": V1_NONE, "memory/docker": 600}, 600),
        ({"memory": 500}, 500),
        ({"memory": V1_NONE}, MACHINE),
        ({"cpu/docker/abc": 500, "memory/docker/another": 500}, MACHINE),
    ],
)
def test_a_limit_of_version_1_counts_also_where_the_container_sees_its_own_as_the_top(
    tmp_path: Path, limits: dict[str, int], there: int
) -> None:
    system(tmp_path, V1)
    for group, said in limits.items():
        limit(tmp_path, group, "memory.limit_in_bytes", said)
    assert memory_there_is(tmp_path) == there

"""The memory that a process may use is its container's, or else the machine's."""

import os
from pathlib import Path

import pytest

from care_platform.memory import memory_there_is

MACHINE = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@pytest.mark.parametrize(
    ("said", "there_is"),
    [
        ("67108864\n", 67_108_864),
        ("max\n", MACHINE),
        ("9223372036854771712\n", MACHINE),
        ("", MACHINE),
    ],
    ids=["a limit", "no limit", "no limit in version 1", "nothing"],
)
def test_a_limit_counts_if_there_is_one(tmp_path: Path, said: str, there_is: int) -> None:
    file = tmp_path / "memory.max"
    file.write_text(said)
    assert memory_there_is((tmp_path / "none", file)) == there_is


def test_without_control_groups_it_is_the_machines(tmp_path: Path) -> None:
    assert memory_there_is((tmp_path / "none",)) == MACHINE

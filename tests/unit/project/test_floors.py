"""An installation without the lock gets no release with a known advisory."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SAFE = {
    "aiohttp": (3, 13, 4),
    "cryptography": (46, 0, 5),
    "joserfc": (1, 7, 3),
    "kafka-python": (3, 0, 12),
    "starlette": (1, 3, 1),
}
"""The first releases without an advisory that we know of (`make audit` asks for new ones)."""


def _floors(lines: list[str]) -> dict[str, tuple[int, ...]]:
    found = (re.match(r"([a-z0-9-]+)(?:\[[a-z,]+\])?>=([0-9.]+)", line) for line in lines)
    return {it[1]: tuple(map(int, it[2].split("."))) for it in found if it}


DECLARED = {
    path: tomllib.loads((ROOT / path).read_text())["project"]["dependencies"]
    for path in (
        "contracts/pyproject.toml",
        "services/platform/pyproject.toml",
        "services/episodes/pyproject.toml",
        "services/notifications/pyproject.toml",
    )
} | {"requirements.in": (ROOT / "requirements.in").read_text().splitlines()}


@pytest.mark.parametrize("path", DECLARED)
def test_no_floor_lies_below_a_known_advisory(path: str) -> None:
    floors = _floors(DECLARED[path])
    assert {name: floor for name, floor in floors.items() if floor < SAFE.get(name, ())} == {}


def test_every_one_of_them_has_a_floor_somewhere() -> None:
    assert SAFE.keys() <= {name for lines in DECLARED.values() for name in _floors(lines)}

"""The setting of a walk, read from setting.toml: the participants and the clinic."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

SETTING = Path(__file__).with_name("setting.toml")


@dataclass(frozen=True)
class Clinic:
    id: str
    zone: str
    jurisdiction: str


@dataclass(frozen=True)
class Therapist:
    id: str
    licence: str


@dataclass(frozen=True)
class Coordinator:
    id: str


@dataclass(frozen=True)
class Partner:
    """The partner. Its own numbers for clients begin with `their_number`."""

    id: str
    kind: str
    organisation: str
    their_number: str

    def number_of(self, client: UUID) -> str:
        return f"{self.their_number}-{client.hex[:8].upper()}"


@dataclass(frozen=True)
class Setting:
    """Everyone that a script may name."""

    network: str
    clinic: Clinic
    therapist: Therapist
    coordinator: Coordinator
    partner: Partner


_PARTS = {
    "clinic": Clinic,
    "therapist": Therapist,
    "coordinator": Coordinator,
    "partner": Partner,
}


def read_setting(file: Path = SETTING) -> Setting:
    """Read the setting. Raises `TypeError`, with its name, for an entry that is missing or unknown."""
    document: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    return Setting(
        **{name: _PARTS[name](**part) if name in _PARTS else part for name, part in document.items()}
    )

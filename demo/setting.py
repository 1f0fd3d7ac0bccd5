"""The setting of a walk, read from setting.toml: what is needed beside a case and is in no report."""

import tomllib
from collections.abc import Mapping
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
    """Told about the client, as far as the client consents; `their_number` begins its own numbers."""

    id: str
    kind: str
    organisation: str
    their_number: str

    def number_of(self, client: UUID) -> str:
        return f"{self.their_number}-{client.hex[:8].upper()}"


@dataclass(frozen=True)
class TreatmentConsent:
    by: str
    form: str
    at_each_check: str


@dataclass(frozen=True)
class SharingConsent:
    by: str
    form: str
    purposes: list[str]
    kinds: list[str]


@dataclass(frozen=True)
class Screening:
    list_version: str


@dataclass(frozen=True)
class Setting:
    """`times` are of the day at the clinic; `days` turn a rhythm or a case into days after the first session.

    `missed` tells which of the sessions of a case was missed.
    """

    network: str
    clinic: Clinic
    therapist: Therapist
    coordinator: Coordinator
    partner: Partner
    treatment_consent: TreatmentConsent
    sharing_consent: SharingConsent
    screening: Screening
    times: Mapping[str, str]
    days: Mapping[str, list[int]]
    missed: Mapping[str, int]


_PARTS = {
    "clinic": Clinic,
    "therapist": Therapist,
    "coordinator": Coordinator,
    "partner": Partner,
    "treatment_consent": TreatmentConsent,
    "sharing_consent": SharingConsent,
    "screening": Screening,
}


def read_setting(file: Path = SETTING) -> Setting:
    """A missing or unknown entry is a TypeError that names it."""
    document: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    return Setting(
        **{name: _PARTS[name](**part) if name in _PARTS else part for name, part in document.items()}
    )

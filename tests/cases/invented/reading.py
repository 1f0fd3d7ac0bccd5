"""An invented case as it is written down: its script, and beside it what is expected of each command."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from demo.checking import check
from demo.commands import Command, commands_of
from demo.scripts import Script, parse_script
from demo.setting import Setting, read_setting

HERE = Path(__file__).parent
LAID_OUT = date(2026, 1, 1)
"""Not used: the scripts name the days of the calendar themselves, so every walk sends the same times."""

Rules = Sequence[str]


@dataclass(frozen=True)
class Expected:
    """What one command is expected to come to. Rules and alerts are sorted: no sentence says their order."""

    refused: str | None = None
    """The rule that refuses it; then nothing else is expected."""
    breaches: Rules = field(default_factory=list)
    """The rules that a session is said to have broken, in the answer."""
    warnings: Rules = field(default_factory=list)
    judged: Mapping[str, Rules] = field(default_factory=dict)
    """The sessions recorded before that are judged otherwise from now on, each with all rules it broke."""
    alerts: Sequence[str] = field(default_factory=list)
    """What the clinic is alerted of: a concern and, of a broken rule, the sessions."""
    taken_back: Sequence[str] = field(default_factory=list)
    """The steps whose alerts are taken back."""


@dataclass(frozen=True)
class Invented:
    """A whole course of care that nobody had, and what must come of it."""

    script: Script
    born: str | None
    """The client's birth date in the directory, which may be a month or a year."""
    staff: Mapping[str, Mapping[str, Any]]
    """Who else works there: by id, with their role and whether they have a licence."""
    roles: Mapping[str, str]
    """Who sends a step, if it is not the therapist."""
    answers: Mapping[str, Expected]
    """What is expected of each step. One that is not named is recorded, and breaks and warns of nothing."""
    end: Mapping[str, Any]
    after: Mapping[str, Sequence[str]]
    """Steps that come after others, in whichever order the rest arrives."""

    @property
    def name(self) -> str:
        return self.script.id

    @property
    def imported(self) -> list[str]:
        """The steps that come from another system; nobody is alerted of them."""
        return [step.name for step in self.script.steps if step.body.get("origin") == "imported"]

    def role_of(self, step: str) -> str:
        return self.roles.get(step, "therapist")

    def expected(self, step: str) -> Expected:
        return self.answers.get(step, Expected())

    def commands(self, setting: Setting, client: UUID) -> list[Command]:
        return commands_of(self.script, setting, client, LAID_OUT)


def names() -> list[str]:
    return sorted(file.parent.name for file in HERE.glob("*/script.json"))


def read(name: str) -> Invented:
    """Raises `NotUnderstood` if the script is none of the API's."""
    script = parse_script((HERE / name / "script.json").read_text(encoding="utf-8"))
    check(script, read_setting())
    told = json.loads((HERE / name / "expected.json").read_text(encoding="utf-8"))
    assert told["invented"] is True
    return Invented(
        script=script,
        born=told.get("born"),
        staff=told.get("staff", {}),
        roles=told.get("sent_by", {}),
        answers={step: Expected(**expected) for step, expected in told["answers"].items()},
        end=told["end"],
        after=told.get("after", {}),
    )

"""What the body of every step is made from, and the parts that several have in common."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from demo.scripts import Case
from demo.setting import Setting
from laptop.course.days import Days
from laptop.course.telling import SIDES, TREATED_ELSEWHERE
from laptop.course.vocabulary import (
    NOT_TOLD,
    SCREENING_ITEMS,
    TECHNIQUE_SITES,
    TECHNIQUES,
    coded,
    known,
    site,
)

Body = dict[str, Any]

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Made:
    """Stands in a body for the id of the event that an earlier step made."""

    by: str


@dataclass(frozen=True)
class Chart:
    """A case, the setting it is walked in, whom it is about, and its days."""

    case: Case
    setting: Setting
    client: UUID
    days: Days

    def at(self, day: date, moment: str) -> Body:
        return {"occurred_at": self.days.at(day, moment), "precision": "minute"}

    def performed(self, day: date, moment: str) -> Body:
        return {**self.at(day, moment), "performer": self.setting.therapist.id}

    def findings(self, after_session: int | None) -> list[str]:
        told = self.case["responses"]
        return [response["finding"] for response in told if response["after_session"] == after_session]

    def site(self, words: str) -> Body:
        """A site of the complaint, with its side where it has one and one is told."""
        sides = SIDES.get(self.case["id"], {}).get(words, self.case["complaint"]["sides"])
        return site(words, sides)

    def techniques(self, names: Iterable[str]) -> list[Body]:
        return [
            {**coded(name, known(TECHNIQUES, name)), "site": self.site(place)}
            for name in names
            for place in TECHNIQUE_SITES.get(name, self._treated())
        ]

    def screening(self) -> Body:
        found = self.case["screening"]
        items = [*found["contraindications_or_red_flags"], *found["cautions"]]
        present = [
            {"code": known(SCREENING_ITEMS, words), "text": words, "answer": "present"} for words in items
        ]
        return {"list_version": self.setting.screening.list_version, "items": present}

    def _treated(self) -> list[str]:
        """Where a technique whose name tells no site is taken to be for: the complaint's first site."""
        if self.case["id"] in TREATED_ELSEWHERE:
            return [NOT_TOLD]
        first: list[str] = self.case["complaint"]["body_sites"][:1]
        return first


def lines(field: str, parts: list[str], absent: str | None = None) -> Body:
    """A line for each part; without any, why the field is absent."""
    if parts:
        return {field: "\n".join(parts)}
    return {} if absent is None else {absent: UNKNOWN}


def where_told(**fields: Any) -> Body:
    """Those that a report tells."""
    return {name: told for name, told in fields.items() if told is not None}

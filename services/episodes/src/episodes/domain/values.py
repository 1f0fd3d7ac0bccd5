"""The shared types of the vocabulary. Every field is optional unless it has no default.

`faults()` of a type names what is malformed beyond the single fields; only the edge asks it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from episodes.domain.codes import (
    ADVERSE_KINDS,
    BODY_SITES,
    INSTRUMENTS,
    MEASURES,
    OTHER,
    SCREENING_ITEMS,
    TECHNIQUES,
)
from episodes.domain.field_rules import COMPUTED, EVENT, Between, Length, Line, OneOf, Words

AbsentReason = Annotated[
    str,
    OneOf(
        "unknown",
        "asked-unknown",
        "temp-unknown",
        "not-asked",
        "asked-declined",
        "masked",
        "not-applicable",
        "unsupported",
        "as-text",
        "error",
        "not-performed",
        "not-permitted",
    ),
]
"""Why a value is missing, in HL7's data-absent-reason codes."""

Amount = Annotated[float, Between(-1_000_000, 1_000_000)]
Minutes = Annotated[int, Between(0, 1_440)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """A code of a named list and its version, or `other` with the words for it."""

    code: str
    list: Annotated[str, COMPUTED] = ""
    text: Line | None = None

    def faults(self) -> Iterator[str]:
        if self.code == OTHER and self.text is None:
            yield "a code 'other' needs its text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site(Coded):
    """A place on the body and its side."""

    code: Annotated[str, BODY_SITES]
    side: Annotated[str, OneOf("left", "right", "midline", "both", "unknown")] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedChange:
    """A change somebody told or published without both values: an amount, a range, or a percentage."""

    amount: Amount | None = None
    least: Amount | None = None
    most: Amount | None = None
    percent: Amount | None = None
    unit: Line | None = None
    direction: Annotated[str, OneOf("up", "down", "none")] | None = None
    since: Line | None = None

    def faults(self) -> Iterator[str]:
        if (self.least is None) != (self.most is None):
            yield "a range of change needs both ends"
        stated = (self.amount, self.least, self.percent, self.direction)
        if all(part is None for part in stated):
            yield "a reported change says how much or in which direction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One reading of pain, motion, distance or function, as it was taken.

    `scale` is the scale as taken: 4.8 on a 10 cm line is not 5 of a numeric rating.
    """

    measure: Annotated[Coded, MEASURES]
    site: Site | None = None
    mode: Annotated[str, OneOf("active", "passive", "unknown")] | None = None
    context: Annotated[str, OneOf("rest", "activity", "worst", "average_24h", "now")] | None = None
    phase: Annotated[str, OneOf("before", "after")] | None = None
    value: Amount | None = None
    unit: Line | None = None
    scale: Line | None = None
    finding: (
        Annotated[str, OneOf("normal", "reduced", "greatly_reduced", "not_possible", "better", "worse")]
        | None
    ) = None
    reported_change: ReportedChange | None = None
    absent_reason: AbsentReason | None = None

    def faults(self) -> Iterator[str]:
        stated = (self.value, self.finding, self.reported_change, self.absent_reason)
        if sum(part is not None for part in stated) != 1:
            yield "exactly one of value, finding, reported_change, absent_reason"
        if self.value is not None and self.unit is None:
            yield "a value needs its unit"
        if self.value is not None and self.scale is None:
            yield "a value needs its scale as taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The range of a score and which end is worse."""

    min: Amount
    max: Amount
    higher_is: Annotated[str, OneOf("better", "worse")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One item of an instrument: its number and the answer, or why there is none."""

    item: Annotated[int, Between(1, 200)]
    answer: Amount | None = None
    absent_reason: AbsentReason | None = None

    def faults(self) -> Iterator[str]:
        if (self.answer is None) == (self.absent_reason is None):
            yield "exactly one of answer, absent_reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentResult:
    """A questionnaire's result. `reported_score` is kept as it was told."""

    instrument: Annotated[Coded, INSTRUMENTS]
    instrument_version: Line | None = None
    items: Annotated[tuple[Answer, ...], Length(200)] = ()
    absent_reason: AbsentReason | None = None
    reported_score: Amount | None = None
    score: Annotated[float | None, COMPUTED] = None
    scorer_version: Annotated[str | None, COMPUTED] = None
    scale: Scale | None = None
    reported_change: ReportedChange | None = None

    def faults(self) -> Iterator[str]:
        stated = (self.reported_score, self.reported_change, self.absent_reason)
        if not self.items and all(part is None for part in stated):
            yield "items, a reported score, a reported change or an absent_reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreeningItem(Coded):
    """One question of a screening, its answer, and what the clinician judged from it."""

    code: Annotated[str, SCREENING_ITEMS]
    answer: Annotated[str, OneOf("present", "absent", "unknown", "not_asked")]
    sites: Annotated[tuple[Site, ...], Length(20)] = ()
    judgement: Annotated[str, OneOf("proceed", "proceed_with_limits", "refer_and_proceed", "stop")] | None = (
        None
    )
    rationale: Words | None = None
    clearance_id: Annotated[UUID, EVENT] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """The screening of one visit; `list_version` is the version of the questions asked."""

    list_version: Line
    items: Annotated[tuple[ScreeningItem, ...], Length(100)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Technique(Coded):
    """A technique on a site: its minutes, its pressure (1 light to 5 deep), and why it left the plan."""

    code: Annotated[str, TECHNIQUES]
    site: Site
    minutes: Minutes | None = None
    pressure: Annotated[int, Between(1, 5)] | None = None
    cpt: Annotated[str, Length(5, least=5)] | None = None
    deviation_reason: Words | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Adverse:
    """An unwanted reaction."""

    kind: Annotated[Coded, ADVERSE_KINDS]
    severity: Annotated[str, OneOf("mild", "moderate", "severe")] | None = None
    onset: Line | None = None
    resolved: bool | None = None
    action: Words | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthUpdate:
    """What changed since last time."""

    changes: Words | None = None
    medications: Annotated[tuple[Line, ...], Length(100)] | None = None
    allergies: Annotated[tuple[Line, ...], Length(100)] | None = None
    implants_and_surgery: Annotated[tuple[Line, ...], Length(100)] | None = None
    absent_reason: AbsentReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far a treatment may go."""

    pressure: Annotated[int, Between(1, 5)] | None = None
    techniques: Annotated[tuple[Annotated[Coded, TECHNIQUES], ...], Length(50)] = ()
    sites: Annotated[tuple[Site, ...], Length(50)] = ()
    words: Words | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document kept elsewhere: where it is and how to know it unchanged."""

    reference: Line
    sha256: Annotated[str, Length(64, least=64)] | None = None


GivenBy = Annotated[str, OneOf("client", "guardian", "representative")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Who gave a consent, and in what relation to the client."""

    by: GivenBy
    relationship: Line | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Licensed:
    """Who vouches for something outside our staff: role, licence and organisation, never a name."""

    role: Line | None = None
    licence: Line
    organisation: Line


Day = date
Instant = datetime

Form = Annotated[str, OneOf("written", "verbal", "electronic")]
Label = Annotated[str, OneOf("mental_health", "abuse", "substance_use", "sexual_health")]

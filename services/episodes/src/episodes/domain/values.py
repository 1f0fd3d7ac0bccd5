"""The shared types of the vocabulary. Every field is optional unless it has no default.

`relations` of a type say what its fields must be together; only the edge asks whether they hold.
"""

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
from episodes.domain.field_relations import AtLeastOneOf, ExactlyOneOf, Needs, Related
from episodes.domain.field_rules import A_CLEARANCE, COMPUTED, Between, Length, Line, OneOf, Words

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

_BOTH_ENDS = "a range of change needs both ends"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded(Related):
    """A code of a named list and its version, or `other` with the words for it."""

    code: str
    """The code from the list that belongs to the field, or `other` where none fits."""
    list: Annotated[str, COMPUTED] = ""
    """The list and its version that the code is from, such as `techniques/1`; set by the service."""
    text: Line | None = None
    """The words for the code `other`, which needs them; with any other code, a remark."""

    relations = (Needs("code", "text", "a code 'other' needs its text", word=OTHER),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site(Coded):
    """A place on the body and its side."""

    code: Annotated[str, BODY_SITES]
    """The code of the place on the body, or `other` where none fits."""
    side: Annotated[str, OneOf("left", "right", "midline", "both", "unknown")] | None = None
    """The side of the body that is meant; absent where it was not stated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedChange(Related):
    """A change somebody told or published without both values: an amount, a range, or a percentage."""

    amount: Amount | None = None
    """The change as a single amount, in `unit`."""
    least: Amount | None = None
    """The lower end of the change where it was reported as a range; it needs `most`."""
    most: Amount | None = None
    """The upper end of the change where it was reported as a range; it needs `least`."""
    percent: Amount | None = None
    """The change as a percentage of the earlier value."""
    unit: Line | None = None
    """The unit of `amount`, `least` and `most`, such as `deg` or `{score}`."""
    direction: Annotated[str, OneOf("up", "down", "none")] | None = None
    """The direction of the change; it may be all that is known of it."""
    since: Line | None = None
    """The point from which the change is counted, in words, such as `baseline`."""

    relations = (
        Needs("least", "most", _BOTH_ENDS),
        Needs("most", "least", _BOTH_ENDS),
        AtLeastOneOf(
            ("amount", "least", "percent", "direction"),
            "a reported change says how much or in which direction",
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Related):
    """One reading of pain, motion, distance or function, as it was taken."""

    measure: Annotated[Coded, MEASURES]
    """What was measured, such as pain or the flexion of a joint."""
    site: Site | None = None
    """The place on the body that the reading is about, where it has one."""
    mode: Annotated[str, OneOf("active", "passive", "unknown")] | None = None
    """Whether the client made the movement (`active`) or somebody else did (`passive`)."""
    context: Annotated[str, OneOf("rest", "activity", "worst", "average_24h", "now")] | None = None
    """The situation that the reading is about, such as at rest or at its worst."""
    phase: Annotated[str, OneOf("before", "after")] | None = None
    """Whether the reading was taken before or after the treatment."""
    value: Amount | None = None
    """The value as it was read; it needs `unit` and `scale`."""
    unit: Line | None = None
    """The unit of the value, such as `cm` or `{score}`."""
    scale: Line | None = None
    """The scale as taken: 4.8 on a 10 cm line is not 5 of a numeric rating."""
    finding: (
        Annotated[str, OneOf("normal", "reduced", "greatly_reduced", "not_possible", "better", "worse")]
        | None
    ) = None
    """The judgement that stands in place of a value, such as normal or reduced motion."""
    reported_change: ReportedChange | None = None
    """The change that was told or published in place of a value."""
    absent_reason: AbsentReason | None = None
    """Why there is no value, finding or change, in HL7's data-absent-reason codes."""

    relations = (
        ExactlyOneOf(
            ("value", "finding", "reported_change", "absent_reason"),
            "exactly one of value, finding, reported_change, absent_reason",
        ),
        Needs("value", "unit", "a value needs its unit"),
        Needs("value", "scale", "a value needs its scale as taken"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The range of a score and which end is worse."""

    min: Amount
    """The lowest score on the scale."""
    max: Amount
    """The highest score on the scale."""
    higher_is: Annotated[str, OneOf("better", "worse")]
    """Whether a higher score means that the client is better or worse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Related):
    """The answer to one item of an instrument, or why there is none."""

    item: Annotated[int, Between(1, 200)]
    """The number of the item in the instrument."""
    answer: Amount | None = None
    """The answer as a number; either this or `absent_reason` is given."""
    absent_reason: AbsentReason | None = None
    """Why the item has no answer, in HL7's data-absent-reason codes."""

    relations = (ExactlyOneOf(("answer", "absent_reason"), "exactly one of answer, absent_reason"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentResult(Related):
    """The result of a questionnaire: its answers, or the score or the change that was reported."""

    instrument: Annotated[Coded, INSTRUMENTS]
    """The questionnaire that was used."""
    instrument_version: Line | None = None
    """The version of the questionnaire that was used; absent where it was not stated."""
    items: Annotated[tuple[Answer, ...], Length(200)] = ()
    """The answers to its items; empty where only a score or a change was reported."""
    absent_reason: AbsentReason | None = None
    """Why there is no result, in HL7's data-absent-reason codes."""
    reported_score: Amount | None = None
    """The score as it was reported, kept unchanged and not compared with `items`."""
    score: Annotated[float | None, COMPUTED] = None
    """A score computed from `items`; absent, because this release computes none: a score that is known
    is given as `reported_score`."""
    scorer_version: Annotated[str | None, COMPUTED] = None
    """The version of the rules by which `score` was computed; absent without a `score`."""
    scale: Scale | None = None
    """The range of the score and which end of it is worse."""
    reported_change: ReportedChange | None = None
    """The change of the score, where it was told or published without both scores."""

    relations = (
        AtLeastOneOf(
            ("items", "reported_score", "reported_change", "absent_reason"),
            "items, a reported score, a reported change or an absent_reason",
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreeningItem(Coded):
    """One question of a screening, its answer, and what the clinician judged from it."""

    code: Annotated[str, SCREENING_ITEMS]
    """The code of the question that was asked, or `other` where none fits."""
    answer: Annotated[str, OneOf("present", "absent", "unknown", "not_asked")]
    """Whether what the question asks about is present, as far as it is known."""
    sites: Annotated[tuple[Site, ...], Length(20)] = ()
    """The places on the body that the answer is about; a red flag made from it names them too."""
    judgement: Annotated[str, OneOf("proceed", "proceed_with_limits", "refer_and_proceed", "stop")] | None = (
        None
    )
    """What the clinician judged from the answer; in a session check `stop` raises a red flag."""
    rationale: Words | None = None
    """The clinician's reasons for the judgement, in words."""
    clearance_id: Annotated[UUID, A_CLEARANCE] | None = None
    """The clearance that the answer rests on; it must have been recorded in this episode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """The screening of one visit."""

    list_version: Line
    """The version of the questions asked, such as `clinic-intake/1`."""
    items: Annotated[tuple[ScreeningItem, ...], Length(100)] = ()
    """The questions, each with its answer and what was judged from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Technique(Coded):
    """A technique on a site, as it was used or is to be used."""

    code: Annotated[str, TECHNIQUES]
    """The code of the technique, or `other` where none fits."""
    site: Site
    """The place on the body that is treated."""
    minutes: Minutes | None = None
    """How long the technique was used or is to be used, in minutes."""
    pressure: Annotated[int, Between(1, 5)] | None = None
    """The pressure, from 1 (light) to 5 (deep)."""
    cpt: Annotated[str, Length(5, least=5)] | None = None
    """The CPT (Current Procedural Terminology) code of the procedure."""
    deviation_reason: Words | None = None
    """Why a session used a technique that is not in its plan; without it a rule counts as broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adverse:
    """An unwanted reaction."""

    kind: Annotated[Coded, ADVERSE_KINDS]
    """The kind of reaction, such as bruising or dizziness."""
    severity: Annotated[str, OneOf("mild", "moderate", "severe")] | None = None
    """How severe the reaction was; absent where it was not stated."""
    onset: Line | None = None
    """When the reaction began, in words."""
    resolved: bool | None = None
    """Whether the reaction has passed; absent where it was not stated."""
    action: Words | None = None
    """What was done about the reaction, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthUpdate:
    """What changed in the client's health since last time."""

    changes: Words | None = None
    """The changes in words."""
    medications: Annotated[tuple[Line, ...], Length(100)] | None = None
    """The medications that were reported, one in each entry; absent where they were not spoken of."""
    allergies: Annotated[tuple[Line, ...], Length(100)] | None = None
    """The allergies that were reported, one in each entry; absent where they were not spoken of."""
    implants_and_surgery: Annotated[tuple[Line, ...], Length(100)] | None = None
    """The implants and operations that were reported; absent where they were not spoken of."""
    absent_reason: AbsentReason | None = None
    """Why there is no health update, in HL7's data-absent-reason codes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far a treatment may go."""

    pressure: Annotated[int, Between(1, 5)] | None = None
    """The highest pressure that may be used, from 1 (light) to 5 (deep)."""
    techniques: Annotated[tuple[Annotated[Coded, TECHNIQUES], ...], Length(50)] = ()
    """The techniques that the limits are about; `words` says how."""
    sites: Annotated[tuple[Site, ...], Length(50)] = ()
    """The places on the body that the limits are about; `words` says how."""
    words: Words | None = None
    """The limits in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document kept elsewhere: where it is and how to know it unchanged."""

    reference: Line
    """Where the document is kept, or how it is found there."""
    sha256: Annotated[str, Length(64, least=64)] | None = None
    """The SHA-256 digest of the document in hexadecimal, by which a change to it is noticed."""


GivenBy = Annotated[str, OneOf("client", "guardian", "representative")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Who gave a consent, and in what relation to the client."""

    by: GivenBy
    """Who gave the consent: the client, or somebody who may act for the client."""
    relationship: Line | None = None
    """How whoever gave the consent is related to the client, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Licensed:
    """Somebody outside our staff who vouches for something: role, licence and organisation, never a name."""

    role: Line | None = None
    """The role in which the person vouches, such as `surgeon`."""
    licence: Line
    """The number of the person's licence."""
    organisation: Line
    """The organisation that the person belongs to."""


Day = date
Instant = datetime

Form = Annotated[str, OneOf("written", "verbal", "electronic")]
Label = Annotated[str, OneOf("mental_health", "abuse", "substance_use", "sexual_health")]

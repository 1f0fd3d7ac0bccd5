"""Broken rules of care, stored with what broke them.

What was done is recorded whatever it broke. A desk decision can wait, so a broken rule refuses it; one that
is imported was made long ago, so there too the rule is stored as broken.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from episodes.domain.decision import Command
from episodes.domain.field_rules import COMPUTED, OneOf, Words
from episodes.domain.refusals import RuleBroken
from episodes.domain.time import Interval, When

RULES_VERSION = "3"
"""Since 2 a check says stop where something present is not judged, and limits bind a session's pressure.
Since 3 what permits care is not taken to hold where its time, or that of the session, is not known; the
client's age is that on the day of a consent, and a guardian's ends when the client comes of age.
"""

TIME_NOT_KNOWN = "time-not-known"

OF_SESSIONS = (
    "no-plan-in-force",
    "no-treatment-consent",
    "consent-of-a-minor-alone",
    "no-session-check",
    "check-said-stop",
    "check-of-another-day",
    "check-after-start",
    "check-used-before",
    "open-red-flag",
    "episode-on-hold",
    "minutes-exceed-duration",
    "technique-outside-plan",
    "pressure-beyond-limits",
    TIME_NOT_KNOWN,
)

OF_THE_DESK = (
    "plan-needs-a-baseline-assessment",
    "clinical-refinement-needs-newer-evidence",
    "referral-needs-consent",
    "consent-longer-than-a-year",
    "closed-more-than-three-months-before",
)
"""What refuses a decision, and is stored with one that is imported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A rule of care that was broken, and the explanation of whoever broke it."""

    rule: Annotated[str, OneOf(*OF_SESSIONS, *OF_THE_DESK)]
    """The name of the rule, as the vocabulary lists it."""
    rules_version: Annotated[str, COMPUTED] = RULES_VERSION
    """The version of the rules that was applied; set by the service."""
    explanation: Words | None = None
    """Why the rule was broken, in words; absent where nobody explained it."""


def of_the_desk(command: Command[Any], *broken: RuleBroken | None) -> tuple[Breach, ...]:
    """The breaches of an imported decision; any other is refused by the first rule it breaks."""
    rules = [rule for rule in broken if rule is not None]
    if rules and not command.imported:
        raise rules[0]
    return tuple(Breach(rule=rule.rule) for rule in rules)


def unless(held: object, rule: str, pointer: str = "") -> RuleBroken | None:
    """The broken rule, unless `held`."""
    return None if held else RuleBroken(rule, pointer)


def missing_at(when: When, intervals: Iterable[Interval], rule: str) -> str:
    """The rule that is broken where none of these intervals is known to hold at `when`, as one should: that
    the times are not known, if one may hold for all that is known of them.
    """
    return TIME_NOT_KNOWN if any(one.may_hold_at(when) for one in intervals) else rule

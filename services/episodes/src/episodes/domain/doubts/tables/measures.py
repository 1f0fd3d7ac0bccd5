"""What is usual for each measure: its units, its places, and between which ends a value lies."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from episodes.domain.doubts.tables.sites import PARTS
from episodes.domain.doubts.tables.units import Quantity

Ends = tuple[float, float]
"""The lowest and the highest value, both included."""

Sides = Literal["any", "one", "none"]

LEAST_DEGREES, MOST_DEGREES = -60.0, 200.0
"""No joint moves further, not even a hypermobile one: the widest norm is 180 degrees (shoulder, AAOS 1965).
Motion that is lacking counts below zero. Ours."""

_ANYTHING: Ends = (-math.inf, math.inf)
_NOT_BELOW_ZERO: Ends = (0.0, math.inf)
_LINE: Ends = (0.0, 200.0)
"""Millimetres on a visual analog line, which is 100 long and seldom longer. Ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What is usual for a measure. Any place and any side may be told where nothing else is said.

    `ends` are the plausible values in each quantity in which it is measured: lengths in millimetres, angles
    in degrees, all others in the unit as told. Empty, it may be measured in anything. `sides`: `one` if each
    value is of one of two joints, `none` if the motion has no side. `source` says where the ends are from.
    """

    ends: Mapping[Quantity, Ends]
    source: str
    places: frozenset[str] | None = None
    sides: Sides = "any"
    moves: bool = False
    may_move: bool = True
    """Whether it makes sense to say that the client or somebody else moved."""


def _measured(source: str, may_move: bool = True, **ends: Ends) -> Usual:
    return Usual(ends=_each(ends), source=source, may_move=may_move)


def _each(ends: Mapping[str, Ends]) -> Mapping[Quantity, Ends]:
    return MappingProxyType({Quantity(name): pair for name, pair in ends.items()})


def _motion(joint: str, norm: float, source: str, sides: Sides = "one", **more: Ends) -> Usual:
    """The motion of a joint. `norm` in degrees is what is normal; doubt begins at twice as much.

    A norm depends on age, sex and method (Soucie and others 2011, Haemophilia 17:500): a lunge gives twice
    the dorsiflexion that a couch does. So nothing up to 60 degrees is doubted, and all above `MOST_DEGREES`.
    """
    most = min(MOST_DEGREES, max(60.0, 2 * norm))
    ends = {"angle": (LEAST_DEGREES, most), "share": _ANYTHING, **more}
    return Usual(ends=_each(ends), source=source, places=PARTS[joint], sides=sides, moves=True)


_VA = "38 CFR 4.71, plates I, II and V"
_AAOS = "AAOS, Joint Motion: Method of Measuring and Recording, 1965"
_AMA = "AMA, Guides to the Evaluation of Permanent Impairment, 5th edition, chapter 16"
_VA_HIP = "VA, disability benefits questionnaire on the hip and thigh"
_FROM_STRAIGHT = f"{_AAOS}: 0; where a straight joint counts as 180 it is that much"
_RATED = "Hawker and others 2011, Arthritis Care Res 63:S240: from 0 to 10 or 100, or on a line of 100 mm"
_OURS = "ours: it is not below zero"

MEASURED: Mapping[str, Usual] = MappingProxyType(
    {
        "pain": _measured(_RATED, number=(0, 100), share=(0, 100), length=_LINE),
        "headache_frequency": _measured(
            _OURS, False, number=_NOT_BELOW_ZERO, rate=_NOT_BELOW_ZERO, time=_NOT_BELOW_ZERO
        ),
        "stiffness": _measured(
            _OURS, number=_NOT_BELOW_ZERO, share=_NOT_BELOW_ZERO, length=_LINE, time=_NOT_BELOW_ZERO
        ),
        "fatigue": _measured(_OURS, False, number=_NOT_BELOW_ZERO, share=_NOT_BELOW_ZERO, length=_LINE),
        "function": Usual(ends=_each({}), source="ours: from a score to a distance, it may be anything"),
        "sleep": _measured(
            _OURS,
            False,
            number=_NOT_BELOW_ZERO,
            share=_NOT_BELOW_ZERO,
            length=_LINE,
            time=_NOT_BELOW_ZERO,
            rate=_NOT_BELOW_ZERO,
        ),
        "range_of_motion": Usual(
            ends=_each(
                {
                    "angle": (LEAST_DEGREES, MOST_DEGREES),
                    "length": _ANYTHING,
                    "share": _ANYTHING,
                    "number": _ANYTHING,
                }
            ),
            source="ours: the widest of all joints",
            moves=True,
        ),
        "jaw.opening": Usual(
            ends=_each({"length": (0, 80), "number": (0, 5)}),
            source="Mezitis and others 1989, J Oral Maxillofac Surg 47:1028: up to 67 mm; in fingers, ours",
            places=PARTS["jaw"],
            moves=True,
        ),
        "jaw.deviation": Usual(
            ends=_each({"length": (-25, 25)}),
            source="Norkin and White, 5th edition, chapter 13: 8 to 11 mm to a side; ours: twice that",
            places=PARTS["jaw"],
            moves=True,
        ),
        "cervical.flexion": _motion("cervical", 45, _VA, "none", length=_ANYTHING),
        "cervical.extension": _motion("cervical", 45, _VA, "none", length=_ANYTHING),
        "cervical.rotation": _motion("cervical", 80, _VA, "any", length=_ANYTHING),
        "cervical.lateral_flexion": _motion("cervical", 45, _VA, "any", length=_ANYTHING),
        "thoracolumbar.flexion": _motion("thoracolumbar", 90, _VA, "none", length=_ANYTHING),
        "thoracolumbar.extension": _motion("thoracolumbar", 30, _VA, "none", length=_ANYTHING),
        "thoracolumbar.rotation": _motion("thoracolumbar", 30, _VA, "any", length=_ANYTHING),
        "thoracolumbar.lateral_flexion": _motion("thoracolumbar", 30, _VA, "any", length=_ANYTHING),
        "shoulder.flexion": _motion("shoulder", 180, _VA),
        "shoulder.extension": _motion("shoulder", 60, _AAOS),
        "shoulder.abduction": _motion("shoulder", 180, _VA),
        "shoulder.adduction": _motion("shoulder", 50, _AMA),
        "shoulder.internal_rotation": _motion("shoulder", 90, _VA),
        "shoulder.external_rotation": _motion("shoulder", 90, _VA),
        "elbow.flexion": _motion("elbow", 145, _VA),
        "elbow.extension": _motion("elbow", 180, _FROM_STRAIGHT),
        "forearm.supination": _motion("forearm", 85, _VA),
        "forearm.pronation": _motion("forearm", 80, _VA),
        "wrist.flexion": _motion("wrist", 80, _VA),
        "wrist.extension": _motion("wrist", 70, _VA),
        "hip.flexion": _motion("hip", 125, _VA),
        "hip.extension": _motion("hip", 30, _VA_HIP),
        "hip.abduction": _motion("hip", 45, _VA),
        "hip.adduction": _motion("hip", 25, _VA_HIP),
        "hip.internal_rotation": _motion("hip", 40, _VA_HIP),
        "hip.external_rotation": _motion("hip", 60, _VA_HIP),
        "knee.flexion": _motion("knee", 140, _VA),
        "knee.extension": _motion("knee", 180, _FROM_STRAIGHT),
        "ankle.dorsiflexion": _motion("ankle", 20, _VA),
        "ankle.plantarflexion": _motion("ankle", 45, _VA),
        "muscle_tone": Usual(ends=_each({}), source="ours: rated, or in whatever a device shows"),
        "stress": _measured(_OURS, False, number=_NOT_BELOW_ZERO, share=_NOT_BELOW_ZERO, length=_LINE),
    }
)

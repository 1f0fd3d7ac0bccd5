"""The places on the body: which sides each may have, and where the motion of a joint may be recorded."""

from collections.abc import Mapping
from types import MappingProxyType


def _places(codes: str) -> frozenset[str]:
    return frozenset(codes.split())


PAIRED = _places(
    """temporomandibular_joint shoulder upper_limb upper_arm elbow forearm wrist hand sacroiliac_joint hip
    buttock lower_limb thigh hamstrings knee lower_leg calf ankle foot"""
)
"""Places of which there is one on each side."""

_OF_ONE = _places(
    "head face jaw neck cervical_spine chest abdomen back thoracic_spine lumbar_spine sacrum pelvis"
)
"""Places of which there is one, and of which a side may be meant: pain left of the lumbar spine."""

SIDES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        **dict.fromkeys(PAIRED, _places("left right both unknown")),
        **dict.fromkeys(_OF_ONE, _places("left right midline both unknown")),
        "whole_body": _places("midline both unknown"),
    }
)
"""The sides that each place may have."""

PARTS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "jaw": _places("jaw temporomandibular_joint face head"),
        "cervical": _places("neck cervical_spine head"),
        "thoracolumbar": _places("back thoracic_spine lumbar_spine sacrum pelvis"),
        "shoulder": _places("shoulder upper_limb upper_arm"),
        "elbow": _places("elbow upper_limb upper_arm forearm"),
        "forearm": _places("forearm elbow wrist upper_limb"),
        "wrist": _places("wrist hand forearm upper_limb"),
        "hip": _places("hip pelvis buttock lower_limb thigh hamstrings"),
        "knee": _places("knee lower_limb thigh hamstrings lower_leg calf"),
        "ankle": _places("ankle foot lower_limb lower_leg calf"),
    }
)
"""Where the motion of a joint may be recorded: at the joint, at its limb, at the muscles that cross it."""

BY_LENGTH = PARTS["jaw"] | PARTS["cervical"] | PARTS["thoracolumbar"] | _places("hand whole_body other")
"""Where motion is measured in length as well: fingertip to floor, chin to chest, fingertip to palm (Norkin
and White, Measurement of Joint Motion, 5th edition, chapters 7 and 11 to 13). Elsewhere it is an angle."""

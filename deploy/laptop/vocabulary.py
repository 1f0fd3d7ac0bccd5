"""The words of the reports and our codes for them, as tables to read and to doubt.

A code never replaces the words: where they differ, the words go along as the code's text.
"""

from collections.abc import Mapping
from typing import Any

Coded = dict[str, Any]

SITES: Mapping[str, str] = {
    "lumbar spine": "lumbar_spine",
    "cervical spine": "cervical_spine",
    "temporomandibular joint": "temporomandibular_joint",
    "temporomandibular": "temporomandibular_joint",
    "jaw": "jaw",
    "neck": "neck",
    "head": "head",
    "pelvis": "pelvis",
    "posterior hips": "hip",
    "posterior legs": "other",  # thighs, lower legs or both: not said
    "thigh": "thigh",
    "leg": "lower_leg",  # named beside the thigh
    "knee (hamstring length test)": "knee",
}

PAIRED = {"posterior hips", "posterior legs", "thigh", "leg"}
"""The side of a complaint is told once for all its sites; it is a side of these."""

TECHNIQUES: Mapping[str, str] = {
    "Swedish massage": "swedish",
    "myofascial techniques": "myofascial_release",
    "myofascial release": "myofascial_release",
    "joint mobilization": "joint_mobilisation",
    "trigger point therapy": "trigger_point",
    "trigger point treatment": "trigger_point",
    "stretching": "stretching",
    "structured massage protocol for lumbar spine, pelvis, thigh and leg": "general_massage",
    "massage of jaw and neck": "general_massage",
    "intraoral massage": "intraoral",
}

TECHNIQUE_SITES: Mapping[str, tuple[str, ...]] = {
    "structured massage protocol for lumbar spine, pelvis, thigh and leg": (
        "lumbar spine",
        "pelvis",
        "thigh",
        "leg",
    ),
    "massage of jaw and neck": ("jaw", "neck"),
}
"""Where the name of a technique says its sites; any other is taken to be for the complaint's first site."""

MOTIONS: Mapping[tuple[str, str], str] = {
    ("knee (hamstring length test)", "extension"): "knee.extension",
    ("temporomandibular", "maximal opening"): "jaw.opening",
}

INSTRUMENTS: Mapping[str, str] = {
    "Oswestry Disability Index": "oswestry",
    "Roland-Morris Disability Questionnaire": "roland_morris",
}

SCREENING_ITEMS: Mapping[str, str] = {
    "surgically fused segment at L4/L5": "fused_segment",
    "pain radiating into the leg": "radiating_pain",
}

ADVERSE_EVENTS: Mapping[str, tuple[int, Coded]] = {
    "temporary rise in pain in week seven after intense trigger point treatment": (
        7,  # sessions were weekly
        {"kind": "pain_increase", "resolved": True},
    ),
}
"""After which session, and what it was."""

REASSESSMENTS: Mapping[str, str] = {
    "Midway reassessment carried out (values not visible).": "midpoint",
    "Final reassessment; client had kept a daily journal throughout.": "exit",
}
"""Responses that tell of an assessment, and of which stage."""


def coded(words: str, code: str) -> Coded:
    """The code, and the words where it does not say the same."""
    return {"code": code} if code.replace("_", " ") == words else {"code": code, "text": words}


def site(words: str, sides: list[str]) -> Coded:
    """A site of the complaint, with its side where it has one and one is told."""
    side = {"side": "both" if len(sides) == 2 else sides[0]} if sides and words in PAIRED else {}
    return {**coded(words, SITES[words]), **side}

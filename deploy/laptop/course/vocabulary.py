"""The words of the reports and our codes for them, as tables to read and to doubt.

A code never replaces the words: where they differ, the words go along as the code's text.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from demo.scripts import NotUnderstood

Coded = dict[str, Any]
K = TypeVar("K")
V = TypeVar("V")

NOT_TOLD = "not told"
NOT_VISIBLE = "not visible"
"""What a case says of something its source has and we could not read: as absent as what it does not have."""

SITES: Mapping[str, str] = {
    "whole body": "whole_body",
    "head": "head",
    "jaw": "jaw",
    "temporomandibular joint": "temporomandibular_joint",
    "temporomandibular": "temporomandibular_joint",
    "neck": "neck",
    "cervical spine": "cervical_spine",
    "thoracic spine": "thoracic_spine",
    "lumbar spine": "lumbar_spine",
    "spine": "other",
    "sacrum": "sacrum",
    "pelvis": "pelvis",
    "gastrointestinal tract": "other",
    "clavicle": "other",
    "shoulder": "shoulder",
    "shoulder girdle": "shoulder",
    "glenohumeral joint": "shoulder",
    "glenohumeral": "shoulder",
    "rotator cuff": "shoulder",
    "upper extremity": "upper_limb",
    "upper limb": "upper_limb",
    "arm": "upper_limb",  # from hand to mouth
    "arms": "upper_limb",
    "elbow": "elbow",
    "forearms": "forearm",
    "wrist": "wrist",
    "hand": "hand",
    "hands": "hand",
    "fingers 4 and 5": "hand",
    "lower extremity": "lower_limb",
    "legs": "lower_limb",
    "posterior hips": "hip",
    "posterior legs": "other",  # thighs, lower legs or both: not said
    "piriformis": "buttock",
    "thigh": "thigh",
    "hamstrings": "hamstrings",
    "knee": "knee",
    "knee (hamstring length test)": "knee",
    "leg": "lower_leg",  # named beside the thigh
    NOT_TOLD: "other",
}

PAIRED = {
    *(
        "posterior hips",
        "posterior legs",
        "piriformis",
        "thigh",
        "hamstrings",
        "knee",
        "leg",
        "lower extremity",
    ),
    *("shoulder", "shoulder girdle", "glenohumeral joint", "rotator cuff", "clavicle", "upper limb", "elbow"),
    *("forearms", "wrist", "hand", "hands"),
}
"""The side of a complaint is told once for all its sites; it is a side of these."""

TECHNIQUES: Mapping[str, str] = {
    "Swedish massage": "swedish",
    "effleurage": "effleurage",
    "gliding strokes": "effleurage",
    "deep longitudinal stroking": "effleurage",
    "petrissage": "petrissage",
    "muscle squeezing": "petrissage",
    "friction": "friction",
    "compression": "compression",
    "compression with opposition": "compression",
    "static pressure": "compression",
    "muscle stripping": "other",
    "deep tissue massage": "deep_tissue",
    "sports massage": "other",
    "massage": "general_massage",
    "massage (kinds not visible)": "general_massage",
    "massage of jaw and neck": "general_massage",
    "structured massage protocol for lumbar spine, pelvis, thigh and leg": "general_massage",
    "chair massage": "general_massage",
    "general relaxation techniques": "other",
    "intraoral massage": "intraoral",
    "lymphatic massage": "lymphatic_drainage",
    "neuromuscular therapy": "neuromuscular",
    "neuromuscular techniques": "neuromuscular",
    "trigger point therapy": "trigger_point",
    "trigger point treatment": "trigger_point",
    "trigger point release": "trigger_point",
    "positional release": "other",
    "myofascial release": "myofascial_release",
    "myofascial techniques": "myofascial_release",
    "fascial techniques": "myofascial_release",
    "sustained-release myofascial release": "myofascial_release",
    "transverse plane releases": "myofascial_release",
    "arm and leg pulls": "myofascial_release",
    "cross-hand releases": "myofascial_release",
    "connective tissue techniques": "other",
    "joint mobilization": "joint_mobilisation",
    "clavicle mobilization": "joint_mobilisation",
    "manual cervical traction": "other",
    "stretching": "stretching",
    "passive stretching": "stretching",
    "PNF stretching": "stretching",
    "passive range of motion": "other",
    "muscle energy technique": "muscle_energy",
    "craniosacral work": "craniosacral",
    "cupping": "other",
    "hot stones": "other",
    "hydrotherapy": "hydrotherapy",
}

TECHNIQUE_SITES: Mapping[str, tuple[str, ...]] = {
    "structured massage protocol for lumbar spine, pelvis, thigh and leg": (
        "lumbar spine",
        "pelvis",
        "thigh",
        "leg",
    ),
    "massage of jaw and neck": ("jaw", "neck"),
    "manual cervical traction": ("cervical spine",),
    "arm and leg pulls": ("arms", "legs"),
    "clavicle mobilization": ("clavicle",),
}
"""Where the name of a technique says its sites; any other is taken to be for the complaint's first site."""

MOTIONS: Mapping[tuple[str, str], str] = {
    ("knee (hamstring length test)", "extension"): "knee.extension",
    ("temporomandibular", "maximal opening"): "jaw.opening",
    ("glenohumeral", "flexion"): "shoulder.flexion",
    ("glenohumeral", "extension"): "shoulder.extension",
    ("glenohumeral", "abduction"): "shoulder.abduction",
    ("glenohumeral", "internal rotation"): "shoulder.internal_rotation",
    ("glenohumeral", "external rotation"): "shoulder.external_rotation",
    ("glenohumeral", "all"): "range_of_motion",
    ("cervical spine", "all"): "range_of_motion",
    ("upper extremity", "all"): "range_of_motion",
    ("arm", "not specified"): "range_of_motion",
    ("fingers 4 and 5", "not specified"): "range_of_motion",
    ("arm", "hand to mouth"): "other",
    # A smaller distance is more motion, so a code for flexion would say the opposite.
    ("spine", "forward flexion, finger to floor"): "other",
    ("spine", "lateral flexion, finger to floor"): "other",
}

FINDINGS: Mapping[str, str] = {
    "within normal range at baseline": "normal",
    "reduced": "reduced",
    "greatly reduced": "greatly_reduced",
    "not possible": "not_possible",
    "better": "better",
    "worse": "worse",
}

RATINGS: Mapping[str, tuple[str, str, str]] = {
    "Headache frequency": ("headache_frequency", "per week", "/wk"),
    "Stiffness intensity VAS": ("stiffness", "VAS", "{score}"),
    "Stiffness duration VAS": ("stiffness", "VAS", "{score}"),
    "Fatigue VAS": ("fatigue", "VAS", "{score}"),
    "Fatigue VAS (mean of pre-treatment ratings)": ("fatigue", "0-10", "{score}"),
    "Fatigue VAS (mean of post-treatment ratings)": ("fatigue", "0-10", "{score}"),
    "Self-rated symptom intensity": ("other", "percent", "%"),
    "Oswestry items improved": ("function", "out of 10 items", "{items}"),
}
"""What a case lists among instruments and is one line or count: its measure, its scale and its unit."""

INSTRUMENTS: Mapping[str, str] = {
    "Oswestry Disability Index": "oswestry",
    "Oswestry Low Back Pain Scale": "oswestry",
    "Roland-Morris Disability Questionnaire": "roland_morris",
    "Neck Disability Index": "neck_disability_index",
    "Functional Rating Index": "functional_rating_index",
    "MYMOP2 profile": "mymop2",
    "Bournemouth Questionnaire total": "other",
    "Bournemouth Questionnaire depression item": "other",
    "GAD-7": "other",
    "Quality-of-life questionnaire on daily activities": "other",
    "SPES/SCOPA motor impairments": "other",
    "Timed Up and Go": "other",
    "Modified Bradykinesia Rating Scale": "other",
    "Modified Gait Efficacy Scale": "other",
}

SCREENING_ITEMS: Mapping[str, str] = {
    "surgically fused segment at L4/L5": "fused_segment",
    "fused lumbosacral segment": "fused_segment",
    "pain radiating into the leg": "radiating_pain",
    "absent C7 deep tendon reflex on both sides": "neurological_signs",
    "neurological involvement: dermatomes, myotomes and reflexes checked": "neurological_signs",
    "bilateral upper-limb numbness (neurovascular sign)": "neurological_signs",
    "sensory loss in the right hand": "neurological_signs",
    "inflammatory spinal disease": "inflammatory_joint_disease",
    "inflammatory joint disease": "inflammatory_joint_disease",
    "spinal stenosis and degenerative disc disease": "spinal_degeneration",
    "cervical disc degeneration": "spinal_degeneration",
    "depression and trauma history": "trauma_history",
    "trauma history: consent, draping and technique choice need extra care": "trauma_history",
    "old fracture set without medical follow-up": "other",
    "fluctuating blood pressure": "other",  # not said to be high
    "fall risk when getting on and off the table": "other",
    "involuntary movement during treatment": "other",
    "multiple medications": "other",
    "opioid medication may dull pressure feedback": "other",
}

REASSESSED_AFTER: Mapping[str, Mapping[str, int]] = {
    "weekly, with re-evaluation after the sixth visit": {"sessions": 6},
}
"""Frequencies that tell when the plan is to be looked at again."""


def known(table: Mapping[K, V], words: K) -> V:
    """What the table has for the words. Raises `NotUnderstood` for words it does not have."""
    if words not in table:
        raise NotUnderstood(f"no table has a place for {words!r}")
    return table[words]


def same(words: str, code: str) -> bool:
    """Whether a code says what the words say."""
    return code.replace("_", " ") == words.lower()


def coded(words: str, code: str) -> Coded:
    """The code, and the words where it does not say the same."""
    return {"code": code} if same(words, code) else {"code": code, "text": words}


def site(words: str, sides: list[str]) -> Coded:
    """A site of the complaint, with its side where it has one and one is told."""
    side = {"side": "both" if len(sides) == 2 else sides[0]} if sides and words in PAIRED else {}
    return {**coded(words, known(SITES, words)), **side}

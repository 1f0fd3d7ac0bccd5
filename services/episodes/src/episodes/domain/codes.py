"""The lists of codes of this release: ours, and always open by `other` with its text.

Technique codes have no verified SNOMED CT concept narrower than 387854002 (massage), so the list is local.
"""

from episodes.domain.field_rules import CodeList

OTHER = "other"


def _list(name: str, version: int, codes: str) -> CodeList:
    return CodeList(name, version, frozenset([*codes.split(), OTHER]))


TECHNIQUES = _list(
    "techniques",
    1,
    """swedish effleurage petrissage friction compression myofascial_release trigger_point deep_tissue
    neuromuscular lymphatic_drainage cross_fiber scar_mobilisation instrument_assisted stretching
    joint_mobilisation intraoral hydrotherapy muscle_energy craniosacral general_massage""",
)

BODY_SITES = _list(
    "body-sites",
    1,
    """whole_body head face jaw temporomandibular_joint neck cervical_spine shoulder upper_limb upper_arm
    elbow forearm wrist hand chest abdomen back thoracic_spine lumbar_spine sacrum sacroiliac_joint pelvis
    hip buttock lower_limb thigh hamstrings knee lower_leg calf ankle foot""",
)

MEASURES = _list(
    "measures",
    1,
    """pain headache_frequency stiffness fatigue function sleep range_of_motion
    jaw.opening jaw.deviation cervical.flexion cervical.extension cervical.rotation cervical.lateral_flexion
    thoracolumbar.flexion thoracolumbar.extension thoracolumbar.rotation thoracolumbar.lateral_flexion
    shoulder.flexion shoulder.extension shoulder.abduction shoulder.adduction shoulder.internal_rotation
    shoulder.external_rotation elbow.flexion elbow.extension forearm.supination forearm.pronation
    wrist.flexion wrist.extension hip.flexion hip.extension hip.abduction hip.adduction
    hip.internal_rotation hip.external_rotation knee.flexion knee.extension ankle.dorsiflexion
    ankle.plantarflexion muscle_tone stress""",
)

INSTRUMENTS = _list(
    "instruments",
    1,
    """oswestry roland_morris neck_disability_index quickdash lefs psfs promis_physical_function
    promis_pain_interference pgic groc mymop2 functional_rating_index headache_diary""",
)

CONDITIONS = _list(
    "conditions",
    1,
    """low_back_pain neck_pain sciatica whiplash_associated_disorder tension_type_headache migraine
    temporomandibular_disorder spinal_fusion disc_herniation fibromyalgia thoracic_outlet_syndrome
    adhesive_capsulitis ankylosing_spondylitis rheumatoid_arthritis depression anxiety bruxism""",
)

SCREENING_ITEMS = _list(
    "screening-items",
    1,
    """suspected_thrombosis fever unstable_cardiac recent_stroke acute_head_or_neck_trauma cauda_equina_signs
    suspected_fracture intoxication open_wound burn contagious_skin recent_surgery acute_sprain varicosity
    tumour_site acute_joint_flare recent_fracture anticoagulants low_platelets active_cancer pregnancy
    severe_osteoporosis neuropathy implanted_device hypertension epilepsy radiating_pain fused_segment
    night_pain weight_loss cancer_history progressive_neurological_deficit thunderclap_headache
    neurological_signs inflammatory_joint_disease spinal_degeneration trauma_history""",
)

RED_FLAGS = _list(
    "red-flags",
    1,
    """suspected_thrombosis systemic_infection unstable_cardiac recent_stroke acute_trauma cauda_equina_signs
    suspected_fracture intoxication night_pain weight_loss cancer_history progressive_neurological_deficit
    thunderclap_headache radiating_pain stopping_screening""",
)

ADVERSE_KINDS = _list(
    "adverse-kinds", 1, "pain_increase soreness bruising dizziness nausea headache skin_reaction fainting"
)

ADVICE = _list("advice", 1, "stretching posture lifestyle exercise self_massage hydrotherapy rest")

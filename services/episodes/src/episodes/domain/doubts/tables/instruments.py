"""The published form of each instrument: the range of its score and answers, and which end is worse."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from episodes.domain.doubts.tables.measures import Ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What an instrument's authors published, with everything left open on which its versions differ.

    `scores` spans every way to score it, as sum or as percentage; `items` counts its items, `answers` spans
    their values, and `higher_is` tells whether a higher score is better or worse. None: it says nothing.
    """

    scores: Ends | None = None
    items: int | None = None
    answers: Ends | None = None
    higher_is: Literal["better", "worse"] | None = None
    source: str


FORMS: Mapping[str, Form] = MappingProxyType(
    {
        "oswestry": Form(
            scores=(0, 100),
            items=10,
            answers=(0, 5),
            higher_is="worse",
            source="Fairbank and Pynsent 2000, Spine 25:2940; a sum of 0 to 50, or a percentage",
        ),
        "roland_morris": Form(
            scores=(0, 24),
            items=24,
            answers=(0, 1),
            higher_is="worse",
            source="Roland and Morris 1983, Spine 8:141",
        ),
        "neck_disability_index": Form(
            scores=(0, 100),
            items=10,
            answers=(0, 5),
            higher_is="worse",
            source="Vernon and Mior 1991, J Manipulative Physiol Ther 14:409; 0 to 50, or a percentage",
        ),
        "quickdash": Form(
            scores=(0, 100),
            items=19,
            answers=(1, 5),
            higher_is="worse",
            source="Beaton and others 2005, J Bone Joint Surg Am 87:1038; 11 items, and two modules of 4",
        ),
        "lefs": Form(
            scores=(0, 80),
            items=20,
            answers=(0, 4),
            higher_is="better",
            source="Binkley and others 1999, Phys Ther 79:371",
        ),
        "psfs": Form(
            scores=(0, 10),
            items=5,
            answers=(0, 10),
            higher_is="better",
            source="Stratford and others 1995, Physiother Can 47:258; the mean of up to 5 activities",
        ),
        "promis_physical_function": Form(
            scores=(10, 90),
            answers=(1, 5),
            higher_is="better",
            source="Cella and others 2010, J Clin Epidemiol 63:1179; T scores, mean 50, deviation 10",
        ),
        "promis_pain_interference": Form(
            scores=(10, 90),
            answers=(1, 5),
            higher_is="worse",
            source="Cella and others 2010, J Clin Epidemiol 63:1179; T scores, mean 50, deviation 10",
        ),
        "pgic": Form(
            scores=(1, 7),
            items=2,
            answers=(0, 10),
            source="Guy 1976, ECDEU Assessment Manual: 1 is best; Hurst and Bolton 2004, J Manipulative "
            "Physiol Ther 27:26: 7 is best, and a second item of 0 to 10",
        ),
        "groc": Form(
            scores=(-7, 7),
            items=1,
            answers=(-7, 7),
            higher_is="better",
            source="Jaeschke and others 1989, Control Clin Trials 10:407",
        ),
        "mymop2": Form(
            scores=(0, 6),
            answers=(0, 6),
            higher_is="worse",
            source="Paterson 1996, BMJ 312:1016; its profile is the mean of the items",
        ),
        "functional_rating_index": Form(
            scores=(0, 100),
            items=10,
            answers=(0, 4),
            higher_is="worse",
            source="Feise and Menke 2001, Spine 26:78; a percentage, or a sum of 0 to 40",
        ),
        "headache_diary": Form(
            source="ours: diaries differ, some count days with and some without a headache",
        ),
    }
)

"""The rules that warn of what looks wrong, as contracts/VOCABULARY.md has them."""

from care_platform.http.rules import rules

OF_DOUBTS = (
    *rules(
        "breach, warns, stops",
        "RCW 26.28.015",
        {
            "consent-of-a-minor-alone": (
                "a client under 18 on the day of the consent consented without a guardian or "
                "representative; the answer to the consent warns"
            ),
        },
    ),
    *rules(
        "warns",
        "logic",
        {
            "age-contradicts-birth-date": (
                "the age told at an opening is not that of the directory's birth date, or a guardian "
                "consents for a client who is of age"
            ),
            "midnight-elsewhere": (
                "a day, month or year is written as a midnight of another time zone than the clinic's, "
                "where it may be another day: write `2026-11-03`"
            ),
            "day-that-never-was": (
                "the clinic's time zone had no such day, because clocks went over the date line"
            ),
            "mode-without-motion": "a reading says who moved, and nothing moves where its measure is taken",
            "side-not-of-the-site": "the place, or its motion that is measured, has no such side",
            "site-not-of-the-measure": "the motion of one joint is said to be of another place",
            "scale-ends-swapped": "the lowest score of a scale is not below its highest",
            "item-answered-twice": (
                "one item of an instrument has two answers; the pointer leads to the second"
            ),
        },
    ),
    *rules(
        "warns",
        "ours",
        {
            "age-says-otherwise": (
                "by the directory's birth date as it is now a consent of the time of the check would "
                "count otherwise than it does: by a minor alone or not, outgrown or not"
            ),
            "performer-no-therapist": (
                "the performer of a session has a role in the directory in which nobody treats: "
                "coordinator, privacy_officer"
            ),
            "unit-not-of-the-measure": (
                "what is measured is not measured in this unit, or not on this scale or at this place: a "
                "knee in centimetres, a numeric rating in centimetres"
            ),
            "missing-side": "a value of one of two joints or limbs has no side",
            "both-sides-in-one-value": "one value of motion is said to be of both joints",
            "no-performer": "nobody is named as having given the session",
            "looks-recorded-already": (
                "the entry looks like another of the episode, which `detail` names (of an opening: like "
                "another episode that the clinic opened for the client): a session of the same"
                " performer with the same start, a baseline of the same time, or an assessment, check, "
                "response or missed session that says the same at the same time; times less than a minute"
                " apart count as the same; a `visit` keeps a second session from being recorded at all"
            ),
        },
    ),
    *rules(
        "warns",
        "RCW 18.108.030",
        {
            "performer-without-licence": (
                "the performer of a session is a therapist or supervisor, and the directory has no "
                "licence of theirs"
            ),
        },
    ),
    *rules(
        "refuses or warns",
        "logic",
        {
            "contradicting-times": (
                "two times in the same request contradict each other, or a closing lies before a session "
                "that it would close; it warns, and what was told is recorded, of an entry before the "
                "opening (but for a clearance, and for a consent of the same day) or before what it points "
                "at, a session's duration more than a minute away from its start and end, an end a day after "
                "its start, and a response far from the hours after its session that it states, or whose "
                "days begin after it"
            ),
        },
    ),
    *rules(
        "warns",
        "logic; the publications are in the service's table of instruments",
        {
            "outside-its-scale": (
                "a value or score lies outside the ends that its own scale says, or a score or an answer "
                "outside the range that the instrument's authors published"
            ),
        },
    ),
    *rules(
        "warns",
        "the norms of each measure, with their sources, in the service's table of measures",
        {
            "implausible-value": (
                "a value cannot be: motion under -60 or over 200 degrees, or over 60 and over twice the "
                "norm of the joint; a jaw that opens over 80 mm; pain below zero on a scale that names no "
                "ends"
            ),
        },
    ),
    *rules(
        "warns",
        "UCUM",
        {
            "unknown-unit": "the unit is neither one of UCUM that a clinic needs nor a plain word for one",
        },
    ),
    *rules(
        "warns",
        "the instrument's authors",
        {
            "direction-not-of-the-instrument": (
                "the scale says that a higher score is better, and the instrument says worse, or the "
                "other way round"
            ),
            "no-such-item": "the instrument has no item of that number",
        },
    ),
)

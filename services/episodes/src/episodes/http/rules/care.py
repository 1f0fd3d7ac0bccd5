"""The rules of care, as contracts/VOCABULARY.md has them."""

from care_platform.http.rules import rules

OF_CARE = (
    *rules(
        "breach, stops",
        "ours",
        {
            "time-not-known": (
                "whether what permits care, or what holds it, was in force then is not known, because its "
                "time or that of the session is not"
            ),
            "no-plan-in-force": "no plan was in force when the session began",
            "open-red-flag": "a red flag that holds care was open then",
            "episode-on-hold": "the episode was on hold then",
        },
    ),
    *rules(
        "breach, stops",
        "WAC 246-830-565",
        {
            "no-treatment-consent": (
                "no consent to treatment, or to these techniques, was in force then; a guardian's ends when "
                "the client turns 18"
            ),
        },
    ),
    *rules(
        "stops",
        "ours",
        {
            "judged-stop": "an item of the screening was judged `stop`; a red flag is raised as well",
            "present-not-judged": (
                "an item of the screening is present and nobody has judged it; no red flag is raised"
            ),
            "clearance-not-in-force": (
                "an item of the screening rests on a clearance that does not hold then: expired, retracted, "
                "or of a later time"
            ),
        },
    ),
    *rules(
        "limits",
        "ours",
        {
            "flag-accepted-with-limits": "care continues only because a red flag was accepted with limits",
            "judged-proceed-with-limits": (
                "the check sets limits, or an item of the screening was judged `proceed_with_limits`"
            ),
        },
    ),
    *rules(
        "breach",
        "ours",
        {
            "no-session-check": "the session names no check",
            "check-said-stop": "the verdict of its check was stop, as it would be by all that is known now",
            "check-of-another-day": "its check was made on another day",
            "check-after-start": "its check was made after the session began",
            "check-used-before": "an earlier session names the same check, or one of the same time",
            "minutes-exceed-duration": "the minutes of its techniques add up to more than its duration",
            "technique-outside-plan": "a technique is not in the plan and no reason is given",
            "pressure-beyond-limits": (
                "a technique used more pressure than the limits of its check allow, of a clearance that the "
                "check or the session's screening names, or of a red flag accepted with limits, at the sites "
                "and with the techniques that they name, or at all if they name none; limits in words are "
                "left to people"
            ),
        },
    ),
    *rules(
        "refuses or breach",
        "ours",
        {
            "plan-needs-a-baseline-assessment": "no baseline assessment had been made by then",
            "clinical-refinement-needs-newer-evidence": (
                "a refinement for a clinical reason cites no event recorded after the plan it replaces"
            ),
            "referral-needs-consent": (
                "no consent covers referrals to this partner, or a kind of facts sent with the referral"
            ),
            "closed-more-than-three-months-before": (
                "too late to reopen: open a new episode that continues this one"
            ),
        },
    ),
    *rules(
        "refuses or breach",
        "WAC 246-830-565",
        {
            "consent-longer-than-a-year": (
                "a treatment consent expires more than a year after its signature; an imported one counts "
                "for a year"
            ),
        },
    ),
)
"""Breaking one refuses no record of what was done, or only a decision that can wait."""

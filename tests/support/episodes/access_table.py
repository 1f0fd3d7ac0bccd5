"""Who may do what, written a second time by hand: a letter per role, a line per resource and action."""

from episodes.domain.roles import Role

LETTERS = dict(zip("TSCPOAV", Role, strict=True))
"""Therapist, Supervisor, Coordinator, Partner, privacy Officer, Auditor, serVice."""


MAY = {
    ("episodes", "write"): "TSCV",
    ("treatment-consents", "write"): "TSCV",
    ("assessments", "write"): "TSV",
    ("plans", "write"): "TSV",
    ("plan-refinements", "write"): "TSV",
    ("session-checks", "write"): "TSV",
    ("sessions", "write"): "TSV",
    ("missed-sessions", "write"): "TSCV",
    ("responses", "write"): "TSV",
    ("red-flags", "write"): "TSV",
    ("sharing-consents", "write"): "TSCV",
    ("sharing-consents/{about}/withdrawal", "write"): "TSCV",
    ("closure", "write"): "TSV",
    ("reopening", "write"): "TSV",
    ("hold", "write"): "TSCV",
    ("resumption", "write"): "TSCV",
    ("transfers", "write"): "TSCV",
    ("treatment-consents/{about}/withdrawal", "write"): "TSCV",
    ("clearances", "write"): "TSV",
    ("red-flags/{about}/clearance", "write"): "TSV",
    ("referrals", "write"): "TSCV",
    ("referrals/{about}/withdrawal", "write"): "TSCV",
    ("referrals/{about}/answer", "write"): "TSCPV",
    ("partner-reports", "write"): "TSCPV",
    ("events/{about}/addition", "write"): "TSV",
    ("events/{about}/correction", "write"): "TSV",
    ("events/{about}/retraction", "write"): "TSV",
    ("events/{about}/amendment-refusal", "write"): "SOV",
    ("attestations", "write"): "TSV",
    ("clients/{client}/sharing-withdrawals", "write"): "TSCOV",
    ("episodes", "read"): "TSCPOAV",
    ("episodes", "list"): "TSCOAV",
    ("events", "read"): "TSCPOAV",
    ("history", "read"): "TSCOAV",
    ("feed", "read"): "AV",
    ("disclosure-decisions", "write"): "V",
    ("clients", "read"): "TSCOAV",
    ("clients", "write"): "TSCOV",
    ("clients", "delete"): "O",
    ("clinics", "read"): "TSCPOAV",
    ("clinics", "write"): "COV",
    ("staff", "read"): "TSCOAV",
    ("staff", "write"): "COV",
    ("partners", "read"): "TSCPOAV",
    ("partners", "write"): "COV",
}


CELLS = [
    (role, resource, action, letter in letters)
    for (resource, action), letters in MAY.items()
    for letter, role in LETTERS.items()
]

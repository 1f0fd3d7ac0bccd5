"""Who may do what: of a command what the vocabulary's page says, of the rest by hand, a letter per role."""

from episodes.domain.roles import Role
from tests.support.vocabulary_page import COMMANDS

LETTERS = dict(zip("TSCPOAV", Role, strict=True))
"""Therapist, Supervisor, Coordinator, Partner, privacy Officer, Auditor, serVice."""

_BESIDE_COMMANDS = {
    ("episodes", "read"): "TSCPOAV",
    ("episodes", "list"): "TSCOAV",
    ("events", "read"): "TSCPOAV",
    ("history", "read"): "TSCOAV",
    ("feed", "read"): "AV",
    ("published-events", "read"): "V",
    ("published-sequences", "read"): "V",
    ("disclosure-decisions", "write"): "V",
    ("clients", "read"): "TSCOAV",
    ("clients", "write"): "TSCOV",
    ("clients", "delete"): "O",
    ("clinics", "read"): "TSCPOAV",
    ("clinics", "write"): "COV",
    ("staff", "read"): "TSCOAV",
    ("staff", "write"): "COV",
    ("partners", "read"): "TSCPOAV",
    ("partners", "write"): "OV",
    ("clients", "register"): "TSCOV",
    ("clients", "identify"): "TSCV",
    **{(resource, "history"): "SOAV" for resource in ("clients", "clinics", "staff", "partners")},
}
MAY = {(resource, "write"): line.who for resource, line in COMMANDS.items()} | {
    place: frozenset(LETTERS[letter] for letter in letters) for place, letters in _BESIDE_COMMANDS.items()
}

CELLS = [(role, resource, action, role in may) for (resource, action), may in MAY.items() for role in Role]

"""What is wrong with a request before it is understood, and where."""

from collections.abc import Sequence

GIVEN_ONCE = "given_once"
"""The rule of a header, a parameter, or a name in a JSON object that must not be repeated."""
CONTROL_CHARACTERS = "control_characters"
"""The rule of a path: routers and gateways disagree about where a line ends."""
MOST_FAULTS = 20
"""How many faults of a request its answer names: as many as somebody reads, however many there are."""
_LONGEST_NAME = 40
"""How much of a name is repeated: enough to find a misspelt field, not a text that was sent as a name."""


class Malformed(Exception):
    """A part of a request that cannot be read: its JSON pointer, the rule it breaks, and a sentence about it.

    The sentence may be left out where `fault_words` has one for the rule.
    """

    def __init__(self, pointer: str, rule: str, detail: str = "") -> None:
        super().__init__(rule)
        self.pointer = pointer
        self.rule = rule
        self.detail = detail


def pointer(location: Sequence[str | int]) -> str:
    """A JSON pointer (RFC 6901). Names of over 40 characters are cut; none of ours is as long."""
    return "".join("/" + _cut(str(part)).replace("~", "~0").replace("/", "~1") for part in location)


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"

"""What is wrong with a request before it is understood, and where."""

from collections.abc import Sequence

GIVEN_ONCE = "given_once"
"""The rule of a header, a parameter, or a name in a JSON object that must not be repeated."""


class Malformed(Exception):
    """A part of a request that cannot be read: its JSON pointer, and the rule it breaks."""

    def __init__(self, pointer: str, rule: str) -> None:
        super().__init__(rule)
        self.pointer = pointer
        self.rule = rule


def pointer(location: Sequence[str | int]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)

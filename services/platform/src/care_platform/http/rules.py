"""The rules of a service that a caller may be told, each explained at an address of its own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

REFUSES = "refuses"
FORBIDS = "forbids"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule by its name, what breaking it does, what it means, and where it comes from."""

    name: str
    effect: str
    meaning: str
    source: str

    @property
    def documentation(self) -> str:
        """The address at which the rule is explained."""
        return f"/problems/rules/{self.name}"


def rules(effect: str, source: str, meanings: Mapping[str, str]) -> Iterator[Rule]:
    """The rules of one effect and source, from their names and meanings."""
    return (Rule(name, effect, meaning, source) for name, meaning in meanings.items())

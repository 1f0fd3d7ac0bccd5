"""A gap in an episode: published events that are known to exist and have not arrived."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Gap:
    """No event up to number `after` is missing; some after it are, of those up to number `up_to`."""

    after: int
    up_to: int

    @property
    def closed(self) -> bool:
        return self.after >= self.up_to

    def covers(self, sequence: int) -> bool:
        """Whether an event of this number may be one of the missing."""
        return self.after < sequence <= self.up_to

    def reaching(self, sequence: int) -> "Gap":
        """The same gap, once an event of this number is known to exist."""
        return replace(self, up_to=max(self.up_to, sequence))

    def without(self, sequence: int) -> "Gap":
        """The same gap, once the event of this number has taken effect."""
        return replace(self, after=sequence) if sequence == self.after + 1 else self

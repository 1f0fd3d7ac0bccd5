"""Who asks, as it is kept with what they changed or read."""

from dataclasses import dataclass
from uuid import UUID

from episodes.access import Caller


@dataclass(frozen=True, slots=True)
class Asking:
    """The caller, and the chain of calls that the request belongs to."""

    caller: Caller
    correlation: UUID

    @property
    def network(self) -> str:
        return self.caller.network

"""Says once a minute what goes on happening."""

from dataclasses import dataclass, field

import structlog

from care_platform.seldom import Seldom

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Complaints:
    """The same complaint about the same network is logged once a minute."""

    due: Seldom = field(default_factory=Seldom)

    def warning(self, what: str, network: str, reason: str) -> None:
        if self.due((what, network, reason)):
            log.warning(what, network=network, reason=reason)

    def error(self, what: str, network: str, reason: str) -> None:
        if self.due((what, network, reason)):
            log.error(what, network=network, reason=reason)

"""Says once a minute what goes on happening."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

_EVERY_SECONDS = 60.0
log = structlog.get_logger()


@dataclass(slots=True)
class Seldom:
    """The same complaint about the same network is logged once a minute."""

    clock: Callable[[], float] = time.monotonic
    _said: dict[tuple[str, str, str], float] = field(default_factory=dict)

    def warning(self, what: str, network: str, reason: str) -> None:
        if self._may_say(what, network, reason):
            log.warning(what, network=network, reason=reason)

    def error(self, what: str, network: str, reason: str) -> None:
        if self._may_say(what, network, reason):
            log.error(what, network=network, reason=reason)

    def _may_say(self, *about: str) -> bool:
        what, network, reason = about
        now = self.clock()
        last = self._said.get((what, network, reason))
        if last is not None and now - last < _EVERY_SECONDS:
            return False
        self._said[what, network, reason] = now
        return True

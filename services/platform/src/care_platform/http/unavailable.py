"""Tells operators what makes a service answer 503, without a line for every request that meets it."""

import structlog

from care_platform.logs import reason_of
from care_platform.seldom import Seldom

_MOST = 100
"""The first so many causes have lines of their own; all others share theirs."""


class Unavailable:
    """For each class of error and SQLSTATE one line a minute at most, with how many there were since the one
    before. Nothing of a statement or a value is told.
    """

    def __init__(self, seldom: Seldom | None = None) -> None:
        self._causes: set[tuple[str, str | None]] = set()
        self._seldom = seldom or Seldom()

    def tell(self, fault: BaseException) -> None:
        """What is told of an error is what caused it."""
        cause = fault.__cause__ or fault
        what = type(cause).__name__, getattr(cause, "sqlstate", None)
        if what not in self._causes and len(self._causes) >= _MOST:
            what = "others", None
        self._causes.add(what)
        count = self._seldom.times(what)
        if not count:
            return
        error, sqlstate = what
        reason = ": ".join(filter(None, (sqlstate, reason_of(cause))))
        structlog.get_logger("http").warning(
            "unavailable", error=error, count=count, **({"reason": reason} if reason else {})
        )

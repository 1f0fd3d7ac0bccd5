"""Tells operators what makes a service answer 503, without a line for every request that meets it."""

from time import monotonic

import structlog

from care_platform.logs import reason_of

_SECONDS_BETWEEN = 60.0
_MOST = 100
"""Of so many causes each has lines of its own; all others share theirs."""


class Unavailable:
    """For each class of error and SQLSTATE one line a minute at most, with how many there were since the one
    before. Nothing of a statement or a value is told.
    """

    def __init__(self) -> None:
        self._told: dict[tuple[str, str | None], tuple[float, int]] = {}

    def tell(self, fault: BaseException) -> None:
        """What is told of an error is what caused it."""
        cause = fault.__cause__ or fault
        what = type(cause).__name__, getattr(cause, "sqlstate", None)
        if what not in self._told and len(self._told) >= _MOST:
            what = "others", None
        now = monotonic()
        told_at, count = self._told.get(what, (-_SECONDS_BETWEEN, 0))
        if now - told_at < _SECONDS_BETWEEN:
            self._told[what] = told_at, count + 1
            return
        self._told[what] = now, 0
        error, sqlstate = what
        reason = ": ".join(filter(None, (sqlstate, reason_of(cause))))
        structlog.get_logger("http").warning(
            "unavailable", error=error, count=count + 1, **({"reason": reason} if reason else {})
        )

"""Tells operators why a database refuses to work, without a line for every request that meets it."""

from time import monotonic

import psycopg
import structlog

_SECONDS_BETWEEN = 1.0


class Refusals:
    """One line a second at most, of the newest refusal: its class and SQLSTATE, nothing of a statement."""

    def __init__(self) -> None:
        self._told_at = 0.0

    def tell(self, fault: Exception) -> None:
        now = monotonic()
        if now - self._told_at < _SECONDS_BETWEEN:
            return
        self._told_at = now
        sqlstate = fault.sqlstate if isinstance(fault, psycopg.Error) else None
        structlog.get_logger("store").warning(
            "the store refuses", error=type(fault).__name__, **({"reason": sqlstate} if sqlstate else {})
        )

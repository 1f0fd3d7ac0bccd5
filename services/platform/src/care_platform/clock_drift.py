"""Compares the clock of this process with the database's, which all processes share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from prometheus_client import CollectorRegistry, Gauge
from psycopg import AsyncConnection, Connection
from psycopg.rows import DictRow

from care_platform.seldom import Seldom

MOST_APART = timedelta(minutes=1)
"""How far the clocks may differ. Libraries that verify webhooks and tokens allow five minutes at most."""
ASK = "SELECT clock_timestamp() AS now"
"""What tells the database's time. Whoever asks notes its own time before and after."""
COMPARE_EVERY = 10.0
"""After how many seconds a role that does nothing by its clock compares it again, to say what it sees."""
log = structlog.get_logger()


@dataclass(slots=True)
class ClockDrift:
    """How far this clock is ahead, as of the last comparison; below nought, how far behind.

    Nothing is known before the first comparison. A difference is told in the log once a minute.
    """

    now: Callable[[], datetime]
    ahead: timedelta | None = None
    _seldom: Seldom = field(default_factory=Seldom)
    _due: Seldom = field(default_factory=lambda: Seldom(COMPARE_EVERY))

    @property
    def within_bounds(self) -> bool:
        """Whether the clocks are known to agree well enough for what is signed with the time."""
        return self.ahead is not None and abs(self.ahead) <= MOST_APART

    def due(self) -> bool:
        """Whether a role that does nothing by its clock should compare it now. Then it counts as compared."""
        return self._due()

    def compare(self, before: datetime, database: datetime) -> None:
        """The database told its time after `before`, and before now: a slow answer is no difference."""
        self.ahead = max(before - database, timedelta(0)) or min(self.now() - database, timedelta(0))
        if not self.within_bounds and self._seldom():
            log.error("the clock differs from the database's", seconds=round(self.ahead.total_seconds()))

    def ask(self, connection: Connection[DictRow]) -> None:
        """Compare now."""
        before = self.now()
        for row in connection.execute(ASK):
            self.compare(before, row["now"])

    async def ask_async(self, connection: AsyncConnection[DictRow]) -> None:
        """Compare now, without blocking the event loop."""
        before = self.now()
        for row in await (await connection.execute(ASK)).fetchall():
            self.compare(before, row["now"])

    def warnings(self) -> Sequence[str]:
        """What readiness says of it, beside being ready: else a database whose clock is wrong stopped all."""
        if self.ahead is None or self.within_bounds:
            return ()
        return (f"the clock differs from the database's by {self.ahead.total_seconds():.0f} s",)

    @property
    def seconds(self) -> float:
        """How far this clock is ahead, for a gauge; nought before the first comparison."""
        return 0.0 if self.ahead is None else self.ahead.total_seconds()

    def register(self, service: str, registry: CollectorRegistry) -> None:
        """Tell it to Prometheus."""
        gauge = Gauge(
            f"{service}_clock_ahead_seconds",
            "How far this process's clock is ahead of the database's; below nought, behind it",
            registry=registry,
        )
        gauge.set_function(lambda: self.seconds)

"""One line of the result: ours, the anchor, their ratio and its spread."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

RATE, SECONDS, MILLISECONDS, MEGABYTES, EACH = "/s", "s", "ms", "MB", ""


@dataclass(frozen=True)
class Row:
    """The figures of each round, and their ratio. `at_most` if less is better."""

    what: str
    ours: Sequence[float]
    anchor_name: str
    anchor: Sequence[float]
    target: float | None
    unit: str = RATE
    at_most: bool = False

    @property
    def ratios(self) -> list[float]:
        return [one / other for one, other in zip(self.ours, self.anchor, strict=True)]

    @property
    def ratio(self) -> float:
        return median(self.ratios)

    @property
    def reached(self) -> bool:
        if self.target is None:
            return True
        return self.ratio <= self.target if self.at_most else self.ratio >= self.target

    @property
    def aim(self) -> str:
        """The target as text, such as `≥ 0.45`; empty if there is none."""
        return "" if self.target is None else f"{'≤' if self.at_most else '≥'} {self.target:.2f}"


@dataclass(frozen=True)
class NotMeasured:
    """Stands where rows would, and says why there are none."""

    what: str
    reason: str


Line = Row | NotMeasured


def lines(rows: Iterable[Line]) -> Iterable[str]:
    head = f"{'what':42} {'ours':>10}     {'anchor':44} {'theirs':>10}   "
    yield f"{head} {'ratio':>6} {'spread':>12}  target"
    for row in rows:
        if isinstance(row, NotMeasured):
            yield f"{row.what:42} not measured: {row.reason}"
            continue
        spread = f"{min(row.ratios):.2f}–{max(row.ratios):.2f}"
        yield (
            f"{row.what:42} {_figure(row.ours)} {row.unit:2}  {row.anchor_name:44}"
            f" {_figure(row.anchor)} {row.unit:2} {row.ratio:6.2f} {spread:>12}"
            f"  {row.aim}{'' if row.reached else ' missed'}"
        ).rstrip()


def _figure(figures: Sequence[float]) -> str:
    middle = median(figures)
    return f"{middle:10,.0f}" if middle >= 100 else f"{middle:10,.2f}"

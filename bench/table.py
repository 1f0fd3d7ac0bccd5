"""One line of the result: ours, the anchor, their ratio and its spread."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Row:
    """Figures per second, round by round, and the ratio that is the claim."""

    what: str
    ours: Sequence[float]
    anchor_name: str
    anchor: Sequence[float]
    target: float | None

    @property
    def ratios(self) -> list[float]:
        return [one / other for one, other in zip(self.ours, self.anchor, strict=True)]

    @property
    def reached(self) -> bool:
        return self.target is None or median(self.ratios) >= self.target


def lines(rows: Iterable[Row]) -> Iterable[str]:
    head = f"{'what':34} {'ours/s':>9}  {'anchor':36} {'anchor/s':>9}"
    yield f"{head} {'ratio':>6} {'spread':>12} {'target':>7}"
    for row in rows:
        low, high = min(row.ratios), max(row.ratios)
        target = "" if row.target is None else f"{row.target:.2f}" + ("" if row.reached else " missed")
        yield (
            f"{row.what:34} {median(row.ours):9,.0f}  {row.anchor_name:36} {median(row.anchor):9,.0f}"
            f" {median(row.ratios):6.2f} {low:5.2f}–{high:<6.2f} {target:>7}"
        )

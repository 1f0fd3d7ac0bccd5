"""Keeps the figures and the description of the machine, as JSON and as a picture."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.chart import svg
from bench.table import Line, NotMeasured

RESULTS = Path(__file__).with_name("results")
SHOWN = ("server", "cores", "load", "python", "rounds", "seconds")
"""Facts about the run in the caption of the picture."""


def keep(rows: Sequence[Line], facts: Mapping[str, object]) -> None:
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    document = {
        "at": now.isoformat(timespec="seconds"),
        "machine": facts,
        "rows": [_document(row) for row in rows],
    }
    name = f"{now:%Y%m%dT%H%M%S}"
    (RESULTS / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n")
    caption = ", ".join((f"{now:%Y-%m-%d %H:%M} UTC", *(f"{fact} {facts[fact]}" for fact in SHOWN)))
    (RESULTS / f"{name}.svg").write_text(svg(rows, caption))


def _document(row: Line) -> dict[str, object]:
    if isinstance(row, NotMeasured):
        return {"what": row.what, "not_measured": row.reason}
    return {
        "what": row.what,
        "unit": row.unit,
        "ours": row.ours,
        "anchor": row.anchor_name,
        "anchor_figures": row.anchor,
        "ratios": row.ratios,
        "ratio": row.ratio,
        "target": row.target,
        "at_most": row.at_most,
        "reached": row.reached,
    }

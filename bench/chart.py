"""The table as a picture: how far each ratio is from its target, on a logarithmic scale; right is better."""

from collections.abc import Iterator, Sequence
from html import escape
from math import log2

from bench.table import Line, Row

WIDEST = 4
"""How many doublings are shown on each side of the target. Values beyond are drawn at the edge."""

LABELS, SCALE, VALUES, LINE, TOP = 560, 400, 120, 26, 44
REACHED, MISSED, QUIET = "#1a7f5a", "#b3261e", "#8a8a8a"


def svg(rows: Sequence[Line], caption: str) -> str:
    """The SVG document. Rows without a target are left out, and what was not measured."""
    aimed = [(row, row.target) for row in _named(rows) if row.target is not None]
    width, height = LABELS + SCALE + VALUES, TOP + LINE * (len(aimed) + 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        'font-size="13">',
        '<rect width="100%" height="100%" fill="white"/>',
        _text(8, 18, caption, QUIET),
        *_axis(height),
        *(
            part
            for place, (row, target) in enumerate(aimed)
            for part in _line(row, target, TOP + LINE * place)
        ),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _named(rows: Sequence[Line]) -> Iterator[Row]:
    """The rows with their names. In the table an empty name means that of the row above."""
    what = ""
    for row in rows:
        if not isinstance(row, Row):
            continue
        what = row.what or what
        yield Row(what, row.ours, row.anchor_name, row.anchor, row.target, row.unit, row.at_most)


def _axis(height: int) -> Iterator[str]:
    for doublings in range(-WIDEST, WIDEST + 1):
        x, at_target = _x(2.0**doublings), doublings == 0
        name = "target" if at_target else f"{2**doublings}×" if doublings > 0 else f"1/{2**-doublings}"
        colour = "#333333" if at_target else "#dddddd"
        yield f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{height - LINE}" stroke="{colour}"/>'
        yield _text(x, height - 8, name, QUIET, "middle")


def _line(row: Row, target: float, y: int) -> Iterator[str]:
    reach = sorted(_reach(row, ratio, target) for ratio in (*row.ratios, row.ratio))
    colour, middle = (REACHED if row.reached else MISSED), y + 4
    low, at, high = _x(reach[0]), _x(_reach(row, row.ratio, target)), _x(reach[-1])
    yield _text(8, y + 8, f"{row.what}, beside: {row.anchor_name}", "#222222")
    ends = f'x1="{low:.1f}" y1="{middle}" x2="{high:.1f}" y2="{middle}"'
    yield f'<line {ends} stroke="{colour}" stroke-width="3"/>'
    yield f'<circle cx="{at:.1f}" cy="{middle}" r="5" fill="{colour}"/>'
    yield _text(LABELS + SCALE + 16, y + 8, f"{row.ratio:.2f} ({row.aim})", colour)


def _reach(row: Row, ratio: float, target: float) -> float:
    """The ratio relative to the target: 1 at the target, more if it is exceeded."""
    if row.at_most:
        return target / ratio if ratio > 0 else 2.0**WIDEST
    return ratio / target


def _x(reach: float) -> float:
    doublings = log2(reach) if reach > 0 else -WIDEST
    return LABELS + SCALE * (max(-WIDEST, min(WIDEST, doublings)) + WIDEST) / (2 * WIDEST)


def _text(x: float, y: float, words: str, colour: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y}" fill="{colour}" text-anchor="{anchor}">{escape(words)}</text>'

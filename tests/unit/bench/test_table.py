"""What was not measured stands in the table and in the kept figures, with the reason, and nowhere else."""

import json
from pathlib import Path

import pytest

from bench import results
from bench.chart import svg
from bench.table import Line, NotMeasured, Row, lines

ROW = Row("ours", [2.0, 3.0], "theirs", [1.0, 1.0], 2.0)
MISSING = NotMeasured("Axon", "needs java")


def test_the_table_says_what_was_not_measured_and_why() -> None:
    _, measured, missing = lines([ROW, MISSING])
    assert measured.startswith("ours ")
    assert missing == f"{'Axon':42} not measured: needs java"


def test_the_kept_figures_say_so_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    results.keep([ROW, MISSING], dict.fromkeys(results.SHOWN, ""))
    kept = json.loads(next(tmp_path.glob("*.json")).read_text())["rows"]
    assert kept[0]["ratios"] == [2.0, 3.0]
    assert kept[1] == {"what": "Axon", "not_measured": "needs java"}


def test_the_picture_shows_what_was_measured() -> None:
    rows: list[Line] = [MISSING, ROW]
    assert svg(rows, "") == svg([ROW], "")

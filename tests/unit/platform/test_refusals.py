"""Why the store refuses is told, by class and code, and not for each request."""

import psycopg
import pytest
from structlog.testing import capture_logs

from care_platform.postgres import refusals
from care_platform.postgres.refusals import Refusals


def test_a_refusal_is_told_once_a_second_and_quotes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(refusals, "monotonic", lambda: now[0])
    told = Refusals()
    with capture_logs() as lines:
        for _ in range(100):
            told.tell(psycopg.errors.DiskFull("could not extend file of Ada Example"))
        now[0] += 1
        told.tell(TimeoutError("of Ada Example"))
    assert [(line["event"], line["error"], line.get("reason")) for line in lines] == [
        ("the store refuses", "DiskFull", "53100"),
        ("the store refuses", "TimeoutError", None),
    ]
    assert "Ada" not in str(lines)

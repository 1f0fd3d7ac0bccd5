"""What makes 503s is told, by class and code, and not for each request."""

from uuid import UUID

import psycopg
from structlog.testing import capture_logs

from care_platform.http.problems import Problems
from care_platform.http.unavailable import Unavailable
from care_platform.seldom import Seldom

NOBODY = UUID(int=0)


class Away(Exception):
    pass


def test_a_cause_is_told_once_a_minute_and_quotes_nothing() -> None:
    now = 100.0
    told = Unavailable(Seldom(clock=lambda: now))
    with capture_logs() as lines:
        for _ in range(100):
            told.tell(psycopg.errors.DiskFull("could not extend file of Ada Example"))
        told.tell(TimeoutError("of Ada Example"))
        now += 60
        told.tell(psycopg.errors.DiskFull("could not extend file of Ada Example"))
    assert [(line["error"], line.get("reason"), line["count"]) for line in lines] == [
        ("DiskFull", "53100", 1),
        ("TimeoutError", None, 1),
        ("DiskFull", "53100", 100),
    ]
    assert "Ada" not in str(lines)


def test_however_many_causes_there_are_the_lines_are_bounded() -> None:
    told = Unavailable()
    with capture_logs() as lines:
        for number in range(10_000):
            told.tell(type(f"Cause{number}", (Exception,), {})())
    assert len(lines) == 101
    assert lines[-1]["error"] == "others"


def test_every_answer_with_503_tells_its_cause() -> None:
    problems = Problems((), {Away: "unavailable"})
    away = Away()
    away.__cause__ = psycopg.errors.ReadOnlySqlTransaction()
    with capture_logs() as lines:
        assert problems.answer(away, NOBODY).status_code == 503
        assert problems.answer(ValueError(), NOBODY).status_code == 500
    assert [(line["error"], line["reason"]) for line in lines] == [("ReadOnlySqlTransaction", "25006")]

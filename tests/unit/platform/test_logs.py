"""Logs hold what is on the list of allowed fields, and of a defect only where it was met."""

import json
import subprocess
import sys
from typing import Any

from care_platform import logs

WRITING = """
import structlog
from care_platform import logs
logs.configure("api")
log = structlog.get_logger("test")
log.info("refused", status=400, client="Ada Example", body={"pain": 7})
try:
    raise ValueError("Ada Example has back pain")
except ValueError as error:
    log.error("defect", error=type(error).__name__, exc_info=True)
"""


def written() -> list[dict[str, Any]]:
    """What a process of its own writes: its logging is set up once and for all."""
    ended = subprocess.run([sys.executable, "-c", WRITING], capture_output=True, text=True, check=True)
    assert "Ada" not in ended.stderr + ended.stdout
    return [json.loads(line) for line in ended.stderr.splitlines()]


def test_a_field_nobody_allowed_is_left_out_and_a_defect_told_by_its_place_alone() -> None:
    refused, defect = written()
    assert set(refused) == {"event", "level", "timestamp", "role", "status", "dropped"}
    assert defect["exception"] == ["<string>:8 <module>"]
    assert defect["error"] == "ValueError"


def test_no_allowed_field_is_for_a_person_or_a_value() -> None:
    forbidden = {"body", "client", "name", "subject", "value", "text", "token", "source_ref", "url", "query"}
    assert not logs.FIELDS & forbidden

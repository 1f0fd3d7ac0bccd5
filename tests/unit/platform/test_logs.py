"""Logs hold what is on the list of allowed fields, and of a defect only where it was met."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
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


LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}
SERVICES = Path(__file__).parents[3] / "services"


def named_fields() -> Iterator[tuple[str, str]]:
    """Each field that a line of the services names, with the file."""
    for file in SERVICES.rglob("src/**/*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.Call(ast.Attribute(attr=level), [ast.Constant()], keywords) if level in LEVELS:
                    yield from ((file.name, it.arg) for it in keywords if it.arg is not None)


def test_every_field_that_a_line_names_is_written() -> None:
    """Else an operator looks in vain for what docs/operations.md says is there."""
    named = {(file, field) for file, field in named_fields() if field != "exc_info"}
    assert len(named) > 50
    assert not {(file, field) for file, field in named if field not in logs.FIELDS}


FAILING = """
import logging, sys
from care_platform import logs
logs.configure("api")
library = logging.getLogger("psycopg.pool")
for text in sys.argv[1:]:
    library.warning("error connecting in %r: %s", "pool", OSError(text))
    library.warning("error connecting", exc_info=OSError(text))
"""
REASONS = {
    "certificate verify failed: Hostname mismatch, not valid for 'Ada'": "hostname mismatch",
    "server certificate for ada.example does not match host name": "does not match host name",
    "Authentication failed due to invalid credentials of Ada": "invalid credentials",
    "Ada Example could not be reached": None,
}


def test_a_librarys_line_says_why_a_connection_fails_and_nothing_else_of_the_error() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAILING, *REASONS], capture_output=True, text=True, check=True
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line.get("reason") for line in lines] == [it for why in REASONS.values() for it in (why, why)]
    assert {line["error"] for line in lines} == {"OSError"}
    assert "ada" not in done.stderr.lower()

"""What every process begins with: errors that nobody caught are lines, and its last lines are written."""

import fcntl
import json
import os
import resource
import subprocess
import sys
import time
from typing import Any

import pytest

from care_platform.descriptors import Descriptors
from tests.support.waiting import PATIENCE

BEGUN = """
import threading, structlog
from care_platform import logs, process
process.begin("relay")
log = structlog.get_logger()
def fail():
    raise ValueError("Ada Example has back pain")
"""
UNCAUGHT = {
    "the main thread": "fail()",
    "another thread": "threading.Thread(target=fail).start()",
    "a destructor": "class It:\n    __del__ = lambda self: fail()\nIt()",
    "a group": "try:\n    fail()\nexcept ValueError as met:\n    raise ExceptionGroup('Ada', [met])",
}


def run(program: str, begun: str = BEGUN, **more: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", begun + program]
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)


@pytest.mark.parametrize("program", UNCAUGHT.values(), ids=UNCAUGHT)
def test_an_error_that_nobody_caught_is_told_by_its_place_alone(program: str) -> None:
    ended = run(program)
    [line] = [json.loads(line) for line in ended.stderr.splitlines()]
    assert (line["role"], line["event"], line["error"]) == ("relay", "uncaught", "ValueError")
    assert line["exception"][-1].endswith("fail")
    assert "Ada" not in ended.stderr
    assert ended.returncode == (program in (UNCAUGHT["the main thread"], UNCAUGHT["a group"]))


def test_the_last_lines_before_a_sudden_end_are_written() -> None:
    ended = run("for number in range(1000): log.error('ended', count=number)\nlogs.leave(75)")
    assert ended.returncode == 75
    assert [json.loads(line)["count"] for line in ended.stderr.splitlines()] == list(range(1000))


def test_an_end_waits_a_second_for_a_log_that_nobody_reads() -> None:
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    for end in ("logs.leave(75)", "raise SystemExit(75)"):
        program = "for number in range(1000): log.error('ended', count=number)\nprint('told', flush=True)\n"
        with subprocess.Popen(
            [sys.executable, "-c", BEGUN + program + end], stdout=subprocess.PIPE, stderr=writer
        ) as ending:
            assert ending.stdout is not None
            assert ending.stdout.readline() == b"told\n"
            began = time.monotonic()
            assert ending.wait(5 * PATIENCE) == 75
            assert time.monotonic() - began > 0.9
    os.close(reader)
    os.close(writer)


def test_descriptors_that_run_out_are_counted_and_told() -> None:
    one_more = (
        "from care_platform.descriptors import Descriptors\nbefore = Descriptors.now().count\n"
        "with open('/dev/null'): print(Descriptors.now().count - before)"
    )
    assert run(one_more, begun="").stdout == "1\n", "where nobody else lists them at the same time"
    few = "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))\n"
    limited = (
        "import os, time\n"
        "held = []\n"
        "try:\n    while True: held.append(os.open('/dev/null', os.O_RDONLY))\n"
        "except OSError: pass\n"
        "time.sleep(2.5)"
    )
    [line] = [json.loads(line) for line in run(limited, begun=few + BEGUN).stderr.splitlines()]
    assert (line["event"], line["limit"]) == ("file descriptors run out", 20)
    assert line["count"] in (19, 20), "it may look while the last one is opened"
    assert "ulimit" in line["reason"]


def test_without_a_limit_they_do_not_run_out() -> None:
    assert not Descriptors(1_000_000, resource.RLIM_INFINITY).short
    assert Descriptors(95, 100).short
    assert not Descriptors(94, 100).short

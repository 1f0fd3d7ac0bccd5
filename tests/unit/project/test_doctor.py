"""Whoever starts on a machine that lacks something is told what, and what to do about it."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from tests.support.servers.discovery import CHECKOUT


def test_a_port_in_use_is_named_before_anything_starts() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        diagnosis = _doctor("run", NOTIFICATIONS_PORT=str(port), EPISODES_PORT="0", PARTNER_PORT="0")
    assert diagnosis.returncode == 1
    assert f"missing: port {port} is in use" in diagnosis.stdout
    assert "make run NOTIFICATIONS_PORT=" in diagnosis.stdout


def test_what_is_no_port_is_named() -> None:
    diagnosis = _doctor("run", NOTIFICATIONS_PORT="abc", EPISODES_PORT="70000", PARTNER_PORT="0")
    assert (diagnosis.returncode, diagnosis.stderr) == (1, "")
    assert "missing: NOTIFICATIONS_PORT is no port: abc" in diagnosis.stdout
    assert "missing: EPISODES_PORT is no port: 70000" in diagnosis.stdout


def test_without_java_a_laptop_is_warned_and_ci_is_stopped(tmp_path: Path) -> None:
    for tool in ("git", "make"):
        (tmp_path / tool).touch(mode=0o755)
    here = _doctor("test", PATH=str(tmp_path), CI="", CARE_TEST_KAFKA="")
    assert here.returncode == 0
    assert "warning: neither Docker nor Java and Maven" in here.stdout
    assert _doctor("test", PATH=str(tmp_path), CI="true", CARE_TEST_KAFKA="").returncode == 1


def test_missing_tools_come_with_their_remedy() -> None:
    diagnosis = _doctor("test", PATH="/nowhere")
    assert diagnosis.returncode == 1
    assert "missing: git\n    Debian, Ubuntu: apt install git" in diagnosis.stdout


def _doctor(task: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(CHECKOUT / "deploy" / "laptop" / "doctor.py"), task]
    settings = os.environ | environment
    return subprocess.run(command, env=settings, capture_output=True, text=True, check=False)

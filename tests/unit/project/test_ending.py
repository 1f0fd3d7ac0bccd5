"""Whoever ends other processes bears it that one of them has ended by itself since it was seen."""

import os
import sys
from pathlib import Path

import psutil
import pytest

from laptop.children import Child, stop
from laptop.postgres import EmbeddedPostgres
from laptop.roles import Role
from tests.support.servers.discovery import remove_run_dir

WAITING = [sys.executable, "-c", "import sys; sys.stdin.read()"]


def ended(*words: str) -> psutil.Process:
    """A process as it was listed, which is no more."""
    with psutil.Popen([*WAITING, *words], stdin=-1) as running:
        process = psutil.Process(running.pid)
        process.info = {"cmdline": process.cmdline()}
        running.kill()
        running.wait(60)
    return process


def test_what_a_killed_run_left_is_removed_although_its_broker_has_just_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_dir = tmp_path / "test-run-1"
    run_dir.mkdir()
    broker = ended(f"{run_dir}/kafka/server.properties")
    monkeypatch.setattr(psutil, "process_iter", lambda _: [broker])
    remove_run_dir(run_dir)
    assert not run_dir.exists()


def test_a_leftover_server_that_has_just_ended_is_left_alone(tmp_path: Path) -> None:
    server, pid_file = EmbeddedPostgres(tmp_path), tmp_path / "postmaster.pid"
    server.end_leftover()
    pid_file.write_text(f"{ended().pid}\n")
    server.end_leftover()
    assert pid_file.exists(), "the server itself replaces it"


@pytest.mark.parametrize("error", [ProcessLookupError, PermissionError])
def test_roles_are_stopped_although_one_has_just_ended(
    error: type[OSError], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = Role("waits", ("timeit", "--number=1", "import time; time.sleep(600)"), {})
    children = [Child(role, tmp_path / "log") for _ in range(2)]
    for child in children:
        child.start()
    assert children[0].process is not None
    first, killpg = children[0].process.pid, os.killpg

    def group_killed(group: int, number: int) -> None:
        killpg(group, number)
        if group == first:
            raise error

    monkeypatch.setattr(os, "killpg", group_killed)
    stop(children, seconds=60)
    assert all(child.ended for child in children)

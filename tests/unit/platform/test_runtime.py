"""Cycles are collected by the clock, in the thread to which what they hold belongs."""

import subprocess
import sys

PROGRAM = """
import asyncio, gc, sys, threading, time, weakref
from care_platform import runtime


class Cycle:
    def __init__(self):
        self.itself = self


def freed(found):
    print(found, threading.current_thread() is threading.main_thread(), flush=True)


def make(name):
    cycle = Cycle()
    weakref.finalize(cycle, freed, name).atexit = False
    return cycle


async def role():
    runtime.tune(asyncio.get_running_loop(), all_every=float(sys.argv[2]))
    make("young")
    old = make("old")
    gc.collect(0)
    del old
    await asyncio.sleep(20)


def follower():
    runtime.tune(None, all_every=float(sys.argv[2]))
    make("young")
    time.sleep(20)


asyncio.run(role()) if sys.argv[1] == "role" else follower()
"""


def first_lines(process: str, all_every: float, count: int) -> list[str]:
    """What a process with these settings prints first. It is ended then."""
    command = [sys.executable, "-c", PROGRAM, process, str(all_every)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        lines = [running.stdout.readline().strip() for _ in range(count)]
        running.kill()
    return lines


def test_a_process_with_an_event_loop_collects_in_the_thread_of_the_loop() -> None:
    assert first_lines("role", 60, 1) == ["young True"]


def test_a_process_without_one_collects_in_a_thread_of_its_own() -> None:
    assert first_lines("follower", 60, 1) == ["young False"]


def test_what_was_no_longer_young_is_collected_with_everything() -> None:
    assert sorted(first_lines("role", 0, 2)) == ["old True", "young True"]

"""Child processes in groups of their own, so that Ctrl-C reaches only us and we stop them in order."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from laptop.postgres import open_log
from laptop.roles import Role

_PR_SET_PDEATHSIG = 1
FIRST_WAIT, LONGEST_WAIT = 0.5, 8.0
STEADY_SECONDS = 30.0


@dataclass
class Child:
    """The process of a role. If it dies it is restarted, sooner if it had run for long."""

    role: Role
    log: Path | None
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    wait: float = FIRST_WAIT
    due: float = field(default=0.0)

    def start(self) -> None:
        """Start it. Its output goes to its log, or without one to our own output."""
        self.started = time.monotonic()
        output = None if self.log is None else open_log(self.log)
        try:
            self.process = subprocess.Popen(
                self.role.command,
                env=dict(self.role.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=None if output is None else subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )
        finally:
            if output is not None:
                output.close()

    def died(self) -> int | None:
        """The exit status, reported once. Also decides when to restart it."""
        if self.process is None or (status := self.process.poll()) is None:
            return None
        self.process = None
        if time.monotonic() - self.started > STEADY_SECONDS:
            self.wait = FIRST_WAIT
        self.due = time.monotonic() + self.wait
        self.wait = min(self.wait * 2, LONGEST_WAIT)
        return status

    def restart_if_due(self) -> None:
        if self.process is None and time.monotonic() >= self.due:
            self.start()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to its whole group."""
        if self.process is not None and self.process.poll() is None:
            with suppress(ProcessLookupError, PermissionError):  # it has just ended: macOS says the latter
                os.killpg(self.process.pid, number)

    @property
    def ended(self) -> bool:
        return self.process is None or self.process.poll() is not None


def stop(children: list[Child], seconds: float) -> None:
    """Ask all to stop, then kill those that are left, which loses nothing acknowledged."""
    for child in children:
        child.signal(signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while not all(child.ended for child in children) and time.monotonic() < deadline:
        time.sleep(0.02)
    for child in children:
        child.signal(signal.SIGKILL)


def _end_with_parent() -> None:
    """Linux only: send the children SIGTERM when we are killed, so that the next run finds the ports free."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

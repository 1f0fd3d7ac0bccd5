"""A process of a role that tests can kill, pause and watch. Its log is kept."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil

from tests.support.servers.discovery import CHECKOUT
from tests.support.waiting import PATIENCE, eventually


class Watched:
    """A process of `module` with arguments, with `environment` added to our own."""

    def __init__(self, directory: Path, arguments: Sequence[str], **environment: str) -> None:
        self._arguments = arguments
        self._environment = environment
        self._output = directory / f"process-{uuid4().hex}.log"
        self.start()

    def start(self) -> None:
        with self._output.open("ab") as output:
            self.process = psutil.Popen(
                [sys.executable, "-m", *self._arguments],
                cwd=CHECKOUT,
                env=os.environ | {"PYTHONPATH": f"{CHECKOUT}:{CHECKOUT / 'deploy'}"} | self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    @property
    def output(self) -> str:
        return self._output.read_text()

    def said(self, event: str) -> list[dict[str, Any]]:
        """Its log lines with this event name."""
        lines = [json.loads(line) for line in self.output.splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == event]

    def awaited(self, event: str, within: float = 20.0) -> dict[str, Any]:
        """Wait for the first log line with this event name."""
        eventually(lambda: self.said(event), f"it says {event}", within, self)
        return self.said(event)[0]

    def signalled(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ended(self, within: float = 10.0) -> int:
        """Wait for its end. Returns the exit code."""
        code: int = self.process.wait(within * PATIENCE)
        return code

    def supervised(self) -> None:
        """Restart it if it has ended, as a supervisor does."""
        if self.process.poll() is not None:
            self.start()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(60)

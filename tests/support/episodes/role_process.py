"""A process of a role, to be killed, paused and watched; what it logs is kept."""

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
from tests.support.waiting import eventually


class Watched:
    """`module` and its arguments, with `environment` beside our own."""

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
        """Its log lines of one name."""
        lines = [json.loads(line) for line in self.output.splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == event]

    def awaited(self, event: str, within: float = 20.0) -> dict[str, Any]:
        """The first log line of this name, as soon as it is there."""
        eventually(lambda: self.said(event), f"it says {event}", within, self)
        return self.said(event)[0]

    def signalled(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ended(self, within: float = 10.0) -> int:
        """Its exit code."""
        code: int = self.process.wait(within)
        return code

    def supervised(self) -> None:
        """What a supervisor does: start it again if it has ended."""
        if self.process.poll() is not None:
            self.start()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

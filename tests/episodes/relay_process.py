"""The relay as a process of its own, to be killed, paused and watched; run as a module it is that process."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil

from tests.infrastructure import CHECKOUT

PUBLIC_URL = "http://127.0.0.1:8000"


class RelayProcess:
    """One relay on one database; what it logs is kept in `output`."""

    def __init__(
        self, url: str, bootstrap: str, networks: list[str], keys_dir: Path, page: int = 500
    ) -> None:
        self._command = [url, bootstrap, ",".join(networks), str(keys_dir), str(page)]
        self._output = keys_dir / f"relay-{uuid4().hex}.log"
        self.start()

    def start(self) -> None:
        with self._output.open("ab") as output:
            self.process = psutil.Popen(
                [sys.executable, "-m", "tests.episodes.relay_process", *self._command],
                cwd=CHECKOUT,
                env=os.environ | {"PYTHONPATH": f"{CHECKOUT}:{CHECKOUT / 'deploy'}"},
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
        eventually(lambda: self.said(event), f"the relay says {event}", within, self)
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


def eventually(
    holds: Callable[[], object], what: str, within: float = 20.0, relay: RelayProcess | None = None
) -> None:
    """Await a condition."""
    deadline = time.monotonic() + within
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s: {what}\n{relay.output if relay else ''}")
        time.sleep(0.02)


def _main(url: str, bootstrap: str, networks: str, keys_dir: str, page: str) -> None:
    import structlog

    from episodes.adapters.keys import keyring
    from episodes.adapters.relaying import run_relay

    structlog.configure(processors=[structlog.processors.add_log_level, structlog.processors.JSONRenderer()])
    run_relay(
        database_url=url,
        bootstrap=bootstrap,
        networks=networks.split(","),
        unwrap=keyring(Path(keys_dir), uuid4, may_create=False).unwrap,
        public_url=PUBLIC_URL,
        log=structlog.get_logger(),
        page=int(page),
    )


if __name__ == "__main__":
    _main(*sys.argv[1:])

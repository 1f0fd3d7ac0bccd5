"""`make run` as a process, on ports and data of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil

from laptop.postgres import EmbeddedPostgres
from tests.support.waiting import PATIENCE

CHECKOUT = Path(__file__).parents[2]
STARTS_WITHIN = 120.0
KEEPS_RUNNING = "Everything keeps running"


class Laptop:
    """Everything on one machine; what it printed is in `said`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir(exist_ok=True)
        self._output = home / "output"
        self._process: subprocess.Popen[bytes] | None = None
        names = ("EPISODES_PORT", "NOTIFICATIONS_PORT", "PARTNER_PORT")
        self.ports = dict(zip(names, _free_ports(len(names)), strict=True))

    @property
    def environment(self) -> Mapping[str, str]:
        path = os.pathsep.join([str(CHECKOUT / "deploy"), str(CHECKOUT), os.environ.get("PYTHONPATH", "")])
        ports = {name: str(port) for name, port in self.ports.items()}
        return {**os.environ, **ports, "CARE_HOME": str(self.home), "PYTHONPATH": path}

    @property
    def said(self) -> str:
        return self._output.read_text()

    def address(self, service: str) -> str:
        return f"http://127.0.0.1:{self.ports[f'{service.upper()}_PORT']}"

    def token(self, role: str) -> str:
        """As it was kept in a file, because the output is no terminal."""
        [file] = re.findall(r"^  \. (\S+)$", self.said, re.MULTILINE)
        lines = Path(file).read_text().splitlines()
        return next(it for it in lines if it.startswith(f"{role}=")).partition("=")[2]

    def start(self, **asked: str) -> None:
        """Return when the case was walked."""
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "laptop"],
                env={**self.environment, **asked},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        eventually(lambda: KEEPS_RUNNING in self.said or not self.runs, STARTS_WITHIN, lambda: self.said)
        assert self.runs, self.said

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def walk(self, case: str) -> str:
        """Walk a case through what runs already, and return what was printed."""
        keys = self.home / "keys"
        where = {
            "EPISODES_KEYS_DIR": str(keys / "episodes"),
            "EPISODES_JWKS_FILE": str(keys / "jwks.json"),
        }
        done = subprocess.run(
            [sys.executable, "-m", "demo", case],
            env={**self.environment, **where},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def kill_role(self, *words: str) -> None:
        """`kill -9` of the role's process."""
        assert self._process is not None
        children = psutil.Process(self._process.pid).children()
        (victim,) = (child for child in children if _runs(child, words))
        victim.kill()

    def kill_server(self) -> None:
        """`kill -9` of PostgreSQL."""
        pid = int((self.home / "postgres" / "postmaster.pid").read_text().split()[0])
        psutil.Process(pid).kill()

    def stop(self) -> float:
        """Ctrl-C; gives the seconds until everything was gone."""
        assert self._process is not None
        begun = time.monotonic()
        self._process.send_signal(signal.SIGINT)
        assert self._process.wait(20 * PATIENCE) == 0, self.said
        return time.monotonic() - begun

    def close(self) -> None:
        """Leave nothing behind, however a test ended."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(60)
            except subprocess.TimeoutExpired:
                self._process.kill()
        EmbeddedPostgres(self.home / "postgres").end_leftover()


def eventually(condition: Callable[[], object], seconds: float, saying: Callable[[], str]) -> None:
    deadline = time.monotonic() + seconds * PATIENCE
    while not condition():
        assert time.monotonic() < deadline, saying()
        time.sleep(0.1)


def _free_ports(count: int) -> list[int]:
    """Chosen by the system, all at once so that they differ."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _runs(process: psutil.Process, words: tuple[str, ...]) -> bool:
    """Whether it lives and its command ends so; one that ended while we look does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE and tuple(process.cmdline()[-2:]) == words
    except psutil.NoSuchProcess:
        return False

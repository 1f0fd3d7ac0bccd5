"""Keeps everything running on one machine: the embedded PostgreSQL, which only it uses, and every role."""

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import httpx

from demo.setting import Setting
from demo.tokens import HOURS, token
from laptop.children import Child, stop
from laptop.postgres import EmbeddedPostgres
from laptop.roles import Plan, Role, keys_environment, service_tokens_file

STOP_SECONDS = 1.5
READY_SECONDS = 60.0
_LOOK = 0.2
_LOOK_AT_SERVER = 1.0
_UNWELL_LIMIT = 3
_RENEW = HOURS * 3600 / 4


class Failed(Exception):
    """Something cannot run. The message says what, and where to look."""


class Stopped(Exception):
    """A signal told us to stop."""


class Supervisor:
    """The owner of the server and of the processes, in one thread."""

    def __init__(self, plan: Plan, server: EmbeddedPostgres, setting: Setting, home: Path) -> None:
        self._plan = plan
        self._server = server
        self._setting = setting
        self._home = home
        self._children: list[Child] = []
        self._asked_to_stop = 0
        self._begun = time.monotonic()
        self._unwell = 0
        self._server_seen = self._tokens_made = 0.0

    def run(self, walk: Role | None) -> None:
        """Start everything, walk the case, and keep it running until told to stop. Raises `Failed`."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # respect nohup
                signal.signal(number, self._ask_to_stop)
        try:
            self._start()
            walking = self._walk(walk)
            while True:
                self._look()
                walking = walking and self._still_walking(walking)
                self._pause(_LOOK)
        except Stopped:
            pass
        finally:
            self._stop()

    def _start(self) -> None:
        (self._home / "log").mkdir(parents=True, exist_ok=True)
        self._server.start()
        self._server.create_databases()
        self._say("PostgreSQL is up")
        self._finish(self._plan.migrations, meanwhile=self._write_service_tokens)
        self._finish(self._plan.topics)
        self._say("both databases are migrated")
        for role in self._plan.roles:
            self._child(role)
        self._until_ready()

    def _until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        for role in self._plan.roles:
            while role.ready is not None and not _answers(role.ready):
                if time.monotonic() > deadline:
                    raise Failed(
                        f"{role.name} is not ready after {READY_SECONDS:.0f} s: see {self._log(role)}"
                    )
                self._look()
                self._pause(0.05)
        self._say(", ".join(role.name for role in self._plan.roles) + ": running")

    def _finish(self, roles: tuple[Role, ...], meanwhile: Callable[[], None] = lambda: None) -> None:
        """Run these commands concurrently, each to its end."""
        children = [self._child(role) for role in roles]
        meanwhile()
        for child in children:
            while not child.ended:
                self._pause(0.05)
            self._children.remove(child)
            if child.process is None or child.process.returncode != 0:
                raise Failed(f"{child.role.name} failed: see {child.log}")

    def _child(self, role: Role, log: bool = True) -> Child:
        child = Child(role, self._log(role) if log else None)
        child.start()
        self._children.append(child)
        return child

    def _walk(self, role: Role | None) -> Child | None:
        return None if role is None else self._child(role, log=False)

    def _still_walking(self, walk: Child) -> Child | None:
        if not walk.ended:
            return walk
        status = walk.died()
        failed = f"The walk ended with {status}. " if status else ""
        print(f"\n{failed}Everything keeps running; Ctrl-C stops it.", flush=True)
        return None

    def _look(self) -> None:
        """Restart whatever died."""
        now = time.monotonic()
        if now - self._server_seen > _LOOK_AT_SERVER:
            self._server_seen = now
            self._look_at_server()
        if time.time() - self._tokens_made > _RENEW:
            self._write_service_tokens()
        for child in self._children:
            if child.log is None:
                continue  # the walk runs only once
            status = child.died()
            if status is not None:
                self._say(f"{child.role.name} ended with {status} and is started again: see {child.log}")
            child.restart_if_due()

    def _look_at_server(self) -> None:
        self._unwell = 0 if self._server.healthy() else self._unwell + 1
        if self._unwell == 0 or (self._server.pid is not None and self._unwell < _UNWELL_LIMIT):
            return
        self._say("PostgreSQL does not answer and is started again")
        self._server.stop()
        self._server.start()
        self._unwell = 0
        self._say("PostgreSQL is up")

    def _write_service_tokens(self) -> None:
        """Issue tokens long before the old ones expire. The services read the replaced file again."""
        file = service_tokens_file(self._home)
        file.parent.mkdir(parents=True, exist_ok=True)
        staged = file.with_suffix(".new")
        staged.touch(mode=0o600)
        staged.write_text(
            json.dumps({self._setting.network: token("service", self._setting, keys_environment(self._home))})
        )
        staged.replace(file)
        self._tokens_made = time.time()  # tokens expire by the wall clock, even while a laptop sleeps

    def _stop(self) -> None:
        """Stop the services first, so that the server has no sessions to wait for."""
        begun, was_up = time.monotonic(), self._server.pid is not None
        if was_up:
            why = f" ({signal.Signals(self._asked_to_stop).name})" if self._asked_to_stop else ""
            print(f"stopping{why}", flush=True)
        stop(self._children, STOP_SECONDS)
        self._server.stop()
        if was_up:
            print(f"stopped in {time.monotonic() - begun:.1f} s; what was recorded is kept", flush=True)

    def _pause(self, seconds: float) -> None:
        if self._asked_to_stop:
            raise Stopped
        time.sleep(seconds)

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self._asked_to_stop = number

    def _log(self, role: Role) -> Path:
        return self._home / "log" / f"{role.name}.log"

    def _say(self, what: str) -> None:
        print(f"{time.monotonic() - self._begun:6.1f} s  {what}", flush=True)


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=2, trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False

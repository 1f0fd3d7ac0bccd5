"""Reports what this machine lacks, with the remedy, before anything is started.

Runs on any Python 3, before a package is installed: with the standard library and old syntax only.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import NamedTuple

PORTS = (("EPISODES_PORT", 8000), ("NOTIFICATIONS_PORT", 8001), ("PARTNER_PORT", 8002))
SYSTEMS = [(system, machine) for system in ("Linux", "Darwin") for machine in ("x86_64", "aarch64", "arm64")]
GLIBC = (2, 28)
JAVA = 17


class Lack(NamedTuple):
    """Something missing. If it is essential the task fails, otherwise part of the task is skipped."""

    what: str
    remedy: str
    essential: bool = True


def main(task: str = "") -> int:
    """Exit with status 1 if something essential for the task (`run`, `test`, or both) is missing."""
    lacks = [lack for check in CHECKS[task] for lack in check()]
    for what, remedy, essential in lacks:
        print(f"{'missing' if essential else 'warning'}: {what}\n    {remedy}")
    if any(lack.essential for lack in lacks):
        return 1
    print(f"doctor: Python {platform.python_version()}, and all that is essential is here")
    return 0


def python() -> Iterator[Lack]:
    """Whether Python is new enough and can create a virtual environment."""
    if sys.version_info < (3, 11):  # noqa: UP036 - reported to users of an older one
        found = platform.python_version()
        yield Lack(f"Python 3.11 or newer (found {found})", "install it, or: make PYTHON=/path/to/python3")
    elif not all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        package = "python{}.{}-venv".format(*sys.version_info[:2])
        yield Lack("Python's venv module, or pip for it", f"Debian, Ubuntu: apt install {package}")


def tools() -> Iterator[Lack]:
    """The programs that the Makefile calls."""
    for tool in ("git", "make"):
        if shutil.which(tool) is None:
            yield Lack(tool, f"Debian, Ubuntu: apt install {tool}; macOS: xcode-select --install")


def embedded_postgres() -> Iterator[Lack]:
    """Whether the wheel of the embedded server exists for this system."""
    system, machine = platform.system(), platform.machine()
    elsewhere = "use a machine that has them, or containers: make up"
    if (system, machine) not in SYSTEMS:
        what = (
            f"the embedded PostgreSQL needs Linux or macOS on x86-64 or ARM64 (found {system} on {machine})"
        )
        yield Lack(what, elsewhere)
    elif system == "Linux" and _glibc() < GLIBC:
        yield Lack("the embedded PostgreSQL needs glibc {}.{} or newer".format(*GLIBC), elsewhere)


def ports() -> Iterator[Lack]:
    """Whether the ports are free, so that a run does not stop half-way."""
    for name, usual in PORTS:
        given = os.environ.get(name, str(usual))
        port = int(given) if given.isascii() and given.isdigit() else -1
        if not 0 <= port <= 65_535:
            yield Lack(f"{name} is no port: {given}", f"choose one from 1 to 65535: make run {name}={usual}")
        elif _in_use(port):
            remedy = f"stop what listens there, or choose another one: make run {name}={port + 100}"
            yield Lack(f"port {port} is in use", remedy)


def broker() -> Iterator[Lack]:
    """Whether something can run Kafka for the tests."""
    if os.environ.get("CARE_TEST_KAFKA") or _docker_answers():
        return
    remedy = "start Docker, or: apt install openjdk-17-jre-headless maven (macOS: brew install openjdk maven)"
    if not shutil.which("java") or not shutil.which("mvn"):
        yield Lack("neither Docker nor Java and Maven: the Kafka tests are left out", remedy, _in_ci())
    elif _java_version() < JAVA:
        yield Lack(f"Java {JAVA} or newer: the Kafka tests would fail", remedy)


CHECKS = {
    "": (python, tools, embedded_postgres, ports, broker),
    "run": (python, tools, embedded_postgres, ports),
    "test": (python, tools, embedded_postgres, broker),
}


def _glibc() -> tuple[int, ...]:
    library, version = platform.libc_ver()
    return tuple(int(number) for number in version.split(".")[:2]) if library == "glibc" else (0, 0)


def _in_use(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _docker_answers() -> bool:
    return bool(shutil.which("docker")) and _output("docker", "info") != ""


def _java_version() -> int:
    found = re.search(r'version "(\d+)', _output("java", "-version"))
    return int(found.group(1)) if found else 0


def _output(*command: str) -> str:
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode(errors="replace")


def _in_ci() -> bool:
    return os.environ.get("CI") == "true"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""The composition root of `make run`: `python -m laptop` starts everything on this machine and runs CASE."""

import os
import sys
from pathlib import Path

from demo.addresses import Addresses
from demo.checking import read_script
from demo.scripts import DEFAULT, NONE, NotUnderstood, UnknownCase
from demo.setting import read_setting
from demo.tokens import NoToken
from laptop import doctor
from laptop.postgres import EmbeddedPostgres, PostgresFailed
from laptop.roles import plan, walking
from laptop.supervisor import Failed, Supervisor
from laptop.unprivileged import PostgresUnavailable, server_home

CHECKOUT = Path(__file__).parents[2]


def main() -> int:
    """Run until told to stop. Reports a failure in one sentence."""
    try:
        run()
    except (UnknownCase, NotUnderstood, Failed, PostgresFailed, PostgresUnavailable, NoToken) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def run() -> None:
    """Start everything and run CASE (a name, part of one, the path of a script, or `none`)."""
    setting, addresses = read_setting(), Addresses.of()
    case = os.environ.get("CASE") or DEFAULT
    if case != NONE:
        read_script(case, setting)
    for lack in doctor.ports():
        raise Failed(f"{lack.what}: {lack.remedy}")
    home = Path(os.environ.get("CARE_HOME", CHECKOUT / "var")).resolve()
    server = EmbeddedPostgres((home if "CARE_HOME" in os.environ else server_home(CHECKOUT)) / "postgres")
    kafka = os.environ.get("KAFKA_BOOTSTRAP")
    processes = plan(addresses, server, home, kafka, setting.network)
    Supervisor(processes, server, setting, home).run(walking(addresses, home))


if __name__ == "__main__":
    sys.exit(main())

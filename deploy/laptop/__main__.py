"""The composition root of everything that `make run` starts: `python -m laptop run|walk|partner`."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

import httpx
from aiohttp import web

from demo.addresses import HOST, Addresses
from demo.api import Refused
from demo.partner.endpoint import DemoPartner, Ledger
from demo.partner.subscribing import Subscribing
from demo.scripts import DEFAULT, Case, UnknownCase, read_case
from demo.setting import read_setting
from demo.tokens import NoToken, token
from demo.walk import walk
from laptop import doctor
from laptop.postgres import EmbeddedPostgres, PostgresFailed
from laptop.roles import plan, walking
from laptop.supervisor import Failed, Supervisor
from laptop.unprivileged import PostgresUnavailable, server_home

CHECKOUT = Path(__file__).parents[2]
NONE = "none"


def main() -> int:
    """One of the three; what goes wrong is said in a sentence."""
    asked = _parser().parse_args()
    try:
        RUNS[asked.what]()
    except (UnknownCase, Failed, PostgresFailed, PostgresUnavailable, NoToken, Refused) as problem:
        print(problem, file=sys.stderr)
        return 1
    except httpx.TransportError as problem:
        print(f"{problem.request.url} does not answer: {problem}", file=sys.stderr)
        return 1
    return 0


def run() -> None:
    """Start everything on this machine and walk CASE (a name, part of one, or none)."""
    _case()
    for lack in doctor.ports():
        raise Failed(f"{lack.what}: {lack.remedy}")
    setting, addresses = read_setting(), Addresses.of()
    home = _home()
    server = EmbeddedPostgres((home if "CARE_HOME" in os.environ else server_home(CHECKOUT)) / "postgres")
    kafka = os.environ.get("KAFKA_BOOTSTRAP")
    processes = plan(addresses, server, home, kafka, setting.network)
    Supervisor(processes, server, setting, home).run(walking(addresses, home))


def run_walk() -> None:
    """Walk CASE through services that run already; AGAIN=1 takes a new client."""
    walk(read_setting(), Addresses.of(), _case(), again=os.environ.get("AGAIN", "") not in ("", "0"))


def run_partner() -> None:
    """The demo partner: subscribes, verifies webhooks, shows what it got."""
    setting, addresses = read_setting(), Addresses.of()
    files = Path(os.environ.get("PARTNER_DIR", _home() / "partner"))
    files.mkdir(parents=True, exist_ok=True)
    subscribing = Subscribing(
        addresses.notifications,
        addresses.webhooks,
        lambda: token("partner", setting),
        files / "subscription.json",
    )
    app = DemoPartner(Ledger(files / "received.jsonl"), subscribing).app()
    host = os.environ.get("PARTNER_HOST", HOST)
    web.run_app(app, host=host, port=urlsplit(addresses.partner).port, print=None, access_log=None)


RUNS: Mapping[str, Callable[[], None]] = MappingProxyType(
    {"run": run, "walk": run_walk, "partner": run_partner}
)


def _home() -> Path:
    """Where data, keys and logs are: CARE_HOME, else var/ of the checkout."""
    return Path(os.environ.get("CARE_HOME", CHECKOUT / "var")).resolve()


def _case() -> Case | None:
    """Named by CASE; raises `UnknownCase`."""
    name = os.environ.get("CASE") or DEFAULT
    return None if name == NONE else read_case(name)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="laptop",
        description="Everything on one machine. In the environment: CASE, AGAIN, EPISODES_PORT,"
        " NOTIFICATIONS_PORT, PARTNER_PORT (or ..._URL), KAFKA_BOOTSTRAP, CARE_HOME.",
    )
    whats = parser.add_subparsers(dest="what", required=True, metavar="run|walk|partner")
    for name, runs in RUNS.items():
        whats.add_parser(name, help=runs.__doc__, description=runs.__doc__)
    return parser


if __name__ == "__main__":
    sys.exit(main())

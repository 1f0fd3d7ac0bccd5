"""`python -m demo [CASE]`: sends a case through services that are already running."""

import argparse
import os
import sys

import httpx

from demo.addresses import Addresses
from demo.api import Refused
from demo.checking import read_script
from demo.scripts import DEFAULT, NONE, NotUnderstood, UnknownCase
from demo.setting import read_setting
from demo.tokens import NoToken
from demo.walk import walk


def main() -> int:
    """Walk the case. Reports a failure in one sentence."""
    asked, setting = _parser().parse_args(), read_setting()
    try:
        script = None if asked.case == NONE else read_script(asked.case, setting)
        walk(setting, Addresses.of(), script, asked.again)
    except (UnknownCase, NotUnderstood, NoToken, Refused) as problem:
        print(problem, file=sys.stderr)
        return 1
    except httpx.TransportError as problem:
        print(f"{problem.request.url} does not answer: {problem}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="demo",
        description="Walks a case through services that run already. In the environment: CASE, AGAIN,"
        " EPISODES_PORT, NOTIFICATIONS_PORT, PARTNER_PORT (or ..._URL).",
    )
    parser.add_argument(
        "case",
        nargs="?",
        default=os.environ.get("CASE") or DEFAULT,
        help=f"part of the name of a published case, the path of a script, or {NONE!r}; else {DEFAULT}",
    )
    parser.add_argument(
        "--again",
        action="store_true",
        default=os.environ.get("AGAIN", "") not in ("", "0"),
        help="with a new client",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())

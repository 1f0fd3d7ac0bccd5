"""The command line of the service: its roles and the operator's commands, with their arguments."""

import argparse
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

from care_platform import key_commands
from episodes.domain.roles import Role
from episodes.event_log.keyring import KINDS
from episodes.publishing.topics import PARTITIONS, REPLICATION

Command = Callable[[Any, argparse.Namespace], None]
"""What a role or command does with the settings and its arguments; its docstring is its help."""


def parser(commands: Mapping[str, Command]) -> argparse.ArgumentParser:
    """Reads a command line, and sets `run` to one of the commands, which are named as they are called."""
    parser = argparse.ArgumentParser(
        prog="episodes", description="The care-episodes service. Settings: EPISODES_… in the environment."
    )
    roles = parser.add_subparsers(required=True, metavar="ROLE")

    def added(name: str, to: Any = roles, **more: str) -> argparse.ArgumentParser:
        run = commands[name]
        role: argparse.ArgumentParser = to.add_parser(
            name, **{"help": run.__doc__, "description": run.__doc__, **more}
        )
        role.set_defaults(run=run)
        return role

    for name in ("api", "relay", "rejudge", "openapi"):
        added(name)
    _migrate(added("migrate"))
    added("restored", help="begin a new epoch after a backup was restored")
    added("project").add_argument(
        "--rebuild", action="store_true", help="build the lists anew beside the live ones, swap, end"
    )
    key_commands.add_parser(roles, commands["keys"], KINDS)
    _topics(added("topics"))
    retire = added("retire-network")
    retire.add_argument("network", help="the network's name")
    retire.add_argument("--yes", action="store_true", help="there is no way back, and that is meant")
    token = roles.add_parser("token", help=commands["issue"].__doc__)
    actions = token.add_subparsers(required=True, metavar="ACTION")
    _issue(added("issue", actions, help="print a token"))
    return parser


def _migrate(migrate: argparse.ArgumentParser) -> None:
    migrate.add_argument(
        "--all-replaced",
        action="store_true",
        help="no process of an earlier release runs any more: what those cannot read may be written",
    )
    migrate.add_argument(
        "--retire-app-role",
        action="store_true",
        help="every process has a role of its own: take all rights from the one they shared before",
    )


def _topics(topics: argparse.ArgumentParser) -> None:
    topics.add_argument("--partitions", type=int, default=PARTITIONS, help=f"default {PARTITIONS}")
    topics.add_argument(
        "--replication", type=int, default=REPLICATION, help=f"default {REPLICATION}; 3 in production"
    )
    topics.add_argument("--alter", action="store_true", help="change the settings of topics that differ")
    topics.add_argument(
        "--accept-partitions",
        action="store_true",
        help="let the relay send to as many partitions as there are now, although events of one episode may"
        " then be read in another order",
    )


def _issue(issue: argparse.ArgumentParser) -> None:
    issue.add_argument("--role", required=True, choices=[role.value for role in Role])
    issue.add_argument("--network", default="demo", help="default: demo")
    issue.add_argument("--sub", type=UUID, default=uuid4(), help="staff or partner id")
    issue.add_argument("--organisation", type=UUID, help="a partner's id")
    issue.add_argument("--clinics", type=UUID, nargs="*", help="clinics it may act for")
    issue.add_argument("--hours", type=float, default=12, help="validity, default 12")

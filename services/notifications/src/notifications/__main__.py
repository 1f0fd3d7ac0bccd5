"""The composition root: the only module that assembles the roles."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import uvloop
from pydantic import ValidationError

from care_platform import crash_points, key_commands, process
from care_platform.key_commands import KeyStore
from care_platform.postgres.connecting import why_refused
from care_platform.postgres.granting import NotOurs, RolesMissing, StillInUse
from care_platform.postgres.migrations import StoreBeyond
from notifications.config import Settings
from notifications.delivering.secret_sealing import KIND, LENGTH, SECRETS
from notifications.migrate import complete, migrate
from notifications.processes import operating, roles
from notifications.processes.app import create_app
from notifications.reacting.missing import CannotGoOn
from notifications.reacting.parked import CannotResolve


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one role. The exit code is 0 only if it was told to end."""
    asked = _parser().parse_args(arguments)
    process.begin(asked.role)
    try:
        settings = Settings()
    except ValidationError as fault:
        return _refuse(fault)
    crash_points.arm(settings.crash_at)
    return _ROLES[asked.role](settings, asked)


def _api(settings: Settings, asked: argparse.Namespace) -> int:
    return uvloop.run(roles.api(settings))


def _consume(settings: Settings, asked: argparse.Namespace) -> int:
    return uvloop.run(roles.consume(settings))


def _deliver(settings: Settings, asked: argparse.Namespace) -> int:
    return uvloop.run(roles.deliver(settings))


def _migrate(settings: Settings, asked: argparse.Namespace) -> int:
    try:
        owner = settings.address("owner_database_url")
        reached = migrate(owner, settings.app_role, asked.retire_app_role, partial(print, flush=True))
    except (RolesMissing, StillInUse, NotOurs, StoreBeyond) as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except psycopg.OperationalError as fault:
        return _refused_by_database(fault, "NOTIFICATIONS_OWNER_DATABASE_URL")
    print("notifications database at revision", reached)
    if asked.all_replaced:
        print("what is written from now on needs processes of revision", complete(owner), "or later")
    return 0


def _refused_by_database(fault: psycopg.Error, setting: str) -> int:
    print(f"the database of {setting}: {why_refused(fault)}", file=sys.stderr)
    return 1


def _openapi(settings: Settings, asked: argparse.Namespace) -> int:
    print(json.dumps(create_app().openapi(), indent=2, sort_keys=True, ensure_ascii=False))
    return 0


def _old_processes(app_role: str, connection: psycopg.Connection[Any]) -> str | None:
    """Processes of earlier releases share one role, and read no numbers of keys."""
    held = "SELECT 1 FROM pg_roles WHERE rolname = %s AND has_table_privilege(oid, 'subscriptions', 'SELECT')"
    if connection.execute(held, (app_role,)).fetchone() is None:
        return None
    return (
        f"{app_role} may still be in use: end its processes, then `notifications migrate --retire-app-role`"
    )


def _keys(settings: Settings, asked: argparse.Namespace) -> int:
    store = KeyStore(
        directory=settings.keys_dir,
        kinds=[KIND],
        sealed=SECRETS,
        length=LENGTH,
        networks=settings.networks,
        address=partial(settings.address, "keys_database_url"),
        may_begin=partial(_old_processes, settings.app_role),
    )
    key_commands.run(store, asked, partial(print, flush=True))
    return 0


def _parked(settings: Settings, asked: argparse.Namespace) -> int:
    try:
        lines = uvloop.run(operating.parked(settings, asked.action, asked.id))
    except CannotResolve as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except psycopg.Error as fault:
        return _refused_by_database(fault, "NOTIFICATIONS_DATABASE_URL")
    print("\n".join(lines))
    return 0


def _missing(settings: Settings, asked: argparse.Namespace) -> int:
    try:
        lines = uvloop.run(operating.missing(settings, asked.episode))
    except CannotGoOn as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except psycopg.Error as fault:
        return _refused_by_database(fault, "NOTIFICATIONS_DATABASE_URL")
    print(*lines, sep="\n")
    return 0


_ROLES: Mapping[str, Callable[[Settings, argparse.Namespace], int]] = {
    "api": _api,
    "consume": _consume,
    "deliver": _deliver,
    "keys": _keys,
    "migrate": _migrate,
    "missing": _missing,
    "openapi": _openapi,
    "parked": _parked,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "notifications", description="Settings: NOTIFICATIONS_... in the environment."
    )
    role = parser.add_subparsers(dest="role", required=True, metavar="ROLE")
    role.add_parser("api", help="serve subscriptions, delivery log and inbox over HTTP")
    role.add_parser("consume", help="take in published events and write down what is owed")
    role.add_parser("deliver", help="send webhooks that are due")
    key_commands.add_parser(role, _keys, [KIND])
    migrating = role.add_parser("migrate", help="bring the tables up to date, as their owner")
    migrating.add_argument(
        "--all-replaced",
        action="store_true",
        help="no process of an earlier release runs any more: what those cannot read may be written",
    )
    migrating.add_argument(
        "--retire-app-role",
        action="store_true",
        help="every process has a role of its own: take all rights from the one they shared before",
    )
    _add_missing(role)
    role.add_parser("openapi", help="print the OpenAPI document")
    parked = role.add_parser("parked", help="messages that could not be taken in").add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    parked.add_parser("list", help="show what waits for an operator").set_defaults(id=0)
    for action, what in (("replay", "take it in now"), ("dismiss", "give it up")):
        words = f"{what}, and then what followed it in its episode"
        command = parked.add_parser(action, help=words, description=words)
        command.add_argument("id", type=int, help="the number that `list` shows first")
    return parser


def _add_missing(role: Any) -> None:
    missing = role.add_parser("missing", help="published events that did not arrive").add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    missing.add_parser("list", help="show the episodes that wait for them").set_defaults(episode=None)
    going_on = missing.add_parser(
        "go-on",
        help="take in what an episode holds although something is missing",
        description="Nobody is told of what is missing. If it comes after all, it is taken in late.",
    )
    going_on.add_argument("episode", type=UUID, help="the id of the episode")


def _refuse(fault: ValidationError) -> int:
    """Names the settings that are wrong, never their values."""
    for error in fault.errors(include_input=False):
        name = "_".join(str(part) for part in error["loc"]).upper()
        print(f"NOTIFICATIONS_{name}: {error['msg']}" if name else error["msg"], file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())

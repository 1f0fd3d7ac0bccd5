"""The commands `keys add`, `keys list`, `keys rotate` and `keys retire` of a service."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.errors import InsufficientPrivilege

from care_platform.key_files import KeyUnavailable
from care_platform.numbered_keys import NumberedKeys, NumberedSeal, SealingKey, add_key, key_file
from care_platform.postgres.connecting import connect
from care_platform.postgres.key_rotation import Refused, Sealed, begin, in_use, retire, seal_anew
from care_platform.process import EXIT_TRY_AGAIN

_HELP = {
    "add": "make the key that follows the newest one, to be copied to every host before `rotate`",
    "list": "show the keys in use, and whether each is here",
    "rotate": "seal with the newest key from now on, and seal anew what older ones have; repeat it to go on",
    "retire": "take a key out of use that nothing stored needs",
}

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyStore:
    """The keys of one service, and where it keeps what they seal. `kinds` are the names for `keys add`."""

    directory: Path
    kinds: Sequence[str]
    sealed: Sealed
    length: int
    """The length of each value that is sealed, in bytes."""
    networks: Sequence[str]
    address: Callable[[], str]
    """The address of the database. It may end the program with an explanation."""
    may_begin: Callable[[Connection[Any]], str | None] = lambda _: None
    """Why nothing may be sealed with another key yet, if so."""

    @property
    def kind(self) -> str:
        """The kind of key that seals, the first one."""
        return self.kinds[0]


def add_parser(roles: Any, run: Callable[..., object], kinds: Sequence[str]) -> None:
    """Add `keys` with its actions to the commands of a service."""
    what = "change the key that seals what is stored (docs/keys.md)"
    parser = roles.add_parser("keys", help=what, description=what)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    parsers: Mapping[str, argparse.ArgumentParser] = {
        name: actions.add_parser(name, help=words, description=words) for name, words in _HELP.items()
    }
    parser.set_defaults(run=run)
    if len(kinds) > 1:
        words = f"which kind of key, default {kinds[0]}"
        parsers["add"].add_argument("--what", choices=kinds, default=kinds[0], help=words)
    parsers["retire"].add_argument("number", type=int, help="the number of the key")


def run(store: KeyStore, arguments: argparse.Namespace, say: Say) -> None:
    """Do what was asked. Ends the program with an explanation and 1 if it is refused or something is left
    undone, with `EXIT_TRY_AGAIN` if the database was lost.
    """
    try:
        _do(store, arguments, say)
    except (Refused, KeyUnavailable) as refusal:
        raise SystemExit(str(refusal)) from None
    except InsufficientPrivilege as lacking:
        raise SystemExit(
            f"the role of this database address may not do this: {lacking.diag.message_primary}"
        ) from None
    except psycopg.OperationalError as lost:
        sys.stderr.write(f"the database was lost ({type(lost).__name__}): run it again, it goes on\n")
        raise SystemExit(EXIT_TRY_AGAIN) from None
    except KeyboardInterrupt:
        raise SystemExit("stopped; run it again, it goes on") from None


def _do(store: KeyStore, arguments: argparse.Namespace, say: Say) -> None:
    match arguments.action:
        case "add":
            _add(store, getattr(arguments, "what", store.kind), say)
        case "list":
            _within(store, lambda connection: _list(store, connection, say))
        case "rotate":
            _within(store, lambda connection: _rotate(store, connection, say))
        case "retire":
            _within(store, lambda connection: _retire(store, connection, arguments.number, say))


def _within(store: KeyStore, work: Callable[[Connection[Any]], None]) -> None:
    try:
        connection = connect(store.address(), autocommit=True, connect_timeout=5, answers_within=None)
    except psycopg.ProgrammingError:  # its message quotes the address, and so the password
        raise Refused("the address of the database cannot be read") from None
    with connection:
        work(connection)


def _add(store: KeyStore, kind: str, say: Say) -> None:
    path = add_key(store.directory, kind)
    say(f"{path} is made. Back it up, and copy it to every host (mode 600).")
    if kind == store.kind:
        say("Nothing uses it before `keys rotate`.")
    else:
        say("A process uses it from its next start: restart none before every host has it.")


def _list(store: KeyStore, connection: Connection[Any], say: Say) -> None:
    keys = _keys(store)
    known = in_use(connection, store.sealed)
    for each in known:
        try:
            fits = keys[each.number].fingerprint == each.fingerprint or each.fingerprint is None
            here = "here" if fits else "another key is here in its place"
        except KeyUnavailable:
            here = "MISSING"
        use = "seals what is new" if each == known[-1] else "opens what it sealed"
        say(f"{key_file(Path(), store.kind, each.number)}  {use}  {here}")
    for number in sorted(keys.keys() - {each.number for each in known}):
        say(f"{key_file(Path(), store.kind, number)}  not in use")


def _rotate(store: KeyStore, connection: Connection[Any], say: Say) -> None:
    if reason := store.may_begin(connection):
        raise Refused(reason)
    keys = _keys(store)
    newest = begin(connection, store.sealed, keys)
    say(f"{key_file(Path(), store.kind, newest.number)} seals what is new")
    unopened = seal_anew(connection, store.sealed, NumberedSeal(keys, store.length), store.networks, say)
    if unopened:
        shown = ", ".join(f"{network} {identifier}" for network, identifier in unopened[:5])
        raise Refused(f"{len(unopened)} open with no key that is here, and are left as they were: {shown}")
    say("done; `keys retire` takes an older key out of use")


def _retire(store: KeyStore, connection: Connection[Any], number: int, say: Say) -> None:
    retire(connection, store.sealed, number)
    say(
        f"number {number} is out of use. Keep its file with the backups of the database made so far, which"
        f" need it; take {key_file(Path(), store.kind, number)} from the hosts, and restart their processes."
    )


def _keys(store: KeyStore) -> NumberedKeys[SealingKey]:
    if not store.directory.is_dir():
        raise Refused(f"{store.directory} is not there")
    return NumberedKeys(store.directory, store.kind, SealingKey)

"""`python -m bench`: every measurement, side by side, in one table; under five minutes.

FULL=1 takes more and longer rounds. Ratios are the claim; absolute figures are this machine's and hour's.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench import asof, commands, lists, relay
from bench.table import Row
from bench.table import lines as lines_of
from tests.infrastructure import NoServer, find_kafka, find_postgres, make_run_dir, remove_run_dir
from tests.servers.postgres import PostgresServer

KINDS = ("asof", "commands", "lists", "relay")
RESULTS = Path(__file__).with_name("results")


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("only", nargs="*", choices=[*KINDS, []], help="default: all")
    only = parser.parse_args().only or list(KINDS)
    rounds, seconds = (5, 20) if os.environ.get("FULL") else (3, 8)
    rows = list(_measure(only, rounds, seconds))
    print(*lines_of(rows), sep="\n")
    _keep(rows)


def _measure(only: list[str], rounds: int, seconds: int) -> Iterator[Row]:
    if "asof" in only:
        yield from asof.measure(rounds)
    if only == ["asof"]:
        return
    run_dir = make_run_dir()
    postgres = find_postgres(run_dir)
    print(f"{postgres.description}, {os.cpu_count()} cores, {rounds} rounds of {seconds} s", file=sys.stderr)
    try:
        if "commands" in only:
            yield from commands.measure(postgres, rounds, seconds)
        if "lists" in only:
            yield from lists.measure(postgres, rounds, seconds)
        if "relay" in only:
            yield from _relay(postgres, run_dir, rounds)
    finally:
        postgres.close()
        remove_run_dir(run_dir)


def _relay(postgres: PostgresServer, run_dir: Path, rounds: int) -> Iterator[Row]:
    try:
        kafka = find_kafka(run_dir)
    except NoServer as missing:
        print(f"relay: not measured, {missing}", file=sys.stderr)
        return
    try:
        yield from relay.measure(postgres, kafka.bootstrap, rounds)
    finally:
        kafka.close()


def _keep(rows: list[Row]) -> None:
    """The figures with the machine's facts, for the record."""
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    document = {
        "at": now.isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "system": platform.platform(),
            "python": platform.python_version(),
        },
        "rows": [
            {
                "what": row.what,
                "ours": row.ours,
                "anchor": row.anchor_name,
                "anchor_figures": row.anchor,
                "ratios": row.ratios,
                "target": row.target,
            }
            for row in rows
        ],
    }
    (RESULTS / f"{now:%Y%m%dT%H%M%S}.json").write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()

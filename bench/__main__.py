"""`python -m bench`: every measurement, side by side, in one table.

FULL=1 takes more and longer rounds. Ratios are the claim; absolute figures depend on machine and time.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from bench import (
    asof,
    cached_size,
    commands,
    comparing,
    edge,
    fairness,
    growth,
    healing,
    identities,
    latency,
    library,
    lists,
    long_episodes,
    path,
    peers,
    processes,
    reads,
    rebuild,
    rejudging,
    relay,
    results,
    webhooks,
)
from bench.machine import Machine, machine
from bench.table import Line, NotMeasured
from bench.table import lines as lines_of
from tests.support.servers.discovery import NoServer

Measure = Callable[[Machine], Iterator[Line]]

KINDS: Mapping[str, Measure] = MappingProxyType(
    {
        "commands": commands.measure,
        "library": library.measure,
        "processes": processes.measure,
        "latency": latency.measure,
        "fairness": fairness.measure,
        "rebuild": rebuild.measure,
        "asof": asof.measure,
        "rejudging": rejudging.measure,
        "growth": growth.measure,
        "edge": edge.measure,
        "long_episodes": long_episodes.measure,
        "cached_size": cached_size.measure,
        "lists": lists.measure,
        "identities": identities.measure,
        "reads": reads.measure,
        "path": path.measure,
        "webhooks": webhooks.measure,
        "healing": healing.measure,
        "comparing": comparing.measure,
        "relay": relay.measure,
        "peers": peers.measure,
    }
)
BY_NAME_ALONE = {"peers"}
"""What fetches programs of others, and so is measured only if it is named."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("only", nargs="*", choices=[*KINDS, []], help="default: all but `peers`")
    only = wanted(parser.parse_args().only)
    full = bool(os.environ.get("FULL"))
    with machine(5, 6, full) if full else machine(3, 4, full) as there:
        facts = there.facts()
        print(*(f"{name} {fact}" for name, fact in facts.items()), sep=", ", file=sys.stderr)
        rows = [row for name in only for row in measured(name, there)]
    print(*lines_of(rows), sep="\n")
    results.keep(rows, facts)


def wanted(named: Sequence[str]) -> Sequence[str]:
    """What a run measures: what is named, or all that a run may do unasked."""
    return named or [name for name in KINDS if name not in BY_NAME_ALONE]


def measured(name: str, there: Machine) -> Iterator[Line]:
    """The rows of a measurement, or the line that says which server is missing for it."""
    print(f"{name} ...", file=sys.stderr)
    try:
        yield from KINDS[name](there)
    except NoServer as missing:
        yield NotMeasured(name, str(missing))


if __name__ == "__main__":
    main()

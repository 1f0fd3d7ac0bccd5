"""`make check` compares today's documents with those released; `make release-contracts` releases them."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.support.contract_examples import CONTRACTS
from tests.support.released.releases import NothingReleased, breaks, release

ANEW = "`make release-contracts` writes contracts/released anew"


def main(words: Sequence[str] | None = None) -> int:
    """The exit code, after `words` or else those of the command line."""
    parser = argparse.ArgumentParser(prog="released", description=__doc__)
    parser.add_argument("task", choices=("check", "release"), help="compare, or promise")
    parser.add_argument("--directory", type=Path, default=CONTRACTS, help="where released/ is")
    asked = parser.parse_args(words)
    if asked.task == "release":
        release(asked.directory)
        return 0
    faults = list(_faults(asked.directory))
    print(*faults, sep="\n", end="\n" if faults else "")
    return 1 if faults else 0


def _faults(home: Path) -> Iterator[str]:
    try:
        found = breaks(home)
    except NothingReleased:
        yield f"nothing was released: {ANEW}"
        return
    yield from (f"breaks: {it}" for it in found)
    if found:
        yield f"Keep the promise, or release on purpose what breaks it: {ANEW}"


if __name__ == "__main__":
    sys.exit(main())

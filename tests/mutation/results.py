"""What became of each mutant, as mutmut keeps it beside each mutated file."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "var" / "mutants"
"""Where mutmut finds the tree as it wants it, and makes `mutants` of it."""
MUTATED = PLACE / "mutants"

SURVIVED, KILLED, NO_TESTS, TIMEOUT, REFUSED_BY_TYPES = 0, 1, 33, 36, 37
NOTICED_LATE = frozenset({TIMEOUT, 24, -24, 152, 255})
"""It hangs: mutmut stopped it, or the system did."""


@dataclass(frozen=True)
class Mutant:
    """`name` is that of mutmut; no `code` yet if it was not tried."""

    file: Path
    name: str
    code: int | None

    @property
    def module(self) -> str:
        return self.function.rpartition(".")[0]

    @property
    def function(self) -> str:
        return self.name.partition("__mutmut_")[0]

    def is_among(self, patterns: list[str]) -> bool:
        return not patterns or any(fnmatch(self.name, pattern) for pattern in patterns)


def mutants() -> Iterator[Mutant]:
    for file in sorted(MUTATED.glob("src/**/*.meta")):
        for name, code in json.loads(file.read_text())["exit_code_by_key"].items():
            yield Mutant(file, name, code)


def keep(mutant: Mutant, code: int) -> None:
    document = json.loads(mutant.file.read_text())
    document["exit_code_by_key"][mutant.name] = code
    mutant.file.write_text(json.dumps(document, indent=4))

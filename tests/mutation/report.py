"""The score of each module, and each survivor with what it changed."""

import os
from collections import Counter, defaultdict

from mutmut.mutation.diff_apply import get_diff_for_mutant

from tests.mutation.results import (
    KILLED,
    NO_TESTS,
    NOTICED_LATE,
    PLACE,
    REFUSED_BY_TYPES,
    SURVIVED,
    Mutant,
    mutants,
)

COLUMNS = ("mutants", "refused by types", "killed", "hang", "survive", "no test", "score")


def report(patterns: list[str]) -> str:
    tried = [mutant for mutant in mutants() if mutant.is_among(patterns)]
    by_module: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in tried:
        by_module[mutant.module].append(mutant)
    rows = [_row(module, by_module[module]) for module in sorted(by_module)]
    table = [_line("module", COLUMNS), _line("---", ["---:"] * len(COLUMNS)), *rows, _row("all", tried)]
    return "\n".join([*table, "", *map(_shown, filter(_lives, tried))])


def _lives(mutant: Mutant) -> bool:
    return mutant.code in (SURVIVED, NO_TESTS)


def _row(name: str, tried: list[Mutant]) -> str:
    codes = Counter(mutant.code for mutant in tried)
    hang = sum(codes[code] for code in NOTICED_LATE)
    refused, killed = codes[REFUSED_BY_TYPES], codes[KILLED]
    left = len(tried) - refused
    score = f"{(killed + hang) / left:.1%}" if left else "–"
    counts = (len(tried), refused, killed, hang, codes[SURVIVED], codes[NO_TESTS])
    return _line(name, [*map(str, counts), score])


def _line(name: str, cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join([name, *cells])} |"


def _shown(mutant: Mutant) -> str:
    """Its name, and the lines it changed."""
    os.chdir(PLACE)
    path = mutant.file.relative_to(PLACE / "mutants").with_suffix("")
    lines = get_diff_for_mutant(mutant.name, path=path).splitlines()
    changed = [line for line in lines if line[:1] in "+-" and not line.startswith(("+++", "---"))]
    return "\n".join([mutant.name, *changed])

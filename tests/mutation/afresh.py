"""A second look at functions that are called while modules are imported.

mutmut forks with everything imported, so a mutant of such a function would never be called. Here each gets
a process of its own, which imports everything with it.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from mutmut.mutation.file_mutation import filter_mutants_with_type_checker
from mutmut.utils.file_utils import change_cwd

from tests.mutation.plugin import AT_IMPORT
from tests.mutation.results import (
    KILLED,
    MUTATED,
    NO_TESTS,
    PLACE,
    REFUSED_BY_TYPES,
    SURVIVED,
    TIMEOUT,
    Mutant,
    keep,
    mutants,
)

LONGEST = 600.0
"""Seconds for all the quick tests, which is what a survivor takes."""


def unseen(patterns: list[str]) -> list[Mutant]:
    """Those of such functions that nothing has killed so far."""
    functions = set((MUTATED / AT_IMPORT).read_text().split())
    return [
        mutant
        for mutant in mutants()
        if mutant.function in functions and mutant.code in (NO_TESTS, SURVIVED) and mutant.is_among(patterns)
    ]


def settle_by_types(unseen: Sequence[Mutant]) -> None:
    """Ask mypy about the mutants that no test meets, which mutmut does not."""
    if not unseen:
        return
    with change_cwd(PLACE):
        refused = filter_mutants_with_type_checker()
    for mutant in unseen:
        if mutant.name in refused:
            keep(mutant, REFUSED_BY_TYPES)


def look(unseen: Sequence[Mutant], tests: Sequence[str], at_once: int) -> Iterator[Mutant]:
    """Each, once it is tried and kept."""
    if unseen and _tried("", tests) != SURVIVED:
        raise SystemExit("without any mutant a test fails")
    with ThreadPoolExecutor(at_once) as pool:
        trying = {pool.submit(_tried, mutant.name, tests): mutant for mutant in unseen}
        for done in as_completed(trying):
            keep(trying[done], done.result())
            yield trying[done]


def _tried(name: str, tests: Sequence[str]) -> int:
    command = [sys.executable, "-m", "pytest", "--rootdir=.", "--tb=no", "-x", "-q", *tests]
    environment = os.environ | {"MUTANT_UNDER_TEST": name, "PYTHONPATH": "src"}
    try:
        done = subprocess.run(
            command, cwd=MUTATED, env=environment, capture_output=True, timeout=LONGEST, check=False
        )
    except subprocess.TimeoutExpired:
        return TIMEOUT
    return SURVIVED if done.returncode == 0 else KILLED

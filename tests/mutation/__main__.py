"""`make mutants`: lay the tree out for mutmut, run it, look again where it cannot see, and report."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from shutil import rmtree

from tests.mutation.afresh import look, settle_by_types, unseen
from tests.mutation.report import report
from tests.mutation.results import MUTATED, PLACE, ROOT

SOURCES = {
    "episodes": "services/episodes/src/episodes",
    "notifications": "services/notifications/src/notifications",
    "contracts": "contracts/src/contracts",
    "care_platform": "services/platform/src/care_platform",
}
AS_THEY_ARE = ("contracts", "demo", "deploy", "tests", "pyproject.toml")
AT_ONCE = os.cpu_count() or 2


def lay_out() -> None:
    """All sources below one `src`: mutmut takes the path below it for the module's name."""
    (PLACE / "src").mkdir(parents=True, exist_ok=True)
    places = {Path("src", name): source for name, source in SOURCES.items()}
    places |= {Path(name): name for name in AS_THEY_ARE}
    for place, source in places.items():
        (PLACE / place).unlink(missing_ok=True)
        (PLACE / place).symlink_to(ROOT / source)


def main(patterns: list[str]) -> int:
    """`patterns` are names of mutants with stars; none means all: from the beginning, or what is left."""
    lay_out()
    if not patterns and "KEEP" not in os.environ:
        rmtree(MUTATED, ignore_errors=True)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["mutmut", "run", "--max-children", str(AT_ONCE), *patterns]
    if subprocess.run(command, cwd=PLACE, check=False).returncode:
        return 1
    look_again(patterns)
    print(report(patterns))
    return 0


def look_again(patterns: list[str]) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutmut"]
    tests = settings["pytest_add_cli_args"] + settings["pytest_add_cli_args_test_selection"]
    settle_by_types(unseen(patterns))
    again = unseen(patterns)
    for count, _ in enumerate(look(again, tests, AT_ONCE), 1):
        print(f"\rin processes of their own: {count}/{len(again)}", end="", flush=True)
    print()


sys.exit(main(sys.argv[1:]))

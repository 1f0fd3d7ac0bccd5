"""The rules of the tree hold, and the check that watches them is seen to fail where one is broken."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.servers.discovery import CHECKOUT

PACKAGES = {
    "contracts": CHECKOUT / "contracts" / "src" / "contracts",
    "care_platform": CHECKOUT / "services" / "platform" / "src" / "care_platform",
    "episodes": CHECKOUT / "services" / "episodes" / "src" / "episodes",
    "notifications": CHECKOUT / "services" / "notifications" / "src" / "notifications",
    "demo": CHECKOUT / "demo",
    "laptop": CHECKOUT / "deploy" / "laptop",
}
MAX_FILE = 400
OF_LIBRARIES = {"PoolTimeout"}
_NAMED = re.compile(r"`([A-Z][a-z]+(?:[A-Z][a-z]*)+|[\w/]+\.py)`")
"""A class, or a file, between backticks."""
FOREIGN = {
    "a path of one machine": re.compile(r"/(wor[k]|roo[t]|hom[e]|User[s])/[a-z.]"),
    "a package registry": re.compile(
        r"pythonhoste[d]|pyp[i]\.org|npmj[s]\.|apache\.or[g]/maven2|crate[s]\.io|proxy\.golan[g]|debia[n]\.org"
    ),
}


def test_every_import_keeps_the_rules(tmp_path: Path) -> None:
    verdict = _lint_imports(_copy(tmp_path))
    assert verdict.returncode == 0, verdict.stdout


@pytest.mark.parametrize(
    ("module", "statement", "rule"),
    [
        ("episodes/domain", "import fastapi", "The domain of care knows no library"),
        ("episodes/domain/care", "import contracts", "The domain of care knows no library"),
        ("episodes/domain", "import episodes.event_log", "In episodes slices rest on recording"),
        ("episodes/event_log", "import episodes.recording", "In episodes slices rest on recording"),
        ("episodes/publishing", "import episodes.disclosure", "In episodes slices rest on recording"),
        (
            "notifications/reacting",
            "import notifications.subscriptions",
            "In notifications the slices",
        ),
        ("notifications/delivering", "import notifications.reacting", "In notifications the slices"),
        ("notifications/inbox", "import episodes", "The services meet only in the contracts"),
        ("contracts", "import episodes", "The contracts know neither service"),
        ("contracts", "import care_platform", "The contracts know neither service"),
        ("care_platform", "import episodes", "The platform is mechanism alone"),
        ("care_platform", "import contracts", "The platform is mechanism alone"),
        ("episodes/domain", "import care_platform", "The domain of care knows no library"),
        ("laptop", "import notifications", "The laptop drives the services from outside"),
        ("demo", "import laptop", "The demo knows the contracts alone"),
        ("demo", "import episodes", "The demo knows the contracts alone"),
        ("demo", "import tests", "The demo knows the contracts alone"),
        ("demo/partner", "import contracts", "The demo's partner uses nothing"),
        ("notifications/reacting/policies.py", "import psycopg", "What decides in notifications"),
    ],
)
def test_an_import_that_breaks_a_rule_is_seen(tmp_path: Path, module: str, statement: str, rule: str) -> None:
    tree = _copy(tmp_path)
    planted = tree / module if module.endswith(".py") else tree / module / "planted.py"
    with planted.open("a") as file:
        file.write(f"{statement}\n")
    verdict = _lint_imports(tree)
    assert verdict.returncode == 1
    assert re.search(rf"{rule}.* BROKEN", verdict.stdout)
    assert planted.stem in verdict.stdout


def test_the_domain_imports_the_standard_library_and_itself() -> None:
    allowed = sys.stdlib_module_names
    found = {
        name
        for file in (PACKAGES["episodes"] / "domain").rglob("*.py")
        for name in _imports(file)
        if name.split(".")[0] not in allowed and not name.startswith("episodes.domain")
    }
    assert not found


def test_a_benchmark_takes_of_the_tests_their_support_alone() -> None:
    files = [*(CHECKOUT / "bench").rglob("*.py")]
    taken = {name for file in files for name in _imports(file) if name.split(".")[0] == "tests"}
    assert taken
    assert [name for name in taken if not name.startswith("tests.support")] == []


def test_no_file_is_too_long_to_read_at_once() -> None:
    lengths = {file: len(file.read_text().splitlines()) for file in _files() if file.suffix == ".py"}
    assert lengths
    assert {file: lines for file, lines in lengths.items() if lines > MAX_FILE} == {}


@pytest.mark.parametrize("kind", FOREIGN)
def test_nothing_names_where_it_was_made(kind: str) -> None:
    found = [
        f"{file.relative_to(CHECKOUT)}:{number}: {line.strip()[:80]}"
        for file in _files()
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), start=1)
        if FOREIGN[kind].search(line)
    ]
    assert found == []


def test_a_class_or_a_file_that_a_docstring_names_is_there() -> None:
    files = [file for file in _files() if file.suffix == ".py"]
    there = {word for file in files for word in re.findall(r"\w+", _NAMED.sub("", file.read_text()))}
    there |= {part for file in files for part in ("/".join(file.parts[-n:]) for n in (1, 2, 3))}
    stale = {
        (str(file.relative_to(CHECKOUT)), name)
        for file in files
        for text in _docstrings(file)
        for name in _NAMED.findall(text)
        if name not in there and name not in OF_LIBRARIES
    }
    assert stale == set()


def _docstrings(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield text


def _copy(place: Path) -> Path:
    for name, source in PACKAGES.items():
        shutil.copytree(source, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / "pyproject.toml", place)
    return place


def _lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    environment = os.environ | {"PYTHONPATH": str(tree), "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module


def _files() -> list[Path]:
    """What is committed or about to be."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout
    return [file for name in names.split("\0") if name and (file := CHECKOUT / name).is_file()]

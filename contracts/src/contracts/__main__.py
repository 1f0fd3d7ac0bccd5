"""Write the generated files of the published language, or name what is stale or breaks what was released."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from contracts import asyncapi, schemas
from contracts.compatibility.released import NothingReleased, breaks, release

HOME = Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(prog="contracts", description=__doc__)
    parser.add_argument("task", choices=("schemas", "check", "release"), help="write, compare, or promise")
    parser.add_argument("--directory", type=Path, default=HOME, help="where schemas/ and asyncapi.yaml are")
    asked = parser.parse_args()
    match asked.task:
        case "schemas":
            write(asked.directory)
        case "release":
            release(asked.directory)
        case _:
            faults = [*_stale(asked.directory), *_broken(asked.directory)]
            print(*faults, sep="\n", end="\n" if faults else "")
            return 1 if faults else 0
    return 0


def _stale(home: Path) -> Iterator[str]:
    return (f"stale: {path}; `make schemas` writes it anew" for path in sorted(stale_files(home)))


def _broken(home: Path) -> Iterator[str]:
    anew = "`make release-contracts` writes contracts/released anew"
    try:
        found = breaks(home)
    except NothingReleased:
        yield f"nothing was released: {anew}"
        return
    yield from (f"breaks: {it}" for it in found)
    if found:
        yield f"Keep the promise, or release on purpose what breaks it: {anew}"


def write(home: Path) -> None:
    """Every generated file anew; a schema that is generated no more goes."""
    (home / "schemas").mkdir(parents=True, exist_ok=True)
    for path in _orphans(home):
        path.unlink()
    for path, text in _generated(home):
        path.write_text(text, encoding="utf-8")


def stale_files(home: Path) -> Iterator[Path]:
    """What is missing, differs, or is left over."""
    yield from _orphans(home)
    for path, text in _generated(home):
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            yield path


def _generated(home: Path) -> Iterator[tuple[Path, str]]:
    for name, text in schemas.documents():
        yield home / "schemas" / name, text
    yield home / "asyncapi.yaml", asyncapi.document()


def _orphans(home: Path) -> Iterator[Path]:
    wanted = {path for path, _ in _generated(home)}
    return (path for path in sorted((home / "schemas").glob("*.json")) if path not in wanted)


if __name__ == "__main__":
    sys.exit(main())

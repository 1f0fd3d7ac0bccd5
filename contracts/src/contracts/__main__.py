"""Write the generated files of the published language, or name what is stale."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from contracts import asyncapi, schemas
from contracts.asyncapi_messages import Examples

HOME = Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(prog="contracts", description=__doc__)
    parser.add_argument("task", choices=("schemas", "check"), help="write, or compare")
    parser.add_argument("--directory", type=Path, default=HOME, help="where schemas/ and asyncapi.yaml are")
    asked = parser.parse_args()
    if asked.task == "schemas":
        write(asked.directory)
        return 0
    stale = [f"stale: {path}; `make schemas` writes it anew" for path in sorted(stale_files(asked.directory))]
    print(*stale, sep="\n", end="\n" if stale else "")
    return 1 if stale else 0


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
    yield home / "asyncapi.yaml", asyncapi.document(_examples(home))


def _examples(home: Path) -> Examples:
    """The examples beside the generated files. They are written by what publishes, and shown here."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in (home / "examples").glob("*.json")}


def _orphans(home: Path) -> Iterator[Path]:
    wanted = {path for path, _ in _generated(home)}
    return (path for path in sorted((home / "schemas").glob("*.json")) if path not in wanted)


if __name__ == "__main__":
    sys.exit(main())

"""The documents last released, kept beside those of today, and their comparison."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import yaml

from contracts.schemas import ACCEPTED
from tests.support.released import asyncapi, openapi, schema
from tests.support.released.places import Break, Object, Place
from tests.support.released.schema import Direction

DIRECTORY = "released"
_PUBLISHED = ("schemas/*.json", "openapi/*.json", "asyncapi.yaml")


def release(home: Path) -> None:
    """Make today's documents the promise from now on."""
    shutil.rmtree(home / DIRECTORY, ignore_errors=True)
    for path in _documents(home):
        copy = home / DIRECTORY / path.relative_to(home)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def breaks(home: Path) -> list[Break]:
    """The broken promises, each once. Raises `NothingReleased`."""
    released = list(_documents(home / DIRECTORY))
    if not released:
        raise NothingReleased
    return list(dict.fromkeys(it for path in released for it in _breaks_of(home, path)))


class NothingReleased(Exception):
    """There is no release to compare with."""


def _documents(home: Path) -> Iterator[Path]:
    return (path for pattern in _PUBLISHED for path in sorted(home.glob(pattern)))


def _breaks_of(home: Path, released: Path) -> Iterator[Break]:
    name = released.relative_to(home / DIRECTORY)
    today = home / name
    before = Place.top(str(name), _read(released))
    if not today.exists():
        yield before.broken("the document is gone", "consumers still work by it")
        return
    after = Place.top(str(name), _read(today))
    match name.parts[0]:
        case "openapi":
            yield from openapi.breaks(before, after)
        case "schemas":
            direction = Direction.ACCEPTED if name.stem in ACCEPTED else Direction.SENT
            yield from schema.breaks(before, after, direction)
        case _:
            yield from asyncapi.breaks(before, after)


def _read(path: Path) -> Object:
    text = path.read_text(encoding="utf-8")
    document: Object = yaml.safe_load(text) if path.suffix == ".yaml" else json.loads(text)
    return document

"""TypeScript: openapi-typescript with its defaults, and the client that its makers give, checked strictly."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.system.generated_clients.language import SERVICES, WALKS, Language, document, run

VERSION = "7.13.0"
PACKAGES = (f"openapi-typescript@{VERSION}", "openapi-fetch@0.17", "typescript@5", "@types/node@20")


def fetch(place: Path) -> None:
    """Install the generator, and what its types are used with."""
    run(place, "npm", "init", "--yes")
    run(place, "npm", "install", "--silent", *PACKAGES)


def generate(place: Path) -> None:
    """Generate the types of each service."""
    for service in SERVICES:
        run(place, "npx", "openapi-typescript", document(service), "-o", f"{service}.d.ts")


def compile_all(place: Path) -> None:
    """Compile the walk, with the strict checks of the compiler."""
    shutil.copy(WALKS / "walk.mts", place)
    checks = ("--strict", "--noUncheckedIndexedAccess", "--skipLibCheck")
    run(place, "npx", "tsc", *checks, "--module", "nodenext", "--target", "es2022", "walk.mts")


def walk(place: Path, settings: Mapping[str, str]) -> None:
    """Walk the case."""
    run(place, "node", "walk.mjs", settings=settings)


TYPESCRIPT = Language(
    "TypeScript", ("node", "npm"), f"openapi-typescript {VERSION}", fetch, generate, compile_all, walk
)

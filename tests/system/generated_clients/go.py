"""Go: oapi-codegen, types and client."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.system.generated_clients.language import SERVICES, WALKS, Language, document, run

VERSION = "v2.8.2"
TOOL = f"github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@{VERSION}"


def fetch(place: Path) -> None:
    """Build the generator in the folder."""
    run(place, "go", "install", TOOL, settings={"GOBIN": str(place)})


def generate(place: Path) -> None:
    """Generate a package for each service."""
    run(place, "go", "mod", "init", "example.test/clients")
    for service in SERVICES:
        (place / service).mkdir()
        output = ("-generate", "types,client", "-package", service, "-o", f"{service}/client.go")
        run(place, "./oapi-codegen", *output, document(service))


def compile_all(place: Path) -> None:
    """Build both packages and the walk."""
    (place / "walk").mkdir()
    shutil.copy(WALKS / "walk.go", place / "walk")
    run(place, "go", "mod", "tidy")
    run(place, "go", "vet", "./walk")
    run(place, "go", "build", "-o", "walks", "./walk")


def walk(place: Path, settings: Mapping[str, str]) -> None:
    """Walk the case."""
    run(place, "./walks", settings=settings)


GO = Language("Go", ("go",), f"oapi-codegen {VERSION}", fetch, generate, compile_all, walk)

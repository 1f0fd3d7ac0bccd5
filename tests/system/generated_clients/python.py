"""Python: openapi-python-client in an environment of its own. mypy holds the walk to the generated types."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.system.generated_clients.language import SERVICES, WALKS, Language, document, run

VERSION = "0.29.1"


def fetch(place: Path) -> None:
    """Install the generator in an environment of its own."""
    run(place, sys.executable, "-m", "venv", "venv")
    run(place, "venv/bin/pip", "install", "--quiet", f"openapi-python-client=={VERSION}", "mypy==1.*")


def generate(place: Path) -> None:
    """Generate a package for each service, beside that environment."""
    for service in SERVICES:
        output = ("--output-path", f"{service}_client", "--meta", "none")
        run(place, "venv/bin/openapi-python-client", "generate", "--path", document(service), *output)


def compile_all(place: Path) -> None:
    """Import every model, and check the types of the walk."""
    shutil.copy(WALKS / "walk.py", place)
    packages = (f"{service}_client" for service in SERVICES)
    everything = "import sys, importlib; [importlib.import_module(f'{it}.models') for it in sys.argv[1:]]"
    run(place, "venv/bin/python", "-c", everything, *packages)
    run(place, "venv/bin/mypy", "--strict", "--follow-imports=silent", "walk.py")


def walk(place: Path, settings: Mapping[str, str]) -> None:
    """Walk the case."""
    run(place, "venv/bin/python", "walk.py", settings=settings)


PYTHON = Language(
    "Python", ("python3",), f"openapi-python-client {VERSION}", fetch, generate, compile_all, walk
)

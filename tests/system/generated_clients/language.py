"""What is done in each language, and how its tools are run."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

OPENAPI = Path(__file__).parents[3] / "contracts" / "openapi"
SERVICES = ("episodes", "notifications")
WALKS = Path(__file__).parent
"""Where the walk of each language is, in a file of that language."""


@dataclass(frozen=True)
class Language:
    """A generator at a pinned version, and the steps from our documents to a walk, all in one folder."""

    name: str
    tools: tuple[str, ...]
    generator: str
    fetch: Callable[[Path], None]
    """Fetches the generator, if it can be reached."""
    generate: Callable[[Path], None]
    compile: Callable[[Path], None]
    walk: Callable[[Path, Mapping[str, str]], None]

    @property
    def missing(self) -> str | None:
        """The first of its tools that is not on this machine."""
        return next((tool for tool in self.tools if shutil.which(tool) is None), None)


def document(service: str) -> str:
    """The path of a service's OpenAPI document."""
    return str(OPENAPI / f"{service}.json")


class Failed(Exception):
    """A command that failed. The message is the command, and the end of what it printed."""


class NotFetched(Exception):
    """The generator cannot be had here: nothing is known of our documents. The message is the command."""


def run(place: Path, *command: str, settings: Mapping[str, str] | None = None) -> None:
    """Run a command in a folder, for a quarter of an hour at most."""
    output = place / "output.txt"
    with output.open("w") as printed:
        try:
            code = subprocess.run(
                command,
                cwd=place,
                env={**os.environ, **(settings or {})},
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                timeout=900,
            ).returncode
        except subprocess.TimeoutExpired:
            code = None
    if code != 0:
        raise Failed(f"{' '.join(command)[:200]}\n{output.read_text(errors='replace')[-3000:]}")

"""Clients that strangers generate from our OpenAPI documents: do they generate, and do they compile?

`make clients` runs each generator whose toolchain is there, at a pinned version, and says which ran. A
missing toolchain fails nothing; a client that does not compile does. All goes to a temporary folder.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

OPENAPI = Path(__file__).parents[2] / "contracts" / "openapi"
SERVICES = ("episodes", "notifications")
USE_IN_TYPESCRIPT = """
import createClient from "openapi-fetch";
import type { paths } from "./episodes.d.ts";
const episodes = createClient<paths>({ baseUrl: "http://127.0.0.1:8000" });
await episodes.PUT("/v1/clients/{id}", { params: { path: { id: "x" } }, body: { name: "Ada Example" } });
const held = await episodes.POST("/v1/episodes/{episode}/hold", {
  params: { path: { episode: "x" }, header: { "Idempotency-Key": "x" } }, body: { reason: "a holiday" },
});
console.log(held.data?.events[0].id, held.data?.warnings[0]?.rule);
"""
USE_IN_PYTHON = """
import importlib, pkgutil, sys
for service in sys.argv[1:]:
    models = importlib.import_module(f"{service}.models")
    for model in pkgutil.iter_modules(models.__path__):
        importlib.import_module(f"{models.__name__}.{model.name}")
from episodes.api.care import hold_episode
from episodes.models import EpisodeHeldCommand
hold_episode._get_kwargs("x", body=EpisodeHeldCommand(reason="a holiday"), idempotency_key="x")
"""


def python(place: Path) -> None:
    """openapi-python-client, in an environment of its own."""
    _run(place, sys.executable, "-m", "venv", "venv")
    _run(place, "venv/bin/pip", "install", "--quiet", "openapi-python-client==0.29.1")
    for service in SERVICES:
        document = str(OPENAPI / f"{service}.json")
        generate = ("generate", "--path", document, "--output-path", service, "--meta", "none")
        _run(place, "venv/bin/openapi-python-client", *generate)
    _run(place, "venv/bin/python", "-c", USE_IN_PYTHON, *SERVICES)


def typescript(place: Path) -> None:
    """openapi-typescript with its defaults, checked strictly."""
    _run(place, "npm", "init", "--yes")
    _run(
        place, "npm", "install", "--silent", "openapi-typescript@7.13.0", "openapi-fetch@0.17", "typescript@5"
    )
    for service in SERVICES:
        _run(place, "npx", "openapi-typescript", str(OPENAPI / f"{service}.json"), "-o", f"{service}.d.ts")
    (place / "use.mts").write_text(USE_IN_TYPESCRIPT)
    checks = ("--strict", "--noEmit", "--skipLibCheck", "--module", "nodenext", "--target", "es2022")
    _run(place, "npx", "tsc", *checks, "use.mts")


def go(place: Path) -> None:
    """oapi-codegen."""
    _run(place, "go", "mod", "init", "example.test/clients")
    tool = "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2"
    for service in SERVICES:
        (place / service).mkdir()
        output = ("-generate", "types,client", "-package", service, "-o", f"{service}/client.go")
        _run(place, "go", "run", tool, *output, str(OPENAPI / f"{service}.json"))
    _run(place, "go", "mod", "tidy")
    _run(place, "go", "build", "./...")


def java(place: Path) -> None:
    """openapi-generator with its default library."""
    artifact = "org.openapitools:openapi-generator-cli:7.14.0"
    _run(place, "mvn", "-q", "dependency:copy", f"-Dartifact={artifact}", "-DoutputDirectory=.")
    for service in SERVICES:
        generate = ("generate", "-g", "java", "-i", str(OPENAPI / f"{service}.json"), "-o", service)
        _run(place, "java", "-jar", "openapi-generator-cli-7.14.0.jar", *generate)
        _run(place / service, "mvn", "-q", "-DskipTests", "compile")


LANGUAGES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "Python": ("python3", python),
    "TypeScript": ("npm", typescript),
    "Go": ("go", go),
    "Java": ("mvn", java),
}


def main(wanted: list[str]) -> int:
    failed = 0
    for language, (tool, generate) in LANGUAGES.items():
        if wanted and language not in wanted:
            continue
        if shutil.which(tool) is None:
            print(f"{language}: not tried, there is no {tool}")
            continue
        with tempfile.TemporaryDirectory() as place:
            try:
                generate(Path(place))
                print(f"{language}: generated and compiled")
            except subprocess.CalledProcessError as fault:
                failed += 1
                print(f"{language}: FAILED at {' '.join(map(str, fault.cmd))[:120]}\n{fault.stdout[-2000:]}")
    return failed


def _run(place: Path, *command: str) -> None:
    subprocess.run(
        command,
        cwd=place,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

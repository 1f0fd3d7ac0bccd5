"""Java: openapi-generator with its default library. Its models refuse what the document does not tell."""

import os
from collections.abc import Mapping
from pathlib import Path

from tests.system.generated_clients.language import SERVICES, WALKS, Language, document, run

VERSION = "7.14.0"
GENERATOR = f"openapi-generator-cli-{VERSION}.jar"
CLASSPATH = "classpath.txt"


def fetch(place: Path) -> None:
    """Fetch the generator."""
    artifact = f"org.openapitools:openapi-generator-cli:{VERSION}"
    run(place, "mvn", "-q", "dependency:copy", f"-Dartifact={artifact}", "-DoutputDirectory=.")


def generate(place: Path) -> None:
    """Generate a Maven project for each service, in packages of its own, since both are used together."""
    for service in SERVICES:
        names = {"invoker": service, "api": f"{service}.api", "model": f"{service}.model"}
        packages = [f"--{kind}-package=example.{name}" for kind, name in names.items()]
        source = ("-g", "java", "-i", document(service), "-o", service)
        run(place, "java", "-jar", GENERATOR, "generate", *source, *packages)


def compile_all(place: Path) -> None:
    """Compile both projects and the walk."""
    for service in SERVICES:
        classpath = ("dependency:build-classpath", f"-Dmdep.outputFile={CLASSPATH}")
        run(place / service, "mvn", "-q", "-DskipTests", "compile", *classpath)
    run(place, "javac", "-cp", _classpath(place), "-d", "walk", str(WALKS / "Walk.java"))


def walk(place: Path, settings: Mapping[str, str]) -> None:
    """Walk the case."""
    run(place, "java", "-cp", _classpath(place), "Walk", settings=settings)


def _classpath(place: Path) -> str:
    """The walk, both clients, and all that they depend on."""
    libraries = (place / service / CLASSPATH for service in SERVICES)
    ours = ["walk", *(f"{service}/target/classes" for service in SERVICES)]
    return os.pathsep.join([*ours, *(file.read_text().strip() for file in libraries)])


JAVA = Language(
    "Java", ("java", "javac", "mvn"), f"openapi-generator {VERSION}", fetch, generate, compile_all, walk
)

"""The languages, and the way of each from our documents to a case that was walked."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.system.generated_clients.go import GO
from tests.system.generated_clients.java import JAVA
from tests.system.generated_clients.language import Failed, Language, NotFetched
from tests.system.generated_clients.python import PYTHON
from tests.system.generated_clients.typescript import TYPESCRIPT

LANGUAGES = (PYTHON, TYPESCRIPT, GO, JAVA)


def cover(language: Language, place: Path, settings: Mapping[str, str]) -> str:
    """Generate, compile and walk in an empty folder. Returns what was done, and how many seconds it took.

    Raises `NotFetched` if the generator cannot be had, and `Failed` if our documents do not serve.
    """
    try:
        language.fetch(place)
    except Failed as failure:
        raise NotFetched(str(failure)) from None
    steps: dict[str, Callable[[], None]] = {
        "generated": lambda: language.generate(place),
        "compiled": lambda: language.compile(place),
        "walked": lambda: language.walk(place, settings),
    }
    done = []
    for step, action in steps.items():
        began = time.monotonic()
        action()
        done.append(f"{step} in {time.monotonic() - began:.0f} s")
    return f"{language.name}: {language.generator}, {', '.join(done)}"

"""`make clients`: each language whose tools are here, or those that are named, and how it went.

Tools that are missing, or cannot be fetched, fail nothing. A client that does not generate, compile or walk
does.
"""

import sys
import tempfile
import warnings
from pathlib import Path

from joserfc.errors import SecurityWarning

from tests.support.servers.discovery import find_postgres, make_run_dir, remove_run_dir
from tests.system.generated_clients.covering import LANGUAGES, cover
from tests.system.generated_clients.language import Failed, Language, NotFetched
from tests.system.generated_clients.services import Settings, running


def main(names: list[str]) -> int:
    """Cover the languages of these names, or all. Returns how many failed."""
    wanted = [language for language in LANGUAGES if not names or language.name in names]
    for language in wanted:
        if language.missing:
            print(f"{language.name}: not tried, there is no {language.missing}")
    ready = [language for language in wanted if not language.missing]
    return _cover(ready) if ready else 0


def _cover(languages: list[Language]) -> int:
    run_dir = make_run_dir()
    try:
        postgres = find_postgres(run_dir)
        try:
            with tempfile.TemporaryDirectory() as logs, running(postgres, Path(logs)) as settings:
                return sum(not _succeeds(language, settings()) for language in languages)
        finally:
            postgres.close()
    finally:
        remove_run_dir(run_dir)


def _succeeds(language: Language, settings: Settings) -> bool:
    with tempfile.TemporaryDirectory() as place:
        try:
            print(cover(language, Path(place), settings), flush=True)
        except NotFetched as failure:
            print(
                f"{language.name}: not tried, {language.generator} cannot be fetched: {failure}", flush=True
            )
        except Failed as failure:
            print(f"{language.name}: {language.generator} FAILED at {failure}", flush=True)
            return False
    return True


if __name__ == "__main__":
    warnings.simplefilter("ignore", SecurityWarning)  # EdDSA has a new name; issuers still use the old one
    sys.exit(main(sys.argv[1:]))

"""A client of each language whose tools are here walks a case. Generators are fetched, so this is for CI."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.effort import ALL
from tests.support.servers.postgres import PostgresServer
from tests.system.generated_clients.covering import LANGUAGES, cover
from tests.system.generated_clients.language import Language, NotFetched
from tests.system.generated_clients.services import Settings, running

pytestmark = [
    pytest.mark.skipif(
        not ALL, reason="`make clients` and `make test-all` fetch the generators and run them"
    ),
    pytest.mark.timeout(1800),
]


@pytest.fixture(scope="module")
def settings(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Settings]]:
    with running(postgres, tmp_path_factory.mktemp("services")) as of_one_walk:
        yield of_one_walk


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.name)
def test_a_generated_client_walks_a_case(
    language: Language,
    settings: Callable[[], Settings],
    tmp_path: Path,
    proven: Callable[[str], None],
    unproven: Callable[[str], None],
) -> None:
    if language.missing:
        unproven(f"{language.name} client: not tested, there is no {language.missing}")
        pytest.skip(f"there is no {language.missing}")
    try:
        cover(language, tmp_path, settings())
    except NotFetched as failure:
        unproven(f"{language.name} client: not tested, {language.generator} cannot be fetched")
        pytest.skip(str(failure)[:200])
    proven(f"a {language.name} client ({language.generator})")

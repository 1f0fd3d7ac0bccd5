"""A stranger's reading of the OpenAPI document, tried on a running service: no answer but the documented."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import schemathesis
from hypothesis import given
from schemathesis import Case, GenerationMode

from episodes.api.app import create_app
from episodes.episode_list.query import A_WRITE
from tests.support.any_request import SOME, check, operations_of, tried
from tests.support.episodes.api_process import serving
from tests.support.episodes.http_calls import bearer, tell
from tests.support.servers.postgres import PostgresServer

OPERATIONS = operations_of(schemathesis.openapi.from_dict(create_app().openapi()))


class Served(NamedTuple):
    url: str
    headers: dict[str, str]


@pytest.fixture(scope="module")
def served(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(postgres, tmp_path_factory.mktemp("schemathesis")) as (service, api):
        tell(api)
        yield Served(api.url, bearer(service.token()))


@pytest.mark.parametrize(("operation", "mode"), tried(OPERATIONS))
def test_every_answer_is_as_the_document_says(served: Served, operation: str, mode: GenerationMode) -> None:
    """With data the document allows, and with data it does not."""

    @SOME
    @given(OPERATIONS[operation].as_strategy(generation_mode=mode))
    def sent(case: Case[Any]) -> None:
        if str(case.query.get("wait")).isdecimal():
            del case.query["wait"]  # waiting is shown elsewhere, and would be most of this test
        if re.fullmatch(A_WRITE, str(case.query.get("after_write"))):
            del case.query["after_write"]  # the write of nobody is waited for, and ends in 503
        check(case, served.url, served.headers)

    sent()

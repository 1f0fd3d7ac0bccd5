"""Two clinics of one network, for the tests of the directory."""

import pytest

from tests.support.episodes.api_process import Api, Service
from tests.support.episodes.directory_calls import Two


@pytest.fixture(scope="module")
def two(shared: tuple[Service, Api]) -> Two:
    return Two(*shared)

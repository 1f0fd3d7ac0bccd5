"""Each rule of care is tested twice: on whole states, and on states that have poison in place of what only
documents show. Tests marked `whole_entries` add to an entry or read one, which is whole then.
"""

import pytest

from tests.support.episodes import scenario, telling
from tests.support.episodes.poison import evolve_poisoned


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    whole = metafunc.definition.get_closest_marker("whole_entries") is not None
    metafunc.parametrize("_states", ["whole"] if whole else ["whole", "for deciding"], indirect=True)


@pytest.fixture(autouse=True)
def _states(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "for deciding":
        for module in (scenario, telling):
            monkeypatch.setattr(module, "evolve", evolve_poisoned)

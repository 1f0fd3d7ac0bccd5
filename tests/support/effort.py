"""How many rounds a long test runs: fewer in `make test`, all of them in `make test-all`.

`make test` leaves out no test but the generated clients, whose generators are fetched, the rolling
deployment, and the leaders killed among three brokers.
"""

import os
from typing import TypeVar

T = TypeVar("T")

ALL = os.environ.get("CARE_TEST") == "all"


def usually(some: T, everything: T) -> T:
    """`some` for `make test`, `everything` for CI and releases."""
    return everything if ALL else some

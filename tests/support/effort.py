"""How far a long test goes: `make test` runs what a change should pass, `make test-all` all of it.

No test is left out of `make test`: the long ones take fewer rounds there.
"""

import os
from typing import TypeVar

T = TypeVar("T")

ALL = os.environ.get("CARE_TEST") == "all"


def usually(some: T, everything: T) -> T:
    """`some` for a change, `everything` for CI and releases."""
    return everything if ALL else some

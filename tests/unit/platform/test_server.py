"""What the server tells of itself before it refuses to work, as sentences for an operator."""

import pytest

from care_platform.postgres.server import warnings, why_no_writes

WELL = {
    "transactions": 200_000_000,
    "row_locks": 5,
    "oldest": "template0",
    "takes_no_writes": False,
    "sorts_otherwise": False,
}
LAST = 2**31 - 1 - 3_000_000


def test_of_a_server_in_order_nothing_is_said() -> None:
    assert why_no_writes(WELL) is None
    assert warnings(WELL) == []


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"transactions": 1_600_000_000}, "544483647 transaction ids left: VACUUM the database template0"),
        ({"transactions": LAST - 1}, "1 transaction ids left"),
        ({"row_locks": 1_600_000_000}, "544483647 ids of shared row locks left"),
        ({"row_locks": LAST + 5}, "has 0 ids of shared row locks left"),
        ({"sorts_otherwise": True}, "REINDEX DATABASE"),
    ],
)
def test_what_will_do_harm_is_a_warning_while_writes_are_accepted(
    told: dict[str, int | bool], said: str
) -> None:
    [warning] = warnings({**WELL, **told})
    assert said in warning
    assert why_no_writes({**WELL, **told}) is None


def test_a_standby_takes_no_writes() -> None:
    assert "it is a standby" in str(why_no_writes({**WELL, "takes_no_writes": True}))


def test_without_ids_left_no_write_is_accepted_which_is_no_warning_any_more() -> None:
    told = {**WELL, "transactions": LAST}
    assert "VACUUM the database template0 first" in str(why_no_writes(told))
    assert warnings(told) == []

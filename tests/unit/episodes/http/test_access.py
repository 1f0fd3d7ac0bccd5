"""Who may do what, as it is written out a second time by hand: every role, resource and action."""

import pytest

from episodes.access import ACCESS, allow
from episodes.domain.refusals import NotAllowed
from tests.support.episodes.access_table import CELLS, MAY


def test_the_table_has_a_line_for_each_step_of_care_and_no_line_unseen_here() -> None:
    assert set(ACCESS) == set(MAY)


@pytest.mark.parametrize(("role", "resource", "action", "may"), CELLS)
def test_each_role_may_do_what_the_table_says_and_nothing_else(
    role: str, resource: str, action: str, may: bool
) -> None:
    if may:
        allow(role, resource, action)
    else:
        with pytest.raises(NotAllowed) as refused:
            allow(role, resource, action)
        assert (refused.value.rule, refused.value.detail) == ("role-not-allowed", "role not allowed")


@pytest.mark.parametrize(
    ("role", "resource", "action"),
    [("admin", "episodes", "read"), ("service", "episodes", "delete"), ("service", "bills", "write")],
)
def test_what_the_table_does_not_name_is_forbidden(role: str, resource: str, action: str) -> None:
    with pytest.raises(NotAllowed):
        allow(role, resource, action)

"""A fault that lasts is told of once in a while, each kind for itself."""

from care_platform.seldom import Seldom


def test_each_key_is_told_of_once_in_so_many_seconds() -> None:
    now = 0.0
    due = Seldom(60.0, lambda: now)
    assert [due("a"), due("a"), due("b")] == [True, False, True]
    now = 59.9
    assert not due("a")
    now = 60.0
    assert [due("a"), due("a"), due("b")] == [True, False, True]


def test_it_can_be_told_how_often_it_was_not_said() -> None:
    now = 0.0
    due = Seldom(60.0, lambda: now)
    assert [due.times(), due.times(), due.times(), due.times("b")] == [1, 0, 0, 1]
    now = 60.0
    assert [due.times(), due.times(), due.times("b")] == [3, 0, 1]

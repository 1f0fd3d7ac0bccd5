"""Turns: nobody starves, each line keeps its order, and a full line is its own caller's concern."""

from collections import Counter, defaultdict, deque
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodes.errors import TooManyRequests, TooManyWaiting
from episodes.turns import Asker, Limits, Turns

ASKERS: Sequence[Asker] = [(network, who) for network in ("demo", "other", "third") for who in (1, 2, 3)]
Item = tuple[Asker, int]
"""An asker, and the how-manieth of its items this is."""

OF_ONE, IN_ALL = 4, 9


def turns(of_caller: int = 10_000, in_all: int = 100_000) -> tuple[Turns[Item], list[Item]]:
    displaced: list[Item] = []
    return Turns(Limits(of_caller, in_all), displaced.append), displaced


def filled(askers: Sequence[Asker]) -> Turns[Item]:
    waiting, _ = turns()
    numbers: Counter[Asker] = Counter()
    for asker in askers:
        numbers[asker] += 1
        waiting.add(asker, (asker, numbers[asker]))
    return waiting


def a_flood(many: int, *others: Asker) -> Turns[Item]:
    return filled([("other", 1)] * many + list(others))


def served(waiting: Turns[Item], sizes: Sequence[int] = ()) -> list[Item]:
    """All of it in the order it was taken: in batches of these sizes, and what is left at once."""
    taken = [item for size in sizes for _, item in waiting.take(size)]
    return taken + [item for _, item in waiting.take(len(waiting))]


@given(st.lists(st.sampled_from(ASKERS), max_size=60), st.lists(st.integers(1, 20), max_size=5))
def test_the_nth_of_a_caller_is_served_after_at_most_n_of_each_other_in_each_network(
    askers: list[Asker], sizes: list[int]
) -> None:
    order = served(filled(askers), sizes)
    assert sorted(order) == sorted(item for item in served(filled(askers)))
    networks = len({network for network, _ in askers})
    callers = Counter(network for network, _ in set(askers))
    for before, ((network, _), number) in enumerate(order):
        assert before < networks * callers[network] * number


@given(st.lists(st.sampled_from(ASKERS), max_size=60), st.lists(st.integers(1, 20), max_size=5))
def test_each_line_keeps_its_order(askers: list[Asker], sizes: list[int]) -> None:
    order = served(filled(askers), sizes)
    for asker in ASKERS:
        numbers = [number for of, number in order if of == asker]
        assert numbers == list(range(1, askers.count(asker) + 1))


@given(
    st.lists(st.sampled_from(ASKERS), max_size=40),
    st.lists(st.tuples(st.integers(1, 20), st.integers(0, 20)), max_size=6),
)
def test_what_is_put_back_is_taken_next_as_if_it_had_not_been_taken(
    askers: list[Asker], batches: list[tuple[int, int]]
) -> None:
    waiting, order = filled(askers), []
    for size, kept in batches:
        taken = waiting.take(size)
        order += [item for _, item in taken[:kept]]
        waiting.put_back(taken[kept:])
    assert order + served(waiting) == served(filled(askers))


def test_a_network_of_many_callers_has_no_more_turns_than_one_of_one() -> None:
    many = [("other", who) for who in range(50)]
    order = served(filled([*many, *many, *[("demo", 0)] * 5]))
    assert [place for place, ((network, _), _) in enumerate(order) if network == "demo"] == [1, 3, 5, 7, 9]


def test_whoever_comes_while_others_wait_has_the_next_turn_but_those_of_its_peers() -> None:
    waiting = a_flood(100)
    waiting.take(10)
    waiting.add(("demo", 1), (("demo", 1), 1))
    assert (("demo", 1), 1) in served(waiting)[:2]


def test_who_leaves_frees_its_place_and_whoever_had_its_turn_is_not_missed() -> None:
    waiting = a_flood(2, ("demo", 1))
    waiting.remove(("demo", 1), (("demo", 1), 1))
    waiting.remove(("demo", 1), (("demo", 1), 1))
    assert len(waiting) == 2
    assert served(waiting) == [(("other", 1), 1), (("other", 1), 2)]
    waiting.remove(("other", 1), (("other", 1), 1))
    assert len(waiting) == 0


def test_a_full_line_refuses_its_own_caller_alone_and_tells() -> None:
    told: list[None] = []
    waiting: Turns[int] = Turns(Limits(2, 10, lambda: told.append(None)), lambda _: None)
    for number in range(2):
        waiting.add(("demo", 1), number)
    with pytest.raises(TooManyRequests):
        waiting.add(("demo", 1), 2)
    for other in (("demo", 2), ("other", 1)):
        waiting.add(other, 3)
    assert (len(told), len(waiting)) == (1, 4)


def test_when_all_is_full_the_longest_line_of_the_fullest_network_makes_room() -> None:
    waiting, displaced = turns(of_caller=10, in_all=4)
    for number in range(1, 5):
        waiting.add(("other", number % 3), (("other", number % 3), number))
    waiting.add(("demo", 1), (("demo", 1), 1))
    assert displaced == [(("other", 1), 4)]
    with pytest.raises(TooManyWaiting):
        waiting.add(("other", 2), (("other", 2), 9))
    waiting.add(("demo", 2), (("demo", 2), 1))
    assert len(displaced) == 2
    with pytest.raises(TooManyWaiting):
        waiting.add(("demo", 1), (("demo", 1), 2))
    assert Counter(network for (network, _), _ in served(waiting)) == {"demo": 2, "other": 2}


@given(
    st.lists(
        st.one_of(st.sampled_from(ASKERS), st.integers(1, 5)),
        max_size=80,
    )
)
def test_no_line_grows_beyond_its_bound_and_no_item_is_lost_or_served_twice(steps: list[Asker | int]) -> None:
    """Against the plainest model: a deque for each asker."""
    waiting, displaced = turns(OF_ONE, IN_ALL)
    lines: defaultdict[Asker, deque[Item]] = defaultdict(deque)
    for number, step in enumerate(steps):
        if isinstance(step, int):
            for asker, item in waiting.take(step):
                assert lines[asker].popleft() == item
        else:
            item = (step, number)
            before = sum(map(len, lines.values()))
            try:
                waiting.add(step, item)
            except TooManyRequests:
                assert len(lines[step]) == OF_ONE
            except TooManyWaiting:
                assert before == IN_ALL
            else:
                lines[step].append(item)
        while displaced:
            gone = displaced.pop()
            assert lines[gone[0]].pop() == gone
        assert max(map(len, lines.values()), default=0) <= OF_ONE
        assert len(waiting) == sum(map(len, lines.values())) <= IN_ALL

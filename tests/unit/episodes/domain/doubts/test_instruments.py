"""Results of questionnaires that look wrong are recorded as told, and the answer warns."""

from typing import Any

import pytest

from episodes.domain.care.assessments import Assessed
from episodes.domain.care.responses import ResponseNoted
from episodes.domain.doubts.tables.instruments import FORMS
from episodes.domain.values import Answer, Coded, InstrumentResult, Scale
from tests.support.episodes.doubting import warned_of

Warned = list[tuple[str, str]]
OTHER_WAY = {"better": "worse", "worse": "better"}
SCORE = ("outside-its-scale", "reported_score")
SWAPPED, DIRECTION = ("scale-ends-swapped", "scale"), ("direction-not-of-the-instrument", "scale/higher_is")


def result(code: str, **said: Any) -> InstrumentResult:
    return InstrumentResult(instrument=Coded(code=code), **said)


def warned(one: InstrumentResult) -> Warned:
    """What is told of one result, with the pointers below it."""
    told = warned_of(Assessed(stage="ad_hoc", instruments=(one,)))
    assert all(pointer.startswith("/instruments/0/") for _, pointer in told)
    return [(rule, pointer.removeprefix("/instruments/0/")) for rule, pointer in told]


def answers(*given: tuple[int, float | None]) -> tuple[Answer, ...]:
    return tuple(
        Answer(item=item, answer=answer, absent_reason="unknown" if answer is None else None)
        for item, answer in given
    )


@pytest.mark.parametrize("code", sorted(code for code, form in FORMS.items() if form.scores is not None))
def test_a_score_lies_in_the_range_that_was_published(code: str) -> None:
    low, high = FORMS[code].scores or (0, 0)
    assert [warned(result(code, reported_score=score)) for score in (low, high)] == [[], []]
    assert [warned(result(code, reported_score=score)) for score in (low - 1, high + 1)] == [[SCORE], [SCORE]]


@pytest.mark.parametrize("code", sorted(FORMS))
def test_a_scale_has_the_direction_of_its_instrument(code: str) -> None:
    own = FORMS[code].higher_is
    for said in OTHER_WAY:
        scale = Scale(min=0, max=10, higher_is=said)
        told = warned(result(code, absent_reason="unknown", scale=scale))
        assert told == ([DIRECTION] if own == OTHER_WAY[said] else [])


@pytest.mark.parametrize(
    ("code", "score", "ends", "doubted"),
    [
        ("other", 58, (0, 70), []),
        ("other", 71, (0, 70), [SCORE]),
        ("other", -1, (0, 70), [SCORE]),
        ("other", 71, (70, 0), [SWAPPED]),
        ("other", None, (70, 0), [SWAPPED]),
        ("other", None, (5, 5), [SWAPPED]),
        ("oswestry", 60, (0, 50), [SCORE]),
        ("oswestry", 50, (0, 50), []),
        ("oswestry", 340, (0, 400), [SCORE]),
        ("oswestry", 340, (100, 0), [SWAPPED, SCORE]),
        ("oswestry", 34, (100, 0), [SWAPPED]),
    ],
)
def test_a_score_lies_on_its_own_scale_as_well(
    code: str, score: float | None, ends: tuple[float, float], doubted: Warned
) -> None:
    scale = Scale(min=ends[0], max=ends[1], higher_is="worse")
    absent = "unknown" if score is None else None
    assert warned(result(code, reported_score=score, scale=scale, absent_reason=absent)) == doubted


@pytest.mark.parametrize("code", sorted(code for code, form in FORMS.items() if form.answers is not None))
def test_an_answer_lies_in_the_range_of_the_items(code: str) -> None:
    low, high = FORMS[code].answers or (0, 0)
    assert not warned(result(code, items=answers((1, low))))
    assert not warned(result(code, items=answers((1, high))))
    for beyond in (low - 1, high + 1):
        assert warned(result(code, items=answers((1, beyond)))) == [("outside-its-scale", "items/0/answer")]


@pytest.mark.parametrize("code", sorted(code for code, form in FORMS.items() if form.items is not None))
def test_an_instrument_has_so_many_items(code: str) -> None:
    count = FORMS[code].items or 0
    assert not warned(result(code, items=answers((count, 1))))
    assert warned(result(code, items=answers((count, 1), (count + 1, 1)))) == [
        ("no-such-item", "items/1/item")
    ]


@pytest.mark.parametrize("code", ["oswestry", "other"])
def test_an_item_is_answered_once(code: str) -> None:
    twice = answers((1, 2), (2, 2), (1, None), (1, 2))
    assert warned(result(code, items=twice)) == [
        ("item-answered-twice", "items/2/item"),
        ("item-answered-twice", "items/3/item"),
    ]


def test_results_are_found_in_responses_too() -> None:
    draft = ResponseNoted(instruments=(result("lefs", reported_score=81),))
    assert warned_of(draft) == [("outside-its-scale", "/instruments/0/reported_score")]

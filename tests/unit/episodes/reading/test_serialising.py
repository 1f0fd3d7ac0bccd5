"""Documents written and sent in pieces are the same as written at once."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json
from starlette.testclient import TestClient

from episodes.event_log.folding import fold
from episodes.reading.documents import history, state
from episodes.reading.serialising import InPieces, written
from episodes.visibility import viewer
from tests.support.episodes.batches import SERVICE
from tests.support.episodes.random_histories import histories
from tests.support.episodes.scenario import NOW

A_LONG_ONE = {"id": "one", "entries": [{"words": "w" * 40_000}] * 20, "none": [], "last": {"deep": [1, [2]]}}


@given(histories)
def test_what_is_told_of_an_episode_is_written_as_at_once(story: Any) -> None:
    entries = story.events
    look = viewer(fold(entries), entries, SERVICE, NOW)
    for document in (history(look, entries), state(look, look.episode)):
        assert b"".join(written(document)) == to_json(document)


@given(
    st.dictionaries(st.text(), st.lists(st.text() | st.integers()) | st.text() | st.booleans(), max_size=4)
)
def test_whatever_the_document_is(document: dict[str, Any]) -> None:
    assert b"".join(written(document)) == to_json(document)


def test_no_piece_of_a_long_document_is_long_and_none_of_a_short_one_is_more() -> None:
    sizes = [len(piece) for piece in written(A_LONG_ONE)]
    assert sum(sizes) == len(to_json(A_LONG_ONE)) > 800_000
    assert max(sizes) < 64 * 1024 + 40_100
    assert len(written({"id": "one", "events": [1, 2]})) == 1


@pytest.mark.parametrize("document", [{}, {"id": "one"}, A_LONG_ONE])
def test_the_answer_has_its_length_and_all_of_its_body(document: dict[str, Any]) -> None:
    answer = TestClient(InPieces(written(document), {"ETag": '"3"'})).get("/")
    assert answer.content == to_json(document)
    assert answer.headers["content-length"] == str(len(answer.content))
    assert (answer.headers["content-type"], answer.headers["etag"]) == ("application/json", '"3"')

"""`If-Match` is read as RFC 9110, 13.1.1 has it."""

from collections.abc import Sequence

import pytest

from care_platform.http.entity_tags import expected
from care_platform.http.malformed import Malformed


@pytest.mark.parametrize(
    ("lines", "tags"),
    [
        ([], None),
        (["*"], None),
        ([" * "], None),
        (['"7"'], {"7"}),
        (['"7", "9"'], {"7", "9"}),
        (['"7"', '"9"'], {"7", "9"}),
        ([',"7",, "9",'], {"7", "9"}),
        (['"a,b"'], {"a,b"}),
        (['""'], {""}),
        (['W/"7"'], set()),
        (['W/"7", "9"'], {"9"}),
        (['"007"'], {"007"}),
    ],
)
def test_one_of_several_versions_is_expected_or_any(lines: Sequence[str], tags: set[str] | None) -> None:
    assert expected(lines) == tags


@pytest.mark.parametrize(
    "header", ["", "7", '"7', '"7" "9"', '"7";', 'w/"7"', '*, "7"', '"7\x00"', ",", '"a b"']
)
def test_what_is_no_list_of_entity_tags_is_malformed(header: str) -> None:
    with pytest.raises(Malformed) as refused:
        expected([header])
    assert (refused.value.pointer, refused.value.rule) == ("/headers/if-match", "etag")

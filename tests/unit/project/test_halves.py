"""`make test` runs every test, in one of its halves."""

from collections import Counter

from tests.__main__ import HALVES
from tests.support.servers.discovery import CHECKOUT


def test_every_folder_of_tests_is_in_one_half() -> None:
    folders = {str(file.relative_to(CHECKOUT).parent) for file in (CHECKOUT / "tests").rglob("test_*.py")}
    tops = {"/".join(folder.split("/")[:2]) for folder in folders}
    assert Counter(place for places in HALVES.values() for place in places) == dict.fromkeys(tops, 1)

"""What CONTRIBUTING says a new event touches is what an existing one touches."""

import re
import subprocess

from tests.support.servers.discovery import CHECKOUT

NAMES = "resum(ed|ing|ption)|resume_episode"
"""Whatever names the example, as a word or within one."""
BY_MACHINE = re.compile(
    r"contracts/(released|openapi|schemas|examples)/|contracts/asyncapi.yaml|/(golden|former_envelope)/"
)
A_CASE = re.compile(r"tests/cases/")
"""A course of care uses what it needs: none has to be written for a new event."""
IN_PASSING = {"CONTRIBUTING.md", "tests/unit/project/test_contributing.py"}
"""The list itself, and what is held to it here."""
PLACES = 8


def test_a_new_event_touches_the_places_that_the_page_lists_and_no_other() -> None:
    assert sorted(_listed()) == sorted(_by_hand())


def test_a_new_event_costs_at_most_eight_places_in_product_pages_and_tests_together() -> None:
    assert len(_by_hand()) <= PLACES


def test_the_page_says_of_each_place_what_to_write_there_and_how_to_find_it() -> None:
    items = re.findall(r"^(\d+)\. `[^`]+`: \w+", _section(), re.MULTILINE)
    assert items == [str(number) for number in range(1, len(_listed()) + 1)]
    assert f'git grep -liE "{NAMES}"' in _section()


def _section() -> str:
    text = (CHECKOUT / "CONTRIBUTING.md").read_text()
    return text.split("## To add an event\n")[1].split("\n## ")[0]


def _listed() -> list[str]:
    return re.findall(r"^\d+\. `([^`]+)`", _section(), re.MULTILINE)


def _by_hand() -> set[str]:
    """The files that name the example, but for what is written by machine."""
    command = ["git", "grep", "-liE", NAMES]
    found = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    written = {path for path in found.stdout.split() if not BY_MACHINE.search(path)}
    return {path for path in written if not A_CASE.match(path)} - IN_PASSING
